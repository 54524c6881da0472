"""Upper bounds that the rows say already.

With all terms of a row ``sum_j a[j] * x[j] <= b`` at or above zero, ``x[j] <= b / a[j]`` follows.
A bound that says no more is left out before a search: the ratio test of the dual simplex passes
column by column over the columns with two bounds, which took nine tenths of the time of a search
with ten thousand shares, each at most one and together one in their row.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from optimizer.model.assembly import LinearModel


def without_implied_bounds(model: LinearModel) -> LinearModel:
    """Return the same program without the upper bounds that its rows imply.

    Bounds of integer columns stay: branching starts from them.

    Examples
    --------
    >>> from optimizer.inputs.case import read_case
    >>> from optimizer.model.build import build_model
    >>> model = build_model(read_case("tiny"))[0]
    >>> bounded, free = (int(np.isfinite(m.upper).sum()) for m in (
    ...     model, without_implied_bounds(model)))
    >>> bounded > free
    True
    """
    row = np.repeat(np.arange(model.shape[0]), np.diff(model.row_start))
    column, value = model.column_of, model.value
    below_zero = (value < 0.0) | (model.lower[column] < 0.0)
    usable = np.isfinite(model.row_upper) & (
        np.bincount(row, weights=below_zero, minlength=model.shape[0]) == 0
    )
    entries = np.flatnonzero(usable[row] & (value > 0.0))
    most = np.full(model.shape[1], np.inf)
    np.minimum.at(most, column[entries], model.row_upper[row[entries]] / value[entries])
    implied = ~model.integer & np.isfinite(model.upper) & (model.upper >= most)
    return dataclasses.replace(model, upper=np.where(implied, np.inf, model.upper))
