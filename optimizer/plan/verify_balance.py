"""Energy of every site added up once more: loads by module, the meter by the hour, claims.

From the tables that say what is done (loads, shifts, hours of lines and batteries, contracts),
never from those that follow from them::

    import = load at the meter + charge - discharge - own power
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_written import Written

HOURS: Final = range(24)

SiteEnergy = Mapping[tuple[str, str], tuple[float, float]]
"""IT and metered energy by site and module, GWh a year."""

ModuleDay = tuple[str, str, str]
"""Site, module and typical day."""

SiteDay = tuple[str, str]
"""Site and typical day."""


class Hour(NamedTuple):
    """One site in one hour, MW."""

    it: float
    meter: float
    own: float
    charge: float
    discharge: float

    @property
    def taken(self) -> float:
        """Power taken from the grid."""
        return self.meter + self.charge - self.discharge - self.own


@dataclass(frozen=True, slots=True)
class Balance:
    """What a plan uses, by site.

    Parameters
    ----------
    energy
        IT and metered energy of a year in each module, GWh.
    work
        IT load in each module and hour before any shift, MW.
    load
        The same with what is shifted.
    hours
        Every site with load or supply of its own in every hour of every day.
    taken, own, exported, claimed, matched
        Energy from the grid, of own generation used and sent out, under claims, and of load met by
        green power of its own hour, GWh a year.
    """

    energy: SiteEnergy
    work: Mapping[ModuleDay, list[float]]
    load: Mapping[ModuleDay, list[float]]
    hours: Mapping[SiteDay, list[Hour]]
    taken: Mapping[str, float]
    own: Mapping[str, float]
    exported: Mapping[str, float]
    claimed: Mapping[str, float]
    matched: Mapping[str, float]

    def metered(self, site: str) -> float:
        """Return the energy of a site at the meter, GWh a year."""
        return sum(part[1] for (name, _module), part in self.energy.items() if name == site)

    def contractual(self, site: str) -> float:
        """Return the load of a site met by contracts and by its own power, GWh a year.

        Own power that a battery loses meets no load.
        """
        claimed = self.claimed[site]
        return claimed + min(self.own[site], self.metered(site) - claimed)


def balance_of(facts: Recomputed, plan: Written) -> Balance:
    """Return what a plan uses."""
    work = _work(facts, plan)
    load = {key: list(hours) for key, hours in work.items()}
    for row in plan.rows["shifts"]:
        key = (row["site"], row["module"], row["typical_day"])
        moved = row["later_mw"] - row["earlier_mw"]
        load.setdefault(key, [0.0] * 24)[row["hour"]] += moved
    hours = _hours(facts, plan, load)
    taken, own, exported, claimed, matched = (dict.fromkeys(facts.sites, 0.0) for _ in range(5))
    for (site, day), by_hour in hours.items():
        weight = facts.days[day][1]
        taken[site] += sum(hour.taken for hour in by_hour) * weight / 1000.0
        own[site] += sum(hour.own for hour in by_hour) * weight / 1000.0
    for row in plan.rows["line_hours"]:
        exported[row["site"]] += row["export_mw"] * facts.days[row["typical_day"]][1] / 1000.0
    for row in plan.rows["contracts"]:
        claimed[row["site"]] += row["energy_gwh"]
    green = _green(facts, plan, hours)
    for (site, day), by_hour in hours.items():
        met = sum(min(green[site, day][hour], by_hour[hour].meter) for hour in HOURS)
        matched[site] += met * facts.days[day][1] / 1000.0
    energy = _energy(facts, work)
    return Balance(energy, work, load, hours, taken, own, exported, claimed, matched)


def _work(facts: Recomputed, plan: Written) -> dict[ModuleDay, list[float]]:
    work: dict[ModuleDay, list[float]] = {}
    for row in plan.rows["loads"]:
        for day in facts.days:
            hours = work.setdefault((row["site"], row["module"], day), [0.0] * 24)
            for hour, shape in enumerate(facts.load_shape(row["profile"], day)):
                hours[hour] += row["mean_mw"] * shape
    return work


def _energy(
    facts: Recomputed, work: Mapping[ModuleDay, list[float]]
) -> dict[tuple[str, str], tuple[float, float]]:
    it: dict[tuple[str, str], float] = defaultdict(float)
    meter: dict[tuple[str, str], float] = defaultdict(float)
    for (site, module, day), hours in work.items():
        gwh = sum(hours) * facts.days[day][1] / 1000.0
        it[site, module] += gwh
        meter[site, module] += gwh * facts.pue(site, module, day)
    return {key: (it[key], meter[key]) for key in it}


def _hours(
    facts: Recomputed, plan: Written, load: Mapping[ModuleDay, list[float]]
) -> dict[SiteDay, list[Hour]]:
    def by_hour(table: str, column: str) -> dict[tuple[str, str, int], float]:
        total: dict[tuple[str, str, int], float] = defaultdict(float)
        for row in plan.rows[table]:
            total[row["site"], row["typical_day"], row["hour"]] += row[column]
        return total

    own = by_hour("line_hours", "self_mw")
    charge = by_hour("battery_hours", "charge_mw")
    discharge = by_hour("battery_hours", "discharge_mw")
    it: dict[tuple[str, str, int], float] = defaultdict(float)
    meter: dict[tuple[str, str, int], float] = defaultdict(float)
    for (site, module, day), hours in load.items():
        pue = facts.pue(site, module, day)
        for hour in HOURS:
            it[site, day, hour] += hours[hour]
            meter[site, day, hour] += hours[hour] * pue
    sites = {site for site, _day, _hour in {*it, *own, *charge}}
    return {
        (site, day): [
            Hour(it[key], meter[key], own[key], charge[key], discharge[key])
            for key in ((site, day, hour) for hour in HOURS)
        ]
        for site in facts.sites
        if site in sites
        for day in facts.days
    }


def _green(
    facts: Recomputed, plan: Written, hours: Mapping[SiteDay, list[Hour]]
) -> dict[SiteDay, list[float]]:
    """Return own and traded green power at each site in each hour, MW."""
    green = {key: [hour.own for hour in by_hour] for key, by_hour in hours.items()}
    for row in plan.rows["contracts"]:
        contract, site = row["contract"], row["site"]
        if (contract, site) not in facts.claims:
            continue
        for day, shape in facts.traded_mw(contract, site).items():
            if (site, day) in green:
                for hour in HOURS:
                    green[site, day][hour] += row["energy_gwh"] * shape[hour]
    return green
