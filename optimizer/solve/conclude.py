"""Linear programs on which HiGHS gives up are solved again with other settings.

Where far more work is wanted than accelerators can do, the limit on work left undone has such a
price that the dual simplex loses its way and ends without an answer. One of these keeps it: the
program without presolve, an objective 2^10 times smaller, or the interior point method. An answer
counts if the objective that is told is that of the point, ``|c x - z| <= 1e-6 max(1, |z|)``: after
a scaled objective HiGHS may tell the scaled one.
"""

from __future__ import annotations

from typing import Any, Final

import highspy
import numpy as np

AGAIN: Final[tuple[dict[str, int | str], ...]] = (
    {"presolve": "off"},
    {"user_objective_scale": -10},
    {"solver": "ipm"},
)
"""Settings that are tried in turn."""

UNSETTLED: Final = frozenset(
    {
        highspy.HighsModelStatus.kNotset,
        highspy.HighsModelStatus.kUnknown,
        highspy.HighsModelStatus.kPresolveError,
        highspy.HighsModelStatus.kSolveError,
        highspy.HighsModelStatus.kPostsolveError,
        highspy.HighsModelStatus.kUnbounded,
        highspy.HighsModelStatus.kIterationLimit,
    }
)
"""Statuses that say nothing of a program whose cost cannot fall without end."""


SAME: Final = 1e-6
"""Part of an objective by which the told and the recomputed one may differ."""


def concluded(solver: Any) -> Any:  # noqa: ANN401
    """Run a solver that holds a linear program, with other settings if it ends without an answer.

    Its options are afterwards as they were; a time limit holds for all runs together.

    Parameters
    ----------
    solver
        A ``highspy.Highs`` object.

    Returns
    -------
    highspy.HighsModelStatus
        Status of the last run; ``kUnknown`` for an optimum whose objective is not the point's.

    Examples
    --------
    >>> solver = highspy.Highs()
    >>> _ = solver.setOptionValue("output_flag", False)
    >>> _ = solver.addVar(1.0, 2.0)
    >>> concluded(solver)
    <HighsModelStatus.kOptimal: 7>
    """
    solver.run()
    status = solver.getModelStatus()
    for settings in AGAIN:
        if status not in UNSETTLED:
            break
        before = {name: solver.getOptionValue(name)[1] for name in settings}
        solver.clearSolver()
        for name, value in settings.items():
            solver.setOptionValue(name, value)
        solver.run()
        status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal and not _told_truly(solver):
            status = highspy.HighsModelStatus.kUnknown
        for name, value in before.items():
            solver.setOptionValue(name, value)
    return status


def _told_truly(solver: Any) -> bool:  # noqa: ANN401
    """Return whether the objective that is told is that of the point."""
    program = solver.getLp()
    point = np.asarray(solver.getSolution().col_value, dtype=float)
    cost = float(np.asarray(program.col_cost_, dtype=float) @ point) + float(program.offset_)
    told = float(solver.getInfo().objective_function_value)
    return abs(cost - told) <= SAME * max(1.0, abs(told))
