"""What the figures rest on: confidence, assumptions and sources."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.labels import Text
from optimizer.report.blocks import Block, TableBlock, TableRow
from optimizer.report.report_run import View
from optimizer.report.section import Content, Section


def _build(content: Content) -> Sequence[Block]:
    view = content.first.last
    blocks: list[Block] = []
    assumptions = _assumption_rows(view)
    if assumptions:
        blocks.append(
            TableBlock(
                Text("Assumptions with their ranges", "假设及其范围"),
                (
                    Text("table", "表"),
                    Text("row", "行"),
                    Text("column", "列"),
                    Text("low", "低值"),
                    Text("high", "高值"),
                    Text("reason", "理由"),
                ),
                tuple(assumptions),
                wordy=(1, 2, 5),
                folded=True,
            )
        )
    sources = view.case.tables["sources"].frame
    if len(sources):
        blocks.append(
            TableBlock(
                Text("Sources", "资料来源"),
                (Text("source", "来源"), Text("title", "名称"), Text("date", "日期")),
                tuple(
                    TableRow(
                        tuple(
                            view.text("case/sources", (str(source),), column)
                            for column in ("source_id", "title", "date")
                        )
                    )
                    for source in sources["source_id"]
                ),
                wordy=(1, 2),
                folded=True,
            )
        )
    return blocks


def _assumption_rows(view: View) -> list[TableRow]:
    graded = view.case.tables["provenance"].frame
    assumed = graded[graded["confidence"] == "assumption"]
    rows = []
    for table, row, column in zip(
        assumed["table"].astype(str),
        assumed["key"].astype(str),
        assumed["column"].astype(str),
        strict=True,
    ):
        key = (table, row, column)
        rows.append(
            TableRow(
                (
                    *(view.text("case/provenance", key, name) for name in ("table", "key")),
                    view.text("case/provenance", key, "column"),
                    view.number("case/provenance", key, "low", "auto"),
                    view.number("case/provenance", key, "high", "auto"),
                    view.text("case/provenance", key, "note"),
                )
            )
        )
    return rows


SECTION = Section("sources", 160, Text("Sources and assumptions", "资料来源与假设"), _build)
