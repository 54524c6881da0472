"""Copies of shipped cases that users edit."""

from __future__ import annotations

import shutil
from pathlib import Path

from optimizer.errors import OutputError, UsageError
from optimizer.inputs.assemble import CASE_FILE, case_folder
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
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            Text(
                "{folder} already holds something; choose an empty or new folder",
                "{folder} 已有内容；请选择空文件夹或新文件夹",
            ).filled(folder=folder)
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [
            Path(shutil.copyfile(path, folder / path.name))
            for path in sorted(source.iterdir())
            if path.name == CASE_FILE or path.suffix.lower() in TABLE_SUFFIXES
        ]
    except OSError as error:
        raise OutputError(
            Text("cannot write to {folder} ({reason})", "无法写入 {folder}（{reason}）").filled(
                folder=folder, reason=error.strerror or str(error)
            )
        ) from error
