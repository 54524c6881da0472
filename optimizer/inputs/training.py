"""Training runs: how large a gang, for how long, started when.

``duration_days = flop / (n * tflops * mfu * goodput(n)) / 86,400 s``

A gang is given in ``jobs.accelerators``, or it is the smallest that finishes between the
first day of ``earliest_month`` and the last day of ``deadline_month``, rounded up to whole
servers, and its multiple by ``gang_range_factor``. Runs start on the first day of a month,
every ``job_start_step_months`` from the earliest on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.goodput import goodput
from optimizer.inputs.typical_days import DAYS_IN_MONTH
from optimizer.tables.frames import records
from optimizer.units import MONTHS_PER_YEAR, SECONDS_PER_DAY

_MONTH_START = np.concatenate([[0.0], np.cumsum(DAYS_IN_MONTH)])


@dataclass(frozen=True, slots=True)
class GangOptions:
    """Ways to run each job: accelerator, gang and start month. One row each.

    Parameters
    ----------
    job, accelerator
        ``(O,)`` rows of the tables.
    gang
        ``(O,)`` accelerators of one run, in thousand.
    start_month
        ``(O,)`` 1 to 12.
    duration_days
        ``(O,)`` length of the run.
    goodput
        ``(O,)`` share of time in which the run progresses.
    month_share
        ``(O, 12)`` share of each month in which the run is active.
    """

    job: NDArray[np.int64]
    accelerator: NDArray[np.int64]
    gang: NDArray[np.float64]
    start_month: NDArray[np.int64]
    duration_days: NDArray[np.float64]
    goodput: NDArray[np.float64]
    month_share: NDArray[np.float64]


def window_days(earliest_month: int, deadline_month: int) -> float:
    """Return the days from the first of one month to the last of another.

    Examples
    --------
    >>> window_days(2, 3)
    59.0
    """
    return float(_MONTH_START[deadline_month] - _MONTH_START[earliest_month - 1])


def run_days(flop: float, gang: float, tflops: float, utilisation: float, progress: float) -> float:
    """Return the length of a run in days; infinite if it makes no progress.

    Parameters
    ----------
    flop
        Work in FLOP.
    gang
        Number of accelerators.
    tflops
        Peak rate of one in TFLOPS.
    utilisation, progress
        Model FLOP utilisation and goodput, both between 0 and 1.

    Examples
    --------
    Llama 3.1 405B, 3.8e25 FLOP on 16,384 H100 at 40 % and 90 %:

    >>> round(run_days(3.8e25, 16384, 989.0, 0.40, 0.90), 1)
    75.4
    """
    if progress == 0.0:
        return math.inf
    return flop / (gang * tflops * 1e12 * utilisation * progress) / SECONDS_PER_DAY


def month_shares(start_month: int, days: float) -> NDArray[np.float64]:
    """Return the share of each month in which a run is active.

    Examples
    --------
    >>> month_shares(1, 45.0)[:3].tolist()
    [1.0, 0.5, 0.0]
    """
    start = _MONTH_START[start_month - 1]
    active = np.minimum(_MONTH_START[1:], start + days) - np.maximum(_MONTH_START[:-1], start)
    shares: NDArray[np.float64] = np.clip(active, 0.0, None) / DAYS_IN_MONTH
    return shares


def gang_options(
    jobs: pd.DataFrame,
    training_rates: pd.DataFrame,
    accelerators: pd.DataFrame,
    parameters: Mapping[str, float],
) -> GangOptions:
    """Return every way to run every job that meets its deadline, from checked tables."""
    utilisation = {
        (kind, name): value
        for kind, name, value in training_rates[
            ["kind", "accelerator", "model_flops_utilisation"]
        ].itertuples(index=False)
    }
    step = int(parameters["job_start_step_months"])
    cards = list(enumerate(records(accelerators)))
    rows: list[tuple[int, int, float, int, float, float]] = []
    for job_row, job in enumerate(records(jobs)):
        window = window_days(job["earliest_month"], job["deadline_month"])
        for row, card in cards:
            mfu = utilisation.get((job["kind"], card["accelerator"]))
            if mfu is None or job["accelerator"] not in {"", card["accelerator"]}:
                continue
            for gang, days, progress in _gangs(job, card, mfu, window, parameters):
                last = _MONTH_START[job["deadline_month"]] - days
                rows += [
                    (job_row, row, gang / 1e3, month, days, progress)
                    for month in range(job["earliest_month"], job["deadline_month"] + 1, step)
                    if _MONTH_START[month - 1] <= last + 1e-9
                ]
    table = np.array(rows, dtype=float).reshape(len(rows), 6)
    shares = [month_shares(int(row[3]), row[4]) for row in rows]
    return GangOptions(
        job=table[:, 0].astype(np.int64),
        accelerator=table[:, 1].astype(np.int64),
        gang=table[:, 2],
        start_month=table[:, 3].astype(np.int64),
        duration_days=table[:, 4],
        goodput=table[:, 5],
        month_share=np.array(shares).reshape(len(rows), MONTHS_PER_YEAR),
    )


def _gangs(
    job: Mapping[str, float],
    card: Mapping[str, float],
    mfu: float,
    window: float,
    parameters: Mapping[str, float],
) -> list[tuple[float, float, float]]:
    """Return (gang, days, goodput) of each admissible size of one job on one accelerator."""

    def run(gang: float) -> tuple[float, float]:
        progress = gang_goodput(gang, job["checkpoint_tb"], card, parameters)
        return run_days(job["flop"], gang, card["bf16_dense_tflops"], mfu, progress), progress

    if not math.isnan(job["accelerators"]):
        sizes = [float(job["accelerators"])]
    else:
        smallest = smallest_gang(job, card, mfu, window, run)
        if smallest is None:
            return []
        sizes = [smallest]
        if parameters["gang_range_factor"] > 1.0:
            server = card["accelerators_per_server"]
            sizes.append(math.ceil(smallest * parameters["gang_range_factor"] / server) * server)
    result = []
    for size in sizes:
        days, progress = run(size)
        if days <= window + 1e-9:
            result.append((size, days, progress))
    return result


def smallest_gang(
    job: Mapping[str, float],
    card: Mapping[str, float],
    mfu: float,
    window: float,
    run: Callable[[float], tuple[float, float]],
) -> float | None:
    """Return the smallest whole number of servers that meets the window, if any does.

    Parameters
    ----------
    job, card
        Rows of ``jobs`` and ``accelerators``.
    mfu
        Model FLOP utilisation.
    window
        Days between the first start and the deadline.
    run
        Length in days and goodput of a gang.

    Returns
    -------
    float or None
        Number of accelerators; ``None`` where failures eat what more servers would add.
    """
    server = card["accelerators_per_server"]
    ideal = job["flop"] / (window * SECONDS_PER_DAY * card["bf16_dense_tflops"] * 1e12 * mfu)
    too_few = max(0, math.ceil(ideal / server - 1e-9) - 1)  # goodput is at most one
    enough = too_few + 1
    while run(enough * server)[0] > window:
        if enough > 4 * (ideal / server + 1.0):  # failures eat what more servers would add
            return None
        too_few, enough = enough, math.ceil(enough * 1.1)
    while enough - too_few > 1:
        middle = (enough + too_few) // 2
        if run(middle * server)[0] <= window:
            enough = middle
        else:
            too_few = middle
    return enough * server


def gang_goodput(
    gang: float,
    checkpoint_tb: float,
    card: Mapping[str, float],
    parameters: Mapping[str, float],
) -> float:
    """Return the goodput of a gang of one accelerator type.

    Parameters
    ----------
    gang
        Number of accelerators.
    checkpoint_tb
        Size of a checkpoint in TB.
    card
        A row of ``accelerators``.
    parameters
        ``checkpoint_write_tb_per_s`` and ``restart_minutes``.
    """
    failures = gang * card["failures_per_accelerator_day"]
    if failures == 0.0:
        return 1.0
    return goodput(
        checkpoint=checkpoint_tb / parameters["checkpoint_write_tb_per_s"],
        restart=parameters["restart_minutes"] * 60.0,
        mean_time_between_failures=SECONDS_PER_DAY / failures,
    )
