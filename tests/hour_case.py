"""The small case with a steady load on the coast, for what happens by the hour.

A thousand requests a second keep a thousand cards of 1 kW busy: 1 MW for each, at PUE 1. All
prices are zero until a test says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model
from optimizer.plan.raw_solution import RawSolution, Status
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from tests.inputs.small_case import HOURS, MONTHS, Cells, SmallCase, row

EXACT: Final = SolveOptions(gap_location=1e-9)
WHOLE: Final = SolveOptions(gap_location=1e-9, whole=True)
MONTH_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
TWO_PRICES: Final = (0.2,) * 12 + (0.8,) * 12
"""Yuan for a kWh: cheap until noon."""


def steady_case(load_mw: float = 10.0, *, site: str = "coast") -> SmallCase:
    """Return the small case with one service of a flat load pinned to one site."""
    case = SmallCase()
    case.set("services", {"service": "chat"}, requests_per_s=1000.0 * load_mw)
    case.add("pins", workload="chat", site=site, rule="must")
    return case


def set_prices(
    case: SmallCase, yuan_per_kwh: Sequence[float], region: str = "EA", **cells: object
) -> None:
    """Give a tariff region a price for each hour, the same in all months."""
    others = [cells_ for cells_ in case.tables["tariffs"] if cells_["tariff_region"] != region]
    case.tables["tariffs"] = others + [
        row(
            "tariffs",
            tariff_region=region,
            month=month,
            band=f"hour {hour}",
            hours=f"{hour}-{hour + 1}",
            price_yuan_per_kwh=price,
            **cells,
        )
        for month in MONTHS
        for hour, price in enumerate(yuan_per_kwh)
    ]


def set_profile(case: SmallCase, loads: Sequence[float], name: str = "flat") -> None:
    """Give a profile its 24 loads."""
    others = [cells for cells in case.tables["profiles"] if cells["profile"] != name]
    case.tables["profiles"] = others + [
        row("profiles", profile=name, hour=hour, relative_load=load)
        for hour, load in enumerate(loads)
    ]


def set_factors(
    case: SmallCase, factors: Sequence[float], province: str = "EA", technology: str = "solar"
) -> None:
    """Give a technology its output in each hour, the same in all months."""
    case.tables.setdefault("renewable_profiles", []).extend(
        row(
            "renewable_profiles",
            province=province,
            technology=technology,
            month=month,
            hour=hour,
            capacity_factor=factor,
        )
        for month in MONTHS
        for hour, factor in enumerate(factors)
    )


def add_battery(case: SmallCase, site: str = "coast", **cells: object) -> None:
    """Offer a battery, free and without losses until cells say otherwise."""
    case.add("batteries", **{"site": site, "power_mw": 1000, "energy_mwh": 1000} | cells)


def add_generation(case: SmallCase, site: str = "coast", **cells: object) -> None:
    """Offer generation at a site, free until cells say otherwise."""
    known: dict[str, object] = {
        "contract": "roof",
        "site": site,
        "kind": "on_site",
        "technology": "solar",
        "price_yuan_per_mwh": 0,
        "additional": True,
        "capex_yuan_per_kw": 0,
        "life_years": 20,
        "upkeep_share_per_year": 0,
    }
    case.add("green_contracts", **known | cells)


def set_days(case: SmallCase, weights: Mapping[int, float]) -> None:
    """Give the case a typical day for each month named, of that many days."""
    case.tables["times"] = [
        row("times", typical_day=f"m{month:02}", hour=hour, month=month, weight_days=weight)
        for month, weight in weights.items()
        for hour in HOURS
    ]
    case.tables["climate"] = [
        row("climate", site=site, month=month) for site in ("coast", "plateau") for month in weights
    ]


def twelve_days(case: SmallCase) -> None:
    """Give the case one typical day for each month."""
    set_days(case, dict(zip(MONTHS, MONTH_DAYS, strict=True)))


def built(case: SmallCase) -> tuple[Case, LinearModel]:
    """Return the checked case and its model."""
    checked = case.case()
    return checked, build_model(checked)[0]


def solved(case: SmallCase, options: SolveOptions = EXACT) -> RawSolution:
    """Return the best plan of a case, proved and serving everything."""
    solution = solve_model(built(case)[1], options).solution
    assert solution.status is Status.OPTIMAL
    assert solution.unserved_value == 0.0
    return solution


def values(solution: RawSolution, block: str) -> NDArray[np.float64]:
    """Return the values of a block, in hours of a day if it is one of hours."""
    column = solution.columns[block]
    return column.values.reshape(-1, 24) if "hour" in column.index else column.values


def policy(kind: str, value: float, **cells: object) -> Cells:
    """Return a hard policy row of the whole country."""
    return row("policies", policy=kind, kind=kind, value=value, **cells)
