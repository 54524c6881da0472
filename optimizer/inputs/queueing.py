"""Pools of services that share a fleet, and the replicas a pool holds in reserve for queueing.

A replica is one copy of a model on ``accelerators_per_replica`` accelerators. With load ``A``
in the peak hour, in replicas, a site keeps requests from waiting with ``A + beta * sqrt(A)``
replicas (:mod:`optimizer.inputs.erlang`). The square root is concave; its tangent at an
operating point ``A0`` lies above it and is linear with a fixed charge for every pool opened::

    reserve = beta / (2 sqrt(A0)) * A + beta * sqrt(A0) / 2 + 2

The two replicas more make up for whole servers. Two tangents are used, and the lower one holds:

    large   A0 = max_h sum_w shape[w,h] * replicas[w] / expected_pools[w]
    small   A1 = A0^(1/3) * L^(2/3)        L = peak load of the pool / sites that can serve it

``L`` is the load of a pool at each of these sites. The lines cross at ``sqrt(A0 * A1)``, as far
above ``A1`` as ``L`` lies below it (in proportion). Without ``L < A0`` there is one line.
``replicas[w]`` is the mean number busy with all national demand, the geometric middle of the
types on offer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.demand import Demand
from optimizer.inputs.erlang import servers_needed, square_root_factor
from optimizer.inputs.hardware import Hardware
from optimizer.units import thousand_accelerators_per_million_requests_per_day

LARGE: Final = 0
SMALL: Final = 1
PIECES: Final = ("large", "small")
"""The two lines of a pool, in the order of their columns."""

WHOLE_SERVERS: Final = 2.0
"""Replicas that make up for rounding to whole servers.

