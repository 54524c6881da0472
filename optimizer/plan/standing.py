"""What stands in each period of a plan: ordered earlier, ordered now, taken out, paid for.

Asset ordered in period b::

    serves in period t    if serves_from(b, lead) <= year[t] < serves_from(b, lead) + life
    is paid for in t      in the part of t's discounted years in which it serves

A period is then like a case of its own: its purchases are what serves in it, its installed
fleet is what was not taken out. What is ordered in it and what is paid for in it are kept beside,
for the policies on purchases and for the costs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.plan.raw_solution import RawSolution, SolvedColumns
from optimizer.tables.frames import texts

Floats = NDArray[np.float64]
Frames = Mapping[str, pd.DataFrame]

ROUNDING: Final = 1e-9
"""Numbers of assets below this are the solver's rounding."""

KINDS: Final = MappingProxyType({"built": "module", "bought": "accelerator", "upgrades": "upgrade"})
"""Blocks of columns that are orders, and the assets ordered."""

UNIT: Final = MappingProxyType({"built": 1.0, "bought": 1e3, "upgrades": 1.0})
"""Assets that one unit of each block is."""

INDICES: Final = MappingProxyType(
    {"built": ("site", "module"), "bought": ("site", "accelerator"), "upgrades": ("link", "link")}
)


@dataclass(frozen=True, slots=True)
class Standing:
    """The assets of one period.

    Parameters
    ----------
    ordered, earlier, serving, paid
        Of each block of orders: ordered in the period; ordered before and serving; serving, this
        period's orders included; paid for. Arrays by the two indices of the block, in its unit.
    retired
        ``(S, A)`` thousand accelerators of the installed fleet taken out.
    orders
        ``(S, K)`` modules ordered in each period so far, and the years it stands for.
    """

    ordered: Mapping[str, Floats]
    earlier: Mapping[str, Floats]
    serving: Mapping[str, Floats]
    paid: Mapping[str, Floats]
    retired: Floats
    orders: tuple[tuple[Floats, int], ...]


@dataclass(frozen=True, slots=True)
class View:
    """One period of a solved case, as a case and a solution of its own."""

    case: Case
    solution: RawSolution
    standing: Standing


def views(case: Case, solution: RawSolution) -> list[View]:
    """Return the periods of a solved case."""
    ordered: list[dict[str, Floats]] = []
    found: list[View] = []
    for number, period in enumerate(case.periods):
        columns = solution.of_period(number)
        shapes = _shapes(period)
        ordered.append({name: _dense(columns[name], name, shapes[name]) for name in KINDS})
        standing = _standing(case, number, ordered, columns, shapes)
        serving = {name: _columns(columns[name], name, standing.serving[name]) for name in KINDS}
        hardware = dataclasses.replace(
            period.derived.hardware, fleet=period.derived.hardware.fleet - standing.retired
        )
        found.append(
            View(
                dataclasses.replace(
                    period,
                    derived=dataclasses.replace(period.derived, hardware=hardware),
                    later=(),
                ),
                dataclasses.replace(solution, columns=MappingProxyType({**columns, **serving})),
                standing,
            )
        )
    return found


def _standing(
    case: Case,
    number: int,
    ordered: list[dict[str, Floats]],
    columns: Mapping[str, SolvedColumns],
    shapes: Mapping[str, tuple[int, int]],
) -> Standing:
    here = case.periods[number].period
    earlier, serving, paid = ({name: np.zeros(shapes[name]) for name in KINDS} for _ in range(3))
    for before in case.periods[: number + 1]:
        for name, (life, lead) in _lives(before).items():
            orders = ordered[before.period.number][name]
            now = orders * before.period.serving(here, life, lead)
            serving[name] += now
            paid[name] += orders * before.period.paid_share(here, life, lead)
            if before.period.number < number:
                earlier[name] += now
    retired = np.zeros(shapes["bought"])
    if "retired" in columns:
        block = columns["retired"]
        retired[block.index["site"], block.index["accelerator"]] = np.where(
            block.values > ROUNDING, block.values, 0.0
        )
    return Standing(
        ordered=ordered[number],
        earlier=earlier,
        serving=serving,
        paid=paid,
        retired=retired,
        orders=tuple(
            (orders["built"], before.period.years)
            for orders, before in zip(ordered, case.periods, strict=False)
        ),
    )


def _shapes(case: Case) -> dict[str, tuple[int, int]]:
    sites, modules = case.derived.cooling.allowed.shape
    cards = case.derived.hardware.fleet.shape[1]
    links = len(case.tables["links"].frame)
    return {"built": (sites, modules), "bought": (sites, cards), "upgrades": (links, 1)}


def _lives(case: Case) -> dict[str, tuple[Floats, Floats]]:
    """Return life and lead time in years of each block of orders, by its indices."""
    shapes = _shapes(case)
    modules = case.tables["modules"].frame["life_years"].to_numpy(dtype=float)
    lead = case.tables["sites"].frame["lead_time_years"].to_numpy(dtype=float)
    cards = case.tables["accelerators"].frame["life_years"].to_numpy(dtype=float)
    links = np.full(shapes["upgrades"], case.parameter("finance", "link_life_years"))
    return {
        "built": (
            np.broadcast_to(modules[None, :], shapes["built"]),
            np.broadcast_to(lead[:, None], shapes["built"]),
        ),
        "bought": (
            np.broadcast_to(cards[None, :], shapes["bought"]),
            np.zeros(shapes["bought"]),
        ),
        "upgrades": (links, np.zeros(shapes["upgrades"])),
    }


