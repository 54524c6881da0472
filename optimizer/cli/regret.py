"""``eastwest regret``: what the modules of one scenario cost where another comes true."""

from __future__ import annotations

import json
from pathlib import Path

import click

from optimizer.cli.settings import common_options, settings, study_options
from optimizer.labels import Text


@click.command(
    "regret",
    help=(
        "Plan every SCENARIO (shipped or a file; the case without any comes first), hold the "
        "modules of each plan under every other scenario, and say what they cost there.\n\n"
        "对每个情景 SCENARIO 分别规划（算例本身排在最前），再在其余情景下固定其建设模块、"
        "其余全部重新决策，给出后悔值。"
    ),
)
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO...")
@click.option("--case", default="national-2026", show_default=True, help="Case. 算例。")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder; reports/regret/<case> if left out. 结果文件夹。",
)
@study_options
@common_options
def command(
    scenarios: tuple[str, ...],
    case: str,
    gap: float,
    time_limit: float | None,
    out: Path | None,
    *,
    relaxed: bool,
    force: bool,
    as_json: bool,
) -> int:
    """Run the verb and return its exit code."""
    from optimizer.analysis.regret_table import worst_cases
    from optimizer.cli.print_summary import print_table, screen
    from optimizer.inputs.case import read_case
    from optimizer.report.regret import recurring_table, regret_matrix, worst_table
    from optimizer.report.study_folder import refuse_existing_study, written_study
    from optimizer.solve.options import SolveOptions
    from optimizer.study.regret import regret

    language = settings().language
    read = read_case(case)
    folder = out or Path("reports") / "regret" / read.name
    refuse_existing_study(folder, "regret.json", replace=force)

    def told(builds_of: str, scenario: str) -> None:
        line = Text("modules of {builds} in {scenario}", "{scenario} 情景下按 {builds} 建设")
        click.echo(line.render(language, builds=builds_of, scenario=scenario), err=True)

    options = SolveOptions(relaxed=relaxed, gap_location=gap, time_limit=time_limit)
    found = regret(case, scenarios, options, told=told)
    worst = worst_cases(found.table)
    record = {
        "case": found.case,
        "options": options.recorded(),
        **{
            name: frame.astype(object).where(frame.notna(), None).to_dict("records")
            for name, frame in (
                ("regret", found.table),
                ("worst", worst),
                ("builds", found.builds),
            )
        },
    }
    text = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
    with written_study(folder, "regret.json", replace=force) as partial:
        (partial / "regret.json").write_text(text, encoding="utf-8")
        for name, frame in (("regret", found.table), ("worst", worst), ("builds", found.builds)):
            frame.to_csv(partial / f"{name}.csv", index=False, lineterminator="\n")
            frame.to_parquet(partial / f"{name}.parquet", index=False)
    if as_json:
        click.echo(text, nl=False)
    else:
        sites = read.frame("sites")
        names = dict(zip(sites["site"], sites[f"name_{language}"], strict=True))
        for table in (
            regret_matrix(found.table, language),
            worst_table(worst, language),
            recurring_table(found.builds, names, language),
        ):
            print_table(screen(), table)
        click.echo(Text("written to {folder}", "结果写入 {folder}").render(language, folder=folder))
    proved = (
        found.table["cost_million_yuan"] - found.table["bound_million_yuan"]
        <= gap * found.table["location_cost_million_yuan"] + 1e-6
    )
    return 0 if bool((proved | ~found.table["verified"].astype(bool)).all()) else 4
