"""Block: training runs.

Columns
    ``runs[o,s]``      runs of option o (job, accelerator, gang, start month) at site s, integer
    ``unplaced[j]``    runs of job j left out, integer

Rows
    job[j]             sum over options of j and sites of runs[o,s] + unplaced[j] = count[j]
    pinned_job[j,s]    sum over options of j of runs[o,s] >= minimum share * count[j]

Identical jobs are one count, not one binary each; this is exact. A run is a gang: it sits at
one site on one accelerator type, and holds its whole gang in every month it touches
(:mod:`optimizer.model.accelerators`). An unplaced run costs its value in the first stage.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.model.assembly import Assembly
from optimizer.model.index import Sets
from optimizer.tables.frames import numbers, texts

COARSE_GANG_MW: Final = 5.0
"""Gangs from this IT power up compete with whole modules; the search settles them first."""


def add_training(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the block to the assembly."""
    jobs = case.tables["jobs"].frame
    count = jobs["count"].to_numpy(dtype=float)
    job = case.derived.gangs.job[sets.run.option]
    runs = assembly.add_columns(
        "runs",
        {"option": sets.run.option, "site": sets.run.site, "job": job},
        "runs",
        upper=count[job],
        integer=True,
        coarse=_largest_gang_mw(case)[job] >= COARSE_GANG_MW,
    )
    all_jobs = np.arange(len(jobs), dtype=np.int64)
    unplaced = assembly.add_columns(
        "unplaced", {"job": all_jobs}, "runs", upper=count, integer=True
    )
    rows = assembly.add_rows("job", {"job": all_jobs}, "runs", lower=count, upper=count)
    assembly.put(rows.start + job, runs.ids, 1.0)
    assembly.put(rows.ids, unplaced.ids, 1.0)
    assembly.value_unserved(unplaced.ids, jobs["value_million_yuan"].to_numpy(dtype=float))
    _pins(assembly, case, sets)


def _pins(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the minimum shares and moving costs of jobs."""
    jobs = case.tables["jobs"].frame
    names = jobs["job"].tolist()
    sites = case.tables["sites"].frame["site"].tolist()
    frame = case.tables["pins"].frame
    pins = [
        (rule, names.index(workload), sites.index(site), value)
        for rule, workload, site, value in zip(
            texts(frame, "rule"),
            texts(frame, "workload"),
            texts(frame, "site"),
            numbers(frame, "value"),
            strict=True,
        )
        if workload in names and rule in {"minimum_share", "moving_cost"}
    ]
    minimum = [pin for pin in pins if pin[0] == "minimum_share"]
    runs = assembly.columns["runs"]
    job_of = case.derived.gangs.job[sets.run.option]
    rows = assembly.add_rows(
        "pinned_job",
        {
            "job": np.array([pin[1] for pin in minimum], dtype=np.int64),
            "site": np.array([pin[2] for pin in minimum], dtype=np.int64),
        },
        "runs",
        lower=np.array([pin[3] * float(jobs["count"].iloc[pin[1]]) for pin in minimum]),
    )
    for number, (_rule, job, site, _value) in enumerate(minimum):
        chosen = np.flatnonzero((job_of == job) & (sets.run.site == site))
        assembly.put(np.full(len(chosen), rows.start + number), runs.start + chosen, 1.0)
    for rule, job, site, value in pins:
        if rule == "moving_cost":
            chosen = np.flatnonzero((job_of == job) & (sets.run.site == site))
            each = value / float(jobs["count"].iloc[job])
            assembly.charge("moving", runs.start + chosen, each)


def _largest_gang_mw(case: Case) -> NDArray[np.float64]:
    """Return ``(J,)`` the IT power in MW of the largest gang of each job."""
    gangs = case.derived.gangs
    power = gangs.gang * case.derived.hardware.busy_kw[gangs.accelerator]
    largest = np.zeros(len(case.tables["jobs"].frame))
    np.maximum.at(largest, gangs.job, power)
    return largest
