"""Cells, columns and bytes of the Excel workbooks that are written.

Text is written as text whatever it begins with, so that a name such as ``=1+1`` is never a
formula. Equal contents give equal bytes: no workbook holds the time at which it was written.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

HEADER_FONT: Final = Font(bold=True, color="FFFFFF")
HEADER_FILL: Final = PatternFill("solid", start_color="1F4E5F")
TITLE_FONT: Final = Font(bold=True, size=14)
NOTE_FONT: Final = Font(italic=True, color="666666")
TEXT_FORMAT: Final = "@"
LONGEST_TEXT: Final = 32_767
"""Characters that one cell of a workbook can hold."""
_NARROWEST, _WIDEST = 8, 60
_LIKE_A_FORMULA: Final = ("=", "+", "-", "@")
_FIRST_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_MOMENT_OF_WRITING: Final = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


def put(cell: Cell, value: object, number_format: str = "") -> None:
    """Write a value into a cell; text stays text, and what is not a number stays empty.

    Parameters
    ----------
    cell
        The cell.
    value
        Text, a truth value or a number; NaN and ``None`` leave the cell empty.
    number_format
        How a number is shown.

    Examples
    --------
    >>> sheet = Workbook().active
    >>> put(sheet["A1"], "=1+1")
    >>> sheet["A1"].data_type, sheet["A1"].value
    ('s', '=1+1')
    """
    if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return
    if isinstance(value, bool | np.bool_):
        cell.value = bool(value)
    elif isinstance(value, int | np.integer):
        cell.value = int(value)
    elif isinstance(value, float | np.floating):
        _put_number(cell, float(value))
    else:
        text = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", str(value))
        cell.value = text[:LONGEST_TEXT]
        cell.data_type = "s"
        cell.number_format = TEXT_FORMAT
        if text.startswith(_LIKE_A_FORMULA):
            # Keeps it text when the cell is edited or copied on.
            cell.quotePrefix = True
        return
    if number_format:
        cell.number_format = number_format


def _put_number(cell: Cell, value: float) -> None:
    cell.value = value if np.isfinite(value) else str(value)
    if np.isfinite(value) and float(f"{value:.16g}") != value:
        # Sixteen digits, as the library writes them, would be another number.
        cell.value, cell.data_type = repr(value), "n"


def put_header(sheet: Worksheet, row: int, names: Sequence[str]) -> None:
    """Write the names of columns into a row and mark them as a header."""
    for at, name in enumerate(names, start=1):
        cell = sheet.cell(row, at)
        put(cell, name)
        cell.font, cell.fill = HEADER_FONT, HEADER_FILL
        cell.alignment = Alignment(wrap_text=True, vertical="center")


def fit_columns(sheet: Worksheet, first_row: int = 1) -> None:
    """Make each column as wide as its cells need, within reason.

    Parameters
    ----------
    sheet
        The sheet.
    first_row
        Rows above it do not count.
    """
    for at, cells in enumerate(sheet.iter_cols(min_row=first_row), start=1):
        longest = max((shown_width(cell) for cell in cells), default=0)
        width = min(max(longest + 2, _NARROWEST), _WIDEST)
        sheet.column_dimensions[get_column_letter(at)].width = width


def shown_width(cell: Cell) -> int:
    """Return about how many Latin letters wide a cell is; Chinese characters count double."""
    if cell.value is None:
        return 0
    if isinstance(cell.value, float):
        decimals = len(cell.number_format.partition(".")[2].rstrip("%"))
        return len(f"{cell.value:,.{decimals}f}")
    return sum(1 if ord(letter) < 0x2E80 else 2 for letter in str(cell.value))


def workbook_bytes(workbook: Workbook) -> bytes:
    """Return a workbook as a file that does not say when it was written."""
    written, fixed = io.BytesIO(), io.BytesIO()
    workbook.save(written)
    with (
        zipfile.ZipFile(written) as source,
        zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _MOMENT_OF_WRITING.sub(rb"\g<1>1980-01-01T00:00:00Z", content)
            entry = zipfile.ZipInfo(name, _FIRST_MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return fixed.getvalue()


def save_workbook(workbook: Workbook, path: Path) -> None:
    """Write a workbook to a file, replacing what is there."""
    path.write_bytes(workbook_bytes(workbook))
