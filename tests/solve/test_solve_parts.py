"""A model solved in parts has the optimum of the whole model."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.inputs.case import Case, read_case
from optimizer.model.build import build_model, serving_everything
from optimizer.plan.raw_solution import RawSolution, Status
from optimizer.solve.decompose import is_split
from optimizer.solve.living import LivingModel
from optimizer.solve.options import SolveOptions
from optimizer.solve.prices import finite_difference, shadow_prices
from optimizer.solve.run import solve_model
from optimizer.solve.stage import Solved
from tests.helpers import edit_cell
from tests.hour_case import EXACT, WHOLE, built, solved, steady_case
from tests.hourly_case_folders import hourly_tiny
from tests.hourly_national_case import hourly_national
from tests.random_hours import random_hours

LP = dataclasses.replace(EXACT, relaxed=True)
WHOLE_LP = dataclasses.replace(WHOLE, relaxed=True)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hourly_tiny(tmp_path_factory.mktemp("hourly"))


@pytest.fixture(scope="module")
def exact(tiny: Path) -> Solved:
    """Return the case by the hour, solved in parts from a model built for it alone."""
    return solve_model(build_model(read_case(tiny))[0], EXACT)


def solution(case: Case, options: SolveOptions) -> RawSolution:
    """Return the solution of a model built anew: cuts of another solve are not known."""
    return solve_model(build_model(case)[0], options).solution


def same(parts: RawSolution, whole: RawSolution) -> None:
    assert parts.status is whole.status is Status.OPTIMAL
    assert parts.unserved_value == pytest.approx(whole.unserved_value, rel=1e-6, abs=1e-6)
    assert parts.objective == pytest.approx(whole.objective, rel=1e-6)
    assert parts.bound == pytest.approx(whole.bound, rel=1e-6)
    assert parts.bound <= parts.objective


def test_relaxation_of_two_periods_with_every_block() -> None:
    # Pools, backup and runs over several sites between periods, in parts and whole.
    case = read_case("tiny-complete")
    assert is_split(build_model(case)[0])
    same(solution(case, LP), solution(case, WHOLE_LP))


def test_teaching_case_by_the_hour(tiny: Path, exact: Solved) -> None:
    case = read_case(tiny)
    assert is_split(build_model(case)[0])
    same(solution(case, LP), solution(case, WHOLE_LP))
    parts, whole = exact.solution, solution(case, WHOLE)
    same(parts, whole)
    for block in ("line", "built", "opening"):
        assert parts.columns[block].values.tolist() == whole.columns[block].values.tolist()
    # Every option by the hour is used.
    for block in ("generation_mw", "battery_mwh", "later_mw", "peak_mw", "credit_mw"):
        assert parts.columns[block].values.sum() > 0.1, block


def test_the_point_meets_every_row_and_costs_what_is_told(exact: Solved) -> None:
    assert exact.values is not None
    model, values = exact.model, exact.values
    activity = model.activity(values)
    assert (activity <= model.row_upper + 1e-6).all()
    assert (activity >= model.row_lower - 1e-6).all()
    assert (values >= model.lower).all()
    assert (values <= model.upper).all()
    told = sum(float(cost @ values) for cost in model.cost_terms.values())
    assert told == pytest.approx(exact.solution.objective, rel=1e-9)


used: Counter[str] = Counter()
OPTIONS = ("line", "battery_mwh", "later_mw", "export_mw", "peak_mw", "credit_mw", "runs", "built")


@settings(max_examples=5, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def _random_case_in_parts(seed: int) -> None:
    case = random_hours(seed).case()
    same(solution(case, LP), solution(case, WHOLE_LP))
    plan = solution(case, EXACT)
    same(plan, solution(case, WHOLE))
    used.update(
        block
        for block in OPTIONS
        if block in plan.columns and plan.columns[block].values.sum() > 1e-6
    )


def test_random_cases() -> None:
    used.clear()
    _random_case_in_parts()
    assert set(used) == set(OPTIONS)


def test_work_left_undone(tmp_path: Path) -> None:
    # Too little green power for all work: the first stage is solved in parts too.
    folder = hourly_tiny(tmp_path)
    edit_cell(folder, "policies", {"policy": "green_share_hourly_min"}, "value", "0.7")
    case = read_case(folder)
    parts, whole = solution(case, EXACT), solution(case, WHOLE)
    assert parts.unserved_value > 1.0
    same(parts, whole)


def test_no_plan_either_way(tmp_path: Path) -> None:
    folder = hourly_tiny(tmp_path)
    where = {"policy": "green_share_hourly_min"}
    edit_cell(folder, "policies", where, "value", "0.99")
    case = read_case(folder)
    for options in (LP, WHOLE_LP, EXACT, WHOLE):
        assert solution(case, options).status is Status.INFEASIBLE


def test_prices_are_what_one_more_unit_saves(exact: Solved) -> None:
    assert exact.values is not None
    prices = shadow_prices(exact.model, exact.values)
    assert {price.block for price in prices} >= {"policy_green_share_hourly_min", "used"}
    for price in prices:
        saved = finite_difference(exact.model, exact.values, price, 1e-4)
        assert saved <= price.saving * (1.0 + 1e-4) + 1e-4


def test_a_model_without_hours_is_solved_at_once() -> None:
    case = steady_case()
    assert not is_split(built(case)[1])
    assert solved(case).objective == solved(case, WHOLE).objective


def test_cuts_known_from_one_variant_serve_another(tiny: Path) -> None:
    model = build_model(read_case(tiny))[0]
    first = LivingModel(serving_everything(model)).solve()
    learnt = sum(len(cuts) for cuts in model.cuts.values())
    again = LivingModel(serving_everything(model)).solve()
    assert first is not None
    assert again is not None
    assert learnt > 10
    assert again.objective == pytest.approx(first.objective, rel=1e-8)
    # All that matters near the optimum is known.
    assert sum(len(cuts) for cuts in model.cuts.values()) - learnt < learnt / 2


@pytest.mark.long
def test_national_case_on_three_days(tmp_path: Path) -> None:
    case = read_case(hourly_national(tmp_path))
    near = dataclasses.replace(LP, gap_location=1e-6)
    parts = solution(case, near)
    same(parts, solution(case, dataclasses.replace(near, whole=True)))
    for block in ("line", "generation_mw", "battery_mwh", "later_mw"):
        assert parts.columns[block].values.sum() > 1.0, block


def test_another_solver_agrees(tiny: Path) -> None:
    # CBC gets the whole model at once.
    case = read_case(tiny)
    other = solution(case, SolveOptions(gap_location=1e-6, solver="COIN_CMD"))
    ours = solution(case, SolveOptions(gap_location=1e-6))
    assert other.status is ours.status is Status.OPTIMAL
    assert other.objective >= ours.bound * (1 - 1e-6)
    assert ours.objective >= other.bound * (1 - 1e-6)
    assert other.objective == pytest.approx(ours.objective, rel=3e-6)
