"""A small case of three clusters on a line, and one run that may split over them."""

from __future__ import annotations

from typing import Final

from tests.inputs.small_case import SmallCase, flat_tariff, row

SPLIT_PARAMETERS: Final = {
    "inner_steps_low_communication": 100.0,
    "ring_factor": 1.0,
    "split_efficiency_cap": 1.0,
    "split_efficiency_floor": 0.5,
    "sync_overlap": 0.0,
}


def line_case(**job: object) -> SmallCase:
    """Return coast, plateau and desert, 1,000 km from one to the next, and a run of 960 cards.

    A card does 5e13 FLOP/s, so a step of 4.8e16 FLOP takes the gang 1 s; it exchanges 400 Gbit. The
    run takes 100 days at one site. Fibre takes 5 us a km.
    """
    case = SmallCase()
    case.tables["services"], case.tables["service_rates"] = [], []
    case.set("sites", {"site": "coast"}, existing_it_mw=100, ai_ready_it_mw=100)
    case.set("sites", {"site": "plateau"}, existing_it_mw=100, ai_ready_it_mw=100)
    case.add(
        "sites",
        site="desert",
        province="WW",
        side="west",
        tariff_region="WW",
        grid_area="WW",
        existing_it_mw=100,
        ai_ready_it_mw=100,
    )
    case.tables["provinces"].append(row("provinces", province="WW", macro_region="west"))
    case.add("climate", site="desert", month=1)
    case.tables["tariffs"] += flat_tariff("WW", 0)
    case.add("grid", province="WW")
    case.set("links", {"link": "trunk"}, capacity_gbps=100_000)
    case.add("links", link="branch", from_site="plateau", to_site="desert", capacity_gbps=100_000)
    for name, value in SPLIT_PARAMETERS.items():
        case.add("parameters", parameter=name, value=value)
    cells: dict[str, object] = {
        "job": "wide",
        "accelerators": 960,
        "accelerator": "card",
        "flop": 4.8e16 * 8_640_000,
        "may_split": True,
        "step_flop": 4.8e16,
        "gradient_gbit": 400,
    }
    case.add("jobs", **(cells | job))
    return case


def set_parameter(case: SmallCase, name: str, value: float) -> None:
    """Write one technical parameter."""
    case.set("parameters", {"parameter": name}, value=value)
