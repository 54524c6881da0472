"""The source of the package as text and as syntax trees."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = ROOT / "optimizer"
SHIPPED: Final = "_data"
"""Folder of the data inside an installed package; no module of the package."""


@cache
def modules() -> dict[str, Path]:
    """Return the modules of the package by dotted name, sorted."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if SHIPPED in parts:
            continue
        name = ".".join(parts)
        found[name.removesuffix(".__init__")] = path
    return found


@cache
def tree(name: str) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(modules()[name].read_text(encoding="utf-8"))


def part_of(name: str) -> str:
    """Return the part of the package that a module belongs to.

    Examples
    --------
    >>> part_of("optimizer.plan.verify"), part_of("optimizer.units"), part_of("optimizer")
    ('plan', 'units', '')
    """
    return name.partition(".")[2].partition(".")[0]


def imports(module: ast.Module) -> set[str]:
    """Return the dotted names of all that a module imports, wherever in it.

    Names imported from a module are given behind it: they may be modules themselves.
    """
    names: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # Relative imports are forbidden by the linter.
            assert node.level == 0, ast.unparse(node)
            assert node.module is not None
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names
