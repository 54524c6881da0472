"""A report: its title and its sections, before it becomes HTML or PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from optimizer.labels import LANGUAGES, Language, Text
from optimizer.plan.plan import last_period
from optimizer.plan.run import Run
from optimizer.report.basemap import Basemap, load_basemap
from optimizer.report.blocks import Inline, Joined
from optimizer.report.map_pictures import fewer_colours, map_png
from optimizer.report.plan_map import plan_map_content
from optimizer.report.report_run import report_runs
from optimizer.report.section import BuiltSection, Content, built_sections
from optimizer.tables.pack import basemap_file, font_file


@dataclass(frozen=True, slots=True)
class Document:
    """A report in no language yet.

    Parameters
    ----------
    title, subtitle
        What the page is called, and which runs it tells of.
    sections
        Its sections.
    """

    title: Inline
    subtitle: Inline
    sections: tuple[BuiltSection, ...]


def make_document(
    runs: Sequence[Run], languages: Sequence[Language] = LANGUAGES, basemap: Path | None = None
) -> Document:
    """Return the report of runs; the first is described, the others are compared with it.

    Parameters
    ----------
    runs
        At least one run.
    languages
        Languages that are wanted, for the pictures.
    basemap
        Boundaries other than the shipped ones.
    """
    seen = report_runs(runs)
    boundaries = load_basemap(basemap, basemap_file())
    stored = basemap is None
    pictures = {
        language: _picture(runs[0], language, boundaries, may_be_stored=stored)
        for language in languages
    }
    content = Content(seen, boundaries, tuple(languages), pictures)
    subtitle = Joined(tuple(run.scenario for run in seen), Text(" · ", " · "))
    return Document(seen[0].title, subtitle, built_sections(content))


def _picture(run: Run, language: Language, basemap: Basemap, *, may_be_stored: bool) -> bytes:
    """Return the map of a run: as it was stored, or drawn anew."""
    stored = run.folder / f"map_{language}.png" if run.folder is not None else None
    if may_be_stored and stored is not None and stored.is_file():
        return fewer_colours(stored.read_bytes())
    content = plan_map_content(*last_period(run.case, run.plan))
    return map_png(content, basemap, font_file(), language)
