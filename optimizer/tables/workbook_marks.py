"""A copy of a workbook with its faulty cells marked and a sheet that lists the faults."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from openpyxl import load_workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from optimizer.errors import Fault
from optimizer.labels import Language, Text
from optimizer.tables.workbook_cells import fit_columns, put, put_header, workbook_bytes
from optimizer.tables.workbook_read import FAULTS_SHEET, header_columns

_FAULTY: Final = PatternFill("solid", start_color="FFC7CE")
_LINK: Final = Font(underline="single", color="0563C1")
_HEADERS: Final = (
    Text("sheet", "工作表"),
    Text("row", "行"),
    Text("column", "列"),
    Text("value", "取值"),
    Text("fault", "错误"),
    Text("repair", "修正方法"),
)


def write_marked_copy(
    source: Path, target: Path, faults: Sequence[Fault], language: Language
) -> int:
    """Write a copy of a workbook with its faulty cells marked, and list all faults in it.

    Parameters
    ----------
    source
        The workbook; it stays as it is.
    target
        File to write; it must not exist.
    faults
        The faults, those of other files too.
    language
        Language of the list.

    Returns
    -------
    int
        How many cells are marked.

    Raises
    ------
    FileExistsError
        If the target exists.
    """
    workbook = load_workbook(source)
    if FAULTS_SHEET in workbook.sheetnames:
        workbook.remove(workbook[FAULTS_SHEET])
    listed = workbook.create_sheet(FAULTS_SHEET, 0)
    put_header(listed, 1, [text.render(language) for text in _HEADERS])
    listed.freeze_panes = "A2"
    marked: set[tuple[str, str]] = set()
    for row, fault in enumerate(faults, start=2):
        sheet_name = fault.file.removeprefix(f"{source.name}#")
        for column, value in enumerate(
            (
                sheet_name,
                fault.row,
                fault.column,
                fault.value,
                fault.problem.render(language),
                fault.repair.render(language),
            ),
            start=1,
        ):
            put(listed.cell(row, column), value)
        places = _places(workbook, sheet_name, fault)
        for place in places:
            _mark(workbook[sheet_name], place, fault, language)
            marked.add((sheet_name, place))
        if places:
            listed.cell(row, 1).hyperlink = f"#'{sheet_name}'!{places[0]}"
            listed.cell(row, 1).font = _LINK
    fit_columns(listed)
    workbook.active = 0
    with target.open("xb") as stream:
        stream.write(workbook_bytes(workbook))
    return len(marked)


def _places(workbook: Workbook, sheet_name: str, fault: Fault) -> list[str]:
    """Return the cells of a fault; a key of several columns has several."""
    if sheet_name not in workbook.sheetnames or fault.row is None:
        return []
    sheet = workbook[sheet_name]
    columns = header_columns(sheet)
    numbers = [columns[name] for name in fault.column.split(", ") if name in columns]
    if not numbers and fault.row > 1:
        numbers = [1]
    return [sheet.cell(fault.row, number).coordinate for number in numbers]


def _mark(sheet: Worksheet, place: str, fault: Fault, language: Language) -> None:
    cell = sheet[place]
    if isinstance(cell, MergedCell):
        return
    arrow = " → "
    text = fault.problem.render(language) + arrow + fault.repair.render(language)
    before = f"{cell.comment.text}\n" if cell.comment is not None else ""
    cell.fill = _FAULTY
    cell.comment = Comment(before + text, "eastwest", height=130, width=320)
