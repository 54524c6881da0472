"""The answer in five sentences: where, what to build, what it costs, what it emits, how sure."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.labels import BASELINE_RULES, Text
from optimizer.report.blocks import Block, Inline, Joined, Paragraph, Sentence
from optimizer.report.report_run import View
from optimizer.report.section import Content, Section

LARGEST = 3


def _build(content: Content) -> Sequence[Block]:
    view = content.first.last
    blocks: list[Block] = []
    if view.figure_value("unserved_share") > 0.0:
        blocks.append(Paragraph((_unserved(view),), tone="warning"))
    sentences = (_where(view), _builds(view), _cost(view), _emissions(view), _proof(view))
    blocks.append(Paragraph(sentences, tone="lead"))
    return blocks


def _unserved(view: View) -> Inline:
    return Sentence(
        Text(
            "Not all work is placed: work worth {share} of the value of all work is left undone.",
            "有工作未能安排：未安排的工作占全部工作价值的 {share}。",
        ),
        {"share": view.figure("unserved_share", "%2")},
    )


def _where(view: View) -> Inline:
    largest = tuple(
        Sentence(
            Text("{name} ({energy} GWh)", "{name}（{energy} 吉瓦时）"),
            {
                "name": view.name_of("sites", site),
                "energy": view.number("ledgers", (site,), "it_gwh"),
            },
        )
        for site in (view.clusters or view.metros)[:LARGEST]
    )
    return Sentence(
        Text(
            "In {year}, {sites} sites ({clusters} of them clusters) carry a mean IT load of "
            "{load} MW, {west} of the energy in the west; the largest users of IT energy a year "
            "are {largest}.",
            "{year} 年，{sites} 个站点（其中集群 {clusters} 个）承担平均 IT 负荷 {load} 兆瓦，"
            "其中西部电量占 {west}；IT 年电量最大的站点是{largest}。",
        ),
        {
            "year": view.year,
            "clusters": _count(view, view.clusters),
            "sites": _count(view, (*view.clusters, *view.metros)),
            "load": view.figure("it_mw"),
            "west": view.figure("west_share", "%"),
            "largest": Joined(largest),
        },
    )


def _count(view: View, sites: Sequence[str]) -> Inline:
    return view.number("sites", (tuple(sites),), "nameplate_mw", "0", how="count")


def _builds(view: View) -> Inline:
    return Sentence(
        Text(
            "The plan builds {new} MW of new IT power at {count} sites, {west} of it in the west.",
            "方案在 {count} 个站点新建 IT 功率 {new} 兆瓦，其中西部占 {west}。",
        ),
        {
            "new": view.number("sites", (None,), "new_it_mw"),
            "count": view.number("sites", (None,), "new_it_mw", "0", how="count"),
            "west": view.figure("west_share_of_new", "%"),
        },
    )


def _cost(view: View) -> Inline:
    values: dict[str, Inline] = {
        "total": view.figure("total_cost"),
        "location": view.figure("location_cost"),
        "accelerators": view.figure("accelerator_cost"),
    }
    rule = best_rule(view)
    if rule is None:
        return Sentence(
            Text(
                "It costs {total} million yuan a year: {location} for electricity, build, "
                "network and contracts, and {accelerators} for accelerators.",
                "年成本为 {total} 百万元：电力、建设、网络与合同 {location}，加速卡 "
                "{accelerators}。",
            ),
            values,
        )
    values["rule"] = BASELINE_RULES[rule]
    values["saving"] = view.number("baselines", (rule,), "saving_million_yuan")
    return Sentence(
        Text(
            "It costs {total} million yuan a year ({location} for electricity, build, network "
            "and contracts, {accelerators} for accelerators), at least {saving} less than the "
            "best rule of thumb, {rule}.",
            "年成本为 {total} 百万元（电力、建设、网络与合同 {location}，加速卡 {accelerators}），"
            "比最好的经验规则“{rule}”至少节省 {saving} 百万元。",
        ),
        values,
    )


def best_rule(view: View) -> str | None:
    """Return the rule of thumb that the plan saves least against, if any does all the work."""
    frame = view.run.whole.findings["baselines"]
    compared = frame[frame["saving_million_yuan"].notna()]
    if compared.empty:
        return None
    return str(compared.sort_values(["saving_million_yuan", "rule"])["rule"].iloc[0])


def _emissions(view: View) -> Inline:
    return Sentence(
        Text(
            "It emits {location} kt CO2 a year by the place of the grid, {market} by contracts "
            "and {hourly} matched hour by hour; contracts and own generation cover {green} of "
            "the energy.",
            "年排放为 {location} 千吨 CO2（基于位置）、{market} 千吨（基于市场）、{hourly} 千吨"
            "（逐时匹配）；合同与自发绿电覆盖用电量的 {green}。",
        ),
        {
            "location": view.figure("location_kt"),
            "market": view.figure("market_kt"),
            "hourly": view.figure("hourly_kt"),
            "green": view.figure("contractual_green_share", "%"),
        },
    )


def _proof(view: View) -> Inline:
    run = view.run
    proved = run.whole.record["status"] == "optimal"
    return Sentence(
        Text(
            "No plan can cost less by more than {gap} of the location-dependent cost, which is "
            "within the asked gap; {checks} checks recomputed from the raw tables found "
            "{failed} faults.",
            "任何方案的成本最多只能再低与选址有关成本的 {gap}，在要求的间隙之内；依据原始数据"
            "复核 {checks} 项，不符 {failed} 项。",
        )
        if proved
        else Text(
            "The search stopped early: a plan may cost less by up to {gap} of the "
            "location-dependent cost; {checks} checks recomputed from the raw tables found "
            "{failed} faults.",
            "搜索提前停止：更优方案的成本最多可再低与选址有关成本的 {gap}；依据原始数据复核 "
            "{checks} 项，不符 {failed} 项。",
        ),
        {
            "gap": run.record((), "gap_location", "%3"),
            "checks": run.record(("verification",), "checks", "0"),
            "failed": run.record(("verification",), "violations", "0"),
        },
    )


SECTION = Section("answer", 10, Text("The answer", "结论"), _build)
