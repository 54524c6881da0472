"""``eastwest scenarios``: list scenarios, show what they change, run them."""

from __future__ import annotations

import json
from pathlib import Path

import click

from optimizer.cli.settings import common_options, settings
from optimizer.labels import Text


@click.command(
    "scenarios",
    help=(
        "List the shipped scenarios; --show prints what NAMES change together, cell by cell; "
        "--run runs them, or all, and sets what was expected beside what happened.\n\n列出内置情"
        "景；--show 显示 NAMES 依次叠加后的逐格差异；--run 求解并对照预期与结果。"
    ),
)
@click.argument("names", nargs=-1)
@click.option("--show", is_flag=True, help="Resolved difference to the case. 显示与算例的差异。")
@click.option("--run", "runs", is_flag=True, help="Solve, write run folders. 求解并写出结果。")
@click.option("--relaxed", is_flag=True, help="LP relaxation only, no folders. 仅求线性松弛。")
@click.option("--case", default="", help="Case instead of the file's base. 替代文件所列算例。")
@click.option(
    "--gap",
    type=click.FloatRange(0.0, 1.0),
    default=5e-3,
    show_default=True,
    help="Asked gap, relative to the location-dependent cost. 要求的间隙。",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(0.0, min_open=True),
    default=600.0,
    show_default=True,
    help="Seconds for the search of each. 每个情景的搜索时限（秒）。",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("reports") / "scenarios",
    show_default=True,
    help="Folder of the run folders. 结果所在文件夹。",
)
@click.option("--force", is_flag=True, help="Replace runs that are there. 替换已有结果。")
@click.option("--json", "as_json", is_flag=True, help="Print JSON. 以 JSON 输出。")
@common_options
def command(
    names: tuple[str, ...],
    case: str,
    gap: float,
    time_limit: float,
    out: Path,
    *,
    show: bool,
    runs: bool,
    relaxed: bool,
    force: bool,
    as_json: bool,
) -> int:
    """Run the verb."""
    from optimizer.errors import UsageError
    from optimizer.inputs.scenario import read_scenario
    from optimizer.tables.pack import shipped_scenarios

    if (show and runs) or (show and not names) or (relaxed and not runs):
        raise UsageError(
            Text(
                "--show takes names; --relaxed goes with --run; give one of --show and --run",
                "--show 需给出情景名；--relaxed 须与 --run 同用；--show 与 --run 只能给出其一",
            )
        )
    if show:
        return _show(names, case, as_json=as_json)
    if runs:
        return _run(names, case, (gap, time_limit, relaxed), out, force=force, as_json=as_json)
    from optimizer.cli.print_summary import print_table, screen
    from optimizer.report.scenario_tables import scenario_list, scenario_record

    read = [read_scenario(name) for name in names or shipped_scenarios()]
    if as_json:
        _print_json([scenario_record(each) for each in read])
    else:
        print_table(screen(), scenario_list(read, settings().language))
    return 0


def _show(names: tuple[str, ...], case: str, *, as_json: bool) -> int:
    import dataclasses

    from optimizer.cli.print_summary import print_table, screen
    from optimizer.inputs.case import resolved_tables
    from optimizer.inputs.difference import differences
    from optimizer.inputs.scenario import read_scenario
    from optimizer.report.scenario_tables import change_table

    on = case or read_scenario(names[0]).content.base
    changes = differences(resolved_tables(on), resolved_tables(on, names))
    if as_json:
        _print_json([dataclasses.asdict(change) for change in changes])
    else:
        title = f"{on} -> {'+'.join((on, *names))}"
        print_table(screen(), change_table(changes, title, settings().language))
    return 0


def _run(
    names: tuple[str, ...],
    case: str,
    how: tuple[float, float, bool],
    out: Path,
    *,
    force: bool,
    as_json: bool,
) -> int:
    from optimizer.cli.print_summary import print_table, screen
    from optimizer.cli.progress import Teller
    from optimizer.plan.run import Run
    from optimizer.report.run_folder import write_report
    from optimizer.report.scenario_tables import outcome_record, outcome_table
    from optimizer.solve.options import SolveOptions
    from optimizer.study.scenarios import run_scenarios

    language = settings().language

    def keep(run: Run) -> None:
        write_report(run, out / run.case.name, language=language, replace=force)

    with Teller(language) as teller:
        gap, time_limit, relaxed = how
        options = SolveOptions(
            gap_location=gap, time_limit=time_limit, relaxed=relaxed, progress=teller
        )
        results = list(
            run_scenarios(names, options, keep, case, lambda name: out / name, replaces=force)
        )
    if as_json:
        _print_json(
            [
                outcome_record(
                    r.scenario,
                    r.outcomes,
                    r.figures,
                    r.failure,
                    verified=r.verified,
                    inputs_sha256=r.inputs_sha256,
                )
                for r in results
            ]
        )
    else:
        rows = [(r.scenario, r.outcomes, r.failure) for r in results]
        print_table(screen(), outcome_table(rows, language))
    return 0 if all(result.figures is not None for result in results) else 3


def _print_json(content: object) -> None:
    click.echo(json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False))
