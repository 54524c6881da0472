"""Sections of a report: each is one module of :mod:`optimizer.report.sections`.

A module there holds ``SECTION``; adding a file adds a section. A section without blocks is
left out with its heading.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from optimizer.labels import Language, Text
from optimizer.report import sections
from optimizer.report.basemap import Basemap
from optimizer.report.blocks import Block
from optimizer.report.map_content import MapContent
from optimizer.report.map_pictures import map_png
from optimizer.report.report_run import ReportRun
from optimizer.tables.pack import font_file


@dataclass(frozen=True, slots=True)
class Content:
    """What sections are built from.

    Parameters
    ----------
    runs
        The runs of the report, at least one; the first is described, the others compared.
    basemap
        Boundaries of the maps.
    languages
        Languages that pictures are wanted in.
    pictures
        The map of the first run as PNG by language.
    """

    runs: tuple[ReportRun, ...]
    basemap: Basemap
    languages: tuple[Language, ...]
    pictures: Mapping[Language, bytes]

    @property
    def first(self) -> ReportRun:
        """The run that the report describes."""
        return self.runs[0]

    def drawn(self, content: MapContent) -> dict[Language, bytes]:
        """Return a map as PNG by language."""
        return {
            language: map_png(content, self.basemap, font_file(), language)
            for language in self.languages
        }


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a report.

    Parameters
    ----------
    name
        Identifies it in links.
    order
        Its place; sections stand in ascending order.
    title
        Its heading.
    build
        Returns its blocks; none if the runs lack its data.
    """

    name: str
    order: int
    title: Text
    build: Callable[[Content], Sequence[Block]]


@dataclass(frozen=True, slots=True)
class BuiltSection:
    """A section with its blocks."""

    name: str
    title: Text
    blocks: tuple[Block, ...]


@cache
def all_sections() -> tuple[Section, ...]:
    """Return every section of the package in the order of the page.

    Examples
    --------
    >>> [section.name for section in all_sections()][0]
    'answer'
    """
    found = [
        importlib.import_module(f"{sections.__name__}.{module.name}").SECTION
        for module in pkgutil.iter_modules(sections.__path__)
    ]
    return tuple(sorted(found, key=lambda section: (section.order, section.name)))


def built_sections(content: Content) -> tuple[BuiltSection, ...]:
    """Return the sections for which the runs hold data."""
    built = (
        BuiltSection(section.name, section.title, tuple(section.build(content)))
        for section in all_sections()
    )
    return tuple(section for section in built if section.blocks)
