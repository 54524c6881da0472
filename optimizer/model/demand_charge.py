"""Block: metered demand at sites whose hours collapse.

Columns
    ``site_peak[s,d]``     highest load at the meter in the months that day d stands for, MW

Rows
    site_hour[s,d,h]       sum_{p,k} shape[p,d,h] * PUE[s,k,d] * load[s,p,k] <= site_peak[s,d]

Cost of site_peak[s,d]: the months' demand charge times the peak factor. Only hours that no
other hour dominates in all profiles have a row, which is exact: within a month the PUE of a
module is one number. Nothing is added where demand is contracted
(:mod:`optimizer.inputs.tariff`), nor at sites modelled by the hour
(:mod:`optimizer.model.hourly`).
"""

from __future__ import annotations

import numpy as np

from optimizer.inputs.case import Case
from optimizer.model.assembly import Assembly
from optimizer.model.index import Sets, undominated_columns


def add_demand_charge(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the block to the assembly."""
    charge = case.derived.prices.metered
    billed = np.flatnonzero(charge.any(axis=1) & ~sets.hourly)
    if not len(billed):
        return
    days = charge.shape[1]
    site, day = np.repeat(billed, days), np.tile(np.arange(days), len(billed))
    peak = assembly.add_columns("site_peak", {"site": site, "day": day}, "MW", group=site)
    assembly.charge("demand_charge", peak.ids, charge[site, day])
    load = assembly.columns["load"]
    shape, pue = case.derived.profiles.shape, case.derived.cooling.pue
    kept = [undominated_columns(shape[:, number]) for number in range(days)]
    counts = np.array([len(hours) for hours in kept], dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(np.tile(counts, len(billed)))])
    rows = assembly.add_rows(
        "site_hour",
        {
            "site": np.repeat(site, np.tile(counts, len(billed))),
            "day": np.repeat(day, np.tile(counts, len(billed))),
            "hour": np.tile(np.concatenate(kept), len(billed)),
        },
        "MW",
        upper=0.0,
    )
    assembly.put(rows.ids, np.repeat(peak.ids, np.tile(counts, len(billed))), -1.0)
    place = np.full(len(charge), -1, dtype=np.int64)
    place[billed] = np.arange(len(billed))
    here = np.flatnonzero(place[load.index["site"]] >= 0)
    at, profile, module = (load.index[name][here] for name in ("site", "profile", "module"))
    for number, hours in enumerate(kept):
        drawn = np.flatnonzero(shape[profile, number].any(axis=1))
        start = rows.start + first[place[at[drawn]] * days + number]
        assembly.put(
            (start[:, None] + np.arange(len(hours))).ravel(),
            np.repeat(load.ids[here[drawn]], len(hours)),
            (
                shape[profile[drawn], number][:, hours]
                * pue[at[drawn], module[drawn], number][:, None]
            ).ravel(),
        )
