"""A case in one workbook: written, read back as the same case, checked with its faults marked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from optimizer.cli import app
from optimizer.errors import Fault, InputError, UsageError
from optimizer.inputs.assemble import assemble, case_folder
from optimizer.inputs.case import read_case
from optimizer.inputs.worked_case import write_case_workbook
from optimizer.model.build import build_model
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.tables.read import read_folder
from optimizer.tables.registry import TABLES
from optimizer.tables.workbook_cells import workbook_bytes
from optimizer.tables.workbook_write import case_workbook
from tests.helpers import TINY

Change = Callable[[Any], object]
Place = tuple[str, int | None, str, str]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the teaching case as a workbook."""
    return write_case_workbook("tiny", tmp_path_factory.mktemp("book") / "mine")


def changed(written: Path, folder: Path, change: Change) -> Path:
    """Return a copy of the workbook with something changed in it."""
    workbook = openpyxl.load_workbook(written)
    change(workbook)
    path = folder / "case.xlsx"
    workbook.save(path)
    return path


def faults_of(path: Path) -> list[Fault]:
    """Return the faults of a case."""
    with pytest.raises(InputError) as caught:
        read_case(path)
    return list(caught.value.faults)


def cell_of(workbook: Any, table: str, column: str, row: int = 3) -> Any:  # noqa: ANN401
    """Return one cell of a table by the name of its column."""
    return workbook[table].cell(row, TABLES[table].column_names.index(column) + 1)


def test_the_workbook_is_the_same_case(written: Path) -> None:
    from_csv, from_book = read_case("tiny"), read_case(written)
    assert (from_book.name, from_book.title, from_book.year) == (
        from_csv.name,
        from_csv.title,
        from_csv.year,
    )
    assert from_book.description == from_csv.description
    for name, table in from_csv.tables.items():
        pd.testing.assert_frame_equal(
            from_book.tables[name].frame, table.frame, check_exact=True, obj=name
        )
    assert set(from_book.file_hashes) == {"tiny/case.xlsx"}


def test_the_workbook_plans_at_the_same_cost(written: Path) -> None:
    models = [build_model(read_case(case))[0] for case in (written, "tiny")]
    of_book, of_csv = (solve_model(model, SolveOptions()).solution for model in models)
    assert of_book.objective == of_csv.objective > 0.0


def test_the_case_with_every_block_survives_the_way(tmp_path: Path) -> None:
    path = write_case_workbook("tiny-complete", tmp_path / "mine")
    from_csv, from_book = assemble(case_folder("tiny-complete")), assemble(path)
    for name, table in from_csv.tables.items():
        pd.testing.assert_frame_equal(from_book.tables[name].frame, table.frame, obj=name)


def test_a_folder_that_holds_only_the_workbook_is_the_case(written: Path) -> None:
    assert case_folder(written.parent) == written


def test_equal_cases_give_equal_bytes(written: Path, tmp_path: Path) -> None:
    again = write_case_workbook("tiny", tmp_path / "again")
    assert again.read_bytes() == written.read_bytes()


def test_columns_have_units_notes_and_drop_downs(written: Path) -> None:
    workbook = openpyxl.load_workbook(written)
    assert workbook.sheetnames == [
        "case",
        *(name for name in TABLES if (TINY / f"{name}.csv").exists()),
    ]
    sites = workbook["sites"]
    ceiling = TABLES["sites"].column_names.index("ceiling_mw") + 1
    assert sites.cell(2, ceiling).value == "[MW]"
    note = sites.cell(1, ceiling).comment.text
    assert TABLES["sites"].column("ceiling_mw").meaning.en in note
    assert TABLES["sites"].column("ceiling_mw").meaning.zh in note
    rules: dict[str, str] = {
        str(rule.sqref).split(":")[0]: rule.formula1
        for rule in sites.data_validations.dataValidation
    }
    province = cell_of(workbook, "sites", "province").coordinate
    assert rules[province].startswith("provinces!$A$3:$A$")
    assert rules[cell_of(workbook, "sites", "is_cluster").coordinate] == '"TRUE,FALSE"'
    confidence = cell_of(workbook, "sites", "confidence").coordinate
    assert rules[confidence] == '"confirmed,secondary,estimate,assumption"'


