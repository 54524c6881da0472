"""Every yuan of a plan by cost term and place, in million yuan a year.

The sum of the rows is the objective of the second stage.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.inputs.case import Case
from optimizer.inputs.money import annuity_factor
from optimizer.plan.hour_rows import by_site_and_hour
from optimizer.plan.policies import policy_activities
from optimizer.plan.site_rows import module_energy
from optimizer.plan.split_rows import parts_with_runs
from optimizer.tables.frames import numbers, texts
from optimizer.units import DAYS_PER_YEAR, HOURS_PER_YEAR, MEGAWATT_YEAR_IN_GWH

NATIONAL = "national"


@dataclass(frozen=True, slots=True)
class Bill:
    """What one of several periods pays for.

    Parameters
    ----------
    paid
        The tables of purchases with what is paid for.
    ordered
        The same with what is ordered.
    opened
        How far each site is opened.
    """

    paid: Mapping[str, pd.DataFrame]
    ordered: Mapping[str, pd.DataFrame]
    opened: Mapping[str, float]


def cost_rows(
    case: Case,
    frames: Mapping[str, pd.DataFrame],
    *,
    relaxed: bool,
    bill: Bill | None = None,
) -> pd.DataFrame:
    """Return the costs of the other result tables; a relaxed plan opens sites in part.

    ``bill`` says what is paid for and ordered where a case has several periods.
    """
    bought = frames if bill is None else {**frames, **bill.paid}
    opened = site_shares(case, frames, relaxed=relaxed) if bill is None else bill.opened
    paid = [
        *_accelerators(case, bought),
        *_build(case, bought),
        *_opening(case, opened),
        *_demand_charge(case, frames),
        *_energy(case, frames),
        *_own_supply(case, frames),
        *_network(case, bought),
        *_workloads(case, frames),
        *_green(case, frames),
        *_carbon(case, frames),
        *_policy_prices(case, frames, bought),
    ]
    columns = ["term", "place", "million_yuan"]
    # A cap on cost counts what is paid, and may itself be soft.
    before = {**frames, "costs": pd.DataFrame(paid, columns=columns)}
    ordered = {} if bill is None else bill.ordered
    frame = pd.DataFrame([*paid, *_penalties(case, before, ordered)], columns=columns)
    frame = frame.astype({"million_yuan": "float64"})
    summed = frame.groupby(["term", "place"])["million_yuan"].sum().reset_index()
    return summed[summed["million_yuan"].abs() > 1e-12]


Rows = list[tuple[str, str, float]]


def _row_of(case: Case, table: str, column: str) -> dict[str, int]:
    return {name: row for row, name in enumerate(texts(case.tables[table].frame, column))}


def _accelerators(case: Case, frames: Mapping[str, pd.DataFrame]) -> Rows:
    yearly = case.derived.hardware.yearly_cost
    card = _row_of(case, "accelerators", "accelerator")
    cards = frames["accelerators"]
    return [
        ("accelerators", site, bought / 1e3 * yearly[card[accelerator]])
        for site, accelerator, bought in zip(
            texts(cards, "site"), texts(cards, "accelerator"), numbers(cards, "bought"), strict=True
        )
    ]


def _build(case: Case, frames: Mapping[str, pd.DataFrame]) -> Rows:
    site_row = _row_of(case, "sites", "site")
    module_row = _row_of(case, "modules", "module")
    builds = frames["builds"]
    return [
        ("build", site, modules * case.derived.module_cost[site_row[site], module_row[module]])
        for site, module, modules in zip(
            texts(builds, "site"), texts(builds, "module"), numbers(builds, "modules"), strict=True
        )
    ]


def _demand_charge(case: Case, frames: Mapping[str, pd.DataFrame]) -> Rows:
    site_row = _row_of(case, "sites", "site")
    builds = frames["builds"]
    metered_mw = (builds["used_mw"] * builds["design_pue"]).tolist()
    return [
        ("demand_charge", site, metered * case.derived.prices.demand[site_row[site]])
        for site, metered in zip(texts(builds, "site"), metered_mw, strict=True)
    ]


def _opening(case: Case, opened: Mapping[str, float]) -> Rows:
    site_row = _row_of(case, "sites", "site")
    yearly = numbers(case.tables["sites"].frame, "fixed_cost_million_yuan_per_year")
    return [("site_opening", site, yearly[site_row[site]] * part) for site, part in opened.items()]


def site_shares(
    case: Case, frames: Mapping[str, pd.DataFrame], *, relaxed: bool
) -> dict[str, float]:
    """Return how far each site that builds is opened.

    A relaxed plan opens a site by the larger of two parts: of the modules of one type that
    fit, and of the power that may be built.
    """
    site_row = _row_of(case, "sites", "site")
    module_row = _row_of(case, "modules", "module")
    limit_mw = numbers(case.tables["sites"].frame, "build_limit_mw")
    size_mw = numbers(case.tables["modules"].frame, "it_mw")
    maximum = numbers(case.tables["modules"].frame, "maximum_per_site")
    builds = frames["builds"]
    opened: dict[str, float] = {}
    power: dict[str, float] = {}
    for site, module, kind, modules in zip(
        texts(builds, "site"),
        texts(builds, "module"),
        texts(builds, "kind"),
        numbers(builds, "modules"),
        strict=True,
    ):
        if kind != "new" or modules <= 0.0:
            continue
        limit, size = limit_mw[site_row[site]], size_mw[module_row[module]]
        if not relaxed or limit <= 0.0:
            opened[site] = 1.0
            continue
        fitting = min(maximum[module_row[module]], math.floor(limit / size * (1.0 + 1e-12)))
        power[site] = power.get(site, 0.0) + modules * size / limit
        by_number = modules / fitting if fitting > 0.0 else 1.0
        opened[site] = max(opened.get(site, 0.0), by_number, power[site])
    return opened


def _energy(case: Case, frames: Mapping[str, pd.DataFrame]) -> Rows:
    energy = module_energy(case, frames["loads"])
    weight = case.derived.calendar.weight[:, None]
    taken = by_site_and_hour(case, frames["energy_by_hour"], "import_mw")
    # yuan/kWh times MWh is thousand yuan, hence / 1e3 for million yuan
    bought = (taken * case.derived.prices.energy * weight).sum(axis=(1, 2)) / 1e3
    rows: Rows = [
        ("energy", site, float(yuan))
        for site, yuan in zip(texts(case.tables["sites"].frame, "site"), bought, strict=True)
    ]
    mean = energy.groupby("site")["meter_gwh"].sum() / MEGAWATT_YEAR_IN_GWH
    steps = case.tables["supply_steps"].frame
    for site, above_mw, extra in zip(
        texts(steps, "site"),
        numbers(steps, "above_mw"),
        numbers(steps, "extra_yuan_per_kwh"),
        strict=True,
    ):
        above = max(0.0, float(mean.get(site, 0.0)) - above_mw)
        rows.append(("local_supply", site, above * extra * HOURS_PER_YEAR / 1e3))
    return rows


def _own_supply(case: Case, frames: Mapping[str, pd.DataFrame]) -> Rows:
    """Return the costs of own generation, batteries and metered demand."""
    supply = case.derived.supply
    offers = supply.generation
    contracts = case.tables["green_contracts"].frame.iloc[offers.contract]
    offer_of = {
        key: number
        for number, key in enumerate(
            zip(texts(contracts, "contract"), texts(contracts, "site"), strict=True)
        )
    }
    built = frames["generation"]
    rows: Rows = [
        ("generation", site, size * offers.yearly_cost[offer_of[contract, site]])
        for contract, site, size in zip(
            texts(built, "contract"),
            texts(built, "site"),
            numbers(built, "capacity_mw"),
            strict=True,
        )
    ]
    site_row = _row_of(case, "sites", "site")
    first = {
        (int(offers.line_site[line]), offers.line_names[line]): offer
        for offer, line in reversed(list(enumerate(offers.line.tolist())))
    }
    lines = frames["lines"]
    for site, line, used, sent in zip(
        texts(lines, "site"),
        texts(lines, "line"),
        numbers(lines, "self_use_gwh"),
        numbers(lines, "export_gwh"),
        strict=True,
    ):
        offer = first[site_row[site], line]
        rows.append(("own_power", site, used * offers.price[offer]))
        rows.append(("exports", site, -sent * np.nan_to_num(offers.export_price[offer])))
    batteries = case.tables["batteries"].frame
    offered = batteries[(batteries["power_mw"] > 0.0) & (batteries["energy_mwh"] > 0.0)]
    number_of = {
        key: number
        for number, key in enumerate(
            zip(texts(offered, "battery"), texts(offered, "site"), strict=True)
        )
    }
    sizes = frames["batteries"]
    for battery, site, power, energy in zip(
        texts(sizes, "battery"),
        texts(sizes, "site"),
        numbers(sizes, "power_mw"),
        numbers(sizes, "energy_mwh"),
        strict=True,
    ):
        at = number_of[battery, site]
        yearly = power * supply.batteries.power_cost[at] + energy * supply.batteries.energy_cost[at]
        rows.append(("batteries", site, yearly))
    demand = frames["metered_demand"]
    rows += [
        ("demand_charge", site, yuan)
        for site, yuan in zip(texts(demand, "site"), numbers(demand, "million_yuan"), strict=True)
    ]
    return rows


def _network(case: Case, frames: Mapping[str, pd.DataFrame]) -> Rows:
    links = case.tables["links"].frame
    row = _row_of(case, "links", "link")
    lease = links["lease_yuan_per_gbps_year"].to_numpy(dtype=float) / 1e6
    used = frames["links"]
    rows: Rows = []
    for link, leased, upgrades in zip(
        texts(used, "link"), numbers(used, "leased_gbps"), numbers(used, "upgrades"), strict=True
    ):
        at = row[link]
        rows.append(("network_lease", link, leased * lease[at]))
        rows.append(("network_upgrade", link, upgrades * case.derived.upgrade_cost[at]))
    return rows


def _workloads(case: Case, frames: Mapping[str, pd.DataFrame]) -> Rows:
    """Return link costs by region and site, and the moving costs of pins."""
    yuan = _by_pair(case, "link_costs", "region", "yuan_per_million_requests")
    placements, runs = frames["placements"], frames["runs"]
    rows: Rows = [
        ("service_links", site, requests * DAYS_PER_YEAR * yuan[region, site] / 1e6)
        for region, site, requests in zip(
            texts(placements, "region"),
            texts(placements, "site"),
            numbers(placements, "requests_million_per_day"),
            strict=True,
        )
        if (region, site) in yuan
    ]
    services = texts(case.tables["services"].frame, "service")
    national = dict(zip(services, case.derived.demand.requests.sum(axis=0), strict=True))
    jobs = case.tables["jobs"].frame
    count = dict(zip(texts(jobs, "job"), numbers(jobs, "count"), strict=True))
    pins = case.tables["pins"].frame
    pins = pins[pins["rule"] == "moving_cost"]
    for workload, site, value in zip(
        texts(pins, "workload"), texts(pins, "site"), numbers(pins, "value"), strict=True
    ):
        if workload in national:
            chosen = placements[(placements["service"] == workload) & (placements["site"] == site)]
            if national[workload] <= 0.0:
                continue
            part = chosen["requests_million_per_day"].sum() / national[workload]
        else:
            chosen = runs[(runs["job"] == workload) & (runs["site"] == site)]
            split = parts_with_runs(frames)
            split = split[(split["job"] == workload) & (split["site"] == site)]
            split_runs = (split["runs"] * split["part"] / split["gang"]).sum()
            part = (chosen["runs"].sum() + split_runs) / count[workload]
        rows.append(("moving", site, value * float(part)))
    return rows


def _by_pair(case: Case, table: str, other: str, column: str) -> dict[tuple[str, str], float]:
    """Return a column of a table by another code and the site."""
    frame = case.tables[table].frame
    pairs = zip(texts(frame, other), texts(frame, "site"), strict=True)
    return dict(zip(pairs, numbers(frame, column), strict=True))


def _green(case: Case, frames: Mapping[str, pd.DataFrame]) -> Rows:
    price = _by_pair(case, "green_contracts", "contract", "price_yuan_per_mwh")
    bought = frames["contracts"]
    return [
        ("green_contracts", site, gwh * (price[contract, site] / 1e3))
        for contract, site, gwh in zip(
            texts(bought, "contract"),
            texts(bought, "site"),
            numbers(bought, "energy_gwh"),
            strict=True,
        )
    ]


def _carbon(case: Case, frames: Mapping[str, pd.DataFrame]) -> Rows:
    ledgers = frames["ledgers"]
    return [
        ("carbon", site, kilotonnes * policy.value / 1e3)
        for policy in case.derived.policies
        if policy.kind == "carbon_price"
        for site, kilotonnes in zip(
            texts(ledgers, "site"), numbers(ledgers, f"{policy.ledger}_kt"), strict=True
        )
    ]


def _policy_prices(
    case: Case, frames: Mapping[str, pd.DataFrame], bought: Mapping[str, pd.DataFrame]
) -> Rows:
    """Return surcharges and subsidies."""
    energy, builds = module_energy(case, frames["loads"]), bought["builds"]
    site_row = _row_of(case, "sites", "site")
    module_row = _row_of(case, "modules", "module")
    annual_pue = case.derived.cooling.annual_pue
    rate = case.parameter("finance", "discount_rate")
    life = numbers(case.tables["modules"].frame, "life_years")
    rows: Rows = []
    for policy in case.derived.policies:
        if policy.kind == "pue_surcharge":
            for site, module, gwh in zip(
                texts(energy, "site"),
                texts(energy, "module"),
                numbers(energy, "meter_gwh"),
                strict=True,
            ):
                at = (site_row[site], module_row[module])
                above = 1.0 - policy.threshold / float(annual_pue[at])
                if policy.sites[at[0]] and above > 0.0:
                    rows.append(("pue_surcharge", site, policy.value * gwh * above))
        elif policy.kind == "compute_voucher":
            rows += [
                ("subsidies", site, -policy.value * gwh / 1e3)
                for site, gwh in zip(texts(energy, "site"), numbers(energy, "it_gwh"), strict=True)
                if policy.sites[site_row[site]]
            ]
        elif policy.kind == "build_subsidy":
            for site, module, kind, power in zip(
                texts(builds, "site"),
                texts(builds, "module"),
                texts(builds, "kind"),
                numbers(builds, "it_mw"),
                strict=True,
            ):
                if kind == "new" and policy.sites[site_row[site]]:
                    yearly = annuity_factor(rate, life[module_row[module]])
                    rows.append(("subsidies", site, -policy.value * power * yearly / 1e3))
    return rows


def _penalties(
    case: Case, frames: Mapping[str, pd.DataFrame], ordered: Mapping[str, pd.DataFrame]
) -> Rows:
    soft = {policy.policy: policy.penalty for policy in case.derived.policies if not policy.hard}
    return [
        ("policy_penalties", NATIONAL, soft[row.policy] * max(0.0, -row.slack))
        for row in policy_activities(case, frames, ordered)
        if row.policy in soft and not np.isnan(row.slack)
    ]
