"""One-cell changes of a plan that passes, each with the rules that it must be found to break."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tests.plan.solved_cases import rows_where


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one cell.

    Parameters
    ----------
    table, column
        The cell's table and column.
    new_value
        The new value of the cell from its old one.
    rules
        Rules that must be among those found broken.
    where
        Values of other columns of the row.
    label
        What is done, for the name of the test.
    """

    table: str
    column: str
    label: str
    new_value: Callable[[Any], Any]
    rules: tuple[str, ...]
    where: tuple[tuple[str, object], ...] = ()
    national: bool = False

    @property
    def name(self) -> str:
        """Return the name of the change."""
        return f"{self.table}.{self.column}-{self.label}"

    def row_in(self, frame: pd.DataFrame) -> int:
        """Return the row to change: of several, that with the largest number in the column."""
        rows = np.flatnonzero(rows_where(frame, **dict(self.where)))
        assert len(rows), (self.name, self.where)
        cells = frame[self.column]
        if pd.api.types.is_numeric_dtype(cells):
            return int(rows[np.argmax(cells.to_numpy(dtype=float)[rows])])
        return int(rows[0])


def times(factor: float) -> Callable[[Any], Any]:
    """Return the change that multiplies a number."""
    return lambda cell: cell * factor


def plus(step: float) -> Callable[[Any], Any]:
    """Return the change that adds to a number."""
    return lambda cell: cell + step


def to(value: object) -> Callable[[Any], Any]:
    """Return the change to a fixed value."""
    return lambda _cell: value


