"""Shadow prices: what one more unit of a limit is worth.

After a search no dual means anything. The integers are fixed at the plan and the LP is solved
again; its duals are the prices, valid for small changes of one limit while the builds stay.
They need not be unique.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.model.assembly import LinearModel
from optimizer.solve.living import LivingModel
from optimizer.solve.parts import with_integers_fixed

PRICED_ROWS = ("ceiling", "build_limit", "supply")
PRICED_COLUMNS = ("used", "leased")


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one limit.

    Parameters
    ----------
    block
        Name of the row or column block.
    index
        Rows of the tables the limit belongs to.
    unit
        Unit of the limit.
    saving
        Million yuan a year saved by one more unit, or by one unit less of a minimum.
    is_row
        Whether the limit is a row; otherwise it is the upper bound of a column.
    number
        Row or column of the model.
    """

    block: str
    index: dict[str, int]
    unit: str
    saving: float
    is_row: bool
    number: int


def shadow_prices(
    model: LinearModel, values: NDArray[np.float64], open_share: float = 0.0
) -> list[Price]:
    """Return every limit of planners' interest with a price that is not zero.

    Parameters
    ----------
    model
        The cost model.
    values
        ``(n,)`` the plan.
    open_share
        Part of the objective that an LP in parts may leave open.
    """
    point = LivingModel(with_integers_fixed(model, values), open_share=open_share).solve()
    if point is None:
        return []
    prices = []
    for name, block in model.rows.items():
        if block.kind not in PRICED_ROWS and not block.kind.startswith("policy_"):
            continue
        for offset, row in enumerate(block.ids):
            saving = abs(float(point.row_duals[row]))
            if saving > 1e-9:
                index = {key: int(entries[offset]) for key, entries in block.index.items()}
                prices.append(Price(name, index, block.unit, saving, True, int(row)))
    for name, block in model.columns.items():
        if block.kind not in PRICED_COLUMNS:
            continue
        for offset, column in enumerate(block.ids):
            bounded = np.isfinite(model.upper[column])
            saving = -float(point.column_duals[column])
            if bounded and saving > 1e-9:
                index = {key: int(entries[offset]) for key, entries in block.index.items()}
                prices.append(Price(name, index, block.unit, saving, False, int(column)))
    return prices


def finite_difference(
    model: LinearModel, values: NDArray[np.float64], price: Price, step: float
) -> float:
    """Return the saving per unit when a limit is eased by ``step``, by solving again.

    The integers stay fixed. Used to check :func:`shadow_prices`.
    """
    living = LivingModel(with_integers_fixed(model, values))
    before = living.solve()
    if price.is_row:
        lower, upper = float(model.row_lower[price.number]), float(model.row_upper[price.number])
        if np.isfinite(upper):
            upper += step
        else:
            lower -= step
        living.set_row(price.number, lower, upper)
    else:
        column = price.number
        living.set_column(column, float(model.lower[column]), float(model.upper[column]) + step)
    after = living.solve()
    assert before is not None
    assert after is not None
    return (before.objective - after.objective) / step
