"""A linear program that stays in the solver and is edited between solves.

Changing a cost, a bound or a limit and solving again from the last basis is many times faster
than handing the matrix over again. Only the LP relaxation is kept this way.

A model with hours that follow from its plan is solved in parts (:mod:`optimizer.solve.decompose`):
the plan is solved with the cuts known so far, the hours of every site at a point between that
plan and the best one so far (which halves the number of rounds), and their cuts are added, until
the best plan is within the tolerance of the bound.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray

from optimizer.errors import SolverError
from optimizer.labels import Text
from optimizer.model.assembly import Cut, LinearModel
from optimizer.solve.conclude import concluded
from optimizer.solve.decompose import Hours, Split, is_split, split
from optimizer.solve.highs import pass_arrays

Floats = NDArray[np.float64]

EXACT: Final = 1e-9
"""Part of the objective that counts as nothing."""

BETWEEN: Final = 0.5
"""Where the hours are solved: this part of the way from the best plan to the newest."""

NEARLY: Final = 5e-6
"""Part of the objective that studies of a large program in parts leave open."""

SMALL: Final = 20_000
"""Columns below which every program in parts is solved to the last digit."""

DUAL: Final = 1
PRIMAL: Final = 4
"""The simplex methods of HiGHS by number: after new limits and after new costs."""

HINT: Final = 1e-6
"""How much a yuan of cost counts beside an objective that is not cost, to choose among optima."""

MOST_ROUNDS: Final = 2000
"""Rounds after which an LP in parts is given up."""

_IMPOSSIBLE: Final = frozenset(
    {highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible}
)


@dataclass(frozen=True, slots=True)
class LinearPoint:
    """A vertex of a linear program.

    Parameters
    ----------
    objective
        Value of the current objective.
    bound
        Proved lower bound: the objective, but for a program in parts with a tolerance.
    values
        ``(n,)`` of the columns.
    row_duals, column_duals
        ``(m,)`` and ``(n,)`` change of the objective with a limit.
    """

    objective: float
    bound: float
    values: Floats
    row_duals: Floats
    column_duals: Floats


class LivingModel:
    """The LP relaxation of a model, kept in HiGHS.

    Parameters
    ----------
    model
        The linear model; its integrality is left out.
    open_share
        Part of the objective that a program in parts may leave open; its bound stays proved.
    stop
        Asked before every round of a program in parts: whether time is up.

    Examples
    --------
    >>> from optimizer.inputs.case import read_case
    >>> from optimizer.model.build import build_model
    >>> living = LivingModel(build_model(read_case("tiny"))[0])
    >>> living.solve().objective == living.solve().objective
    True
    """

    def __init__(
        self,
        model: LinearModel,
        *,
        open_share: float = 0.0,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._model = model
        self._parts = _Parts(model, open_share, stop) if is_split(model) else None
        self._highs = _loaded(self._parts.split.master if self._parts else model)
        if self._parts is not None:
            self._parts.start(self._highs)

    def set_costs(self, cost: Floats) -> None:
        """Replace the whole objective; the hours keep theirs or have none."""
        if self._parts is not None:
            cost = self._parts.master_cost(cost)
        # The last point stays feasible: the primal simplex goes on from it.
        self._highs.setOptionValue("simplex_strategy", PRIMAL)
        columns = np.arange(len(cost), dtype=np.int32)
        self._highs.changeColsCost(len(columns), columns, cost)

    def set_row(self, row: int, lower: float, upper: float) -> None:
        """Replace the limits of one row of the plan."""
        if self._parts is not None:
            row = _place(self._parts.split.plan_rows, row)
        self._highs.setOptionValue("simplex_strategy", DUAL)
        self._highs.changeRowBounds(row, lower, upper)

    def set_column(self, column: int, lower: float, upper: float) -> None:
        """Replace the bounds of one column of the plan."""
        if self._parts is not None:
            column = _place(self._parts.split.plan_columns, column)
        self._highs.setOptionValue("simplex_strategy", DUAL)
        self._highs.changeColBounds(column, lower, upper)

    def solve(self) -> LinearPoint | None:
        """Solve from the last basis; ``None`` if no point meets the rows.

        Raises
        ------
        SolverError
            If the solver fails otherwise.
        """
        if self._parts is not None:
            return self._parts.solve(self._highs)
        return _solved(self._highs)


def _place(kept: NDArray[np.int64], number: int) -> int:
    """Return where a row or column of the whole model stands in the plan's."""
    place = int(np.searchsorted(kept, number))
    if place == len(kept) or kept[place] != number:
        raise ValueError(number)
    return place


