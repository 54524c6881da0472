"""What a section of a report is made of, before it becomes HTML or PDF, and in no language yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from markupsafe import Markup, escape

from optimizer.labels import Language, Text
from optimizer.report.numbers import Cell


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text whose placeholders are numbers and names of the run."""

    text: Text
    values: Mapping[str, Inline] = field(default_factory=dict)


COMMA: Final = Text(", ", "、")


@dataclass(frozen=True, slots=True)
class Joined:
    """Several pieces with the same separator between them."""

    parts: tuple[Inline, ...]
    separator: Text = COMMA


type Inline = Cell | Text | Sentence | Joined


def plain(piece: Inline, language: Language) -> str:
    """Return a piece as plain text."""
    if isinstance(piece, Text):
        return piece.render(language)
    if isinstance(piece, Cell):
        return piece.plain(language)
    if isinstance(piece, Joined):
        return piece.separator.render(language).join(plain(part, language) for part in piece.parts)
    values = {name: plain(value, language) for name, value in piece.values.items()}
    return piece.text.render(language).format(**values)


def html(piece: Inline, language: Language) -> Markup:
    """Return a piece as HTML; whatever a table says is text and never markup."""
    if isinstance(piece, Text):
        return escape(piece.render(language))
    if isinstance(piece, Cell):
        return piece.html(language)
    if isinstance(piece, Joined):
        separator = escape(piece.separator.render(language))
        return separator.join(html(part, language) for part in piece.parts)
    values = {name: html(value, language) for name, value in piece.values.items()}
    return Markup(escape(piece.text.render(language))).format(**values)  # noqa: S704 - escaped


def attributes(piece: Inline, language: Language) -> Markup:
    """Return the mark of a piece as attributes, for elements that hold no other elements."""
    return piece.attributes(language) if isinstance(piece, Cell) else Markup("")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences that stand together."""

    sentences: tuple[Inline, ...]
    tone: Literal["plain", "lead", "note", "warning"] = "plain"


@dataclass(frozen=True, slots=True)
class Card:
    """A key figure: what it is, the number with its unit, and what it is compared with."""

    title: Text
    value: Cell
    unit: Text
    baseline: Inline


@dataclass(frozen=True, slots=True)
class Cards:
    """Key figures beside each other."""

    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table; totals stand out."""

    cells: tuple[Inline, ...]
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table; its first column and those named in ``wordy`` are aligned to the left.

    Parameters
    ----------
    title
        Caption.
    columns
        Headings, with units.
    rows
        The rows.
    wordy
        Places of the columns that hold words.
    note
        What to know about the table.
    folded
        Whether the table opens on demand on a screen; paper shows it whole.
    """

    title: Text
    columns: tuple[Text, ...]
    rows: tuple[TableRow, ...]
    wordy: tuple[int, ...] = ()
    note: Inline | None = None
    folded: bool = False


@dataclass(frozen=True, slots=True)
class ChartBlock:
    """A chart as a Vega-Lite specification, drawn in either language.

    Parameters
    ----------
    name
        Identifies the chart in the page.
    title
        Caption.
    specification
        Returns the Vega-Lite specification in one language.
    note
        What to know about the chart.
    """

    name: str
    title: Text
    specification: Callable[[Language], dict[str, Any]]
    note: Inline | None = None


@dataclass(frozen=True, slots=True)
class PictureBlock:
    """A picture that is already drawn, as PNG by language, with its alternative text."""

    name: str
    title: Text
    content: Mapping[Language, bytes]
    description: Text


@dataclass(frozen=True, slots=True)
class MapBlock:
    """The interactive map; it exists on screens only.

    Parameters
    ----------
    title
        What the map shows.
    specification, hours
        Return the Vega-Lite specifications of the map and of a site's day in one language.
    datasets
        Data by name that both languages share.
    ratio
        Height over width of the map.
    views
        What can be shown: name, run and year of each.
    controls
        Select boxes: name of the signal, label, and options as value and label.
    legends
        For each layer its name, unit and classes: colour and label.
    symbols
        What the signs mean: style, colour, meaning.
    panels
        For each view and site what is shown when the site is chosen.
    notes
        What stands below the map.
    """

    title: Text
    specification: Callable[[Language], dict[str, Any]]
    hours: Callable[[Language], dict[str, Any]]
    datasets: Mapping[str, Any]
    ratio: float
    views: tuple[Mapping[str, str], ...]
    controls: tuple[Control, ...]
    legends: tuple[Legend, ...]
    symbols: tuple[tuple[str, str, Text], ...]
    panels: tuple[Panel, ...]
    notes: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Control:
    """A select box that sets one signal of the map."""

    signal: str
    label: Text
    options: tuple[tuple[str, Inline], ...]


@dataclass(frozen=True, slots=True)
class Legend:
    """The classes of one layer of the map."""

    layer: str
    title: Text
    classes: tuple[tuple[str, Inline], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """What is shown of one site in one view."""

    view: str
    site: str
    title: Inline
    lines: tuple[Inline, ...]
    tables: tuple[TableBlock, ...]


type Block = Paragraph | Cards | TableBlock | ChartBlock | PictureBlock | MapBlock
