"""The PuLP problem is the arrays, coefficient by coefficient, however it is filled."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import highspy
import numpy as np
import pulp
import pytest
from scipy.sparse import csc_array, csr_array

from optimizer.inputs.case import read_case
from optimizer.model import problem as problem_module
from optimizer.model.assembly import Assembly, LinearModel
from optimizer.model.build import build_model, holding_unserved, serving_everything, serving_most
from optimizer.model.problem import FREE, filled_slowly, pulp_problem, write_problem
from optimizer.solve.highs import ArrayHiGHS, pass_arrays
from optimizer.solve.options import SolveOptions
from tests.model.golden_cases import HAND

INFINITY = float("inf")
CORE: Final = "_rustcore"
"""Name of the compiled core in the module, where there is one."""


@dataclass(frozen=True)
class Content:
    """All that a PuLP problem says, with plain Python numbers."""

    columns: list[tuple[str, float, float, bool]]
    rows: list[tuple[str, float, float, dict[str, float]]]
    cost: dict[str, float]
    minimised: bool


def content_of_arrays(model: LinearModel) -> Content:
    names = [
        f"{block.name}_{number}"
        for block in model.columns.values()
        for number in range(block.count)
    ]
    row_names = [
        f"{block.name}_{number}" for block in model.rows.values() for number in range(block.count)
    ]
    rows = []
    for row, name in enumerate(row_names):
        entries = range(model.row_start[row], model.row_start[row + 1])
        terms = {names[model.column_of[k]]: float(model.value[k]) for k in entries}
        rows.append((name, float(model.row_lower[row]), float(model.row_upper[row]), terms))
    return Content(
        [
            (
                name,
                float(model.lower[column]),
                float(model.upper[column]),
                bool(model.integer[column]),
            )
            for column, name in enumerate(names)
        ],
        rows,
        {names[column]: float(model.cost[column]) for column in np.flatnonzero(model.cost)},
        minimised=True,
    )


def content_of_problem(problem: pulp.LpProblem) -> Content:
    """Read a problem with PuLP's public calls only."""
    columns = [
        (
            variable.name,
            -INFINITY if variable.lowBound is None else float(variable.lowBound),
            INFINITY if variable.upBound is None else float(variable.upBound),
            variable.cat in {pulp.LpInteger, pulp.LpBinary},
        )
        for variable in problem.variables()
    ]
    rows = []
    for constraint in problem.constraints():
        limit = -float(constraint.constant) + 0.0
        lower = limit if constraint.sense != pulp.LpConstraintLE else -INFINITY
        upper = limit if constraint.sense != pulp.LpConstraintGE else INFINITY
        if limit == -FREE:
            lower = -INFINITY
        terms = {variable.name: float(value) for variable, value in constraint.items()}
        rows.append((constraint.name, lower, upper, terms))
    assert problem.objective is not None
    cost = {variable.name: float(value) for variable, value in problem.objective.items()}
    assert problem.objective.constant == 0.0
    return Content(columns, rows, cost, minimised=problem.sense == pulp.LpMinimize)


def awkward_model() -> LinearModel:
    """Return a small model with every kind of bound, row and coefficient there is."""
    assembly = Assembly()
    five = np.arange(5)
    mixed = assembly.add_columns(
        "mixed",
        {"number": five},
        "1",
        lower=[0.0, -3.0, -np.inf, 2.0, 0.0],
        upper=[np.inf, 7.5, np.inf, 2.0, 1.0],
        integer=[False, False, True, True, False],
    )
    plain = assembly.add_columns("plain", {"number": five[:3]}, "1", upper=[4.0, np.inf, np.inf])
    assembly.add_columns("none", {"number": five[:0]}, "1", integer=True)
    kinds = assembly.add_rows(
        "kinds",
        {"number": five},
        "1",
        lower=[-np.inf, 1.5, -2.0, -np.inf, 0.0],
        upper=[9.0, np.inf, -2.0, np.inf, np.inf],
    )
    assembly.put(kinds.ids, mixed.ids, [1.0, 2.0, -3.0, 4.0, 1e-4])
    assembly.put(kinds.ids[:3], plain.ids, [0.1, 0.2, 0.3])
    assembly.put(kinds.ids[:3], plain.ids, [0.1, -0.2, 0.3])  # summed: 0.2, none, 0.6
    assembly.add_rows("empty", {"number": five[:2]}, "1", upper=[3.0, 0.0])
    assembly.charge("first", mixed.ids[[0, 4]], [1.25, -7.0])
    assembly.charge("second", np.array([0, 5, 5]), [0.75, 1.0, 2.0])
    return assembly.finish()


