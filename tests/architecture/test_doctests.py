"""Every example in a docstring of the package does what it says."""

from __future__ import annotations

import ast
import doctest
import importlib
from pathlib import Path

import pytest

from tests.architecture.package_source import modules, tree


def _examples(name: str) -> int:
    """Return how many lines of examples the docstrings of a module show."""
    texts = [
        ast.get_docstring(node) or ""
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return sum(len(doctest.DocTestParser().get_examples(text)) for text in texts)


WITH_EXAMPLES = [name for name in modules() if _examples(name)]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_hold(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    said: list[str] = []
    runner = doctest.DocTestRunner()
    for case in doctest.DocTestFinder().find(module, name):
        runner.run(case, out=said.append)
    assert runner.failures == 0, "".join(said)
    # None is left out because it stands where the finder does not look.
    assert runner.tries == _examples(name)


def test_the_core_of_the_inputs_shows_examples() -> None:
    wanted = {"units", "labels", "inputs.hours", "inputs.money", "inputs.goodput", "inputs.case"}
    assert {f"optimizer.{name}" for name in wanted} <= set(WITH_EXAMPLES)


@pytest.mark.parametrize("name", modules())
def test_module_can_be_imported_on_its_own(name: str) -> None:
    assert importlib.import_module(name).__doc__
