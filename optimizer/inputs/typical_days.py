"""Typical days and months.

A typical day ``d`` stands for ``weight_days`` days of the year; the weights sum to 365. Its
month gives prices and temperatures. Training runs are dated in calendar months; a month is
represented by the typical days of that month, or by the only typical day of the case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.units import DAYS_PER_YEAR, HOURS_PER_DAY, MONTHS_PER_YEAR

DAYS_IN_MONTH: Final = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=float)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The typical days of the period.

    Parameters
    ----------
    days
        Typical days, sorted by month and name.
    month
        ``(D,)`` month of each, 1 to 12.
    weight
        ``(D,)`` days of the year each stands for.
    month_share
        ``(D, 12)`` share of each calendar month in the days a typical day stands for; each
        row sums to one.
    """

    days: tuple[str, ...]
    month: NDArray[np.int64]
    weight: NDArray[np.float64]
    month_share: NDArray[np.float64]

    @property
    def hour_weight(self) -> NDArray[np.float64]:
        """``(D, 24)`` hours of the year that each hour of each typical day stands for."""
        return np.repeat(self.weight[:, None], HOURS_PER_DAY, axis=1)


def calendar(times: pd.DataFrame) -> Calendar:
    """Return the calendar of the checked ``times`` table."""
    days = times.drop_duplicates("typical_day").sort_values(["month", "typical_day"])
    month = days["month"].to_numpy(dtype=np.int64)
    if len(days) == 1:
        month_share = DAYS_IN_MONTH[None, :] / DAYS_PER_YEAR
    else:
        month_share = np.zeros((len(days), MONTHS_PER_YEAR))
        month_share[np.arange(len(days)), month - 1] = 1.0
    return Calendar(
        days=tuple(days["typical_day"]),
        month=month,
        weight=days["weight_days"].to_numpy(dtype=float),
        month_share=month_share,
    )
