"""Erlang's formulas against known numbers, and the square-root rule with its tangents."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.inputs.erlang import (
    erlang_b,
    erlang_c,
    servers_needed,
    square_root_factor,
    waiting_in_the_limit,
)

loads = st.floats(0.01, 3000.0)


@pytest.mark.parametrize("load", [0.1, 0.25, 0.5, 0.9])
def test_with_one_server_a_request_waits_whenever_it_is_busy(load: float) -> None:
    assert erlang_c(1, load) == pytest.approx(load, rel=1e-14)


def test_known_values() -> None:
    assert erlang_c(2, 1.0) == pytest.approx(1.0 / 3.0, rel=1e-14)
    assert erlang_b(2, 1.0) == pytest.approx(1.0 / 5.0, rel=1e-14)
    assert erlang_c(14, 10.0) == pytest.approx(0.174132, abs=5e-7)
    assert erlang_b(14, 10.0) == pytest.approx(0.056819, abs=5e-7)
    assert erlang_c(3, 3.0) == erlang_c(3, 4.0) == 1.0
    assert erlang_b(0, 2.0) == 1.0


@given(st.integers(1, 60), st.floats(0.05, 50.0))
def test_lost_requests_are_those_of_the_sum(servers: int, load: float) -> None:
    terms = [load**count / math.factorial(count) for count in range(servers + 1)]
    assert erlang_b(servers, load) == pytest.approx(terms[-1] / sum(terms), rel=1e-10)


def test_a_large_pool_needs_fewer_servers_than_two_small_ones() -> None:
    assert servers_needed(100.0, 0.05) == 119
    assert servers_needed(50.0, 0.05) == 64
    assert servers_needed(1000.0, 0.05) == 1056
    assert servers_needed(500.0, 0.05) == 540
    assert servers_needed(0.0, 0.05) == 0


@settings(max_examples=60, deadline=None)
@given(loads, st.sampled_from([0.03, 0.05, 0.2, 0.9]))
def test_the_number_is_the_least_that_keeps_the_wait(load: float, probability: float) -> None:
    servers = servers_needed(load, probability)
    assert erlang_c(servers, load) <= probability * (1.0 + 1e-9)
    assert erlang_c(servers - 1, load) > probability * (1.0 - 1e-9) if servers > 1 else load > 0.0


@settings(max_examples=60, deadline=None)
@given(loads, loads)
def test_pooling_never_takes_more_servers(one: float, other: float) -> None:
    together = servers_needed(one + other, 0.05)
    assert together <= servers_needed(one, 0.05) + servers_needed(other, 0.05)


def test_factor_of_the_square_root() -> None:
    assert square_root_factor(0.05) == pytest.approx(1.7398, abs=5e-5)
    assert waiting_in_the_limit(0.0) == 1.0
    for probability in (0.03, 0.05, 0.5, 0.9):
        beta = square_root_factor(probability)
        assert waiting_in_the_limit(beta) == pytest.approx(probability, rel=1e-12)


@pytest.mark.parametrize(
    ("load", "tangent", "exact"),
    [
        (100, 121.7, 119),
        (200, 226.1, 226),
        (400, 434.8, 436),
        (800, 852.2, 850),
        (1600, 1687.0, 1671),
    ],
)
def test_tangent_at_400(load: float, tangent: float, exact: int) -> None:
    beta = square_root_factor(0.05)
    line = load + beta / (2.0 * 20.0) * load + beta * 20.0 / 2.0
    assert line == pytest.approx(tangent, abs=0.05)
    assert servers_needed(load, 0.05) == exact
    assert exact <= line + 2.0
    assert abs(line / exact - 1.0) < 0.025


@settings(max_examples=200, deadline=None)
@given(st.floats(0.001, 50_000.0), st.sampled_from([0.03, 0.05, 0.1, 0.3, 0.6, 0.9]))
def test_two_servers_more_keep_the_rule_above_the_exact_number(
    load: float, probability: float
) -> None:
    # Every tangent lies above the rule, so no line falls below Erlang's formula.
    rule = load + square_root_factor(probability) * math.sqrt(load) + 2.0
    assert rule >= servers_needed(load, probability)
