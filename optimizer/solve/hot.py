"""LP relaxations of programs that differ in numbers only, each started from another's basis.

A sweep solves one program many times with other prices, limits and demands. The basis of a
neighbour is near the optimum: on the national case a restart takes 1 to 7 s where a cold solve
takes 50 to 70. The arrays are handed over again, which takes 0.02 s, together with the basis; so
the answer depends on the program and the basis alone, not on what was solved before in the same
process, and is the same wherever it is solved.

A program that has no basis of its size starts cold; so does one on which the start fails. The first
point of a sweep that cannot serve everything therefore takes longer: it is given up early, and its
two other stages are solved cold. Its neighbours start from those.
"""

from __future__ import annotations

import io
from typing import Any, Final

import highspy
import numpy as np
from numpy.typing import NDArray
from pulp import constants

from optimizer.model.assembly import LinearModel
from optimizer.solve.conclude import concluded
from optimizer.solve.highs import pass_arrays
from optimizer.solve.options import SolveOptions
from optimizer.solve.solvers import SolverAnswer

DEVEX: Final = 1
"""The edge weights of HiGHS's dual simplex by number."""

FAR: Final = 3.0
"""Times the cost of a neighbour at which a program that may have no plan is given up."""

LOOK: Final = 2500
"""Iterations after which the cost of such a program is looked at."""

NOTHING: Final = 1e-9
"""Value of work left undone, in million yuan, that counts as none."""

COSTS: Final = "costs"
"""Under this name the cost of a neighbour is kept."""

_STATUSES: Final = list(highspy.HighsBasisStatus.__members__.values())


