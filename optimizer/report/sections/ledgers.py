"""Emissions in three ledgers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from optimizer.labels import Text
from optimizer.report.blocks import (
    Block,
    ChartBlock,
    Inline,
    Paragraph,
    TableBlock,
    TableRow,
)
from optimizer.report.charts import Bar, grouped_bars
from optimizer.report.names import names_of
from optimizer.report.report_run import View
from optimizer.report.section import Content, Section

SHARES = (
    "physical_green_share",
    "contractual_green_share",
    "hourly_green_share",
    "hourly_green_share_with_grid",
)


LEDGERS: Final = {
    "location_kt": Text("location-based", "基于位置"),
    "market_kt": Text("market-based", "基于市场"),
    "hourly_kt": Text("hourly-matched", "逐时匹配"),
}


def _build(content: Content) -> Sequence[Block]:
    view = content.first.last
    if not view.value("ledgers", (None,), "meter_gwh"):
        return []
    rows = [_row(view, site, view.name_of("sites", site)) for site in view.clusters]
    if view.metros:
        rows.append(_row(view, tuple(view.metros), Text("metro sites", "城市站点")))
    rows.append(_row(view, None, Text("total", "合计"), is_total=True))
    return [
        ChartBlock(
            "emissions",
            Text("Emissions by site in each ledger", "各站点三本碳账的排放"),
            partial(grouped_bars, _bars(view), axis=Text("kt CO2/year", "千吨 CO2/年")),
        ),
        TableBlock(
            Text("Emissions and green shares by site", "各站点排放与绿电占比"),
            (
                Text("site", "站点"),
                Text("location-based, kt CO2/year", "基于位置（千吨 CO2/年）"),
                Text("market-based", "基于市场"),
                Text("hourly-matched", "逐时匹配"),
                Text("green share of the grid there", "所在电网绿电占比"),
                Text("by contract", "合同绿电占比"),
                Text("matched in its hour", "逐时匹配占比"),
                Text("with the grid's share", "计入电网绿电"),
            ),
            tuple(rows),
        ),
        Paragraph(
            (
                Text(
                    "Location-based counts the grid of the place, market-based the contracts "
                    "over a year, hourly-matched only green power of the same hour.",
                    "基于位置按所在电网计算，基于市场按全年合同计算，逐时匹配只计同一小时内的"
                    "绿电。",
                ),
            ),
            tone="note",
        ),
    ]


def _bars(view: View) -> tuple[Bar, ...]:
    names = names_of(view.case, "sites", "site")
    groups: list[tuple[Text, tuple[str, ...]]] = [(names[site], (site,)) for site in view.clusters]
    if view.metros:
        groups.append((Text("metro sites", "城市站点"), tuple(view.metros)))
    return tuple(
        Bar(name, title, view.value("ledgers", (members,), column))
        for name, members in groups
        for column, title in LEDGERS.items()
    )


def _row(
    view: View, sites: str | tuple[str, ...] | None, title: Inline, *, is_total: bool = False
) -> TableRow:
    key = (sites,)
    return TableRow(
        (
            title,
            *(view.number("ledgers", key, column, "1") for column in LEDGERS),
            *(view.number("ledgers", key, column, "%", weight="meter_gwh") for column in SHARES),
        ),
        is_total=is_total,
    )


SECTION = Section("ledgers", 100, Text("Three ledgers", "三本碳账"), _build)
