"""Faults of pools: what they lack, and lines too far from the exact number of servers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from optimizer.errors import Fault
from optimizer.inputs.queueing import WAIT_PROBABILITY, HeadroomError, Pools, headroom_errors
from optimizer.labels import Text
from optimizer.tables.frames import TypedTable

GREATEST_ERROR: Final = 0.05
"""Greatest difference of the lines from the exact number of servers, as a part of it."""


def check_pools(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    """Yield the faults of the tables: a pool without what its reserve is reckoned from."""
    services = tables["services"]
    for record, service in enumerate(services.frame.to_dict("records")):
        counted = not np.isnan(service["expected_pools"])
        if service["pool"] and not counted:
            yield services.fault(
                record,
                "expected_pools",
                Text("a pool without its expected number of sites", "资源池未注明预计站点数"),
                Text(
                    "give the number of sites expected to serve it, or clear pool",
                    "请填写预计承载的站点数，或清空 pool",
                ),
                value="",
            )
        elif counted and not service["pool"]:
            yield services.fault(
                record,
                "expected_pools",
                Text("a number of pools without a pool", "未指定资源池却给出站点数"),
                Text("name the pool, or clear the number", "请填写 pool，或清空该数量"),
            )
    yield from _without_a_type(tables)
    parameters = tables["parameters"]
    pooled = (services.frame["pool"] != "").to_numpy()
    if pooled.any() and WAIT_PROBABILITY not in set(parameters.frame["parameter"]):
        yield Fault(
            Text(
                "services name a pool, and the parameter is missing",
                "有服务指定了资源池，但缺少该参数",
            ),
            Text(
                "add a row with the probability of waiting in the peak hour, such as 0.05, or "
                "clear services.pool",
                "请补充高峰小时排队概率（如 0.05），或清空 services.pool",
            ),
            "parameters.csv",
            column="parameter",
            value=WAIT_PROBABILITY,
        )


def _without_a_type(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    """Yield pools whose services have no accelerator in common, on which to hold a reserve."""
    services, rates = tables["services"], tables["service_rates"].frame
    runs_on = rates.groupby("service")["accelerator"].agg(set).to_dict()
    pooled = services.frame[services.frame["pool"] != ""]
    for pool, members in pooled.groupby("pool"):
        known = [runs_on[name] for name in members["service"] if name in runs_on]
        if len(known) == len(members) and not set.intersection(*known):
            yield services.fault(
                int(members.index[-1]),
                "pool",
                Text(
                    "the services of pool {pool} have no accelerator in common",
                    "资源池 {pool} 的各服务没有共同可用的加速卡",
                ).filled(pool=pool),
                Text(
                    "give them different pools, or add rates on a common accelerator",
                    "请分为不同的资源池，或补充共同加速卡的吞吐",
                ),
            )


def check_headroom(tables: Mapping[str, TypedTable], pools: Pools) -> Iterator[Fault]:
    """Yield the pools whose lines differ too much from Erlang's formula."""
    services = tables["services"]
    for worst in headroom_errors(pools):
        if abs(worst.error) > GREATEST_ERROR:
            member = int(np.flatnonzero((services.frame["pool"] == worst.pool).to_numpy())[0])
            yield services.fault(
                member,
                "pool",
                Text(
                    "{what}; more than {limit:.0%}",
                    "{what}，超过 {limit:.0%}",
                ).filled(what=headroom_text(worst), limit=GREATEST_ERROR),
                Text(
                    "put more services into the pool, correct expected_pools, or clear pool",
                    "请将更多服务并入资源池、更正 expected_pools，或清空 pool",
                ),
            )


def headroom_text(worst: HeadroomError) -> Text:
    """Return the greatest difference of a pool's lines as one message."""
    return Text(
        "pool {pool}, {least:.0f} to {greatest:.0f} replicas: lines at {points}; at {load:.0f} "
        "replicas {servers:.1f} servers, exactly {exact} ({error:+.1%})",
        "资源池 {pool}，{least:.0f} 至 {greatest:.0f} 个副本：切点 {points}；{load:.0f} 个副本时 "
        "{servers:.1f} 台，精确值 {exact}（{error:+.1%}）",
    ).filled(
        pool=worst.pool,
        least=worst.least_load,
        greatest=worst.greatest_load,
        points=", ".join(f"{point:.0f}" for point in worst.operating),
        load=worst.load,
        servers=worst.servers,
        exact=worst.exact_servers,
        error=worst.error,
    )
