"""Coarse-to-fine search: the large integers first, the small ones around them.

Integers differ in weight. A module, an opened campus or a gang of ten thousand accelerators
moves the cost by more than the asked gap; one of two hundred fine-tuning runs does not. So

1. *near*: the relaxation is solved, and around it a point whose sites and modules are those of
   the relaxation, rounded up or down. It is where the next stage starts.
2. *coarse*: the problem with only the coarse columns integer is solved. It is a relaxation:
   its proved bound holds for the whole problem.
3. *fine*: the coarse columns are fixed at that point and the LP solved; jobs that it places
   whole stay; the runs of the other jobs and all other integers are searched.
4. Where the plan found so far is not within the asked gap of the bound, the whole problem is
   searched from it.

A search that gives no sign for too long is begun again (:mod:`optimizer.solve.persistent`).
Whatever happens on the way, the answer is a point of the whole problem and a bound that holds
for it.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.model.assembly import LinearModel
from optimizer.solve.implied_bounds import without_implied_bounds
from optimizer.solve.options import DEFAULT_SOLVER, Progress, SolveOptions
from optimizer.solve.persistent import run_persistently, silence_allowed
from optimizer.solve.solvers import SolverAnswer, run_solver

COARSE_GAP: Final = 0.4
"""Part of the asked gap that the coarse stage may leave open."""

FINE_GAP: Final = 0.1
"""Part of the asked gap that the fine stage may leave open."""

NEAR: Final = 0.15
"""Reduced cost of a run, as a part of the asked gap, up to which the fine stage considers it."""

WHOLE: Final = 1e-6
"""Distance from a whole number that a solver's point may have."""

NEAR_GAP: Final = 3.0
"""Asked gaps that the search near the relaxation may leave open."""

NEAR_TIME: Final = 0.2
"""Part of the time limit that the search near the relaxation may use."""

NEAR_COLUMNS: Final = ("built", "opening", "line")
"""Coarse columns that stay near the relaxation; gangs may stand anywhere."""

COARSE_TIME: Final = 0.7
"""Part of the time limit that the coarse stage may use."""

AFTER_INTERRUPT_SECONDS: Final = 10.0
"""Time for the fine stage when the coarse one was interrupted."""

FEW_INTEGERS: Final = 1000
"""Below this number of integer columns the whole problem is searched at once."""

_TUNING: Final[Mapping[str, bool | float | str]] = {
    # Neighbourhood searches and restarts took most of the time of the coarse stage, and the
    # tree found better points by itself.
    "mip_heuristic_effort": 0.0,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_allow_restart": False,
}

_COARSE_TUNING: Final[Mapping[str, bool | float | str]] = {
    **_TUNING,
    # One coarse search did not come out of it in twenty minutes; the fine stage needs it.
    "mip_heuristic_run_rens": False,
}

_WITHOUT_PRESOLVE: Final[Mapping[str, bool | float | str]] = {
    "presolve": "off",
    "mip_max_nodes": 500,
}
"""The reductions of a large problem may cut off points that are as good as the coarse one; then
the fine stage is tried once more on the problem as it is."""


def search(
    model: LinearModel, options: SolveOptions, gap_abs: float, log_file: str = ""
) -> SolverAnswer:
    """Search a model for a point within ``gap_abs`` of its optimum.

    Parameters
    ----------
    model
        The linear model.
    options
        Options of the solve.
    gap_abs
        Absolute gap in million yuan at which the search may stop.
    log_file
        File for the solver's log.

    Returns
    -------
    SolverAnswer
        With the best point and the best bound of all stages.
    """
    if options.solver == DEFAULT_SOLVER:
        model = without_implied_bounds(model)
    fine_integers = int((model.integer & ~model.coarse).sum())
    if (
        options.solver != DEFAULT_SOLVER
        or int(model.integer.sum()) < FEW_INTEGERS
        or fine_integers == 0
        or not model.coarse.any()
    ):
        return run_solver(model, options, gap_abs, log_file=log_file)
    began = time.perf_counter()
    large = dataclasses.replace(model, integer=model.coarse)
    relaxed = run_solver(large, dataclasses.replace(_quiet(options), relaxed=True), 0.0)
    silent_seconds = silence_allowed(time.perf_counter() - began)
    coarse = _near(large, options, gap_abs, relaxed, silent_seconds, began)
    if coarse.stopped != "interrupt":
        coarse = run_persistently(
            large,
            _within(_telling(options, began, "coarse"), began, COARSE_TIME),
            gap_abs * COARSE_GAP,
            silent_seconds,
            log_file=log_file,
            tuning=_COARSE_TUNING,
            start=coarse.values,
        )
    if coarse.stopped == "interrupt":
        # Ctrl-C: a plan is made of the best large decisions so far, quickly.
        spent = time.perf_counter() - began
        options = dataclasses.replace(options, time_limit=spent + AFTER_INTERRUPT_SECONDS)
    if coarse.values is None:
        if coarse.stopped == "interrupt" or _given_up(options):
            return coarse
        return _whole(model, options, gap_abs, coarse, None, silent_seconds, began, log_file)
    options = dataclasses.replace(options, first_point_by=None)
    fine = _fine(
        model,
        _telling(options, began, "fine", coarse.bound),
        coarse.values,
        coarse.bound,
        gap_abs,
        began,
    )
    answer = dataclasses.replace(
        coarse,
        status=fine.status,
        values=fine.values,
        nodes=coarse.nodes + fine.nodes,
        stopped=coarse.stopped or fine.stopped,
    )
    if fine.values is not None and float(model.cost @ fine.values) - coarse.bound <= gap_abs:
        return answer
    if answer.stopped == "interrupt":
        return answer
    return _whole(model, options, gap_abs, answer, fine.values, silent_seconds, began, log_file)


