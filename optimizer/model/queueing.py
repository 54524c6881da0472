"""Block: accelerators held in reserve so that few requests wait.

Columns, for pools p of services that share a fleet (sites where one of them may be served)
    ``pool_open[s,p,n]``   whether p is at s with line n, large or small, 0 or 1
    ``pool_load[s,p,n]``   load of p at s on line n in its peak hour, thousand replicas
    ``reserve[s,p,a]``     accelerators in reserve, thousand

Rows
    pool_link[i,w,s]   share[i,w,s] <= max(reach[i,w,s], 1e-4) * sum_n pool_open[s,p(w),n]
    pool_once[s,p]     sum_n pool_open[s,p,n] <= 1
    pool_hour[s,p,h]   sum_{w in p, a} shape[w,h] / replica[w,a] * busy[w,s,a]
                         <= sum_n pool_load[s,p,n]
    pool_line[s,p,n]   pool_load[s,p,n] <= most[s,p,n] * pool_open[s,p,n]
    pool_reserve[s,p]  sum_a reserve[s,p,a] / replica[p,a]
                         >= sum_n (slope[p,n] * pool_load[s,p,n] + fixed[p,n] * pool_open[s,p,n])

and ``reserve[s,p,a]`` counts in ``fleet[s,a,m]`` beside the busy accelerators
(:mod:`optimizer.model.accelerators`). It draws idle power, as all that is installed does.

The lines are tangents of the square-root rule (:mod:`optimizer.inputs.queueing`); the small one
is the lower one up to the load at which they cross, which is its ``most``. That of the large one
is the load if every region within reach were served at s on the types that take most replicas.
A line that cannot be the lower one at a site is left out, and so are hours in which no service
of the pool has more load than in another. The links stand for each region and service: summed
over them they would let a small share open a small part of a pool. A reach below 1e-4 bounds the
share by itself; in the link it would only make coefficients uneven.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.inputs.queueing import LARGE, PIECES, SMALL
from optimizer.model.assembly import Assembly, Block
from optimizer.model.index import Sets, undominated_columns
from optimizer.model.placement import accelerators_for_all

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

LEAST_REACH: Final = 1e-4
"""Least coefficient of a link."""


def add_queueing(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the block to the assembly; without pools it has no columns and no rows."""
    pools = case.derived.pools
    most = most_load(case, sets)
    site, pool, line = _lines(case, most)
    index = {"site": site, "pool": pool, "line": line}
    opened = assembly.add_columns("pool_open", index, "1", upper=1.0, integer=True)
    load = assembly.add_columns("pool_load", index, "thousand replicas")
    reserve = _reserve_columns(assembly, case, sets, most)

    place_site, place_pool = np.nonzero(most > 0.0)
    place_row = np.full(most.shape, -1, dtype=np.int64)
    place_row[place_site, place_pool] = np.arange(len(place_site))
    places = {"site": place_site, "pool": place_pool}
    of_line = place_row[site, pool]

    _links(assembly, case, sets, opened)
    rows = assembly.add_rows("pool_once", places, "1", upper=1.0)
    assembly.put(rows.start + of_line, opened.ids, 1.0)
    _hours(assembly, case, sets, load, place_row)
    limit = most[site, pool]
    small = line == SMALL
    limit[small] = np.minimum(limit[small], pools.crossing[pool[small]] / 1e3)
    rows = assembly.add_rows("pool_line", index, "thousand replicas", upper=0.0)
    assembly.put(rows.ids, load.ids, 1.0)
    assembly.put(rows.ids, opened.ids, -limit)
    rows = assembly.add_rows("pool_reserve", places, "thousand replicas", lower=0.0)
    at = (reserve.index["pool"], reserve.index["accelerator"])
    assembly.put(
        rows.start + place_row[reserve.index["site"], reserve.index["pool"]],
        reserve.ids,
        1.0 / pools.reserve_replica[at],
    )
    assembly.put(rows.start + of_line, load.ids, -pools.slope[pool, line])
    assembly.put(rows.start + of_line, opened.ids, -pools.fixed[pool, line] / 1e3)
    _in_the_fleet(assembly, case, reserve)


def most_load(case: Case, sets: Sets) -> Floats:
    """Return ``(S, P)`` the greatest load of each pool at each site in thousand replicas."""
    derived, pools = case.derived, case.derived.pools
    requests = derived.demand.requests
    sites, services = len(case.tables["sites"].frame), len(pools.pool_of)
    share = np.zeros((services, sites))
    triple = sets.share
    weight = (
        derived.reach[triple.region, triple.service, triple.site]
        * requests[triple.region, triple.service]
        / requests.sum(axis=0)[triple.service]
    )
    np.add.at(share, (triple.service, triple.site), weight)
    each = accelerators_for_all(case) / pools.replica
    replicas = np.zeros((services, sites))
    busy = sets.busy
    np.maximum.at(replicas, (busy.service, busy.site), each[busy.service, busy.accelerator])
    level = share * replicas
    most = np.zeros((sites, len(pools.names)))
    for pool in range(len(pools.names)):
        members = np.flatnonzero(pools.pool_of == pool)
        most[:, pool] = (level[members].T @ _shapes(case, members)).max(axis=1)
    return most


