"""Policy rows resolved for one year: which sites, which limit.

A row binds a year if it is enabled and its validity covers any day of the year.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

UNIT_OF_KIND: Final = {
    "hub_share_min": "1",
    "west_share_min": "1",
    "pue_max": "1",
    "utilisation_min": "1",
    "green_share_contractual_min": "1",
    "green_share_physical_min": "1",
    "green_share_hourly_min": "1",
    "direct_self_use_min": "1",
    "direct_load_share_min": "1",
    "direct_export_max": "1",
    "new_it_mw_max": "MW",
    "carbon_price": "yuan/tCO2",
    "carbon_cap": "ktCO2",
    "budget": "million yuan",
}
COMPARISON_OF_KIND: Final = {
    kind: (">=" if kind.endswith("_min") else "=" if kind == "carbon_price" else "<=")
    for kind in UNIT_OF_KIND
}
LEDGER_KINDS: Final = ("carbon_price", "carbon_cap")


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One policy that binds the year.

    Parameters
    ----------
    policy, kind
        Code and kind.
    sites
        ``(S,)`` whether the row holds for the site.
    value
        The limit in the unit of its kind.
    ledger
        ``location`` or ``market`` for carbon rows, otherwise empty.
    hard
        Whether it may not be broken.
    penalty
        Million yuan for each unit by which a soft row is broken.
    """

    policy: str
    kind: str
    sites: NDArray[np.bool_]
    value: float
    ledger: str
    hard: bool
    penalty: float


def policy_rows(
    policies: pd.DataFrame, sites: pd.DataFrame, provinces: pd.DataFrame, year: int
) -> tuple[PolicyRow, ...]:
    """Return the rows of the checked table that bind a year, sorted by code."""
    return tuple(
        PolicyRow(
            policy=row["policy"],
            kind=row["kind"],
            sites=scope_sites(row["scope"], sites, provinces),
            value=float(row["value"]),
            ledger=row["ledger"],
            hard=bool(row["hard"]),
            penalty=0.0
            if np.isnan(row["penalty_million_yuan_per_unit"])
            else float(row["penalty_million_yuan_per_unit"]),
        )
        for row in policies.sort_values("policy").to_dict("records")
        if row["enabled"] and binds_year(row["valid_from"], row["valid_to"], year)
    )


def binds_year(valid_from: str, valid_to: str, year: int) -> bool:
    """Return whether a validity covers any day of a year.

    Examples
    --------
    >>> binds_year("2025-12-31", "", 2026), binds_year("2025-01-01", "2025-12-31", 2026)
    (True, False)
    """
    first = dt.date.fromisoformat(valid_from)
    last = dt.date.fromisoformat(valid_to) if valid_to else dt.date.max
    return first.year <= year <= last.year


def scope_sites(scope: str, sites: pd.DataFrame, provinces: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which sites a scope holds for.

    Raises
    ------
    ValueError
        If the scope is not of a known form or names nothing that exists.
    """
    count = len(sites)
    if scope == "national":
        return np.ones(count, dtype=bool)
    if scope == "hubs":
        return (sites["hub"] != "").to_numpy(dtype=bool)
    if scope == "outside_hubs":
        return (sites["hub"] == "").to_numpy(dtype=bool)
    if scope == "clusters":
        return sites["is_cluster"].to_numpy(dtype=bool)
    if scope == "western_development":
        western = provinces.loc[provinces["western_development"], "province"]
        return sites["province"].isin(western).to_numpy(dtype=bool)
    name, separator, members = scope.partition(":")
    columns = {"cluster": "site", "site": "site", "province": "province", "side": "side"}
    if not separator or name not in columns:
        raise ValueError(scope)
    wanted = [member.strip() for member in members.split(";")]
    known = provinces["province"] if name == "province" else sites[columns[name]]
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise ValueError(", ".join(unknown))
    return sites[columns[name]].isin(wanted).to_numpy(dtype=bool)
