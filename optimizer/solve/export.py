"""The named PuLP problem of a model as a file that other solvers read."""

from __future__ import annotations

from pathlib import Path

from optimizer.model.assembly import LinearModel
from optimizer.model.problem import pulp_problem, write_problem


def write_model(model: LinearModel, path: Path) -> None:
    """Write a model as ``.mps`` or ``.lp``, by the ending of the path.

    Parameters
    ----------
    model
        The linear model.
    path
        File to write.
    """
    write_problem(pulp_problem(model, "eastwest"), path)