def _loaded(model: LinearModel) -> Any:  # noqa: ANN401
    highspy.Highs.resetGlobalScheduler(True)
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    pass_arrays(solver, model, integer=False)
    return solver


def _solved(solver: Any) -> LinearPoint | None:  # noqa: ANN401
    status = concluded(solver)
    if status in _IMPOSSIBLE:
        return None
    if status != highspy.HighsModelStatus.kOptimal:
        raise SolverError(
            Text("the LP ended as {status}", "线性规划以 {status} 结束").filled(
                status=solver.modelStatusToString(status)
            )
        )
    solution = solver.getSolution()
    objective = float(solver.getInfo().objective_function_value)
    return LinearPoint(
        objective=objective,
        bound=objective,
        values=np.asarray(solution.col_value, dtype=float),
        row_duals=np.asarray(solution.row_dual, dtype=float),
        column_duals=np.asarray(solution.col_dual, dtype=float),
    )


def _same_point(one: LinearPoint | None, other: LinearPoint) -> bool:
    """Return whether a solver gave the same point twice."""
    return one is not None and bool(np.allclose(one.values, other.values, rtol=1e-12, atol=1e-12))


class _Best(NamedTuple):
    """The best plan so far: its cost, the master's columns, and those of the whole model."""

    cost: float
    plan: Floats
    whole: Floats


