"""A case folder to one set of typed tables: base, own tables, scenarios.

``case.yaml`` says what the case is and how each of its tables meets the base::

    name: my-province
    title_en: My province, 2026
    title_zh: 本省 2026 年
    description_en: What the case is for, in a few sentences (may be left out)
    description_zh: 用途说明（可省略）
    base: national-2026        # a shipped case, or none
    year: 2026
    tables:
      sites: replace           # the base's table is left out
      jobs: extend             # the rows are added to the base's
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from optimizer.errors import Fault, InputError, UsageError
from optimizer.inputs.case_workbook import read_case_sheet
from optimizer.inputs.check import reference_faults
from optimizer.inputs.yaml_file import Strict, read_yaml
from optimizer.labels import Text
from optimizer.tables.frames import (
    TypedTable,
    concatenated,
    duplicate_key_faults,
    empty_table,
)
from optimizer.tables.pack import shipped_cases
from optimizer.tables.read import TABLE_SUFFIXES, read_case_workbook, read_folder
from optimizer.tables.registry import TABLES

CASE_FILE: Final = "case.yaml"
CASE_WORKBOOK: Final = "case.xlsx"


class CaseFile(Strict):
    """Content of ``case.yaml``."""

    name: str
    title_en: str
    title_zh: str
    description_en: str = ""
    description_zh: str = ""
    base: str = "none"
    year: int
    tables: dict[str, Literal["replace", "extend"]] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AssembledTables:
    """The tables of a case before scenarios and checks.

    Parameters
    ----------
    name, title, year
        What ``case.yaml`` says.
    tables
        Every table by name; a table that may be absent is there, without records.
    file_hashes
        SHA-256 of every file read, by ``<case>/<file>``.
    description
        What the case is for; ``None`` if ``case.yaml`` does not say.
    """

    name: str
    title: Text
    year: int
    tables: dict[str, TypedTable]
    file_hashes: dict[str, str]
    description: Text | None = None


def case_folder(case: str | Path) -> Path:
    """Return the folder, or the workbook, of a case given by shipped name or by path.

    Raises
    ------
    UsageError
        If it is neither.
    """
    shipped = shipped_cases()
    if str(case) in shipped:
        return shipped[str(case)]
    folder = Path(case)
    if (folder / CASE_FILE).is_file() or is_workbook(folder):
        return folder
    if is_workbook(folder / CASE_WORKBOOK):
        return folder / CASE_WORKBOOK
    raise UsageError(
        Text(
            "{case} is neither a folder with case.yaml, nor a workbook, nor a shipped case "
            "({names})",
            "{case} 既不是含 case.yaml 的文件夹，也不是工作簿或内置算例（{names}）",
        ).filled(case=case, names=", ".join(shipped))
    )


def is_workbook(path: Path) -> bool:
    """Whether a path is an Excel workbook, which may hold a whole case."""
    return path.suffix.lower() == ".xlsx" and path.is_file()


def assemble(folder: Path) -> AssembledTables:
    """Read a case folder, or a case in one workbook, and the case it is based on.

    Raises
    ------
    InputError
        With all faults of ``case.yaml`` and of all files of the folder.
    """
    case_file, own, faults = read_own(folder)
    hashes = _file_hashes(folder, case_file.name)
    tables: dict[str, TypedTable] = {}
    if case_file.base != "none":
        if case_file.base not in shipped_cases():
            faults.append(
                Fault(
                    Text("there is no such shipped case", "没有这个内置算例"),
                    Text("use one of: none, {names}", "可用：none, {names}").filled(
                        names=", ".join(shipped_cases())
                    ),
                    CASE_FILE,
                    column="base",
                    value=case_file.base,
                )
            )
            raise InputError(faults)
        base = assemble(shipped_cases()[case_file.base])
        tables.update(base.tables)
        hashes.update(base.file_hashes)
    faults.extend(_meeting_faults(case_file, own, based=case_file.base != "none"))
    met = [name for name in own if case_file.tables.get(name) == "extend" and name in tables]
    for name, table in own.items():
        tables[name] = extended(tables[name], table) if name in met else table
    # First, as the case may grade the cells of a table that it replaces.
    _drop_provenance_of_replaced(case_file, tables, own)
    for name in met:
        faults.extend(duplicate_key_faults(tables[name]))
    faults.extend(_missing_tables(tables, {_table_of(fault) for fault in faults}))
    tables.update(
        (name, empty_table(definition))
        for name, definition in TABLES.items()
        if name not in tables and definition.may_be_absent
    )
    if faults and all(name in tables for name in TABLES):
        faults.extend(reference_faults(tables))
    if faults:
        raise InputError(faults)
    return AssembledTables(
        name=case_file.name,
        title=Text(case_file.title_en, case_file.title_zh),
        year=case_file.year,
        tables={name: tables[name] for name in TABLES},
        file_hashes=dict(sorted(hashes.items())),
        description=_description(case_file),
    )


def read_own(folder: Path) -> tuple[CaseFile, dict[str, TypedTable], list[Fault]]:
    """Return what a case says of itself, its own tables, and their faults.

    Parameters
    ----------
    folder
        A folder with ``case.yaml``, or a workbook with the sheet ``case``.
    """
    if not folder.is_file():
        case_file = read_yaml(folder / CASE_FILE, CaseFile)
        return case_file, *read_folder(folder)
    own, sheet, faults = read_case_workbook(folder)
    try:
        case_file = read_case_sheet(sheet, folder.name, CaseFile)
    except InputError as error:
        raise InputError([*error.faults, *faults]) from error
    return case_file, own, faults


def extended(table: TypedTable, more: TypedTable) -> TypedTable:
    """Return a table with more rows; whole numbers stay whole where it had no rows yet."""
    return concatenated([table, more]) if len(table.frame) else more


def _file_hashes(folder: Path, name: str) -> dict[str, str]:
    paths = [folder] if folder.is_file() else sorted(folder.iterdir())
    return {
        f"{name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
        if path.is_file() and (path.name == CASE_FILE or path.suffix.lower() in TABLE_SUFFIXES)
    }


def _table_of(fault: Fault) -> str:
    """Return the table that the file of a fault holds: ``sites.csv`` or ``case.xlsx#sites``."""
    _workbook, separator, sheet = fault.file.partition("#")
    return sheet if separator else Path(fault.file).stem