WORK = (
    Change(
        "placements", "share", "a little less", plus(-0.01), ("all demand", "requests of a share")
    ),
    Change("placements", "share", "below nothing", to(-0.1), ("share is not negative",)),
    Change(
        "placements",
        "share",
        "beyond the users within reach",
        to(1.0),
        ("share within reach",),
        (("region", "island"), ("service", "control")),
    ),
    Change(
        "placements",
        "share",
        "one source made two",
        to(0.5),
        ("single source",),
        (("service", "search"),),
    ),
    Change(
        "placements",
        "requests_million_per_day",
        "of a thousand",
        times(1e-3),
        ("requests of a share",),
    ),
    Change("placements", "rtt_p99_ms", "one way only", times(0.5), ("round trip",)),
    Change(
        "placements",
        "budget_ms",
        "for half the round trips",
        times(2.0),
        ("network budget",),
        (("service", "control"),),
    ),
    Change("placements", "peak_gbps", "bytes for bits", times(0.125), ("peak rate",)),
    Change(
        "placements",
        "site",
        "away from where it must be",
        to("east_cluster"),
        ("pinned must", "work equals demand", "round trip"),
        (("service", "archive"),),
    ),
    Change(
        "placements",
        "site",
        "to where it may never be",
        to("east_metro"),
        ("pinned never", "work equals demand"),
        (("service", "chat"), ("region", "east")),
    ),
    Change(
        "placements",
        "site",
        "out of its province",
        to("east_cluster"),
        ("share within reach", "work equals demand"),
        (("service", "office"), ("region", "west")),
    ),
    Change(
        "placements",
        "site",
        "below the pinned share",
        to("east_cluster"),
        ("pinned share", "work equals demand"),
        (("service", "batch"), ("site", "east_metro")),
    ),
    Change("unserved", "share", "a little more", plus(0.01), ("all demand", "value unserved")),
    Change("unserved", "share", "below nothing", to(-0.1), ("unserved is not negative",)),
    Change(
        "unserved", "requests_million_per_day", "of a thousand", times(1e-3), ("requests unserved",)
    ),
    Change("unserved", "value_million_yuan", "halved", times(0.5), ("value unserved",)),
    Change(
        "service_accelerators",
        "busy_accelerators",
        "one per cent less",
        times(0.99),
        ("requests of accelerators", "work equals demand", "mean busy", "load of a profile"),
    ),
    Change(
        "service_accelerators",
        "busy_accelerators",
        "tenfold",
        times(10.0),
        ("accelerators in the hour", "requests of accelerators"),
    ),
    Change(
        "service_accelerators",
        "busy_accelerators",
        "below nothing",
        to(-5.0),
        ("busy is not negative",),
    ),
    Change(
        "service_accelerators",
        "requests_million_per_day",
        "one per cent more",
        times(1.01),
        ("requests of accelerators",),
    ),
    Change(
        "service_accelerators",
        "accelerator",
        "to one that cannot run it",
        to("old_card"),
        ("service runs on the accelerator", "work equals demand"),
        (("service", "archive"),),
    ),
    Change(
        "runs",
        "runs",
        "one more",
        plus(1.0),
        ("all runs", "power of runs", "data set rate"),
        (("job", "base"),),
    ),
    Change(
        "runs", "runs", "below nothing", to(-1.0), ("runs are not negative",), (("job", "base"),)
    ),
    Change("runs", "runs", "half a run", to(0.5), ("whole runs",), (("job", "base"),)),
    Change("runs", "gang", "another than given", plus(8), ("given gang",), (("job", "base"),)),
    Change(
        "runs", "gang", "not whole servers", plus(1), ("whole servers",), (("job", "tune_spring"),)
    ),
    Change(
        "runs",
        "gang",
        "doubled",
        times(2),
        ("duration", "goodput", "power of runs", "mean busy", "load of a profile"),
        (("job", "tune_autumn"),),
    ),
    Change("runs", "gang", "beyond the fabric", to(8000), ("largest gang",), (("job", "base"),)),
    Change(
        "runs", "start_month", "too early", to(1), ("earliest month",), (("job", "tune_autumn"),)
    ),
    Change("runs", "start_month", "too late", to(6), ("deadline",), (("job", "base"),)),
    Change(
        "runs",
        "start_month",
        "into the next year",
        to(12),
        ("the run ends within the year",),
        (("job", "tune_autumn"),),
    ),
    Change(
        "runs", "duration_days", "hours for days", times(24.0), ("duration",), (("job", "local"),)
    ),
    Change("runs", "goodput", "perfect", to(1.0), ("goodput",), (("job", "base"),)),
    Change("runs", "it_mw", "one per cent less", times(0.99), ("power of runs",)),
    Change("runs", "dataset_gbps", "bytes for bits", times(0.125), ("data set rate",)),
    Change(
        "runs",
        "site",
        "out of its province",
        to("east_cluster"),
        ("job stays in its province",),
        (("job", "local"),),
    ),
    Change(
        "runs",
        "site",
        "to where it may never be",
        to("east_metro"),
        ("pinned never",),
        (("job", "tune_autumn"),),
    ),
    Change(
        "runs",
        "accelerator",
        "not the one asked for",
        to("old_card"),
        ("job runs on the accelerator", "duration"),
        (("job", "base"),),
    ),
    Change("unplaced", "runs", "one more", plus(1.0), ("all runs", "value unplaced")),
    Change("unplaced", "runs", "below nothing", to(-1.0), ("unplaced is not negative",)),
    Change("unplaced", "value_million_yuan", "halved", times(0.5), ("value unplaced",)),
    Change(
        "accelerators", "fleet", "more than stands there", times(1.01), ("fleet", "nameplate power")
    ),
    Change(
        "accelerators",
        "bought",
        "half as many",
        times(0.5),
        ("accelerators in the hour", "nameplate power", "cost accelerators"),
    ),
    Change("accelerators", "bought", "below nothing", to(-10.0), ("bought is not negative",)),
    Change(
        "accelerators",
        "bought",
        "more than can be had",
        to(1e6),
        ("national supply",),
        national=True,
    ),
    Change("accelerators", "busy_mean", "one per cent more", times(1.01), ("mean busy",)),
    Change("accelerators", "services_peak", "mean for peak", times(0.8), ("services peak",)),
    Change("accelerators", "gangs_peak", "one per cent less", times(0.99), ("gangs peak",)),
    Change(
        "accelerators",
        "utilisation",
        "fraction for per cent",
        times(100.0),
        ("utilisation of accelerators",),
    ),
)

SMALL_POOL = (("pool", "text"), ("line", "small"))
POOLS = (
    Change("pools", "opened", "closed", to(0.0), ("share within an open pool",)),
    Change("pools", "opened", "half open", to(0.5), ("pool is open or not", "reserve of a pool")),
    Change("pools", "opened", "twice", to(2.0), ("pool is opened once",)),
    Change(
        "pools",
        "load_replicas",
        "mean for peak",
        times(0.8),
        ("load of a pool", "reserve of a pool", "servers of a pool", "exact servers of a pool"),
    ),
    Change(
        "pools",
        "load_replicas",
        "beyond the line",
        plus(2000.0),
        ("load of a small pool",),
        SMALL_POOL,
    ),
    Change("pools", "line", "of others", to("small"), ("line of a pool",), (("pool", "film"),)),
    Change("pools", "line", "the other", to("large"), ("reserve of a pool",), SMALL_POOL),
    Change(
        "pools",
        "reserve_replicas",
        "one in a hundred less",
        times(0.99),
        ("reserve of a pool", "servers of a pool", "reserve is held"),
    ),
    Change("pools", "reserve_replicas", "none", to(0.0), ("servers keep the wait",)),
    Change("pools", "servers", "load alone", plus(-10.0), ("servers of a pool",)),
    Change("pools", "exact_servers", "one less", plus(-1), ("exact servers of a pool",)),
    Change(
        "pool_reserves",
        "reserve_accelerators",
        "one in a hundred less",
        times(0.99),
        ("replicas in reserve",),
    ),
    Change(
        "pool_reserves",
        "reserve_accelerators",
        "more than stand there",
        times(1e3),
        ("accelerators in the hour",),
    ),
    Change(
        "pool_reserves",
        "reserve_accelerators",
        "below nothing",
        to(-8.0),
        ("reserve is not negative",),
    ),
    Change("pool_reserves", "reserve_replicas", "halved", times(0.5), ("reserve is held",)),
    Change(
        "pool_reserves",
        "accelerator",
        "one that the office cannot use",
        to("new_card"),
        ("reserve runs every service of its pool",),
        (("pool", "text"),),
    ),
)

