"""The case ``national-2030``: three periods on the tables of the national case.

It adds what the later years need and leaves the rest of ``national-2026`` as it is::

    typical days        the twelve of 2026, with 365 days in every year
    supply              accelerators that can be bought in each year to 2030
    services            demand grows by a factor a year, by class of service
    training runs       grow by a factor a year; those counted in a type that cannot be bought,
                        whose fleet ages, are counted in its like
    sites               power under construction that opens in 2026, where no source has a size
    modules             as many at a site in every year as the national case has at most
    small centres       as many at a city in every year as the national case has at most
    grid factor         factor of 2023 * (1 + change a year) ** years
    green share         share of 2024 + change a year * years, at most 0.98
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from typing import Final

from data.build.assumptions import Assumption, assumed, assumed_keys
from data.build.cells import ASSUMPTION, RESEARCH_DATE, Basis, Cell, Value, assume, combined
from data.build.grid import GRID_YEAR
from data.build.writer import Pack

CASE: Final = "national-2030"
FIRST_PERIOD: Final = 2026
LATER_PERIODS: Final = (2028, 2030)

_YEARS_OF_ORDERS: Final = LATER_PERIODS[-1] - FIRST_PERIOD
"""What is ordered in 2026 to 2029 serves by 2030."""

_LIKE: Final = {"h800": "h200"}
"""Types that cannot be bought any more, and one of the same speed that can."""

_GROWTH_CLASS: Final = {
    "camera": "established",
    "ranking": "established",
    "rendering": "established",
    "image": "generation",
    "video": "generation",
    "tele_driving": "vehicles",
    "vehicle_control": "vehicles",
}
"""Class of growth of each service that is not one of tokens."""

_SMALL_CENTRES: Final = "large_centres_outside_hubs"
_MOST_GREEN: Final = 0.98
_TABLE: Final = f"{CASE}/"
"""Before the table's name in the assumptions of this case."""


def add_later_years(pack: Pack, base: Pack) -> None:
    """Add the tables of the case.

    Parameters
    ----------
    pack
        Pack of the case.
    base
        Pack of the national case, with all its tables.
    """
    _add_times(pack)
    _add_supply(pack)
    _add_grid(pack, base)
    _add_finance(pack)
    pack.add_changed(base, "services", _grown_service)
    pack.add_changed(base, "jobs", _grown_job)
    pack.add_changed(base, "sites", _site_under_way)
    pack.add_changed(base, "modules", _module_of_years)
    pack.add_changed(base, "policies", _policy_of_years)
    pack.add_changed(base, "green_contracts", _contract_of_the_year)
    pack.add_changed(base, "parameters", _yearly_parameter)
    pack.add_changed(base, "batteries", _not_offered)


def _assumption(table: str, key: str, column: str) -> Assumption:
    return assumed(f"{_TABLE}{table}", key, column)


def _grown_service(row: Mapping[str, Value]) -> Mapping[str, Value]:
    growth = _GROWTH_CLASS.get(str(row["service"]), "tokens")
    return {
        "growth_per_year": _assumption("services", growth, "growth_per_year").cell(),
        "flexible_share": None,
    }


def _contract_of_the_year(row: Mapping[str, Value]) -> Mapping[str, Value] | None:
    """Leave out what couples the hours: the case counts in years."""
    return {} if row["kind"] in {"certificate", "green_trade"} else None


def _yearly_parameter(row: Mapping[str, Value]) -> Mapping[str, Value] | None:
    return None if row["parameter"] == "demand_peak_factor" else {}


def _not_offered(row: Mapping[str, Value]) -> None:
    del row


def _grown_job(row: Mapping[str, Value]) -> Mapping[str, Value]:
    accelerator = str(row["accelerator"])
    return {
        "accelerator": _LIKE.get(accelerator, accelerator),
        "growth_per_year": _assumption("jobs", "any", "growth_per_year").cell(),
    }


def _site_under_way(row: Mapping[str, Value]) -> Mapping[str, Value]:
    if row["under_construction_year"] is not None:
        return {}
    kind = "cluster" if row["is_cluster"] else "metro"
    limit = _cell(row["build_limit_mw"]).number
    share = _assumption("sites", kind, "under_construction_share")
    return {
        "under_construction_it_mw": share.cell(
            factor=limit, note=f"{share.value:g} of {limit:g} MW a year"
        ),
        "under_construction_year": assume(
            FIRST_PERIOD, FIRST_PERIOD, FIRST_PERIOD + 1, share.reason, share.anchors
        ),
    }


