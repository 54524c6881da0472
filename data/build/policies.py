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
    valid_to
        Last day; empty where the row is open.
    workloads
        Work it holds for; empty for all.
    threshold
        Code of the raw row with the PUE of a surcharge.
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
    valid_to: str = ""
    workloads: str = ""
    threshold: str = ""


def _price(code: str, raw: str, titles: tuple[str, str], valid: tuple[str, str]) -> Policy:
    """Return one quotation of the carbon market: a shadow price, switched off."""
    return Policy(
        code,
        raw,
        *titles,
        "carbon_price",
        "national",
        "yuan/tCO2",
        "=",
        1.0,
        valid[0],
        "全国碳排放权交易市场行情",
        ledger="location",
        enabled=False,
        note="data centres are outside the market, so a shadow price",
        valid_to=valid[1],
    )


_DIRECT_NOTICE: Final = "关于有序推动绿电直连发展有关事项的通知"
_ACTION_PLAN: Final = "数据中心绿色低碳发展专项行动计划"
_COMPUTE_PLAN: Final = "算力基础设施高质量发展行动计划"
_BEIJING_PLAN: Final = "北京市存量数据中心优化工作方案(2024-2027年)"

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
    Policy(
        "direct_self_use",
        "p18",
        "绿电直连自发自用电量占可用发电量不低于 60%",
        "at least 60 % of the output of a direct line used at its site",
        "direct_self_use_min",
        "national",
        "1",
        ">=",
        0.01,
        "2025-05-01",
        _DIRECT_NOTICE,
    ),
    Policy(
        "direct_load_share",
        "p19",
        "绿电直连自发自用电量占总用电量不低于 30%",
        "at least 30 % of a site's use from its direct line",
        "direct_load_share_min",
        "national",
        "1",
        ">=",
        0.01,
        "2025-05-01",
        _DIRECT_NOTICE,
        valid_to="2029-12-31",
    ),
    Policy(
        "direct_load_share_2030",
        "p20",
        "2030 年起绿电直连自发自用电量占总用电量不低于 35%",
        "at least 35 % of a site's use from its direct line from 2030",
        "direct_load_share_min",
        "national",
        "1",
        ">=",
        0.01,
        "2030-01-01",
        _DIRECT_NOTICE,
        note="asked of new projects from 2030; held here for every line that stands",
    ),
    Policy(
        "direct_export",
        "d01",
        "绿电直连上网电量占可用发电量不高于 20%",
        "at most 20 % of the output of a direct line sent to the grid",
        "direct_export_max",
        "national",
        "1",
        "<=",
        0.01,
        "2025-12-31",
        "湖南省有序推动绿电直连发展实施方案",
        note="the national notice leaves the figure to the provinces; that of one province is "
        "taken for all",
    ),
    Policy(
        "pue_national",
        "p04",
        "全国数据中心平均 PUE 低于 1.5",
        "average PUE of the country's data centres below 1.5",
        "pue_average_max",
        "national",
        "1",
        "<=",
        1.0,
        "2025-12-31",
        _ACTION_PLAN,
        enabled=False,
        note="a target for all data centres, read here for the energy of the work placed; 1.42 was "
        "measured in June 2025",
    ),
    Policy(
        "utilisation_national",
        "p08",
        "全国数据中心整体上架率不低于 60%",
        "at least 60 % utilisation of the country's data centres",
        "rack_utilisation_min",
        "national",
        "1",
        ">=",
        0.01,
        "2025-12-31",
        _ACTION_PLAN,
        enabled=False,
        note="a target for all data centres, read here for all candidate sites with what stands "
        "there",
    ),
    Policy(
        "green_share_hubs_2025",
        "p10",
        "2025 年枢纽节点新建数据中心绿电占比 80%（只监测）",
        "80 % green power in new data centres at hubs in 2025, monitored",
        "green_share_contractual_min",
        "hubs",
        "1",
        ">=",
        0.01,
        "2025-01-01",
        "关于2025年可再生能源电力消纳责任权重及有关事项的通知",
        enabled=False,
        note="monitored, not assessed; certificates are the main account",
        valid_to="2025-12-31",
    ),
    Policy(
        "green_share_hubs_2030",
        "p11",
        "枢纽节点新建数据中心绿电占比在 80% 基础上进一步提升",
        "green power in new data centres at hubs to rise above 80 %",
        "green_share_contractual_min",
        "hubs",
        "1",
        ">=",
        0.01,
        "2030-01-01",
        "关于促进可再生能源绿色电力证书市场高质量发展的意见",
        enabled=False,
        note="the document gives no figure above 80 %: raise the value in a scenario",
    ),
    Policy(
        "latency_between_hubs",
        "p15",
        "枢纽节点间网络时延不高于 20 毫秒",
        "at most 20 ms between hubs",
        "latency_max",
        "hubs",
        "ms",
        "<=",
        1.0,
        "2025-01-01",
        _COMPUTE_PLAN,
        enabled=False,
        note="a target for networks, read as the round trip from a data set to where it trains",
        workloads="kind:training",
    ),
    Policy(
        "latency_around_clusters",
        "p16",
        "集群至周边城市网络时延不高于 5 毫秒",
        "at most 5 ms from clusters to the cities around them",
        "latency_max",
        "clusters",
        "ms",
        "<=",
        1.0,
        "2025-01-01",
        _COMPUTE_PLAN,
        enabled=False,
        note="a target for networks, read as the round trip of the services that need it most",
        workloads="service:tele_driving;vehicle_control",
    ),
    Policy(
        "pue_surcharge_beijing",
        "p24",
        "北京 PUE 高于 1.35 的部分加价 0.2 元/千瓦时",
        "0.2 yuan/kWh more on what a PUE above 1.35 takes in Beijing",
        "pue_surcharge",
        "province:BJ",
        "yuan/kWh",
        "=",
        1.0,
        "2026-01-01",
        _BEIJING_PLAN,
        note="no module of 2026 in Beijing has a yearly PUE above 1.35",
        threshold="p23",
    ),
    Policy(
        "pue_surcharge_beijing_high",
        "p25",
        "北京 PUE 超过限值一倍以上的部分再加价",
        "more on what a PUE above twice the limit takes in Beijing",
        "pue_surcharge",
        "province:BJ",
        "yuan/kWh",
        "=",
        1.0,
        "2026-01-01",
        _BEIJING_PLAN,
        threshold="p23",
    ),
    Policy(
        "pue_ban_guangdong",
        "p37",
        "广东禁止新建 PUE 高于 1.5 的数据中心",
        "no new data centre with a PUE above 1.5 in Guangdong",
        "pue_max",
        "province:GD",
        "1",
        "<=",
        1.0,
        "2021-01-01",
        "广东省5G基站和数据中心总体布局规划(2021-2025年)",
        note="up to 1.25 has priority, up to 1.3 is supported, up to 1.5 strictly limited",
        valid_to="2025-12-31",
    ),
    _price(
        "carbon_price_2021_07",
        "c01",
        ("全国碳市场首日成交价", "first trade of the national carbon market"),
        ("2021-07-16", "2021-07-16"),
    ),
    _price(
        "carbon_price_2021_09",
        "c02",
        ("全国碳市场 2021 年 9 月收盘价", "close of the national carbon market, September 2021"),
        ("2021-09-17", "2021-09-17"),
    ),
    _price(
        "carbon_price_2024",
        "c03",
        ("全国碳市场 2024 年末收盘价", "close of the national carbon market, end of 2024"),
        ("2024-12-31", "2024-12-31"),
    ),
    _price(
        "carbon_price_2025",
        "c04",
        ("全国碳市场 2025 年均价", "mean of the national carbon market in 2025"),
        ("2025-01-01", "2025-12-31"),
    ),
    _price(
        "carbon_price_2025_12",
        "c05",
        ("全国碳市场 2025 年 12 月周内最高价", "highest of a week, national market, December 2025"),
        ("2025-12-19", "2025-12-19"),
    ),
    _price(
        "carbon_price_2026_mean",
        "c07",
        ("全国碳市场 2026 年初均价", "mean of the national carbon market in early 2026"),
        ("2026-01-01", "2026-03-06"),
    ),
)


