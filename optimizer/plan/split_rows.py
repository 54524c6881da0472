"""Training runs over several sites: their rows, and what they and single runs hold at sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.plan.raw_solution import RawSolution
from optimizer.plan.split_tables import SPLIT_PARTS, SPLIT_RUNS
from optimizer.tables.frames import texts
from optimizer.tables.schema import Table
from optimizer.units import gbit_per_s_of_transfer

NEGLIGIBLE = 1e-9
"""Values of columns below this are the solver's rounding."""


@dataclass(frozen=True, slots=True)
class HeldGangs:
    """Gangs and parts of gangs that a plan holds at sites.

    Parameters
    ----------
    site, accelerator
        ``(G,)`` rows of the tables.
    held
        ``(G,)`` accelerators held while active, all runs together, in thousand.
    duration_days
        ``(G,)`` for how long.
    month_share
        ``(G, 12)`` share of each month in which they are held.
    """

    site: NDArray[np.int64]
    accelerator: NDArray[np.int64]
    held: NDArray[np.float64]
    duration_days: NDArray[np.float64]
    month_share: NDArray[np.float64]


def split_counts(solution: RawSolution) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the ways to split a job that a solution uses, and how many runs of each."""
    if "split_runs" not in solution.columns:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    block = solution.columns["split_runs"]
    used = np.flatnonzero(np.abs(block.values) > NEGLIGIBLE)
    return block.index["split"][used], block.values[used]


def held_gangs(case: Case, solution: RawSolution) -> HeldGangs:
    """Return all gangs and parts of gangs of a solution."""
    gangs, splits = case.derived.gangs, case.derived.splits
    runs = solution.columns["runs"]
    used = np.flatnonzero(np.abs(runs.values) > NEGLIGIBLE)
    option, count = runs.index["option"][used], runs.values[used]
    part, of_part, part_count = _parts(case, solution)
    return HeldGangs(
        site=np.concatenate([runs.index["site"][used], splits.part_site[part]]),
        accelerator=np.concatenate([gangs.accelerator[option], splits.accelerator[of_part]]),
        held=np.concatenate([count * gangs.gang[option], part_count * splits.part_gang[part]]),
        duration_days=np.concatenate([gangs.duration_days[option], splits.duration_days[of_part]]),
        month_share=np.concatenate([gangs.month_share[option], splits.month_share[of_part]]),
    )


def _parts(
    case: Case, solution: RawSolution
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the parts that a solution uses, their configurations, and how many runs of each."""
    splits = case.derived.splits
    column, count = split_counts(solution)
    runs = np.zeros(len(splits.job))
    runs[column] = count
    part = np.flatnonzero(runs[splits.part_column] != 0.0)
    of_part = splits.part_column[part]
    return part, of_part, runs[of_part]


def configurations(case: Case) -> list[str]:
    """Return the name of every way to split a job.

    It says accelerator and gang, start month, parts, and bandwidth, as in
    ``card*96@01:coast=32+plateau=64:0.4T``.
    """
    splits = case.derived.splits
    cards = texts(case.tables["accelerators"].frame, "accelerator")
    sites = texts(case.tables["sites"].frame, "site")
    parts: list[list[str]] = [[] for _ in splits.job]
    for column, site, gang in zip(
        splits.part_column.tolist(),
        splits.part_site.tolist(),
        splits.part_gang.tolist(),
        strict=True,
    ):
        parts[column].append(f"{sites[site]}={round(gang * 1e3)}")
    return [
        f"{cards[card]}*{round(gang * 1e3)}@{month:02d}:{'+'.join(split)}:{gbps / 1e3:g}T"
        for card, gang, month, split, gbps in zip(
            splits.accelerator.tolist(),
            splits.gang.tolist(),
            splits.start_month.tolist(),
            parts,
            splits.bandwidth_gbps.tolist(),
            strict=True,
        )
    ]


