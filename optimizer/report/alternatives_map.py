"""What the map of the alternatives shows: where power must, may or need never be built.

Over all points of the relaxation that cost at most 0.5 % of the facility cost more than the plan
(:mod:`optimizer.study.alternatives`), a cluster's new power lies between a least and a most::

    must      least > 0            built in each of them
    optional  least = 0 < most     built in some
    never     most = 0             built in none
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from optimizer.errors import UsageError
from optimizer.labels import Text
from optimizer.plan.plan import last_period
from optimizer.plan.run import Run
from optimizer.report.map_content import Kind, Layer, MapContent, megawatts
from optimizer.report.near_optimal import SHOWN_MW
from optimizer.report.plan_map import LAYERS, site_layer

KINDS: Final = {
    "must": Kind("#0b4f6c", Text("built in every plan", "各方案均建")),
    "optional": Kind("#8ec3dd", Text("built in some plans", "部分方案建设")),
}
PLAN_AND_RANGE: Final = Text(
    "{plan} MW ({least} to {most})", "{plan} MW（最小 {least}，最大 {most}）"
)


def holds_alternatives(run: Run) -> bool:
    """Return whether a run knows the near-optimal ranges of its clusters."""
    return not run.findings["near_optimal"].empty


def alternatives_map_content(run: Run, layer: Layer = "price") -> MapContent:
    """Return what the map of a run's alternatives shows.

    Parameters
    ----------
    run
        A run with near-optimal ranges.
    layer
        What colours the provinces.

    Raises
    ------
    UsageError
        If the run holds no near-optimal ranges.
    """
    if not holds_alternatives(run):
        raise UsageError(
            Text(
                "the run {run} holds no near-optimal ranges, so that its alternatives cannot be "
                "drawn; make it with plan, which works them out",
                "运行 {run} 不含近优范围，无法绘制备选方案图；请用 plan 生成，其中会计算近优范围",
            ).filled(run=str(run.record["case"]))
        )
    case = last_period(run.case, run.plan)[0]
    sites = _ranges(run)
    label, unit = LAYERS[layer]
    must, never = sites["must_mw"] > 0.0, sites["most_mw"] == 0.0
    return MapContent(
        title=Text("{title}: where else", "{title}：备选空间").filled(title=case.title),
        subtitle=Text(
            "New IT power in plans at most 0.5 % of the facility cost dearer: at {must} clusters "
            "in all of them, at {optional} in some, at {never} in none",
            "设施成本增加不超过 0.5% 的各方案中的新建 IT 功率：{must} 个集群均建，{optional} 个集群"
            "部分方案建设，{never} 个集群均不建",
        ).filled(
            must=int(must.sum()), optional=int((~must & ~never).sum()), never=int(never.sum())
        ),
        layer=layer,
        layer_label=label,
        layer_unit=unit,
        layer_values=site_layer(case, layer),
        sites=sites,
        flows=pd.DataFrame(columns=["origin_lon", "origin_lat", "site", "value"]),
        flow_label=Text("traffic", "流量"),
        flow_unit=Text("Gbit/s", "Gbit/s"),
        footnote=Text(
            "Below a name: new power of the plan, in brackets the least and the most. The ranges "
            "hold for each cluster alone, not for all at once.",
            "名称下方：本方案新建功率，括号内为最小与最大值。各范围针对单个集群，不可同时取到。",
        ),
        kinds=KINDS,
        size_label=Text("Most new IT power (MW)", "最大新建 IT 功率（MW）"),
        ring_label=Text("built in no plan", "各方案均不建"),
        second_lines={
            str(row["site"]): PLAN_AND_RANGE.filled(
                plan=megawatts(float(row["new_it_mw"])),
                least=megawatts(float(row["must_mw"])),
                most=megawatts(float(row["most_mw"])),
            )
            for row in sites[~never].to_dict("records")
        },
    )


def _ranges(run: Run) -> pd.DataFrame:
    """Return the clusters with the power that is built in every plan and in some."""
    found = run.findings["near_optimal"]
    sites = run.case.tables["sites"].frame
    sites = sites[["site", "name_zh", "name_en", "lon", "lat", "is_cluster"]]
    ranges = sites.merge(found, on="site", validate="one_to_one")
    most = ranges[["new_it_mw", "most_mw"]].max(axis=1)
    most = most.where(most >= SHOWN_MW, 0.0)
    least = ranges[["new_it_mw", "least_mw"]].min(axis=1).where(most > 0.0, 0.0)
    least = least.where(least >= SHOWN_MW, 0.0)
    return ranges.assign(most_mw=most, must_mw=least, optional_mw=most - least)
