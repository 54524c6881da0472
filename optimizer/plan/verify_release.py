"""Verification of rationing and staged release, tier by tier and region by region."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import pairwise

from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_written import Row, Written
from optimizer.plan.violation import Checker

Tiers = dict[str, list[Row]]
"""The tiers of each service that anybody asks for, by the order of their release."""


def tiers_by_service(facts: Recomputed) -> Tiers:
    """Return the rows of the table of tiers, those of each service in the order of release."""
    tiers: Tiers = defaultdict(list)
    for row in sorted(facts.rows["tiers"], key=lambda row: int(row["tier"])):
        if sum(facts.requests(region, row["service"]) for region in facts.regions) > 0.0:
            tiers[row["service"]].append(row)
    return dict(tiers)


def check_release(checker: Checker, facts: Recomputed, plan: Written) -> None:
    """Check that every tier is served as far as it is released, and never before an earlier one."""
    tiers = tiers_by_service(facts)
    served = _served(checker, facts, plan, tiers)
    _demand(checker, facts, plan, tiers, served)
    released = _releases(checker, facts, plan, tiers, served)
    for service, rows in tiers.items():
        for row in rows:
            _limits(checker, row, served, released[service, int(row["tier"])])
        for before, after in pairwise(rows):
            checker.at_most(
                "tiers in their order",
                f"{service}|{after['tier']}",
                released[service, int(after["tier"])],
                released[service, int(before["tier"])],
                "1",
            )


def _demand_share(row: Row, rows: list[Row]) -> float:
    """Return the share of a service's demand that a tier holds."""
    return float(row["share"] / sum(other["share"] for other in rows))


def _served(
    checker: Checker, facts: Recomputed, plan: Written, tiers: Tiers
) -> dict[tuple[str, int], dict[str, float]]:
    """Check the rows of each region and return the share served of each tier by region."""
    written = {
        (row["service"], int(row["tier"]), row["region"]): row for row in plan.rows["served_tiers"]
    }
    served: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    for service, rows in tiers.items():
        for tier in rows:
            for region in facts.regions:
                requests = facts.requests(region, service)
                if requests <= 0.0:
                    continue
                key = (service, int(tier["tier"]), region)
                place = f"{region}|{service}|{tier['tier']}"
                row = written.pop(key, None)
                checker.holds("tier of a region is written", place, fact=row is not None)
                if row is None:
                    served[key[:2]][region] = 0.0
                    continue
                share = _demand_share(tier, rows)
                rho = row["served_share"]
                served[key[:2]][region] = rho
                checker.at_least("share of a tier is not negative", place, rho, 0.0, "1")
                checker.at_most("at most all of a tier", place, rho, 1.0, "1")
                checker.equal("demand of a tier", place, row["demand_share"], share, "1")
                done = requests * share * rho
                value = done * 365.0 * tier["value_yuan_per_request"]
                checker.equal(
                    "requests of a tier",
                    place,
                    row["requests_million_per_day"],
                    done,
                    "million/day",
                )
                checker.equal(
                    "value of a tier", place, row["value_million_yuan"], value, "million yuan"
                )
    for service, number, region in sorted(written):
        place = f"{region}|{service}|{number}"
        checker.holds("tier of a region is one of the case", place, fact=False)
    return served


def _demand(
    checker: Checker,
    facts: Recomputed,
    plan: Written,
    tiers: Tiers,
    served: dict[tuple[str, int], dict[str, float]],
) -> None:
    """Check that the tiers make up what the sites serve, and the value of what they do not."""
    placed: dict[tuple[str, str], float] = defaultdict(float)
    for row in plan.rows["placements"]:
        placed[row["region"], row["service"]] += row["share"]
    unserved = {
        (row["region"], row["service"]): row["value_million_yuan"] for row in plan.rows["unserved"]
    }
    for service, rows in tiers.items():
        for region in facts.regions:
            requests = facts.requests(region, service)
            if requests <= 0.0:
                continue
            place = f"{region}|{service}"
            by_tier, missed = 0.0, 0.0
            for tier in rows:
                share = _demand_share(tier, rows)
                rho = served[service, int(tier["tier"])][region]
                by_tier += share * rho
                yuan = requests * 365.0 * tier["value_yuan_per_request"]
                missed += share * (1.0 - rho) * yuan
            checker.equal(
                "tiers make up the demand served", place, by_tier, placed[region, service], "1"
            )
            left = unserved.get((region, service), 0.0)
            checker.equal("value unserved", place, left, missed, "million yuan")


def _releases(
    checker: Checker,
    facts: Recomputed,
    plan: Written,
    tiers: Tiers,
    served: dict[tuple[str, int], dict[str, float]],
) -> dict[tuple[str, int], float]:
    """Check the national rows and return how far each tier is released."""
    written = {(row["service"], int(row["tier"])): row for row in plan.rows["releases"]}
    released: dict[tuple[str, int], float] = {}
    for service, rows in tiers.items():
        for tier in rows:
            key = (service, int(tier["tier"]))
            place = f"{service}|{tier['tier']}"
            row = written.pop(key, None)
            checker.holds("tier is written", place, fact=row is not None)
            released[key] = 0.0 if row is None else row["released"]
            if row is None:
                continue
            checker.at_least("release is not negative", place, released[key], 0.0, "1")
            checker.at_most("released once", place, released[key], 1.0, "1")
            if not plan.relaxed:
                checker.whole("whole release", place, released[key], "1")
            share = _demand_share(tier, rows)
            asked, done = 0.0, 0.0
            for region, rho in served[key].items():
                here = facts.requests(region, service) * share
                asked += here
                done += here * rho
            value = done * 365.0 * tier["value_yuan_per_request"]
            checker.equal(
                "requests of a release",
                place,
                row["requests_million_per_day"],
                asked,
                "million/day",
            )
            checker.equal(
                "served share of a release", place, row["served_share"], done / asked, "1"
            )
            checker.equal(
                "value of a release", place, row["value_million_yuan"], value, "million yuan"
            )
    for service, number in sorted(written):
        checker.holds("tier is one of the case", f"{service}|{number}", fact=False)
    return released


def _limits(
    checker: Checker,
    tier: Row,
    served: dict[tuple[str, int], dict[str, float]],
    released: float,
) -> None:
    """Check release, minimum and fairness of one tier."""
    service, number = tier["service"], int(tier["tier"])
    by_region = served[service, number]
    least, tolerance = tier["minimum_served_share"], tier["fairness_tolerance"]
    for region, rho in by_region.items():
        place = f"{region}|{service}|{number}"
        checker.at_most("served only once released", place, rho, released, "1")
        if not math.isnan(least):
            checker.at_least("minimum of a released tier", place, rho, least * released, "1")
        if not math.isnan(tolerance):
            for other, share in by_region.items():
                pair = f"{place}|{other}"
                checker.at_most("regions are served alike", pair, rho - share, tolerance, "1")