def split_run_rows(case: Case, solution: RawSolution) -> pd.DataFrame:
    """Return the runs over several sites by configuration."""
    splits = case.derived.splits
    column, count = split_counts(solution)
    if not len(column):
        return _empty(SPLIT_RUNS)
    names = configurations(case)
    sites = texts(case.tables["sites"].frame, "site")
    jobs = texts(case.tables["jobs"].frame, "job")
    cards = texts(case.tables["accelerators"].frame, "accelerator")
    places = ["+".join(sites[site] for site in _sites_of(case, c)) for c in column.tolist()]
    return pd.DataFrame(
        {
            "job": [jobs[row] for row in splits.job[column]],
            "configuration": [names[row] for row in column],
            "accelerator": [cards[row] for row in splits.accelerator[column]],
            "start_month": splits.start_month[column],
            "gang": np.round(splits.gang[column] * 1e3).astype(np.int64),
            "sites": places,
            "bandwidth_tbps": splits.bandwidth_gbps[column] / 1e3,
            "ring_km": splits.ring_km[column],
            "compute_s": splits.compute_s[column],
            "step_s": splits.step_s[column],
            "efficiency": splits.compute_s[column] / splits.step_s[column],
            "duration_days": splits.duration_days[column],
            "goodput": splits.goodput[column],
            "runs": count,
        }
    )


def _sites_of(case: Case, column: int) -> list[int]:
    splits = case.derived.splits
    sites: list[int] = splits.part_site[splits.part_column == column].tolist()
    return sites


def split_part_rows(case: Case, solution: RawSolution) -> pd.DataFrame:
    """Return the part at each site of the runs over several sites."""
    splits, hardware = case.derived.splits, case.derived.hardware
    part, of_part, count = _parts(case, solution)
    if not len(part):
        return _empty(SPLIT_PARTS)
    names = configurations(case)
    sites = texts(case.tables["sites"].frame, "site")
    frame = case.tables["jobs"].frame
    jobs = texts(frame, "job")
    terabytes = frame["dataset_tb"].to_numpy(dtype=float)
    window = case.parameter("parameters", "dataset_window_days")
    share = splits.part_gang[part] / splits.gang[of_part]
    running_kw = (hardware.idle_kw + hardware.busy_kw)[splits.accelerator[of_part]]
    return pd.DataFrame(
        {
            "job": [jobs[row] for row in splits.job[of_part]],
            "configuration": [names[row] for row in of_part],
            "site": [sites[row] for row in splits.part_site[part]],
            "gang": np.round(splits.part_gang[part] * 1e3).astype(np.int64),
            "it_mw": count * splits.part_gang[part] * running_kw,
            "dataset_gbps": [
                runs * each * gbit_per_s_of_transfer(terabytes[job], window)
                for runs, each, job in zip(count, share, splits.job[of_part], strict=True)
            ],
        }
    )


def _empty(table: Table) -> pd.DataFrame:
    dtypes = {"text": "str", "integer": "int64", "number": "float64"}
    return pd.DataFrame(
        {column.name: pd.Series(dtype=dtypes[column.kind]) for column in table.columns}
    )


def add_split_flows(case: Case, solution: RawSolution, flow: NDArray[np.float64]) -> None:
    """Add to the flow of each link the rings and data sets of runs over several sites."""
    splits = case.derived.splits
    column, count = split_counts(solution)
    runs = np.zeros(len(splits.job))
    runs[column] = count
    np.add.at(flow, splits.circuit_link, runs[splits.circuit_column] * splits.circuit_gbps)
    sites = case.tables["sites"].frame
    row = {name: number for number, name in enumerate(sites["site"])}
    province = sites["province"].to_numpy()
    jobs = case.tables["jobs"].frame
    window = case.parameter("parameters", "dataset_window_days")
    part, of_part, count = _parts(case, solution)
    for number, column_of, each in zip(part.tolist(), of_part.tolist(), count, strict=True):
        job, site = int(splits.job[column_of]), int(splits.part_site[number])
        home = row[jobs["dataset_site"].iloc[job]]
        if province[home] == province[site]:
            continue
        rate = gbit_per_s_of_transfer(float(jobs["dataset_tb"].iloc[job]), window)
        share = splits.part_gang[number] / splits.gang[column_of]
        for link in case.derived.paths.links[home][site]:
            flow[link] += each * rate * share


def parts_with_runs(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the parts of runs over several sites with the columns of their runs.

    ``part`` is the gang here, ``gang`` that of all sites together.
    """
    parts = frames["split_parts"].rename(columns={"gang": "part"})
    return parts.merge(
        frames["split_runs"], on=["job", "configuration"], how="left", validate="many_to_one"
    )
