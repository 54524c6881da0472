"""The verifier shares no code with the model, the solver or the derived inputs."""

from __future__ import annotations

import ast
import dataclasses
import sys
from pathlib import Path

import pytest

import optimizer.plan
from optimizer.plan.verify import verify_plan, verify_tables
from tests.plan.solved_cases import SolvedCase

FOLDER = Path(optimizer.plan.__file__).resolve().parent
FILES = sorted([*FOLDER.glob("verify*.py"), *FOLDER.glob("recompute*.py"), FOLDER / "violation.py"])
OWN = {f"optimizer.plan.{path.stem}" for path in FILES}
# The type that holds the case, the type that holds the plan, and the forms they are made of.
TYPES = {
    "optimizer.inputs.case": {"Case"},
    "optimizer.plan.plan": {"Plan"},
    "optimizer.plan.raw_solution": {"ObjectiveValue"},
    "optimizer.tables.frames": {"TypedTable", "records"},
    "optimizer.errors": {"VerificationError"},
    "optimizer.labels": {"Text"},
}


def imports(path: Path) -> list[tuple[str, str]]:
    """Return (module, name) of everything a file imports; the name is empty for a module."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, path
            assert node.module is not None
            found += [(node.module, alias.name) for alias in node.names]
    return found


def test_files_are_those_of_the_verifier() -> None:
    names = {path.name for path in FILES}
    assert {"verify.py", "verify_work.py", "verify_power.py", "verify_money.py"} <= names
    assert {"verify_rules.py", "recompute.py", "recompute_supply.py", "violation.py"} <= names
    assert {"verify_balance.py", "verify_hours.py", "verify_supply.py"} <= names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.stem))
def test_imports_only_itself_types_and_the_standard_library(path: Path) -> None:
    for module, name in imports(path):
        if module.split(".")[0] in sys.stdlib_module_names:
            continue
        if module in OWN:
            continue
        assert module in TYPES, (path.name, module, name)
        assert name in TYPES[module], (path.name, module, name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.stem))
def test_never_reads_a_derived_number(path: Path) -> None:
    names = {
        node.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    assert not names & {"derived", "parameter"}


class _Untouchable:
    """Stands for the derived numbers; whoever looks at one fails."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(name)


def test_passes_without_any_derived_number(solved: SolvedCase) -> None:
    bare = dataclasses.replace(solved.case, derived=_Untouchable())  # type: ignore[arg-type]
    assert verify_plan(bare, solved.plan) == verify_plan(solved.case, solved.plan)
    with pytest.raises(AssertionError, match="hardware"):
        _ = bare.derived.hardware


def test_raw_tables_are_all_it_takes(solved: SolvedCase) -> None:
    case = solved.case
    assert verify_tables(case.tables, case.year, solved.plan) == verify_plan(case, solved.plan)
