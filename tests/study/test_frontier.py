"""Fronts of the teaching cases: monotone within their gaps, and right at both ends."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from optimizer.errors import UsageError
from optimizer.inputs.assemble import AssembledTables, assemble, case_folder
from optimizer.inputs.case import read_case
from optimizer.model.build import build_model
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.study.frontier import AXES, Frontier, frontier
from tests.model.hours_case import hours_rows

RELAXED = SolveOptions(relaxed=True)
WHOLE = SolveOptions(gap_location=1e-4)


@cache
def tables(name: str = "tiny") -> AssembledTables:
    return assemble(case_folder(name))


@cache
def found(axis: str, options: SolveOptions = RELAXED, count: int = 4) -> Frontier:
    return frontier(tables(), axis, count=count, options=options)


def steps(front: Frontier) -> None:
    """Check that a front tightens, and that its cost rises, within the gaps."""
    points = front.points
    signed = np.diff(points["limit"].to_numpy()) * (-1.0 if front.axis.falls else 1.0)
    assert (signed > 0.0).all()
    cost, bound = points["cost_million_yuan"].to_numpy(), points["bound_million_yuan"].to_numpy()
    assert (np.diff(cost) >= 0.0).all()
    assert (bound <= cost + 1e-6).all()
    value, limit = points["value"].to_numpy(), points["limit"].to_numpy()
    kept = value <= limit * (1.0 + 1e-6) if front.axis.falls else value >= limit * (1.0 - 1e-6)
    assert kept.all()
    assert points["verified"].all()
    assert front.failed == ()


@pytest.mark.parametrize("axis", ["carbon", "west"])
def test_relaxed_fronts_are_monotone_and_exact(axis: str) -> None:
    front = found(axis)
    steps(front)
    points = front.points
    assert points["relaxed"].all()
    assert len(points) == 4
    assert points["gap_million_yuan"].max() == pytest.approx(0.0, abs=1e-6)
    # The cost of an LP is convex in a limit on a total: the price of the next unit rises.
    prices = points["price_million_yuan_per_unit"].to_numpy()[1:]
    assert prices[0] > 0.0
    if axis == "carbon":
        assert (np.diff(prices) > -1e-6).all()


def test_ends_of_the_front_of_carbon() -> None:
    front = found("carbon")
    model = build_model(read_case("tiny"))[0]
    free = solve_model(model, RELAXED).solution
    assert front.points["cost_million_yuan"][0] == pytest.approx(free.objective, rel=1e-9)
    least = SolveOptions(relaxed=True, objective=("carbon",))
    lowest = solve_model(model, least).solution.objectives[0].value
    assert front.reached == pytest.approx(lowest, rel=1e-6)


def test_whole_modules_are_proved_too() -> None:
    front = found("carbon", WHOLE, 3)
    steps(front)
    points = front.points
    assert not points["relaxed"].any()
    assert (points["gap_million_yuan"] <= 1e-4 * points["location_cost_million_yuan"] + 1e-6).all()
    # A plan in whole modules costs at least what the relaxation does under the same limit.
    assert points["cost_million_yuan"][0] >= found("carbon").points["cost_million_yuan"][0]


def test_latency_ends_where_work_is_left_undone() -> None:
    points = found("latency").points
    steps(found("latency"))
    assert points["same_work"].tolist() == [True, False]
    # Limits are round trips that there are: 350 km over the public internet, access and equipment.
    assert points["limit"].tolist() == pytest.approx([45.6673, 13.1803])
    assert points["undone_million_yuan"].tolist()[0] == pytest.approx(0.0, abs=1e-6)
    assert points["undone_million_yuan"].tolist()[1] > 1.0


def test_green_power_of_the_hour() -> None:
    front = frontier(hours_rows().assembled(), "hourly", count=3, options=RELAXED)
    # A point whose batteries only burn power is refused by the verifier and named.
    assert len(front.points) + len(front.failed) == 3
    assert len(front.points) >= 2
    for _limit, why in front.failed:
        assert "charge and discharge at once" in why.en
    assert front.points["value"].is_monotonic_increasing


def test_what_cannot_be_asked() -> None:
    with pytest.raises(UsageError, match="no front"):
        frontier(tables(), "speed")
    with pytest.raises(UsageError, match="one period"):
        frontier(tables("tiny-complete"), "carbon")
    with pytest.raises(UsageError, match="already at the end"):
        # No cluster has power of its own there, and grid power counts the same everywhere.
        frontier(tables(), "hourly", options=RELAXED)


def test_every_axis_names_a_policy_kind() -> None:
    from optimizer.tables.rules import POLICY_KINDS  # noqa: PLC0415 - only here

    assert {axis.kind for axis in AXES.values()} <= set(POLICY_KINDS)
