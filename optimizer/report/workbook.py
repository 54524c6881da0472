"""A run as an Excel workbook: one sheet for each table that the run fills, with native charts."""

from __future__ import annotations

from pathlib import Path

from openpyxl.workbook import Workbook

from optimizer.labels import Language
from optimizer.plan.run import Run
from optimizer.report.workbook_charts import cost_sheet, energy_sheet
from optimizer.report.workbook_proof import certificate_sheet, sources_sheets
from optimizer.report.workbook_sheets import SheetWriter, answer_sheet, table_sheets
from optimizer.tables.workbook_cells import save_workbook


def write_workbook(run: Run, path: Path, language: Language) -> None:
    """Write a run as a workbook.

    A sheet is there only if the run fills it. Text is never a formula, whatever it begins
    with, and equal runs give equal files.

    Parameters
    ----------
    run
        The run.
    path
        File to write, ending in ``.xlsx``; what is there is replaced.
    language
        Language of sheets and headers.
    """
    save_workbook(run_workbook(run, language), path)


def run_workbook(run: Run, language: Language) -> Workbook:
    """Return the workbook of a run, not yet written.

    Parameters
    ----------
    run
        The run.
    language
        Language of sheets and headers.
    """
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    writer = SheetWriter(workbook, run, language)
    answer_sheet(writer)
    table_sheets(writer, ("placing",))
    cost_sheet(writer)
    energy_sheet(writer)
    table_sheets(writer, ("sites", "network", "rules"))
    certificate_sheet(writer)
    sources_sheets(writer)
    return workbook
