"""``eastwest report``: one or several runs as a page and a document."""

from __future__ import annotations

from pathlib import Path

import click

from optimizer.cli.settings import basemap_option, debug_option, languages_option, settings
from optimizer.labels import Language, Text, default_language


@click.command(
    "report",
    help=(
        "Write the report of run folders RUN...: the first is described, the others are compared "
        "with it.\n\n生成运行结果文件夹 RUN... 的报告：详述第一个，其余与之比较。"
    ),
)
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@languages_option
@click.option(
    "--format",
    "formats",
    default="html",
    show_default=True,
    help="Formats, joined by commas: html, pdf, xlsx. 格式，以逗号分隔：html、pdf、xlsx。",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Folder of the report; that of the first run if left out. 报告文件夹。",
)
@click.option("--force", is_flag=True, help="Replace reports that are there. 替换已有报告。")
@basemap_option
@debug_option
def command(
    runs: tuple[Path, ...],
    languages: tuple[Language, ...],
    formats: str,
    out: Path | None,
    basemap: Path | None,
    *,
    force: bool,
) -> int:
    """Run the verb."""
    from optimizer.plan.store import read_run
    from optimizer.report.formats import write_documents

    chosen = tuple(dict.fromkeys(languages)) or (default_language(),)
    settings().language = chosen[0]
    names = [name.strip() for name in formats.split(",") if name.strip()]
    written = write_documents(
        [read_run(folder) for folder in runs],
        out or runs[0],
        formats=names,
        languages=chosen,
        basemap=basemap,
        replace=force,
    )
    for path in written:
        click.echo(Text("written: {path}", "已写出：{path}").render(settings().language, path=path))
    return 0
