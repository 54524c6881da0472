"""Verification of the protection against the loss of a grid.

Every failure is looked at in every hour of every month: each grid, and each single site, whose
loss takes its own part of what its grid's backup was made for. Who may take over, and how much,
follows from the raw tables.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_written import Row, Written
from optimizer.plan.violation import Checker

BINDING: Final = 1e-6
"""Part of the available accelerators that may be left where all are needed."""

Lost = Mapping[tuple[str, str, str], float]
"""Million requests a day by failure, service and the site that takes over."""


def check_reliability(checker: Checker, facts: Recomputed, plan: Written) -> None:
    """Check that what must survive a failure has a place, in time, on accelerators that stand."""
    _shares(checker, facts, plan)
    _reach(checker, facts, plan)
    lost = _lost(facts, plan)
    _throughput(checker, facts, plan, lost)
    _accelerators(checker, facts, plan, lost)


def protected_share(facts: Recomputed, service: str) -> float:
    """Return the share of a service that must survive a failure."""
    level = facts.parameters.get("protection_level", 0.0)
    return float(level * facts.services[service]["protected_share"])


def failover_budget(facts: Recomputed, service: str) -> float | None:
    """Return the network round trip a request leaves in a failure, ms; ``None``: any."""
    row = facts.services[service]
    if math.isnan(row["target_ms"]):
        return None
    target = row["failover_target_ms"]
    if math.isnan(target):
        target = row["target_ms"] * facts.parameters.get("failover_budget_factor", 1.0)
    return float((target - row["compute_p99_ms"]) / row["round_trips"])


def failover_reach(facts: Recomputed, region: str, service: str, site: str) -> float:
    """Return the share of a region's users that a site may serve in a failure."""
    row, users = facts.services[service], facts.regions[region]
    if row["residency"] == "province" and users["province"] != facts.sites[site]["province"]:
        return 0.0
    there = facts.path_rtt(users["node"], site, row["network"])
    if math.isinf(there):
        return 0.0
    allowed = failover_budget(facts, service)
    if allowed is None:
        return 1.0
    nearest, farthest = users["access_rtt_min_ms"], users["access_rtt_p99_ms"]
    if allowed - there >= farthest:
        return 1.0
    if allowed - there <= nearest:
        return 0.0
    return float(0.99 * ((allowed - there - nearest) / (farthest - nearest)) ** 2)


def _grid(facts: Recomputed, site: str) -> str:
    return str(facts.sites[site]["grid_area"])


def _shares(checker: Checker, facts: Recomputed, plan: Written) -> None:
    """Check every backup by itself, and that each placement has what it must have."""
    pinned: dict[str, set[str]] = {}
    for pin in facts.rows["pins"]:
        if pin["rule"] in {"must", "never"} and pin["workload"] in facts.services:
            others = {site for site in facts.sites if site != pin["site"]}
            shut = others if pin["rule"] == "must" else {pin["site"]}
            pinned.setdefault(pin["workload"], set()).update(shut)
    kept: dict[tuple[str, str, str], float] = defaultdict(float)
    for row in plan.rows["backups"]:
        region, service, site = row["region"], row["service"], row["site"]
        other = row["backup_site"]
        place = f"{region}|{service}|{site}|{other}"
        kept[region, service, site] += row["share"]
        checker.at_least("backup is not negative", place, row["share"], 0.0, "1")
        checker.holds(
            "backup outside the failed grid",
            place,
            fact=_grid(facts, other) != _grid(facts, site),
        )
        checker.holds(
            "backup where the service may be", place, fact=other not in pinned.get(service, ())
        )
        round_trip = facts.rtt(region, service, other)
        checker.equal("round trip to the backup", place, row["rtt_p99_ms"], round_trip, "ms")
        budget = failover_budget(facts, service)
        if budget is None:
            checker.holds("network budget in a failure", place, fact=math.isnan(row["budget_ms"]))
        else:
            checker.equal("network budget in a failure", place, row["budget_ms"], budget, "ms")
    served = {
        (row["region"], row["service"], row["site"]): row["share"]
        for row in plan.rows["placements"]
    }
    for key in sorted(set(served) | set(kept)):
        wanted = protected_share(facts, key[1]) * served.get(key, 0.0)
        checker.equal("protected share", "|".join(key), kept[key], wanted, "1")


