"""Arithmetic that shows, before any solve, work that no plan can place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from optimizer.errors import Fault
from optimizer.inputs.derive import Derived
from optimizer.inputs.site_room import largest_gangs
from optimizer.labels import Text
from optimizer.tables.frames import TypedTable


def check_reach(tables: Mapping[str, TypedTable], derived: Derived) -> list[Fault]:
    """Return a fault for every service and job that has no place at all."""
    return [
        *_services(tables, derived),
        *_jobs(tables, derived),
        *_measured_without_links(tables, derived),
    ]


def _measured_without_links(tables: Mapping[str, TypedTable], derived: Derived) -> Iterator[Fault]:
    """Yield measured pairs that no link joins: their traffic would cross the country for free."""
    sites = tables["sites"].frame
    row = {name: number for number, name in enumerate(sites["site"])}
    priced = set(
        zip(tables["link_costs"].frame["region"], tables["link_costs"].frame["site"], strict=True)
    )
    regions = tables["regions"].frame
    free = {
        (node, site)
        for region, node in zip(regions["region"], regions["node"], strict=True)
        for site in sites["site"]
        if (region, site) in priced
    }
    latency = tables["latency"]
    ends = zip(latency.frame["origin"], latency.frame["site"], strict=True)
    for record, (origin, site) in enumerate(ends):
        joined = np.isfinite(derived.paths.fibre_km[row[origin], row[site]])
        if joined or (origin, site) in free or (site, origin) in free:
            continue
        yield latency.fault(
            record,
            "site",
            Text(
                "no links join {origin} and {site}, so nobody pays for their traffic",
                "{origin} 与 {site} 之间没有链路相连，其流量将无人付费",
            ).filled(origin=origin, site=site),
            Text(
                "add links between them, prices in link_costs, or remove the row",
                "请补充两地间的链路或 link_costs 价格，或删除该行",
            ),
        )


def _services(tables: Mapping[str, TypedTable], derived: Derived) -> Iterator[Fault]:
    services, sites = tables["services"], tables["sites"].frame
    for row, service in enumerate(services.frame["service"]):
        if derived.demand.requests[:, row].sum() <= 0.0 or derived.reach[:, row, :].max() > 0.0:
            continue
        round_trip = derived.rtt_p99_ms[:, row, :]
        region, site = np.unravel_index(np.argmin(round_trip), round_trip.shape)
        budget = derived.demand.budget_ms[row]
        yield services.fault(
            row,
            "target_ms",
            Text(
                "{service} can be served by no site in time: its network budget is {budget:.2f} "
                "ms, the shortest round trip is {best:.2f} ms ({region} to {site})",
                "{service} 没有任何站点能及时服务：网络预算 {budget:.2f} 毫秒，"
                "最短往返 {best:.2f} 毫秒（{region} 至 {site}）",
            ).filled(
                service=service,
                budget=budget,
                best=float(round_trip[region, site]),
                region=tables["regions"].frame["region"].iloc[region],
                site=sites["site"].iloc[site],
            ),
            Text(
                "raise target_ms, lower compute_p99_ms or round_trips, relax residency, or add a "
                "nearer site",
                "请提高 target_ms、降低 compute_p99_ms 或往返次数、放宽驻留要求，或增加更近的站点",
            ),
        )


def _jobs(tables: Mapping[str, TypedTable], derived: Derived) -> Iterator[Fault]:
    jobs, sites = tables["jobs"], tables["sites"].frame
    accelerators = tables["accelerators"].frame
    capacity = gang_ceiling(tables, derived)
    for row, job in enumerate(jobs.frame["job"]):
        options = np.flatnonzero(derived.gangs.job == row)
        if not len(options):
            yield jobs.fault(
                row,
                "deadline_month",
                Text(
                    "no gang on any accelerator finishes {job} within its months",
                    "任何加速卡都无法在期限内完成 {job}",
                ).filled(job=job),
                Text(
                    "widen the months, raise the gang, or correct flop or training_rates",
                    "请放宽月份、增加卡数，或更正 flop、training_rates",
                ),
            )
            continue
        cards = derived.gangs.accelerator[options]
        gangs = derived.gangs.gang[options]
        if (gangs[:, None] <= capacity[:, cards].T + 1e-9).any():
            continue
        if (derived.splits.job == row).any():  # too large for one site, not for several
            continue
        smallest = int(options[np.argmin(gangs)])
        card = int(derived.gangs.accelerator[smallest])
        best = int(np.argmax(capacity[:, card]))
        yield jobs.fault(
            row,
            "accelerators",
            Text(
                "{job} is larger than any site: {gang:,.0f} {card} are needed at once, "
                "{site} could hold {most:,.0f}",
                "{job} 超出任何站点的规模：需同时使用 {gang:,.0f} 张 {card}，"
                "{site} 最多容纳 {most:,.0f} 张",
            ).filled(
                job=job,
                gang=derived.gangs.gang[smallest] * 1e3,
                card=accelerators["accelerator"].iloc[card],
                site=sites["site"].iloc[best],
                most=capacity[best, card] * 1e3,
            ),
            Text(
                "lower the gang, widen the months, or raise largest_gang, build_limit_mw or supply",
                "请减少卡数、放宽月份，或提高 largest_gang、build_limit_mw、可采购数量",
            ),
        )


def gang_ceiling(tables: Mapping[str, TypedTable], derived: Derived) -> np.ndarray:
    """Return ``(S, A)`` the largest gang of one type a site could ever hold, in thousand."""
    return largest_gangs(tables, derived.hardware, derived.cooling)
