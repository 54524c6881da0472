"""The figures that claims are tested on, each a number of a verified plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pandas as pd

from optimizer.analysis.metrics import metrics, western_sites, work_values
from optimizer.inputs.case import Case
from optimizer.labels import Text
from optimizer.plan.plan import Plan

MILLION_YUAN: Final = Text("million yuan a year", "百万元/年")
KT: Final = Text("kt CO2 a year", "千吨 CO2/年")
SHARE: Final = Text("share", "占比")
MW: Final = Text("MW", "兆瓦")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Parameters
    ----------
    title, unit
        What it is.
    value
        Its value at a plan of a case.
    of_cost
        Whether the gaps of two plans open its difference.
    """

    title: Text
    unit: Text
    value: Callable[[Case, Plan], float]
    of_cost: bool = False


def _undone(case: Case, plan: Plan) -> float:
    return work_values(case, plan)[0]


def _service_share_in_the_west(case: Case, plan: Plan) -> float:
    services = case.tables["services"].frame
    kept = services.loc[
        services["target_ms"].isna() | (services["target_kind"] == "first_token"), "service"
    ]
    busy = plan.tables["service_accelerators"]
    return _west(case, busy[busy["service"].isin(kept)], "busy_accelerators")


def _training_share_in_the_west(case: Case, plan: Plan) -> float:
    runs = plan.tables["runs"]
    work = runs.assign(work=runs["gang"] * runs["runs"] * runs["duration_days"])
    return _west(case, work, "work")


def _west(case: Case, rows: pd.DataFrame, weight: str) -> float:
    total = float(rows[weight].sum())
    western = rows.loc[rows["site"].isin(western_sites(case)), weight].sum()
    return float(western) / total if total > 0.0 else 0.0


def _largest_site(case: Case, plan: Plan) -> float:
    del case
    sites = plan.tables["sites"]
    total = float(sites["nameplate_mw"].sum())
    return float(sites["nameplate_mw"].max()) / total if total > 0.0 else 0.0


FIGURES: Final = MappingProxyType(
    {
        "cost_and_undone": Figure(
            Text("cost and value of work left undone", "成本与未安排工作价值之和"),
            MILLION_YUAN,
            lambda case, plan: plan.objective_million_yuan + _undone(case, plan),
            of_cost=True,
        ),
        "undone": Figure(
            Text("value of work left undone", "未安排工作的价值"), MILLION_YUAN, _undone
        ),
        "cost": Figure(
            Text("yearly cost, accelerators included", "年成本（含加速卡）"),
            MILLION_YUAN,
            lambda _case, plan: plan.objective_million_yuan,
            of_cost=True,
        ),
        "facility_cost": Figure(
            Text("yearly cost without accelerators", "年成本（不含加速卡）"),
            MILLION_YUAN,
            lambda _case, plan: plan.location_cost,
            of_cost=True,
        ),
        "power_and_halls": Figure(
            Text("electricity and halls", "电力与机房成本"),
            MILLION_YUAN,
            lambda case, plan: metrics(case, plan).energy_cost + metrics(case, plan).build_cost,
            of_cost=True,
        ),
        "energy_cost": Figure(
            Text("cost of electricity", "电费"),
            MILLION_YUAN,
            lambda case, plan: metrics(case, plan).energy_cost,
            of_cost=True,
        ),
        "network_cost": Figure(
            Text("cost of the network", "网络成本"),
            MILLION_YUAN,
            lambda case, plan: metrics(case, plan).network_cost,
            of_cost=True,
        ),
        "location_kt": Figure(
            Text("location-based emissions", "基于位置的碳排放"),
            KT,
            lambda case, plan: metrics(case, plan).location_kt,
        ),
        "market_kt": Figure(
            Text("market-based emissions", "基于市场的碳排放"),
            KT,
            lambda case, plan: metrics(case, plan).market_kt,
        ),
        "west_share": Figure(
            Text("west's share of the load", "西部负荷占比"),
            SHARE,
            lambda case, plan: metrics(case, plan).west_share,
        ),
        "west_share_of_services": Figure(
            Text(
                "west's share of services without a hard limit on every reply",
                "对单次响应时延不敏感的服务中西部占比",
            ),
            SHARE,
            _service_share_in_the_west,
        ),
        "west_share_of_training": Figure(
            Text("west's share of training", "训练中西部占比"),
            SHARE,
            _training_share_in_the_west,
        ),
        "new_mw": Figure(
            Text("new IT power", "新建 IT 功率"),
            MW,
            lambda case, plan: metrics(case, plan).new_it_mw,
        ),
        "new_mw_in_the_west": Figure(
            Text("new IT power in the west", "西部新建 IT 功率"),
            MW,
            lambda case, plan: (
                metrics(case, plan).new_it_mw * metrics(case, plan).west_share_of_new
            ),
        ),
        "largest_site": Figure(
            Text("largest site's share of the IT power", "最大站点的 IT 功率占比"),
            SHARE,
            _largest_site,
        ),
    }
)
"""The figures by name."""
