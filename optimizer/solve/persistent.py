"""A search that gives no sign is ended and begun again with another seed.

Some LPs of HiGHS's own heuristics do not end. A search of which nothing was heard for

``silent seconds = max(least, LPs * seconds of the relaxation)``

is in one. Its best point and its bound hold; the next search starts from that point.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.model.assembly import LinearModel
from optimizer.solve.options import SolveOptions
from optimizer.solve.solvers import SolverAnswer, run_solver

LEAST_SILENCE_SECONDS: Final = 60.0
"""Silence in seconds that no search is ended for."""

SILENT_LPS: Final = 10.0
"""Times of the relaxation that a search may be silent; its root alone takes about one."""

SEARCHES: Final = 3
"""Searches with seeds of their own before what was found has to do."""


def silence_allowed(relaxation_seconds: float) -> float:
    """Return the seconds that a search may be silent.

    Parameters
    ----------
    relaxation_seconds
        Time that the relaxation of the same matrix took, in seconds.

    Examples
    --------
    >>> silence_allowed(2.0), silence_allowed(30.0)
    (60.0, 300.0)
    """
    return max(LEAST_SILENCE_SECONDS, SILENT_LPS * relaxation_seconds)


def run_persistently(
    model: LinearModel,
    options: SolveOptions,
    gap_abs: float,
    silent_seconds: float,
    *,
    tuning: Mapping[str, bool | float | str],
    log_file: str = "",
    start: NDArray[np.float64] | None = None,
) -> SolverAnswer:
    """Search with HiGHS; what gives no sign is begun again with another seed.

    Parameters
    ----------
    model
        The linear model, minimised.
    options
        Options; the time limit holds for all searches together.
    gap_abs
        Absolute gap, in the unit of the objective, at which the search may stop.
    silent_seconds
        Seconds without a sign after which a search is ended.
    tuning
        HiGHS's own options that change the search but not what it proves.
    log_file
        File for the solver's log.
    start
        ``(n,)`` a point to start the search from, or ``None``.

    Returns
    -------
    SolverAnswer
        With the best point and bound of all searches; ``stopped`` is ``silent`` if no seed helped.
    """
    began = time.perf_counter()
    answer, bound, nodes = None, -np.inf, 0
    for search in range(SEARCHES):
        left = options.time_limit
        if left is not None:
            left = max(0.1, left - (time.perf_counter() - began))
        found = run_solver(
            model,
            dataclasses.replace(options, time_limit=left, seed=options.seed + search),
            gap_abs,
            tuning=tuning,
            log_file=log_file,
            start=start,
            silent_seconds=silent_seconds,
        )
        if answer is not None and found.values is None:
            found = dataclasses.replace(found, values=answer.values)
        bound, nodes = max(bound, found.bound), nodes + found.nodes
        answer = dataclasses.replace(found, bound=bound, nodes=nodes, begun_again=search > 0)
        if found.stopped != "silent":
            break
        start = answer.values if answer.values is not None else start
    assert answer is not None
    return answer
