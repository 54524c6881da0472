"""Cases of two provinces joined by several ways, with traffic as the only cost."""

from __future__ import annotations

from tests.inputs.small_case import SmallCase

BYTES_PER_GBPS = 125_000
"""Bytes of one of 1,000 requests a second that make 1 Gbit/s."""


def ways(*, middle: tuple[str, ...] = ("middle",)) -> SmallCase:
    """Return the case whose chat has to be served at the plateau; the trunk is 800 km long.

    Every ``middle`` site lies between coast and plateau in the province of the coast and can
    serve nobody. Links to it are for the test to add.
    """
    case = SmallCase()
    for name in middle:
        case.tables["sites"].append(dict(case.one("sites", site="coast")) | {"site": name})
        case.add("climate", site=name, month=1)
    for name in ("coast", *middle):
        case.set("sites", {"site": name}, build_limit_mw=0)
    case.set(
        "links",
        {"link": "trunk"},
        fibre_km=800,
        capacity_gbps=60,
        lease_yuan_per_gbps_year=10_000,
        upgrade_maximum_steps=5,
        upgrade_capex_million_yuan=100,
        upgrade_running_million_yuan_per_year=2,
    )
    return case


def with_arms(case: SmallCase) -> SmallCase:
    """Join coast, middle and plateau by two links, together 900 km, 0.04 million yuan a Gbit/s."""
    ends = {"east_arm": ("coast", "middle", 400), "west_arm": ("middle", "plateau", 500)}
    for link, (one, other, length) in ends.items():
        case.add(
            "links",
            link=link,
            from_site=one,
            to_site=other,
            fibre_km=length,
            lease_yuan_per_gbps_year=20_000,
        )
    return case


def two_ways(chat_gbps: float, path_count: float | None) -> SmallCase:
    """Return the case of trunk and arms with some traffic of chat."""
    case = with_arms(ways())
    case.set("services", {"service": "chat"}, bytes_out_per_request=chat_gbps * BYTES_PER_GBPS)
    if path_count is not None:
        case.add("parameters", parameter="path_count", value=path_count)
    return case


def add_control(case: SmallCase, gbps: float, target_ms: float) -> None:
    """Add a service with a round trip to hold."""
    case.add(
        "services",
        service="control",
        kind="interactive",
        target_ms=target_ms,
        target_kind="end_to_end",
        bytes_out_per_request=gbps * BYTES_PER_GBPS,
    )
    case.add("service_rates", service="control", accelerator="card", requests_per_s=1)