With them no line falls below Erlang's formula at any load if at least 3 % may wait.
"""

WAIT_PROBABILITY: Final = "wait_probability"
"""The parameter that a case with pools needs."""

SAME: Final = 1e-6
"""Points closer than this, in proportion, are one."""

TRIAL_LOADS: Final = 60
"""Loads at which a line is compared with the exact number, evenly spaced in proportion."""


@dataclass(frozen=True, slots=True)
class Pools:
    """Pools and their reserve.

    Parameters
    ----------
    names
        Pools with a load, sorted.
    pool_of
        ``(W,)`` pool of each service; -1 where no reserve is held.
    replica
        ``(W, A)`` accelerators of a replica; NaN where the service cannot run.
    reserve_replica
        ``(P, A)`` accelerators of a replica in reserve: the largest of the pool's services. NaN
        on types that not all of them can run on.
    operating
        ``(P, 2)`` loads in replicas at which the lines touch; NaN where there is no second line.
    load_range
        ``(P, 2)`` least and greatest load in replicas that the lines are meant for: an even share
        at every site that can serve the pool, and everything at one.
    wait_probability, beta
        Probability of waiting in the peak hour, and its factor of the square root; zero without
        pools.
    """

    names: tuple[str, ...]
    pool_of: NDArray[np.int64]
    replica: NDArray[np.float64]
    reserve_replica: NDArray[np.float64]
    operating: NDArray[np.float64]
    load_range: NDArray[np.float64]
    wait_probability: float
    beta: float

    @property
    def slope(self) -> NDArray[np.float64]:
        """``(P, 2)`` reserve for each replica of load."""
        return self.beta / (2.0 * np.sqrt(self.operating))

    @property
    def fixed(self) -> NDArray[np.float64]:
        """``(P, 2)`` reserve of an opened pool in replicas."""
        return self.beta * np.sqrt(self.operating) / 2.0 + WHOLE_SERVERS

    @property
    def crossing(self) -> NDArray[np.float64]:
        """``(P,)`` load in replicas up to which the line of small pools is the lower one."""
        return np.sqrt(self.operating.prod(axis=1))

    def reserve(self, pool: int, load: float) -> float:
        """Return the reserve in replicas of an opened pool with some load in replicas."""
        lines = self.slope[pool] * load + self.fixed[pool]
        return float(np.nanmin(lines))


@dataclass(frozen=True, slots=True)
class HeadroomError:
    """Where the lines of a pool differ most from the exact number of servers.

    Parameters
    ----------
    pool
        Name of the pool.
    operating
        Loads in replicas at which the lines touch.
    least_load, greatest_load
        Range that was tried.
    load
        Load in replicas of the greatest difference.
    servers, exact_servers
        Servers by the lines and by Erlang's formula at that load.
    """

    pool: str
    operating: tuple[float, ...]
    least_load: float
    greatest_load: float
    load: float
    servers: float
    exact_servers: int

    @property
    def error(self) -> float:
        """Difference over the exact number; negative where the lines are too low."""
        return self.servers / self.exact_servers - 1.0


def pools(
    services: pd.DataFrame,
    service_rates: pd.DataFrame,
    accelerators: pd.DataFrame,
    *,
    demand: Demand,
    hardware: Hardware,
    reach: NDArray[np.float64],
    parameters: Mapping[str, float],
) -> Pools:
    """Return the pools of checked tables; services without a pool or without requests have none.

    Parameters
    ----------
    services, service_rates, accelerators
        The tables.
    demand, hardware
        What follows from them.
    reach
        ``(I, W, S)`` share of a region's users that a site serves within the budget.
    parameters
        Values of ``parameters``; ``wait_probability`` is needed if a service names a pool.
    """
    national = demand.requests.sum(axis=0)
    asked = np.array(
        [
            pool if requests > 0.0 else ""
            for pool, requests in zip(services["pool"], national, strict=True)
        ],
        dtype=object,
    )
    names = tuple(sorted(set(asked) - {""}))
    number = {name: row for row, name in enumerate(names)} | {"": -1}
    pool_of = np.array([number[name] for name in asked], dtype=np.int64)
    replica = _replica(services, service_rates, accelerators)
    probability = float(parameters[WAIT_PROBABILITY]) if names else 0.0
    operating = np.full((len(names), len(PIECES)), np.nan)
    load_range = np.zeros((len(names), 2))
    reserve_replica = np.full((len(names), len(accelerators)), np.nan)
    if names:
        busy = _replicas_busy(demand, hardware, replica)
        expected = services["expected_pools"].to_numpy(dtype=float)
        peaks = demand.by_hour[demand.profile_of]
    for pool in range(len(names)):
        members = np.flatnonzero(pool_of == pool)
        sizes = replica[members]
        runs = np.isfinite(sizes).all(axis=0)
        reserve_replica[pool, runs] = sizes[:, runs].max(axis=0)
        asked_for = (demand.requests[:, members] > 0.0)[:, :, None]
        sites = int(((reach[:, members, :] > 0.0) & asked_for).any(axis=(0, 1)).sum())
        most = _peak(peaks[members], busy[members])
        least = most / max(1, sites)
        load_range[pool] = least, most
        large = _peak(peaks[members], busy[members] / expected[members])
        operating[pool, LARGE] = large
        if least < large * (1.0 - SAME):
            operating[pool, SMALL] = large ** (1.0 / 3.0) * least ** (2.0 / 3.0)
    return Pools(
        names=names,
        pool_of=pool_of,
        replica=replica,
        reserve_replica=reserve_replica,
        operating=operating,
        load_range=load_range,
        wait_probability=probability,
        beta=square_root_factor(probability) if names else 0.0,
    )


def _peak(shape: NDArray[np.float64], level: NDArray[np.float64]) -> float:
    return float((shape * level[:, None]).sum(axis=0).max())


def _replica(
    services: pd.DataFrame, service_rates: pd.DataFrame, accelerators: pd.DataFrame
) -> NDArray[np.float64]:
    service_row = {name: row for row, name in enumerate(services["service"])}
    accelerator_row = {name: row for row, name in enumerate(accelerators["accelerator"])}
    size = np.full((len(services), len(accelerators)), np.nan)
    for service, accelerator, number in service_rates[
        ["service", "accelerator", "accelerators_per_replica"]
    ].itertuples(index=False):
        size[service_row[service], accelerator_row[accelerator]] = number
    return size


def _replicas_busy(
    demand: Demand, hardware: Hardware, replica: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return ``(W,)`` the mean number of replicas busy with all of a service's demand."""
    offered = (hardware.fleet.sum(axis=0) + hardware.supply) > 0.0
    accelerators = 1e3 * thousand_accelerators_per_million_requests_per_day(1.0)
    each = demand.requests.sum(axis=0)[:, None] * accelerators * demand.seconds / replica
    busy = np.zeros(len(each))
    for service, numbers in enumerate(each):
        runs = np.isfinite(numbers)
        on_offer = runs & offered
        known = numbers[on_offer if on_offer.any() else runs]
        busy[service] = math.sqrt(known.min() * known.max()) if len(known) else 0.0
    return busy


def headroom_errors(found: Pools) -> list[HeadroomError]:
    """Return for each pool where its lines differ most from the exact number of servers.

    Parameters
    ----------
    found
        The pools.

    Examples
    --------
    >>> from optimizer.inputs.case import read_case
    >>> headroom_errors(read_case("tiny").derived.pools)
    []
    """
    worst = []
    for pool, name in enumerate(found.names):
        least, greatest = found.load_range[pool].tolist()
        points = found.operating[pool][np.isfinite(found.operating[pool])]
        special = points if len(points) == 1 else np.append(points, found.crossing[pool])
        trials = np.unique(
            np.concatenate(
                [
                    np.geomspace(least, greatest, TRIAL_LOADS),
                    np.clip(special, least, greatest),
                ]
            )
        )
        errors = [
            HeadroomError(
                pool=name,
                operating=tuple(points.tolist()),
                least_load=least,
                greatest_load=greatest,
                load=load,
                servers=load + found.reserve(pool, load),
                exact_servers=servers_needed(load, found.wait_probability),
            )
            for load in trials.tolist()
        ]
        worst.append(max(errors, key=lambda trial: abs(trial.error)))
    return worst
