"""Solve a linear model: relaxation, search, polish, and an honest status.

Where not all work can be done, or the clock ends the search of a large program that serves
everything, the least value of what is left is searched first: to the last digit, or within the
asked gap by programs of :data:`~optimizer.model.build.LARGE` columns. Then, for each objective in
turn, those before it held:

1. The LP relaxation gives the location-dependent cost that the asked gap refers to.
2. The search stops at that gap in million yuan, at the time limit, or at Ctrl-C.
3. The integers of the best point are rounded and fixed and the LP is solved again: the
   result is an exact vertex, its batteries put right by :mod:`optimizer.solve.one_way`.
   :mod:`optimizer.solve.prices` solves that LP once more for prices.

Where the last objective is not cost, the integers stay and the cheapest of the points that keep
the value of every other objective is taken: what the objective leaves open costs nothing more.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.model.assembly import LinearModel
from optimizer.model.build import (
    LARGE,
    holding_unserved,
    leaving_at_most,
    serving_everything,
    serving_most,
)
from optimizer.model.objectives import (
    COST,
    FACILITY,
    HELD_ROUNDING,
    OBJECTIVES,
    Objective,
    holding_purchases,
    objectives_of,
)
from optimizer.plan.raw_solution import ObjectiveValue, RawSolution, SolvedColumns, Status
from optimizer.solve.coarse import search
from optimizer.solve.one_way import one_way
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

CAPACITIES = ("upgrades", "built", "opening", "line")
"""Integer columns that make room for work; all others place it."""

WHOLE = 1e-6
"""Part of a module or an upgrade that is the solver's rounding."""

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
        part = _part_of_time(options, began, ahead + 1)
        base = _serving_first(model, OBJECTIVES[COST], part, began, log_file)
        if base.values is None:
            return base
        model = holding_purchases(model, base.values)
    part = _part_of_time(options, began, ahead)
    found = [_serving_first(model, objectives[0], part, began, log_file)]
    for number, objective in enumerate(objectives[1:], start=1):
        if found[-1].values is None:
            break
        part = _part_of_time(options, began, ahead - number)
        found.append(_next(objectives[number - 1], objective, found[-1], part, began, log_file))
    if found[-1].values is None:
        return found[-1]
    return _assembled(objectives, found, base, options)


def _part_of_time(options: SolveOptions, began: float, searches: int) -> SolveOptions:
    """Return the options with what is left of the time shared by some searches."""
    if options.time_limit is None or searches == 1:
        return options
    spent = time.perf_counter() - began
    left = max(0.0, options.time_limit - spent)
    return dataclasses.replace(options, time_limit=spent + left / searches)


def _serving_first(
    model: LinearModel, objective: Objective, options: SolveOptions, began: float, log_file: str
) -> Solved:
    """Return the best point of an objective among those that leave the least work undone."""
    _say(options, "relaxation", began)
    most, large = serving_most(model), model.shape[1] >= LARGE
    asked, out_of_time = LEAST_GAP, False
    point = _looked_ahead(most, options)
    if point is None or point.values is None or point.bound <= LEAST_GAP:
        everything = serving_everything(model)
        solved, asked, out_of_time = _all_served(everything, objective, options, began, log_file)
        if solved is not None:
            return solved
    # Not everything can be served: first as much value as possible, then the objective.
    _say(options, "serving most", began)
    half = _part_of_time(options, began, 2)
    if point is None and (options.relaxed or large):
        point = relax(most, half)
    if large and point is not None:
        asked = max(options.gap_location * point.bound, asked)
    first = _search(most, OBJECTIVES[COST], half, point, 0.0, began, log_file, asked)
    if out_of_time:
        ended = dataclasses.replace(first.solution, deterministic=False, stopped="time")
        first = dataclasses.replace(first, solution=ended)
    if first.values is None:
        return first
    unserved = float(model.unserved_value @ first.values)
    held = holding_unserved(model, unserved)
    relaxed = _relaxed(objective.aimed(held), options)
    shared = _shared_as_relaxed(first, model, held, objective, options, relaxed, began, log_file)
    if shared is not None:
        proved = shared.solution.status is Status.OPTIMAL
        if proved or options.time_limit is None:
            return _after_first_stage(first, shared)
        first = _after_first_stage(first, shared)
    second = _search(held, objective, options, relaxed, unserved, began, log_file)
    if second.solution.status is Status.INFEASIBLE or second.values is None:
        second = _earlier_point(held, objective, first, second, relaxed, unserved, options)
    return _after_first_stage(first, second)


