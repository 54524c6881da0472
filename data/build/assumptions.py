"""The assumptions: ``data/raw/assumptions_*.csv``, one row a figure with range and reason.

Columns: ``table``, ``key``, ``column`` say what the figure is for. A key such as ``any`` or
``east_cluster`` stands for a class of rows, a column may also be an intermediate figure of a
derivation. ``anchors`` names raw rows that the figure leans on, as
``file:column=text,column=text`` separated by ``;``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from data.build.cells import Cell, Source, assume
from data.build.raw import RAW_FOLDER, one, raw_rows

ASSUMPTION_FILES: Final = tuple(sorted(path.stem for path in RAW_FOLDER.glob("assumptions_*.csv")))


@dataclass(frozen=True, slots=True)
class Assumption:
    """One assumed figure.

    Parameters
    ----------
    value, low, high
        Figure and range in ``unit``.
    unit
        Unit.
    reason
        Why this figure and range.
    anchors
        Sources it leans on.
    """

    value: float
    low: float
    high: float
    unit: str
    reason: str
    anchors: tuple[Source, ...]

    def cell(self, *, factor: float = 1.0, note: str = "", digits: int = 6) -> Cell:
        """Return the figure as a cell, multiplied by a factor that a note explains.

        Parameters
        ----------
        factor
            Positive factor applied to the figure and to its range.
        note
            Set before the reason.
        digits
            Significant digits to round to.
        """
        reason = f"{note}; {self.reason}" if note else self.reason
        return assume(
            self.value * factor,
            self.low * factor,
            self.high * factor,
            reason,
            self.anchors,
            digits=digits,
        )


@cache
def _all() -> dict[tuple[str, str, str], Assumption]:
    found: dict[tuple[str, str, str], Assumption] = {}
    for file in ASSUMPTION_FILES:
        for row in raw_rows(file):
            key = (row.text("table"), row.text("key"), row.text("column"))
            if key in found:
                raise ValueError(f"{file}: {key} is assumed twice")
            found[key] = Assumption(
                value=row.number("value"),
                low=row.number("low"),
                high=row.number("high"),
                unit=row.text("unit"),
                reason=row.text("reason"),
                anchors=tuple(_anchor(text) for text in row.text("anchors").split(";") if text),
            )
    return found


def _anchor(text: str) -> Source:
    file, _, conditions = text.partition(":")
    cells = dict(pair.split("=", 1) for pair in conditions.split(","))
    return one(file, **cells).source


def assumed(table: str, key: str, column: str) -> Assumption:
    """Return an assumption.

    Raises
    ------
    KeyError
        If there is none.
    """
    return _all()[table, key, column]


def is_assumed(table: str, key: str, column: str) -> bool:
    """Return whether there is an assumption."""
    return (table, key, column) in _all()


def assumed_keys(table: str, column: str) -> tuple[str, ...]:
    """Return the keys of a table that have an assumption for a column, in file order."""
    return tuple(key for name, key, col in _all() if name == table and col == column)
