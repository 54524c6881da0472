"""Small cases of protection in round numbers."""

from __future__ import annotations

from typing import Final

from tests.inputs.small_case import SmallCase, flat_tariff, row

PRICE: Final = 5.0
"""Million yuan a year for a thousand cards: 25,000 yuan over five years without interest."""


def add_parameters(small: SmallCase, level: float, factor: float | None = None) -> None:
    """Switch protection on at a level, with a failover budget factor if one is given."""
    values = {"protection_level": level}
    if factor is not None:
        values["failover_budget_factor"] = factor
    for name, value in values.items():
        small.add("parameters", parameter=name, value=value)


def add_site(small: SmallCase, site: str, grid_area: str, **cells: object) -> None:
    """Add a site of a province of its own, joined to the coast."""
    province = f"P_{site}"
    small.add("provinces", province=province)
    small.add("grid", province=province)
    small.tables["tariffs"] += flat_tariff(province, 0)
    small.add(
        "sites",
        site=site,
        province=province,
        side="east",
        tariff_region=province,
        grid_area=grid_area,
        **cells,
    )
    small.add("climate", site=site, month=1)
    small.add("links", link=f"to_{site}", from_site="coast", to_site=site)


def protected_case(
    areas: tuple[str, ...], share: float, level: float, price: float = PRICE
) -> SmallCase:
    """Return one service that 1,000 busy cards serve, at sites of the given grids.

    Cards are bought at 25,000 yuan (or in proportion to ``price``); all else is free.
    """
    small = SmallCase()
    names = ["coast", "plateau", *(f"site_{number}" for number in range(2, len(areas)))]
    for name, area in zip(names, areas, strict=True):
        if name in {"coast", "plateau"}:
            small.set("sites", {"site": name}, grid_area=area)
        else:
            add_site(small, name, area)
    small.set("accelerators", {"accelerator": "card"}, price_yuan=price * 5_000)
    small.set("services", {"service": "chat"}, protected_share=share)
    add_parameters(small, level)
    return small


def buffer_case(share: float) -> SmallCase:
    """Return fixed fleets whose spare cards suffice in sum, but not where they may take over.

    Users at the coast reach the coast in time, the plateau within the failover target only, and
    the north never. The coast keeps 1,000 cards busy; 600 are idle at each of the others.
    """
    small = SmallCase()
    add_site(small, "north", "NO", existing_it_mw=10, ai_ready_it_mw=10)
    for site in ("coast", "plateau"):
        small.set("sites", {"site": site}, existing_it_mw=10, ai_ready_it_mw=10)
    small.set("accelerator_supply", {"accelerator": "card"}, supply=0)
    small.set("fleet", {"site": "coast"}, installed=1000)
    for site in ("plateau", "north"):
        small.add("fleet", site=site, accelerator="card", installed=600)
    small.tables["latency"] = [
        row("latency", origin="coast", site="plateau", rtt_ms=20),
        row("latency", origin="coast", site="north", rtt_ms=60),
    ]
    small.set(
        "services",
        {"service": "chat"},
        kind="interactive",
        target_ms=10,
        target_kind="end_to_end",
        failover_target_ms=30,
        protected_share=share,
    )
    add_parameters(small, 1)
    return small
