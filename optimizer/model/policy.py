"""Block: policy rows, each named after its row of ``policies`` and switchable there.

Rows, with v the value and the sums over the sites in scope
    hub_share_min                sum tflops[a] * bought[s,a] >= v * the national sum    (EFLOPS)
    west_share_min               IT energy in scope >= v * national IT energy           (GWh)
    pue_max                      built[s,k] <= 0 where the yearly PUE of k at s exceeds v
    utilisation_min, each s      sum_k new used[s,k] >= v * sum_k it_mw[k] * built[s,k] (MW)
    green_share_contractual_min, each s
                                 contracted at s >= v * sum_k new energy[s,k]           (GWh)
                                 (own power at s counts beside contracted)
    green_share_physical_min     sum green_share[s] * (energy - own) + own >= v * sum energy (GWh)
    green_share_hourly_min       sum credit + green_share[s] * (energy - credit)
                                 >= v * sum energy                                      (GWh)
    new_it_mw_max, each s        sum_k it_mw[k] * built[s,k] <= v                       (MW)
    carbon_cap                   emissions of the ledger <= v                           (kt CO2)
    budget                       capital of modules, accelerators and upgrades <= v

Kinds on totals, workloads and cost stand in :mod:`optimizer.model.policy_limits`; those that
are a price in :mod:`optimizer.model.policy_prices`. A soft row may be broken by ``broken`` at
its penalty, counted in the unit of the row. This block comes last: a cap on cost counts every
cost charged before it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.inputs.policy_rows import PRICE_KINDS, PolicyRow
from optimizer.model.assembly import Assembly, Block
from optimizer.model.direct_supply import exports, load_share, self_use
from optimizer.model.index import Sets
from optimizer.model.policy_limits import LIMITS, it_gwh_weights, named, single
from optimizer.model.policy_prices import charge_price
from optimizer.model.vintages import modules


def add_policy(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the block to the assembly."""
    for policy in case.derived.policies:
        if policy.kind in PRICE_KINDS:
            charge_price(assembly, case, policy)
    soft: list[tuple[Block, float, float]] = []
    for number, policy in enumerate(case.derived.policies):
        if policy.kind in PRICE_KINDS:
            continue
        if policy.kind in LIMITS:
            rows = LIMITS[policy.kind](assembly, case, policy, number)
        else:
            rows = _ROWS[policy.kind](assembly, case, sets, policy, number)
        if not policy.hard:
            sign = 1.0 if policy.kind.endswith("_min") else -1.0
            soft.append((rows, sign, policy.penalty))
    row = np.concatenate([block.ids for block, _, _ in soft]) if soft else np.zeros(0, np.int64)
    broken = assembly.add_columns("broken", {"row": row.astype(np.int64)}, "unit of the row")
    signs = [np.full(block.count, direction) for block, direction, _ in soft]
    prices = [np.full(block.count, penalty) for block, _, penalty in soft]
    if soft:
        assembly.put(row, broken.ids, np.concatenate(signs))
        assembly.charge("policy_penalties", broken.ids, np.concatenate(prices))


def _by_site(
    assembly: Assembly,
    policy: PolicyRow,
    number: int,
    sites: NDArray[np.int64],
    unit: str,
    **bound: float,
) -> tuple[Block, NDArray[np.int64]]:
    """Add a row for each site and return it with the row number of every site (or -1)."""
    rows = assembly.add_rows(
        named(policy),
        {"policy": np.full(len(sites), number, dtype=np.int64), "site": sites},
        unit,
        **bound,
    )
    row_of = np.full(len(policy.sites), -1, dtype=np.int64)
    row_of[sites] = rows.ids
    return rows, row_of


def _hub_share(assembly: Assembly, case: Case, sets: Sets, policy: PolicyRow, number: int) -> Block:
    del sets
    rows = single(assembly, policy, number, "EFLOPS", lower=0.0)
    bought = assembly.columns["bought"]
    tflops = case.tables["accelerators"].frame["bf16_dense_tflops"].to_numpy(dtype=float)
    # a thousand accelerators of one TFLOPS are one PFLOPS
    eflops = tflops[bought.index["accelerator"]] / 1e3
    weight = policy.sites[bought.index["site"]] - policy.value
    assembly.put(np.full(bought.count, rows.start), bought.ids, eflops * weight)
    return rows


