"""What a solved site says about its hours holds for every plan."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

from optimizer.model.assembly import LinearModel
from optimizer.model.build import serving_everything
from optimizer.solve.decompose import Hours, Part, split
from optimizer.solve.living import LivingModel
from tests.hour_case import (
    TWO_PRICES,
    add_battery,
    add_generation,
    built,
    policy,
    set_factors,
    set_prices,
    steady_case,
)
from tests.random_hours import random_hours

Floats = NDArray[np.float64]

few = settings(max_examples=5, deadline=None, derandomize=True)


def least_cost(part: Part, plan: Floats) -> float:
    """Return SciPy's least cost of the hours of a plan, infinite if none are possible."""
    rows, columns = len(part.rows), len(part.columns)
    matrix = csr_array((part.value, part.column_of, part.row_start), shape=(rows, columns))
    taken = np.zeros(rows)
    np.add.at(taken, part.link_row, part.link_value * plan[part.link_of])
    lower, upper = part.row_lower - taken, part.row_upper - taken
    equal, most, least = lower == upper, np.isfinite(upper), np.isfinite(lower)
    most, least = most & ~equal, least & ~equal
    dense = matrix.toarray()
    found = linprog(
        part.cost,
        A_ub=np.vstack([dense[most], -dense[least]]),
        b_ub=np.concatenate([upper[most], -lower[least]]),
        A_eq=dense[equal],
        b_eq=lower[equal],
        bounds=list(zip(part.lower.tolist(), part.upper.tolist(), strict=True)),
        method="highs-ds",
    )
    assert found.status in {0, 2}, found.message
    return float(found.fun) if found.status == 0 else np.inf


def plans(model: LinearModel, seed: int, count: int) -> list[Floats]:
    """Return points of the whole relaxation: best for costs at random, and between them."""
    random = np.random.default_rng(seed)
    whole = dataclasses.replace(model, group=np.full(model.shape[1], -1))
    corners = []
    for _corner in range(count):
        factor = random.uniform(0.2, 3.0, model.shape[1])
        point = LivingModel(dataclasses.replace(whole, cost=model.cost * factor)).solve()
        assert point is not None
        corners.append(point.values)
    between = [0.5 * (one + other) for one, other in itertools.pairwise(corners)]
    return corners + between


@few
@given(st.integers(0, 10_000))
def test_no_cut_cuts_off_a_plan(seed: int) -> None:
    model = built(random_hours(seed))[1]
    points = plans(model, seed, 3)
    random = np.random.default_rng(seed)
    for part in split(model).parts:
        hours = Hours(part)
        cuts = []
        for point in points:
            at = point[part.link]
            cut, values = hours.solve(at)
            assert cut.of_cost
            assert values is not None
            exact = least_cost(part, at)
            assert cut.constant + float(cut.slopes @ at) == pytest.approx(exact, rel=1e-7, abs=1e-6)
            assert float(part.cost @ values) == pytest.approx(exact, rel=1e-7, abs=1e-6)
            cuts.append(cut)
            # Any other plan teaches a cut as well, possible or not.
            shaken = np.maximum(0.0, at * random.uniform(0.0, 2.0, len(at)))
            cuts.append(hours.solve(shaken)[0])
        for point in points:
            at = point[part.link]
            exact = least_cost(part, at)
            for cut in cuts:
                told = cut.constant + float(cut.slopes @ at)
                if cut.of_cost:
                    assert told <= exact + 1e-6 * (1.0 + abs(exact))
                else:
                    assert told <= 1e-6


@few
@given(st.integers(0, 10_000))
def test_the_least_cost_of_all_plans_is_a_bound(seed: int) -> None:
    model = built(random_hours(seed))[1]
    for part in split(model).parts:
        bound = Hours(part).least_cost(model.lower[part.link], model.upper[part.link])
        assert np.isfinite(bound)
        for point in plans(model, seed, 2):
            assert bound <= least_cost(part, point[part.link])


def test_hours_that_are_not_possible_say_how_much_room_they_lack() -> None:
    # 4 MW of sun all day, but the plan claims 50 GWh of it where 35.04 are to be had.
    case = steady_case(10)
    set_factors(case, [0.4] * 24)
    add_generation(case, capacity_mw=10)
    case.tables["policies"] = [policy("green_share_physical_min", 0.1)]
    model = built(case)[1]
    (part,) = split(model).parts
    whole = dataclasses.replace(model, group=np.full(model.shape[1], -1))
    plan = LivingModel(serving_everything(whole)).solve()
    assert plan is not None
    values = plan.values.copy()
    size = model.columns["generation_mw"].slice
    values[size] = 10.0
    claimed = int(model.columns["self_use_gwh"].start)
    values[claimed] = 50.0
    cut, hours = Hours(part).solve(values[part.link])
    assert hours is None
    assert not cut.of_cost
    lacking = cut.constant + float(cut.slopes @ values[part.link])
    assert lacking > 0.0
    for claim, possible in ((35.03, True), (35.05, False), (49.0, False), (0.0, True)):
        values[claimed] = claim
        told = cut.constant + float(cut.slopes @ values[part.link])
        exact = least_cost(part, values[part.link])
        assert np.isfinite(exact) == possible
        # One unit of a row for each GWh: the cut is exact along the way.
        assert (told <= 1e-7) == possible


def test_a_battery_held_at_nothing_stores_nothing() -> None:
    case = steady_case(10)
    set_prices(case, TWO_PRICES)
    without = LivingModel(serving_everything(built(case)[1])).solve()
    add_battery(case)
    model = serving_everything(built(case)[1])
    free = LivingModel(model).solve()
    upper = model.upper.copy()
    upper[model.columns["battery_mwh"].slice] = 0.0
    held = LivingModel(dataclasses.replace(model, upper=upper)).solve()
    assert without is not None
    assert free is not None
    assert held is not None
    assert held.objective == pytest.approx(without.objective, rel=1e-9)
    assert free.objective < 0.8 * held.objective


def test_cuts_of_one_battery_are_not_taken_for_another() -> None:
    # The bounds of a battery are part of its site's fingerprint.
    case = steady_case(10)
    set_prices(case, TWO_PRICES)
    add_battery(case)
    model = serving_everything(built(case)[1])
    upper = model.upper.copy()
    upper[model.columns["battery_mwh"].slice] = 7.0
    smaller = dataclasses.replace(model, upper=upper)
    assert split(model).parts[0].key != split(smaller).parts[0].key
    assert LivingModel(model).solve() is not None
    point = LivingModel(smaller).solve()
    assert point is not None
    assert point.objective == pytest.approx(10 * 8.76 * 0.5 - 0.365 * 7 * 0.6, rel=1e-9)
