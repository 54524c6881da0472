"""The definitions of the tables agree with themselves and say the same in both languages."""

from __future__ import annotations

import re
from typing import Final

import pytest

from optimizer.tables.registry import TABLES, table_named
from optimizer.tables.schema import CONFIDENCE_GRADES, PROVENANCE, Column, Table

_COLUMNS = [(table, column) for table in TABLES.values() for column in table.all_columns]
_NAMES = [f"{table.name}.{column.name}" for table, column in _COLUMNS]
_HAN = re.compile("[\u4e00-\u9fff]")

# The end of a column's name by the unit of its numbers; units not listed name no end.
_ENDS: Final[dict[str, str | tuple[str, ...]]] = {
    "MW": "_mw",
    "km": "_km",
    "km2": "_km2",
    "ms": "_ms",
    "degC": ("_c", "_temperature_c"),
    "degE": "lon",
    "degN": "lat",
    "Gbit/s": "_gbps",
    "TB": "_tb",
    "GB": "_gb",
    "TB/s": "_tb_per_s",
    "TFLOPS": "_tflops",
    "kW": "_kw",
    "yuan": ("_yuan", "_yuan_per_request"),
    "yuan/kW": "_yuan_per_kw",
    "yuan/kWh": "_yuan_per_kwh",
    "yuan/MWh": "_yuan_per_mwh",
    "yuan/kW/month": "_yuan_per_kw_month",
    "yuan/kVA/month": "_yuan_per_kva_month",
    "yuan/(Gbit/s)/year": "_yuan_per_gbps_year",
    "million yuan": "_million_yuan",
    "million yuan/year": "_million_yuan_per_year",
    "kg CO2/kWh": "_kgco2_per_kwh",
    "kg CO2e": "_kgco2",
    "GWh/year": "_gwh",
    "L/kWh": "_l_per_kwh",
    "tokens": "_tokens",
    "tokens/s": "_tokens_per_s",
    "day": "_days",
}


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_keys_and_names(table: Table) -> None:
    names = table.column_names
    assert len(set(names)) == len(names)
    assert table.key
    for name in table.key:
        # A key that may be empty would not tell rows apart.
        assert table.column(name).required, name
    assert table.name == table.name.lower()
    assert _HAN.search(table.meaning.zh)
    assert table.meaning.en


@pytest.mark.parametrize(("table", "column"), _COLUMNS, ids=_NAMES)
def test_column_says_what_it_holds(table: Table, column: Column) -> None:
    assert re.fullmatch("[a-z][a-z0-9_]*", column.name)
    assert column.meaning.en
    assert _HAN.search(column.meaning.zh)
    numeric = column.kind in {"number", "integer"}
    assert bool(column.unit) == numeric
    if not numeric:
        assert column.minimum is None
        assert column.maximum is None
    if column.minimum is not None and column.maximum is not None:
        assert column.minimum < column.maximum
    if column.allowed or column.refers_to:
        assert column.kind == "text"
    if column.refers_to:
        target = TABLES[column.refers_to]
        assert len(target.key) == 1
        assert target.column(target.key[0]).kind == "text"
    if end := _ENDS.get(column.unit):
        assert column.name.endswith(end), (table.name, column.name, column.unit)


def test_every_data_table_carries_its_provenance() -> None:
    for table in TABLES.values():
        if table.has_provenance:
            assert table.all_columns[-len(PROVENANCE) :] == PROVENANCE
    without = {name for name, table in TABLES.items() if not table.has_provenance}
    assert without == {"times", "pins", "provenance", "sources"}
    assert CONFIDENCE_GRADES == ("confirmed", "secondary", "estimate", "assumption")


def test_tables_are_found_by_name() -> None:
    assert [table_named(name).name for name in TABLES] == list(TABLES)
    with pytest.raises(KeyError):
        table_named("weather")
    with pytest.raises(KeyError, match=r"sites\.colour"):
        table_named("sites").column("colour")
