"""Policy rows of the second opinion, and the whole program of a case."""

from __future__ import annotations

import math
from pathlib import Path

from tests.oracle.raw_figures import monthly_pue, parameter, sites_in_scope
from tests.oracle.raw_program import Key, Program, Writer


class PolicyWriter(Writer):
    """Writes the program of one case with its policies."""

    def write(self) -> Program:
        super().write()
        for policy in self.tables.get("policies", []):
            if policy["enabled"] == "true" and self._binds(policy):
                self.policy(policy)
        return self.program

    def _binds(self, policy: dict[str, str]) -> bool:
        first = int(policy["valid_from"][:4])
        last = int(policy["valid_to"][:4]) if policy["valid_to"] else 9999
        return first <= self.year <= last

    def policy(self, row: dict[str, str]) -> None:
        kind, value = row["kind"], float(row["value"])
        if kind == "carbon_price":
            for key, kt in self._emissions(row["ledger"]).items():
                self.program.pay(key, kt * value / 1000)
            return
        is_floor = kind.endswith("_min")
        least, most = (0.0, math.inf) if is_floor else (-math.inf, value)
        if kind == "pue_max":
            most = 0.0
        scope = sites_in_scope(self.tables, row["scope"])
        rows = self._floors(kind, value, scope) if is_floor else self._ceilings(row, scope)
        for count, content in enumerate(rows):
            if row["hard"] == "false":
                penalty = float(row["penalty_million_yuan_per_unit"])
                broken = self.program.add("broken", row["policy"], str(count), cost=penalty)
                content[broken] = 1.0 if is_floor else -1.0
            self.program.keep(content, low=least, high=most)

    def _floors(self, kind: str, value: float, scope: list[str]) -> list[dict[Key, float]]:
        program = self.program
        if kind == "hub_share_min":
            bought: dict[Key, float] = {}
            for key in program.of("bought"):
                eflops = float(self.cards[key[2]]["bf16_dense_tflops"]) / 1000
                bought[key] = eflops * ((key[1] in scope) - value)
            return [bought]
        if kind == "west_share_min":
            return [
                {
                    key: self._it_gwh[key] * ((site in scope) - value)
                    for (site, _profile, _module), key in self.loads.items()
                }
            ]
        if kind == "green_share_physical_min":
            return [
                {
                    key: gwh * (self._grid(site, "green_share") - value)
                    for site in scope
                    for key, gwh in self._energy_of(site)
                }
            ]
        return [self._floor_of_site(kind, value, site) for site in scope if self._buildable(site)]

    def _floor_of_site(self, kind: str, value: float, site: str) -> dict[Key, float]:
        if kind == "green_share_contractual_min":
            terms = {key: 1.0 for key in self.program.of("green") if key[2] == site}
            for key, gwh in self._energy_of(site, new_only=True):
                terms[key] = -value * gwh
            return terms
        if kind != "utilisation_min":
            raise ValueError(kind)
        terms = {("used", site, module): 1.0 for module in self._buildable(site)}
        for module, size in self._buildable(site).items():
            terms["built", site, module] = -value * size
        return terms

    def _buildable(self, site: str) -> dict[str, float]:
        return {
            module: float(row["it_mw"])
            for module, row in self.modules[site].items()
            if row["kind"] == "new"
        }

    def _ceilings(self, row: dict[str, str], scope: list[str]) -> list[dict[Key, float]]:
        if row["kind"] == "carbon_cap":
            return [self._emissions(row["ledger"])]
        if row["kind"] == "new_it_mw_max":
            return [
                {("built", site, module): size for module, size in self._buildable(site).items()}
                for site in scope
                if self._buildable(site)
            ]
        if row["kind"] == "pue_max":
            return [
                {("built", site, module): 1.0}
                for site in scope
                for module in self._buildable(site)
                if self._mean_pue(site, module) > float(row["value"]) + 1e-9
            ]
        if row["kind"] != "budget":
            raise ValueError(row["kind"])
        factor = parameter(self.tables, "finance", "accelerator_system_factor")
        spent: dict[Key, float] = {}
        for key in self.program.of("built"):
            if key[1] in scope:
                spent[key] = self._module_capital(key[1], key[2])
        for key in self.program.of("bought"):
            if key[1] in scope:
                spent[key] = float(self.cards[key[2]]["price_yuan"]) * factor / 1000
        for key in self.program.of("upgrade"):
            spent[key] = float(self.links[key[1]]["upgrade_capex_million_yuan"])
        return [spent]

    def _mean_pue(self, site: str, module: str) -> float:
        row = self.modules[site][module]
        return (
            sum(monthly_pue(self.tables, site, row, day.month) * day.weight for day in self.days)
            / 365
        )


def write_program(folder: Path, year: int = 2026) -> Program:
    """Return the program of the case in a folder of CSV files."""
    return PolicyWriter(folder, year).write()
