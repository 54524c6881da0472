"""Units of the model and the few conversions to them.

Users see the units of the tables (yuan/kWh, tokens/s, kW a server); the model counts in
units that keep its coefficients near one:

=====================  ==========================
power                  MW
energy                 GWh a year
accelerators           thousand
requests               million a day
data rate              Gbit/s
money                  million yuan a year
emissions              kt CO2 a year
=====================  ==========================

Conversions are written here and nowhere else.
"""

from __future__ import annotations

from typing import Final

DAYS_PER_YEAR: Final = 365
HOURS_PER_DAY: Final = 24
HOURS_PER_YEAR: Final = DAYS_PER_YEAR * HOURS_PER_DAY
MONTHS_PER_YEAR: Final = 12
SECONDS_PER_HOUR: Final = 3600
SECONDS_PER_DAY: Final = SECONDS_PER_HOUR * HOURS_PER_DAY
SECONDS_PER_YEAR: Final = SECONDS_PER_DAY * DAYS_PER_YEAR

MEGAWATT_YEAR_IN_GWH: Final = HOURS_PER_YEAR / 1e3
"""1 MW over a year, in GWh (8.76)."""

STANDARD_RACK_MW: Final = 2.5e-3
"""IT power of a standard rack of 2.5 kW, in MW."""


def million_requests_per_day(requests_per_s: float) -> float:
    """Convert requests a second into million requests a day.

    Examples
    --------
    >>> million_requests_per_day(1000.0)
    86.4
    """
    return requests_per_s * SECONDS_PER_DAY / 1e6


def thousand_accelerators_per_million_requests_per_day(
    accelerator_seconds_per_request: float,
) -> float:
    """Return the mean number of busy accelerators (thousand) of a million requests a day.

    By Little's law a request of ``tau`` seconds at ``r`` requests a second keeps ``r * tau``
    accelerators busy.

    Examples
    --------
    >>> thousand_accelerators_per_million_requests_per_day(86.4)
    1.0
    """
    return accelerator_seconds_per_request * 1e6 / SECONDS_PER_DAY / 1e3


def million_yuan(price_yuan_per_kwh: float, energy_gwh: float) -> float:
    """Return the cost of an energy: 1 yuan/kWh is 1 million yuan/GWh.

    Examples
    --------
    >>> million_yuan(0.4, 10.0)
    4.0
    """
    return price_yuan_per_kwh * energy_gwh


def kilotonnes_co2(factor_kgco2_per_kwh: float, energy_gwh: float) -> float:
    """Return the emissions of an energy: 1 kg/kWh is 1 kt/GWh.

    Examples
    --------
    >>> kilotonnes_co2(0.5, 10.0)
    5.0
    """
    return factor_kgco2_per_kwh * energy_gwh


def gbit_per_s(bytes_per_request: float, requests_per_s: float) -> float:
    """Return the data rate of a stream of requests in Gbit/s.

    Examples
    --------
    >>> gbit_per_s(1e6, 1000.0)
    8.0
    """
    return bytes_per_request * 8.0 * requests_per_s / 1e9


def gbit_per_s_of_transfer(terabytes: float, days: float) -> float:
    """Return the rate that moves a data set within a window, in Gbit/s.

    Examples
    --------
    >>> round(gbit_per_s_of_transfer(62.0, 7.0), 3)
    0.82
    """
    return terabytes * 8e3 / (days * SECONDS_PER_DAY)
