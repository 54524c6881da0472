"""Cases in round numbers whose linear programs are kept, and which of their blocks.

The hand case shows the blocks that every case has. Each of the others shows the blocks that its
data alone switch on.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from optimizer.inputs.case import Case, read_case
from tests.hour_case import add_generation, set_factors
from tests.inputs.pooled_case import pooled_case
from tests.inputs.small_case import SmallCase
from tests.inputs.split_case import line_case
from tests.model.backbone_cases import two_ways
from tests.model.hours_case import hours_case
from tests.model.release_cases import Tier, add_tiers, scarce_case
from tests.model.reliability_cases import protected_case

HAND: Final = Path(__file__).resolve().parent / "cases" / "hand"
"""A case of two sites with round numbers, so that its rows can be worked out by hand."""


class Kept(NamedTuple):
    """What is kept of a case: its blocks, or all of them if none is named."""

    case: Callable[[], Case]
    blocks: tuple[str, ...] = ()


def years_rows() -> SmallCase:
    """Return three periods with a fleet to take out, tiers, a line and an opening at the coast.

    Of the 500 cards of 2026 a fifth leaves each year: 300 stand in 2028 and 100 in 2030.
    """
    case = SmallCase()
    times = case.tables["times"]
    case.tables["times"] = [
        {**row, "period": year} for year in (2026, 2028, 2030) for row in copy.deepcopy(times)
    ]
    case.add("finance", parameter="last_period_years", value=2)
    case.set("finance", {"parameter": "discount_rate"}, value=0.1)
    for year in (2028, 2030):
        case.add("accelerator_supply", accelerator="card", year=year)
    case.set("accelerators", {"accelerator": "card"}, life_years=5)
    case.set("modules", {"module": "hall"}, life_years=15, maximum_per_site=4)
    case.set("links", {"link": "trunk"}, upgrade_maximum_steps=5)
    case.set(
        "sites",
        {"site": "coast"},
        existing_it_mw=1,
        ai_ready_it_mw=1,
        lead_time_years=2,
        fixed_cost_million_yuan_per_year=0.25,
    )
    case.set("sites", {"site": "plateau"}, build_limit_mw=0)
    case.set("fleet", {"site": "coast"}, installed=500)
    set_factors(case, (0.25,) * 24, "EA", "onshore_wind")
    add_generation(
        case,
        kind="direct_supply",
        technology="onshore_wind",
        line="wire",
        capacity_mw=2,
        capex_yuan_per_kw=4000,
    )
    add_tiers(case, "chat", (Tier(0.4, 4.0), Tier(0.6, 1.0)))
    return case


def _tiers_case() -> Case:
    """Return 400 cards for the 1,000 that three tiers would keep busy, at 100,000 yuan each."""
    case = scarce_case(400)
    case.set("accelerators", {"accelerator": "card"}, price_yuan=100_000)
    return case.case()


def _split_case() -> Case:
    """Return a run that has to start at once; a site holds 700 of its 960 cards."""
    case = line_case(dataset_tb=10_000, deadline_month=4)
    for site in ("coast", "plateau", "desert"):
        case.set("sites", {"site": site}, largest_gang=700)
    for link in ("trunk", "branch"):
        case.set("links", {"link": link}, lease_yuan_per_gbps_year=50_000)
    return case.case()


GOLDEN_CASES: Final[Mapping[str, Kept]] = MappingProxyType(
    {
        "hand": Kept(lambda: read_case(HAND)),
        "hours": Kept(
            hours_case,
            ("demand_charge", "hourly", "flexible", "green", "matching", "policy"),
        ),
        "pools": Kept(lambda: pooled_case().case(), ("queueing",)),
        "tiers": Kept(_tiers_case, ("release",)),
        "backup": Kept(
            lambda: protected_case(("EA", "WE"), share=0.5, level=1).case(), ("reliability",)
        ),
        "paths": Kept(lambda: two_ways(50, 2).case(), ("network", "detours")),
        "split": Kept(_split_case, ("split_training",)),
        "years": Kept(lambda: years_rows().case(), ("retirement", "periods")),
    }
)
"""Folder of the programs by name of the case."""
