"""Block: energy, split over the modules that carry the load.

Columns
    ``load[s,p,k]``    mean IT load of profile p in module k, MW
    ``load_peak[s,k]`` IT load of services and idle power in their worst hour, MW
    ``energy[s,k]``    energy at the meter in a year, GWh
    ``extra[s,n]``     mean load at the meter above supply step n, MW

Rows
    balance[s,p]       sum_k load[s,p,k] = the load of profile p at site s:
                         services     sum_{w in p, a} busy_kw[a] * busy[w,s,a]
                         idle         sum_a idle_kw[a] * (fleet[s,a] + bought[s,a])
                         training d   sum_o busy_kw * gang * share of day d active * runs[o,s],
                                      and the parts of runs over several sites
    load_hour[s,k,h]   sum over services and idle of shape[p,h] * load[s,p,k] <= load_peak[s,k]
    module_load[s,k,d] load_peak[s,k] + load[s,training d,k] <= used[s,k]
    meter[s,k]         energy[s,k] = sum_p load[s,p,k] * sum_{d,h} w[d] * shape[p,d,h]
                         * PUE[s,k,d] / 1000
    supply_step[s,n]   sum_k energy[s,k] / 8.76 - extra[s,n] <= above_mw[s,n]

Cost of load[s,p,k], in million yuan a MW:
    sum_{d,h} w[d] * shape[p,d,h] * price[s,d,h] * PUE[s,k,d] / 1000

Where no storage, generation or flexible load couples the hours of a site, the hours of a profile
collapse exactly into this one price for each site, profile and module; a cheap night counts for
what it is worth. Elsewhere loads cost nothing here and draw power in every hour of
:mod:`optimizer.model.hourly`. Each profile keeps its split over modules all year.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.model.assembly import Assembly, Block
from optimizer.model.gang_columns import GangColumns, gang_columns
from optimizer.model.index import Sets
from optimizer.model.vintages import cards
from optimizer.units import HOURS_PER_YEAR, MEGAWATT_YEAR_IN_GWH


def add_energy(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the block to the assembly."""
    profiles = case.derived.profiles
    count = len(profiles.names)
    site = np.repeat(sets.module.site, count)
    module = np.repeat(sets.module.module, count)
    profile = np.tile(np.arange(count, dtype=np.int64), len(sets.module.site))
    carried = _carried_profiles(assembly, case, sets)
    kept = carried[site, profile]
    load = assembly.add_columns(
        "load",
        {"site": site[kept], "profile": profile[kept], "module": module[kept]},
        "MW",
    )
    _balance(assembly, case, sets, load)
    _module_rows(assembly, case, sets, load)

    at = (load.index["site"], load.index["profile"], load.index["module"])
    gwh, million_yuan = energy_weights(case)
    energy = assembly.add_columns(
        "energy", {"site": sets.module.site, "module": sets.module.module}, "GWh"
    )
    rows = assembly.add_rows(
        "meter",
        {"site": sets.module.site, "module": sets.module.module},
        "GWh",
        lower=0.0,
        upper=0.0,
    )
    pair_row = _pair_rows(case, sets)
    assembly.put(rows.ids, energy.ids, 1.0)
    assembly.put(rows.start + pair_row[at[0], at[2]], load.ids, -gwh[at])
    # Where hours are modelled, the grid is paid by the hour (:mod:`optimizer.model.hourly`).
    by_hour = sets.hourly[at[0]]
    assembly.charge("energy", load.ids, np.where(by_hour, 0.0, million_yuan[at]))
    assembly.estimate(load.ids[by_hour], million_yuan[at][by_hour])
    _supply_steps(assembly, case, energy)


def energy_weights(case: Case) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return GWh and million yuan a year of one mean MW, each ``(S, P, K)``."""
    derived = case.derived
    hours = derived.calendar.weight[None, :, None] * case.derived.profiles.shape  # (P, D, 24)
    by_day = hours.sum(axis=2)
    gwh = np.einsum("pd,skd->spk", by_day, derived.cooling.pue) / 1e3
    priced = np.einsum("pdh,sdh->spd", hours, derived.prices.energy)
    million_yuan = np.einsum("spd,skd->spk", priced, derived.cooling.pue) / 1e3
    return gwh, million_yuan


def _pair_rows(case: Case, sets: Sets) -> NDArray[np.int64]:
    shape = case.derived.cooling.allowed.shape
    rows = np.full(shape, -1, dtype=np.int64)
    rows[sets.module.site, sets.module.module] = np.arange(len(sets.module.site))
    return rows


def _carried_profiles(assembly: Assembly, case: Case, sets: Sets) -> NDArray[np.bool_]:
    """Return ``(S, P)`` whether a site can have a load of a profile at all."""
    profiles, derived = case.derived.profiles, case.derived
    carried = np.zeros((len(case.tables["sites"].frame), len(profiles.names)), dtype=bool)
    busy = assembly.columns["busy"].index
    carried[busy["site"], derived.demand.profile_of[busy["service"]]] = True
    carried[sets.card.site, profiles.idle] = True
    gangs = gang_columns(assembly, case, sets)
    run, day = np.nonzero(_active_days(case, gangs))
    carried[gangs.site[run], profiles.training[day]] = True
    return carried


def _active_days(case: Case, gangs: GangColumns) -> NDArray[np.float64]:
    """Return ``(G, D)`` the share of each typical day's days in which a gang is active."""
    shares: NDArray[np.float64] = gangs.month_share @ case.derived.calendar.month_share.T
    return shares


