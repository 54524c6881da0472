"""Generation, batteries and green power that sites may contract, hour by hour.

A megawatt of generation of a technology yields ``yield_factor * capacity_factor[month, hour]``
MW in an hour and costs every year

``capex * (annuity(rate, life) + upkeep)``   in million yuan for each MW.

Batteries cost the same way for power and for energy. Green trade with a technology is counted
hour by hour in the shape of that technology: the shape of a GWh a year is in MW.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.money import annuity_factor
from optimizer.inputs.typical_days import Calendar
from optimizer.tables.frames import records
from optimizer.units import HOURS_PER_DAY

GENERATION_KINDS: Final = ("direct_supply", "on_site")
CERTIFICATE_YEARS: Final = 2
"""A certificate counts in the year of its power and in the next."""


@dataclass(frozen=True, slots=True)
class Generation:
    """Offers of direct supply and on-site generation, one entry each.

    Parameters
    ----------
    contract, site
        ``(G,)`` rows of the tables.
    line
        ``(G,)`` line it feeds; on-site generation is a line of its own.
    capacity_mw
        ``(G,)`` largest capacity.
    yearly_cost
        ``(G,)`` million yuan a year for each MW.
    price
        ``(G,)`` million yuan for each GWh used at the site.
    export_price
        ``(G,)`` million yuan earned for each GWh sent out; NaN where none may be.
    factor
        ``(G, D, 24)`` output of one MW.
    line_site, line_is_direct
        ``(N,)`` site of each line, and whether it is direct supply.
    line_names
        Name of each line.
    """

    contract: NDArray[np.int64]
    site: NDArray[np.int64]
    line: NDArray[np.int64]
    capacity_mw: NDArray[np.float64]
    yearly_cost: NDArray[np.float64]
    price: NDArray[np.float64]
    export_price: NDArray[np.float64]
    factor: NDArray[np.float64]
    line_site: NDArray[np.int64]
    line_is_direct: NDArray[np.bool_]
    line_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Batteries:
    """Batteries on offer, one entry each.

    Parameters
    ----------
    site
        ``(B,)`` rows of ``sites``.
    power_mw, energy_mwh
        ``(B,)`` largest size.
    power_cost, energy_cost
        ``(B,)`` million yuan a year for each MW and MWh.
    charge_efficiency, discharge_efficiency
        ``(B,)``.
    """

    site: NDArray[np.int64]
    power_mw: NDArray[np.float64]
    energy_mwh: NDArray[np.float64]
    power_cost: NDArray[np.float64]
    energy_cost: NDArray[np.float64]
    charge_efficiency: NDArray[np.float64]
    discharge_efficiency: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SiteSupply:
    """What sites may contract.

    Parameters
    ----------
    generation, batteries
        See the classes.
    claims
        ``(C,)`` rows of ``green_contracts`` that are claims on grid power and valid in the year.
    claim_shape
        ``(C, D, 24)`` MW in each hour of one GWh a year of a claim; zero for claims without
        a technology, which no hour is matched with.
    """

    generation: Generation
    batteries: Batteries
    claims: NDArray[np.int64]
    claim_shape: NDArray[np.float64]


def site_supply(
    frames: Mapping[str, pd.DataFrame],
    calendar: Calendar,
    *,
    year: int,
    finance: Mapping[str, float],
) -> SiteSupply:
    """Return what the sites of checked tables may contract in a year."""
    contracts = frames["green_contracts"]
    site_row = {site: row for row, site in enumerate(frames["sites"]["site"])}
    factors = _Factors(frames["sites"], frames["renewable_profiles"], calendar)
    is_generation = contracts["kind"].isin(GENERATION_KINDS).to_numpy()
    offered = (contracts["capacity_mw"] > 0.0).to_numpy()
    rows = np.flatnonzero(is_generation & offered)
    rate = finance["discount_rate"]
    claims = np.flatnonzero(~is_generation & _valid(contracts, year))
    return SiteSupply(
        generation=_generation(contracts, rows, site_row, factors, rate),
        batteries=_batteries(frames["batteries"], site_row, rate),
        claims=claims,
        claim_shape=_claim_shape(contracts, claims, site_row, factors, calendar),
    )


def _valid(contracts: pd.DataFrame, year: int) -> NDArray[np.bool_]:
    """Return which claims may be used in a year: certificates for two years from theirs."""
    vintage = contracts["vintage_year"].fillna(year).to_numpy(dtype=float)
    valid: NDArray[np.bool_] = (vintage <= year) & (year < vintage + CERTIFICATE_YEARS)
    return valid


class _Factors:
    """Capacity factors by site and technology."""

    def __init__(self, sites: pd.DataFrame, profiles: pd.DataFrame, calendar: Calendar) -> None:
        self._province = sites["province"].tolist()
        self._months = calendar.month - 1
        self._by_key: dict[tuple[str, str], NDArray[np.float64]] = {}
        for (province, technology), part in profiles.groupby(["province", "technology"]):
            grid = np.full((12, HOURS_PER_DAY), np.nan)
            grid[part["month"].to_numpy() - 1, part["hour"].to_numpy()] = part["capacity_factor"]
            self._by_key[str(province), str(technology)] = grid

    def at(self, site: int, technology: str) -> NDArray[np.float64]:
        """Return ``(D, 24)`` output of one MW."""
        return self._by_key[self._province[site], technology][self._months]


def _generation(
    contracts: pd.DataFrame,
    rows: NDArray[np.int64],
    site_row: Mapping[str, int],
    factors: _Factors,
    rate: float,
) -> Generation:
    offers = contracts.iloc[rows]
    lines: dict[tuple[int, str], int] = {}
    line, direct = [], []
    site = offers["site"].map(site_row).to_numpy(dtype=np.int64)
    shapes = np.zeros((len(rows), len(factors._months), HOURS_PER_DAY))  # noqa: SLF001
    yearly = np.zeros(len(rows))
    for number, offer in enumerate(records(offers)):
        name = offer["line"] or offer["contract"]
        key = (int(site[number]), name)
        if key not in lines:
            lines[key] = len(lines)
            direct.append(offer["kind"] == "direct_supply")
        line.append(lines[key])
        scale = 1.0 if np.isnan(offer["yield_factor"]) else offer["yield_factor"]
        shapes[number] = np.minimum(1.0, scale * factors.at(key[0], offer["technology"]))
        share = annuity_factor(rate, offer["life_years"]) + offer["upkeep_share_per_year"]
        yearly[number] = offer["capex_yuan_per_kw"] * 1e3 * share / 1e6
    return Generation(
        contract=rows.astype(np.int64),
        site=site.astype(np.int64),
        line=np.array(line, dtype=np.int64),
        capacity_mw=offers["capacity_mw"].to_numpy(dtype=float),
        yearly_cost=yearly,
        price=offers["price_yuan_per_mwh"].to_numpy(dtype=float) / 1e3,
        export_price=offers["export_price_yuan_per_mwh"].to_numpy(dtype=float) / 1e3,
        factor=shapes,
        line_site=np.array([at for at, _name in lines], dtype=np.int64),
        line_is_direct=np.array(direct, dtype=bool),
        line_names=tuple(name for _at, name in lines),
    )


def _batteries(table: pd.DataFrame, site_row: Mapping[str, int], rate: float) -> Batteries:
    # A battery of no size is no battery: it gets no columns, and so no free storage.
    offers = table[(table["power_mw"] > 0.0) & (table["energy_mwh"] > 0.0)]
    share = np.array([annuity_factor(rate, life) for life in offers["life_years"]])
    share = share + offers["upkeep_share_per_year"].to_numpy(dtype=float)
    return Batteries(
        site=offers["site"].map(site_row).to_numpy().astype(np.int64),
        power_mw=offers["power_mw"].to_numpy(dtype=float),
        energy_mwh=offers["energy_mwh"].to_numpy(dtype=float),
        # yuan/kW for a MW is thousand yuan, hence / 1e3 for million yuan
        power_cost=offers["capex_yuan_per_kw"].to_numpy(dtype=float) * share / 1e3,
        energy_cost=offers["capex_yuan_per_kwh"].to_numpy(dtype=float) * share / 1e3,
        charge_efficiency=offers["charge_efficiency"].to_numpy(dtype=float),
        discharge_efficiency=offers["discharge_efficiency"].to_numpy(dtype=float),
    )


def _claim_shape(
    contracts: pd.DataFrame,
    claims: NDArray[np.int64],
    site_row: Mapping[str, int],
    factors: _Factors,
    calendar: Calendar,
) -> NDArray[np.float64]:
    shape = np.zeros((len(claims), len(calendar.days), HOURS_PER_DAY))
    for number, offer in enumerate(records(contracts.iloc[claims])):
        if offer["kind"] == "green_trade" and offer["technology"]:
            output = factors.at(site_row[offer["site"]], offer["technology"])
            gwh = float((output * calendar.weight[:, None]).sum()) / 1e3
            shape[number] = output / gwh if gwh > 0.0 else 0.0
    return shape
