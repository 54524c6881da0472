"""The order of a sweep's points: neighbours follow each other, in chains of fixed length.

A point is solved from the basis of the one before it in its chain, the first of a chain from that
of the *root*, the point in the middle of all. Order and chains follow from the points alone, not
from the number of workers: so does every start, and with it every result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.inputs.scenario import Cell

LONGEST: Final = 10
"""Points of a chain at most."""

FEWEST_CHAINS: Final = 16
"""Chains into which a small sweep is cut, so that there is work for several workers."""


def neighbour_order(points: Sequence[Mapping[str, Cell]]) -> list[int]:
    """Return the points in an order in which neighbours follow each other, the middle one first.

    Parameters
    ----------
    points
        Value of each parameter by name. Numbers are compared by their rank, other values by their
        first appearance.

    Examples
    --------
    >>> neighbour_order([{"price": 3.0}, {"price": 1.0}, {"price": 2.0}, {"price": 9.0}])
    [0, 2, 1, 3]
    """
    places = _places(points)
    left = np.ones(len(points), dtype=bool)
    at = places.mean(axis=0)
    order: list[int] = []
    while left.any():
        distance = np.where(left, np.abs(places - at).sum(axis=1), np.inf)
        nearest = int(np.argmin(distance))
        order.append(nearest)
        left[nearest] = False
        at = places[nearest]
    return order


def _places(points: Sequence[Mapping[str, Cell]]) -> NDArray[np.float64]:
    """Return ``(points, parameters)`` the place of each value between 0 and 1."""
    columns = []
    for name in points[0]:
        values = [point[name] for point in points]
        if all(isinstance(value, int | float) for value in values):
            known: list[Cell] = sorted(set(values), key=float)
        else:
            known = list(dict.fromkeys(values))
        rank = {value: number for number, value in enumerate(known)}
        columns.append([rank[value] / max(1, len(known) - 1) for value in values])
    return np.array(columns, dtype=float).T


def chains(order: Sequence[int], *, hot: bool) -> list[list[int]]:
    """Return an order cut into chains; without hot starts every point is its own.

    Examples
    --------
    >>> [len(chain) for chain in chains(range(24), hot=True)]
    [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]
    """
    length = min(LONGEST, -(-len(order) // FEWEST_CHAINS)) if hot else 1
    return [list(order[first : first + length]) for first in range(0, len(order), length)]