def _looked_ahead(most: LinearModel, options: SolveOptions) -> SolverAnswer | None:
    """Return the least work left undone, of a relaxation that is solved as one program.

    One LP finds it much sooner than that not all can be done; whoever asks for the whole program
    at once compares solves of one LP each.
    """
    looks = options.relaxed and not options.whole and not in_parts(most, options)
    return relax(most, options) if looks else None


def _all_served(
    everything: LinearModel,
    objective: Objective,
    options: SolveOptions,
    began: float,
    log_file: str,
) -> tuple[Solved | None, float, bool]:
    """Return the best plan that does all work, if there is one.

    With it: the gap asked of what else has to be left undone, and whether the clock ended the
    search of a large program before any plan was found.
    """
    relaxed = _relaxed(objective.aimed(everything), options)
    if relaxed.values is None:
        return None, LEAST_GAP, False
    large = everything.shape[1] >= LARGE
    part = _part_of_time(options, began, 2) if large else options
    asked = _asked(everything, objective, options, relaxed.values) if large else LEAST_GAP
    solved = _search(everything, objective, part, relaxed, 0.0, began, log_file)
    out_of_time = large and solved.solution.stopped == "time" and solved.values is None
    if solved.solution.status is Status.INFEASIBLE or out_of_time:
        return None, asked, out_of_time
    return solved, asked, False


def _shared_as_relaxed(  # noqa: PLR0917 - a stage needs what the stages before it found
    first: Solved,
    model: LinearModel,
    held: LinearModel,
    objective: Objective,
    options: SolveOptions,
    relaxed: SolverAnswer,
    began: float,
    log_file: str,
) -> Solved | None:
    """Return a plan of a large program that leaves undone what its relaxation does.

    The row that holds the value left undone makes a search of many sites endless. Here it is the
    relaxation that shares the work left undone out, with the jobs of the first stage; what is
    searched then has no such row. The bound is that of the relaxation with the row, so it holds
    for every plan that leaves no more undone, and the gap may be wider than asked.
    """
    if options.relaxed or held.shape[1] < LARGE or first.values is None:
        return None
    jobs = np.zeros(held.shape[1], dtype=bool)
    jobs[held.ids_of("unplaced")] = True
    placed = np.where(jobs, np.round(first.values), 0.0)
    shares = _relaxed(
        objective.aimed(
            dataclasses.replace(
                held,
                lower=np.where(jobs, placed, held.lower),
                upper=np.where(jobs, placed, held.upper),
            )
        ),
        options,
    )
    if shares.values is None:
        return None
    narrowed = leaving_at_most(model, shares.values)
    found = _search(
        narrowed,
        objective,
        options,
        _relaxed(objective.aimed(narrowed), options),
        first.solution.unserved_value,
        began,
        log_file,
    )
    if found.values is None:
        return None
    value, bound = found.solution.objective, min(relaxed.bound, found.solution.objective)
    asked = _asked(held, objective, options, found.values)
    solution = dataclasses.replace(
        found.solution,
        status=Status.OPTIMAL if value - bound <= asked else Status.FEASIBLE,
        bound=bound,
        unserved_value=float(held.unserved_value @ found.values),
    )
    return dataclasses.replace(found, solution=solution, model=held)


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
    _say(options, "relaxation", began)
    relaxed = _relaxed(objective.aimed(held), options)
    answer = _search(held, objective, options, relaxed, unserved, began, log_file)
    if answer.values is None:
        answer = _earlier_point(held, objective, found, answer, relaxed, unserved, options)
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
            else _held_limit(objective.value(answer.model, _point(answer)), options),
            recounted=location_cost(base.model, _point(base))
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
        columns=_columns(model, point),
        objective=cost,
        bound=bound,
        deterministic=all(answer.solution.deterministic for answer in stages),
        nodes=sum(answer.solution.nodes for answer in stages),
        stopped=next((item.solution.stopped for item in stages if item.solution.stopped), ""),
        options=options.recorded(),
        objectives=values,
    )
    return dataclasses.replace(last, solution=solution, model=model, values=point)


