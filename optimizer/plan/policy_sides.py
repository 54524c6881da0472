"""Left-hand sides and limits of policies on totals, on single workloads and on the cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import pandas as pd

from optimizer.inputs.case import Case
from optimizer.inputs.network_paths import NETWORKS
from optimizer.inputs.policy_rows import PolicyRow
from optimizer.plan.lookup import numbers_for
from optimizer.tables.frames import numbers, texts

Side = tuple[str, float, float]
"""Row, left-hand side and limit."""

NATIONAL: Final = "national"

LIMIT_UNITS: Final = {
    "latency_max": "ms",
    "workload_share_max": "1",
    "pue_average_max": "GWh",
    "rack_utilisation_min": "MW",
    "accelerator_utilisation_min": "thousand accelerators",
    "domestic_share_min": "EFLOPS",
    "energy_cap": "GWh",
    "water_cap": "thousand m3",
    "cost_cap": "million yuan",
}
"""Unit in which the sides of each kind are compared."""

ROUNDING: Final = 1e-6
"""A share or a number of runs below this is the solver's rounding, and nobody's work."""

Frames = Mapping[str, pd.DataFrame]


def _inside(case: Case, policy: PolicyRow) -> set[str]:
    return set(case.tables["sites"].frame["site"][policy.sites])


def _work(case: Case, policy: PolicyRow) -> tuple[set[str], set[str]]:
    """Return the services and the jobs that a policy speaks of."""
    return (
        set(case.tables["services"].frame["service"][policy.services]),
        set(case.tables["jobs"].frame["job"][policy.jobs]),
    )


def _latency(case: Case, frames: Frames, policy: PolicyRow) -> list[Side]:
    """Return the longest round trip of each workload at each site."""
    inside, (services, jobs) = _inside(case, policy), _work(case, policy)
    longest: dict[str, float] = {}
    placements = frames["placements"]
    for service, site, share, rtt in zip(
        texts(placements, "service"),
        texts(placements, "site"),
        numbers(placements, "share"),
        numbers(placements, "rtt_p99_ms"),
        strict=True,
    ):
        if service in services and site in inside and share > ROUNDING:
            row = f"{service}|{site}"
            longest[row] = max(longest.get(row, 0.0), rtt)
    optical = case.derived.paths.rtt_p99_ms[NETWORKS.index("optical")]
    sites = {name: row for row, name in enumerate(texts(case.tables["sites"].frame, "site"))}
    table = case.tables["jobs"].frame
    home = dict(zip(texts(table, "job"), texts(table, "dataset_site"), strict=True))
    runs = frames["runs"]
    for job, site, count in zip(
        texts(runs, "job"), texts(runs, "site"), numbers(runs, "runs"), strict=True
    ):
        if job in jobs and site in inside and count > ROUNDING:
            longest[f"{job}|{site}"] = float(optical[sites[home[job]], sites[site]])
    return [(row, rtt, policy.value) for row, rtt in sorted(longest.items())]


def _workload_share(case: Case, frames: Frames, policy: PolicyRow) -> list[Side]:
    """Return the part of each workload that the scope carries."""
    inside, (services, jobs) = _inside(case, policy), _work(case, policy)
    placements, runs = frames["placements"], frames["runs"]
    national = case.derived.demand.requests.sum(axis=0)
    table = case.tables["jobs"].frame
    sides: list[Side] = []
    placed = placements[placements["site"].isin(inside)]
    for service, requests in zip(
        texts(case.tables["services"].frame, "service"), national, strict=True
    ):
        if service in services:
            here = float(placed.loc[placed["service"] == service, "requests_million_per_day"].sum())
            sides.append((service, here / requests if requests > 0.0 else 0.0, policy.value))
    placed = runs[runs["site"].isin(inside)]
    for job, count in zip(texts(table, "job"), numbers(table, "count"), strict=True):
        if job in jobs:
            here = float(placed.loc[placed["job"] == job, "runs"].sum())
            sides.append((job, here / count, policy.value))
    return sides


def _pue_average(case: Case, frames: Frames, policy: PolicyRow) -> list[Side]:
    here = frames["ledgers"][frames["ledgers"]["site"].isin(_inside(case, policy))]
    return [(NATIONAL, float(here["meter_gwh"].sum()), policy.value * float(here["it_gwh"].sum()))]


def _rack_utilisation(case: Case, frames: Frames, policy: PolicyRow) -> list[Side]:
    sites = case.tables["sites"].frame[policy.sites]
    arrived = sites["under_construction_year"] <= case.year
    standing = sites["existing_it_mw"] + sites["under_construction_it_mw"].where(arrived, 0.0)
    builds = frames["builds"]
    builds = builds[builds["site"].isin(_inside(case, policy))]
    new = float(builds.loc[builds["kind"] == "new", "it_mw"].sum())
    filled = float(sites["occupied_it_mw"].sum()) + float(builds["used_mw"].sum())
    return [(NATIONAL, filled, policy.value * (float(standing.sum()) + new))]


def _accelerator_utilisation(case: Case, frames: Frames, policy: PolicyRow) -> list[Side]:
    cards = frames["accelerators"]
    cards = cards[cards["site"].isin(_inside(case, policy))]
    installed = float((cards["fleet"] + cards["bought"]).sum()) / 1e3
    return [(NATIONAL, float(cards["busy_mean"].sum()) / 1e3, policy.value * installed)]


def _domestic_share(case: Case, frames: Frames, policy: PolicyRow) -> list[Side]:
    types = case.tables["accelerators"].frame.set_index("accelerator")
    domestic = set(types.index[types["export_status"] == "domestic"])
    cards = frames["accelerators"]
    cards = cards[cards["site"].isin(_inside(case, policy))]
    eflops = cards["bought"] * numbers_for(cards["accelerator"], types["bf16_dense_tflops"]) / 1e6
    own = float(eflops[cards["accelerator"].isin(domestic)].sum())
    return [(NATIONAL, own, policy.value * float(eflops.sum()))]


def _energy_cap(case: Case, frames: Frames, policy: PolicyRow) -> list[Side]:
    here = frames["ledgers"]["site"].isin(_inside(case, policy))
    return [(NATIONAL, float(frames["ledgers"]["meter_gwh"][here].sum()), policy.value)]


def _water_cap(case: Case, frames: Frames, policy: PolicyRow) -> list[Side]:
    here = frames["ledgers"]["site"].isin(_inside(case, policy))
    return [(NATIONAL, float(frames["ledgers"]["water_m3"][here].sum()) / 1e3, policy.value)]


def _cost_cap(case: Case, frames: Frames, policy: PolicyRow) -> list[Side]:
    del case
    paid = frames["costs"][frames["costs"]["term"] != "policy_penalties"]
    return [(NATIONAL, float(paid["million_yuan"].sum()), policy.value)]


LIMIT_SIDES: Final[Mapping[str, Callable[[Case, Frames, PolicyRow], list[Side]]]] = {
    "latency_max": _latency,
    "workload_share_max": _workload_share,
    "pue_average_max": _pue_average,
    "rack_utilisation_min": _rack_utilisation,
    "accelerator_utilisation_min": _accelerator_utilisation,
    "domestic_share_min": _domestic_share,
    "energy_cap": _energy_cap,
    "water_cap": _water_cap,
    "cost_cap": _cost_cap,
}
"""How each kind of policy of this file finds its sides."""
