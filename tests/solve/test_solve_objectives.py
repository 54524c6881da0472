"""Objectives other than cost, several in order, and the boundary without accelerators."""

from __future__ import annotations

import dataclasses
import functools
import itertools

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from optimizer.errors import UsageError
from optimizer.labels import BOUNDARIES, OBJECTIVE_UNITS, OBJECTIVES
from optimizer.model import objectives
from optimizer.model.assembly import LinearModel
from optimizer.model.build import serving_everything
from optimizer.model.objectives import objectives_of
from optimizer.plan.raw_solution import ObjectiveValue, Status
from optimizer.solve import stage, undone
from optimizer.solve.coarse import search
from optimizer.solve.options import Progress, SolveOptions
from optimizer.solve.run import solve_model
from optimizer.solve.solvers import SolverAnswer
from optimizer.solve.stage import Solved, location_cost
from tests.solve.edited_cases import NAMES, edited, model_of, solved, with_cells
from tests.study.second_solver import matrix

EXACT = SolveOptions(gap_location=1e-8)
both = pytest.mark.parametrize("name", sorted(NAMES))


@functools.cache
def found(
    name: str, objective: str = "cost", boundary: str = "it", tolerance: float = 0.0
) -> Solved:
    options = dataclasses.replace(
        EXACT,
        objective=tuple(objective.split(",")),
        boundary=boundary,
        hold_tolerance=tolerance,
    )
    return solve_model(model_of(name), options)


def kilotonnes(answer: Solved) -> float:
    return float(answer.solution.columns["location_kt"].values[0])


def least(
    model: LinearModel,
    cost: np.ndarray,
    limits: tuple[tuple[np.ndarray, float, float], ...] = (),
) -> float:
    """Return the least of a cost over the whole numbers, by another solver."""
    rows = [LinearConstraint(matrix(model), model.row_lower, model.row_upper)]
    rows += [LinearConstraint(row[None, :], low, high) for row, low, high in limits]
    answer = milp(
        cost,
        constraints=rows,
        bounds=Bounds(model.lower, model.upper),
        integrality=model.integer.astype(int),
        options={"mip_rel_gap": 1e-9},
    )
    assert answer.success, answer.message
    return float(answer.fun)


def carbon_weights(model: LinearModel) -> np.ndarray:
    weights = np.zeros(model.shape[1])
    weights[model.columns["location_kt"].start] = 1.0
    return weights


def test_the_default_is_cost_alone() -> None:
    for name in NAMES:
        plain = solve_model(model_of(name), EXACT).solution
        assert plain.objectives == (
            ObjectiveValue("cost", "it", "million yuan", plain.objective, plain.bound),
        )
        assert "objective" not in plain.options
        assert "boundary" not in plain.options


def test_options_that_differ_are_recorded() -> None:
    options = SolveOptions(objective=("carbon", "cost"), hold_tolerance=0.01, boundary="facility")
    added = dict(options.recorded().items() - SolveOptions().recorded().items())
    assert added == {"objective": "carbon,cost", "hold_tolerance": 0.01, "boundary": "facility"}


@both
def test_least_carbon_is_that_of_another_solver(name: str) -> None:
    model = serving_everything(model_of(name))
    answer = found(name, "carbon")
    expected = least(model, carbon_weights(model))
    assert answer.solution.status is Status.OPTIMAL
    (stated,) = answer.solution.objectives
    assert (stated.name, stated.boundary, stated.unit) == ("carbon", "", "kt CO2")
    assert stated.value == kilotonnes(answer) == pytest.approx(expected, rel=1e-6)
    assert stated.bound <= expected * (1.0 + 1e-7)
    assert stated.value - stated.bound <= 2e-7 * expected
    assert kilotonnes(found(name)) > expected * 1.01


@both
def test_what_carbon_leaves_open_costs_nothing_more(name: str) -> None:
    """The integers stay; of the points with as little carbon the cheapest is taken."""
    answer = found(name, "carbon")
    point = answer.values
    assert point is not None
    model = answer.model
    assert answer.solution.objective == pytest.approx(float(model.cost @ point), rel=1e-12)
    fixed = np.where(model.integer, np.round(point), model.lower)
    upper = np.where(model.integer, np.round(point), model.upper)
    rest = dataclasses.replace(model, lower=fixed, upper=upper)
    assert answer.solution.objective == pytest.approx(least(rest, model.cost), rel=1e-6)
    # The bound of its cost is that of any plan with as little carbon.
    whole = least(model, model.cost)
    assert answer.solution.bound <= whole * (1.0 + 1e-7)
    assert answer.solution.objective >= whole * (1.0 - 1e-7)


