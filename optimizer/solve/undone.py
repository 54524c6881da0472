"""The least value of work left undone first, then the best plan that leaves no more.

Where not all work can be done, or the clock ends the search of a large program that serves
everything, the least value of what is left is searched first: to the last digit, or within the
asked gap by programs of :data:`~optimizer.model.build.LARGE` columns. It is then held::

    sum value * undone <= least value        row unserved_held

Where the clock leaves no time for a better plan, the work stays where the first search put it and
what is built for it is the best for the objective.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

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
from optimizer.model.objectives import COST, OBJECTIVES, Objective
from optimizer.plan.raw_solution import Status
from optimizer.solve.one_way import one_way
from optimizer.solve.options import SolveOptions
from optimizer.solve.parts import in_parts, open_share, relax, settled
from optimizer.solve.solvers import SolverAnswer
from optimizer.solve.stage import (
    LEAST_GAP,
    Solved,
    asked_gap,
    part_of_time,
    point_of,
    relaxed_for,
    say,
    search_for,
    solved_columns,
)

CAPACITIES = ("upgrades", "built", "opening", "line")
"""Integer columns that make room for work; all others place it."""

WHOLE = 1e-6
"""Part of a module or an upgrade that is the solver's rounding."""


def serving_first(
    model: LinearModel, objective: Objective, options: SolveOptions, began: float, log_file: str
) -> Solved:
    """Return the best point of an objective among those that leave the least work undone."""
    say(options, "relaxation", began)
    most, large = serving_most(model), model.shape[1] >= LARGE
    asked, out_of_time = LEAST_GAP, False
    point = _looked_ahead(most, options)
    if point is None or point.values is None or point.bound <= LEAST_GAP:
        everything = serving_everything(model)
        solved, asked, out_of_time = _all_served(everything, objective, options, began, log_file)
        if solved is not None:
            return solved
    # Not everything can be served: first as much value as possible, then the objective.
    say(options, "serving most", began)
    half = part_of_time(options, began, 2)
    if point is None and (options.relaxed or large):
        point = relax(most, half)
    if large and point is not None:
        asked = max(options.gap_location * point.bound, asked)
    first = search_for(most, OBJECTIVES[COST], half, point, 0.0, began, log_file, asked)
    if out_of_time:
        ended = dataclasses.replace(first.solution, deterministic=False, stopped="time")
        first = dataclasses.replace(first, solution=ended)
    if first.values is None:
        return first
    unserved = float(model.unserved_value @ first.values)
    held = holding_unserved(model, unserved)
    relaxed = relaxed_for(objective.aimed(held), options)
    shared = _shared_as_relaxed(first, model, held, objective, options, relaxed, began, log_file)
    if shared is not None:
        proved = shared.solution.status is Status.OPTIMAL
        if proved or options.time_limit is None:
            return _after_first_stage(first, shared)
        first = _after_first_stage(first, shared)
    second = search_for(held, objective, options, relaxed, unserved, began, log_file)
    if second.solution.status is Status.INFEASIBLE or second.values is None:
        second = earlier_point(held, objective, first, second, relaxed, unserved, options)
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
    relaxed = relaxed_for(objective.aimed(everything), options)
    if relaxed.values is None:
        return None, LEAST_GAP, False
    large = everything.shape[1] >= LARGE
    part = part_of_time(options, began, 2) if large else options
    asked = asked_gap(everything, objective, options, relaxed.values) if large else LEAST_GAP
    solved = search_for(everything, objective, part, relaxed, 0.0, began, log_file)
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
    shares = relaxed_for(
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
    found = search_for(
        narrowed,
        objective,
        options,
        relaxed_for(objective.aimed(narrowed), options),
        first.solution.unserved_value,
        began,
        log_file,
    )
    if found.values is None:
        return None
    value, bound = found.solution.objective, min(relaxed.bound, found.solution.objective)
    asked = asked_gap(held, objective, options, found.values)
    solution = dataclasses.replace(
        found.solution,
        status=Status.OPTIMAL if value - bound <= asked else Status.FEASIBLE,
        bound=bound,
        unserved_value=float(held.unserved_value @ found.values),
    )
    return dataclasses.replace(found, solution=solution, model=held)


def earlier_point(  # noqa: PLR0917 - a stage needs what the stages before it found
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
    point, aimed = point_of(before), objective.aimed(held)
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
        columns=solved_columns(held, point),
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
