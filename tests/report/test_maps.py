from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Wedge
from PIL import Image

from optimizer.labels import Language, Text
from optimizer.report.basemap import PROVINCIAL_UNITS, Basemap, load_basemap
from optimizer.report.fonts import plan_font
from optimizer.report.map_content import SCALES, Layer, class_colours, megawatts, short_number
from optimizer.report.map_pictures import draw_plan_map
from optimizer.report.maps import INSET_BOX, MapContent, plan_figure

FOLDER = Path(__file__).resolve().parents[2] / "data" / "basemap"
FONT = FOLDER / "NotoSansSC-subset.otf"

CLUSTERS = [  # invented loads at real places
    ("zjk", "张家口集群", "Zhangjiakou", 115.52, 40.40, 20.0, 90.0, 10.0, 60.0),
    (
        "yrd",
        "长三角示范区集群",
        "Yangtze Delta Demonstration Zone",
        120.90,
        31.10,
        0.0,
        0.0,
        0.0,
        0.0,
    ),
    ("wuhu", "芜湖集群", "Wuhu", 118.43, 31.35, 10.0, 150.0, 5.0, 40.0),
    ("sg", "韶关集群", "Shaoguan", 113.58, 24.80, 0.0, 190.0, 0.0, 0.0),
    ("tf", "天府集群", "Tianfu", 104.07, 30.67, 200.0, 60.0, 30.0, 110.0),
    ("cq", "重庆集群", "Chongqing", 106.44, 29.83, 60.0, 100.0, 5.0, 0.0),
    ("hlge", "和林格尔集群", "Horinger", 111.82, 40.38, 480.0, 80.0, 40.0, 300.0),
    ("ga", "贵安集群", "Gui'an", 106.72, 26.58, 240.0, 50.0, 20.0, 100.0),
    ("qy", "庆阳集群", "Qingyang", 107.70, 35.73, 300.0, 40.0, 10.0, 5.5),
    ("zw", "中卫集群", "Zhongwei", 105.19, 37.51, 310.0, 30.0, 20.0, 200.0),
]
METROS = [
    ("bj", "北京", "Beijing", 116.40, 39.90, 0.0, 75.0, 5.0, 5.0),
    ("tj", "天津", "Tianjin", 117.20, 39.13, 0.0, 12.0, 0.0, 0.0),
    ("sh", "上海", "Shanghai", 121.46, 31.22, 0.0, 60.0, 2.0, 5.0),
    ("nj", "南京", "Nanjing", 118.78, 32.06, 0.0, 30.0, 0.0, 0.0),
    ("hz", "杭州", "Hangzhou", 120.17, 30.26, 0.0, 40.0, 1.0, 0.0),
    ("cd", "成都", "Chengdu", 104.07, 30.67, 0.0, 20.0, 0.0, 0.0),
    ("cqm", "重庆", "Chongqing city", 106.55, 29.56, 0.0, 18.0, 0.0, 0.0),
    ("gz", "广州", "Guangzhou", 113.25, 23.12, 0.0, 50.0, 0.0, 0.0),
    ("wlmq", "乌鲁木齐", "Urumqi", 87.58, 43.80, 0.0, 2.0, 0.0, 0.0),
    ("ls", "拉萨", "Lhasa", 91.11, 29.66, 0.0, 0.0, 0.0, 0.0),
    ("hrb", "哈尔滨", "Harbin", 126.64, 45.76, 0.0, 4.0, 0.0, 0.0),
]


SOURCE_EN = (
    "Boundaries: Tianditu (National Platform for Common Geospatial Information Services). "
    "Sketch map; public release in China needs its own map review."
)


def make_content() -> MapContent:
    columns = ["site", "name_zh", "name_en", "lon", "lat"]
    columns += ["training_mw", "inference_mw", "batch_mw", "new_it_mw"]
    sites = pd.DataFrame(CLUSTERS + METROS, columns=columns)
    sites["is_cluster"] = [True] * len(CLUSTERS) + [False] * len(METROS)
    targets = ["hlge", "zw", "ga", "wuhu", "sg"]
    flows = pd.DataFrame(
        [
            (metro[3], metro[4], target, 10.0 * (row + 1) * (column + 1))
            for row, metro in enumerate(METROS)
            for column, target in enumerate(targets)
        ],
        columns=["origin_lon", "origin_lat", "site", "value"],
    )
    mainland = [code for code in PROVINCIAL_UNITS if code < "700000"]
    values = {code: 10.0 + 2.0 * place for place, code in enumerate(mainland)}
    return MapContent(
        title=Text("Where the work runs in 2026", "2026 年负载布局方案"),
        subtitle=Text("Invented numbers", "数字为虚构"),
        layer="green_share",
        layer_label=Text("Green-power share", "绿电占比"),
        layer_unit=Text("%", "%"),
        layer_values={**values, "810000": math.nan},
        sites=sites,
        flows=flows,
        flow_label=Text("Peak bandwidth", "峰值带宽"),
        flow_unit=Text("Gbit/s", "Gbit/s"),
        footnote=Text("A made-up case.", "虚构算例。"),
        second_lines={"hlge": Text("600 MW (+300 new)", "600 MW（新建 +300）")},
    )


