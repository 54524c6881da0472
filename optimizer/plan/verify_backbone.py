"""Paths once more, by plain search over link codes.

Shares no code with :mod:`optimizer.inputs`, and goes other ways about it: the shortest paths of
a pair come out of one search that prolongs the most promising path, and the two paths without a
common link out of any two such paths, made shorter round by round until no round does.
Lengths are whole millimetres.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping

from optimizer.plan.verify_written import Row

Path = tuple[str, ...]
Ends = Mapping[str, tuple[str, str]]


class Backbone:
    """The links as read, with the paths over them."""

    def __init__(self, links: Mapping[str, Row]) -> None:
        self.ends: Ends = {name: (row["from_site"], row["to_site"]) for name, row in links.items()}
        self.mm = {name: round(row["fibre_km"] * 1_000_000) for name, row in links.items()}
        self._to: dict[str, dict[str, int]] = {}
        self._pairs: dict[tuple[str, str], tuple[Path, Path] | None] = {}
        self._lists: dict[tuple[str, str, int], list[Path]] = {}

    def length_mm(self, path: Path) -> int:
        """Return the length of a path in millimetres."""
        return sum(self.mm[link] for link in path)

    def other(self, link: str, end: str) -> str:
        """Return the other end of a link."""
        one, two = self.ends[link]
        return two if end == one else one

    def at(self, site: str) -> list[str]:
        """Return the links that end at a site."""
        return [link for link, ends in self.ends.items() if site in ends]

    def left_mm(self, site: str, goal: str) -> int | None:
        """Return the least length that is left from a site to a goal."""
        if goal not in self._to:
            known = {goal: 0}
            changed = True
            while changed:
                changed = False
                for link, ends in self.ends.items():
                    for here, there in (ends, ends[::-1]):
                        if here in known:
                            length = known[here] + self.mm[link]
                            if there not in known or length < known[there]:
                                known[there] = length
                                changed = True
            self._to[goal] = known
        return self._to[goal].get(site)

    def by_length(self, origin: str, goal: str) -> Iterator[Path]:
        """Yield the paths that visit no site twice, the shortest first, then by their links."""
        whole = self.left_mm(origin, goal)
        if whole is None:
            return
        queue: list[tuple[int, int, Path, tuple[str, ...]]] = [(whole, 0, (), (origin,))]
        equal: list[Path] = []  # paths of one length, handed on by the names of their links
        length = whole
        while queue:
            promised, passed, path, visited = heapq.heappop(queue)
            if promised > length:
                yield from sorted(equal)
                equal, length = [], promised
            if visited[-1] == goal:
                equal.append(path)
                continue
            for link in self.at(visited[-1]):
                there = self.other(link, visited[-1])
                left = self.left_mm(there, goal)
                if there not in visited and left is not None:
                    so_far = passed + self.mm[link]
                    entry = (so_far + left, so_far, (*path, link), (*visited, there))
                    heapq.heappush(queue, entry)
        yield from sorted(equal)

    def shortest(self, origin: str, goal: str, count: int) -> list[Path]:
        """Return up to ``count`` paths, the shortest first."""
        key = (origin, goal, count)
        if key not in self._lists:
            found: list[Path] = []
            for path in self.by_length(origin, goal):
                found.append(path)
                if len(found) == count:
                    break
            self._lists[key] = found
        return self._lists[key]

    def pair(self, origin: str, goal: str) -> tuple[Path, Path] | None:
        """Return the two paths without a common link of least length in all, shorter first."""
        key = (origin, goal)
        if key not in self._pairs:
            self._pairs[key] = self._pair(origin, goal)
        return self._pairs[key]

    def _pair(self, origin: str, goal: str) -> tuple[Path, Path] | None:
        # Direction in which each link is used: the site that it leaves.
        used: dict[str, str] = {}
        for _unit in range(2):
            found = self._any_way(origin, goal, used)
            if found is None:
                return None
            self._turn(used, found)
        # Equal lengths are told apart by the set of links, so the least is one and no more.
        bits = {name: 1 << place for place, name in enumerate(sorted(self.ends))}
        weight = {name: self.mm[name] * (1 << len(bits)) + bits[name] for name in bits}
        while True:
            ring = self._shortening(used, weight)
            if ring is None:
                break
            self._turn(used, ring)
        splits = [
            pair
            for one in self._within(origin, goal, frozenset(used))
            for other in self._within(origin, goal, frozenset(used) - set(one))
            for pair in ((one, other),)
            if (self.length_mm(one), one) <= (self.length_mm(other), other)
        ]
        return min(splits, key=lambda two: (self.length_mm(two[1]), two[0], two[1]))

    def _any_way(
        self, origin: str, goal: str, used: Mapping[str, str]
    ) -> list[tuple[str, str]] | None:
        """Return (link, site it leaves) of any way that links in use leave open."""
        came: dict[str, tuple[str, str] | None] = {origin: None}
        front = [origin]
        while front:
            site = front.pop(0)
            for link in self.at(site):
                there = self.other(link, site)
                if used.get(link) != site and there not in came:
                    came[there] = (link, site)
                    front.append(there)
        if goal not in came:
            return None
        way = []
        step = came[goal]
        while step is not None:
            way.append(step)
            step = came[step[1]]
        return way[::-1]

    @staticmethod
    def _turn(used: dict[str, str], steps: list[tuple[str, str]]) -> None:
        """Use links along some steps; a link used the other way is given back."""
        for link, site in steps:
            if link in used:
                del used[link]
            else:
                used[link] = site

    def _shortening(
        self, used: Mapping[str, str], weight: Mapping[str, int]
    ) -> list[tuple[str, str]] | None:
        """Return a round trip over open links and given-back ones that saves length."""
        sites = sorted({site for ends in self.ends.values() for site in ends})
        best = dict.fromkeys(sites, 0)
        came: dict[str, tuple[str, str]] = {}
        last = ""
        for _round in sites:
            last = ""
            for link, ends in self.ends.items():
                for here, there in (ends, ends[::-1]):
                    if used.get(link) == here:
                        continue
                    cost = -weight[link] if link in used else weight[link]
                    if best[here] + cost < best[there]:
                        best[there] = best[here] + cost
                        came[there] = (link, here)
                        last = there
        if not last:
            return None
        for _step in sites:  # back until surely on the ring
            last = came[last][1]
        ring, site = [], last
        while True:
            ring.append(came[site])
            site = came[site][1]
            if site == last:
                return ring

    def _within(
        self, site: str, goal: str, links: frozenset[str], passed: tuple[str, ...] = ()
    ) -> Iterator[Path]:
        """Yield the paths over some links alone."""
        if site == goal:
            yield ()
            return
        for link in self.at(site):
            there = self.other(link, site)
            if link in links and there not in passed:
                for rest in self._within(there, goal, links, (*passed, site)):
                    yield (link, *rest)
