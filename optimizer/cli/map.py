"""``eastwest map``: the map of a run, of what differs between two, or of the alternatives."""

from __future__ import annotations

from pathlib import Path

import click

from optimizer.cli.settings import basemap_option, debug_option, languages_option, settings
from optimizer.labels import Language, Text, default_language


@click.command(
    "map",
    help=(
        "Draw the map of run folder RUN; of RUN and OTHER, where OTHER differs; with "
        "--alternatives, where new power must, may or is never built.\n\n绘制运行结果 RUN "
        "的地图；给出 OTHER 则绘制其相对于 RUN 的差异；--alternatives 绘制必建、可建与不建的"
        "集群。"
    ),
)
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("other", required=False, type=click.Path(path_type=Path))
@click.option(
    "--alternatives", is_flag=True, help="What else would cost almost the same. 备选空间。"
)
@click.option(
    "--layer",
    type=click.Choice(["price", "green_share", "carbon"]),
    default="price",
    show_default=True,
    help="What colours the provinces. 省份底色。",
)
@click.option(
    "--format",
    "formats",
    default="png",
    show_default=True,
    help="Formats, joined by commas: png, svg, pdf. 格式，以逗号分隔：png、svg、pdf。",
)
@languages_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Folder of the maps; RUN if left out. 地图所在文件夹。",
)
@click.option("--force", is_flag=True, help="Replace maps that are there. 替换已有地图。")
@basemap_option
@debug_option
def command(  # noqa: PLR0917 - click passes the options by name
    run: Path,
    other: Path | None,
    layer: str,
    formats: str,
    languages: tuple[Language, ...],
    out: Path | None,
    basemap: Path | None,
    *,
    alternatives: bool,
    force: bool,
) -> int:
    """Run the verb."""
    from optimizer.errors import UsageError
    from optimizer.plan.store import read_run
    from optimizer.report.map_files import MapKind, write_maps

    chosen = tuple(dict.fromkeys(languages)) or (default_language(),)
    settings().language = chosen[0]
    if alternatives and other is not None:
        raise UsageError(
            Text(
                "--alternatives is about one run; leave out the second",
                "--alternatives 针对单次运行；请勿给出第二个结果文件夹",
            )
        )
    kind: MapKind = "alternatives" if alternatives else "plan" if other is None else "difference"
    written = write_maps(
        [read_run(folder) for folder in (run, other) if folder is not None],
        out or run,
        kind=kind,
        layer=layer,
        formats=[name.strip() for name in formats.split(",") if name.strip()],
        languages=chosen,
        basemap=basemap,
        replace=force,
    )
    for path in written:
        click.echo(Text("written: {path}", "已写出：{path}").render(settings().language, path=path))
    return 0
