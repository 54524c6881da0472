"""Every fault of a file is found, with its place, its text and its repair, in both languages."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from optimizer.errors import Fault
from optimizer.labels import Text
from optimizer.tables.read import read_folder
from optimizer.tables.registry import TABLES
from optimizer.tables.schema import CONFIDENCE_GRADES
from tests.helpers import TINY, edit_cell, edit_rows, read_rows, rename_column, rows_meeting

METRO = {"site": "east_metro"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the sites, jobs and sources of the teaching case."""
    for name in ("sites", "jobs", "sources"):
        shutil.copy(TINY / f"{name}.csv", tmp_path)
    return tmp_path


def _faults(folder: Path) -> list[Fault]:
    return read_folder(folder)[1]


def _line(folder: Path) -> int:
    (line,) = rows_meeting(folder, "sites", METRO)
    return line


def _texts(fault: Fault) -> tuple[str, str, str, str]:
    """Return problem and repair in English and in Chinese."""
    return fault.problem.en, fault.repair.en, fault.problem.zh, fault.repair.zh


def test_the_files_as_they_are_have_no_fault(folder: Path) -> None:
    assert _faults(folder) == []


@pytest.mark.parametrize(
    ("column", "cell", "problem", "repair"),
    [
        pytest.param(
            "lat",
            "north",
            Text("not a finite number", "不是有限数值"),
            Text("write a number in degN", "请填写数值，单位 degN"),
            id="word for a number",
        ),
        pytest.param(
            "ceiling_mw",
            "1,000",
            Text("not a finite number", "不是有限数值"),
            Text("write a number in MW", "请填写数值，单位 MW"),
            id="thousands comma",
        ),
        pytest.param(
            "ceiling_mw",
            "NaN",
            Text("not a finite number", "不是有限数值"),
            Text("write a number in MW", "请填写数值，单位 MW"),
            id="NaN",
        ),
        pytest.param(
            "ceiling_mw",
            "inf",
            Text("not a finite number", "不是有限数值"),
            Text("write a number in MW", "请填写数值，单位 MW"),
            id="infinite",
        ),
        pytest.param(
            "under_construction_year",
            "NaN",
            Text("not a finite number", "不是有限数值"),
            Text("write a number in year", "请填写数值，单位 year"),
            id="NaN where a cell may be empty",
        ),
        pytest.param(
            "largest_gang",
            "12.5",
            Text("not a whole number", "不是整数"),
            Text("write a whole number", "请填写整数"),
            id="fraction for a whole number",
        ),
        pytest.param(
            "is_cluster",
            "maybe",
            Text("not a true/false value", "不是 true/false"),
            Text("write true or false", "请填写 true 或 false"),
            id="word for a flag",
        ),
        pytest.param(
            "ceiling_mw",
            "",
            Text("the cell is empty", "单元格为空"),
            Text(
                "fill it in: ceiling of the whole site at the meter",
                "请填写：站点电力上限（计量点）",
            ),
            id="empty number",
        ),
        pytest.param(
            "name_zh",
            "   ",
            Text("the cell is empty", "单元格为空"),
            Text("fill it in: Chinese name", "请填写：中文名称"),
            id="blank text",
        ),
        pytest.param(
            "lat",
            "60.5",
            Text("outside 3 to 54 degN", "超出 3 至 54 degN"),
            Text(
                "check the value and its unit: latitude is in degN",
                "请核对数值与单位：纬度的单位为 degN",
            ),
            id="above the bounds",
        ),
        pytest.param(
            "build_limit_mw",
            "-0.5",
            Text("outside 0 to 20000 MW", "超出 0 至 20000 MW"),
            Text(
                "check the value and its unit: new IT power that can be added in a year is in MW",
                "请核对数值与单位：年度新增 IT 功率上限的单位为 MW",
            ),
            id="below the bounds",
        ),
        pytest.param(
            "side",
            "north",
            Text("not one of the allowed values", "不在允许值之内"),
            Text("use one of: east, west", "可用值：east, west"),
            id="value that is not allowed",
        ),
        pytest.param(
            "side",
            "East",
            Text("not one of the allowed values", "不在允许值之内"),
            Text("use one of: east, west", "可用值：east, west"),
            id="capital letter",
        ),
        pytest.param(
            "confidence",
            "sure",
            Text("not one of the allowed values", "不在允许值之内"),
            Text(
                f"use one of: {', '.join(CONFIDENCE_GRADES)}",
                f"可用值：{', '.join(CONFIDENCE_GRADES)}",
            ),
            id="unknown grade",
        ),
    ],
)
def test_fault_of_one_cell(
    column: str, cell: str, problem: Text, repair: Text, folder: Path
) -> None:
    line = edit_cell(folder, "sites", METRO, column, cell)
    (fault,) = _faults(folder)
    assert fault == Fault(problem, repair, "sites.csv", line, column, cell)


