"""Block: batch work that moves within the day.

Columns, which follow from the plan site by site
    ``spare_cards[s,a,h]``  accelerators a that batch work may take on top in clock hour h, thousand
    ``spare_mw[s,k,h]``     IT load of module k that may be moved into clock hour h, MW
    ``later_mw``, ``earlier_mw[s,k,d,h]``   load moved into and out of the hour in module k, MW

Rows, with f the flexible share of a profile
    spare_hour[s,a,h]   sum_w shape[w,h] * busy[w,s,a] + spare_cards[s,a,h] <= busy_peak[s,a]
    spare_share[s,a,h]  spare_cards[s,a,h] <= sum_{w flexible} f[w] * busy[w,s,a]
    spare_load[s,k,h]   sum over services and idle of shape[p,h] * load[s,p,k]
                        + spare_mw[s,k,h] <= load_peak[s,k]
    spare_power[s,h]    sum_k spare_mw[s,k,h] = sum_a busy_kw[a] * spare_cards[s,a,h]
    later_room          later[s,k,d,h] <= spare_mw[s,k,h]
    earlier_room        earlier[s,k,d,h] <= sum_{p flexible} f[p] * shape[p,d,h] * load[s,p,k]
    shift_day[s,k,d]    sum_h later = sum_h earlier

A day's work is done within the day, on accelerators that the other services and the gangs leave
free in that hour. Offered at clusters only.
"""

from __future__ import annotations

import numpy as np

from optimizer.inputs.case import Case
from optimizer.model.assembly import Assembly, Integers
from optimizer.model.hourly import balance_rows
from optimizer.model.index import Sets
from optimizer.units import HOURS_PER_DAY


