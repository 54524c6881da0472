"""What an installation can do: versions, solvers, data pack, and a plan of the teaching case."""

from __future__ import annotations

import importlib.metadata
import locale
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from optimizer.errors import EastwestError
from optimizer.inputs.case import read_case
from optimizer.labels import Text
from optimizer.model.build import build_model
from optimizer.plan.plan import make_plan
from optimizer.plan.verify import verify_plan
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.solve.solvers import available_solvers
from optimizer.tables.pack import data_folder, shipped_cases, shipped_scenarios

PACKAGES: Final = (
    "pulp",
    "highspy",
    "numpy",
    "pandas",
    "pandera",
    "pydantic",
    "geopandas",
    "shapely",
    "matplotlib",
    "pyarrow",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of an installation, what was found and whether it works."""

    part: Text
    found: str
    works: bool


def examine() -> list[Finding]:
    """Return the findings about this installation."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    return [
        _tried(Text("Python", "Python"), platform.python_version),
        _tried(Text("packages", "依赖包"), lambda: versions),
        _tried(Text("solvers", "求解器"), lambda: ", ".join(available_solvers())),
        _tried(Text("data pack", "数据包"), _data_pack),
        _tried(Text("processor cores", "处理器核数"), lambda: str(os.cpu_count())),
        _tried(Text("language", "语言环境"), lambda: str(locale.getlocale()[0])),
        _tried(Text("writing here", "当前目录可写"), _writable),
        _tried(Text("teaching case", "教学算例"), _teaching_case),
    ]


def _tried(part: Text, work: Callable[[], str]) -> Finding:
    try:
        return Finding(part, work(), works=True)
    except (EastwestError, OSError) as error:
        return Finding(part, str(error), works=False)


def _data_pack() -> str:
    return f"{data_folder()}: {', '.join(shipped_cases())}; {len(shipped_scenarios())} scenarios"


def _writable() -> str:
    here = Path.cwd()
    if not os.access(here, os.W_OK):
        raise PermissionError(str(here))
    return str(here)


def _teaching_case() -> str:
    case = read_case("tiny")
    solution = solve_model(build_model(case)[0], SolveOptions()).solution
    verification = verify_plan(case, make_plan(case, solution))
    if not verification.passed:
        raise OSError(f"{len(verification.violations)} checks failed")
    return f"{solution.status.value}, {verification.checks} checks"
