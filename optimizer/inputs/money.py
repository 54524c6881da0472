"""Annuities and yearly costs.

A capital cost ``C`` bought at rate ``r`` over ``n`` years costs every year

``C * r / (1 - (1 + r)^-n)``, and ``C / n`` when ``r = 0``.
"""

from __future__ import annotations

import math


def annuity_factor(rate: float, years: float) -> float:
    """Return the yearly payment for each yuan of capital.

    Parameters
    ----------
    rate
        Discount rate a year.
    years
        Life in years.

    Examples
    --------
    >>> annuity_factor(0.0, 5.0)
    0.2
    >>> round(annuity_factor(0.06, 15.0), 6)
    0.102963
    """
    if rate == 0.0:
        return 1.0 / years
    # expm1 and log1p keep every digit where the rate is close to zero.
    return rate / -math.expm1(-years * math.log1p(rate))