POWER = (
    Change("builds", "modules", "one more", plus(1.0), ("power of modules", "cost build")),
    Change("builds", "modules", "below nothing", to(-1.0), ("modules are not negative",)),
    Change(
        "builds",
        "modules",
        "one of what stood before",
        to(1.0),
        ("no module is existing power",),
        (("kind", "existing"),),
    ),
    Change(
        "builds", "kind", "old for new", to("existing"), ("kind of the module",), (("kind", "new"),)
    ),
    Change("builds", "modules", "half a module", plus(0.5), ("whole modules",)),
    Change("builds", "modules", "more than fit", to(50.0), ("most modules",)),
    Change(
        "builds",
        "modules",
        "fewer than the least",
        to(0.0),
        ("fewest modules",),
        (("module", "metro_air"),),
    ),
    Change(
        "builds",
        "module",
        "one that may not stand there",
        to("cluster_air"),
        ("module allowed at the site",),
        (("module", "metro_air"),),
    ),
    Change(
        "builds",
        "it_mw",
        "beyond the yearly build",
        to(1e3),
        ("build limit", "power of modules"),
        (("kind", "new"),),
    ),
    Change(
        "builds",
        "it_mw",
        "free power that is not there",
        plus(1.0),
        ("existing power",),
        (("kind", "existing"),),
    ),
    Change(
        "builds",
        "used_mw",
        "more than there is",
        times(1.5),
        ("power used", "nameplate power", "cost demand_charge"),
    ),
    Change("builds", "used_mw", "beyond the grid connection", to(1e3), ("ceiling",)),
    Change("builds", "used_mw", "below nothing", to(-1.0), ("power used is not negative",)),
    Change("builds", "annual_pue", "of a mild year", times(0.9), ("annual PUE",)),
    Change("builds", "design_pue", "of a mild day", times(0.9), ("design PUE",)),
    Change(
        "loads",
        "mean_mw",
        "one per cent less",
        times(0.99),
        ("load of a profile", "IT load in the hour"),
    ),
    Change("loads", "mean_mw", "below nothing", to(-1.0), ("load is not negative",)),
    Change("loads", "mean_mw", "more than stands there", to(1e3), ("load in a module",)),
    Change(
        "loads",
        "module",
        "to a cooler module",
        to("cluster_air"),
        ("meter in the hour", "cost energy"),
        (("site", "east_cluster"), ("module", "existing")),
    ),
    Change("energy_by_hour", "it_mw", "one per cent less", times(0.99), ("IT load in the hour",)),
    Change("energy_by_hour", "meter_mw", "without cooling", times(0.9), ("meter in the hour",)),
    Change(
        "energy_by_hour", "price_yuan_per_kwh", "fen for yuan", times(100.0), ("price in the hour",)
    ),
    Change("links", "flow_gbps", "halved", times(0.5), ("flow",)),
    Change(
        "links",
        "leased_gbps",
        "more than is spare",
        to(1e6),
        ("leased capacity", "cost network_lease"),
    ),
    Change("links", "leased_gbps", "below nothing", to(-1.0), ("lease is not negative",)),
    Change("links", "spare_gbps", "all capacity", plus(100.0), ("spare capacity",)),
    Change("links", "upgrades", "below nothing", to(-1.0), ("upgrades are not negative",)),
    Change("links", "leased_gbps", "less than flows", times(0.5), ("flow within capacity",)),
    Change("links", "upgrades", "half an upgrade", plus(0.5), ("whole upgrades",)),
    Change("links", "upgrades", "more than may be", to(99.0), ("most upgrades",)),
    Change("contracts", "energy_gwh", "below nothing", to(-1.0), ("contract is not negative",)),
    Change(
        "contracts",
        "energy_gwh",
        "beyond its ceiling",
        times(1.5),
        ("contract ceiling",),
        (("contract", "certificate"),),
    ),
    Change(
        "contracts",
        "energy_gwh",
        "more than is used",
        to(1e4),
        ("claims within energy", "contract ceiling"),
    ),
    Change(
        "contracts",
        "energy_gwh",
        "too little for the policy",
        times(0.5),
        ("policy green_80",),
        (("contract", "green_trade"),),
    ),
    Change(
        "contracts", "contract", "one that nobody offers", to("wind_farm"), ("contract is offered",)
    ),
)

