"""The raw tables as rows, and what each site is: prices, cooling and power.

The base of :class:`~optimizer.plan.recompute.Recomputed`, and like it plain loops that share no
code with what the model reads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from optimizer.plan.verify_written import Row
from optimizer.tables.frames import TypedTable, records


class RawTables:
    """The raw tables as dictionaries, with the prices, the cooling and the power of sites."""

    def __init__(self, tables: Mapping[str, TypedTable], year: int) -> None:
        self.year = year
        self.rows: dict[str, list[Row]] = {
            name: records(table.frame) for name, table in tables.items()
        }
        self._turn_to_period()
        self.sites = self._keyed("sites", "site")
        self.regions = self._keyed("regions", "region")
        self.services = self._keyed("services", "service")
        self.jobs = self._keyed("jobs", "job")
        self.cards = self._keyed("accelerators", "accelerator")
        self.modules = self._keyed("modules", "module")
        self.links = self._keyed("links", "link")
        self.provinces = self._keyed("provinces", "province")
        self.finance = {row["parameter"]: row["value"] for row in self.rows["finance"]}
        self.parameters = {row["parameter"]: row["value"] for row in self.rows["parameters"]}
        self.days: dict[str, tuple[int, float]] = {
            row["typical_day"]: (row["month"], row["weight_days"]) for row in self.rows["times"]
        }
        self._prices: dict[tuple[str, int], list[float]] = {}

    def _turn_to_period(self) -> None:
        """Leave the days of the year, and what has grown or is left since the first period."""
        years = {row["period"] for row in self.rows["times"]}
        if len(years) == 1:
            return
        first = min(years)
        self.rows["times"] = [row for row in self.rows["times"] if row["period"] == self.year]
        passed = self.year - first
        if passed <= 0:
            return
        for row in self.rows["services"]:
            row["requests_per_s"] *= row["growth_per_year"] ** passed
        for row in self.rows["jobs"]:
            growth = row["growth_per_year"]
            grown = row["count"] * (1.0 if math.isnan(growth) else growth**passed)
            row["count"] = max(1, round(grown))
        life = {row["accelerator"]: row["life_years"] for row in self.rows["accelerators"]}
        for row in self.rows["fleet"]:
            left = max(0.0, 1.0 - passed / life[row["accelerator"]])
            row["installed"] = round(row["installed"] * left)

    def _keyed(self, table: str, key: str) -> dict[str, Row]:
        return {row[key]: row for row in self.rows[table]}

    def months_of(self, day: str) -> list[int]:
        """Return the months that a typical day stands for.

        They are its own and those after it that have none; December comes before January.
        """
        with_day = {month for month, _weight in self.days.values()}
        found = []
        for month in range(1, 13):
            earlier = month
            while earlier not in with_day:
                earlier = earlier - 1 or 12
            if earlier == self.days[day][0]:
                found.append(month)
        return found

    def hourly_prices(self, site: str, month: int) -> list[float]:
        """Return the 24 energy prices of a site in a month, yuan/kWh."""
        key = (site, month)
        if key not in self._prices:
            wanted = self.sites[site]
            day = [0.0] * 24
            for row in self.rows["tariffs"]:
                if (
                    row["tariff_region"] == wanted["tariff_region"]
                    and row["voltage_kv"] == wanted["voltage_kv"]
                    and row["month"] == month
                ):
                    for span in row["hours"].split(";"):
                        start, end = (float(part) for part in span.split("-"))
                        for hour in range(24):
                            inside = min(end, hour + 1.0) - max(start, float(hour))
                            day[hour] += max(0.0, inside) * row["price_yuan_per_kwh"]
            self._prices[key] = day
        return self._prices[key]

    def annuity(self, years: float) -> float:
        """Return the yearly payment for one yuan of capital over a life."""
        rate = self.finance["discount_rate"]
        if rate == 0.0:
            return 1.0 / years
        growth = (1.0 + rate) ** years
        return float(rate * growth / (growth - 1.0))

    def pue_at(self, module: str, celsius: float) -> float:
        """Return the PUE of a module at an outside temperature."""
        row = self.modules[module]
        warmer = celsius - row["pue_threshold_c"]
        return float(row["pue_base"] + row["pue_slope_per_c"] * max(0.0, warmer))

    def pue(self, site: str, module: str, day: str) -> float:
        """Return the PUE of a module at a site on a typical day."""
        month = self.days[day][0]
        for row in self.rows["climate"]:
            if row["site"] == site and row["month"] == month:
                return self.pue_at(module, row["mean_temperature_c"])
        raise KeyError((site, month))

    def design_pue(self, site: str, module: str) -> float:
        """Return the PUE of a module on a site's design day."""
        return self.pue_at(module, self.sites[site]["design_temperature_c"])

    def annual_pue(self, site: str, module: str) -> float:
        """Return the PUE of a constant load over the year."""
        weights = {day: weight for day, (_month, weight) in self.days.items()}
        return sum(self.pue(site, module, day) * w for day, w in weights.items()) / sum(
            weights.values()
        )

    def may_have(self, site: str, module: str) -> bool:
        """Return whether a site may have a module."""
        wanted = self.modules[module]["site_class"]
        return bool(wanted == "any" or (wanted == "cluster") == self.sites[site]["is_cluster"])

    def free_power(self, site: str) -> float:
        """Return the AI-ready power of a site in the planned year, MW of IT."""
        row = self.sites[site]
        power = row["ai_ready_it_mw"]
        if row["under_construction_year"] <= self.year:
            power += row["under_construction_it_mw"]
        return float(power)

    def standing_power(self, site: str) -> float:
        """Return all IT power of a site that stands in the planned year, MW."""
        row = self.sites[site]
        power = row["existing_it_mw"]
        if row["under_construction_year"] <= self.year:
            power += row["under_construction_it_mw"]
        return float(power)
