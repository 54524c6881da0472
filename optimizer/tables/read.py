"""Raw files to typed frames: CSV, Parquet, or the sheets of one Excel workbook.

Every cell is first read as text, so that a fault can show exactly what the file says, and
then parsed by its column's definition. All faults of all files are collected; nothing is
guessed: an unknown column or file is a fault, not a warning.
"""

from __future__ import annotations

import csv
import datetime as dt
import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.errors import Fault
from optimizer.labels import Text
from optimizer.tables.frames import TypedTable, duplicate_key_faults
from optimizer.tables.registry import TABLES
from optimizer.tables.schema import Column, Table
from optimizer.tables.validate import bound_faults

TABLE_SUFFIXES: Final = (".csv", ".parquet", ".xlsx")
CASE_SHEET: Final = "case"
"""Sheet of a workbook that says what ``case.yaml`` says for a folder."""
_FLAGS: Final = {"true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True, slots=True)
class RawTable:
    """One table as text, before parsing."""

    name: str
    file: str
    frame: pd.DataFrame
    rows: NDArray[np.int64]


def read_folder(folder: Path) -> tuple[dict[str, TypedTable], list[Fault]]:
    """Read every table that a folder holds.

    Parameters
    ----------
    folder
        Folder with ``<table>.csv``, ``<table>.parquet`` and at most one ``.xlsx`` workbook
        whose sheets are named after tables.

    Returns
    -------
    tables, faults
        The typed tables by name, and all faults. A table with faults may be missing.
    """
    return _parsed(*read_raw_folder(folder))


def read_case_workbook(path: Path) -> tuple[dict[str, TypedTable], RawTable | None, list[Fault]]:
    """Read every table of one workbook, and the sheet that says what the case is.

    Parameters
    ----------
    path
        A workbook whose sheets are named after tables, and one ``case``.

    Returns
    -------
    tables, case, faults
        The typed tables by name, the sheet ``case`` as text, and all faults.
    """
    raws, faults = _read_file(path)
    case = next((raw for raw in raws if raw.name == CASE_SHEET), None)
    known = [raw for raw in raws if raw.name in TABLES]
    faults += [
        _unknown_table_fault(raw)
        for raw in raws
        if raw.name not in TABLES and raw.name != CASE_SHEET
    ]
    tables, faults = _parsed(known, faults)
    return tables, case, faults


def _parsed(
    raw_tables: list[RawTable], faults: list[Fault]
) -> tuple[dict[str, TypedTable], list[Fault]]:
    tables: dict[str, TypedTable] = {}
    for raw in raw_tables:
        table, table_faults = parse_table(raw, TABLES[raw.name])
        # A cell that the workbook itself faults is not faulted again for what it reads as.
        named = {(fault.file, fault.row, fault.column) for fault in faults}
        faults.extend(
            fault
            for fault in table_faults
            if fault.row is None or (fault.file, fault.row, fault.column) not in named
        )
        if table is not None:
            tables[raw.name] = table
    return tables, faults


def read_raw_folder(folder: Path) -> tuple[list[RawTable], list[Fault]]:
    """Read every table of a folder as text, without parsing."""
    faults: list[Fault] = []
    found: dict[str, RawTable] = {}
    paths = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in TABLE_SUFFIXES and not path.name.startswith((".", "~$"))
    )
    for path in paths:
        raws, path_faults = _read_file(path)
        faults.extend(path_faults)
        for raw in raws:
            if raw.name not in TABLES:
                faults.append(_unknown_table_fault(raw))
            elif raw.name in found:
                faults.append(
                    Fault(
                        Text("the table stands in {file} already", "该表已存在于 {file}").filled(
                            file=found[raw.name].file
                        ),
                        Text("keep one of the two", "只保留其中一个"),
                        file=raw.file,
                    )
                )
            else:
                found[raw.name] = raw
    return list(found.values()), faults


def _unknown_table_fault(raw: RawTable) -> Fault:
    near = difflib.get_close_matches(raw.name, list(TABLES), n=1)
    repair = (
        Text("rename it to {name}", "更名为 {name}").filled(name=near[0])
        if near
        else Text(
            "remove it, or name it after one of the tables that 'eastwest data' lists",
            "删除该文件，或使用 eastwest data 所列的表名",
        )
    )
    return Fault(Text("there is no such table", "没有这个表"), repair, file=raw.file)


