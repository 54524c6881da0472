"""Supply by the hour, from the columns of a solution: own power, batteries, shifts, imports.

Import of a site in an hour::

    import = load at the meter + charge - discharge - own power

The load at the meter counts shifted load. A site without any of these takes its load.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.plan.raw_solution import SolvedColumns
from optimizer.tables.frames import numbers, texts
from optimizer.units import HOURS_PER_DAY

NEGLIGIBLE = 1e-9

Columns = Mapping[str, SolvedColumns]
Frames = Mapping[str, pd.DataFrame]


def hour_rows(case: Case, columns: Columns) -> dict[str, pd.DataFrame]:
    """Return the tables of own power, batteries, and shifted load."""
    return {
        "lines": _lines(case, columns),
        "generation": _generation(case, columns),
        "line_hours": _line_hours(case, columns),
        "batteries": _batteries(case, columns),
        "battery_hours": _battery_hours(case, columns),
        "shifts": _shifts(case, columns),
    }


def _names(case: Case, table: str, column: str) -> NDArray[np.object_]:
    names: NDArray[np.object_] = case.tables[table].frame[column].to_numpy(dtype=object)
    return names


def _days(case: Case) -> NDArray[np.object_]:
    return np.array(case.derived.calendar.days, dtype=object)


def _frame(columns: Mapping[str, object]) -> pd.DataFrame:
    return pd.DataFrame({name: list(values) for name, values in columns.items()})  # type: ignore[call-overload]


def _sizes(case: Case, columns: Columns) -> NDArray[np.float64]:
    """Return ``(G,)`` the capacity of each offer."""
    offers = case.derived.supply.generation
    size = np.zeros(len(offers.site))
    if "generation_mw" in columns:
        block = columns["generation_mw"]
        size[block.index["offer"]] = block.values
    return np.where(size > NEGLIGIBLE, size, 0.0)


def _lines(case: Case, columns: Columns) -> pd.DataFrame:
    offers, weight = case.derived.supply.generation, case.derived.calendar.weight
    size = _sizes(case, columns)
    count = len(offers.line_site)
    built = np.ones(count, dtype=bool)
    if "line" in columns:
        built[columns["line"].index["line"]] = columns["line"].values > 0.5
    available, used, sent = np.zeros(count), np.zeros(count), np.zeros(count)
    gwh = (offers.factor * weight[:, None]).sum(axis=(1, 2)) / 1e3
    np.add.at(available, offers.line, gwh * size)
    for name, total in (("self_mw", used), ("export_mw", sent)):
        if name in columns:
            block = columns[name]
            hours = weight[block.index["day"]] / 1e3
            np.add.at(total, block.index["line"], _clean(block.values) * hours)
    built &= available > 0.0
    return pd.DataFrame(
        {
            "site": _names(case, "sites", "site")[offers.line_site],
            "line": np.array(offers.line_names, dtype=object),
            "direct": offers.line_is_direct,
            "built": built,
            "available_gwh": available,
            "self_use_gwh": used,
            "export_gwh": sent,
        }
    )


def _clean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.abs(values) > NEGLIGIBLE, values, 0.0)


def _generation(case: Case, columns: Columns) -> pd.DataFrame:
    offers = case.derived.supply.generation
    size = _sizes(case, columns)
    kept = np.flatnonzero(size > 0.0)
    return pd.DataFrame(
        {
            "contract": _names(case, "green_contracts", "contract")[offers.contract[kept]],
            "site": _names(case, "sites", "site")[offers.site[kept]],
            "capacity_mw": size[kept],
        }
    )


def _line_hours(case: Case, columns: Columns) -> pd.DataFrame:
    offers = case.derived.supply.generation
    if "self_mw" not in columns:
        none = np.zeros(0)
        return pd.DataFrame(
            {
                **{name: np.zeros(0, dtype=object) for name in ("site", "line", "typical_day")},
                "hour": none.astype(np.int64),
                "self_mw": none,
                "export_mw": none,
            }
        )
    used, sent = columns["self_mw"], columns["export_mw"]
    size = np.zeros(len(offers.line_site))
    np.add.at(size, offers.line, _sizes(case, columns))
    kept = np.flatnonzero(size[used.index["line"]] > 0.0)
    line = used.index["line"][kept]
    return pd.DataFrame(
        {
            "site": _names(case, "sites", "site")[offers.line_site[line]],
            "line": np.array(offers.line_names, dtype=object)[line],
            "typical_day": _days(case)[used.index["day"][kept]],
            "hour": used.index["hour"][kept],
            "self_mw": _clean(used.values[kept]),
            "export_mw": _clean(sent.values[kept]),
        }
    )


def _offered_batteries(case: Case) -> pd.DataFrame:
    table = case.tables["batteries"].frame
    return table[(table["power_mw"] > 0.0) & (table["energy_mwh"] > 0.0)].reset_index(drop=True)


def _batteries(case: Case, columns: Columns) -> pd.DataFrame:
    offered = _offered_batteries(case)
    power, energy = np.zeros(len(offered)), np.zeros(len(offered))
    if "battery_mw" in columns:
        power[columns["battery_mw"].index["battery"]] = columns["battery_mw"].values
        energy[columns["battery_mwh"].index["battery"]] = columns["battery_mwh"].values
    kept = np.flatnonzero((power > NEGLIGIBLE) | (energy > NEGLIGIBLE))
    return pd.DataFrame(
        {
            "battery": offered["battery"].to_numpy(dtype=object)[kept],
            "site": offered["site"].to_numpy(dtype=object)[kept],
            "power_mw": _clean(power[kept]),
            "energy_mwh": _clean(energy[kept]),
        }
    )


def _battery_hours(case: Case, columns: Columns) -> pd.DataFrame:
    offered, sizes = _offered_batteries(case), _batteries(case, columns)
    kept_keys = set(zip(texts(sizes, "battery"), texts(sizes, "site"), strict=True))
    built = [
        number
        for number, key in enumerate(
            zip(texts(offered, "battery"), texts(offered, "site"), strict=True)
        )
        if key in kept_keys
    ]
    if not built:
        none = np.zeros(0)
        return pd.DataFrame(
            {
                **{name: np.zeros(0, dtype=object) for name in ("battery", "site", "typical_day")},
                "hour": none.astype(np.int64),
                "charge_mw": none,
                "discharge_mw": none,
                "stored_mwh": none,
            }
        )
    block = columns["charge_mw"]
    kept = np.flatnonzero(np.isin(block.index["battery"], built))
    battery = block.index["battery"][kept]
    return pd.DataFrame(
        {
            "battery": offered["battery"].to_numpy(dtype=object)[battery],
            "site": offered["site"].to_numpy(dtype=object)[battery],
            "typical_day": _days(case)[block.index["day"][kept]],
            "hour": block.index["hour"][kept],
            "charge_mw": _clean(block.values[kept]),
            "discharge_mw": _clean(columns["discharge_mw"].values[kept]),
            "stored_mwh": _clean(columns["stored_mwh"].values[kept]),
        }
    )


def _shifts(case: Case, columns: Columns) -> pd.DataFrame:
    names = ("site", "module", "typical_day")
    if "later_mw" not in columns:
        none = np.zeros(0)
        return pd.DataFrame(
            {
                **{name: np.zeros(0, dtype=object) for name in names},
                "hour": none.astype(np.int64),
                "later_mw": none,
                "earlier_mw": none,
            }
        )
    later, earlier = columns["later_mw"], columns["earlier_mw"]
    # Load moved in and out of the same hour is no shift.
    net = later.values - earlier.values
    kept = np.flatnonzero(np.abs(net) > NEGLIGIBLE)
    return pd.DataFrame(
        {
            "site": _names(case, "sites", "site")[later.index["site"][kept]],
            "module": _names(case, "modules", "module")[later.index["module"][kept]],
            "typical_day": _days(case)[later.index["day"][kept]],
            "hour": later.index["hour"][kept],
            "later_mw": np.maximum(net[kept], 0.0),
            "earlier_mw": np.maximum(-net[kept], 0.0),
        }
    )


def by_site_and_hour(case: Case, frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return ``(S, D, 24)`` the sum of a column of an hourly table."""
    site_row = {name: row for row, name in enumerate(texts(case.tables["sites"].frame, "site"))}
    day_row = {name: row for row, name in enumerate(case.derived.calendar.days)}
    total = np.zeros((len(site_row), len(day_row), HOURS_PER_DAY))
    site = np.array([site_row[name] for name in texts(frame, "site")], dtype=np.int64)
    day = np.array([day_row[name] for name in texts(frame, "typical_day")], dtype=np.int64)
    hour = frame["hour"].to_numpy(dtype=np.int64)
    np.add.at(total, (site, day, hour), frame[column].to_numpy(dtype=float))
    return total


