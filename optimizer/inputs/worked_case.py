"""Copies of shipped cases that users edit."""

from __future__ import annotations

import shutil
from pathlib import Path

from optimizer.errors import InputError, OutputError, UsageError
from optimizer.inputs.assemble import CASE_FILE, CASE_WORKBOOK, case_folder, read_own
from optimizer.inputs.case_workbook import case_lines
from optimizer.labels import Text
from optimizer.tables.read import TABLE_SUFFIXES


def copy_case(case: str, folder: Path) -> list[Path]:
    """Copy a shipped case into a new or empty folder and return the files.

    Parameters
    ----------
    case
        Name of a shipped case.
    folder
        Folder to fill.

    Raises
    ------
    UsageError
        If there is no such case, or the folder already holds something.
    OutputError
        If the disk refuses.
    """
    source = case_folder(case)
    _refuse_filled(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [
            Path(shutil.copyfile(path, folder / path.name))
            for path in sorted(source.iterdir())
            if path.name == CASE_FILE or path.suffix.lower() in TABLE_SUFFIXES
        ]
    except OSError as error:
        raise _refused(folder, error) from error


def write_case_workbook(case: str, folder: Path) -> Path:
    """Write a shipped case as one workbook into a new or empty folder and return the file.

    The workbook has units, drop-downs and a note on every column, and is itself a case.

    Parameters
    ----------
    case
        Name of a shipped case.
    folder
        Folder to fill.

    Raises
    ------
    UsageError
        If there is no such case, or the folder already holds something.
    OutputError
        If the disk refuses.
    InputError
        If the case has faults.
    """
    from optimizer.tables.workbook_cells import save_workbook  # noqa: PLC0415 - slow to import
    from optimizer.tables.workbook_write import case_workbook  # noqa: PLC0415 - slow to import

    case_file, own, faults = read_own(case_folder(case))
    if faults:
        raise InputError(faults)
    _refuse_filled(folder)
    workbook = case_workbook(
        case_lines(case_file),
        {name: table.frame for name, table in own.items()},
        complete=case_file.base == "none",
    )
    target = folder / CASE_WORKBOOK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_workbook(workbook, target)
    except OSError as error:
        raise _refused(folder, error) from error
    return target


def _refuse_filled(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            Text(
                "{folder} already holds something; choose an empty or new folder",
                "{folder} 已有内容；请选择空文件夹或新文件夹",
            ).filled(folder=folder)
        )


def _refused(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        Text("cannot write to {folder} ({reason})", "无法写入 {folder}（{reason}）").filled(
            folder=folder, reason=error.strerror or str(error)
        )
    )
