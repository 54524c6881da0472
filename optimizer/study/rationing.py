"""What a thousand more accelerators are worth while tiers of users are held back.

The first stage of the model is solved again as its LP relaxation, with the tiers released as
planned and one thousand more accelerators of one type on offer: the fall of the value of work
left undone is what they would serve. Modules and runs may follow, so that accelerators
without a place to stand are worth nothing.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.model.assembly import LinearModel
from optimizer.model.build import serving_most
from optimizer.solve.living import NEARLY, LivingModel

FULLY_SERVED: Final = 1.0 - 1e-6
LEAST_VALUE: Final = 1e-6
"""Values below this, in million yuan a year, are rounding."""


def accelerator_values(
    case: Case, model: LinearModel, values: NDArray[np.float64], releases: pd.DataFrame
) -> pd.DataFrame:
    """Return the value of a thousand more accelerators of each type that would serve anything.

    Parameters
    ----------
    case
        The case.
    model
        Its model as built, without a row that holds the first stage's result.
    values
        ``(n,)`` the plan.
    releases
        The plan's table of releases; where all its tiers are served in full the answer is empty.

    Returns
    -------
    pandas.DataFrame
        ``accelerator`` and ``value_million_yuan`` a year.
    """
    records: list[dict[str, object]] = []
    if (releases["served_share"].to_numpy(dtype=float) < FULLY_SERVED).any():
        living = LivingModel(_with_releases_fixed(serving_most(model), values), open_share=NEARLY)
        base = living.solve()
        assert base is not None  # the plan itself is a point
        names = case.tables["accelerators"].frame["accelerator"].tolist()
        supply = model.rows["supply"]
        for card, row in zip(
            supply.index["accelerator"].tolist(), supply.ids.tolist(), strict=True
        ):
            limit = float(model.row_upper[row])
            living.set_row(row, -np.inf, limit + 1.0)  # the row counts in thousand
            more = living.solve()
            living.set_row(row, -np.inf, limit)
            assert more is not None  # a wider limit leaves the plan in place
            value = base.objective - more.objective
            if value > LEAST_VALUE:
                records.append({"accelerator": names[card], "value_million_yuan": value})
    return pd.DataFrame(records, columns=["accelerator", "value_million_yuan"])


def _with_releases_fixed(model: LinearModel, values: NDArray[np.float64]) -> LinearModel:
    """Return a model whose tiers are released as at a point."""
    lower, upper = model.lower.copy(), model.upper.copy()
    released = model.columns["released"].slice
    lower[released] = upper[released] = np.clip(values[released], 0.0, 1.0)
    return dataclasses.replace(model, lower=lower, upper=upper)
