"""Verification of pools: their load, the reserve that the lines ask for, and Erlang's formula."""

from __future__ import annotations

import math
from collections import defaultdict
from statistics import NormalDist
from typing import Final

from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_written import Row, Written
from optimizer.plan.violation import Checker

LEAST_REACH: Final = 1e-4
"""A share within a smaller reach needs no more than this part of a pool."""

SAME: Final = 1e-6
"""Points closer than this, in proportion, are one."""

Key = tuple[str, str]


class PoolFacts:
    """The pools of the raw tables and the lines of their reserve."""

    def __init__(self, facts: Recomputed) -> None:
        self.facts = facts
        self.members: dict[str, list[str]] = defaultdict(list)
        for name, service in facts.services.items():
            if service["pool"] != "" and self._requests(name) > 0.0:
                self.members[service["pool"]].append(name)
        self.beta = _beta(facts.parameters["wait_probability"]) if self.members else math.nan
        self.peak = {pool: self._peak(pool, shared=False) for pool in self.members}
        self.points = {pool: self._points(pool) for pool in self.members}

    def _requests(self, service: str) -> float:
        return sum(self.facts.requests(region, service) for region in self.facts.regions)

    def size(self, service: str, card: str) -> float:
        """Return the accelerators of a replica."""
        for row in self.facts.rows["service_rates"]:
            if row["service"] == service and row["accelerator"] == card:
                return float(row["accelerators_per_replica"])
        return math.nan

    def reserve_size(self, pool: str, card: str) -> float:
        """Return the accelerators of a replica in reserve; NaN where not every service runs."""
        sizes = [self.size(service, card) for service in self.members[pool]]
        return math.nan if any(math.isnan(size) for size in sizes) else max(sizes)

    def replicas(self, service: str) -> float:
        """Return the replicas busy with all of a service's demand: middle of the types on offer."""
        facts = self.facts
        per_second = self._requests(service) * 1e6 / 86_400.0
        offered: list[float] = []
        others: list[float] = []
        for card in facts.cards:
            seconds = facts.seconds(service, card)
            if seconds is None:
                continue
            number = per_second * seconds / self.size(service, card)
            standing = sum(facts.fleet(site, card) for site in facts.sites)
            (offered if standing + facts.supply(card) > 0.0 else others).append(number)
        known = offered or others
        return math.exp((math.log(min(known)) + math.log(max(known))) / 2.0)

    def _peak(self, pool: str, *, shared: bool) -> float:
        """Return the load of the peak hour: of all demand, or of an expected pool."""
        hours = [0.0] * 24
        for name in self.members[pool]:
            service = self.facts.services[name]
            level = self.replicas(name) / (service["expected_pools"] if shared else 1.0)
            for hour, shape in enumerate(self.facts.profile(service["profile"])):
                hours[hour] += level * shape
        return max(hours)

    def _points(self, pool: str) -> dict[str, float]:
        """Return the load at which each line touches the square-root rule."""
        facts = self.facts
        within = 0
        for site in facts.sites:
            within += any(
                facts.requests(region, service) > 0.0 and facts.reach(region, service, site) > 0.0
                for service in self.members[pool]
                for region in facts.regions
            )
        even = self.peak[pool] / max(within, 1)
        large = self._peak(pool, shared=True)
        points = {"large": large}
        if even < large * (1.0 - SAME):
            points["small"] = (large * even * even) ** (1.0 / 3.0)
        return points

    def line(self, pool: str, line: str, load: float, opened: float) -> float:
        """Return the reserve that a line asks for, in replicas."""
        root = math.sqrt(self.points[pool][line])
        return self.beta / 2.0 / root * load + (self.beta / 2.0 * root + 2.0) * opened

    def load(self, plan: Written) -> dict[Key, float]:
        """Return the load of every pool at every site in its peak hour, in replicas."""
        hours: dict[Key, list[float]] = defaultdict(lambda: [0.0] * 24)
        for row in plan.rows["service_accelerators"]:
            service = self.facts.services[row["service"]]
            if row["service"] not in self.members[service["pool"]]:
                continue
            replicas = row["busy_accelerators"] / self.size(row["service"], row["accelerator"])
            shapes = self.facts.profile(service["profile"])
            for hour, shape in enumerate(shapes):
                hours[row["site"], service["pool"]][hour] += shape * replicas
        return {key: max(levels) for key, levels in hours.items()}


def reserved_accelerators(plan: Written) -> dict[Key, float]:
    """Return the accelerators in reserve by site and type, which no gang and no service has."""
    reserved: dict[Key, float] = defaultdict(float)
    for row in plan.rows["pool_reserves"]:
        reserved[row["site"], row["accelerator"]] += row["reserve_accelerators"]
    return reserved


