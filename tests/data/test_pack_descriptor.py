"""``datapackage.json`` describes the tables; the tables hold what it says.

The descriptor is read as plain JSON and the tables as plain CSV, so that nothing of the
package stands between them.
"""

from __future__ import annotations

import csv
import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from optimizer.errors import InputError
from optimizer.labels import Text
from optimizer.tables.datapackage import data_package, write_data_package
from optimizer.tables.frames import empty_table
from optimizer.tables.registry import TABLES
from tests.data.pack_tables import DATA, SHIPPED

DESCRIPTOR: dict[str, Any] = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
RESOURCES: dict[str, dict[str, Any]] = {
    resource["name"]: resource for resource in DESCRIPTOR["resources"]
}


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    with (DATA / RESOURCES[name]["path"]).open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


def test_one_resource_for_each_table() -> None:
    assert sorted(RESOURCES) == SHIPPED
    assert len(DESCRIPTOR["resources"]) == len(RESOURCES)
    assert [name for name in TABLES if name in RESOURCES] == list(RESOURCES)
    assert DESCRIPTOR["profile"] == "tabular-data-package"
    for name, resource in RESOURCES.items():
        assert resource["path"] == f"{name}.csv"
        assert resource["profile"] == "tabular-data-resource"


@pytest.mark.parametrize("name", SHIPPED)
def test_fields_are_the_columns(name: str) -> None:
    fields = RESOURCES[name]["schema"]["fields"]
    header = list(rows(name)[0])
    assert [field["name"] for field in fields] == header
    # A file may leave out optional columns.
    columns = [column for column in TABLES[name].all_columns if column.name in header]
    assert all(column in columns or not column.required for column in TABLES[name].all_columns)
    for field, column in zip(fields, columns, strict=True):
        english, separator, chinese = field["description"].partition(" / ")
        assert separator, field
        assert english.startswith(column.meaning.en), field
        assert column.meaning.zh in field["description"], field
        assert chinese or " / " in column.meaning.en, field
        assert field.get("unit", "") == column.unit, field
        if column.unit:
            assert field["description"].count(column.unit) >= 2, field


@pytest.mark.parametrize("name", SHIPPED)
def test_table_validates(name: str) -> None:
    for field in RESOURCES[name]["schema"]["fields"]:
        constraints = field.get("constraints", {})
        for row in rows(name):
            cell = row[field["name"]]
            place = (name, field["name"], cell)
            if not cell:
                assert "required" not in constraints, place
                continue
            if field["type"] == "boolean":
                assert cell in {"true", "false"}, place
            if field["type"] == "integer":
                assert str(int(cell)) == cell, place
            if field["type"] in {"integer", "number"}:
                value = float(cell)
                assert math.isfinite(value), place
                assert constraints.get("minimum", -math.inf) <= value, place
                assert value <= constraints.get("maximum", math.inf), place
            assert cell in constraints.get("enum", [cell]), place


@pytest.mark.parametrize("name", SHIPPED)
def test_keys(name: str) -> None:
    schema = RESOURCES[name]["schema"]
    keys = [tuple(row[column] for column in schema["primaryKey"]) for row in rows(name)]
    assert len(set(keys)) == len(keys)
    for foreign in schema.get("foreignKeys", []):
        (own,), (other,) = foreign["fields"], foreign["reference"]["fields"]
        target = foreign["reference"]["resource"]
        assert RESOURCES[target]["schema"]["primaryKey"] == [other]
        known = {row[other] for row in rows(target)}
        assert {row[own] for row in rows(name)} - {""} <= known, (name, own)


def test_references_between_tables_are_all_named() -> None:
    named = {
        (name, *foreign["fields"], foreign["reference"]["resource"])
        for name, resource in RESOURCES.items()
        for foreign in resource["schema"].get("foreignKeys", [])
    }
    assert ("sites", "province", "provinces") in named
    assert ("fleet", "accelerator", "accelerators") in named
    assert named == {
        (name, column.name, column.refers_to)
        for name in SHIPPED
        for column in TABLES[name].columns
        if column.refers_to
    }


def test_sources_of_a_table_are_those_its_cells_name() -> None:
    listed = {row["source_id"]: (row["title"], row["date"]) for row in rows("sources")}
    package = {item["name"]: (item["title"], item["date"]) for item in DESCRIPTOR["sources"]}
    assert package == listed
    for name in SHIPPED:
        if name in {"provenance", "sources"} or "source_id" not in rows(name)[0]:
            assert "sources" not in RESOURCES[name]
            continue
        cells = {row["source_id"] for row in rows(name)}
        cells |= {row["source_id"] for row in rows("provenance") if row["table"] == name}
        wanted = {code for cell in cells for code in cell.split(";")}
        given = {item["name"]: (item["title"], item["date"]) for item in RESOURCES[name]["sources"]}
        assert given == {code: listed[code] for code in wanted}


def test_a_key_of_a_table_that_is_not_there_is_not_named() -> None:
    tables = {name: empty_table(TABLES[name]) for name in ("sites", "sources")}
    package = data_package(tables, "small", Text("small", "小"))
    (sites, _sources) = package["resources"]
    assert "foreignKeys" not in sites["schema"]
    tables["provinces"] = empty_table(TABLES["provinces"])
    (_provinces, sites, _sources) = data_package(tables, "small", Text("a", "b"))["resources"]
    assert sites["schema"]["foreignKeys"] == [
        {
            "fields": ["province"],
            "reference": {"resource": "provinces", "fields": ["province"]},
        }
    ]


def test_faulty_tables_are_not_described(tmp_path: Path) -> None:
    (tmp_path / "sources.csv").write_text("source_id,titel,date\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        write_data_package(tmp_path, "broken", Text("broken", "错误"))
    assert caught.value.faults[0].column == "titel"
    assert not (tmp_path / "datapackage.json").exists()
