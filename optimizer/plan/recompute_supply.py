"""What sites may contract, once more from the raw tables: generation, batteries, claims.

Like :mod:`optimizer.plan.recompute`, plain loops that share no code with what the model reads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Final

from optimizer.plan.verify_raw import RawTables
from optimizer.plan.verify_written import Row
from optimizer.tables.frames import TypedTable

OWN_KINDS: Final = ("direct_supply", "on_site")
"""Contracts that generate at a line of the site; the others are claims on grid power."""

Key = tuple[str, str]


class RawSupply(RawTables):
    """The raw tables, with the supply that sites may contract and the load that may move."""

    def __init__(self, tables: Mapping[str, TypedTable], year: int) -> None:
        super().__init__(tables, year)
        self._factors: dict[tuple[str, str], dict[tuple[int, int], float]] = {}
        for row in self.rows["renewable_profiles"]:
            key = (row["province"], row["technology"])
            by_hour = self._factors.setdefault(key, {})
            by_hour[row["month"], row["hour"]] = row["capacity_factor"]

    # --- claims ----------------------------------------------------------------------------

    @cached_property
    def claims(self) -> dict[Key, Row]:
        """Claims on grid power that count in the year, by contract and site."""
        offered = {}
        for row in self.rows["green_contracts"]:
            if row["kind"] in OWN_KINDS:
                continue
            vintage = row["vintage_year"]
            # Power of one year may be claimed in that year and in the next.
            if math.isnan(vintage) or self.year in {int(vintage), int(vintage) + 1}:
                offered[row["contract"], row["site"]] = row
        return offered

    def traded_mw(self, contract: str, site: str) -> dict[str, list[float]]:
        """Return the MW in each hour of each day of one GWh a year of a claim."""
        row = self.claims[contract, site]
        if row["kind"] != "green_trade" or row["technology"] == "":
            return {day: [0.0] * 24 for day in self.days}
        output = {day: self._capacity_factors(site, row["technology"], day) for day in self.days}
        gwh = sum(sum(output[day]) * weight / 1000.0 for day, (_month, weight) in self.days.items())
        return {
            day: [factor / gwh if gwh > 0.0 else 0.0 for factor in factors]
            for day, factors in output.items()
        }

    def _capacity_factors(self, site: str, technology: str, day: str) -> list[float]:
        month = self.days[day][0]
        by_hour = self._factors[self.sites[site]["province"], technology]
        return [by_hour[month, hour] for hour in range(24)]

    # --- own generation --------------------------------------------------------------------

    @cached_property
    def generation(self) -> dict[Key, Row]:
        """Generation on offer, by contract and site."""
        return {
            (row["contract"], row["site"]): row
            for row in self.rows["green_contracts"]
            if row["kind"] in OWN_KINDS and row["capacity_mw"] > 0.0
        }

    @cached_property
    def lines(self) -> dict[Key, list[Row]]:
        """Generation on offer at each line, by site and line."""
        lines: dict[Key, list[Row]] = {}
        for row in self.generation.values():
            lines.setdefault((row["site"], row["line"] or row["contract"]), []).append(row)
        return lines

    def is_direct(self, line: Key) -> bool:
        """Return whether a line is direct supply; otherwise it is generation on site."""
        return bool(self.lines[line][0]["kind"] == "direct_supply")

    def output(self, contract: Row, day: str) -> list[float]:
        """Return what one MW of generation can give in each hour of a day, MW."""
        scale = contract["yield_factor"]
        scale = 1.0 if math.isnan(scale) else scale
        factors = self._capacity_factors(contract["site"], contract["technology"], day)
        return [min(1.0, scale * factor) for factor in factors]

    def generation_cost(self, contract: Row) -> float:
        """Return the yearly cost of one MW of generation, million yuan."""
        share = self.annuity(contract["life_years"]) + contract["upkeep_share_per_year"]
        return float(contract["capex_yuan_per_kw"] * 1000.0 * share / 1e6)

    # --- batteries -------------------------------------------------------------------------

    @cached_property
    def batteries(self) -> dict[Key, Row]:
        """Batteries on offer, by battery and site."""
        return {
            (row["battery"], row["site"]): row
            for row in self.rows["batteries"]
            if row["power_mw"] > 0.0 and row["energy_mwh"] > 0.0
        }

    def battery_cost(self, battery: Key, power_mw: float, energy_mwh: float) -> float:
        """Return the yearly cost of a battery of a size, million yuan."""
        row = self.batteries[battery]
        capital = power_mw * row["capex_yuan_per_kw"] + energy_mwh * row["capex_yuan_per_kwh"]
        share = self.annuity(row["life_years"]) + row["upkeep_share_per_year"]
        return float(capital * 1000.0 * share / 1e6)

    # --- demand charge ---------------------------------------------------------------------

    def _charges(self, site: str) -> dict[int, tuple[str, float]]:
        """Return basis and charge of one MW in each month, million yuan."""
        wanted = self.sites[site]
        charges = {}
        for row in self.rows["tariffs"]:
            if (
                row["tariff_region"] == wanted["tariff_region"]
                and row["voltage_kv"] == wanted["voltage_kv"]
            ):
                yuan = row["demand_charge_yuan_per_kw_month"] * 1000.0
                if row["basis"] != "demand":
                    kva = self.parameters["kva_per_kw"] * 1000.0
                    yuan = row["capacity_charge_yuan_per_kva_month"] * kva
                charges[row["month"]] = (row["basis"], yuan / 1e6)
        return charges

    @property
    def is_metered(self) -> bool:
        """Whether months on the demand basis are billed by the highest load metered."""
        return "demand_peak_factor" in self.parameters

    def contracted_charge(self, site: str) -> float:
        """Return what one MW contracted costs in a year, million yuan."""
        return sum(
            yuan
            for basis, yuan in self._charges(site).values()
            if not (self.is_metered and basis == "demand")
        )

    def metered_charge(self, site: str, day: str) -> float:
        """Return what one MW of the highest hour of a day's months costs, million yuan."""
        if not self.is_metered:
            return 0.0
        months = self.months_of(day)
        charges = self._charges(site)
        by_demand = sum(charges[month][1] for month in months if charges[month][0] == "demand")
        return float(by_demand * self.parameters["demand_peak_factor"])

    # --- load that may move ----------------------------------------------------------------

    def flexible_share(self, service: str) -> float:
        """Return the share of a service's load that may move within the day."""
        share = self.services[service]["flexible_share"]
        return 0.0 if math.isnan(share) else float(share)

    def counted_as(self, service: str) -> str:
        """Return the profile that the load of a service is counted by."""
        profile = str(self.services[service]["profile"])
        return f"{profile}_flexible" if self.flexible_share(service) > 0.0 else profile

    @cached_property
    def service_shapes(self) -> dict[str, list[float]]:
        """Load of services in 24 hours relative to its mean, by the profile it is counted by."""
        shapes = {row["profile"]: self.profile(row["profile"]) for row in self.rows["profiles"]}
        for service, row in self.services.items():
            shapes[self.counted_as(service)] = self.profile(row["profile"])
        return shapes

    def load_shape(self, profile: str, day: str) -> list[float]:
        """Return a load of one MW in the hours of a day, MW."""
        if profile in self.service_shapes and profile != "idle":
            return self.service_shapes[profile]
        return [1.0 if profile in {"idle", f"training_{day}"} else 0.0] * 24

    def profile(self, name: str) -> list[float]:
        """Return the 24 values of a profile relative to its mean."""
        day = [0.0] * 24
        for row in self.rows["profiles"]:
            if row["profile"] == name:
                day[row["hour"]] = row["relative_load"]
        mean = sum(day) / 24.0
        return [value / mean for value in day]
