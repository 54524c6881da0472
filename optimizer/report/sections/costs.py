"""Where the money goes, with accelerators and without."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.labels import COST_TERMS, Text
from optimizer.report.blocks import Block, Inline, TableBlock, TableRow
from optimizer.report.report_run import View
from optimizer.report.section import Content, Section

ACCELERATORS = "accelerators"


def _build(content: Content) -> Sequence[Block]:
    view = content.first.last
    terms = terms_of(view)
    if not terms:
        return []
    rows = [_row(view, (term,), COST_TERMS[term], terms) for term in terms]
    rows.append(_row(view, tuple(terms), Text("total", "合计"), terms, is_total=True))
    return [
        TableBlock(
            Text("Cost by term and boundary", "成本构成（两种口径）"),
            (
                Text("term", "成本项"),
                Text("million yuan/year", "百万元/年"),
                Text("share with accelerators", "占比（含加速卡）"),
                Text("share without", "占比（不含加速卡）"),
            ),
            tuple(rows),
        )
    ]


def terms_of(view: View) -> list[str]:
    """Return the cost terms that are not zero, in the order of their labels."""
    by_term = view.rows("costs").groupby("term")["million_yuan"].sum()
    return [term for term in COST_TERMS if term in by_term.index and by_term[term] != 0.0]


def _row(
    view: View,
    terms: tuple[str, ...],
    title: Inline,
    all_terms: Sequence[str],
    *,
    is_total: bool = False,
) -> TableRow:
    of_facility = tuple(term for term in terms if term != ACCELERATORS)
    facility = tuple(term for term in all_terms if term != ACCELERATORS)
    column = "million_yuan"
    amount = view.reference("costs", (terms, None), column)
    everything = view.reference("costs", (None, None), column)
    without: Inline = Text("–", "–")
    if of_facility:
        without = view.relation(
            view.reference("costs", (of_facility, None), column),
            "/",
            view.reference("costs", (facility, None), column),
            "%",
        )
    return TableRow(
        (
            title,
            view.run.source.number(amount, "1"),
            view.relation(amount, "/", everything, "%"),
            without,
        ),
        is_total=is_total,
    )


SECTION = Section("costs", 80, Text("Cost", "成本"), _build)
