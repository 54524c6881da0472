"""The least value of work left undone first, then the best plan that leaves no more.

Where not all work can be done, or the clock ends the search of a large program that serves
everything, the least value of what is left is searched first, to the last digit, and then held::

    sum value * undone <= least value        row unserved_held

The row makes a search of many sites endless: work worth little is done at any cost. Programs of
:data:`~optimizer.model.build.LARGE` columns therefore pay for what they leave undone,

``min objective + price * sum value * undone``,

with a price far above what work costs. How much the plan leaves undone is told with a bound of
the least, from the relaxation or from a limited search.

Where the clock leaves no time for a better plan, the work stays where the first search put it and
what is built for it is the best for the objective.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.labels import Text
from optimizer.model.assembly import LinearModel
from optimizer.model.build import LARGE, holding_unserved, serving_everything, serving_most
from optimizer.model.objectives import COST, OBJECTIVES, Objective
from optimizer.plan.raw_solution import Status
from optimizer.solve.one_way import one_way
from optimizer.solve.options import Progress, SolveOptions
from optimizer.solve.parts import (
    bound_in_parts,
    in_parts,
    open_share,
    plan_bound,
    relax,
    settled,
)
from optimizer.solve.solvers import SolverAnswer
from optimizer.solve.stage import (
    LEAST_GAP,
    Solved,
    asked_gap,
    left_of,
    part_of_time,
    point_of,
    relaxed_for,
    say,
    search_for,
    solved_columns,
)

PRICE: Final = 10.0
"""Cost of its value that work may cause before a large program leaves it undone."""

LEAST_WORTH: Final = 1e-3
"""Least of an objective that a million yuan of cost stands for when its price is set."""

SURELY_LEFT: Final = 1e-3
"""Work in million yuan that the plan alone leaves undone before all of it is not tried at all."""

PROOF_NODES: Final = 500
"""Nodes searched to prove how much work has to be left undone."""

CAPACITIES = ("upgrades", "built", "opening", "line")
"""Integer columns that make room for work; all others place it."""

WHOLE = 1e-6
"""Part of a module or an upgrade that is the solver's rounding."""


def serving_first(
    model: LinearModel, objective: Objective, options: SolveOptions, began: float, log_file: str
) -> Solved:
    """Return the best point of an objective among those that leave the least work undone.

    Parameters
    ----------
    model
        The cost model.
    objective
        The objective.
    options
        Options of the solve.
    began
        When the solve began, of :func:`time.perf_counter`.
    log_file
        File for the solver's log.
    """
    say(options, "relaxation", began)
    most, large = serving_most(model), model.shape[1] >= LARGE
    out_of_time = False
    point = _looked_ahead(most, options)
    leaves_some = point is not None and point.values is not None and point.bound > LEAST_GAP
    if large and not options.relaxed:
        # That not everything can be done may take long to see where it is far from possible.
        leaves_some = plan_bound(most, left_of(options, began)) > SURELY_LEFT
    if not leaves_some:
        everything = serving_everything(model)
        solved, out_of_time = _all_served(everything, objective, options, began, log_file)
        if solved is not None:
            return solved
    # Not everything can be served: first as much value as possible, then the objective.
    say(options, "serving most", began)
    if large and not options.relaxed:
        found = _at_a_price(model, objective, options, began, log_file)
        return _ended_by_the_clock(found) if out_of_time else found
    half = part_of_time(options, began, 2)
    if point is None and options.relaxed:
        point = relax(most, half)
    first = search_for(most, OBJECTIVES[COST], half, point, 0.0, began, log_file, LEAST_GAP)
    if first.values is None:
        return first
    unserved = float(model.unserved_value @ first.values)
    held = holding_unserved(model, unserved)
    relaxed = relaxed_for(objective.aimed(held), options)
    second = search_for(held, objective, options, relaxed, unserved, began, log_file)
    if second.solution.status is Status.INFEASIBLE or second.values is None:
        second = earlier_point(held, objective, first, second, relaxed, unserved, options)
    return _after_first_stage(first, second)


def _ended_by_the_clock(found: Solved) -> Solved:
    """Return an answer before which the clock had ended another search."""
    ended = dataclasses.replace(
        found.solution, deterministic=False, stopped=found.solution.stopped or "time"
    )
    return dataclasses.replace(found, solution=ended)


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
) -> tuple[Solved | None, bool]:
    """Return the best plan that does all work, if there is one.

    With it: whether the clock ended the search of a large program before any plan was found.
    """
    relaxed = relaxed_for(objective.aimed(everything), options)
    if relaxed.values is None:
        return None, False
    large = everything.shape[1] >= LARGE
    # The other half of the time is for a plan that leaves work undone, unless one is found.
    half = part_of_time(options, began, 2).time_limit if large else None
    by = None if half is None else began + half
    patient = dataclasses.replace(options, first_point_by=by)
    solved = search_for(everything, objective, patient, relaxed, 0.0, began, log_file)
    out_of_time = large and solved.solution.stopped == "time" and solved.values is None
    if solved.solution.status is Status.INFEASIBLE or out_of_time:
        return None, out_of_time
    return solved, False


