"""Energy: by hour and by contract."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.labels import Text
from optimizer.report.blocks import Block, Inline, TableBlock, TableRow
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
        )
    ]


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
