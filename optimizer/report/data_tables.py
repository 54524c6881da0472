"""The tables of a case as tables to read: contents, one table, sources, assumptions."""

from __future__ import annotations

import math

import pandas as pd

from optimizer.errors import UsageError
from optimizer.inputs.case import Case
from optimizer.labels import CONFIDENCES, Language, Text
from optimizer.report.summary import SummaryTable
from optimizer.tables.registry import TABLES
from optimizer.tables.sources import (
    assumption_rows,
    confidence_counts,
    confidence_shares,
    sources_of,
)


def contents_table(case: Case, language: Language) -> SummaryTable:
    """Return the tables of a case with what one row of each is."""
    shares = confidence_shares(confidence_counts(case.tables))
    note = ", ".join(
        f"{CONFIDENCES[name].render(language)} {share:.1%}" for name, share in shares.items()
    )
    return SummaryTable(
        case.title.render(language),
        tuple(
            text.render(language)
            for text in (
                Text("table", "表"),
                Text("rows", "行数"),
                Text("one row is", "每行含义"),
            )
        ),
        tuple(
            (name, f"{len(case.tables[name].frame):,}", table.meaning.render(language))
            for name, table in TABLES.items()
        ),
        Text("figures by confidence: {shares}", "数值按可信程度：{shares}").render(
            language, shares=note
        ),
    )


def one_table(case: Case, name: str, language: Language) -> SummaryTable:
    """Return one table of a case with the units of its columns.

    Raises
    ------
    UsageError
        If there is no such table.
    """
    if name not in TABLES:
        raise UsageError(
            Text(
                "there is no table {name}; tables: {names}", "没有表 {name}；可用：{names}"
            ).filled(name=name, names=", ".join(TABLES))
        )
    table, frame = TABLES[name], case.tables[name].frame
    heads = [
        f"{column.name} [{column.unit}]" if column.unit not in {"", "1"} else column.name
        for column in table.all_columns
    ]
    return SummaryTable(
        f"{name}: {table.meaning.render(language)}",
        tuple(heads),
        tuple(tuple(_cell(value) for value in row) for row in frame.to_numpy(dtype=object)),
    )


def as_plain_text(table: SummaryTable) -> str:
    """Return a wide table as aligned text without wrapping, to be scrolled or piped."""
    frame = pd.DataFrame(list(table.rows), columns=list(table.columns))
    return f"{table.title}\n{frame.to_string(index=False)}"


def source_table(case: Case, language: Language) -> SummaryTable:
    """Return every source of a case."""
    return SummaryTable(
        Text("Sources", "数据来源").render(language),
        tuple(
            text.render(language)
            for text in (Text("source", "编号"), Text("title", "名称"), Text("date", "日期"))
        ),
        tuple(
            (source.source_id, source.title, source.date)
            for source in sources_of(case.tables).values()
        ),
    )


def assumption_table(case: Case, language: Language) -> SummaryTable:
    """Return every assumption of a case with its range and its reason."""
    return SummaryTable(
        Text("Assumptions", "假设").render(language),
        tuple(
            text.render(language)
            for text in (
                Text("figure", "数值位置"),
                Text("value", "取值"),
                Text("low", "下限"),
                Text("high", "上限"),
                Text("unit", "单位"),
                Text("reason", "理由"),
            )
        ),
        tuple(
            (
                f"{figure.table}:{figure.key}:{figure.column}",
                _cell(figure.value),
                _cell(figure.low),
                _cell(figure.high),
                figure.unit,
                figure.reason,
            )
            for figure in assumption_rows(case.tables)
        ),
    )


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.6g}"
    return str(value)
