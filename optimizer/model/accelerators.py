"""Block: accelerator fleets and purchases, sized for every hour.

Columns
    ``bought[s,a]``      accelerators bought, thousand
    ``busy_peak[s,a]``   accelerators that services need in their worst hour, thousand; with
                         protection also in the worst failure (:mod:`optimizer.model.reliability`)

Rows
    busy_hour[s,a,h]     sum_w shape[w,h] * busy[w,s,a] <= busy_peak[s,a]
    fleet[s,a,m]         busy_peak[s,a] + gangs active in month m
                         + reserve of pools (:mod:`optimizer.model.queueing`)
                         <= availability[a] * (fleet[s,a] + bought[s,a])
                         (with several periods all that serve: model/vintages.py)
    supply[a]            sum_s bought[s,a] <= supply[a]

Only hours that no other hour dominates in all profiles have a row. Profiles are the same in
every month, so the worst hour of the services and the gangs of a month add up exactly; a
gang counts in full in every month it touches. A month without gangs adds no row beyond one,
and a month has none if another sees at least the same gangs, whichever are chosen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.model.assembly import Assembly
from optimizer.model.gang_columns import gang_columns
from optimizer.model.index import Sets, undominated_columns
from optimizer.model.vintages import cards
from optimizer.units import MONTHS_PER_YEAR


def add_accelerators(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the block to the assembly."""
    hardware, demand = case.derived.hardware, case.derived.demand
    availability = case.tables["accelerators"].frame["availability"].to_numpy(dtype=float)
    card = sets.card
    shape = (hardware.fleet.shape[0], hardware.fleet.shape[1])
    card_row = np.full(shape, -1, dtype=np.int64)
    card_row[card.site, card.accelerator] = np.arange(len(card.site))
    index = {"site": card.site, "accelerator": card.accelerator}

    buyable = hardware.supply[card.accelerator] > 0.0
    bought = assembly.add_columns(
        "bought",
        {name: entries[buyable] for name, entries in index.items()},
        "thousand accelerators",
        upper=hardware.supply[card.accelerator[buyable]],
    )
    peak = assembly.add_columns("busy_peak", index, "thousand accelerators")

    hours = sets.peaks.shape[1]
    busy = assembly.columns["busy"]
    of_busy = card_row[sets.busy.site, sets.busy.accelerator]
    serving = np.unique(of_busy)
    serving_row = np.full(len(card.site), -1, dtype=np.int64)
    serving_row[serving] = np.arange(len(serving))
    rows = assembly.add_rows(
        "busy_hour",
        {
            "site": np.repeat(card.site[serving], hours),
            "accelerator": np.repeat(card.accelerator[serving], hours),
            "hour_kept": np.tile(np.arange(hours), len(serving)),
        },
        "thousand accelerators",
        upper=0.0,
    )
    every_hour = np.arange(hours)
    assembly.put(
        rows.start + (serving_row[of_busy][:, None] * hours + every_hour),
        np.repeat(busy.ids, hours),
        sets.peaks[demand.profile_of[sets.busy.service]],
    )
    assembly.put(rows.ids, np.repeat(peak.ids[serving], hours), -1.0)

    _fleet_rows(assembly, case, sets, availability, card_row)
    rows = assembly.add_rows(
        "supply",
        {"accelerator": np.arange(shape[1], dtype=np.int64)},
        "thousand accelerators",
        upper=hardware.supply,
    )
    assembly.put(rows.start + bought.index["accelerator"], bought.ids, 1.0)
    life = case.tables["accelerators"].frame["life_years"].to_numpy(dtype=float)
    kind = bought.index["accelerator"]
    assembly.charge_asset("accelerators", bought.ids, hardware.yearly_cost[kind], life[kind])


def _fleet_rows(
    assembly: Assembly,
    case: Case,
    sets: Sets,
    availability: np.ndarray,
    card_row: np.ndarray,
) -> None:
    """Add the rows that bound services and gangs by what stands at the site."""
    hardware, card = case.derived.hardware, sets.card
    gangs = gang_columns(assembly, case, sets)
    of_run = card_row[gangs.site, gangs.accelerator]
    active = gangs.month_share > 0.0  # (gangs, 12)
    used = np.zeros((len(card.site), MONTHS_PER_YEAR), dtype=bool)
    np.logical_or.at(used, of_run, active)
    # Without any gang one row, for the first month, says all there is to say.
    used &= _binding_months(case)[card.accelerator]
    used[~used.any(axis=1), 0] = True
    pair, month = np.nonzero(used)
    row_of = np.full(used.shape, -1, dtype=np.int64)
    row_of[pair, month] = np.arange(len(pair))
    installed = hardware.fleet[card.site, card.accelerator] * availability[card.accelerator]
    rows = assembly.add_rows(
        "fleet",
        {"site": card.site[pair], "accelerator": card.accelerator[pair], "month": month + 1},
        "thousand accelerators",
        upper=installed[pair],
    )
    assembly.put(rows.ids, assembly.columns["busy_peak"].start + pair, 1.0)
    changes = [(vintage.ids, vintage.places, -1.0) for vintage in cards(assembly, case)]
    if "retired" in assembly.columns:
        retired = assembly.columns["retired"]
        changes.append((retired.ids, dict(retired.index), 1.0))
    for ids, index, sign in changes:
        of_card = np.full(len(card.site), -1, dtype=np.int64)
        of_card[card_row[index["site"], index["accelerator"]]] = ids
        counted = np.flatnonzero(of_card[pair] >= 0)
        assembly.put(
            rows.start + counted,
            of_card[pair[counted]],
            sign * availability[card.accelerator[pair[counted]]],
        )
    run, run_month = np.nonzero(active & used[of_run])
    assembly.put(
        rows.start + row_of[of_run[run], run_month],
        gangs.column[run],
        gangs.gang[run],
    )


def _binding_months(case: Case) -> NDArray[np.bool_]:
    """Return ``(A, 12)`` the months that see a gang of each type that no other month sees."""
    gangs, splits = case.derived.gangs, case.derived.splits
    binding = np.zeros((case.derived.hardware.fleet.shape[1], MONTHS_PER_YEAR), dtype=bool)
    card = np.concatenate([gangs.accelerator, splits.accelerator])
    share = np.concatenate([gangs.month_share, splits.month_share])
    for accelerator in np.unique(card):
        active = (share[card == accelerator] > 0.0).astype(float)
        binding[accelerator, undominated_columns(active)] = True
    return binding
