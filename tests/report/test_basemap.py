from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from optimizer.errors import InputError
from optimizer.report.basemap import (
    ALBERS_CRS,
    DASH_KIND,
    PROVINCIAL_UNITS,
    Basemap,
    Frame,
    load_basemap,
)

FOLDER = Path(__file__).resolve().parents[2] / "data" / "basemap"
SHIPPED = FOLDER / "china.geojson"
Layer = dict[str, Any]


@pytest.fixture(scope="module")
def basemap() -> Basemap:
    return load_basemap(None, SHIPPED)


@pytest.fixture(scope="module")
def shipped_layer() -> Layer:
    return dict(json.loads(SHIPPED.read_text(encoding="utf-8")))


@pytest.fixture
def layer(shipped_layer: Layer) -> Layer:
    return copy.deepcopy(shipped_layer)


def write(layer: Layer, folder: Path) -> Path:
    path = folder / "mine.geojson"
    path.write_text(json.dumps(layer), encoding="utf-8")
    return path


def feature(layer: Layer, adcode: str) -> Layer:
    return next(one for one in layer["features"] if one["properties"].get("adcode") == adcode)


def unit(basemap: Basemap, adcode: str) -> shapely.Geometry:
    return basemap.provinces.set_index("adcode").geometry[adcode]


def test_shipped_layer_is_complete(basemap: Basemap) -> None:
    assert list(basemap.provinces["adcode"]) == list(PROVINCIAL_UNITS)
    assert len(PROVINCIAL_UNITS) == 34
    assert len(basemap.dashes) == 10
    assert basemap.provinces.geometry.is_valid.all()
    assert basemap.dashes.geometry.is_valid.all()
    assert basemap.provinces.crs == basemap.dashes.crs == "EPSG:4490"
    assert "天地图" in basemap.source.zh
    assert "Tianditu" in basemap.source.en


def test_shipped_file_is_small_and_says_what_each_feature_is(layer: Layer) -> None:
    assert SHIPPED.stat().st_size < 1_000_000
    kinds = [one["properties"]["kind"] for one in layer["features"]]
    assert kinds.count("province") == 34
    assert kinds.count(DASH_KIND) == 10
    for one in layer["features"][:34]:
        properties = one["properties"]
        name = PROVINCIAL_UNITS[properties["adcode"]]
        assert (properties["short"], properties["en"]) == (name.zh, name.en)
        assert properties["name"].startswith(name.zh)


def test_dashes_are_where_they_belong(basemap: Basemap) -> None:
    bounds = basemap.dashes.geometry.bounds
    assert bounds["minx"].is_monotonic_increasing
    # one dash stands east of Taiwan, one south of Zengmu Ansha
    assert bounds["miny"].iloc[-1] > 23
    assert bounds["miny"].min() < 4
    assert bounds["maxx"].iloc[-1] > 122
    assert bounds["minx"].iloc[0] < 109


@pytest.mark.parametrize("adcode", ["710000", "810000", "820000"])
def test_taiwan_hong_kong_and_macao_are_there(basemap: Basemap, adcode: str) -> None:
    assert unit(basemap, adcode).area > 0


def test_islands_of_the_seas_are_there(basemap: Basemap) -> None:
    hainan = shapely.get_coordinates(shapely.centroid(shapely.get_parts(unit(basemap, "460000"))))
    x, y = hainan.T
    assert (y < 12).sum() >= 50, "Nansha"
    assert ((x > 111) & (x < 113) & (y > 15.5) & (y < 17.3)).sum() >= 10, "Xisha"
    assert ((x > 117.5) & (x < 118) & (y > 15) & (y < 15.3)).any(), "Huangyan Dao"
    taiwan = shapely.get_coordinates(shapely.centroid(shapely.get_parts(unit(basemap, "710000"))))
    assert (taiwan[:, 0] > 123.4).any(), "Diaoyu Dao"


def test_simplification_keeps_areas(basemap: Basemap, layer: Layer) -> None:
    areas = basemap.provinces.set_index("adcode").to_crs(ALBERS_CRS).area / 1e6
    for adcode, area in areas.items():
        before = feature(layer, str(adcode))["properties"]["area_km2"]
        tolerance = {"820000": 0.03, "810000": 0.012}.get(str(adcode), 0.004)
        assert area == pytest.approx(before, rel=tolerance), adcode


