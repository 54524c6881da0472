"""The interactive map with its controls and the panel of each site."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from optimizer.labels import WORKLOAD_KINDS, Text
from optimizer.report.blocks import (
    Block,
    Control,
    Inline,
    Legend,
    MapBlock,
    Panel,
    Sentence,
    TableBlock,
    TableRow,
)
from optimizer.report.interactive_map import (
    hours_specification,
    map_datasets,
    map_specification,
)
from optimizer.report.map_content import WORKLOAD_COLOURS, class_colours
from optimizer.report.map_layers import MAP_LAYERS
from optimizer.report.map_shapes import plane_ratio
from optimizer.report.maps import NO_DATA, NO_DATA_COLOUR, REVIEW_LINE, SOURCE_LINE
from optimizer.report.numbers import Cell, marked
from optimizer.report.report_run import ReportRun, View
from optimizer.report.section import Content, Section


def _build(content: Content) -> Sequence[Block]:
    views = [view for run in content.runs for view in run.views]
    if not any(view.clusters or view.metros for view in views):
        return []
    first = content.first.last.name
    return [
        MapBlock(
            title=Text(
                "Interactive map of sites, flows and provinces", "站点、流量与省份的交互地图"
            ),
            specification=partial(map_specification, first_view=first),
            hours=partial(hours_specification, first_view=first),
            datasets=map_datasets(views, content.basemap),
            ratio=plane_ratio(content.basemap),
            views=tuple(
                {"name": view.name, "run": str(view.run.number), "year": str(view.case.year)}
                for view in views
            ),
            controls=_controls(content, views),
            legends=tuple(_legend(layer) for layer in MAP_LAYERS),
            symbols=(
                *(("round", WORKLOAD_COLOURS[kind], text) for kind, text in WORKLOAD_KINDS.items()),
                ("flow", "", Text("service traffic, wider for more", "服务流量，越宽越大")),
                ("", NO_DATA_COLOUR, NO_DATA),
            ),
            panels=tuple(panel for view in views for panel in _panels(view)),
            notes=(
                Text(
                    "Pies: mean IT load of training, inference and batch work; their area grows "
                    "with it.",
                    "饼图：训练、推理与批处理的平均 IT 负荷，面积与负荷成正比。",
                ),
                Text("{source} {review}", "{source}{review}").filled(
                    source=SOURCE_LINE.filled(source=content.basemap.source), review=REVIEW_LINE
                ),
            ),
        )
    ]


def _controls(content: Content, views: Sequence[View]) -> tuple[Control, ...]:
    controls = []
    if len(content.runs) > 1:
        runs = tuple((str(run.number), _short_name(run)) for run in content.runs)
        controls.append(Control("run", Text("scenario", "情景"), runs))
    years: dict[str, Inline] = {}
    for view in reversed(views):
        years[str(view.case.year)] = view.year
    if len(years) > 1:
        last = str(content.first.last.case.year)
        ordered = [last, *sorted(year for year in years if year != last)]
        offered = tuple((year, years[year]) for year in ordered)
        controls.append(Control("year", Text("year", "年份"), offered))
    controls.append(
        Control(
            "layer",
            Text("colour of the provinces", "省份底色"),
            tuple((layer, definition.title) for layer, definition in MAP_LAYERS.items()),
        )
    )
    controls.append(
        Control(
            "flows_shown",
            Text("flows", "流量"),
            (("yes", Text("shown", "显示")), ("no", Text("hidden", "隐藏"))),
        )
    )
    sites: dict[str, Inline] = {}
    for view in views:
        for site in (*view.clusters, *view.metros):
            sites.setdefault(site, view.name_of("sites", site))
    none: tuple[tuple[str, Inline], ...] = (("", Text("none", "未选择")),)
    controls.append(Control("picked", Text("site", "站点"), (*none, *sites.items())))
    return tuple(controls)


def _short_name(run: ReportRun) -> Inline:
    """Return the name of a run, or only its letter where several have the same name."""
    return Text(run.letter, run.letter) if run.letter else run.scenario


def _legend(layer: str) -> Legend:
    definition = MAP_LAYERS[layer]
    limits = [_limit(layer, place) for place in range(len(definition.breaks))]
    labels: list[Inline] = [Sentence(Text("below {high}", "低于 {high}"), {"high": limits[0]})]
    labels += [
        Sentence(Text("{low} – {high}", "{low} – {high}"), {"low": low, "high": high})
        for low, high in pairwise(limits)
    ]
    labels.append(Sentence(Text("from {low}", "{low} 及以上"), {"low": limits[-1]}))
    colours = class_colours(definition.ramp, len(labels))
    title = Text("{title} ({unit})", "{title}（{unit}）").filled(
        title=definition.title, unit=definition.unit
    )
    return Legend(layer, title, tuple(zip(colours, labels, strict=True)))


def _limit(layer: str, place: int) -> Cell:
    return marked(MAP_LAYERS[layer].breaks[place], "short", f"scale:{layer}:{place}")


def _panels(view: View) -> list[Panel]:
    return [_panel(view, site) for site in (*view.clusters, *view.metros)]


def _panel(view: View, site: str) -> Panel:
    key = (site,)
    load: Inline = Sentence(
        Text(
            "Mean IT load: training {training}, inference {inference}, batch {batch} MW; "
            "{new} MW of new IT power.",
            "平均 IT 负荷：训练 {training}、推理 {inference}、批处理 {batch} 兆瓦；新建 IT 功率 "
            "{new} 兆瓦。",
        ),
        {
            **{kind: view.number("sites", key, f"{kind}_mw", "1") for kind in WORKLOAD_KINDS},
            "new": view.number("sites", key, "new_it_mw", "1"),
        },
    )
    money: Inline = Sentence(
        Text(
            "Cost {cost} million yuan a year, mean price {price} yuan/kWh, {green} green by "
            "contract.",
            "年成本 {cost} 百万元，平均电价 {price} 元/千瓦时，合同绿电占比 {green}。",
        ),
        {
            "cost": view.number("sites", key, "cost_million_yuan", "1"),
            "price": view.number("sites", key, "mean_price_yuan_per_kwh", "3"),
            "green": view.number("sites", key, "contractual_green_share", "%"),
        },
    )
    tables = [table for table in (_services(view, site), _runs(view, site)) if table.rows]
    return Panel(view.name, site, view.name_of("sites", site), (load, money), tuple(tables))


def _services(view: View, site: str) -> TableBlock:
    placed = view.rows("placements")
    here = placed[placed["site"] == site]
    by_service = here.groupby("service")["requests_million_per_day"].sum()
    rows = tuple(
        TableRow(
            (
                view.name_of("services", str(service)),
                view.number("placements", (None, str(service), site), "requests_million_per_day"),
                view.number("placements", (None, str(service), site), "rtt_p99_ms", "1", how="max"),
            )
        )
        for service in by_service.sort_values(ascending=False, kind="stable").index
    )
    return TableBlock(
        Text("Services", "服务"),
        (
            Text("service", "服务"),
            Text("million requests a day", "日请求（百万）"),
            Text("farthest, ms", "最远时延（毫秒）"),
        ),
        rows,
    )


def _runs(view: View, site: str) -> TableBlock:
    runs = view.rows("runs")
    here = runs[runs["site"] == site]
    by_job = here.groupby("job")["runs"].sum()
    rows = tuple(
        TableRow(
            (
                view.name_of("jobs", str(job)),
                view.number("runs", (str(job), site, None, None, None), "runs", "0"),
                view.number("runs", (str(job), site, None, None, None), "it_mw", "1"),
            )
        )
        for job in by_job.sort_values(ascending=False, kind="stable").index
    )
    return TableBlock(
        Text("Training", "训练"),
        (
            Text("job", "任务"),
            Text("runs", "次数"),
            Text("MW while active", "运行时功率（兆瓦）"),
        ),
        rows,
    )


SECTION = Section("explorer", 40, Text("Explore the plan", "交互地图"), _build)
