"""Sparse index sets: only what may exist becomes a column.

Sets, with the letters used in the other files of this package::

    i region   w service   s site   a accelerator   k module   e link
    j job      o way to run a job (accelerator, gang, start month)
    d typical day   h hour   p profile of a load

A triple (i, w, s) exists if the site serves some of the region's users within the latency
budget, residency allows it, an accelerator there can run the service, and no pin forbids it.
A pair (o, s) exists if the gang fits the largest fleet and power the site could ever have.
A way to split a job over sites exists if nothing forbids the job at any of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.inputs.check_reach import gang_ceiling
from optimizer.inputs.site_room import free_power_mw

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Aligned arrays of table rows, one entry for each member of a sparse set."""

    site: Integers
    region: Integers
    service: Integers
    accelerator: Integers
    option: Integers
    module: Integers


@dataclass(frozen=True, slots=True)
class Sets:
    """The index sets of a case.

    Parameters
    ----------
    share
        Triples (region, service, site).
    busy
        Triples (service, site, accelerator).
    card
        Pairs (site, accelerator) that have or may get accelerators.
    run
        Pairs (option, site).
    split
        Ways to run a job over several sites that nothing forbids.
    module
        Pairs (site, module).
    peaks
        ``(P + 1, H)`` shapes of the services' profiles and of idle power in the hours that can
        bind: no other hour is at least as high in all of them.
    new_module
        ``(K,)`` whether the module is new build.
    free_power_mw
        ``(S,)`` AI-ready power that exists.
    hourly
        ``(S,)`` whether something couples the hours of the site.
    flexible
        ``(S,)`` whether batch work there may move within the day.
    matched
        ``(S,)`` whether green power there is matched with the load hour by hour.
    """

    share: Pairs
    busy: Pairs
    card: Pairs
    run: Pairs
    split: Integers
    module: Pairs
    peaks: Floats
    new_module: NDArray[np.bool_]
    free_power_mw: Floats
    hourly: NDArray[np.bool_]
    flexible: NDArray[np.bool_]
    matched: NDArray[np.bool_]


def index_sets(case: Case) -> Sets:
    """Return the index sets of a case."""
    derived = case.derived
    hardware, demand = derived.hardware, derived.demand
    has_card = (hardware.fleet > 0.0) | (hardware.supply > 0.0)
    runs_on = np.isfinite(demand.seconds)
    # (W, S): some accelerator there can run the service
    served = (runs_on[:, None, :] & has_card[None, :, :]).any(axis=2)
    forbidden_services, forbidden_jobs = _forbidden(case)
    exists = (
        (derived.reach > 0.0)
        & (demand.requests > 0.0)[:, :, None]
        & served[None, :, :]
        & ~forbidden_services[None, :, :]
    )
    region, service, site = np.nonzero(exists)
    used = exists.any(axis=0)
    busy = np.nonzero(used[:, :, None] & runs_on[:, None, :] & has_card[None, :, :])
    card = np.nonzero(has_card)

    gangs = derived.gangs
    fits = gangs.gang[:, None] <= gang_ceiling(case.tables, derived)[:, gangs.accelerator].T + 1e-9
    placeable = data_can_reach(case) & ~forbidden_jobs
    fits &= placeable[gangs.job]
    option, run_site = np.nonzero(fits)

    new_module = (case.tables["modules"].frame["kind"] == "new").to_numpy(dtype=bool)
    power = free_power_mw(case.tables)
    allowed = derived.cooling.allowed & (new_module[None, :] | (power > 0.0)[:, None])
    module_site, module = np.nonzero(allowed)
    flexible = np.zeros(len(power), dtype=bool)
    movable = demand.flexible_share[demand.profile_of[busy[0]]] > 0.0
    flexible[busy[1][movable]] = True
    flexible &= case.tables["sites"].frame["is_cluster"].to_numpy(dtype=bool)
    hourly = flexible.copy()
    hourly[derived.supply.generation.site] = True
    hourly[derived.supply.batteries.site] = True
    matched = np.zeros(len(power), dtype=bool)
    for policy in derived.policies:
        if policy.kind == "green_share_hourly_min":
            matched |= policy.sites
    hourly |= matched
    return Sets(
        share=_pairs(region=region, service=service, site=site),
        busy=_pairs(service=busy[0], site=busy[1], accelerator=busy[2]),
        card=_pairs(site=card[0], accelerator=card[1]),
        run=_pairs(option=option, site=run_site),
        split=_splits(case, placeable),
        module=_pairs(site=module_site, module=module),
        peaks=_peaks(case),
        new_module=new_module,
        free_power_mw=power,
        hourly=hourly,
        flexible=flexible,
        matched=matched,
    )


