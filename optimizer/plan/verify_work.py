"""Verification of services, training runs and accelerators."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Final

from optimizer.plan.recompute import MONTH_DAYS, Recomputed
from optimizer.plan.verify_queueing import reserved_accelerators
from optimizer.plan.verify_release import tiers_by_service
from optimizer.plan.verify_split import check_counts, gangs_at_sites
from optimizer.plan.verify_written import Written
from optimizer.plan.violation import Checker

PER_THOUSAND: Final = 1e3


def check_work(checker: Checker, facts: Recomputed, plan: Written) -> None:
    """Check that all work is placed once, where it may be, on accelerators that exist."""
    _demand(checker, facts, plan)
    _throughput(checker, facts, plan)
    _jobs(checker, facts, plan)
    _pins(checker, facts, plan)
    _accelerators(checker, facts, plan)
    _supply(checker, facts, plan)


def _demand(checker: Checker, facts: Recomputed, plan: Written) -> None:
    served: dict[tuple[str, str], float] = defaultdict(float)
    for row in plan.rows["placements"]:
        region, service, site = row["region"], row["service"], row["site"]
        place = f"{region}|{service}|{site}"
        served[region, service] += row["share"]
        checker.at_least("share is not negative", place, row["share"], 0.0, "1")
        reach = facts.reach(region, service, site)
        checker.at_most("share within reach", place, row["share"], reach, "1")
        requests = row["share"] * facts.requests(region, service)
        checker.equal(
            "requests of a share", place, row["requests_million_per_day"], requests, "million/day"
        )
        checker.equal(
            "round trip", place, row["rtt_p99_ms"], facts.rtt(region, service, site), "ms"
        )
        budget = facts.budget(service)
        if budget is None:
            checker.holds("network budget", place, fact=math.isnan(row["budget_ms"]))
        else:
            checker.equal("network budget", place, row["budget_ms"], budget, "ms")
        if facts.services[service]["single_source"] and not plan.relaxed:
            checker.whole("single source", place, row["share"], "1")
    unserved = {(row["region"], row["service"]): row for row in plan.rows["unserved"]}
    for region in facts.regions:
        for service in facts.services:
            wanted = facts.requests(region, service)
            if wanted <= 0.0:
                continue
            left = unserved.get((region, service), {"share": 0.0})["share"]
            place = f"{region}|{service}"
            checker.equal("all demand", place, served[region, service] + left, 1.0, "1")
    tiered = tiers_by_service(facts)
    for (region, service), row in unserved.items():
        requests = row["share"] * facts.requests(region, service)
        place = f"{region}|{service}"
        checker.at_least("unserved is not negative", place, row["share"], 0.0, "1")
        checker.equal(
            "requests unserved", place, row["requests_million_per_day"], requests, "million/day"
        )
        if service not in tiered:  # those with tiers are valued by tier
            value = requests * 365.0 * facts.services[service]["value_yuan_per_request"]
            checker.equal("value unserved", place, row["value_million_yuan"], value, "million yuan")


def _throughput(checker: Checker, facts: Recomputed, plan: Written) -> None:
    wanted: dict[tuple[str, str], float] = defaultdict(float)
    for row in plan.rows["placements"]:
        wanted[row["service"], row["site"]] += row["share"] * facts.requests(
            row["region"], row["service"]
        )
    done: dict[tuple[str, str], float] = defaultdict(float)
    for row in plan.rows["service_accelerators"]:
        place = f"{row['service']}|{row['site']}|{row['accelerator']}"
        seconds = facts.seconds(row["service"], row["accelerator"])
        checker.holds("service runs on the accelerator", place, fact=seconds is not None)
        if seconds is None:
            continue
        requests = row["busy_accelerators"] / seconds * 86_400.0 / 1e6
        checker.at_least("busy is not negative", place, row["busy_accelerators"], 0.0, "1")
        checker.equal(
            "requests of accelerators",
            place,
            row["requests_million_per_day"],
            requests,
            "million/day",
        )
        done[row["service"], row["site"]] += requests
    for service, site in sorted(set(wanted) | set(done)):
        # Compared at the size of the national demand: a site with almost nothing may be rounding.
        national = sum(facts.requests(region, service) for region in facts.regions)
        checker.equal(
            "work equals demand",
            f"{service}|{site}",
            done[service, site],
            wanted[service, site],
            "million/day",
            scale=national,
        )


def _jobs(checker: Checker, facts: Recomputed, plan: Written) -> None:
    placed: dict[str, float] = defaultdict(float)
    for row in plan.rows["runs"]:
        job, site, card, gang = row["job"], row["site"], row["accelerator"], row["gang"]
        wanted = facts.jobs[job]
        place = f"{job}|{site}|{card}"
        placed[job] += row["runs"]
        checker.at_least("runs are not negative", place, row["runs"], 0.0, "runs")
        if not plan.relaxed:
            checker.whole("whole runs", place, row["runs"], "runs")
        checker.holds(
            "job runs on the accelerator",
            place,
            fact=facts.utilisation(job, card) is not None and wanted["accelerator"] in {"", card},
        )
        if wanted["accelerators"] == wanted["accelerators"]:  # not empty
            checker.equal("given gang", place, gang, wanted["accelerators"], "1")
        else:
            checker.equal(
                "whole servers",
                place,
                gang % facts.cards[card]["accelerators_per_server"],
                0.0,
                "1",
            )
        largest = facts.sites[site]["largest_gang"]
        checker.at_most("largest gang", place, gang, largest, "1")
        checker.equal("goodput", place, row["goodput"], facts.goodput(job, card, gang), "1")
        days = facts.duration_days(job, card, gang)
        checker.equal("duration", place, row["duration_days"], days, "day")
        start = row["start_month"]
        checker.at_least("earliest month", place, start, wanted["earliest_month"], "month")
        months = facts.month_shares(start, days)
        # A few milliseconds of the next month are rounding.
        active = [number for number, share in enumerate(months, start=1) if share > 1e-9]
        last = max(active, default=start)
        checker.at_most("deadline", place, last, wanted["deadline_month"], "month")
        inside = sum(share * length for share, length in zip(months, MONTH_DAYS, strict=True))
        checker.equal("the run ends within the year", place, inside, days, "day")
        if wanted["residency"] == "province":
            here = facts.sites[site]["province"]
            home = facts.sites[wanted["dataset_site"]]["province"]
            checker.holds("job stays in its province", place, fact=here == home)
        power = row["runs"] * gang * facts.sustained_kw(card) / 1000.0
        checker.equal("power of runs", place, row["it_mw"], power, "MW")
    unplaced = {row["job"]: row["runs"] for row in plan.rows["unplaced"]}
    for row in plan.rows["unplaced"]:
        job = row["job"]
        checker.at_least("unplaced is not negative", job, row["runs"], 0.0, "runs")
        value = row["runs"] * facts.jobs[job]["value_million_yuan"]
        checker.equal("value unplaced", job, row["value_million_yuan"], value, "million yuan")
    split = check_counts(checker, plan)
    for job, wanted in facts.jobs.items():
        total = placed[job] + split.get(job, 0.0) + unplaced.get(job, 0.0)
        checker.equal("all runs", job, total, wanted["count"], "runs")


def _pins(checker: Checker, facts: Recomputed, plan: Written) -> None:
    national: dict[str, float] = defaultdict(float)
    at: dict[tuple[str, str], float] = defaultdict(float)
    for region in facts.regions:
        for service in facts.services:
            national[service] += facts.requests(region, service)
    for job, row in facts.jobs.items():
        national[job] += row["count"]
    for row in plan.rows["placements"]:
        at[row["service"], row["site"]] += row["share"] * facts.requests(
            row["region"], row["service"]
        )
    for row in gangs_at_sites(plan):
        at[row["job"], row["site"]] += row["runs"] * row["share"]
    # Of what nobody asks for nothing can be pinned.
    for pin in (row for row in facts.rows["pins"] if national[row["workload"]] > 0.0):
        workload, site = pin["workload"], pin["site"]
        place = f"{workload}|{site}"
        whole = national[workload]
        share = at[workload, site] / whole
        if pin["rule"] == "never":
            checker.equal("pinned never", place, share, 0.0, "1")
        elif pin["rule"] == "minimum_share":
            checker.at_least("pinned share", place, share, pin["value"], "1")
        elif pin["rule"] == "must":
            elsewhere = sum(
                amount for (name, other), amount in at.items() if name == workload and other != site
            )
            checker.equal("pinned must", place, elsewhere / whole, 0.0, "1")


def _accelerators(checker: Checker, facts: Recomputed, plan: Written) -> None:
    """Check every accelerator in every hour of every month, not only where the model has rows."""
    rows = {(row["site"], row["accelerator"]): row for row in plan.rows["accelerators"]}
    busy: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in plan.rows["service_accelerators"]:
        profile = facts.services[row["service"]]["profile"]
        busy[row["site"], row["accelerator"]][profile] += row["busy_accelerators"]
    gangs: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0] * 12)
    trained: dict[tuple[str, str], float] = defaultdict(float)
    for row in gangs_at_sites(plan):
        key = (row["site"], row["accelerator"])
        months = facts.month_shares(row["start_month"], row["duration_days"])
        for month, share in enumerate(months):
            if share > 0.0:
                gangs[key][month] += row["runs"] * row["gang"]
        trained[key] += row["runs"] * row["gang"] * row["duration_days"] / 365.0
    reserved = reserved_accelerators(plan)
    shapes = {row["profile"]: facts.profile(row["profile"]) for row in facts.rows["profiles"]}
    standing = {
        (site, card) for site in facts.sites for card in facts.cards if facts.fleet(site, card) > 0
    }
    for key in sorted(set(rows) | set(busy) | set(gangs) | set(reserved) | standing):
        site, card = key
        place = f"{site}|{card}"
        row = rows.get(key, {"fleet": 0.0, "bought": 0.0})
        left = facts.fleet(site, card) - plan.retired(site, card)
        checker.equal("fleet", place, row["fleet"], left, "1")
        checker.at_least("bought is not negative", place, row["bought"], 0.0, "1")
        installed = row["fleet"] + row["bought"]
        ready = facts.cards[card]["availability"] * installed
        hours = [
            sum(amount * shapes[profile][hour] for profile, amount in busy[key].items())
            for hour in range(24)
        ]
        for month in range(12):
            for hour in range(24):
                checker.at_most(
                    "accelerators in the hour",
                    f"{place}|month {month + 1}|hour {hour}",
                    hours[hour] + gangs[key][month] + reserved[key],
                    ready,
                    "1",
                    # The rows are in thousands: where none stand, rounding is of that size.
                    scale=PER_THOUSAND,
                )
        if key in rows:
            mean = sum(busy[key].values()) + trained[key]
            checker.equal("services peak", place, row["services_peak"], max(hours), "1")
            checker.equal("gangs peak", place, row["gangs_peak"], max(gangs[key]), "1")
            checker.equal("mean busy", place, row["busy_mean"], mean, "1")
            used = row["busy_mean"] / installed if installed > 0.0 else 0.0
            checker.equal("utilisation of accelerators", place, row["utilisation"], used, "1")


def _supply(checker: Checker, facts: Recomputed, plan: Written) -> None:
    bought: dict[str, float] = defaultdict(float)
    for row in plan.ordered.rows["accelerators"]:
        bought[row["accelerator"]] += row["bought"]
    for card in facts.cards:
        checker.at_most("national supply", card, bought[card], facts.supply(card), "1")
