"""Cells of a workbook that look like numbers are read exactly, or are a fault at their place."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest

from optimizer.inputs.worked_case import write_case_workbook
from optimizer.tables.read import read_case_workbook
from optimizer.tables.registry import TABLES

_COLUMN = TABLES["sites"].column_names.index("ceiling_mw") + 1


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the sheet of sites of the teaching case as a workbook."""
    path = write_case_workbook("tiny", tmp_path_factory.mktemp("book") / "mine")
    workbook = openpyxl.load_workbook(path)
    for name in workbook.sheetnames:
        if name not in {"case", "sites"}:
            workbook.remove(workbook[name])
    workbook.save(path)
    return path


def with_ceiling(written: Path, folder: Path, value: object) -> Path:
    """Return a copy of the workbook with another ceiling of the first site."""
    workbook = openpyxl.load_workbook(written)
    workbook["sites"].cell(3, _COLUMN).value = value
    path = folder / "case.xlsx"
    workbook.save(path)
    return path


@pytest.mark.parametrize("value", [500, 500.0, " 500 ", "500\N{NO-BREAK SPACE}", "5e2"])
def test_a_number_kept_as_text_is_that_number(written: Path, tmp_path: Path, value: object) -> None:
    tables, _case, faults = read_case_workbook(with_ceiling(written, tmp_path, value))
    assert faults == []
    assert tables["sites"].frame["ceiling_mw"].iloc[0] == 500.0


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("\N{FULLWIDTH DIGIT FIVE}00", "\N{FULLWIDTH DIGIT FIVE}00"),
        ("1,234", "1,234"),
        ("1\N{FULLWIDTH COMMA}234", "1\N{FULLWIDTH COMMA}234"),
        ("50%", "50%"),
        ("5_00", "5_00"),
        ("0x10", "0x10"),
        (True, "true"),
        (dt.datetime(2026, 1, 1), "2026-01-01"),  # noqa: DTZ001 - cells know no time zone
        (dt.timedelta(hours=1), "1:00:00"),
    ],
)
def test_what_only_looks_like_a_number_is_one_fault(
    written: Path, tmp_path: Path, value: object, shown: str
) -> None:
    _tables, _case, faults = read_case_workbook(with_ceiling(written, tmp_path, value))
    assert [(fault.file, fault.row, fault.column, fault.value) for fault in faults] == [
        ("case.xlsx#sites", 3, "ceiling_mw", shown)
    ]
    assert faults[0].problem.en == "not a finite number"
    assert faults[0].repair.zh == "请填写数值，单位 MW"
