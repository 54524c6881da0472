"""Protection of services against the loss of a grid: who may back up whom.

A failure state is a ``grid_area``: all its sites are lost at once. ``parameters`` switches the
protection on and scales it::

    protection_level         0 or absent: none; 1: the protected shares as given
    failover_budget_factor   failover target over normal target where a service gives none; 1

The share ``alpha[w] = protection_level * protected_share[w]`` of what a lost site served is
taken over by sites outside its grid, within the failover budget::

    budget[w] = (failover_target_ms - compute_p99_ms) / round_trips

A region's backup for one failure may go to at most :data:`BACKUP_SITES` sites: those that reach
most of its users and, of these, the cheapest to hold power at. Regions whose candidates are the
same and reach everybody form one *group*: any split of the group's backup over the sites can be
divided over its regions in proportion, so one set of numbers for the group says the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PROTECTION_LEVEL: Final = "protection_level"
FAILOVER_BUDGET_FACTOR: Final = "failover_budget_factor"

BACKUP_SITES: Final = 6
"""Sites that may take over what one region loses of one service in one failure."""


@dataclass(frozen=True, slots=True)
class BackupGroup:
    """Regions that share the sites of their backup for one service in one failure.

    Parameters
    ----------
    service, state
        Rows of the service and of the failure state.
    regions
        Rows of the regions: several only if every site reaches all their users.
    sites
        Rows of the sites that may take over, best first; none if nothing may.
    """

    service: int
    state: int
    regions: tuple[int, ...]
    sites: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Protection:
    """Protected services and their possible backup.

    Parameters
    ----------
    level
        Part of the protected shares that must survive; 0 switches everything off.
    given
        ``(W,)`` protected shares as given.
    budget_ms
        ``(W,)`` network round trip that a request leaves in a failure; infinite without a target.
    reach
        ``(I, W, S)`` share of the region's users that the site may serve within that budget, zero
        where residency, pins or accelerators forbid it.
    states
        Names of the failure states, sorted.
    state_of
        ``(S,)`` failure state of each site.
    groups
        The groups of regions, one for each service, failure state and list of sites.
    """

    level: float
    given: NDArray[np.float64]
    budget_ms: NDArray[np.float64]
    reach: NDArray[np.float64]
    states: tuple[str, ...]
    state_of: NDArray[np.int64]
    groups: tuple[BackupGroup, ...]

    @property
    def share(self) -> NDArray[np.float64]:
        """Return ``(W,)`` the share of each service that must survive a failure."""
        return self.level * self.given


UNPROTECTED: Final = Protection(
    level=0.0,
    given=np.zeros(0),
    budget_ms=np.zeros(0),
    reach=np.zeros((0, 0, 0)),
    states=(),
    state_of=np.zeros(0, dtype=np.int64),
    groups=(),
)
"""No protection: nothing is held for a failure."""


def failover_budget_ms(
    services: pd.DataFrame, parameters: Mapping[str, float]
) -> NDArray[np.float64]:
    """Return ``(W,)`` the network round trip that a request leaves in a failure, in ms.

    Infinite for services without a target.

    Examples
    --------
    >>> services = pd.DataFrame(
    ...     {
    ...         "target_ms": [100.0, 100.0, np.nan],
    ...         "failover_target_ms": [np.nan, 160.0, np.nan],
    ...         "compute_p99_ms": [40.0, 40.0, 0.0],
    ...         "round_trips": [2, 2, 1],
    ...     }
    ... )
    >>> failover_budget_ms(services, {"failover_budget_factor": 1.2}).tolist()
    [40.0, 60.0, inf]
    """
    target = services["target_ms"].to_numpy(dtype=float)
    own = services["failover_target_ms"].to_numpy(dtype=float)
    factor = parameters.get(FAILOVER_BUDGET_FACTOR, 1.0)
    failover = np.where(np.isnan(own), target * factor, own)
    budget: NDArray[np.float64] = (
        failover - services["compute_p99_ms"].to_numpy(dtype=float)
    ) / services["round_trips"].to_numpy(dtype=float)
    return np.where(np.isnan(target), np.inf, budget)


def may_be_at(
    services: Sequence[str],
    sites: Sequence[str],
    pins: pd.DataFrame,
    seconds: NDArray[np.float64],
    has_card: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Return ``(W, S)`` whether accelerators and pins let a service be at a site.

    Parameters
    ----------
    services, sites
        Codes in the order of the tables.
    pins
        The table of pins.
    seconds
        ``(W, A)`` accelerator-seconds of a request; NaN where it cannot run.
    has_card
        ``(S, A)`` whether the site has or may get the accelerator.
    """
    runs_on = np.isfinite(seconds)
    allowed: NDArray[np.bool_] = (runs_on[:, None, :] & has_card[None, :, :]).any(axis=2)
    for workload, site, rule in pins[["workload", "site", "rule"]].itertuples(index=False):
        if workload not in services:
            continue
        row, here = services.index(workload), np.array([name == site for name in sites])
        if rule == "never":
            allowed[row] &= ~here
        elif rule == "must":
            allowed[row] &= here
    return allowed


