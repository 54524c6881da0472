"""``eastwest frontier``: what less carbon, less delay or more west costs, step by step."""

from __future__ import annotations

import json
from pathlib import Path

import click

from optimizer.cli.settings import common_options, settings, study_options
from optimizer.labels import Text


@click.command(
    "frontier",
    help=(
        "Trace a front of cost for CASE against carbon, latency, west or hourly: the least cost "
        "under a limit that tightens step by step, each point proved and verified.\n\n"
        "计算成本与碳排放（carbon）、时延（latency）、西部占比（west）或逐时绿电（hourly）之间的"
        "前沿：限值逐步收紧，各点均给出已证明的最低成本并复核。"
    ),
)
@click.argument("axis", type=click.Choice(["carbon", "latency", "west", "hourly"]))
@click.argument("case", default="national-2026")
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    help="Shipped scenario or file, may be repeated. 内置情景或文件，可多次给出。",
)
@click.option(
    "--points",
    "count",
    type=click.IntRange(2, 50),
    default=7,
    show_default=True,
    help="Points, both ends included. 点数（含两端）。",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder; reports/frontiers/<case>-<axis> if left out. 结果文件夹。",
)
@study_options
@common_options
def command(  # noqa: PLR0917 - click passes the options by name
    axis: str,
    case: str,
    scenarios: tuple[str, ...],
    count: int,
    gap: float,
    time_limit: float | None,
    out: Path | None,
    *,
    relaxed: bool,
    force: bool,
    as_json: bool,
) -> int:
    """Run the verb and return its exit code."""
    from optimizer.cli.print_summary import print_table, screen
    from optimizer.inputs.assemble import assemble, case_folder
    from optimizer.inputs.scenario import apply_scenarios, read_scenario
    from optimizer.report.frontier import draw_front, front_table
    from optimizer.report.study_folder import refuse_existing_study, written_study
    from optimizer.solve.options import SolveOptions
    from optimizer.study.frontier import frontier

    language = settings().language
    assembled = assemble(case_folder(case))
    if scenarios:
        assembled = apply_scenarios(assembled, [read_scenario(item) for item in scenarios])
    folder = out or Path("reports") / "frontiers" / f"{assembled.name}-{axis}"
    refuse_existing_study(folder, "frontier.json", replace=force)

    def told(number: int, of: int) -> None:
        line = Text("point {number} of {count}", "第 {number}/{count} 点").render(
            language, number=number, count=of
        )
        click.echo(line, err=True)

    options = SolveOptions(relaxed=relaxed, gap_location=gap, time_limit=time_limit)
    found = frontier(assembled, axis, count=count, options=options, told=told)
    points = found.points
    record = {
        "case": found.case,
        "axis": axis,
        "axis_en": found.axis.title.en,
        "axis_zh": found.axis.title.zh,
        "unit_en": found.axis.unit.en,
        "unit_zh": found.axis.unit.zh,
        "reached": found.reached,
        "options": options.recorded(),
        "points": points.astype(object).where(points.notna(), None).to_dict("records"),
        "failed": [{"limit": limit, "en": why.en, "zh": why.zh} for limit, why in found.failed],
    }
    text = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
    with written_study(folder, "frontier.json", replace=force) as partial:
        (partial / "frontier.json").write_text(text, encoding="utf-8")
        points.to_csv(partial / "points.csv", index=False, lineterminator="\n")
        points.to_parquet(partial / "points.parquet", index=False)
        for word in ("en", "zh"):
            draw_front(
                points, found.axis.title, found.axis.unit, word, partial / f"frontier_{word}.png"
            )
    if as_json:
        click.echo(text, nl=False)
    else:
        print_table(
            screen(),
            front_table(points, found.axis.title, found.axis.unit, len(found.failed), language),
        )
        click.echo(Text("written to {folder}", "结果写入 {folder}").render(language, folder=folder))
    return 4 if found.failed or (points["gap_million_yuan"] > _asked(points, gap)).any() else 0


def _asked(points: object, gap: float) -> object:
    """Return the gap of every point that counts as proved, in million yuan."""
    import pandas as pd

    assert isinstance(points, pd.DataFrame)
    return gap * points["location_cost_million_yuan"] + 1e-6
