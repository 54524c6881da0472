"""The exact optimum of a small program: every choice of the whole columns, an LP for the rest.

Each LP's optimum is certified: the multipliers that SciPy returns are put into weak duality
with plain matrix products, so that a value counts only if no point of that LP can be lower.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from tests.oracle.raw_policies import write_program
from tests.oracle.raw_program import Key, Program

Floats = NDArray[np.float64]

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Optimum:
    """The best plan of all.

    Parameters
    ----------
    left_out, cost
        Value of work left out, minimised first, and yearly cost, both in million yuan.
    plan
        Value of every column.
    choices
        Choices of the whole columns that were examined, and those with any plan.
    """

    left_out: float
    cost: float
    plan: dict[Key, float]
    choices: tuple[int, int]


class Enumeration:
    """Arrays of a program with the whole columns apart."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.keys = list(program.columns)
        columns = list(program.columns.values())
        self.low = np.array([column.low for column in columns])
        self.high = np.array([column.high for column in columns])
        self.cost = np.array([column.cost for column in columns])
        self.value = np.array([column.value for column in columns])
        self.whole = np.array([column.whole for column in columns], dtype=bool)
        at = {key: number for number, key in enumerate(self.keys)}
        self.matrix = np.zeros((len(program.rows), len(columns)))
        for row, content in enumerate(program.rows):
            for key, value in content.terms.items():
                self.matrix[row, at[key]] = value
        self.row_low = np.array([row.low for row in program.rows])
        self.row_high = np.array([row.high for row in program.rows])
        rest = self.matrix[:, ~self.whole]
        self.only_whole = ~rest.any(axis=1)
        self.equal = ~self.only_whole & (self.row_low == self.row_high)
        self.above = ~self.only_whole & ~self.equal & np.isfinite(self.row_low)
        self.below = ~self.only_whole & ~self.equal & np.isfinite(self.row_high)
        self.inequalities = np.vstack([rest[self.below], -rest[self.above]])
        self.equations = rest[self.equal]

    def choices(self) -> Iterator[Floats]:
        """Yield every choice of the whole columns that meets the rows of whole columns alone."""
        own = self.matrix[np.ix_(self.only_whole, self.whole)]
        low = self.row_low[self.only_whole] - TOLERANCE
        high = self.row_high[self.only_whole] + TOLERANCE
        for choice in itertools.product(*self._groups()):
            chosen = np.array([value for part in choice for value in part])[self._order]
            sums = own @ chosen
            if (sums >= low).all() and (sums <= high).all():
                yield chosen

    def _groups(self) -> list[list[tuple[float, ...]]]:
        """Return the choices of each group of whole columns: a job, a demand, one column."""
        whole = [key for key in self.keys if self.program.columns[key].whole]
        members: dict[Key, list[Key]] = {}
        for key in whole:
            members.setdefault(self._group_of(key), []).append(key)
        order = [key for group in members.values() for key in group]
        self._order = np.array([order.index(key) for key in whole], dtype=int)
        groups = []
        for name, keys in members.items():
            ranges = [
                range(
                    math.ceil(self.program.columns[key].low),
                    math.floor(self.program.columns[key].high) + 1,
                )
                for key in keys
            ]
            every: Iterator[tuple[int, ...]] = itertools.product(*ranges)
            if name[0] == "job":
                count = self.program.columns["unplaced", name[1]].high
                every = (choice for choice in every if sum(choice) == count)
            elif name[0] == "demand":
                every = (choice for choice in every if sum(choice) <= 1)
            elif name[0] == "site":
                # A site is open if, and only if, something is built there.
                opened = keys.index(("opened", name[1]))
                every = (
                    choice
                    for choice in every
                    if choice[opened] == (sum(choice) - choice[opened] > 0)
                )
            groups.append([tuple(float(value) for value in choice) for choice in every])
        return groups

    def _group_of(self, key: Key) -> Key:
        kind = key[0]
        if kind == "unplaced":
            return ("job", key[1])
        if kind == "run":
            (job,) = {
                other[1]
                for row in self.program.rows
                if key in row.terms
                for other in row.terms
                if other[0] == "unplaced"
            }
            return ("job", job)
        if kind == "share":
            return ("demand", key[1], key[2])
        if kind in {"built", "opened"}:
            return ("site", key[1])
        return key

    def linear(
        self, chosen: Floats, cost: Floats, high: Floats, limit: tuple[Floats, float] | None = None
    ) -> tuple[float, Floats] | None:
        """Return the certified optimum of what is left once the whole columns are chosen.

        ``limit`` is a row ``(terms, most)`` held besides.
        """
        if (chosen > high[self.whole]).any():
            return None
        rest = ~self.whole
        moved = self.matrix[:, self.whole] @ chosen
        most = np.concatenate(
            [(self.row_high - moved)[self.below], -(self.row_low - moved)[self.above]]
        )
        inequalities = self.inequalities
        if limit is not None:
            terms, bound = limit
            inequalities = np.vstack([inequalities, terms[rest]])
            most = np.append(most, bound - terms[self.whole] @ chosen)
        found = Linear(
            cost[rest],
            inequalities,
            most,
            self.equations,
            (self.row_low - moved)[self.equal],
            self.low[rest],
            high[rest],
        ).certified()
        if found is None:
            return None
        point = np.empty(len(self.keys))
        point[self.whole], point[rest] = chosen, found
        return float(cost @ point), point


