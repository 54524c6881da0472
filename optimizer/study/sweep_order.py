"""The order of a sweep's points: each is solved from the basis of its nearest neighbour.

The points are joined by a tree of least total length whose root is the point in the middle (Prim
1957): so every point starts from one that is near, and many can be solved beside each other. The
tree follows from the points alone, not from the number of workers: so does every start, and with
it every result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.inputs.scenario import Cell


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree of points.

    Parameters
    ----------
    order
        The points, each after its parent; the root first.
    parent
        Parent of each point; that of the root is -1.
    height
        Points on the longest way down from each point, without itself.
    """

    order: tuple[int, ...]
    parent: tuple[int, ...]
    height: tuple[int, ...]


def neighbour_tree(points: Sequence[Mapping[str, Cell]]) -> Tree:
    """Return the tree of least total length that joins points.

    Parameters
    ----------
    points
        Value of each parameter by name. Numbers are compared by their rank, other values by their
        first appearance; the distance is the sum over the parameters.

    Examples
    --------
    >>> tree = neighbour_tree([{"price": 3.0}, {"price": 1.0}, {"price": 2.0}, {"price": 9.0}])
    >>> tree.order, tree.parent, tree.height
    ((0, 2, 1, 3), (-1, 2, 0, 0), (2, 0, 1, 0))
    """
    places = _places(points)
    count = len(points)
    parent = np.full(count, -1)
    left = np.ones(count, dtype=bool)
    newest = int(np.argmin(np.abs(places - places.mean(axis=0)).sum(axis=1)))
    nearest = np.full(count, np.inf)
    order = [newest]
    for _step in range(count - 1):
        left[newest] = False
        distance = np.abs(places - places[newest]).sum(axis=1)
        closer = left & (distance < nearest)
        nearest[closer], parent[closer] = distance[closer], newest
        newest = int(np.argmin(np.where(left, nearest, np.inf)))
        order.append(newest)
    height = np.zeros(count, dtype=int)
    for point in reversed(order[1:]):
        height[parent[point]] = max(height[parent[point]], height[point] + 1)
    return Tree(tuple(order), tuple(parent.tolist()), tuple(height.tolist()))


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
