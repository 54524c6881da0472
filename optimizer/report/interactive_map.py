"""The interactive map: layers of provinces, pies at the sites, flows, and the site panels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import numpy as np
import pandas as pd

from optimizer.labels import WORKLOAD_KINDS, Language, Text
from optimizer.plan.geodata import service_flows
from optimizer.report.basemap import Basemap
from optimizer.report.charts import INK, finished
from optimizer.report.map_content import WORKLOAD_COLOURS, class_colours
from optimizer.report.map_labels import LABEL_SIDES, placed_labels
from optimizer.report.map_layers import MAP_LAYERS, layer_values
from optimizer.report.map_shapes import (
    PLANE,
    curve,
    dash_features,
    islands,
    province_features,
    wedge,
)
from optimizer.report.maps import INSET_NAME, NO_DATA_COLOUR
from optimizer.report.mean_day import mean_day
from optimizer.report.names import names_of
from optimizer.report.report_run import View

LARGEST_RADIUS_KM, SMALLEST_RADIUS_KM = 165.0, 30.0
SHOWN_FLOWS: Final = 40
FLOW_COLOUR: Final = "#31446b"
SEA: Final = (1010.0, 1400.0)
"""Place of the name of the South China Sea Islands on the plane, in kilometres."""

REGION_UNDER_SITE_KM: Final = 25.0


def map_datasets(views: Sequence[View], basemap: Basemap) -> dict[str, Any]:
    """Return the data of the map by name, the same for both languages.

    Parameters
    ----------
    views
        Everything that may be chosen: each period of each run.
    basemap
        The boundaries.
    """
    largest = max((float(_loads(view)["load"].max()) for view in views), default=0.0)
    pies: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    flows: list[dict[str, Any]] = []
    hours: list[dict[str, Any]] = []
    for view in views:
        of_view, names = _pies(view, largest)
        pies += of_view
        labels += names
        flows += _flows(view)
        hours += _hours(view)
    return {
        "provinces": province_features(basemap),
        "dashes": dash_features(basemap),
        "islands": islands(basemap),
        "layers": _layers(views),
        "pies": pies,
        "labels": labels,
        "flows": flows,
        "hours": hours,
    }


def _loads(view: View) -> pd.DataFrame:
    """Return the mean load of the kinds of work at each site, with places on the plane."""
    sites = view.case.tables["sites"].frame[["site", "lon", "lat", "is_cluster"]]
    frame = sites.merge(view.rows("sites"), on="site")
    places = PLANE.places(frame["lon"], frame["lat"])
    columns = [f"{kind}_mw" for kind in WORKLOAD_KINDS]
    return frame.assign(x=places[:, 0], y=places[:, 1], load=frame[columns].sum(axis=1))


def _pies(view: View, largest: float) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the slices and the names of the sites with load, the largest sites first."""
    frame = _loads(view)
    frame = frame[frame["load"] > 0.0].sort_values(["load", "site"], ascending=[False, True])
    names = names_of(view.case, "sites", "site")
    slices, labels = [], []
    for row in frame.to_dict("records"):
        site, load = str(row["site"]), float(row["load"])
        radius = max(SMALLEST_RADIUS_KM, LARGEST_RADIUS_KM * math.sqrt(load / largest))
        centre = np.array([float(row["x"]), float(row["y"])])
        start = 0.0
        for kind in WORKLOAD_KINDS:
            share = float(row[f"{kind}_mw"]) / load
            if share <= 0.0:
                continue
            properties = {
                "view": view.name,
                "site": site,
                "kind": kind,
                "mw": round(float(row[f"{kind}_mw"]), 2),
                "load": round(load, 2),
                "new": round(float(row["new_it_mw"]), 2),
                "en": names[site].en,
                "zh": names[site].zh,
            }
            slices.append(
                {
                    "type": "Feature",
                    "properties": properties,
                    "geometry": wedge(centre, radius, start, share),
                }
            )
            start += share
        if row["is_cluster"]:
            labels.append(
                {
                    "view": view.name,
                    "x": float(row["x"]),
                    "y": float(row["y"]),
                    "radius": radius,
                    "en": names[site].en,
                    "zh": names[site].zh,
                }
            )
    return slices, placed_labels(labels)


def _flows(view: View) -> list[dict[str, Any]]:
    flows = service_flows(view.case, view.plan)
    starts = PLANE.places(flows["origin_lon"], flows["origin_lat"])
    ends = PLANE.places(flows["lon"], flows["lat"])
    apart = np.hypot(*(ends - starts).T) > REGION_UNDER_SITE_KM
    order = flows[apart].sort_values(["peak_gbps", "region", "site"], ascending=[False, True, True])
    sites, regions = names_of(view.case, "sites", "site"), names_of(view.case, "regions", "region")
    features = []
    for place, row in order.head(SHOWN_FLOWS).iterrows():
        region, site = regions[str(row["region"])], sites[str(row["site"])]
        properties = {
            "view": view.name,
            "site": str(row["site"]),
            "gbps": round(float(row["peak_gbps"]), 2),
            "en": f"{region.en} → {site.en}",
            "zh": f"{region.zh} → {site.zh}",
        }
        number = flows.index.get_loc(place)
        features.append(
            {
                "type": "Feature",
                "properties": properties,
                "geometry": curve(starts[number], ends[number]),
            }
        )
    return features


