"""The marked copy that ``eastwest check`` writes of a faulty workbook."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zipfile import BadZipFile

import click

from optimizer.cli.settings import settings
from optimizer.errors import InputError, UsageError
from optimizer.labels import Text

if TYPE_CHECKING:
    from optimizer.inputs.case import Case


_REFUSALS: Final = (OSError, ValueError, KeyError, EOFError, SyntaxError, BadZipFile, zlib.error)
"""What a damaged workbook or the disk says; errors of XML are syntax errors."""


def read_or_mark(case: str, scenarios: Sequence[str], out: Path | None) -> Case:
    """Read a case; of a faulty workbook write a copy that shows its faults, then raise them.

    Parameters
    ----------
    case, scenarios
        As for :func:`optimizer.inputs.case.read_case`.
    out
        The copy; beside the workbook if ``None``.

    Raises
    ------
    InputError
        With every fault of the inputs.
    UsageError
        If ``out`` exists, or the case is no workbook.
    """
    from optimizer.inputs.assemble import case_folder
    from optimizer.inputs.case import read_case

    source = case_folder(case)
    if out is not None and not source.is_file():
        raise UsageError(
            Text(
                "--out is for a case in a workbook, and {case} is none",
                "--out 仅用于工作簿形式的算例，{case} 不是工作簿",
            ).filled(case=case)
        )
    if out is not None and out.exists():
        raise UsageError(_exists(out))
    try:
        return read_case(case, scenarios)
    except InputError as error:
        if source.is_file():
            _mark(source, out or source.with_suffix(".checked.xlsx"), error)
        raise


def _exists(target: Path) -> Text:
    return Text(
        "{path} exists and is not overwritten; name another file with --out",
        "{path} 已存在，不会覆盖；请用 --out 另指定文件",
    ).filled(path=target)


def _mark(source: Path, target: Path, error: InputError) -> None:
    from optimizer.tables.workbook_marks import write_marked_copy

    language = settings().language
    try:
        cells = write_marked_copy(source, target, error.faults, language)
    except FileExistsError:
        message = _exists(target)
    except _REFUSALS as refused:
        message = Text(
            "no marked copy could be written ({reason})", "无法写出标注副本（{reason}）"
        ).filled(reason=str(refused) or type(refused).__name__)
    else:
        message = Text(
            "{n} faulty cells are marked in {path}", "已在 {path} 中标注 {n} 个有误单元格"
        ).filled(n=cells, path=target)
    click.echo(message.render(language), err=True)