def _balance(assembly: Assembly, case: Case, sets: Sets, load: Block) -> None:
    derived, profiles = case.derived, case.derived.profiles
    hardware, demand = derived.hardware, derived.demand
    used = np.unique(np.stack([load.index["site"], load.index["profile"]]), axis=1)
    row_of = np.full((len(hardware.fleet), len(profiles.names)), -1, dtype=np.int64)
    row_of[used[0], used[1]] = np.arange(used.shape[1])
    fixed = np.where(
        used[1] == profiles.idle, (hardware.fleet * hardware.idle_kw).sum(axis=1)[used[0]], 0.0
    )
    rows = assembly.add_rows(
        "balance", {"site": used[0], "profile": used[1]}, "MW", lower=fixed, upper=fixed
    )
    assembly.put(rows.start + row_of[load.index["site"], load.index["profile"]], load.ids, 1.0)

    busy = assembly.columns["busy"]
    profile = demand.profile_of[busy.index["service"]]
    assembly.put(
        rows.start + row_of[busy.index["site"], profile],
        busy.ids,
        -hardware.busy_kw[busy.index["accelerator"]],
    )
    for ids, index in cards(assembly, case):
        assembly.put(
            rows.start + row_of[index["site"], profiles.idle],
            ids,
            -hardware.idle_kw[index["accelerator"]],
        )
    if "retired" in assembly.columns:
        retired = assembly.columns["retired"]
        assembly.put(
            rows.start + row_of[retired.index["site"], profiles.idle],
            retired.ids,
            hardware.idle_kw[retired.index["accelerator"]],
        )
    gangs = gang_columns(assembly, case, sets)
    shares = _active_days(case, gangs)
    run, day = np.nonzero(shares)
    assembly.put(
        rows.start + row_of[gangs.site[run], profiles.training[day]],
        gangs.column[run],
        -hardware.busy_kw[gangs.accelerator[run]] * gangs.gang[run] * shares[run, day],
    )


def _module_rows(assembly: Assembly, case: Case, sets: Sets, load: Block) -> None:
    """Keep the load in each module type below the power used there, in every hour kept."""
    profiles = case.derived.profiles
    site, module = sets.module.site, sets.module.module
    pairs = len(site)
    pair_row = np.full((site.max(initial=-1) + 1, len(sets.new_module)), -1, dtype=np.int64)
    pair_row[site, module] = np.arange(pairs)
    of_load = pair_row[load.index["site"], load.index["module"]]
    steady = np.flatnonzero(load.index["profile"] <= profiles.idle)
    hours = sets.peaks.shape[1]
    every_hour = np.arange(hours)

    peak = assembly.add_columns("load_peak", {"site": site, "module": module}, "MW")
    rows = assembly.add_rows(
        "load_hour",
        {
            "site": np.repeat(site, hours),
            "module": np.repeat(module, hours),
            "hour_kept": np.tile(every_hour, pairs),
        },
        "MW",
        upper=0.0,
    )
    assembly.put(
        rows.start + of_load[steady][:, None] * hours + every_hour,
        np.repeat(load.ids[steady], hours),
        sets.peaks[load.index["profile"][steady]],
    )
    assembly.put(rows.ids, np.repeat(peak.ids, hours), -1.0)

    days = len(profiles.training)
    trained = np.zeros((pairs, days), dtype=bool)
    training = np.flatnonzero(load.index["profile"] > profiles.idle)
    day_of = load.index["profile"][training] - profiles.training[0] if days else training
    trained[of_load[training], day_of] = True
    trained[~trained.any(axis=1), 0] = True
    pair, day = np.nonzero(trained)
    row_of = np.full(trained.shape, -1, dtype=np.int64)
    row_of[pair, day] = np.arange(len(pair))
    rows = assembly.add_rows(
        "module_load",
        {"site": site[pair], "module": module[pair], "day": day},
        "MW",
        upper=0.0,
    )
    assembly.put(rows.ids, peak.start + pair, 1.0)
    assembly.put(rows.start + row_of[of_load[training], day_of], load.ids[training], 1.0)
    assembly.put(rows.ids, assembly.columns["used"].start + pair, -1.0)


def _supply_steps(assembly: Assembly, case: Case, energy: Block) -> None:
    """Charge what a site's load pays above its supply steps."""
    steps = case.tables["supply_steps"].frame
    sites = {name: row for row, name in enumerate(case.tables["sites"].frame["site"])}
    site = steps["site"].map(sites).to_numpy(dtype=np.int64)
    number = np.arange(len(steps), dtype=np.int64)
    extra = assembly.add_columns("extra", {"site": site, "step": number}, "MW")
    rows = assembly.add_rows(
        "supply_step",
        {"site": site, "step": number},
        "MW",
        upper=steps["above_mw"].to_numpy(dtype=float),
    )
    assembly.put(rows.ids, extra.ids, -1.0)
    for step, at in zip(number, site, strict=True):
        columns = energy.ids[energy.index["site"] == at]
        assembly.put(np.full(len(columns), rows.start + step), columns, 1.0 / MEGAWATT_YEAR_IN_GWH)
    assembly.charge(
        "local_supply",
        extra.ids,
        steps["extra_yuan_per_kwh"].to_numpy(dtype=float) * HOURS_PER_YEAR / 1e3,
    )
