"""LP relaxations of programs that differ in numbers only, each started from another's basis.

A sweep solves one program many times with other prices, limits and demands. The basis of a
neighbour is near the optimum: on the national case a restart takes 1 to 7 s where a cold solve
takes 50 to 70. The arrays are handed over again, which takes 0.02 s, together with the basis; so
the answer depends on the program and the basis alone, not on what was solved before in the same
process, and is the same wherever it is solved.

A program that has no basis of its size starts cold; so does one on which the start fails.
"""

from __future__ import annotations

import io
from typing import Any, Final

import highspy
import numpy as np
from numpy.typing import NDArray
from pulp import constants

from optimizer.model.assembly import LinearModel
from optimizer.solve.highs import pass_arrays
from optimizer.solve.options import SolveOptions
from optimizer.solve.solvers import SolverAnswer

DEVEX: Final = 1
"""The edge weights of HiGHS's dual simplex by number."""

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
        self._bases: dict[str, NDArray[np.int8]] = {}
        self.iterations = 0
        """Simplex iterations of all solves so far."""
        if packed is not None:
            with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
                self._bases = {name: stored[name] for name in stored.files}

    def packed(self) -> bytes:
        """Return the bases as the bytes of a compressed numpy file."""
        stream = io.BytesIO()
        np.savez_compressed(stream, allow_pickle=False, **self._bases)
        return stream.getvalue()

    def relax(self, model: LinearModel, options: SolveOptions) -> SolverAnswer:
        """Return the LP relaxation of a program and keep its basis.

        Parameters
        ----------
        model
            The program.
        options
            Options of the solve.
        """
        start = self._start(model)
        solver = self._run(model, options, start)
        if start is not None and solver.getModelStatus() not in _CONCLUSIVE:
            solver = self._run(model, options, None)
        status = solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            stopped = "time" if status == highspy.HighsModelStatus.kTimeLimit else ""
            word = _CONCLUSIVE.get(status, constants.LpSolveStatus.NotSolved)
            return SolverAnswer(word, None, -np.inf, None, None, 0, stopped, 0.0)
        name = _name(*model.shape, priced=model.cost is not model.unserved_value)
        self._bases[name] = _codes(solver.getBasis())
        solution = solver.getSolution()
        return SolverAnswer(
            constants.LpSolveStatus.Optimal,
            np.asarray(solution.col_value, dtype=float),
            float(solver.getInfo().objective_function_value),
            np.asarray(solution.row_dual, dtype=float),
            np.asarray(solution.col_dual, dtype=float),
            0,
            "",
            0.0,
        )

    def _start(self, model: LinearModel) -> NDArray[np.int8] | None:
        """Return the basis of a program like this, or of one that lacks its last row."""
        rows, columns = model.shape
        priced = model.cost is not model.unserved_value
        for known in (priced, not priced):
            if (basis := self._bases.get(_name(rows, columns, priced=known))) is not None:
                return basis
        for known in (False, True):
            if (basis := self._bases.get(_name(rows - 1, columns, priced=known))) is not None:
                return np.append(basis, np.int8(_STATUSES.index(highspy.HighsBasisStatus.kBasic)))
        return None

    def _run(
        self,
        model: LinearModel,
        options: SolveOptions,
        start: NDArray[np.int8] | None,
    ) -> Any:  # noqa: ANN401
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
        solver.run()
        self.iterations += max(0, int(solver.getInfo().simplex_iteration_count))
        return solver


_CONCLUSIVE: Final = {
    highspy.HighsModelStatus.kOptimal: constants.LpSolveStatus.Optimal,
    highspy.HighsModelStatus.kInfeasible: constants.LpSolveStatus.Infeasible,
    highspy.HighsModelStatus.kTimeLimit: constants.LpSolveStatus.TimeLimit,
}
"""Answers after which a second, cold solve could say nothing else."""


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
