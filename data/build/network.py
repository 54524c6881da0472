"""Backbone links, measured latencies, and route factors calibrated on the published means."""

from __future__ import annotations

import heapq
from functools import cache
from itertools import combinations
from typing import Final

from data.build.assumptions import assumed
from data.build.cells import Basis, Cell, assume, combined, estimate
from data.build.geography import great_circle_km
from data.build.places import Place, clusters, metros, place, places
from data.build.raw import RawRow, one, raw_rows
from data.build.writer import Pack

_DIRECT: Final = "hub direct links"

_DIRECT_ENDS: Final = {
    "张家口": "zhangjiakou",
    "长三角示范区": "yangtze_demo",
    "韶关": "shaoguan",
    "成都(天府)": "tianfu",
    "和林格尔": "horinger",
    "贵安": "guian",
    "中卫": "zhongwei",
    "庆阳": "qingyang",
}
"""Ends of the direct links; names outside it are capitals."""

_MEAN_METRIC: Final = {
    "optical": "optical_layer_latency_mean",
    "ip_private": "ip_private_network_latency_best_mean",
    "public": "public_internet_latency_best_mean",
}
"""Published mean one-way time between the cluster cities, by kind of network."""

_NEAREST_OTHERS: Final = 2
"""Each cluster also meets this many of the nearest other clusters and capitals."""

_LEAST_LINKS: Final = 2
"""A capital with fewer links in the maps also meets the nearest capital: the maps route some
provinces through cities that are no capitals."""

Ends = tuple[str, str]


def _ends(one_end: str, other: str) -> Ends:
    return (one_end, other) if one_end < other else (other, one_end)


@cache
def edges() -> dict[Ends, tuple[RawRow, ...]]:
    """Return the links by their sorted ends, with the raw rows that show them (if any)."""
    capital = {metro.name_zh: metro.code for metro in metros()}
    found: dict[Ends, list[RawRow]] = {}
    for row in raw_rows("backbone"):
        codes = []
        for end in ("from_zh", "to_zh"):
            name = row.text(end)
            is_direct = row.text("network") == _DIRECT and name in _DIRECT_ENDS
            codes.append(_DIRECT_ENDS[name] if is_direct else capital[name])
        found.setdefault(_ends(*codes), []).append(row)
    single = [
        metro for metro in metros() if sum(metro.code in ends for ends in found) < _LEAST_LINKS
    ]
    for metro in single:
        found.setdefault(_ends(metro.code, _nearest_capital(metro).code), [])
    for cluster in clusters():
        for other in _neighbours(cluster):
            found.setdefault(_ends(cluster.code, other.code), [])
    return {ends: tuple(rows) for ends, rows in sorted(found.items())}


def _nearest_capital(metro: Place) -> Place:
    distances = [
        (great_circle_km(metro.point, other.point), other.code)
        for other in metros()
        if other.code != metro.code
    ]
    return place(min(distances)[1])


def _neighbours(cluster: Place) -> list[Place]:
    """Return the capital of a cluster's province and the nearest other sites."""
    own = place(cluster.province.metro)
    others = sorted(
        (great_circle_km(cluster.point, other.point), other.code)
        for other in places()
        if other.code not in {cluster.code, own.code}
    )
    return [own, *(place(code) for _, code in others[:_NEAREST_OTHERS])]


@cache
def fibre_km(ends: Ends) -> float:
    """Return the estimated fibre length of a link in km, to one km."""
    distance = great_circle_km(place(ends[0]).point, place(ends[1]).point)
    length = distance * assumed("links", "any", "fibre_detour").value
    return round(max(length, assumed("links", "any", "city_ring_km").value))


def _fibre_cell(ends: Ends) -> Cell:
    detour = assumed("links", "any", "fibre_detour").value
    ring = assumed("links", "any", "city_ring_km").value
    sources = combined(place(ends[0]).basis.sources, place(ends[1]).basis.sources)
    method = f"great circle times {detour}, at least {ring:g} km"
    return estimate(fibre_km(ends), sources, place(ends[0]).basis.as_of, method)


def _capacity_class(ends: Ends) -> str:
    one_end, other = place(ends[0]), place(ends[1])
    for cluster, partner in ((one_end, other), (other, one_end)):
        if cluster.is_cluster:
            own = partner.code == cluster.province.metro
            return "cluster_capital" if own else "cluster_other"
    tiers = one_end.is_first_tier + other.is_first_tier
    return ("capital_pair", "first_tier_other", "first_tier_pair")[tiers]


def _capacity(ends: Ends, rows: tuple[RawRow, ...]) -> Cell:
    for row in rows:
        if row.has("capacity_gbps"):
            basis = row.basis(row.text("network_date"), "13 systems of 400G")
            return Cell(int(row.number("capacity_gbps")), basis)
    if "zhongwei" in ends:
        egress = one("network", metric="egress_bandwidth", from_place="Zhongwei")
        count = sum("zhongwei" in other for other in edges())
        return estimate(
            egress.number("value_low") * 1000 / count,
            (egress.source,),
            egress.text("as_of"),
            f"published egress of 18 Tbit/s divided evenly among the {count} links of the site",
        )
    return assumed("links", _capacity_class(ends), "capacity_gbps").cell()


def _lease(length_km: float) -> Cell:
    base = assumed("links", "any", "lease_base")
    per_km = assumed("links", "any", "lease_per_km")
    listed = one("bandwidth_prices", tier_low_mbps="1000")
    return assume(
        base.value + per_km.value * length_km,
        base.low + per_km.low * length_km,
        listed.number("price") * 1000 * 12,
        f"{base.value:g} + {per_km.value:g} yuan per km for a Gbit/s and year; {base.reason}; "
        f"{per_km.reason}; the high end is the list price of a cloud for any distance",
        (listed.source,),
    )


