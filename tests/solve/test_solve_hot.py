"""Hot starts: the same optimum from any basis, in fewer iterations from a near one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from pulp import constants

from optimizer.model.assembly import LinearModel
from optimizer.model.build import serving_everything, serving_most, with_row
from optimizer.solve import hot
from optimizer.solve.hot import HotStart
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.solve.solvers import run_solver
from tests.solve.edited_cases import NAMES, model_of

NOT_SOLVED = constants.LpSolveStatus.NotSolved
OPTIONS = SolveOptions(relaxed=True, whole=True)


def cold_objective(model: LinearModel) -> float:
    return run_solver(model, OPTIONS, 0.0).bound


def dearer(model: LinearModel, seed: int) -> LinearModel:
    """Return a program with other costs, and coefficients that leave at least as much room."""
    generator = np.random.default_rng(seed)
    row = np.repeat(np.arange(model.shape[0]), np.diff(model.row_start))
    eased = np.isinf(model.row_lower[row]) & (model.value > 0.0)
    eased &= model.lower[model.column_of] >= 0.0
    assert eased.sum() > 50
    factor = np.where(eased, generator.uniform(0.98, 1.0, len(eased)), 1.0)
    return dataclasses.replace(
        model,
        cost=model.cost * generator.uniform(0.9, 1.1, len(model.cost)),
        value=model.value * factor,
    )


@pytest.mark.parametrize("name", NAMES)
def test_other_numbers_are_solved_to_the_same_objective(name: str) -> None:
    model = serving_everything(model_of(name))
    first = HotStart()
    assert first.relax(model, OPTIONS).bound == pytest.approx(cold_objective(model), rel=1e-9)
    for seed in range(3):
        other = dearer(model, seed)
        near, cold = HotStart(first.packed()), HotStart()
        found = near.relax(other, OPTIONS)
        cold.relax(other, OPTIONS)
        assert found.values is not None
        assert found.bound == pytest.approx(cold_objective(other), rel=1e-9)
        assert float(other.cost @ found.values) == pytest.approx(found.bound, rel=1e-9)
        assert near.iterations < cold.iterations


def test_the_answer_depends_on_program_and_basis_alone() -> None:
    model = serving_everything(model_of("tiny"))
    start = HotStart()
    start.relax(model, OPTIONS)
    packed = start.packed()
    first = HotStart(packed)
    one = first.relax(dearer(model, 2), OPTIONS)
    HotStart(packed).relax(dearer(model, 1), OPTIONS)  # what was solved before does not matter
    again = HotStart(packed)
    two = again.relax(dearer(model, 2), OPTIONS)
    assert one.values is not None
    assert two.values is not None
    assert (one.values == two.values).all()
    assert first.packed() == again.packed()


def test_a_basis_that_is_no_basis_is_mended() -> None:
    model = serving_everything(model_of("tiny"))
    start = HotStart()
    start.relax(model, OPTIONS)
    rows, columns = model.shape
    name = f"cost_{rows}_{columns}"
    assert name in start._bases
    # All columns basic: too many, and some of them alike.
    start._bases[name] = np.ones(rows + columns, dtype=np.int8)
    assert start.relax(model, OPTIONS).bound == pytest.approx(cold_objective(model), rel=1e-9)


def test_what_the_neighbour_could_not_serve_is_asked_for_no_more() -> None:
    model = model_of("tiny")
    start = HotStart()
    start.relax(serving_everything(model), OPTIONS)
    columns = np.flatnonzero(model.unserved_value)[:1]
    # Some work cannot be done: then all of it is not asked for again.
    short = with_row(model, "short", columns, np.ones(1), "1", lower=0.25)
    answer = start.relax(serving_most(short), OPTIONS)
    assert answer.bound > 0.0
    before = start.iterations
    assert start.relax(serving_everything(short), OPTIONS).status == NOT_SOLVED
    assert HotStart(start.packed()).relax(serving_everything(short), OPTIONS).status == NOT_SOLVED
    assert start.iterations == before
    # The model without that row has another size and is solved as ever.
    assert start.relax(serving_everything(model), OPTIONS).values is not None


def test_a_neighbour_that_serves_all_after_all_is_asked_again() -> None:
    model = model_of("tiny")
    start = HotStart()
    assert start.relax(serving_most(model), OPTIONS).bound == pytest.approx(0.0, abs=1e-9)
    following = HotStart(start.packed())
    assert following.relax(serving_everything(model), OPTIONS).values is not None


def test_a_program_far_dearer_than_its_neighbour_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hot, "LOOK", 5)
    model = serving_everything(model_of("tiny"))
    start = HotStart()
    reference = start.relax(model, OPTIONS)
    other = dearer(model, 1)
    # Looking often changes no answer.
    found = HotStart(start.packed()).relax(other, OPTIONS)
    assert found.bound == pytest.approx(cold_objective(other), rel=1e-9)
    start._bases[hot.COSTS] = np.array([reference.bound / 1e3])
    assert start.relax(other, OPTIONS).status == NOT_SOLVED
    # Whoever asked finds the same plan in two stages.
    options = dataclasses.replace(OPTIONS, hot=start)
    start._bases[hot.COSTS] = np.array([reference.bound / 1e3])
    two_stages = solve_model(dearer(model_of("tiny"), 1), options).solution
    assert two_stages.unserved_value == pytest.approx(0.0, abs=1e-9)
    assert two_stages.objective == pytest.approx(cold_objective(other), rel=1e-9)


def test_what_cannot_be_is_said_from_any_start() -> None:
    model = serving_everything(model_of("tiny"))
    columns = np.flatnonzero(np.isfinite(model.upper))[:1]
    impossible = with_row(
        model, "impossible", columns, np.ones(1), "1", lower=float(model.upper[columns[0]]) + 1.0
    )
    start = HotStart()
    start.relax(model, OPTIONS)
    for item in (start, HotStart()):
        answer = item.relax(impossible, OPTIONS)
        assert answer.status == constants.LpSolveStatus.Infeasible
        assert answer.values is None


def test_stages_go_through_the_hot_start() -> None:
    model = model_of("tiny")
    start = HotStart()
    options = dataclasses.replace(OPTIONS, hot=start)
    found = solve_model(model, options).solution
    assert start.iterations > 0
    assert found.objective == pytest.approx(
        solve_model(model, OPTIONS).solution.objective, rel=1e-9
    )
    assert options.recorded() == OPTIONS.recorded()
