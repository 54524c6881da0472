"""Solvers that share no path to the model agree within what each has proved."""

from __future__ import annotations

import importlib.metadata

import numpy as np
import pulp
import pytest
from numpy.typing import NDArray
from pulp import constants
from pulp.apis.core import clocks
from pulp.core.lp_stats import LpSolveStats
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from optimizer.errors import SolverError, UsageError
from optimizer.model.assembly import LinearModel
from optimizer.model.build import serving_everything
from optimizer.plan.raw_solution import Status
from optimizer.solve.options import DEFAULT_SOLVER, SolveOptions
from optimizer.solve.run import solve_model
from optimizer.solve.solvers import (
    available_solvers,
    check_solver,
    run_solver,
    solver_version,
)
from tests.solve.edited_cases import NAMES, model_of

INFINITY = float("inf")


def by_scipy(model: LinearModel) -> tuple[float, float, NDArray[np.float64]]:
    """Return objective, proved bound and point of SciPy's search on the arrays of a model."""
    matrix = csr_array((model.value, model.column_of, model.row_start), shape=model.shape).toarray()
    found = milp(
        model.cost,
        integrality=model.integer.astype(int),
        bounds=Bounds(model.lower, model.upper),
        constraints=LinearConstraint(
            np.asarray(matrix, dtype=float), model.row_lower, model.row_upper
        ),
        options={"mip_rel_gap": 1e-7},
    )
    assert found.status == 0
    return float(found.fun), float(found.mip_dual_bound), np.asarray(found.x)


class ScipySolver(pulp.LpSolver):
    """A PuLP solver that walks the PuLP problem itself and hands it to SciPy."""

    name = "ScipySolver"
    proves = True

    def available(self) -> bool:
        return True

    def actualSolve(self, lp: pulp.LpProblem, **_options: object) -> LpSolveStats:  # noqa: N802
        began = clocks()
        variables = lp.variables()
        column = {variable.name: number for number, variable in enumerate(variables)}
        rows = np.zeros((len(lp.constraints()), len(variables)))
        low, high = np.full(len(rows), -INFINITY), np.full(len(rows), INFINITY)
        for number, constraint in enumerate(lp.constraints()):
            for variable, value in constraint.items():
                rows[number, column[variable.name]] = value
            if constraint.sense != pulp.LpConstraintLE:
                low[number] = -constraint.constant
            if constraint.sense != pulp.LpConstraintGE:
                high[number] = -constraint.constant
        cost = np.zeros(len(variables))
        assert lp.objective is not None
        for variable, value in lp.objective.items():
            cost[column[variable.name]] = value
        whole = [self.mip and variable.cat != pulp.LpContinuous for variable in variables]
        bounds = [
            (
                -INFINITY if variable.lowBound is None else variable.lowBound,
                INFINITY if variable.upBound is None else variable.upBound,
            )
            for variable in variables
        ]
        found = milp(
            cost,
            integrality=np.array(whole, dtype=int),
            bounds=Bounds(*np.array(bounds).T),
            constraints=LinearConstraint(rows, low, high),
            options={"mip_rel_gap": 1e-7},
        )
        if found.x is not None:
            lp.assignVarsVals(dict(zip(column, found.x.tolist(), strict=True)))
        status = {0: constants.LpSolveStatus.Optimal, 2: constants.LpSolveStatus.Infeasible}
        bound = found.mip_dual_bound if self.proves else None
        return self.buildStats(
            lp, status[found.status], found.x is not None, start=began, best_bound=bound
        )


class SilentSolver(ScipySolver):
    """The same, keeping what it has proved to itself."""

    name = "SilentSolver"
    proves = False


class BrokenSolver(ScipySolver):
    """A solver that fails."""

    name = "BrokenSolver"

    def actualSolve(self, lp: pulp.LpProblem, **_options: object) -> LpSolveStats:  # noqa: N802
        raise pulp.PulpSolverError(f"{lp.name}: out of licences")


@pytest.fixture(autouse=True)
def own_solvers(monkeypatch: pytest.MonkeyPatch) -> None:
    own = [ScipySolver, SilentSolver, BrokenSolver]
    monkeypatch.setattr(pulp.apis, "_all_solvers", [*pulp.apis._all_solvers, *own])