def hand_model() -> LinearModel:
    return build_model(read_case(HAND))[0]


def held_model() -> LinearModel:
    return holding_unserved(hand_model(), 12.5)


MODELS: Final[dict[str, Callable[[], LinearModel]]] = {
    "awkward": awkward_model,
    "hand": hand_model,
    "hand_serving_most": lambda: serving_most(hand_model()),
    "hand_held": held_model,
    "tiny": lambda: build_model(read_case("tiny"))[0],
}


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest) -> LinearModel:
    return MODELS[request.param]()


def test_bulk_fill_is_the_arrays(model: LinearModel) -> None:
    assert getattr(problem_module, CORE) is not None
    assert content_of_problem(pulp_problem(model, "bulk")) == content_of_arrays(model)


def test_public_fill_is_the_arrays(model: LinearModel) -> None:
    assert content_of_problem(filled_slowly(model, "public")) == content_of_arrays(model)


def test_both_fills_write_the_same_files(model: LinearModel, tmp_path: Path) -> None:
    for suffix in ("lp", "mps"):
        for folder, fill in (("bulk", pulp_problem), ("public", filled_slowly)):
            (tmp_path / folder).mkdir(exist_ok=True)
            write_problem(fill(model, "same"), tmp_path / folder / f"same.{suffix}")
        bulk, public = (tmp_path / name / f"same.{suffix}" for name in ("bulk", "public"))
        assert bulk.read_bytes() == public.read_bytes()


def test_awkward_model_has_what_is_meant() -> None:
    content = content_of_problem(pulp_problem(awkward_model(), "awkward"))
    assert content.columns == [
        ("mixed_0", 0.0, INFINITY, False),
        ("mixed_1", -3.0, 7.5, False),
        ("mixed_2", -INFINITY, INFINITY, True),
        ("mixed_3", 2.0, 2.0, True),
        ("mixed_4", 0.0, 1.0, False),
        ("plain_0", 0.0, 4.0, False),
        ("plain_1", 0.0, INFINITY, False),
        ("plain_2", 0.0, INFINITY, False),
        ("zero_0", 0.0, 0.0, False),
    ]
    assert content.rows == [
        ("kinds_0", -INFINITY, 9.0, {"mixed_0": 1.0, "plain_0": 0.2}),
        ("kinds_1", 1.5, INFINITY, {"mixed_1": 2.0}),
        ("kinds_2", -2.0, -2.0, {"mixed_2": -3.0, "plain_2": 0.6}),
        ("kinds_3", -INFINITY, INFINITY, {"mixed_3": 4.0}),
        ("kinds_4", 0.0, INFINITY, {"mixed_4": 1e-4}),
        ("empty_0", -INFINITY, 3.0, {"zero_0": 1.0}),
        ("empty_1", -INFINITY, 0.0, {"zero_0": 1.0}),
    ]
    assert content.cost == {"mixed_0": 2.0, "mixed_4": -7.0, "plain_0": 3.0}
    assert content.minimised


