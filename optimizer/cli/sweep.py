"""``eastwest sweep``: many variants of one case, side by side, in one data set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from optimizer.cli.settings import common_options, settings
from optimizer.labels import Text

if TYPE_CHECKING:
    from optimizer.study.sweep import SweepResult

MOST_FAILURES: Final = 20
"""Failed points that are listed; the data set has all."""

SHOWN: Final = {
    "objective_million_yuan": Text("yearly cost, million yuan", "年成本，百万元"),
    "west_share": Text("share of the west in load", "西部负荷占比"),
    "new_it_mw": Text("new IT power, MW", "新增 IT 功率，MW"),
    "location_kt": Text("emissions by location, kt CO2", "位置法排放，千吨 CO2"),
    "unserved_share": Text("share of work left undone", "未完成工作占比"),
}


@click.command(
    "sweep",
    help=(
        "Run the sweep FILE (a shipped sweep or a sweep file): every point solved, verified and "
        "kept; run again, it goes on where it stopped.\n\n运行参数扫描 FILE（内置扫描名或扫描文"
        "件）：逐点求解、核验并保存；再次运行时从中断处继续。"
    ),
)
@click.argument("file")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Folder of the sweep; reports/sweeps/<name> if left out. 结果文件夹。",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=None,
    help="Processes; as many as processors and memory allow if left out. 进程数。",
)
@click.option(
    "--scheduler",
    default=None,
    help="Address of a Dask scheduler, as in tcp://host:8786. Dask 调度器地址。",
)
@click.option("--force", is_flag=True, help="Solve finished points again. 重新求解已完成的点。")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only. 仅输出 JSON。")
@common_options
def command(
    file: str,
    out: Path | None,
    workers: int | None,
    scheduler: str | None,
    *,
    force: bool,
    as_json: bool,
) -> int:
    """Run the verb and return its exit code."""
    from optimizer.cli.progress import Teller
    from optimizer.errors import UsageError
    from optimizer.inputs.sweep_file import read_sweep
    from optimizer.study.sweep import SweepOptions, SweepProgress, run_sweep

    if scheduler is not None and workers is not None:
        raise UsageError(
            Text(
                "--workers counts processes of this machine; leave it out with --scheduler",
                "--workers 指本机进程数；使用 --scheduler 时请勿给出",
            )
        )
    sweep = read_sweep(file)
    with Teller(settings().language) as teller:

        def progress(at: SweepProgress) -> None:
            teller.count(at.done, at.total, at.failed, at.seconds_left)

        teller.phase("read")
        result = run_sweep(
            sweep,
            out or Path("reports") / "sweeps" / sweep.content.name,
            SweepOptions(
                scheduler=scheduler,
                workers=workers,
                replace=force,
                say=teller.note,
                progress=progress,
            ),
        )
    if as_json:
        click.echo(_json(result))
    else:
        _show(result, relaxed=sweep.content.mode == "relaxed")
    return 0 if result.complete else 4


def _json(result: SweepResult) -> str:
    content = {
        "points": len(result.points),
        "finished": len(result.records) - len(result.failures),
        "solved_now": result.solved,
        "stopped": result.stopped,
        "failures": [
            {"point": point.number, "values": point.values, "status": record["status"]}
            for point, record in result.failures
        ],
        "data_set": result.data_set.as_posix(),
    }
    return json.dumps(content, ensure_ascii=False, indent=2)


def _show(result: SweepResult, *, relaxed: bool) -> None:
    import pandas as pd

    language = settings().language
    frame = pd.read_parquet(result.data_set)
    finished = frame[frame["verified"]]
    if len(finished):
        width = max(len(label.render(language)) for label in SHOWN.values()) + 2
        heads = Text("lowest|median|highest", "最低|中位|最高").render(language).split("|")
        click.echo(" " * width + "".join(f"{head:>14}" for head in heads))
        for name, label in SHOWN.items():
            if name not in finished:  # some figures are those of a single year
                continue
            spread = finished[name].quantile([0.0, 0.5, 1.0])
            cells = "".join(
                f"{value:14,.4g}" if value < 10 else f"{value:14,.1f}" for value in spread
            )
            click.echo(f"{label.render(language):<{width}}{cells}")
    if relaxed:
        click.echo(
            Text(
                "costs are lower bounds: integers were relaxed",
                "成本为下界：整数变量已松弛",
            ).render(language)
        )
    failures = result.failures
    for point, record in failures[:MOST_FAILURES]:
        values = ", ".join(f"{name} {value}" for name, value in point.values.items())
        click.echo(
            Text("point {number} ({values}): {reason}", "点 {number}（{values}）：{reason}").render(
                language, number=point.number, values=values, reason=record[f"error_{language}"]
            )
        )
    if len(failures) > MOST_FAILURES:
        more = Text("and {n} more in the data set", "另有 {n} 个，见数据集")
        click.echo(more.render(language, n=len(failures) - MOST_FAILURES))
    count = len(result.records) - len(failures)
    click.echo(
        Text(
            "{count} of {total} points finished, {solved} of them tried now: {path}",
            "{total} 个点中已完成 {count} 个，本次求解 {solved} 个：{path}",
        ).render(
            language,
            count=count,
            total=len(result.points),
            solved=result.solved,
            path=result.data_set.as_posix(),
        )
    )
    if not result.complete:
        again = Text(
            "the same command goes on with what is not finished",
            "再次运行同一命令即可继续未完成的点",
        )
        if result.stopped or len(result.records) < len(result.points):
            click.echo(again.render(language))
