"""Verification of own supply: generation and its lines, batteries, hour by hour."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_balance import HOURS
from optimizer.plan.verify_written import Row, Written
from optimizer.plan.violation import Checker

Key = tuple[str, str]


def check_supply(checker: Checker, facts: Recomputed, plan: Written) -> None:
    """Check own generation and batteries."""
    sizes = _generation(checker, facts, plan)
    _line_hours(checker, facts, plan, sizes)
    _lines(checker, facts, plan, sizes)
    _batteries(checker, facts, plan)
    _battery_hours(checker, facts, plan)


def _generation(
    checker: Checker, facts: Recomputed, plan: Written
) -> dict[Key, list[tuple[Row, float]]]:
    """Check the capacities and return the contracts of each line with theirs."""
    sizes: dict[Key, list[tuple[Row, float]]] = {line: [] for line in facts.lines}
    for row in plan.rows["generation"]:
        key = (row["contract"], row["site"])
        place = "|".join(key)
        offer = facts.generation.get(key)
        checker.holds("generation is offered", place, fact=offer is not None)
        checker.at_least("generation is not negative", place, row["capacity_mw"], 0.0, "MW")
        if offer is not None:
            checker.at_most(
                "generation within the offer", place, row["capacity_mw"], offer["capacity_mw"], "MW"
            )
            line = (offer["site"], offer["line"] or offer["contract"])
            sizes[line].append((offer, row["capacity_mw"]))
    return sizes


def _line_hours(
    checker: Checker,
    facts: Recomputed,
    plan: Written,
    sizes: dict[Key, list[tuple[Row, float]]],
) -> None:
    """Check that no line gives more than its generation can in any hour."""
    most: dict[tuple[Key, str], list[float]] = {}
    for line, parts in sizes.items():
        for day in facts.days:
            hours = [0.0] * 24
            for offer, capacity in parts:
                for hour, factor in enumerate(facts.output(offer, day)):
                    hours[hour] += capacity * factor
            most[line, day] = hours
    counted: Counter[Key] = Counter()
    for row in plan.rows["line_hours"]:
        line, day, hour = (row["site"], row["line"]), row["typical_day"], row["hour"]
        place = f"{'|'.join(line)}|{day}|{hour}"
        counted[line] += 1
        if line not in sizes:
            checker.holds("line is offered", place, fact=False)
            continue
        checker.at_least("self-use is not negative", place, row["self_mw"], 0.0, "MW")
        checker.at_least("export is not negative", place, row["export_mw"], 0.0, "MW")
        given = row["self_mw"] + row["export_mw"]
        checker.at_most("output within generation", place, given, most[line, day][hour], "MW")
        price = facts.lines[line][0]["export_price_yuan_per_mwh"]
        if math.isnan(price):  # nothing may be sent out
            checker.equal("export is allowed", place, row["export_mw"], 0.0, "MW")
    for line, parts in sizes.items():
        wanted = len(facts.days) * 24 if parts else 0
        checker.equal("hours of a line", "|".join(line), counted[line], wanted, "hours")


def _lines(
    checker: Checker,
    facts: Recomputed,
    plan: Written,
    sizes: dict[Key, list[tuple[Row, float]]],
) -> None:
    """Check what every line says of its year."""
    used: dict[Key, float] = defaultdict(float)
    sent: dict[Key, float] = defaultdict(float)
    for row in plan.rows["line_hours"]:
        weight = facts.days[row["typical_day"]][1]
        used[row["site"], row["line"]] += row["self_mw"] * weight / 1000.0
        sent[row["site"], row["line"]] += row["export_mw"] * weight / 1000.0
    written = {(row["site"], row["line"]): row for row in plan.rows["lines"]}
    missing = ["|".join(line) for line in facts.lines if line not in written]
    checker.none("every line is listed", "lines", missing)
    unheard = ["|".join(line) for line in written if line not in facts.lines]
    checker.none("line is offered", "lines", unheard)
    for line, row in written.items():
        if line not in facts.lines:
            continue
        place, direct = "|".join(line), facts.is_direct(line)
        available = sum(
            capacity * sum(facts.output(offer, day)) * weight / 1000.0
            for offer, capacity in sizes[line]
            for day, (_month, weight) in facts.days.items()
        )
        checker.holds("kind of the line", place, fact=row["direct"] == direct)
        for rule, column, gwh in (
            ("available energy", "available_gwh", available),
            ("self-use of a line", "self_use_gwh", used[line]),
            ("export of a line", "export_gwh", sent[line]),
        ):
            checker.equal(rule, place, row[column], gwh, "GWh")
        if row["built"]:
            checker.holds("line is built for generation", place, fact=available > 0.0)
        elif not (plan.relaxed and direct):  # a relaxed plan builds lines in part
            for offer, capacity in sizes[line]:
                checker.at_most(
                    "generation needs its line",
                    f"{place}|{offer['contract']}",
                    capacity,
                    0.0,
                    "MW",
                    scale=max(1.0, offer["capacity_mw"]),
                )


def _batteries(checker: Checker, facts: Recomputed, plan: Written) -> None:
    """Check the sizes of batteries."""
    for row in plan.rows["batteries"]:
        key = (row["battery"], row["site"])
        place = "|".join(key)
        offer = facts.batteries.get(key)
        checker.holds("battery is offered", place, fact=offer is not None)
        for rule, column, unit in (
            ("battery power", "power_mw", "MW"),
            ("battery energy", "energy_mwh", "MWh"),
        ):
            checker.at_least("battery is not negative", place, row[column], 0.0, unit)
            if offer is not None:
                checker.at_most(rule, place, row[column], offer[column], unit)


def _battery_hours(checker: Checker, facts: Recomputed, plan: Written) -> None:
    """Check charge, discharge and store of every battery in every hour of every day."""
    sizes = {(row["battery"], row["site"]): row for row in plan.rows["batteries"]}
    days: dict[tuple[str, str, str], dict[int, Row]] = defaultdict(dict)
    counted: Counter[Key] = Counter()
    for row in plan.rows["battery_hours"]:
        days[row["battery"], row["site"], row["typical_day"]][row["hour"]] = row
        counted[row["battery"], row["site"]] += 1
    for key in sorted({*sizes, *counted}):
        wanted = len(facts.days) * 24 if key in sizes else 0
        checker.equal("hours of a battery", "|".join(key), counted[key], wanted, "hours")
    for (battery, site, day), hours in days.items():
        key = (battery, site)
        if key not in sizes or key not in facts.batteries or len(hours) < len(HOURS):
            continue  # refused above
        offer, size = facts.batteries[key], sizes[key]
        for hour in HOURS:
            row, after = hours[hour], hours[(hour + 1) % 24]
            place = f"{battery}|{site}|{day}|{hour}"
            for rule, column, most, unit in (
                ("charge within power", "charge_mw", size["power_mw"], "MW"),
                ("discharge within power", "discharge_mw", size["power_mw"], "MW"),
                ("stored within energy", "stored_mwh", size["energy_mwh"], "MWh"),
            ):
                checker.at_least("battery hour is not negative", place, row[column], 0.0, unit)
                checker.at_most(rule, place, row[column], most, unit)
            # The day closes on itself: its last hour leaves what its first one finds.
            stored = (
                row["stored_mwh"]
                + row["charge_mw"] * offer["charge_efficiency"]
                - row["discharge_mw"] / offer["discharge_efficiency"]
            )
            checker.equal(
                "state of charge",
                place,
                after["stored_mwh"],
                stored,
                "MWh",
                scale=max(1.0, size["energy_mwh"]),
            )
            both = min(row["charge_mw"], row["discharge_mw"])
            checker.at_most("charge and discharge at once", place, both, 0.0, "MW")


def supply_cost(facts: Recomputed, plan: Written) -> dict[Key, float]:
    """Return what own supply costs, by term and site, million yuan a year."""
    cost: dict[Key, float] = defaultdict(float)
    for row in plan.rows["generation"]:
        offer = facts.generation.get((row["contract"], row["site"]))
        if offer is not None:
            yearly = row["capacity_mw"] * facts.generation_cost(offer)
            cost["generation", row["site"]] += yearly
    for row in plan.rows["line_hours"]:
        line = (row["site"], row["line"])
        if line in facts.lines:
            offer = facts.lines[line][0]
            # MWh times yuan/MWh
            hours = facts.days[row["typical_day"]][1]
            yuan = row["self_mw"] * hours * offer["price_yuan_per_mwh"]
            cost["own_power", row["site"]] += yuan / 1e6
            price = offer["export_price_yuan_per_mwh"]
            if not math.isnan(price):
                cost["exports", row["site"]] -= row["export_mw"] * hours * price / 1e6
    for row in plan.rows["batteries"]:
        key = (row["battery"], row["site"])
        if key in facts.batteries:
            yearly = facts.battery_cost(key, row["power_mw"], row["energy_mwh"])
            cost["batteries", row["site"]] += yearly
    return cost
