"""Verification of the traffic by path: what flows, over which links, and in time."""

from __future__ import annotations

from collections import defaultdict

from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_written import Row, Written
from optimizer.plan.violation import Checker

Pair = tuple[str, str]
Traffic = dict[tuple[str, str, str], list[tuple[float, int]]]
Carried = dict[tuple[str, str, str], dict[int, float]]

LATENCY_TOLERANCE_MS = 1e-9
"""A round trip this much over a limit is rounding of floating-point numbers."""


def check_paths(checker: Checker, facts: Recomputed, plan: Written) -> dict[str, float]:
    """Check the ``paths`` table and return the flow over each link, Gbit/s."""
    carried: Carried = defaultdict(dict)
    for row in plan.rows["paths"]:
        pair = (row["node"], row["site"])
        key = "|".join((*pair, row["protection"], str(row["path"])))
        paths = _paths(facts, pair, row["protection"])
        known = row["path"] <= len(paths)
        checker.holds("path exists", key, fact=known)
        checker.at_least("flow of a path is not negative", key, row["flow_gbps"], 0.0, "Gbit/s")
        carried[*pair, row["protection"]][int(row["path"])] = row["flow_gbps"]
        if known:
            path = paths[int(row["path"]) - 1]
            checker.holds("links of a path", key, fact=row["links"] == ";".join(path))
            _times(checker, facts, pair, row, key)
    traffic = _traffic(facts, plan)
    _conservation(checker, traffic, carried)
    return _over_links(facts, traffic, carried)


def _paths(facts: Recomputed, pair: Pair, protection: str) -> list[tuple[str, ...]]:
    if protection == "1+1":
        two = facts.protected_pair(*pair)
        return [] if two is None else list(two)
    return facts.paths(*pair)


def _times(checker: Checker, facts: Recomputed, pair: Pair, row: Row, key: str) -> None:
    path = tuple(row["links"].split(";"))
    if not all(link in facts.links for link in path):  # refused above
        return
    fibre_km = sum(facts.links[link]["fibre_km"] for link in path)
    checker.equal("fibre of a path", key, row["fibre_km"], fibre_km, "km")
    for network in ("optical", "ip_private", "public"):
        rtt = facts.rtt_over(*pair, network, fibre_km)
        mean = rtt / facts.parameters[f"p99_factor_{network}"]
        checker.equal("round trip of a path", key, row[f"rtt_p99_ms_{network}"], rtt, "ms")
        one_way = row[f"one_way_mean_ms_{network}"]
        checker.equal("two ways of a path", key, 2.0 * one_way, mean, "ms")


def _traffic(facts: Recomputed, plan: Written) -> Traffic:
    """Return (Gbit/s, last path it may take) of all traffic over the backbone."""
    traffic: Traffic = defaultdict(list)
    for row in plan.rows["placements"]:
        region, service, site = row["region"], row["service"], row["site"]
        node = facts.regions[region]["node"]
        # Traffic that enters at the node of the site itself crosses no link.
        if not facts.crosses_backbone(region, site) or node == site:
            continue
        rate = row["share"] * facts.peak_gbps(region, service)
        if facts.services[service]["path_protection"] == "1+1":
            traffic[node, site, "1+1"].append((rate, 0))
        else:
            traffic[node, site, "none"].append((rate, _last_path(facts, region, service, site)))
    for row in plan.rows["runs"]:
        home, site = facts.jobs[row["job"]]["dataset_site"], row["site"]
        if facts.sites[home]["province"] != facts.sites[site]["province"]:
            rate = row["runs"] * facts.dataset_gbps(row["job"])
            traffic[home, site, "none"].append((rate, len(facts.paths(home, site))))
    return traffic


def _conservation(checker: Checker, traffic: Traffic, carried: Carried) -> None:
    """Check that what flows in flows out, each part over a path that it may take."""
    for pair in sorted(set(traffic) | set(carried)):
        place, flows = "|".join(pair), carried[pair]
        wanted = sum(rate for rate, _last in traffic[pair])
        if pair[2] == "1+1":
            for path in (1, 2):
                flow = flows.get(path, 0.0)
                checker.equal("traffic is carried twice", place, flow, wanted, "Gbit/s")
            continue
        checker.equal("traffic is carried", place, sum(flows.values()), wanted, "Gbit/s")
        for path in sorted(set(flows) - {1}):
            longer = sum(flow for number, flow in flows.items() if number >= path)
            may = sum(rate for rate, last in traffic[pair] if last >= path)
            checker.at_most("traffic within reach", f"{place}|{path}", longer, may, "Gbit/s")


def _over_links(facts: Recomputed, traffic: Traffic, carried: Carried) -> dict[str, float]:
    """Return the flow of links: all traffic on the shortest path but what the table moves."""
    over: dict[str, float] = defaultdict(float)
    for (node, site, protection), parts in traffic.items():
        wanted = sum(rate for rate, _last in parts)
        paths = _paths(facts, (node, site), protection)
        if protection == "1+1":
            flows = dict.fromkeys(range(1, len(paths) + 1), wanted)
        else:
            flows = {
                path: flow
                for path, flow in carried[node, site, protection].items()
                if 1 < path <= len(paths)
            }
            flows[1] = wanted - sum(flows.values())
        for path, flow in flows.items():
            for link in paths[path - 1]:
                over[link] += flow
    return over


def _last_path(facts: Recomputed, region: str, service: str, site: str) -> int:
    """Return the number of the longest path over which the site reaches as many users."""
    node = facts.regions[region]["node"]
    network = facts.services[service]["network"]
    last = 1
    shortest = facts.reach(region, service, site)
    for number, path in enumerate(facts.paths(node, site), start=1):
        fibre_km = sum(facts.links[link]["fibre_km"] for link in path)
        rtt = facts.rtt_over(node, site, network, fibre_km) - LATENCY_TOLERANCE_MS
        if facts.users_within(region, service, rtt) >= shortest:
            last = number
    return last
