"""``eastwest init``: copy a worked case to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from optimizer.cli.settings import common_options, settings
from optimizer.labels import Text


@click.command(
    "init",
    help="Copy a worked case into the new folder DIR.\n\n将一个完整算例复制到新文件夹 DIR。",
)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--case", default="tiny", show_default=True, help="Shipped case. 内置算例。")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "xlsx"]),
    default="csv",
    show_default=True,
    help="CSV files, or one Excel workbook. CSV 文件，或一个 Excel 工作簿。",
)
@common_options
def command(directory: Path, case: str, form: str) -> int:
    """Run the verb."""
    from optimizer.inputs.worked_case import copy_case, write_case_workbook

    if form == "xlsx":
        path = write_case_workbook(case, directory)
        click.echo(
            Text(
                "wrote {path}; edit it, then: eastwest check {path}, eastwest plan {path}",
                "已写出 {path}；修改后运行 eastwest check {path} 与 eastwest plan {path}",
            ).render(settings().language, path=path)
        )
        return 0
    files = copy_case(case, directory)
    click.echo(
        Text(
            "copied {n} files to {folder}; edit them, then: eastwest check {folder}, "
            "eastwest plan {folder}",
            "已复制 {n} 个文件到 {folder}；修改后运行 eastwest check {folder} 与 eastwest plan "
            "{folder}",
        ).render(settings().language, n=len(files), folder=directory)
    )
    return 0
