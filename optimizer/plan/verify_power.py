"""Verification of modules, loads, network, contracts and ledgers."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Final

from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_balance import Balance
from optimizer.plan.verify_paths import check_paths
from optimizer.plan.verify_split import gangs_at_sites, split_flows
from optimizer.plan.verify_written import Written
from optimizer.plan.violation import Checker

NEGLIGIBLE: Final = 1e-9
"""Nothing is divided by less energy than this, GWh."""


def check_power(checker: Checker, facts: Recomputed, plan: Written, balance: Balance) -> None:
    """Check power, energy, network and green contracts."""
    _modules(checker, facts, plan, balance)
    _balance(checker, facts, plan)
    _network(checker, facts, plan)
    _contracts(checker, facts, plan)
    _ledgers(checker, facts, plan, balance)


def _modules(checker: Checker, facts: Recomputed, plan: Written, balance: Balance) -> None:
    used: dict[str, float] = defaultdict(float)
    meter: dict[str, float] = defaultdict(float)
    new: dict[str, float] = defaultdict(float)
    built: dict[tuple[str, str], float] = {}
    standing: dict[str, float] = defaultdict(float)
    existing = next(name for name, row in facts.modules.items() if row["kind"] == "existing")
    for row in plan.rows["builds"]:
        site, module = row["site"], row["module"]
        place = f"{site}|{module}"
        kind = facts.modules[module]
        used[site] += row["used_mw"]
        pue = facts.design_pue(site, module)
        meter[site] += row["used_mw"] * pue
        checker.equal("design PUE", place, row["design_pue"], pue, "1")
        checker.equal(
            "annual PUE", place, row["annual_pue"], _annual_pue(facts, balance, site, module), "1"
        )
        checker.holds("kind of the module", place, fact=row["kind"] == kind["kind"])
        checker.at_least("modules are not negative", place, row["modules"], 0.0, "modules")
        checker.at_least("power used is not negative", place, row["used_mw"], 0.0, "MW")
        if kind["kind"] == "existing":
            standing[site] += row["it_mw"]
            checker.equal("no module is existing power", place, row["modules"], 0.0, "modules")
        else:
            built[site, module] = row["modules"]
            new[site] += row["it_mw"]
            checker.holds("module allowed at the site", place, fact=facts.may_have(site, module))
            checker.equal(
                "power of modules", place, row["it_mw"], row["modules"] * kind["it_mw"], "MW"
            )
            if not plan.relaxed:
                checker.whole("whole modules", place, row["modules"], "modules")
            checker.at_most(
                "most modules", place, row["modules"], kind["maximum_per_site"], "modules"
            )
        checker.at_most("power used", place, row["used_mw"], row["it_mw"], "MW")
    # Over several periods the rules on orders are those of the file on periods.
    one_period = plan.purchases is None
    for site in facts.sites:
        for module, kind in facts.modules.items():
            if one_period and kind["minimum_per_site"] > 0 and facts.may_have(site, module):
                checker.at_least(
                    "fewest modules",
                    f"{site}|{module}",
                    built.get((site, module), 0.0),
                    kind["minimum_per_site"],
                    "modules",
                )
    nameplate: dict[str, float] = defaultdict(float)
    for row in plan.rows["accelerators"]:
        installed = row["fleet"] + row["bought"]
        nameplate[row["site"]] += installed * facts.maximum_kw(row["accelerator"]) / 1000.0
    for site, row in facts.sites.items():
        checker.equal("existing power", site, standing[site], facts.free_power(site), "MW")
        checker.equal("nameplate power", site, used[site], nameplate[site], "MW")
        occupied = row["occupied_it_mw"] * facts.design_pue(site, existing)
        checker.at_most("ceiling", site, meter[site] + occupied, row["ceiling_mw"], "MW")
        if one_period:
            checker.at_most("build limit", site, new[site], row["build_limit_mw"], "MW")


def _annual_pue(facts: Recomputed, balance: Balance, site: str, module: str) -> float:
    """Return the PUE over the year at the load carried, or at a constant load if there is none."""
    it, meter = balance.energy.get((site, module), (0.0, 0.0))
    return meter / it if it > NEGLIGIBLE else facts.annual_pue(site, module)


def _balance(checker: Checker, facts: Recomputed, plan: Written) -> None:
    """Check that the loads of every profile are what the work there draws."""
    drawn: dict[tuple[str, str], float] = defaultdict(float)
    for row in plan.rows["service_accelerators"]:
        card = row["accelerator"]
        power = row["busy_accelerators"] * facts.busy_kw(card) / 1000.0
        drawn[row["site"], facts.counted_as(row["service"])] += power
    for row in plan.rows["accelerators"]:
        installed = row["fleet"] + row["bought"]
        drawn[row["site"], "idle"] += installed * facts.idle_kw(row["accelerator"]) / 1000.0
    for row in gangs_at_sites(plan):
        card = row["accelerator"]
        busy_kw = facts.busy_kw(card)
        months = facts.month_shares(row["start_month"], row["duration_days"])
        for day in facts.days:
            share = facts.day_share(day, months)
            if share > 0.0:
                power = row["runs"] * row["gang"] * busy_kw / 1000.0 * share
                drawn[row["site"], f"training_{day}"] += power
    carried: dict[tuple[str, str], float] = defaultdict(float)
    for row in plan.rows["loads"]:
        place = f"{row['site']}|{row['profile']}|{row['module']}"
        checker.at_least("load is not negative", place, row["mean_mw"], 0.0, "MW")
        carried[row["site"], row["profile"]] += row["mean_mw"]
    for key in sorted(set(drawn) | set(carried)):
        checker.equal("load of a profile", "|".join(key), carried[key], drawn[key], "MW")


def _network(checker: Checker, facts: Recomputed, plan: Written) -> None:
    flow = dict(check_paths(checker, facts, plan))
    for link, gbps in split_flows(facts, plan).items():
        flow[link] = flow.get(link, 0.0) + gbps
    for row in plan.rows["placements"]:
        region, site = row["region"], row["site"]
        rate = row["share"] * facts.peak_gbps(region, row["service"])
        checker.equal(
            "peak rate", f"{region}|{row['service']}|{site}", row["peak_gbps"], rate, "Gbit/s"
        )
    for row in plan.rows["runs"]:
        rate = row["runs"] * facts.dataset_gbps(row["job"])
        place = f"{row['job']}|{row['site']}"
        checker.equal("data set rate", place, row["dataset_gbps"], rate, "Gbit/s")
    for row in plan.rows["links"]:
        name = row["link"]
        cable = facts.links[name]
        spare = cable["capacity_gbps"] * (1.0 - cable["used_share"])
        checker.equal("flow", name, row["flow_gbps"], flow.get(name, 0.0), "Gbit/s")
        checker.equal("spare capacity", name, row["spare_gbps"], spare, "Gbit/s")
        checker.at_least("lease is not negative", name, row["leased_gbps"], 0.0, "Gbit/s")
        checker.at_least("upgrades are not negative", name, row["upgrades"], 0.0, "upgrades")
        checker.at_most("leased capacity", name, row["leased_gbps"], spare, "Gbit/s")
        room = row["leased_gbps"] + row["upgrades"] * cable["upgrade_step_gbps"]
        checker.at_most("flow within capacity", name, flow.get(name, 0.0), room, "Gbit/s")
        if not plan.relaxed:
            checker.whole("whole upgrades", name, row["upgrades"], "upgrades")
        checker.at_most(
            "most upgrades", name, row["upgrades"], cable["upgrade_maximum_steps"], "upgrades"
        )


def _contracts(checker: Checker, facts: Recomputed, plan: Written) -> None:
    offered = facts.claims
    for row in plan.rows["contracts"]:
        key = (row["contract"], row["site"])
        place = "|".join(key)
        checker.holds("contract is offered", place, fact=key in offered)
        checker.at_least("contract is not negative", place, row["energy_gwh"], 0.0, "GWh")
        ceiling = offered[key]["ceiling_gwh"] if key in offered else 0.0
        if not math.isnan(ceiling):
            checker.at_most("contract ceiling", place, row["energy_gwh"], ceiling, "GWh")


def _ledgers(checker: Checker, facts: Recomputed, plan: Written, balance: Balance) -> None:
    """Check energy, claims and the three accounts of emissions of every site."""
    for row in plan.rows["ledgers"]:
        site = row["site"]
        here = {module: part for (name, module), part in balance.energy.items() if name == site}
        it = sum(part[0] for part in here.values())
        meter = sum(part[1] for part in here.values())
        new = sum(
            part[1] for module, part in here.items() if facts.modules[module]["kind"] == "new"
        )
        water = sum(
            part[0] * 1e6 * facts.modules[module]["wue_l_per_kwh"] / 1000.0
            for module, part in here.items()
        )
        grid = facts.grid(site)
        location, residual = grid["location_kgco2_per_kwh"], grid["residual_kgco2_per_kwh"]
        taken, own, claimed = balance.taken[site], balance.own[site], balance.claimed[site]
        matched = balance.matched[site]
        hourly = matched / meter if meter > 0.0 else 0.0
        contractual = balance.contractual(site) / meter if meter > 0.0 else 0.0
        for name, value, unit in (
            ("it_gwh", it, "GWh"),
            ("meter_gwh", meter, "GWh"),
            ("new_meter_gwh", new, "GWh"),
            ("import_gwh", taken, "GWh"),
            ("own_gwh", own, "GWh"),
            ("export_gwh", balance.exported[site], "GWh"),
            ("claimed_gwh", claimed, "GWh"),
            ("matched_gwh", matched, "GWh"),
            # 1 kg/kWh is 1 kt/GWh
            ("location_kt", taken * location, "kt CO2"),
            ("market_kt", (taken - claimed) * residual, "kt CO2"),
            ("hourly_kt", (meter - matched) * location, "kt CO2"),
            ("hourly_green_share", hourly, "1"),
            ("hourly_green_share_with_grid", hourly + (1.0 - hourly) * grid["green_share"], "1"),
            ("contractual_green_share", contractual, "1"),
            ("physical_green_share", grid["green_share"], "1"),
            ("water_m3", water, "m3"),
        ):
            checker.equal(f"ledger {name}", site, row[name], value, unit)
        checker.at_most("claims within energy", site, claimed, min(meter, taken), "GWh")
