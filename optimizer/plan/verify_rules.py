"""Verification of the policy rows."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_limits import LIMITS, limit_sides
from optimizer.plan.verify_power import SiteEnergy
from optimizer.plan.verify_written import Row, Written
from optimizer.plan.violation import Checker

BINDING: Final = 1e-6
"""A row binds if its slack is below this part of its size."""

PRICES: Final = frozenset({"carbon_price", "pue_surcharge", "build_subsidy", "compute_voucher"})
"""Kinds that are money and limit nothing."""

UNITS: Final = {
    "hub_share_min": "EFLOPS",
    "west_share_min": "GWh",
    "green_share_physical_min": "GWh",
    "green_share_contractual_min": "GWh",
    "carbon_cap": "kt CO2",
    "budget": "million yuan",
    "pue_max": "1",
    "utilisation_min": "MW",
    "new_it_mw_max": "MW",
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
"""Unit in which the sides of each kind of policy are compared."""


def check_rules(checker: Checker, facts: Recomputed, plan: Written, energy: SiteEnergy) -> None:
    """Check every hard policy row, and that the policies table has these rows and no other."""
    written = {(row["policy"], row["row"]): row for row in plan.rows["policies"]}
    expected = set()
    for policy in facts.policies():
        if policy["kind"] in PRICES:
            continue
        for place, activity, limit in policy_sides(facts, plan, policy, energy):
            rule = f"policy {policy['policy']}"
            expected.add((policy["policy"], place))
            if policy["hard"]:
                # Shares are compared at the size of what they are shares of.
                scale = max(1.0, abs(limit), abs(activity))
                compare = checker.at_least if policy["kind"].endswith("_min") else checker.at_most
                compare(rule, place, activity, limit, UNITS[policy["kind"]], scale=scale)
            row = written.get((policy["policy"], place))
            checker.holds(f"{rule} is written", place, fact=row is not None)
            if row is not None:
                _written_row(checker, policy, row, (activity, limit))
    for code, place in sorted(set(written) - expected):
        checker.holds(f"policy {code} has the row", str(place), fact=False)


def _written_row(checker: Checker, policy: Row, row: Row, sides: tuple[float, float]) -> None:
    """Compare a row of the policies table with its two sides."""
    rule, place, unit = f"policy {policy['policy']}", row["row"], UNITS[policy["kind"]]
    activity, limit = sides
    checker.holds(f"{rule} unit", place, fact=row["unit"] == unit)
    checker.equal(f"{rule} activity", place, row["activity"], activity, unit)
    checker.equal(f"{rule} limit", place, row["limit"], limit, unit)
    # The sides are right by now: the distance is between the two that stand in the row.
    slack = row["activity"] - row["limit"]
    if not policy["kind"].endswith("_min"):
        slack = -slack
    checker.equal(f"{rule} slack", place, row["slack"], slack, unit)
    size = max(1.0, abs(row["activity"]), abs(row["limit"]))
    binding = row["slack"] <= BINDING * size
    checker.holds(f"{rule} binding", place, fact=row["binding"] == binding)


def policy_sides(
    facts: Recomputed, plan: Written, policy: Row, energy: SiteEnergy
) -> list[tuple[str, float, float]]:
    """Return place, left-hand side and limit of each row of a policy, in the unit of the row."""
    inside = {site for site in facts.sites if facts.in_scope(policy["scope"], site)}
    if policy["kind"] in LIMITS:
        return limit_sides(facts, plan, policy, energy, inside)
    return _sides(facts, plan, policy, energy, inside)


def _sides(
    facts: Recomputed, plan: Written, policy: Row, energy: SiteEnergy, inside: set[str]
) -> list[tuple[str, float, float]]:
    """Return the sides of a policy on new build, on shares of the whole, or on carbon."""
    kind, value = policy["kind"], float(policy["value"])
    if kind == "hub_share_min":
        eflops: dict[str, float] = defaultdict(float)
        for row in plan.rows["accelerators"]:
            rate = facts.cards[row["accelerator"]]["bf16_dense_tflops"]
            eflops[row["site"]] += row["bought"] * rate / 1e6
        scope = sum(amount for site, amount in eflops.items() if site in inside)
        return [("national", scope, value * sum(eflops.values()))]
    if kind == "budget":
        return [("national", _capital(facts, plan, inside), value)]
    builds = [
        row
        for row in plan.rows["builds"]
        if facts.modules[row["module"]]["kind"] == "new"
        and row["site"] in inside
        and row["modules"] > 0.0
    ]
    if kind == "pue_max":
        return [
            (
                f"{row['site']}|{row['module']}",
                facts.annual_pue(row["site"], row["module"]),
                value,
            )
            for row in builds
        ]
    building = sorted({row["site"] for row in builds})
    if kind in {"utilisation_min", "new_it_mw_max"}:
        sides = []
        for site in building:
            power = sum(row["it_mw"] for row in builds if row["site"] == site)
            used = sum(row["used_mw"] for row in builds if row["site"] == site)
            sides.append(
                (site, used, value * power) if kind == "utilisation_min" else (site, power, value)
            )
        return sides
    if kind == "green_share_contractual_min":
        return _contractual_sides(facts, plan, energy, building, value)
    return [("national", *_energy_sides(facts, plan, policy, energy, inside))]


def _contractual_sides(
    facts: Recomputed, plan: Written, energy: SiteEnergy, building: list[str], value: float
) -> list[tuple[str, float, float]]:
    """Return what is claimed at each site that builds, and what its new modules must claim."""
    claimed = _claimed(facts, plan)
    metered = dict.fromkeys(facts.sites, 0.0)
    for (site, module), part in energy.items():
        if facts.modules[module]["kind"] == "new":
            metered[site] += part[1]
    return [(site, claimed[site], value * metered[site]) for site in building]


def _energy_sides(
    facts: Recomputed, plan: Written, policy: Row, energy: SiteEnergy, inside: set[str]
) -> tuple[float, float]:
    """Return the sides of a national row on energy, green power or emissions."""
    kind, value = policy["kind"], float(policy["value"])
    if kind == "west_share_min":
        scope = sum(part[0] for (site, _module), part in energy.items() if site in inside)
        return scope, value * sum(part[0] for part in energy.values())
    meter = dict.fromkeys(facts.sites, 0.0)
    for (site, _module), part in energy.items():
        meter[site] += part[1]
    if kind == "green_share_physical_min":
        green = sum(meter[site] * facts.grid(site)["green_share"] for site in inside)
        return green, value * sum(meter[site] for site in inside)
    assert kind == "carbon_cap"
    claimed = _claimed(facts, plan)
    total = 0.0
    for site, metered in meter.items():
        grid = facts.grid(site)
        if policy["ledger"] == "location":
            total += metered * grid["location_kgco2_per_kwh"]
        else:
            total += (metered - claimed[site]) * grid["residual_kgco2_per_kwh"]
    return total, value


def _claimed(facts: Recomputed, plan: Written) -> dict[str, float]:
    """Return the energy of green contracts at every site, GWh."""
    claimed = dict.fromkeys(facts.sites, 0.0)
    for row in plan.rows["contracts"]:
        claimed[row["site"]] += row["energy_gwh"]
    return claimed


def _capital(facts: Recomputed, plan: Written, inside: set[str]) -> float:
    """Return the capital spent in the scope, in million yuan."""
    total = 0.0
    for row in plan.rows["builds"]:
        if facts.modules[row["module"]]["kind"] == "new" and row["site"] in inside:
            total += row["modules"] * facts.module_capital(row["site"], row["module"])
    for row in plan.rows["accelerators"]:
        if row["site"] in inside:
            price = facts.cards[row["accelerator"]]["price_yuan"]
            total += row["bought"] * price * facts.finance["accelerator_system_factor"] / 1e6
    for row in plan.rows["links"]:
        total += row["upgrades"] * facts.links[row["link"]]["upgrade_capex_million_yuan"]
    return total
