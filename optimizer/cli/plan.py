"""``eastwest plan``: solve a case, verify the plan, write a run folder."""

from __future__ import annotations

import gzip
import time
from pathlib import Path
from typing import Final

import click

from optimizer.cli.settings import basemap_option, common_options, settings
from optimizer.labels import Text

GAP: Final = 1e-3
GAP_OF_SEVERAL_PERIODS: Final = 5e-3
"""Gaps asked for if none is given: programs of several periods are several times as large."""


@click.command(
    "plan",
    help=(
        "Plan CASE (a shipped case, a folder with case.yaml or a workbook; the national case if "
        "left out) and write a run folder.\n\n规划算例 CASE（内置算例名、含 case.yaml 的文件夹或"
        "工作簿，默认为全国算例），写出运行结果文件夹。"
    ),
)
@click.argument("case", default="national-2026")
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    help="Shipped scenario or file, may be repeated. 内置情景或文件，可多次给出。",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="Run folder; reports/runs/<case>-<hash> if left out. 结果文件夹。",
)
@click.option(
    "--gap",
    type=click.FloatRange(0.0, 1.0),
    default=None,
    show_default="0.001; 0.005 for several periods",
    help="Asked gap, relative to the location-dependent cost. 要求的间隙（相对与选址有关成本）。",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(0.0, min_open=True),
    default=None,
    help="Seconds for the search. 搜索时限（秒）。",
)
@click.option("--solver", default="HiGHS", show_default=True, help="PuLP solver. PuLP 求解器。")
@click.option(
    "--threads",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Threads of the solver. 求解线程数。",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed. 随机种子。")
@click.option(
    "--objective",
    default="cost",
    show_default=True,
    help="What is minimised: cost, carbon, or several in order, as in carbon,cost. "
    "优化目标，可依次给出多个，如 carbon,cost。",
)
@click.option(
    "--hold-tolerance",
    type=click.FloatRange(0.0, 1.0),
    default=1e-3,
    show_default=True,
    help="How far above its minimum an objective may lie while the next is minimised. "
    "优化下一目标时，前一目标允许高出最小值的比例。",
)
@click.option(
    "--boundary",
    type=click.Choice(["it", "facility"]),
    default="it",
    show_default=True,
    help="Cost with accelerators, or without while purchases stay. "
    "成本口径：含加速卡，或固定采购量后不含加速卡。",
)
@click.option("--force", is_flag=True, help="Solve again, replace the run. 重新求解并替换结果。")
@click.option("--write-mps", is_flag=True, help="Add model.mps.gz. 附带 model.mps.gz。")
@basemap_option
@click.option("--json", "as_json", is_flag=True, help="Print run.json only. 仅输出 run.json。")
@common_options
def command(  # noqa: PLR0917 - click passes the options by name
    case: str,
    scenarios: tuple[str, ...],
    out: Path | None,
    gap: float | None,
    time_limit: float | None,
    solver: str,
    threads: int,
    seed: int,
    objective: str,
    hold_tolerance: float,
    boundary: str,
    *,
    force: bool,
    write_mps: bool,
    basemap: Path | None,
    as_json: bool,
) -> int:
    """Run the verb and return its exit code."""
    began = time.perf_counter()
    from optimizer.cli.progress import Teller
    from optimizer.inputs.case import read_case
    from optimizer.model.objectives import objectives_of
    from optimizer.plan.store import default_folder, is_run, refuse_existing, run_hash
    from optimizer.report.basemap import load_basemap
    from optimizer.report.run_folder import write_report
    from optimizer.solve.export import write_model
    from optimizer.solve.options import SolveOptions
    from optimizer.solve.solvers import check_solver
    from optimizer.study.runner import code_and_libraries, recorded_options, run_case
    from optimizer.tables.pack import basemap_file

    language = settings().language
    check_solver(solver)
    objectives_of(tuple(name.strip() for name in objective.split(",")), boundary)
    load_basemap(basemap, basemap_file())
    with Teller(language) as teller:
        teller.phase("read")
        read = read_case(case, scenarios)
        if gap is None:
            gap = GAP_OF_SEVERAL_PERIODS if read.later else GAP
        options = SolveOptions(
            gap_location=gap,
            time_limit=time_limit,
            solver=solver,
            threads=threads,
            seed=seed,
            objective=tuple(name.strip() for name in objective.split(",")),
            hold_tolerance=hold_tolerance,
            boundary=boundary,
            progress=teller,
        )
        recorded = recorded_options(options, writes_model=write_mps)
        digest = run_hash(read, code_and_libraries(), recorded)
        folder = out or default_folder(read, digest)
        if out is None and is_run(folder) and not force:
            return _reused(folder, digest, as_json=as_json)
        refuse_existing(folder, replace=force)
        seconds = {"read": round(time.perf_counter() - began, 3)}
        solved = run_case(read, options, seconds=seconds, recorded=recorded)
        teller.phase("write")

        def model_file(partial: Path) -> None:
            if write_mps:
                plain = partial / "model.mps"
                write_model(solved.model, plain)
                packed = gzip.compress(plain.read_bytes(), mtime=0)
                (partial / "model.mps.gz").write_bytes(packed)
                plain.unlink()

        run = write_report(
            solved.run,
            folder,
            language=language,
            basemap=basemap,
            replace=force,
            log="\n".join([*teller.lines, "", solved.log]),
            extra=model_file,
            began=began,
        )
    _show(run, as_json=as_json)
    if not as_json:
        click.echo(
            Text(
                "written to {folder} in {seconds:.0f} s (solve {solve:.0f} s); map: "
                "{folder}/map.png",
                "结果写入 {folder}，用时 {seconds:.0f} 秒（求解 {solve:.0f} 秒）；地图："
                "{folder}/map.png",
            ).render(
                language,
                folder=folder,
                seconds=run.record["seconds"]["total"],
                solve=run.record["seconds"]["solve"],
            )
        )
    return 0 if run.record["status"] == "optimal" else 4


def _show(run: object, *, as_json: bool) -> None:
    from optimizer.cli.print_summary import print_summary
    from optimizer.plan.run import Run
    from optimizer.plan.store import record_text
    from optimizer.report.summary import summary_of

    assert isinstance(run, Run)
    if as_json:
        click.echo(record_text(run.record), nl=False)
    else:
        print_summary(summary_of(run, settings().language))


def _reused(folder: Path, digest: str, *, as_json: bool) -> int:
    """Verify a stored run, print it and say so."""
    from optimizer.errors import UsageError
    from optimizer.plan.store import read_run
    from optimizer.plan.verify import require_verified, verify_plan

    run = read_run(folder)
    if run.record["hash"] != digest:
        raise UsageError(
            Text(
                "{folder} holds another run; add --force to replace it, or name another with --out",
                "{folder} 中是另一次运行的结果；请加 --force 替换，或用 --out 另选文件夹",
            ).filled(folder=folder)
        )
    require_verified(verify_plan(run.case, run.plan))
    _show(run, as_json=as_json)
    if not as_json:
        click.echo(
            Text(
                "reused {folder}, verified again; --force solves again",
                "沿用 {folder} 的结果，已重新核验；如需重新求解请加 --force",
            ).render(settings().language, folder=folder)
        )
    return 0 if run.record["status"] == "optimal" else 4
