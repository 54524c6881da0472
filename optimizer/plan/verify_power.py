"""Verification of modules, loads by hour, energy, network, contracts and ledgers."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Final

from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_paths import check_paths
from optimizer.plan.verify_split import gangs_at_sites, split_flows
from optimizer.plan.verify_written import Row, Written
from optimizer.plan.violation import Checker

SiteEnergy = dict[tuple[str, str], tuple[float, float, float]]

NEGLIGIBLE: Final = 1e-9
"""Nothing is divided by less energy than this, GWh."""


ABSENT: Final[Row] = {"it_mw": math.nan, "meter_mw": math.nan, "price_yuan_per_kwh": math.nan}
"""What an hour that is not written says."""


def check_power(checker: Checker, facts: Recomputed, plan: Written, energy: SiteEnergy) -> None:
    """Check power, energy, network and green contracts."""
    _modules(checker, facts, plan, energy)
    _balance(checker, facts, plan)
    _hours(checker, facts, plan)
    _network(checker, facts, plan)
    _contracts(checker, facts, plan)
    _ledgers(checker, facts, plan, energy)


def _modules(checker: Checker, facts: Recomputed, plan: Written, energy: SiteEnergy) -> None:
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
            "annual PUE", place, row["annual_pue"], _annual_pue(facts, energy, site, module), "1"
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
    for site in facts.sites:
        for module, kind in facts.modules.items():
            if kind["minimum_per_site"] > 0 and facts.may_have(site, module):
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
        checker.at_most("build limit", site, new[site], row["build_limit_mw"], "MW")


def _annual_pue(facts: Recomputed, energy: SiteEnergy, site: str, module: str) -> float:
    """Return the PUE over the year at the load carried, or at a constant load if there is none."""
    it, meter, _yuan = energy.get((site, module), (0.0, 0.0, 0.0))
    return meter / it if it > NEGLIGIBLE else facts.annual_pue(site, module)


def _balance(checker: Checker, facts: Recomputed, plan: Written) -> None:
    """Check that the loads of every profile are what the work there draws."""
    drawn: dict[tuple[str, str], float] = defaultdict(float)
    for row in plan.rows["service_accelerators"]:
        card = row["accelerator"]
        busy_kw = facts.sustained_kw(card) - facts.idle_kw(card)
        profile = facts.services[row["service"]]["profile"]
        drawn[row["site"], profile] += row["busy_accelerators"] * busy_kw / 1000.0
    for row in plan.rows["accelerators"]:
        installed = row["fleet"] + row["bought"]
        drawn[row["site"], "idle"] += installed * facts.idle_kw(row["accelerator"]) / 1000.0
    for row in gangs_at_sites(plan):
        card = row["accelerator"]
        busy_kw = facts.sustained_kw(card) - facts.idle_kw(card)
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


def _hours(checker: Checker, facts: Recomputed, plan: Written) -> None:
    """Check the load of every module type in every hour, and the meter in every hour."""
    used = {(row["site"], row["module"]): row["used_mw"] for row in plan.rows["builds"]}
    shapes = {row["profile"]: facts.profile(row["profile"]) for row in facts.rows["profiles"]}
    loads: dict[str, list[tuple[str, str, float]]] = defaultdict(list)
    for row in plan.rows["loads"]:
        loads[row["site"]].append((row["profile"], row["module"], row["mean_mw"]))
    written = {
        (row["site"], row["typical_day"], row["hour"]): row for row in plan.rows["energy_by_hour"]
    }
    hours = [site for site, _day, _hour in written]
    for site in facts.sites:
        wanted = len(facts.days) * 24 if site in loads else 0
        checker.equal("hours written", site, hours.count(site), wanted, "hours")
    for site, parts in loads.items():
        modules = sorted({module for _profile, module, _mean in parts})
        for day, (month, _weight) in facts.days.items():
            price = facts.hourly_prices(site, month)
            pue = {module: facts.pue(site, module, day) for module in modules}
            for hour in range(24):
                here = dict.fromkeys(modules, 0.0)
                for profile, module, mean in parts:
                    if profile in {"idle", f"training_{day}"}:
                        here[module] += mean
                    elif profile in shapes:
                        here[module] += mean * shapes[profile][hour]
                place = f"{site}|{day}|{hour}"
                for module, load in here.items():
                    checker.at_most(
                        "load in a module",
                        f"{place}|{module}",
                        load,
                        used.get((site, module), 0.0),
                        "MW",
                    )
                row = written.get((site, day, hour), ABSENT)  # counted above
                checker.equal("IT load in the hour", place, row["it_mw"], sum(here.values()), "MW")
                meter = sum(load * pue[module] for module, load in here.items())
                checker.equal("meter in the hour", place, row["meter_mw"], meter, "MW")
                checker.equal(
                    "price in the hour", place, row["price_yuan_per_kwh"], price[hour], "yuan/kWh"
                )


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
    offered = {(row["contract"], row["site"]): row for row in facts.rows["green_contracts"]}
    for row in plan.rows["contracts"]:
        key = (row["contract"], row["site"])
        place = "|".join(key)
        checker.holds("contract is offered", place, fact=key in offered)
        checker.at_least("contract is not negative", place, row["energy_gwh"], 0.0, "GWh")
        ceiling = offered[key]["ceiling_gwh"] if key in offered else 0.0
        if not math.isnan(ceiling):
            checker.at_most("contract ceiling", place, row["energy_gwh"], ceiling, "GWh")


def site_energy(facts: Recomputed, plan: Written) -> SiteEnergy:
    """Return IT energy, metered energy (GWh) and cost (million yuan) by site and module."""
    shapes = {row["profile"]: facts.profile(row["profile"]) for row in facts.rows["profiles"]}
    flat = [1.0] * 24
    totals: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for row in plan.rows["loads"]:
        site, module, profile = row["site"], row["module"], row["profile"]
        for day, (month, weight) in facts.days.items():
            if profile.startswith("training_") and profile not in shapes:
                if profile != f"training_{day}":
                    continue
                shape = flat
            else:
                shape = flat if profile == "idle" else shapes[profile]
            pue = facts.pue(site, module, day)
            price = facts.hourly_prices(site, month)
            total = totals[site, module]
            for hour in range(24):
                gwh = row["mean_mw"] * shape[hour] * weight / 1000.0
                total[0] += gwh
                total[1] += gwh * pue
                total[2] += gwh * pue * price[hour]
    return {key: (value[0], value[1], value[2]) for key, value in totals.items()}


def _ledgers(checker: Checker, facts: Recomputed, plan: Written, energy: SiteEnergy) -> None:
    claimed: dict[str, float] = defaultdict(float)
    for row in plan.rows["contracts"]:
        claimed[row["site"]] += row["energy_gwh"]
    for row in plan.rows["ledgers"]:
        site = row["site"]
        here = {module: value for (name, module), value in energy.items() if name == site}
        it = sum(value[0] for value in here.values())
        meter = sum(value[1] for value in here.values())
        new = sum(
            value[1] for module, value in here.items() if facts.modules[module]["kind"] == "new"
        )
        water = sum(
            value[0] * 1e6 * facts.modules[module]["wue_l_per_kwh"] / 1000.0
            for module, value in here.items()
        )
        grid = facts.grid(site)
        for name, value, unit in (
            ("it_gwh", it, "GWh"),
            ("meter_gwh", meter, "GWh"),
            ("new_meter_gwh", new, "GWh"),
            ("claimed_gwh", claimed[site], "GWh"),
            ("location_kt", meter * grid["location_kgco2_per_kwh"], "kt CO2"),
            ("market_kt", (meter - claimed[site]) * grid["residual_kgco2_per_kwh"], "kt CO2"),
            ("contractual_green_share", claimed[site] / meter if meter > 0.0 else 0.0, "1"),
            ("physical_green_share", grid["green_share"], "1"),
            ("water_m3", water, "m3"),
        ):
            checker.equal(f"ledger {name}", site, row[name], value, unit)
        checker.at_most("claims within energy", site, claimed[site], meter, "GWh")
