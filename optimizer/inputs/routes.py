"""Which paths the traffic of a case may take: alternatives to the shortest, protected pairs.

The round trip over another path than the shortest adds its extra fibre to that of the pair::

    rtt_p = rtt + 2 * (fibre_km_p - fibre_km) * route_factor * fibre_us_per_km / 1000 * p99_factor

Traffic may take path ``p`` if the site reaches as many of its users over ``p`` as over the
shortest. Paths get longer with their number, so what may take one may take all before it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.alternative_paths import (
    MILLIMETRES_PER_KM,
    Graph,
    Links,
    disjoint_pair,
    graph_of,
    next_shortest_paths,
)
from optimizer.inputs.network_paths import NETWORKS, Paths, share_within_budget

PATH_COUNT: Final = "path_count"
PROTECTED: Final = "1+1"


def rtt_of_extra_fibre(parameters: Mapping[str, float]) -> NDArray[np.float64]:
    """Return ``(3,)`` ms of round trip at the 99th percentile for one more km, by network.

    Examples
    --------
    >>> parameters = {"fibre_us_per_km": 5.0}
    >>> parameters |= {f"route_factor_{kind}": 2.0 for kind in NETWORKS}
    >>> parameters |= {f"p99_factor_{kind}": 1.5 for kind in NETWORKS}
    >>> rtt_of_extra_fibre(parameters).round(6).tolist()
    [0.03, 0.03, 0.03]
    """
    return np.array(
        [
            2.0
            * parameters[f"route_factor_{kind}"]
            * parameters["fibre_us_per_km"]
            / 1e3
            * parameters[f"p99_factor_{kind}"]
            for kind in NETWORKS
        ]
    )


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Paths beside the shortest, one entry each, by origin, site and length.

    Parameters
    ----------
    origin, site
        ``(P,)`` rows of the sites that the path joins.
    number
        ``(P,)`` its place by length; the shortest path, which is not listed, is 1.
    fibre_km
        ``(P,)`` fibre length.
    links
        Rows of the ``links`` table along each path.
    admissible
        ``(P, I, W)`` whether the traffic of a region and service may take the path: it starts
        at the origin, uses the backbone, is not protected, and the site reaches as many users
        over this path as over the shortest.
    """

    origin: NDArray[np.int64]
    site: NDArray[np.int64]
    number: NDArray[np.int64]
    fibre_km: NDArray[np.float64]
    links: tuple[Links, ...]
    admissible: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Protection:
    """The pairs of paths of protected services.

    Parameters
    ----------
    protected
        ``(W,)`` whether the traffic of a service is carried twice.
    first, second
        ``first[origin][site]`` rows of the ``links`` table along the shorter and the longer
        path; empty where there is no pair or no protected traffic.
    longer_km
        ``(S, S)`` fibre length of the longer path; infinite without a pair.
    """

    protected: NDArray[np.bool_]
    first: tuple[tuple[Links, ...], ...]
    second: tuple[tuple[Links, ...], ...]
    longer_km: NDArray[np.float64]


def on_backbone(
    sites: pd.DataFrame, regions: pd.DataFrame, link_costs: pd.DataFrame
) -> NDArray[np.bool_]:
    """Return ``(I, S)`` whether traffic of a region to a site crosses the backbone."""
    region_row = {name: row for row, name in enumerate(regions["region"])}
    site_row = {name: row for row, name in enumerate(sites["site"])}
    crosses: NDArray[np.bool_] = (
        regions["province"].to_numpy()[:, None] != sites["province"].to_numpy()[None, :]
    )
    for region, site in link_costs[["region", "site"]].itertuples(index=False):
        crosses[region_row[region], site_row[site]] = False
    return crosses


def protection(
    graph: Graph, protected: NDArray[np.bool_], pairs: Collection[tuple[int, int]]
) -> Protection:
    """Return the pairs of paths of protected services.

    Parameters
    ----------
    graph
        The backbone.
    protected
        ``(W,)`` whether the traffic of a service is carried twice.
    pairs
        (node, site) that traffic of regions may join.
    """
    count = len(graph.neighbours)
    longer_km = np.full((count, count), np.inf)
    first: list[list[Links]] = [[()] * count for _ in range(count)]
    second: list[list[Links]] = [[()] * count for _ in range(count)]
    for origin, site in sorted(pairs) if protected.any() else ():
        # Traffic that enters at the node of the site itself crosses no link.
        pair = ((), ()) if origin == site else disjoint_pair(graph, origin, site)
        if pair is not None:
            first[origin][site], second[origin][site] = pair
            longer_km[origin, site] = graph.length(pair[1]) / MILLIMETRES_PER_KM
    return Protection(protected, tuple(map(tuple, first)), tuple(map(tuple, second)), longer_km)


