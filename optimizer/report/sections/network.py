"""Use of the backbone, and its bottleneck links."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import pandas as pd

from optimizer.labels import Text
from optimizer.report.blocks import (
    Block,
    ChartBlock,
    Inline,
    Sentence,
    TableBlock,
    TableRow,
    plain,
)
from optimizer.report.charts import Bar, stacked_bars
from optimizer.report.report_run import View
from optimizer.report.section import Content, Section

SHOWN_LINKS = 15


def _build(content: Content) -> Sequence[Block]:
    view = content.first.last
    used = used_links(view)
    if used.empty:
        return []
    rows = [_row(view, str(link)) for link in used["link"].head(SHOWN_LINKS)]
    bars = tuple(
        Bar(
            _ends_text(view, str(row["link"])),
            Text("peak flow over spare capacity", "高峰流量占空余容量"),
            100.0 * float(row["use"]),
        )
        for row in used.head(SHOWN_LINKS).to_dict("records")
        if math.isfinite(float(row["use"]))
    )
    return [
        ChartBlock(
            "links",
            Text("Bottleneck links", "瓶颈链路"),
            partial(
                stacked_bars,
                bars,
                axis=Text("peak flow, % of spare capacity", "高峰流量占空余容量（%）"),
            ),
        ),
        TableBlock(
            Text("The fullest links", "负载最高的链路"),
            (
                Text("link", "链路"),
                Text("peak flow, Gbit/s", "高峰流量（Gbit/s）"),
                Text("spare before, Gbit/s", "原有空余（Gbit/s）"),
                Text("flow over spare", "流量占空余"),
                Text("leased, Gbit/s", "租用（Gbit/s）"),
                Text("upgrades", "扩容次数"),
            ),
            tuple(rows),
            note=Text(
                "Leased capacity and upgrades together carry the peak flow.",
                "租用容量与扩容共同承载高峰流量。",
            ),
        ),
    ]


def used_links(view: View) -> pd.DataFrame:
    """Return the links that carry anything, the fullest first, with their ``use``."""
    links = view.rows("links")
    used = links[(links["flow_gbps"] > 0.0) | (links["upgrades"] > 0.0)]
    spare = used["spare_gbps"].where(used["spare_gbps"] > 0.0)
    used = used.assign(use=(used["flow_gbps"] / spare).fillna(float("inf")))
    return used.sort_values(["use", "link"], ascending=[False, True])


def ends_of(view: View, link: str) -> Inline:
    """Return the names of the two ends of a link."""
    links = view.case.tables["links"].frame
    row = links[links["link"] == link].iloc[0]
    return Sentence(
        Text("{one} – {other}", "{one} – {other}"),
        {
            "one": view.name_of("sites", str(row["from_site"])),
            "other": view.name_of("sites", str(row["to_site"])),
        },
    )


def _ends_text(view: View, link: str) -> Text:
    both = ends_of(view, link)
    return Text(plain(both, "en"), plain(both, "zh"))


def _row(view: View, link: str) -> TableRow:
    key = (link,)
    return TableRow(
        (
            ends_of(view, link),
            view.number("links", key, "flow_gbps", "1"),
            view.number("links", key, "spare_gbps", "0"),
            view.relation(
                view.reference("links", key, "flow_gbps"),
                "/",
                view.reference("links", key, "spare_gbps"),
                "%",
            ),
            view.number("links", key, "leased_gbps", "1"),
            view.number("links", key, "upgrades", "0"),
        )
    )


SECTION = Section("network", 110, Text("Network", "网络"), _build)
