"""A case says the same in CSV files, in Parquet files and in one Excel workbook."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.tables.frames import TypedTable
from optimizer.tables.read import read_folder
from optimizer.tables.registry import TABLES
from optimizer.tables.schema import Table
from tests.helpers import TINY, copy_tiny, read_rows, write_rows

# A table of every kind of column: text, numbers, a flag, integers that may be empty.
_SITES = TABLES["sites"]


def _native(table: Table, folder: Path) -> pd.DataFrame:
    """Return a CSV table with cells of the type a spreadsheet would give them."""
    rows = read_rows(folder, table.name)
    cells: dict[str, list[object]] = {}
    for column in table.all_columns:
        if column.name not in rows[0]:
            continue
        texts = [row[column.name] for row in rows]
        if column.kind == "flag":
            cells[column.name] = [text == "true" for text in texts]
        elif column.kind == "integer":
            cells[column.name] = [int(text) if text else None for text in texts]
        elif column.kind == "number":
            cells[column.name] = [float(text) if text else None for text in texts]
        else:
            cells[column.name] = [text or None for text in texts]
    return pd.DataFrame(cells)


def _tables_of(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.csv"))


def _as_parquet(folder: Path) -> None:
    for name in _tables_of(folder):
        _native(TABLES[name], folder).to_parquet(folder / f"{name}.parquet")
        (folder / f"{name}.csv").unlink()


def _as_workbook(folder: Path) -> None:
    with pd.ExcelWriter(folder / "case.xlsx", engine="openpyxl") as book:
        for name in _tables_of(folder):
            _native(TABLES[name], folder).to_excel(book, sheet_name=name, index=False)
            (folder / f"{name}.csv").unlink()


def _as_workbook_of_text(folder: Path) -> None:
    with pd.ExcelWriter(folder / "case.xlsx", engine="openpyxl") as book:
        for name in _tables_of(folder):
            frame = pd.DataFrame(read_rows(folder, name))
            frame.to_excel(book, sheet_name=name, index=False)
            (folder / f"{name}.csv").unlink()


def _as_mixture(folder: Path) -> None:
    """Put every third table into each form."""
    names = _tables_of(folder)
    with pd.ExcelWriter(folder / "rest.xlsx", engine="openpyxl") as book:
        for name in names[::3]:
            _native(TABLES[name], folder).to_excel(book, sheet_name=name, index=False)
            (folder / f"{name}.csv").unlink()
    for name in names[1::3]:
        _native(TABLES[name], folder).to_parquet(folder / f"{name}.parquet")
        (folder / f"{name}.csv").unlink()


def _read(folder: Path) -> dict[str, TypedTable]:
    tables, faults = read_folder(folder)
    assert faults == []
    return tables


@pytest.fixture(scope="module")
def from_csv() -> dict[str, TypedTable]:
    """Return the tables of the teaching case as its CSV files give them."""
    return _read(TINY)


@pytest.mark.parametrize("convert", [_as_parquet, _as_workbook, _as_workbook_of_text, _as_mixture])
def test_every_form_gives_the_same_typed_tables(
    convert: Callable[[Path], None], from_csv: dict[str, TypedTable], tmp_path: Path
) -> None:
    folder = copy_tiny(tmp_path)
    convert(folder)
    assert not list(folder.glob("*.csv")) or convert is _as_mixture
    tables = _read(folder)
    assert sorted(tables) == sorted(from_csv)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table.frame, from_csv[name].frame, check_exact=True)
        np.testing.assert_array_equal(table.rows, from_csv[name].rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the sites of the teaching case alone."""
    shutil.copy(TINY / "sites.csv", tmp_path)
    return tmp_path


def test_each_record_knows_its_file_and_row(folder: Path) -> None:
    sites = _read(folder)["sites"]
    assert sites.files.tolist() == ["sites.csv"] * len(sites.frame)
    assert sites.rows.tolist() == list(range(2, 2 + len(sites.frame)))
    _as_workbook(folder)
    sites = _read(folder)["sites"]
    assert sites.files.tolist() == ["case.xlsx#sites"] * len(sites.frame)
    assert sites.rows.tolist() == list(range(2, 2 + len(sites.frame)))


