"""Shortest fibre paths between all sites, and the latency over them.

One-way time over a path on a network of kind ``k``, in ms::

    t_k = fibre_km * route_factor_k * fibre_us_per_km / 1000 + equipment_one_way_ms_k

The mean round trip of a path is ``2 * t_k`` unless the ``latency`` table measures it; its
99th percentile is the mean times ``p99_factor_k``. The user's access comes on top.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NETWORKS: Final = ("optical", "ip_private", "public")


@dataclass(frozen=True, slots=True)
class Paths:
    """Shortest paths between the sites.

    Parameters
    ----------
    fibre_km
        ``(S, S)`` fibre length of the shortest path; infinite where there is none.
    links
        ``links[origin][site]`` rows of the ``links`` table along the path.
    rtt_p99_ms
        ``(3, S, S)`` round trip at the 99th percentile by kind of network, without access.
    """

    fibre_km: NDArray[np.float64]
    links: tuple[tuple[tuple[int, ...], ...], ...]
    rtt_p99_ms: NDArray[np.float64]


def paths(
    sites: Sequence[str],
    links: pd.DataFrame,
    latency: pd.DataFrame,
    parameters: Mapping[str, float],
) -> Paths:
    """Return the shortest paths by fibre length.

    Of paths of equal length (to a millimetre) the first by the names of its links is taken.
    """
    row = {site: index for index, site in enumerate(sites)}
    names = links["link"].tolist()
    neighbours: list[list[tuple[int, float, int]]] = [[] for _ in sites]
    for index, (one_end, other_end, length) in enumerate(
        links[["from_site", "to_site", "fibre_km"]].itertuples(index=False)
    ):
        one, other = row[one_end], row[other_end]
        neighbours[one].append((other, float(length), index))
        neighbours[other].append((one, float(length), index))
    fibre = np.full((len(sites), len(sites)), np.inf)
    found: list[tuple[tuple[int, ...], ...]] = []
    for origin in range(len(sites)):
        by_site = _shortest(neighbours, names, origin)
        fibre[origin] = [length for length, _links in by_site]
        found.append(tuple(used for _length, used in by_site))

    microseconds = parameters["fibre_us_per_km"]
    rtt = np.empty((len(NETWORKS), len(sites), len(sites)))
    for kind, network in enumerate(NETWORKS):
        one_way = (
            fibre * parameters[f"route_factor_{network}"] * microseconds / 1e3
            + parameters[f"equipment_one_way_ms_{network}"]
        )
        factor = parameters[f"p99_factor_{network}"]
        rtt[kind] = 2.0 * one_way * factor
        measured = latency[latency["network"] == network]
        for origin_name, site_name, value, percentile in measured[
            ["origin", "site", "rtt_ms", "percentile"]
        ].itertuples(index=False):
            p99 = value if percentile == "p99" else value * factor
            rtt[kind, row[origin_name], row[site_name]] = p99
            rtt[kind, row[site_name], row[origin_name]] = p99
    return Paths(fibre_km=fibre, links=tuple(found), rtt_p99_ms=rtt)


def _shortest(
    neighbours: Sequence[Sequence[tuple[int, float, int]]], names: Sequence[str], origin: int
) -> list[tuple[float, tuple[int, ...]]]:
    """Return length and links of the shortest path to every node (infinite and none if cut off)."""
    settled: dict[int, tuple[float, tuple[int, ...]]] = {}
    queue: list[tuple[float, tuple[str, ...], int, tuple[int, ...]]] = [(0.0, (), origin, ())]
    while queue:
        length, path_names, node, used = heapq.heappop(queue)
        if node in settled:
            continue
        settled[node] = (length, used)
        for other, more, link in neighbours[node]:
            if other not in settled:
                reached = round(length + more, 6)
                heapq.heappush(queue, (reached, (*path_names, names[link]), other, (*used, link)))
    return [settled.get(node, (float("inf"), ())) for node in range(len(neighbours))]


def share_within_budget(
    budget_ms: NDArray[np.float64],
    path_rtt_p99_ms: NDArray[np.float64],
    access_min_ms: NDArray[np.float64],
    access_p99_ms: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the share of a region's users whose round trip stays within a budget.

    Users are spread evenly over a disc around the node, and access time grows with the
    distance from ``access_min_ms`` at its centre, so with ``x = (budget - path - min) /
    (p99 - min)`` the share is ``0.99 x^2``, and 1 from ``x = 1`` on.

    Parameters
    ----------
    budget_ms, path_rtt_p99_ms, access_min_ms, access_p99_ms
        Arrays that broadcast against each other, in ms.

    Examples
    --------
    >>> one = np.array([1.0])
    >>> share_within_budget(np.array([3.0]), one, one, 3 * one).round(4).tolist()
    [0.2475]
    """
    reachable = np.isfinite(path_rtt_p99_ms)
    path = np.where(reachable, path_rtt_p99_ms, 0.0)
    # Without a path no budget helps, not even an infinite one.
    left = np.where(reachable, budget_ms - path - access_min_ms, -np.inf)
    span = np.maximum(access_p99_ms - access_min_ms, 1e-12)
    position = np.clip(left / span, 0.0, 1.0)
    share: NDArray[np.float64] = np.where(
        left >= access_p99_ms - access_min_ms, 1.0, 0.99 * position**2
    )
    return share