def _splits(case: Case, placeable: NDArray[np.bool_]) -> Integers:
    """Return the ways to split a job whose sites may all run it."""
    splits = case.derived.splits
    kept = np.ones(len(splits.job), dtype=bool)
    barred = ~placeable[splits.job[splits.part_column], splits.part_site]
    kept[splits.part_column[barred]] = False
    return np.flatnonzero(kept)


def data_can_reach(case: Case) -> NDArray[np.bool_]:
    """Return ``(J, S)`` whether a job's data set has a way to the site."""
    sites = case.tables["sites"].frame
    row = {name: number for number, name in enumerate(sites["site"])}
    home = case.tables["jobs"].frame["dataset_site"].map(row).to_numpy(dtype=np.int64)
    province = sites["province"].to_numpy()
    reachable: NDArray[np.bool_] = np.isfinite(case.derived.paths.fibre_km[home]) | (
        province[home][:, None] == province[None, :]
    )
    return reachable


def _pairs(**arrays: Integers) -> Pairs:
    none = np.zeros(0, dtype=np.int64)
    names = ("site", "region", "service", "accelerator", "option", "module")
    return Pairs(**{name: np.asarray(arrays.get(name, none), dtype=np.int64) for name in names})


def _forbidden(case: Case) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return ``(W, S)`` and ``(J, S)`` where a pin or a residency forbids placing."""
    sites = case.tables["sites"].frame
    services = case.tables["services"].frame["service"].tolist()
    jobs = case.tables["jobs"].frame
    site_row = {name: row for row, name in enumerate(sites["site"])}
    of_services = np.zeros((len(services), len(sites)), dtype=bool)
    of_jobs = np.zeros((len(jobs), len(sites)), dtype=bool)
    data_province = jobs["dataset_site"].map(
        dict(zip(sites["site"], sites["province"], strict=True))
    )
    resident = (jobs["residency"] == "province").to_numpy()
    elsewhere = data_province.to_numpy()[:, None] != sites["province"].to_numpy()[None, :]
    of_jobs |= resident[:, None] & elsewhere
    job_names = jobs["job"].tolist()
    pins = case.tables["pins"].frame
    for workload, site, rule in pins[["workload", "site", "rule"]].itertuples(index=False):
        if rule not in {"must", "never"}:
            continue
        target, row = (
            (of_services, services.index(workload))
            if workload in services
            else (of_jobs, job_names.index(workload))
        )
        if rule == "never":
            target[row, site_row[site]] = True
        else:
            target[row, np.arange(len(sites)) != site_row[site]] = True
    return of_services, of_jobs


def _peaks(case: Case) -> Floats:
    profiles = case.derived.profiles
    steady = profiles.shape[: profiles.idle + 1]
    by_hour = steady.reshape(len(steady), -1)
    return by_hour[:, undominated_columns(by_hour)]


def undominated_columns(shapes: Floats) -> Integers:
    """Return the rising numbers of the columns that no other equals or exceeds in every row.

    Of equal columns the first is kept. With non-negative loads the row of a dropped hour or
    month is implied by that of a kept one, so dropping it changes nothing.

    Examples
    --------
    >>> undominated_columns(np.array([[1.0, 2.0, 2.0], [3.0, 1.0, 0.5]])).tolist()
    [0, 1]
    """
    unique, first = np.unique(shapes, axis=1, return_index=True)
    kept = [
        column
        for column in range(unique.shape[1])
        if not (
            (unique >= unique[:, column : column + 1]).all(axis=0)
            & (np.arange(unique.shape[1]) != column)
        ).any()
    ]
    return np.sort(first[kept])
