"""``eastwest check``: faults, sizes and coefficient ranges of a case; activity of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimizer.cli.settings import common_options, settings
from optimizer.labels import Text

if TYPE_CHECKING:
    from optimizer.inputs.case import Case


@click.command(
    "check",
    help=(
        "Check CASE without solving it, or show which blocks and policies do anything in RUN."
        "\n\n检查算例 CASE（不求解），或显示运行结果 RUN 中各模块与政策是否起作用。"
    ),
)
@click.argument("case", default="national-2026")
@click.option("--scenario", "scenarios", multiple=True, help="As for plan. 同 plan。")
@click.option(
    "--activity",
    type=click.Path(path_type=Path),
    default=None,
    metavar="RUN",
    help="Run folder to look at instead. 查看的运行结果文件夹。",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Copy of a faulty workbook with its faults marked; CASE.checked.xlsx if left out. "
    "有错误的工作簿的标注副本，默认为 CASE.checked.xlsx。",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON. 以 JSON 输出。")
@common_options
def command(
    case: str,
    scenarios: tuple[str, ...],
    activity: Path | None,
    out: Path | None,
    *,
    as_json: bool,
) -> int:
    """Run the verb."""
    if activity is not None:
        return _activity(activity, as_json=as_json)
    from optimizer.cli.marked_copy import read_or_mark
    from optimizer.inputs.check_notices import notices
    from optimizer.inputs.check_queueing import headroom_text
    from optimizer.inputs.queueing import headroom_errors
    from optimizer.model.build import build_model
    from optimizer.model.statistics import coefficient_ranges

    language = settings().language
    read = read_or_mark(case, scenarios, out)
    model, _sets = build_model(read)
    ranges = coefficient_ranges(model)
    found = notices(read)
    headroom = headroom_errors(read.derived.pools)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "case": read.name,
                    "tables": {name: len(table.frame) for name, table in read.tables.items()},
                    "rows": model.shape[0],
                    "columns": model.shape[1],
                    "non_zeros": len(model.value),
                    "columns_by_block": {n: block.count for n, block in model.columns.items()},
                    "ranges": ranges,
                    "pools": [
                        {
                            "pool": worst.pool,
                            "operating_replicas": list(worst.operating),
                            "least_load_replicas": worst.least_load,
                            "greatest_load_replicas": worst.greatest_load,
                            "load_replicas": worst.load,
                            "servers": worst.servers,
                            "exact_servers": worst.exact_servers,
                            "error": worst.error,
                        }
                        for worst in headroom
                    ],
                    "notices": [notice.render(language) for notice in found],
                },
                ensure_ascii=False,
                indent=2,
            )
        )
        return 0
    click.echo(
        Text(
            "{name}: no faults in {tables} tables; model of {rows:,} rows, {columns:,} columns "
            "({integers:,} integer), {entries:,} coefficients",
            "{name}：{tables} 张表无错误；模型 {rows:,} 行、{columns:,} 列（整数 "
            "{integers:,}）、{entries:,} 个系数",
        ).render(
            language,
            name=read.name,
            tables=len(read.tables),
            rows=model.shape[0],
            columns=model.shape[1],
            integers=int(model.integer.sum()),
            entries=len(model.value),
        )
    )
    split = model.columns.get("split_runs")
    if split is not None:
        jobs = len(set(split.index["job"].tolist()))
        click.echo(
            "  "
            + Text(
                "{columns:,} configuration columns for {jobs} jobs that may run over several sites",
                "{jobs} 个可跨站点任务共 {columns:,} 个配置列",
            ).render(language, columns=split.count, jobs=jobs)
        )
    if "backup" in model.columns:
        click.echo("  " + backup_line(read, model.columns["backup"].count).render(language))
    for name, (least, most) in ranges.items():
        click.echo(f"  {name:12s} {least:.3g} … {most:.3g}")
    for worst in headroom:
        click.echo("  " + headroom_text(worst).render(language))
    for notice in found:
        click.echo("  " + notice.render(language))
    return 0


def backup_line(case: Case, columns: int) -> Text:
    """Return how large the choice of backup is, and who has none."""
    from optimizer.inputs.protection import BACKUP_SITES

    protection = case.derived.protection
    without = {
        (region, group.service)
        for group in protection.groups
        if not group.sites
        for region in group.regions
    }
    return Text(
        "protection: {states} failure states, {columns:,} backup columns, at most {sites} backup "
        "sites for each; {without} pairs of region and service have sites that nothing can back up",
        "可靠性保障：失效状态 {states} 种，备份变量 {columns:,} 列，每项最多 {sites} 个备份站点；"
        "{without} 个地区—服务组合有无法备份的站点",
    ).filled(
        states=len(protection.states), columns=columns, sites=BACKUP_SITES, without=len(without)
    )


def _activity(folder: Path, *, as_json: bool) -> int:
    from optimizer.cli.print_summary import print_table, screen
    from optimizer.plan.store import read_run
    from optimizer.report.activity import activity_tables

    run = read_run(folder)
    if as_json:
        click.echo(
            json.dumps(
                {
                    name: json.loads(run.findings[name].to_json(orient="records"))
                    for name in ("activity", "policy_effects")
                },
                ensure_ascii=False,
                indent=2,
            )
        )
        return 0
    console = screen()
    for table in activity_tables(run, settings().language):
        print_table(console, table)
    return 0