@both
@pytest.mark.parametrize("tolerance", [0.0, 0.01])
def test_carbon_then_cost_is_exact(name: str, tolerance: float) -> None:
    model = serving_everything(model_of(name))
    weights = carbon_weights(model)
    first = least(model, weights)
    limit = first * (1.0 + tolerance) + 1e-6
    expected = least(model, model.cost, ((weights, -np.inf, limit),))
    answer = found(name, "carbon,cost", tolerance=tolerance)
    assert answer.solution.status is Status.OPTIMAL
    assert answer.solution.objective == pytest.approx(expected, rel=2e-6)
    assert answer.solution.bound == pytest.approx(expected, rel=2e-6)
    carbon, cost = answer.solution.objectives
    assert carbon.held is not None
    assert carbon.value <= carbon.held * (1.0 + 1e-9)
    assert carbon.held == pytest.approx(first * (1.0 + tolerance), rel=1e-6)
    assert carbon.bound == pytest.approx(first, rel=1e-6)
    assert (cost.value, cost.bound) == (answer.solution.objective, answer.solution.bound)
    assert cost.held is None


@both
def test_cost_then_carbon_is_exact(name: str) -> None:
    model = serving_everything(model_of(name))
    weights = carbon_weights(model)
    cheapest = least(model, model.cost)
    for tolerance in (1e-3, 0.02):
        limit = cheapest * (1.0 + tolerance)
        expected = least(model, weights, ((model.cost, -np.inf, limit),))
        answer = found(name, "cost,carbon", tolerance=tolerance)
        assert kilotonnes(answer) == pytest.approx(expected, rel=1e-5)
        assert answer.solution.objective <= limit * (1.0 + 1e-6)
        # The bound is that of cost alone, proved first.
        assert answer.solution.bound == pytest.approx(cheapest, rel=1e-6)
        assert [item.name for item in answer.solution.objectives] == ["cost", "carbon"]


@both
def test_a_wider_tolerance_trades_one_for_the_other(name: str) -> None:
    answers = [found(name, "cost,carbon", tolerance=part) for part in (0.0, 1e-3, 0.02)]
    for one, next_one in itertools.pairwise(answers):
        assert kilotonnes(next_one) <= kilotonnes(one) * (1.0 + 1e-6)
        assert next_one.solution.objective >= one.solution.objective * (1.0 - 1e-6)
    assert kilotonnes(answers[2]) < kilotonnes(answers[0]) * 0.999
    answers = [found(name, "carbon,cost", tolerance=part) for part in (0.0, 0.01)]
    assert answers[1].solution.objective < answers[0].solution.objective - 0.01


@both
def test_facility_plan_keeps_the_purchases_and_costs_no_more(name: str) -> None:
    base, answer = found(name), found(name, boundary="facility")
    model = answer.model
    assert base.values is not None
    assert answer.values is not None
    bought = model.columns["bought"]
    card = bought.index["accelerator"]
    totals = [
        np.bincount(card, weights=item.values[bought.slice])
        for item in (base, answer)
        if item.values is not None
    ]
    assert totals[1] == pytest.approx(totals[0], rel=1e-7, abs=1e-7)
    assert totals[0].sum() > 1.0
    (stated,) = answer.solution.objectives
    assert (stated.name, stated.boundary) == ("cost", "facility")
    facility = location_cost(model, answer.values)
    assert stated.value == pytest.approx(facility, rel=1e-9)
    assert stated.recounted == pytest.approx(location_cost(base.model, base.values), rel=1e-9)
    assert stated.recounted is not None
    assert stated.value <= stated.recounted * (1.0 + 1e-7)
    # Nothing is better with these purchases, says another solver.
    weights = model.cost - model.cost_terms["accelerators"]
    fixed = [
        (np.isin(np.arange(model.shape[1]), bought.ids[card == number]).astype(float), total, total)
        for number, total in enumerate(totals[0].tolist())
    ]
    slack = tuple((row, low - 1e-7, high + 1e-7) for row, low, high in fixed)
    expected = least(serving_everything(model_of(name)), weights, slack)
    assert stated.value == pytest.approx(expected, rel=2e-6)
    assert stated.bound <= expected * (1.0 + 1e-6)
    # Cost and bound of the plan count the accelerators.
    accelerators = float(model.cost_terms["accelerators"] @ answer.values)
    assert answer.solution.objective == pytest.approx(facility + accelerators, rel=1e-12)
    assert answer.solution.bound == pytest.approx(stated.bound + accelerators, rel=1e-9)


