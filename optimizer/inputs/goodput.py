"""Share of time in which a gang makes progress, by Daly's exact expression.

A run that checkpoints every ``t`` of work, writes a checkpoint in ``c``, restarts in ``r`` and
fails every ``M`` on average takes, for each unit of work,

``M / t * exp(r / M) * (exp((t + c) / M) - 1)``

(Daly 2006, exponential failures). Goodput is its inverse, maximised over ``t``. The optimum
satisfies ``exp((t + c) / M) * (1 - t / M) = 1``; with ``u = t / M`` it is the root in (0, 1)
of ``u + log(1 - u) + c / M``.
"""

from __future__ import annotations

import math
from typing import Final

_NEVER: Final = 700.0
"""Failures expected during one checkpoint beyond which no checkpoint is ever finished."""


def best_interval(checkpoint: float, mean_time_between_failures: float) -> float:
    """Return the work between checkpoints that maximises goodput, in the unit of the inputs.

    Parameters
    ----------
    checkpoint
        Time to write a checkpoint, ``c``.
    mean_time_between_failures
        ``M``, in the same unit.

    Examples
    --------
    Young's first-order rule sqrt(2 c M) is close when ``c`` is small:

    >>> round(best_interval(1.0, 185.6), 2), round(math.sqrt(2 * 185.6), 2)
    (18.61, 19.27)
    """
    if checkpoint <= 0.0:
        return 0.0
    target = checkpoint / mean_time_between_failures
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in {low, high}:
            break
        if middle + math.log1p(-middle) + target > 0.0:
            low = middle
        else:
            high = middle
    return low * mean_time_between_failures


def goodput(checkpoint: float, restart: float, mean_time_between_failures: float) -> float:
    """Return the largest share of time in which work progresses.

    Parameters
    ----------
    checkpoint, restart, mean_time_between_failures
        Times in one unit. Without a checkpoint time only restarts cost.

    Examples
    --------
    >>> round(goodput(1.0, 0.0, 185.6), 4)
    0.8998
    """
    mtbf = mean_time_between_failures
    if math.isinf(mtbf):
        return 1.0
    interval = best_interval(checkpoint, mtbf)
    if interval <= 0.0:
        return math.exp(-restart / mtbf)
    exponent = (interval + checkpoint) / mtbf
    if exponent > _NEVER:
        return 0.0
    return interval / mtbf * math.exp(-restart / mtbf) / math.expm1(exponent)
