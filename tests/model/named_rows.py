"""Reads a linear model by readable names of its columns and rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest

from optimizer.inputs.case import Case, read_case
from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model
from tests.model.golden import column_names, entry_names
from tests.model.golden_cases import HAND
from tests.model.hours_case import hours_case

INFINITY = float("inf")


@dataclass(frozen=True)
class Named:
    """A model whose columns and rows are read by name."""

    case: Case
    model: LinearModel
    columns: dict[str, int]
    rows: dict[str, int]

    def terms(self, row: str) -> dict[str, float]:
        number = self.rows[row]
        names = list(self.columns)
        entries = range(self.model.row_start[number], self.model.row_start[number + 1])
        return {names[self.model.column_of[k]]: float(self.model.value[k]) for k in entries}

    def limits(self, row: str) -> tuple[float, float]:
        number = self.rows[row]
        return float(self.model.row_lower[number]), float(self.model.row_upper[number])

    def bounds(self, column: str) -> tuple[float, float]:
        number = self.columns[column]
        return float(self.model.lower[number]), float(self.model.upper[number])

    def cost(self, column: str) -> float:
        return float(self.model.cost[self.columns[column]])

    def integer(self, column: str) -> bool:
        return bool(self.model.integer[self.columns[column]])

    def named(self, block: str) -> set[str]:
        return {name for name in (*self.columns, *self.rows) if name.startswith(f"{block}[")}


@cache
def hand_case() -> Named:
    """Return the model of the hand case."""
    return _named(read_case(HAND))


@cache
def hours_model() -> Named:
    """Return the model of the case by the hour."""
    return _named(hours_case())


def _named(case: Case) -> Named:
    model, _sets = build_model(case)
    rows = [name for block in model.rows.values() for name in entry_names(case, block)]
    return Named(
        case,
        model,
        {name: number for number, name in enumerate(column_names(case, model))},
        {name: number for number, name in enumerate(rows)},
    )


def check(
    named: Named,
    row: str,
    terms: dict[str, float],
    lower: float = -INFINITY,
    upper: float = INFINITY,
) -> None:
    assert named.terms(row) == pytest.approx(terms, rel=1e-12)
    assert named.limits(row) == pytest.approx((lower, upper), rel=1e-12)
