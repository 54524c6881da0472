"""How much the plan could differ at almost the same cost.

For each cluster the least and the most new IT power over all points of the LP relaxation whose
cost is within a share of the facility cost of the plan::

    least, most  sum_k it_mw[k] * built[s,k]   subject to   cost <= z + share * facility cost

For large programs the hours of sites cost what is known of them around the plan, a lower bound.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.model.assembly import LinearModel
from optimizer.model.build import with_row
from optimizer.solve.decompose import is_split, split
from optimizer.solve.living import SMALL, LivingModel
from optimizer.solve.stage import location_cost

NEAR_OPTIMAL_SHARE: Final = 0.005


def near_optimal_ranges(
    case: Case, model: LinearModel, values: NDArray[np.float64]
) -> pd.DataFrame:
    """Return the least and most new IT power of each cluster within +0.5 % facility cost.

    Parameters
    ----------
    case
        The case.
    model
        Its cost model.
    values
        ``(n,)`` the plan.

    Returns
    -------
    pandas.DataFrame
        ``site``, ``new_it_mw`` (of the plan), ``least_mw``, ``most_mw``.
    """
    it_mw = case.tables["modules"].frame["it_mw"].to_numpy(dtype=float)
    planned = np.zeros(len(case.tables["sites"].frame))
    for built in model.columns_of("built"):
        power = it_mw[built.index["module"]] * values[built.slice]
        np.add.at(planned, built.index["site"], power)
    allowed = float(model.cost @ values) + NEAR_OPTIMAL_SHARE * location_cost(model, values)
    if is_split(model) and model.shape[1] >= SMALL:
        # With the cuts known around the plan: a range may say too much, never too little.
        model = split(model).with_cuts()
    columns = np.flatnonzero(model.cost)
    capped = with_row(
        model, "cost_held", columns, model.cost[columns], "million yuan", upper=allowed
    )
    living = LivingModel(capped)
    sites = case.tables["sites"].frame
    rows = []
    for site in np.flatnonzero(sites["is_cluster"].to_numpy(dtype=bool)):
        objective = np.zeros(model.shape[1])
        for built in model.columns_of("built"):
            here = built.index["site"] == site
            objective[built.ids[here]] = it_mw[built.index["module"][here]]
        ends = []
        for sign in (1.0, -1.0):
            living.set_costs(sign * objective)
            point = living.solve()
            assert point is not None
            ends.append(sign * point.objective)
        rows.append(
            {
                "site": sites["site"].iloc[site],
                "new_it_mw": planned[site],
                "least_mw": max(0.0, ends[0]),
                "most_mw": ends[1],
            }
        )
    return pd.DataFrame(rows, columns=["site", "new_it_mw", "least_mw", "most_mw"])