def _west_share(
    assembly: Assembly, case: Case, sets: Sets, policy: PolicyRow, number: int
) -> Block:
    del sets
    rows = single(assembly, policy, number, "GWh", lower=0.0)
    load = assembly.columns["load"]
    weight = policy.sites[load.index["site"]] - policy.value
    it_gwh = it_gwh_weights(case)[load.index["profile"]]
    assembly.put(np.full(load.count, rows.start), load.ids, it_gwh * weight)
    return rows


def _pue(assembly: Assembly, case: Case, sets: Sets, policy: PolicyRow, number: int) -> Block:
    del sets
    built = assembly.columns["built"]
    site, module = built.index["site"], built.index["module"]
    barred = policy.sites[site] & (
        case.derived.cooling.annual_pue[site, module] > policy.value + 1e-9
    )
    rows = assembly.add_rows(
        named(policy),
        {
            "policy": np.full(int(barred.sum()), number, dtype=np.int64),
            "site": site[barred],
            "module": module[barred],
        },
        "modules",
        upper=0.0,
    )
    assembly.put(rows.ids, built.ids[barred], 1.0)
    return rows


def _new_sites(assembly: Assembly, policy: PolicyRow) -> NDArray[np.int64]:
    """Return the sites in scope that can build."""
    sites = np.unique(assembly.columns["built"].index["site"])
    return sites[policy.sites[sites]]


def _utilisation(
    assembly: Assembly, case: Case, sets: Sets, policy: PolicyRow, number: int
) -> Block:
    used = assembly.columns["used"]
    rows, row_of = _by_site(assembly, policy, number, _new_sites(assembly, policy), "MW", lower=0.0)
    it_mw = case.tables["modules"].frame["it_mw"].to_numpy(dtype=float)
    for ids, index in modules(assembly, case):
        here = np.flatnonzero(row_of[index["site"]] >= 0)
        assembly.put(
            row_of[index["site"][here]], ids[here], -policy.value * it_mw[index["module"][here]]
        )
    here = np.flatnonzero((row_of[used.index["site"]] >= 0) & sets.new_module[used.index["module"]])
    assembly.put(row_of[used.index["site"][here]], used.ids[here], 1.0)
    return rows


def _green_contractual(
    assembly: Assembly, case: Case, sets: Sets, policy: PolicyRow, number: int
) -> Block:
    del case
    energy, contracted = assembly.columns["energy"], assembly.columns["contracted"]
    rows, row_of = _by_site(
        assembly, policy, number, _new_sites(assembly, policy), "GWh", lower=0.0
    )
    here = np.flatnonzero(row_of[contracted.index["site"]] >= 0)
    assembly.put(row_of[contracted.index["site"][here]], contracted.ids[here], 1.0)
    here = np.flatnonzero(
        (row_of[energy.index["site"]] >= 0) & sets.new_module[energy.index["module"]]
    )
    assembly.put(row_of[energy.index["site"][here]], energy.ids[here], -policy.value)
    if "self_use_gwh" in assembly.columns:
        own = assembly.columns["self_use_gwh"]
        here = np.flatnonzero(row_of[own.index["site"]] >= 0)
        assembly.put(row_of[own.index["site"][here]], own.ids[here], 1.0)
    return rows


def _green_physical(
    assembly: Assembly, case: Case, sets: Sets, policy: PolicyRow, number: int
) -> Block:
    del sets
    rows = single(assembly, policy, number, "GWh", lower=0.0)
    energy = assembly.columns["energy"]
    site = energy.index["site"]
    share = case.derived.green_share
    weight = (share[site] - policy.value) * policy.sites[site]
    assembly.put(np.full(energy.count, rows.start), energy.ids, weight)
    if "self_use_gwh" in assembly.columns:
        own = assembly.columns["self_use_gwh"]
        at = own.index["site"]
        weight = (1.0 - share[at]) * policy.sites[at]
        assembly.put(np.full(own.count, rows.start), own.ids, weight)
    return rows