def test_codes_that_look_like_numbers_or_formulas_stay_text(tmp_path: Path) -> None:
    codes = ["007", "1e5", "=1+1", "+1", "-x", "@x", "2026-01-01", "TRUE", "12345678901234567890"]
    tables = {name: table.frame for name, table in assemble(TINY).tables.items()}
    links = tables["links"]
    frame = pd.concat([links] * len(codes), ignore_index=True).iloc[: len(codes)].copy()
    frame["link"] = codes
    frame["capacity_gbps"] = 0.1 + 0.2
    path = tmp_path / "case.xlsx"
    workbook = case_workbook([], {"links": frame}, complete=False)
    path.write_bytes(workbook_bytes(workbook))
    sheet = openpyxl.load_workbook(path)["links"]
    assert {sheet.cell(row, 1).data_type for row in range(3, 3 + len(codes))} == {"s"}
    read = read_folder(tmp_path)[0]["links"]
    assert read.frame["link"].tolist() == codes
    # A sum that sixteen digits do not give back.
    assert read.frame["capacity_gbps"].tolist() == [0.30000000000000004] * len(codes)
    np.testing.assert_array_equal(read.rows, np.arange(3, 3 + len(codes)))


UNCLEAR: tuple[tuple[Change, Place, str], ...] = (
    (
        lambda book: setattr(cell_of(book, "sites", "ceiling_mw", 4), "value", -5),
        ("case.xlsx#sites", 4, "ceiling_mw", "-5"),
        "outside 0 to",
    ),
    (
        lambda book: setattr(cell_of(book, "sites", "ceiling_mw"), "value", "=1+1"),
        ("case.xlsx#sites", 3, "ceiling_mw", "=1+1"),
        "the formula has no stored value",
    ),
    (
        lambda book: setattr(cell_of(book, "sites", "ceiling_mw", 5), "value", "#REF!"),
        ("case.xlsx#sites", 5, "ceiling_mw", "#REF!"),
        "the cell holds an error",
    ),
    (
        lambda book: book["regions"].merge_cells("B3:B4"),
        ("case.xlsx#regions", 3, TABLES["regions"].column_names[1], ""),
        "the cells B3:B4 are merged",
    ),
    (
        lambda book: setattr(book["links"], "sheet_state", "hidden"),
        ("case.xlsx#links", None, "", ""),
        "the sheet is hidden",
    ),
    (
        lambda book: book["sites"].cell(4, 60, "remark"),
        ("case.xlsx#sites", 4, "BH", "remark"),
        "the column has cells but no name",
    ),
    (
        lambda book: setattr(book["jobs"]["B1"], "value", "job"),
        ("case.xlsx#jobs", 1, "job", ""),
        "the column stands twice",
    ),
    (
        lambda book: setattr(book["case"]["A2"], "value", "nmae"),
        ("case.xlsx#case", 2, "nmae", ""),
        "unknown key",
    ),
    (
        lambda book: book["case"].append(["year", 2027]),
        ("case.xlsx#case", 9, "key", "year"),
        "the key stands in row 8 already",
    ),
    (
        lambda book: book.create_sheet("remarks").append(["text"]),
        ("case.xlsx#remarks", None, "", ""),
        "there is no such table",
    ),
)


def test_what_is_unclear_is_a_fault_at_its_place(written: Path, tmp_path: Path) -> None:
    def change(workbook: Any) -> None:  # noqa: ANN401
        for each, _place, _problem in UNCLEAR:
            each(workbook)

    faults = faults_of(changed(written, tmp_path, change))
    found = {(fault.file, fault.row, fault.column, fault.value): fault for fault in faults}
    for _change, place, problem in UNCLEAR:
        assert found[place].problem.en.startswith(problem)
        assert found[place].repair.zh
    # No cell is named twice, first for what it is and then for what it reads as.
    places = [(fault.file, fault.row, fault.column) for fault in faults]
    assert len(set(places)) == len(places)