def alternatives(
    graph: Graph, network: Paths, pairs: Collection[tuple[int, int]], count: int
) -> Alternatives:
    """Return the paths beside the shortest, as yet admissible to nobody.

    Parameters
    ----------
    graph
        The backbone.
    network
        Its shortest paths.
    pairs
        (origin, site) whose traffic may cross the backbone.
    count
        Most paths of a pair, the shortest included.
    """
    entries: list[tuple[int, int, int, Links]] = []
    for origin, site in sorted(pairs) if count > 1 else ():
        first = network.links[origin][site]
        if first:
            found = next_shortest_paths(graph, origin, site, first, count)
            entries += [
                (origin, site, number, links) for number, links in enumerate(found[1:], start=2)
            ]
    rows = np.array([entry[:3] for entry in entries], dtype=np.int64).reshape(-1, 3)
    return Alternatives(
        origin=rows[:, 0],
        site=rows[:, 1],
        number=rows[:, 2],
        fibre_km=np.array([float(graph.length(entry[3])) for entry in entries])
        / MILLIMETRES_PER_KM,
        links=tuple(entry[3] for entry in entries),
        admissible=np.zeros((len(entries), 0, 0), dtype=bool),
    )


@dataclass(frozen=True, slots=True)
class Routes:
    """Where the traffic of a case may go.

    Parameters
    ----------
    crosses
        ``(I, S)`` whether traffic of a region to a site crosses the backbone.
    alternatives, protection
        See the classes.
    """

    crosses: NDArray[np.bool_]
    alternatives: Alternatives
    protection: Protection


def routes(
    frames: Mapping[str, pd.DataFrame], network: Paths, parameters: Mapping[str, float]
) -> Routes:
    """Return the routes of checked, sorted tables; who may take them follows from the reach."""
    sites, regions = frames["sites"], frames["regions"]
    row = {name: number for number, name in enumerate(sites["site"])}
    crosses = on_backbone(sites, regions, frames["link_costs"])
    nodes = [row[node] for node in regions["node"]]
    of_regions = {(nodes[region], site) for region, site in np.argwhere(crosses).tolist()}
    province = sites["province"].tolist()
    of_data = {
        (row[home], site)
        for home in set(frames["jobs"]["dataset_site"])
        for site in range(len(sites))
        if province[row[home]] != province[site]
    }
    graph = graph_of(sites["site"].tolist(), frames["links"])
    protected = (frames["services"]["path_protection"] == PROTECTED).to_numpy(dtype=bool)
    count = int(parameters.get(PATH_COUNT, 1.0))
    return Routes(
        crosses,
        alternatives(graph, network, of_regions | of_data, count),
        protection(graph, protected, of_regions),
    )


def protected_rtt(
    path_rtt: NDArray[np.float64],
    chosen: Routes,
    network: Paths,
    nodes: NDArray[np.int64],
    extra_rtt: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return ``(I, W, S)`` round trips, those of protected traffic over the longer path.

    Parameters
    ----------
    path_rtt
        ``(I, W, S)`` round trips over the shortest path.
    chosen
        The routes.
    network
        The shortest paths.
    nodes
        ``(I,)`` rows of the sites of the regions' nodes.
    extra_rtt
        ``(W,)`` ms for one more km of fibre.
    """
    if not chosen.protection.protected.any():
        return path_rtt
    shortest = network.fibre_km[nodes]
    longer = chosen.protection.longer_km[nodes]
    more = np.where(np.isfinite(longer), longer - np.where(np.isfinite(shortest), shortest, 0), 0.0)
    over_longer = np.where(
        np.isfinite(longer)[:, None, :],
        path_rtt + extra_rtt[None, :, None] * more[:, None, :],
        np.inf,
    )
    applies = chosen.crosses[:, None, :] & chosen.protection.protected[None, :, None]
    return np.where(applies, over_longer, path_rtt)


def with_admissible(
    chosen: Routes,
    regions: pd.DataFrame,
    nodes: NDArray[np.int64],
    *,
    fibre_km: NDArray[np.float64],
    path_rtt: NDArray[np.float64],
    reach: NDArray[np.float64],
    budget_ms: NDArray[np.float64],
    extra_rtt: NDArray[np.float64],
) -> Routes:
    """Return the routes with the traffic that may take each of the alternatives.

    Parameters
    ----------
    chosen
        The routes.
    regions
        The regions.
    nodes
        ``(I,)`` rows of the sites of their nodes.
    fibre_km
        ``(S, S)`` length of the shortest paths.
    path_rtt
        ``(I, W, S)`` round trip over the shortest path.
    reach
        ``(I, W, S)`` share of users within reach over it.
    budget_ms
        ``(W,)`` network budget.
    extra_rtt
        ``(W,)`` ms for one more km of fibre.
    """
    paths = chosen.alternatives
    admissible = np.zeros((len(paths.site), len(regions), len(budget_ms)), dtype=bool)
    nearest = regions["access_rtt_min_ms"].to_numpy(dtype=float)[:, None]
    farthest = regions["access_rtt_p99_ms"].to_numpy(dtype=float)[:, None]
    for number, (origin, site) in enumerate(zip(paths.origin, paths.site, strict=True)):
        more = paths.fibre_km[number] - fibre_km[origin, site]
        over = share_within_budget(
            budget_ms[None, :], path_rtt[:, :, site] + extra_rtt * more, nearest, farthest
        )
        same = np.isinf(budget_ms)[None, :] | (over >= reach[:, :, site])
        starts = ((nodes == origin) & chosen.crosses[:, site])[:, None]
        admissible[number] = (
            same & starts & (reach[:, :, site] > 0.0) & ~chosen.protection.protected[None, :]
        )
    return dataclasses.replace(
        chosen, alternatives=dataclasses.replace(paths, admissible=admissible)
    )
