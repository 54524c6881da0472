"""Where the figures of a set of tables come from, and how sure they are.

A *figure* is a filled numeric cell outside the key of a table that carries grades. Its grade is
that of its own row in ``provenance`` if it has one, otherwise that of its row. Values and
ranges are in the unit of their column; where that says "see unit" the row names the unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from optimizer.tables.frames import TypedTable, numbers, texts
from optimizer.tables.schema import CONFIDENCE_GRADES, Column

_UNIT_IN_ROW: Final = "see unit"


@dataclass(frozen=True, slots=True)
class Source:
    """One source.

    Parameters
    ----------
    source_id
        Its code.
    title
        Document, page or data set.
    date
        Its date.
    """

    source_id: str
    title: str
    date: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its grade.

    Parameters
    ----------
    table, key, column
        Where it stands; the columns of the key are joined by ``|``.
    value, unit
        The figure.
    confidence
        One of :data:`~optimizer.tables.schema.CONFIDENCE_GRADES`.
    low, high
        Its range; NaN if none is given.
    reason
        Method or reason; may be empty.
    source_ids
        Codes of its sources.
    """

    table: str
    key: str
    column: str
    value: float
    unit: str
    confidence: str
    low: float
    high: float
    reason: str
    source_ids: tuple[str, ...]


def sources_of(tables: Mapping[str, TypedTable]) -> dict[str, Source]:
    """Return the sources by code, in the order of the table."""
    frame = tables["sources"].frame
    return {
        source_id: Source(source_id, title, date)
        for source_id, title, date in zip(
            texts(frame, "source_id"), texts(frame, "title"), texts(frame, "date"), strict=True
        )
    }


def split_source_ids(cell: str) -> tuple[str, ...]:
    """Return the codes of a ``source_id`` cell.

    Examples
    --------
    >>> split_source_ids("grid-01; eastwest-derivation")
    ('grid-01', 'eastwest-derivation')
    """
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def is_figure(column: Column, key: tuple[str, ...]) -> bool:
    """Return whether the filled cells of a column are figures, given the key of its table."""
    return column.kind in {"number", "integer"} and column.name not in key


def graded_figures(tables: Mapping[str, TypedTable]) -> pd.DataFrame:
    """Return every figure of the tables with its grade.

    Parameters
    ----------
    tables
        Typed tables by name; ``provenance`` may be absent.

    Returns
    -------
    pandas.DataFrame
        ``table``, ``key``, ``column``, ``value``, ``unit``, ``confidence``, ``low``, ``high``,
        ``reason`` and ``source_id``, in the order of tables, columns and rows.
    """
    parts = [
        _figures_of(table, column)
        for table in tables.values()
        if table.table.has_provenance
        for column in table.table.columns
        if is_figure(column, table.table.key)
    ]
    figures = pd.concat([_no_figures(), *parts], ignore_index=True)
    if "provenance" not in tables or not len(tables["provenance"].frame):
        return figures
    place = ["table", "key", "column"]
    own = tables["provenance"].frame.rename(columns={"note": "reason"})
    merged = figures[place].merge(own, how="left", on=place, validate="one_to_one")
    graded = merged["confidence"].notna().to_numpy()
    for name in ("confidence", "low", "high", "reason", "source_id"):
        figures[name] = figures[name].where(~graded, merged[name])
    return figures


def _no_figures() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "table": pd.Series(dtype="str"),
            "key": pd.Series(dtype="str"),
            "column": pd.Series(dtype="str"),
            "value": pd.Series(dtype="float64"),
            "unit": pd.Series(dtype="str"),
            "confidence": pd.Series(dtype="str"),
            "low": pd.Series(dtype="float64"),
            "high": pd.Series(dtype="float64"),
            "reason": pd.Series(dtype="str"),
            "source_id": pd.Series(dtype="str"),
        }
    )


def _figures_of(table: TypedTable, column: Column) -> pd.DataFrame:
    """Return the figures of one column, graded by their rows."""
    values = table.frame[column.name].to_numpy(dtype=float)
    filled = np.flatnonzero(np.isfinite(values))
    frame = table.frame.iloc[filled]
    keys = table.keys()
    return pd.DataFrame(
        {
            "table": table.table.name,
            "key": [keys[record] for record in filled],
            "column": column.name,
            "value": values[filled],
            "unit": texts(frame, "unit") if column.unit == _UNIT_IN_ROW else column.unit,
            "confidence": texts(frame, "confidence"),
            "low": np.nan,
            "high": np.nan,
            "reason": texts(frame, "note"),
            "source_id": texts(frame, "source_id"),
        }
    )


def assumption_rows(tables: Mapping[str, TypedTable]) -> list[Figure]:
    """Return every assumption with its range and reason, in the order of the tables.

    Examples
    --------
    >>> from optimizer.tables.pack import shipped_cases
    >>> from optimizer.tables.read import read_folder
    >>> tables, _faults = read_folder(shipped_cases()["tiny"])
    >>> first = assumption_rows(tables)[0]
    >>> first.column, first.reason
    ('supply', 'made up for teaching')
    """
    figures = graded_figures(tables)
    chosen = figures[figures["confidence"] == "assumption"]
    columns = [
        *(texts(chosen, name) for name in ("table", "key", "column", "unit", "reason")),
        *(numbers(chosen, name) for name in ("value", "low", "high")),
        texts(chosen, "source_id"),
    ]
    return [
        Figure(
            table=str(table),
            key=str(key),
            column=str(column),
            value=float(value),
            unit=str(unit),
            confidence="assumption",
            low=float(low),
            high=float(high),
            reason=str(reason),
            source_ids=split_source_ids(str(source_id)),
        )
        for table, key, column, unit, reason, value, low, high, source_id in zip(
            *columns, strict=True
        )
    ]


def confidence_counts(tables: Mapping[str, TypedTable]) -> pd.DataFrame:
    """Return how many figures of each table have which grade.

    Returns
    -------
    pandas.DataFrame
        ``table``, ``figures`` and one column for each grade; tables without figures are left
        out.
    """
    figures = graded_figures(tables)
    records: list[dict[str, object]] = []
    for name in dict.fromkeys(texts(figures, "table")):
        grades = texts(figures[figures["table"] == name], "confidence")
        records.append(
            {
                "table": name,
                "figures": len(grades),
                **{grade: grades.count(grade) for grade in CONFIDENCE_GRADES},
            }
        )
    return pd.DataFrame(records, columns=["table", "figures", *CONFIDENCE_GRADES])


def confidence_shares(counts: pd.DataFrame) -> dict[str, float]:
    """Return the share of each grade in all figures of :func:`confidence_counts`.

    Examples
    --------
    >>> row = {"table": "grid", "figures": 4, "confirmed": 1, "secondary": 0, "estimate": 3}
    >>> confidence_shares(pd.DataFrame([{**row, "assumption": 0}]))["estimate"]
    0.75
    """
    total = int(counts["figures"].sum())
    return {
        grade: (int(counts[grade].sum()) / total if total else 0.0) for grade in CONFIDENCE_GRADES
    }