def test_without_the_compiled_core_the_public_calls_fill(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = content_of_problem(pulp_problem(awkward_model(), "core"))
    monkeypatch.setattr(problem_module, CORE, None)
    assert content_of_problem(pulp_problem(awkward_model(), "public")) == expected


def test_row_with_two_different_limits_is_refused_by_the_bulk_fill() -> None:
    with pytest.raises(ValueError, match="between_0"):
        pulp_problem(_model_with_range(), "range")


def test_row_with_two_different_limits_is_refused_by_the_public_fill() -> None:
    with pytest.raises(ValueError, match="between_0"):
        filled_slowly(_model_with_range(), "range")


def _model_with_range() -> LinearModel:
    assembly = Assembly()
    block = assembly.add_columns("column", {"number": np.arange(1)}, "1")
    rows = assembly.add_rows("between", {"number": np.arange(1)}, "1", lower=1.0, upper=2.0)
    assembly.put(rows.ids, block.ids, 1.0)
    return assembly.finish()


@pytest.mark.parametrize("code", ["west-share", "west share", "西部"])
def test_any_policy_code_can_be_exported(tmp_path: Path, code: str) -> None:
    folder = tmp_path / "case"
    shutil.copytree(HAND, folder)
    table = folder / "policies.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("\nwest,", f"\n{code},"), "utf-8")
    case = read_case(folder)
    assert code in [policy.policy for policy in case.derived.policies]
    model = build_model(case)[0]
    bulk, public = pulp_problem(model, "named"), filled_slowly(model, "named")
    assert [row.name for row in bulk.constraints()] == [row.name for row in public.constraints()]
    for suffix in ("lp", "mps"):
        path = tmp_path / f"named.{suffix}"
        write_problem(bulk, path)
        solver = _exact_solver()
        assert solver.readModel(str(path)) == highspy.HighsStatus.kOk
        assert solver.getNumRow() == model.shape[0]


def test_arrays_reach_highs_unchanged(model: LinearModel) -> None:
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    pass_arrays(solver, model, integer=True)
    kept = solver.getLp()
    assert list(kept.col_cost_) == model.cost.tolist()
    assert list(kept.col_lower_) == model.lower.tolist()
    assert list(kept.col_upper_) == model.upper.tolist()
    assert list(kept.row_lower_) == model.row_lower.tolist()
    assert list(kept.row_upper_) == model.row_upper.tolist()
    whole = [kind == highspy.HighsVarType.kInteger for kind in kept.integrality_]
    assert whole == model.integer.tolist()
    matrix = kept.a_matrix_
    by_rows = matrix.format_ == highspy.MatrixFormat.kRowwise
    form = csr_array if by_rows else csc_array
    given = csr_array((model.value, model.column_of, model.row_start), shape=model.shape)
    received = form((matrix.value_, matrix.index_, matrix.start_), shape=model.shape)
    assert received.nnz == given.nnz
    assert np.array_equal(received.toarray(), given.toarray())


def test_values_return_to_the_variables_by_name() -> None:
    model = serving_everything(hand_model())
    problem = pulp_problem(model, "values")
    solver = ArrayHiGHS(model, SolveOptions(), 1e-6)
    problem.solve(solver)
    assert solver.values is not None
    names = [column[0] for column in content_of_arrays(model).columns]
    by_name = {variable.name: variable.varValue for variable in problem.variables()}
    assert [by_name[name] for name in names] == solver.values.tolist()
    assert by_name["built_3"] is not None
    assert float(np.dot(model.cost, solver.values)) == pytest.approx(
        pulp.value(problem.objective), rel=1e-12
    )


@pytest.mark.parametrize("suffix", ["mps", "lp"])
@pytest.mark.parametrize("name", ["hand", "tiny"])
def test_exported_file_has_the_same_optimum(tmp_path: Path, name: str, suffix: str) -> None:
    model = serving_everything(MODELS[name]())
    path = tmp_path / f"case.{suffix}"
    write_problem(pulp_problem(model, name), path)
    read_back, direct = _exact_solver(), _exact_solver()
    assert read_back.readModel(str(path)) == highspy.HighsStatus.kOk
    pass_arrays(direct, model, integer=True)
    content = content_of_arrays(model)
    # A file lists the columns that stand in the objective or in a row.
    listed = set(content.cost).union(*(terms for _name, _low, _high, terms in content.rows))
    assert set(read_back.getLp().col_names_) == listed
    assert {column[0] for column in content.columns} - listed <= {"zero_0"}
    assert set(read_back.getLp().row_names_) == {row[0] for row in content.rows}
    optima = []
    for solver in (read_back, direct):
        solver.run()
        assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        optima.append(solver.getInfo().objective_function_value)
    assert optima[0] == pytest.approx(optima[1], rel=1e-8)


def _exact_solver() -> highspy.Highs:
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 1e-9)
    solver.setOptionValue("threads", 1)
    return solver
