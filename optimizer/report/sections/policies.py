"""What each policy costs and how near the plan is to its limit; what one more unit saves."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.labels import Text
from optimizer.report.blocks import Block, Inline, Joined, TableBlock, TableRow
from optimizer.report.report_run import View
from optimizer.report.section import Content, Section
from optimizer.report.vocabulary import limit_of, place_of, unit_of

SHOWN_PRICES = 10


def _build(content: Content) -> Sequence[Block]:
    view = content.first.last
    blocks: list[Block] = []
    effects = view.run.whole.findings["policy_effects"]
    if len(effects):
        blocks.append(
            TableBlock(
                Text("Policies, each switched off alone", "逐项取消各政策的影响"),
                (
                    Text("policy", "政策"),
                    Text("costs, million yuan/year", "代价（百万元/年）"),
                    Text("distance to the limit", "距限值"),
                    Text("unit", "单位"),
                ),
                tuple(_policy_row(view, str(policy)) for policy in effects["policy"]),
                wordy=(3,),
            )
        )
    prices = view.run.whole.findings["prices"]
    shown = prices.sort_values(
        ["saving_million_yuan", "limit", "place"], ascending=[False, True, True]
    ).head(SHOWN_PRICES)
    if len(shown):
        blocks.append(
            TableBlock(
                Text("What one more unit of a limit saves", "限值放宽一个单位的价值"),
                (
                    Text("limit", "限值"),
                    Text("where", "所属"),
                    Text("unit", "单位"),
                    Text("million yuan/year", "百万元/年"),
                ),
                tuple(
                    _price_row(view, str(limit), str(place))
                    for limit, place in zip(shown["limit"], shown["place"], strict=True)
                ),
                wordy=(1, 2),
                note=Text(
                    "With all builds as planned; valid for small changes.",
                    "在建设方案不变、变化较小时成立。",
                ),
            )
        )
    return blocks


def _policy_row(view: View, policy: str) -> TableRow:
    return TableRow(
        (
            _title(view, policy),
            view.number("policy_effects", (policy,), "saving_million_yuan", "2"),
            view.number("policy_effects", (policy,), "slack", "auto"),
            unit_of(view, "policy_effects", (policy,)),
        )
    )


def _title(view: View, policy: str) -> Inline:
    known = set(view.case.tables["policies"].frame["policy"].astype(str))
    names = policy.split(";")  # prices of one cost term stand together
    if not set(names) <= known:  # a case of several periods adds the year to the name
        return view.text("policy_effects", (policy,), "policy")
    titles = tuple(view.name_of("policies", name, "title") for name in names)
    return Joined(titles, Text(" + ", " + "))


def _price_row(view: View, limit: str, place: str) -> TableRow:
    key = (limit, place)
    return TableRow(
        (
            limit_of(view, key),
            place_of(view, key),
            unit_of(view, "prices", key),
            view.number("prices", key, "saving_million_yuan", "3"),
        )
    )


SECTION = Section("policies", 130, Text("Policies and limits", "政策与限值"), _build)
