"""Solved cases shared by the tests of plans, studies and analyses, and edits of their tables.

Every case is solved once in a test run. ``every_block`` is a case of these tests in which every
block of the formulation does something: modules, upgrades, leases, contracts, supply steps, a
soft policy row that is broken, demand out of reach and a training run that is left out.
``several_sites`` is the same with one more training run, which is too large for any one site.
``hours`` has own generation, batteries, batch work that moves and metered demand.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.errors import EastwestError
from optimizer.inputs.assemble import AssembledTables, assemble, case_folder
from optimizer.inputs.case import Case, checked_case
from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model
from optimizer.model.index import Sets
from optimizer.plan.hour_tables import HOUR_TABLES
from optimizer.plan.plan import Plan, make_plan
from optimizer.plan.verify import verify_plan
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.solve.stage import Solved
from optimizer.tables.frames import TypedTable

TINY = "tiny"
EVERY_BLOCK = str(Path(__file__).resolve().parent / "cases" / "every_block")
SEVERAL_SITES = str(Path(__file__).resolve().parent / "cases" / "several_sites")
HOURS = str(Path(__file__).resolve().parent / "cases" / "hours")
CASES = {
    "tiny": TINY,
    "every_block": EVERY_BLOCK,
    "several_sites": SEVERAL_SITES,
    "hours": HOURS,
}

Tables = Mapping[str, TypedTable]
TableEdit = Callable[[dict[str, TypedTable]], None]


@dataclasses.dataclass(frozen=True, slots=True)
class SolvedCase:
    """A case with its model, its solution and its plan."""

    case: Case
    model: LinearModel
    sets: Sets
    solved: Solved
    plan: Plan

    @property
    def point(self) -> NDArray[np.float64]:
        """Return the value of every column."""
        point = self.solved.values
        assert point is not None
        return point


@functools.cache
def solved_case(name: str, *, relaxed: bool = False) -> SolvedCase:
    """Return a case of :data:`CASES`, solved to the end: the search leaves no choice of plan."""
    return solve(edited_case(name), SolveOptions(gap_location=1e-7, relaxed=relaxed))


def plan_with(table: str) -> SolvedCase:
    """Return a solved case whose plan has rows in a table."""
    if table in {of_hours.name for of_hours in HOUR_TABLES}:
        return solved_case("hours")
    return solved_case("several_sites" if table.startswith("split_") else "every_block")


def solve(case: Case, options: SolveOptions) -> SolvedCase:
    """Return a case, solved."""
    model, sets = build_model(case)
    solved = solve_model(model, options)
    return SolvedCase(case, model, sets, solved, make_plan(case, solved.solution))


@functools.cache
def assembled_case(name: str) -> AssembledTables:
    """Return the tables of a case of :data:`CASES` as read."""
    return assemble(case_folder(CASES[name]))


def edited_case(name: str, *edits: TableEdit) -> Case:
    """Return a case of :data:`CASES` with its tables edited before they are checked."""
    assembled = assembled_case(name)
    tables = dict(assembled.tables)
    for edit in edits:
        edit(tables)
    return checked_case(dataclasses.replace(assembled, tables=tables))


def with_cell(table: TypedTable, column: str, value: object, **where: object) -> TypedTable:
    """Return an input table with one column changed in the rows that ``where`` names."""
    frame = table.frame.copy()
    chosen = np.flatnonzero(rows_where(frame, **where))
    assert len(chosen), (table.table.name, where)
    before = frame[column].iloc[chosen].tolist()
    cells: list[Any] = frame[column].tolist()
    for row in chosen.tolist():
        cells[row] = value
    frame[column] = cells
    assert frame[column].iloc[chosen].tolist() != before, (table.table.name, column, value)
    return dataclasses.replace(table, frame=frame)


def cell(table: str, column: str, value: object, **where: object) -> TableEdit:
    """Return the edit that sets one column of an input table where other columns agree."""

    def edit(tables: dict[str, TypedTable]) -> None:
        tables[table] = with_cell(tables[table], column, value, **where)

    return edit


def scaled(table: str, column: str, factor: float, **where: object) -> TableEdit:
    """Return the edit that multiplies one column of an input table where other columns agree."""

    def edit(tables: dict[str, TypedTable]) -> None:
        frame = tables[table].frame.copy()
        chosen = rows_where(frame, **where)
        frame[column] = frame[column].astype(float).where(~chosen, frame[column] * factor)
        tables[table] = dataclasses.replace(tables[table], frame=frame)

    return edit


def without(table: str, **where: object) -> TableEdit:
    """Return the edit that leaves out the rows of an input table where other columns agree."""

    def edit(tables: dict[str, TypedTable]) -> None:
        gone = rows_where(tables[table].frame, **where)
        assert gone.any(), (table, where)
        tables[table] = tables[table].take(np.flatnonzero(~gone))

    return edit


def rows_where(frame: pd.DataFrame, **where: object) -> NDArray[np.bool_]:
    """Return which rows of a frame hold all the given values."""
    chosen = np.ones(len(frame), dtype=bool)
    for name, value in where.items():
        chosen &= np.array([entry == value for entry in frame[name].tolist()], dtype=bool)
    return chosen


def with_table(plan: Plan, name: str, frame: pd.DataFrame) -> Plan:
    """Return a plan with one of its tables replaced."""
    return dataclasses.replace(plan, tables=MappingProxyType({**plan.tables, name: frame}))


def with_value(plan: Plan, table: str, row: int, column: str, value: object) -> Plan:
    """Return a plan with one cell of one of its tables replaced."""
    frame = plan.tables[table].copy()
    cells = frame[column].tolist()
    assert cells[row] != value, (table, row, column, value)
    cells[row] = value
    frame[column] = cells
    return with_table(plan, table, frame)


def refused(case: Case, plan: Plan) -> bool:
    """Return whether the verifier refuses a plan, by violations or by an error that it names."""
    try:
        return not verify_plan(case, plan).passed
    except EastwestError:
        return True
