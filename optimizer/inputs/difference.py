"""Differences between two sets of resolved tables, cell by cell.

Where a row exists on one side only, each of its figures is a change from or to nothing. Columns
that say where a figure comes from are left out, as are the tables that grade and name sources.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from optimizer.tables.frames import TypedTable, record_keys
from optimizer.tables.registry import TABLES
from optimizer.tables.schema import PROVENANCE

Cell = str | bool | int | float
LEFT_OUT: Final = frozenset({"provenance", "sources"})


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that differs.

    Parameters
    ----------
    table, key, column
        Where it is; the parts of a key are joined by ``|``.
    before, after
        Its values; ``None`` where the cell is empty or its row does not exist.
    row
        ``changed``, ``added`` or ``removed``: what became of the row.
    """

    table: str
    key: str
    column: str
    before: Cell | None
    after: Cell | None
    row: str


def differences(
    before: Mapping[str, TypedTable], after: Mapping[str, TypedTable]
) -> tuple[Change, ...]:
    """Return every cell in which two sets of tables differ, by table, row and column.

    Parameters
    ----------
    before, after
        Tables by name, as read or as resolved.

    Examples
    --------
    >>> from optimizer import read_case
    >>> tables = read_case("tiny").whole_tables
    >>> differences(tables, tables)
    ()
    """
    return tuple(
        change
        for name in TABLES
        if name not in LEFT_OUT
        for change in _of_table(name, before[name].frame, after[name].frame)
    )


def _of_table(name: str, before: pd.DataFrame, after: pd.DataFrame) -> Iterator[Change]:
    table = TABLES[name]
    told = {column.name for column in PROVENANCE} if table.has_provenance else set()
    columns = [c for c in table.column_names if c not in told and c not in table.key]
    if before.equals(after):
        return
    old, new = _by_key(before, table.key), _by_key(after, table.key)
    both = old.index.intersection(new.index, sort=False)
    left, right = old.loc[both], new.loc[both]
    for column in columns:
        first, second = left[column], right[column]
        same = (first == second) | (first.isna() & second.isna())
        for key in both[~same.to_numpy(dtype=bool)]:
            one, other = _cell(first.loc[key]), _cell(second.loc[key])
            yield Change(name, str(key), column, one, other, "changed")
    # A table of keys alone still gains and loses rows.
    told_of_rows = columns or [table.key[-1]]
    for key in old.index.difference(new.index, sort=False):
        for column in told_of_rows:
            if (cell := _cell(old.loc[key, column])) is not None:
                yield Change(name, str(key), column, cell, None, "removed")
    for key in new.index.difference(old.index, sort=False):
        for column in told_of_rows:
            if (cell := _cell(new.loc[key, column])) is not None:
                yield Change(name, str(key), column, None, cell, "added")


def _by_key(frame: pd.DataFrame, key: tuple[str, ...]) -> pd.DataFrame:
    return frame.set_axis(record_keys(frame, key), axis=0)


def _cell(value: object) -> Cell | None:
    """Return a cell as a plain value."""
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, float):
        return None if math.isnan(plain) else plain
    if isinstance(plain, str):
        return plain or None
    assert isinstance(plain, bool | int)
    return plain
