"""The formats of a report: one entry each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from optimizer.errors import OutputError, UsageError
from optimizer.labels import LANGUAGES, Language, Text
from optimizer.plan.run import Run
from optimizer.report.document import Document, make_document

Writer = Callable[[Document, Sequence[Run], Sequence[Language], Path], list[Path]]
"""Writes a report of runs in some languages into a folder and returns the files."""


def _html(
    document: Document, runs: Sequence[Run], languages: Sequence[Language], folder: Path
) -> list[Path]:
    del runs
    from optimizer.report.html_page import html_page  # noqa: PLC0415 - only if asked for

    target = folder / "report.html"
    target.write_text(html_page(document, languages), encoding="utf-8")
    return [target]


def _pdf(
    document: Document, runs: Sequence[Run], languages: Sequence[Language], folder: Path
) -> list[Path]:
    del runs
    from optimizer.report.typst_document import pdf_bytes  # noqa: PLC0415 - only if asked for

    targets = []
    for language in languages:
        target = folder / f"report_{language}.pdf"
        target.write_bytes(pdf_bytes(document, language))
        targets.append(target)
    return targets


def _xlsx(
    document: Document, runs: Sequence[Run], languages: Sequence[Language], folder: Path
) -> list[Path]:
    del document
    from optimizer.report.workbook import write_workbook  # noqa: PLC0415 - only if asked for

    targets = []
    for number, run in enumerate(runs, start=1):
        for language in languages:
            several = f"_{number}" if len(runs) > 1 else ""
            target = folder / f"report{several}_{language}.xlsx"
            write_workbook(run, target, language)
            targets.append(target)
    return targets


FORMATS: Final[Mapping[str, Writer]] = {
    "html": _html,
    "pdf": _pdf,
    "xlsx": _xlsx,
}
"""What ``--format`` takes."""


def write_documents(
    runs: Sequence[Run],
    folder: Path,
    *,
    formats: Sequence[str] = ("html",),
    languages: Sequence[Language] = LANGUAGES,
    basemap: Path | None = None,
) -> list[Path]:
    """Write the report of runs in some formats.

    Parameters
    ----------
    runs
        At least one run; the first is described, the others are compared with it.
    folder
        Where the files go; made if it is missing.
    formats
        Names of :data:`FORMATS`.
    languages
        Languages, the first one shown first.
    basemap
        GeoJSON of other boundaries than the shipped ones.

    Returns
    -------
    list of Path
        The files, in the order of the formats.

    Raises
    ------
    UsageError
        If a format is unknown, a library is missing, or a run lacks what a report needs.
    OutputError
        If the disk refuses.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise UsageError(
            Text(
                "unknown format {names}; known are {known}", "未知格式 {names}；可用：{known}"
            ).filled(names=", ".join(unknown), known=", ".join(FORMATS))
        )
    document = make_document(runs, languages, basemap)
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in dict.fromkeys(formats):
            written += FORMATS[name](document, runs, languages, folder)
    except OSError as error:
        raise OutputError(
            Text(
                "cannot write the report to {folder} ({reason}); choose another place with --out",
                "无法将报告写入 {folder}（{reason}）；请用 --out 指定其他位置",
            ).filled(folder=folder, reason=error.strerror or str(error))
        ) from error
    return written
