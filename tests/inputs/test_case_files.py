"""``case.yaml``, and how a case's own tables meet those of its base."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.errors import Fault, InputError
from optimizer.inputs.assemble import AssembledTables, assemble
from optimizer.inputs.case import read_case
from optimizer.labels import Text
from optimizer.tables.registry import TABLES
from tests.helpers import TINY, copy_tiny, read_rows, write_rows
from tests.inputs.small_case import SmallCase


def _case_file(folder: Path, *lines: str) -> Path:
    folder.mkdir(exist_ok=True)
    head = ("name: mine", "title_en: Mine", "title_zh: 我的算例")
    (folder / "case.yaml").write_text("\n".join([*head, *lines, ""]), encoding="utf-8")
    return folder


def _based(folder: Path, **tables: str) -> Path:
    lines = [f"  {name}: {how}" for name, how in tables.items()]
    return _case_file(folder, "base: tiny", "year: 2026", *(["tables:", *lines] if lines else []))


def _faults(folder: Path) -> tuple[Fault, ...]:
    with pytest.raises(InputError) as caught:
        assemble(folder)
    return caught.value.faults


def _keys(assembled: AssembledTables, table: str) -> list[str]:
    return sorted(assembled.tables[table].keys())


def test_what_the_case_file_says(tmp_path: Path) -> None:
    case = SmallCase().read(tmp_path)
    assert (case.name, case.year) == ("small", 2026)
    assert case.title == Text("Small", "小算例")


def test_every_file_read_is_hashed(tmp_path: Path) -> None:
    folder = SmallCase().write(tmp_path)
    assert dict(read_case(folder).file_hashes) == {
        f"small/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
    }


@pytest.fixture(scope="module")
def tiny() -> AssembledTables:
    """Return the teaching case as assembled."""
    return assemble(TINY)


def test_a_case_without_changes_is_its_base(tiny: AssembledTables, tmp_path: Path) -> None:
    mine = assemble(_based(tmp_path / "mine"))
    assert (mine.name, mine.title.en) == ("mine", "Mine")
    for name in TABLES:
        pd.testing.assert_frame_equal(mine.tables[name].frame, tiny.tables[name].frame)
    # Its own case file and every file of the base shape it.
    assert set(mine.file_hashes) == {*tiny.file_hashes, "mine/case.yaml"}


def test_replace_leaves_out_the_rows_of_the_base(tmp_path: Path) -> None:
    folder = _based(tmp_path / "mine", jobs="replace")
    jobs = read_rows(TINY, "jobs")
    write_rows(folder, "jobs", [jobs[0] | {"job": "mine"}])
    assert _keys(assemble(folder), "jobs") == ["mine"]


def test_extend_adds_rows_to_those_of_the_base(tmp_path: Path) -> None:
    folder = _based(tmp_path / "mine", jobs="extend")
    jobs = read_rows(TINY, "jobs")
    write_rows(folder, "jobs", [jobs[0] | {"job": "mine"}])
    assembled = assemble(folder)
    assert _keys(assembled, "jobs") == sorted(["mine", *(job["job"] for job in jobs)])
    # Rows added to a table do not depend on where they stand.
    assert len(assembled.tables["jobs"].frame) == len(jobs) + 1


def test_extend_with_a_key_of_the_base_is_a_fault(tmp_path: Path) -> None:
    folder = _based(tmp_path / "mine", jobs="extend")
    jobs = read_rows(TINY, "jobs")
    write_rows(folder, "jobs", jobs[:1])
    (fault,) = _faults(folder)
    assert (fault.file, fault.row, fault.column) == ("jobs.csv", 2, "job")
    assert fault.value == jobs[0]["job"]
    assert fault.problem.en == "the key stands already in jobs.csv row 2"


def test_every_own_table_says_how_it_meets_the_base(tmp_path: Path) -> None:
    folder = _based(tmp_path / "mine", grid="replace")
    write_rows(folder, "jobs", read_rows(TINY, "jobs"))
    assert _faults(folder) == (
        Fault(
            Text("the case holds no such table", "算例中没有这个表"),
            Text("add grid.csv or remove the line", "请加入 grid.csv 或删除该行"),
            "case.yaml",
            column="tables.grid",
        ),
        Fault(
            Text(
                "case.yaml does not say how jobs meets the base",
                "case.yaml 未说明 jobs 与基础算例的关系",
            ),
            Text(
                "add 'jobs: replace' or 'jobs: extend' under tables",
                "请在 tables 下加入“jobs: replace”或“jobs: extend”",
            ),
            "case.yaml",
            column="tables.jobs",
        ),
    )


def test_base_that_does_not_exist(tmp_path: Path) -> None:
    (fault,) = _faults(_case_file(tmp_path / "mine", "base: atlantis", "year: 2026"))
    assert (fault.file, fault.column, fault.value) == ("case.yaml", "base", "atlantis")
    assert fault.problem == Text("there is no such shipped case", "没有这个内置算例")
    assert fault.repair.en.startswith(
        "use one of: none, national-2026, frontier-campus, national-2030, tiny"
    )


def test_gradings_of_a_replaced_table_go_with_it(tmp_path: Path) -> None:
    folder = _case_file(
        tmp_path / "mine", "base: national-2026", "year: 2026", "tables:", "  sites: replace"
    )
    national = assemble(TINY.parents[1])
    graded = national.tables["provenance"].frame
    assert (graded["table"] == "sites").any()
    write_rows(folder, "sites", read_rows(TINY.parents[1], "sites"))
    kept = assemble(folder).tables["provenance"].frame
    pd.testing.assert_frame_equal(
        kept, graded[graded["table"] != "sites"].reset_index(drop=True), check_dtype=True
    )


def test_a_case_may_grade_the_cells_of_a_table_it_replaces(tmp_path: Path) -> None:
    folder = _case_file(
        tmp_path / "mine",
        "base: national-2026",
        "year: 2026",
        "tables:",
        "  sites: replace",
        "  provenance: extend",
    )
    write_rows(folder, "sites", read_rows(TINY.parents[1], "sites"))
    graded = read_rows(TINY.parents[1], "provenance")
    own = [row for row in graded if row["table"] == "sites"][:2]
    write_rows(folder, "provenance", own)
    kept = assemble(folder).tables["provenance"].frame
    assert kept.loc[kept["table"] == "sites", "key"].tolist() == [row["key"] for row in own]
    # A cell of a table that stays has its grading already.
    other = next(row for row in graded if row["table"] == "climate" or row["table"] == "modules")
    write_rows(folder, "provenance", [*own, other])
    (fault,) = _faults(folder)
    assert (fault.file, fault.row) == ("provenance.csv", 4)


@pytest.mark.parametrize(
    ("lines", "place", "problem", "repair"),
    [
        (["base: none"], (None, "year", ""), "the key is missing", "add it"),
        (["year: 2026", "bsae: none"], (5, "bsae", ""), "unknown key", "rename it to base"),
        (["year: 2026", "colour: red"], (5, "colour", ""), "unknown key", "remove it"),
        (
            ['year: "2026"'],
            (4, "year", "2026"),
            "not valid here (Input should be a valid integer)",
            "correct the value",
        ),
        (
            ["year: 2026", "tables:", "  sites: append"],
            (6, "tables.sites", "append"),
            "not valid here (Input should be 'replace' or 'extend')",
            "correct the value",
        ),
    ],
)
def test_faults_of_the_case_file(
    lines: list[str],
    place: tuple[int | None, str, str],
    problem: str,
    repair: str,
    tmp_path: Path,
) -> None:
    (fault,) = _faults(_case_file(tmp_path / "mine", *lines))
    assert (fault.row, fault.column, fault.value) == place
    assert fault.file == "case.yaml"
    assert (fault.problem.en, fault.repair.en) == (problem, repair)


@pytest.mark.parametrize(
    ("content", "row", "problem"),
    [
        (b"name: [\n", 2, "not valid YAML ("),
        (b"name: a\nname: b\n", 2, "not valid YAML ("),
        (b"- name\n", None, "the file holds no keys"),
        (b"", None, "the file holds no keys"),
        ("名称: 甲".encode("gbk"), None, "the file cannot be read ('utf-8' codec can't decode"),
    ],
)
def test_case_files_that_hold_no_keys(
    content: bytes, row: int | None, problem: str, tmp_path: Path
) -> None:
    (tmp_path / "case.yaml").write_bytes(content)
    (fault,) = _faults(tmp_path)
    assert (fault.file, fault.row) == ("case.yaml", row)
    assert fault.problem.en.startswith(problem)


def test_a_copy_of_the_teaching_case_is_the_teaching_case(
    tiny: AssembledTables, tmp_path: Path
) -> None:
    copy = assemble(copy_tiny(tmp_path))
    assert copy.file_hashes == tiny.file_hashes
    for name in TABLES:
        pd.testing.assert_frame_equal(copy.tables[name].frame, tiny.tables[name].frame)


def test_a_case_cannot_be_changed() -> None:
    case = SmallCase().case()
    frame = case.frame("sites")
    frame["ceiling_mw"] = 0.0
    assert case.frame("sites")["ceiling_mw"].tolist() == [1000.0, 1000.0]
    with pytest.raises(ValueError, match="read-only"):
        case.derived.prices.energy[0, 0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        case.derived.paths.rtt_p99_ms[...] = 0.0
    with pytest.raises(TypeError):
        case.tables["sites"] = case.tables["regions"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        case.year = 2030  # type: ignore[misc]


def test_every_derived_array_is_read_only() -> None:
    case = read_case("tiny")
    arrays = [
        (name, value)
        for part in (case.derived, *(getattr(case.derived, name) for name in _PARTS))
        for name in part.__slots__
        if isinstance(value := getattr(part, name), np.ndarray)
    ]
    arrays += [("policy sites", policy.sites) for policy in case.derived.policies]
    assert len(arrays) > 25
    assert [name for name, value in arrays if value.flags.writeable] == []


_PARTS = ("calendar", "prices", "cooling", "demand", "profiles", "hardware", "paths", "gangs")
