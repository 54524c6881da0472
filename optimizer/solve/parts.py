"""Relaxation and search of models whose hours follow from their plan.

The search is one of the master, the plan with the cuts known so far
(:mod:`optimizer.solve.decompose`):

1. the LP relaxation in parts finds the cuts around the optimum;
2. the master is searched as any model (:mod:`optimizer.solve.coarse`); its bound holds for the
   whole, for cuts never cut off a plan;
3. the integers of its point are fixed and the LP solved in parts, which gives the point its hours,
   its true cost and more cuts;
4. where the cost is not within the asked gap of the bound, the master is searched again.

Other solvers get the whole model at once.
"""

from __future__ import annotations

import dataclasses
import time
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pulp import constants

from optimizer.model.assembly import LinearModel
from optimizer.solve.coarse import search, searched_bound
from optimizer.solve.decompose import Hours, is_split, split
from optimizer.solve.living import SMALL, LivingModel
from optimizer.solve.options import DEFAULT_SOLVER, SolveOptions
from optimizer.solve.solvers import SolverAnswer, run_solver

MASTER_GAP: Final = 0.8
"""Part of the asked gap that the search of the master may leave open."""

OPEN: Final = 5e-3
"""Part of the objective, times the asked gap, that an LP in parts may leave open in a search."""

NEAR_CUT: Final = 0.1
"""Part of the asked gap by which a cut of the master may lie below the others: more of them take
the search longer than they teach it."""

MOST_SEARCHES: Final = 10
"""Searches of the master after which the gap is reported as it is."""


def in_parts(model: LinearModel, options: SolveOptions) -> bool:
    """Return whether a model is solved in parts."""
    return options.solver == DEFAULT_SOLVER and not options.whole and is_split(model)


def open_share(options: SolveOptions) -> float:
    """Return the part of the objective that an LP in parts may leave open in a search."""
    return OPEN * options.gap_location


def relax(model: LinearModel, options: SolveOptions, share: float = 0.0) -> SolverAnswer:
    """Return the LP relaxation of a model.

    Parameters
    ----------
    model
        The linear model.
    options
        Options of the solve.
    share
        Part of the objective that a program in parts may leave open.
    """
    if options.hot is not None:
        return options.hot.relax(model, options)
    if not in_parts(model, options):
        return run_solver(model, dataclasses.replace(options, relaxed=True, progress=None), 0.0)
    began = time.perf_counter()
    limit = options.time_limit
    living = LivingModel(
        model,
        open_share=share,
        stop=lambda: limit is not None and time.perf_counter() - began > limit,
    )
    filled = time.perf_counter() - began
    point = living.solve()
    if point is None:
        return SolverAnswer(
            constants.LpSolveStatus.Infeasible, None, -np.inf, None, None, 0, "", filled
        )
    return SolverAnswer(
        constants.LpSolveStatus.Optimal,
        point.values,
        point.bound,
        point.row_duals,
        point.column_duals,
        0,
        "",
        filled,
    )


