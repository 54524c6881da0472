"""Plans with a row too few, a row twice, or a row of something that is not in the case."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from optimizer.plan.result_tables import RESULT_TABLES
from optimizer.plan.verify import verify_plan
from optimizer.solve.options import SolveOptions
from tests.plan.solved_cases import (
    SolvedCase,
    edited_case,
    plan_with,
    refused,
    solve,
    with_table,
    with_value,
    without,
)

# Every hour is alike: the first and the last of them stand for all.
ENDS_ONLY = {"energy_by_hour"}
# A row without anything in it may be left out.
AMOUNT = {
    "placements": "share",
    "unserved": "share",
    "service_accelerators": "busy_accelerators",
    "runs": "runs",
    "unplaced": "runs",
    "backups": "share",
    "backup_accelerators": "busy_accelerators",
    "loads": "mean_mw",
    "contracts": "energy_gwh",
    "costs": "million_yuan",
}


def passes_without(solved: SolvedCase, table: str, row: int) -> bool:
    frame = solved.plan.tables[table]
    shorter = frame.drop(index=row).reset_index(drop=True)
    return not refused(solved.case, with_table(solved.plan, table, shorter))


def rows_that_matter(frame: pd.DataFrame, table: str) -> list[int]:
    rows = list(range(len(frame)))
    if table in ENDS_ONLY:
        return [rows[0], rows[-1]]
    if table in AMOUNT:
        amount = frame[AMOUNT[table]].abs().to_numpy(dtype=float)
        rows = [int(row) for row in np.flatnonzero(amount > 1e-5)]
    # Of many rows the first, the last and one between.
    return rows if len(rows) <= 3 else [rows[0], rows[len(rows) // 2], rows[-1]]


@pytest.mark.parametrize("table", sorted(RESULT_TABLES))
def test_a_row_left_out_is_found(table: str) -> None:
    solved = plan_with(table)
    rows = rows_that_matter(solved.plan.tables[table], table)
    assert rows
    missed = [row for row in rows if passes_without(solved, table, row)]
    assert missed == []


def test_a_fleet_that_is_forgotten_is_found(every_block: SolvedCase) -> None:
    """A plan for the case without one fleet, which says nothing of it at all."""
    forgetful = edited_case("every_block", without("fleet", site="east_metro"))
    plan = solve(forgetful, SolveOptions(relaxed=True)).plan
    assert verify_plan(forgetful, plan).passed
    violations = verify_plan(every_block.case, plan).violations
    assert ("fleet", "east_metro|old_card") in {(found.rule, found.place) for found in violations}


@pytest.mark.parametrize("table", sorted(RESULT_TABLES))
def test_a_row_written_twice_is_found(table: str) -> None:
    solved = plan_with(table)
    frame = solved.plan.tables[table]
    row = rows_that_matter(frame, table)[0]
    twice = pd.concat([frame, frame.iloc[[row]]], ignore_index=True)
    plan = with_table(solved.plan, table, twice)
    assert refused(solved.case, plan)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("placements", "region"),
        ("placements", "service"),
        ("placements", "site"),
        ("unserved", "region"),
        ("unserved", "service"),
        ("served_tiers", "region"),
        ("served_tiers", "service"),
        ("served_tiers", "tier"),
        ("releases", "service"),
        ("releases", "tier"),
        ("service_accelerators", "service"),
        ("service_accelerators", "site"),
        ("service_accelerators", "accelerator"),
        ("runs", "job"),
        ("runs", "site"),
        ("runs", "accelerator"),
        ("split_runs", "job"),
        ("split_runs", "configuration"),
        ("split_runs", "accelerator"),
        ("split_parts", "job"),
        ("split_parts", "configuration"),
        ("split_parts", "site"),
        ("unplaced", "job"),
        ("accelerators", "site"),
        ("accelerators", "accelerator"),
        ("backups", "region"),
        ("backups", "service"),
        ("backups", "site"),
        ("backups", "backup_site"),
        ("backup_accelerators", "failure"),
        ("backup_accelerators", "service"),
        ("backup_accelerators", "site"),
        ("backup_accelerators", "accelerator"),
        ("failures", "failure"),
        ("failures", "site"),
        ("failures", "accelerator"),
        ("builds", "site"),
        ("builds", "module"),
        ("loads", "site"),
        ("loads", "profile"),
        ("loads", "module"),
        ("energy_by_hour", "site"),
        ("energy_by_hour", "typical_day"),
        ("links", "link"),
        ("contracts", "contract"),
        ("contracts", "site"),
        ("ledgers", "site"),
        ("costs", "term"),
        ("policies", "policy"),
    ],
)
def test_a_code_that_is_not_in_the_case_is_found(table: str, column: str) -> None:
    solved = plan_with(table)
    frame = solved.plan.tables[table]
    row = rows_that_matter(frame, table)[0]
    plan = with_value(solved.plan, table, row, column, "unheard_of")
    assert refused(solved.case, plan)


@pytest.mark.parametrize(("row", "hour"), [(0, 24), (23, 99), (5, 4)])
def test_an_hour_that_does_not_exist_or_exists_twice_is_found(
    every_block: SolvedCase, row: int, hour: int
) -> None:
    plan = with_value(every_block.plan, "energy_by_hour", row, "hour", hour)
    assert refused(every_block.case, plan)
