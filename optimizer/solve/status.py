"""The solver's words to ours."""

from __future__ import annotations

from typing import Final

from pulp import constants

from optimizer.plan.raw_solution import Status

_WITHOUT_POINT: Final = {
    constants.LpSolveStatus.Infeasible: Status.INFEASIBLE,
    constants.LpSolveStatus.Unbounded: Status.UNBOUNDED,
    constants.LpSolveStatus.Optimal: Status.FAILED,
    constants.LpSolveStatus.NumericalError: Status.FAILED,
}


def status_of(
    solver_status: constants.LpSolveStatus,
    *,
    has_point: bool,
    gap: float,
    asked_gap: float,
) -> Status:
    """Return our status of a solve.

    Parameters
    ----------
    solver_status
        Why the solver stopped.
    has_point
        Whether a point came back that meets all rows.
    gap, asked_gap
        Proved and asked gap, in the same unit. The gap alone decides between optimal and
        feasible: a solver that calls a point optimal without a bound has proved nothing.

    Examples
    --------
    >>> status_of(constants.LpSolveStatus.TimeLimit, has_point=True, gap=2.0, asked_gap=1.0)
    <Status.FEASIBLE: 'feasible'>
    """
    if has_point:
        return Status.OPTIMAL if gap <= asked_gap else Status.FEASIBLE
    return _WITHOUT_POINT.get(solver_status, Status.NO_SOLUTION)
