"""Placements by service and by training job."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd

from optimizer.labels import Text
from optimizer.plan.result_tables import RESULT_TABLES
from optimizer.report.blocks import (
    Block,
    ChartBlock,
    Inline,
    Joined,
    Sentence,
    TableBlock,
    TableRow,
)
from optimizer.report.charts import Tile, heat_map
from optimizer.report.names import names_of
from optimizer.report.report_run import View
from optimizer.report.section import Content, Section

SHOWN_PLACES = 4
SHOWN_JOBS = 20
"""Longer tables open on demand."""


def _build(content: Content) -> Sequence[Block]:
    view = content.first.last
    blocks: list[Block] = []
    services = service_rows(view)
    if services:
        blocks.append(
            ChartBlock(
                "shares",
                Text("Where each service runs", "各服务的落点"),
                partial(
                    heat_map,
                    _tiles(view),
                    shade=Text("share of the service's requests", "占该服务请求的比例"),
                    value=Text("million requests a day", "日请求（百万）"),
                ),
            )
        )
        blocks.append(
            TableBlock(
                Text("Inference and batch services", "推理与批处理服务"),
                (
                    Text("service", "服务"),
                    Text("million requests a day", "日请求（百万）"),
                    Text("sites", "站点数"),
                    Text("farthest round trip, ms", "最远往返时延（毫秒）"),
                    Text("tightest budget, ms", "时延预算（毫秒）"),
                    Text("largest shares", "主要站点及份额"),
                ),
                tuple(services),
                wordy=(5,),
            )
        )
    jobs = _job_rows(view)
    if jobs:
        blocks.append(
            TableBlock(
                Text("Training runs", "训练任务"),
                (
                    Text("job", "任务"),
                    Text("runs", "运行次数"),
                    Text("largest gang, accelerators", "最大单次卡数"),
                    Text("longest, days", "最长历时（天）"),
                    Text("where (runs)", "站点（次数）"),
                ),
                tuple(jobs),
                wordy=(4,),
                folded=len(jobs) > SHOWN_JOBS,
            )
        )
    return blocks


def _tiles(view: View) -> tuple[Tile, ...]:
    """Return the share of each service that each cluster, and all metro sites together, serve."""
    placed = view.rows("placements")
    sites = names_of(view.case, "sites", "site")
    services = names_of(view.case, "services", "service")
    amount = placed.groupby(["service", "site"])["requests_million_per_day"].sum()
    tiles = []
    for service, name in services.items():
        if service not in amount.index.get_level_values("service"):
            continue
        of_service = amount[service]
        total = float(of_service.sum())
        groups = [(sites[site], [site]) for site in view.clusters]
        if view.metros:
            groups.append((Text("metro sites", "城市站点"), view.metros))
        for title, members in groups:
            here = float(of_service.reindex(members).fillna(0.0).sum())
            tiles.append(Tile(name, title, here / total if total else 0.0, here))
    return tuple(tiles)


def service_rows(view: View) -> list[TableRow]:
    """Return one row for each service that is served anywhere."""
    placed = view.rows("placements")
    rows = []
    for service in view.case.tables["services"].frame["service"].astype(str):
        here = placed[placed["service"] == service]
        if here.empty:
            continue
        key = (None, service, None)
        by_site = here.groupby("site")["requests_million_per_day"].sum()
        largest = by_site.sort_values(ascending=False, kind="stable").head(SHOWN_PLACES)
        rows.append(
            TableRow(
                (
                    view.name_of("services", service),
                    view.number("placements", key, "requests_million_per_day"),
                    view.number("placements", key, "site", "0", how="distinct"),
                    view.number("placements", key, "rtt_p99_ms", "1", how="max"),
                    _budget(view, here),
                    Joined(tuple(_share(view, service, str(site)) for site in largest.index)),
                )
            )
        )
    return rows


def _budget(view: View, here: pd.DataFrame) -> Inline:
    tightest = here.dropna(subset="budget_ms").sort_values("budget_ms", kind="stable").head(1)
    if tightest.empty:
        return Text("none", "无")
    row = tightest.iloc[0]
    key = (str(row["region"]), str(row["service"]), str(row["site"]))
    return view.number("placements", key, "budget_ms", "1")


def _share(view: View, service: str, site: str) -> Inline:
    column = "requests_million_per_day"
    return Sentence(
        Text("{name} {share}", "{name} {share}"),
        {
            "name": view.name_of("sites", site),
            "share": view.relation(
                view.reference("placements", (None, service, site), column),
                "/",
                view.reference("placements", (None, service, None), column),
                "%0",
            ),
        },
    )


def _job_rows(view: View) -> list[TableRow]:
    whole, split = view.rows("runs"), view.rows("split_runs")
    rows = []
    for job in view.case.tables["jobs"].frame["job"].astype(str):
        if (whole["job"] == job).any():
            rows.append(_job_row(view, job))
        if (split["job"] == job).any():
            rows.append(_split_row(view, job))
    return rows


def _job_row(view: View, job: str) -> TableRow:
    key = (job, None, None, None, None)
    whole = view.rows("runs")
    by_site = whole[whole["job"] == job].groupby("site")["runs"].sum()
    largest = by_site.sort_values(ascending=False, kind="stable").head(SHOWN_PLACES)
    places = tuple(
        Sentence(
            Text("{name} {n}", "{name} {n}"),
            {
                "name": view.name_of("sites", str(site)),
                "n": view.number("runs", (job, str(site), None, None, None), "runs", "0"),
            },
        )
        for site in largest.index
    )
    return TableRow(
        (
            view.name_of("jobs", job),
            view.number("runs", key, "runs", "0"),
            view.number("runs", key, "gang", "0", how="max"),
            view.number("runs", key, "duration_days", "0", how="max"),
            Joined(places),
        )
    )


def _split_row(view: View, job: str) -> TableRow:
    """Return the row of a job whose runs stretch over several campuses."""
    split = view.rows("split_runs")
    here = split[split["job"] == job]
    key = tuple(job if name == "job" else None for name in RESULT_TABLES["split_runs"].key)
    sites = str(here["sites"].iloc[0]).split("+")
    return TableRow(
        (
            view.name_of("jobs", job),
            view.number("split_runs", key, "runs", "0"),
            view.number("split_runs", key, "gang", "0", how="max"),
            view.number("split_runs", key, "duration_days", "0", how="max"),
            Joined(tuple(view.name_of("sites", site) for site in sites if site), Text("+", "+")),
        )
    )


SECTION = Section("workloads", 60, Text("Services and training", "服务与训练"), _build)
