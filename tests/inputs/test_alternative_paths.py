"""Paths beside the shortest and pairs without a common link, against enumeration of all paths."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.inputs.alternative_paths import (
    Graph,
    Links,
    disjoint_pair,
    graph_of,
    next_shortest_paths,
    shortest_path,
)
from optimizer.plan.verify_backbone import Backbone
from optimizer.tables.frames import records

Edge = tuple[int, int, int]

edges = st.integers(2, 6).flatmap(
    lambda count: st.lists(
        st.tuples(
            st.integers(0, count - 1), st.integers(0, count - 1), st.sampled_from([1, 2, 3, 5, 8])
        ).filter(lambda edge: edge[0] != edge[1]),
        min_size=1,
        max_size=9,
    )
)
"""Links between two to six sites, some side by side, many of equal length."""


def table(links: list[Edge]) -> pd.DataFrame:
    """Return a table of links; their names do not follow their order."""
    return pd.DataFrame(
        {
            "link": [f"link{(7 * number) % 11:02d}" for number in range(len(links))],
            "from_site": [f"s{one}" for one, _other, _km in links],
            "to_site": [f"s{other}" for _one, other, _km in links],
            "fibre_km": [float(km) for _one, _other, km in links],
        }
    )


def graph(links: list[Edge]) -> Graph:
    return graph_of([f"s{number}" for number in range(6)], table(links))


def backbone(links: list[Edge]) -> Backbone:
    return Backbone({row["link"]: row for row in records(table(links))})


def every_path(
    links: list[Edge], here: int, goal: int, passed: frozenset[int] = frozenset()
) -> Iterator[Links]:
    """Yield all paths that visit no site twice."""
    if here == goal:
        yield ()
        return
    for number, (one, other, _km) in enumerate(links):
        if here in {one, other}:
            there = other if here == one else one
            if there not in passed:
                for rest in every_path(links, there, goal, passed | {here}):
                    yield (number, *rest)


def in_order(links: list[Edge], paths: Iterator[Links]) -> list[Links]:
    names = table(links)["link"].tolist()
    return sorted(
        paths,
        key=lambda path: (sum(links[link][2] for link in path), [names[link] for link in path]),
    )


@settings(max_examples=200, deadline=None)
@given(edges, st.integers(1, 8))
def test_the_next_paths_are_those_of_all_paths_in_order(links: list[Edge], count: int) -> None:
    net = graph(links)
    names = table(links)["link"].tolist()
    for goal in range(1, 6):
        wanted = in_order(links, every_path(links, 0, goal))[:count]
        first = shortest_path(net, 0, goal)
        if not wanted:
            assert first is None
            assert backbone(links).shortest("s0", f"s{goal}", count) == []
            continue
        assert first is not None
        assert next_shortest_paths(net, 0, goal, first, count) == wanted
        # The verifier finds the same by another search.
        by_name = [tuple(names[link] for link in path) for path in wanted]
        assert backbone(links).shortest("s0", f"s{goal}", count) == by_name


@settings(max_examples=200, deadline=None)
@given(edges)
def test_the_disjoint_pair_is_the_least_of_all_pairs(links: list[Edge]) -> None:
    net = graph(links)
    names = table(links)["link"].tolist()
    for goal in range(1, 6):
        found = disjoint_pair(net, 0, goal)
        pairs = [
            (one, other)
            for one, other in itertools.combinations(list(every_path(links, 0, goal)), 2)
            if not set(one) & set(other)
        ]
        by_verifier = backbone(links).pair("s0", f"s{goal}")
        if not pairs:
            assert found is None
            assert by_verifier is None
            continue
        least = min(sum(links[link][2] for link in one + other) for one, other in pairs)
        assert found is not None
        shorter, longer = found
        assert (shorter, longer) in pairs or (longer, shorter) in pairs
        assert net.length(shorter) <= net.length(longer)
        assert net.length(shorter + longer) == least * 1_000_000
        # Of the ways to join the same links, none has a shorter longer path.
        joined = frozenset(shorter + longer)
        assert net.length(longer) == min(
            max(net.length(one), net.length(other))
            for one, other in pairs
            if frozenset(one + other) == joined
        )
        assert by_verifier == tuple(tuple(names[link] for link in path) for path in found)


TRAP: list[Edge] = [(0, 1, 1), (1, 2, 1), (2, 3, 1), (0, 2, 5), (1, 3, 5)]
"""The shortest path 0-1-2-3 uses a link of both other ways: without it nothing is left."""


def test_the_shortest_path_can_be_a_trap() -> None:
    net = graph(TRAP)
    assert shortest_path(net, 0, 3) == (0, 1, 2)
    assert shortest_path(net, 0, 3, without_links={0, 1, 2}) is None
    # 0-1-3 and 0-2-3, twelve in all; the link of the shortest path between 1 and 2 is in neither.
    pair = disjoint_pair(net, 0, 3)
    assert pair is not None
    assert set(pair) == {(0, 4), (3, 2)}
    assert [net.length(path) for path in pair] == [6_000_000, 6_000_000]
    names = table(TRAP)["link"].tolist()
    assert backbone(TRAP).pair("s0", "s3") == tuple(
        tuple(names[link] for link in path) for path in pair
    )


def test_one_bridge_leaves_no_pair() -> None:
    net = graph([(0, 1, 1), (0, 1, 2), (1, 2, 1)])
    assert disjoint_pair(net, 0, 1) == ((0,), (1,))
    assert disjoint_pair(net, 0, 2) is None


@pytest.mark.parametrize("count", [1, 2, 3, 9])
def test_there_are_no_more_paths_than_the_graph_has(count: int) -> None:
    found = next_shortest_paths(graph(TRAP), 0, 3, (0, 1, 2), count)
    assert found == [(0, 1, 2), (0, 4), (3, 2), (3, 1, 4)][:count]
