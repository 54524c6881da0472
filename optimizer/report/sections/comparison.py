"""Several runs beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from optimizer.labels import Text
from optimizer.report.blocks import (
    Block,
    ChartBlock,
    PictureBlock,
    TableBlock,
    TableRow,
    plain,
)
from optimizer.report.charts import Point, frontier
from optimizer.report.difference_map import difference_map_content
from optimizer.report.report_run import ReportRun
from optimizer.report.section import Content, Section


def _build(content: Content) -> Sequence[Block]:
    if len(content.runs) < 2:
        return []
    points = tuple(
        Point(
            Text(plain(run.scenario, "en"), plain(run.scenario, "zh")),
            run.last.figure_value("total_cost"),
            run.last.figure_value("location_kt"),
        )
        for run in content.runs
    )
    return [
        *_maps(content),
        ChartBlock(
            "frontier",
            Text("Cost against emissions", "成本与排放"),
            partial(
                frontier,
                points,
                across=Text("yearly cost, million yuan", "年成本（百万元）"),
                up=Text("kt CO2/year, location-based", "千吨 CO2/年（基于位置）"),
            ),
            note=Text(
                "The dashed line joins the runs that none of the others beats in both.",
                "虚线连接在两项上均不劣于其余运行的方案。",
            ),
        ),
        TableBlock(
            Text("Runs of this report", "本报告的各次运行"),
            (
                Text("run", "运行"),
                Text("cost, million yuan/year", "年成本（百万元）"),
                Text("without accelerators", "不含加速卡"),
                Text("new IT, MW", "新建 IT（兆瓦）"),
                Text("west share", "西部占比"),
                Text("kt CO2, location-based", "千吨 CO2（基于位置）"),
                Text("kt CO2, market-based", "千吨 CO2（基于市场）"),
                Text("green by contract", "合同绿电"),
                Text("left undone", "未安排"),
                Text("gap", "间隙"),
            ),
            tuple(_row(run) for run in content.runs),
            note=Text("Of runs of several years, the last one.", "多年期运行取最后一年。"),
        ),
    ]


def _maps(content: Content) -> list[PictureBlock]:
    """Return a map for each further run that shares sites with the first."""
    first = content.first.whole
    sites = set(first.case.tables["sites"].frame["site"])
    return [
        PictureBlock(
            f"difference-{run.number}",
            Text("{second} against {first} on the map", "{second} 相对于 {first} 的变化").filled(
                second=plain(run.scenario, "en"), first=plain(content.first.scenario, "en")
            ),
            content.drawn(difference_map_content(first, run.whole)),
            Text(
                "Map of China: sites as circles by the change of their mean IT load, curves by the "
                "change of traffic.",
                "中国地图：圆表示站点平均 IT 负荷的变化，曲线表示流量的变化。",
            ),
        )
        for run in content.runs[1:]
        if not sites.isdisjoint(run.whole.case.tables["sites"].frame["site"])
    ]


def _row(run: ReportRun) -> TableRow:
    view = run.last
    return TableRow(
        (
            run.scenario,
            view.figure("total_cost", "0"),
            view.figure("location_cost", "0"),
            view.figure("new_it_mw", "0"),
            view.figure("west_share", "%"),
            view.figure("location_kt", "0"),
            view.figure("market_kt", "0"),
            view.figure("contractual_green_share", "%"),
            view.figure("unserved_share", "%2"),
            run.record((), "gap_location", "%3"),
        )
    )


SECTION = Section("comparison", 140, Text("Runs compared", "情景比较"), _build)