def _at_a_price(
    model: LinearModel, objective: Objective, options: SolveOptions, began: float, log_file: str
) -> Solved:
    """Return the best plan of a large program that pays for the work it leaves undone.

    ``B`` bounds ``objective + price * undone`` of every plan. A plan that leaves no more undone
    than the one found, ``u``, has an objective of ``B - price * u`` at least: that is its bound.
    """
    most = serving_most(model)
    spent = time.perf_counter() - began
    if options.time_limit is not None and spent >= options.time_limit:
        return _without_plan(most, options, began, log_file)
    least = relax(most, left_of(options, began))
    if least.values is None:
        return _without_plan(most, options, began, log_file)
    worth = objective.value(model, least.values) / float(model.cost @ least.values)
    price = PRICE * max(worth, LEAST_WORTH)
    priced = Objective(
        objective.name, "", lambda each: objective.weights(each) + price * each.unserved_value
    )
    settings = _telling_the_price(options, objective)
    near = relaxed_for(priced.aimed(model), left_of(options, began))
    asked = asked_gap(model, objective, options, near.values)
    found = search_for(model, priced, settings, near, 0.0, began, log_file, asked)
    if found.values is None:
        return found
    undone = float(model.unserved_value @ found.values)
    value = objective.value(model, found.values)
    bound = found.solution.bound - price * undone
    within = max(options.gap_location * undone, LEAST_GAP)
    proved = least.bound
    if undone - proved > within and found.solution.stopped == "":
        say(options, "least left undone", began)
        left = left_of(dataclasses.replace(options, progress=None), began)
        proved = max(proved, bound_in_parts(most, left, within, PROOF_NODES))
    optimal = found.solution.status is Status.OPTIMAL and undone - proved <= within
    solution = dataclasses.replace(
        found.solution,
        status=Status.OPTIMAL if optimal else Status.FEASIBLE,
        objective=value,
        bound=min(bound, value),
        unserved_value=undone,
        unserved_bound=min(proved, undone),
        seconds=time.perf_counter() - began,
    )
    held = holding_unserved(model, undone)
    return dataclasses.replace(found, solution=solution, model=held)


def _without_plan(most: LinearModel, options: SolveOptions, began: float, log_file: str) -> Solved:
    """Return why there is no plan: no point meets the rows, or the time is up."""
    found = search_for(most, OBJECTIVES[COST], options, None, 0.0, began, log_file, LEAST_GAP)
    if found.values is None:
        return found
    # A point that was found in the last moment says nothing of the objective.
    solution = dataclasses.replace(found.solution, status=Status.NO_SOLUTION, columns={})
    return dataclasses.replace(found, solution=solution, values=None)


def _telling_the_price(options: SolveOptions, objective: Objective) -> SolveOptions:
    """Return the options with progress that says what is counted beside the objective."""
    told = options.progress
    if told is None:
        return options
    unit = Text(
        "{unit}, work left undone at {price:g} times its value",
        "{unit}（未安排工作按其价值的 {price:g} 倍计）",
    ).filled(unit=objective.unit, price=PRICE)

    def tell(progress: Progress) -> None:
        told(dataclasses.replace(progress, unit=unit))

    return dataclasses.replace(options, progress=tell)


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
    """Return the second stage's answer, no surer than the first stage it rests on.

    The work that it leaves undone is that of its own point, within what the held row may be missed
    by.
    """
    undone = second.solution.unserved_value
    if second.values is not None:
        undone = float(second.model.unserved_value @ second.values)
    status, stopped = second.solution.status, second.solution.stopped or first.solution.stopped
    if status is Status.OPTIMAL and first.solution.status is not Status.OPTIMAL:
        status = Status.FEASIBLE
    solution = dataclasses.replace(
        second.solution,
        status=status,
        stopped=stopped,
        deterministic=second.solution.deterministic and first.solution.deterministic,
        nodes=second.solution.nodes + first.solution.nodes,
        unserved_value=undone,
        unserved_bound=min(first.solution.bound, undone),
    )
    return dataclasses.replace(second, solution=solution)
