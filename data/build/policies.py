"""Policy rows with a source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from data.build.cells import Basis, Cell, Source, combined, estimate
from data.build.raw import raw_rows, where
from data.build.writer import Pack
from optimizer.units import STANDARD_RACK_MW

LARGE_CENTRE_RACKS: Final = 3000
"""Standard racks from which a data centre counts as large."""

_EASTERN_FOUR: Final = ("zhangjiakou", "yangtze_demo", "wuhu", "shaoguan")


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy row.

    Parameters
    ----------
    code
        Code of the row.
    raw
        Code of the raw row.
    title_zh, title_en
        Titles.
    kind, scope, unit, comparison
        As in the table.
    factor
        From the raw figure to the table's unit.
    valid_from
        First day; where the source gives a month or a year, its first day.
    document
        Document, as a planner would quote it.
    ledger
        Ledger of a carbon row.
    enabled
        Whether it is switched on.
    note
        Remark.
    """

    code: str
    raw: str
    title_zh: str
    title_en: str
    kind: str
    scope: str
    unit: str
    comparison: str
    factor: float
    valid_from: str
    document: str
    ledger: str = ""
    enabled: bool = True
    note: str = ""


POLICIES: Final = (
    Policy(
        "carbon_price",
        "c06",
        "全国碳市场配额价格",
        "price of the national carbon market",
        "carbon_price",
        "national",
        "yuan/tCO2",
        "=",
        1.0,
        "2026-03-06",
        "全国碳排放权交易市场行情",
        ledger="location",
        enabled=False,
        note="highest of the week; data centres are outside the market, so a shadow price",
    ),
    Policy(
        "green_share_hubs",
        "p09",
        "枢纽节点新建数据中心绿电占比不低于 80%",
        "at least 80 % green power in new data centres at hubs",
        "green_share_contractual_min",
        "hubs",
        "1",
        ">=",
        0.01,
        "2025-12-31",
        "数据中心绿色低碳发展专项行动计划",
        note="energy of new modules; certificates count",
    ),
    Policy(
        "hub_share",
        "p13",
        "枢纽节点新增算力占全国新增算力 60% 以上",
        "at least 60 % of new compute at hubs",
        "hub_share_min",
        "hubs",
        "1",
        ">=",
        0.01,
        "2025-01-01",
        "关于深入实施“东数西算”工程加快构建全国一体化算力网的实施意见",
    ),
    Policy(
        "large_centres_outside_hubs",
        "p14",
        "枢纽节点外原则上不新建大型及超大型数据中心",
        "no new large data centre outside the hubs",
        "new_it_mw_max",
        "outside_hubs",
        "MW",
        "<=",
        1.0,
        "2023-12-01",
        "关于深入实施“东数西算”工程加快构建全国一体化算力网的实施意见",
    ),
    Policy(
        "pue_clusters",
        "p06",
        "枢纽节点新建项目 PUE 不高于 1.20",
        "PUE of new projects at most 1.20",
        "pue_max",
        "clusters",
        "1",
        "<=",
        1.0,
        "2025-12-31",
        "数据中心绿色低碳发展专项行动计划",
    ),
    Policy(
        "pue_eastern_clusters",
        "p01",
        "东部集群起步区新建数据中心 PUE 不高于 1.25",
        "PUE of new data centres in eastern start areas at most 1.25",
        "pue_max",
        "cluster:" + ";".join(_EASTERN_FOUR),
        "1",
        "<=",
        1.0,
        "2022-02-01",
        "同意启动建设全国一体化算力网络国家枢纽节点的复函",
        note="letters of approval of the three eastern hubs",
    ),
    Policy(
        "utilisation_clusters",
        "p07",
        "集群起步区平均上架率不低于 65%",
        "at least 65 % utilisation in start areas",
        "utilisation_min",
        "clusters",
        "1",
        ">=",
        0.01,
        "2022-02-01",
        "同意启动建设全国一体化算力网络国家枢纽节点的复函",
        note="read for the four eastern clusters and Gui'an, taken for all ten",
    ),
)


def add_policies(pack: Pack) -> None:
    """Add the table ``policies``."""
    for policy in POLICIES:
        (row,) = where("policy", policy_id=policy.raw)
        basis = row.basis(row.text("valid_from"), policy.note)
        value = Cell(round(row.number("value") * policy.factor, 6), basis)
        if policy.raw == "p14":
            value = estimate(
                LARGE_CENTRE_RACKS * STANDARD_RACK_MW,
                (row.source,),
                row.text("valid_from"),
                "a large centre has 3,000 standard racks of 2.5 kW or more; the opinion bars them",
            )
            basis = value.basis
        elif policy.raw in {"p01", "p07"}:
            # The figures stand in the letters of approval, quoted by the rows of the clusters.
            basis = Basis(row.grade, _letters(policy.raw), row.text("valid_from"), policy.note)
            value = Cell(value.value, basis)
        pack.add(
            "policies",
            {
                "policy": policy.code,
                "title_zh": policy.title_zh,
                "title_en": policy.title_en,
                "kind": policy.kind,
                "scope": policy.scope,
                "value": value,
                "unit": policy.unit,
                "comparison": policy.comparison,
                "valid_from": policy.valid_from,
                "valid_to": None,
                "document": policy.document,
                "document_number": row.text("document_number"),
                "ledger": policy.ledger,
                "hard": True,
                "penalty_million_yuan_per_unit": None,
                "enabled": policy.enabled,
            },
            basis,
        )


def _letters(raw: str) -> tuple[Source, ...]:
    column = "pue_ceiling" if raw == "p01" else "utilisation_target_pct"
    return combined(row.source for row in raw_rows("hubs") if row.has(column))