def add_flexible(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the block to the assembly."""
    sites = np.flatnonzero(sets.flexible)
    if not len(sites):
        return
    _spare_cards(assembly, case, sets, sites)
    _spare_load(assembly, case, sets)
    _shifts(assembly, case)


def _hourly_index(**entries: Integers) -> dict[str, Integers]:
    count = len(next(iter(entries.values())))
    index = {name: np.repeat(values, HOURS_PER_DAY) for name, values in entries.items()}
    return {**index, "hour": np.tile(np.arange(HOURS_PER_DAY, dtype=np.int64), count)}


def _spare_cards(assembly: Assembly, case: Case, sets: Sets, sites: Integers) -> None:
    demand, hardware = case.derived.demand, case.derived.hardware
    busy, peak = assembly.columns["busy"], assembly.columns["busy_peak"]
    share = demand.flexible_share[demand.profile_of[busy.index["service"]]]
    movable = (share > 0.0) & sets.flexible[busy.index["site"]]
    pairs = np.unique(
        np.stack([busy.index["site"][movable], busy.index["accelerator"][movable]]), axis=1
    )
    index = _hourly_index(site=pairs[0], accelerator=pairs[1])
    spare = assembly.add_columns("spare_cards", index, "thousand accelerators", group=index["site"])
    row_of = np.full(hardware.fleet.shape, -1, dtype=np.int64)
    row_of[pairs[0], pairs[1]] = np.arange(pairs.shape[1])
    peak_of = np.full(hardware.fleet.shape, -1, dtype=np.int64)
    peak_of[peak.index["site"], peak.index["accelerator"]] = peak.ids
    every_hour = np.arange(HOURS_PER_DAY)

    rows = assembly.add_rows("spare_hour", index, "thousand accelerators", upper=0.0)
    assembly.put(rows.ids, spare.ids, 1.0)
    assembly.put(rows.ids, peak_of[index["site"], index["accelerator"]], -1.0)
    at = row_of[busy.index["site"], busy.index["accelerator"]]
    here = np.flatnonzero(at >= 0)
    assembly.put(
        (rows.start + at[here][:, None] * HOURS_PER_DAY + every_hour).ravel(),
        np.repeat(busy.ids[here], HOURS_PER_DAY),
        # services' profiles are the same every day
        demand.shape[demand.profile_of[busy.index["service"][here]], 0].ravel(),
    )
    rows = assembly.add_rows("spare_share", index, "thousand accelerators", upper=0.0)
    assembly.put(rows.ids, spare.ids, 1.0)
    here = np.flatnonzero(movable)
    assembly.put(
        (rows.start + at[here][:, None] * HOURS_PER_DAY + every_hour).ravel(),
        np.repeat(busy.ids[here], HOURS_PER_DAY),
        np.repeat(-share[here], HOURS_PER_DAY),
    )
    of_site = np.full(len(sets.flexible), -1, dtype=np.int64)
    of_site[sites] = np.arange(len(sites))
    rows = assembly.add_rows("spare_power", _hourly_index(site=sites), "MW", lower=0.0, upper=0.0)
    assembly.put(
        rows.start + of_site[index["site"]] * HOURS_PER_DAY + index["hour"],
        spare.ids,
        -hardware.busy_kw[index["accelerator"]],
    )


def _spare_load(assembly: Assembly, case: Case, sets: Sets) -> None:
    profiles = case.derived.profiles
    load, peak = assembly.columns["load"], assembly.columns["load_peak"]
    here = np.flatnonzero(sets.flexible[peak.index["site"]])
    site, module = peak.index["site"][here], peak.index["module"][here]
    index = _hourly_index(site=site, module=module)
    spare = assembly.add_columns("spare_mw", index, "MW", group=index["site"])
    rows = assembly.rows["spare_power"]
    of_site = np.full(len(sets.flexible), -1, dtype=np.int64)
    of_site[rows.index["site"]] = rows.ids - rows.index["hour"]
    assembly.put(of_site[index["site"]] + index["hour"], spare.ids, 1.0)

    rows = assembly.add_rows("spare_load", index, "MW", upper=0.0)
    assembly.put(rows.ids, spare.ids, 1.0)
    assembly.put(rows.ids, np.repeat(peak.ids[here], HOURS_PER_DAY), -1.0)
    pair_row = np.full(case.derived.cooling.allowed.shape, -1, dtype=np.int64)
    pair_row[site, module] = np.arange(len(here))
    at = pair_row[load.index["site"], load.index["module"]]
    steady = np.flatnonzero((at >= 0) & (load.index["profile"] <= profiles.idle))
    assembly.put(
        (rows.start + at[steady][:, None] * HOURS_PER_DAY + np.arange(HOURS_PER_DAY)).ravel(),
        np.repeat(load.ids[steady], HOURS_PER_DAY),
        profiles.shape[load.index["profile"][steady], 0].ravel(),
    )


def _shifts(assembly: Assembly, case: Case) -> None:
    profiles, demand = case.derived.profiles, case.derived.demand
    load, spare = assembly.columns["load"], assembly.columns["spare_mw"]
    days = len(case.derived.calendar.days)
    count = days * HOURS_PER_DAY
    pairs = spare.count // HOURS_PER_DAY
    site = spare.index["site"][::HOURS_PER_DAY]
    module = spare.index["module"][::HOURS_PER_DAY]
    hour = np.tile(np.arange(count, dtype=np.int64), pairs)
    index = {
        "site": np.repeat(site, count),
        "module": np.repeat(module, count),
        "day": hour // HOURS_PER_DAY,
        "hour": hour % HOURS_PER_DAY,
    }
    later = assembly.add_columns("later_mw", index, "MW", group=index["site"])
    earlier = assembly.add_columns("earlier_mw", index, "MW", group=index["site"])
    balance = assembly.rows["hour_balance"]
    at = balance_rows(balance, count, site).ravel()
    pue = np.repeat(case.derived.cooling.pue[site, module], HOURS_PER_DAY, axis=1).ravel()
    assembly.put(at, later.ids, -pue)
    assembly.put(at, earlier.ids, pue)

    pair = np.repeat(np.arange(pairs), count)
    rows = assembly.add_rows("later_room", index, "MW", upper=0.0)
    assembly.put(rows.ids, later.ids, 1.0)
    assembly.put(rows.ids, spare.start + pair * HOURS_PER_DAY + index["hour"], -1.0)
    rows = assembly.add_rows("earlier_room", index, "MW", upper=0.0)
    assembly.put(rows.ids, earlier.ids, 1.0)
    pair_row = np.full(case.derived.cooling.allowed.shape, -1, dtype=np.int64)
    pair_row[site, module] = np.arange(pairs)
    of_load = pair_row[load.index["site"], load.index["module"]]
    share = np.zeros(len(profiles.names))
    share[: len(demand.flexible_share)] = demand.flexible_share
    movable = np.flatnonzero((of_load >= 0) & (share[load.index["profile"]] > 0.0))
    profile = load.index["profile"][movable]
    assembly.put(
        (rows.start + of_load[movable][:, None] * count + np.arange(count)).ravel(),
        np.repeat(load.ids[movable], count),
        (-share[profile][:, None, None] * profiles.shape[profile]).ravel(),
    )
    rows = assembly.add_rows(
        "shift_day",
        {
            "site": np.repeat(site, days),
            "module": np.repeat(module, days),
            "day": np.tile(np.arange(days, dtype=np.int64), pairs),
        },
        "MWh",
        lower=0.0,
        upper=0.0,
    )
    of_day = rows.start + pair * days + index["day"]
    assembly.put(of_day, later.ids, 1.0)
    assembly.put(of_day, earlier.ids, -1.0)
