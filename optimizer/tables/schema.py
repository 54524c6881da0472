"""What a table is: columns, units, keys, bounds, meaning.

The single source of truth for every input table. Reading, checking, ``datapackage.json``
and ``eastwest data`` are all generated from these definitions; the definitions themselves
stand in :mod:`optimizer.tables.places`, ``workloads``, ``power`` and ``rules``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from optimizer.labels import Text

Kind = Literal["text", "number", "integer", "flag"]

CONFIDENCE_GRADES: Final = ("confirmed", "secondary", "estimate", "assumption")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name
        Column name; quantities end in their unit (``ceiling_mw``).
    kind
        ``text``, ``number``, ``integer`` or ``flag`` (``true``/``false``).
    meaning
        What a cell says.
    unit
        Unit of a number; ``"1"`` for ratios and counts.
    required
        Whether a cell may be empty.
    minimum, maximum
        Bounds that no true value exceeds. They are also what catches a value in the wrong
        unit: a price of 400 yuan/kWh was meant in yuan/MWh.
    allowed
        The values a text cell may take.
    refers_to
        ``table`` whose key (its first key column) the cell must name.
    """

    name: str
    kind: Kind
    meaning: Text
    unit: str = ""
    required: bool = True
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()
    refers_to: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One input table.

    Parameters
    ----------
    name
        Table name, also the file name without its ending.
    meaning
        What one row is.
    key
        Columns that identify a row.
    columns
        All columns except those of :data:`PROVENANCE`.
    may_be_absent
        Whether a case may do without the table.
    has_provenance
        Whether each row carries the columns of :data:`PROVENANCE`.
    """

    name: str
    meaning: Text
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    may_be_absent: bool = False
    has_provenance: bool = True
    all_columns: tuple[Column, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Put the columns of :data:`PROVENANCE` behind the table's own."""
        extra = PROVENANCE if self.has_provenance else ()
        object.__setattr__(self, "all_columns", self.columns + extra)

    def column(self, name: str) -> Column:
        """Return the column of that name.

        Raises
        ------
        KeyError
            If the table has no such column.
        """
        for column in self.all_columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name}.{name}")

    @property
    def column_names(self) -> list[str]:
        """Names of all columns, in order."""
        return [column.name for column in self.all_columns]


PROVENANCE: Final[tuple[Column, ...]] = (
    Column(
        "source_id",
        "text",
        Text("source of the row (several separated by ;)", "数据来源（多个以 ; 分隔）"),
    ),
    Column("as_of", "text", Text("date the figures describe", "数据所指日期")),
    Column(
        "confidence",
        "text",
        Text("how sure the row is", "可信程度"),
        allowed=CONFIDENCE_GRADES,
    ),
    Column("note", "text", Text("method or remark", "方法或说明"), required=False),
)
"""Columns that every row of a data table carries."""


def text(
    name: str,
    en: str,
    zh: str,
    *,
    required: bool = True,
    allowed: tuple[str, ...] = (),
    refers_to: str = "",
) -> Column:
    """Return a text column."""
    return Column(
        name, "text", Text(en, zh), required=required, allowed=allowed, refers_to=refers_to
    )


def number(
    name: str,
    unit: str,
    en: str,
    zh: str,
    *,
    minimum: float | None = 0.0,
    maximum: float | None = None,
    required: bool = True,
) -> Column:
    """Return a number column; it is non-negative unless ``minimum`` says otherwise."""
    return Column(
        name,
        "number",
        Text(en, zh),
        unit=unit,
        required=required,
        minimum=minimum,
        maximum=maximum,
    )


def integer(
    name: str,
    unit: str,
    en: str,
    zh: str,
    *,
    minimum: float | None = 0,
    maximum: float | None = None,
    required: bool = True,
) -> Column:
    """Return an integer column; it is non-negative unless ``minimum`` says otherwise."""
    return Column(
        name,
        "integer",
        Text(en, zh),
        unit=unit,
        required=required,
        minimum=minimum,
        maximum=maximum,
    )


def flag(name: str, en: str, zh: str) -> Column:
    """Return a true/false column."""
    return Column(name, "flag", Text(en, zh))
