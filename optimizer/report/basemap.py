"""Province boundaries and the ten-dash line under every map.

A map of China is complete or it is not drawn: a layer must hold all 34 provincial units,
the islands of the South China Sea and the ten dashes, or :func:`load_basemap` raises with
everything that is missing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer
from shapely.errors import ShapelyError

from optimizer.errors import Fault, InputError
from optimizer.labels import Text

GEOGRAPHIC_CRS: Final = "EPSG:4490"
"""CGCS2000 in degrees, which is WGS-84 for every purpose of a map."""

ALBERS_CRS: Final = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +ellps=GRS80 +units=m"
"""Equal areas, so that colours and pies compare honestly between north and south."""

DASH_KIND: Final = "ten_dash_line"
DASH_COUNT: Final = 10
HAINAN: Final = "460000"
TAIWAN: Final = "710000"
NANSHA_NORTH_LIMIT_DEG: Final = 12.0
"""The Nansha islets are the parts of Hainan south of this latitude, in degrees north."""

FRAME_DEG: Final = (72.0, 2.0, 137.0, 55.0)
"""West, south, east and north limit within which all of the layer must lie, in degrees."""

PROVINCIAL_UNITS: Final[dict[str, Text]] = {
    "110000": Text("Beijing", "北京"),
    "120000": Text("Tianjin", "天津"),
    "130000": Text("Hebei", "河北"),
    "140000": Text("Shanxi", "山西"),
    "150000": Text("Inner Mongolia", "内蒙古"),
    "210000": Text("Liaoning", "辽宁"),
    "220000": Text("Jilin", "吉林"),
    "230000": Text("Heilongjiang", "黑龙江"),
    "310000": Text("Shanghai", "上海"),
    "320000": Text("Jiangsu", "江苏"),
    "330000": Text("Zhejiang", "浙江"),
    "340000": Text("Anhui", "安徽"),
    "350000": Text("Fujian", "福建"),
    "360000": Text("Jiangxi", "江西"),
    "370000": Text("Shandong", "山东"),
    "410000": Text("Henan", "河南"),
    "420000": Text("Hubei", "湖北"),
    "430000": Text("Hunan", "湖南"),
    "440000": Text("Guangdong", "广东"),
    "450000": Text("Guangxi", "广西"),
    "460000": Text("Hainan", "海南"),
    "500000": Text("Chongqing", "重庆"),
    "510000": Text("Sichuan", "四川"),
    "520000": Text("Guizhou", "贵州"),
    "530000": Text("Yunnan", "云南"),
    "540000": Text("Xizang", "西藏"),
    "610000": Text("Shaanxi", "陕西"),
    "620000": Text("Gansu", "甘肃"),
    "630000": Text("Qinghai", "青海"),
    "640000": Text("Ningxia", "宁夏"),
    "650000": Text("Xinjiang", "新疆"),
    "710000": Text("Taiwan", "台湾"),
    "810000": Text("Hong Kong", "香港"),
    "820000": Text("Macao", "澳门"),
}
"""Names of the 34 provincial units by administrative code."""


@dataclass(frozen=True, slots=True, eq=False)
class Basemap:
    """Boundaries that a map is drawn on.

    Parameters
    ----------
    provinces
        The 34 provincial units in ``EPSG:4490``, one row each, sorted by ``adcode``, with
        the columns ``adcode`` (six digits), ``short`` (Chinese), ``en`` and ``geometry``.
    dashes
        The ten dashes in ``EPSG:4490``, one row each, from west to east.
    source
        Whose boundaries they are, as printed below each map.
    """

    provinces: gpd.GeoDataFrame
    dashes: gpd.GeoDataFrame
    source: Text


@dataclass(frozen=True, slots=True)
class Frame:
    """A window on the projected plane, measured in points of the figure.

    Parameters
    ----------
    west_m, south_m
        Projected metres at the origin of the points.
    metres_per_point
        Scale: metres of the plane in 1/72 inch of the figure.
    """

    west_m: float
    south_m: float
    metres_per_point: float

    def places(self, lon_deg: ArrayLike, lat_deg: ArrayLike) -> NDArray[np.float64]:
        """Return places in points, shape (n, 2), from degrees east and north."""
        metres = np.column_stack(_transformer().transform(np.asarray(lon_deg), np.asarray(lat_deg)))
        return self._scaled(metres)

    def shapes(self, layer: gpd.GeoDataFrame) -> NDArray[np.object_]:
        """Return the geometries of a layer in points, in the order of its rows."""
        projected = layer.to_crs(ALBERS_CRS).geometry.to_numpy()
        return np.asarray(shapely.transform(np.asarray(projected), self._scaled))

    def _scaled(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        return (metres - (self.west_m, self.south_m)) / self.metres_per_point


@lru_cache(maxsize=1)
def _transformer() -> Transformer:
    """Return the projection from degrees to metres; making one takes some 10 ms."""
    return Transformer.from_crs(GEOGRAPHIC_CRS, ALBERS_CRS, always_xy=True)


def load_basemap(path: Path | None, default: Path) -> Basemap:
    """Read and check a boundary layer.

    Parameters
    ----------
    path
        File of the user: GeoJSON, GeoPackage or anything else geopandas reads, with the
        column ``adcode`` on 34 areas and ``kind = "ten_dash_line"`` on ten lines, in one
        layer or in several. ``None`` takes the shipped layer.
    default
        The shipped layer, ``data/basemap/china.geojson``.

    Returns
    -------
    Basemap
        Provinces and dashes in degrees of ``EPSG:4490``.

    Raises
    ------
    InputError
        With one fault for each thing that is missing or unusable.

    Examples
    --------
    >>> from optimizer.tables.pack import basemap_file
    >>> basemap = load_basemap(None, basemap_file())
    >>> len(basemap.provinces), len(basemap.dashes)
    (34, 10)
    """
    chosen = default if path is None else path
    layer = _read(chosen)
    provinces = _provinces(layer)
    dashes = _dashes(layer)
    faults = [
        *_faults_of_codes(provinces, has_codes="adcode" in layer.columns, file=chosen.name),
        *_faults_of_shapes(provinces, chosen.name),
        *_faults_of_extent(provinces, dashes, chosen.name),
        *_faults_of_dashes(dashes, chosen.name),
    ]
    if faults:
        raise InputError(faults)
    provinces["short"] = [PROVINCIAL_UNITS[code].zh for code in provinces["adcode"]]
    provinces["en"] = [PROVINCIAL_UNITS[code].en for code in provinces["adcode"]]
    return Basemap(
        provinces=provinces[["adcode", "short", "en", "geometry"]],
        dashes=dashes[["geometry"]],
        source=_source(chosen, shipped=path is None),
    )


def _read(path: Path) -> gpd.GeoDataFrame:
    """Return all layers of a file as one frame in degrees."""
    if not path.is_file():
        raise InputError(
            [
                Fault(
                    Text("the boundary file does not exist", "底图文件不存在"),
                    Text("check the path given to --basemap", "请检查 --basemap 指定的路径"),
                    file=str(path),
                )
            ]
        )
    try:
        names = gpd.list_layers(path)["name"]
        layers = [gpd.read_file(path, layer=name) for name in names]
    except (RuntimeError, ValueError, ShapelyError) as error:  # those of GDAL and of GEOS
        raise InputError(
            [
                Fault(
                    Text("the file is no boundary layer", "该文件无法作为边界图层读取"),
                    Text(
                        "give a GeoJSON or GeoPackage file that GDAL can open",
                        "请提供 GDAL 可打开的 GeoJSON 或 GeoPackage 文件",
                    ),
                    file=path.name,
                )
            ]
        ) from error
    spatial = [layer for layer in layers if isinstance(layer, gpd.GeoDataFrame) and len(layer)]
    if not spatial or any(layer.crs is None for layer in spatial):
        raise InputError(
            [
                Fault(
                    Text(
                        "no shapes, or shapes without a coordinate system",
                        "没有几何要素，或要素缺少坐标系",
                    ),
                    Text(
                        "store the layer with its coordinate system, for instance EPSG:4490",
                        "请连同坐标系一起保存图层，例如 EPSG:4490",
                    ),
                    file=path.name,
                )
            ]
        )
    return pd.concat([layer.to_crs(GEOGRAPHIC_CRS) for layer in spatial], ignore_index=True)


def _provinces(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows with an administrative code, sorted by it."""
    if "adcode" not in layer.columns:
        return layer.iloc[0:0].assign(adcode=pd.Series(dtype=str))
    codes = layer["adcode"].map(_six_digits)
    coded = layer.assign(adcode=codes)[codes != ""]
    return coded.sort_values("adcode", kind="stable").reset_index(drop=True)


