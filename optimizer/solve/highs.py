"""HiGHS through PuLP, with the model's arrays handed over at once.

:class:`ArrayHiGHS` is PuLP's HiGHS solver except for two steps: it passes the arrays that
filled the PuLP problem instead of walking its constraints, and it reads the solution as
arrays. The PuLP problem's variables receive the values only if they are a plan.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import highspy
import numpy as np
import pulp
from numpy.typing import NDArray
from pulp import constants

from optimizer.model.assembly import LinearModel
from optimizer.solve.conclude import UNSETTLED, concluded
from optimizer.solve.options import Progress, SolveOptions

_STATUSES = {
    highspy.HighsModelStatus.kOptimal: constants.LpSolveStatus.Optimal,
    highspy.HighsModelStatus.kInfeasible: constants.LpSolveStatus.Infeasible,
    highspy.HighsModelStatus.kUnboundedOrInfeasible: constants.LpSolveStatus.Undefined,
    highspy.HighsModelStatus.kUnbounded: constants.LpSolveStatus.Unbounded,
    highspy.HighsModelStatus.kTimeLimit: constants.LpSolveStatus.TimeLimit,
    highspy.HighsModelStatus.kInterrupt: constants.LpSolveStatus.Interrupted,
    highspy.HighsModelStatus.kModelEmpty: constants.LpSolveStatus.Optimal,
    highspy.HighsModelStatus.kObjectiveTarget: constants.LpSolveStatus.Optimal,
}


SIGN_SECONDS: Final = 1.0
"""Seconds after which a sign of a search counts anew."""


class ArrayHiGHS(pulp.HiGHS):
    """PuLP's HiGHS solver fed with arrays.

    Parameters
    ----------
    model
        The linear model that filled the problem.
    options
        Options of the solve.
    gap_abs
        Absolute gap in million yuan at which the search may stop.
    log_file
        File for the solver's log, or empty.
    tuning
        HiGHS's own options by name.
    start
        ``(n,)`` a point to start the search from, or ``None``.
    silent_seconds
        Seconds without a sign of the search after which it ends.
    """

    def __init__(
        self,
        model: LinearModel,
        options: SolveOptions,
        gap_abs: float,
        log_file: str = "",
        *,
        tuning: Mapping[str, bool | float | str] | None = None,
        start: NDArray[np.float64] | None = None,
        silent_seconds: float = np.inf,
    ) -> None:
        super().__init__(
            mip=not options.relaxed and bool(model.integer.any()),
            msg=False,
            threads=options.threads,
            timeLimit=options.time_limit,
            gapRel=0.0,
            gapAbs=gap_abs,
            random_seed=options.seed,
            logPath=log_file or None,
        )
        self.arrays = model
        self.tuning = dict(tuning or {})
        self.start = start
        self.silent_seconds = silent_seconds
        self.progress = options.progress
        self.first_point_by = np.inf if options.first_point_by is None else options.first_point_by
        self.values: NDArray[np.float64] | None = None
        self.row_duals: NDArray[np.float64] | None = None
        self.column_duals: NDArray[np.float64] | None = None
        self.bound = -np.inf
        self.nodes = 0
        self.stopped = ""
        self.ended = highspy.HighsModelStatus.kNotset
        self.handover_seconds = 0.0
        self.spent_seconds = 0.0

    def createAndConfigureSolver(self, lp: pulp.LpProblem) -> None:  # noqa: N802
        """Create the solver; a fresh scheduler lets the thread count differ between solves."""
        highspy.Highs.resetGlobalScheduler(True)
        super().createAndConfigureSolver(lp)
        solver = lp.solverModel
        assert solver is not None
        # Without output HiGHS does not report progress either; the screen stays quiet.
        quiet = self.optionsDict.get("logPath") is None and self.progress is None
        solver.setOptionValue("output_flag", not quiet)
        solver.setOptionValue("log_to_console", False)
        for name, value in self.tuning.items():
            if solver.setOptionValue(name, value) != highspy.HighsStatus.kOk:
                raise ValueError(name)

    def buildSolverModel(self, lp: pulp.LpProblem) -> None:  # noqa: N802
        """Hand the arrays over in one call."""
        began = time.perf_counter()
        solver = lp.solverModel
        assert solver is not None
        pass_arrays(solver, self.arrays, integer=self.mip)
        self.handover_seconds = time.perf_counter() - began
        if self.start is not None:
            point = highspy.HighsSolution()
            point.col_value = self.start.tolist()
            solver.setSolution(point)

    def callSolver(self, lp: pulp.LpProblem) -> None:  # noqa: N802
        """Run, reporting progress; Ctrl-C stops the search and keeps the best plan."""
        solver = lp.solverModel
        assert solver is not None
        began = time.perf_counter()
        with _interrupt_flag() as flag:

            def interrupt(event: Any) -> None:  # noqa: ANN401
                if flag.is_set():
                    event.interrupt()

            def give_up(event: Any) -> None:  # noqa: ANN401
                pointless = not np.isfinite(event.data_out.mip_primal_bound)
                if pointless and time.perf_counter() > self.first_point_by:
                    self.stopped = "time"
                    event.interrupt()

            def report(event: Any) -> None:  # noqa: ANN401
                out = event.data_out
                assert self.progress is not None
                self.progress(
                    Progress(
                        "search",
                        time.perf_counter() - began,
                        float(out.mip_primal_bound),
                        float(out.mip_dual_bound),
                    )
                )

            solver.cbMipInterrupt += interrupt
            solver.cbSimplexInterrupt += interrupt
            if self.progress is not None:
                solver.cbMipLogging += report
            if self.mip:
                solver.cbMipInterrupt += give_up
                if np.isfinite(self.silent_seconds):
                    solver.cbMipInterrupt += self._waits_for_signs(solver, began)
                solver.run()
                self.ended = solver.getModelStatus()
            else:
                self.ended = concluded(solver)
            self.spent_seconds = time.perf_counter() - began
            if flag.is_set():
                self.stopped = "interrupt"

    def _limit(self) -> float:
        """Return the asked time limit in seconds, which may be infinite."""
        return np.inf if self.timeLimit is None else float(self.timeLimit)

    def _waits_for_signs(self, solver: Any, began: float) -> Callable[[Any], None]:  # noqa: ANN401
        """Return a callback that moves the solver's time limit ahead while it is called.

        An LP of a heuristic that does not end looks at nothing but the time limit it was given.
        """
        heard = 0.0

        def extend() -> None:
            limit = min(self._limit(), heard + self.silent_seconds)
            solver.setOptionValue("time_limit", limit)

        def sign(event: Any) -> None:  # noqa: ANN401
            nonlocal heard
            now = time.perf_counter() - began
            if now - heard >= self.silent_seconds:
                self.stopped = "silent"
                event.interrupt()
            elif now - heard >= SIGN_SECONDS:
                heard = now
                extend()

        extend()
        return sign

    def findSolutionValues(  # noqa: N802
        self, lp: pulp.LpProblem
    ) -> tuple[constants.LpSolveStatus, bool]:
        """Read status, bound and values; only a feasible point counts as a solution."""
        solver = lp.solverModel
        assert solver is not None
        info = solver.getInfo()
        model_status = self.ended
        feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        if not self.mip and model_status in UNSETTLED:
            feasible = False
        if model_status == highspy.HighsModelStatus.kTimeLimit:
            watched, left = np.isfinite(self.silent_seconds), self._limit() - self.spent_seconds
            self.stopped = "silent" if watched and left > SIGN_SECONDS else "time"
        if feasible:
            solution = solver.getSolution()
            self.values = np.asarray(solution.col_value, dtype=float)
            lp._model.set_variable_values(list(enumerate(solution.col_value)))  # noqa: SLF001
            if not self.mip:
                self.row_duals = np.asarray(solution.row_dual, dtype=float)
                self.column_duals = np.asarray(solution.col_dual, dtype=float)
        if self.mip:
            self.bound = float(info.mip_dual_bound)
            self.nodes = int(max(info.mip_node_count, 0))
        elif model_status == highspy.HighsModelStatus.kOptimal:
            self.bound = float(info.objective_function_value)
        status = _STATUSES.get(model_status, constants.LpSolveStatus.Undefined)
        return status, feasible


def pass_arrays(solver: Any, model: LinearModel, *, integer: bool) -> None:  # noqa: ANN401
    """Pass a linear model to a ``highspy.Highs`` object in one call."""
    rows, columns = model.shape
    kinds = model.integer if integer else np.zeros(columns, dtype=bool)
    solver.passModel(
        columns,
        rows,
        len(model.value),
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        model.cost,
        model.lower,
        model.upper,
        model.row_lower,
        model.row_upper,
        model.row_start[:-1].astype(np.int32),
        model.column_of.astype(np.int32),
        model.value,
        kinds.astype(np.int32),
    )


@contextmanager
def _interrupt_flag() -> Iterator[threading.Event]:
    """Turn Ctrl-C into a flag while a search runs in the main thread."""
    flag = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return
    before = signal.signal(signal.SIGINT, lambda _number, _frame: flag.set())
    try:
        yield flag
    finally:
        signal.signal(signal.SIGINT, before)
