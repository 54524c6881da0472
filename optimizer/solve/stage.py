"""One search: the best point of one objective, polished, with an honest status.

1. The LP relaxation gives the location-dependent cost that the asked gap refers to.
2. The search stops at that gap in million yuan, at the time limit, or at Ctrl-C.
3. The integers of the best point are rounded and fixed and the LP is solved again: the
   result is an exact vertex, its batteries put right by :mod:`optimizer.solve.one_way`.
   :mod:`optimizer.solve.prices` solves that LP once more for prices.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.model.assembly import LinearModel
from optimizer.model.objectives import COST, Objective
from optimizer.plan.raw_solution import RawSolution, SolvedColumns
from optimizer.solve.coarse import search
from optimizer.solve.one_way import one_way
from optimizer.solve.options import Progress, SolveOptions
from optimizer.solve.parts import in_parts, open_share, relax, search_parts, settled
from optimizer.solve.solvers import SolverAnswer, solver_version
from optimizer.solve.status import status_of

GAP_MARGIN = 0.95
"""Part of the asked gap given to the search; the rest absorbs that it is measured on the plan."""

LEAST_GAP = 1e-6
"""Gap below which no search is asked to go, in million yuan or the unit of its objective."""


@dataclass(frozen=True, slots=True)
class Solved:
    """A raw solution with the model and point it came from.

    Parameters
    ----------
    solution
        The raw solution.
    model
        The model whose objective is the cost, with the first stage's result held.
    values
        ``(n,)`` the point, or ``None``.
    fill_seconds
        Time to fill the PuLP problem of the search and hand it over.
    """

    solution: RawSolution
    model: LinearModel
    values: NDArray[np.float64] | None
    fill_seconds: float


def location_cost(model: LinearModel, values: NDArray[np.float64]) -> float:
    """Return the cost in million yuan that depends on places: all but the accelerators."""
    total = float(model.cost @ values)
    accelerators = model.cost_terms.get("accelerators")
    return total if accelerators is None else total - float(accelerators @ values)


def point_of(answer: Solved) -> NDArray[np.float64]:
    """Return the point ``(n,)`` of an answer that has one."""
    assert answer.values is not None
    return answer.values


def part_of_time(options: SolveOptions, began: float, searches: int) -> SolveOptions:
    """Return the options with what is left of the time shared by some searches."""
    if options.time_limit is None or searches == 1:
        return options
    spent = time.perf_counter() - began
    left = max(0.0, options.time_limit - spent)
    return dataclasses.replace(options, time_limit=spent + left / searches)


def left_of(options: SolveOptions, began: float) -> SolveOptions:
    """Return the options with what is left of the time."""
    if options.time_limit is None:
        return options
    used = time.perf_counter() - began
    return dataclasses.replace(options, time_limit=max(0.1, options.time_limit - used))


def say(options: SolveOptions, phase: str, began: float) -> None:
    """Tell which phase begins, to whoever wants to know."""
    if options.progress is not None:
        options.progress(Progress(phase, time.perf_counter() - began, np.inf, -np.inf))


def relaxed_for(model: LinearModel, options: SolveOptions) -> SolverAnswer:
    """Return the LP relaxation: to the last digit if it is asked for, near it before a search."""
    return relax(model, options, options.open_share if options.relaxed else open_share(options))


def search_for(  # noqa: PLR0917 - each call names one stage of the search in full
    model: LinearModel,
    objective: Objective,
    options: SolveOptions,
    relaxed: SolverAnswer | None,
    unserved: float,
    began: float,
    log_file: str,
    gap_abs: float | None = None,
) -> Solved:
    """Run the search for one objective and polish its point; numbers are in its unit.

    The gap is that of the options, of what the objective measures, unless one is given.
    """
    options = _telling(options, objective)
    aimed = objective.aimed(model)
    given = gap_abs
    if gap_abs is None:
        gap_abs = asked_gap(
            model, objective, options, relaxed.values if relaxed is not None else None
        )
    if options.relaxed and relaxed is not None:
        answer = relaxed
    else:
        left = left_of(options, began)
        if in_parts(aimed, options):
            start = relaxed.values if relaxed is not None else None
            answer = search_parts(aimed, left, gap_abs * GAP_MARGIN, log_file, start)
        else:
            answer = search(aimed, left, gap_abs * GAP_MARGIN, log_file)
    values = answer.values
    if values is not None and not options.relaxed:
        say(options, "polish", began)
        # A search in parts has settled its point already, with the hours that go with it.
        if not in_parts(aimed, options):
            values = _polished(aimed, options, values)
    if values is not None and not options.relaxed:
        values = one_way(aimed, options, values)
    if values is not None:
        # Bounds hold exactly; a solver's point may leave them by its tolerance.
        values = np.clip(values, model.lower, model.upper)
    value = float(aimed.cost @ values) if values is not None else np.inf
    asked = gap_abs
    if given is None and values is not None:
        asked = asked_gap(model, objective, options, values)
    status = status_of(
        answer.status,
        has_point=values is not None,
        gap=value - answer.bound,
        asked_gap=asked,
    )
    solution = RawSolution(
        status=status,
        columns={} if values is None else solved_columns(model, values),
        objective=value,
        bound=min(answer.bound, value),
        unserved_value=unserved,
        deterministic=answer.stopped == "" and not answer.begun_again,
        seconds=time.perf_counter() - began,
        solver=options.solver,
        solver_version=solver_version(options.solver),
        options=options.recorded(),
        nodes=answer.nodes,
        stopped=answer.stopped,
    )
    return Solved(solution, model, values, answer.fill_seconds)


def asked_gap(
    model: LinearModel,
    objective: Objective,
    options: SolveOptions,
    values: NDArray[np.float64] | None,
) -> float:
    """Return the asked gap in the unit of an objective, near a point if there is one."""
    if values is None:
        return LEAST_GAP
    return max(options.gap_location * _size(model, objective, values), LEAST_GAP)


def _size(model: LinearModel, objective: Objective, values: NDArray[np.float64]) -> float:
    """Return what the asked gap of an objective is relative to."""
    if objective.is_whole_cost:
        return location_cost(model, values)
    return abs(objective.value(model, values))


def _telling(options: SolveOptions, objective: Objective) -> SolveOptions:
    """Return the options with progress told in the unit of an objective."""
    told = options.progress
    if told is None or objective.name == COST:
        return options

    def tell(progress: Progress) -> None:
        told(dataclasses.replace(progress, unit=objective.unit))

    return dataclasses.replace(options, progress=tell)


def solved_columns(model: LinearModel, values: NDArray[np.float64]) -> dict[str, SolvedColumns]:
    """Return a point by kinds of columns."""
    return {
        name: SolvedColumns(block.index, values[block.slice], block.unit, block.kind, block.period)
        for name, block in model.columns.items()
    }


def _polished(
    model: LinearModel, options: SolveOptions, values: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Return the vertex of the LP with the integers fixed.

    The search's own point is within the solver's integer tolerance only; it is given up (no
    plan) if no exact point stands behind it.
    """
    settings = dataclasses.replace(options, time_limit=None)
    return relax(settled(model, values), settings).values