def test_a_workbook_says_what_the_case_is(written: Path, tmp_path: Path) -> None:
    (fault,) = faults_of(changed(written, tmp_path, lambda book: book.remove(book["case"])))
    assert fault.file == "case.xlsx"
    assert fault.problem.en.startswith("the workbook has no sheet 'case'")


def test_blank_rows_and_numbers_as_text_are_read_right(written: Path, tmp_path: Path) -> None:
    def change(workbook: Any) -> None:  # noqa: ANN401
        sheet = workbook["sites"]
        for row in (40, 60):
            sheet.cell(row, 1).value = "  "
        sheet.insert_rows(4)
        cell = cell_of(workbook, "sites", "ceiling_mw", 3)
        cell.value, cell.number_format = f" {cell.value} ", "@"
        workbook.create_sheet("Sheet1")

    case, plain = read_case(changed(written, tmp_path, change)), read_case("tiny")
    pd.testing.assert_frame_equal(case.frame("sites"), plain.frame("sites"))
    assert sorted(case.tables["sites"].rows.tolist()) == [3, 5, 6]


def test_check_marks_the_faults_in_a_copy(
    written: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    right: dict[tuple[str, int], object] = {}

    def change(workbook: Any) -> None:  # noqa: ANN401
        for name, row, value in (("ceiling_mw", 4, -5), ("province", 3, "atlantis")):
            cell = cell_of(workbook, "sites", name, row)
            right[name, row], cell.value = cell.value, value

    path = changed(written, tmp_path, change)
    before = path.read_bytes()
    assert app.run(["check", str(path)]) == 1
    shown = capsys.readouterr().err
    copy = tmp_path / "case.checked.xlsx"
    assert f"2 faulty cells are marked in {copy}" in shown
    assert "case.xlsx#sites:4 [ceiling_mw] = '-5'" in shown
    assert path.read_bytes() == before
    workbook = openpyxl.load_workbook(copy)
    listed = [row[:4] for row in workbook["faults"].iter_rows(min_row=2, values_only=True)]
    assert sorted(listed) == [
        ("sites", 3, "province", "atlantis"),
        ("sites", 4, "ceiling_mw", "-5"),
    ]
    for name, row in (("province", 3), ("ceiling_mw", 4)):
        cell = cell_of(workbook, "sites", name, row)
        assert cell.fill.start_color.rgb == "00FFC7CE"
        assert cell.comment is not None
    assert cell_of(workbook, "sites", "ceiling_mw", 3).comment is None
    # Never over an existing file.
    content = copy.read_bytes()
    assert app.run(["check", str(path)]) == 1
    assert "exists and is not overwritten" in capsys.readouterr().err
    assert app.run(["check", str(path), "--out", str(copy)]) == 2
    assert app.run(["check", "tiny", "--out", str(tmp_path / "other.xlsx")]) == 2
    assert copy.read_bytes() == content
    # The copy, repaired, is a case.
    for (name, row), value in right.items():
        cell_of(workbook, "sites", name, row).value = value
    workbook.save(copy)
    pd.testing.assert_frame_equal(read_case(copy).frame("sites"), read_case("tiny").frame("sites"))


def test_init_writes_one_workbook_into_an_empty_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert app.run(["init", str(folder), "--format", "xlsx"]) == 0
    assert [path.name for path in folder.iterdir()] == ["case.xlsx"]
    before = (folder / "case.xlsx").read_bytes()
    with pytest.raises(UsageError):
        write_case_workbook("tiny", folder)
    assert (folder / "case.xlsx").read_bytes() == before


def test_a_damaged_workbook_is_one_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    path = tmp_path / "case.xlsx"
    path.write_bytes(b"PK no workbook")
    assert app.run(["check", str(path)]) == 1
    shown = capsys.readouterr().err
    assert "the file cannot be read" in shown
    assert "no marked copy could be written" in shown
    assert [entry.name for entry in tmp_path.iterdir()] == ["case.xlsx"]