def _hours(view: View) -> list[dict[str, Any]]:
    """Return the mean day of each site: metered load, and what the grid gives of it."""
    frame = mean_day(view)
    return [
        {
            "view": view.name,
            "site": str(row["site"]),
            "hour": int(row["hour"]),
            "series": series,
            "mw": round(float(row[series]), 3),
        }
        for row in frame.to_dict("records")
        for series in HOUR_SERIES
    ]


def _layers(views: Sequence[View]) -> list[dict[str, Any]]:
    """Return value and colour of every province in every layer and view."""
    rows = []
    for view in views:
        for layer, definition in MAP_LAYERS.items():
            colours = class_colours(definition.ramp, len(definition.breaks) + 1)
            for adcode, value in layer_values(view, layer).items():
                rows.append(
                    {
                        "key": f"{adcode}|{view.name}|{layer}",
                        "value": round(value, 4),
                        "colour": colours[
                            int(np.searchsorted(definition.breaks, value, side="right"))
                        ],
                    }
                )
    return rows


def map_specification(language: Language, first_view: str) -> dict[str, Any]:
    """Return the map; its data are given by name.

    Parameters
    ----------
    language
        Language of all text.
    first_view
        The view that is shown first.
    """
    signals = [
        alt.param(name="view", value=first_view),
        alt.param(name="layer", value="price"),
        alt.param(name="flows_shown", value="yes"),
        alt.param(name="picked", value=""),
    ]
    name = f"datum.properties.{language}"
    provinces = (
        alt.Chart(alt.NamedData(name="provinces"), name="provinces")
        .mark_geoshape(stroke="#8d959e", strokeWidth=0.6)
        .transform_calculate(key="datum.properties.adcode + '|' + view + '|' + layer", name=name)
        .transform_lookup(
            lookup="key",
            from_=alt.LookupData(
                alt.NamedData(name="layers"), key="key", fields=["value", "colour"]
            ),
        )
        .transform_calculate(
            colour=f"datum.colour || '{NO_DATA_COLOUR}'",
            shown="isValid(datum.value) ? format(datum.value, ',.3~f') : "
            f"'{_say(NO_DATA, language)}'",
        )
        .encode(
            color=alt.Color("colour:N", scale=None, legend=None),
            tooltip=[
                alt.Tooltip("name:N", title=_say(Text("province", "省份"), language)),
                alt.Tooltip("shown:N", title=_say(Text("value", "数值"), language)),
            ],
        )
    )
    dashes = alt.Chart(alt.NamedData(name="dashes"), name="dashes").mark_geoshape(
        filled=False, stroke="#4a5058", strokeWidth=1.4
    )
    dots = (
        alt.Chart(alt.NamedData(name="islands"), name="islands")
        .mark_circle(size=3, color="#4a5058", opacity=1.0, tooltip=None)
        .encode(longitude="x:Q", latitude="y:Q")
    )
    flows = (
        alt.Chart(alt.NamedData(name="flows"), name="flows")
        .mark_geoshape(filled=False, stroke=FLOW_COLOUR)
        .transform_filter("datum.properties.view == view && flows_shown == 'yes'")
        .transform_calculate(name=name, gbps="datum.properties.gbps")
        .encode(
            strokeWidth=alt.StrokeWidth(
                "gbps:Q", scale=alt.Scale(type="sqrt", range=[0.8, 6.0], zero=True), legend=None
            ),
            strokeOpacity=alt.condition(
                "picked == '' || datum.properties.site == picked", alt.value(0.6), alt.value(0.12)
            ),
            tooltip=[
                alt.Tooltip("name:N", title=_say(Text("flow", "流向"), language)),
                alt.Tooltip("gbps:Q", title=_say(GBPS, language), format=",.4~g"),
            ],
        )
    )
    kinds = " : ".join(
        f"datum.properties.kind == '{kind}' ? '{_say(text, language)}'"
        for kind, text in WORKLOAD_KINDS.items()
    )
    pies = (
        alt.Chart(alt.NamedData(name="pies"), name="pies")
        .mark_geoshape(cursor="pointer")
        .transform_filter("datum.properties.view == view")
        .transform_calculate(
            name=name,
            kind="datum.properties.kind",
            kind_name=f"{kinds} : ''",
            mw="datum.properties.mw",
            load="datum.properties.load",
            new="datum.properties.new",
        )
        .encode(
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(
                    domain=list(WORKLOAD_COLOURS), range=list(WORKLOAD_COLOURS.values())
                ),
                legend=None,
            ),
            stroke=alt.condition(
                "datum.properties.site == picked", alt.value(INK), alt.value("white")
            ),
            strokeWidth=alt.condition(
                "datum.properties.site == picked", alt.value(1.8), alt.value(0.7)
            ),
            tooltip=[
                alt.Tooltip("name:N", title=_say(Text("site", "站点"), language)),
                alt.Tooltip("kind_name:N", title=_say(Text("work", "工作"), language)),
                alt.Tooltip("mw:Q", title=_say(MEAN_MW, language), format=",.4~g"),
                alt.Tooltip("load:Q", title=_say(SITE_MW, language), format=",.4~g"),
                alt.Tooltip("new:Q", title=_say(NEW_MW, language), format=",.4~g"),
            ],
        )
    )
    sea = (
        alt.Chart(alt.InlineData(values=[{"x": SEA[0], "y": SEA[1]}]), name="sea")
        .mark_text(
            text=_say(INSET_NAME, language),
            color="#565e69",
            fontStyle="italic" if language == "en" else "normal",
            fontSize=alt.ExprRef("width < 480 ? 7.5 : 11.5"),
            tooltip=None,
        )
        .encode(longitude="x:Q", latitude="y:Q")
    )
    names = [
        _label_layer(side, language, halo=halo) for halo in (True, False) for side in LABEL_SIDES
    ]
    chart = (
        alt.layer(provinces, dashes, dots, sea, flows, pies, *names)
        .resolve_scale(color="independent", strokeWidth="independent")
        .resolve_legend(color="independent")
        .add_params(*signals)
        .project(type="identity", reflectY=True)
        .properties(autosize=alt.AutoSizeParams(type="none"), padding=2)
    )
    return finished(chart, language)


