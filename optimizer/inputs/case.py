"""The case: one frozen, checked set of tables with everything that follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from optimizer.errors import InputError
from optimizer.inputs.assemble import AssembledTables, assemble, case_folder
from optimizer.inputs.check import check_tables
from optimizer.inputs.check_protection import check_backup
from optimizer.inputs.check_queueing import check_headroom
from optimizer.inputs.check_reach import check_reach
from optimizer.inputs.derive import Derived, derive, values_of
from optimizer.inputs.periods import ONE_PERIOD, Period, period_tables, periods
from optimizer.inputs.scenario import apply_scenarios, read_scenario
from optimizer.labels import Text
from optimizer.tables.frames import TypedTable
from optimizer.tables.pack import NATIONAL_CASE
from optimizer.tables.registry import TABLES


@dataclass(frozen=True, slots=True)
class Case:
    """A planning case.

    Parameters
    ----------
    name
        Name of the case, with its scenarios after ``+``.
    title
        Title in both languages.
    year
        Year planned for.
    tables
        Every input table, typed, its rows sorted by key.
    derived
        What follows from the tables: hourly prices, PUE, latencies, demand, annuities.
    file_hashes
        SHA-256 of every file read.
    description
        What the case is for; ``None`` if ``case.yaml`` does not say.
    period
        The period that ``year``, ``tables`` and ``derived`` describe: the first.
    later
        The later periods, each as a case of its own.
    raw
        The tables as read, of all periods; empty if there is one period.
    """

    name: str
    title: Text
    year: int
    tables: Mapping[str, TypedTable]
    derived: Derived
    file_hashes: Mapping[str, str]
    description: Text | None = None
    period: Period = ONE_PERIOD
    later: tuple[Case, ...] = ()
    raw: Mapping[str, TypedTable] = MappingProxyType({})

    @property
    def periods(self) -> tuple[Case, ...]:
        """All periods, this one first."""
        return (self, *self.later)

    @property
    def whole_tables(self) -> Mapping[str, TypedTable]:
        """The tables of all periods as read."""
        return self.raw or self.tables

    def frame(self, table: str) -> pd.DataFrame:
        """Return a copy of one table; changing it does not change the case."""
        return self.tables[table].frame.copy()

    def parameter(self, table: str, name: str) -> float:
        """Return one value of ``finance`` or ``parameters``."""
        frame = self.tables[table].frame
        return float(frame.loc[frame["parameter"] == name, "value"].iloc[0])


def read_case(case: str | Path = NATIONAL_CASE, scenarios: Sequence[str | Path] = ()) -> Case:
    """Read, check and derive a case.

    Parameters
    ----------
    case
        Name of a shipped case, a folder with ``case.yaml``, or a workbook with the sheet ``case``.
    scenarios
        Names of shipped scenarios or scenario files, applied in order.

    Returns
    -------
    Case
        The frozen case.

    Raises
    ------
    InputError
        With every fault of the inputs: file, row, column, value and repair.
    UsageError
        If the case or a scenario does not exist.

    Examples
    --------
    >>> case = read_case("tiny")
    >>> case.year
    2026
    """
    return checked_case(_with_scenarios(case, scenarios))


def resolved_tables(
    case: str | Path = NATIONAL_CASE, scenarios: Sequence[str | Path] = ()
) -> dict[str, TypedTable]:
    """Return the tables of a case with scenarios applied, before anything is derived from them.

    Parameters
    ----------
    case, scenarios
        As in :func:`read_case`.

    Examples
    --------
    >>> len(resolved_tables("tiny")["sites"].frame)
    3
    """
    return _with_scenarios(case, scenarios).tables


def _with_scenarios(case: str | Path, scenarios: Sequence[str | Path]) -> AssembledTables:
    assembled = assemble(case_folder(case))
    if not scenarios:
        return assembled
    return apply_scenarios(assembled, [read_scenario(item) for item in scenarios])


def checked_case(assembled: AssembledTables) -> Case:
    """Return the case of assembled tables, or raise with all their faults."""
    tables = {name: _sorted(assembled.tables[name]) for name in TABLES}
    faults = check_tables(tables, assembled.year)
    if faults:
        raise InputError(faults)
    years = sorted(int(year) for year in set(tables["times"].frame["period"]))
    parts = periods(years, values_of(tables["finance"].frame))
    cases: list[Case] = []
    for period in parts:
        of_period = period_tables(tables, period.year, assembled.year)
        derived = derive(of_period, period.year)
        faults = [
            *check_reach(of_period, derived),
            *check_headroom(of_period, derived.pools),
            *check_backup(of_period, derived),
        ]
        if faults:
            raise InputError(faults)
        cases.append(
            Case(
                name=assembled.name,
                title=assembled.title,
                year=period.year,
                tables=MappingProxyType(of_period),
                derived=derived,
                file_hashes=MappingProxyType(assembled.file_hashes),
                description=assembled.description,
                period=period,
            )
        )
    first, *later = cases
    if not later:
        return first
    return replace(first, later=tuple(later), raw=MappingProxyType(tables))


def _sorted(table: TypedTable) -> TypedTable:
    """Return the table sorted by its key, so that the order of rows never matters."""
    if not len(table.frame):
        return table
    order = table.frame.sort_values(list(table.table.key), kind="stable").index.to_numpy()
    if (order == np.arange(len(order))).all():
        return table
    return table.take(order)