def _read_file(path: Path) -> tuple[list[RawTable], list[Fault]]:
    suffix = path.suffix.lower()
    try:
        if suffix == ".csv":
            return _read_csv(path)
        if suffix == ".parquet":
            frame = _as_text(pd.read_parquet(path))
            return [RawTable(path.stem, path.name, frame, _sheet_rows(frame))], []
        from optimizer.tables.workbook_read import read_sheets  # noqa: PLC0415 - only if asked for

        sheets, faults = read_sheets(path)
    except (OSError, ValueError, KeyError, csv.Error) as error:
        # ValueError covers the decoding and parser errors of pandas, pyarrow and openpyxl.
        return [], [unreadable_fault(path.name, error)]
    except Exception as error:  # zipfile and XML errors of a damaged workbook have no common base
        if suffix != ".xlsx":
            raise
        return [], [unreadable_fault(path.name, error)]
    raws = [
        RawTable(sheet.name, f"{path.name}#{sheet.name}", _as_text(sheet.frame), sheet.rows)
        for sheet in sheets
    ]
    return raws, faults


def _sheet_rows(frame: pd.DataFrame) -> NDArray[np.int64]:
    """Return the row numbers of a sheet with its header in row 1."""
    return np.arange(2, len(frame) + 2, dtype=np.int64)


def _read_csv(path: Path) -> tuple[list[RawTable], list[Fault]]:
    """Read a CSV with the line of each record, and a fault for each record of wrong length."""
    faults: list[Fault] = []
    records: list[list[str]] = []
    lines: list[int] = []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        header = next(reader, [])
        for record in reader:
            if not record:
                continue
            if len(record) != len(header):
                faults.append(
                    Fault(
                        Text("{n} cells under {m} columns", "{m} 列下有 {n} 个单元格").filled(
                            n=len(record), m=len(header)
                        ),
                        Text(
                            "quote cells that hold commas, and fill in missing ones",
                            "含逗号的单元格请加引号，缺少的请补齐",
                        ),
                        path.name,
                        reader.line_num,
                    )
                )
                continue
            records.append(record)
            lines.append(reader.line_num)
    repeated = sorted({name for name in header if header.count(name) > 1})
    faults += [
        Fault(
            Text("the column stands twice", "列名重复"),
            Text("keep one of them", "只保留一个"),
            path.name,
            1,
            name,
        )
        for name in repeated
    ]
    if repeated or not header:
        if not header:
            faults.append(unreadable_fault(path.name, ValueError("empty file")))
        return [], faults
    columns = zip(*records, strict=True) if records else [()] * len(header)
    frame = pd.DataFrame(
        {
            name: pd.Series(list(cells), dtype=str)
            for name, cells in zip(header, columns, strict=True)
        }
    )
    return [RawTable(path.stem, path.name, frame, np.array(lines, dtype=np.int64))], faults


