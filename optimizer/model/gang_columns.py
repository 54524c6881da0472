"""The columns that hold gangs at sites: runs at one site, and the parts of runs over several.

A run over several sites holds a part of its gang at each of them, in the same months. Fleets
and energy see parts and whole gangs alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.model.assembly import Assembly, Floats, Integers
from optimizer.model.index import Sets


@dataclass(frozen=True, slots=True)
class GangColumns:
    """One entry for each gang, or part of one, that a column holds at a site.

    Parameters
    ----------
    column
        ``(G,)`` number of the column.
    site, accelerator
        ``(G,)`` rows of the tables.
    gang
        ``(G,)`` accelerators held by one unit of the column, in thousand.
    month_share
        ``(G, 12)`` share of each month in which they are held.
    """

    column: Integers
    site: Integers
    accelerator: Integers
    gang: Floats
    month_share: Floats


def gang_columns(assembly: Assembly, case: Case, sets: Sets) -> GangColumns:
    """Return all gangs that columns hold at sites."""
    gangs, splits = case.derived.gangs, case.derived.splits
    option = sets.run.option
    part, column = split_parts(assembly, case)
    of_part = splits.part_column[part]
    return GangColumns(
        column=np.concatenate([assembly.columns["runs"].ids, column]),
        site=np.concatenate([sets.run.site, splits.part_site[part]]),
        accelerator=np.concatenate([gangs.accelerator[option], splits.accelerator[of_part]]),
        gang=np.concatenate([gangs.gang[option], splits.part_gang[part]]),
        month_share=np.concatenate([gangs.month_share[option], splits.month_share[of_part]]),
    )


def split_parts(assembly: Assembly, case: Case) -> tuple[Integers, Integers]:
    """Return the parts of the runs over several sites in the model, and the column of each."""
    column_of = _column_of(assembly, case)
    of_part = column_of[case.derived.splits.part_column]
    part = np.flatnonzero(of_part >= 0)
    return part, of_part[part]


def split_circuits(assembly: Assembly, case: Case) -> tuple[Integers, Integers]:
    """Return the circuits of the runs over several sites in the model, and the column of each."""
    column_of = _column_of(assembly, case)
    of_circuit = column_of[case.derived.splits.circuit_column]
    circuit = np.flatnonzero(of_circuit >= 0)
    return circuit, of_circuit[circuit]


def _column_of(assembly: Assembly, case: Case) -> NDArray[np.int64]:
    """Return ``(C,)`` the column of the model for each way to split a job, or -1."""
    column_of = np.full(len(case.derived.splits.job), -1, dtype=np.int64)
    if "split_runs" in assembly.columns:
        block = assembly.columns["split_runs"]
        column_of[block.index["split"]] = block.ids
    return column_of
