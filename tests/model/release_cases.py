"""Small cases with scarce accelerators, in which users are served tier by tier.

A thousand accelerators would serve everybody: one serves one request a second. Three fifths of
the demand are in ``delta`` at the coast, two fifths in ``basin`` on the plateau. Nothing costs
anything, so that the value of the work served is all there is to a plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from optimizer.inputs.case import Case
from tests.inputs.small_case import SmallCase

MILLION_YUAN: Final = 31.536
"""Value in million yuan of one request a second for a year, for one yuan a request."""

DEMAND: Final = {"delta": 0.6, "basin": 0.4}


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier of users: its share, its value, and its limits if there are any."""

    share: float
    value: float
    minimum: float | None = None
    tolerance: float | None = None


STAGED: Final = (Tier(0.2, 9.0, 0.8), Tier(0.3, 4.0, 0.8), Tier(0.5, 1.0, 0.8))
"""Paying heavy users, other subscribers, everybody else."""


def scarce_case(
    cards: int,
    tiers: Sequence[Tier] = STAGED,
    *,
    single_source: bool = False,
    out_of_reach: str = "",
) -> SmallCase:
    """Return the case with some accelerators on offer; a region may be out of reach."""
    case = SmallCase()
    case.set("regions", {"region": "delta"}, online_share=DEMAND["delta"])
    case.add("regions", region="basin", province="WE", node="plateau", online_share=DEMAND["basin"])
    case.set("accelerator_supply", {"accelerator": "card"}, supply=cards)
    case.set("services", {"service": "chat"}, single_source=single_source)
    if out_of_reach:
        case.set("services", {"service": "chat"}, residency="province")
        site = {"delta": "coast", "basin": "plateau"}[out_of_reach]
        case.add("pins", workload="chat", site=site, rule="never")
    add_tiers(case, "chat", tiers)
    return case


def local_cards(tiers: Sequence[Tier], *, delta: int, basin: int) -> SmallCase:
    """Return the case in which each region is served by cards of its own alone."""
    case = scarce_case(0, tiers)
    case.set("services", {"service": "chat"}, residency="province")
    case.tables["fleet"].clear()
    for site, installed in (("coast", delta), ("plateau", basin)):
        case.add("fleet", site=site, accelerator="card", installed=installed)
        case.set("sites", {"site": site}, existing_it_mw=1, ai_ready_it_mw=1)
    return case


def add_tiers(case: SmallCase, service: str, tiers: Sequence[Tier]) -> None:
    """Add the tiers of a service."""
    for number, tier in enumerate(tiers, start=1):
        case.add(
            "tiers",
            service=service,
            tier=number,
            share=tier.share,
            value_yuan_per_request=tier.value,
            minimum_served_share="" if tier.minimum is None else tier.minimum,
            fairness_tolerance="" if tier.tolerance is None else tier.tolerance,
        )


def many_services(cards: int, wanted: Mapping[str, tuple[float, float, Sequence[Tier]]]) -> Case:
    """Return a case of services, each with requests a second, the rate of a card, and tiers."""
    case = SmallCase()
    case.tables["services"].clear()
    case.tables["service_rates"].clear()
    for name, (requests, speed, tiers) in wanted.items():
        case.add("services", service=name, requests_per_s=requests)
        case.add("service_rates", service=name, accelerator="card", requests_per_s=speed)
        add_tiers(case, name, tiers)
    case.set("accelerator_supply", {"accelerator": "card"}, supply=cards)
    return case.case()
