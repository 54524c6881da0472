"""The summary of a case of several periods: its lines, and its table by year."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import Any, Final

from optimizer.labels import Language, Text
from optimizer.plan.plan import last_period
from optimizer.plan.run import Run

BY_YEAR_TITLE: Final = Text("By year", "分年情况")
BY_YEAR_COLUMNS: Final = (
    Text("year", "年份"),
    Text("million requests a day", "日请求（百万）"),
    Text("work left undone", "未安排的工作"),
    Text("IT power ordered, MW", "订购 IT 功率（兆瓦）"),
    Text("new IT power standing, MW", "新建 IT 功率在役（兆瓦）"),
    Text("accelerators ordered", "订购加速卡"),
    Text("accelerators retired", "累计退役加速卡"),
    Text("cost of the year, million yuan", "当年成本（百万元）"),
    Text("kt CO2/year", "年排放（千吨 CO2）"),
    Text("west share", "西部占比"),
)
BY_YEAR_NOTE: Final = Text(
    "A period stands for its year and those up to the next. Modules ordered serve once their lead "
    "time has passed; assets are paid for in the years in which they serve. All later tables are "
    "of {year}.",
    "每个规划期代表其首年至下一规划期之前的各年。订购的模块在交付期满后投入使用，资产按在役年份"
    "付费。以下各表均为 {year} 年的情况。",
)
PROOF_OF_PERIODS: Final = Text(
    "{status}: gap {gap_location:.3%} of the location-dependent cost of all years "
    "({gap:,.1f} million yuan discounted); {checks:,} checks recomputed from the raw "
    "tables, {failed} failed",
    "{status}：间隙为各年与选址有关成本合计的 {gap_location:.3%}"
    "（折现后 {gap:,.1f} 百万元）；依据原始数据复核 {checks:,} 项，{failed} 项不符",
)
PRICES_NOTE: Final = Text(
    "With all builds as planned; valid for small changes. Over all years, discounted.",
    "在建设方案不变、变化较小时成立；为各年折现合计。",
)
_FINDINGS: Final = {
    "baselines": Text("rules of thumb", "经验规则比较"),
    "accelerator_values": Text("values of accelerators", "加速卡价值"),
    "campuses": Text("one campus or several", "一个园区还是几个"),
    "near_optimal": Text("near-optimal ranges", "近优范围"),
    "protection_levels": Text("levels of protection", "保障水平"),
    "bandwidth_effect": Text("effect of bandwidth prices", "带宽价格影响"),
    "link_failures": Text("failed links", "链路失效"),
}


def last_of(run: Run) -> Run:
    """Return a run as its last period shows it; a run of one period as it is.

    Effects of policies are those of the last period, and prices those of all.
    """
    if not run.case.later:
        return run
    case, plan = last_period(run.case, run.plan)
    figures = run.record["periods"][-1]
    effects = run.findings["policy_effects"]
    ending = f"_{case.year}"
    of_rows = effects["policy"].astype(str).str.endswith(ending)
    effects = effects[of_rows].assign(
        policy=effects.loc[of_rows, "policy"].astype(str).str.removesuffix(ending)
    )
    return dataclasses.replace(
        run,
        case=case,
        plan=plan,
        findings=MappingProxyType(
            {**run.findings, "policy_effects": effects.reset_index(drop=True)}
        ),
        record=MappingProxyType({**run.record, "metrics": figures}),
    )


def by_year_rows(run: Run) -> list[list[str]]:
    """Return the rows of the table by year; none if there is one period."""
    return [
        [
            str(row["year"]),
            f"{row['served_million_per_day']:,.1f}",
            f"{row['unserved_share']:.2%}",
            f"{row['ordered_it_mw']:,.0f}",
            f"{row['new_it_mw']:,.0f}",
            f"{row['accelerators_ordered']:,.0f}",
            f"{row['accelerators_retired']:,.0f}",
            f"{row['cost_million_yuan']:,.0f}",
            f"{row['location_kt']:,.0f}",
            f"{row['west_share']:.1%}",
        ]
        for row in run.record.get("periods", ())
    ]


def by_year_lines(run: Run, language: Language) -> list[str]:
    """Return the lines that stand below the proof: costs of all years, and what is left out."""

    def say(text: Text, **values: Any) -> str:  # noqa: ANN401
        return text.render(language, **values)

    figures = run.record["metrics"]
    periods = run.record["periods"]
    first, last = periods[0]["year"], periods[-1]["year"] + periods[-1]["years"] - 1
    names = [say(_FINDINGS[name]) for name in run.record["left_out"]]
    return [
        say(
            Text(
                "{first} to {last} in {n} periods: cost {total:,.0f} million yuan discounted to "
                "{first}, {location:,.0f} of it for electricity, build, network and contracts, "
                "{accelerators:,.0f} for accelerators",
                "{first} 至 {last} 年，分 {n} 个规划期：折现至 {first} 年的成本为 {total:,.0f} "
                "百万元，其中电力、建设、网络与合同 {location:,.0f}，加速卡 {accelerators:,.0f}",
            ),
            first=first,
            last=last,
            n=len(periods),
            total=figures["total_cost"],
            location=figures["location_cost"],
            accelerators=figures["accelerator_cost"],
        ),
        say(
            Text(
                "emissions {kt:,.0f} kt CO2 location-based over all years, {west:.1%} of the IT "
                "energy in the west",
                "各年合计排放 {kt:,.0f} 千吨 CO2（基于位置），西部占 IT 电量的 {west:.1%}",
            ),
            kt=figures["location_kt"],
            west=figures["west_share"],
        ),
        say(
            Text(
                "left out, as they know one period only: {names}",
                "以下分析仅适用于单一规划期，本次未做：{names}",
            ),
            names=say(Text(", ", "、")).join(names),
        ),
    ]


def unserved_line(run: Run, language: Language) -> str:
    """Return the line that says in which years not all work is placed."""
    years = [
        f"{row['year']}: {row['unserved_share']:.2%}"
        for row in run.record["periods"]
        if row["unserved_share"] > 0.0
    ]
    return Text(
        "NOT ALL WORK IS PLACED: share of its value by year {years}",
        "有工作未能安排：各年占总价值的比例 {years}",
    ).render(language, years="; ".join(years))