@dataclass(frozen=True)
class Linear:
    """Least ``cost x`` with ``inequalities x <= most``, ``equations x = exactly``, bounds."""

    cost: Floats
    inequalities: Floats
    most: Floats
    equations: Floats
    exactly: Floats
    low: Floats
    top: Floats

    def certified(self) -> Floats | None:
        """Return SciPy's best point once its multipliers have proved it, ``None`` if none is."""
        found = linprog(
            self.cost,
            A_ub=self.inequalities,
            b_ub=self.most,
            A_eq=self.equations,
            b_eq=self.exactly,
            bounds=list(zip(self.low.tolist(), self.top.tolist(), strict=True)),
            method="highs",
        )
        if found.status == 2:
            return None
        assert found.status == 0, found.message
        point = np.asarray(found.x, dtype=float)
        assert (self.inequalities @ point <= self.most + 1e-6).all()
        assert np.abs(self.equations @ point - self.exactly).max(initial=0.0) <= 1e-6
        assert (point >= self.low - 1e-6).all()
        assert (point <= self.top + 1e-6).all()
        value = float(self.cost @ point)
        bound = self._bound(np.asarray(found.ineqlin.marginals), np.asarray(found.eqlin.marginals))
        assert value - bound <= 1e-7 * (1.0 + abs(value))
        return point

    def _bound(self, of_inequalities: Floats, of_equations: Floats) -> float:
        """Return what the multipliers prove no point can be below."""
        of_inequalities = np.minimum(of_inequalities, 0.0)
        reduced = (
            self.cost - self.inequalities.T @ of_inequalities - self.equations.T @ of_equations
        )
        # The least of reduced * x over the bounds. A column without an upper bound that would
        # pay to grow proves nothing, so beyond rounding there may be none.
        endless = np.isinf(self.top)
        assert (reduced[endless] >= -1e-7).all()
        reduced = np.where(endless, np.maximum(reduced, 0.0), reduced)
        ends = np.where(reduced >= 0.0, self.low, np.where(endless, 0.0, self.top))
        return float(of_inequalities @ self.most + of_equations @ self.exactly + reduced @ ends)


def optimum(folder: Path, year: int = 2026) -> Optimum | None:
    """Return the exact optimum of the case in a folder, ``None`` if it has no plan at all."""
    task = Enumeration(write_program(folder, year))
    choices = list(task.choices())
    nothing_left = np.where(task.value > 0.0, 0.0, task.high)
    found = _best(task, choices, task.cost, nothing_left)
    if found is not None:
        return _result(task, 0.0, found, len(choices))
    first = _best(task, choices, task.value, task.high)
    if first is None:
        return None
    least = first[0]
    held = (task.value, least * (1 + 1e-9) + 1e-9)
    found = _best(task, choices, task.cost, task.high, held)
    assert found is not None
    return _result(task, least, found, len(choices))


def _result(
    task: Enumeration, left_out: float, found: tuple[float, Floats, int], choices: int
) -> Optimum:
    cost, point, feasible = found
    plan = dict(zip(task.keys, point.tolist(), strict=True))
    return Optimum(left_out, cost, plan, (choices, feasible))


def _best(
    task: Enumeration,
    choices: list[Floats],
    cost: Floats,
    high: Floats,
    held: tuple[Floats, float] | None = None,
) -> tuple[float, Floats, int] | None:
    best: tuple[float, Floats] | None = None
    feasible = 0
    for chosen in choices:
        found = task.linear(chosen, cost, high, held)
        if found is not None:
            feasible += 1
            if best is None or found[0] < best[0]:
                best = found
    return None if best is None else (*best, feasible)
