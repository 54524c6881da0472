"""Placements by site."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from optimizer.labels import WORKLOAD_KINDS, Text
from optimizer.report.blocks import (
    Block,
    ChartBlock,
    Inline,
    Sentence,
    TableBlock,
    TableRow,
)
from optimizer.report.charts import Bar, stacked_bars
from optimizer.report.map_content import WORKLOAD_COLOURS
from optimizer.report.names import names_of
from optimizer.report.report_run import View
from optimizer.report.section import Content, Section

COLUMNS = (
    Text("site", "站点"),
    Text("training, MW", "训练（兆瓦）"),
    Text("inference, MW", "推理（兆瓦）"),
    Text("batch, MW", "批处理（兆瓦）"),
    Text("new IT, MW", "新建 IT（兆瓦）"),
    Text("rack utilisation", "上架率"),
    Text("mean price, yuan/kWh", "平均电价（元/千瓦时）"),
    Text("cost, million yuan/year", "年成本（百万元）"),
    Text("kt CO2/year", "年排放（千吨 CO2）"),
    Text("green by contract", "合同绿电"),
)


METROS: Final = Text("metro sites", "城市站点")
LOADS: Final = {**WORKLOAD_KINDS, "idle": Text("idle power", "空载")}
LOAD_COLOURS: Final = {
    **{WORKLOAD_KINDS[kind].en: colour for kind, colour in WORKLOAD_COLOURS.items()},
    "idle power": "#b4bac2",
}


def _build(content: Content) -> Sequence[Block]:
    view = content.first.last
    if not view.clusters and not view.metros:
        return []
    rows = [_row(view, site) for site in view.clusters]
    rows += [_total(view, view.metros, _several(view, view.metros))] if view.metros else []
    everything = [*view.clusters, *view.metros]
    rows.append(_total(view, everything, Text("all sites", "全部站点"), is_total=True))
    blocks: list[Block] = [
        ChartBlock(
            "load-by-site",
            Text("Mean IT load by site and kind of work", "各站点平均 IT 负荷（按工作类型）"),
            partial(stacked_bars, load_bars(view), axis=Text("MW", "兆瓦"), colours=LOAD_COLOURS),
        ),
        TableBlock(Text("Load and cost by site", "各站点负荷与成本"), COLUMNS, tuple(rows)),
    ]
    if len(view.metros) > 1:
        blocks.append(
            TableBlock(
                Text("The metro sites one by one", "各城市站点明细"),
                COLUMNS,
                tuple(_row(view, site) for site in view.metros),
                folded=True,
            )
        )
    return blocks


def load_bars(view: View) -> tuple[Bar, ...]:
    """Return the mean load of each cluster, and of all metro sites together, by kind of work."""
    names = names_of(view.case, "sites", "site")
    groups: list[tuple[Text, tuple[str, ...]]] = [(names[site], (site,)) for site in view.clusters]
    if view.metros:
        groups.append((METROS, tuple(view.metros)))
    return tuple(
        Bar(title, text, view.value("sites", (sites,), f"{kind}_mw"))
        for title, sites in groups
        for kind, text in LOADS.items()
    )


def _several(view: View, sites: Sequence[str]) -> Inline:
    return Sentence(
        Text("{n} metro sites", "{n} 个城市站点"),
        {"n": view.number("sites", (tuple(sites),), "site", "0", how="distinct")},
    )


def _row(view: View, site: str) -> TableRow:
    key = (site,)
    loads = ("training_mw", "inference_mw", "batch_mw", "new_it_mw")
    return TableRow(
        (
            view.name_of("sites", site),
            *(view.number("sites", key, column, "1") for column in loads),
            view.number("sites", key, "rack_utilisation", "%"),
            view.number("sites", key, "mean_price_yuan_per_kwh", "3"),
            view.number("sites", key, "cost_million_yuan", "0"),
            view.number("sites", key, "location_kt", "0"),
            view.number("sites", key, "contractual_green_share", "%"),
        )
    )


def _total(view: View, sites: Sequence[str], title: Inline, *, is_total: bool = False) -> TableRow:
    key = (tuple(sites),)
    loads = ("training_mw", "inference_mw", "batch_mw", "new_it_mw")
    empty = Text("–", "–")
    return TableRow(
        (
            title,
            *(view.number("sites", key, column, "1") for column in loads),
            empty,
            empty,
            view.number("sites", key, "cost_million_yuan", "0"),
            view.number("sites", key, "location_kt", "0"),
            view.number("ledgers", key, "contractual_green_share", "%", weight="meter_gwh"),
        ),
        is_total=is_total,
    )


SECTION = Section("sites", 50, Text("Sites", "站点"), _build)
