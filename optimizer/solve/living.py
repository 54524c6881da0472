"""A linear program that stays in the solver and is edited between solves.

Changing a cost, a bound or a limit and solving again from the last basis is many times faster
than handing the matrix over again. Only the LP relaxation is kept this way.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

from optimizer.errors import SolverError
from optimizer.labels import Text
from optimizer.model.assembly import LinearModel
from optimizer.solve.highs import pass_arrays


@dataclass(frozen=True, slots=True)
class LinearPoint:
    """A vertex of a linear program.

    Parameters
    ----------
    objective
        Value of the current objective.
    values
        ``(n,)`` of the columns.
    row_duals, column_duals
        ``(m,)`` and ``(n,)`` change of the objective with a limit.
    """

    objective: float
    values: NDArray[np.float64]
    row_duals: NDArray[np.float64]
    column_duals: NDArray[np.float64]


class LivingModel:
    """The LP relaxation of a model, kept in HiGHS.

    Parameters
    ----------
    model
        The linear model; its integrality is left out.

    Examples
    --------
    >>> from optimizer.inputs.case import read_case
    >>> from optimizer.model.build import build_model
    >>> living = LivingModel(build_model(read_case("tiny"))[0])
    >>> living.solve().objective == living.solve().objective
    True
    """

    def __init__(self, model: LinearModel) -> None:
        highspy.Highs.resetGlobalScheduler(True)
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        self._highs.setOptionValue("output_flag", False)
        self._highs.setOptionValue("threads", 1)
        pass_arrays(self._highs, model, integer=False)
        self._columns = np.arange(model.shape[1], dtype=np.int32)

    def set_costs(self, cost: NDArray[np.float64]) -> None:
        """Replace the whole objective."""
        self._highs.changeColsCost(len(self._columns), self._columns, cost)

    def set_row(self, row: int, lower: float, upper: float) -> None:
        """Replace the limits of one row."""
        self._highs.changeRowBounds(row, lower, upper)

    def set_column(self, column: int, lower: float, upper: float) -> None:
        """Replace the bounds of one column."""
        self._highs.changeColBounds(column, lower, upper)

    def solve(self) -> LinearPoint | None:
        """Solve from the last basis; ``None`` if no point meets the rows.

        Raises
        ------
        SolverError
            If the solver fails otherwise.
        """
        self._highs.run()
        status = self._highs.getModelStatus()
        if status in {
            highspy.HighsModelStatus.kInfeasible,
            highspy.HighsModelStatus.kUnboundedOrInfeasible,
        }:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverError(
                Text("the LP ended as {status}", "线性规划以 {status} 结束").filled(
                    status=self._highs.modelStatusToString(status)
                )
            )
        solution = self._highs.getSolution()
        return LinearPoint(
            objective=float(self._highs.getInfo().objective_function_value),
            values=np.asarray(solution.col_value, dtype=float),
            row_duals=np.asarray(solution.row_dual, dtype=float),
            column_duals=np.asarray(solution.col_dual, dtype=float),
        )
