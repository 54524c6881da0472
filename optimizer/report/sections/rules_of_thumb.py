"""The plan beside three rules of thumb."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.labels import BASELINE_RULES, Text
from optimizer.report.blocks import Block, Inline, Sentence, TableBlock, TableRow
from optimizer.report.report_run import View
from optimizer.report.section import Content, Section

AMOUNTS = (
    "least_cost_million_yuan",
    "saving_million_yuan",
    "facility_saving_million_yuan",
    "saving_yuan_per_mwh_it",
)


def _build(content: Content) -> Sequence[Block]:
    view = content.first.last
    known = set(view.run.whole.findings["baselines"]["rule"].astype(str))
    rows = tuple(_row(view, rule, title) for rule, title in BASELINE_RULES.items() if rule in known)
    if not rows:
        return []
    return [
        TableBlock(
            Text("What rules of thumb would cost", "经验规则的成本"),
            (
                Text("rule", "规则"),
                Text("costs at least, million yuan/year", "年成本下界（百万元）"),
                Text("saved at least", "至少节省"),
                Text("without accelerators", "其中不含加速卡"),
                Text("yuan per MWh of IT", "每兆瓦时 IT 电量（元）"),
                Text("remark", "说明"),
            ),
            rows,
            wordy=(5,),
            note=Text(
                "Same capacities, supply and policies; the cost by a rule is the lower bound of "
                "its LP relaxation.",
                "容量、供应与政策均相同；规则成本为其线性松弛的下界。",
            ),
        )
    ]


def _row(view: View, rule: str, title: Text) -> TableRow:
    remark: Inline = Text("–", "–")
    if view.value("baselines", (rule,), "undone_million_yuan") > 0.0:
        remark = Sentence(
            Text(
                "leaves work worth {undone} million yuan undone",
                "价值 {undone} 百万元的工作未能安排",
            ),
            {"undone": view.number("baselines", (rule,), "undone_million_yuan", "0")},
        )
    return TableRow(
        (
            title,
            *(view.number("baselines", (rule,), column, "0") for column in AMOUNTS),
            remark,
        )
    )


SECTION = Section("rules-of-thumb", 120, Text("Against rules of thumb", "与经验规则比较"), _build)
