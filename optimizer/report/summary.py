"""The summary of a run, as a planner reads it: headline, sites, workloads, policies, prices.

Every number comes from a table of the run. The same content is printed by the command and
written as Markdown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from optimizer.analysis.confidence import cost_by_confidence
from optimizer.inputs.case import Case
from optimizer.labels import (
    BASELINE_RULES,
    CONFIDENCES,
    COST_TERMS,
    Language,
    Text,
)
from optimizer.plan.run import Run
from optimizer.report.by_year import (
    BY_YEAR_COLUMNS,
    BY_YEAR_NOTE,
    BY_YEAR_TITLE,
    PRICES_NOTE,
    by_year_rows,
    last_of,
)
from optimizer.report.headline import headline
from optimizer.report.near_optimal import (
    NEAR_OPTIMAL_COLUMNS,
    NEAR_OPTIMAL_NOTE,
    NEAR_OPTIMAL_TITLE,
    near_optimal_rows,
)
from optimizer.report.protection import (
    PROTECTION_COLUMNS,
    PROTECTION_TITLE,
    protection_note,
    protection_rows,
)
from optimizer.report.release import (
    RELEASE_COLUMNS,
    RELEASE_TITLE,
    release_rows,
)

SHOWN_PRICES: Final = 8
SHOWN_PLACES: Final = 4
SHOWN_SLACK: Final = 1e-6
CAMPUS_ANSWERS: Final = {
    "one": Text("one campus", "一个园区"),
    "several": Text("several campuses", "几个园区"),
    "either": Text("not distinguishable", "无法区分"),
}
CAMPUS_REASONS: Final = {
    "power ceiling": Text("power ceiling", "功率上限"),
    "date": Text("date", "期限"),
    "price": Text("price", "价格"),
}


@dataclass(frozen=True, slots=True)
class SummaryTable:
    """One table of a summary: all cells are text, the first column names the row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary in one language: lines, then tables."""

    title: str
    lines: tuple[str, ...]
    tables: tuple[SummaryTable, ...]


def summary_of(run: Run, language: Language) -> Summary:
    """Return the summary of a run in one language."""
    writer = _Writer(run, language)
    return Summary(
        title=run.plan.title.render(language),
        lines=tuple(headline(run, language)),
        tables=tuple(
            table
            for table in (
                writer.by_year(),
                writer.baselines(),
                writer.campuses(),
                writer.sites(),
                writer.near_optimal(),
                writer.services(),
                writer.releases(),
                writer.jobs(),
                writer.costs(),
                writer.policies(),
                writer.protection(),
                writer.prices(),
                writer.confidence(),
            )
            if table.rows
        ),
    )


def as_markdown(summary: Summary) -> str:
    """Return a summary as Markdown."""
    parts = [f"# {summary.title}", "", *(f"{line}  " for line in summary.lines)]
    for table in summary.tables:
        parts += ["", f"## {table.title}", ""]
        parts.append("| " + " | ".join(table.columns) + " |")
        parts.append("|" + "|".join(["---"] + ["---:"] * (len(table.columns) - 1)) + "|")
        parts += ["| " + " | ".join(row) + " |" for row in table.rows]
        if table.note:
            parts += ["", table.note]
    return "\n".join(parts) + "\n"


class _Writer:
    def __init__(self, run: Run, language: Language) -> None:
        self.whole = run
        self.run = last_of(run)
        self.case: Case = self.run.case
        self.tables: Mapping[str, pd.DataFrame] = self.run.plan.tables
        self.language = language
        self.figures: Mapping[str, Any] = self.run.record["metrics"]
        self.site_names = self._names("sites", "site")

    def _names(self, table: str, key: str) -> dict[str, str]:
        frame = self.case.tables[table].frame
        names = frame[f"name_{self.language}"].astype(str)
        return dict(zip(frame[key].astype(str), names, strict=True))

    def say(self, text: Text, **values: Any) -> str:  # noqa: ANN401
        return text.render(self.language, **values)

    def table(
        self, title: Text, columns: Sequence[Text], rows: Sequence[Sequence[str]], note: str = ""
    ) -> SummaryTable:
        return SummaryTable(
            self.say(title),
            tuple(self.say(column) for column in columns),
            tuple(tuple(row) for row in rows),
            note,
        )

    def by_year(self) -> SummaryTable:
        note = self.say(BY_YEAR_NOTE, year=self.case.year)
        return self.table(BY_YEAR_TITLE, BY_YEAR_COLUMNS, by_year_rows(self.whole), note)

    def baselines(self) -> SummaryTable:
        by_rule = {
            str(row["rule"]): row for row in self.run.findings["baselines"].to_dict("records")
        }
        rows = []
        for rule, title in BASELINE_RULES.items():
            if rule not in by_rule:
                continue
            row = by_rule[rule]
            remark = str(row["switched_off"]) or "–"
            if math.isnan(row["least_cost_million_yuan"]):
                remark = self.say(Text("no plan follows this rule", "该规则无可行方案"))
            elif math.isnan(row["saving_million_yuan"]):
                remark = self.say(
                    Text(
                        "leaves work worth {undone:,.0f} million yuan undone",
                        "价值 {undone:,.0f} 百万元的工作未能安排",
                    ),
                    undone=float(row["undone_million_yuan"]),
                )
            rows.append(
                [
                    self.say(title),
                    *(
                        _amount(float(row[column]))
                        for column in (
                            "least_cost_million_yuan",
                            "saving_million_yuan",
                            "facility_saving_million_yuan",
                            "saving_yuan_per_mwh_it",
                        )
                    ),
                    remark,
                ]
            )
        return self.table(
            Text("The plan against three rules of thumb", "方案与三种经验规则的比较"),
            (
                Text("rule", "规则"),
                Text("costs at least, million yuan/year", "年成本下界（百万元）"),
                Text("saved at least", "至少节省"),
                Text("without accelerators", "其中不含加速卡"),
                Text("yuan per MWh of IT", "每兆瓦时 IT 电量（元）"),
                Text("policies it breaks", "违反的政策"),
            ),
            rows,
            self.say(
                Text(
                    "Same capacities, supply and policies; the cost by a rule is the lower "
                    "bound of "
                    "its LP relaxation. A rule leaves installed accelerators idle and buys others: "
                    "the fourth column leaves accelerators out.",
                    "容量、供应与政策均相同；规则成本为其线性松弛的下界。按规则部署会闲置已有加"
                    "速卡并另行采购，"
                    "第四列不含加速卡。",
                )
            ),
        )

    def campuses(self) -> SummaryTable:
        names = self._names("jobs", "job")
        rows = [
            [
                names[str(row["job"])],
                self.say(CAMPUS_ANSWERS[str(row["answer"])]),
                self._joined_names(str(row["sites"])),
                self.say(CAMPUS_REASONS[str(row["reason"])]),
                *(
                    _amount(float(row[column]))
                    for column in (
                        "one_million_yuan",
                        "several_million_yuan",
                        "extra_million_yuan",
                        "run_mw",
                        "largest_site_mw",
                        "break_even_mw",
                    )
                ),
            ]
            for row in self.run.findings["campuses"].to_dict("records")
        ]
        return self.table(
            Text("One campus or several", "一个园区还是几个"),
            (
                Text("run", "训练任务"),
                Text("answer", "结论"),
                Text("where", "站点"),
                Text("decided by", "决定因素"),
                Text("one campus, million yuan/year", "单园区年成本（百万元）"),
                Text("several, million yuan/year", "跨园区年成本（百万元）"),
                Text("splitting costs more", "拆分多付"),
                Text("run, MW", "任务功率（兆瓦）"),
                Text("largest campus, MW", "最大园区（兆瓦）"),
                Text("break-even ceiling, MW", "临界功率上限（兆瓦）"),
            ),
            rows,
            self.say(
                Text(
                    "Both plans are solved to the end. Several campuses win where no cluster may "
                    "have more power for accelerators than the break-even ceiling; – if there is "
                    "no such ceiling.",
                    "两种方案均求至最优。若各集群可供加速卡的功率都低于临界上限，则跨园区更优；"
                    "“–”表示不存在临界值。",
                )
            ),
        )

    def _joined_names(self, sites: str) -> str:
        """Return the names of sites joined by +."""
        return " + ".join(self.site_names[site] for site in sites.split("+") if site)

    # ------------------------------------------------------------------- sites

    def sites(self) -> SummaryTable:
        frame = self.tables["sites"].merge(
            self.case.tables["sites"].frame[["site", "is_cluster"]], on="site"
        )
        frame["load"] = frame[["training_mw", "inference_mw", "batch_mw"]].sum(axis=1)
        clusters = frame[frame["is_cluster"]].sort_values(["load", "site"], ascending=[False, True])
        metros = frame[~frame["is_cluster"]].sort_values(["load", "site"], ascending=[False, True])
        rows = [
            self._site_row(self.site_names[str(row["site"])], pd.DataFrame([row]))
            for row in clusters.to_dict("records")
        ]
        if len(metros):
            title = self.say(Text("{n} metro sites", "{n} 个城市站点"), n=len(metros))
            rows.append(self._site_row(title, metros))
        rows.append(self._site_row(self.say(Text("total", "合计")), frame))
        return self.table(
            Text("Sites", "站点"),
            (
                Text("site", "站点"),
                Text("training MW", "训练（兆瓦）"),
                Text("inference MW", "推理（兆瓦）"),
                Text("batch MW", "批处理（兆瓦）"),
                Text("new IT MW", "新建 IT（兆瓦）"),
                Text("rack utilisation", "上架率"),
                Text("accelerator utilisation", "算卡利用率"),
                Text("cost, million yuan/year", "年成本（百万元）"),
                Text("kt CO2/year", "年排放（千吨 CO2）"),
                Text("green share", "绿电占比"),
            ),
            rows,
        )

    def near_optimal(self) -> SummaryTable:
        rows = near_optimal_rows(self.run, self.site_names)
        return self.table(
            NEAR_OPTIMAL_TITLE, NEAR_OPTIMAL_COLUMNS, rows, self.say(NEAR_OPTIMAL_NOTE)
        )

    def _site_row(self, name: str, frame: pd.DataFrame) -> list[str]:
        meter = frame["meter_gwh"].to_numpy(dtype=float)
        claimed = frame["contractual_green_share"].to_numpy(dtype=float) * meter
        cards = self.tables["accelerators"]
        here = cards[cards["site"].isin(frame["site"])]
        installed = float((here["fleet"] + here["bought"]).sum())
        busy = float(here["busy_mean"].sum())
        loads = [
            f"{frame[column].sum():,.1f}"
            for column in ("training_mw", "inference_mw", "batch_mw", "new_it_mw")
        ]
        return [
            name,
            *loads,
            _percent(self._rack_utilisation(frame)),
            _percent(busy / installed if installed else math.nan),
            f"{frame['cost_million_yuan'].sum():,.0f}",
            f"{frame['location_kt'].sum():,.0f}",
            _percent(float(claimed.sum() / meter.sum()) if meter.sum() else math.nan),
        ]

    def _rack_utilisation(self, frame: pd.DataFrame) -> float:
        """Return (occupied + placed) / power over several sites, weighted by their power."""
        sites = self.case.tables["sites"].frame
        here = sites[sites["site"].isin(frame["site"])]
        arrived = (here["under_construction_year"] <= self.case.year).to_numpy(dtype=float)
        power = float(
            (
                here["existing_it_mw"].to_numpy(dtype=float)
                + arrived * here["under_construction_it_mw"].to_numpy(dtype=float)
            ).sum()
            + frame["new_it_mw"].sum()
        )
        used = float(here["occupied_it_mw"].sum() + frame["nameplate_mw"].sum())
        return used / power if power else math.nan

    # --------------------------------------------------------------- workloads

    def services(self) -> SummaryTable:
        placed = self.tables["placements"]
        names = self._names("services", "service")
        total = placed.groupby("service")["requests_million_per_day"].sum()
        by_site = placed.groupby(["service", "site"])["requests_million_per_day"].sum()
        rows = []
        for service, name in names.items():
            if service not in total.index:
                continue
            shares = (by_site[service] / total[service]).sort_values(ascending=False, kind="stable")
            rows.append([name, f"{total[service]:,.1f}", str(len(shares)), self._places(shares)])
        return self.table(
            Text("Services", "服务"),
            (
                Text("service", "服务"),
                Text("million requests a day", "日请求（百万）"),
                Text("sites", "站点数"),
                Text("largest shares", "主要站点及份额"),
            ),
            rows,
        )

    def _places(self, shares: pd.Series) -> str:
        return ", ".join(
            f"{self.site_names[str(site)]} {share:.0%}"
            for site, share in shares.head(SHOWN_PLACES).items()
        )

    def releases(self) -> SummaryTable:
        return self.table(RELEASE_TITLE, RELEASE_COLUMNS, release_rows(self.run, self.language))

    def jobs(self) -> SummaryTable:
        # A run over several sites stands as one line of places, its sites together.
        runs = pd.concat(
            [
                self.tables["runs"],
                self.tables["split_runs"].rename(columns={"sites": "site"}),
            ],
            ignore_index=True,
        )
        names = self._names("jobs", "job")
        rows = []
        for job, name in names.items():
            here = runs[runs["job"] == job]
            if here.empty:
                continue
            by_site = here.groupby("site")["runs"].sum().sort_values(ascending=False, kind="stable")
            places = ", ".join(
                f"{self._joined_names(str(site))} {count:,.0f}"
                for site, count in by_site.head(SHOWN_PLACES).items()
            )
            kinds = ", ".join(sorted(set(here["accelerator"].astype(str))))
            largest = f"{int(here['gang'].max()):,}"
            rows.append([name, f"{here['runs'].sum():,.0f}", largest, kinds, places])
        return self.table(
            Text("Training", "训练任务"),
            (
                Text("job", "任务"),
                Text("runs", "运行次数"),
                Text("largest gang", "最大单次卡数"),
                Text("accelerators", "加速卡"),
                Text("where (runs)", "站点（次数）"),
            ),
            rows,
        )

    # ------------------------------------------------------------------- money

    def costs(self) -> SummaryTable:
        total = self.run.plan.cost()
        by_term = self.tables["costs"].groupby("term")["million_yuan"].sum()
        rows = [
            [self.say(COST_TERMS[term]), f"{by_term[term]:,.1f}", f"{by_term[term] / total:.1%}"]
            for term in COST_TERMS
            if term in by_term.index and by_term[term] != 0.0
        ]
        return self.table(
            Text("Cost by term", "成本构成"),
            (
                Text("term", "成本项"),
                Text("million yuan/year", "百万元/年"),
                Text("share", "占比"),
            ),
            rows,
        )

    def policies(self) -> SummaryTable:
        policies = self.case.tables["policies"].frame
        titles = dict(
            zip(
                policies["policy"].astype(str),
                policies[f"title_{self.language}"].astype(str),
                strict=True,
            )
        )
        yes, no = self.say(Text("binds", "起作用")), self.say(Text("idle", "未起作用"))
        rows = [
            [
                # Prices of one cost term stand together.
                " + ".join(titles[name] for name in str(row["policy"]).split(";")),
                no if row["saving_million_yuan"] <= 1e-6 else yes,
                f"{row['saving_million_yuan']:,.2f}",
                slack_with_unit(float(row["slack"]), str(row["unit"])),
            ]
            for row in self.run.findings["policy_effects"].to_dict("records")
        ]
        return self.table(
            Text("Policies", "政策约束"),
            (
                Text("policy", "政策"),
                Text("effect", "作用"),
                Text("costs, million yuan/year", "代价（百万元/年）"),
                Text("slack", "距限值"),
            ),
            rows,
        )

    def protection(self) -> SummaryTable:
        return self.table(
            PROTECTION_TITLE,
            PROTECTION_COLUMNS,
            protection_rows(self.run),
            protection_note(self.run, self.language),
        )

    def prices(self) -> SummaryTable:
        frame = self.run.findings["prices"].sort_values(
            ["saving_million_yuan", "limit", "place"], ascending=[False, True, True]
        )
        rows = [
            [
                f"{row['limit']} {row['place']}",
                str(row["unit"]),
                f"{row['saving_million_yuan']:,.3f}",
            ]
            for row in frame.head(SHOWN_PRICES).to_dict("records")
        ]
        return self.table(
            Text("What one more unit of a limit saves", "限值放宽一个单位的价值"),
            (
                Text("limit", "限值"),
                Text("unit", "单位"),
                Text("million yuan/year", "百万元/年"),
            ),
            rows,
            self.say(
                PRICES_NOTE
                if self.whole.case.later
                else Text(
                    "With all builds as planned; valid for small changes.",
                    "在建设方案不变、变化较小时成立。",
                )
            ),
        )

    def confidence(self) -> SummaryTable:
        shares = cost_by_confidence(self.case, self.run.plan)
        rows = [[self.say(CONFIDENCES[name]), f"{share:.1%}"] for name, share in shares.items()]
        return self.table(
            Text("How sure the prices behind the cost are", "成本所依据价格的可信程度"),
            (
                Text("confidence of the price", "价格可信程度"),
                Text("share of the cost", "成本占比"),
            ),
            rows,
        )


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.1%}"


def _amount(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:,.0f}"


def slack_with_unit(slack: float, unit: str) -> str:
    """Return a slack as text; rounding of the solver reads as zero."""
    if math.isnan(slack):
        return "–"
    return f"{slack if abs(slack) > SHOWN_SLACK else 0.0:,.4g} {unit}"