@pytest.fixture(scope="module")
def basemap() -> Basemap:
    return load_basemap(None, FOLDER / "china.geojson")


@pytest.fixture(scope="module")
def content() -> MapContent:
    return make_content()


@pytest.fixture(scope="module", params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> Language:
    return "zh" if request.param == "zh" else "en"


@pytest.fixture(scope="module")
def figure(content: MapContent, basemap: Basemap, language: Language) -> Figure:
    return plan_figure(content, basemap, FONT, language)


def named(artists: Iterable[Any], prefix: str) -> list[Any]:
    return [one for one in artists if (one.get_gid() or "").startswith(prefix)]


def axes_of(figure: Figure) -> tuple[Axes, Axes]:
    main, inset = figure.axes
    assert (main.get_label(), inset.get_label()) == ("main", "inset")
    return main, inset


def words(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_all_units_and_dashes_are_on_both_maps(figure: Figure) -> None:
    for axes in axes_of(figure):
        units = {one.get_gid() for one in named(axes.get_children(), "province:")}
        assert units == {f"province:{code}" for code in PROVINCIAL_UNITS}
        assert len(named(axes.get_children(), "province:")) == 34
        assert len(named(axes.lines, "dash:")) == 10
        assert all(line.get_visible() for line in named(axes.lines, "dash:"))


def test_inset_shows_all_dashes_and_the_islets(figure: Figure) -> None:
    _, inset = axes_of(figure)
    west, south, east, north = INSET_BOX
    lines = named(inset.lines, "dash:") + named(inset.lines, "islets")
    for line in lines:
        x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
        inside = (x > west) & (x < east) & (y > south) & (y < north)
        # islets north of the frame belong to the main map, dashes are all in the inset
        assert inside.all() or line.get_gid() == "islets"
        assert inside.sum() > (100 if line.get_gid() == "islets" else 0)


def test_inset_hides_nothing_of_the_main_map(figure: Figure) -> None:
    main, _ = axes_of(figure)
    west, south, east, north = INSET_BOX
    for line in named(main.lines, "dash:"):
        x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
        assert not ((x > west) & (x < east) & (y > south) & (y < north)).any()
    for patch in named(main.get_children(), "province:"):
        x, y = patch.get_path().vertices.T
        assert not ((x > west) & (x < east) & (y > south) & (y < north)).any()


def test_units_without_a_number_are_hatched(figure: Figure, content: MapContent) -> None:
    main, _ = axes_of(figure)
    for patch in named(main.get_children(), "province:"):
        known = math.isfinite(content.layer_values.get(patch.get_gid()[9:], math.nan))
        assert (patch.get_hatch() is None) == known


def test_classes_follow_the_numbers(figure: Figure, content: MapContent) -> None:
    main, _ = axes_of(figure)
    colours = class_colours(SCALES["green_share"].colours, 7)
    patches = {one.get_gid()[9:]: one for one in named(main.get_children(), "province:")}
    for code, value in content.layer_values.items():
        if math.isfinite(value):
            rank = sum(value >= limit for limit in SCALES["green_share"].breaks)
            red, green, blue, _ = patches[code].get_facecolor()
            shown = "#" + "".join(f"{round(255 * part):02x}" for part in (red, green, blue))
            assert shown == colours[rank]


def test_pies_have_a_slice_for_each_work_and_areas_of_their_load(
    figure: Figure, content: MapContent
) -> None:
    main, _ = axes_of(figure)
    slices = {str(one.get_gid()): one for one in main.patches if isinstance(one, Wedge)}
    kinds = ("training", "inference", "batch")
    table = content.sites.set_index("site")
    loads = {
        site: {kind: float(table[f"{kind}_mw"][site]) for kind in kinds} for site in table.index
    }
    pies = {gid.split(":")[1] for gid in slices}
    dots = {one.get_gid()[4:] for one in named(main.patches, "dot:")}
    rings = {one.get_gid()[5:] for one in named(main.patches, "ring:")}
    assert pies | dots | rings == set(loads)
    assert rings == {"yrd", "ls"}
    assert dots == {"tj", "wlmq", "hrb"}
    for site in pies:
        total = sum(loads[site].values())
        expected = {f"pie:{site}:{kind}" for kind in kinds if loads[site][kind] > 0}
        assert {gid for gid in slices if gid.startswith(f"pie:{site}:")} == expected
        for gid in expected:
            wedge = slices[gid]
            # the largest, of 600 MW, has a radius of 21 points
            assert wedge.r**2 / 21.0**2 == pytest.approx(total / 600.0)
            share = (wedge.theta2 - wedge.theta1) / 360.0
            assert share == pytest.approx(loads[site][gid.rsplit(":", 1)[1]] / total)


def circles(axes: Axes) -> dict[str, tuple[float, float, float]]:
    """Return centre and radius of each pie, dot and ring."""
    found = {}
    for patch in axes.patches:
        gid = patch.get_gid() or ""
        if gid.startswith(("pie:", "dot:", "ring:")):
            shape: Any = patch
            radius = shape.r if isinstance(patch, Wedge) else shape.radius
            found[gid.split(":")[1]] = (*shape.center, radius)
    return found


def test_sites_do_not_hide_each_other(figure: Figure) -> None:
    places = circles(axes_of(figure)[0])
    assert len(places) == len(CLUSTERS) + len(METROS)
    for one, other in itertools.combinations(places.values(), 2):
        assert math.dist(one[:2], other[:2]) >= one[2] + other[2]


def test_moved_sites_are_tied_to_their_place(figure: Figure) -> None:
    main, _ = axes_of(figure)
    assert named(main.lines, "leader")  # Tianfu and Chengdu share one place


def test_labels_cover_neither_each_other_nor_sites(figure: Figure) -> None:
    main, _ = axes_of(figure)
    canvas: Any = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()
    to_points = main.transData.inverted()
    boxes = {}
    for text in main.texts:
        gid = str(text.get_gid())
        if gid.startswith(("label:", "name:")):
            corners = to_points.transform(text.get_window_extent(renderer))
            boxes[gid] = (*corners[0], *corners[1])
    for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
        width = min(a[2], b[2]) - max(a[0], b[0])
        height = min(a[3], b[3]) - max(a[1], b[1])
        assert width < 1.0 or height < 2.0, (one, other)
    for gid, (west, south, east, north) in boxes.items():
        assert west > 0, gid
        assert east < 792, gid
        for site, (x, y, radius) in circles(main).items():
            nearest = (min(max(x, west), east), min(max(y, south + 2), north - 2))
            assert math.dist(nearest, (x, y)) > radius - 1.0, (gid, site)


def test_clusters_and_the_largest_other_sites_are_named(figure: Figure, language: Language) -> None:
    main, _ = axes_of(figure)
    labels = {one.get_gid()[6:]: one.get_text() for one in named(main.texts, "label:")}
    clusters = {cluster[0] for cluster in CLUSTERS}
    assert set(labels) == clusters | {"bj", "sh", "gz", "hz", "nj", "cd"}
    expected = {"en": "Horinger\n600 MW (+300 new)", "zh": "和林格尔集群\n600 MW（新建 +300）"}
    assert labels["hlge"] == expected[language]
    assert labels["bj"] == {"en": "Beijing 80 MW", "zh": "北京 80 MW"}[language]
    assert "MW" not in labels["yrd"]
    assert labels["cq"].endswith("165 MW")


def test_flows_are_the_largest_and_as_wide_as_their_value(
    figure: Figure, content: MapContent, language: Language
) -> None:
    main, _ = axes_of(figure)
    flows = named(main.patches, "flow:")
    assert len(flows) == content.largest_flows == 25
    expected = {"en": "largest 25 of 55", "zh": "最大 25 条，共 55 条"}
    assert expected[language] in words(figure)


def test_notes_and_legends_are_there(figure: Figure, language: Language) -> None:
    shown = words(figure)
    expected = {
        "en": [
            "Where the work runs in 2026",
            "Invented numbers",
            "A made-up case.\n" + SOURCE_EN,
            "South China Sea Islands",
            "training",
            "Green-power share (%)",
            "no data",
            "Taiwan",
        ],
        "zh": [
            "2026 年负载布局方案",
            "数字为虚构",
            (
                "虚构算例。\n底图数据：天地图（国家地理信息公共服务平台）。示意图，公开发布须另行送"
                "审。"
            ),
            "南海诸岛",
            "训练",
            "绿电占比（%）",
            "无数据",
            "台湾",
        ],
    }
    for text in expected[language]:
        assert text in shown


def test_no_text_runs_off_the_picture(figure: Figure) -> None:
    canvas: Any = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()
    width, height = figure.bbox.width, figure.bbox.height
    for axes in figure.axes:
        for text in axes.texts:
            box = text.get_window_extent(renderer)
            assert box.x0 >= 0, text.get_text()
            assert box.y0 >= 0, text.get_text()
            assert box.x1 <= width, text.get_text()
            assert box.y1 <= height, text.get_text()


def test_the_same_content_in_any_order_gives_the_same_bytes(
    content: MapContent, basemap: Basemap, language: Language, tmp_path: Path
) -> None:
    # warnings are errors here, so a character without a glyph would fail
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    draw_plan_map(content, basemap, FONT, first, language)
    shuffled = dataclasses.replace(
        make_content(),
        sites=content.sites.sample(frac=1.0, random_state=1),
        flows=content.flows.sample(frac=1.0, random_state=2),
        layer_values=dict(reversed(list(content.layer_values.items()))),
    )
    draw_plan_map(shuffled, basemap, FONT, second, language)
    assert first.read_bytes() == second.read_bytes()
    with Image.open(first) as picture:
        assert picture.size == (1430, 1083)
        assert set(picture.info) == {"dpi"}


def test_flows_of_one_way_are_one_arrow(content: MapContent, basemap: Basemap) -> None:
    twice = dataclasses.replace(content, flows=pd.concat([content.flows] * 2))
    flows = named(axes_of(plan_figure(twice, basemap, FONT, "en", dpi=50))[0].patches, "flow:")
    assert len(flows) == 25
    ends = [tuple(one.get_path().vertices[0].round(3)) for one in flows]
    assert len(set(ends)) == len(ends)


def test_bare_contents_are_drawn(content: MapContent, basemap: Basemap) -> None:
    nothing = dataclasses.replace(
        content, sites=content.sites.iloc[:0], flows=content.flows.iloc[:0], layer_values={}
    )
    figure = plan_figure(nothing, basemap, FONT, "zh", dpi=50)
    main, _ = axes_of(figure)
    assert not named(main.patches, "pie:")
    assert all(one.get_hatch() for one in named(main.get_children(), "province:"))
    idle = content.sites.assign(training_mw=0.0, inference_mw=0.0, batch_mw=0.0)
    figure = plan_figure(
        dataclasses.replace(content, sites=idle, breaks=(20.0,)), basemap, FONT, "en", dpi=50
    )
    assert len(named(axes_of(figure)[0].patches, "ring:")) == len(idle)


def test_a_long_footnote_makes_the_picture_taller(content: MapContent, basemap: Basemap) -> None:
    long = dataclasses.replace(content, footnote=Text("word " * 300, "字" * 600))
    figure = plan_figure(long, basemap, FONT, "zh", dpi=50)
    assert figure.get_size_inches()[1] * 72 > 620
    test_no_text_runs_off_the_picture(figure)


@pytest.mark.parametrize(
    ("change", "words_of_error"),
    [
        ({"layer_values": {"999999": 1.0}}, "unknown provincial"),
        ({"breaks": (30.0, 20.0)}, "ascend"),
        (
            {"sites": pd.DataFrame(make_content().sites).assign(batch_mw=-1.0)},
            "sites hold negative",
        ),
        ({"sites": pd.DataFrame(make_content().sites).assign(lon=math.nan)}, "sites hold"),
        ({"flows": pd.DataFrame(make_content().flows).assign(value=math.nan)}, "flows hold"),
        ({"flows": pd.DataFrame(make_content().flows).assign(site="nowhere")}, "unknown sites"),
        ({"sites": pd.concat([make_content().sites] * 2)}, "repeated"),
    ],
)
def test_wrong_content_is_refused(
    content: MapContent, change: dict[str, Any], words_of_error: str
) -> None:
    with pytest.raises(ValueError, match=words_of_error):
        dataclasses.replace(content, **change)


def test_a_glyph_that_no_font_has_is_reported(content: MapContent, basemap: Basemap) -> None:
    title = Text("Plan", "方案\U00020bb7")
    with plan_font(FONT), pytest.warns(UserWarning, match="missing from font"):
        plan_figure(dataclasses.replace(content, title=title), basemap, FONT, "zh", dpi=50)


@pytest.mark.parametrize("layer", get_args(Layer))
def test_scales_fall_steadily_in_lightness(layer: Layer) -> None:
    scale = SCALES[layer]
    shades = class_colours(scale.colours, len(scale.breaks) + 1)
    lightness = [
        sum(weight * int(shade[at : at + 2], 16) for weight, at in ((0.3, 1), (0.59, 3), (0.11, 5)))
        for shade in shades
    ]
    assert all(one - other > 4 for one, other in itertools.pairwise(lightness))
    assert list(scale.breaks) == sorted(scale.breaks)


def test_numbers_are_short() -> None:
    assert [megawatts(value) for value in (0.0, 0.04, 2.0, 2.46, 9.96, 1234.4)] == [
        "0",
        "<0.1",
        "2",
        "2.5",
        "10",
        "1,234",
    ]
    assert [short_number(value) for value in (0.05, 2.0, 37.4, 1240.0)] == [
        "0.05",
        "2",
        "37",
        "1,240",
    ]
