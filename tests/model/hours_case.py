"""A case in round numbers in which every block by the hour acts, written in code.

The coast is no cluster: its hours collapse and its demand is metered. The plateau is modelled by
the hour: a battery, a line with sun and wind, batch work that may move, green power matched with
the load of its own hour. One year, one typical day.
"""

from __future__ import annotations

from optimizer.inputs.case import Case
from tests.hour_case import (
    TWO_PRICES,
    add_battery,
    add_generation,
    policy,
    set_factors,
    set_prices,
    set_profile,
)
from tests.inputs.small_case import SmallCase

DAY = (1.0,) * 12 + (3.0,) * 12
"""Relative load of a mean of two: 0.5 until noon, 1.5 after."""

SUN = (0.0,) * 6 + (0.5,) * 12 + (0.0,) * 6
WIND = (0.25,) * 24


def hours_rows() -> SmallCase:
    """Return the tables of the case."""
    case = SmallCase()
    case.set("sites", {"site": "coast"}, is_cluster=False, ceiling_mw=60)
    case.set("sites", {"site": "plateau"}, ceiling_mw=80)
    case.set("climate", {"site": "plateau"}, mean_temperature_c=20)
    case.set("modules", {"module": "hall"}, pue_base=1.1, pue_slope_per_c=0.01)
    set_prices(case, TWO_PRICES, "EA", demand_charge_yuan_per_kw_month=40)
    set_prices(case, TWO_PRICES[::-1], "WE", demand_charge_yuan_per_kw_month=30)
    case.add("parameters", parameter="demand_peak_factor", value=1.1)
    set_profile(case, DAY, "day")
    case.set("services", {"service": "chat"}, requests_per_s=4000, flexible_share=0.25)
    case.add("services", service="talk", requests_per_s=2000, profile="day")
    case.add("service_rates", service="talk", accelerator="card")
    case.set("accelerators", {"accelerator": "card"}, idle_share=0.2)
    add_battery(
        case,
        "plateau",
        power_mw=2,
        energy_mwh=8,
        capex_yuan_per_kw=300,
        capex_yuan_per_kwh=600,
        upkeep_share_per_year=0.02,
        charge_efficiency=0.9,
        discharge_efficiency=0.8,
    )
    set_factors(case, SUN, "WE", "solar")
    set_factors(case, WIND, "WE", "onshore_wind")
    for technology, capacity, capital in (("solar", 10, 3000), ("onshore_wind", 20, 4000)):
        add_generation(
            case,
            "plateau",
            contract=technology,
            kind="direct_supply",
            technology=technology,
            line="wire",
            capacity_mw=capacity,
            capex_yuan_per_kw=capital,
            price_yuan_per_mwh=100,
            export_price_yuan_per_mwh=50,
        )
    add_generation(case, "plateau", capacity_mw=1, yield_factor=0.8)
    case.add(
        "green_contracts",
        contract="trade",
        site="plateau",
        kind="green_trade",
        technology="solar",
        price_yuan_per_mwh=10,
        ceiling_gwh=20,
    )
    case.add("green_contracts", contract="paper", site="coast")
    case.tables["policies"] = [
        policy("direct_self_use_min", 0.6),
        policy("direct_load_share_min", 0.3),
        policy("direct_export_max", 0.2, comparison="<="),
        policy("green_share_contractual_min", 0.5),
        policy("green_share_hourly_min", 0.6, scope="cluster:plateau"),
        policy("green_share_physical_min", 0.4),
    ]
    return case


def hours_case() -> Case:
    """Return the checked case."""
    return hours_rows().case()
