"""What the map of the difference between two runs shows: where load and traffic moved.

The load of a site is its mean IT load, as on the map of a plan::

    change[s] = load of the second run - load of the first run   in MW
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from optimizer.errors import UsageError
from optimizer.inputs.case import Case
from optimizer.labels import Text
from optimizer.plan.geodata import service_flows
from optimizer.plan.plan import Plan, last_period
from optimizer.plan.run import Run
from optimizer.report.map_content import Kind, Layer, MapContent, megawatts
from optimizer.report.plan_map import LAYERS, site_layer

MORE, LESS = "more", "less"
LOADS: Final = ["training_mw", "inference_mw", "batch_mw"]
SHOWN_MW: Final = 0.05
"""Changes of load below this are rounding."""
SHOWN_GBPS: Final = 0.05
"""The same of traffic."""

KINDS: Final = {
    MORE: Kind("#0072b2", Text("more load", "负荷增加")),
    LESS: Kind("#d55e00", Text("less load", "负荷减少")),
}
FLOW_KINDS: Final = {
    MORE: Kind("#0072b2", Text("more", "增加")),
    LESS: Kind("#d55e00", Text("less", "减少")),
}
"""Blue and vermilion stay apart under each common kind of colour blindness."""

MINUS: Final = "\u2212"
"""As wide as the plus sign: a hyphen is lost beside a marker."""

LOAD_CHANGE: Final = Text("{load} MW", "{load} 兆瓦")
LOAD_AND_NEW_CHANGE: Final = Text("{load} MW ({new} new)", "{load} 兆瓦（新建 {new}）")


def difference_map_content(first: Run, second: Run, layer: Layer = "price") -> MapContent:
    """Return what the map of the difference of two runs shows, of each its last period.

    Parameters
    ----------
    first, second
        The runs; an increase is what the second has more.
    layer
        What colours the provinces, of the first run.

    Raises
    ------
    UsageError
        If the runs have no site in common.
    """
    before, after = last_period(first.case, first.plan), last_period(second.case, second.plan)
    sites = _site_changes(before, after)
    if sites.empty:
        raise UsageError(
            Text(
                "the runs have no site in common, so that nothing can be compared on a map; give "
                "two runs of the same case",
                "两次运行没有共同的站点，无法在地图上比较；请给出同一算例的两次运行",
            )
        )
    label, unit = LAYERS[layer]
    grown, shrunk = sites["change"] >= SHOWN_MW, sites["change"] <= -SHOWN_MW
    return MapContent(
        title=Text("{second} against {first}", "{second} 相对于 {first}").filled(
            first=_name(first), second=_name(second)
        ),
        subtitle=Text(
            "Mean IT load: {more} MW more at {gaining} sites, {less} MW less at {losing}; new IT "
            "power {new} MW",
            "平均 IT 负荷：{gaining} 个站点共增加 {more} 兆瓦，{losing} 个站点共减少 {less} 兆瓦；"
            "新建 IT 功率 {new} 兆瓦",
        ).filled(
            more=megawatts(float(sites.loc[grown, "change"].sum())),
            gaining=int(grown.sum()),
            less=megawatts(-float(sites.loc[shrunk, "change"].sum())),
            losing=int(shrunk.sum()),
            new=signed_megawatts(float(sites["new_change"].sum())),
        ),
        layer=layer,
        layer_label=label,
        layer_unit=unit,
        layer_values=site_layer(before[0], layer),
        sites=sites,
        flows=_flow_changes(before, after),
        flow_label=Text("Change of service traffic in the peak hour", "高峰小时服务流量变化"),
        flow_unit=Text("Gbit/s", "Gbit/s"),
        footnote=Text(
            "Pies: change of the mean IT load. Flows: the largest changes between a region and a "
            "site. Provinces: as in the first run.",
            "圆：平均 IT 负荷的变化。流线：地区与站点间最大的流量变化。省份底色取第一次运行。",
        ),
        kinds=KINDS,
        flow_kinds=FLOW_KINDS,
        size_label=Text("Change of mean IT load (MW)", "平均 IT 负荷变化（MW）"),
        ring_label=Text("site with the same load", "负荷不变的站点"),
        second_lines={
            str(row["site"]): _second_line(float(row["change"]), float(row["new_change"]))
            for row in sites.to_dict("records")
            if abs(row["change"]) >= SHOWN_MW or abs(row["new_change"]) >= SHOWN_MW
        },
    )


def signed_megawatts(change_mw: float) -> str:
    """Return a change in MW with its sign.

    Examples
    --------
    >>> signed_megawatts(12.34), signed_megawatts(-0.5), signed_megawatts(0.0)
    ('+12', '−0.5', '0')
    """
    if change_mw == 0.0:
        return "0"
    return ("+" if change_mw > 0.0 else MINUS) + megawatts(abs(change_mw))


def _second_line(change: float, new: float) -> Text:
    load = signed_megawatts(change if abs(change) >= SHOWN_MW else 0.0)
    if abs(new) < SHOWN_MW:
        return LOAD_CHANGE.filled(load=load)
    return LOAD_AND_NEW_CHANGE.filled(load=load, new=signed_megawatts(new))


def _name(run: Run) -> str:
    return str(run.record["case"])


def _site_changes(before: tuple[Case, Plan], after: tuple[Case, Plan]) -> pd.DataFrame:
    """Return the sites of both cases with the changes of their load and new power."""
    old, new = (plan.tables["sites"].set_index("site") for _, plan in (before, after))
    sites = after[0].tables["sites"].frame
    sites = sites[sites["site"].isin(old.index)]
    sites = sites[["site", "name_zh", "name_en", "lon", "lat", "is_cluster"]].reset_index(drop=True)
    codes = sites["site"]
    load = (new[LOADS].sum(axis=1).loc[codes] - old[LOADS].sum(axis=1).loc[codes]).to_numpy()
    power = (new["new_it_mw"].loc[codes] - old["new_it_mw"].loc[codes]).to_numpy()
    return sites.assign(
        change=load,
        new_change=power,
        more_mw=load.clip(min=0.0) * (load >= SHOWN_MW),
        less_mw=(-load).clip(min=0.0) * (load <= -SHOWN_MW),
    )


def _flow_changes(before: tuple[Case, Plan], after: tuple[Case, Plan]) -> pd.DataFrame:
    """Return the changes of traffic between regions and sites, as positive values with a kind."""
    ends = ["region", "site"]
    places = ["origin_lon", "origin_lat"]
    old, new = (service_flows(*each)[[*ends, *places, "peak_gbps"]] for each in (before, after))
    both = new.merge(old, on=ends, how="outer", suffixes=("", "_before"), sort=True)
    for place in places:
        both[place] = both[place].fillna(both[f"{place}_before"])
    change = both["peak_gbps"].fillna(0.0) - both["peak_gbps_before"].fillna(0.0)
    shared = set(before[0].tables["sites"].frame["site"]) & set(
        after[0].tables["sites"].frame["site"]
    )
    both = both.assign(value=change.abs(), kind=[MORE if moved > 0.0 else LESS for moved in change])
    kept = both[(both["value"] >= SHOWN_GBPS) & both["site"].isin(shared)]
    return kept[[*places, "site", "value", "kind"]].reset_index(drop=True)
