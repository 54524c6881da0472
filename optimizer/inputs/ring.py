"""One step of a training run over several sites: a ring that exchanges gradients.

::

    sync = kappa * (1 - 1/N) * V / BW + kappa * ring_km * us_per_km / 1e6      seconds
    T    = compute + sync / H,  or  max(compute, sync / H) when they overlap
    T    = max(T, compute / cap)

``N`` sites, ``V`` Gbit of gradients, ``BW`` Gbit/s on each side of the ring, ``H`` steps from
one synchronisation to the next (1 if synchronous), ``kappa`` 1 for a ring with traffic both
ways and 2 for one way. ``cap`` is the best efficiency that a run over several sites has
reached in public: what the ring does not explain (imbalance, jitter, protection switching) is
not assumed away.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def ring_seconds(  # noqa: PLR0917 - the letters of the formula, in its order
    ring_factor: float,
    sites: float,
    gradient_gbit: float,
    bandwidth_gbps: float,
    ring_km: float,
    fibre_us_per_km: float,
) -> float:
    """Return the time of one exchange over the ring in seconds.

    Parameters
    ----------
    ring_factor
        ``kappa``.
    sites
        Number of sites.
    gradient_gbit
        Gradients in Gbit.
    bandwidth_gbps
        Rate on each side of the ring, each way, in Gbit/s.
    ring_km
        Length of the ring.
    fibre_us_per_km
        Light in fibre.

    Examples
    --------
    72 trillion parameters of 16 bits over 6 Pbit/s and a ring of 4,800 km, sites without number:

    >>> round(1e3 * ring_seconds(1, float("inf"), 72e3 * 16, 6e6, 4800, 5.0), 3)
    216.0
    """
    transfer = (1.0 - 1.0 / sites) * gradient_gbit / bandwidth_gbps
    return ring_factor * (transfer + ring_km * fibre_us_per_km / 1e6)


def step_seconds(
    compute: float, sync: float, *, inner_steps: float, overlap: bool, cap: float
) -> float:
    """Return the time of one step in seconds.

    Parameters
    ----------
    compute
        Time of the step's computation by the whole gang.
    sync
        Time of one exchange over the ring.
    inner_steps
        Steps from one exchange to the next.
    overlap
        Whether the exchange runs behind the computation.
    cap
        Highest efficiency.

    Examples
    --------
    >>> step_seconds(2.0, 1.0, inner_steps=1, overlap=False, cap=1.0)
    3.0
    >>> step_seconds(2.0, 1.0, inner_steps=1, overlap=True, cap=1.0)
    2.0
    """
    each = sync / inner_steps
    return max(max(compute, each) if overlap else compute + each, compute / cap)


def shortest_ring(fibre_km: NDArray[np.float64], sites: Sequence[int]) -> tuple[int, ...]:
    """Return the sites in the order of the shortest closed tour, the first one first.

    Of tours of equal length the first by the order of the sites is taken.

    Examples
    --------
    >>> shortest_ring(np.array([[0.0, 1.0], [1.0, 0.0]]), (0, 1))
    (0, 1)
    """
    first, *others = sites
    tours = [(first, *order) for order in itertools.permutations(others)]
    return min(tours, key=lambda tour: round(ring_length(fibre_km, tour), 6))


def ring_length(fibre_km: NDArray[np.float64], tour: Sequence[int]) -> float:
    """Return the length of a closed tour; two sites are there and back.

    Examples
    --------
    >>> ring_length(np.array([[0.0, 400.0], [400.0, 0.0]]), (0, 1))
    800.0
    """
    return float(sum(fibre_km[one, other] for one, other in ring_sides(tour)))


def ring_sides(tour: Sequence[int]) -> list[tuple[int, int]]:
    """Return the pairs of neighbours of a closed tour, each pair in rising order.

    Examples
    --------
    >>> ring_sides((0, 2, 1))
    [(0, 2), (1, 2), (0, 1)]
    >>> ring_sides((0, 1))
    [(0, 1), (0, 1)]
    """
    return [(min(pair), max(pair)) for pair in zip(tour, (*tour[1:], tour[0]), strict=True)]
