"""Reads the raw figures: ``data/raw/*.csv``, one row a figure or a record, each with its source."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, get_args

from data.build.cells import Basis, Cell, Grade, Source, significant

RAW_FOLDER: Final = Path(__file__).resolve().parent.parent / "raw"


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row of a raw file.

    Parameters
    ----------
    file
        Name of the file without ending.
    cells
        The row as text.
    """

    file: str
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """Return a cell as text."""
        return self.cells[column]

    def number(self, column: str) -> float:
        """Return a cell as a number.

        Raises
        ------
        ValueError
            If the cell is empty.
        """
        if not self.cells[column]:
            raise ValueError(f"{self.file}: {column} is empty in {dict(self.cells)}")
        return float(self.cells[column])

    def has(self, column: str) -> bool:
        """Return whether the cell is filled."""
        return bool(self.cells[column])

    @property
    def source(self) -> Source:
        """Source of the row."""
        return Source(self.file, self.cells["source"], self.cells["source_date"])

    @property
    def grade(self) -> Grade:
        """Grade of the row.

        Raises
        ------
        ValueError
            If the row has no known grade.
        """
        for grade in get_args(Grade):
            if grade == self.cells["confidence"]:
                known: Grade = grade
                return known
        raise ValueError(f"{self.file}: {self.cells['confidence']!r} is no grade")

    def basis(self, as_of: str, note: str = "") -> Basis:
        """Return the grade and source of the row for figures carried over as they are."""
        return Basis(self.grade, (self.source,), as_of, note)

    def cell(self, column: str, as_of: str, note: str = "as published") -> Cell:
        """Return a figure of the row as it was published."""
        return Cell(significant(self.number(column), 9), self.basis(as_of, note))


@cache
def raw_rows(file: str) -> tuple[RawRow, ...]:
    """Return the rows of a raw file in its order."""
    with (RAW_FOLDER / f"{file}.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(RawRow(file, row) for row in csv.DictReader(stream))


def where(file: str, **cells: str) -> tuple[RawRow, ...]:
    """Return the rows of a raw file whose cells have the given texts."""
    return tuple(
        row
        for row in raw_rows(file)
        if all(row.cells[column] == text for column, text in cells.items())
    )


def one(file: str, **cells: str) -> RawRow:
    """Return the only row of a raw file whose cells have the given texts.

    Raises
    ------
    LookupError
        If there is no such row or more than one.
    """
    found = where(file, **cells)
    if len(found) != 1:
        raise LookupError(f"{file}: {len(found)} rows with {cells}")
    return found[0]
