"""Verification of the policy rows."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_balance import Balance
from optimizer.plan.verify_limits import LIMITS, limit_sides
from optimizer.plan.verify_written import Row, Written
from optimizer.plan.violation import Checker

BINDING: Final = 1e-6
"""A row binds if its slack is below this part of its size."""

PRICES: Final = frozenset({"carbon_price", "pue_surcharge", "build_subsidy", "compute_voucher"})
"""Kinds that are money and limit nothing."""

ON_ORDERS: Final = frozenset({"hub_share_min", "domestic_share_min", "budget", "pue_max"})
"""Kinds on what is ordered, which in one of several periods is not what serves."""

UNITS: Final = {
    "hub_share_min": "EFLOPS",
    "west_share_min": "GWh",
    "green_share_physical_min": "GWh",
    "green_share_contractual_min": "GWh",
    "green_share_hourly_min": "GWh",
    "direct_self_use_min": "GWh",
    "direct_load_share_min": "GWh",
    "direct_export_max": "GWh",
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


def check_rules(checker: Checker, facts: Recomputed, plan: Written, balance: Balance) -> None:
    """Check every hard policy row, and that the policies table has these rows and no other."""
    written = {(row["policy"], row["row"]): row for row in plan.rows["policies"]}
    expected = set()
    for policy in facts.policies():
        if policy["kind"] in PRICES:
            continue
        for place, activity, limit in policy_sides(facts, plan, policy, balance):
            rule = f"policy {policy['policy']}"
            expected.add((policy["policy"], place))
            if policy["hard"]:
                # Shares are compared at the size of what they are shares of.
                scale = max(1.0, abs(limit), abs(activity))
                compare = checker.at_least if policy["kind"].endswith("_min") else checker.at_most
                eased = limit - _eased(facts, plan, policy, place)
                compare(rule, place, activity, eased, UNITS[policy["kind"]], scale=scale)
            row = written.get((policy["policy"], place))
            checker.holds(f"{rule} is written", place, fact=row is not None)
            if row is not None:
                _written_row(checker, policy, row, (activity, limit))
        if plan.relaxed and policy["hard"] and policy["kind"].startswith("direct_"):
            _lines_in_part(checker, facts, plan, policy, balance)
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
    facts: Recomputed, plan: Written, policy: Row, balance: Balance
) -> list[tuple[str, float, float]]:
    """Return place, left-hand side and limit of each row of a policy, in the unit of the row."""
    inside = {site for site in facts.sites if facts.in_scope(policy["scope"], site)}
    if policy["kind"] in ON_ORDERS:
        plan = plan.ordered
    if policy["kind"] in LIMITS:
        return limit_sides(facts, plan, policy, balance.energy, inside)
    if policy["kind"].startswith("direct_"):
        return _line_sides(plan, policy, balance, inside, built=True)
    return _sides(facts, plan, policy, balance, inside)


def _sides(
    facts: Recomputed, plan: Written, policy: Row, balance: Balance, inside: set[str]
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
        return _contractual_sides(facts, balance, building, value)
    return [("national", *_energy_sides(facts, policy, balance, inside))]


def _line_sides(
    plan: Written, policy: Row, balance: Balance, inside: set[str], *, built: bool
) -> list[tuple[str, float, float]]:
    """Return the sides of each direct line that is built, or of each that is not."""
    kind, value = policy["kind"], float(policy["value"])
    sides = []
    for row in plan.rows["lines"]:
        if not row["direct"] or row["built"] != built or row["site"] not in inside:
            continue
        activity = row["export_gwh" if kind == "direct_export_max" else "self_use_gwh"]
        whole = row["available_gwh"]
        if kind == "direct_load_share_min":
            whole = balance.metered(row["site"])
        sides.append((f"{row['site']}|{row['line']}", activity, value * whole))
    return sides


def _lines_in_part(
    checker: Checker, facts: Recomputed, plan: Written, policy: Row, balance: Balance
) -> None:
    """Check the lines of a relaxed plan that are built in part and not called built."""
    inside = {site for site in facts.sites if facts.in_scope(policy["scope"], site)}
    at_least = policy["kind"].endswith("_min")
    compare = checker.at_least if at_least else checker.at_most
    for place, activity, limit in _line_sides(plan, policy, balance, inside, built=False):
        eased = limit - _eased(facts, plan, policy, place)
        scale = max(1.0, abs(limit))
        compare(f"policy {policy['policy']}", place, activity, eased, "GWh", scale=scale)


def _eased(facts: Recomputed, plan: Written, policy: Row, place: str) -> float:
    """Return how much lower the limit of a line is that a relaxed plan builds in part.

    At least the largest part of an offer that stands there is built; of the rest the site's
    energy at its ceiling is taken off.
    """
    if not plan.relaxed or policy["kind"] != "direct_load_share_min":
        return 0.0
    site, _, line = place.partition("|")
    # A line that nobody offers is a fault of its own.
    of_line = facts.lines.get((site, line), ())
    offers = {row["contract"]: row["capacity_mw"] for row in of_line}
    part = max(
        (
            row["capacity_mw"] / offers[row["contract"]]
            for row in plan.rows["generation"]
            if row["site"] == site and row["contract"] in offers
        ),
        default=0.0,
    )
    existing = next(name for name, row in facts.modules.items() if row["kind"] == "existing")
    occupied = facts.sites[site]["occupied_it_mw"] * facts.design_pue(site, existing)
    most = (facts.sites[site]["ceiling_mw"] - occupied) * 8.76
    return float(policy["value"] * most * max(0.0, 1.0 - part))


def _contractual_sides(
    facts: Recomputed, balance: Balance, building: list[str], value: float
) -> list[tuple[str, float, float]]:
    """Return the green energy of each site that builds, and what its new modules must have."""
    metered = dict.fromkeys(facts.sites, 0.0)
    for (site, module), part in balance.energy.items():
        if facts.modules[module]["kind"] == "new":
            metered[site] += part[1]
    return [(site, balance.contractual(site), value * metered[site]) for site in building]


def _energy_sides(
    facts: Recomputed, policy: Row, balance: Balance, inside: set[str]
) -> tuple[float, float]:
    """Return the sides of a national row on energy, green power or emissions."""
    kind, value = policy["kind"], float(policy["value"])
    if kind == "west_share_min":
        scope = sum(part[0] for (site, _module), part in balance.energy.items() if site in inside)
        return scope, value * sum(part[0] for part in balance.energy.values())
    if kind in {"green_share_physical_min", "green_share_hourly_min"}:
        counted = balance.own if kind == "green_share_physical_min" else balance.matched
        green = total = 0.0
        for site in inside:
            meter = balance.metered(site)
            # The rest is as green as the grid.
            met = min(counted[site], meter)
            green += met + (meter - met) * facts.grid(site)["green_share"]
            total += meter
        return green, value * total
    assert kind == "carbon_cap"
    emitted = 0.0
    for site in facts.sites:
        grid = facts.grid(site)
        if policy["ledger"] == "location":
            emitted += balance.taken[site] * grid["location_kgco2_per_kwh"]
        else:
            grid_only = balance.taken[site] - balance.claimed[site]
            emitted += grid_only * grid["residual_kgco2_per_kwh"]
    return emitted, value


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
