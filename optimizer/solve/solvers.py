"""Which solvers there are, and one way to run any of them on a linear model."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pulp
from numpy.typing import NDArray
from pulp import constants

from optimizer.errors import SolverError, UsageError
from optimizer.labels import Text
from optimizer.model.assembly import LinearModel
from optimizer.model.problem import pulp_problem
from optimizer.solve.highs import ArrayHiGHS
from optimizer.solve.options import DEFAULT_SOLVER, SolveOptions

NO_TUNING: Final[Mapping[str, bool | float | str]] = {}


@dataclass(frozen=True, slots=True)
class SolverAnswer:
    """What a solver said about one linear model.

    Parameters
    ----------
    status
        PuLP's word for why it stopped.
    values
        ``(n,)`` a feasible point, or ``None``.
    bound
        Proved lower bound, ``-inf`` if the solver gives none.
    row_duals, column_duals
        Duals of an LP solved by HiGHS, otherwise ``None``.
    nodes
        Nodes searched.
    stopped
        ``time``, ``interrupt``, ``silent`` (no sign of the search for too long) or empty.
    fill_seconds
        Time to fill the PuLP problem and hand it over.
    begun_again
        Whether a search that gave no sign was begun again, which depends on the clock.
    """

    status: constants.LpSolveStatus
    values: NDArray[np.float64] | None
    bound: float
    row_duals: NDArray[np.float64] | None
    column_duals: NDArray[np.float64] | None
    nodes: int
    stopped: str
    fill_seconds: float
    begun_again: bool = False


def available_solvers() -> list[str]:
    """Return the names of the PuLP solvers that can run here, HiGHS first."""
    names = [name for name in pulp.listSolvers(onlyAvailable=True) if name != DEFAULT_SOLVER]
    return [DEFAULT_SOLVER, *sorted(names)]


def solver_version(name: str) -> str:
    """Return the version of a solver's Python package, or ``unknown``."""
    package = {"HiGHS": "highspy", "COIN_CMD": "cbcbox"}.get(
        name, name.lower().removesuffix("_cmd")
    )
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def check_solver(name: str) -> None:
    """Raise unless a solver of that name can run here.

    Raises
    ------
    UsageError
        Naming the solvers that can.
    """
    if name not in available_solvers():
        raise UsageError(
            Text(
                "solver {name} is not available; available: {names}",
                "求解器 {name} 不可用；可用：{names}",
            ).filled(name=name, names=", ".join(available_solvers()))
        )


def run_solver(
    model: LinearModel,
    options: SolveOptions,
    gap_abs: float,
    *,
    name: str = "eastwest",
    log_file: str = "",
    tuning: Mapping[str, bool | float | str] = NO_TUNING,
    start: NDArray[np.float64] | None = None,
    silent_seconds: float = np.inf,
) -> SolverAnswer:
    """Fill a PuLP problem with a linear model and solve it.

    Parameters
    ----------
    model
        The linear model, minimised.
    options
        Options; ``options.solver`` names any PuLP solver.
    gap_abs
        Absolute gap, in the unit of the objective, at which the search may stop.
    name
        Name of the problem.
    log_file
        File for the solver's log, if the solver is HiGHS.
    tuning
        HiGHS's own options that change the search but not what it proves.
    start
        ``(n,)`` a point to start the search from, used by HiGHS.
    silent_seconds
        Seconds without a sign of the search after which it ends, used by HiGHS.

    Raises
    ------
    SolverError
        If the solver fails.
    """
    began = time.perf_counter()
    problem = pulp_problem(model, name)
    filled = time.perf_counter() - began
    if options.solver == DEFAULT_SOLVER:
        solver = ArrayHiGHS(
            model,
            options,
            gap_abs,
            log_file,
            tuning=tuning,
            start=start,
            silent_seconds=silent_seconds,
        )
        stats = problem.solve(solver)
        return SolverAnswer(
            stats.status,
            solver.values,
            solver.bound,
            solver.row_duals,
            solver.column_duals,
            solver.nodes,
            solver.stopped,
            filled + solver.handover_seconds,
        )
    return _run_other(problem, model, options, gap_abs, filled)


def _run_other(
    problem: pulp.LpProblem,
    model: LinearModel,
    options: SolveOptions,
    gap_abs: float,
    filled: float,
) -> SolverAnswer:
    settings: dict[str, object] = {"msg": False, "mip": not options.relaxed}
    if options.time_limit is not None:
        settings["timeLimit"] = options.time_limit
    try:
        solver = pulp.getSolver(options.solver, gapAbs=gap_abs, gapRel=0.0, **settings)
        if options.threads > 1:
            solver.optionsDict["threads"] = options.threads
        stats = problem.solve(solver)
    except pulp.PulpError as error:
        raise SolverError(
            Text("solver {name} failed: {reason}", "求解器 {name} 出错：{reason}").filled(
                name=options.solver, reason=str(error)
            )
        ) from error
    values = None
    if stats.has_solution:
        by_name = {variable.name: variable.varValue for variable in problem.variables()}
        values = np.array(
            [
                by_name[f"{block.name}_{number}"] or 0.0
                for block in model.columns.values()
                for number in range(block.count)
            ]
        )
    bound = -np.inf if stats.best_bound is None else float(stats.best_bound)
    is_mip = bool(model.integer.any()) and not options.relaxed
    if stats.status == constants.LpSolveStatus.Optimal and values is not None and not is_mip:
        bound = float(model.cost @ values)
    stopped = "time" if stats.status == constants.LpSolveStatus.TimeLimit else ""
    return SolverAnswer(stats.status, values, bound, None, None, 0, stopped, filled)
