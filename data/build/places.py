"""Who the 41 candidate sites are: ten clusters and the 31 capitals, with place and grid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from data.build.cells import Basis
from data.build.geography import great_circle_km
from data.build.provinces import BY_CODE, MAINLAND, Province
from data.build.raw import RawRow, raw_rows

SHARED_GRID_KM: Final = 60.0
"""A metro site this near to a cluster shares its tariff and its grid."""

HUB_PROVINCES: Final = {
    "jjj": ("BJ", "TJ", "HE"),
    "csj": ("SH", "JS", "ZJ", "AH"),
    "gba": ("GD",),
    "cy": ("SC", "CQ"),
    "nm": ("NM",),
    "gz": ("GZ",),
    "gs": ("GS",),
    "nx": ("NX",),
}
"""Provinces that form the territory of each national hub."""

FIRST_TIER: Final = ("BJ", "SH", "GD")
"""Provinces whose capital is a first-tier city."""

_CLUSTER_NAMES_ZH: Final = {"yangtze_demo": "长三角示范区集群"}
"""Shorter than the official name, which does not fit a map."""

_METRO_TARIFFS: Final = {"HE": "HE_south", "NM": "NM_west", "GD": "GD_prd5"}
"""Tariff areas of capitals that are not named after their province."""

_CLUSTER_TARIFFS: Final = {"yangtze_demo": "YRD_demo"}
"""The zone spans three tariff areas; see the module of tariffs."""

_GRIDS: Final = {
    "zhangjiakou": "HE_north",
    "he_metro": "HE_south",
    "horinger": "NM_west",
    "nm_metro": "NM_west",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Identity and place of a site.

    Parameters
    ----------
    code
        Code of the site.
    name_zh, name_en
        Names.
    hub
        National hub whose territory holds it, or empty.
    is_cluster
        Whether it is one of the ten clusters.
    province
        The province.
    lon, lat
        Coordinates in degrees.
    basis
        Grade of the coordinates.
    tariff_region, voltage_kv
        Tariff it pays.
    grid_area
        Grid that fails as one.
    """

    code: str
    name_zh: str
    name_en: str
    hub: str
    is_cluster: bool
    province: Province
    lon: float
    lat: float
    basis: Basis
    tariff_region: str
    voltage_kv: str
    grid_area: str

    @property
    def point(self) -> tuple[float, float]:
        """Longitude and latitude in degrees."""
        return self.lon, self.lat

    @property
    def side(self) -> str:
        """``west`` in the provinces of the western development programme, else ``east``."""
        return "west" if self.province.western else "east"

    @property
    def is_first_tier(self) -> bool:
        """Whether it is the metro site of a first-tier city."""
        return not self.is_cluster and self.province.code in FIRST_TIER


def hub_of(province: str) -> str:
    """Return the hub whose territory holds a province, or an empty text."""
    return next((hub for hub, codes in HUB_PROVINCES.items() if province in codes), "")


def hub_row(cluster: str) -> RawRow:
    """Return the raw row of a cluster."""
    return next(row for row in raw_rows("hubs") if row.text("cluster_id") == cluster)


@cache
def clusters() -> tuple[Place, ...]:
    """Return the ten clusters."""
    places = []
    for row in raw_rows("hubs"):
        code = row.text("cluster_id")
        province = BY_CODE[row.text("province_code")]
        note = f"anchor point: {row.text('anchor_zh')}"
        if code == "guian":
            note += "; the coordinates are those of Guiyang, the new area lies to its south-west"
        places.append(
            Place(
                code=code,
                name_zh=_CLUSTER_NAMES_ZH.get(code, row.text("cluster_zh")),
                name_en=row.text("cluster_en"),
                hub=row.text("hub_id"),
                is_cluster=True,
                province=province,
                lon=row.number("anchor_lon_deg"),
                lat=row.number("anchor_lat_deg"),
                basis=row.basis(row.source.date, note),
                tariff_region=_CLUSTER_TARIFFS.get(code, row.text("tariff_region_id")),
                voltage_kv="110",
                grid_area=_GRIDS.get(code, province.code),
            )
        )
    return tuple(places)


def _capital_point(province: Province) -> tuple[float, float, RawRow]:
    """Return the coordinates of a capital as the backbone maps give them."""
    for row in raw_rows("backbone"):
        for end in ("from", "to"):
            if row.text(f"{end}_zh") == province.capital_zh:
                return row.number(f"{end}_lon_deg"), row.number(f"{end}_lat_deg"), row
    raise LookupError(province.capital_zh)


@cache
def metros() -> tuple[Place, ...]:
    """Return the 31 metro sites."""
    places = []
    for province in MAINLAND:
        lon, lat, row = _capital_point(province)
        near = [
            (great_circle_km((lon, lat), cluster.point), cluster.code, cluster)
            for cluster in clusters()
        ]
        distance, _, cluster = min(near)
        shares = distance <= SHARED_GRID_KM
        code = province.metro
        note = "coordinates of the city in a map of the backbone"
        if shares:
            note += f"; {distance:.0f} km from {cluster.name_en}, whose tariff and grid it shares"
        tariff = _METRO_TARIFFS.get(province.code, province.code)
        grid = _GRIDS.get(code, province.code)
        places.append(
            Place(
                code=code,
                name_zh=province.capital_zh,
                name_en=province.capital_en,
                hub=hub_of(province.code),
                is_cluster=False,
                province=province,
                lon=lon,
                lat=lat,
                basis=row.basis(row.text("network_date"), note),
                tariff_region=cluster.tariff_region if shares else tariff,
                voltage_kv=cluster.voltage_kv if shares else "1-10",
                grid_area=cluster.grid_area if shares else grid,
            )
        )
    return tuple(places)


@cache
def places() -> tuple[Place, ...]:
    """Return all sites, sorted by code."""
    return tuple(sorted((*clusters(), *metros()), key=lambda place: place.code))


def place(code: str) -> Place:
    """Return a site by code."""
    return next(item for item in places() if item.code == code)
