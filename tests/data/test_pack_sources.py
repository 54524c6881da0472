"""Grades, assumptions and sources of the figures, counted by the package and by hand."""

from __future__ import annotations

import math
from collections import Counter
from functools import cache

import numpy as np
import pandas as pd
import pytest

from optimizer.tables.frames import TypedTable
from optimizer.tables.pack import shipped_cases
from optimizer.tables.read import read_folder
from optimizer.tables.registry import TABLES
from optimizer.tables.schema import CONFIDENCE_GRADES
from optimizer.tables.sources import (
    assumption_rows,
    confidence_counts,
    confidence_shares,
    graded_figures,
    sources_of,
    split_source_ids,
)
from tests.data.pack_tables import DATA, graded_cells, key_of, provenance, records


@cache
def national() -> dict[str, TypedTable]:
    tables, faults = read_folder(DATA)
    assert faults == []
    return tables


def test_counts_are_those_of_the_files() -> None:
    by_hand = Counter((name, grade) for name, _row, _column, grade in graded_cells())
    counts = confidence_counts(national()).set_index("table")
    for name in counts.index:
        for grade in CONFIDENCE_GRADES:
            assert counts.loc[name, grade] == by_hand[str(name), grade], (name, grade)
    assert int(counts["figures"].sum()) == sum(by_hand.values())
    assert set(counts.index) == {name for name, _grade in by_hand}


def test_shares_sum_to_one() -> None:
    counts = confidence_counts(national())
    shares = confidence_shares(counts)
    assert list(shares) == list(CONFIDENCE_GRADES)
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-12)
    assert shares["assumption"] == counts["assumption"].sum() / counts["figures"].sum()
    assert set(confidence_shares(counts.iloc[:0]).values()) == {0.0}


def test_every_assumption_has_its_range_reason_and_unit() -> None:
    rows = assumption_rows(national())
    wanted = {
        (name, key_of(TABLES[name], row), column): row
        for name, row, column, grade in graded_cells()
        if grade == "assumption"
    }
    assert {(row.table, row.key, row.column) for row in rows} == set(wanted)
    assert len(rows) == len(wanted)
    for row in rows:
        text = wanted[row.table, row.key, row.column]
        own = provenance()[row.table, row.key, row.column]
        assert row.confidence == "assumption"
        assert row.value == float(text[row.column])
        assert (row.low, row.high) == (float(own["low"]), float(own["high"]))
        assert row.low <= row.value <= row.high
        assert row.reason == own["note"] != ""
        assert row.source_ids == tuple(own["source_id"].split(";"))
        unit = TABLES[row.table].column(row.column).unit
        assert row.unit == (text["unit"] if unit == "see unit" else unit) != ""


def test_every_figure_has_a_source_row() -> None:
    known = sources_of(national())
    assert list(known) == [row["source_id"] for row in records("sources")]
    assert all(source.title and source.date for source in known.values())
    for cell in set(graded_figures(national())["source_id"]):
        codes = split_source_ids(cell)
        assert codes, cell
        assert set(codes) <= set(known), cell


def test_a_row_that_is_an_assumption_grades_its_cells() -> None:
    # The teaching case has no table provenance: every row grades itself, without a range.
    tables, faults = read_folder(shipped_cases()["tiny"])
    assert faults == []
    rows = assumption_rows(tables)
    figures = graded_figures(tables)
    assert len(rows) == len(figures) == confidence_counts(tables)["assumption"].sum()
    assert {row.reason for row in rows} == {"made up for teaching"}
    assert all(math.isnan(row.low) and math.isnan(row.high) for row in rows)


def test_provenance_of_a_cell_stands_over_its_row() -> None:
    table = TABLES["provinces"]
    province = pd.DataFrame(
        [["EA", "990001", "东省", "Eastland", "east", False, 5.0, "a", "2026", "confirmed", ""]],
        columns=table.column_names,
    )
    cells = TABLES["provenance"]
    graded = pd.DataFrame(
        [["provinces", "EA", "area_km2", "b;c", "2026", "assumption", 4.0, 6.0, "a guess"]],
        columns=cells.column_names,
    )
    file, line = np.array(["x"], dtype=object), np.array([2], dtype=np.int64)
    tables = {"provinces": TypedTable(table, province, file, line)}
    (before,) = graded_figures(tables).to_dict("records")
    assert (before["confidence"], before["source_id"], before["value"]) == ("confirmed", "a", 5.0)
    tables["provenance"] = TypedTable(cells, graded, file, line)
    (after,) = assumption_rows(tables)
    assert (after.value, after.low, after.high, after.unit) == (5.0, 4.0, 6.0, "km2")
    assert (after.reason, after.source_ids) == ("a guess", ("b", "c"))