@both
def test_carbon_within_the_facility_boundary_keeps_the_purchases_too(name: str) -> None:
    free, answer = found(name, "carbon,cost"), found(name, "carbon,cost", "facility")
    assert kilotonnes(answer) >= kilotonnes(free) * (1.0 - 1e-6)
    carbon, cost = answer.solution.objectives
    assert (carbon.boundary, cost.boundary) == ("", "facility")
    assert carbon.recounted is None
    assert cost.recounted is not None
    accelerators = answer.solution.objective - cost.value
    base = found(name)
    assert base.values is not None
    spent = float(base.model.cost_terms["accelerators"] @ base.values)
    assert accelerators == pytest.approx(spent, rel=1e-6)


def test_boundaries_differ_where_purchases_could_move() -> None:
    """With free purchases the plan of least facility cost would buy accelerators to save power."""
    model = serving_everything(model_of("tiny"))
    weights = model.cost - model.cost_terms["accelerators"]
    free = least(model, weights)
    (stated,) = found("tiny", boundary="facility").solution.objectives
    assert free < stated.value - 1.0


@both
@pytest.mark.parametrize("objective", ["carbon", "carbon,cost", "cost,carbon"])
def test_another_solver_by_name_agrees(name: str, objective: str) -> None:
    ours = found(name, objective, tolerance=1e-3)
    options = dataclasses.replace(
        EXACT,
        objective=tuple(objective.split(",")),
        hold_tolerance=1e-3,
        solver="COIN_CMD",
        gap_location=1e-7,
    )
    theirs = solve_model(model_of(name), options)
    for one, other in zip(ours.solution.objectives, theirs.solution.objectives, strict=True):
        assert other.value == pytest.approx(one.value, rel=1e-4)
    one, other = ours.solution.objectives[0], theirs.solution.objectives[0]
    assert other.bound == pytest.approx(one.bound, rel=1e-6)


def test_work_is_served_before_any_objective() -> None:
    change = with_cells("accelerator == 'new'", supply=5000)
    case = edited("hand", {"accelerator_supply": change})
    plain = solved(case, EXACT).solution
    for objective in (("carbon",), ("carbon", "cost"), ("cost", "carbon")):
        answer = solved(case, dataclasses.replace(EXACT, objective=objective))
        assert answer.solution.status is Status.OPTIMAL
        assert answer.values is not None
        left_out = float(answer.model.unserved_value @ answer.values)
        assert left_out == pytest.approx(plain.unserved_value, rel=1e-6)
        assert answer.solution.unserved_value == pytest.approx(plain.unserved_value, rel=1e-6)


def test_a_relaxation_of_several_objectives_is_a_bound_of_each() -> None:
    for objective in ("carbon", "carbon,cost"):
        options = dataclasses.replace(
            EXACT, relaxed=True, objective=tuple(objective.split(",")), hold_tolerance=0.0
        )
        relaxed = solve_model(model_of("tiny"), options).solution.objectives[0]
        whole = found("tiny", objective).solution.objectives[0]
        assert relaxed.bound <= whole.bound * (1.0 + 1e-9)
        assert relaxed.value < whole.value


def test_no_objective_is_surer_than_those_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    stages: list[LinearModel] = []

    def unproved_at_first(
        model: LinearModel, options: SolveOptions, gap_abs: float, log_file: str = ""
    ) -> SolverAnswer:
        stages.append(model)
        answer = search(model, options, gap_abs, log_file)
        if len(stages) > 1:
            return answer
        return dataclasses.replace(answer, stopped="time", bound=0.5 * answer.bound)

    monkeypatch.setattr(stage, "search", unproved_at_first)
    options = dataclasses.replace(EXACT, objective=("carbon", "cost"))
    solution = solve_model(model_of("hand"), options).solution
    assert len(stages) == 2
    assert solution.status is Status.FEASIBLE
    assert not solution.deterministic
    assert solution.stopped == "time"
    carbon, cost = solution.objectives
    assert carbon.bound < 0.6 * carbon.value
    assert cost.value - cost.bound < 1e-3


