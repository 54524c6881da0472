"""Energy: by hour and by contract."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from optimizer.labels import Text
from optimizer.report.blocks import Block, ChartBlock, Inline, TableBlock, TableRow
from optimizer.report.charts import Bar, Tile, heat_map, stacked_bars
from optimizer.report.mean_day import mean_day
from optimizer.report.names import names_of
from optimizer.report.report_run import View
from optimizer.report.section import Content, Section

COLUMNS = ("it_gwh", "meter_gwh", "import_gwh", "own_gwh", "export_gwh", "claimed_gwh")


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
            "day",
            Text("The mean day: metered load by hour", "年均日逐时计量点负荷"),
            partial(
                heat_map,
                _tiles(view),
                shade=Text("of the site's highest mean hour", "占本站最高小时均值"),
                value=Text("MW", "兆瓦"),
                columns=Text("hour of the day", "小时"),
            ),
        ),
        ChartBlock(
            "origin",
            Text("Energy by origin and contract", "电量来源与合同"),
            partial(stacked_bars, _bars(view), axis=Text("GWh/year", "吉瓦时/年")),
        ),
        TableBlock(
            Text("Energy by site and origin", "各站点电量与来源"),
            (
                Text("site", "站点"),
                Text("IT, GWh/year", "IT（吉瓦时/年）"),
                Text("metered", "计量点"),
                Text("from the grid", "网购"),
                Text("own generation", "自发自用"),
                Text("sent out", "上网"),
                Text("green contracts", "绿电合同"),
                Text("matched by the hour", "逐时匹配"),
            ),
            tuple(rows),
        ),
    ]


def _tiles(view: View) -> tuple[Tile, ...]:
    """Return the load of each cluster in each hour of the mean day, against its highest."""
    frame = mean_day(view)
    names = names_of(view.case, "sites", "site")
    tiles = []
    for site in view.clusters or view.metros:
        here = frame[frame["site"] == site]
        highest = float(here["meter_mw"].max()) if len(here) else 0.0
        if highest <= 0.0:
            continue
        tiles += [
            Tile(names[site], Text(f"{hour}", f"{hour}"), float(mw) / highest, float(mw))
            for hour, mw in zip(here["hour"], here["meter_mw"], strict=True)
        ]
    return tuple(tiles)


def _bars(view: View) -> tuple[Bar, ...]:
    """Return own generation, each contract and the rest from the grid of each cluster."""
    names = names_of(view.case, "sites", "site")
    contracts = view.rows("contracts")
    offered = view.case.tables["green_contracts"].frame
    title = {
        str(code): Text(str(en), str(zh))
        for code, en, zh in zip(
            offered["contract"], offered["name_en"], offered["name_zh"], strict=True
        )
    }
    groups = [(names[site], [site]) for site in view.clusters]
    if view.metros:
        groups.append((Text("metro sites", "城市站点"), view.metros))
    bars = []
    for name, members in groups:
        own = view.value("ledgers", (tuple(members),), "own_gwh")
        here = contracts[contracts["site"].isin(members)].groupby("contract")["energy_gwh"].sum()
        taken = view.value("ledgers", (tuple(members),), "import_gwh") - float(here.sum())
        bars.append(Bar(name, Text("grid, no contract", "电网（无合同）"), max(0.0, taken)))
        bars.append(Bar(name, Text("own generation", "自发自用"), own))
        bars += [Bar(name, title[str(code)], float(gwh)) for code, gwh in here.items()]
    return tuple(bar for bar in bars if bar.value > 0.0)


def _row(
    view: View, sites: str | tuple[str, ...] | None, title: Inline, *, is_total: bool = False
) -> TableRow:
    return TableRow(
        (
            title,
            *(view.number("ledgers", (sites,), column, "1") for column in COLUMNS),
            view.number("ledgers", (sites,), "hourly_green_share", "%", weight="meter_gwh"),
        ),
        is_total=is_total,
    )


SECTION = Section("energy", 90, Text("Energy", "电力"), _build)