def _upgrade_capex(length_km: float) -> Cell:
    base = assumed("links", "any", "upgrade_base")
    per_km = assumed("links", "any", "upgrade_per_km")
    return assume(
        base.value + per_km.value * length_km,
        base.low + per_km.low * length_km,
        base.high + per_km.high * length_km,
        f"{base.reason}, and by km {per_km.reason}",
    )


def _upgrade_running(capex: Cell) -> Cell:
    share = assumed("links", "any", "upgrade_running_share")
    assert capex.low is not None
    assert capex.high is not None
    return assume(
        capex.number * share.value,
        capex.low * share.low,
        capex.high * share.high,
        share.reason,
    )


def add_links(pack: Pack) -> None:
    """Add the table ``links``."""
    for ends, rows in edges().items():
        length = fibre_km(ends)
        capex = _upgrade_capex(length)
        if rows:
            shown = combined(row.source for row in rows)
            networks = sorted({row.text("network").partition(" (")[0] for row in rows})
            note = "drawn in " + ", ".join(networks)
            as_of = max(row.text("network_date") for row in rows)
        else:
            shown = combined(place(ends[0]).basis.sources, place(ends[1]).basis.sources)
            note = "link to the capital or a near node, by rule"
            as_of = place(ends[0]).basis.as_of
        fibre = _fibre_cell(ends)
        basis = Basis(
            "estimate",
            combined(shown, fibre.basis.sources),
            as_of,
            f"{note}; fibre: {fibre.basis.note}",
        )
        pack.add(
            "links",
            {
                "link": "--".join(ends),
                "from_site": ends[0],
                "to_site": ends[1],
                "fibre_km": Cell(fibre.value, basis),
                "capacity_gbps": _capacity(ends, rows),
                "used_share": assumed("links", "any", "used_share").cell(),
                "lease_yuan_per_gbps_year": _lease(length),
                "upgrade_step_gbps": assumed("links", "any", "upgrade_step_gbps").cell(),
                "upgrade_maximum_steps": assumed("links", "any", "upgrade_maximum_steps").cell(),
                "upgrade_capex_million_yuan": capex,
                "upgrade_running_million_yuan_per_year": _upgrade_running(capex),
            },
            basis,
        )


def shortest_km(origin: str) -> dict[str, float]:
    """Return the shortest fibre length from a site to every site it reaches, in km."""
    neighbours: dict[str, list[tuple[str, float]]] = {}
    for ends in edges():
        neighbours.setdefault(ends[0], []).append((ends[1], fibre_km(ends)))
        neighbours.setdefault(ends[1], []).append((ends[0], fibre_km(ends)))
    reached: dict[str, float] = {}
    queue = [(0.0, origin)]
    while queue:
        length, site = heapq.heappop(queue)
        if site in reached:
            continue
        reached[site] = length
        for other, step in neighbours.get(site, []):
            heapq.heappush(queue, (length + step, other))
    return reached


@cache
def calibrated_route_factors() -> dict[str, Cell]:
    """Return the route factor by kind of network.

    The mean over all pairs of clusters of ``fibre_km * factor * fibre_us_per_km / 1000 +
    equipment`` equals the published mean one-way time between the cluster cities.
    """
    codes = sorted(cluster.code for cluster in clusters())
    pairs = list(combinations(codes, 2))
    lengths = {code: shortest_km(code) for code in codes}
    mean_km = sum(lengths[origin][end] for origin, end in pairs) / len(pairs)
    per_km_ms = assumed("parameters", "fibre_us_per_km", "value").value / 1000
    factors = {}
    for network, metric in sorted(_MEAN_METRIC.items()):
        row = one("network", metric=metric)
        equipment = assumed("parameters", f"equipment_one_way_ms_{network}", "value").value
        published = row.number("value_low")
        factors[network] = estimate(
            (published - equipment) / (mean_km * per_km_ms),
            (row.source,),
            row.text("as_of"),
            f"set so that the mean over the {len(pairs)} cluster pairs ({mean_km:.0f} km of "
            f"fibre) is the published {published:g} ms one way, equipment {equipment:g} ms",
        )
    return factors


_LATENCY_PAIRS: Final = (
    ("sh_metro", "zj_metro", "public", "Shanghai", "Hangzhou", "measured for one day"),
    (
        "sh_metro",
        "zhangjiakou",
        "public",
        "Shanghai",
        "Zhangjiakou",
        "measured for one day; the host stands in Zhangjiakou city",
    ),
    ("bj_metro", "zhongwei", "ip_private", "Zhongwei", "Beijing", "twice the stated one-way time"),
    ("sh_metro", "zhongwei", "ip_private", "Zhongwei", "Shanghai", "twice the stated upper bound"),
)
"""Origin, site, network, names of the raw pair, remark."""


def add_latency(pack: Pack) -> None:
    """Add the table ``latency``: pairs with a measured or clearly stated round trip."""
    for origin, site, network, from_en, to_en, note in _LATENCY_PAIRS:
        row = one("latency_pairs", from_en=from_en, to_en=to_en)
        basis = row.basis(row.text("measured_on"), note)
        pack.add(
            "latency",
            {
                "origin": origin,
                "site": site,
                "network": network,
                "rtt_ms": Cell(row.number("rtt_mean_ms"), basis),
                "percentile": "mean",
            },
            basis,
        )
