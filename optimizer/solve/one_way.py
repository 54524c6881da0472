"""Batteries that charge or discharge in an hour, never both.

Both at once only burn power. A linear program may do so where power is free to burn, and a row
that forbids it would need an integer for every hour. So it is left out of the program, which is
then a relaxation whose bound holds, and put right in the point found: with

``w[b,d,h] = min(charge_mw, discharge_mw) > 0``     the lesser of the two becomes 0,

and the LP that is left, its integers fixed, is solved again until no hour does both. What the
result costs more than the point found is part of its gap.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.model.assembly import LinearModel
from optimizer.solve.options import SolveOptions
from optimizer.solve.parts import open_share, relax, settled

SEEN_MW: Final = 1e-7
"""Power in both ways, in MW, that is a solver's rounding."""

MOST_ROUNDS: Final = 10
"""Times that the program is solved again; hours may come anew as others go."""


def both_ways(model: LinearModel, values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the lesser columns of the hours in which a battery does both.

    Parameters
    ----------
    model
        The linear model.
    values
        ``(n,)`` a point, MW.

    Examples
    --------
    >>> from optimizer import read_case
    >>> from optimizer.model.build import build_model
    >>> model, _ = build_model(read_case("tiny"))
    >>> both_ways(model, np.zeros(model.shape[1])).tolist()
    []
    """
    charge, discharge = model.ids_of("charge_mw"), model.ids_of("discharge_mw")
    both = np.minimum(values[charge], values[discharge]) > SEEN_MW
    less = np.where(values[charge] < values[discharge], charge, discharge)
    return less[both]


def one_way(
    model: LinearModel, options: SolveOptions, values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the best point near a plan in which batteries go one way in every hour.

    Parameters
    ----------
    model
        The linear model, its objective that of the plan.
    options
        Options of the solve.
    values
        ``(n,)`` the plan.

    Returns
    -------
    ndarray
        ``(n,)`` the plan itself if no hour does both or no such plan was found: the verifier
        refuses that one.
    """
    upper, point = model.upper, values
    settings = dataclasses.replace(options, time_limit=None)
    for _round in range(MOST_ROUNDS):
        less = both_ways(model, point)
        if not len(less):
            return point
        upper = upper.copy()
        upper[less] = 0.0
        narrowed = dataclasses.replace(model, upper=upper)
        found = relax(settled(narrowed, point), settings, open_share(options)).values
        if found is None:
            return values
        point = found
    return point if not len(both_ways(model, point)) else values
