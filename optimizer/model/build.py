"""A case to a linear model: the blocks in order, and the stages of the objective.

The objective of the second stage is the yearly cost

``sum over periods of weight * sum over cost terms of cost * column``   in million yuan,

after a first stage that minimises the value of work left undone; its result is held as a row.
When everything can be served the first stage is zero, which is tried first.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.model.accelerators import add_accelerators
from optimizer.model.assembly import Assembly, Block, LinearModel
from optimizer.model.capacity import add_capacity
from optimizer.model.demand_charge import add_demand_charge
from optimizer.model.detours import add_detours
from optimizer.model.energy import add_energy
from optimizer.model.flexible import add_flexible
from optimizer.model.green import add_green
from optimizer.model.hourly import add_hourly, add_matching
from optimizer.model.index import Sets, index_sets
from optimizer.model.network import add_network
from optimizer.model.periods import add_periods, add_retirement
from optimizer.model.placement import add_placement
from optimizer.model.policy import add_policy
from optimizer.model.queueing import add_queueing
from optimizer.model.release import add_release
from optimizer.model.reliability import add_reliability
from optimizer.model.split_training import add_split_training
from optimizer.model.training import add_training

UNSERVED_HELD: Final = 1e-9
"""Part of the value left undone by which the second stage may miss the first."""

UNSERVED_HELD_LARGE: Final = 1e-5
"""The same of large programs: with less, the last bit of work is done at any cost, the price of
the row runs away, and the simplex method may not end."""

LARGE: Final = 20_000
"""Columns from which a program is large."""

BLOCKS: Final = (
    add_placement,
    add_release,
    add_training,
    add_retirement,
    add_split_training,
    add_accelerators,
    add_queueing,
    add_reliability,
    add_capacity,
    add_energy,
    add_demand_charge,
    add_hourly,
    add_flexible,
    add_network,
    add_detours,
    add_green,
    add_matching,
    add_policy,
    add_periods,
)
"""The blocks in the order in which they are added; each file states its formula."""


def build_model(case: Case) -> tuple[LinearModel, Sets]:
    """Return the linear model of a case and the index sets of its first period."""
    model, sets = build_periods(case)
    return model, sets[0]


def build_periods(case: Case) -> tuple[LinearModel, tuple[Sets, ...]]:
    """Return the linear model of a case and the index sets of its periods."""
    whole = Assembly()
    views: list[Assembly] = []
    sets_of_periods = []
    for period in case.periods:
        sets = index_sets(period)
        view = whole.period(period.period, tuple(views))
        for add in BLOCKS:
            add(view, period, sets)
        views.append(view)
        sets_of_periods.append(sets)
    return whole.finish(), tuple(sets_of_periods)


def serving_everything(model: LinearModel) -> LinearModel:
    """Return the model with all work placed and the cost as its objective."""
    upper = model.upper.copy()
    for kind in ("unserved", "unplaced"):
        upper[model.ids_of(kind)] = 0.0
    return dataclasses.replace(model, upper=upper)


def serving_most(model: LinearModel) -> LinearModel:
    """Return the model with the value of work left undone as its objective."""
    return dataclasses.replace(model, cost=model.unserved_value)


def holding_unserved(model: LinearModel, value_million_yuan: float) -> LinearModel:
    """Return the cost model with the value of work left undone held at a first-stage result.

    It may be missed by :data:`UNSERVED_HELD` of itself, of a large program by
    :data:`UNSERVED_HELD_LARGE`.
    """
    missed = UNSERVED_HELD if model.shape[1] < LARGE else UNSERVED_HELD_LARGE
    columns = np.flatnonzero(model.unserved_value)
    return with_row(
        model,
        "unserved_held",
        columns,
        model.unserved_value[columns],
        "million yuan",
        upper=value_million_yuan * (1.0 + missed) + 1e-9,
    )


def with_row(
    model: LinearModel,
    name: str,
    columns: NDArray[np.int64],
    values: NDArray[np.float64],
    unit: str,
    *,
    lower: float = -np.inf,
    upper: float = np.inf,
) -> LinearModel:
    """Return the model with one more row at its end; ``columns`` must rise."""
    block = Block(name, len(model.row_lower), 1, {"row": np.zeros(1, dtype=np.int64)}, unit)
    return dataclasses.replace(
        model,
        row_lower=np.append(model.row_lower, lower),
        row_upper=np.append(model.row_upper, upper),
        row_start=np.append(model.row_start, model.row_start[-1] + len(columns)),
        column_of=np.concatenate([model.column_of, columns]),
        value=np.concatenate([model.value, values]),
        rows={**model.rows, name: block},
    )
