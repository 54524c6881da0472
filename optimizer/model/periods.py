"""Block: what holds between periods.

Columns
    ``retired[s,a]``       accelerators of the installed fleet taken out, thousand (later periods)

Rows, with t the period and b the one before
    opening_stays[s]       opening[s,t] >= opening[s,b]
    line_stays[n]          line[n,t] >= line[n,b]
    generation_stays[g]    generation_mw[g,t] >= generation_mw[g,b]
    modules_most[s,k]      sum over periods up to t of built[s,k] <= maximum_per_site[k]
    upgrades_most[l]       sum over periods up to t of upgrades[l] <= upgrade_maximum_steps[l]
    retired_stays[s,a]     retired[s,a,t] / fleet[s,a,t] >= retired[s,a,b] / fleet[s,a,b]
    release_stays          released[w,u,t] >= released[w,u,b]

Build stays built: what serves in a period is what was ordered before it and has not come to the
end of its life (:mod:`optimizer.model.vintages`). Purchases are paid over their life, cut at the
horizon, also if other accelerators are taken out. With one period the block is empty.
"""

from __future__ import annotations

import numpy as np

from optimizer.inputs.case import Case
from optimizer.model.assembly import Assembly, Floats, Integers
from optimizer.model.index import Sets
from optimizer.model.release import link_periods


def add_retirement(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the accelerators taken out, before the blocks that count what is installed."""
    if not assembly.before:
        return
    fleet = case.derived.hardware.fleet
    site, card = sets.card.site, sets.card.accelerator
    standing = np.flatnonzero(fleet[site, card] > 0.0)
    site, card = site[standing], card[standing]
    retired = assembly.add_columns(
        "retired",
        {"site": site, "accelerator": card},
        "thousand accelerators",
        upper=fleet[site, card],
    )
    earlier = assembly.before[-1]
    if "retired" not in earlier.columns:
        return
    block = earlier.columns["retired"]
    before = np.full(fleet.shape, -1, dtype=np.int64)
    before[block.index["site"], block.index["accelerator"]] = np.arange(block.count)
    at = before[site, card]
    kept = np.flatnonzero(at >= 0)
    share = fleet[site, card][kept] / _upper(earlier, block.count, at[kept])
    rows = assembly.add_rows(
        "retired_stays",
        {"site": site[kept], "accelerator": card[kept]},
        "thousand accelerators",
        lower=0.0,
    )
    assembly.put(rows.ids, retired.ids[kept], 1.0)
    assembly.put(rows.ids, block.ids[at[kept]], -share)


def _upper(earlier: Assembly, count: int, entries: Integers) -> Floats:
    """Return the fleet of the period before, the upper bounds of what it takes out."""
    upper = earlier.upper_of("retired")
    assert len(upper) == count
    fleet: Floats = upper[entries]
    return fleet


def add_periods(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the rows between a period and the one before."""
    del sets
    if not assembly.before:
        return
    earlier = assembly.before[-1]
    for kind, name, unit in (
        ("opening", "opening_stays", "1"),
        ("line", "line_stays", "1"),
        ("generation_mw", "generation_stays", "MW"),
    ):
        if kind in assembly.columns and kind in earlier.columns:
            now, then = assembly.columns[kind], earlier.columns[kind]
            rows = assembly.add_rows(name, dict(now.index), unit, lower=0.0)
            assembly.put(rows.ids, now.ids, 1.0)
            assembly.put(rows.ids, then.ids, -1.0)
    built = assembly.columns["built"]
    most = case.tables["modules"].frame["maximum_per_site"].to_numpy(dtype=float)
    rows = assembly.add_rows(
        "modules_most", dict(built.index), "modules", upper=most[built.index["module"]]
    )
    for view in (*assembly.before, assembly):
        assembly.put(rows.ids, view.columns["built"].ids, 1.0)
    upgrades = assembly.columns["upgrades"]
    steps = case.tables["links"].frame["upgrade_maximum_steps"].to_numpy(dtype=float)
    rows = assembly.add_rows("upgrades_most", dict(upgrades.index), "upgrades", upper=steps)
    for view in (*assembly.before, assembly):
        assembly.put(rows.ids, view.columns["upgrades"].ids, 1.0)
    if "released" in assembly.columns and "released" in earlier.columns:
        link_periods(
            assembly,
            earlier.columns["released"],
            assembly.columns["released"],
            name="release_stays",
        )
