"""What the figures rest on: confidence, assumptions and sources."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.analysis.confidence import cost_by_confidence
from optimizer.labels import CONFIDENCES, Text
from optimizer.report.blocks import Block, TableBlock, TableRow
from optimizer.report.numbers import marked
from optimizer.report.report_run import View
from optimizer.report.section import Content, Section


def _build(content: Content) -> Sequence[Block]:
    view = content.first.last
    blocks: list[Block] = [_confidence(view)]
    assumptions = _assumption_rows(view)
    if assumptions:
        blocks.append(
            TableBlock(
                Text("Assumptions with their ranges", "假设及其范围"),
                (
                    Text("table", "表"),
                    Text("column", "列"),
                    Text("figures", "数值个数"),
                    Text("lowest", "最低"),
                    Text("highest", "最高"),
                    Text("reason of the first", "首项理由"),
                ),
                tuple(assumptions),
                wordy=(1, 5),
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


def _confidence(view: View) -> Block:
    """Return the share of the cost that rests on prices of each confidence."""
    shares = cost_by_confidence(view.case, view.plan)
    rows = []
    for name, share in shares.items():
        origin = f"derived/cost_by_confidence:{name}:share"
        cell = marked(share, "%", origin, view.run.number)
        rows.append(TableRow((CONFIDENCES[name], cell)))
    return TableBlock(
        Text("How sure the prices behind the cost are", "成本所依据价格的可信程度"),
        (
            Text("confidence of the price", "价格可信程度"),
            Text("share of the cost", "成本占比"),
        ),
        tuple(rows),
    )


def _assumption_rows(view: View) -> list[TableRow]:
    """Return one row for each column of a table that holds assumptions."""
    graded = view.case.tables["provenance"].frame
    assumed = graded[graded["confidence"] == "assumption"]
    rows = []
    for (table, column), cells in assumed.groupby(["table", "column"]):
        key = (str(table), None, str(column))
        one = (str(table), str(cells["key"].iloc[0]), str(column))
        rows.append(
            TableRow(
                (
                    view.text("case/provenance", one, "table"),
                    view.text("case/provenance", one, "column"),
                    view.number("case/provenance", key, "low", "0", "filled"),
                    view.number("case/provenance", key, "low", "auto", "min"),
                    view.number("case/provenance", key, "high", "auto", "max"),
                    view.text("case/provenance", one, "note"),
                )
            )
        )
    return rows


SECTION = Section("sources", 160, Text("Sources and assumptions", "资料来源与假设"), _build)
