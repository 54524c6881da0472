"""Verification of policies on totals, on single workloads and on the yearly cost."""

from __future__ import annotations

from typing import Final

from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_balance import SiteEnergy
from optimizer.plan.verify_written import Row, Written

LIMITS: Final = frozenset(
    {
        "latency_max",
        "workload_share_max",
        "pue_average_max",
        "rack_utilisation_min",
        "accelerator_utilisation_min",
        "domestic_share_min",
        "energy_cap",
        "water_cap",
        "cost_cap",
    }
)
"""Kinds of policy that this file recomputes."""

ROUNDING: Final = 1e-6
"""A share or a number of runs below this is the solver's rounding."""

Sides = list[tuple[str, float, float]]


def limit_sides(
    facts: Recomputed, plan: Written, policy: Row, energy: SiteEnergy, inside: set[str]
) -> Sides:
    """Return place, left-hand side and limit of each row of a policy of these kinds."""
    kind = policy["kind"]
    if kind == "latency_max":
        return _latency(facts, plan, policy, inside)
    if kind == "workload_share_max":
        return _workload_share(facts, plan, policy, inside)
    value = float(policy["value"])
    if kind == "rack_utilisation_min":
        sides = _rack_utilisation(facts, plan, value, inside)
    elif kind in {"accelerator_utilisation_min", "domestic_share_min"}:
        sides = _accelerators(facts, plan, kind, value, inside)
    elif kind == "cost_cap":
        # Each of these rows is compared with the raw tables by the rules on money.
        paid = [row for row in plan.rows["costs"] if row["term"] != "policy_penalties"]
        sides = (sum(row["million_yuan"] for row in paid), value)
    else:
        sides = _energy(facts, kind, value, energy, inside)
    return [("national", *sides)]


def _energy(
    facts: Recomputed, kind: str, value: float, energy: SiteEnergy, inside: set[str]
) -> tuple[float, float]:
    """Return the sides of a row on energy or water."""
    it = meter = water = 0.0
    for (site, module), part in energy.items():
        if site in inside:
            it += part[0]
            meter += part[1]
            water += part[0] * 1e6 * facts.modules[module]["wue_l_per_kwh"] / 1000.0 / 1000.0
    if kind == "pue_average_max":
        return meter, value * it
    if kind == "energy_cap":
        return meter, value
    assert kind == "water_cap"
    return water, value


def _speaks_of(facts: Recomputed, policy: Row, workload: str) -> bool:
    """Return whether a policy holds for a service or a job."""
    if not policy["workloads"]:
        return True
    what, _, members = policy["workloads"].partition(":")
    named = [member.strip() for member in members.split(";")]
    if what == "kind":
        kind = "training" if workload in facts.jobs else facts.services[workload]["kind"]
        return kind in named
    return workload in named and (workload in facts.jobs) == (what == "job")


def _latency(facts: Recomputed, plan: Written, policy: Row, inside: set[str]) -> Sides:
    longest: dict[str, float] = {}
    for row in plan.rows["placements"]:
        service, site = row["service"], row["site"]
        if row["share"] > ROUNDING and site in inside and _speaks_of(facts, policy, service):
            place = f"{service}|{site}"
            rtt = facts.rtt(row["region"], service, site)
            longest[place] = max(longest.get(place, 0.0), rtt)
    for row in plan.rows["runs"]:
        job, site = row["job"], row["site"]
        if row["runs"] > ROUNDING and site in inside and _speaks_of(facts, policy, job):
            home = facts.jobs[job]["dataset_site"]
            longest[f"{job}|{site}"] = facts.path_rtt(home, site, "optical")
    return [(place, rtt, float(policy["value"])) for place, rtt in longest.items()]


def _workload_share(facts: Recomputed, plan: Written, policy: Row, inside: set[str]) -> Sides:
    value = float(policy["value"])
    sides: Sides = []
    for service in facts.services:
        if _speaks_of(facts, policy, service):
            wanted = {region: facts.requests(region, service) for region in facts.regions}
            here = sum(
                row["share"] * wanted[row["region"]]
                for row in plan.rows["placements"]
                if row["service"] == service and row["site"] in inside
            )
            total = sum(wanted.values())
            sides.append((service, here / total if total > 0.0 else 0.0, value))
    for job, wanted_runs in facts.jobs.items():
        if _speaks_of(facts, policy, job):
            runs = sum(
                row["runs"]
                for row in plan.rows["runs"]
                if row["job"] == job and row["site"] in inside
            )
            sides.append((job, runs / wanted_runs["count"], value))
    return sides


def _rack_utilisation(
    facts: Recomputed, plan: Written, value: float, inside: set[str]
) -> tuple[float, float]:
    filled = sum(facts.sites[site]["occupied_it_mw"] for site in inside)
    power = sum(facts.standing_power(site) for site in inside)
    for row in plan.rows["builds"]:
        if row["site"] in inside:
            filled += row["used_mw"]
            power += row["modules"] * facts.modules[row["module"]]["it_mw"]
    return filled, value * power


def _accelerators(
    facts: Recomputed, plan: Written, kind: str, value: float, inside: set[str]
) -> tuple[float, float]:
    """Return the sides of a row on the accelerators at work, or on those bought."""
    if kind == "domestic_share_min":
        own = everything = 0.0
        for row in plan.rows["accelerators"]:
            if row["site"] in inside:
                card = facts.cards[row["accelerator"]]
                eflops = row["bought"] * card["bf16_dense_tflops"] / 1e6
                everything += eflops
                own += eflops if card["export_status"] == "domestic" else 0.0
        return own, value * everything
    busy = sum(
        row["busy_accelerators"]
        for row in plan.rows["service_accelerators"]
        if row["site"] in inside
    )
    busy += sum(
        row["runs"] * row["gang"] * row["duration_days"] / 365.0
        for row in plan.rows["runs"]
        if row["site"] in inside
    )
    installed = sum(
        row["fleet"] + row["bought"] for row in plan.rows["accelerators"] if row["site"] in inside
    )
    return busy / 1000.0, value * installed / 1000.0
