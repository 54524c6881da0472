"""Verification of the objectives that a plan states: each value once more, from the raw tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from optimizer.plan.raw_solution import ObjectiveValue
from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_balance import Balance
from optimizer.plan.verify_written import Written
from optimizer.plan.violation import Checker

Part = tuple[float, Recomputed, Written, Balance]
"""One period: what its cost counts for, and what it is recomputed from."""


def check_objectives(checker: Checker, facts: Recomputed, plan: Written, balance: Balance) -> None:
    """Check value, unit, bound and held limit of every objective."""
    check_stated(checker, plan.objectives, [(1.0, facts, plan, balance)])


def check_stated(
    checker: Checker, objectives: Iterable[ObjectiveValue], parts: Sequence[Part]
) -> None:
    """Check objectives that are stated of one or of several periods.

    Costs count by the weight of their period, all else is added up.
    """
    for stated in objectives:
        known = (stated.name, stated.boundary) in _VALUES
        checker.holds("objective is known", stated.name, fact=known)
        if not known:
            continue
        unit, value_of = _VALUES[stated.name, stated.boundary]
        value = sum(
            (weight if stated.name == "cost" else 1.0) * value_of(facts, plan, balance)
            for weight, facts, plan, balance in parts
        )
        checker.holds("objective unit", stated.name, fact=stated.unit == unit)
        checker.equal("objective value", stated.name, stated.value, value, unit)
        checker.at_most("objective bound", stated.name, stated.bound, value, unit)
        if stated.held is not None:
            checker.at_most("objective held", stated.name, value, stated.held, unit)


def _cost(facts: Recomputed, plan: Written, balance: Balance) -> float:
    """Return all cost rows, each of which the rules on money compare with the raw tables."""
    del facts, balance
    return float(sum(row["million_yuan"] for row in plan.rows["costs"]))


def _facility_cost(facts: Recomputed, plan: Written, balance: Balance) -> float:
    del facts, balance
    rows = [row for row in plan.rows["costs"] if row["term"] != "accelerators"]
    return float(sum(row["million_yuan"] for row in rows))


def _location_carbon(facts: Recomputed, plan: Written, balance: Balance) -> float:
    """Return the location-based emissions of what is taken from the grid, kt CO2."""
    del plan
    total: float = sum(
        gwh * facts.grid(site)["location_kgco2_per_kwh"] for site, gwh in balance.taken.items()
    )
    return total


def _unmatched_energy(facts: Recomputed, plan: Written, balance: Balance) -> float:
    """Return the energy not matched at the sites that a policy on hourly matching counts, GWh."""
    del plan
    counted = {
        site
        for policy in facts.policies()
        if policy["kind"] == "green_share_hourly_min"
        for site in facts.sites
        if facts.in_scope(policy["scope"], site)
    }
    return sum(balance.metered(site) - balance.matched[site] for site in counted)


_VALUES: Final[
    dict[tuple[str, str], tuple[str, Callable[[Recomputed, Written, Balance], float]]]
] = {
    ("cost", "it"): ("million yuan", _cost),
    ("cost", "facility"): ("million yuan", _facility_cost),
    ("carbon", ""): ("kt CO2", _location_carbon),
    ("unmatched", ""): ("GWh", _unmatched_energy),
}
"""Unit and recomputation of each objective by name and boundary."""
