"""Imports go one way: tables, inputs, then model and solve beside plan, analysis and report."""

from __future__ import annotations

import ast
import re
import sys
import tomllib

import pytest

from tests.architecture.package_source import ROOT, imports, modules, part_of, tree

BOTTOM = {"labels", "errors", "units"}
TABLES = BOTTOM | {"tables"}
INPUTS = TABLES | {"inputs"}
PLAN = INPUTS | {"plan"}
ANALYSIS = PLAN | {"analysis"}

# What each part may import, itself included.
MAY_IMPORT = {
    "labels": {"labels"},
    "errors": {"labels", "errors"},
    "units": {"units"},
    "tables": TABLES,
    "inputs": INPUTS,
    "model": INPUTS | {"model"},
    "plan": PLAN,
    # The type of a raw solution stands in plan.
    "solve": PLAN | {"model", "solve"},
    "analysis": ANALYSIS,
    "report": ANALYSIS | {"report"},
    "study": ANALYSIS | {"model", "solve", "study"},
    "cli": ANALYSIS | {"model", "solve", "study", "report", "cli", ""},
    "__main__": {"cli"},
    # The package itself only names the homes of its four calls.
    "": ANALYSIS | {"report", "study"},
}

# Libraries that only some parts may import; all others may be used anywhere.
ONLY_IN = {
    "pulp": {"model", "solve"},
    "highspy": {"model", "solve"},
    "altair": {"report"},
    "jinja2": {"report"},
    "typst": {"report"},
    "vl_convert": {"report"},
    "matplotlib": {"report"},
    "geopandas": {"plan", "report"},
    "pyogrio": {"plan", "report"},
    "shapely": {"plan", "report"},
    "pandera": {"tables"},
    "openpyxl": {"tables", "report"},
    "ruamel": {"inputs"},
    "pydantic": {"inputs"},
    "distributed": {"study"},
    "click": {"cli"},
    "rich": {"cli"},
}

# What is imported, where it differs from the name of the distribution.
IMPORTED_AS = {
    "pillow": {"PIL"},
    "fonttools": {"fontTools"},
    "pulp[highs]": {"pulp", "highspy"},
    "ruamel.yaml": {"ruamel"},
    "vl-convert-python": {"vl_convert"},
    "dask[distributed]": {"dask", "distributed"},
}


def _own_parts(name: str) -> set[str]:
    parts = {
        part_of(imported)
        for imported in imports(tree(name))
        if imported == "optimizer" or imported.startswith("optimizer.")
    }
    # What is no part is a name of the package itself, such as its version.
    return {part if part in MAY_IMPORT else "" for part in parts}


def _dependencies() -> set[str]:
    """Return the names under which the declared dependencies are imported."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = declared["project"]
    extras = project["optional-dependencies"].values()
    items = [*project["dependencies"], *(item for extra in extras for item in extra)]
    names = [re.split("[<>=~! ]", item)[0] for item in items]
    return {part for name in names for part in IMPORTED_AS.get(name, {name})}


def test_every_part_is_known() -> None:
    parts = {part_of(name) for name in modules()}
    assert parts <= set(MAY_IMPORT)
    assert {"tables", "inputs", "model", "solve", "plan", "analysis", "report"} <= parts


@pytest.mark.parametrize("name", modules())
def test_module_imports_only_what_its_part_may(name: str) -> None:
    assert _own_parts(name) - MAY_IMPORT[part_of(name)] == set()


def test_the_rule_itself_has_no_cycle() -> None:
    # If one part may import another, that one may not import it back.
    for part, allowed in MAY_IMPORT.items():
        for other in allowed - {part, ""}:
            assert part not in MAY_IMPORT[other], (part, other)
    assert not {"model", "solve", "study"} & (MAY_IMPORT["plan"] | MAY_IMPORT["report"])


@pytest.mark.parametrize("name", modules())
def test_library_is_imported_only_where_it_belongs(name: str) -> None:
    libraries = {imported.partition(".")[0] for imported in imports(tree(name))}
    misplaced = {
        library
        for library in libraries
        if part_of(name) not in ONLY_IN.get(library, {part_of(name)})
    }
    assert misplaced == set()


def test_every_library_is_a_dependency() -> None:
    used = {imported.partition(".")[0] for name in modules() for imported in imports(tree(name))}
    used -= {"optimizer", "__future__"} | set(sys.stdlib_module_names)
    assert used - _dependencies() == set()
    assert {"numpy", "pandas", "pulp", "highspy"} <= used


def test_a_library_of_an_extra_stands_in_one_module_of_its_own() -> None:
    # Whoever has not installed the extra must be able to import all others.
    found = [
        name
        for name in modules()
        if {imported.partition(".")[0] for imported in imports(tree(name))}
        & {"dask", "distributed"}
    ]
    assert found == ["optimizer.study.sweep_cluster"]
    at_import = {
        imported
        for name in modules()
        for node in tree(name).body
        if isinstance(node, ast.ImportFrom) and (imported := node.module) in found
    }
    assert at_import == set()


def test_importing_the_package_imports_no_part_of_it() -> None:
    # Its four calls are imported when first used; otherwise --help would take seconds.
    top = tree("optimizer")
    at_import = {
        node.module
        for node in top.body
        if isinstance(node, ast.ImportFrom) and node.module is not None
    }
    assert at_import == {"__future__", "typing"}
    assert not any(isinstance(node, ast.Import) for node in top.body)


def test_reading_a_plan_needs_no_solver() -> None:
    # Whatever plan, analysis and report import, directly or through others, holds no solver.
    reached: set[str] = set()
    left = [name for name in modules() if part_of(name) in {"plan", "analysis", "report"}]
    while left:
        name = left.pop()
        if name in reached:
            continue
        reached.add(name)
        for imported in imports(tree(name)):
            # A name behind a module is a module or something in it.
            behind = {imported, imported.rpartition(".")[0]} - {"optimizer"}
            left += sorted(behind & set(modules()))
    assert {part_of(name) for name in reached} <= MAY_IMPORT["report"]
    libraries = {imported.partition(".")[0] for name in reached for imported in imports(tree(name))}
    assert not libraries & {"pulp", "highspy"}
    assert len(reached) > 20