def searched_bound(
    model: LinearModel, options: SolveOptions, gap_abs: float, most_nodes: int
) -> float:
    """Return a proved lower bound after a limited search, of the coarse integers if many are fine.

    Parameters
    ----------
    model
        The linear model.
    options
        Options of the solve.
    gap_abs
        Absolute gap at which the search may stop.
    most_nodes
        Nodes after which it stops.
    """
    if options.solver == DEFAULT_SOLVER:
        model = without_implied_bounds(model)
    few = int(model.integer.sum()) < FEW_INTEGERS
    looked_at = model if few else dataclasses.replace(model, integer=model.integer & model.coarse)
    began = time.perf_counter()
    relaxed = run_solver(looked_at, dataclasses.replace(_quiet(options), relaxed=True), 0.0)
    silent_seconds = silence_allowed(time.perf_counter() - began)
    tuning = {**_COARSE_TUNING, "mip_max_nodes": most_nodes}
    settings = _within(options, began, 1.0)
    found = run_persistently(looked_at, settings, gap_abs, silent_seconds, tuning=tuning)
    return max(relaxed.bound, found.bound)


def _given_up(options: SolveOptions) -> bool:
    """Return whether the time for a first point is over."""
    return options.first_point_by is not None and time.perf_counter() > options.first_point_by


def _within(options: SolveOptions, began: float, part: float) -> SolveOptions:
    """Return the options with a part of what is left of the time limit."""
    if options.time_limit is None:
        return options
    left = options.time_limit - (time.perf_counter() - began)
    return dataclasses.replace(options, time_limit=max(0.1, part * left))


def _telling(
    options: SolveOptions, began: float, phase: str, bound: float | None = None
) -> SolveOptions:
    """Return the options with the progress of one stage told in terms of the whole problem.

    A point of the coarse stage is no plan yet and is not told; its bound holds and is told in
    the fine stage too.
    """
    told = options.progress
    if told is None:
        return options

    def tell(progress: Progress) -> None:
        told(
            dataclasses.replace(
                progress,
                phase=phase,
                seconds=time.perf_counter() - began,
                incumbent=np.inf if bound is None else progress.incumbent,
                bound=progress.bound if bound is None else bound,
            )
        )

    return dataclasses.replace(options, progress=tell)


def _quiet(options: SolveOptions) -> SolveOptions:
    """Return the options of a solve that tells nothing."""
    return dataclasses.replace(options, progress=None)


def _near(  # noqa: PLR0917 - a stage needs what the stages before it found
    model: LinearModel,
    options: SolveOptions,
    gap_abs: float,
    relaxed: SolverAnswer,
    silent_seconds: float,
    began: float,
) -> SolverAnswer:
    """Return a point with the capacity of the relaxation rounded, with the relaxation's bound."""
    if relaxed.values is None:
        return relaxed
    near = np.zeros(model.shape[1], dtype=bool)
    for name in NEAR_COLUMNS:
        near[model.ids_of(name)] = True
    near &= model.integer
    down, up = np.floor(relaxed.values + WHOLE), np.ceil(relaxed.values - WHOLE)
    around = dataclasses.replace(
        model,
        lower=np.where(near, np.maximum(down, model.lower), model.lower),
        upper=np.where(near, np.minimum(up, model.upper), model.upper),
    )
    found = run_solver(
        around,
        _within(_quiet(options), began, NEAR_TIME),
        gap_abs * NEAR_GAP,
        tuning=_COARSE_TUNING,
        silent_seconds=silent_seconds,
    )
    return dataclasses.replace(found, bound=relaxed.bound)


