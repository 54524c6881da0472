"""Batteries that do both in an hour are put right; nothing else of the plan changes for it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model
from optimizer.solve.one_way import both_ways, one_way
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.solve.stage import Solved
from tests.hour_case import EXACT, TWO_PRICES, WHOLE, add_battery, set_prices, steady_case

CHARGE, DISCHARGE = 0.9, 0.8


@pytest.fixture
def model() -> LinearModel:
    case = steady_case()
    set_prices(case, TWO_PRICES)
    add_battery(case, charge_efficiency=CHARGE, discharge_efficiency=DISCHARGE)
    return build_model(case.case())[0]


@pytest.fixture
def plan(model: LinearModel) -> Solved:
    return solve_model(model, EXACT)


def burning(model: LinearModel, values: np.ndarray, burnt_mw: float) -> np.ndarray:
    """Return a point that takes more from the grid to burn it where the battery is charged."""
    point = values.copy()
    charge, discharge, taken = (
        model.ids_of(kind) for kind in ("charge_mw", "discharge_mw", "import_mw")
    )
    hour = int(np.argmax(point[charge]))
    point[charge[hour]] += burnt_mw
    point[discharge[hour]] += burnt_mw * CHARGE * DISCHARGE
    point[taken[hour]] += burnt_mw * (1.0 - CHARGE * DISCHARGE)
    return point


def test_a_plan_that_goes_one_way_is_left_alone(model: LinearModel, plan: Solved) -> None:
    assert plan.values is not None
    assert plan.values[model.ids_of("charge_mw")].max() > 1.0
    assert both_ways(model, plan.values).tolist() == []
    assert one_way(model, EXACT, plan.values) is plan.values


@pytest.mark.parametrize("options", [EXACT, WHOLE])
def test_burnt_power_is_given_back(model: LinearModel, plan: Solved, options: SolveOptions) -> None:
    assert plan.values is not None
    point = burning(model, plan.values, 0.5)
    (less,) = both_ways(model, point)
    assert less in model.ids_of("discharge_mw")
    right = one_way(plan.model, options, point)
    assert both_ways(model, right).tolist() == []
    assert float(model.cost @ right) == pytest.approx(plan.solution.objective, rel=1e-9)


def test_a_plan_that_must_burn_is_not_passed_off_as_another(
    model: LinearModel, plan: Solved
) -> None:
    """Where no point goes one way, the plan stays as it was and the verifier refuses it."""
    assert plan.values is not None
    charge, discharge = model.ids_of("charge_mw"), model.ids_of("discharge_mw")
    hour = int(np.argmax(plan.values[charge]))
    lower = model.lower.copy()
    lower[[charge[hour], discharge[hour]]] = 0.1
    forced = dataclasses.replace(plan.model, lower=lower)
    point = burning(model, plan.values, 0.5)
    assert one_way(forced, WHOLE, point) is point


def test_a_search_ends_with_batteries_that_go_one_way(model: LinearModel) -> None:
    """Power that is paid for being taken is burnt by the relaxation and not by the plan."""
    paid = dataclasses.replace(
        model,
        cost_terms={
            name: np.where(np.isin(np.arange(len(cost)), model.ids_of("import_mw")), -1e-3, cost)
            for name, cost in model.cost_terms.items()
        },
    )
    paid = dataclasses.replace(paid, cost=paid.cost_terms_total())
    relaxed = solve_model(paid, dataclasses.replace(EXACT, relaxed=True))
    assert relaxed.values is not None
    assert len(both_ways(paid, relaxed.values)) > 0
    found = solve_model(paid, EXACT)
    assert found.values is not None
    assert both_ways(paid, found.values).tolist() == []
    assert found.solution.bound <= found.solution.objective
