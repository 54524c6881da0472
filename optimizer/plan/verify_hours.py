"""Verification of every hour of every typical day: loads, the meter, the grid, billed peaks."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import Final

from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_balance import HOURS, Balance
from optimizer.plan.verify_written import Row, Written
from optimizer.plan.violation import Checker

ABSENT: Final[Row] = dict.fromkeys(
    (
        "it_mw",
        "meter_mw",
        "own_mw",
        "charge_mw",
        "discharge_mw",
        "import_mw",
        "price_yuan_per_kwh",
    ),
    math.nan,
)
"""What an hour that is not written says."""


def check_hours(checker: Checker, facts: Recomputed, plan: Written, balance: Balance) -> None:
    """Check loads, meter and import of every hour, and the peaks that are billed."""
    _module_loads(checker, plan, balance)
    _written_hours(checker, facts, plan, balance)
    _imports(checker, facts, balance)
    _metered_demand(checker, facts, plan, balance)


def _module_loads(checker: Checker, plan: Written, balance: Balance) -> None:
    """Check the load of every module type in every hour, shifts counted."""
    used = {(row["site"], row["module"]): row["used_mw"] for row in plan.rows["builds"]}
    for (site, module, day), hours in balance.load.items():
        for hour, load in enumerate(hours):
            place = f"{site}|{day}|{hour}|{module}"
            checker.at_most("load in a module", place, load, used.get((site, module), 0.0), "MW")


def _written_hours(checker: Checker, facts: Recomputed, plan: Written, balance: Balance) -> None:
    """Check the table of hours."""
    written = {
        (row["site"], row["typical_day"], row["hour"]): row for row in plan.rows["energy_by_hour"]
    }
    counted = Counter(site for site, _day, _hour in written)
    loaded = {row["site"] for row in plan.rows["loads"]}
    for site in facts.sites:
        wanted = len(facts.days) * 24 if site in loaded else 0
        checker.equal("hours written", site, counted[site], wanted, "hours")
    for (site, day), hours in balance.hours.items():
        if site not in loaded:
            continue
        prices = facts.hourly_prices(site, facts.days[day][0])
        for number in HOURS:
            place = f"{site}|{day}|{number}"
            row, hour = written.get((site, day, number), ABSENT), hours[number]  # counted above
            for rule, column, value, unit in (
                ("IT load in the hour", "it_mw", hour.it, "MW"),
                ("meter in the hour", "meter_mw", hour.meter, "MW"),
                ("own power in the hour", "own_mw", hour.own, "MW"),
                ("charge in the hour", "charge_mw", hour.charge, "MW"),
                ("discharge in the hour", "discharge_mw", hour.discharge, "MW"),
                ("import in the hour", "import_mw", hour.taken, "MW"),
                ("price in the hour", "price_yuan_per_kwh", prices[number], "yuan/kWh"),
            ):
                checker.equal(rule, place, row[column], value, unit)


def _imports(checker: Checker, facts: Recomputed, balance: Balance) -> None:
    """Check what is taken from the grid, beside the load that stays there."""
    existing = next(name for name, row in facts.modules.items() if row["kind"] == "existing")
    for (site, day), hours in balance.hours.items():
        row = facts.sites[site]
        occupied = row["occupied_it_mw"] * facts.design_pue(site, existing)
        for number, hour in enumerate(hours):
            place = f"{site}|{day}|{number}"
            checker.at_least("import is not negative", place, hour.taken, 0.0, "MW")
            checker.at_most(
                "import within the ceiling", place, hour.taken + occupied, row["ceiling_mw"], "MW"
            )


def _metered_demand(checker: Checker, facts: Recomputed, plan: Written, balance: Balance) -> None:
    """Check the highest hour of every month that is billed by it."""
    written = {(row["site"], row["typical_day"]): row for row in plan.rows["metered_demand"]}
    none = {"peak_mw": 0.0, "million_yuan": 0.0}
    for (site, day), hours in balance.hours.items():
        charge = facts.metered_charge(site, day)
        if charge > 0.0:
            place = f"{site}|{day}"
            row = written.pop((site, day), none)
            peak = max(hour.taken for hour in hours)
            checker.equal("metered peak", place, row["peak_mw"], peak, "MW")
            checker.equal(
                "charge of the peak", place, row["million_yuan"], peak * charge, "million yuan"
            )
    unbilled = ["|".join(key) for key in written]
    checker.none("demand is metered", "metered_demand", unbilled)


def metered_cost(facts: Recomputed, balance: Balance) -> dict[str, float]:
    """Return what the highest hours of all months cost at each site, million yuan."""
    cost: dict[str, float] = defaultdict(float)
    for (site, day), hours in balance.hours.items():
        peak = max(hour.taken for hour in hours)
        cost[site] += peak * facts.metered_charge(site, day)
    return cost


def energy_cost(facts: Recomputed, balance: Balance) -> dict[str, float]:
    """Return what the energy from the grid costs at each site, million yuan."""
    cost: dict[str, float] = defaultdict(float)
    for (site, day), hours in balance.hours.items():
        month, weight = facts.days[day]
        for hour, price in zip(hours, facts.hourly_prices(site, month), strict=True):
            # yuan/kWh times MWh is thousand yuan
            cost[site] += hour.taken * price * weight / 1000.0
    return cost
