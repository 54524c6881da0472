"""The linear model as a named PuLP problem, filled in bulk.

PuLP 4 keeps its model in a compiled core. Filling it expression by expression costs several
microseconds a coefficient; its core takes whole numpy slices. Those calls (``_rustcore``,
``LpProblem._model``) are private, so they stand in this file only, and :func:`filled_slowly`
does the same with public calls, should they ever change. A test holds both equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pulp
from pulp import constants

from optimizer.model.assembly import Block, Floats, LinearModel

try:
    from pulp import _rustcore
except ImportError:  # a later PuLP without the compiled core
    _rustcore = None  # type: ignore[assignment]


FREE: Final = 1e30
"""Limit of a row that is switched off: PuLP's rows need a finite one, solvers read it as none."""


def pulp_problem(model: LinearModel, name: str) -> pulp.LpProblem:
    """Return the model as a PuLP problem with the same columns and rows in the same order.

    Parameters
    ----------
    model
        The linear model; every column must have a coefficient in some row.
    name
        ASCII name of the problem.
    """
    if _rustcore is None:
        return filled_slowly(model, name)
    problem = pulp.LpProblem(name, constants.LpMinimize)
    core = problem._model  # noqa: SLF001
    for block, first, last in _uniform_runs(model):
        lower, upper = _run_bounds(model, first, last)
        names = numbered(block.name, last - first, first - block.start)
        category = (
            _rustcore.Category.Integer if model.integer[first] else _rustcore.Category.Continuous
        )
        variables = core.add_variables_batch(names, lower, upper, category)
        own_lower = np.flatnonzero(model.lower[first:last] != lower)
        own_upper = np.flatnonzero(model.upper[first:last] != upper)
        for offset in own_lower.tolist():
            variables[offset].set_lb(float(model.lower[first + offset]))
        for offset in own_upper.tolist():
            variables[offset].set_ub(float(model.upper[first + offset]))

    objective = _rustcore.AffineExpr()
    priced = np.flatnonzero(model.cost)
    objective.add_term_ids_coeffs(core, priced.astype(np.uint64), model.cost[priced])
    core.set_objective(objective)
    _add_rows(core, model)
    return problem


def _add_rows(core: Any, model: LinearModel) -> None:  # noqa: ANN401
    """Add all rows; what can be done for all at once stands before the loop."""
    lower, upper = model.row_lower, model.row_upper
    free = np.isinf(lower) & np.isinf(upper)
    two_sided = np.isfinite(lower) & np.isfinite(upper) & (lower != upper)
    names = row_names(model)
    if two_sided.any():
        row = int(np.flatnonzero(two_sided)[0])
        block = next(b for b in model.rows.values() if b.start <= row < b.start + b.count)
        raise ValueError(f"{names[block.name]}_{row - block.start}")
    limit = np.where(free, -FREE, np.where(np.isfinite(lower), lower, upper))
    kinds = (
        _rustcore.Sense.LessEqual,
        _rustcore.Sense.Equal,
        _rustcore.Sense.GreaterEqual,
    )
    kind = np.where(lower == upper, 1, np.where(np.isfinite(lower) | free, 2, 0))
    senses = [kinds[number] for number in kind.tolist()]
    constants = (-limit).tolist()
    start = model.row_start.tolist()
    # Slices of memory views cost half of those of arrays.
    ids = memoryview(np.ascontiguousarray(model.column_of).view(np.uint64))
    values = memoryview(np.ascontiguousarray(model.value))
    expression, add = _rustcore.AffineExpr, core.add_constraint
    for block in model.rows.values():
        first_row, last_row = block.start, block.start + block.count
        for name, first, last, sense, constant in zip(
            numbered(names[block.name], block.count),
            start[first_row:last_row],
            start[first_row + 1 : last_row + 1],
            senses[first_row:last_row],
            constants[first_row:last_row],
            strict=True,
        ):
            terms = expression()
            terms.add_term_ids_coeffs(core, ids[first:last], values[first:last])
            terms.set_sense(sense)
            terms.set_constant(constant)
            terms.set_name(name)
            add(terms)


def numbered(prefix: str, count: int, first: int = 0) -> list[str]:
    """Return ``prefix_first``, ... for ``count`` entries.

    Examples
    --------
    >>> numbered("share", 2, first=5)
    ['share_5', 'share_6']
    """
    return [f"{prefix}_{number}" for number in range(first, first + count)]


def row_names(model: LinearModel) -> dict[str, str]:
    """Return what each row block is called in files: letters, digits and underscores.

    Policy codes may hold anything; two that read alike get a number.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for name in model.rows:
        plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
        candidate, number = plain, 1
        while candidate in taken:
            number += 1
            candidate = f"{plain}_v{number}"
        taken.add(candidate)
        names[name] = candidate
    return names


def _uniform_runs(model: LinearModel) -> Iterator[tuple[Block, int, int]]:
    """Yield runs of columns of one block that are all integer or all continuous."""
    for block in model.columns.values():
        if not block.count:
            continue
        integer = model.integer[block.slice]
        edges = np.flatnonzero(integer[1:] != integer[:-1]) + 1 + block.start
        bounds = [block.start, *edges.tolist(), block.start + block.count]
        for first, last in pairwise(bounds):
            yield block, first, last


def _run_bounds(model: LinearModel, first: int, last: int) -> tuple[float, float]:
    """Return the commonest bounds of a run, which the batch call sets for all of it."""

    def commonest(values: Floats) -> float:
        if (values == values[0]).all():
            return float(values[0])
        found, counts = np.unique(values, return_counts=True)
        return float(found[np.argmax(counts)])

    return commonest(model.lower[first:last]), commonest(model.upper[first:last])


def filled_slowly(model: LinearModel, name: str) -> pulp.LpProblem:
    """Return the same problem built with public calls of PuLP only."""
    problem = pulp.LpProblem(name, constants.LpMinimize)
    variables = []
    for block, first, last in _uniform_runs(model):
        category: Literal["Integer", "Continuous"] = (
            "Integer" if model.integer[first] else "Continuous"
        )
        for column in range(first, last):
            low, high = model.lower[column], model.upper[column]
            variables.append(
                problem.add_variable(
                    f"{block.name}_{column - block.start}",
                    None if np.isinf(low) else float(low),
                    None if np.isinf(high) else float(high),
                    category,
                )
            )
    problem.setObjective(
        pulp.lpSum_vars_coefs(
            [(variables[j], float(model.cost[j])) for j in np.flatnonzero(model.cost)]
        )
    )
    names = row_names(model)
    for block in model.rows.values():
        for number in range(block.count):
            row = block.start + number
            entries = range(model.row_start[row], model.row_start[row + 1])
            left = pulp.lpSum_vars_coefs(
                [(variables[model.column_of[k]], float(model.value[k])) for k in entries]
            )
            low, high = float(model.row_lower[row]), float(model.row_upper[row])
            if low != high and np.isfinite(low) and np.isfinite(high):
                raise ValueError(f"{names[block.name]}_{number}")
            if low == high:
                constraint = left == low
            elif np.isinf(low) and np.isinf(high):
                constraint = left >= -FREE
            elif np.isinf(low):
                constraint = left <= high
            else:
                constraint = left >= low
            problem.addConstraint(constraint, f"{names[block.name]}_{number}")
    return problem


def write_problem(problem: pulp.LpProblem, path: Path) -> None:
    """Write a problem as ``.mps`` or ``.lp`` by the ending of the path."""
    if path.suffix == ".lp":
        problem.writeLP(str(path))
    else:
        problem.writeMPS(str(path))
