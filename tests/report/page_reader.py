"""Reads a report's page as text with its marks, and finds again what each mark names.

Nothing of the report's own code is used: cells are read from the CSV files of the run folder.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pandas as pd

from optimizer.analysis.confidence import cost_by_confidence
from optimizer.plan.period_tables import result_tables
from optimizer.plan.plan import last_period
from optimizer.plan.result_tables import FINDING_TABLES
from optimizer.plan.store import read_run
from optimizer.report.map_layers import MAP_LAYERS
from optimizer.tables.registry import TABLES

VOID: Final = {"meta", "img", "br", "link", "input", "hr"}
SHOWN_ATTRIBUTES: Final = ("alt", "aria-label", "title", "placeholder")


@dataclass(frozen=True)
class Mark:
    """One marked piece of a page."""

    origin: str
    run: int
    text: str


@dataclass
class Page:
    """What a page says: marked pieces, all other text by language, and its elements."""

    marks: list[Mark] = field(default_factory=list)
    unmarked: list[tuple[str, str]] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    scripts: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._open: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.page.elements.append((tag, named))
        for name in SHOWN_ATTRIBUTES:
            if named.get(name):
                self.page.unmarked.append((self._language(), named[name]))
        if tag not in VOID:
            self._open.append((tag, named))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1][0] == tag, (self._open[-1], tag)
        self._open.pop()

    def handle_data(self, data: str) -> None:
        tag, named = self._open[-1] if self._open else ("", {})
        if tag in {"script", "style"}:
            self.page.scripts[named.get("id", tag)] = data
            return
        if not data.strip():
            return
        if "data-cell" in named:
            mark = Mark(named["data-cell"], int(named.get("data-run", "1")), data)
            self.page.marks.append(mark)
            return
        self.page.unmarked.append((self._language(), data.strip()))
        if re.fullmatch("h[1-6]", tag):
            self.page.headings.append((int(tag[1]), data.strip()))

    def _language(self) -> str:
        for _tag, named in reversed(self._open):
            if "data-language" in named:
                return named["data-language"]
        return ""


def read_page(html: str) -> Page:
    """Return what a page says; raises if its elements are not closed in order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page


_TERM: Final = r"(?:(\w+)\()?([\w/]+):([^:]*):([\w.\-/]+)(?:;(\w+))?\)?"
_ORIGIN: Final = re.compile(rf"{_TERM}(?: ([/-]) {_TERM})?")


class RunFolder:
    """The cells of a run folder by the origin that a mark names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.record: dict[str, Any] = json.loads((folder / "run.json").read_text("utf-8"))
        self._tables: dict[str, pd.DataFrame] = {}
        several = "periods" in self.record
        self._keys = {
            **{name: table.key for name, table in result_tables(several=several).items()},
            **{name: table.key for name, table in FINDING_TABLES.items()},
            **{f"case/{name}": table.key for name, table in TABLES.items()},
        }

    def value(self, origin: str) -> Any:  # noqa: ANN401
        """Return the number or text that an origin names."""
        match = _ORIGIN.fullmatch(origin)
        assert match, origin
        left = self._term(*match.groups()[:5])
        operator = match.group(6)
        if operator is None:
            return left
        right = self._term(*match.groups()[6:])
        if operator == "-":
            return left - right
        return left / right if right else math.nan

    def _term(self, how: str | None, table: str, key: str, column: str, weight: str | None) -> Any:  # noqa: ANN401
        if table == "run":
            return self._of_record(how, key, column)
        if table == "scale":
            return MAP_LAYERS[key].breaks[int(column)]
        if table == "derived/cost_by_confidence":
            return _confidence(self.folder)[unquote(key)]
        rows = self._meeting(table, key)
        if weight is not None:
            weights = pd.to_numeric(rows[weight])
            return float((pd.to_numeric(rows[column]) * weights).sum() / weights.sum())
        return _made(rows[column], how)

    def _meeting(self, table: str, key: str) -> pd.DataFrame:
        rows, names, parts = self._rows(table), self._keys[table], key.split("|")
        assert len(parts) == len(names), (table, key, names)
        for name, part in zip(names, parts, strict=True):
            if part != "*":
                rows = rows[rows[name].isin({unquote(value) for value in part.split(",")})]
        return rows

    def _of_record(self, how: str | None, key: str, column: str) -> Any:  # noqa: ANN401
        found: Any = self.record
        for step in (unquote(part) for part in key.split("|") if part):
            found = found[int(step)] if isinstance(found, list) else found[step]
        if how == "name":
            assert column in found
            return column
        return found[column]

    def _rows(self, table: str) -> pd.DataFrame:
        if table not in self._tables:
            place = f"{table}.csv" if table.startswith("case/") else f"tables/{table}.csv"
            self._tables[table] = pd.read_csv(self.folder / place, dtype=str, keep_default_na=False)
        return self._tables[table]


def _made(cells: pd.Series, how: str | None) -> Any:  # noqa: ANN401
    texts = [str(cell) for cell in cells]
    if how in {"distinct", "filled", "count"}:
        empty = {"filled": {""}, "count": {"", "0", "0.0"}}.get(how, set())
        kept = set(texts) if how == "distinct" else [text for text in texts if text not in empty]
        return float(len(kept))
    try:
        numbers = [float(text) if text else math.nan for text in texts]
    except ValueError:
        assert len(texts) == 1, texts
        return texts[0]
    if not numbers:
        return 0.0 if how is None else math.nan
    if how in {"max", "min"}:
        filled = [number for number in numbers if not math.isnan(number)]
        return {"max": max, "min": min}[how](filled) if filled else math.nan
    return math.fsum(numbers)


@cache
def _confidence(folder: Path) -> dict[str, float]:
    run = read_run(folder)
    return cost_by_confidence(*last_period(run.case, run.plan))


def agrees(text: str, value: Any) -> bool:  # noqa: ANN401
    """Return whether a shown text is the value to the digits that are shown."""
    shown = text.strip()
    if isinstance(value, float | int) and not isinstance(value, bool):
        if math.isnan(value):
            return shown == "–"
        if re.fullmatch(r"-?\d\.\d\de[+-]\d+", shown):
            return abs(float(shown) - value) <= 0.00501 * 10.0 ** math.floor(math.log10(abs(value)))
        percent = shown.endswith("%")
        bare = shown.removesuffix("%").replace(",", "")
        if not re.fullmatch(r"-?\d+(\.\d+)?", bare):
            return False
        decimals = len(bare.partition(".")[2])
        scaled = value * 100.0 if percent else value
        return abs(float(bare) - scaled) <= 0.5 * 10.0**-decimals * (1.0 + 1e-6) + 1e-9 * abs(
            scaled
        )
    return shown == str(value).strip()
