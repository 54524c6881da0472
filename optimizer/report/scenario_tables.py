"""Scenarios and comparisons as tables to read and as records."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Final

from optimizer.analysis.compare import KINDS, Comparison, InputChange
from optimizer.analysis.figures import Figures, Outcome
from optimizer.inputs.difference import Change
from optimizer.inputs.expectation import FIGURES, Figure
from optimizer.inputs.scenario import Scenario
from optimizer.labels import WORKLOAD_KINDS, Language, Text
from optimizer.report.summary import SummaryTable

VERDICTS: Final[dict[str, Text]] = {
    "holds": Text("holds", "成立"),
    "fails": Text("fails", "不成立"),
    "not distinguishable": Text("not distinguishable", "无法区分"),
}

ROWS: Final[dict[str, Text]] = {
    "changed": Text("changed", "修改"),
    "added": Text("added", "新增"),
    "removed": Text("removed", "删除"),
}

UNITS: Final[dict[str, Text]] = {
    "million yuan": Text("million yuan", "百万元"),
    "ktCO2": Text("kt CO2", "千吨 CO2"),
    "GWh": Text("GWh", "吉瓦时"),
    "MW": Text("MW", "兆瓦"),
}

SHOWN_MW: Final = 0.05
"""Changes of a place below this are rounded to nothing."""


def scenario_list(scenarios: Sequence[Scenario], language: Language) -> SummaryTable:
    """Return scenarios with what each asks."""
    return _table(
        language,
        Text("Scenarios", "情景"),
        (Text("name", "名称"), Text("title", "标题"), Text("question", "问题")),
        [
            (
                each.content.name,
                each.content.title.render(language),
                each.content.question.render(language),
            )
            for each in scenarios
        ],
    )


def scenario_record(scenario: Scenario) -> dict[str, Any]:
    """Return what a scenario says about itself, without its overrides."""
    content = scenario.content.model_dump(exclude={"overrides"})
    return {**content, "file": scenario.file, "sha256": scenario.sha256}


def change_table(changes: Sequence[Change], title: str, language: Language) -> SummaryTable:
    """Return the cells that differ."""
    return _table(
        language,
        Text(title, title),
        (
            Text("table", "表"),
            Text("row", "行"),
            Text("column", "列"),
            Text("before", "之前"),
            Text("after", "之后"),
            Text("row is", "行状态"),
        ),
        [
            (
                c.table,
                c.key,
                c.column,
                _cell(c.before),
                _cell(c.after),
                ROWS[c.row].render(language),
            )
            for c in changes
        ],
    )


def outcome_table(
    results: Sequence[tuple[Scenario, Sequence[Outcome], Text | None]], language: Language
) -> SummaryTable:
    """Return what was expected of each scenario beside what happened."""
    rows = []
    for scenario, outcomes, failure in results:
        name = scenario.content.name
        if failure is not None:
            rows.append((name, failure.render(language), "", "", ""))
        rows += [
            (
                name,
                each.expectation.text.render(language),
                _amount(each.expectation.figure, each.before, language),
                _amount(each.expectation.figure, each.after, language),
                VERDICTS[each.verdict].render(language),
            )
            for each in outcomes
        ]
    return _table(
        language,
        Text("What was expected and what happened", "预期与结果"),
        (
            Text("scenario", "情景"),
            Text("expected", "预期"),
            Text("before", "之前"),
            Text("after", "之后"),
            Text("verdict", "结论"),
        ),
        rows,
        _findings([scenario for scenario, _outcomes, _failure in results]),
    )


def _findings(scenarios: Sequence[Scenario]) -> Text | None:
    """Return what the files say of expectations that are missed."""
    lines = [
        Text("{name}: {finding}", "{name}：{finding}").filled(
            name=scenario.content.name, finding=scenario.content.finding
        )
        for scenario in scenarios
        if scenario.content.finding.en
    ]
    if not lines:
        return None
    return Text("\n".join(line.en for line in lines), "\n".join(line.zh for line in lines))


def outcome_record(
    scenario: Scenario,
    outcomes: Sequence[Outcome],
    figures: Figures | None,
    failure: Text | None,
    *,
    verified: bool,
    inputs_sha256: str,
) -> dict[str, Any]:
    """Return the result of one scenario as a record; ``verified`` if its plan was recomputed."""
    return {
        "name": scenario.content.name,
        "expected_en": scenario.content.expected_en,
        "expected_zh": scenario.content.expected_zh,
        "finding_en": scenario.content.finding_en,
        "finding_zh": scenario.content.finding_zh,
        "failure_en": "" if failure is None else failure.en,
        "failure_zh": "" if failure is None else failure.zh,
        "verified": verified,
        "inputs_sha256": inputs_sha256,
        "gap_million_yuan": None if figures is None else figures.gap,
        "gap_location": None if figures is None else figures.gap_location,
        "figures": {} if figures is None else dict(figures.values),
        "outcomes": [
            {
                **each.expectation.model_dump(),
                "before": each.before,
                "after": each.after,
                "margin": each.margin,
                "verdict": each.verdict,
            }
            for each in outcomes
        ],
    }


def comparison_tables(comparison: Comparison, language: Language) -> tuple[SummaryTable, ...]:
    """Return a comparison as tables: inputs, figures, sites with their reasons."""
    return (
        _inputs(comparison, language),
        _figures(comparison, language),
        _sites(comparison, language),
    )


def _inputs(comparison: Comparison, language: Language) -> SummaryTable:
    return _table(
        language,
        Text(
            "What went in differently: {before} -> {after}", "输入差异：{before} → {after}"
        ).filled(before=comparison.before.name, after=comparison.after.name),
        (
            Text("table", "表"),
            Text("rows changed", "修改行"),
            Text("added", "新增行"),
            Text("removed", "删除行"),
            Text("columns", "列"),
            Text("after / before", "后/前"),
        ),
        [
            (i.table, str(i.changed), str(i.added), str(i.removed), ", ".join(i.columns), _ratio(i))
            for i in comparison.inputs
        ],
    )


def _ratio(item: InputChange) -> str:
    if item.factor is None:
        return ""
    low, high = item.factor
    return f"{low:.4g}" if low == high else f"{low:.4g} - {high:.4g}"


def _figures(comparison: Comparison, language: Language) -> SummaryTable:
    def difference(figure: Figure, value: float, *, clear: bool) -> str:
        if not clear:
            return VERDICTS["not distinguishable"].render(language)
        return ("+" if value > 0.0 else "") + _amount(figure, value, language)

    return _table(
        language,
        Text("What came out", "结果"),
        (
            Text("figure", "指标"),
            Text("before", "之前"),
            Text("after", "之后"),
            Text("difference", "差异"),
        ),
        [
            (
                FIGURES[each.figure][0].render(language),
                _amount(each.figure, each.before, language),
                _amount(each.figure, each.after, language),
                difference(each.figure, each.difference, clear=each.distinguishable),
            )
            for each in comparison.figures
        ],
        Text(
            "gaps: {before:,.1f} and {after:,.1f} million yuan; smaller differences of cost, and "
            "of the same part of other figures, are not distinguishable",
            "间隙：{before:,.1f} 与 {after:,.1f} 百万元；成本差异小于两者之和、其他指标的"
            "相对差异小于相应比例时无法区分",
        ).filled(before=comparison.before.gap, after=comparison.after.gap),
    )


def _sites(comparison: Comparison, language: Language) -> SummaryTable:
    kinds = [
        Text("{kind}, MW", "{kind}，兆瓦").filled(kind=WORKLOAD_KINDS[kind.removesuffix("_mw")])
        for kind in KINDS
    ]
    shown = [
        each
        for each in comparison.sites
        if any(abs(each.difference(figure)) >= SHOWN_MW for figure in ("new_it_mw", *KINDS))
    ]
    return _table(
        language,
        Text("Places that gain and lose", "增减的地点"),
        (Text("site", "站点"), Text("new power, MW", "新建，兆瓦"), *kinds, Text("why", "原因")),
        [
            (
                each.name.render(language),
                *(f"{each.difference(figure):+,.1f}" for figure in ("new_it_mw", *KINDS)),
                "; ".join(reason.render(language) for reason in each.reasons),
            )
            for each in shown
        ],
        Text(
            "{count} other places change by less than {least} MW",
            "另有 {count} 处增减不足 {least} 兆瓦",
        ).filled(count=len(comparison.sites) - len(shown), least=SHOWN_MW),
    )


def comparison_record(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as a record for machines."""
    return {
        "before": comparison.before.name,
        "after": comparison.after.name,
        "gaps_million_yuan": [comparison.before.gap, comparison.after.gap],
        "inputs": [dataclasses.asdict(item) for item in comparison.inputs],
        "cells": [dataclasses.asdict(cell) for cell in comparison.cells],
        "figures": [
            {
                **dataclasses.asdict(each),
                "difference": each.difference,
                "distinguishable": each.distinguishable,
            }
            for each in comparison.figures
        ],
        "sites": [
            {
                "site": each.site,
                "before": dict(each.before),
                "after": dict(each.after),
                "moved_mw": each.moved_mw,
                "reasons_en": [reason.en for reason in each.reasons],
                "reasons_zh": [reason.zh for reason in each.reasons],
            }
            for each in comparison.sites
        ],
    }


def _amount(figure: Figure, value: float, language: Language) -> str:
    unit = FIGURES[figure][1]
    if figure.endswith("_share"):
        return f"{value:.2%}"
    suffix = UNITS[unit].render(language) if unit in UNITS else ""
    digits = 0 if figure == "accelerators_bought" else 1
    return f"{value:,.{digits}f} {suffix}".rstrip()


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _table(
    language: Language,
    title: Text,
    columns: Sequence[Text],
    rows: Sequence[tuple[str, ...]],
    note: Text | None = None,
) -> SummaryTable:
    return SummaryTable(
        title.render(language),
        tuple(column.render(language) for column in columns),
        tuple(rows),
        "" if note is None else note.render(language),
    )
