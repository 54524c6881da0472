"""Copies of the teaching case with its year repeated, for tests of several periods."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.helpers import Row, copy_tiny, edit_rows


def tiny_of_years(tmp_path: Path, years: Sequence[int], *, waits: bool = False) -> Path:
    """Return a copy of the teaching case for several years, in which nothing grows.

    Parameters
    ----------
    tmp_path
        Where to write it.
    years
        First years of its periods.
    waits
        Whether modules keep their lead time; they serve at once otherwise.
    """
    folder = copy_tiny(tmp_path)

    def repeated(column: str, rows: list[Row]) -> list[Row]:
        return [{**row, column: str(year)} for year in years for row in rows]

    edit_rows(folder, "times", lambda rows: repeated("period", rows))
    edit_rows(folder, "accelerator_supply", lambda rows: repeated("year", rows))
    fixed = {"services": {"growth_per_year": "1"}, "accelerators": {"life_years": "30"}}
    fixed["modules"] = {"life_years": "30"}
    if not waits:
        fixed["sites"] = {"lead_time_years": "0"}
    for table, cells in fixed.items():
        edit_rows(folder, table, partial(_with_cells, cells))
    return folder


def _with_cells(cells: Row, rows: list[Row]) -> list[Row]:
    return [{**row, **cells} for row in rows]
