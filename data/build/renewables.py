"""Claims on green power that sites can buy, and the profiles of renewable generation."""

from __future__ import annotations

from typing import Final

from data.build.assumptions import assumed
from data.build.cells import DERIVATION, Basis, combined
from data.build.places import places
from data.build.raw import RawRow, one, raw_rows
from data.build.writer import Pack

_SCALE_RANGE: Final = (0.6, 1.7)
"""Outside it a modelled wind profile gives the shape only."""

_CERTIFICATES: Final = (
    ("certificate", "gec_price_vintage_2026", None, "绿色电力证书", "green certificate"),
    (
        "certificate_2025",
        "gec_price_vintage_2025",
        2025,
        "绿色电力证书（2025 年电量）",
        "green certificate of 2025",
    ),
)
"""Contract, metric of its price, year of its power (empty: the planned year), names."""


def add_green_contracts(pack: Pack) -> None:
    """Add certificates and green power trading at every site to ``green_contracts``."""
    premium = assumed("green_contracts", "green_trade", "price_yuan_per_mwh").cell()
    ceiling = assumed("green_contracts", "green_trade", "ceiling_gwh").cell()
    for site in places():
        for contract, metric, vintage, name_zh, name_en in _CERTIFICATES:
            row = one("green_power", metric=metric)
            price = row.cell("value", row.text("period"), f"certificates of {metric[-4:]}")
            pack.add(
                "green_contracts",
                {
                    "contract": contract,
                    "site": site.code,
                    "name_zh": name_zh,
                    "name_en": name_en,
                    "kind": "certificate",
                    "price_yuan_per_mwh": price,
                    "vintage_year": vintage,
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


def profile_scale(row: RawRow) -> tuple[float, str]:
    """Return the factor on a modelled profile and what it does.

    Parameters
    ----------
    row
        Row of ``renewable_profiles``.
    """
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
        scale, method = profile_scale(row)
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
