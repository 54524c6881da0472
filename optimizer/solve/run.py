"""Solve a linear model: relaxation, search, polish, and an honest status.

1. The LP relaxation gives the location-dependent cost that the asked gap refers to.
2. The search stops at that gap in million yuan, at the time limit, or at Ctrl-C.
3. The integers of the best point are rounded and fixed and the LP is solved again: the
   result is an exact vertex. :mod:`optimizer.solve.prices` solves that LP once more for prices.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.model.assembly import LinearModel
from optimizer.model.build import holding_unserved, serving_everything, serving_most
from optimizer.plan.raw_solution import RawSolution, SolvedColumns, Status
from optimizer.solve.coarse import search
from optimizer.solve.options import Progress, SolveOptions
from optimizer.solve.parts import in_parts, open_share, relax, search_parts, settled
from optimizer.solve.solvers import (
    SolverAnswer,
    check_solver,
    solver_version,
)
from optimizer.solve.status import status_of

GAP_MARGIN = 0.95
"""Part of the asked gap given to the search; the rest absorbs that it is measured on the plan."""

FIRST_STAGE_TIME = 0.5
"""Part of the time left that finding the least work left undone may use."""


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


def solve_model(model: LinearModel, options: SolveOptions, log_file: str = "") -> Solved:
    """Solve a model of a case: unserved work first, cost second.

    Parameters
    ----------
    model
        Model as built.
    options
        Options of the solve.
    log_file
        File for the solver's log.

    Returns
    -------
    Solved
        Solution, model and point.
    """
    check_solver(options.solver)
    began = time.perf_counter()
    _say(options, "relaxation", began)
    everything = serving_everything(model)
    relaxed = _relaxed(everything, options)
    if relaxed.values is not None:
        solved = _search(everything, options, relaxed, 0.0, began, log_file)
        if solved.solution.status is not Status.INFEASIBLE:
            return solved
    # Not everything can be served: first as much value as possible, then cost.
    _say(options, "serving most", began)
    half = options
    if options.time_limit is not None:
        spent = time.perf_counter() - began
        half = dataclasses.replace(
            options, time_limit=spent + FIRST_STAGE_TIME * max(0.0, options.time_limit - spent)
        )
    first = _search(serving_most(model), half, None, 0.0, began, log_file)
    if first.values is None:
        return first
    unserved = float(model.unserved_value @ first.values)
    held = holding_unserved(model, unserved)
    relaxed = _relaxed(held, options)
    second = _search(held, options, relaxed, unserved, began, log_file)
    if second.solution.status is Status.INFEASIBLE or second.values is None:
        second = _first_stage_plan(held, first, second, relaxed, unserved)
    return _after_first_stage(first, second)


def _first_stage_plan(
    held: LinearModel, first: Solved, second: Solved, relaxed: SolverAnswer, unserved: float
) -> Solved:
    """Return the first stage's point as a plan, when no time was left to make it cheaper."""
    assert first.values is not None
    objective = float(held.cost @ first.values)
    solution = dataclasses.replace(
        second.solution,
        status=Status.FEASIBLE,
        columns=first.solution.columns,
        objective=objective,
        bound=min(relaxed.bound, objective),
        unserved_value=unserved,
    )
    return dataclasses.replace(second, solution=solution, model=held, values=first.values)


def _after_first_stage(first: Solved, second: Solved) -> Solved:
    """Return the second stage's answer, no surer than the first stage it rests on."""
    status, stopped = second.solution.status, second.solution.stopped or first.solution.stopped
    if status is Status.OPTIMAL and first.solution.status is not Status.OPTIMAL:
        status = Status.FEASIBLE
    solution = dataclasses.replace(
        second.solution,
        status=status,
        stopped=stopped,
        deterministic=second.solution.deterministic and first.solution.deterministic,
        nodes=second.solution.nodes + first.solution.nodes,
    )
    return dataclasses.replace(second, solution=solution)


def _relaxed(model: LinearModel, options: SolveOptions) -> SolverAnswer:
    """Return the LP relaxation: to the last digit if it is asked for, near it before a search."""
    return relax(model, options, options.open_share if options.relaxed else open_share(options))


def _say(options: SolveOptions, phase: str, began: float) -> None:
    if options.progress is not None:
        options.progress(Progress(phase, time.perf_counter() - began, np.inf, -np.inf))


def _search(  # noqa: PLR0917 - each call names one stage of the search in full
    model: LinearModel,
    options: SolveOptions,
    relaxed: SolverAnswer | None,
    unserved: float,
    began: float,
    log_file: str,
) -> Solved:
    """Run the search on one model and polish its point."""
    if relaxed is not None and relaxed.values is not None:
        gap_abs = options.gap_location * location_cost(model, relaxed.values)
    else:
        gap_abs = 1e-6
    if options.relaxed and relaxed is not None:
        answer = relaxed
    else:
        left = options
        if options.time_limit is not None:
            used = time.perf_counter() - began
            left = dataclasses.replace(options, time_limit=max(0.1, options.time_limit - used))
        searching = search_parts if in_parts(model, options) else search
        answer = searching(model, left, gap_abs * GAP_MARGIN, log_file)
    values = answer.values
    if values is not None and not options.relaxed:
        _say(options, "polish", began)
        # A search in parts has settled its point already, with the hours that go with it.
        if not in_parts(model, options):
            values = _polished(model, options, values)
    if values is not None:
        # Bounds hold exactly; a solver's point may leave them by its tolerance.
        values = np.clip(values, model.lower, model.upper)
    objective = float(model.cost @ values) if values is not None else np.inf
    asked = gap_abs
    if values is not None:
        asked = max(options.gap_location * location_cost(model, values), 1e-6)
    status = status_of(
        answer.status,
        has_point=values is not None,
        gap=objective - answer.bound,
        asked_gap=asked,
    )
    columns = {}
    if values is not None:
        columns = {
            name: SolvedColumns(
                block.index, values[block.slice], block.unit, block.kind, block.period
            )
            for name, block in model.columns.items()
        }
    solution = RawSolution(
        status=status,
        columns=columns,
        objective=objective,
        bound=min(answer.bound, objective),
        unserved_value=unserved,
        deterministic=answer.stopped == "",
        seconds=time.perf_counter() - began,
        solver=options.solver,
        solver_version=solver_version(options.solver),
        options=options.recorded(),
        nodes=answer.nodes,
        stopped=answer.stopped,
    )
    return Solved(solution, model, values, answer.fill_seconds)


def _polished(
    model: LinearModel, options: SolveOptions, values: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Return the vertex of the LP with the integers fixed.

    The search's own point is within the solver's integer tolerance only; it is given up (no
    plan) if no exact point stands behind it.
    """
    settings = dataclasses.replace(options, time_limit=None)
    return relax(settled(model, values), settings).values