def _fine(  # noqa: PLR0917 - a stage needs what the stages before it found
    model: LinearModel,
    options: SolveOptions,
    point: NDArray[np.float64],
    bound: float,
    gap_abs: float,
    began: float,
) -> SolverAnswer:
    """Return the best point around the coarse columns of a point."""
    fixed = np.round(point)
    lower = np.where(model.coarse, fixed, model.lower)
    upper = np.where(model.coarse, fixed, model.upper)
    around = dataclasses.replace(model, lower=lower, upper=upper)
    relaxed = run_solver(around, dataclasses.replace(options, relaxed=True, progress=None), 0.0)
    narrow = around
    if relaxed.values is not None:
        narrow = _whole_jobs_fixed(around, relaxed, NEAR * gap_abs)
    # The bound of the coarse stage holds here too: a point within the gap of it is enough.
    tuning = {**_TUNING, "objective_target": bound + gap_abs}
    answer = run_solver(narrow, _within(options, began, 1.0), gap_abs * FINE_GAP, tuning=tuning)
    if answer.stopped == "" and (
        answer.values is None or float(model.cost @ answer.values) > bound + gap_abs
    ):
        plain = run_solver(
            narrow,
            _within(options, began, 1.0),
            gap_abs * FINE_GAP,
            tuning={**tuning, **_WITHOUT_PRESOLVE},
        )
        if plain.values is not None and (
            answer.values is None
            or float(model.cost @ plain.values) < float(model.cost @ answer.values)
        ):
            return plain
    if answer.values is None and answer.stopped == "" and narrow is not around:
        return run_solver(around, _within(options, began, 1.0), gap_abs * FINE_GAP, tuning=tuning)
    return answer


def _whole_jobs_fixed(
    model: LinearModel, relaxed: SolverAnswer, near_million_yuan: float
) -> LinearModel:
    """Return the model with the runs of the jobs fixed that the LP places whole.

    The other jobs keep the options that the LP uses or that cost little more in it.
    """
    assert relaxed.values is not None
    lower, upper = model.lower.copy(), model.upper.copy()
    for runs in model.columns_of("runs"):
        job = runs.index["job"]
        at_point = relaxed.values[runs.slice]
        broken = np.abs(at_point - np.round(at_point)) > WHOLE
        stays = ~np.isin(job, job[broken])
        lower[runs.slice][stays] = np.round(at_point[stays])
        upper[runs.slice][stays] = np.round(at_point[stays])
        if relaxed.column_duals is not None:
            dear = relaxed.column_duals[runs.slice] > near_million_yuan
            upper[runs.slice][~stays & dear & (at_point < WHOLE)] = 0.0
    return dataclasses.replace(model, lower=lower, upper=np.maximum(lower, upper))


def _whole(  # noqa: PLR0917 - each call hands over the state of the search in full
    model: LinearModel,
    options: SolveOptions,
    gap_abs: float,
    so_far: SolverAnswer,
    start: NDArray[np.float64] | None,
    silent_seconds: float,
    began: float,
    log_file: str,
) -> SolverAnswer:
    """Search the whole problem and return the best of its answer and the one so far."""
    if options.time_limit is not None and time.perf_counter() - began > options.time_limit:
        return dataclasses.replace(so_far, values=start, stopped="time")
    answer = run_persistently(
        model,
        _within(options, began, 1.0),
        gap_abs,
        silent_seconds,
        log_file=log_file,
        tuning={
            "mip_heuristic_effort": 0.0,
            "mip_heuristic_run_rens": False,
            "mip_allow_restart": False,
        },
        start=start,
    )
    values = answer.values
    if values is None or (
        start is not None and float(model.cost @ start) < float(model.cost @ values)
    ):
        values = start
    return dataclasses.replace(
        answer,
        values=values,
        bound=max(answer.bound, so_far.bound),
        nodes=answer.nodes + so_far.nodes,
        stopped=answer.stopped or so_far.stopped,
        begun_again=answer.begun_again or so_far.begun_again,
    )
