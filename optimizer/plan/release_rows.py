"""Rows of the plan on rationing and staged release.

A release that serves nobody, in its tier or in any later one, is not written as one: nothing
in the model tells it from a tier that is held back.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.plan.raw_solution import RawSolution
from optimizer.plan.release_tables import RELEASES, SERVED_TIERS
from optimizer.units import DAYS_PER_YEAR

NEGLIGIBLE: Final = 1e-7
"""Shares of a tier below this, served or left unserved, are the solver's rounding."""


def with_release_rows(
    case: Case, solution: RawSolution, unserved: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return ``served_tiers`` and ``releases``, and ``unserved`` with the values of tiers.

    Parameters
    ----------
    case, solution
        The case and a point of its model.
    unserved
        Demand left unserved, valued as if no service had tiers.
    """
    if "tier_unserved" not in solution.columns:
        return {
            "served_tiers": pd.DataFrame(columns=SERVED_TIERS.column_names),
            "releases": pd.DataFrame(columns=RELEASES.column_names),
            "unserved": unserved,
        }
    tiers = case.derived.tiers
    left = solution.columns["tier_unserved"]
    region, service = left.index["region"], left.index["service"]
    row = _table_rows(case, service, left.index["tier"])
    served = 1.0 - left.values
    served[served < NEGLIGIBLE] = 0.0
    served[served > 1.0 - NEGLIGIBLE] = 1.0
    asked = case.derived.demand.requests[region, service] * tiers.share[row]
    yuan = DAYS_PER_YEAR * tiers.value[row]
    regions = case.tables["regions"].frame["region"].to_numpy(dtype=object)
    services = case.tables["services"].frame["service"].to_numpy(dtype=object)
    rows = pd.DataFrame(
        {
            "region": regions[region],
            "service": services[service],
            "tier": tiers.tier[row],
            "demand_share": tiers.share[row],
            "served_share": served,
            "requests_million_per_day": asked * served,
            "value_million_yuan": asked * served * yuan,
        }
    )
    return {
        "served_tiers": rows,
        "releases": _releases(case, solution, row, asked, served),
        "unserved": _valued(unserved, rows, asked, yuan),
    }


def _table_rows(
    case: Case, service: NDArray[np.int64], tier: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the rows of the table of tiers, whose tiers of a service stand in order."""
    return np.searchsorted(case.derived.tiers.service, service) + tier - 1


def _releases(
    case: Case,
    solution: RawSolution,
    row: NDArray[np.int64],
    asked: NDArray[np.float64],
    served: NDArray[np.float64],
) -> pd.DataFrame:
    tiers, column = case.derived.tiers, solution.columns["released"]
    here = _table_rows(case, column.index["service"], column.index["tier"])
    count = len(tiers.service)
    wanted = np.bincount(row, weights=asked, minlength=count)[here]
    done = np.bincount(row, weights=asked * served, minlength=count)[here]
    released = np.where(np.abs(column.values) > NEGLIGIBLE, column.values, 0.0)
    for entry in range(len(here)):
        later = (tiers.service[here] == tiers.service[here[entry]]) & (here >= here[entry])
        if not done[later].any():
            released[entry] = 0.0
    services = case.tables["services"].frame["service"].to_numpy(dtype=object)
    return pd.DataFrame(
        {
            "service": services[tiers.service[here]],
            "tier": tiers.tier[here],
            "released": released,
            "requests_million_per_day": wanted,
            "served_share": done / wanted,
            "value_million_yuan": done * DAYS_PER_YEAR * tiers.value[here],
        }
    )


def _valued(
    unserved: pd.DataFrame,
    rows: pd.DataFrame,
    asked: NDArray[np.float64],
    yuan: NDArray[np.float64],
) -> pd.DataFrame:
    """Return the demand left unserved, that of services with tiers summed over them."""
    missed = rows[["region", "service"]].assign(
        share=rows["demand_share"] * (1.0 - rows["served_share"]),
        requests_million_per_day=asked - rows["requests_million_per_day"],
        value_million_yuan=asked * yuan - rows["value_million_yuan"],
    )
    summed = missed.groupby(["region", "service"], as_index=False).sum()
    others = unserved[~unserved["service"].isin(rows["service"])]
    parts = [part for part in (others, summed[summed["share"] > NEGLIGIBLE]) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else others