def add_policies(pack: Pack, *, years: int = 1) -> None:
    """Add the table ``policies``.

    Parameters
    ----------
    pack
        Pack to add to.
    years
        Years of a period: as many small centres may follow one another at a place.
    """
    for policy in POLICIES:
        (row,) = where("policy", policy_id=policy.raw)
        basis = row.basis(row.text("valid_from"), policy.note)
        value = Cell(round(row.number("value") * policy.factor, 6), basis)
        if policy.raw == "p14":
            each = "" if years == 1 else f"; one a year, {years} in a period"
            value = estimate(
                LARGE_CENTRE_RACKS * STANDARD_RACK_MW * years,
                (row.source,),
                row.text("valid_from"),
                "a large centre has 3,000 standard racks of 2.5 kW or more; the opinion bars them"
                + each,
            )
            basis = value.basis
        elif policy.raw == "p25":
            (first,) = where("policy", policy_id="p24")
            value = estimate(
                row.number("value") - first.number("value"),
                (row.source, first.source),
                row.text("valid_from"),
                "0.5 yuan/kWh above twice the limit, of which the other row takes 0.2",
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
                "workloads": policy.workloads,
                "value": value,
                "threshold": _threshold(policy),
                "unit": policy.unit,
                "comparison": policy.comparison,
                "valid_from": policy.valid_from,
                "valid_to": policy.valid_to or None,
                "document": policy.document,
                "document_number": row.text("document_number"),
                "ledger": policy.ledger,
                "hard": True,
                "penalty_million_yuan_per_unit": None,
                "enabled": policy.enabled,
            },
            basis,
        )


def _threshold(policy: Policy) -> Cell | None:
    """Return the PUE of a surcharge; the higher step begins at twice the limit."""
    if not policy.threshold:
        return None
    (row,) = where("policy", policy_id=policy.threshold)
    limit = row.number("value")
    if policy.raw == "p25":
        return estimate(
            2.0 * limit, (row.source,), row.text("valid_from"), "more than one time above the limit"
        )
    return row.cell("value", row.text("valid_from"))


def _letters(raw: str) -> tuple[Source, ...]:
    column = "pue_ceiling" if raw == "p01" else "utilisation_target_pct"
    return combined(row.source for row in raw_rows("hubs") if row.has(column))
