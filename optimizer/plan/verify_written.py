"""The rows of a plan as the verifier reads them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optimizer.plan.plan import Plan
from optimizer.plan.raw_solution import ObjectiveValue
from optimizer.tables.frames import records

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Purchases:
    """What one of several periods orders, pays for and takes out.

    Parameters
    ----------
    ordered, paid
        Rows of the tables of purchases with what is ordered, and with what is paid for.
    opened
        How far each site is opened for new build.
    retired
        Accelerators of the installed fleet taken out, by site and accelerator.
    """

    ordered: Mapping[str, list[Row]]
    paid: Mapping[str, list[Row]]
    opened: Mapping[str, float]
    retired: Mapping[tuple[str, str], float]


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
    purchases
        What is ordered and paid for, where that is not what serves: in one of several periods.
    """

    rows: Mapping[str, list[Row]]
    columns: Mapping[str, frozenset[str]]
    relaxed: bool
    objective_million_yuan: float
    bound_million_yuan: float
    objectives: tuple[ObjectiveValue, ...]
    purchases: Purchases | None = None

    @property
    def ordered(self) -> Written:
        """The plan with what is ordered as its purchases."""
        if self.purchases is None:
            return self
        return dataclasses.replace(self, rows={**self.rows, **self.purchases.ordered})

    @property
    def paid(self) -> Written:
        """The plan with what is paid for as its purchases."""
        if self.purchases is None:
            return self
        return dataclasses.replace(self, rows={**self.rows, **self.purchases.paid})

    def retired(self, site: str, card: str) -> float:
        """Return the accelerators of the installed fleet taken out."""
        return self.purchases.retired.get((site, card), 0.0) if self.purchases else 0.0


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
