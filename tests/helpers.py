"""Small helpers of the tests: a copy of the teaching case and edits of its CSV files.

Rows are addressed by their key columns, never by their position, so that tests stay true when
the teaching case changes.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).resolve().parents[1] / "data"
TINY: Final = DATA / "cases" / "tiny"

Row = dict[str, str]


def copy_tiny(tmp_path: Path) -> Path:
    """Copy the teaching case into a folder of its own and return that folder."""
    folder = tmp_path / "tiny"
    shutil.copytree(TINY, folder)
    return folder


def read_rows(folder: Path, table: str) -> list[Row]:
    """Return the rows of a CSV table as text."""
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_rows(
    folder: Path, table: str, rows: Sequence[Mapping[str, object]], columns: Sequence[str] = ()
) -> None:
    """Write rows as a CSV table; without rows its columns have to be given."""
    names = list(columns) or list(rows[0])
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def rows_meeting(folder: Path, table: str, where: Mapping[str, str]) -> list[int]:
    """Return the lines of the rows whose cells equal ``where``; the header is line 1."""
    return [
        line
        for line, row in enumerate(read_rows(folder, table), start=2)
        if all(row[column] == cell for column, cell in where.items())
    ]


def edit_rows(folder: Path, table: str, change: Callable[[list[Row]], list[Row]]) -> None:
    """Replace the rows of a table by what ``change`` makes of them."""
    rows = read_rows(folder, table)
    columns = list(rows[0])
    changed = change(rows)
    write_rows(folder, table, changed, list(changed[0]) if changed else columns)


def edit_cell(folder: Path, table: str, where: Mapping[str, str], column: str, cell: str) -> int:
    """Write one cell of the only row that meets ``where`` and return the row's line."""
    (line,) = rows_meeting(folder, table, where)
    rows = read_rows(folder, table)
    rows[line - 2][column] = cell
    write_rows(folder, table, rows)
    return line


def rename_column(folder: Path, table: str, old: str, new: str) -> None:
    """Give a column of a table another name."""
    rows = read_rows(folder, table)
    write_rows(
        folder,
        table,
        [{new if name == old else name: cell for name, cell in row.items()} for row in rows],
    )