@pytest.mark.parametrize("name", NAMES)
def test_scipy_on_the_arrays_agrees(name: str) -> None:
    model = serving_everything(model_of(name))
    objective, bound, point = by_scipy(model)
    ours = solve_model(model_of(name), SolveOptions(gap_location=1e-4)).solution
    assert ours.status is Status.OPTIMAL
    proved = (ours.objective - ours.bound) + (objective - bound)
    assert abs(ours.objective - objective) <= proved + 1e-6 * objective
    # Neither point undercuts what the other has proved.
    assert objective >= ours.bound - 1e-6 * objective
    assert ours.objective >= bound - 1e-6 * objective
    assert (model.activity(point) <= model.row_upper + 1e-5).all()


def _names_of_all_solvers() -> list[str]:
    return [*available_solvers(), ScipySolver.name]


@pytest.mark.parametrize("solver", _names_of_all_solvers())
@pytest.mark.parametrize("name", NAMES)
def test_every_solver_that_runs_here_agrees(name: str, solver: str) -> None:
    options = SolveOptions(gap_location=1e-4, solver=solver)
    ours = solve_model(model_of(name), options).solution
    objective, bound, _point = by_scipy(serving_everything(model_of(name)))
    assert ours.status is Status.OPTIMAL
    assert ours.solver == solver
    proved = (ours.objective - ours.bound) + (objective - bound)
    assert abs(ours.objective - objective) <= proved + 1e-6 * objective
    assert ours.bound <= objective * (1.0 + 1e-6)
    for column in ours.columns["built"].values:
        assert column == round(column)


def test_own_solver_is_found_by_name_and_reads_the_pulp_problem() -> None:
    assert ScipySolver.name in available_solvers()
    assert available_solvers()[0] == DEFAULT_SOLVER
    model = serving_everything(model_of("hand"))
    ours = run_solver(model, SolveOptions(), 1e-6)
    own = run_solver(model, SolveOptions(solver=ScipySolver.name), 1e-6)
    assert own.status == constants.LpSolveStatus.Optimal
    assert own.values is not None
    assert ours.values is not None
    assert float(model.cost @ own.values) == pytest.approx(float(model.cost @ ours.values))
    assert own.bound == pytest.approx(ours.bound, rel=1e-6)
    assert own.row_duals is None


def test_relaxed_program_of_another_solver_is_its_own_bound() -> None:
    model = serving_everything(model_of("hand"))
    ours = run_solver(model, SolveOptions(relaxed=True), 0.0)
    own = run_solver(model, SolveOptions(relaxed=True, solver=SilentSolver.name), 0.0)
    assert own.values is not None
    assert own.bound == float(model.cost @ own.values)
    assert own.bound == pytest.approx(ours.bound, rel=1e-8)


def test_a_search_without_a_proved_bound_is_not_called_optimal() -> None:
    solution = solve_model(model_of("hand"), SolveOptions(solver=SilentSolver.name)).solution
    best = solve_model(model_of("hand"), SolveOptions(gap_location=1e-6)).solution
    assert solution.objective == pytest.approx(best.objective, rel=1e-6)
    assert solution.bound == -INFINITY
    assert solution.status is Status.FEASIBLE


def test_failure_of_a_solver_names_it_and_its_reason() -> None:
    with pytest.raises(SolverError) as raised:
        solve_model(model_of("hand"), SolveOptions(solver=BrokenSolver.name))
    assert "BrokenSolver" in raised.value.render("en")
    assert "out of licences" in raised.value.render("en")
    assert "out of licences" in raised.value.render("zh")


def test_unknown_solver_names_those_that_can_run() -> None:
    with pytest.raises(UsageError) as raised:
        check_solver("GUESS")
    assert raised.value.render("en").endswith(
        f"solver GUESS is not available; available: {', '.join(available_solvers())}"
    )
    with pytest.raises(UsageError):
        solve_model(model_of("hand"), SolveOptions(solver="GUESS"))


def test_version_of_the_solver_is_recorded() -> None:
    solution = solve_model(model_of("hand"), SolveOptions()).solution
    assert solution.solver_version == importlib.metadata.version("highspy")
    assert solver_version("ScipySolver") == "unknown"


@pytest.mark.parametrize("name", NAMES)
def test_a_search_gives_up_when_the_time_for_a_first_point_is_over(name: str) -> None:
    model = serving_everything(model_of(name))
    late = SolveOptions(first_point_by=0.0)
    found = run_solver(model, late, 1e-6)
    assert found.values is None
    assert (found.stopped, found.nodes) == ("time", 0)
    best = run_solver(model, SolveOptions(), 1e-6)
    again = run_solver(model, late, 1e-6, start=best.values)
    assert (again.status, again.stopped) == (constants.LpSolveStatus.Optimal, "")
    assert again.bound == pytest.approx(best.bound, rel=1e-9)