def test_a_later_objective_without_time_keeps_the_point_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cheapest = found("hand").solution.objective  # kept: not to be found by the search below
    stages: list[LinearModel] = []

    def nothing_at_last(
        model: LinearModel, options: SolveOptions, gap_abs: float, log_file: str = ""
    ) -> SolverAnswer:
        stages.append(model)
        answer = search(model, options, gap_abs, log_file)
        if len(stages) == 1:
            return answer
        return dataclasses.replace(answer, values=None, stopped="time")

    monkeypatch.setattr(stage, "search", nothing_at_last)
    options = dataclasses.replace(EXACT, objective=("cost", "carbon"))
    answer = solve_model(model_of("hand"), options)
    assert answer.solution.status is Status.FEASIBLE
    assert answer.solution.stopped == "time"
    # The cheapest plan stands, and the bound of carbon is that of the relaxation.
    assert answer.solution.objective == pytest.approx(cheapest, rel=1e-7)
    carbon = answer.solution.objectives[1]
    assert carbon.bound < carbon.value


def test_progress_is_told_in_the_unit_of_the_objective() -> None:
    told: list[Progress] = []
    options = dataclasses.replace(EXACT, objective=("carbon", "cost"), progress=told.append)
    solve_model(model_of("tiny"), options)
    units = [
        item.unit.en for item in told if np.isfinite(item.incumbent) or np.isfinite(item.bound)
    ]
    assert set(units) == {"kt CO2", "million yuan"}
    assert units == sorted(units)


def test_every_objective_has_its_words() -> None:
    assert set(objectives.OBJECTIVES) == set(OBJECTIVES) == set(OBJECTIVE_UNITS)
    assert tuple(BOUNDARIES) == objectives.BOUNDARIES


@pytest.mark.parametrize("names", [(), ("",), ("money",), ("cost", "cost"), ("cost", "water")])
def test_unknown_objectives_are_named(names: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as error:
        solve_model(model_of("tiny"), SolveOptions(objective=names))
    assert "cost, carbon" in error.value.message.en


def test_an_unknown_boundary_is_named() -> None:
    with pytest.raises(UsageError) as error:
        objectives_of(("cost",), "shell")
    assert error.value.message.en == "shell is no boundary; give it, facility"


@pytest.mark.parametrize("supply", [3000, 5000])
@pytest.mark.parametrize("names", [("cost",), ("carbon", "cost")])
def test_a_large_program_pays_for_the_work_it_leaves_undone(
    monkeypatch: pytest.MonkeyPatch, supply: int, names: tuple[str, ...]
) -> None:
    """With a price far above what work costs it is the plan that leaves the least undone."""
    change = with_cells("accelerator == 'new'", supply=supply)
    case = edited("hand", {"accelerator_supply": change})
    options = dataclasses.replace(EXACT, objective=names)
    plain = solved(case, options).solution
    monkeypatch.setattr(undone, "LARGE", 0)
    answer = solved(case, options)
    assert plain.unserved_value > 0.0
    assert answer.values is not None
    left_out = float(answer.model.unserved_value @ answer.values)
    assert left_out == pytest.approx(plain.unserved_value, rel=1e-6)
    assert answer.solution.unserved_value == pytest.approx(left_out)
    assert plain.unserved_bound <= answer.solution.unserved_value * (1.0 + 1e-6)
    assert answer.solution.unserved_bound <= plain.unserved_value * (1.0 + 1e-6)
    # the plan is one of those the exact search chooses from, and the bound holds for all of them
    for found, exact in zip(answer.solution.objectives, plain.objectives, strict=True):
        assert found.value >= exact.bound * (1.0 - 1e-6)
        assert found.bound <= exact.value * (1.0 + 1e-6)
    proved = answer.solution.objective - answer.solution.bound <= 1e-6
    assert (answer.solution.status is Status.OPTIMAL) == proved
