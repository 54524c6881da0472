"""Sheets of an Excel workbook to frames, with the row of each record.

The first row of a sheet names the columns; a row in brackets below it (``[MW]``) gives units and
is not data. Blank rows are passed over. What a spreadsheet program may show differently from what
it stores is a fault, never guessed: merged cells, formulas without a stored value, error values,
hidden sheets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from openpyxl import load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from optimizer.errors import Fault
from optimizer.labels import Text

FAULTS_SHEET: Final = "faults"
"""Sheet that a checked copy lists its faults in; it is not read."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its cells as the workbook stores them, and the row of each record."""

    name: str
    frame: pd.DataFrame
    rows: NDArray[np.int64]


def read_sheets(path: Path) -> tuple[list[Sheet], list[Fault]]:
    """Read every sheet of a workbook.

    Parameters
    ----------
    path
        The workbook.

    Returns
    -------
    sheets, faults
        The sheets in their order, without blank ones, and what cannot be read for sure.
    """
    workbook = load_workbook(path)
    values = load_workbook(path, data_only=True) if _has_formulas(workbook) else workbook
    sheets: list[Sheet] = []
    faults: list[Fault] = []
    for sheet in workbook.worksheets:
        if sheet.title == FAULTS_SHEET or _is_blank(sheet):
            continue
        place = f"{path.name}#{sheet.title}"
        faults += _hidden_faults(sheet, place)
        faults += _merged_faults(sheet, place)
        read, sheet_faults = _read_sheet(sheet, values[sheet.title], place)
        sheets.append(read)
        faults += sheet_faults
    return sheets, faults


def header_columns(sheet: Worksheet) -> dict[str, int]:
    """Return the number of each named column of a sheet, by its name in the first row."""
    return {
        str(cell.value).strip(): cell.column
        for cell in next(sheet.iter_rows(min_row=1, max_row=1))
        if not _is_empty(cell.value)
    }


def is_unit_row(cells: Sequence[object]) -> bool:
    """Return whether a row holds units: nothing but cells in brackets.

    Examples
    --------
    >>> is_unit_row(["[text]", None, "[MW]"]), is_unit_row(["[text]", 3])
    (True, False)
    """
    filled = [str(value).strip() for value in cells if not _is_empty(value)]
    return bool(filled) and all(text.startswith("[") and text.endswith("]") for text in filled)


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _cells(sheet: Worksheet) -> Iterator[Cell]:
    return (cell for row in sheet.iter_rows() for cell in row)


def _has_formulas(workbook: Workbook) -> bool:
    return any(cell.data_type == "f" for sheet in workbook.worksheets for cell in _cells(sheet))


def _is_blank(sheet: Worksheet) -> bool:
    return all(_is_empty(cell.value) for cell in _cells(sheet))


def _hidden_faults(sheet: Worksheet, place: str) -> Iterator[Fault]:
    if sheet.sheet_state != "visible":
        yield Fault(
            Text("the sheet is hidden", "工作表被隐藏"),
            Text("show the sheet, or delete it", "请取消隐藏，或删除该工作表"),
            file=place,
        )


def _merged_faults(sheet: Worksheet, place: str) -> Iterator[Fault]:
    names = {number: name for name, number in header_columns(sheet).items()}
    for merged in sorted(sheet.merged_cells.ranges, key=lambda area: (area.min_row, area.min_col)):
        yield Fault(
            Text("the cells {area} are merged", "单元格 {area} 已合并").filled(area=merged.coord),
            Text("unmerge them and fill in each", "请取消合并并逐格填写"),
            file=place,
            row=merged.min_row,
            column=names.get(merged.min_col, get_column_letter(merged.min_col)),
        )


def _read_sheet(sheet: Worksheet, values: Worksheet, place: str) -> tuple[Sheet, list[Fault]]:
    faults: list[Fault] = []
    names, header_faults = _header(sheet, place)
    faults += header_faults
    records: list[list[Any]] = []
    rows: list[int] = []
    stored = values.iter_rows(min_row=2, max_row=sheet.max_row, max_col=sheet.max_column)
    for cells, shown in zip(sheet.iter_rows(min_row=2), stored, strict=True):
        row = cells[0].row
        if all(_is_empty(cell.value) for cell in cells):
            continue
        if row == 2 and is_unit_row([cell.value for cell in cells]):
            continue
        faults += _cell_faults(cells, shown, names, place)
        records.append([shown[at - 1].value for at in names])
        rows.append(row)
    frame = pd.DataFrame(records, columns=list(names.values()), dtype=object)
    # A column that stands twice is a fault already; its first copy goes on.
    frame = frame.loc[:, ~frame.columns.duplicated()]
    return Sheet(sheet.title, frame, np.array(rows, dtype=np.int64)), faults


def _header(sheet: Worksheet, place: str) -> tuple[dict[int, str], list[Fault]]:
    """Return the name of each column by its number; unnamed columns must be empty."""
    names: dict[int, str] = {}
    faults: list[Fault] = []
    for column in sheet.iter_cols():
        name = column[0].value
        if not _is_empty(name):
            text = str(name).strip()
            if text in names.values():
                faults.append(
                    Fault(
                        Text("the column stands twice", "列名重复"),
                        Text("keep one of them", "只保留一个"),
                        place,
                        1,
                        text,
                    )
                )
            names[column[0].column] = text
            continue
        filled = [cell for cell in column if not _is_empty(cell.value)]
        if filled:
            faults.append(
                Fault(
                    Text("the column has cells but no name", "该列有内容但没有列名"),
                    Text(
                        "name it in row 1, or clear the column", "请在第 1 行填写列名，或清空该列"
                    ),
                    place,
                    filled[0].row,
                    column[0].column_letter,
                    str(filled[0].value),
                )
            )
    return names, faults


def _cell_faults(
    cells: Sequence[Cell], shown: Sequence[Cell], names: dict[int, str], place: str
) -> Iterator[Fault]:
    for at, name in names.items():
        formula, stored = cells[at - 1], shown[at - 1]
        if formula.data_type == "f" and stored.value is None:
            problem = Text("the formula has no stored value", "公式没有已存的计算结果")
            repair = Text(
                "open and save the workbook in a spreadsheet program, or write the value",
                "请用电子表格软件打开并保存，或直接填写数值",
            )
            value = str(getattr(formula.value, "text", formula.value))
        elif stored.data_type == "e":
            problem = Text("the cell holds an error", "单元格为错误值")
            repair = Text("correct the formula or write the value", "请修正公式或直接填写数值")
            value = str(stored.value)
        else:
            continue
        yield Fault(problem, repair, place, formula.row, name, value)