def shifted(case: Case, shifts: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``(S, D, 24)`` the IT load and the load at the meter that shifts add."""
    module_row = {
        name: row for row, name in enumerate(texts(case.tables["modules"].frame, "module"))
    }
    site_row = {name: row for row, name in enumerate(texts(case.tables["sites"].frame, "site"))}
    day_row = {name: row for row, name in enumerate(case.derived.calendar.days)}
    net = np.array(numbers(shifts, "later_mw")) - np.array(numbers(shifts, "earlier_mw"))
    pue = np.array(
        [
            case.derived.cooling.pue[site_row[site], module_row[module], day_row[day]]
            for site, module, day in zip(
                texts(shifts, "site"),
                texts(shifts, "module"),
                texts(shifts, "typical_day"),
                strict=True,
            )
        ]
    )
    frame = shifts[["site", "typical_day", "hour"]].assign(it=net, meter=net * pue)
    return by_site_and_hour(case, frame, "it"), by_site_and_hour(case, frame, "meter")


def metered_demand(case: Case, frames: Frames) -> pd.DataFrame:
    """Return the billed peak of every site and typical day whose demand is metered."""
    charge = case.derived.prices.metered
    peak = by_site_and_hour(case, frames["energy_by_hour"], "import_mw").max(axis=2)
    site, day = np.nonzero((charge > 0.0) & (peak > NEGLIGIBLE))
    return pd.DataFrame(
        {
            "site": _names(case, "sites", "site")[site],
            "typical_day": _days(case)[day],
            "peak_mw": peak[site, day],
            "million_yuan": (peak * charge)[site, day],
        }
    )


def matched_gwh(case: Case, frames: Frames) -> NDArray[np.float64]:
    """Return ``(S,)`` the load met by green power of its own hour; excess is not counted."""
    supply, calendar = case.derived.supply, case.derived.calendar
    load = by_site_and_hour(case, frames["energy_by_hour"], "meter_mw")
    green = by_site_and_hour(case, frames["line_hours"], "self_mw")
    site_row = {name: row for row, name in enumerate(texts(case.tables["sites"].frame, "site"))}
    offered = case.tables["green_contracts"].frame.iloc[supply.claims]
    place = {
        key: number
        for number, key in enumerate(
            zip(texts(offered, "contract"), texts(offered, "site"), strict=True)
        )
    }
    bought = frames["contracts"]
    for contract, site, gwh in zip(
        texts(bought, "contract"), texts(bought, "site"), numbers(bought, "energy_gwh"), strict=True
    ):
        green[site_row[site]] += gwh * supply.claim_shape[place[contract, site]]
    matched: NDArray[np.float64] = (np.minimum(green, load) * calendar.weight[:, None]).sum(
        axis=(1, 2)
    ) / 1e3
    return matched
