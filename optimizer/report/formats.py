"""The formats of a report: one entry each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from optimizer.errors import OutputError, UsageError
from optimizer.labels import LANGUAGES, Language, Text
from optimizer.plan.run import Run
from optimizer.report.document import Document, make_document
from optimizer.report.study_folder import refuse_existing_files

Target = tuple[str, int, Language]
"""Name of a file, number of its run, and its language."""


@dataclasses.dataclass(frozen=True, slots=True)
class Format:
    """A format of the report.

    Parameters
    ----------
    targets
        Gives the files of so many runs in some languages.
    write
        Writes one of them.
    """

    targets: Callable[[int, Sequence[Language]], list[Target]]
    write: Callable[[Document, Run, Sequence[Language], Language, Path], None]


def _pages(_runs: int, languages: Sequence[Language]) -> list[Target]:
    return [("report.html", 0, languages[0])]


def _papers(_runs: int, languages: Sequence[Language]) -> list[Target]:
    return [(f"report_{language}.pdf", 0, language) for language in languages]


def _workbooks(runs: int, languages: Sequence[Language]) -> list[Target]:
    return [
        (f"report{f'_{number + 1}' if runs > 1 else ''}_{language}.xlsx", number, language)
        for number in range(runs)
        for language in languages
    ]


def _write_page(
    document: Document, _run: Run, languages: Sequence[Language], _language: Language, to: Path
) -> None:
    from optimizer.report.html_page import html_page  # noqa: PLC0415 - only if asked for

    to.write_text(html_page(document, languages), encoding="utf-8")


def _write_paper(
    document: Document, _run: Run, _languages: Sequence[Language], language: Language, to: Path
) -> None:
    from optimizer.report.typst_document import pdf_bytes  # noqa: PLC0415 - only if asked for

    to.write_bytes(pdf_bytes(document, language))


def _write_workbook(
    _document: Document, run: Run, _languages: Sequence[Language], language: Language, to: Path
) -> None:
    from optimizer.report.workbook import write_workbook  # noqa: PLC0415 - only if asked for

    write_workbook(run, to, language)


FORMATS: Final[Mapping[str, Format]] = {
    "html": Format(_pages, _write_page),
    "pdf": Format(_papers, _write_paper),
    "xlsx": Format(_workbooks, _write_workbook),
}
"""What ``--format`` takes."""


def write_documents(
    runs: Sequence[Run],
    folder: Path,
    *,
    formats: Sequence[str] = ("html",),
    languages: Sequence[Language] = LANGUAGES,
    basemap: Path | None = None,
    replace: bool = False,
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
    replace
        Whether reports that are there may be replaced.

    Returns
    -------
    list of Path
        The files, in the order of the formats.

    Raises
    ------
    UsageError
        If a format is unknown, a library is missing, a run lacks what a report needs, or a file
        is there already.
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
    chosen = [
        (FORMATS[name], folder / file, number, language)
        for name in dict.fromkeys(formats)
        for file, number, language in FORMATS[name].targets(len(runs), languages)
    ]
    written = [path for _format, path, _number, _language in chosen]
    refuse_existing_files(written, replace=replace)
    document = make_document(runs, languages, basemap)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for format_, path, number, language in chosen:
            format_.write(document, runs[number], languages, language, path)
    except OSError as error:
        raise OutputError(
            Text(
                "cannot write the report to {folder} ({reason}); choose another place with --out",
                "无法将报告写入 {folder}（{reason}）；请用 --out 指定其他位置",
            ).filled(folder=folder, reason=error.strerror or str(error))
        ) from error
    return written
