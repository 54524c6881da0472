"""Regret as tables: every scenario's modules under every scenario, and which modules recur."""

from __future__ import annotations

import math

import pandas as pd

from optimizer.labels import Language, Text
from optimizer.report.summary import SummaryTable

WHOLE_MODULE = 1e-6
"""Modules below which none stand."""


def regret_matrix(table: pd.DataFrame, language: Language) -> SummaryTable:
    """Return the regrets with one row for each scenario's modules and one column a scenario.

    Parameters
    ----------
    table
        Rows of :data:`optimizer.analysis.regret_table.REGRET_COLUMNS`.
    language
        Language of the table.
    """
    names = list(dict.fromkeys(table["builds_of"]))
    cells = {
        (str(row["builds_of"]), str(row["scenario"])): _cell(pd.Series(row), language)
        for row in table.to_dict("records")
    }
    note = Text(
        "Million yuan a year above the scenario's own plan, all but the modules decided anew; with "
        "'undone', the value of work that these modules leave undone beyond it.",
        "除模块外全部重新决策，单位为高出该情景自身方案的百万元/年；“未安排”为比其自身方案多出的未安排工作价值。",
    )
    if bool(table["relaxed"].fillna(value=False).any()):
        note = Text("{note} Relaxed: modules may be split.", "{note}松弛解：模块可拆分。").filled(
            note=note
        )
    return SummaryTable(
        Text("Regret of modules", "建设方案的后悔值").render(language),
        (Text("modules of", "按以下情景建设").render(language), *names),
        tuple((one, *(cells[one, name] for name in names)) for one in names),
        note.render(language),
    )


def _cell(row: pd.Series[float], language: Language) -> str:
    if not row["verified"]:
        return Text("no plan", "无方案").render(language)
    if row["more_undone_million_yuan"] > 0.0 and math.isnan(row["regret_million_yuan"]):
        return Text("undone {value:,.1f}", "未安排 {value:,.1f}").render(
            language, value=row["more_undone_million_yuan"]
        )
    return f"{row['regret_million_yuan']:,.1f}"


def worst_table(worst: pd.DataFrame, language: Language) -> SummaryTable:
    """Return the worst scenario of every scenario's modules, the least regretted first.

    Parameters
    ----------
    worst
        What :func:`optimizer.analysis.regret_table.worst_cases` returns.
    language
        Language of the table.
    """
    yes, no = Text("yes", "是").render(language), Text("no", "否").render(language)
    return SummaryTable(
        Text("Worst case of each", "各建设方案的最差情形").render(language),
        tuple(
            text.render(language)
            for text in (
                Text("modules of", "按以下情景建设"),
                Text("worst scenario", "最差情景"),
                Text("largest regret, million yuan/year", "最大后悔值（百万元/年）"),
                Text("most work undone, million yuan/year", "最多未安排工作（百万元/年）"),
                Text("a plan everywhere", "各情景均可行"),
            )
        ),
        tuple(
            (
                str(row["builds_of"]),
                str(row["worst_scenario"]),
                f"{row['worst_regret_million_yuan']:,.1f}",
                f"{row['worst_undone_million_yuan']:,.1f}",
                yes if row["everywhere"] else no,
            )
            for row in worst.to_dict("records")
        ),
    )


def recurring_table(
    builds: pd.DataFrame, names: dict[str, str], language: Language
) -> SummaryTable:
    """Return the modules by site: in how many scenarios, the fewest and the most.

    Parameters
    ----------
    builds
        ``site``, ``module`` and one column for each scenario.
    names
        Names of sites by code.
    language
        Language of the table.
    """
    scenarios = [name for name in builds.columns if name not in {"site", "module"}]
    rows = []
    for row in builds.to_dict("records"):
        counts = [float(row[name]) for name in scenarios]
        standing = sum(count > WHOLE_MODULE for count in counts)
        always = (
            Text("in all", "全部情景") if standing == len(counts) else Text("in some", "部分情景")
        )
        rows.append(
            (
                names.get(str(row["site"]), str(row["site"])),
                str(row["module"]),
                always.render(language),
                f"{standing}/{len(counts)}",
                f"{min(counts):,.4g}",
                f"{max(counts):,.4g}",
            )
        )
    return SummaryTable(
        Text("Which modules recur", "哪些模块反复出现").render(language),
        tuple(
            text.render(language)
            for text in (
                Text("site", "站点"),
                Text("module", "模块"),
                Text("needed", "需要程度"),
                Text("scenarios", "情景数"),
                Text("fewest", "最少"),
                Text("most", "最多"),
            )
        ),
        tuple(rows),
    )
