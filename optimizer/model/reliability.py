"""Block: backup for the loss of a grid.

Columns
    ``backup[g,t]``            what site t takes over of group g, share of the national demand
    ``backup_busy[f,w,t,a]``   accelerators a that this keeps busy at t in failure f, thousand
    ``held[t,a,h]``            accelerators held for failures in hour h, thousand

Rows
    backed_up[g]               sum_t backup[g,t]
                               = alpha[w] * sum_{i in g, s in f} D[i,w] / D[w] * share[i,w,s]
    backup_reach[f,i,w,t]      D[i,w] / D[w] * share[i,w,t] + backup[g,t]
                               <= D[i,w] / D[w] * reach of t in a failure        (if below 1)
    backup_throughput[f,w,t]   sum_a backup_busy[f,w,t,a] / N[w,a] = sum_{g of f and w} backup[g,t]
    busy_hour[t,a,h]           sum_w shape[w,h] * busy[w,t,a] + held[t,a,h] <= busy_peak[t,a]
                               (the rows of normal operation, which get held as one more term)
    backup_hour[f,t,a,h]       sum_w shape[w,h] * backup_busy[f,w,t,a] <= held[t,a,h]

A *group* g is a service w, a failure f and regions with the same possible backup
(:mod:`optimizer.inputs.protection`); ``alpha[w]`` is the share that must survive. Of the backup
``b[i,w,s,t]`` of region i from site s to t only the sums over the sites of f and the regions of g
meet any row, and any such sums divide over them in proportion to ``alpha * share``: one column
for the sum loses nothing. More backup than asked only takes room, so the row is an equation.
Where nothing may take over, the row forbids the placement itself.

Failures are the grids. The loss of a single site has no rows: its backup is part of its grid's,
at sites that survive both, so its load is at most the grid's at every site in every hour.

``busy_peak`` is what services hold at a site, thus the most of the normal hours and of the hours
of every failure; the fleet rows add the gangs of each month, which run on at surviving sites.
Power needs no rows: nameplate counts the maximum of every card that stands, busy or not. Cards
held for a failure cost their annuity, their power and their idle energy; the failure itself is
too rare for an energy bill. Backup flows are not reserved on links: they use the head-room of
the backbone, and the demand of the lost sites leaves theirs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.inputs.protection import BackupGroup, Protection
from optimizer.model.assembly import Assembly, Block
from optimizer.model.index import Sets
from optimizer.model.placement import accelerators_for_all

Integers = NDArray[np.int64]


def add_reliability(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the block to the assembly; nothing if no service is protected."""
    protection = case.derived.protection
    if not (protection.share > 0.0).any():
        return
    groups = protection.groups
    backup = assembly.add_columns(
        "backup",
        {
            "service": _per_site(groups, [group.service for group in groups]),
            "failure": _per_site(groups, [group.state for group in groups]),
            "site": np.array([site for group in groups for site in group.sites], dtype=np.int64),
            "group": _per_site(groups, range(len(groups))),
        },
        "1",
    )
    rows = assembly.add_rows(
        "backed_up",
        {
            "service": np.array([group.service for group in groups], dtype=np.int64),
            "failure": np.array([group.state for group in groups], dtype=np.int64),
        },
        "1",
        lower=0.0,
        upper=0.0,
    )
    assembly.put(rows.start + backup.index["group"], backup.ids, 1.0)
    requests = case.derived.demand.requests
    weight = requests / np.maximum(requests.sum(axis=0), 1e-300)
    triple = sets.share
    group_of = np.full((*requests.shape, len(protection.states)), -1, dtype=np.int64)
    for number, group in enumerate(groups):
        group_of[list(group.regions), group.service, group.state] = number
    group_of_share = group_of[triple.region, triple.service, protection.state_of[triple.site]]
    member = np.flatnonzero(group_of_share >= 0)
    service = triple.service[member]
    assembly.put(
        rows.start + group_of_share[member],
        assembly.columns["share"].start + member,
        -protection.share[service] * weight[triple.region[member], service],
    )
    _reach_rows(assembly, sets, protection, groups, weight)
    _load_rows(assembly, case, sets, backup)


def _per_site(groups: Sequence[BackupGroup], values: Sequence[int]) -> Integers:
    """Return a number of each group, once for each of its sites."""
    return np.repeat(
        np.array(values, dtype=np.int64),
        np.array([len(group.sites) for group in groups], dtype=np.int64),
    )


