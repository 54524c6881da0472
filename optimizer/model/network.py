"""Block: network.

Columns
    ``leased[e]``      existing capacity leased on link e, Gbit/s, 0 to the spare capacity
    ``upgrades[e]``    new capacity in steps, integer

Rows
    link[e]            sum over (i,w,s) whose path uses e of peak_gbps[i,w] * share[i,w,s]
                       + sum over runs whose data set crosses e of rate * runs[o,s]
                       + 1000 * reserved[e] + parts of data sets of runs over several sites
                       <= leased[e] + step_gbps[e] * upgrades[e]

Flows are the larger direction of each pair in its peak hour. They follow the shortest fibre
path, from which the block of detours may move them; a service with 1+1 protection follows both
of its two paths without a common link. Traffic within a province and pairs priced in
``link_costs`` do not use the backbone. A data set is moved within ``dataset_window_days`` over a
circuit that is leased for the year.
Leased capacity pays the lease, upgraded capacity its annuity and running cost only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.model.assembly import Assembly
from optimizer.model.gang_columns import split_parts
from optimizer.model.index import Sets
from optimizer.model.placement import link_cost_matrix
from optimizer.model.vintages import upgrades as upgrades_serving
from optimizer.units import gbit_per_s_of_transfer


def add_network(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the block to the assembly."""
    links = case.tables["links"].frame
    every_link = np.arange(len(links), dtype=np.int64)
    spare = links["capacity_gbps"].to_numpy(dtype=float) * (
        1.0 - links["used_share"].to_numpy(dtype=float)
    )
    leased = assembly.add_columns("leased", {"link": every_link}, "Gbit/s", upper=spare)
    upgrades = assembly.add_columns(
        "upgrades",
        {"link": every_link},
        "upgrades",
        upper=links["upgrade_maximum_steps"].to_numpy(dtype=float),
        integer=True,
        coarse=False,
    )
    rows = assembly.add_rows("link", {"link": every_link}, "Gbit/s", upper=0.0)
    assembly.put(rows.ids, leased.ids, -1.0)
    step = links["upgrade_step_gbps"].to_numpy(dtype=float)
    for ids, index in upgrades_serving(assembly, case):
        assembly.put(rows.start + index["link"], ids, -step[index["link"]])

    member, link = _service_paths(case, sets)
    rate = case.derived.demand.peak_gbps[sets.share.region[member], sets.share.service[member]]
    assembly.put(rows.start + link, assembly.columns["share"].start + member, rate)
    member, link = _dataset_paths(case, sets)
    rate = dataset_gbps(case)[case.derived.gangs.job[sets.run.option[member]]]
    assembly.put(rows.start + link, assembly.columns["runs"].start + member, rate)
    _split_flows(assembly, case)

    assembly.charge(
        "network_lease",
        leased.ids,
        links["lease_yuan_per_gbps_year"].to_numpy(dtype=float) / 1e6,
    )
    assembly.charge_asset(
        "network_upgrade",
        upgrades.ids,
        case.derived.upgrade_cost,
        case.parameter("finance", "link_life_years"),
    )


def _split_flows(assembly: Assembly, case: Case) -> None:
    """Add what runs over several sites hold: their rings and their parts of data sets."""
    rows = assembly.rows["link"]
    if "reserved" in assembly.columns:
        reserved = assembly.columns["reserved"]
        assembly.put(rows.start + reserved.index["link"], reserved.ids, 1e3)
    splits = case.derived.splits
    part, column = split_parts(assembly, case)
    of_part = splits.part_column[part]
    job, site = splits.job[of_part], splits.part_site[part]
    rate = dataset_gbps(case)[job] * splits.part_gang[part] / splits.gang[of_part]
    sites = case.tables["sites"].frame
    province = sites["province"].to_numpy()
    origin = _data_site(case)[job]
    member, link = _expanded(
        case.derived.paths.links, origin, site, province[origin] == province[site]
    )
    assembly.put(rows.start + link, column[member], rate[member])


def dataset_gbps(case: Case) -> NDArray[np.float64]:
    """Return ``(J,)`` the rate that moves each job's data set within the window, in Gbit/s."""
    days = case.parameter("parameters", "dataset_window_days")
    return np.array(
        [
            gbit_per_s_of_transfer(terabytes, days)
            for terabytes in case.tables["jobs"].frame["dataset_tb"]
        ]
    ).reshape(-1)


def _service_paths(case: Case, sets: Sets) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (entry of share, link) for every link that a share's traffic crosses."""
    sites = case.tables["sites"].frame
    regions = case.tables["regions"].frame
    site_row = {name: row for row, name in enumerate(sites["site"])}
    node = regions["node"].map(site_row).to_numpy(dtype=np.int64)
    free = (
        regions["province"].to_numpy()[:, None] == sites["province"].to_numpy()[None, :]
    ) | np.isfinite(link_cost_matrix(case))
    triple = sets.share
    open_pair = free[triple.region, triple.site]
    chosen = case.derived.routes.protection
    protected = chosen.protected[triple.service]
    parts = [
        _expanded(case.derived.paths.links, node[triple.region], triple.site, open_pair | protected)
    ]
    if protected.any():
        parts += [
            _expanded(links, node[triple.region], triple.site, open_pair | ~protected)
            for links in (chosen.first, chosen.second)
        ]
    member, link = (np.concatenate(part) for part in zip(*parts, strict=True))
    return member, link


def _dataset_paths(case: Case, sets: Sets) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (entry of runs, link) for every link that a run's data set crosses."""
    origin = _data_site(case)[case.derived.gangs.job[sets.run.option]]
    province = case.tables["sites"].frame["province"].to_numpy()
    free = province[origin] == province[sets.run.site]
    return _expanded(case.derived.paths.links, origin, sets.run.site, free)


def _data_site(case: Case) -> NDArray[np.int64]:
    """Return ``(J,)`` the site that holds each job's data set."""
    row = {name: number for number, name in enumerate(case.tables["sites"].frame["site"])}
    home: NDArray[np.int64] = (
        case.tables["jobs"].frame["dataset_site"].map(row).to_numpy(dtype=np.int64)
    )
    return home


def _expanded(
    links: Sequence[Sequence[tuple[int, ...]]],
    origin: NDArray[np.int64],
    site: NDArray[np.int64],
    free: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the links of the paths of many pairs, repeated by pair."""
    count = len(links)
    flat = [path for by_site in links for path in by_site]
    lengths = np.array([len(path) for path in flat], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    every = np.array([link for path in flat for link in path], dtype=np.int64)
    pair = origin * count + site
    used = np.where(free, 0, lengths[pair])
    member = np.repeat(np.arange(len(pair)), used)
    offset = np.arange(used.sum()) - np.repeat(np.cumsum(used) - used, used)
    return member, every[starts[pair[member]] + offset]
