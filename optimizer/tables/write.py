"""Typed tables to CSV files that read back as the same tables, byte for byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.tables.schema import Table


def csv_bytes(frame: pd.DataFrame, table: Table) -> bytes:
    r"""Return a table as CSV: UTF-8, LF, shortest exact numbers, ``true``/``false``.

    Parameters
    ----------
    frame
        The table; its columns in the order of the definition.
    table
        The definition, which says what is whole, what is a number and what is text.

    Examples
    --------
    >>> from optimizer.tables.registry import table_named
    >>> csv_bytes(pd.DataFrame({"site": ["a"]}), table_named("sites")).decode()
    'site\na\n'
    """
    cells = {}
    for name in frame.columns:
        kind = table.column(str(name)).kind
        values = frame[name]
        if kind == "flag":
            cells[name] = np.where(values.to_numpy(dtype=bool), "true", "false").tolist()
        elif kind == "text":
            cells[name] = values.astype(str).tolist()
        else:
            cells[name] = [_number(float(value)) for value in values]
    text: str = pd.DataFrame(cells, columns=frame.columns).to_csv(index=False, lineterminator="\n")
    return text.encode("utf-8")


def _number(value: float) -> str:
    """Return the shortest text that reads back as the same number; empty for NaN."""
    if np.isnan(value):
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def write_csv(frame: pd.DataFrame, table: Table, path: Path) -> None:
    """Write a table as a CSV file."""
    path.write_bytes(csv_bytes(frame, table))
