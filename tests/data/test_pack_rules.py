"""What the shipped tables promise: form, references, grades and sources."""

from __future__ import annotations

import math

import pytest

from data.build.profiles import FLAT, MEASURED
from data.build.raw import one, raw_rows
from optimizer.tables.registry import TABLES
from optimizer.tables.schema import CONFIDENCE_GRADES
from tests.data.pack_tables import (
    CLUSTERS,
    DATA,
    SHIPPED,
    graded_cells,
    key_of,
    provenance,
    records,
    text_table,
)

# --- form ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHIPPED)
def test_form(name: str) -> None:
    table = TABLES[name]
    assert list(text_table(name).columns) == table.column_names
    keys = [key_of(table, row) for row in records(name)]
    assert len(set(keys)) == len(keys)
    for row in records(name):
        for column in table.all_columns:
            cell = row[column.name]
            place = (name, key_of(table, row), column.name, cell)
            assert cell == cell.strip(), place
            if not cell:
                assert not column.required, place
            elif column.kind == "flag":
                assert cell in {"true", "false"}, place
            elif column.kind == "text":
                assert not column.allowed or cell in column.allowed, place
            else:
                value = float(cell)
                assert math.isfinite(value), place
                assert column.kind == "number" or value == int(value), place
                assert column.minimum is None or value >= column.minimum, place
                assert column.maximum is None or value <= column.maximum, place


def test_references() -> None:
    for name in SHIPPED:
        for column in TABLES[name].columns:
            if column.refers_to:
                known = set(text_table(column.refers_to)[TABLES[column.refers_to].key[0]])
                assert set(text_table(name)[column.name]) - {""} <= known, (name, column.name)
    profiles = set(text_table("profiles")["profile"])
    assert set(text_table("services")["profile"]) == profiles
    assert set(text_table("jobs")["kind"]) <= set(text_table("training_rates")["kind"])
    tariffs = {(row["tariff_region"], row["voltage_kv"]) for row in records("tariffs")}
    for row in records("sites"):
        assert (row["tariff_region"], row["voltage_kv"]) in tariffs


def test_sizes() -> None:
    assert len(text_table("sites")) == 41
    assert len(text_table("regions")) == 31
    assert len(text_table("provinces")) == 34
    assert len(text_table("services")) >= 14
    assert len(text_table("jobs")) >= 30
    assert len(text_table("accelerators")) >= 6
    # Four measured days and a flat one; test_references holds that services use all of them.
    assert set(text_table("profiles")["profile"]) == {*MEASURED, FLAT}
    assert len(text_table("profiles")) == (len(MEASURED) + 1) * 24 == 5 * 24
    assert {row["site"] for row in records("sites") if row["is_cluster"] == "true"} == CLUSTERS
    western = [row for row in records("provinces") if row["western_development"] == "true"]
    assert len(western) == 12
    assert min(text_table("service_rates").groupby("service").size()) >= 3


# --- grades and sources -------------------------------------------------------------------------


def test_every_assumption_has_a_range_and_a_reason() -> None:
    count = 0
    for name, row, column, cell_grade in graded_cells():
        assert cell_grade in CONFIDENCE_GRADES
        if cell_grade != "assumption":
            continue
        count += 1
        own = provenance()[name, key_of(TABLES[name], row), column]
        assert float(own["low"]) <= float(row[column]) <= float(own["high"]), own
        assert own["note"], own
    assert count > 500


def test_provenance_names_cells() -> None:
    keys = {
        name: {key_of(TABLES[name], row) for row in records(name)}
        for name in SHIPPED
        if TABLES[name].has_provenance
    }
    for row in records("provenance"):
        assert row["key"] in keys[row["table"]], row
        assert row["column"] in TABLES[row["table"]].column_names, row
        assert row["note"], row


def test_estimates_name_their_method() -> None:
    for name in SHIPPED:
        if TABLES[name].has_provenance:
            for row in records(name):
                assert row["note"] or row["confidence"] != "estimate", (name, row)


def test_no_assumption_where_figures_are_published() -> None:
    specification = {
        "bf16_dense_tflops": "bf16_dense_tflops",
        "memory_gb": "memory_gb",
        "memory_bandwidth_tb_per_s": "memory_bandwidth_tb_per_s",
        "server_maximum_kw": "server_max_power_kw",
        "server_sustained_kw": "server_sustained_power_kw",
    }
    cluster_tariffs = {
        row["tariff_region"] for row in records("sites") if row["is_cluster"] == "true"
    }
    assert len(cluster_tariffs) == 10
    barred = {
        "sites": {"lon", "lat"},
        "regions": {"lon", "lat", "population", "gdp_100m_yuan"},
        "grid": {"green_share", "location_kgco2_per_kwh", "residual_kgco2_per_kwh"},
        "policies": {"value"},
    }
    for name, row, column, cell_grade in graded_cells():
        published = column in barred.get(name, set())
        if name == "tariffs":
            published = row["tariff_region"] in cluster_tariffs
        if name == "accelerators" and column in specification:
            raw = one("accelerators", code=row["accelerator"])
            published = raw.has(specification[column])
        if published:
            assert cell_grade != "assumption", (name, key_of(TABLES[name], row), column)


def test_sources_are_closed_both_ways() -> None:
    cited = {
        source
        for name in SHIPPED
        if "source_id" in text_table(name) and name != "sources"
        for cell in set(text_table(name)["source_id"])
        for source in cell.split(";")
    }
    assert cited == set(text_table("sources")["source_id"])
    quoted = {
        (path.stem, row.text("source"), row.text("source_date"))
        for path in (DATA / "raw").glob("*.csv")
        for row in raw_rows(path.stem)
        if "source" in row.cells
    }
    for row in records("sources"):
        if not row["source_id"].startswith("eastwest-"):
            file, _, running = row["source_id"].rpartition("-")
            assert (file, row["title"], row["date"]) in quoted
            assert len(running) == 2


def test_raw_rows_are_graded() -> None:
    for path in sorted((DATA / "raw").glob("*.csv")):
        for row in raw_rows(path.stem):
            assert "note" not in row.cells
            if "confidence" in row.cells:
                assert row.grade in {"confirmed", "secondary", "estimate"}
