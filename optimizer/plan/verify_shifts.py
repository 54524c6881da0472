"""Verification of batch work that moves within the day."""

from __future__ import annotations

from collections import defaultdict

from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_balance import HOURS
from optimizer.plan.verify_queueing import reserved_accelerators
from optimizer.plan.verify_split import gangs_at_sites
from optimizer.plan.verify_written import Written
from optimizer.plan.violation import Checker


def check_shifts(checker: Checker, facts: Recomputed, plan: Written) -> None:
    """Check that moved work is done on the day, where it may be, on accelerators that are free."""
    moved: dict[tuple[str, str, str], float] = defaultdict(float)
    later: dict[tuple[str, str, int], float] = defaultdict(float)
    earlier: dict[tuple[str, str, int], float] = defaultdict(float)
    module_room = _room_in_modules(facts, plan)
    for row in plan.rows["shifts"]:
        site, module, day, hour = row["site"], row["module"], row["typical_day"], row["hour"]
        place = f"{site}|{module}|{day}|{hour}"
        checker.holds("load moves at clusters only", place, fact=facts.sites[site]["is_cluster"])
        checker.at_least("moved load is not negative", place, row["later_mw"], 0.0, "MW")
        checker.at_least("moved load is not negative", place, row["earlier_mw"], 0.0, "MW")
        room = module_room[site, module][hour]
        checker.at_most("load moved out of a module", place, row["earlier_mw"], room, "MW")
        moved[site, module, day] += row["later_mw"] - row["earlier_mw"]
        later[site, day, hour] += row["later_mw"]
        earlier[site, day, hour] += row["earlier_mw"]
    for key, balance in moved.items():
        checker.equal("moved load stays in its day", "|".join(key), balance, 0.0, "MWh")
    work_room, free = _room_of_work(facts, plan), _free_power(facts, plan)
    for (site, day, hour), power in later.items():
        place = f"{site}|{day}|{hour}"
        out = earlier[site, day, hour]
        checker.at_most("load moved out of the site", place, out, work_room[site][hour], "MW")
        # The only typical day stands for every month.
        months = range(1, 13) if len(facts.days) == 1 else [facts.days[day][0]]
        room = min(free[site, month][hour] for month in months)
        checker.at_most("load moved to free accelerators", place, power, room, "MW")


def _room_in_modules(facts: Recomputed, plan: Written) -> dict[tuple[str, str], list[float]]:
    """Return what may leave each module in each hour, MW."""
    largest: dict[str, float] = defaultdict(float)
    for service in facts.services:
        profile = facts.counted_as(service)
        largest[profile] = max(largest[profile], facts.flexible_share(service))
    room: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0] * 24)
    for row in plan.rows["loads"]:
        share = largest[row["profile"]]
        if share > 0.0:
            for hour, shape in enumerate(facts.service_shapes[row["profile"]]):
                room[row["site"], row["module"]][hour] += share * shape * row["mean_mw"]
    return room


def _room_of_work(facts: Recomputed, plan: Written) -> dict[str, list[float]]:
    """Return what the work at each site allows to leave each hour, MW."""
    room: dict[str, list[float]] = defaultdict(lambda: [0.0] * 24)
    for row in plan.rows["service_accelerators"]:
        share = facts.flexible_share(row["service"])
        if share > 0.0:
            power = row["busy_accelerators"] * facts.busy_kw(row["accelerator"]) / 1000.0
            shapes = facts.profile(facts.services[row["service"]]["profile"])
            for hour, shape in enumerate(shapes):
                room[row["site"]][hour] += share * power * shape
    return room


def _free_power(facts: Recomputed, plan: Written) -> dict[tuple[str, int], list[float]]:
    """Return the IT power that batch work may take on at each site, by month and hour, MW.

    On each type of accelerator: what services, their reserve and gangs leave free, and no more
    than the part of the batch work there that may move.
    """
    flexible: dict[tuple[str, str], float] = defaultdict(float)
    busy: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0] * 24)
    for row in plan.rows["service_accelerators"]:
        key = (row["site"], row["accelerator"])
        flexible[key] += facts.flexible_share(row["service"]) * row["busy_accelerators"]
        for hour, shape in enumerate(facts.profile(facts.services[row["service"]]["profile"])):
            busy[key][hour] += row["busy_accelerators"] * shape
    gangs: dict[tuple[str, str, int], float] = defaultdict(float)
    for row in gangs_at_sites(plan):
        months = facts.month_shares(row["start_month"], row["duration_days"])
        for month, share in enumerate(months, start=1):
            if share > 0.0:
                gangs[row["site"], row["accelerator"], month] += row["runs"] * row["gang"]
    ready: dict[tuple[str, str], float] = defaultdict(float)
    for row in plan.rows["accelerators"]:
        installed = row["fleet"] + row["bought"]
        share = facts.cards[row["accelerator"]]["availability"]
        ready[row["site"], row["accelerator"]] += share * installed
    reserved = reserved_accelerators(plan)
    free: dict[tuple[str, int], list[float]] = defaultdict(lambda: [0.0] * 24)
    for (site, card), movable in flexible.items():
        for month in range(1, 13):
            for hour in HOURS:
                held = busy[site, card][hour] + gangs[site, card, month] + reserved[site, card]
                left = ready[site, card] - held
                taken_on = max(0.0, min(movable, left))
                free[site, month][hour] += taken_on * facts.busy_kw(card) / 1000.0
    return free
