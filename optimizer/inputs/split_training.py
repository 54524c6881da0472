"""Training runs over several clusters: one configuration column for each way to split one.

A column is a job, an accelerator with a gang and a start month, two or three clusters, the part
of the gang at each, and the bandwidth held on each side of the ring through them
(:mod:`optimizer.inputs.ring`). A run takes longer than at one site by the time of a step over
the time of its computation::

    duration_days = flop / (n * tflops * mfu * goodput(n)) / 86,400 s * T_step / compute

Goodput is that of the whole gang: a failure at any site stops the run. With low communication
the others could go on for a while, which is not counted.

A job has such columns if ``may_split``, ``step_flop`` and ``gradient_gbit`` say so. Splits are
quarters, thirds, and in proportion to the largest gang that each site could hold; parts are
whole servers but for the largest, which takes the rest. Left out are columns

- whose part is larger than any gang the site could hold,
- that miss the deadline, or whose efficiency ``compute / T_step`` is below the floor: no run in
  public was so slow, so nothing vouches for the formula there,
- whose circuits do not fit a link with all its upgrades,
- that hold more bandwidth than another of the same split and end no sooner.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.network_paths import Paths
from optimizer.inputs.ring import (
    ring_length,
    ring_seconds,
    ring_sides,
    shortest_ring,
    step_seconds,
)
from optimizer.inputs.training import (
    gang_goodput,
    month_shares,
    run_days,
    smallest_gang,
    window_days,
)
from optimizer.tables.frames import TypedTable, records
from optimizer.units import MONTHS_PER_YEAR

BANDWIDTHS_GBPS: Final = (400.0, 1_600.0, 6_400.0, 25_600.0)
"""Bandwidths that a run may hold between its sites."""

MOST_SITES: Final = 3

SPLIT_PARAMETERS: Final = (
    "inner_steps_low_communication",
    "ring_factor",
    "split_efficiency_cap",
    "split_efficiency_floor",
    "sync_overlap",
)
"""Parameters that a case with runs over several sites must give."""

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SplitOptions:
    """Ways to run jobs over several clusters: columns ``C``, their parts, and their circuits.

    Parameters
    ----------
    job, accelerator
        ``(C,)`` rows of the tables.
    gang
        ``(C,)`` accelerators of one run at all its sites, in thousand.
    start_month
        ``(C,)`` 1 to 12.
    bandwidth_gbps
        ``(C,)`` rate on each side of the ring, each way.
    ring_km
        ``(C,)`` length of the shortest ring.
    compute_s, step_s
        ``(C,)`` time of a step's computation and of the step.
    duration_days, goodput
        ``(C,)`` as for a run at one site.
    month_share
        ``(C, 12)`` share of each month in which the run is active.
    part_column, part_site
        ``(P,)`` column and site of each part.
    part_gang
        ``(P,)`` accelerators of the part, in thousand.
    circuit_column, circuit_link
        ``(L,)`` column and link of each circuit.
    circuit_gbps
        ``(L,)`` rate held on the link, all sides of the ring that cross it together.
    """

    job: Integers
    accelerator: Integers
    gang: Floats
    start_month: Integers
    bandwidth_gbps: Floats
    ring_km: Floats
    compute_s: Floats
    step_s: Floats
    duration_days: Floats
    goodput: Floats
    month_share: Floats
    part_column: Integers
    part_site: Integers
    part_gang: Floats
    circuit_column: Integers
    circuit_link: Integers
    circuit_gbps: Floats


@dataclass(frozen=True, slots=True)
class _Ring:
    """Two or three clusters: the ring through them and how often it crosses each link."""

    sites: tuple[int, ...]
    length_km: float
    crossings: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class _Column:
    """One column while columns are collected; gangs count accelerators."""

    job: int
    accelerator: int
    gang: int
    start_month: int
    bandwidth_gbps: float
    ring: _Ring
    parts: tuple[int, ...]
    compute_s: float
    step_s: float
    duration_days: float
    goodput: float


@dataclass(frozen=True, slots=True)
class _Gang:
    """One size of gang of a job on one accelerator."""

    size: int
    days: float
    goodput: float
    compute_s: float


def may_split(jobs: pd.DataFrame) -> NDArray[np.bool_]:
    """Return ``(J,)`` whether each job may and can run over several sites."""
    able = (
        jobs["may_split"].to_numpy(dtype=bool)
        & jobs["step_flop"].notna().to_numpy()
        & jobs["gradient_gbit"].notna().to_numpy()
    )
    return np.asarray(able, dtype=bool)


def split_options(
    tables: Mapping[str, TypedTable],
    paths: Paths,
    largest_gangs: Floats,
    parameters: Mapping[str, float],
) -> SplitOptions:
    """Return every way to run every job over several clusters, from checked tables.

    Parameters
    ----------
    tables
        The tables of the case.
    paths
        Shortest paths between the sites.
    largest_gangs
        ``(S, A)`` the largest gang a site could ever hold, in thousand.
    parameters
        Values of ``parameters``.
    """
    jobs = tables["jobs"].frame
    able = may_split(jobs)
    if not able.any():
        return _gathered([])
    clusters = np.flatnonzero(tables["sites"].frame["is_cluster"].to_numpy(dtype=bool))
    rings = list(_rings(clusters.tolist(), paths))
    room = _room_gbps(tables["links"].frame)
    utilisation = {
        (kind, name): value
        for kind, name, value in tables["training_rates"]
        .frame[["kind", "accelerator", "model_flops_utilisation"]]
        .itertuples(index=False)
    }
    cards = list(enumerate(records(tables["accelerators"].frame)))
    columns: list[_Column] = []
    for row, job in enumerate(records(jobs)):
        if not able[row]:
            continue
        for number, card in cards:
            mfu = utilisation.get((job["kind"], card["accelerator"]))
            if mfu is None or job["accelerator"] not in {"", card["accelerator"]}:
                continue
            gangs = _gangs(job, card, mfu, parameters)
            for ring in rings:
                ceilings = [float(largest_gangs[site, number]) * 1e3 for site in ring.sites]
                columns += _of_ring(
                    (row, job), (number, card), gangs, ring, ceilings, room, parameters
                )
    return _gathered(columns)


def _rings(clusters: Sequence[int], paths: Paths) -> Iterator[_Ring]:
    """Yield the pairs and triples of clusters that the network connects."""
    for count in range(2, MOST_SITES + 1):
        for sites in itertools.combinations(clusters, count):
            tour = shortest_ring(paths.fibre_km, sites)
            length = ring_length(paths.fibre_km, tour)
            if math.isfinite(length):
                crossings = Counter(
                    link for one, other in ring_sides(tour) for link in paths.links[one][other]
                )
                yield _Ring(sites, length, dict(sorted(crossings.items())))


def _room_gbps(links: pd.DataFrame) -> Floats:
    """Return ``(E,)`` the most that new flows on a link could ever have."""
    spare = links["capacity_gbps"] * (1.0 - links["used_share"])
    upgrades = links["upgrade_step_gbps"] * links["upgrade_maximum_steps"]
    return np.asarray(spare + upgrades, dtype=float)


def _gangs(
    job: Mapping[str, Any],
    card: Mapping[str, Any],
    mfu: float,
    parameters: Mapping[str, float],
) -> list[_Gang]:
    """Return the sizes of gang to try, rising.

    A gang that is not given is the smallest that meets the window at the best efficiency over
    several sites, at the worst, or halfway.
    """
    window = window_days(job["earliest_month"], job["deadline_month"])

    def run(gang: float) -> tuple[float, float]:
        progress = gang_goodput(gang, job["checkpoint_tb"], card, parameters)
        return run_days(job["flop"], gang, card["bf16_dense_tflops"], mfu, progress), progress

    if not math.isnan(job["accelerators"]):
        sizes = {int(job["accelerators"])}
    else:
        best, worst = parameters["split_efficiency_cap"], parameters["split_efficiency_floor"]
        sizes = set()
        for efficiency in (best, 0.5 * (best + worst), worst):
            smallest = smallest_gang(job, card, mfu, window * efficiency, run)
            if smallest is not None:
                sizes.add(int(smallest))
    return [
        _Gang(
            size,
            *run(float(size)),
            job["step_flop"] / (size * card["bf16_dense_tflops"] * 1e12 * mfu),
        )
        for size in sorted(sizes)
    ]


def _of_ring(  # noqa: PLR0917 - one call with everything that a column depends on
    job: tuple[int, Mapping[str, Any]],
    card: tuple[int, Mapping[str, Any]],
    gangs: Sequence[_Gang],
    ring: _Ring,
    ceilings: Sequence[float],
    room: Floats,
    parameters: Mapping[str, float],
) -> Iterator[_Column]:
    """Yield the columns of one job on one accelerator over one ring."""
    wanted = job[1]
    window = window_days(wanted["earliest_month"], wanted["deadline_month"])
    step = int(parameters["job_start_step_months"])
    months = range(wanted["earliest_month"], wanted["deadline_month"] + 1, step)
    served: set[float] = set()
    for gang in gangs:
        split = [
            parts
            for parts in _splits(gang.size, ceilings, int(card[1]["accelerators_per_server"]))
            if all(part <= most + 1e-6 for part, most in zip(parts, ceilings, strict=True))
        ]
        shortest = math.inf
        for bandwidth in BANDWIDTHS_GBPS:
            if any(bandwidth * times > room[link] for link, times in ring.crossings.items()):
                break
            if bandwidth in served:  # a smaller gang is in time with it
                continue
            step_s = _step(wanted, gang, ring, bandwidth, parameters)
            days = gang.days * step_s / gang.compute_s
            too_slow = gang.compute_s / step_s < parameters["split_efficiency_floor"] - 1e-12
            if too_slow or days > window + 1e-9 or days >= shortest - 1e-9:
                continue
            shortest = days
            if split:
                served.add(bandwidth)
            column = _Column(
                job[0],
                card[0],
                gang.size,
                wanted["earliest_month"],
                bandwidth,
                ring,
                (),
                gang.compute_s,
                step_s,
                days,
                gang.goodput,
            )
            for month in months:
                if window_days(month, wanted["deadline_month"]) >= days - 1e-9:
                    for parts in split:
                        yield dataclasses.replace(column, start_month=month, parts=parts)


def _step(
    job: Mapping[str, Any],
    gang: _Gang,
    ring: _Ring,
    bandwidth_gbps: float,
    parameters: Mapping[str, float],
) -> float:
    """Return the time of one step over a ring in seconds."""
    sync = ring_seconds(
        parameters["ring_factor"],
        len(ring.sites),
        job["gradient_gbit"],
        bandwidth_gbps,
        ring.length_km,
        parameters["fibre_us_per_km"],
    )
    low = job["sync_scheme"] == "low_communication"
    return step_seconds(
        gang.compute_s,
        sync,
        inner_steps=parameters["inner_steps_low_communication"] if low else 1.0,
        overlap=parameters["sync_overlap"] == 1.0,
        cap=parameters["split_efficiency_cap"],
    )


def _splits(gang: int, ceilings: Sequence[float], server: int) -> list[tuple[int, ...]]:
    """Return the parts of a gang at the sites of a ring, each split once.

    Examples
    --------
    >>> _splits(96, [80.0, 40.0], 8)
    [(24, 72), (48, 48), (72, 24), (32, 64), (64, 32)]
    """
    count = len(ceilings)
    shares: list[tuple[float, ...]] = [
        tuple(part / whole for part in parts)
        for whole in (4, 3)
        for parts in itertools.product(range(1, whole), repeat=count)
        if sum(parts) == whole
    ]
    total = sum(ceilings)
    if total > 0.0:
        shares.append(tuple(most / total for most in ceilings))
    found: dict[tuple[int, ...], None] = {}
    for share in shares:
        parts = [math.floor(gang * part / server + 0.5) * server for part in share]
        largest = share.index(max(share))
        parts[largest] += gang - sum(parts)
        if min(parts) > 0:
            found[tuple(parts)] = None
    return list(found)


def _gathered(columns: Sequence[_Column]) -> SplitOptions:
    """Return columns as arrays."""

    def whole(values: Sequence[int]) -> Integers:
        return np.array(values, dtype=np.int64).reshape(-1)

    def real(values: Sequence[float]) -> Floats:
        return np.array(values, dtype=float).reshape(-1)

    parts = [
        (number, site, part)
        for number, column in enumerate(columns)
        for site, part in zip(column.ring.sites, column.parts, strict=True)
    ]
    circuits = [
        (number, link, times * column.bandwidth_gbps)
        for number, column in enumerate(columns)
        for link, times in column.ring.crossings.items()
    ]
    active = {
        key: month_shares(*key)
        for key in sorted({(column.start_month, column.duration_days) for column in columns})
    }
    shares = [active[column.start_month, column.duration_days] for column in columns]
    return SplitOptions(
        job=whole([column.job for column in columns]),
        accelerator=whole([column.accelerator for column in columns]),
        gang=real([column.gang / 1e3 for column in columns]),
        start_month=whole([column.start_month for column in columns]),
        bandwidth_gbps=real([column.bandwidth_gbps for column in columns]),
        ring_km=real([column.ring.length_km for column in columns]),
        compute_s=real([column.compute_s for column in columns]),
        step_s=real([column.step_s for column in columns]),
        duration_days=real([column.duration_days for column in columns]),
        goodput=real([column.goodput for column in columns]),
        month_share=np.array(shares).reshape(len(columns), MONTHS_PER_YEAR),
        part_column=whole([part[0] for part in parts]),
        part_site=whole([part[1] for part in parts]),
        part_gang=real([part[2] / 1e3 for part in parts]),
        circuit_column=whole([circuit[0] for circuit in circuits]),
        circuit_link=whole([circuit[1] for circuit in circuits]),
        circuit_gbps=real([circuit[2] for circuit in circuits]),
    )
