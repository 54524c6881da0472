"""Block: placement of services.

Columns
    ``share[i,w,s]``    share of region i's demand for service w served at s, 0 to reach[i,w,s]
    ``unserved[i,w]``   share left unserved, 0 to 1
    ``busy[w,s,a]``     mean number of accelerators a busy with w at s, thousand

Rows
    demand[i,w]       sum_s share[i,w,s] + unserved[i,w] = 1
    throughput[w,s]   sum_a busy[w,s,a] / N[w,a] = sum_i D[i,w] / D[w] * share[i,w,s]
    pinned[w,s]       sum_i D[i,w] / D[w] * share[i,w,s] >= minimum share

``N[w,a] = D[w] * tau[w,a]`` is the number of accelerators (thousand) that all of the national
demand ``D[w]`` would keep busy on type a, by Little's law. A single-source service has
integer shares. Unserved work costs its value in the first stage and nothing in the second;
services with tiers are valued by tier (:mod:`optimizer.model.release`). Moving costs and
service link costs are charged on the shares.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.model.assembly import Assembly
from optimizer.model.index import Sets
from optimizer.tables.frames import numbers, texts
from optimizer.units import (
    DAYS_PER_YEAR,
    thousand_accelerators_per_million_requests_per_day,
)


def add_placement(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the block to the assembly."""
    demand = case.derived.demand
    services = case.tables["services"].frame
    wanted = demand.requests
    national = wanted.sum(axis=0)
    region, service = np.nonzero(wanted > 0.0)
    pair_row = np.full(wanted.shape, -1, dtype=np.int64)
    pair_row[region, service] = np.arange(len(region))

    triple = sets.share
    single = services["single_source"].to_numpy(dtype=bool)[triple.service]
    reach = case.derived.reach[triple.region, triple.service, triple.site]
    share = assembly.add_columns(
        "share",
        {"region": triple.region, "service": triple.service, "site": triple.site},
        "1",
        upper=np.where(single, np.floor(reach + 1e-9), reach),
        integer=single,
    )
    unserved = assembly.add_columns(
        "unserved", {"region": region, "service": service}, "1", upper=1.0
    )
    busy = assembly.add_columns(
        "busy",
        {
            "service": sets.busy.service,
            "site": sets.busy.site,
            "accelerator": sets.busy.accelerator,
        },
        "thousand accelerators",
    )

    rows = assembly.add_rows(
        "demand", {"region": region, "service": service}, "1", lower=1.0, upper=1.0
    )
    assembly.put(rows.start + pair_row[triple.region, triple.service], share.ids, 1.0)
    assembly.put(rows.ids, unserved.ids, 1.0)

    weight = wanted[triple.region, triple.service] / national[triple.service]
    used = np.unique(np.stack([triple.service, triple.site]).reshape(2, -1), axis=1)
    place_row = np.full((len(services), len(case.tables["sites"].frame)), -1, dtype=np.int64)
    place_row[used[0], used[1]] = np.arange(used.shape[1])
    rows = assembly.add_rows(
        "throughput", {"service": used[0], "site": used[1]}, "1", lower=0.0, upper=0.0
    )
    assembly.put(rows.start + place_row[triple.service, triple.site], share.ids, -weight)
    assembly.put(
        rows.start + place_row[sets.busy.service, sets.busy.site],
        busy.ids,
        1.0 / accelerators_for_all(case)[sets.busy.service, sets.busy.accelerator],
    )

    _pins(assembly, case, sets, weight)
    value = services["value_yuan_per_request"].to_numpy(dtype=float, copy=True)
    value[case.derived.tiers.service] = 0.0  # each of their tiers has a value of its own
    assembly.value_unserved(unserved.ids, wanted[region, service] * DAYS_PER_YEAR * value[service])
    _link_costs(assembly, case, sets)


def accelerators_for_all(case: Case) -> NDArray[np.float64]:
    """Return ``(W, A)`` the thousand accelerators that the national demand keeps busy."""
    demand = case.derived.demand
    national = demand.requests.sum(axis=0)
    each: NDArray[np.float64] = np.vectorize(
        thousand_accelerators_per_million_requests_per_day, otypes=[float]
    )(demand.seconds)
    return national[:, None] * each


def _pins(assembly: Assembly, case: Case, sets: Sets, weight: NDArray[np.float64]) -> None:
    """Add the minimum shares and moving costs of services."""
    services = case.tables["services"].frame["service"].tolist()
    sites = case.tables["sites"].frame["site"].tolist()
    pins = case.tables["pins"].frame
    triple, share = sets.share, assembly.columns["share"]
    service_pins = [
        (rule, services.index(workload), sites.index(site), value)
        for rule, workload, site, value in zip(
            texts(pins, "rule"),
            texts(pins, "workload"),
            texts(pins, "site"),
            numbers(pins, "value"),
            strict=True,
        )
        if workload in services and rule in {"minimum_share", "moving_cost"}
    ]
    minimum = [pin[1:] for pin in service_pins if pin[0] == "minimum_share"]
    rows = assembly.add_rows(
        "pinned_service",
        {
            "service": np.array([pin[0] for pin in minimum], dtype=np.int64),
            "site": np.array([pin[1] for pin in minimum], dtype=np.int64),
        },
        "1",
        lower=np.array([pin[2] for pin in minimum]),
    )
    for number, (service, site, _value) in enumerate(minimum):
        chosen = np.flatnonzero((triple.service == service) & (triple.site == site))
        assembly.put(
            np.full(len(chosen), rows.start + number), share.start + chosen, weight[chosen]
        )
    for rule, service, site, value in service_pins:
        if rule == "moving_cost":
            chosen = np.flatnonzero((triple.service == service) & (triple.site == site))
            assembly.charge("moving", share.start + chosen, value * weight[chosen])


def _link_costs(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Charge the costs by region and site that replace the network lease."""
    cost = link_cost_matrix(case)
    triple, share = sets.share, assembly.columns["share"]
    yuan = cost[triple.region, triple.site]
    priced = np.flatnonzero(np.isfinite(yuan))
    million_requests = (
        case.derived.demand.requests[triple.region[priced], triple.service[priced]] * DAYS_PER_YEAR
    )
    assembly.charge("service_links", share.start + priced, yuan[priced] * million_requests / 1e6)


def link_cost_matrix(case: Case) -> NDArray[np.float64]:
    """Return ``(I, S)`` yuan for a million requests; NaN where the network lease holds."""
    regions = {name: row for row, name in enumerate(case.tables["regions"].frame["region"])}
    sites = {name: row for row, name in enumerate(case.tables["sites"].frame["site"])}
    cost = np.full((len(regions), len(sites)), np.nan)
    for region, site, yuan in (
        case.tables["link_costs"]
        .frame[["region", "site", "yuan_per_million_requests"]]
        .itertuples(index=False)
    ):
        cost[regions[region], sites[site]] = yuan
    return cost