@pytest.mark.parametrize(
    ("column", "cell"), [("existing_it_mw", "30000"), ("largest_gang", "20000000"), ("lat", "60")]
)
def test_a_value_out_of_bounds_is_shown_as_the_file_has_it(
    column: str, cell: str, folder: Path
) -> None:
    edit_cell(folder, "sites", METRO, column, cell)
    (fault,) = _faults(folder)
    assert (fault.column, fault.value) == (column, cell)


def test_one_line_shows_place_problem_and_repair(folder: Path) -> None:
    line = edit_cell(folder, "sites", METRO, "side", "north")
    (fault,) = _faults(folder)
    assert fault.render("en") == (
        f"sites.csv:{line} [side] = 'north': not one of the allowed values → use one of: east, west"
    )
    assert fault.render("zh") == (
        f"sites.csv:{line} [side] = 'north'：不在允许值之内 → 可用值：east, west"
    )


def test_a_misspelt_column_is_named_with_its_repair(folder: Path) -> None:
    rename_column(folder, "sites", "ceiling_mw", "ceilng_mw")
    misspelt, missing = _faults(folder)
    assert misspelt == Fault(
        Text("there is no such column in sites", "表 sites 没有这一列"),
        Text("rename it to ceiling_mw", "更名为 ceiling_mw"),
        "sites.csv",
        1,
        "ceilng_mw",
    )
    assert missing == Fault(
        Text("the column is missing", "缺少该列"),
        Text("add it: ceiling of the whole site at the meter", "补充该列：站点电力上限（计量点）"),
        "sites.csv",
        1,
        "ceiling_mw",
    )


def test_an_unknown_column_is_a_fault_even_if_nothing_is_missing(folder: Path) -> None:
    edit_rows(folder, "sources", lambda rows: [row | {"colour": "red"} for row in rows])
    (fault,) = _faults(folder)
    assert fault == Fault(
        Text("there is no such column in sources", "表 sources 没有这一列"),
        Text(
            "remove it; the columns are: source_id, title, date",
            "删除该列；可用的列：source_id, title, date",
        ),
        "sources.csv",
        1,
        "colour",
    )


def test_a_repeated_key_names_both_rows(folder: Path) -> None:
    first = _line(folder)
    edit_rows(folder, "sites", lambda rows: [*rows, dict(rows[first - 2])])
    (fault,) = _faults(folder)
    assert fault == Fault(
        Text(
            f"the key stands already in sites.csv row {first}",
            f"主键与 sites.csv 第 {first} 行重复",
        ),
        Text("remove one of the two rows or give it another key", "删除其中一行或更改主键"),
        "sites.csv",
        1 + len(read_rows(folder, "sites")),
        "site",
        "east_metro",
    )


def test_keys_of_several_columns_repeat_as_a_whole(tmp_path: Path) -> None:
    shutil.copy(TINY / "profiles.csv", tmp_path)
    rows = read_rows(tmp_path, "profiles")
    edit_rows(tmp_path, "profiles", lambda rows: [*rows, dict(rows[3])])
    (fault,) = _faults(tmp_path)
    assert (fault.row, fault.column) == (len(rows) + 2, "profile, hour")
    assert fault.value == f"{rows[3]['profile']}|{rows[3]['hour']}"


def test_faults_of_all_kinds_in_one_table_are_listed_at_once(folder: Path) -> None:
    metro = edit_cell(folder, "sites", METRO, "lon", "abc")
    edit_cell(folder, "sites", METRO, "is_cluster", "maybe")
    west = edit_cell(folder, "sites", {"site": "west_cluster"}, "lat", "60.5")
    edit_cell(folder, "sites", {"site": "west_cluster"}, "side", "north")
    edit_rows(folder, "sites", lambda rows: [*rows, dict(rows[0])])
    last = 1 + len(read_rows(folder, "sites"))
    assert {(fault.row, fault.column, fault.value) for fault in _faults(folder)} == {
        (metro, "lon", "abc"),
        (metro, "is_cluster", "maybe"),
        (west, "lat", "60.5"),
        (west, "side", "north"),
        (last, "site", read_rows(folder, "sites")[-1]["site"]),
    }


def test_a_missing_column_hides_no_fault_of_the_others(folder: Path) -> None:
    rename_column(folder, "sites", "ceiling_mw", "ceilng_mw")
    line = edit_cell(folder, "sites", METRO, "lon", "abc")
    assert {(fault.row, fault.column) for fault in _faults(folder)} == {
        (1, "ceilng_mw"),
        (1, "ceiling_mw"),
        (line, "lon"),
    }


def test_faults_of_all_files_are_listed_at_once(folder: Path) -> None:
    site = edit_cell(folder, "sites", METRO, "lon", "abc")
    job = edit_cell(folder, "jobs", {"job": read_rows(folder, "jobs")[0]["job"]}, "count", "1.5")
    rename_column(folder, "sources", "title", "titel")
    (folder / "sitess.csv").write_text("site\na\n", encoding="utf-8")
    places = {(fault.file, fault.row, fault.column) for fault in _faults(folder)}
    assert places == {
        ("sites.csv", site, "lon"),
        ("jobs.csv", job, "count"),
        ("sources.csv", 1, "titel"),
        ("sources.csv", 1, "title"),
        ("sitess.csv", None, ""),
    }


