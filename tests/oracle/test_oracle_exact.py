"""The package's optimum is the exact one: all integers enumerated, on rows written elsewhere."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from optimizer.inputs.case import Case, read_case
from optimizer.inputs.derive import Derived
from optimizer.model.build import build_model
from optimizer.plan.raw_solution import RawSolution, Status
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from tests.oracle.case_writer import write_case
from tests.oracle.exact import Optimum, optimum
from tests.oracle.random_cases import FOCUSES, random_case

EXACT = SolveOptions(gap_location=1e-9)

SEEDS = {"training": 1}
"""Cases of a focus, where they are not two."""

ALWAYS = {"share", "busy", "bought", "used", "load", "above", "leased"}
SHOWN = {
    "building": {"built", "opened"},
    "training": {"run", "built", "opened"},
    "single_source": {"built", "opened"},
    "network": {"upgrade", "built", "opened"},
    "scarce": {"unserved", "unplaced", "run"},
    "months": {"run", "built", "opened"},
    "latency": {"unserved", "built", "opened", "no plan"},
    "policies": {"built", "opened", "green"},
    "soft_policies": {"built", "opened", "broken", "green"},
}
"""What the best plans of a focus must use for its cases to be worth solving."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], Path]:
    root = tmp_path_factory.mktemp("random")

    @cache
    def folder(focus: str, seed: int) -> Path:
        return write_case(root / f"{focus}_{seed}", random_case(focus, seed))

    return folder


@pytest.fixture(scope="module")
def exact(folders: Callable[[str, int], Path]) -> Callable[[str, int], Optimum | None]:
    @cache
    def of(focus: str, seed: int) -> Optimum | None:
        return optimum(folders(focus, seed))

    return of


@pytest.fixture(scope="module")
def cases(folders: Callable[[str, int], Path]) -> Callable[[str, int], Case]:
    @cache
    def case(focus: str, seed: int) -> Case:
        return read_case(folders(focus, seed))

    return case


def solved(case: Case) -> RawSolution:
    model, _sets = build_model(case)
    return solve_model(model, EXACT).solution


@pytest.mark.parametrize("focus", FOCUSES)
def test_optimum_is_exact(
    cases: Callable[[str, int], Case],
    exact: Callable[[str, int], Optimum | None],
    focus: str,
) -> None:
    used: set[str] = set()
    for seed in range(SEEDS.get(focus, 2)):
        solution = solved(cases(focus, seed))
        best = exact(focus, seed)
        if best is None:
            assert solution.status is Status.INFEASIBLE
            used.add("no plan")
            continue
        assert solution.status is Status.OPTIMAL
        assert solution.unserved_value == pytest.approx(best.left_out, rel=1e-6, abs=1e-6)
        assert solution.objective == pytest.approx(best.cost, rel=1e-6)
        # The bound proved is a true one.
        assert solution.bound <= best.cost * (1.0 + 1e-6)
        # There were several ways to choose the integers.
        assert best.choices[1] > 1
        used |= {key[0] for key, value in best.plan.items() if value > 1e-6}
    assert used >= ALWAYS | SHOWN[focus]


def replaced[Part](part: Part, changes: dict[str, Any]) -> Part:
    """Return a frozen dataclass with some fields replaced."""
    changed: Part = dataclasses.replace(part, **changes)  # type: ignore[type-var]
    return changed


def _scaled(**factors: float) -> Callable[[Any], Any]:
    def change(part: Any) -> Any:  # noqa: ANN401 - any dataclass of arrays
        return replaced(
            part, {name: getattr(part, name) * factor for name, factor in factors.items()}
        )

    return change


CORRUPTIONS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "energy price": ("prices", _scaled(energy=1.001)),
    "demand charge": ("prices", _scaled(demand=1.001)),
    "PUE of the month": ("cooling", _scaled(pue=1.001)),
    "PUE of the design day": ("cooling", _scaled(design_pue=1.001)),
    "requests": ("demand", _scaled(requests=1.001)),
    "seconds of a request": ("demand", _scaled(seconds=1.001)),
    "flow": ("demand", _scaled(peak_gbps=1.01)),
    "maximum power": ("hardware", _scaled(maximum_kw=1.001)),
    "idle power": ("hardware", _scaled(idle_kw=1.01)),
    "busy power": ("hardware", _scaled(busy_kw=1.001)),
    "fleet": ("hardware", _scaled(fleet=0.999)),
    "cost of cards": ("hardware", _scaled(yearly_cost=1.001)),
}
ARRAYS = ("module_cost", "upgrade_cost", "location_factor")


@pytest.mark.parametrize("name", [*CORRUPTIONS, *ARRAYS])
def test_a_wrong_derived_figure_is_noticed(
    cases: Callable[[str, int], Case], exact: Callable[[str, int], Optimum | None], name: str
) -> None:
    case, best = cases("network", 0), exact("network", 0)
    assert best is not None
    derived: Derived = case.derived
    if name in ARRAYS:
        wrong = replaced(derived, {name: getattr(derived, name) * 1.001})
    else:
        part, change = CORRUPTIONS[name]
        wrong = replaced(derived, {part: change(getattr(derived, part))})
    solution = solved(dataclasses.replace(case, derived=wrong))
    assert abs(solution.objective / best.cost - 1.0) > 2e-6


def test_the_oracle_knows_nothing_of_the_package() -> None:
    folder = Path(__file__).resolve().parent
    for name in ("exact.py", "raw_policies.py", "raw_program.py", "raw_figures.py"):
        tree = ast.parse((folder / name).read_text(encoding="utf-8"))
        modules = {
            node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
        } | {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        assert not {module for module in modules if module.split(".")[0] == "optimizer"}
        assert {module for module in modules if module.startswith("tests")} <= {
            "tests.oracle.raw_policies",
            "tests.oracle.raw_program",
            "tests.oracle.raw_figures",
        }