class _Parts:
    """The rounds between a plan and the hours of its sites."""

    def __init__(self, model: LinearModel, open_share: float, stop: Callable[[], bool]) -> None:
        self.split: Split = split(model)
        # Small programs are solved to the last digit.
        self._open_share = max(open_share, EXACT) if model.shape[1] >= SMALL else EXACT
        self._stop = stop
        self._hours = [Hours(part) for part in self.split.parts]
        self._cuts = model.cuts
        self._cost = self.split.master.cost
        self._full = np.zeros(self.split.whole[1])
        self._best: _Best | None = None

    def start(self, solver: Any) -> None:  # noqa: ANN401
        """Bound the hours' costs from below and add the cuts that are known."""
        least = self.split.least_costs(self._hours)
        for number, part in enumerate(self.split.parts):
            solver.changeColBounds(self.split.first_value + number, least[number], np.inf)
            for cut in self._cuts.setdefault(part.key, []):
                self._add(solver, cut, number)

    def master_cost(self, cost: Floats) -> Floats:
        """Return the objective of the master for one of the whole model."""
        hours = np.ones(len(cost), dtype=bool)
        hours[self.split.plan_columns] = False
        priced = bool(cost[hours].any())
        if priced and not np.allclose(cost[hours], self._hours_cost(hours), rtol=1e-12, atol=0.0):
            raise ValueError("hours keep their cost or have none")
        values = np.full(len(self.split.parts), float(priced))
        self._cost = np.concatenate([cost[self.split.plan_columns], values])
        return self._cost

    def _hours_cost(self, hours: NDArray[np.bool_]) -> Floats:
        cost = np.zeros(len(hours))
        for part in self.split.parts:
            cost[part.columns] = part.cost
        return cost[hours]

    def _add(self, solver: Any, cut: Cut, number: int) -> None:  # noqa: ANN401
        columns, values, limit = self.split.row_of_cut(cut, number)
        solver.addRow(limit, np.inf, len(columns), columns.astype(np.int32), values)

    def solve(self, solver: Any) -> LinearPoint | None:  # noqa: ANN401
        """Return the best plan with its hours."""
        self._best = None
        newest = self._first(solver)
        for _round in range(MOST_ROUNDS):
            if newest is None:
                return None
            if self._close(newest, self._tried(solver, newest)):
                assert self._best is not None
                return self._point(newest, self._best)
            solver.setOptionValue("simplex_strategy", DUAL)
            following = _solved(solver)
            if _same_point(following, newest):
                # What the point between taught is below the solver's tolerance.
                if self._close(newest, self._round(solver, newest.values, newest.values)):
                    assert self._best is not None
                    return self._point(newest, self._best)
                following = _solved(solver)
                if self._best is not None and _same_point(following, newest):
                    return self._point(newest, self._best)
            newest = following
        raise SolverError(Text("the hours of sites do not converge", "站点逐时子问题未能收敛"))

    def _tried(self, solver: Any, newest: LinearPoint) -> int:  # noqa: ANN401
        """Solve the hours on the way to the newest plan; return the cuts that taught anything."""
        if self._best is None or self.split.holds_cost:
            return self._round(solver, newest.values, newest.values)
        between = BETWEEN * newest.values + (1.0 - BETWEEN) * self._best.plan
        added = self._round(solver, between, newest.values)
        if not added and not self._close(newest, 1):
            # The point between taught nothing: look at the newest plan itself.
            added = self._round(solver, newest.values, newest.values)
        return added

    def _close(self, newest: LinearPoint, added: int) -> bool:
        """Return whether the best plan is near enough, or nothing is left to learn."""
        if self._best is None:
            return False
        target = self._open_share * max(1.0, abs(newest.bound))
        return self._best.cost - newest.bound <= target or not added or self._stop()

    def _first(self, solver: Any) -> LinearPoint | None:  # noqa: ANN401
        """Return the first plan: with cuts the optimum, without them one by estimated costs."""
        if not self._cost[self.split.first_value :].any():
            return self._cheap(solver)
        if any(self._cuts[part.key] for part in self.split.parts):
            return _solved(solver)
        columns = np.arange(len(self._cost), dtype=np.int32)
        estimate = self._cost + self.split.master.estimate
        solver.changeColsCost(len(columns), columns, estimate)
        guess = _solved(solver)
        solver.changeColsCost(len(columns), columns, self._cost)
        if guess is None:
            return None
        self._round(solver, guess.values, guess.values)
        return _solved(solver)

    def _cheap(self, solver: Any) -> LinearPoint | None:  # noqa: ANN401
        """Return an optimum without priced hours that costs little.

        Of the many optima that such an objective has, a dear one asks for hours that cannot be.
        """
        optimum = _solved(solver)
        if optimum is None:
            return None
        master = self.split.master
        columns = np.arange(len(self._cost), dtype=np.int32)
        hint = self._cost + HINT * (master.cost_terms_total() + master.estimate)
        solver.changeColsCost(len(columns), columns, hint)
        cheap = _solved(solver)
        solver.changeColsCost(len(columns), columns, self._cost)
        if cheap is None:
            return optimum
        return dataclasses.replace(optimum, values=cheap.values)

    def _round(
        self,
        solver: Any,  # noqa: ANN401
        plan: Floats,
        newest: Floats,
    ) -> int:
        """Solve all hours at a plan, keep it if it is the best, and return the cuts added."""
        first = self.split.first_value
        self._full[self.split.plan_columns] = plan[:first]
        cost, possible, added = float(self._cost[:first] @ plan[:first]), True, 0
        for number, hours in enumerate(self._hours):
            part = hours.part
            taken = self._full[part.link]
            cut, values = hours.solve(taken)
            columns, slopes, limit = self.split.row_of_cut(cut, number)
            if values is None:
                possible = False
            else:
                self._full[part.columns] = values
                cost += (cut.constant + float(cut.slopes @ taken)) * self._cost[first + number]
            if limit - float(slopes @ newest[columns]) > EXACT * max(1.0, abs(limit)):
                self._cuts[part.key].append(cut)
                self._add(solver, cut, number)
                added += 1
        if self.split.holds_cost and added:
            possible = False  # the hours cost more than the plan says: the row may not hold
        if possible and (self._best is None or cost < self._best.cost):
            self._best = _Best(cost, plan, self._full.copy())
        return added

    def _point(self, newest: LinearPoint, best: _Best) -> LinearPoint:
        rows, columns = self.split.whole
        row_duals, column_duals = np.zeros(rows), np.zeros(columns)
        row_duals[self.split.plan_rows] = newest.row_duals[: len(self.split.plan_rows)]
        column_duals[self.split.plan_columns] = newest.column_duals[: self.split.first_value]
        bound = min(newest.bound, best.cost)
        return LinearPoint(best.cost, bound, best.whole, row_duals, column_duals)
