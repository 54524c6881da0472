"""A typed table together with the place each of its rows came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.errors import Fault
from optimizer.labels import Text
from optimizer.tables.schema import Table


@dataclass(frozen=True, slots=True)
class TypedTable:
    """A table whose cells have been parsed, with file and row of each record.

    Parameters
    ----------
    table
        The definition it follows.
    frame
        One column for each column of the definition, in its order, with a plain range index.
        Numbers are float64 (empty: NaN), integers float64 where cells may be empty and int64
        otherwise, flags bool, text str (empty: ``""``).
    files, rows
        For each record the file it was read from and its row there.
    """

    table: Table
    frame: pd.DataFrame
    files: NDArray[np.object_]
    rows: NDArray[np.int64]

    def fault(
        self, record: int, column: str, problem: Text, repair: Text, value: str | None = None
    ) -> Fault:
        """Return a fault at one record of the table."""
        if value is None:
            value = str(self.frame[column].iloc[record]) if column in self.frame else ""
        return Fault(
            problem=problem,
            repair=repair,
            file=str(self.files[record]),
            row=int(self.rows[record]),
            column=column,
            value=value,
        )

    def keys(self) -> list[str]:
        """Return the key of each record, its columns joined by ``|``."""
        return record_keys(self.frame, self.table.key)

    def take(self, records: NDArray[np.int64] | NDArray[np.bool_]) -> TypedTable:
        """Return the table with only the given records."""
        return TypedTable(
            self.table,
            self.frame[records].reset_index(drop=True)
            if records.dtype == np.bool_
            else self.frame.iloc[records].reset_index(drop=True),
            self.files[records],
            self.rows[records],
        )


def record_keys(frame: pd.DataFrame, key: Sequence[str]) -> list[str]:
    """Return the key columns of each record joined by ``|``.

    Examples
    --------
    >>> record_keys(pd.DataFrame({"site": ["a"], "month": [3]}), ("site", "month"))
    ['a|3']
    """
    columns = [frame[name].astype(str).tolist() for name in key]
    return ["|".join(parts) for parts in zip(*columns, strict=True)]


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as dictionaries by column name, of plain Python values.

    As :meth:`pandas.DataFrame.to_dict`, which looks at every cell of every row by itself and takes
    several times as long: plans are verified record by record.

    Examples
    --------
    >>> records(pd.DataFrame({"site": ["a"], "month": [3], "new": [True]}))
    [{'site': 'a', 'month': 3, 'new': True}]
    """
    names = [str(name) for name in frame.columns]
    rows = frame.to_numpy(dtype=object).tolist()
    if any(isinstance(kind, np.dtype) and kind.kind == "O" for kind in frame.dtypes.tolist()):
        # Cells of a column of objects may be numpy's own kinds of number.
        rows = [[c.item() if isinstance(c, np.generic) else c for c in row] for row in rows]
    return [dict(zip(names, row, strict=True)) for row in rows]


def texts(frame: pd.DataFrame, column: str) -> list[str]:
    """Return a column of text."""
    return [str(cell) for cell in frame[column]]


def numbers(frame: pd.DataFrame, column: str) -> list[float]:
    """Return a column of numbers.

    Examples
    --------
    >>> numbers(pd.DataFrame({"hour": [0, 1]}), "hour")
    [0.0, 1.0]
    """
    return [float(cell) for cell in frame[column].to_numpy(dtype=float)]


def concatenated(parts: Sequence[TypedTable]) -> TypedTable:
    """Return several tables of the same definition one after another."""
    if len(parts) == 1:
        return parts[0]
    return TypedTable(
        parts[0].table,
        pd.concat([part.frame for part in parts], ignore_index=True),
        np.concatenate([part.files for part in parts]),
        np.concatenate([part.rows for part in parts]),
    )


def empty_table(table: Table) -> TypedTable:
    """Return a table without records."""
    dtypes = {"text": "str", "number": "float64", "integer": "float64", "flag": "bool"}
    frame = pd.DataFrame(
        {column.name: pd.Series(dtype=dtypes[column.kind]) for column in table.all_columns}
    )
    return TypedTable(table, frame, np.empty(0, dtype=object), np.empty(0, dtype=np.int64))


def duplicate_key_faults(table: TypedTable) -> list[Fault]:
    """Return a fault for each record whose key another record already has."""
    repeated = table.frame.duplicated(list(table.table.key), keep="first").to_numpy()
    first_of = {}
    faults = []
    for record, key in enumerate(table.keys()):
        if not repeated[record]:
            first_of[key] = record
            continue
        first = first_of[key]
        faults.append(
            table.fault(
                record,
                ", ".join(table.table.key),
                Text(
                    "the key stands already in {file} row {row}",
                    "主键与 {file} 第 {row} 行重复",
                ).filled(file=table.files[first], row=int(table.rows[first])),
                Text("remove one of the two rows or give it another key", "删除其中一行或更改主键"),
                value=key,
            )
        )
    return faults
