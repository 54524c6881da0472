"""Numbers looked up by code, also for empty tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def numbers_for(
    codes: Iterable[Any], values: Mapping[Any, float] | pd.Series
) -> NDArray[np.float64]:
    """Return the value of each code as a float array; an unknown code raises ``KeyError``.

    Examples
    --------
    >>> numbers_for(["b", "a"], {"a": 1.0, "b": 2.0}).tolist()
    [2.0, 1.0]
    """
    table = values.to_dict() if isinstance(values, pd.Series) else values
    return np.array([table[code] for code in codes], dtype=float).reshape(-1)