def test_rows_keep_their_line_when_empty_lines_stand_between(folder: Path) -> None:
    line = edit_cell(folder, "sites", METRO, "lon", "abc")
    path = folder / "sites.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], "", "", *lines[1:]]), encoding="utf-8")
    (fault,) = _faults(folder)
    assert fault.row == line + 2


def _gbk(path: Path) -> None:
    path.write_bytes(path.read_text(encoding="utf-8").encode("gbk"))


def _utf16(path: Path) -> None:
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _open_quote(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("East city", '"East city'), encoding="utf-8")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("gone.csv"))


@pytest.mark.parametrize("spoil", [_gbk, _utf16, _empty, _open_quote, _folder, _dangling])
def test_a_file_that_cannot_be_read_is_one_fault(
    spoil: Callable[[Path], None], folder: Path
) -> None:
    spoil(folder / "sites.csv")
    (fault,) = _faults(folder)
    assert (fault.file, fault.row, fault.column, fault.value) == ("sites.csv", None, "", "")
    assert fault.problem.en.startswith("the file cannot be read (")
    assert fault.problem.zh.startswith("文件无法读取（")
    assert fault.repair == Text(
        "save it again as UTF-8 CSV, Parquet or xlsx",
        "请重新保存为 UTF-8 编码的 CSV、Parquet 或 xlsx",
    )


def test_the_reason_is_named(folder: Path) -> None:
    _gbk(folder / "sites.csv")
    _empty(folder / "jobs.csv")
    jobs, sites = sorted(_faults(folder), key=lambda fault: fault.file)
    assert "'utf-8' codec can't decode byte" in sites.problem.en
    assert jobs.problem.en == "the file cannot be read (empty file)"


@pytest.mark.parametrize("name", ["sites.parquet", "case.xlsx"])
@pytest.mark.parametrize("content", [b"", b"no such format", b"PK\x03\x04 cut off"])
def test_a_damaged_binary_file_is_one_fault(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    (fault,) = _faults(tmp_path)
    assert fault.file == name
    assert fault.problem.en.startswith("the file cannot be read (")


def test_an_unknown_table_is_named_with_its_repair(folder: Path) -> None:
    (folder / "sitess.csv").write_text("site\na\n", encoding="utf-8")
    (folder / "weather.csv").write_text("site\na\n", encoding="utf-8")
    near, far = _faults(folder)
    assert near.file == "sitess.csv"
    assert _texts(near) == (
        "there is no such table",
        "rename it to sites",
        "没有这个表",
        "更名为 sites",
    )
    assert far.file == "weather.csv"
    assert _texts(far) == (
        "there is no such table",
        "remove it, or name it after one of the tables that 'eastwest data' lists",
        "没有这个表",
        "删除该文件，或使用 eastwest data 所列的表名",
    )


def test_a_table_may_stand_in_one_file_only(folder: Path) -> None:
    pd.DataFrame(read_rows(folder, "sites")).to_parquet(folder / "sites.parquet")
    (fault,) = _faults(folder)
    assert fault.file == "sites.parquet"
    assert _texts(fault) == (
        "the table stands in sites.csv already",
        "keep one of the two",
        "该表已存在于 sites.csv",
        "只保留其中一个",
    )


def test_a_record_of_wrong_length_is_a_fault(folder: Path) -> None:
    path = folder / "sites.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    width = len(TABLES["sites"].column_names)
    path.write_text("\n".join([lines[0], lines[1] + ",x", *lines[2:]]), encoding="utf-8")
    (fault,) = _faults(folder)
    assert (fault.file, fault.row, fault.column, fault.value) == ("sites.csv", 2, "", "")
    assert _texts(fault) == (
        f"{width + 1} cells under {width} columns",
        "quote cells that hold commas, and fill in missing ones",
        f"{width} 列下有 {width + 1} 个单元格",
        "含逗号的单元格请加引号，缺少的请补齐",
    )


def test_a_repeated_column_is_a_fault(folder: Path) -> None:
    path = folder / "sites.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(",lat,", ",lon,", 1), encoding="utf-8")
    (fault,) = _faults(folder)
    assert (fault.file, fault.row, fault.column) == ("sites.csv", 1, "lon")
    assert _texts(fault) == (
        "the column stands twice",
        "keep one of them",
        "列名重复",
        "只保留一个",
    )


def test_a_sheet_of_a_workbook_is_named_in_its_faults(folder: Path) -> None:
    line = edit_cell(folder, "sites", METRO, "lat", "60.5")
    frame = pd.DataFrame(read_rows(folder, "sites"))
    (folder / "sites.csv").unlink()
    frame.to_excel(folder / "case.xlsx", sheet_name="sites", index=False)
    (fault,) = _faults(folder)
    assert (fault.file, fault.row, fault.column, fault.value) == (
        "case.xlsx#sites",
        line,
        "lat",
        "60.5",
    )