LEDGERS = tuple(
    Change("ledgers", column, "one per cent more", times(1.01), (f"ledger {column}",))
    for column in (
        "it_gwh",
        "meter_gwh",
        "new_meter_gwh",
        "claimed_gwh",
        "location_kt",
        "market_kt",
        "contractual_green_share",
        "physical_green_share",
        "water_m3",
    )
)

SITES = tuple(
    Change("sites", column, "one per cent more", times(1.01), (f"site {column}",))
    for column in (
        "training_mw",
        "inference_mw",
        "batch_mw",
        "idle_mw",
        "nameplate_mw",
        "new_it_mw",
        "rack_utilisation",
        "new_rack_utilisation",
        "accelerator_utilisation",
        "load_factor",
        "meter_gwh",
        "mean_price_yuan_per_kwh",
        "cost_million_yuan",
        "location_kt",
        "contractual_green_share",
    )
)

COST_TERMS = (
    "accelerators",
    "build",
    "carbon",
    "demand_charge",
    "energy",
    "green_contracts",
    "local_supply",
    "moving",
    "network_lease",
    "network_upgrade",
    "policy_penalties",
    "service_links",
    "site_opening",
)
COSTS = tuple(
    Change(
        "costs",
        "million_yuan",
        f"{term} one per cent less",
        times(0.99),
        (f"cost {term}",),
        (("term", term),),
        national=True,
    )
    for term in COST_TERMS
)

POLICIES = (
    "budget",
    "carbon_cap_market",
    "green_80",
    "green_physical",
    "hub_share",
    "metro_limit",
    "pue_east",
    "utilisation",
    "west_share",
)
RULES = (
    *(
        Change(
            "policies",
            column,
            f"{policy} one per cent more",
            times(1.01),
            (f"policy {policy} {column}", f"policy {policy} slack"),
            (("policy", policy),),
            national=True,
        )
        for policy in POLICIES
        for column in ("activity", "limit")
    ),
    *(
        Change(
            "policies",
            "slack",
            f"{policy} further away",
            plus(1.0),
            (f"policy {policy} slack",),
            (("policy", policy),),
            national=True,
        )
        for policy in POLICIES
    ),
    *(
        Change(
            "policies",
            "binding",
            f"{policy} the other way",
            lambda binding: not binding,
            (f"policy {policy} binding",),
            (("policy", policy),),
            national=True,
        )
        for policy in POLICIES
    ),
    *(
        Change(
            "policies",
            "unit",
            f"{policy} without one",
            to("thousand"),
            (f"policy {policy} unit",),
            (("policy", policy),),
            national=True,
        )
        for policy in POLICIES
    ),
    *(
        Change(
            "policies",
            "row",
            f"{policy} elsewhere",
            to("nowhere"),
            (f"policy {policy} is written", f"policy {policy} has the row"),
            (("policy", policy),),
            national=True,
        )
        for policy in POLICIES
    ),
)

PATHS = (
    Change("paths", "path", "one that is not", to(9), ("path exists", "traffic within reach")),
    Change("paths", "node", "elsewhere", to("east_cluster"), ("traffic is carried",)),
    Change("paths", "site", "elsewhere", to("east_metro"), ("traffic is carried",)),
    Change("paths", "links", "another way", to("city-west"), ("links of a path",)),
    Change("paths", "fibre_km", "in miles", times(0.62), ("fibre of a path",)),
    Change("paths", "rtt_p99_ms_public", "one way only", times(0.5), ("round trip of a path",)),
    Change("paths", "rtt_p99_ms_ip_private", "doubled again", times(2), ("round trip of a path",)),
    Change("paths", "one_way_mean_ms_optical", "both ways", times(2), ("two ways of a path",)),
    Change(
        "paths",
        "flow_gbps",
        "below nothing",
        to(-1.0),
        ("flow of a path is not negative", "traffic is carried"),
    ),
    Change("paths", "flow_gbps", "a little more", times(1.01), ("traffic is carried",)),
)

CHANGES = (*PATHS, *WORK, *POOLS, *POWER, *LEDGERS, *SITES, *COSTS, *RULES)

FORM_RULES = {
    "column is there",
    "row stands once",
    "code is known",
    "count is a whole number",
    "number is one",
    "row is there",
}
"""Rules on the form of the tables, which stop the verification before any other rule."""