def test_columns_have_the_type_their_definition_says(folder: Path) -> None:
    sites = _read(folder)["sites"].frame
    assert list(sites.columns) == _SITES.column_names
    assert sites["is_cluster"].dtype == np.dtype(bool)
    assert sites["ceiling_mw"].dtype == np.dtype(float)
    assert sites["largest_gang"].dtype == np.dtype("int64")
    # An integer that may be empty is a float, empty as NaN; empty text is "".
    assert sites["under_construction_year"].dtype == np.dtype(float)
    assert sites["under_construction_year"].isna().any()
    assert not sites["hub"].isna().any()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_byte_order_mark_and_line_ends_change_nothing(
    encoding: str, line_end: str, folder: Path
) -> None:
    plain = _read(folder)["sites"]
    path = folder / "sites.csv"
    text = path.read_text(encoding="utf-8").replace("\n", line_end)
    path.write_bytes(text.encode(encoding))
    sites = _read(folder)["sites"]
    pd.testing.assert_frame_equal(sites.frame, plain.frame, check_exact=True)
    assert sites.rows.tolist() == plain.rows.tolist()


def test_chinese_text_commas_and_quotes_survive(tmp_path: Path) -> None:
    path = tmp_path / "sources.csv"
    path.write_text(
        'source_id,title,date\na,"《意见》, ""第一版"" ",2026\n\n b ,东数西算,2025\n',
        encoding="utf-8",
    )
    sources = _read(tmp_path)["sources"]
    assert sources.frame["title"].tolist() == ['《意见》, "第一版"', "东数西算"]
    # Cells are stripped, and the empty line counts: an editor shows the second record in line 4.
    assert sources.frame["source_id"].tolist() == ["a", "b"]
    assert sources.rows.tolist() == [2, 4]


def test_column_order_does_not_matter(folder: Path) -> None:
    plain = _read(folder)["sites"]
    rows = read_rows(folder, "sites")
    write_rows(folder, "sites", rows, list(rows[0])[::-1])
    pd.testing.assert_frame_equal(_read(folder)["sites"].frame, plain.frame, check_exact=True)


def test_an_optional_column_may_be_left_out(folder: Path) -> None:
    plain = _read(folder)["sites"].frame
    rows = read_rows(folder, "sites")
    optional = ["hub", "under_construction_year", "note"]
    for row in rows:
        for name in optional:
            del row[name]
    write_rows(folder, "sites", rows)
    left_out = _read(folder)["sites"].frame
    assert left_out["hub"].tolist() == [""] * len(plain)
    assert left_out["under_construction_year"].isna().all()
    pd.testing.assert_frame_equal(left_out.drop(columns=optional), plain.drop(columns=optional))


def test_a_table_of_a_header_alone_is_empty_with_typed_columns(tmp_path: Path) -> None:
    write_rows(tmp_path, "sites", [], _SITES.column_names)
    sites = _read(tmp_path)["sites"].frame
    assert len(sites) == 0
    assert list(sites.columns) == _SITES.column_names


@pytest.mark.parametrize("table", ["fleet", "pins", "policies"])
def test_columns_of_an_empty_table_have_their_types(table: str, tmp_path: Path) -> None:
    write_rows(tmp_path, table, [], TABLES[table].column_names)
    frame = _read(tmp_path)[table].frame
    kinds = {"text": "str", "number": "float64", "flag": "bool"}
    for column in TABLES[table].all_columns:
        wanted = kinds.get(column.kind, "int64" if column.required else "float64")
        assert str(frame[column.name].dtype) == wanted, column.name


@pytest.mark.parametrize("word", ["NA", "None", "null", "n/a"])
def test_text_that_looks_like_nothing_is_text_in_every_form(word: str, tmp_path: Path) -> None:
    write_rows(tmp_path, "sources", [{"source_id": word, "title": word, "date": "2026"}])
    from_csv = _read(tmp_path)["sources"].frame
    (tmp_path / "sources.csv").unlink()
    from_csv.to_parquet(tmp_path / "sources.parquet")
    from_parquet = _read(tmp_path)["sources"].frame
    (tmp_path / "sources.parquet").unlink()
    from_csv.to_excel(tmp_path / "case.xlsx", sheet_name="sources", index=False)
    from_workbook = _read(tmp_path)["sources"].frame
    assert [frame["title"].tolist() for frame in (from_csv, from_parquet, from_workbook)] == [
        [word]
    ] * 3


def test_a_date_cell_of_a_workbook_reads_as_a_csv_writes_it(tmp_path: Path) -> None:
    row = {"source_id": "a", "title": "A", "date": dt.date(2025, 12, 31)}
    pd.DataFrame([row]).to_excel(tmp_path / "case.xlsx", sheet_name="sources", index=False)
    assert _read(tmp_path)["sources"].frame["date"].tolist() == ["2025-12-31"]


def test_hidden_and_lock_files_are_no_tables(folder: Path) -> None:
    for name in (".sites.csv", "~$case.xlsx"):
        (folder / name).write_bytes(b"\x00lock")
    (folder / "notes.txt").write_text("not a table", encoding="utf-8")
    assert "sites" in _read(folder)
