"""Block: training runs over several sites.

Columns
    ``split_runs[c]``  runs of configuration c (job, accelerator, gang, start month, two or three
                       clusters with their parts, bandwidth between them), integer
    ``reserved[e]``    bandwidth that such runs hold on link e, Tbit/s

Rows
    job[j]             sum over c of j of split_runs[c] beside the runs at one site
    pinned_job[j,s]    sum over c of j of part[c,s] / gang[c] * split_runs[c], the same
    ring[e]            reserved[e] = sum over c of sides of the ring of c over link e
                         * bandwidth[c] * split_runs[c]

What a run takes longer over several sites stands in its duration
(:mod:`optimizer.inputs.split_training`). Its parts hold accelerators and draw power at their
sites while it is active (:mod:`optimizer.model.gang_columns`); its circuits are leased for the
year, like those of data sets, and each site gets its part of the data set
(:mod:`optimizer.model.network`). Of two sites the ring is there and back: both sides of it hold
their bandwidth on the one path. Circuits of the ring use the backbone within a province too.
The block is empty, and the model that of runs at one site, if no job may split.
"""

from __future__ import annotations

import numpy as np

from optimizer.inputs.case import Case
from optimizer.model.assembly import Assembly
from optimizer.model.gang_columns import split_circuits, split_parts
from optimizer.model.index import Sets
from optimizer.model.training import COARSE_GANG_MW
from optimizer.tables.frames import numbers, texts


def add_split_training(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the block to the assembly."""
    if not len(sets.split):
        return
    splits = case.derived.splits
    job = splits.job[sets.split]
    power = splits.gang * case.derived.hardware.busy_kw[splits.accelerator]
    runs = assembly.add_columns(
        "split_runs",
        {"split": sets.split, "job": job},
        "runs",
        upper=case.tables["jobs"].frame["count"].to_numpy(dtype=float)[job],
        integer=True,
        coarse=power[sets.split] >= COARSE_GANG_MW,
    )
    assembly.put(assembly.rows["job"].start + job, runs.ids, 1.0)
    _pins(assembly, case)
    _circuits(assembly, case)


def _pins(assembly: Assembly, case: Case) -> None:
    """Count the part at a site towards its minimum share, and charge its moving cost."""
    splits = case.derived.splits
    part, column = split_parts(assembly, case)
    job = splits.job[splits.part_column[part]]
    site = splits.part_site[part]
    weight = splits.part_gang[part] / splits.gang[splits.part_column[part]]
    pinned = assembly.rows["pinned_job"]
    for row, (wanted, place) in enumerate(
        zip(pinned.index["job"], pinned.index["site"], strict=True)
    ):
        here = np.flatnonzero((job == wanted) & (site == place))
        assembly.put(np.full(len(here), pinned.start + row), column[here], weight[here])
    jobs = case.tables["jobs"].frame
    names = jobs["job"].tolist()
    sites = case.tables["sites"].frame["site"].tolist()
    pins = case.tables["pins"].frame
    for rule, workload, place, value in zip(
        texts(pins, "rule"),
        texts(pins, "workload"),
        texts(pins, "site"),
        numbers(pins, "value"),
        strict=True,
    ):
        if rule == "moving_cost" and workload in names:
            row = names.index(workload)
            here = np.flatnonzero((job == row) & (site == sites.index(place)))
            each = value / float(jobs["count"].iloc[row])
            assembly.charge("moving", column[here], each * weight[here])


def _circuits(assembly: Assembly, case: Case) -> None:
    """Add up the bandwidth that runs hold on each link."""
    splits = case.derived.splits
    circuit, column = split_circuits(assembly, case)
    links = np.unique(splits.circuit_link[circuit])
    row_of = np.full(len(case.tables["links"].frame), -1, dtype=np.int64)
    row_of[links] = np.arange(len(links))
    reserved = assembly.add_columns("reserved", {"link": links}, "Tbit/s")
    rows = assembly.add_rows("ring", {"link": links}, "Tbit/s", lower=0.0, upper=0.0)
    assembly.put(rows.ids, reserved.ids, 1.0)
    assembly.put(
        rows.start + row_of[splits.circuit_link[circuit]],
        column,
        -splits.circuit_gbps[circuit] / 1e3,
    )
