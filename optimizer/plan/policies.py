"""How far each policy row is from its limit, from the other result tables."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import pandas as pd

from optimizer.inputs.case import Case
from optimizer.inputs.policy_rows import PRICE_KINDS, PolicyRow
from optimizer.plan.lookup import numbers_for
from optimizer.plan.policy_sides import LIMIT_SIDES, LIMIT_UNITS
from optimizer.plan.site_rows import module_energy
from optimizer.tables.frames import numbers, texts

BINDING = 1e-6
"""A row binds if its slack is below this part of its size."""


_NATIONAL_UNITS: Final = {
    "hub_share_min": "EFLOPS",
    "west_share_min": "GWh",
    "green_share_physical_min": "GWh",
    "green_share_hourly_min": "GWh",
    "carbon_cap": "kt CO2",
    "budget": "million yuan",
}
"""Kinds of policy with one row, and its unit."""


ON_ORDERS: Final = frozenset({"hub_share_min", "domestic_share_min", "budget", "pue_max"})
"""Kinds on what is ordered in the period; the others are on what serves in it."""


class PolicyActivity(NamedTuple):
    """Left-hand side and limit of one policy row, written so that slack is never negative."""

    policy: str
    row: str
    unit: str
    activity: float
    limit: float
    slack: float
    binding: bool


def policy_rows(
    case: Case,
    frames: Mapping[str, pd.DataFrame],
    ordered: Mapping[str, pd.DataFrame] = MappingProxyType({}),
) -> pd.DataFrame:
    """Return the activity of every policy row as a table."""
    return pd.DataFrame(
        policy_activities(case, frames, ordered), columns=list(PolicyActivity._fields)
    )


def policy_activities(
    case: Case,
    frames: Mapping[str, pd.DataFrame],
    ordered: Mapping[str, pd.DataFrame] = MappingProxyType({}),
) -> list[PolicyActivity]:
    """Return the activity of every policy row that binds the year, prices apart.

    ``ordered`` are the tables of purchases with what is ordered, where it is not what serves.
    """
    purchases = {**frames, **ordered}
    return [
        activity
        for policy in case.derived.policies
        if policy.kind not in PRICE_KINDS
        for activity in _activities(case, purchases if policy.kind in ON_ORDERS else frames, policy)
    ]


def _activity(
    policy: PolicyRow, row: str, unit: str, activity: float, limit: float
) -> PolicyActivity:
    at_least = policy.kind.endswith("_min")
    slack = activity - limit if at_least else limit - activity
    size = max(1.0, abs(activity), abs(limit))
    return PolicyActivity(
        policy.policy, row, unit, activity, limit, slack, bool(slack <= BINDING * size)
    )


def _activities(
    case: Case, frames: Mapping[str, pd.DataFrame], policy: PolicyRow
) -> list[PolicyActivity]:
    inside = set(case.tables["sites"].frame["site"][policy.sites])
    if policy.kind in _NATIONAL_UNITS:
        activity, limit = _national_sides(case, frames, policy, inside)
        return [_activity(policy, "national", _NATIONAL_UNITS[policy.kind], activity, limit)]
    if policy.kind.startswith("direct_"):
        return _line_rows(frames, policy, inside)
    if policy.kind in LIMIT_SIDES:
        unit = LIMIT_UNITS[policy.kind]
        return [
            _activity(policy, row, unit, activity, limit)
            for row, activity, limit in LIMIT_SIDES[policy.kind](case, frames, policy)
        ]
    builds = frames["builds"]
    new = builds[(builds["kind"] == "new") & builds["site"].isin(inside)]
    if policy.kind == "pue_max":
        return _module_rows(case, new, policy)
    return _site_rows(case, frames, new, policy)


def _national_sides(
    case: Case, frames: Mapping[str, pd.DataFrame], policy: PolicyRow, inside: set[str]
) -> tuple[float, float]:
    """Return activity and limit of a policy with one row."""
    ledgers = frames["ledgers"].set_index("site")
    here = ledgers.index.isin(inside)
    kind, value = policy.kind, policy.value
    if kind == "hub_share_min":
        tflops = case.tables["accelerators"].frame.set_index("accelerator")["bf16_dense_tflops"]
        cards = frames["accelerators"]
        eflops = cards["bought"] * numbers_for(cards["accelerator"], tflops) / 1e6
        scope = float(eflops[cards["site"].isin(inside)].sum())
        return scope, value * float(eflops.sum())
    if kind == "west_share_min":
        return float(ledgers["it_gwh"][here].sum()), value * float(ledgers["it_gwh"].sum())
    if kind == "green_share_physical_min":
        meter = ledgers["meter_gwh"][here]
        own = ledgers["own_gwh"][here].clip(upper=meter)
        share = ledgers["physical_green_share"][here]
        return float(((meter - own) * share + own).sum()), value * float(meter.sum())
    if kind == "green_share_hourly_min":
        meter, matched = ledgers["meter_gwh"][here], ledgers["matched_gwh"][here]
        share = ledgers["physical_green_share"][here]
        return float((matched + (meter - matched) * share).sum()), value * float(meter.sum())
    if kind == "carbon_cap":
        return float(ledgers[f"{policy.ledger}_kt"].sum()), value
    assert kind == "budget"
    return _capital(case, frames, inside), value


def _line_rows(
    frames: Mapping[str, pd.DataFrame], policy: PolicyRow, inside: set[str]
) -> list[PolicyActivity]:
    """Return the rows of every direct line that is built."""
    lines = frames["lines"]
    lines = lines[lines["direct"] & lines["built"] & lines["site"].isin(inside)]
    meter = frames["ledgers"].set_index("site")["meter_gwh"]
    rows = []
    for site, line, available, used, sent in zip(
        texts(lines, "site"),
        texts(lines, "line"),
        numbers(lines, "available_gwh"),
        numbers(lines, "self_use_gwh"),
        numbers(lines, "export_gwh"),
        strict=True,
    ):
        activity, limit = {
            "direct_self_use_min": (used, policy.value * available),
            "direct_load_share_min": (used, policy.value * float(meter[site])),
            "direct_export_max": (sent, policy.value * available),
        }[policy.kind]
        rows.append(_activity(policy, f"{site}|{line}", "GWh", activity, limit))
    return rows


def _module_rows(case: Case, new: pd.DataFrame, policy: PolicyRow) -> list[PolicyActivity]:
    """Return the yearly PUE of every type of module that was built in the scope."""
    annual = case.derived.cooling.annual_pue
    sites, modules = case.tables["sites"].frame, case.tables["modules"].frame
    site_row = {name: row for row, name in enumerate(texts(sites, "site"))}
    module_row = {name: row for row, name in enumerate(texts(modules, "module"))}
    built = new[new["modules"] > 0.0]
    return [
        _activity(
            policy,
            f"{site}|{module}",
            "1",
            float(annual[site_row[site], module_row[module]]),
            policy.value,
        )
        for site, module in zip(texts(built, "site"), texts(built, "module"), strict=True)
    ]


def _site_rows(
    case: Case, frames: Mapping[str, pd.DataFrame], new: pd.DataFrame, policy: PolicyRow
) -> list[PolicyActivity]:
    """Return the rows of a policy that holds for each site that builds."""
    kind, value = policy.kind, policy.value
    by_site = new.groupby("site")[["it_mw", "used_mw"]].sum()
    by_site = by_site[by_site["it_mw"] > 0.0]
    building = [str(site) for site in by_site.index]
    power, used = by_site["it_mw"], by_site["used_mw"]
    if kind == "utilisation_min":
        return [
            _activity(policy, site, "MW", float(used[site]), value * float(power[site]))
            for site in building
        ]
    if kind == "new_it_mw_max":
        return [_activity(policy, site, "MW", float(power[site]), value) for site in building]
    assert kind == "green_share_contractual_min"
    ledgers = frames["ledgers"].set_index("site")
    claimed = ledgers["contractual_green_share"] * ledgers["meter_gwh"]
    energy = module_energy(case, frames["loads"])
    new_modules = set(
        case.tables["modules"].frame.loc[case.tables["modules"].frame["kind"] == "new", "module"]
    )
    metered = energy[energy["module"].isin(new_modules)].groupby("site")["meter_gwh"].sum()
    return [
        _activity(
            policy,
            site,
            "GWh",
            float(claimed[site]),
            value * float(metered.get(site, 0.0)),
        )
        for site in building
    ]


def _capital(case: Case, frames: Mapping[str, pd.DataFrame], inside: set[str]) -> float:
    """Return the capital spent in the scope, in million yuan."""
    capex = case.tables["sites"].frame.set_index("site")["capex_yuan_per_kw"]
    modules = case.tables["modules"].frame.set_index("module")
    builds = frames["builds"]
    new = builds[(builds["kind"] == "new") & builds["site"].isin(inside)]
    shell = (
        new["it_mw"].to_numpy()
        * numbers_for(new["site"], capex)
        * numbers_for(new["module"], modules["capex_factor"])
        / 1e3
    ).sum()
    price = case.tables["accelerators"].frame.set_index("accelerator")["price_yuan"]
    factor = case.parameter("finance", "accelerator_system_factor")
    cards = frames["accelerators"]
    cards = cards[cards["site"].isin(inside)]
    bought = (cards["bought"].to_numpy() * numbers_for(cards["accelerator"], price)).sum()
    upgrade = case.tables["links"].frame.set_index("link")["upgrade_capex_million_yuan"]
    links = frames["links"]
    upgrades = (links["upgrades"].to_numpy() * numbers_for(links["link"], upgrade)).sum()
    return float(shell + bought * factor / 1e6 + upgrades)
