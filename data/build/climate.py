"""Design temperature and monthly mean temperatures of the sites."""

from __future__ import annotations

import math
from typing import Final

from data.build.cells import DERIVATION, Basis, Cell, combined
from data.build.places import Place, places
from data.build.raw import RawRow, one
from data.build.writer import Pack

_CITY_OF_CLUSTER: Final = {
    "zhangjiakou": "张家口",
    "yangtze_demo": "徐汇",
    "wuhu": "芜湖",
    "shaoguan": "韶关",
    "tianfu": "成都",
    "chongqing": "重庆",
    "horinger": "呼和浩特",
    "guian": "贵阳",
    "qingyang": "庆阳",
    "zhongwei": "中卫",
}
_CITY_OF_METRO: Final = {"sh_metro": "徐汇"}

_ROOT = math.sqrt(3.0) / 2.0
_YEARLY_WAVE: Final = (1.0, _ROOT, 0.5, 0.0, -0.5, -_ROOT, -1.0, -_ROOT, -0.5, 0.0, 0.5, _ROOT)
"""cos(2 pi (month - 1) / 12), exact so that every machine rounds alike."""


def station_city(site: Place) -> str:
    """Return the Chinese name of the station a site takes its climate from."""
    if site.is_cluster:
        return _CITY_OF_CLUSTER[site.code]
    return _CITY_OF_METRO.get(site.code, site.name_zh)


def _station(site: Place, metric: str) -> RawRow:
    return one("climate", scope="station", place_zh=station_city(site), metric=metric)


def design_temperature(site: Place) -> Cell:
    """Return the dry-bulb temperature exceeded 50 hours a year, in degC."""
    row = _station(site, "summer_design_dry_bulb")
    return row.cell("value", row.text("period"), f"station {row.text('place_zh')}")


def monthly_means(site: Place) -> tuple[float, ...]:
    """Return the twelve mean temperatures of a site in degC, to 0.01."""
    annual = _station(site, "annual_mean_dry_bulb").number("value")
    coldest = _station(site, "coldest_month_mean_dry_bulb").number("value")
    return tuple(round(annual - (annual - coldest) * wave, 2) for wave in _YEARLY_WAVE)


def add_climate(pack: Pack) -> None:
    """Add the table ``climate``."""
    for site in places():
        annual = _station(site, "annual_mean_dry_bulb")
        coldest = _station(site, "coldest_month_mean_dry_bulb")
        basis = Basis(
            "estimate",
            combined((annual.source, coldest.source, DERIVATION)),
            annual.text("period"),
            f"station {annual.text('place_zh')}: annual mean less the yearly wave with its "
            "lowest point at the mean of the coldest month, January",
        )
        for month, temperature in enumerate(monthly_means(site), start=1):
            pack.add(
                "climate",
                {"site": site.code, "month": month, "mean_temperature_c": temperature},
                basis,
            )
