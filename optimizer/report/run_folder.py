"""The run folder as a user gets it: tables, maps, summaries and log, written whole."""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from optimizer.labels import LANGUAGES, Language, default_language
from optimizer.plan.plan import last_period
from optimizer.plan.run import Run
from optimizer.plan.store import new_run_folder, write_record, write_run
from optimizer.report.basemap import load_basemap
from optimizer.report.map_pictures import draw_plan_map
from optimizer.report.plan_map import plan_map_content
from optimizer.report.summary import as_markdown, summary_of
from optimizer.tables.pack import basemap_file, font_file


def write_report(
    run: Run,
    folder: str | Path,
    *,
    language: Language | None = None,
    basemap: Path | None = None,
    replace: bool = False,
    log: str = "",
    extra: Callable[[Path], None] | None = None,
    began: float | None = None,
) -> Run:
    """Write a run folder: record, case, tables, geodata, maps and summaries.

    Parameters
    ----------
    run
        The run, from :func:`optimizer.solve_case`.
    folder
        Folder to create. Missing parents are created too.
    language
        Language of ``map.png``; both languages are written in any case.
    basemap
        GeoJSON of other boundaries than the shipped ones.
    replace
        Whether a run that is already there may be replaced.
    log
        Content of ``log.txt``.
    extra
        Writes more files into the folder before it is put in place.
    began
        ``time.perf_counter()`` when the work began, for the total time in the record.

    Returns
    -------
    Run
        The run with its folder and its times of writing.

    Raises
    ------
    UsageError
        If the folder exists and may not be replaced.
    OutputError
        If the disk refuses.

    Examples
    --------
    >>> import tempfile
    >>> from optimizer import read_case, solve_case
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     stored = write_report(solve_case(read_case("tiny")), Path(folder) / "run")
    ...     sorted(path.suffix for path in stored.folder.iterdir())[-1]
    '.txt'
    """
    folder = Path(folder)
    wanted = language or default_language()
    started = time.perf_counter()
    boundaries = load_basemap(basemap, basemap_file())
    with new_run_folder(folder, replace=replace) as partial:
        write_run(run, partial)
        content = plan_map_content(*last_period(run.case, run.plan))
        for each in LANGUAGES:
            picture = partial / f"map_{each}.png"
            draw_plan_map(content, boundaries, font_file(), picture, each)
            summary = as_markdown(summary_of(run, each))
            (partial / f"summary_{each}.md").write_text(summary, encoding="utf-8")
        shutil.copyfile(partial / f"map_{wanted}.png", partial / "map.png")
        (partial / "log.txt").write_text(log, encoding="utf-8")
        if extra is not None:
            extra(partial)
        now = time.perf_counter()
        record = dict(run.record)
        seconds = {**record["seconds"], "write": round(now - started, 3)}
        seconds["total"] = round(now - began if began is not None else sum(seconds.values()), 3)
        record["seconds"] = seconds
        record["basemap"] = boundaries.source.en
        write_record(record, partial)
    return dataclasses.replace(run, folder=folder, record=MappingProxyType(record))
