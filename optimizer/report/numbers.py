"""Every number and name of a report, with the cells of the run that it stands for.

:func:`marked` makes every number of a report, :meth:`Source.name` and :meth:`Source.text` every
name; nothing else of a run becomes text of a report.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from markupsafe import Markup

from optimizer.labels import Language, Text
from optimizer.report.references import (
    RECORD,
    Cells,
    KeyPart,
    Operator,
    Reference,
    older_run,
    record_value,
    value_of,
    weighted_mean,
)

Form = Literal["auto", "0", "1", "2", "3", "%", "%0", "%2", "%3", "year", "short"]
NEGLIGIBLE: Final = 1e-6
"""Numbers below this are the rounding of the solver and read as zero."""

VAST: Final = 1e9
"""From here on a number is written with a power of ten."""

NOTHING: Final = "–"
"""Stands where a table has no number."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A number or a name as it is shown, with its origin.

    Parameters
    ----------
    shown
        What is read.
    origin
        The reference, which for names depends on the language.
    run
        Number of the run among those of the report, from 1.
    """

    shown: Text
    origin: Text
    run: int

    def plain(self, language: Language) -> str:
        """Return what is read in one language."""
        return self.shown.render(language)

    def attributes(self, language: Language) -> Markup:
        """Return the attributes that name the origin."""
        run = Markup("") if self.run == 1 else Markup(' data-run="{}"').format(self.run)
        return Markup(' data-cell="{}"{}').format(self.origin.render(language), run)

    def html(self, language: Language) -> Markup:
        """Return the cell as HTML that names its origin."""
        return Markup("<span{}>{}</span>").format(self.attributes(language), self.plain(language))


def marked(value: float, form: Form, origin: str, run: int = 1) -> Cell:
    """Return a number that an analysis gives, or that is fixed, with its origin.

    Examples
    --------
    >>> marked(0.45, "2", "scale:price:1").origin.en
    'scale:price:1'
    """
    text = shown_number(value, form)
    return Cell(Text(text, text), Text(origin, origin), run)


def shown_number(value: float, form: Form) -> str:
    """Return a number as text.

    Examples
    --------
    >>> shown_number(1240.4, "auto"), shown_number(0.0123, "auto"), shown_number(0.684, "%")
    ('1,240', '0.012', '68.4%')
    >>> shown_number(-0.0001, "1"), shown_number(float("nan"), "1")
    ('0.0', '–')
    """
    if math.isnan(value):
        return NOTHING
    if form == "short":
        return f"{value:,g}"
    if form == "year":
        return f"{value:.0f}"
    if form == "auto" and abs(value) >= VAST:
        return f"{value:.2e}"
    if form.startswith("%"):
        text = f"{value:.{form[1:] or '1'}%}"
    else:
        digits = _digits(value) if form == "auto" else int(form)
        text = f"{value:,.{digits}f}"
    return text.removeprefix("-") if not text.strip("-0.%") else text


def _digits(value: float) -> int:
    """Return as many decimals as read well."""
    size = abs(value)
    if size >= 100.0 or size < NEGLIGIBLE:
        return 0
    if size >= 10.0:
        return 1
    return 2 if size >= 1.0 else 3


class Source:
    """The tables and the record of one run, as far as a report names them.

    Parameters
    ----------
    number
        Number of the run among those of the report, from 1.
    tables
        Every table by the name that references use, with its key columns.
    record
        The record of the run.
    """

    def __init__(self, number: int, tables: Mapping[str, Cells], record: Mapping[str, Any]) -> None:
        self.run = number
        self._tables = tables
        self.record = record

    def number(self, reference: Reference, form: Form = "auto") -> Cell:
        """Return the number that a reference names."""
        return marked(self.value(reference), form, str(reference), self.run)

    def relation(
        self, left: Reference, operator: Operator, right: Reference, form: Form = "auto"
    ) -> Cell:
        """Return the quotient or the difference of two numbers."""
        one, two = self.value(left), self.value(right)
        value = one - two if operator == "-" else (one / two if two else math.nan)
        return marked(value, form, f"{left} {operator} {right}", self.run)

    def value(self, reference: Reference) -> float:
        """Return the number behind a reference.

        Raises
        ------
        UsageError
            If the run lacks the table, the column or the entry of its record.
        """
        if reference.table == RECORD:
            return float(record_value(self.record, reference))
        table = self._table(reference)
        cells = table.found(reference)
        if reference.weight:
            return weighted_mean(cells, table.found(reference, reference.weight))
        return value_of(cells, reference.how)

    def name(self, table: str, key: tuple[KeyPart, ...], stem: str) -> Cell:
        """Return a name from a pair of columns, as ``name_en`` and ``name_zh``."""
        en, zh = (Reference(table, key, f"{stem}_{language}") for language in ("en", "zh"))
        return Cell(Text(self._text(en), self._text(zh)), Text(str(en), str(zh)), self.run)

    def text(self, reference: Reference) -> Cell:
        """Return the text of one cell, the same in both languages."""
        text, origin = self._text(reference), str(reference)
        return Cell(Text(text, text), Text(origin, origin), self.run)

    def _text(self, reference: Reference) -> str:
        if reference.table == RECORD:
            return str(record_value(self.record, reference))
        found = self._table(reference).found(reference)
        return str(found.iloc[0]) if len(found) else NOTHING

    def _table(self, reference: Reference) -> Cells:
        table = self._tables.get(reference.table)
        if table is None or reference.column not in table.names:
            raise older_run(str(reference))
        return table