def _reach(checker: Checker, facts: Recomputed, plan: Written) -> None:
    """Check that a site serves, with its own work and any failure's, users in time only."""
    served = {
        (row["region"], row["service"], row["site"]): row["share"]
        for row in plan.rows["placements"]
    }
    taken: dict[tuple[str, str, str, str], float] = defaultdict(float)
    for row in plan.rows["backups"]:
        grid = _grid(facts, row["site"])
        taken[grid, row["region"], row["service"], row["backup_site"]] += row["share"]
    for (grid, region, service, site), share in taken.items():
        checker.at_most(
            "share within reach in a failure",
            f"{grid}|{region}|{service}|{site}",
            served.get((region, service, site), 0.0) + share,
            failover_reach(facts, region, service, site),
            "1",
        )


def _lost(facts: Recomputed, plan: Written) -> Lost:
    """Return what each site takes over when a grid fails, and when a single site does."""
    lost: dict[tuple[str, str, str], float] = defaultdict(float)
    for row in plan.rows["backups"]:
        requests = row["share"] * facts.requests(row["region"], row["service"])
        lost[_grid(facts, row["site"]), row["service"], row["backup_site"]] += requests
        lost[_alone(row["site"]), row["service"], row["backup_site"]] += requests
    return lost


def _alone(site: str) -> str:
    """Return the name of the loss of one site, which no grid can have."""
    return f"site {site}"


def _throughput(checker: Checker, facts: Recomputed, plan: Written, lost: Lost) -> None:
    done: dict[tuple[str, str, str], float] = defaultdict(float)
    for row in plan.rows["backup_accelerators"]:
        failure, service, site = row["failure"], row["service"], row["site"]
        place = f"{failure}|{service}|{site}|{row['accelerator']}"
        seconds = facts.seconds(service, row["accelerator"])
        checker.holds("backup runs on the accelerator", place, fact=seconds is not None)
        if seconds is None:
            continue
        requests = row["busy_accelerators"] / seconds * 86_400.0 / 1e6
        checker.at_least(
            "busy for backup is not negative", place, row["busy_accelerators"], 0.0, "1"
        )
        checker.equal(
            "requests of backup accelerators",
            place,
            row["requests_million_per_day"],
            requests,
            "million/day",
        )
        done[failure, service, site] += requests
    grids = {_grid(facts, site) for site in facts.sites}
    for key in sorted({key for key in lost if key[0] in grids} | set(done)):
        national = sum(facts.requests(region, key[1]) for region in facts.regions)
        checker.equal(
            "backup work equals what is lost",
            "|".join(key),
            done[key],
            lost.get(key, 0.0),
            "million/day",
            scale=national,
        )


