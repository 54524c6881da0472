"""Electricity prices by hour, and the charge on contracted demand.

``price[s, d, h] = sum over bands of share of the hour in the band * price of the band``

in yuan/kWh, for the site's tariff region and voltage and the typical day's month.

Demand charge of a MW contracted all year, at the cheaper of both bases (``tariffs.basis``)::

    demand basis     12 months * yuan/kW/month  * 1,000 kW/MW
    capacity basis   12 months * yuan/kVA/month * 1,000 kW/MW * kva_per_kw

With ``demand_peak_factor`` among the parameters, months on the demand basis are billed by the
highest load metered in the month instead: the hourly peak times that factor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.hours import hour_shares
from optimizer.inputs.typical_days import DAYS_IN_MONTH, Calendar
from optimizer.units import HOURS_PER_DAY, MONTHS_PER_YEAR


@dataclass(frozen=True, slots=True)
class Prices:
    """Electricity prices of the sites.

    Parameters
    ----------
    energy
        ``(S, D, 24)`` yuan/kWh.
    demand
        ``(S,)`` million yuan a year for each MW contracted.
    metered
        ``(S, D)`` million yuan for each MW of the highest hour of a typical day's months; zero
        where demand is contracted.
    """

    energy: NDArray[np.float64]
    demand: NDArray[np.float64]
    metered: NDArray[np.float64]


def prices(
    sites: pd.DataFrame,
    tariffs: pd.DataFrame,
    calendar: Calendar,
    kva_per_kw: float,
    peak_factor: float | None = None,
) -> Prices:
    """Return the prices of all sites.

    Parameters
    ----------
    sites, tariffs
        Checked tables.
    calendar
        Typical days.
    kva_per_kw
        Transformer capacity for each kW contracted.
    peak_factor
        Billed demand over the highest hourly load; ``None`` if demand is contracted.
    """
    monthly, charges = _by_region(tariffs, kva_per_kw)
    keys = list(zip(sites["tariff_region"], sites["voltage_kv"], strict=True))
    energy = np.stack([monthly[key][calendar.month - 1] for key in keys])
    # (S, 2, 12): charges on the demand basis and on the capacity basis by month
    by_month = np.stack([charges[key] for key in keys])
    if peak_factor is None:
        demand, metered = by_month.sum(axis=(1, 2)), np.zeros(energy.shape[:2])
    else:
        demand = by_month[:, 1].sum(axis=1)
        covered = (calendar.month_share > 0.0).astype(float)
        metered = by_month[:, 0] @ covered.T * peak_factor
    return Prices(energy=energy, demand=demand, metered=metered)


def _by_region(
    tariffs: pd.DataFrame, kva_per_kw: float
) -> tuple[dict[tuple[str, str], NDArray[np.float64]], dict[tuple[str, str], NDArray[np.float64]]]:
    """Return ``(12, 24)`` prices and ``(2, 12)`` charges of a MW, by region and voltage.

    The first row of the charges is of months on the demand basis, the second of the others.
    """
    monthly: dict[tuple[str, str], NDArray[np.float64]] = {}
    charges: dict[tuple[str, str], NDArray[np.float64]] = {}
    columns = [
        "tariff_region",
        "voltage_kv",
        "month",
        "hours",
        "price_yuan_per_kwh",
        "demand_charge_yuan_per_kw_month",
        "capacity_charge_yuan_per_kva_month",
        "basis",
    ]
    counted: set[tuple[str, str, int]] = set()
    for region, voltage, month, hours, price, demand, capacity, basis in tariffs[
        columns
    ].itertuples(index=False):
        key = (region, voltage)
        grid = monthly.setdefault(key, np.zeros((MONTHS_PER_YEAR, HOURS_PER_DAY)))
        grid[month - 1] += hour_shares(hours) * price
        if (region, voltage, month) not in counted:
            counted.add((region, voltage, month))
            by_month = charges.setdefault(key, np.zeros((2, MONTHS_PER_YEAR)))
            if basis == "demand":
                by_month[0, month - 1] = demand * 1e3 / 1e6
            else:
                by_month[1, month - 1] = capacity * kva_per_kw * 1e3 / 1e6
    return monthly, charges


def mean_price(tariffs: pd.DataFrame, region: str, voltage_kv: str) -> float:
    """Return the price of a constant load over the year in yuan/kWh."""
    monthly, _ = _by_region(
        tariffs[(tariffs["tariff_region"] == region) & (tariffs["voltage_kv"] == voltage_kv)], 1.0
    )
    grid = monthly[region, voltage_kv]
    return float((grid.mean(axis=1) * DAYS_IN_MONTH).sum() / DAYS_IN_MONTH.sum())
