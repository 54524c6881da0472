"""Hot starts: the same optimum from any basis, in fewer iterations from a near one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from pulp import constants

from optimizer.model.assembly import LinearModel
from optimizer.model.build import holding_unserved, serving_everything, serving_most, with_row
from optimizer.solve.hot import HotStart
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.solve.solvers import run_solver
from tests.solve.edited_cases import NAMES, model_of

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
        hot, cold = HotStart(first.packed()), HotStart()
        found = hot.relax(other, OPTIONS)
        cold.relax(other, OPTIONS)
        assert found.values is not None
        assert found.bound == pytest.approx(cold_objective(other), rel=1e-9)
        assert float(other.cost @ found.values) == pytest.approx(found.bound, rel=1e-9)
        assert hot.iterations < cold.iterations


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
    (name,) = start._bases
    rows, columns = model.shape
    # All columns basic: too many, and some of them alike.
    start._bases[name] = np.ones(rows + columns, dtype=np.int8)
    assert start.relax(model, OPTIONS).bound == pytest.approx(cold_objective(model), rel=1e-9)


def test_a_row_more_starts_from_the_program_without_it() -> None:
    model = model_of("tiny")
    start = HotStart()
    most = start.relax(serving_most(model), OPTIONS)
    unserved = float(model.unserved_value @ np.asarray(most.values))
    held = holding_unserved(model, unserved)
    cold = HotStart()
    reference = cold.relax(held, OPTIONS)
    before = start.iterations
    assert start.relax(held, OPTIONS).bound == pytest.approx(reference.bound, rel=1e-9)
    assert start.iterations - before < cold.iterations


def test_what_cannot_be_is_said_from_any_start() -> None:
    model = serving_everything(model_of("tiny"))
    columns = np.flatnonzero(np.isfinite(model.upper))[:1]
    impossible = with_row(
        model, "impossible", columns, np.ones(1), "1", lower=float(model.upper[columns[0]]) + 1.0
    )
    start = HotStart()
    start.relax(model, OPTIONS)
    for hot in (start, HotStart()):
        answer = hot.relax(impossible, OPTIONS)
        assert answer.status == constants.LpSolveStatus.Infeasible
        assert answer.values is None


def test_stages_go_through_the_hot_start() -> None:
    model = model_of("tiny")
    hot = HotStart()
    options = dataclasses.replace(OPTIONS, hot=hot)
    found = solve_model(model, options).solution
    assert hot.iterations > 0
    assert found.objective == pytest.approx(
        solve_model(model, OPTIONS).solution.objective, rel=1e-9
    )
    assert options.recorded() == OPTIONS.recorded()
