"""Carbon and green share of the provincial grids, green contracts, renewable profiles.

Green share of consumption, with ``g`` generation over consumption and ``s`` the renewable
share of generation (January to November 2024)::

    s * min(1, g) + max(0, 1 - g) * national share of 2023
"""

from __future__ import annotations

from typing import Final

from data.build.assumptions import assumed
from data.build.cells import DERIVATION, Basis, Cell, combined, estimate
from data.build.places import places
from data.build.provinces import MAINLAND
from data.build.raw import RawRow, one, raw_rows, where
from data.build.writer import Pack

GRID_YEAR: Final = 2023

_SCALE_RANGE: Final = (0.6, 1.7)
"""Outside it a modelled wind profile gives the shape only."""

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


def add_green_contracts(pack: Pack) -> None:
    """Add the table ``green_contracts``: certificates and green power trading at every site."""
    certificate = one("green_power", metric="gec_price_vintage_2026")
    price = certificate.cell("value", certificate.text("period"), "certificates of 2026")
    premium = assumed("green_contracts", "green_trade", "price_yuan_per_mwh").cell()
    ceiling = assumed("green_contracts", "green_trade", "ceiling_gwh").cell()
    for site in places():
        pack.add(
            "green_contracts",
            {
                "contract": "certificate",
                "site": site.code,
                "name_zh": "绿色电力证书",
                "name_en": "green certificate",
                "kind": "certificate",
                "price_yuan_per_mwh": price,
                "ceiling_gwh": None,
                "additional": False,
            },
            price.basis,
        )
        pack.add(
            "green_contracts",
            {
                "contract": "green_trade",
                "site": site.code,
                "name_zh": "绿电交易",
                "name_en": "green power trading",
                "kind": "green_trade",
                "price_yuan_per_mwh": premium,
                "ceiling_gwh": ceiling,
                "additional": False,
            },
            premium.basis,
        )


def _profile_scale(row: RawRow) -> tuple[float, str]:
    """Return the factor on a modelled profile and what it does."""
    low, high = _SCALE_RANGE
    if not row.has("scale_to_published"):
        return 1.0, "modelled, no published hours"
    scale = row.number("scale_to_published")
    if low <= scale <= high:
        return scale, f"modelled, scaled by {scale:g} to published hours"
    return 1.0, f"modelled, shape only: published hours are {scale:g} times"


def add_renewable_profiles(pack: Pack) -> None:
    """Add the table ``renewable_profiles`` in long form."""
    for row in raw_rows("renewable_profiles"):
        scale, method = _profile_scale(row)
        basis = Basis(
            "estimate", combined((row.source, DERIVATION)), row.text("weather_year"), method
        )
        for hour in range(24):
            factor = row.number(f"cf_h{hour:02d}") * scale
            pack.add(
                "renewable_profiles",
                {
                    "province": row.text("province_code"),
                    "technology": row.text("technology"),
                    "month": int(row.text("month")),
                    "hour": hour,
                    "capacity_factor": round(min(1.0, factor), 4),
                },
                basis,
            )