def _six_digits(value: object) -> str:
    """Return a code as text; readers turn codes into integers or floats."""
    if value is None or value != value:  # noqa: PLR0124 - NaN differs from itself
        return ""
    return str(int(value)) if isinstance(value, float) else str(value).strip()


def _dashes(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row for each dash, from west to east, however they were grouped."""
    if "kind" not in layer.columns:
        return layer.iloc[0:0]
    parts = layer[layer["kind"] == DASH_KIND].explode(ignore_index=True)
    parts = parts[parts.geom_type == "LineString"]
    order = parts.geometry.bounds.sort_values(["minx", "miny"]).index
    return parts.loc[order].reset_index(drop=True)


def _names(codes: Sequence[str]) -> Text:
    """Return the names of provincial units as one list."""
    units = [PROVINCIAL_UNITS[code] for code in codes]
    return Text(", ".join(unit.en for unit in units), "、".join(unit.zh for unit in units))


def _faults_of_codes(provinces: gpd.GeoDataFrame, *, has_codes: bool, file: str) -> list[Fault]:
    """Return the faults of missing, unknown and repeated codes."""
    if not has_codes:
        return [
            Fault(
                Text("the column adcode is missing", "缺少 adcode 列"),
                Text(
                    "give each of the 34 provincial units its six-digit code, as 110000",
                    "请为 34 个省级行政区逐一填写六位行政区划代码，例如 110000",
                ),
                file=file,
                column="adcode",
            )
        ]
    found = list(provinces["adcode"])
    missing = [code for code in PROVINCIAL_UNITS if code not in found]
    unknown = sorted({code for code in found if code not in PROVINCIAL_UNITS})
    repeated = sorted({code for code in found if found.count(code) > 1} - set(unknown))
    faults = []
    if missing:
        faults.append(
            Fault(
                Text(
                    "{n} of 34 provincial units are missing: {names}",
                    "34 个省级行政区缺少 {n} 个：{names}",
                ).filled(n=len(missing), names=_names(missing)),
                Text("add them: every map shows all 34", "请补全：每幅地图须包含全部 34 个"),
                file=file,
                column="adcode",
            )
        )
    if unknown:
        faults.append(
            Fault(
                Text(
                    "{n} codes are not those of provincial units",
                    "有 {n} 个代码不是省级行政区划代码",
                ).filled(n=len(unknown)),
                Text(
                    "keep provincial units only, with codes such as 110000",
                    "请只保留省级行政区，代码形如 110000",
                ),
                file=file,
                column="adcode",
                value=", ".join(unknown[:5]) + (", ..." if len(unknown) > 5 else ""),
            )
        )
    if repeated:
        faults.append(
            Fault(
                Text("more than one row for {names}", "{names} 对应多行").filled(
                    names=_names(repeated)
                ),
                Text(
                    "merge the parts of a unit into one multipolygon",
                    "请将同一行政区的各部分合并为一个多面要素",
                ),
                file=file,
                column="adcode",
                value=", ".join(repeated),
            )
        )
    return faults


def _faults_of_shapes(provinces: gpd.GeoDataFrame, file: str) -> list[Fault]:
    """Return a fault for each unit that is no valid, non-empty area."""
    faults = []
    for code, shape in zip(provinces["adcode"], provinces.geometry, strict=True):
        if code not in PROVINCIAL_UNITS:
            continue
        name = PROVINCIAL_UNITS[code]
        if shape is None or shape.is_empty or shape.geom_type not in {"Polygon", "MultiPolygon"}:
            problem = Text("{name} has no area", "{name}没有面状几何").filled(name=name)
            repair = Text("give it a polygon", "请提供面要素")
        elif not shape.is_valid:
            problem = Text(
                "the boundary of {name} is invalid: {reason}", "{name}的边界几何无效：{reason}"
            ).filled(name=name, reason=shapely.is_valid_reason(shape))
            repair = Text("repair it, for instance with make_valid", "请修复，例如使用 make_valid")
        else:
            continue
        faults.append(Fault(problem, repair, file=file, column="geometry", value=code))
    return faults


def _faults_of_extent(
    provinces: gpd.GeoDataFrame, dashes: gpd.GeoDataFrame, file: str
) -> list[Fault]:
    """Return the faults of coordinates that are not degrees and of missing islands."""
    west, south, east, north = FRAME_DEG
    faults = []
    boxes = pd.concat([provinces.geometry.bounds, dashes.geometry.bounds])
    outside = (
        (boxes["minx"] < west)
        | (boxes["maxx"] > east)
        | (boxes["miny"] < south)
        | (boxes["maxy"] > north)
    )
    if outside.any():
        return [
            Fault(
                Text(
                    "{n} shapes lie outside 72-137° E, 2-55° N",
                    "有 {n} 个要素超出东经 72-137°、北纬 2-55°",
                ).filled(n=int(outside.sum())),
                Text(
                    "check the coordinate system and the order longitude, latitude",
                    "请检查坐标系以及经度、纬度的顺序",
                ),
                file=file,
                column="geometry",
            )
        ]
    hainan = provinces[provinces["adcode"] == HAINAN]
    if len(hainan) and not hainan.geometry.bounds["miny"].min() < NANSHA_NORTH_LIMIT_DEG:
        faults.append(
            Fault(
                Text(
                    "Hainan has no island south of 12° N",
                    "海南省缺少北纬 12° 以南的岛礁",
                ),
                Text(
                    "add the islands of the South China Sea (Nansha) to Hainan",
                    "请在海南省中补充南沙群岛等南海诸岛",
                ),
                file=file,
                column="geometry",
                value=HAINAN,
            )
        )
    return faults


def _faults_of_dashes(dashes: gpd.GeoDataFrame, file: str) -> list[Fault]:
    """Return a fault if there are not ten dashes."""
    if len(dashes) == DASH_COUNT:
        return []
    return [
        Fault(
            Text(
                "{n} dashes of the ten-dash line instead of 10",
                "南海断续线有 {n} 段，应为 10 段",
            ).filled(n=len(dashes)),
            Text(
                'give ten lines with kind = "ten_dash_line"',
                '请提供十条 kind = "ten_dash_line" 的线要素',
            ),
            file=file,
            column="kind",
        )
    ]


def _source(path: Path, *, shipped: bool) -> Text:
    """Return whose boundaries a layer holds, from its own words where it has any."""
    own: dict[str, Any] = {}
    if path.suffix.lower() in {".geojson", ".json"}:
        # GDAL also reads one feature a line, which has no place for a source
        with suppress(ValueError):
            content = json.loads(path.read_text(encoding="utf-8-sig"))
            own = content if isinstance(content, dict) else {}
    english = own.get("source")
    if isinstance(english, str) and english:
        chinese = own.get("source_zh")
        return Text(english, chinese if isinstance(chinese, str) and chinese else english)
    if shipped:
        raise InputError(
            [
                Fault(
                    Text("the shipped layer names no source", "内置底图未注明来源"),
                    Text(
                        "rebuild it with data/basemap/build_basemap.py",
                        "请用 data/basemap/build_basemap.py 重新生成",
                    ),
                    file=path.name,
                )
            ]
        )
    return Text("file {file} of the user", "用户提供的文件 {file}").filled(file=path.name)
