"""What vouches for the plan: status, bound, gap, verification, versions and hashes."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.labels import OBJECTIVE_UNITS, OBJECTIVES, Text
from optimizer.report.blocks import Block, Inline, Sentence, TableBlock, TableRow
from optimizer.report.headline import STATUSES
from optimizer.report.numbers import Cell
from optimizer.report.report_run import ReportRun
from optimizer.report.section import Content, Section

VERSIONS = ("eastwest", "python", "pulp", "solver", "numpy", "pandas")


def _build(content: Content) -> Sequence[Block]:
    blocks: list[Block] = []
    for run in content.runs:
        blocks += [_proof(run), _hashes(run)]
    return blocks


def _proof(run: ReportRun) -> TableBlock:
    record = run.whole.record
    rows: list[tuple[Inline, Inline]] = [
        (Text("case", "算例"), run.scenario),
        (Text("status", "状态"), STATUSES[record["status"]]),
    ]
    for place, item in enumerate(record["objectives"]):
        path = ("objectives", str(place))
        title = OBJECTIVES[item["name"]]
        rows += [
            (title, _with_unit(run.record(path, "value", "3"), item["name"])),
            (
                Text("no plan has less than", "任何方案不低于"),
                _with_unit(run.record(path, "bound", "3"), item["name"]),
            ),
        ]
    rows += [
        (Text("gap of the location-dependent cost", "与选址有关成本的间隙"), _gap(run)),
        (Text("asked gap", "要求的间隙"), run.record(("options",), "gap_location", "%3")),
        (
            Text("checks recomputed from the raw tables", "依据原始数据复核的项数"),
            run.record(("verification",), "checks", "0"),
        ),
        (
            Text("of them failed", "其中不符"),
            run.record(("verification",), "violations", "0"),
        ),
        (
            Text("rows of the model", "模型约束数"),
            run.record(("model",), "rows", "0"),
        ),
        (Text("columns", "变量数"), run.record(("model",), "columns", "0")),
        (Text("seconds to solve", "求解用时（秒）"), run.record(("seconds",), "solve", "1")),
    ]
    rows += [
        (_version_title(name), run.record_text(("versions",), name))
        for name in VERSIONS
        if name in record["versions"]
    ]
    return TableBlock(
        Text("Proof", "证明"),
        (Text("what", "项目"), Text("value", "数值")),
        tuple(TableRow(row) for row in rows),
        wordy=(1,),
    )


def _with_unit(value: Cell, objective: str) -> Inline:
    return Sentence(
        Text("{value} {unit}", "{value} {unit}"),
        {"value": value, "unit": OBJECTIVE_UNITS[objective]},
    )


def _gap(run: ReportRun) -> Inline:
    return run.record((), "gap_location", "%3")


def _version_title(name: str) -> Text:
    if name == "solver":
        return Text("version of the solver", "求解器版本")
    return Text("version of {name}", "{name} 版本").filled(name=name)


def _hashes(run: ReportRun) -> TableBlock:
    whole: list[tuple[Inline, Inline]] = [
        (Text("run", "运行"), run.record_text((), "hash")),
        (Text("all inputs", "全部输入"), run.record_text((), "inputs_sha256")),
        (Text("code", "代码"), run.record_text(("versions",), "code_sha256")),
    ]
    files = [
        (run.record_name(("inputs",), name), run.record_text(("inputs",), name))
        for name in run.whole.record["inputs"]
    ]
    return TableBlock(
        Text("Hashes (SHA-256)", "哈希值（SHA-256）"),
        (Text("of", "对象"), Text("hash", "哈希值")),
        tuple(TableRow(row) for row in (*whole, *files)),
        wordy=(1,),
        folded=True,
    )


SECTION = Section("certificate", 150, Text("Certificate", "证明书"), _build)