@pytest.mark.parametrize(
    ("adcode", "published_km2"),
    [("650000", 1_664_900), ("510000", 486_000), ("440000", 179_700), ("610000", 205_600)],
)
def test_areas_agree_with_published_ones(
    basemap: Basemap, adcode: str, published_km2: float
) -> None:
    areas = basemap.provinces.set_index("adcode").to_crs(ALBERS_CRS).area / 1e6
    assert areas[adcode] == pytest.approx(published_km2, rel=0.025)


def test_neighbours_do_not_overlap(basemap: Basemap) -> None:
    shapes = basemap.provinces.to_crs(ALBERS_CRS).geometry
    assert shapes.union_all().area == pytest.approx(shapes.area.sum(), rel=1e-6)


@pytest.mark.parametrize(
    ("lon", "lat", "adcode"),
    [
        (115.5195, 40.4044, "130000"),
        (118.4295, 31.3526, "340000"),
        (113.5833, 24.8, "440000"),
        (104.0667, 30.6667, "510000"),
        (106.4365, 29.8274, "500000"),
        (111.8221, 40.3789, "150000"),
        (106.7167, 26.5833, "520000"),
        (107.7044, 35.7335, "620000"),
        (105.1907, 37.5113, "640000"),
        (114.1636, 22.3297, "810000"),
    ],
)
def test_places_lie_in_their_province(
    basemap: Basemap, lon: float, lat: float, adcode: str
) -> None:
    inside = basemap.provinces[basemap.provinces.contains(shapely.Point(lon, lat))]
    assert list(inside["adcode"]) == [adcode]


def test_frame_measures_in_points(basemap: Basemap) -> None:
    frame = Frame(west_m=-1000.0, south_m=0.0, metres_per_point=500.0)
    place = frame.places([105.0], [30.0])
    assert place.shape == (1, 2)
    assert place[0, 0] == pytest.approx(2.0, abs=1e-6)  # the middle meridian lies at 0 m
    beijing = frame.shapes(basemap.provinces)[0]
    inside = frame.places([116.4], [39.9])[0]
    assert shapely.contains_xy(beijing, *inside)


def problems(path: Path) -> dict[str, str]:
    """Return the English problem of each fault by column and value."""
    with pytest.raises(InputError) as caught:
        load_basemap(path, SHIPPED)
    assert all(fault.file and fault.repair.en and fault.repair.zh for fault in caught.value.faults)
    assert "mine" in caught.value.render("zh") or path.name in caught.value.render("zh")
    return {f"{one.column}={one.value}": one.problem.en for one in caught.value.faults}


def without_taiwan(layer: Layer) -> None:
    layer["features"].remove(feature(layer, "710000"))


def nine_dashes(layer: Layer) -> None:
    layer["features"].pop()


def without_codes(layer: Layer) -> None:
    for one in layer["features"]:
        one["properties"].pop("adcode", None)


def with_a_county(layer: Layer) -> None:
    county = copy.deepcopy(feature(layer, "110000"))
    county["properties"]["adcode"] = "110101"
    layer["features"].append(county)


def with_one_unit_twice(layer: Layer) -> None:
    layer["features"].append(copy.deepcopy(feature(layer, "310000")))


def with_a_bow_tie(layer: Layer) -> None:
    ring = [[116, 39], [117, 40], [117, 39], [116, 40], [116, 39]]
    feature(layer, "110000")["geometry"] = {"type": "Polygon", "coordinates": [ring]}


def with_a_unit_without_area(layer: Layer) -> None:
    feature(layer, "820000")["geometry"] = {"type": "Point", "coordinates": [113.5, 22.2]}


def without_nansha(layer: Layer) -> None:
    geometry = feature(layer, "460000")["geometry"]
    geometry["coordinates"] = [
        part for part in geometry["coordinates"] if min(y for _, y in part[0]) > 12
    ]


def swapped(layer: Layer) -> None:
    for one in layer["features"][34:]:
        one["geometry"]["coordinates"] = [[y, x] for x, y in one["geometry"]["coordinates"]]