def protection(
    sites: pd.DataFrame,
    services: pd.DataFrame,
    parameters: Mapping[str, float],
    *,
    primary: NDArray[np.bool_],
    reach: NDArray[np.float64],
    holding_cost: NDArray[np.float64],
) -> Protection:
    """Return the protection of checked tables.

    Parameters
    ----------
    sites, services
        The tables.
    parameters
        The technical parameters.
    primary
        ``(I, W, S)`` whether the site may serve the region in normal operation.
    reach
        ``(I, W, S)`` share of the region's users that it may serve in a failure.
    holding_cost
        ``(S,)`` yearly cost of holding one MW, which ranks the sites.
    """
    given = services["protected_share"].to_numpy(dtype=float)
    areas = sites["grid_area"].tolist()
    states = tuple(sorted(set(areas)))
    state_of = np.array([states.index(area) for area in areas], dtype=np.int64)
    groups: list[BackupGroup] = []
    for service in np.flatnonzero(given > 0.0).tolist():
        ranked = _ranked(reach[:, service, :], holding_cost)
        for state in range(len(states)):
            lost = state_of == state
            exposed = np.flatnonzero(primary[:, service, lost].any(axis=1)).tolist()
            together: dict[tuple[int, ...], list[int]] = {}
            for region in exposed:
                within = reach[region, service]
                chosen = [site for site in ranked[region] if within[site] > 0.0 and not lost[site]]
                chosen = chosen[:BACKUP_SITES]
                if all(within[site] >= 1.0 for site in chosen):
                    together.setdefault(tuple(chosen), []).append(region)
                else:
                    groups.append(BackupGroup(service, state, (region,), tuple(chosen)))
            groups += [
                BackupGroup(service, state, tuple(regions), chosen_sites)
                for chosen_sites, regions in together.items()
            ]
    return Protection(
        level=parameters.get(PROTECTION_LEVEL, 0.0),
        given=given,
        budget_ms=failover_budget_ms(services, parameters),
        reach=reach,
        states=states,
        state_of=state_of,
        groups=tuple(groups),
    )


def _ranked(reach: NDArray[np.float64], cost: NDArray[np.float64]) -> list[list[int]]:
    """Return for each region the sites by falling reach, then by rising cost, then by name."""
    ranked: list[list[int]] = [
        np.lexsort((cost, -np.round(by_site, 9))).tolist() for by_site in reach
    ]
    return ranked


def yearly_cost_of_holding(
    build: NDArray[np.float64],
    design_pue: NDArray[np.float64],
    annual_pue: NDArray[np.float64],
    demand_price: NDArray[np.float64],
    energy_price: NDArray[np.float64],
    *,
    idle_share: float,
) -> NDArray[np.float64]:
    """Return ``(S,)`` million yuan a year for one MW that stands idle in the best new module.

    Parameters
    ----------
    build
        ``(S, K)`` million yuan a year for one MW of a module; infinite where it may not be.
    design_pue, annual_pue
        ``(S, K)``.
    demand_price
        ``(S,)`` million yuan a year for one MW at the meter.
    energy_price
        ``(S,)`` million yuan for one MW at the meter over the year.
    idle_share
        Idle over maximum power of accelerators.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> yearly_cost_of_holding(2 * one, one, one, one[0], 4 * one[0], idle_share=0.25).tolist()
    [4.0]
    """
    by_module = (
        build + design_pue * demand_price[:, None] + annual_pue * energy_price[:, None] * idle_share
    )
    cost: NDArray[np.float64] = by_module.min(axis=1)
    return cost