def _point(answer: Solved) -> NDArray[np.float64]:
    assert answer.values is not None
    return answer.values


def _cheapest(
    objectives: tuple[Objective, ...], found: list[Solved], options: SolveOptions
) -> tuple[LinearModel, NDArray[np.float64]]:
    """Return the cost model that keeps the values of the other objectives, and its best point.

    The integers are those of the last answer.
    """
    point = _point(found[-1])
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


def _earlier_point(  # noqa: PLR0917 - a stage needs what the stages before it found
    held: LinearModel,
    objective: Objective,
    before: Solved,
    after: Solved,
    relaxed: SolverAnswer,
    unserved: float,
    options: SolveOptions,
) -> Solved:
    """Return the point of the stage before, when no time was left for a better one.

    Its work stays where it is; what is built for it is the best for the objective of this stage.
    A relaxation has no such point: nothing of it is settled, and its cost would be any.
    """
    if options.relaxed:
        unanswered = dataclasses.replace(after.solution, status=Status.NO_SOLUTION)
        return dataclasses.replace(after, solution=unanswered)
    point, aimed = _point(before), objective.aimed(held)
    settings = dataclasses.replace(options, time_limit=None)
    for kinds in (CAPACITIES, CAPACITIES[:1], ()):
        better = None
        integers = _built_for(aimed, settings, point, kinds)
        if integers is not None:
            better = relax(settled(aimed, integers), settings, open_share(options)).values
        if better is not None:
            point = np.clip(one_way(aimed, options, better), held.lower, held.upper)
            break
    value = float(aimed.cost @ point)
    solution = dataclasses.replace(
        after.solution,
        status=Status.FEASIBLE,
        columns=_columns(held, point),
        objective=value,
        bound=min(relaxed.bound, value),
        unserved_value=unserved,
    )
    return dataclasses.replace(after, solution=solution, model=held, values=point)


def _built_for(
    model: LinearModel,
    options: SolveOptions,
    values: NDArray[np.float64],
    kinds: Sequence[str],
) -> NDArray[np.float64] | None:
    """Return a point whose capacity of some kinds is what the rest of it needs, rounded up.

    Modules that share a limit may not fit once rounded; links always do.
    """
    if not kinds:
        return values
    capacity = np.zeros(model.shape[1], dtype=bool)
    for kind in kinds:
        capacity[model.ids_of(kind)] = True
    work = model.integer & ~capacity
    placed = np.round(values)
    needed = relax(
        dataclasses.replace(
            model,
            lower=np.where(work, placed, model.lower),
            upper=np.where(work, placed, model.upper),
            integer=np.zeros_like(model.integer),
        ),
        options,
        open_share(options),
    ).values
    if needed is None:
        return None
    up = np.minimum(np.ceil(needed - WHOLE), model.upper)
    return np.where(capacity, up, placed)


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
        unserved_bound=min(first.solution.bound, second.solution.unserved_value),
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
        gap_abs = _asked(model, objective, options, relaxed.values if relaxed is not None else None)
    if options.relaxed and relaxed is not None:
        answer = relaxed
    else:
        left = options
        if options.time_limit is not None:
            used = time.perf_counter() - began
            left = dataclasses.replace(options, time_limit=max(0.1, options.time_limit - used))
        if in_parts(aimed, options):
            start = relaxed.values if relaxed is not None else None
            answer = search_parts(aimed, left, gap_abs * GAP_MARGIN, log_file, start)
        else:
            answer = search(aimed, left, gap_abs * GAP_MARGIN, log_file)
    values = answer.values
    if values is not None and not options.relaxed:
        _say(options, "polish", began)
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
        asked = _asked(model, objective, options, values)
    status = status_of(
        answer.status,
        has_point=values is not None,
        gap=value - answer.bound,
        asked_gap=asked,
    )
    solution = RawSolution(
        status=status,
        columns={} if values is None else _columns(model, values),
        objective=value,
        bound=min(answer.bound, value),
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


def _asked(
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


def _columns(model: LinearModel, values: NDArray[np.float64]) -> dict[str, SolvedColumns]:
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
