"""Eastwest: where AI training and inference should run across China's computing hubs.

Four calls do the work::

    case = read_case("national-2026")      # read, check, derive
    run = solve_case(case)                 # place, verify, compare
    write_report(run, "reports/mine")      # run folder with tables, map and summary
    run = read_run("reports/mine")         # the same run, later, without a solver
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = ["__version__", "read_case", "read_run", "solve_case", "write_report"]

if TYPE_CHECKING:
    from optimizer.inputs.case import read_case
    from optimizer.plan.store import read_run
    from optimizer.report.run_folder import write_report
    from optimizer.study.runner import solve_case

_HOMES = {
    "read_case": "optimizer.inputs.case",
    "solve_case": "optimizer.study.runner",
    "read_run": "optimizer.plan.store",
    "write_report": "optimizer.report.run_folder",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import the four calls when they are first used, so that ``--help`` stays fast."""
    import importlib  # noqa: PLC0415

    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(name)
