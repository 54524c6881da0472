"""Solve a linear model: the least work left undone, then each objective, those before it held.

:mod:`optimizer.solve.undone` searches the first objective among the plans that leave the least
work undone, :mod:`optimizer.solve.stage` every further one.

Where the last objective is not cost, the integers stay and the cheapest of the points that keep
the value of every other objective is taken: what the objective leaves open costs nothing more.
"""

from __future__ import annotations

import dataclasses
import time

import numpy as np
from numpy.typing import NDArray

from optimizer.model.assembly import LinearModel
from optimizer.model.objectives import (
    COST,
    FACILITY,
    HELD_ROUNDING,
    OBJECTIVES,
    Objective,
    holding_purchases,
    objectives_of,
)
from optimizer.plan.raw_solution import ObjectiveValue, Status
from optimizer.solve.one_way import one_way
from optimizer.solve.options import SolveOptions
from optimizer.solve.parts import open_share, relax, settled
from optimizer.solve.solvers import check_solver
from optimizer.solve.stage import (
    Solved,
    location_cost,
    part_of_time,
    point_of,
    relaxed_for,
    say,
    search_for,
    solved_columns,
)
from optimizer.solve.undone import earlier_point, serving_first


def solve_model(model: LinearModel, options: SolveOptions, log_file: str = "") -> Solved:
    """Solve a model of a case: unserved work first, then the objectives in their order.

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

    Raises
    ------
    UsageError
        If there is no such solver, objective or boundary.
    """
    check_solver(options.solver)
    objectives = objectives_of(options.objective, options.boundary)
    began = time.perf_counter()
    ahead = len(objectives)
    base: Solved | None = None
    if options.boundary == FACILITY:
        part = part_of_time(options, began, ahead + 1)
        base = serving_first(model, OBJECTIVES[COST], part, began, log_file)
        if base.values is None:
            return base
        model = holding_purchases(model, base.values)
    part = part_of_time(options, began, ahead)
    found = [serving_first(model, objectives[0], part, began, log_file)]
    for number, objective in enumerate(objectives[1:], start=1):
        if found[-1].values is None:
            break
        part = part_of_time(options, began, ahead - number)
        found.append(_next(objectives[number - 1], objective, found[-1], part, began, log_file))
    if found[-1].values is None:
        return found[-1]
    return _assembled(objectives, found, base, options)


def _next(  # noqa: PLR0917 - each call names one stage of the search in full
    before: Objective,
    objective: Objective,
    found: Solved,
    options: SolveOptions,
    began: float,
    log_file: str,
) -> Solved:
    """Return the best point of an objective among those that hold the one before it."""
    assert found.values is not None
    limit = _held_limit(before.value(found.model, found.values), options)
    held = before.held(found.model, limit)
    unserved = found.solution.unserved_value
    say(options, "relaxation", began)
    relaxed = relaxed_for(objective.aimed(held), options)
    answer = search_for(held, objective, options, relaxed, unserved, began, log_file)
    if answer.values is None:
        answer = earlier_point(held, objective, found, answer, relaxed, unserved, options)
    return answer


def _held_limit(value: float, options: SolveOptions) -> float:
    return value + options.hold_tolerance * abs(value) + HELD_ROUNDING


def _assembled(
    objectives: tuple[Objective, ...],
    found: list[Solved],
    base: Solved | None,
    options: SolveOptions,
) -> Solved:
    """Return one answer of all objectives: its cost, the cost's bound, and each value."""
    last, point = found[-1], found[-1].values
    assert point is not None
    model = last.model
    if objectives[-1].name != COST:
        model, point = _cheapest(objectives, found, options)
    cost = float(model.cost @ point)
    if objectives == (OBJECTIVES[COST],):
        bound = last.solution.bound
    else:
        bound = min(cost, _cost_bound(objectives, found, model, point, options))
    values = tuple(
        ObjectiveValue(
            name=objective.name,
            boundary=objective.boundary,
            unit=objective.unit.en,
            value=objective.value(model, point),
            bound=min(answer.solution.bound, objective.value(model, point)),
            held=None
            if answer is last
            else _held_limit(objective.value(answer.model, point_of(answer)), options),
            recounted=location_cost(base.model, point_of(base))
            if base is not None and objective.boundary == FACILITY
            else None,
        )
        for objective, answer in zip(objectives, found, strict=True)
    )
    stages = found if base is None else [base, *found]
    proved = all(answer.solution.status is Status.OPTIMAL for answer in stages)
    solution = dataclasses.replace(
        last.solution,
        status=Status.OPTIMAL if proved else Status.FEASIBLE,
        columns=solved_columns(model, point),
        objective=cost,
        bound=bound,
        deterministic=all(answer.solution.deterministic for answer in stages),
        nodes=sum(answer.solution.nodes for answer in stages),
        stopped=next((item.solution.stopped for item in stages if item.solution.stopped), ""),
        options=options.recorded(),
        objectives=values,
    )
    return dataclasses.replace(last, solution=solution, model=model, values=point)


def _cheapest(
    objectives: tuple[Objective, ...], found: list[Solved], options: SolveOptions
) -> tuple[LinearModel, NDArray[np.float64]]:
    """Return the cost model that keeps the values of the other objectives, and its best point.

    The integers are those of the last answer.
    """
    point = point_of(found[-1])
    model = found[0].model
    for objective in objectives:
        if objective.name != COST:
            value = objective.value(model, point)
            model = objective.held(model, value + HELD_ROUNDING * (1.0 + abs(value)))
    linear = model
    if not options.relaxed:
        linear = settled(model, point)
    settings = dataclasses.replace(options, time_limit=None)
    cheapest = relax(linear, settings, open_share(options)).values
    if cheapest is None:
        return model, point
    if not options.relaxed:
        cheapest = one_way(model, options, cheapest)
    return model, np.clip(cheapest, model.lower, model.upper)


def _cost_bound(
    objectives: tuple[Objective, ...],
    found: list[Solved],
    model: LinearModel,
    point: NDArray[np.float64],
    options: SolveOptions,
) -> float:
    """Return a proved lower bound of the cost of plans that hold what stands before it."""
    for objective, answer in zip(objectives, found, strict=True):
        if objective.is_whole_cost:
            return answer.solution.bound
        if objective.name == COST:  # purchases are fixed, and so is what they cost
            whole = float(model.cost @ point)
            return answer.solution.bound + whole - objective.value(model, point)
    settings = dataclasses.replace(options, time_limit=None)
    return relax(model, settings, open_share(options)).bound