def unreadable_fault(file: str, error: Exception) -> Fault:
    """Return the fault of a file that cannot be read at all."""
    reason = str(error).strip().splitlines()
    return Fault(
        Text("the file cannot be read ({reason})", "文件无法读取（{reason}）").filled(
            reason=reason[0] if reason else type(error).__name__
        ),
        Text(
            "save it again as UTF-8 CSV, Parquet or xlsx",
            "请重新保存为 UTF-8 编码的 CSV、Parquet 或 xlsx",
        ),
        file=file,
    )


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of typed cells as text: integers without a decimal point, no NaN."""

    def cell(value: object) -> str:
        if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
            return ""
        if isinstance(value, bool | np.bool_):
            return "true" if value else "false"
        if isinstance(value, dt.datetime) and value.time() == dt.time():
            return value.date().isoformat()
        if isinstance(value, float | np.floating) and float(value).is_integer():
            return str(int(value))
        return str(value).strip()

    text = pd.DataFrame(
        {str(name): [cell(value) for value in frame[name].tolist()] for name in frame.columns}
    )
    return text.astype(str)


def parse_table(raw: RawTable, table: Table) -> tuple[TypedTable | None, list[Fault]]:
    """Parse a table of text by its definition.

    Returns
    -------
    table, faults
        The typed table, or ``None`` if columns are missing, and all faults found.
    """
    faults = list(_header_faults(raw, table))
    count = len(raw.frame)
    parsed: dict[str, pd.Series] = {}
    for column in table.all_columns:
        if column.name in raw.frame.columns:
            parsed[column.name], cell_faults = _parse_column(raw.frame[column.name], column, raw)
            faults.extend(cell_faults)
        elif not column.required:
            empty = pd.Series([""] * count, dtype=str)
            parsed[column.name], _none = _parse_column(empty, column, raw)
    if len(parsed) < len(table.all_columns):
        return None, faults
    files = np.full(count, raw.file, dtype=object)
    typed = TypedTable(table, pd.DataFrame(parsed), files, raw.rows)
    named = {(fault.row, fault.column) for fault in faults}
    faults.extend(
        fault for fault in bound_faults(typed, raw.frame) if (fault.row, fault.column) not in named
    )
    faults.extend(duplicate_key_faults(typed))
    return typed, faults


def _header_faults(raw: RawTable, table: Table) -> Iterable[Fault]:
    known = table.column_names
    given = [str(name) for name in raw.frame.columns]
    missing = [
        column.name for column in table.all_columns if column.required and column.name not in given
    ]
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, missing or known, n=1)
            repair = (
                Text("rename it to {name}", "更名为 {name}").filled(name=near[0])
                if near
                else Text(
                    "remove it; the columns are: {names}", "删除该列；可用的列：{names}"
                ).filled(names=", ".join(known))
            )
            yield Fault(
                Text("there is no such column in {table}", "表 {table} 没有这一列").filled(
                    table=table.name
                ),
                repair,
                file=raw.file,
                row=1,
                column=name,
            )
    for name in missing:
        column = table.column(name)
        yield Fault(
            Text("the column is missing", "缺少该列"),
            Text("add it: {meaning}", "补充该列：{meaning}").filled(meaning=column.meaning),
            file=raw.file,
            row=1,
            column=name,
        )


def _parse_column(cells: pd.Series, column: Column, raw: RawTable) -> tuple[pd.Series, list[Fault]]:
    text = cells.str.strip()
    empty = (text == "").to_numpy()
    faults: list[Fault] = []

    def fault_at(record: int, problem: Text, repair: Text) -> None:
        faults.append(
            Fault(
                problem,
                repair,
                raw.file,
                int(raw.rows[record]),
                column.name,
                str(cells.iloc[record]),
            )
        )

    if column.required:
        for record in np.flatnonzero(empty):
            fault_at(
                int(record),
                Text("the cell is empty", "单元格为空"),
                Text("fill it in: {meaning}", "请填写：{meaning}").filled(meaning=column.meaning),
            )
    if column.kind == "text":
        return text, faults
    if column.kind == "flag":
        lowered = text.str.lower()
        wrong = ~(lowered.isin(list(_FLAGS)).to_numpy() | empty)
        for record in np.flatnonzero(wrong):
            fault_at(
                int(record),
                Text("not a true/false value", "不是 true/false"),
                Text("write true or false", "请填写 true 或 false"),
            )
        return lowered.map(_FLAGS).fillna(False).astype(bool), faults
    numbers = _parse_numbers(text, empty, column, fault_at)
    if column.kind == "integer" and column.required and not faults:
        return numbers.astype("int64"), faults
    return numbers, faults


def _parse_numbers(
    text: pd.Series,
    empty: NDArray[np.bool_],
    column: Column,
    fault_at: Callable[[int, Text, Text], None],
) -> pd.Series:
    numbers = pd.to_numeric(text.mask(pd.Series(empty, index=text.index), None), errors="coerce")
    numbers = numbers.astype("float64")
    values = numbers.to_numpy()
    wrong = ~np.isfinite(values) & ~empty
    for record in np.flatnonzero(wrong):
        fault_at(
            int(record),
            Text("not a finite number", "不是有限数值"),
            Text("write a number in {unit}", "请填写数值，单位 {unit}").filled(unit=column.unit),
        )
    if column.kind == "integer":
        fractional = np.isfinite(values) & (values != np.round(values))
        for record in np.flatnonzero(fractional):
            fault_at(
                int(record),
                Text("not a whole number", "不是整数"),
                Text("write a whole number", "请填写整数"),
            )
    return numbers
