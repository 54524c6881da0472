"""Reads the shipped tables as text for the tests of the pack."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pandas as pd

from optimizer.tables.registry import TABLES
from optimizer.tables.schema import Table

DATA = Path(__file__).resolve().parents[2] / "data"
SHIPPED = sorted(path.stem for path in DATA.glob("*.csv"))

CLUSTERS = {
    "zhangjiakou",
    "yangtze_demo",
    "wuhu",
    "shaoguan",
    "tianfu",
    "chongqing",
    "horinger",
    "guian",
    "qingyang",
    "zhongwei",
}


@cache
def text_table(name: str) -> pd.DataFrame:
    """Return a table as text; optional columns that the file leaves out are empty."""
    frame = pd.read_csv(DATA / f"{name}.csv", dtype=str, keep_default_na=False)
    for position, column in enumerate(TABLES[name].all_columns):
        if not column.required and column.name not in frame:
            frame.insert(position, column.name, "")
    return frame


@cache
def records(name: str) -> tuple[dict[str, str], ...]:
    return tuple(
        {str(column): str(cell) for column, cell in row.items()}
        for row in text_table(name).to_dict("records")
    )


def key_of(table: Table, row: dict[str, str]) -> str:
    return "|".join(row[column] for column in table.key)


@cache
def by_key(name: str) -> dict[str, dict[str, str]]:
    return {key_of(TABLES[name], row): row for row in records(name)}


@cache
def provenance() -> dict[tuple[str, str, str], dict[str, str]]:
    return {(row["table"], row["key"], row["column"]): row for row in records("provenance")}


def grade(table: str, row: dict[str, str], column: str) -> str:
    own = provenance().get((table, key_of(TABLES[table], row), column))
    return own["confidence"] if own else row["confidence"]


def graded_cells() -> Iterator[tuple[str, dict[str, str], str, str]]:
    """Yield table, row, column and grade of every filled numeric cell that is no key."""
    for name in SHIPPED:
        table = TABLES[name]
        if not table.has_provenance:
            continue
        numeric = [
            column.name
            for column in table.columns
            if column.kind in {"number", "integer"} and column.name not in table.key
        ]
        for row in records(name):
            for column in numeric:
                if row[column]:
                    yield name, row, column, grade(name, row, column)


def number(name: str, column: str, **key: str) -> float:
    definition = TABLES[name].key
    wanted = "|".join(key[part] for part in definition)
    return float(by_key(name)[wanted][column])
