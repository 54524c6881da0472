"""Block: policy rows on totals, on single workloads and on the yearly cost.

Rows, with v the value and sums over the sites and the work in scope
    latency_max, each w or j and site
                                 shares and runs whose round trip exceeds v    <= 0  (1)
    workload_share_max, each w or j
                                 sum_{i,s} D[i,w] / D[w] * share[i,w,s] <= v         (1)
                                 sum_{o,s} runs[o,s] / count[j] <= v
    pue_average_max              sum energy <= v * sum IT energy                     (GWh)
    rack_utilisation_min         sum (occupied + used) >= v * sum (existing + new)   (MW)
    accelerator_utilisation_min  sum (busy + gang * days / 365 * runs)
                                 >= v * sum (fleet + bought)                         (thousand)
    domestic_share_min           sum tflops * bought of domestic types
                                 >= v * sum tflops * bought                          (EFLOPS)
    energy_cap                   sum energy <= v                                     (GWh)
    water_cap                    sum wue[k] * IT energy <= v                  (thousand m3)
    cost_cap                     all yearly cost but penalties <= v           (million yuan)

The round trip of a service is that of the 99th percentile of users, access included; of a job
that of the optical path from its data set. 1 litre/kWh is 1 thousand m3/GWh.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.inputs.case import Case
from optimizer.inputs.network_paths import NETWORKS
from optimizer.inputs.policy_rows import PolicyRow
from optimizer.model.assembly import Assembly, Block
from optimizer.model.vintages import cards, modules
from optimizer.units import DAYS_PER_YEAR

Rows = Callable[[Assembly, Case, PolicyRow, int], Block]


def named(policy: PolicyRow) -> str:
    """Return the name of the row block of a policy."""
    return f"policy_{policy.policy}"


def single(assembly: Assembly, policy: PolicyRow, number: int, unit: str, **bound: float) -> Block:
    """Add the one row of a policy that limits a total."""
    return assembly.add_rows(
        named(policy), {"policy": np.array([number], dtype=np.int64)}, unit, **bound
    )


def it_gwh_weights(case: Case) -> NDArray[np.float64]:
    """Return ``(P,)`` GWh of IT energy a year of one mean MW of each profile."""
    weight = case.derived.calendar.weight
    hours: NDArray[np.float64] = weight[None, :, None] * case.derived.profiles.shape
    gwh: NDArray[np.float64] = hours.sum(axis=(1, 2)) / 1e3
    return gwh


def standing_mw(case: Case) -> NDArray[np.float64]:
    """Return ``(S,)`` all IT power that stands in the planned year, in MW."""
    sites = case.tables["sites"].frame
    arrived = (sites["under_construction_year"] <= case.year).to_numpy(dtype=float)
    power: NDArray[np.float64] = sites["existing_it_mw"].to_numpy(dtype=float) + arrived * sites[
        "under_construction_it_mw"
    ].to_numpy(dtype=float)
    return power


def _put(assembly: Assembly, rows: Block, block: Block, values: ArrayLike) -> None:
    """Put the coefficients of a whole block of columns into the only row of a policy."""
    assembly.put(np.full(block.count, rows.start), block.ids, values)


def _latency(assembly: Assembly, case: Case, policy: PolicyRow, number: int) -> Block:
    derived = case.derived
    share, runs = assembly.columns["share"], assembly.columns["runs"]
    at = share.index
    far = derived.rtt_p99_ms[at["region"], at["service"], at["site"]] > policy.value + 1e-9
    far &= policy.sites[at["site"]] & policy.services[at["service"]]
    sites = {name: row for row, name in enumerate(case.tables["sites"].frame["site"])}
    home = case.tables["jobs"].frame["dataset_site"].map(sites).to_numpy(dtype=np.int64)
    of_job, of_site = runs.index["job"], runs.index["site"]
    optical = derived.paths.rtt_p99_ms[NETWORKS.index("optical")]
    distant = optical[home[of_job], of_site] > policy.value + 1e-9
    distant &= policy.sites[of_site] & policy.jobs[of_job]
    services = len(policy.services)
    workload = np.concatenate([at["service"][far], services + of_job[distant]])
    site = np.concatenate([at["site"][far], of_site[distant]])
    pairs, row_of = np.unique(np.stack([workload, site]), axis=1, return_inverse=True)
    rows = assembly.add_rows(
        named(policy),
        {
            "policy": np.full(pairs.shape[1], number, dtype=np.int64),
            "workload": pairs[0],
            "site": pairs[1],
        },
        "1",
        upper=0.0,
    )
    barred = np.concatenate([share.ids[far], runs.ids[distant]])
    assembly.put(rows.start + row_of.ravel(), barred, 1.0)
    return rows


def _workload_share(assembly: Assembly, case: Case, policy: PolicyRow, number: int) -> Block:
    share, runs = assembly.columns["share"], assembly.columns["runs"]
    services = len(policy.services)
    chosen = np.flatnonzero(np.concatenate([policy.services, policy.jobs]))
    rows = assembly.add_rows(
        named(policy),
        {"policy": np.full(len(chosen), number, dtype=np.int64), "workload": chosen},
        "1",
        upper=policy.value,
    )
    row_of = np.full(services + len(policy.jobs), -1, dtype=np.int64)
    row_of[chosen] = rows.ids
    wanted = case.derived.demand.requests
    service = share.index["service"]
    part = wanted[share.index["region"], service] / wanted.sum(axis=0)[service]
    here = np.flatnonzero(policy.sites[share.index["site"]] & policy.services[service])
    assembly.put(row_of[service[here]], share.ids[here], part[here])
    job = runs.index["job"]
    each = 1.0 / case.tables["jobs"].frame["count"].to_numpy(dtype=float)
    here = np.flatnonzero(policy.sites[runs.index["site"]] & policy.jobs[job])
    assembly.put(row_of[services + job[here]], runs.ids[here], each[job[here]])
    return rows


def _pue_average(assembly: Assembly, case: Case, policy: PolicyRow, number: int) -> Block:
    rows = single(assembly, policy, number, "GWh", upper=0.0)
    energy, load = assembly.columns["energy"], assembly.columns["load"]
    _put(assembly, rows, energy, policy.sites[energy.index["site"]].astype(float))
    it_gwh = it_gwh_weights(case)[load.index["profile"]]
    _put(assembly, rows, load, -policy.value * it_gwh * policy.sites[load.index["site"]])
    return rows


def _rack_utilisation(assembly: Assembly, case: Case, policy: PolicyRow, number: int) -> Block:
    occupied = case.tables["sites"].frame["occupied_it_mw"].to_numpy(dtype=float)
    missing = float((policy.value * standing_mw(case) - occupied)[policy.sites].sum())
    rows = single(assembly, policy, number, "MW", lower=missing)
    used = assembly.columns["used"]
    _put(assembly, rows, used, policy.sites[used.index["site"]].astype(float))
    it_mw = case.tables["modules"].frame["it_mw"].to_numpy(dtype=float)
    for ids, index in modules(assembly, case):
        power = it_mw[index["module"]] * policy.sites[index["site"]]
        assembly.put(np.full(len(ids), rows.start), ids, -policy.value * power)
    return rows


def _accelerator_utilisation(
    assembly: Assembly, case: Case, policy: PolicyRow, number: int
) -> Block:
    fleet = float(case.derived.hardware.fleet[policy.sites].sum())
    rows = single(assembly, policy, number, "thousand accelerators", lower=policy.value * fleet)
    busy, runs = assembly.columns["busy"], assembly.columns["runs"]
    _put(assembly, rows, busy, policy.sites[busy.index["site"]].astype(float))
    gangs, option = case.derived.gangs, runs.index["option"]
    days = gangs.gang[option] * gangs.duration_days[option] * policy.sites[runs.index["site"]]
    _put(assembly, rows, runs, days / DAYS_PER_YEAR)
    for ids, index in cards(assembly, case):
        each = -policy.value * policy.sites[index["site"]]
        assembly.put(np.full(len(ids), rows.start), ids, each)
    if "retired" in assembly.columns:
        retired = assembly.columns["retired"]
        _put(assembly, rows, retired, policy.value * policy.sites[retired.index["site"]])
    return rows


def _domestic_share(assembly: Assembly, case: Case, policy: PolicyRow, number: int) -> Block:
    rows = single(assembly, policy, number, "EFLOPS", lower=0.0)
    cards, bought = case.tables["accelerators"].frame, assembly.columns["bought"]
    card = bought.index["accelerator"]
    domestic = (cards["export_status"] == "domestic").to_numpy(dtype=float)[card]
    # a thousand accelerators of one TFLOPS are one PFLOPS
    eflops = cards["bf16_dense_tflops"].to_numpy(dtype=float)[card] / 1e3
    weight = (domestic - policy.value) * policy.sites[bought.index["site"]]
    _put(assembly, rows, bought, eflops * weight)
    return rows


def _energy_cap(assembly: Assembly, case: Case, policy: PolicyRow, number: int) -> Block:
    del case
    rows = single(assembly, policy, number, "GWh", upper=policy.value)
    energy = assembly.columns["energy"]
    _put(assembly, rows, energy, policy.sites[energy.index["site"]].astype(float))
    return rows


def _water_cap(assembly: Assembly, case: Case, policy: PolicyRow, number: int) -> Block:
    rows = single(assembly, policy, number, "thousand m3", upper=policy.value)
    load = assembly.columns["load"]
    litres = case.tables["modules"].frame["wue_l_per_kwh"].to_numpy(dtype=float)
    each = it_gwh_weights(case)[load.index["profile"]] * litres[load.index["module"]]
    _put(assembly, rows, load, each * policy.sites[load.index["site"]])
    return rows


def _cost_cap(assembly: Assembly, case: Case, policy: PolicyRow, number: int) -> Block:
    """Add the row on the cost charged so far: penalties of soft rows are charged after it."""
    del case
    rows = single(assembly, policy, number, "million yuan", upper=policy.value)
    columns, million_yuan = assembly.charged()
    assembly.put(np.full(len(columns), rows.start), columns, million_yuan)
    return rows


LIMITS: Final[dict[str, Rows]] = {
    "latency_max": _latency,
    "workload_share_max": _workload_share,
    "pue_average_max": _pue_average,
    "rack_utilisation_min": _rack_utilisation,
    "accelerator_utilisation_min": _accelerator_utilisation,
    "domestic_share_min": _domestic_share,
    "energy_cap": _energy_cap,
    "water_cap": _water_cap,
    "cost_cap": _cost_cap,
}
"""How each kind of policy of this file adds its rows."""
