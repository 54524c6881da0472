"""Why there is no plan, and the smallest change that makes one.

Each policy row gets a slack. Rows that the case marks soft are never the cause; of the hard
ones the elastic LP eases as few units as possible, each measured against its own size, and
says how far. Physics (power, accelerators, latency) stays as it is: work that does not fit is
left undone in the first stage and so never makes a case infeasible.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from optimizer.model.assembly import LinearModel
from optimizer.solve.living import LivingModel


@dataclass(frozen=True, slots=True)
class Easing:
    """One limit that would have to move.

    Parameters
    ----------
    block
        Name of the row block.
    index
        Rows of the tables the limit belongs to.
    unit
        Unit of the limit.
    limit
        Where it stands.
    change
        By how much it would have to move, negative downwards.
    """

    block: str
    index: dict[str, int]
    unit: str
    limit: float
    change: float


def smallest_easing(model: LinearModel) -> list[Easing] | None:
    """Return the limits to move so that the LP has a point, or ``None`` if no easing helps.

    Parameters
    ----------
    model
        An infeasible model.
    """
    rows = np.array(
        [
            row
            for name, block in model.rows.items()
            if name.startswith(("policy_", "pinned_"))
            for row in block.ids
        ],
        dtype=np.int64,
    )
    if not len(rows):
        return None
    relaxed = _with_slacks(model, rows)
    point = LivingModel(relaxed).solve()
    if point is None:
        return None
    slack = point.values[model.shape[1] :]
    easings = []
    for name, block in model.rows.items():
        for offset, row in enumerate(block.ids):
            found = np.flatnonzero(rows == row)
            if not len(found) or slack[found[0]] <= 1e-7:
                continue
            upper = bool(np.isfinite(model.row_upper[row]))
            limit = float(model.row_upper[row] if upper else model.row_lower[row])
            change = float(slack[found[0]]) * (1.0 if upper else -1.0)
            index = {key: int(entries[offset]) for key, entries in block.index.items()}
            easings.append(Easing(name, index, block.unit, limit, change))
    return easings


def _with_slacks(model: LinearModel, rows: np.ndarray) -> LinearModel:
    """Return the LP with a priced slack in each of some rows and no other cost."""
    count, columns = len(rows), model.shape[1]
    size = np.maximum(
        1.0,
        np.abs(np.where(np.isfinite(model.row_upper), model.row_upper, model.row_lower))[rows],
    )
    sign = np.where(np.isfinite(model.row_upper[rows]), -1.0, 1.0)
    row_of_entry = np.repeat(np.arange(model.shape[0]), np.diff(model.row_start))
    all_rows = np.concatenate([row_of_entry, rows])
    order = np.argsort(all_rows, kind="stable")
    none = np.zeros(count)
    return dataclasses.replace(
        model,
        cost=np.concatenate([np.zeros(columns), 1.0 / size]),
        lower=np.concatenate([model.lower, np.zeros(count)]),
        upper=np.concatenate([model.upper, np.full(count, np.inf)]),
        integer=np.zeros(columns + count, dtype=bool),
        coarse=np.zeros(columns + count, dtype=bool),
        unserved_value=np.concatenate([model.unserved_value, none]),
        cost_terms={name: np.concatenate([term, none]) for name, term in model.cost_terms.items()},
        group=np.concatenate([model.group, np.full(count, -1)]),
        estimate=np.zeros(columns + count),
        row_start=np.concatenate([[0], np.cumsum(np.bincount(all_rows, minlength=model.shape[0]))]),
        column_of=np.concatenate([model.column_of, columns + np.arange(count)])[order],
        value=np.concatenate([model.value, sign])[order],
    )
