"""Key figures, each with what it is compared with."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.labels import BASELINE_RULES, Text
from optimizer.report.blocks import Block, Card, Cards, Inline, Sentence
from optimizer.report.report_run import View
from optimizer.report.section import Content, Section
from optimizer.report.sections.answer import best_rule

MILLION_YUAN = Text("million yuan/year", "百万元/年")


def _build(content: Content) -> Sequence[Block]:
    view = content.first.last
    return [Cards((*_money(view), *_load(view), *_climate(view)))]


def _against_rule(view: View, column: str) -> Inline:
    rule = best_rule(view)
    if view.run.whole.findings["baselines"].empty:
        return Text("not compared with rules of thumb", "未与经验规则比较")
    if rule is None:
        return Text("no rule of thumb does all the work", "没有经验规则能安排全部工作")
    return Sentence(
        Text("at least {saving} below {rule}", "比“{rule}”至少低 {saving}"),
        {"saving": view.number("baselines", (rule,), column), "rule": BASELINE_RULES[rule]},
    )


def _money(view: View) -> tuple[Card, ...]:
    return (
        Card(
            Text("Yearly cost", "年成本"),
            view.figure("total_cost"),
            MILLION_YUAN,
            _against_rule(view, "saving_million_yuan"),
        ),
        Card(
            Text("Of it without accelerators", "其中不含加速卡"),
            view.figure("location_cost"),
            MILLION_YUAN,
            _against_rule(view, "facility_saving_million_yuan"),
        ),
    )


def _load(view: View) -> tuple[Card, ...]:
    return (
        Card(
            Text("Mean IT load", "平均 IT 负荷"),
            view.figure("it_mw"),
            Text("MW", "兆瓦"),
            Sentence(
                Text("of it training {training}", "其中训练 {training}"),
                {"training": view.figure("training_mw")},
            ),
        ),
        Card(
            Text("New IT power", "新建 IT 功率"),
            view.figure("new_it_mw"),
            Text("MW", "兆瓦"),
            Sentence(
                Text("beside {existing} existing", "另有已建 {existing}"),
                {"existing": view.number("case/sites", (None,), "existing_it_mw")},
            ),
        ),
        Card(
            Text("Energy in the west", "西部电量占比"),
            view.figure("west_share", "%"),
            Text("of IT energy", "占 IT 电量"),
            Sentence(
                Text("of new IT power {west}", "新建 IT 功率中为 {west}"),
                {"west": view.figure("west_share_of_new", "%")},
            ),
        ),
    )


def _climate(view: View) -> tuple[Card, ...]:
    return (
        Card(
            Text("Emissions, location-based", "排放（基于位置）"),
            view.figure("location_kt"),
            Text("kt CO2/year", "千吨 CO2/年"),
            Sentence(
                Text("market-based {market}", "基于市场为 {market}"),
                {"market": view.figure("market_kt")},
            ),
        ),
        Card(
            Text("Green power by contract", "合同绿电占比"),
            view.figure("contractual_green_share", "%"),
            Text("of metered energy", "占计量电量"),
            Sentence(
                Text("physical share {physical}", "物理占比 {physical}"),
                {"physical": view.figure("physical_green_share", "%")},
            ),
        ),
        Card(
            Text("Proved gap", "已证明的间隙"),
            view.run.record((), "gap_location", "%3"),
            Text("of the location-dependent cost", "占与选址有关成本"),
            Sentence(
                Text("bound over all years {bound} million yuan", "各年合计下界 {bound} 百万元")
                if view.run.whole.case.later
                else Text("bound {bound} million yuan", "下界 {bound} 百万元"),
                {"bound": view.run.record(("objectives", "0"), "bound")},
            ),
        ),
    )


SECTION = Section("key-figures", 20, Text("Key figures", "关键指标"), _build)
