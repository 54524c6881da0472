"""What is built: by site, and by year where a case has several."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from optimizer.labels import Text
from optimizer.report.alternatives_map import alternatives_map_content, holds_alternatives
from optimizer.report.blocks import (
    Block,
    ChartBlock,
    Paragraph,
    PictureBlock,
    TableBlock,
    TableRow,
)
from optimizer.report.by_year import BY_YEAR_COLUMNS, BY_YEAR_TITLE
from optimizer.report.charts import Bar, grouped_bars, stacked_bars
from optimizer.report.names import names_of
from optimizer.report.numbers import Form
from optimizer.report.report_run import ReportRun, View
from optimizer.report.section import Content, Section

BY_YEAR_FIGURES: tuple[tuple[str, Form], ...] = (
    ("year", "year"),
    ("served_million_per_day", "1"),
    ("unserved_share", "%2"),
    ("ordered_it_mw", "0"),
    ("new_it_mw", "0"),
    ("accelerators_ordered", "0"),
    ("accelerators_retired", "0"),
    ("cost_million_yuan", "0"),
    ("location_kt", "0"),
    ("west_share", "%"),
)


def _build(content: Content) -> Sequence[Block]:
    run = content.first
    view = run.last
    blocks: list[Block] = []
    if run.whole.case.later:
        blocks.append(_by_year(run))
    bars = _bars(run)
    if bars:
        blocks.append(
            ChartBlock(
                "new-power",
                Text("New IT power by site and year", "各站点分年新建 IT 功率"),
                partial(
                    grouped_bars if run.whole.case.later else stacked_bars,
                    bars,
                    axis=Text("MW standing", "在役（兆瓦）"),
                ),
            )
        )
    if holds_alternatives(run.whole):
        blocks.append(
            PictureBlock(
                "alternatives",
                Text("Where new power must, may or is never built", "必建、可建与不建的集群"),
                content.drawn(alternatives_map_content(run.whole)),
                Text(
                    "Map of China: clusters as pies of the new IT power that every plan of almost "
                    "the same cost builds, and that some of them build.",
                    "中国地图：集群饼图表示成本几乎相同的各方案均建与部分方案建设的新建 IT 功率。",
                ),
            )
        )
    rows = _module_rows(view)
    if rows:
        blocks.append(
            TableBlock(
                Text("New modules by site", "各站点新建模块"),
                (
                    Text("site", "站点"),
                    Text("module", "模块"),
                    Text("number", "数量"),
                    Text("IT power, MW", "IT 功率（兆瓦）"),
                    Text("in use, MW", "已用（兆瓦）"),
                    Text("yearly PUE", "年均 PUE"),
                ),
                tuple(rows),
                wordy=(1,),
            )
        )
    elif not run.whole.case.later:
        blocks.append(
            Paragraph((Text("Nothing new is built.", "方案不新建任何模块。"),), tone="note")
        )
    return blocks


def _bars(run: ReportRun) -> tuple[Bar, ...]:
    """Return the new power by site and year; of several years all metro sites stand together."""
    if not run.whole.case.later:
        view = run.last
        names = names_of(view.case, "sites", "site")
        sites = view.rows("sites").sort_values(["new_it_mw", "site"], ascending=[False, True])
        return tuple(
            Bar(names[site], _year(view), float(new))
            for site, new in zip(sites["site"].astype(str), sites["new_it_mw"], strict=True)
            if new > 0.0
        )
    bars = []
    last = run.last
    names = names_of(last.case, "sites", "site")
    groups: list[tuple[Text, tuple[str, ...]]] = [(names[site], (site,)) for site in last.clusters]
    if last.metros:
        groups.append((Text("metro sites", "城市站点"), tuple(last.metros)))
    for name, members in groups:
        powers = [view.value("sites", (members,), "new_it_mw") for view in run.views]
        if any(powers):
            bars += [
                Bar(name, _year(view), power) for view, power in zip(run.views, powers, strict=True)
            ]
    return tuple(bars)


def _year(view: View) -> Text:
    return Text(str(view.case.year), str(view.case.year))


def _by_year(run: ReportRun) -> TableBlock:
    rows = tuple(
        TableRow(
            tuple(
                run.record(("periods", str(place)), figure, form)
                for figure, form in BY_YEAR_FIGURES
            )
        )
        for place in range(len(run.views))
    )
    return TableBlock(BY_YEAR_TITLE, BY_YEAR_COLUMNS, rows)


def _module_rows(view: View) -> list[TableRow]:
    builds = view.rows("builds")
    new = builds[(builds["kind"] == "new") & (builds["it_mw"] > 0.0)]
    new = new.sort_values(["it_mw", "site", "module"], ascending=[False, True, True])
    return [
        TableRow(
            (
                view.name_of("sites", site),
                view.name_of("modules", module),
                view.number("builds", (site, module), "modules", "0"),
                view.number("builds", (site, module), "it_mw", "1"),
                view.number("builds", (site, module), "used_mw", "1"),
                view.number("builds", (site, module), "annual_pue", "3"),
            )
        )
        for site, module in zip(new["site"].astype(str), new["module"].astype(str), strict=True)
    ]


SECTION = Section("builds", 70, Text("Build", "建设"), _build)
