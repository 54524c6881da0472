"""Carbon and green share of the provincial grids.

Green share of consumption, with ``g`` generation over consumption and ``s`` the renewable
share of generation (January to November 2024)::

    s * min(1, g) + max(0, 1 - g) * national share of 2023
"""

from __future__ import annotations

from typing import Final

from data.build.cells import Cell, estimate
from data.build.provinces import MAINLAND
from data.build.raw import one, where
from data.build.writer import Pack

GRID_YEAR: Final = 2023

_CURTAILMENT_AREA: Final = {"NM": "NM_west"}
"""Both sites of Inner Mongolia stand in the western grid."""


def _location_factor(province: str) -> Cell:
    found = where("grid_carbon", scope="province", region_code=province)
    if found:
        (row,) = found
        return row.cell("emission_factor_kgco2_per_kwh", row.text("data_year"))
    row = one("grid_carbon", scope="grid_region", region_code="southwest")
    return estimate(
        row.number("emission_factor_kgco2_per_kwh"),
        (row.source,),
        row.text("data_year"),
        "no factor for the province; that of the southwest grid",
    )


def _green_share(province: str) -> Cell:
    generation = one(
        "green_2025", province_code=province, metric="generation_to_consumption_derived"
    )
    renewable = one(
        "green_2025", province_code=province, metric="renewable_share_of_generation_derived"
    )
    national = one("green_power", metric="re_obligation_total_actual")
    over_use = generation.number("value") / 100
    share = renewable.number("value") / 100 * min(1.0, over_use)
    share += max(0.0, 1.0 - over_use) * national.number("value") / 100
    return estimate(
        share,
        (generation.source, renewable.source, national.source),
        generation.text("period"),
        "renewable share of the province's generation, imports at the national share of 2023",
        digits=4,
    )


def _curtailment(province: str, technology: str) -> Cell | None:
    area = _CURTAILMENT_AREA.get(province, province)
    found = where("renewable_hours", province_code=area, technology=technology)
    if not found:
        return None
    (row,) = found
    method = "one less the mean of the monthly utilisation rates"
    if area != province:
        method += ", western grid of Inner Mongolia"
    return estimate(
        1 - row.number("value") / 100, (row.source,), row.text("period"), method, digits=3
    )


def add_grid(pack: Pack) -> None:
    """Add the table ``grid``."""
    residual = one("grid_carbon", factor_type="grid_average_excluding_market_traded_non_fossil")
    for province in MAINLAND:
        factor = _location_factor(province.code)
        pack.add(
            "grid",
            {
                "province": province.code,
                "year": GRID_YEAR,
                "green_share": _green_share(province.code),
                "location_kgco2_per_kwh": factor,
                "residual_kgco2_per_kwh": residual.cell(
                    "emission_factor_kgco2_per_kwh", residual.text("data_year")
                ),
                "wind_curtailment": _curtailment(province.code, "wind"),
                "solar_curtailment": _curtailment(province.code, "solar"),
            },
            factor.basis,
        )
