"""The teaching case and the hand case with some of their tables changed, without files."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.assemble import AssembledTables, assemble, case_folder
from optimizer.inputs.case import Case, checked_case
from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model
from optimizer.plan.raw_solution import RawSolution
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.solve.stage import Solved
from optimizer.tables.frames import TypedTable

HAND: Final = Path(__file__).resolve().parents[1] / "model" / "cases" / "hand"
NAMES: Final[Mapping[str, str | Path]] = {"tiny": "tiny", "hand": HAND}

Change = Callable[[pd.DataFrame], pd.DataFrame]


@cache
def tables_of(name: str) -> AssembledTables:
    """Return the tables of one of :data:`NAMES`, read once."""
    return assemble(case_folder(NAMES[name]))


def edited(name: str, changes: Mapping[str, Change] | None = None) -> Case:
    """Return a case with each table named put through its change."""
    base = tables_of(name)
    tables = dict(base.tables)
    for table, change in (changes or {}).items():
        frame = change(tables[table].frame.copy()).reset_index(drop=True)
        files = np.full(len(frame), f"{table}.csv", dtype=object)
        rows = np.arange(2, len(frame) + 2, dtype=np.int64)
        tables[table] = TypedTable(tables[table].table, frame, files, rows)
    return checked_case(dataclasses.replace(base, tables=tables))


@cache
def model_of(name: str) -> LinearModel:
    """Return the linear model of an unchanged case."""
    return build_model(edited(name))[0]


def solved(case: Case, options: SolveOptions) -> Solved:
    """Return the solution of a case."""
    return solve_model(build_model(case)[0], options)


def solved_values(plan: RawSolution, block: str) -> NDArray[np.float64]:
    """Return the values of a block of columns of a solution."""
    return plan.columns[block].values


def scaled(factors: Mapping[str, float], rows: str | None = None) -> Change:
    """Return a change that multiplies columns, in all rows or in those of a query."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        chosen = frame.index if rows is None else frame.query(rows).index
        for column, factor in factors.items():
            kind = frame[column].dtype
            values = frame[column].to_numpy(dtype=float, copy=True)
            values[chosen] *= factor
            frame[column] = np.round(values).astype(kind) if kind == np.int64 else values
        return frame

    return change


def with_cells(rows: str, **cells: float | str | bool) -> Change:
    """Return a change that sets cells of the rows of a query, which must be some."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        chosen = frame.query(rows).index
        assert len(chosen)
        for column, cell in cells.items():
            frame.loc[chosen, column] = cell
        return frame

    return change


def without(rows: str) -> Change:
    """Return a change that drops the rows of a query, which must be some."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        chosen = frame.query(rows).index
        assert len(chosen)
        return frame.drop(chosen)

    return change
