"""No cell of a plan is taken on trust: a wrong value in any column is found.

A table that is read by people or by other programs is a claim. Whatever the verifier does not
recompute could be wrong without a word.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from optimizer.plan.hour_tables import HOUR_TABLES
from optimizer.plan.queueing_tables import POOL_RESERVES, POOLS
from optimizer.plan.release_tables import RELEASE_TABLES
from optimizer.plan.reliability_tables import RELIABILITY_TABLES
from optimizer.plan.result_tables import (
    ACCELERATORS,
    BUILDS,
    CONTRACTS,
    COSTS,
    ENERGY_BY_HOUR,
    LEDGERS,
    LINKS,
    LOADS,
    PLACEMENTS,
    POLICIES,
    RUNS,
    SERVICE_ACCELERATORS,
    SITES,
    UNPLACED,
    UNSERVED,
)
from optimizer.plan.split_tables import SPLIT_PARTS, SPLIT_RUNS
from tests.plan.solved_cases import plan_with, refused, with_value

TABLES = (
    PLACEMENTS,
    UNSERVED,
    *RELEASE_TABLES,
    SERVICE_ACCELERATORS,
    RUNS,
    SPLIT_RUNS,
    SPLIT_PARTS,
    UNPLACED,
    ACCELERATORS,
    POOLS,
    POOL_RESERVES,
    *RELIABILITY_TABLES,
    *HOUR_TABLES,
    BUILDS,
    LOADS,
    ENERGY_BY_HOUR,
    LINKS,
    CONTRACTS,
    LEDGERS,
    COSTS,
    SITES,
    POLICIES,
)
COLUMNS = [(table.name, column.name) for table in TABLES for column in table.columns]
# Ledgers and sites are compared number by number, as the other values show.
NUMBERS = [
    (table.name, column.name)
    for table in TABLES
    if table not in {LEDGERS, SITES}
    for column in table.columns
    if column.kind in {"number", "integer"} and column.required
]


def row_and_other_value(frame: pd.DataFrame, column: str) -> tuple[int, object]:
    """Return the row of the largest number and another number, or another word for that row."""
    cells = frame[column]
    if cells.dtype == bool:
        return 0, not cells.iloc[0]
    by = cells if pd.api.types.is_numeric_dtype(cells) else frame[measure(frame)]
    row = int(np.nanargmax(by.to_numpy(dtype=float)))
    value = cells.tolist()[row]
    if isinstance(value, str):
        words = [word for word in cells.tolist() if word != value]
        return row, words[0] if words else "another"
    return row, value + 1 if isinstance(value, int) else value * 1.05 + 0.05


def measure(frame: pd.DataFrame) -> str:
    """Return the first column of numbers: a row with nothing in it may say what it likes."""
    return str(frame.select_dtypes("float").columns[0])


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_another_value_is_found(table: str, column: str) -> None:
    solved = plan_with(table)
    row, value = row_and_other_value(solved.plan.tables[table], column)
    assert refused(solved.case, with_value(solved.plan, table, row, column, value))


@pytest.mark.parametrize(("table", "column"), NUMBERS)
def test_no_number_at_all_is_found(table: str, column: str) -> None:
    solved = plan_with(table)
    row, _value = row_and_other_value(solved.plan.tables[table], column)
    assert refused(solved.case, with_value(solved.plan, table, row, column, math.nan))
