"""What a front of cost against something else says: which points stay, the knee, the price.

Points run from loose to tight. With ``c`` the cost, ``b`` its proved bound and ``v`` the limit,

price of one unit between neighbours i (looser) and j
                    ``(c[j] - c[i]) / |v[j] - v[i]|``, proved to lie between
                    ``(b[j] - c[i]) / |v[j] - v[i]|`` and ``(c[j] - b[i]) / |v[j] - v[i]|``
knee                the point farthest below the line from the first point to the last, both axes
                    from 0 to 1

A plan that keeps a tighter limit keeps a looser one too: where it is cheaper, it stands for the
looser point as well, so cost never falls along the front.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

SAME_WORK: Final = 1e-6
"""Value of work left undone, in million yuan, below which two plans do the same work."""

POINT_COLUMNS: Final = (
    "point",
    "limit",
    "value",
    "cost_million_yuan",
    "bound_million_yuan",
    "gap_million_yuan",
    "location_cost_million_yuan",
    "undone_million_yuan",
    "plan_of",
    "verified",
    "relaxed",
)
"""Columns of a point as solved."""

FRONT_COLUMNS: Final = (
    *POINT_COLUMNS,
    "same_work",
    "price_million_yuan_per_unit",
    "least_price_million_yuan_per_unit",
    "most_price_million_yuan_per_unit",
    "knee",
)
"""Columns of the finished front."""


_OF_A_PLAN: Final = (
    "value",
    "cost_million_yuan",
    "location_cost_million_yuan",
    "undone_million_yuan",
    "plan_of",
    "verified",
)
"""Columns that tell of a plan, not of its limit."""


def front(points: pd.DataFrame) -> pd.DataFrame:
    """Return the points of a front with prices and knee, loosest first.

    Parameters
    ----------
    points
        Rows of :data:`POINT_COLUMNS`, loosest first, each a plan within its limit.

    Returns
    -------
    pandas.DataFrame
        Rows of :data:`FRONT_COLUMNS`. Prices are per unit of the limit and stand at the tighter
        of two neighbours; they are empty where the two do not do the same work.

    Examples
    --------
    >>> import pandas as pd
    >>> def point(limit, cost):
    ...     return {"limit": limit, "cost_million_yuan": cost, "bound_million_yuan": cost,
    ...             "undone_million_yuan": 0.0, "point": limit, "plan_of": limit}
    >>> front(pd.DataFrame([point(9, 1.0), point(8, 3.0)]))["price_million_yuan_per_unit"].tolist()
    [nan, 2.0]
    """
    frame = _improved(points.reset_index(drop=True))
    frame["gap_million_yuan"] = (frame["cost_million_yuan"] - frame["bound_million_yuan"]).clip(
        lower=0.0
    )
    undone = frame["undone_million_yuan"].to_numpy(dtype=float)
    frame["same_work"] = undone <= undone[0] + SAME_WORK
    frame = pd.concat([frame, _prices(frame)], axis=1)
    frame["knee"] = False
    knee = _knee(frame)
    if knee is not None:
        frame.loc[knee, "knee"] = True
    return frame.reindex(columns=list(FRONT_COLUMNS))


def _improved(points: pd.DataFrame) -> pd.DataFrame:
    """Return the points with the cheapest plan known for each, looked for among tighter ones."""
    records: list[dict[str, Any]] = points.to_dict("records")  # type: ignore[assignment]
    of_a_plan = [name for name in _OF_A_PLAN if name in points]
    for row in range(len(records) - 2, -1, -1):
        here, tighter = records[row], records[row + 1]
        more = tighter["undone_million_yuan"] - here["undone_million_yuan"]
        cheaper = tighter["cost_million_yuan"] < here["cost_million_yuan"]
        if more < -SAME_WORK or (more <= SAME_WORK and cheaper):
            here.update({name: tighter[name] for name in of_a_plan})
    frame = pd.DataFrame(records)
    # What is proved for a looser limit is proved for a tighter one that does the same work.
    bound = frame["bound_million_yuan"].to_numpy(dtype=float).copy()
    undone = frame["undone_million_yuan"].to_numpy(dtype=float)
    for row in range(1, len(bound)):
        if abs(undone[row] - undone[row - 1]) <= SAME_WORK:
            bound[row] = max(bound[row], bound[row - 1])
    frame["bound_million_yuan"] = bound
    return frame


def _prices(frame: pd.DataFrame) -> pd.DataFrame:
    cost = frame["cost_million_yuan"].to_numpy(dtype=float)
    bound = frame["bound_million_yuan"].to_numpy(dtype=float)
    limit = frame["limit"].to_numpy(dtype=float)
    same = frame["same_work"].to_numpy(dtype=bool)
    prices = np.full((len(frame), 3), np.nan)
    for row in range(1, len(frame)):
        step = abs(limit[row] - limit[row - 1])
        if step > 0.0 and same[row] and same[row - 1]:
            prices[row] = (
                (cost[row] - cost[row - 1]) / step,
                max(0.0, bound[row] - cost[row - 1]) / step,
                (cost[row] - bound[row - 1]) / step,
            )
    return pd.DataFrame(
        prices,
        columns=[
            "price_million_yuan_per_unit",
            "least_price_million_yuan_per_unit",
            "most_price_million_yuan_per_unit",
        ],
        index=frame.index,
    )


def _knee(frame: pd.DataFrame) -> int | None:
    """Return the row of the knee, or None where no point lies below the line by its gap."""
    kept = np.flatnonzero(frame["same_work"].to_numpy(dtype=bool))
    if len(kept) < 3:
        return None
    cost = frame["cost_million_yuan"].to_numpy(dtype=float)[kept]
    limit = frame["limit"].to_numpy(dtype=float)[kept]
    if cost[-1] <= cost[0] or limit[-1] == limit[0]:
        return None
    along = (limit - limit[0]) / (limit[-1] - limit[0])
    below = along - (cost - cost[0]) / (cost[-1] - cost[0])
    best = int(np.argmax(below))
    gap = frame["gap_million_yuan"].to_numpy(dtype=float)[kept][best]
    if below[best] <= gap / (cost[-1] - cost[0]):
        return None
    return int(kept[best])