def _shapes(case: Case, members: Integers) -> Floats:
    """Return ``(members, H)`` the load of services in every hour relative to their mean."""
    demand = case.derived.demand
    return demand.by_hour[demand.profile_of[members]]


def _lines(case: Case, most: Floats) -> tuple[Integers, Integers, Integers]:
    """Return site, pool and line of every line that can be the lower one."""
    pools = case.derived.pools
    exists = np.zeros((*most.shape, len(PIECES)), dtype=bool)
    has_small = np.isfinite(pools.operating[:, SMALL])
    exists[:, :, SMALL] = (most > 0.0) & has_small
    exists[:, :, LARGE] = (most > 0.0) & ~(has_small & (most <= pools.crossing / 1e3))
    site, pool, line = np.nonzero(exists)
    return site, pool, line


def _reserve_columns(assembly: Assembly, case: Case, sets: Sets, most: Floats) -> Block:
    """Add the reserve on every type that all services of a pool can run on."""
    pools = case.derived.pools
    shape = case.derived.hardware.fleet.shape
    has_card = np.zeros(shape, dtype=bool)
    has_card[sets.card.site, sets.card.accelerator] = True
    holds = (most > 0.0)[:, :, None] & np.isfinite(pools.reserve_replica)[None, :, :]
    site, pool, accelerator = np.nonzero(holds & has_card[:, None, :])
    index = {"site": site, "pool": pool, "accelerator": accelerator}
    return assembly.add_columns("reserve", index, "thousand accelerators")


def _links(assembly: Assembly, case: Case, sets: Sets, opened: Block) -> None:
    """Add the rows that let nobody be served where the pool is not open."""
    pools, triple = case.derived.pools, sets.share
    pool_of_share = pools.pool_of[triple.service]
    pooled = np.flatnonzero(pool_of_share >= 0)
    region, service, site = (
        entries[pooled] for entries in (triple.region, triple.service, triple.site)
    )
    rows = assembly.add_rows(
        "pool_link", {"region": region, "service": service, "site": site}, "1", upper=0.0
    )
    assembly.put(rows.ids, assembly.columns["share"].start + pooled, 1.0)
    reach = np.maximum(case.derived.reach[region, service, site], LEAST_REACH)
    shape = (len(case.tables["sites"].frame), len(pools.names), len(PIECES))
    column = np.full(shape, -1, dtype=np.int64)
    column[opened.index["site"], opened.index["pool"], opened.index["line"]] = opened.ids
    for line in range(len(PIECES)):
        open_here = column[site, pool_of_share[pooled], line]
        linked = np.flatnonzero(open_here >= 0)
        assembly.put(rows.start + linked, open_here[linked], -reach[linked])


def _hours(assembly: Assembly, case: Case, sets: Sets, load: Block, place_row: Integers) -> None:
    """Add the rows that make the load that of the pool's peak hour."""
    pools, busy = case.derived.pools, sets.busy
    place_site, place_pool = np.nonzero(place_row >= 0)
    shapes = []
    for pool in range(len(pools.names)):
        members = np.flatnonzero(pools.pool_of == pool)
        by_hour = _shapes(case, members)
        shape = np.zeros((len(pools.pool_of), by_hour.shape[1]))
        shape[members] = by_hour
        shapes.append(shape[:, undominated_columns(by_hour)])
    hours = np.array([shape.shape[1] for shape in shapes], dtype=np.int64)
    count = hours[place_pool]
    first = np.cumsum(count) - count
    rows = assembly.add_rows(
        "pool_hour",
        {
            "site": np.repeat(place_site, count),
            "pool": np.repeat(place_pool, count),
            "hour_kept": np.arange(count.sum(), dtype=np.int64) - np.repeat(first, count),
        },
        "thousand replicas",
        upper=0.0,
    )
    of_load = place_row[load.index["site"], load.index["pool"]]
    for pool, shape in enumerate(shapes):
        every_hour = np.arange(hours[pool])
        busy_here = np.flatnonzero(pools.pool_of[busy.service] == pool)
        service = busy.service[busy_here]
        row = rows.start + first[place_row[busy.site[busy_here], pool]]
        size = pools.replica[service, busy.accelerator[busy_here]]
        assembly.put(
            row[:, None] + every_hour,
            np.repeat(assembly.columns["busy"].start + busy_here, hours[pool]),
            shape[service] / size[:, None],
        )
        load_here = np.flatnonzero(load.index["pool"] == pool)
        row = rows.start + first[of_load[load_here]]
        assembly.put(row[:, None] + every_hour, np.repeat(load.ids[load_here], hours[pool]), -1.0)


def _in_the_fleet(assembly: Assembly, case: Case, reserve: Block) -> None:
    """Count the reserve in the rows of the fleet, in every month that has one."""
    fleet = assembly.rows["fleet"]
    shape = case.derived.hardware.fleet.shape
    key = reserve.index["site"] * shape[1] + reserve.index["accelerator"]
    fleet_key = fleet.index["site"] * shape[1] + fleet.index["accelerator"]
    row, column = np.nonzero(fleet_key[:, None] == key[None, :])
    assembly.put(fleet.start + row, reserve.start + column, 1.0)
