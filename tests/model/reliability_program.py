"""The protected program of a small case written out by hand, for SciPy.

Every backup ``b[i,w,s,t]`` of a region from one site to another is a column of its own, every
failure (each grid and each single site) and each of the 24 hours has its rows, and numbers come
from the arguments alone. Nothing here is shared with the model.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog

Key = tuple[str, ...]
Terms = dict[Key, float]


@dataclass(frozen=True)
class Instance:
    """A protected case in plain numbers.

    Parameters
    ----------
    sites, areas
        Sites with the grid of each.
    requests
        Requests a second by region and service.
    rate
        Requests a second of one card by service and type.
    shape
        24 values with a mean of one by service.
    protected
        Share of each service that must survive.
    reach, failover_reach
        Share of users by region, service and site.
    fleet
        Cards by site and type.
    price
        Yuan a year for one card by type.
    link_yuan
        Yuan for a million requests by region and site.
    power_mw
        Most new IT power of a site, 1 kW for each card bought.
    gang
        Cards of the first type that one run holds all year at any one site, or several in part.
    """

    sites: Key
    areas: Key
    requests: dict[tuple[str, str], float]
    rate: dict[tuple[str, str], float]
    shape: dict[str, list[float]]
    protected: dict[str, float]
    reach: dict[tuple[str, str, str], float]
    failover_reach: dict[tuple[str, str, str], float]
    fleet: dict[tuple[str, str], float]
    price: dict[str, float]
    link_yuan: dict[tuple[str, str], float]
    power_mw: dict[str, float]
    gang: float

    def failures(self) -> list[Key]:
        """Return the sites of every failure: grids and single sites."""
        grids = [
            tuple(site for site, of in zip(self.sites, self.areas, strict=True) if of == area)
            for area in sorted(set(self.areas))
        ]
        return grids + [(site,) for site in self.sites]


@dataclass
class Rows:
    """Columns with costs, and rows as dictionaries."""

    cost: Terms = field(default_factory=dict)
    equal: list[tuple[Terms, float]] = field(default_factory=list)
    at_most: list[tuple[Terms, float]] = field(default_factory=list)

    def column(self, *key: str, cost: float = 0.0) -> Key:
        """Add a column that is not negative."""
        self.cost[key] = self.cost.get(key, 0.0) + cost
        return key

    def least(self) -> float | None:
        """Return the least cost, or ``None`` if there is no plan."""
        at = {key: number for number, key in enumerate(self.cost)}

        def arrays(
            rows: list[tuple[Terms, float]],
        ) -> tuple[np.ndarray, np.ndarray]:
            matrix = np.zeros((len(rows), len(at)))
            for number, (terms, _limit) in enumerate(rows):
                for key, value in terms.items():
                    matrix[number, at[key]] += value
            return matrix, np.array([limit for _terms, limit in rows])

        upper, most = arrays(self.at_most)
        equal, level = arrays(self.equal)
        found = linprog(
            list(self.cost.values()), A_ub=upper, b_ub=most, A_eq=equal, b_eq=level, method="highs"
        )
        return float(found.fun) if found.status == 0 else None


def least_cost(instance: Instance) -> float | None:
    """Return the least yearly cost in million yuan with everything served, if that can be."""
    rows, data = Rows(), instance
    area = dict(zip(data.sites, data.areas, strict=True))
    regions = sorted({region for region, _service in data.requests})
    services = sorted(data.shape)
    cards = sorted(data.price)
    for (region, service), rate in data.requests.items():
        yearly = rate * 86_400 * 365 / 1e6
        shares = {}
        for site in data.sites:
            yuan = data.link_yuan.get((region, site), 0.0)
            key = rows.column("share", region, service, site, cost=yuan * yearly / 1e6)
            shares[key] = 1.0
            rows.at_most.append(({key: 1.0}, data.reach[region, service, site]))
            kept = {key: data.protected[service]}
            for other in data.sites:
                if area[other] != area[site]:
                    kept[rows.column("backup", region, service, site, other)] = -1.0
            rows.at_most.append((kept, 0.0))
        rows.equal.append((shares, 1.0))
    _surviving_reach(rows, data, regions, services)
    for site, card in itertools.product(data.sites, cards):
        rows.column("bought", site, card, cost=data.price[card] / 1e6)
    runs = {rows.column("run", site): 1.0 for site in data.sites}
    rows.equal.append((runs, 1.0))
    for site in data.sites:
        power: Terms = {("bought", site, card): 1e-3 for card in cards}
        rows.at_most.append((power, data.power_mw[site]))
    for lost in [(), *data.failures()]:
        for site in data.sites:
            if site not in lost:
                _throughput(rows, data, lost, site, regions)
                _hours(rows, data, lost, site)
    return rows.least()


def _surviving_reach(rows: Rows, data: Instance, regions: list[str], services: list[str]) -> None:
    for lost, region, service in itertools.product(data.failures(), regions, services):
        for other in data.sites:
            if other in lost:
                continue
            terms: Terms = {("share", region, service, other): 1.0}
            for site in lost:
                if ("backup", region, service, site, other) in rows.cost:
                    terms["backup", region, service, site, other] = 1.0
            rows.at_most.append((terms, data.failover_reach[region, service, other]))


def _throughput(
    rows: Rows, data: Instance, lost: tuple[str, ...], site: str, regions: list[str]
) -> None:
    """Add cards for the work of a site, or for what it takes over in a failure."""
    for service in sorted(data.shape):
        terms: Terms = {}
        for card in sorted(data.price):
            if (service, card) in data.rate:
                busy = rows.column("busy", *lost, site, service, card)
                terms[busy] = -data.rate[service, card]
        for region in regions:
            rate = data.requests[region, service]
            keys: list[Key] = [("backup", region, service, gone, site) for gone in lost]
            if not lost:
                keys = [("share", region, service, site)]
            terms |= {key: rate for key in keys if key in rows.cost}
        rows.equal.append((terms, 0.0))


def _hours(rows: Rows, data: Instance, lost: tuple[str, ...], site: str) -> None:
    """Bound the cards of a site in every hour: its work, what it takes over, and the gang."""
    for card, hour in itertools.product(sorted(data.price), range(24)):
        needed: Terms = {
            ("busy", *failure, site, service, card): shape[hour]
            for service, shape in data.shape.items()
            for failure in {(), lost}
            if (service, card) in data.rate
        }
        if card == min(data.price):
            needed["run", site] = data.gang
        needed["bought", site, card] = -1.0
        rows.at_most.append((needed, data.fleet.get((site, card), 0.0)))
