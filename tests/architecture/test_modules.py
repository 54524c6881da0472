"""Modules are short, documented and finished."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

import pytest

from tests.architecture.package_source import PACKAGE, ROOT, modules, tree

MOST_LINES: Final = 600

# Square brackets keep the patterns from finding themselves.
UNFINISHED: Final = re.compile(
    r"\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b|NotImplemented[E]rror|for [n]ow\b|work in [p]rogress",
    re.IGNORECASE,
)
MACHINE_PATH: Final = re.compile(r"(?<![\w./>-])/([t]mp|[h]ome|[m]nt|[U]sers)/")
NOT_RUN: Final = re.compile(
    r"pytest\.(s[k]ip|x[f]ail)|mark\.(s[k]ip|x[f]ail)|import[o]rskip|@unittest\.s[k]ip"
)

TEXT_FILES: Final = sorted(
    path
    for folder in ("optimizer", "tests", "data")
    for suffix in ("py", "md", "yaml", "json", "html", "toml")
    for path in (ROOT / folder).rglob(f"*.{suffix}")
    if not {"__pycache__", "raw"} & set(path.parts)
)


def _public(node: ast.Module | ast.ClassDef, owner: str) -> Iterator[tuple[str, ast.AST]]:
    """Yield every public class and function below a node with its dotted name."""
    for child in node.body:
        if not isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if child.name.startswith("_"):
            continue
        yield f"{owner}.{child.name}", child
        if isinstance(child, ast.ClassDef):
            yield from _public(child, f"{owner}.{child.name}")


PUBLIC: Final = {name: node for module in modules() for name, node in _public(tree(module), module)}


@pytest.mark.parametrize("name", modules())
def test_module_is_no_longer_than_it_should_be(name: str) -> None:
    lines = modules()[name].read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_LINES


@pytest.mark.parametrize("name", modules())
def test_module_says_what_it_is(name: str) -> None:
    docstring = ast.get_docstring(tree(name))
    assert docstring
    assert docstring.splitlines()[0].endswith((".", "::", "?"))


def test_every_public_class_and_function_is_documented() -> None:
    assert len(PUBLIC) > 200
    undocumented = [
        name
        for name, node in PUBLIC.items()
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not ast.get_docstring(node)
    ]
    assert undocumented == []


@pytest.mark.parametrize("name", modules())
def test_nothing_is_left_unfinished(name: str) -> None:
    text = modules()[name].read_text(encoding="utf-8")
    assert [match.group() for match in UNFINISHED.finditer(text)] == []


def test_no_file_names_a_folder_of_one_machine() -> None:
    assert len(TEXT_FILES) > 80
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in TEXT_FILES
        for match in MACHINE_PATH.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_every_test_is_run() -> None:
    tests = [path for path in TEXT_FILES if path.is_relative_to(ROOT / "tests")]
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tests
        for match in NOT_RUN.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (UNFINISHED, "# to" + "do: later"),
        (UNFINISHED, "raise NotImplemented" + "Error"),
        (MACHINE_PATH, "see /" + "tmp/x"),
        (MACHINE_PATH, "'/" + "home/someone/data'"),
        (NOT_RUN, "@pytest.mark." + "skip"),
    ],
)
def test_the_patterns_find_what_they_look_for(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


@pytest.mark.parametrize("text", ["reports/runs/tmp", "https://example.org/home/", "a/mnt/b"])
def test_the_path_pattern_lets_other_paths_be(text: str) -> None:
    assert not MACHINE_PATH.search(text)


def test_no_source_of_others_is_inside() -> None:
    assert sorted(PACKAGE.rglob("*.min.js")) == []
    assert not (ROOT / "uv.lock").exists() or "uv.lock" in (ROOT / ".gitignore").read_text(
        encoding="utf-8"
    )
