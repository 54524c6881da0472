"""The 31 regions where inference demand arises."""

from __future__ import annotations

import math
from typing import Final

from data.build.assumptions import assumed
from data.build.cells import Cell, assume, combined, estimate
from data.build.places import place
from data.build.provinces import MAINLAND, Province, area_km2, gdp, population
from data.build.raw import one
from data.build.writer import Pack

_SHARE_DECIMALS: Final = 7


def online_shares() -> dict[str, float]:
    """Return the share of each province in online demand; they sum to one exactly.

    Half follows residents, half GDP. The largest province takes the rounding.
    """
    people = {province.code: population(province.code).number for province in MAINLAND}
    product = {province.code: gdp(province.code).number for province in MAINLAND}
    shares = {
        code: round(
            0.5 * people[code] / sum(people.values()) + 0.5 * product[code] / sum(product.values()),
            _SHARE_DECIMALS,
        )
        for code in people
    }
    largest = max(shares, key=lambda code: shares[code])
    rest = sum(share for code, share in shares.items() if code != largest)
    shares[largest] = round(1.0 - rest, _SHARE_DECIMALS)
    return shares


def _access_p99(province: Province) -> Cell:
    base = assumed("regions", "any", "access_rtt_base_ms")
    detour = assumed("regions", "any", "access_detour")
    spread = assumed("regions", "any", "user_spread")
    per_km = assumed("parameters", "fibre_us_per_km", "value").value / 1000
    radius = math.sqrt(area_km2(province.code) / math.pi)

    def round_trip(last_mile_ms: float, share: float) -> float:
        return round(last_mile_ms + 2 * detour.value * per_km * share * radius, 3)

    return assume(
        round_trip(base.value, spread.value),
        round_trip(base.low, spread.low),
        round_trip(base.high, spread.high),
        f"{base.value:g} ms and the round trip over {spread.value:g} of the radius of a disc of "
        f"the province's area ({radius:.0f} km), detour {detour.value:g}; {spread.reason}",
        combined((one("province_areas", province_code=province.code).source,)),
    )


def add_regions(pack: Pack) -> None:
    """Add the table ``regions``."""
    shares = online_shares()
    for province in MAINLAND:
        metro = place(province.metro)
        people, product = population(province.code), gdp(province.code)
        traffic = one(
            "internet_users",
            scope="province",
            region_code=province.code,
            metric="mobile_internet_traffic_split_by_population_derived",
        )
        pack.add(
            "regions",
            {
                "region": province.code,
                "name_zh": province.name_zh,
                "name_en": province.name_en,
                "province": province.code,
                "node": metro.code,
                "lon": Cell(metro.lon, metro.basis),
                "lat": Cell(metro.lat, metro.basis),
                "population": people,
                "gdp_100m_yuan": product,
                "mobile_traffic_100m_gb": estimate(
                    traffic.number("value"),
                    (traffic.source,),
                    traffic.text("period"),
                    "traffic of the statistical region in seven months, split by residents",
                ),
                "online_share": Cell(
                    shares[province.code],
                    estimate(
                        0,
                        combined(people.basis.sources, product.basis.sources),
                        product.basis.as_of,
                        "half share of residents, half share of GDP",
                    ).basis,
                ),
                "access_rtt_min_ms": assumed("regions", "any", "access_rtt_min_ms").cell(),
                "access_rtt_p99_ms": _access_p99(province),
            },
            people.basis,
        )