def _missing_tables(tables: Mapping[str, TypedTable], faulty: set[str]) -> list[Fault]:
    """Return a fault for each table that a case needs and that no file was meant for."""
    return [
        Fault(
            Text("the table is missing: {meaning}", "缺少该表：{meaning}").filled(
                meaning=definition.meaning
            ),
            Text(
                "add {name}.csv to the case, or base the case on national-2026",
                "请在算例中加入 {name}.csv，或以 national-2026 为基础",
            ).filled(name=name),
            name,
        )
        for name, definition in TABLES.items()
        if name not in tables and name not in faulty and not definition.may_be_absent
    ]


def _description(case_file: CaseFile) -> Text | None:
    """Return the description; a language left out takes the other one's text."""
    en, zh = case_file.description_en, case_file.description_zh
    return Text(en or zh, zh or en) if en or zh else None


def _meeting_faults(case_file: CaseFile, own: dict[str, TypedTable], *, based: bool) -> list[Fault]:
    faults = [
        Fault(
            Text("the case holds no such table", "算例中没有这个表"),
            Text("add {name}.csv or remove the line", "请加入 {name}.csv 或删除该行").filled(
                name=name
            ),
            CASE_FILE,
            column=f"tables.{name}",
        )
        for name in case_file.tables
        if name not in own
    ]
    if based:
        faults += [
            Fault(
                Text(
                    "case.yaml does not say how {name} meets the base",
                    "case.yaml 未说明 {name} 与基础算例的关系",
                ).filled(name=name),
                Text(
                    "add '{name}: replace' or '{name}: extend' under tables",
                    "请在 tables 下加入“{name}: replace”或“{name}: extend”",
                ).filled(name=name),
                CASE_FILE,
                column=f"tables.{name}",
            )
            for name in own
            if name not in case_file.tables
        ]
    return faults


def _drop_provenance_of_replaced(
    case_file: CaseFile, tables: dict[str, TypedTable], own: dict[str, TypedTable]
) -> None:
    """Leave out the base's grading of cells whose table the case replaces."""
    if "provenance" not in tables or case_file.base == "none":
        return
    replaced = [name for name in own if case_file.tables.get(name) == "replace"]
    cells = tables["provenance"]
    own_count = len(own["provenance"].frame) if "provenance" in own else 0
    from_base = (
        len(cells.frame) - own_count if case_file.tables.get("provenance") != "replace" else 0
    )
    stale = cells.frame["table"].isin(replaced).to_numpy(dtype=bool, copy=True)
    stale[from_base:] = False
    if stale.any():
        tables["provenance"] = cells.take(~stale)
