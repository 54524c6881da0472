"""What a solver returned, in the words of the project.

The type lives here so that plans can be made and checked where no solver is installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Status(StrEnum):
    """How a solve ended; the solver's own words are never passed on.

    ``optimal``: proved within the asked gap. ``feasible``: a plan with a larger, stated gap.
    """

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    NO_SOLUTION = "no_solution"
    FAILED = "failed"

    @property
    def has_plan(self) -> bool:
        """Whether a plan came back."""
        return self in {Status.OPTIMAL, Status.FEASIBLE}


@dataclass(frozen=True, slots=True)
class SolvedColumns:
    """The values of one block of columns.

    Parameters
    ----------
    index
        For each entry the rows of the tables it belongs to.
    values
        Value of each entry.
    unit
        Unit of the values.
    kind, period
        What the block is called in every period, and which one it is.
    """

    index: Mapping[str, NDArray[np.int64]]
    values: NDArray[np.float64]
    unit: str
    kind: str = ""
    period: int = 0


@dataclass(frozen=True, slots=True)
class ObjectiveValue:
    """One objective of a solve, at the point found.

    Parameters
    ----------
    name
        Its name.
    boundary
        For a cost ``it`` (with accelerators) or ``facility`` (without), otherwise empty.
    unit
        Unit of the numbers.
    value, bound
        Its value and a proved lower bound of it, with those before it held.
    held
        Limit within which it was held while those after it were minimised, or ``None``.
    recounted
        The facility cost of the base plan, whose purchases a facility plan keeps, or ``None``.
    """

    name: str
    boundary: str
    unit: str
    value: float
    bound: float
    held: float | None = None
    recounted: float | None = None


@dataclass(frozen=True, slots=True)
class RawSolution:
    """A point, its proof, and how it came about.

    Parameters
    ----------
    status
        How the solve ended.
    columns
        Values by block; empty without a plan.
    objective, bound
        Yearly cost of the point and proved lower bound, in million yuan. Where cost is not the
        first objective, the bound is that of plans that keep to the objectives before it.
    unserved_value
        Value of work left undone, held while cost is minimised, in million yuan a year.
    deterministic
        Whether a second run gives the same point: not if a clock ended it.
    seconds
        Time in the solver.
    solver, solver_version, options
        What ran, and how.
    nodes
        Nodes of the search tree, if the solver tells.
    stopped
        Why it stopped before the gap: ``time``, ``interrupt``, ``silent`` or empty.
    objectives
        The objectives in their order, each with its own value and bound.
    unserved_bound
        Proved lower bound of the value of work left undone, in million yuan a year.
    """

    status: Status
    columns: Mapping[str, SolvedColumns]
    objective: float
    bound: float
    unserved_value: float
    deterministic: bool
    seconds: float
    solver: str
    solver_version: str
    options: Mapping[str, float | int | str]
    nodes: int
    stopped: str
    objectives: tuple[ObjectiveValue, ...] = ()
    unserved_bound: float = 0.0

    def of_period(self, period: int) -> dict[str, SolvedColumns]:
        """Return the blocks of one period by kind."""
        return {
            block.kind or name: block
            for name, block in self.columns.items()
            if block.period == period
        }

    @property
    def gap(self) -> float:
        """Gap in million yuan between the plan and the bound."""
        return max(0.0, self.objective - self.bound)