def _accelerators(checker: Checker, facts: Recomputed, plan: Written, lost: Lost) -> None:
    """Check every failure in every hour of every month, also where the model has no rows."""
    installed = {
        (row["site"], row["accelerator"]): row["fleet"] + row["bought"]
        for row in plan.rows["accelerators"]
    }
    primary = _primary_hours(facts, plan)
    gangs = _gangs(facts, plan)
    written = {
        (row["failure"], row["site"], row["accelerator"]): row for row in plan.rows["failures"]
    }
    found = set()
    for failure, by_place in _backup_busy(facts, plan, lost).items():
        for (site, card), by_profile in by_place.items():
            place = f"{failure}|{site}|{card}"
            key = (site, card)
            extra = _by_hour(facts, by_profile)
            hours = [one + more for one, more in zip(primary[key], extra, strict=True)]
            ready = facts.cards[card]["availability"] * installed.get(key, 0.0)
            for month, held in enumerate(gangs[key], start=1):
                for hour, needed in enumerate(hours):
                    checker.at_most(
                        "accelerators in a failure",
                        f"{place}|month {month}|hour {hour}",
                        needed + held,
                        ready,
                        "1",
                    )
            if (failure, site, card) in written:
                found.add((failure, site, card))
                row = written[failure, site, card]
                _line(checker, place, row, max(hours) + max(gangs[key]), ready)
    wanted = {
        (row["failure"], row["site"], row["accelerator"])
        for row in plan.rows["backup_accelerators"]
        if row["busy_accelerators"] > 0.0
    }
    for failure, site, card in sorted(wanted | set(written)):
        there = (failure, site, card) in written
        checker.holds("failure is written", f"{failure}|{site}|{card}", fact=there)
        known = (failure, site, card) in found
        checker.holds("failure takes something over", f"{failure}|{site}|{card}", fact=known)


def _line(checker: Checker, place: str, row: Row, needed: float, ready: float) -> None:
    checker.equal("needed in a failure", place, row["needed"], needed, "1")
    checker.equal("available in a failure", place, row["available"], ready, "1")
    binds = row["needed"] >= row["available"] * (1.0 - BINDING)
    checker.holds("all needed in a failure", place, fact=row["binding"] == binds)


def _primary_hours(facts: Recomputed, plan: Written) -> dict[tuple[str, str], list[float]]:
    """Return the accelerators that services need in each hour of normal operation."""
    mean: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in plan.rows["service_accelerators"]:
        profile = facts.services[row["service"]]["profile"]
        mean[row["site"], row["accelerator"]][profile] += row["busy_accelerators"]
    hours: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0] * 24)
    for key, by_profile in mean.items():
        hours[key] = _by_hour(facts, by_profile)
    return hours


def _by_hour(facts: Recomputed, by_profile: Mapping[str, float]) -> list[float]:
    hours = [0.0] * 24
    for profile, amount in by_profile.items():
        for hour, load in enumerate(facts.profile(profile)):
            hours[hour] += amount * load
    return hours


def _gangs(facts: Recomputed, plan: Written) -> dict[tuple[str, str], list[float]]:
    """Return the accelerators that training runs hold in each month."""
    gangs: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0] * 12)
    for row in plan.rows["runs"]:
        months = facts.month_shares(row["start_month"], row["duration_days"])
        for month, share in enumerate(months):
            if share > 0.0:
                gangs[row["site"], row["accelerator"]][month] += row["runs"] * row["gang"]
    return gangs


def _backup_busy(
    facts: Recomputed, plan: Written, lost: Lost
) -> dict[str, dict[tuple[str, str], dict[str, float]]]:
    """Return the mean number of accelerators by failure, site and type, and profile.

    A single site lost alone asks its part of what its grid's backup keeps busy.
    """
    busy: dict[str, dict[tuple[str, str], dict[str, float]]] = {}
    members: dict[str, list[str]] = defaultdict(list)
    for site in facts.sites:
        members[_grid(facts, site)].append(site)
    for row in plan.rows["backup_accelerators"]:
        grid, service, there = row["failure"], row["service"], row["site"]
        profile = facts.services[service]["profile"]
        whole = lost.get((grid, service, there), 0.0)
        parts = {grid: 1.0}
        for site in members[grid]:
            part = lost.get((_alone(site), service, there), 0.0)
            parts[_alone(site)] = part / whole if whole > 0.0 else 0.0
        for failure, part in parts.items():
            by_place = busy.setdefault(failure, {})
            by_profile = by_place.setdefault((there, row["accelerator"]), defaultdict(float))
            by_profile[profile] += part * row["busy_accelerators"]
    return busy