def _dense(block: SolvedColumns, name: str, shape: tuple[int, int]) -> Floats:
    dense = np.zeros(shape)
    values = np.where(np.abs(block.values) > ROUNDING, block.values, 0.0)
    first, second = (block.index[index] for index in INDICES[name])
    dense[first, second if name != "upgrades" else 0] = values
    return dense


def _columns(block: SolvedColumns, name: str, dense: Floats) -> SolvedColumns:
    """Return a block with the assets that serve instead of those that are ordered."""
    if name == "upgrades":
        return dataclasses.replace(block, values=dense[:, 0])
    first, second = np.nonzero(dense)
    one, other = INDICES[name]
    return dataclasses.replace(
        block, index={one: first, other: second}, values=dense[first, second]
    )


def asset_rows(view: View) -> pd.DataFrame:
    """Return the assets of a period: one row for each that is ordered, stands or was taken out."""
    case, standing = view.case, view.standing
    codes = _codes(case)
    parts = []
    for name, kind in KINDS.items():
        retired = standing.retired if name == "bought" else np.zeros_like(standing.ordered[name])
        numbers = [standing.earlier[name], standing.ordered[name], retired]
        first, second = np.nonzero(np.abs(np.stack(numbers)).max(axis=0) > ROUNDING)
        one, other = INDICES[name]
        parts.append(
            pd.DataFrame(
                {
                    "kind": kind,
                    "place": codes[one][first],
                    "item": codes[other][second if name != "upgrades" else first],
                    **{
                        column: part[first, second] * UNIT[name]
                        for column, part in zip(
                            ("standing", "ordered", "retired"), numbers, strict=True
                        )
                    },
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _codes(case: Case) -> dict[str, NDArray[np.object_]]:
    return {
        index: np.array(texts(case.tables[table].frame, index), dtype=object)
        for index, table in (
            ("site", "sites"),
            ("module", "modules"),
            ("accelerator", "accelerators"),
            ("link", "links"),
        )
    }


def ordered_frames(view: View) -> dict[str, pd.DataFrame]:
    """Return what is ordered in a period, as the tables of purchases show what serves."""
    return _purchases(view, view.standing.ordered)


def paid_frames(view: View, frames: Frames) -> dict[str, pd.DataFrame]:
    """Return the tables of purchases with what is paid for in the period.

    What is paid for counts by the part of the period in which it serves.
    """
    paid = _purchases(view, view.standing.paid)
    links = (
        frames["links"]
        .drop(columns="upgrades")
        .merge(paid["links"][["link", "upgrades"]], on="link", how="left")
    )
    return {
        "accelerators": paid["accelerators"],
        "builds": paid["builds"],
        "links": links.fillna({"upgrades": 0.0}),
    }


def _purchases(view: View, numbers: Mapping[str, Floats]) -> dict[str, pd.DataFrame]:
    case, codes = view.case, _codes(view.case)
    modules = case.tables["modules"].frame
    it_mw = modules["it_mw"].to_numpy(dtype=float)
    site, module = np.nonzero(numbers["built"])
    at, card = np.nonzero(numbers["bought"])
    link, _ = np.nonzero(numbers["upgrades"])
    built = numbers["built"][site, module]
    return {
        "builds": pd.DataFrame(
            {
                "site": codes["site"][site],
                "module": codes["module"][module],
                "kind": modules["kind"].to_numpy(dtype=object)[module],
                "modules": built,
                "it_mw": built * it_mw[module],
            }
        ),
        "accelerators": pd.DataFrame(
            {
                "site": codes["site"][at],
                "accelerator": codes["accelerator"][card],
                "bought": numbers["bought"][at, card] * 1e3,
            }
        ),
        "links": pd.DataFrame(
            {"link": codes["link"][link], "upgrades": numbers["upgrades"][link, 0]}
        ),
    }


def opening_shares(view: View, *, relaxed: bool) -> dict[str, float]:
    """Return how far each site with orders so far is opened; sites stay open.

    A relaxed plan opens a site by the larger of two parts, as in
    :mod:`optimizer.plan.costs`, with the room of all years of the period of the order.
    """
    case = view.case
    sites, modules = case.tables["sites"].frame, case.tables["modules"].frame
    limit_mw = sites["build_limit_mw"].to_numpy(dtype=float)
    size = modules["it_mw"].to_numpy(dtype=float)
    maximum = modules["maximum_per_site"].to_numpy(dtype=float)
    codes = texts(sites, "site")
    opened: dict[str, float] = {}
    for orders, years in view.standing.orders:
        room = limit_mw * years
        for site in np.flatnonzero(orders.any(axis=1)):
            share = 1.0
            if relaxed and room[site] > 0.0:
                used = orders[site] > 0.0  # new modules only, which have a size
                number, each = orders[site][used], size[used]
                fitting = np.minimum(maximum[used], np.floor(room[site] / each * (1.0 + 1e-12)))
                by_number = np.where(fitting > 0.0, number / np.maximum(fitting, 1.0), 1.0)
                share = max(float(by_number.max()), float(number @ each / room[site]))
            opened[codes[site]] = max(opened.get(codes[site], 0.0), share)
    return opened
