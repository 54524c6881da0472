"""Backups and failures of a plan.

The model decides sums over the regions of a group and the lost sites of a failure; here each
placement gets its part: ``alpha * share`` divided over the backup sites as the group is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.plan.raw_solution import RawSolution
from optimizer.plan.reliability_tables import (
    BACKUP_ACCELERATORS,
    BACKUPS,
    FAILURES,
)
from optimizer.tables.schema import Table
from optimizer.units import HOURS_PER_DAY, SECONDS_PER_DAY

NEGLIGIBLE: Final = 1e-9
"""Values below this are the solver's rounding."""

BINDING: Final = 1e-6
"""Part of the available accelerators that may be left where all are needed."""

Floats = NDArray[np.float64]


def reliability_rows(
    case: Case, solution: RawSolution, accelerators: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return the tables of backups and failures; empty where nothing is protected.

    Parameters
    ----------
    case
        The case that was solved.
    solution
        A solution that holds a point.
    accelerators
        The plan's table of accelerators.
    """
    if "backup" not in solution.columns:
        return {table.name: _frame(table, []) for table in (BACKUPS, BACKUP_ACCELERATORS, FAILURES)}
    return {
        "backups": _frame(BACKUPS, _backups(case, solution)),
        "backup_accelerators": _frame(BACKUP_ACCELERATORS, _backup_accelerators(case, solution)),
        "failures": _frame(FAILURES, _failures(case, solution, accelerators)),
    }


def _frame(table: Table, records: list[dict[str, object]]) -> pd.DataFrame:
    """Return records as a table whose columns have their types, also without records."""
    kinds: Mapping[str, str] = {"text": "str", "number": "float64", "flag": "bool"}
    frame = pd.DataFrame(records, columns=table.column_names)
    return frame.astype({column.name: kinds[column.kind] for column in table.columns})


def _codes(case: Case, table: str) -> list[str]:
    frame = case.tables[table].frame
    codes: list[str] = frame[case.tables[table].table.key[0]].tolist()
    return codes


def _backups(case: Case, solution: RawSolution) -> list[dict[str, object]]:
    """Return the backup of every placement of a protected service."""
    protection, rtt = case.derived.protection, case.derived.rtt_p99_ms
    regions, services, sites = (_codes(case, name) for name in ("regions", "services", "sites"))
    divided = _divided(case, solution)
    group_of = {
        (region, group.service, group.state): number
        for number, group in enumerate(protection.groups)
        for region in group.regions
    }
    share = solution.columns["share"]
    records: list[dict[str, object]] = []
    for region, service, site, value in zip(
        *(share.index[key].tolist() for key in ("region", "service", "site")),
        share.values.tolist(),
        strict=True,
    ):
        if value <= NEGLIGIBLE or protection.share[service] <= 0.0:
            continue
        number = group_of.get((region, service, int(protection.state_of[site])))
        if number is None:
            continue
        budget = float(protection.budget_ms[service])
        records += [
            {
                "region": regions[region],
                "service": services[service],
                "site": sites[site],
                "backup_site": sites[other],
                "share": protection.share[service] * value * part,
                "rtt_p99_ms": rtt[region, service, other],
                "budget_ms": budget if np.isfinite(budget) else np.nan,
            }
            for other, part in divided[number].items()
        ]
    return records


def _divided(case: Case, solution: RawSolution) -> list[dict[int, float]]:
    """Return how the backup of each group is divided over its sites; nothing if it has none."""
    block = solution.columns["backup"]
    amounts: list[dict[int, float]] = [
        dict.fromkeys(group.sites, 0.0) for group in case.derived.protection.groups
    ]
    for number, site, value in zip(
        block.index["group"].tolist(), block.index["site"].tolist(), block.values, strict=True
    ):
        amounts[number][site] = float(value)
    divided = []
    for by_site in amounts:
        used = {site: value for site, value in by_site.items() if value > NEGLIGIBLE}
        if not used:  # what is lost is the solver's rounding: the best site takes it
            used = dict.fromkeys(list(by_site)[:1], 1.0)
        total = sum(used.values())
        divided.append({site: value / total for site, value in used.items()})
    return divided


def _backup_accelerators(case: Case, solution: RawSolution) -> list[dict[str, object]]:
    services, sites, cards = (_codes(case, name) for name in ("services", "sites", "accelerators"))
    block, seconds = solution.columns["backup_busy"], case.derived.demand.seconds
    return [
        {
            "failure": case.derived.protection.states[failure],
            "service": services[service],
            "site": sites[site],
            "accelerator": cards[card],
            "busy_accelerators": value * 1e3,
            "requests_million_per_day": value
            * 1e3
            / seconds[service, card]
            * SECONDS_PER_DAY
            / 1e6,
        }
        for failure, service, site, card, value in zip(
            *(block.index[key].tolist() for key in ("failure", "service", "site", "accelerator")),
            block.values.tolist(),
            strict=True,
        )
        if abs(value) > NEGLIGIBLE
    ]


def _failures(
    case: Case, solution: RawSolution, accelerators: pd.DataFrame
) -> list[dict[str, object]]:
    """Return what is needed and available wherever something is taken over."""
    sites, cards = _codes(case, "sites"), _codes(case, "accelerators")
    primary = _hourly(case, solution, "busy")[0]
    failing = _hourly(case, solution, "backup_busy")
    gangs = _fullest_month(case, solution)
    ready = dict.fromkeys(((site, card) for site in sites for card in cards), 0.0)
    availability = case.tables["accelerators"].frame["availability"].tolist()
    for site, card, fleet, bought in accelerators[
        ["site", "accelerator", "fleet", "bought"]
    ].itertuples(index=False):
        ready[site, card] = availability[cards.index(card)] * (fleet + bought)
    records: list[dict[str, object]] = []
    for state, taken in enumerate(failing):
        for site, card in zip(*np.nonzero(taken.any(axis=0)), strict=True):
            hours = primary[:, site, card] + taken[:, site, card]
            needed = float(hours.max() + gangs[site, card]) * 1e3
            available = ready[sites[site], cards[card]]
            records.append(
                {
                    "failure": case.derived.protection.states[state],
                    "site": sites[site],
                    "accelerator": cards[card],
                    "needed": needed,
                    "available": available,
                    "binding": needed >= available * (1.0 - BINDING),
                }
            )
    return records


def _hourly(case: Case, solution: RawSolution, name: str) -> Floats:
    """Return ``(F, 24, S, A)`` thousand accelerators busy, one state if the block has none."""
    block, demand = solution.columns[name], case.derived.demand
    failure = block.index.get("failure", np.zeros(len(block.values), dtype=np.int64))
    states = len(case.derived.protection.states) if "failure" in block.index else 1
    mean = np.zeros((states, len(demand.profiles), *case.derived.hardware.fleet.shape))
    at = (
        failure,
        demand.profile_of[block.index["service"]],
        block.index["site"],
        block.index["accelerator"],
    )
    np.add.at(mean, at, np.where(np.abs(block.values) > NEGLIGIBLE, block.values, 0.0))
    # The profiles are the same in every typical day.
    by_hour: Floats = np.einsum("ph,fpsa->fhsa", demand.by_hour[:, :HOURS_PER_DAY], mean)
    return by_hour


def _fullest_month(case: Case, solution: RawSolution) -> Floats:
    """Return ``(S, A)`` thousand accelerators that gangs hold in their fullest month."""
    gangs, runs = case.derived.gangs, solution.columns["runs"]
    option = runs.index["option"]
    held = np.zeros((gangs.month_share.shape[1], *case.derived.hardware.fleet.shape))
    count = np.where(np.abs(runs.values) > NEGLIGIBLE, runs.values, 0.0)
    for month, by_site in enumerate(held):
        active = np.where(gangs.month_share[option, month] > 0.0, count * gangs.gang[option], 0.0)
        np.add.at(by_site, (runs.index["site"], gangs.accelerator[option]), active)
    most: Floats = held.max(axis=0)
    return most
