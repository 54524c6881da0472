"""The last sheets of a run's workbook: its certificate, its sources and its assumptions."""

from __future__ import annotations

from typing import Final

from optimizer.analysis.confidence import cost_by_confidence
from optimizer.labels import CONFIDENCES, OBJECTIVE_UNITS, OBJECTIVES, Text
from optimizer.report.headline import STATUSES
from optimizer.report.workbook_sheets import SheetWriter
from optimizer.tables.sources import assumption_rows, sources_of
from optimizer.tables.workbook_cells import fit_columns

_COUNT: Final = Text("count", "项")
_SHARE: Final = Text("% of the location-dependent cost", "% 与选址有关成本")


def certificate_sheet(writer: SheetWriter) -> None:
    """Add what proves the plan: bound, gap, checks, and what it was computed from."""
    record = writer.run.record
    checks = record["verification"]
    million = writer.say(Text("million yuan/year", "百万元/年"))
    if writer.run.case.later:
        million = writer.say(Text("million yuan, all years", "百万元（各年合计）"))
    rows: list[tuple[object, ...]] = [
        (writer.say(Text("status", "状态")), writer.say(STATUSES[record["status"]]), ""),
        (writer.say(Text("cost", "成本")), record["objective_yuan"] / 1e6, million),
        (writer.say(Text("gap", "间隙")), record["gap_yuan"] / 1e6, million),
        (writer.say(Text("gap", "间隙")), record["gap_location"] * 100.0, writer.say(_SHARE)),
    ]
    for item in writer.run.plan.objectives:
        unit = writer.say(OBJECTIVE_UNITS[item.name])
        title = writer.say(OBJECTIVES[item.name])
        rows += [
            (writer.say(Text("{title}: value", "{title}：取值"), title=title), item.value, unit),
            (writer.say(Text("{title}: bound", "{title}：界"), title=title), item.bound, unit),
        ]
    rows += [
        (
            writer.say(Text("checks recomputed from the raw tables", "依据原始数据复核项数")),
            int(checks["checks"]),
            writer.say(_COUNT),
        ),
        (
            writer.say(Text("checks failed", "不符项数")),
            int(checks["violations"]),
            writer.say(_COUNT),
        ),
        (
            writer.say(Text("cost recomputed from the raw tables", "依据原始数据重算的成本")),
            checks["cost_yuan"] / 1e6,
            million,
        ),
        (
            writer.say(Text("hash of inputs, code and options", "输入、代码与选项的散列值")),
            record["hash"],
            "SHA-256",
        ),
        (
            writer.say(Text("hash of the inputs", "输入的散列值")),
            record["inputs_sha256"],
            "SHA-256",
        ),
        (writer.say(Text("solver", "求解器")), record["solver"], ""),
    ]
    rows += [
        (writer.say(Text("version of {name}", "{name} 版本"), name=name), version, "")
        for name, version in record["versions"].items()
    ]
    sheet = writer.sheet(
        Text("certificate", "证书"),
        writer.say(
            Text(
                "what proves the plan, and what it was computed from",
                "方案的证明依据与计算来源",
            )
        ),
    )
    headers = [
        writer.say(text)
        for text in (Text("item", "项目"), Text("value", "取值"), Text("unit", "单位"))
    ]
    writer.table(sheet, 2, headers, rows, ["", "#,##0.0000", ""])
    for row in sheet.iter_rows(min_row=3, min_col=2, max_col=2):
        if isinstance(row[0].value, int):
            row[0].number_format = "#,##0"
    fit_columns(sheet, 2)


def sources_sheets(writer: SheetWriter) -> None:
    """Add sources, confidence and every assumption with its range, if the case has any."""
    case = writer.last.case
    sources = sources_of(case.tables)
    if sources:
        sheet = writer.sheet(
            Text("sources", "资料来源"), writer.say(Text("where figures come from", "数值的出处"))
        )
        headers = [
            writer.say(text)
            for text in (Text("source", "来源"), Text("title", "名称"), Text("date", "日期"))
        ]
        rows = [(source.source_id, source.title, source.date) for source in sources.values()]
        writer.table(sheet, 2, headers, rows)
        fit_columns(sheet, 2)
    _confidence(writer)
    _assumptions(writer)


def _confidence(writer: SheetWriter) -> None:
    shares = cost_by_confidence(writer.last.case, writer.last.plan)
    if not shares:
        return
    sheet = writer.sheet(
        Text("confidence", "可信程度"),
        writer.say(Text("how sure the prices behind the cost are", "成本所依据价格的可信程度")),
    )
    headers = [
        writer.say(Text("confidence of the price", "价格可信程度")),
        writer.say(Text("share of the cost [%]", "成本占比 [%]")),
    ]
    rows = [(writer.say(CONFIDENCES[name]), float(share)) for name, share in shares.items()]
    writer.table(sheet, 2, headers, rows, ["", "0.0%"])
    fit_columns(sheet, 2)


def _assumptions(writer: SheetWriter) -> None:
    found = assumption_rows(writer.last.case.tables)
    if not found:
        return
    sheet = writer.sheet(
        Text("assumptions", "假设"),
        writer.say(Text("every assumed figure with its range", "全部假设数值及其范围")),
    )
    headers = [
        writer.say(text)
        for text in (
            Text("table", "表"),
            Text("key", "主键"),
            Text("column", "列"),
            Text("value", "数值"),
            Text("unit", "单位"),
            Text("confidence", "可信程度"),
            Text("lowest", "最低"),
            Text("highest", "最高"),
            Text("method or reason", "方法或理由"),
            Text("sources", "来源"),
        )
    ]
    rows = [
        (
            item.table,
            item.key,
            item.column,
            item.value,
            item.unit,
            writer.say(CONFIDENCES[item.confidence]),
            item.low,
            item.high,
            item.reason,
            "; ".join(item.source_ids),
        )
        for item in found
    ]
    writer.table(sheet, 2, headers, rows, ["", "", "", "General", "", "", "General", "General"])
    sheet.auto_filter.ref = f"A2:J{2 + len(rows)}"
    fit_columns(sheet, 2)
