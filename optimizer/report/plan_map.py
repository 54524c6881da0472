"""What the map of a run shows: its sites, its flows and one layer of provinces."""

from __future__ import annotations

from typing import Final

import numpy as np

from optimizer.inputs.case import Case
from optimizer.labels import Text
from optimizer.plan.geodata import service_flows
from optimizer.plan.plan import Plan
from optimizer.report.basemap import PROVINCIAL_UNITS
from optimizer.report.map_content import Layer, MapContent, megawatts

LOAD_AND_NEW: Final = Text("{load} MW (+{new} new)", "{load} MW（新建 +{new}）")

LAYERS: Final[dict[Layer, tuple[Text, Text]]] = {
    "price": (
        Text("Mean electricity price at the sites", "站点平均电量电价"),
        Text("yuan/kWh", "元/千瓦时"),
    ),
    "green_share": (
        Text("Renewable share of consumption", "可再生能源消纳占比"),
        Text("%", "%"),
    ),
    "carbon": (
        Text("Carbon factor of the grid", "电网碳排放因子"),
        Text("kg CO2/kWh", "千克 CO2/千瓦时"),
    ),
}


def site_layer(case: Case, layer: Layer) -> dict[str, float]:
    """Return the value of a layer by administrative code, the mean over a province's sites.

    Provinces that are on no map of China, as in teaching cases, are left out.
    """
    derived = case.derived
    weight = derived.calendar.weight
    by_site = {
        "price": np.einsum("sdh,d->s", derived.prices.energy, weight) / (24.0 * weight.sum()),
        "green_share": derived.green_share * 100.0,
        "carbon": derived.location_factor,
    }[layer]
    code = dict(
        zip(
            case.tables["provinces"].frame["province"].astype(str),
            case.tables["provinces"].frame["adcode"].astype(int).astype(str),
            strict=True,
        )
    )
    values: dict[str, list[float]] = {}
    provinces = case.tables["sites"].frame["province"].astype(str)
    for province, value in zip(provinces, by_site, strict=True):
        values.setdefault(code[province], []).append(float(value))
    return {
        name: float(np.mean(found))
        for name, found in sorted(values.items())
        if name in PROVINCIAL_UNITS
    }


def plan_map_content(case: Case, plan: Plan, layer: Layer = "price") -> MapContent:
    """Return what the map of a plan shows.

    Parameters
    ----------
    case, plan
        The case and its plan.
    layer
        What colours the provinces.
    """
    loads = plan.tables["sites"]
    table = case.tables["sites"].frame
    sites = table[["site", "name_zh", "name_en", "lon", "lat", "is_cluster"]].merge(
        loads[["site", "training_mw", "inference_mw", "batch_mw", "new_it_mw"]], on="site"
    )
    flows = service_flows(case, plan)
    flows = flows[["origin_lon", "origin_lat", "site", "peak_gbps"]].rename(
        columns={"peak_gbps": "value"}
    )
    label, unit = LAYERS[layer]
    kinds = ["training_mw", "inference_mw", "batch_mw"]
    sites = sites.assign(load_mw=sites[kinds].sum(axis=1))
    return MapContent(
        title=case.title,
        subtitle=Text(
            "{load:,.0f} MW of work on average (IT), {new:,.0f} MW of new IT power at {count} "
            "sites",
            "业务平均 IT 负荷 {load:,.0f} 兆瓦，{count} 个站点新建 IT 功率 {new:,.0f} 兆瓦",
        ).filled(
            load=float(sites["load_mw"].sum()),
            new=float(sites["new_it_mw"].sum()),
            count=int((sites["new_it_mw"] > 0.0).sum()),
        ),
        layer=layer,
        layer_label=label,
        layer_unit=unit,
        layer_values=site_layer(case, layer),
        sites=sites,
        flows=flows,
        flow_label=Text("Service traffic in the peak hour", "高峰小时服务流量"),
        flow_unit=Text("Gbit/s", "Gbit/s"),
        footnote=Text(
            "Pies: mean IT load of training, inference and batch work. Flows: the largest between "
            "a region and a site.",
            "饼图：训练、推理与批处理的平均 IT 负荷。流线：地区与站点间最大的服务流量。",
        ),
        second_lines={
            str(row["site"]): LOAD_AND_NEW.filled(
                load=megawatts(row["load_mw"]), new=megawatts(row["new_it_mw"])
            )
            for row in sites.to_dict("records")
            if row["is_cluster"] and row["new_it_mw"] > 0.0
        },
    )
