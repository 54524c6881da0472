"""The small case with a pool: two regions, two sites, one service on one card of 20,000 yuan.

A card costs 100,000 yuan and lasts five years without interest, so a thousand cost 20 million a
year. A request takes one second: 1,000 a second are 1,000 Erlang of single-card replicas.
"""

from __future__ import annotations

from tests.inputs.small_case import SmallCase

MILLION_YUAN_PER_THOUSAND = 20.0


def pooled_case(*, east: float = 0.5, expected_pools: int | str = 1) -> SmallCase:
    """Return the case with its service in pool ``talk``."""
    case = SmallCase()
    case.set("accelerators", {"accelerator": "card"}, price_yuan=100_000)
    case.set("regions", {"region": "delta"}, online_share=east)
    case.add("regions", region="basin", province="WE", node="plateau", online_share=1.0 - east)
    case.set("services", {"service": "chat"}, pool="talk", expected_pools=expected_pools)
    case.add("parameters", parameter="wait_probability", value=0.05)
    return case
