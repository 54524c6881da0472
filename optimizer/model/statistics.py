"""Sizes of the numbers in a model: a wide range of coefficients makes solvers inexact."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.model.assembly import LinearModel


def coefficient_ranges(model: LinearModel) -> dict[str, tuple[float, float]]:
    """Return the least and the largest magnitude of every kind of number but zero.

    Parameters
    ----------
    model
        The linear model.

    Returns
    -------
    dict
        ``matrix``, ``cost``, ``bounds`` and ``limits`` to their least and largest magnitude.
    """
    return {
        "matrix": _range(model.value),
        "cost": _range(model.cost),
        "bounds": _range(np.concatenate([model.lower, model.upper])),
        "limits": _range(np.concatenate([model.row_lower, model.row_upper])),
    }


def _range(values: NDArray[np.float64]) -> tuple[float, float]:
    sizes = np.abs(values[np.isfinite(values) & (values != 0.0)])
    return (float(sizes.min()), float(sizes.max())) if len(sizes) else (0.0, 0.0)
