"""The rows of a plan as the verifier reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optimizer.plan.plan import Plan
from optimizer.plan.raw_solution import ObjectiveValue
from optimizer.tables.frames import records

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """A plan as it is written, each table turned into rows once.

    Parameters
    ----------
    rows
        The rows of each table as dictionaries.
    columns
        The columns of each table, also where it has no rows.
    relaxed
        Whether the plan says that it is a relaxation.
    objective_million_yuan, bound_million_yuan
        The totals that it states.
    objectives
        The objectives that it states.
    """

    rows: Mapping[str, list[Row]]
    columns: Mapping[str, frozenset[str]]
    relaxed: bool
    objective_million_yuan: float
    bound_million_yuan: float
    objectives: tuple[ObjectiveValue, ...]


def written(plan: Plan) -> Written:
    """Return a plan as rows."""
    return Written(
        rows={name: records(frame) for name, frame in plan.tables.items()},
        columns={
            name: frozenset(str(column) for column in frame.columns)
            for name, frame in plan.tables.items()
        },
        relaxed=plan.relaxed,
        objective_million_yuan=plan.objective_million_yuan,
        bound_million_yuan=plan.bound_million_yuan,
        objectives=plan.objectives,
    )
