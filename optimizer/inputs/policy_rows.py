"""Policy rows resolved for one year: which sites, which limit.

A row binds a year if it is enabled and its validity covers any day of the year.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
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
    "latency_max": "ms",
    "workload_share_max": "1",
    "pue_average_max": "1",
    "rack_utilisation_min": "1",
    "accelerator_utilisation_min": "1",
    "domestic_share_min": "1",
    "energy_cap": "GWh",
    "water_cap": "thousand m3",
    "cost_cap": "million yuan",
    "pue_surcharge": "yuan/kWh",
    "build_subsidy": "yuan/kW",
    "compute_voucher": "yuan/MWh",
}
PRICE_KINDS: Final = ("carbon_price", "pue_surcharge", "build_subsidy", "compute_voucher")
"""Kinds that cost or pay something and limit nothing."""

COMPARISON_OF_KIND: Final = {
    kind: (">=" if kind.endswith("_min") else "=" if kind in PRICE_KINDS else "<=")
    for kind in UNIT_OF_KIND
}
LEDGER_KINDS: Final = ("carbon_price", "carbon_cap")
WORKLOAD_KINDS: Final = ("latency_max", "workload_share_max")
"""Kinds that may hold for some of the work only."""

BARRING_KINDS: Final = ("pue_max", "latency_max")
"""Kinds that forbid choices one by one, so that no amount of breaking could be priced."""


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
    threshold
        PUE from which a surcharge is paid, zero for other kinds.
    services, jobs
        ``(W,)`` and ``(J,)`` whether the row holds for the work.
    """

    policy: str
    kind: str
    sites: NDArray[np.bool_]
    value: float
    ledger: str
    hard: bool
    penalty: float
    threshold: float
    services: NDArray[np.bool_]
    jobs: NDArray[np.bool_]


def policy_rows(frames: Mapping[str, pd.DataFrame], year: int) -> tuple[PolicyRow, ...]:
    """Return the rows of the checked table that bind a year, sorted by code.

    Parameters
    ----------
    frames
        Tables by name: policies, and the sites, provinces, services and jobs they speak of.
    year
        The planned year.
    """
    rows = []
    for row in frames["policies"].sort_values("policy").to_dict("records"):
        if not (row["enabled"] and binds_year(row["valid_from"], row["valid_to"], year)):
            continue
        services, jobs = scope_workloads(row["workloads"], frames["services"], frames["jobs"])
        penalty = row["penalty_million_yuan_per_unit"]
        rows.append(
            PolicyRow(
                policy=row["policy"],
                kind=row["kind"],
                sites=scope_sites(row["scope"], frames["sites"], frames["provinces"]),
                value=float(row["value"]),
                ledger=row["ledger"],
                hard=bool(row["hard"]),
                penalty=0.0 if np.isnan(penalty) else float(penalty),
                threshold=0.0 if np.isnan(row["threshold"]) else float(row["threshold"]),
                services=services,
                jobs=jobs,
            )
        )
    return tuple(rows)


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


def scope_workloads(
    workloads: str, services: pd.DataFrame, jobs: pd.DataFrame
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which services and which jobs a policy speaks of.

    Raises
    ------
    ValueError
        If the text is not of a known form or names nothing that exists.
    """
    if not workloads:
        return np.ones(len(services), dtype=bool), np.ones(len(jobs), dtype=bool)
    name, _, members = workloads.partition(":")
    wanted = {member.strip() for member in members.split(";")}
    none = [""]
    of_services, of_jobs = {
        "kind": (services["kind"].tolist(), ["training"] * len(jobs)),
        "service": (services["service"].tolist(), none * len(jobs)),
        "job": (none * len(services), jobs["job"].tolist()),
    }.get(name, (none, none))
    known = {"training", "interactive", "batch"} if name == "kind" else {*of_services, *of_jobs}
    unknown = sorted(wanted - (known - {""}))
    if unknown:
        raise ValueError(", ".join(unknown) or workloads)
    return (
        np.array([item in wanted for item in of_services], dtype=bool),
        np.array([item in wanted for item in of_jobs], dtype=bool),
    )
