"""Clock hours written as text, such as ``0-8;22-24`` or ``11.5-14``."""

from __future__ import annotations

import math
import re
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.units import HOURS_PER_DAY

_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")


@cache
def hour_shares(hours: str) -> NDArray[np.float64]:
    """Return the share of each clock hour that a text of hours covers.

    Parameters
    ----------
    hours
        Spans ``start-end`` in hours, separated by ``;``, with ``0 <= start < end <= 24``.

    Returns
    -------
    numpy.ndarray
        ``(24,)`` shares, read-only; a share above one means that spans overlap.

    Raises
    ------
    ValueError
        If the text is not of that form.

    Examples
    --------
    >>> hour_shares("0-2;22.5-24")[[0, 1, 2, 22, 23]].tolist()
    [1.0, 1.0, 0.0, 0.5, 1.0]
    """
    shares = np.zeros(HOURS_PER_DAY)
    for span in hours.split(";"):
        match = _SPAN.fullmatch(span.strip())
        if match is None:
            raise ValueError(span)
        start, end = float(match[1]), float(match[2])
        if not 0 <= start < end <= HOURS_PER_DAY:
            raise ValueError(span)
        for hour in range(int(start), math.ceil(end)):
            shares[hour] += min(end, hour + 1) - max(start, hour)
    shares.setflags(write=False)  # the same text is asked for again and again
    return shares