class HotStart:
    """The bases with which LPs of a sweep start, by the size of the program and its objective.

    Parameters
    ----------
    packed
        Bases from :meth:`packed` of a neighbour; without them every program starts cold.

    Examples
    --------
    >>> from optimizer.inputs.case import read_case
    >>> from optimizer.model.build import build_model, serving_everything
    >>> model = serving_everything(build_model(read_case("tiny"))[0])
    >>> first = HotStart()
    >>> cold = first.relax(model, SolveOptions(relaxed=True))
    >>> second = HotStart(first.packed())
    >>> hot = second.relax(model, SolveOptions(relaxed=True))
    >>> abs(hot.bound - cold.bound) < 1e-9 * cold.bound, second.iterations
    (True, 0)
    """

    def __init__(self, packed: bytes | None = None) -> None:
        self._bases: dict[str, NDArray[Any]] = {}
        self._own: set[str] = set()
        self.iterations = 0
        """Simplex iterations of all solves so far."""
        if packed is not None:
            with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
                self._bases = {name: stored[name] for name in stored.files}

    def packed(self) -> bytes:
        """Return the bases as the bytes of a compressed numpy file."""
        stream = io.BytesIO()
        kept = {name: basis for name, basis in self._bases.items() if name not in self._own}
        np.savez_compressed(stream, allow_pickle=False, **kept)
        return stream.getvalue()

    def relax(self, model: LinearModel, options: SolveOptions) -> SolverAnswer:
        """Return the LP relaxation of a program and keep its basis.

        A program that asks for all work to be done may come back without an answer: where the
        neighbour could not do all of it, or where the bound has left what the neighbour costs far
        behind. Whoever asks then finds out how much can be done, which any such program allows.

        Parameters
        ----------
        model
            The program.
        options
            Options of the solve.
        """
        rows, columns = model.shape
        whole = not model.upper[model.unserved_value != 0.0].any()
        unserved = _name(rows, columns, priced=False)
        if whole and unserved in self._bases:
            return _without_point(constants.LpSolveStatus.NotSolved)
        priced = model.cost is not model.unserved_value
        name = _name(rows, columns, priced=priced)
        start = self._bases.get(name)
        limit = self._limit(model) if whole else np.inf
        solver, status = self._run(model, options, start, limit)
        if status == highspy.HighsModelStatus.kIterationLimit:
            return _without_point(constants.LpSolveStatus.NotSolved)
        if start is not None and status not in _CONCLUSIVE:
            solver, status = self._run(model, options, None, np.inf)
        if status != highspy.HighsModelStatus.kOptimal:
            stopped = "time" if status == highspy.HighsModelStatus.kTimeLimit else ""
            return _without_point(
                _CONCLUSIVE.get(status, constants.LpSolveStatus.NotSolved), stopped
            )
        objective = float(solver.getInfo().objective_function_value)
        self._bases[name] = _codes(solver.getBasis())
        if priced:
            self._bases[COSTS] = np.array([objective])
        elif objective <= NOTHING:
            self._own.add(name)  # all could be done after all: the next one may try that first
        else:
            self._own.discard(name)
        solution = solver.getSolution()
        return SolverAnswer(
            constants.LpSolveStatus.Optimal,
            np.asarray(solution.col_value, dtype=float),
            objective,
            np.asarray(solution.row_dual, dtype=float),
            np.asarray(solution.col_dual, dtype=float),
            0,
            "",
            0.0,
        )

    def _limit(self, model: LinearModel) -> float:
        """Return the cost at which a program is given up."""
        known = self._bases.get(COSTS)
        if known is None or model.cost is model.unserved_value:
            return np.inf
        return FAR * float(known[0])

    def _run(
        self,
        model: LinearModel,
        options: SolveOptions,
        start: NDArray[np.int8] | None,
        limit: float,
    ) -> tuple[Any, Any]:
        highspy.Highs.resetGlobalScheduler(True)
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", options.threads)
        solver.setOptionValue("random_seed", options.seed)
        if options.time_limit is not None:
            solver.setOptionValue("time_limit", options.time_limit)
        pass_arrays(solver, model, integer=False)
        if start is not None:
            # Exact weights of a started basis take longer to find than they save.
            solver.setOptionValue("simplex_dual_edge_weight_strategy", DEVEX)
            solver.setBasis(_basis(start, model.shape[1]))
            if np.isfinite(limit):
                solver.setOptionValue("simplex_iteration_limit", LOOK)
        while True:
            if start is None:
                status = concluded(solver)
            else:
                solver.run()
                status = solver.getModelStatus()
            information = solver.getInfo()
            self.iterations += max(0, int(information.simplex_iteration_count))
            stopped = status == highspy.HighsModelStatus.kIterationLimit
            if not stopped or information.objective_function_value > limit:
                return solver, status


_CONCLUSIVE: Final = {
    highspy.HighsModelStatus.kOptimal: constants.LpSolveStatus.Optimal,
    highspy.HighsModelStatus.kInfeasible: constants.LpSolveStatus.Infeasible,
    highspy.HighsModelStatus.kTimeLimit: constants.LpSolveStatus.TimeLimit,
}
"""Answers after which a second, cold solve could say nothing else."""


def _without_point(status: constants.LpSolveStatus, stopped: str = "") -> SolverAnswer:
    return SolverAnswer(status, None, -np.inf, None, None, 0, stopped, 0.0)


def _name(rows: int, columns: int, *, priced: bool) -> str:
    """Return what a program's basis is kept under."""
    return f"{'cost' if priced else 'unserved'}_{rows}_{columns}"


def _codes(basis: Any) -> NDArray[np.int8]:  # noqa: ANN401
    """Return the status of every column, then of every row."""
    return np.array([int(status) for status in (*basis.col_status, *basis.row_status)], np.int8)


def _basis(codes: NDArray[np.int8], columns: int) -> Any:  # noqa: ANN401
    statuses = [_STATUSES[code] for code in codes.tolist()]
    basis = highspy.HighsBasis()
    basis.col_status, basis.row_status = statuses[:columns], statuses[columns:]
    # Other coefficients may have made it singular: the solver repairs a basis from outside.
    basis.alien = True
    basis.valid = True
    return basis
