"""A case as one Excel workbook to fill in: units, drop-downs and notes on every column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd
from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from optimizer.labels import Text
from optimizer.tables.registry import TABLES
from optimizer.tables.schema import Column, Table
from optimizer.tables.workbook_cells import (
    NOTE_FONT,
    TEXT_FORMAT,
    fit_columns,
    put,
    put_header,
)

FIRST_DATA_ROW: Final = 3
"""Row 1 names the columns and row 2 gives their units."""
SPARE_ROWS: Final = 1_000
"""Rows below the last that have drop-downs too."""
_LONGEST_LIST: Final = 255
"""Characters that a drop-down's own list may have."""
_AUTHOR: Final = "eastwest"
_UNITS: Final = {"text": "[text 文本]", "flag": "[true/false]"}


def case_workbook(
    details: Sequence[tuple[str, object, Text]],
    tables: Mapping[str, pd.DataFrame],
    *,
    complete: bool,
) -> Workbook:
    """Return the workbook of a case.

    Parameters
    ----------
    details
        Key, value and meaning of each line of the sheet ``case``.
    tables
        The tables by name, typed; their rows are written in their order.
    complete
        Whether the case rests on no other, so that a reference has to name a row of the workbook.
    """
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "case"
    put_header(sheet, 1, ["key", "value", "meaning"])
    for row, (key, value, meaning) in enumerate(details, start=2):
        put(sheet.cell(row, 1), key)
        put(sheet.cell(row, 2), value)
        put(sheet.cell(row, 3), f"{meaning.en} {meaning.zh}")
        sheet.cell(row, 3).font = NOTE_FONT
        if key.startswith("tables."):
            _add_list(sheet, '"replace,extend"', f"B{row}")
    sheet.freeze_panes = "B2"
    fit_columns(sheet)
    for name in TABLES:
        if name in tables:
            _table_sheet(workbook, TABLES[name], tables[name], tables, complete=complete)
    return workbook


def _table_sheet(
    workbook: Workbook,
    table: Table,
    frame: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    *,
    complete: bool,
) -> None:
    sheet = workbook.create_sheet(table.name)
    put_header(sheet, 1, table.column_names)
    last = FIRST_DATA_ROW + len(frame) + SPARE_ROWS
    for at, column in enumerate(table.all_columns, start=1):
        letter = get_column_letter(at)
        sheet.cell(1, at).comment = _note(column)
        put(sheet.cell(2, at), unit_of(column))
        sheet.cell(2, at).font = NOTE_FONT
        for row, value in enumerate(frame[column.name].tolist(), start=FIRST_DATA_ROW):
            put(sheet.cell(row, at), _cell(column, value))
        if column.kind == "text":
            # New codes stay text too, even if they look like numbers.
            sheet.column_dimensions[letter].number_format = TEXT_FORMAT
        rule = _rule(column, tables, complete=complete)
        if rule:
            _add_list(sheet, rule, f"{letter}{FIRST_DATA_ROW}:{letter}{last}")
    sheet.freeze_panes = f"{get_column_letter(len(table.key) + 1)}{FIRST_DATA_ROW}"
    fit_columns(sheet)


def unit_of(column: Column) -> str:
    """Return the unit of a column in brackets.

    Examples
    --------
    >>> unit_of(Column("it_mw", "number", Text("IT load", "IT 负荷"), unit="MW"))
    '[MW]'
    """
    return _UNITS.get(column.kind) or f"[{column.unit or '1'}]"


def _note(column: Column) -> Comment:
    parts = [column.meaning.en, column.meaning.zh, unit_of(column)]
    if column.minimum is not None or column.maximum is not None:
        low = "-∞" if column.minimum is None else f"{column.minimum:g}"
        high = "∞" if column.maximum is None else f"{column.maximum:g}"
        parts.append(f"{low} … {high}")
    if column.allowed:
        parts.append(", ".join(column.allowed))
    if column.refers_to:
        parts.append(f"→ {column.refers_to}")
    parts.append("required 必填" if column.required else "may be empty 可为空")
    return Comment("\n".join(parts), _AUTHOR, height=130, width=320)


def _cell(column: Column, value: object) -> object:
    """Return whole numbers as such, and nothing for empty text."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return None if column.kind == "text" and value == "" else value


def _rule(column: Column, tables: Mapping[str, pd.DataFrame], *, complete: bool) -> str:
    """Return the values that a cell may take as a drop-down takes them, or nothing."""
    if column.kind == "flag":
        return '"TRUE,FALSE"'
    if column.allowed:
        values = ",".join(column.allowed)
        return f'"{values}"' if len(values) <= _LONGEST_LIST else ""
    target = column.refers_to
    if not complete or target not in tables:
        return ""
    named = get_column_letter(TABLES[target].column_names.index(TABLES[target].key[0]) + 1)
    last = FIRST_DATA_ROW + len(tables[target]) + SPARE_ROWS
    return f"{target}!${named}${FIRST_DATA_ROW}:${named}${last}"


def _add_list(sheet: Worksheet, values: str, cells: str) -> None:
    rule = DataValidation(type="list", formula1=values, allow_blank=True)
    rule.errorTitle = "eastwest"
    rule.error = "choose from the list 请从列表中选择"
    rule.showErrorMessage = True
    sheet.add_data_validation(rule)
    rule.add(cells)