def _label_layer(side: str, language: Language, *, halo: bool) -> Any:  # noqa: ANN401
    """Return the names on one side of their pies; a white rim below them keeps them readable."""
    align, baseline, dx, dy = LABEL_SIDES[side]
    rim: dict[str, Any] = (
        {"stroke": "white", "strokeWidth": 3, "strokeJoin": "round"} if halo else {"color": INK}
    )
    return (
        alt.Chart(alt.NamedData(name="labels"), name=f"{'rims' if halo else 'names'}_{side}")
        .transform_filter(f"datum.view == view && datum.side == '{side}'")
        .mark_text(
            align=align,
            baseline=baseline,
            dx=dx,
            dy=dy,
            fontSize=alt.ExprRef("width < 480 ? 7.5 : 11.5"),
            lineBreak="\n",
            tooltip=None,
            **rim,
        )
        .encode(longitude="x:Q", latitude="y:Q", text=f"{language}:N")
    )


def hours_specification(language: Language, first_view: str) -> dict[str, Any]:
    """Return the chart of one site's mean day; view and site are signals."""
    series = {name: _say(text, language) for name, text in HOUR_SERIES.items()}
    chosen = " : ".join(f"datum.series == '{name}' ? '{text}'" for name, text in series.items())
    chart = (
        alt.Chart(alt.NamedData(name="hours"), name="hours")
        .mark_line(strokeWidth=2.2)
        .transform_filter("datum.view == view && datum.site == picked")
        .transform_calculate(name=f"{chosen} : ''")
        .encode(
            x=alt.X(
                "hour:Q",
                title=_say(Text("hour", "小时"), language),
                axis=alt.Axis(grid=False, values=[0, 6, 12, 18, 23], format="d"),
            ),
            y=alt.Y("mw:Q", title=_say(Text("MW, mean day", "兆瓦（年均日）"), language)),
            color=alt.Color(
                "name:N",
                title=None,
                scale=alt.Scale(domain=list(series.values()), range=["#00798c", "#d1495b"]),
                legend=alt.Legend(columns=1),
            ),
            strokeDash=alt.StrokeDash(
                "name:N",
                title=None,
                scale=alt.Scale(domain=list(series.values()), range=[[1, 0], [5, 3]]),
                legend=alt.Legend(columns=1),
            ),
        )
        .add_params(alt.param(name="view", value=first_view), alt.param(name="picked", value=""))
        .properties(width="container", height=150)
    )
    return finished(chart, language)


NO_DATA: Final = Text("no data", "无数据")
GBPS: Final = Text("Gbit/s in the peak hour", "高峰小时 Gbit/s")
MEAN_MW: Final = Text("mean IT load, MW", "平均 IT 负荷（兆瓦）")
SITE_MW: Final = Text("of the whole site, MW", "全站合计（兆瓦）")
NEW_MW: Final = Text("new IT power, MW", "新建 IT 功率（兆瓦）")
HOUR_SERIES: Final = {
    "meter_mw": Text("metered load", "计量点负荷"),
    "import_mw": Text("taken from the grid", "网购功率"),
}


def _say(text: Text, language: Language) -> str:
    return text.render(language)