def _green_hourly(
    assembly: Assembly, case: Case, sets: Sets, policy: PolicyRow, number: int
) -> Block:
    del sets
    rows = single(assembly, policy, number, "GWh", lower=0.0)
    share = case.derived.green_share
    energy, credit = assembly.columns["energy"], assembly.columns["credit_gwh"]
    site = energy.index["site"]
    weight = (share[site] - policy.value) * policy.sites[site]
    assembly.put(np.full(energy.count, rows.start), energy.ids, weight)
    at = credit.index["site"]
    weight = (1.0 - share[at]) * policy.sites[at]
    assembly.put(np.full(credit.count, rows.start), credit.ids, weight)
    return rows


def _new_it(assembly: Assembly, case: Case, sets: Sets, policy: PolicyRow, number: int) -> Block:
    del sets
    rows, row_of = _by_site(
        assembly, policy, number, _new_sites(assembly, policy), "MW", upper=policy.value
    )
    it_mw = case.tables["modules"].frame["it_mw"].to_numpy(dtype=float)
    for ids, index in modules(assembly, case):
        here = np.flatnonzero(row_of[index["site"]] >= 0)
        assembly.put(row_of[index["site"][here]], ids[here], it_mw[index["module"][here]])
    return rows


def _carbon_cap(
    assembly: Assembly, case: Case, sets: Sets, policy: PolicyRow, number: int
) -> Block:
    del case, sets
    rows = single(assembly, policy, number, "kt CO2", upper=policy.value)
    assembly.put(rows.ids, assembly.columns[f"{policy.ledger}_kt"].ids, 1.0)
    return rows


def _budget(assembly: Assembly, case: Case, sets: Sets, policy: PolicyRow, number: int) -> Block:
    del sets
    rows = single(assembly, policy, number, "million yuan", upper=policy.value)
    for block, capital in capital_costs(assembly, case):
        chosen = (
            np.flatnonzero(policy.sites[block.index["site"]])
            if "site" in block.index
            else np.arange(block.count)
        )
        assembly.put(np.full(len(chosen), rows.start), block.ids[chosen], capital[chosen])
    return rows


def capital_costs(assembly: Assembly, case: Case) -> list[tuple[Block, NDArray[np.float64]]]:
    """Return the capital cost in million yuan of each column that stands for an investment."""
    sites = case.tables["sites"].frame["capex_yuan_per_kw"].to_numpy(dtype=float)
    modules = case.tables["modules"].frame
    size = modules["it_mw"].to_numpy(dtype=float) * modules["capex_factor"].to_numpy(dtype=float)
    price = case.tables["accelerators"].frame["price_yuan"].to_numpy(dtype=float)
    factor = case.parameter("finance", "accelerator_system_factor")
    built, bought = assembly.columns["built"], assembly.columns["bought"]
    upgrade = case.tables["links"].frame["upgrade_capex_million_yuan"].to_numpy(dtype=float)
    return [
        (built, sites[built.index["site"]] * size[built.index["module"]] / 1e3),
        (bought, price[bought.index["accelerator"]] * factor / 1e3),
        (assembly.columns["upgrades"], upgrade),
    ]


_ROWS: Final[dict[str, Callable[[Assembly, Case, Sets, PolicyRow, int], Block]]] = {
    "hub_share_min": _hub_share,
    "west_share_min": _west_share,
    "pue_max": _pue,
    "utilisation_min": _utilisation,
    "green_share_contractual_min": _green_contractual,
    "green_share_physical_min": _green_physical,
    "green_share_hourly_min": _green_hourly,
    "direct_self_use_min": self_use,
    "direct_load_share_min": load_share,
    "direct_export_max": exports,
    "new_it_mw_max": _new_it,
    "carbon_cap": _carbon_cap,
    "budget": _budget,
}
