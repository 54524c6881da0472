"""Block: rationing and staged release of services by user tiers.

Columns, for services w with tiers u
    ``tier_unserved[i,w,u]``   share of region i's demand of the tier left unserved, 0 to 1
    ``released[w,u]``          1 if the tier is released, binary
    ``tier_least[w,u]``        share served in the region that is served least, 0 to 1,
                               for tiers with a fairness tolerance

Rows, with f the tier's share of the demand, m its minimum, t its tolerance and the served
share ``rho[i,w,u] = 1 - tier_unserved[i,w,u]``
    tier_sum[i,w]            sum_u f * tier_unserved[i,w,u] = unserved[i,w], so that
                             sum_s share[i,w,s] = sum_u f * rho[i,w,u]
    tier_release[i,w,u]      rho <= released[w,u]
    tier_minimum[i,w,u]      rho >= m * released[w,u], for tiers with a minimum
    tier_order[w,u]          released[w,u+1] <= released[w,u]
    tier_fair_least[i,w,u]   rho >= tier_least[w,u]
    tier_fair_most[i,w,u]    rho <= tier_least[w,u] + t

The two fairness rows bound the difference between any two regions by t with one column, not one
row for each pair. A region out of reach of every site counts as the others do: it holds a tier
with a minimum back, and the rest within its tolerance. Work left unserved costs the value of its
tier in the first stage and nothing in the second. A single-source service keeps integer
shares: all tiers of a region are served by its one site, or none. Without tiers the block adds
no column and no row.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from optimizer.inputs.case import Case
from optimizer.model.assembly import Assembly, Block, Integers
from optimizer.model.index import Sets
from optimizer.units import DAYS_PER_YEAR


def add_release(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the block to the assembly."""
    del sets
    wanted, tiers = case.derived.demand.requests, case.derived.tiers
    asked = np.flatnonzero((wanted > 0.0).any(axis=0)[tiers.service])  # tiers anybody asks for
    if not len(asked):
        return
    number, region = np.nonzero(wanted.T[tiers.service] > 0.0)
    service, share = tiers.service[number], tiers.share[number]
    index = {"region": region, "service": service, "tier": tiers.tier[number]}
    left = assembly.add_columns("tier_unserved", index, "1", upper=1.0)
    released = assembly.add_columns(
        "released",
        {"service": tiers.service[asked], "tier": tiers.tier[asked]},
        "1",
        upper=1.0,
        integer=True,
    )
    release_of = np.full(len(tiers.service), -1, dtype=np.int64)
    release_of[asked] = released.ids

    _sums(assembly, left, share, wanted.shape)
    rows = assembly.add_rows("tier_release", index, "1", lower=1.0)
    assembly.put(rows.ids, left.ids, 1.0)
    assembly.put(rows.ids, release_of[number], 1.0)

    chosen = np.flatnonzero(tiers.minimum[number] > 0.0)
    rows = assembly.add_rows("tier_minimum", _part(index, chosen), "1", upper=1.0)
    assembly.put(rows.ids, left.start + chosen, 1.0)
    assembly.put(rows.ids, release_of[number[chosen]], tiers.minimum[number[chosen]])

    later = np.flatnonzero(tiers.tier[asked] > 1)
    rows = assembly.add_rows("tier_order", _part(released.index, later), "1", upper=0.0)
    assembly.put(rows.ids, released.start + later, 1.0)
    assembly.put(rows.ids, released.start + later - 1, -1.0)

    _fairness(assembly, case, left, number)
    million_yuan = wanted[region, service] * DAYS_PER_YEAR * share * tiers.value[number]
    assembly.value_unserved(left.ids, million_yuan)


def _sums(assembly: Assembly, left: Block, share: np.ndarray, shape: tuple[int, ...]) -> None:
    """Add the rows by which the tiers make up what is left unserved of a service."""
    unserved = assembly.columns["unserved"]
    of_pair = np.full(shape, -1, dtype=np.int64)
    of_pair[unserved.index["region"], unserved.index["service"]] = unserved.ids
    column = of_pair[left.index["region"], left.index["service"]]
    pairs, row = np.unique(column, return_inverse=True)
    rows = assembly.add_rows(
        "tier_sum", _part(unserved.index, pairs - unserved.start), "1", lower=0.0, upper=0.0
    )
    assembly.put(rows.start + row, left.ids, share)
    assembly.put(rows.ids, pairs, -1.0)


def _fairness(assembly: Assembly, case: Case, left: Block, number: Integers) -> None:
    """Add the rows that keep the served shares of any two regions close."""
    tiers = case.derived.tiers
    chosen = np.flatnonzero(np.isfinite(tiers.tolerance[number]))
    fair, row = np.unique(number[chosen], return_inverse=True)
    least = assembly.add_columns(
        "tier_least",
        {"service": tiers.service[fair], "tier": tiers.tier[fair]},
        "1",
        upper=1.0,
    )
    index = _part(left.index, chosen)
    rows = assembly.add_rows("tier_fair_least", index, "1", upper=1.0)
    assembly.put(rows.ids, left.start + chosen, 1.0)
    assembly.put(rows.ids, least.start + row, 1.0)
    rows = assembly.add_rows(
        "tier_fair_most", index, "1", lower=1.0 - tiers.tolerance[number[chosen]]
    )
    assembly.put(rows.ids, left.start + chosen, 1.0)
    assembly.put(rows.ids, least.start + row, 1.0)


def _part(index: Mapping[str, Integers], chosen: Integers) -> dict[str, Integers]:
    """Return some entries of an index."""
    return {name: entries[chosen] for name, entries in index.items()}


def link_periods(
    assembly: Assembly, before: Block, after: Block, name: str = "release_kept"
) -> Block:
    """Add the rows by which a tier released in one period stays released in the next.

    Rows ``released_after[w,u] >= released_before[w,u]``, one for each tier of the earlier period
    that the later one has too; a tier that is no longer in the table is no longer asked for.

    Parameters
    ----------
    assembly
        The assembly that holds the columns of both periods.
    before, after
        The ``released`` columns of the two periods.
    name
        Name of the block of rows; one of its own for each pair of periods.

    Returns
    -------
    Block
        The rows.

    Examples
    --------
    >>> assembly, one = Assembly(), np.ones(1, dtype=np.int64)
    >>> first, second = (
    ...     assembly.add_columns(name, {"service": 0 * one, "tier": one}, "1", upper=1.0)
    ...     for name in ("released_2026", "released_2027")
    ... )
    >>> link_periods(assembly, first, second).count
    1
    """
    later = {
        (int(service), int(tier)): int(column)
        for service, tier, column in zip(
            after.index["service"], after.index["tier"], after.ids, strict=True
        )
    }
    kept = [
        (entry, later[int(service), int(tier)])
        for entry, (service, tier) in enumerate(
            zip(before.index["service"], before.index["tier"], strict=True)
        )
        if (int(service), int(tier)) in later
    ]
    earlier = np.array([entry for entry, _ in kept], dtype=np.int64)
    rows = assembly.add_rows(name, _part(before.index, earlier), "1", lower=0.0)
    assembly.put(rows.ids, np.array([column for _, column in kept], dtype=np.int64), 1.0)
    assembly.put(rows.ids, before.start + earlier, -1.0)
    return rows
