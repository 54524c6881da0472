"""The next shortest fibre paths, and the two paths that share no link: graph algorithms.

Lengths are compared in whole millimetres. The ``k`` shortest paths of a pair that visit no node
twice follow each other by length, then by the names of their links (Yen, with the deviations
of Lawler). The protected pair is the pair of paths without a common link that has the least
fibre in all (Bhandari); where its links can be joined to two paths in several ways, the longer
of the two is as short as can be.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

MILLIMETRES_PER_KM: Final = 1_000_000

Links = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """The backbone as a graph.

    Parameters
    ----------
    neighbours
        For each site the (other end, link) of its links.
    millimetres
        Fibre length of each link.
    names
        Codes of the links.
    """

    neighbours: tuple[tuple[tuple[int, int], ...], ...]
    millimetres: tuple[int, ...]
    names: tuple[str, ...]

    def length(self, links: Collection[int]) -> int:
        """Return the length of some links in millimetres."""
        return sum(self.millimetres[link] for link in links)

    def order(self, links: Links) -> tuple[int, tuple[str, ...]]:
        """Return what paths are sorted by: length, then names."""
        return self.length(links), tuple(self.names[link] for link in links)


def graph_of(sites: Sequence[str], links: pd.DataFrame) -> Graph:
    """Return the graph of a table of links."""
    row = {site: index for index, site in enumerate(sites)}
    neighbours: list[list[tuple[int, int]]] = [[] for _ in sites]
    millimetres = []
    for index, (one, other, length) in enumerate(
        links[["from_site", "to_site", "fibre_km"]].itertuples(index=False)
    ):
        neighbours[row[one]].append((row[other], index))
        neighbours[row[other]].append((row[one], index))
        millimetres.append(round(float(length) * MILLIMETRES_PER_KM))
    return Graph(
        tuple(tuple(ends) for ends in neighbours), tuple(millimetres), tuple(links["link"])
    )


def shortest_path(
    graph: Graph,
    origin: int,
    goal: int,
    *,
    without_nodes: Collection[int] = (),
    without_links: Collection[int] = (),
) -> Links | None:
    """Return the links of the shortest path that avoids nodes and links; ``None`` without one.

    Examples
    --------
    >>> graph = Graph((((1, 0), (1, 1)), ((0, 0), (0, 1))), (5, 7), ("a", "b"))
    >>> shortest_path(graph, 0, 1), shortest_path(graph, 0, 1, without_links={0})
    ((0,), (1,))
    """
    settled = set(without_nodes)
    queue: list[tuple[int, tuple[str, ...], int, Links]] = [(0, (), origin, ())]
    while queue:
        length, names, node, used = heapq.heappop(queue)
        if node == goal:
            return used
        if node in settled:
            continue
        settled.add(node)
        for other, link in graph.neighbours[node]:
            if other not in settled and link not in without_links:
                entry = (
                    length + graph.millimetres[link],
                    (*names, graph.names[link]),
                    other,
                    (*used, link),
                )
                heapq.heappush(queue, entry)
    return None


def next_shortest_paths(
    graph: Graph, origin: int, goal: int, first: Links, count: int
) -> list[Links]:
    """Return up to ``count`` paths that visit no node twice: ``first``, then by length.

    Parameters
    ----------
    graph
        The backbone.
    origin, goal
        Two different sites.
    first
        The shortest path.
    count
        Most paths wanted.
    """
    found = [first]
    candidates: list[tuple[int, tuple[str, ...], Links, int]] = []
    known = {first}
    deviation = 0
    while len(found) < count:
        path = found[-1]
        node, passed = origin, [origin]
        for step in range(len(path)):
            if step >= deviation:
                root = path[:step]
                closed = {other[step] for other in found if other[:step] == root}
                spur = shortest_path(
                    graph, node, goal, without_nodes=passed[:-1], without_links=closed
                )
                if spur is not None and (*root, *spur) not in known:
                    whole = (*root, *spur)
                    known.add(whole)
                    heapq.heappush(candidates, (*graph.order(whole), whole, step))
            node = _other_end(graph, node, path[step])
            passed.append(node)
        if not candidates:
            break
        _length, _names, chosen, deviation = heapq.heappop(candidates)
        found.append(chosen)
    return found


def _other_end(graph: Graph, node: int, link: int) -> int:
    return next(other for other, crossed in graph.neighbours[node] if crossed == link)


def disjoint_pair(graph: Graph, origin: int, goal: int) -> tuple[Links, Links] | None:
    """Return the two paths without a common link that have the least fibre in all.

    The first is not longer than the second. Of sets of links of equal length one is taken by
    the names of the links. ``None`` if one link carries every path.
    """
    # Powers of two below one millimetre make the least set of links unique.
    rank = {name: place for place, name in enumerate(sorted(graph.names))}
    base = 1 << len(graph.names)
    weight = [
        length * base + (1 << rank[name])
        for length, name in zip(graph.millimetres, graph.names, strict=True)
    ]
    first = _least_in_residual(graph, origin, goal, weight, {})
    if first is None:
        return None
    second = _least_in_residual(graph, origin, goal, weight, dict(_steps(graph, origin, first)))
    if second is None:
        return None
    return _as_two_paths(graph, origin, goal, frozenset(first) ^ frozenset(second))


def _steps(graph: Graph, origin: int, path: Links) -> Iterator[tuple[int, int]]:
    """Yield each link of a path with the node from which it is entered."""
    node = origin
    for link in path:
        yield link, node
        node = _other_end(graph, node, link)


def _least_in_residual(
    graph: Graph, origin: int, goal: int, weight: Sequence[int], entered: Mapping[int, int]
) -> Links | None:
    """Return the least path where links of the first path can only be given back."""
    best: dict[int, tuple[int, Links]] = {origin: (0, ())}
    waiting = deque([origin])
    while waiting:
        node = waiting.popleft()
        length, used = best[node]
        for other, link in graph.neighbours[node]:
            if entered.get(link) == node:
                continue
            reached = length + (-weight[link] if link in entered else weight[link])
            if other not in best or reached < best[other][0]:
                best[other] = (reached, (*used, link))
                waiting.append(other)
    return best[goal][1] if goal in best else None


def _as_two_paths(
    graph: Graph, origin: int, goal: int, links: frozenset[int]
) -> tuple[Links, Links]:
    """Return the links of two paths as such, the longer of the two as short as can be."""
    joined = []
    for one in _paths_within(graph, origin, goal, links):
        for other in _paths_within(graph, origin, goal, links - set(one)):
            pair = sorted((one, other), key=graph.order)
            orders = [graph.order(path) for path in pair]
            joined.append((orders[1][0], orders, pair))
    _longer, _orders, (shorter, longer) = min(joined, key=lambda entry: entry[:2])
    return shorter, longer


def _paths_within(
    graph: Graph, node: int, goal: int, links: Collection[int], passed: tuple[int, ...] = ()
) -> Iterator[Links]:
    """Yield every path over some links that visits no node twice."""
    if node == goal:
        yield ()
        return
    for other, link in graph.neighbours[node]:
        if link in links and other not in passed:
            for rest in _paths_within(graph, other, goal, links, (*passed, node)):
                yield (link, *rest)
