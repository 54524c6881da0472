"""Block: detours.

Columns
    ``detour[n,s,p]``  traffic between node n and site s moved from the shortest path to path p
                       (2, 3, ... by length), Gbit/s

Rows
    detour_within[n,s,p]   sum over q >= p of detour[n,s,q]
                           <= sum over (i,w) at n that may take p of peak_gbps[i,w] * share[i,w,s]
                           + sum over runs whose data set lies at n of rate * runs[o,s]
    link[e]                + detour[n,s,p] for e on p only,
                           - detour[n,s,p] for e on the shortest path only

Who may take a path may take every shorter one of the pair, so these rows are all it needs for a
division of the traffic over the paths to exist: fill the longest path first, each from those
that may take it. A row is left out where the same traffic may take the path before it, whose
row is then the tighter one. Data sets have no latency limit. Traffic with 1+1 protection keeps
its two paths. With one path for each pair (``path_count`` 1 or absent) nothing is added.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.model.assembly import Assembly
from optimizer.model.index import Sets
from optimizer.model.network import dataset_gbps

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def add_detours(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the block to the assembly."""
    paths = case.derived.routes.alternatives
    if not len(paths.site):
        return
    traffic = _Traffic(assembly, case, sets)
    entries, members = [], []
    for entry in range(len(paths.site)):
        columns, rates = traffic.that_may_take(entry)
        if len(columns):
            entries.append(entry)
            members.append((columns, rates))
    if not entries:
        return
    kept = np.array(entries, dtype=np.int64)
    detour = assembly.add_columns(
        "detour",
        {"origin": paths.origin[kept], "site": paths.site[kept], "path": paths.number[kept]},
        "Gbit/s",
    )
    _add_to_links(assembly, case, kept, detour.ids)

    needed = [
        number
        for number, entry in enumerate(entries)
        if number == 0
        or not _same_pair(case, entries[number - 1], entry)
        or len(members[number - 1][0]) > len(members[number][0])
    ]
    chosen = kept[needed]
    rows = assembly.add_rows(
        "detour_within",
        {"origin": paths.origin[chosen], "site": paths.site[chosen], "path": paths.number[chosen]},
        "Gbit/s",
        upper=0.0,
    )
    for row, first in zip(rows.ids, needed, strict=True):
        longer = [
            number
            for number in range(first, len(entries))
            if _same_pair(case, entries[first], entries[number])
        ]
        assembly.put(np.full(len(longer), row), detour.ids[longer], 1.0)
        columns, rates = members[first]
        assembly.put(np.full(len(columns), row), columns, -rates)


def _same_pair(case: Case, one: int, other: int) -> bool:
    paths = case.derived.routes.alternatives
    return bool(paths.origin[one] == paths.origin[other] and paths.site[one] == paths.site[other])


def _add_to_links(assembly: Assembly, case: Case, kept: Integers, detours: Integers) -> None:
    """Put the detours into the rows of the links; links of both paths cancel."""
    start = assembly.rows["link"].start
    paths = case.derived.routes.alternatives
    for entry, column in zip(kept, detours, strict=True):
        shortest = case.derived.paths.links[paths.origin[entry]][paths.site[entry]]
        over, away = set(paths.links[entry]), set(shortest)
        for links, sign in ((over - away, 1.0), (away - over, -1.0)):
            rows = start + np.array(sorted(links), dtype=np.int64)
            assembly.put(rows, np.full(len(rows), column), sign)


class _Traffic:
    """The columns whose traffic starts at a node for a site, with Gbit/s for one unit."""

    def __init__(self, assembly: Assembly, case: Case, sets: Sets) -> None:
        self.paths = case.derived.routes.alternatives
        self.triple, self.run = sets.share, sets.run
        self.peak = case.derived.demand.peak_gbps[self.triple.region, self.triple.service]
        self.share, self.runs = assembly.columns["share"].start, assembly.columns["runs"].start
        sites = case.tables["sites"].frame
        row = {name: number for number, name in enumerate(sites["site"])}
        homes = case.tables["jobs"].frame["dataset_site"].map(row).to_numpy(dtype=np.int64)
        job = case.derived.gangs.job[self.run.option]
        province = sites["province"].to_numpy()
        self.home = homes[job]
        moved = province[self.home] != province[self.run.site]
        self.rate = np.where(moved, dataset_gbps(case)[job], 0.0)

    def that_may_take(self, entry: int) -> tuple[Integers, Floats]:
        """Return columns and rates of the traffic that may take an alternative."""
        origin, site = self.paths.origin[entry], self.paths.site[entry]
        shares = np.flatnonzero(
            (self.triple.site == site)
            & self.paths.admissible[entry][self.triple.region, self.triple.service]
            & (self.peak > 0.0)
        )
        runs = np.flatnonzero((self.run.site == site) & (self.home == origin) & (self.rate > 0.0))
        return (
            np.concatenate([self.share + shares, self.runs + runs]),
            np.concatenate([self.peak[shares], self.rate[runs]]),
        )