def search_parts(
    model: LinearModel,
    options: SolveOptions,
    gap_abs: float,
    log_file: str = "",
    start: NDArray[np.float64] | None = None,
) -> SolverAnswer:
    """Search a model with hours; the integers of its best point are settled and polished.

    Parameters
    ----------
    model
        The linear model, its relaxation solved before: the cuts of that solve are used.
    options
        Options of the solve.
    gap_abs
        Absolute gap in million yuan at which the search may stop.
    log_file
        File for the solver's log.
    start
        ``(n,)`` a point of the relaxation, around which its cuts are kept.
    """
    began = time.perf_counter()
    parts = split(model)
    points = [] if start is None else [start]
    large = model.shape[1] >= SMALL
    least = parts.least_costs([Hours(part) for part in parts.parts]) if large else None
    best: NDArray[np.float64] | None = None
    best_cost, bound, nodes, filled, begun_again = np.inf, -np.inf, 0, 0.0, False
    answer = None
    for _search in range(MOST_SEARCHES):
        left = _time_left(options, began)
        master = parts.with_cuts()
        if least is not None:
            # The cuts left out may be all that keeps a part's cost from falling without end.
            master = parts.with_cuts(points, NEAR_CUT * gap_abs)
            lower = np.concatenate([master.lower[: parts.first_value], least])
            master = dataclasses.replace(master, lower=lower)
        answer = search(master, left, gap_abs * MASTER_GAP, log_file)
        bound, nodes = max(bound, answer.bound), nodes + answer.nodes
        filled, begun_again = filled + answer.fill_seconds, begun_again or answer.begun_again
        if answer.values is None:
            break
        whole = np.zeros(parts.whole[1])
        whole[parts.plan_columns] = answer.values[: parts.first_value]
        points.append(whole)
        options = dataclasses.replace(options, first_point_by=None)
        polished = relax(
            settled(model, whole),
            dataclasses.replace(options, time_limit=None),
            open_share(options),
        )
        if polished.values is not None:
            cost = float(model.cost @ polished.values)
            points.append(polished.values)
            if cost < best_cost:
                best, best_cost = polished.values, cost
        if best_cost - bound <= gap_abs or answer.stopped:
            break
        if options.time_limit is not None and time.perf_counter() - began > options.time_limit:
            answer = dataclasses.replace(answer, stopped="time")
            break
    assert answer is not None
    return dataclasses.replace(
        answer,
        values=best,
        bound=bound,
        nodes=nodes,
        fill_seconds=filled,
        row_duals=None,
        column_duals=None,
        begun_again=begun_again,
    )


def plan_bound(model: LinearModel, options: SolveOptions) -> float:
    """Return a proved lower bound from the relaxation of the plan alone, without any hours.

    It takes seconds where the relaxation of the whole may take minutes; ``-inf`` if there is none.
    """
    plan = split(model).with_cuts() if in_parts(model, options) else model
    settings = dataclasses.replace(options, relaxed=True, progress=None)
    return run_solver(plan, settings, 0.0).bound


def bound_in_parts(
    model: LinearModel, options: SolveOptions, gap_abs: float, most_nodes: int
) -> float:
    """Return a proved lower bound after a limited search, of the master if solved in parts.

    The master leaves out what only the hours of a site forbid, so its bound holds for the whole.
    Parameters are those of :func:`optimizer.solve.coarse.searched_bound`.
    """
    plan = split(model).with_cuts() if in_parts(model, options) else model
    return searched_bound(plan, options, gap_abs, most_nodes)


def _time_left(options: SolveOptions, began: float) -> SolveOptions:
    if options.time_limit is None:
        return options
    used = time.perf_counter() - began
    return dataclasses.replace(options, time_limit=max(0.1, options.time_limit - used))


def with_integers_fixed(model: LinearModel, values: NDArray[np.float64]) -> LinearModel:
    """Return the LP that is left when the integer columns are fixed at a point, rounded."""
    fixed = np.round(values)
    return dataclasses.replace(
        model,
        lower=np.where(model.integer, fixed, model.lower),
        upper=np.where(model.integer, fixed, model.upper),
        integer=np.zeros_like(model.integer),
    )


def settled(model: LinearModel, values: NDArray[np.float64]) -> LinearModel:
    """Return the LP with the integers fixed at a point and idle sites closed.

    A search that stops early may leave a site opened where nothing is built.
    """
    closed = values.copy()
    ordered = np.zeros(0, dtype=np.int64)
    for opening, built in zip(model.columns_of("opening"), model.columns_of("built"), strict=True):
        # What an earlier period has opened stays open.
        busy = np.round(values[built.slice]) > 0.0
        ordered = np.union1d(ordered, built.index["site"][busy])
        closed[opening.slice] = np.where(
            np.isin(opening.index["site"], ordered), values[opening.slice], 0.0
        )
    return with_integers_fixed(model, closed)
