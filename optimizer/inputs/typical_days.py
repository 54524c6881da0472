"""Typical days and months.

A typical day ``d`` stands for ``weight_days`` days of the year; the weights sum to 365. Its
month gives prices and temperatures. Training runs are dated in calendar months; a month is
represented by the typical day of that month or, if it has none, by the nearest earlier one, where
December comes before January. The only typical day of a case stands for all months.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.units import HOURS_PER_DAY, MONTHS_PER_YEAR

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
    stands_for = np.zeros((len(days), MONTHS_PER_YEAR))
    stands_for[day_of_months(month), np.arange(MONTHS_PER_YEAR)] = DAYS_IN_MONTH
    month_share = stands_for / stands_for.sum(axis=1, keepdims=True)
    return Calendar(
        days=tuple(days["typical_day"]),
        month=month,
        weight=days["weight_days"].to_numpy(dtype=float),
        month_share=month_share,
    )


def day_of_months(month: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ``(12,)`` which typical day represents each calendar month.

    Parameters
    ----------
    month
        ``(D,)`` rising months of the typical days, 1 to 12, each once.

    Examples
    --------
    >>> day_of_months(np.array([2, 6, 9])).tolist()
    [2, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2]
    """
    # Before the first day stands -1: the last day, of the year before.
    earlier = np.searchsorted(month, np.arange(1, MONTHS_PER_YEAR + 1), side="right") - 1
    days: NDArray[np.int64] = (earlier % len(month)).astype(np.int64)
    return days