def check_queueing(checker: Checker, facts: Recomputed, plan: Written) -> None:
    """Check that every pool holds the reserve that the lines ask for."""
    known = PoolFacts(facts)
    rows: dict[Key, list[Row]] = defaultdict(list)
    for row in plan.rows["pools"]:
        rows[row["site"], row["pool"]].append(row)
    _links(checker, known, plan, rows)
    load = known.load(plan)
    reserves: dict[Key, float] = defaultdict(float)
    for row in plan.rows["pool_reserves"]:
        site, pool, card = row["site"], row["pool"], row["accelerator"]
        place = f"{site}|{pool}|{card}"
        size = known.reserve_size(pool, card) if known.members[pool] else math.nan
        number = row["reserve_accelerators"]
        checker.holds("reserve runs every service of its pool", place, fact=not math.isnan(size))
        checker.at_least("reserve is not negative", place, number, 0.0, "1")
        if not math.isnan(size):
            checker.equal("replicas in reserve", place, row["reserve_replicas"], number / size, "1")
        reserves[site, pool] += row["reserve_replicas"]
    for key in sorted({*rows, *load, *reserves}):
        pool, place = key[1], "|".join(key)
        scale = known.peak.get(pool, 1.0)
        stated = sum(row["load_replicas"] for row in rows[key])
        checker.equal("load of a pool", place, stated, load.get(key, 0.0), "replicas", scale=scale)
        opened = sum(row["opened"] for row in rows[key])
        checker.at_most("pool is opened once", place, opened, 1.0, "1")
        wanted = sum(row["reserve_replicas"] for row in rows[key])
        checker.equal("reserve is held", place, reserves[key], wanted, "replicas")
        for row in rows[key]:
            _line(checker, known, row, relaxed=plan.relaxed)


def _links(checker: Checker, known: PoolFacts, plan: Written, rows: dict[Key, list[Row]]) -> None:
    """Check that nobody is served where the pool is not open."""
    facts = known.facts
    for row in plan.rows["placements"]:
        pool = facts.services[row["service"]]["pool"]
        if row["service"] not in known.members.get(pool, ()):
            continue
        opened = sum(pool_row["opened"] for pool_row in rows[row["site"], pool])
        reach = facts.reach(row["region"], row["service"], row["site"])
        place = f"{row['region']}|{row['service']}|{row['site']}"
        most = max(reach, LEAST_REACH) * opened
        checker.at_most("share within an open pool", place, row["share"], most, "1")


def _line(checker: Checker, known: PoolFacts, row: Row, *, relaxed: bool) -> None:
    """Check one row of a pool against its line and against Erlang's formula."""
    pool, line, load = row["pool"], row["line"], row["load_replicas"]
    place = f"{row['site']}|{pool}|{line}"
    points = known.points.get(pool, {})
    checker.holds("line of a pool", place, fact=line in points)
    if line not in points:
        return
    if not relaxed:
        checker.whole("pool is open or not", place, row["opened"], "1")
    if line == "small":
        crossing = math.sqrt(points["small"] * points["large"])
        checker.at_most(
            "load of a small pool",
            place,
            load,
            crossing * row["opened"],
            "replicas",
            scale=known.peak[pool],
        )
    reserve = known.line(pool, line, load, row["opened"])
    checker.equal("reserve of a pool", place, row["reserve_replicas"], reserve, "replicas")
    servers = load + row["reserve_replicas"]
    checker.equal("servers of a pool", place, row["servers"], servers, "replicas")
    exact = _exact_servers(load, known.facts.parameters["wait_probability"])
    checker.equal("exact servers of a pool", place, row["exact_servers"], exact, "replicas")
    if not relaxed:
        checker.at_least("servers keep the wait", place, servers, exact, "replicas")


def _exact_servers(load: float, wait_probability: float) -> int:
    """Return the least number of servers at which few enough requests wait."""
    if load <= 0.0:
        return 0
    lost, servers = 1.0, 0
    while True:
        servers += 1
        lost = load * lost / (servers + load * lost)
        busy = load / servers
        if busy < 1.0 and lost / (1.0 - busy * (1.0 - lost)) <= wait_probability:
            return servers


def _beta(wait_probability: float) -> float:
    """Return the factor of the square root by the secant method."""
    normal = NormalDist()

    def excess(beta: float) -> float:
        waiting = 1.0 / (1.0 + beta * normal.cdf(beta) / normal.pdf(beta))
        return math.log(waiting) - math.log(wait_probability)

    before, beta = 0.0, 1.0
    for _ in range(100):
        if excess(beta) == excess(before):
            break
        before, beta = beta, beta - excess(beta) * (beta - before) / (excess(beta) - excess(before))
    return beta
