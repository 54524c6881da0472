"""The comparisons of the verifier: what counts as equal, and that nothing odd slips through."""

from __future__ import annotations

import math

import pytest

from optimizer.plan.violation import RELATIVE_TOLERANCE, Checker


def checked(compare: str, left: float, right: float, scale: float = 1.0) -> Checker:
    checker = Checker()
    getattr(checker, compare)("rule", "place", left, right, "MW", scale=scale)
    assert checker.count == 1
    return checker


def test_tolerance_is_ten_times_that_of_a_solver() -> None:
    assert RELATIVE_TOLERANCE == 1e-6


@pytest.mark.parametrize(
    ("compare", "left", "right", "passes"),
    [
        ("equal", 2.0, 2.0, True),
        ("equal", 2.0, 2.0 + 1.9e-6, True),
        ("equal", 2.0, 2.0 + 2.1e-6, False),
        ("equal", 2.0 + 2.1e-6, 2.0, False),
        ("equal", 1e-9, 0.0, True),  # sizes below one count as one
        ("equal", 2e-6, 0.0, False),
        ("at_most", 2.0 + 1.9e-6, 2.0, True),
        ("at_most", 2.0 + 2.1e-6, 2.0, False),
        ("at_most", 0.0, 2.0, True),
        ("at_most", 0.0, math.inf, True),
        ("at_most", math.inf, 2.0, False),
        ("at_least", 2.0 - 1.9e-6, 2.0, True),
        ("at_least", 2.0 - 2.1e-6, 2.0, False),
        ("at_least", 5.0, 2.0, True),
        ("at_least", -math.inf, 2.0, False),
        ("equal", math.inf, 2.0, False),
        ("equal", math.nan, 2.0, False),
        ("at_most", math.nan, 2.0, False),
        ("at_most", 2.0, math.nan, False),
        ("at_least", math.nan, 2.0, False),
    ],
)
def test_compares(compare: str, left: float, right: float, passes: bool) -> None:
    checker = checked(compare, left, right)
    assert (not checker.violations) == passes
    if not passes:
        violation = checker.violations[0]
        assert (violation.rule, violation.place, violation.unit) == ("rule", "place", "MW")
        assert repr(violation.left) == repr(left)
        assert repr(violation.right) == repr(right)
        assert violation.sense == {"equal": "=", "at_most": "<=", "at_least": ">="}[compare]


def test_scale_is_the_size_that_counts_as_one() -> None:
    assert not checked("equal", 5e-4, 0.0, scale=1e3).violations
    assert checked("equal", 5e-3, 0.0, scale=1e3).violations


def test_largest_residual_is_relative_and_counts_passing_comparisons() -> None:
    checker = Checker()
    checker.equal("a", "", 4.0, 4.0 + 2e-6, "1")
    checker.at_most("b", "", 1.0, 7.0, "1")
    assert not checker.violations
    assert checker.largest == pytest.approx(2e-6 / (4.0 + 2e-6), rel=1e-9)
    assert checker.count == 2


@pytest.mark.parametrize(("fact", "failures"), [(True, 0), (False, 1)])
def test_statements(fact: bool, failures: int) -> None:
    checker = Checker()
    checker.holds("rule", "place", fact=fact)
    assert len(checker.violations) == failures


@pytest.mark.parametrize(
    ("value", "passes"),
    [(3.0, True), (3.0 + 2e-6, True), (2.5, False), (0.999, False), (-2.0, True)],
)
def test_whole_numbers(value: float, passes: bool) -> None:
    checker = Checker()
    checker.whole("rule", "place", value, "modules")
    assert (not checker.violations) == passes


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_not_whole(value: float) -> None:
    checker = Checker()
    checker.whole("rule", "place", value, "modules")
    assert len(checker.violations) == 1


def test_of_many_none_is_broken() -> None:
    checker = Checker()
    checker.none("rule", "table", [])
    assert (checker.count, checker.violations) == (1, [])


def test_of_many_each_that_is_broken_is_named() -> None:
    checker = Checker()
    checker.none("rule", "table", {"second", "first"})
    assert [violation.place for violation in checker.violations] == ["table|first", "table|second"]
    assert checker.count == 2
