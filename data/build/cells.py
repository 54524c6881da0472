"""Graded figures: a value with its grade, its sources, its date and its reason."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Grade = Literal["confirmed", "secondary", "estimate", "assumption"]

RESEARCH_DATE: Final = "2026-11-22"
"""Day on which the assumptions and derivations were made."""


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """Where a figure comes from.

    Parameters
    ----------
    file
        Raw file that quotes the source, without ending; it begins the source's code.
    title, date
        The source itself and its date.
    """

    file: str
    title: str
    date: str


ASSUMPTION: Final = Source(
    "eastwest-assumption", "Eastwest assumption, see reason and range", RESEARCH_DATE
)
DERIVATION: Final = Source(
    "eastwest-derivation", "Eastwest derivation, see the method in the note", RESEARCH_DATE
)


@dataclass(frozen=True, slots=True)
class Basis:
    """Grade, sources, date and note of a row, or of a cell that differs from its row.

    Parameters
    ----------
    grade
        How sure the figure is.
    sources
        Its sources.
    as_of
        Date the figure describes.
    note
        Method of an estimate, reason of an assumption, or a remark.
    """

    grade: Grade
    sources: tuple[Source, ...]
    as_of: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure that is graded on its own.

    Parameters
    ----------
    value
        The figure in the unit of its column.
    basis
        Its grade, sources, date and note.
    low, high
        Range; required for assumptions.
    """

    value: float | int | str
    basis: Basis
    low: float | None = None
    high: float | None = None

    @property
    def number(self) -> float:
        """The value as a number."""
        return float(self.value)


Value = Cell | str | float | int | bool | None


def combined(*groups: Iterable[Source]) -> tuple[Source, ...]:
    """Return the sources of all groups, each once, sorted."""
    return tuple(sorted({source for group in groups for source in group}))


def estimate(
    value: float, sources: Iterable[Source], as_of: str, method: str, *, digits: int = 6
) -> Cell:
    """Return a figure derived from sources by a method.

    Parameters
    ----------
    value
        The figure; it is rounded to ``digits`` significant digits.
    sources
        Sources of what it is derived from.
    as_of
        Date it describes.
    method
        How it is derived.
    """
    basis = Basis("estimate", combined(sources, (DERIVATION,)), as_of, method)
    return Cell(significant(value, digits), basis)


def assume(
    value: float,
    low: float,
    high: float,
    reason: str,
    anchors: Iterable[Source] = (),
    *,
    digits: int = 6,
) -> Cell:
    """Return an assumption with its range.

    Parameters
    ----------
    value, low, high
        The figure and its range, in the unit of its column.
    reason
        Why this figure and this range.
    anchors
        Sources the figure leans on.
    digits
        Significant digits that all three are rounded to.

    Raises
    ------
    ValueError
        If the figure lies outside its range or has no reason.
    """
    value, low, high = (significant(figure, digits) for figure in (value, low, high))
    if not low <= value <= high or not reason:
        raise ValueError(f"{low} <= {value} <= {high}: {reason!r}")
    basis = Basis("assumption", combined(anchors, (ASSUMPTION,)), RESEARCH_DATE, reason)
    return Cell(value, basis, low, high)


def significant(value: float, digits: int = 6) -> float:
    """Round to significant digits, but never whole units away; whole numbers stay integers.

    Examples
    --------
    >>> significant(0.123456789), significant(12345678.9), significant(2.0)
    (0.123457, 12345679, 2)
    """
    if value == 0 or not math.isfinite(value):
        return 0 if value == 0 else value
    if abs(value) >= 1e15:
        return float(f"{value:.{digits}g}")
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    rounded = round(value, decimals)
    return int(rounded) if rounded == int(rounded) else rounded


def text_of(value: float | str | bool | None) -> str:
    """Return a value as it stands in a CSV file.

    Raises
    ------
    ValueError
        If a number has more than ten significant digits: it was not rounded.

    Examples
    --------
    >>> text_of(True), text_of(0.25), text_of(None), text_of(5e26)
    ('true', '0.25', '', '5e26')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    shown = repr(value)
    mantissa = shown.partition("e")[0].replace(".", "").lstrip("-0")
    if len(mantissa.rstrip("0")) > 10:
        raise ValueError(f"{value!r} is not rounded")
    return shown.removesuffix(".0").replace("e+", "e")