@pytest.mark.parametrize(
    ("damage", "place", "words"),
    [
        (without_taiwan, "adcode=", "1 of 34 provincial units are missing: Taiwan"),
        (nine_dashes, "kind=", "9 dashes of the ten-dash line instead of 10"),
        (without_codes, "adcode=", "the column adcode is missing"),
        (with_a_county, "adcode=110101", "1 codes are not those of provincial units"),
        (with_one_unit_twice, "adcode=310000", "more than one row for Shanghai"),
        (with_a_bow_tie, "geometry=110000", "the boundary of Beijing is invalid"),
        (with_a_unit_without_area, "geometry=820000", "Macao has no area"),
        (without_nansha, "geometry=460000", "Hainan has no island south of 12° N"),
        (swapped, "geometry=", "shapes lie outside"),
    ],
)
def test_a_broken_layer_is_refused(
    layer: Layer, tmp_path: Path, damage: Callable[[Layer], None], place: str, words: str
) -> None:
    damage(layer)
    found = problems(write(layer, tmp_path))
    assert list(found) == [place]
    assert words in found[place]


def test_all_faults_are_listed_at_once(layer: Layer, tmp_path: Path) -> None:
    for damage in (without_taiwan, nine_dashes, without_nansha, with_a_bow_tie):
        damage(layer)
    assert len(problems(write(layer, tmp_path))) == 4


def test_files_that_are_no_layer_are_refused(tmp_path: Path) -> None:
    assert "does not exist" in problems(tmp_path / "none.geojson")["="]
    text = tmp_path / "mine.geojson"
    text.write_text("no boundaries", encoding="utf-8")
    assert "no boundary layer" in problems(text)["="]
    table = tmp_path / "mine.csv"
    table.write_text("adcode,kind\n110000,province\n", encoding="utf-8")
    assert "no shapes" in problems(table)["="]


@pytest.mark.filterwarnings("ignore")  # GDAL warns of the ring before GEOS refuses it
def test_a_layer_that_breaks_the_reader_is_refused(layer: Layer, tmp_path: Path) -> None:
    feature(layer, "110000")["geometry"]["coordinates"] = [[[[116, 39], [117, 40]]]]
    assert "no boundary layer" in problems(write(layer, tmp_path))["="]


def test_one_feature_a_line_is_read(layer: Layer, tmp_path: Path) -> None:
    path = tmp_path / "mine.geojson"
    lines = [json.dumps(one) for one in layer["features"]]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert load_basemap(path, SHIPPED).source.en == "file mine.geojson of the user"


def test_a_layer_without_coordinate_system_is_refused(basemap: Basemap, tmp_path: Path) -> None:
    path = tmp_path / "mine.gpkg"
    bare = gpd.GeoDataFrame(
        {"adcode": basemap.provinces["adcode"]}, geometry=basemap.provinces.geometry.to_numpy()
    )
    with pytest.warns(UserWarning, match="crs"):
        bare.to_file(path)
    assert "coordinate system" in problems(path)["="]


def test_a_geopackage_with_layers_and_other_types_is_read(basemap: Basemap, tmp_path: Path) -> None:
    path = tmp_path / "mine.gpkg"
    provinces = basemap.provinces[["adcode", "geometry"]].to_crs("EPSG:3857")
    provinces["adcode"] = provinces["adcode"].astype(int)
    provinces.to_file(path, layer="provinces")
    one_feature = gpd.GeoDataFrame(
        {"kind": [DASH_KIND]}, geometry=[basemap.dashes.geometry.union_all()], crs="EPSG:4490"
    )
    one_feature.to_file(path, layer="dashes")
    mine = load_basemap(path, SHIPPED)
    assert list(mine.provinces["adcode"]) == list(PROVINCIAL_UNITS)
    assert len(mine.dashes) == 10
    assert mine.source.en == "file mine.gpkg of the user"
    assert mine.source.zh == "用户提供的文件 mine.gpkg"


def test_a_layer_may_name_its_source(layer: Layer, tmp_path: Path) -> None:
    layer["source"] = "my own survey"
    del layer["source_zh"]
    assert load_basemap(write(layer, tmp_path), SHIPPED).source.zh == "my own survey"
    del layer["source"]
    path = write(layer, tmp_path)
    assert load_basemap(path, SHIPPED).source.zh == "用户提供的文件 mine.geojson"
    with pytest.raises(InputError):
        load_basemap(None, path)


@pytest.mark.long
def test_a_rebuild_gives_the_shipped_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Needs the dependency group basemap: uv run --group basemap pytest -m long
    monkeypatch.syspath_prepend(str(FOLDER))
    build: Any = __import__("build_basemap")
    for make in (build.write_boundaries, build.write_font, build.write_font_licence):
        made = make(tmp_path)
        assert made.read_bytes() == (FOLDER / made.name).read_bytes(), made.name
    sys.modules.pop("build_basemap")
