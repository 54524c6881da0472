"""Verification of the summary of every site.

What a site carries follows from the other tables, which have rules of their own. Its numbers are
added up once more from them; only power for each kind of work and standing power come from the
tables of the case.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Final

from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_split import gangs_at_sites
from optimizer.plan.verify_written import Written
from optimizer.plan.violation import Checker

NEGLIGIBLE: Final = 1e-9
"""Nothing is divided by less than this: the ratio is empty then."""


def check_sites(checker: Checker, facts: Recomputed, plan: Written) -> None:
    """Check every number of the sites table."""
    amounts = _amounts(facts, plan)
    ratios = _ratios(facts, plan)
    for row in plan.rows["sites"]:
        site = row["site"]
        for (name, unit), by_site in amounts.items():
            checker.equal(f"site {name}", site, row[name], by_site[site], unit)
        for (name, unit), parts in ratios.items():
            top, bottom = parts[site]
            if bottom > NEGLIGIBLE:
                checker.equal(f"site {name}", site, row[name], top / bottom, unit)
            elif name == "rack_utilisation":  # no power at all: nothing of it is used
                checker.equal(f"site {name}", site, row[name], 0.0, unit)
            else:
                checker.holds(f"site {name}", site, fact=math.isnan(row[name]))


def _amounts(facts: Recomputed, plan: Written) -> dict[tuple[str, str], dict[str, float]]:
    """Return the columns that are sums, by name and unit, for every site."""
    training, inference, batch, idle, nameplate, new_power, cost = (
        dict.fromkeys(facts.sites, 0.0) for _ in range(7)
    )
    for row in plan.rows["service_accelerators"]:
        busy_kw = facts.busy_kw(row["accelerator"])
        kind = facts.services[row["service"]]["kind"]
        carried = batch if kind == "batch" else inference
        carried[row["site"]] += row["busy_accelerators"] * busy_kw / 1000.0
    for row in gangs_at_sites(plan):
        busy_kw = facts.busy_kw(row["accelerator"])
        active = row["duration_days"] / 365.0
        training[row["site"]] += row["runs"] * row["gang"] * busy_kw / 1000.0 * active
    for row in plan.rows["loads"]:
        if row["profile"] == "idle":
            idle[row["site"]] += row["mean_mw"]
    for row in plan.rows["builds"]:
        nameplate[row["site"]] += row["used_mw"]
        if facts.modules[row["module"]]["kind"] == "new":
            new_power[row["site"]] += row["it_mw"]
    for row in plan.rows["costs"]:
        # The network belongs to links, whatever they are called.
        if row["place"] in cost and not row["term"].startswith("network_"):
            cost[row["place"]] += row["million_yuan"]
    ledgers = {row["site"]: row for row in plan.rows["ledgers"]}
    return {
        ("training_mw", "MW"): training,
        ("inference_mw", "MW"): inference,
        ("batch_mw", "MW"): batch,
        ("idle_mw", "MW"): idle,
        ("nameplate_mw", "MW"): nameplate,
        ("new_it_mw", "MW"): new_power,
        ("meter_gwh", "GWh"): {site: row["meter_gwh"] for site, row in ledgers.items()},
        ("cost_million_yuan", "million yuan"): cost,
        ("location_kt", "kt CO2"): {site: row["location_kt"] for site, row in ledgers.items()},
        ("contractual_green_share", "1"): {
            site: row["contractual_green_share"] for site, row in ledgers.items()
        },
    }


def _ratios(
    facts: Recomputed, plan: Written
) -> dict[tuple[str, str], dict[str, tuple[float, float]]]:
    """Return the columns that are ratios, by name and unit, as what is divided by what."""
    nameplate: dict[str, float] = defaultdict(float)
    new_power: dict[str, float] = defaultdict(float)
    new_used: dict[str, float] = defaultdict(float)
    for row in plan.rows["builds"]:
        nameplate[row["site"]] += row["used_mw"]
        if facts.modules[row["module"]]["kind"] == "new":
            new_power[row["site"]] += row["it_mw"]
            new_used[row["site"]] += row["used_mw"]
    busy: dict[str, float] = defaultdict(float)
    installed: dict[str, float] = defaultdict(float)
    for row in plan.rows["accelerators"]:
        busy[row["site"]] += row["busy_mean"]
        installed[row["site"]] += row["fleet"] + row["bought"]
    energy_cost: dict[str, float] = defaultdict(float)
    for row in plan.rows["costs"]:
        if row["term"] == "energy":
            energy_cost[row["place"]] += row["million_yuan"]
    rack, new_rack, accelerator, load, price = ({} for _ in range(5))
    for ledger in plan.rows["ledgers"]:
        site = ledger["site"]
        standing = facts.standing_power(site)
        occupied = facts.sites[site]["occupied_it_mw"]
        rack[site] = (occupied + nameplate[site], standing + new_power[site])
        new_rack[site] = (new_used[site], new_power[site])
        accelerator[site] = (busy[site], installed[site])
        load[site] = (ledger["it_gwh"] * 1000.0 / 8760.0, nameplate[site])
        price[site] = (energy_cost[site], ledger["meter_gwh"])
    return {
        ("rack_utilisation", "1"): rack,
        ("new_rack_utilisation", "1"): new_rack,
        ("accelerator_utilisation", "1"): accelerator,
        ("load_factor", "1"): load,
        ("mean_price_yuan_per_kwh", "yuan/kWh"): price,
    }