def _module_of_years(row: Mapping[str, Value]) -> Mapping[str, Value]:
    if row["kind"] != "new":
        return {}
    maximum = assumed("modules", str(row["module"]), "maximum_per_site")
    note = f"in each of {_YEARS_OF_ORDERS} years"
    return {"maximum_per_site": maximum.cell(factor=_YEARS_OF_ORDERS, note=note)}


def _policy_of_years(row: Mapping[str, Value]) -> Mapping[str, Value]:
    if row["policy"] != _SMALL_CENTRES:
        return {}
    value = _cell(row["value"])
    basis = Basis(
        value.basis.grade,
        value.basis.sources,
        value.basis.as_of,
        f"{value.basis.note}; one a year, {_YEARS_OF_ORDERS} by {LATER_PERIODS[-1]}",
    )
    return {"value": Cell(value.number * _YEARS_OF_ORDERS, basis, value.low, value.high)}


def _add_times(pack: Pack) -> None:
    for period in LATER_PERIODS:
        for month in range(1, 13):
            days = calendar.monthrange(FIRST_PERIOD, month)[1]
            for hour in range(24):
                pack.add(
                    "times",
                    {
                        "period": period,
                        "typical_day": f"m{month:02d}",
                        "hour": hour,
                        "month": month,
                        "weight_days": days,
                    },
                )


def _add_supply(pack: Pack) -> None:
    for key in assumed_keys(f"{_TABLE}accelerator_supply", "supply"):
        accelerator, year = key.split("|")
        cell = _assumption("accelerator_supply", key, "supply").cell()
        pack.add(
            "accelerator_supply",
            {"accelerator": accelerator, "year": int(year), "supply": cell},
            Basis("assumption", combined(cell.basis.sources), RESEARCH_DATE),
        )


def _add_grid(pack: Pack, base: Pack) -> None:
    fall = _assumption("grid", "any", "location_change_per_year")
    rise = _assumption("grid", "any", "green_share_change_per_year")
    residual = _assumption("grid", "any", "residual_factor")
    for row in base.rows("grid"):
        location, share, rest = (
            _cell(row[column])
            for column in ("location_kgco2_per_kwh", "green_share", "residual_kgco2_per_kwh")
        )
        for year in LATER_PERIODS:
            passed = year - GRID_YEAR
            factor, low_factor, high_factor = (
                (1.0 + change) ** passed for change in (fall.value, fall.low, fall.high)
            )
            green, low_green, high_green = (
                min(_MOST_GREEN, share.number + change * passed)
                for change in (rise.value, rise.low, rise.high)
            )
            pack.add(
                "grid",
                {
                    "province": row["province"],
                    "year": year,
                    "green_share": assume(
                        green,
                        low_green,
                        high_green,
                        f"{share.number:g} and {rise.value:g} more a year; {rise.reason}",
                        combined(share.basis.sources, rise.anchors),
                        digits=4,
                    ),
                    "location_kgco2_per_kwh": assume(
                        location.number * factor,
                        location.number * low_factor,
                        location.number * high_factor,
                        f"{location.number:g} of {GRID_YEAR}, {-fall.value:.1%} less a year; "
                        f"{fall.reason}",
                        combined(location.basis.sources, fall.anchors),
                        digits=4,
                    ),
                    "residual_kgco2_per_kwh": residual.cell(
                        factor=rest.number, note=f"{rest.number:g} of {GRID_YEAR}", digits=4
                    ),
                    "wind_curtailment": row["wind_curtailment"],
                    "solar_curtailment": row["solar_curtailment"],
                },
                Basis("assumption", (ASSUMPTION,), RESEARCH_DATE, "ranges in provenance"),
            )


def _cell(value: object) -> Cell:
    if not isinstance(value, Cell):
        raise TypeError(value)
    return value


def _add_finance(pack: Pack) -> None:
    years = _assumption("finance", "last_period_years", "value")
    cell = years.cell()
    pack.add(
        "finance",
        {
            "parameter": "last_period_years",
            "title_zh": "最后规划期年数",
            "title_en": "years of the last period",
            "value": cell,
            "unit": years.unit,
        },
        cell.basis,
    )
