"""The relaxation of a model solved by SciPy, straight from the arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from optimizer.model.assembly import LinearModel


def matrix(model: LinearModel) -> csr_array:
    """Return the rows of a model."""
    return csr_array((model.value, model.column_of, model.row_start), shape=model.shape)


def least(
    model: LinearModel,
    cost: NDArray[np.float64],
    *,
    extra: tuple[NDArray[np.float64], float] | None = None,
) -> float:
    """Return the least cost over the relaxation, under one more row ``row @ x <= limit``."""
    constraints = [LinearConstraint(matrix(model), model.row_lower, model.row_upper)]
    if extra is not None:
        row, limit = extra
        constraints.append(LinearConstraint(row[None, :], -np.inf, limit))
    answer = milp(cost, constraints=constraints, bounds=Bounds(model.lower, model.upper))
    assert answer.success, answer.message
    return float(answer.fun)
