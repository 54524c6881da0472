"""Where the money goes, with accelerators and without."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from optimizer.labels import COST_TERMS, Text
from optimizer.report.blocks import Block, ChartBlock, Inline, TableBlock, TableRow
from optimizer.report.charts import Bar, stacked_bars
from optimizer.report.names import names_of
from optimizer.report.report_run import View
from optimizer.report.section import Content, Section

ACCELERATORS = "accelerators"


BOUNDARY_TITLES: Final = {
    "it": Text("Cost by site, accelerators included", "各站点成本（含加速卡）"),
    "facility": Text("Cost by site without accelerators", "各站点成本（不含加速卡）"),
}
GROUPS: Final = {
    "accelerators": Text("accelerators", "加速卡"),
    "electricity": Text("electricity", "电力"),
    "build": Text("build", "建设"),
    "network": Text("network", "网络"),
    "green": Text("contracts and carbon", "绿电合同与碳"),
    "other": Text("other", "其他"),
}
GROUP_COLOURS: Final = {
    "accelerators": "#9aa1aa",
    "electricity": "#00798c",
    "build": "#edae49",
    "network": "#31446b",
    "contracts and carbon": "#7fb685",
    "other": "#d1495b",
}
GROUP_OF_TERM: Final = {
    "accelerators": "accelerators",
    **dict.fromkeys(
        (
            "energy",
            "demand_charge",
            "local_supply",
            "generation",
            "own_power",
            "exports",
            "batteries",
            "pue_surcharge",
        ),
        "electricity",
    ),
    **dict.fromkeys(("build", "site_opening"), "build"),
    **dict.fromkeys(("network_lease", "network_upgrade", "service_links"), "network"),
    **dict.fromkeys(("green_contracts", "carbon"), "green"),
}


def _build(content: Content) -> Sequence[Block]:
    view = content.first.last
    terms = terms_of(view)
    if not terms:
        return []
    rows = [_row(view, (term,), COST_TERMS[term], terms) for term in terms]
    rows.append(_row(view, tuple(terms), Text("total", "合计"), terms, is_total=True))
    charts = [
        ChartBlock(
            f"cost-{boundary}",
            title,
            partial(
                stacked_bars,
                _bars(view, boundary),
                axis=Text("million yuan/year", "百万元/年"),
                colours=GROUP_COLOURS,
            ),
        )
        for boundary, title in BOUNDARY_TITLES.items()
    ]
    return [
        *charts,
        TableBlock(
            Text("Cost by term and boundary", "成本构成（两种口径）"),
            (
                Text("term", "成本项"),
                Text("million yuan/year", "百万元/年"),
                Text("share with accelerators", "占比（含加速卡）"),
                Text("share without", "占比（不含加速卡）"),
            ),
            tuple(rows),
        ),
    ]


def _bars(view: View, boundary: str) -> tuple[Bar, ...]:
    """Return the cost of each cluster, of the metro sites, and of links and nation, by group."""
    costs = view.rows("costs")
    names = names_of(view.case, "sites", "site")
    site_of = {site: names[site] for site in view.clusters}
    others = Text("links and nation", "链路与全国")
    metros = Text("metro sites", "城市站点")
    totals: dict[tuple[str, str], float] = {}
    for term, place, amount in zip(
        costs["term"].astype(str), costs["place"].astype(str), costs["million_yuan"], strict=True
    ):
        if term == ACCELERATORS and boundary == "facility":
            continue
        group = GROUP_OF_TERM.get(term, "other")
        on_link = term in {"network_lease", "network_upgrade"}
        row = "" if on_link or place not in names else (place if place in site_of else "metros")
        totals[row, group] = totals.get((row, group), 0.0) + float(amount)
    rows = [*view.clusters, "metros", ""]
    titles = {**site_of, "metros": metros, "": others}
    return tuple(
        Bar(titles[row], GROUPS[group], totals[row, group])
        for row in rows
        for group in GROUPS
        if totals.get((row, group))
    )


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