def _reach_rows(
    assembly: Assembly,
    sets: Sets,
    protection: Protection,
    groups: Sequence[BackupGroup],
    weight: NDArray[np.float64],
) -> None:
    """Add the rows where a site serves only a part of a region's users in time."""
    backup, share = assembly.columns["backup"], assembly.columns["share"]
    # Such a region stands alone in its group.
    region = np.array([(*group.regions, -1)[0] for group in groups], dtype=np.int64)[
        backup.index["group"]
    ]
    service, site = backup.index["service"], backup.index["site"]
    within = protection.reach[region, service, site]
    partial = np.flatnonzero(within < 1.0)
    region, service, site = region[partial], service[partial], site[partial]
    part = weight[region, service]
    rows = assembly.add_rows(
        "backup_reach",
        {
            "failure": backup.index["failure"][partial],
            "region": region,
            "service": service,
            "site": site,
        },
        "1",
        upper=part * within[partial],
    )
    assembly.put(rows.ids, backup.ids[partial], 1.0)
    share_of = np.full(protection.reach.shape, -1, dtype=np.int64)
    share_of[sets.share.region, sets.share.service, sets.share.site] = share.ids
    primary = share_of[region, service, site]
    there = np.flatnonzero(primary >= 0)
    assembly.put(rows.ids[there], primary[there], part[there])


def _load_rows(assembly: Assembly, case: Case, sets: Sets, backup: Block) -> None:
    """Add the rows that find accelerators for the backup in every failure."""
    demand, hardware = case.derived.demand, case.derived.hardware
    (services, _cards), (sites, _more) = demand.seconds.shape, hardware.fleet.shape
    taken = np.zeros((len(case.derived.protection.states), services, sites), dtype=bool)
    at = (backup.index["failure"], backup.index["service"], backup.index["site"])
    taken[at] = True
    failure, service, site = np.nonzero(taken)
    row_of = np.full(taken.shape, -1, dtype=np.int64)
    row_of[failure, service, site] = np.arange(len(site))
    has_card = (hardware.fleet > 0.0) | (hardware.supply > 0.0)
    runs = np.isfinite(demand.seconds)[service] & has_card[site]
    place, card = np.nonzero(runs)
    busy = assembly.add_columns(
        "backup_busy",
        {
            "failure": failure[place],
            "service": service[place],
            "site": site[place],
            "accelerator": card,
        },
        "thousand accelerators",
    )
    rows = assembly.add_rows(
        "backup_throughput",
        {"failure": failure, "service": service, "site": site},
        "1",
        lower=0.0,
        upper=0.0,
    )
    assembly.put(rows.start + row_of[at], backup.ids, -1.0)
    needed = accelerators_for_all(case)[busy.index["service"], card]
    assembly.put(rows.start + place, busy.ids, 1.0 / needed)
    _hour_rows(assembly, case, sets, busy)


def _hour_rows(assembly: Assembly, case: Case, sets: Sets, busy: Block) -> None:
    """Add the rows of every failure at every surviving site in every hour that can bind."""
    peaks = sets.peaks[case.derived.demand.profile_of]
    hours = peaks.shape[1]
    peak, normal = assembly.columns["busy_peak"], assembly.rows["busy_hour"]
    shape = case.derived.hardware.fleet.shape
    pair_of = np.full(shape, -1, dtype=np.int64)
    pair_of[peak.index["site"], peak.index["accelerator"]] = np.arange(peak.count)
    of_backup = pair_of[busy.index["site"], busy.index["accelerator"]]
    used = np.zeros((len(case.derived.protection.states), peak.count), dtype=bool)
    used[busy.index["failure"], of_backup] = True
    failure, pair = np.nonzero(used)
    row_of = np.full(used.shape, -1, dtype=np.int64)
    row_of[failure, pair] = np.arange(len(pair))

    # What is held stands in the row of the hour beside what is in use. Where nothing is ever in
    # use there is no such row, and all that the site has may be held.
    chosen = used.any(axis=0)[pair_of[normal.index["site"], normal.index["accelerator"]]]
    held = assembly.add_columns(
        "held",
        {name: entries[chosen] for name, entries in normal.index.items()},
        "thousand accelerators",
    )
    assembly.put(normal.ids[chosen], held.ids, 1.0)
    limit = np.repeat(peak.ids[:, None], hours, axis=1)
    limit[pair_of[held.index["site"], held.index["accelerator"]], held.index["hour_kept"]] = (
        held.ids
    )

    rows = assembly.add_rows(
        "backup_hour",
        {
            "failure": np.repeat(failure, hours),
            "site": np.repeat(peak.index["site"][pair], hours),
            "accelerator": np.repeat(peak.index["accelerator"][pair], hours),
            "hour_kept": np.tile(np.arange(hours), len(pair)),
        },
        "thousand accelerators",
        upper=0.0,
    )
    place = row_of[busy.index["failure"], of_backup]
    assembly.put(
        rows.start + (place[:, None] * hours + np.arange(hours)),
        np.repeat(busy.ids, hours),
        peaks[busy.index["service"]],
    )
    assembly.put(rows.ids, limit[pair].ravel(), -1.0)
