"""Sites by the hour whose optimum can be written down."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.hour_case import (
    TWO_PRICES,
    WHOLE,
    add_battery,
    add_generation,
    built,
    policy,
    set_days,
    set_factors,
    set_prices,
    set_profile,
    solved,
    steady_case,
    twelve_days,
    values,
)
from tests.inputs.small_case import HOURS, MONTHS, SmallCase, row

LOAD = 10.0
"""MW of the steady load of most cases."""

BOUGHT = LOAD * 8.76 * 0.5
"""Million yuan a year for that load at the two prices."""


def annuity(interest: float, years: int) -> float:
    return 1.0 / sum((1.0 + interest) ** -year for year in range(1, years + 1))


# Batteries


def test_a_battery_earns_the_difference_of_prices_once_a_day() -> None:
    case = steady_case(LOAD)
    set_prices(case, TWO_PRICES)
    case.set("finance", {"parameter": "discount_rate"}, value=0.05)
    add_battery(
        case,
        energy_mwh=60,
        charge_efficiency=0.9,
        discharge_efficiency=0.8,
        capex_yuan_per_kw=100,
        capex_yuan_per_kwh=50,
        life_years=8,
        upkeep_share_per_year=0.01,
    )
    solution = solved(case)
    # 60 MWh a day come out as 48 and take 66.7; 12 hours of charging need 5.56 MW.
    share = annuity(0.05, 8) + 0.01
    size = 60 / 0.9 / 12 * 100 * share / 1e3 + 60 * 50 * share / 1e3
    saved = 365 * (60 * 0.8 * 0.8 - 60 / 0.9 * 0.2) / 1e3
    assert solution.objective == pytest.approx(BOUGHT - saved + size, rel=1e-9)
    assert values(solution, "battery_mwh") == pytest.approx([60.0])
    assert values(solution, "battery_mw") == pytest.approx([60 / 0.9 / 12])
    assert values(solution, "discharge_mw").sum() == pytest.approx(48.0)
    assert values(solution, "charge_mw")[0, 12:].tolist() == pytest.approx([0.0] * 12, abs=1e-9)


@pytest.mark.parametrize("charge", [0.5, 0.8, 1.0])
@pytest.mark.parametrize(("over", "cycled"), [(0.999, 0.0), (1.001, 1.0)])
def test_a_battery_is_used_exactly_above_the_efficiency_that_pays(
    charge: float, over: float, cycled: float
) -> None:
    # Storing pays if charge * discharge efficiency is above 0.2 / 0.5.
    case = steady_case(LOAD)
    set_prices(case, (0.2,) * 12 + (0.5,) * 12)
    add_battery(
        case, energy_mwh=20, charge_efficiency=charge, discharge_efficiency=0.4 * over / charge
    )
    solution = solved(case)
    given = 20 * 0.4 * over / charge * cycled
    assert values(solution, "discharge_mw").sum() == pytest.approx(given, abs=1e-7)
    saved = 365 * (given * 0.5 - 20 / charge * cycled * 0.2) / 1e3
    assert solution.objective == pytest.approx(LOAD * 8.76 * 0.35 - saved, rel=1e-9)


@pytest.mark.parametrize(("over", "size"), [(0.999, 30.0), (1.001, 0.0)])
def test_a_battery_is_bought_exactly_below_the_capital_cost_it_earns(
    over: float, size: float
) -> None:
    # A MWh earns 365 * 0.6 thousand yuan a year; without interest it pays over ten years.
    case = steady_case(LOAD)
    set_prices(case, TWO_PRICES)
    add_battery(case, energy_mwh=30, capex_yuan_per_kwh=365 * 0.6 * 10 * over, life_years=10)
    solution = solved(case)
    assert values(solution, "battery_mwh") == pytest.approx([size], abs=1e-6)
    saved = 365 * size * 0.6 * (1.0 - over) / 1e3
    assert solution.objective == pytest.approx(BOUGHT - saved, rel=1e-9)


def test_power_limits_what_an_hour_moves() -> None:
    case = steady_case(LOAD)
    set_prices(case, (0.2,) * 22 + (0.8,) * 2)
    add_battery(case, power_mw=3, energy_mwh=500)
    solution = solved(case)
    assert values(solution, "discharge_mw")[0, 22:].tolist() == pytest.approx([3.0, 3.0])
    whole = LOAD * 0.365 * (22 * 0.2 + 2 * 0.8)
    assert solution.objective == pytest.approx(whole - 0.365 * 6 * 0.6, rel=1e-9)


@pytest.mark.parametrize("shift", [0, 5, 12, 20])
def test_the_day_closes_on_itself(shift: int) -> None:
    # A battery filled in the evening serves the next morning: only the order of hours matters.
    case = steady_case(LOAD)
    set_prices(case, [TWO_PRICES[(hour + shift) % 24] for hour in HOURS])
    add_battery(case, energy_mwh=60, charge_efficiency=0.9, discharge_efficiency=0.8)
    solution = solved(case)
    saved = 365 * (60 * 0.8 * 0.8 - 60 / 0.9 * 0.2) / 1e3
    assert solution.objective == pytest.approx(BOUGHT - saved, rel=1e-9)
    stored = values(solution, "stored_mwh")[0]
    gained = 0.9 * values(solution, "charge_mw")[0] - values(solution, "discharge_mw")[0] / 0.8
    assert np.roll(stored, -1) == pytest.approx(stored + gained, abs=1e-7)


def test_a_battery_moves_nothing_from_day_to_day() -> None:
    case = steady_case(LOAD)
    twelve_days(case)
    case.tables["tariffs"] = [
        row("tariffs", tariff_region=region, month=month, price_yuan_per_kwh=month / 10)
        for region in ("EA", "WE")
        for month in MONTHS
    ]
    add_battery(case, energy_mwh=1000)
    solution = solved(case)
    with_days = zip(MONTHS, (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), strict=True)
    cost = sum(LOAD * 24 * days * month / 10 for month, days in with_days) / 1e3
    assert solution.objective == pytest.approx(cost, rel=1e-9)


def test_a_battery_without_energy_is_no_storage() -> None:
    for size in ("energy_mwh", "power_mw"):
        case = steady_case(LOAD)
        set_prices(case, TWO_PRICES)
        add_battery(case)
        case.set("batteries", {"site": "coast"}, **{size: 0})
        assert solved(case).objective == pytest.approx(BOUGHT, rel=1e-12)
        assert "charge_mw" not in built(case)[1].columns


# Metered demand


PEAKED = (1.0,) * 18 + (2.0,) * 6
"""Relative load with a mean of 1.25."""


@pytest.mark.parametrize("by_hour", [False, True])
def test_metered_demand_bills_the_highest_hour(by_hour: bool) -> None:
    case = steady_case(LOAD)
    set_profile(case, PEAKED)
    set_prices(case, (0.0,) * 24, demand_charge_yuan_per_kw_month=40)
    case.add("parameters", parameter="demand_peak_factor", value=1.1)
    if by_hour:
        add_battery(case, capex_yuan_per_kw=100_000, capex_yuan_per_kwh=100_000)
    solution = solved(case)
    # 10 MW in the mean, 16 in the evening
    assert solution.objective == pytest.approx(16 * 1.1 * 40 * 12 / 1e3, rel=1e-9)
    assert ("peak_mw" if by_hour else "site_peak") in solution.columns


@pytest.mark.parametrize("by_hour", [False, True])
def test_every_month_is_billed_its_own_peak(by_hour: bool) -> None:
    case = steady_case(LOAD)
    twelve_days(case)
    for cells in case.tables["climate"]:
        cells["mean_temperature_c"] = cells["month"]
    case.set("modules", {"module": "hall"}, pue_base=1.1, pue_slope_per_c=0.01)
    for cells in case.tables["tariffs"]:
        cells["demand_charge_yuan_per_kw_month"] = 30 + int(str(cells["month"]))
    case.add("parameters", parameter="demand_peak_factor", value=1)
    if by_hour:
        add_battery(case, capex_yuan_per_kw=100_000, capex_yuan_per_kwh=100_000)
    cost = sum(LOAD * (1.1 + 0.01 * month) * (30 + month) / 1e3 for month in MONTHS)
    assert solved(case).objective == pytest.approx(cost, rel=1e-9)


@pytest.mark.parametrize("by_hour", [False, True])
def test_a_flat_load_at_the_design_pue_pays_what_it_would_contract(by_hour: bool) -> None:
    case = steady_case(LOAD)
    case.set("modules", {"module": "hall"}, pue_base=1.25)
    set_prices(case, (0.5,) * 24, demand_charge_yuan_per_kw_month=40)
    if by_hour:
        add_battery(case, capex_yuan_per_kw=100_000, capex_yuan_per_kwh=100_000)
    contracted = solved(case)
    case.add("parameters", parameter="demand_peak_factor", value=1)
    metered = solved(case)
    expected = LOAD * 1.25 * (8.76 * 0.5 + 40 * 12 / 1e3)
    assert contracted.objective == pytest.approx(expected, rel=1e-9)
    assert metered.objective == pytest.approx(expected, rel=1e-9)


def test_capacity_is_contracted_even_where_demand_would_be_metered() -> None:
    case = steady_case(LOAD)
    set_profile(case, PEAKED)
    set_prices(case, (0.0,) * 24, capacity_charge_yuan_per_kva_month=20, basis="capacity")
    case.add("parameters", parameter="demand_peak_factor", value=1.1)
    # 16 MW used in the evening, two kVA for each kW
    assert solved(case).objective == pytest.approx(16 * 2 * 20 * 12 / 1e3, rel=1e-9)


def test_a_battery_cuts_the_peak_to_what_power_and_energy_allow() -> None:
    # 8 MW in 18 hours and 16 in 6: level at 10 needs 36 MWh; 18 MWh cut the peak by 3 MW.
    for energy, peak in ((18, 13.0), (100, 10.0)):
        case = steady_case(LOAD)
        set_profile(case, PEAKED)
        set_prices(case, (0.0,) * 24, demand_charge_yuan_per_kw_month=40)
        case.add("parameters", parameter="demand_peak_factor", value=1)
        add_battery(case, energy_mwh=energy)
        assert solved(case).objective == pytest.approx(peak * 40 * 12 / 1e3, rel=1e-9)


# Green power by the hour


def sun(hour: int) -> float:
    """Return the mean of half a sine from 6 to 18 o'clock over an hour."""
    start, end = (math.pi / 12 * (min(max(at, 6), 18) - 6) for at in (hour, hour + 1))
    return 12 / math.pi * (math.cos(start) - math.cos(end))


SUN = [sun(hour) for hour in HOURS]


def matched(case: SmallCase) -> float:
    """Return the share of the load that is matched: what a soft row for all of it misses."""
    rule = policy("green_share_hourly_min", 1, hard=False, penalty_million_yuan_per_unit=1)
    case.tables["policies"] = [rule]
    solution = solved(case)
    missed = float(solution.columns["broken"].values.sum())
    return 1.0 - missed / float(solution.columns["energy"].values.sum())


@pytest.mark.parametrize("hours", [1, 2, 3, 6])
def test_share_matched_by_half_a_sine(hours: int) -> None:
    # The sun exceeds the load from `hours` after it rises: the integral of the lower of both.
    case = steady_case(LOAD)
    case.set("grid", {"province": "EA"}, green_share=0)
    set_factors(case, SUN)
    angle = math.pi / 12 * hours
    peak = 1.0 / math.sin(angle)
    add_generation(case, capacity_mw=LOAD * peak)
    share = (2 * peak * 12 / math.pi * (1.0 - math.cos(angle)) + 12 - 2 * hours) / 24
    assert matched(case) == pytest.approx(share, rel=1e-9)


def test_the_grid_counts_for_what_is_not_matched() -> None:
    case = steady_case(LOAD)
    case.set("grid", {"province": "EA"}, green_share=0.3)
    set_factors(case, SUN)
    add_generation(case, capacity_mw=LOAD)
    share = 2 / math.pi * 12 / 24
    assert matched(case) == pytest.approx(share + 0.3 * (1 - share), rel=1e-9)


def test_green_trade_counts_in_the_shape_of_its_technology() -> None:
    # As many GWh as the load takes in a year, but by day only: 24 / 12 of the load, matched half.
    case = steady_case(LOAD)
    case.set("grid", {"province": "EA"}, green_share=0)
    set_factors(case, [0.0] * 12 + [0.4] * 12)
    case.add(
        "green_contracts",
        contract="trade",
        site="coast",
        kind="green_trade",
        technology="solar",
        price_yuan_per_mwh=0,
    )
    assert matched(case) == pytest.approx(0.5, rel=1e-9)
    # Without a technology no hour is matched.
    case.set("green_contracts", {"contract": "trade"}, technology="")
    assert matched(case) == pytest.approx(0.0, abs=1e-9)


def test_a_battery_does_not_match_other_hours() -> None:
    case = steady_case(LOAD)
    case.set("grid", {"province": "EA"}, green_share=0)
    set_factors(case, SUN)
    add_generation(case, capacity_mw=2 * LOAD)
    alone = matched(case)
    add_battery(case)
    assert matched(case) == pytest.approx(alone, rel=1e-9)


# Direct supply


def direct(case: SmallCase, **cells: object) -> None:
    """Offer a line of 40 MW that yields half its power in all hours: 4.38 GWh a MW."""
    set_factors(case, [0.5] * 24, technology="onshore_wind")
    add_generation(
        case,
        contract="wind",
        kind="direct_supply",
        technology="onshore_wind",
        capacity_mw=40,
    )
    case.set("green_contracts", {"contract": "wind"}, **cells)


def test_self_use_binds_where_exports_pay() -> None:
    # A MWh sent out earns 300 yuan, one used saves 100: only the row keeps power at the site.
    case = steady_case(LOAD)
    set_prices(case, (0.1,) * 24)
    direct(case, export_price_yuan_per_mwh=300)
    free = solved(case)
    assert free.objective == pytest.approx(LOAD * 8.76 * 0.1 - 40 * 4.38 * 0.3, rel=1e-9)
    case.tables["policies"] = [policy("direct_self_use_min", 0.6)]
    bound = solved(case)
    # 10 MW take all of 60 % of the yield of 33.3 MW.
    size = LOAD / 0.5 / 0.6
    assert bound.columns["generation_mw"].values == pytest.approx([size])
    assert bound.columns["line"].values.tolist() == [1.0]
    assert bound.objective == pytest.approx(-size * 4.38 * 0.4 * 0.3, rel=1e-9)
    case.tables["policies"].append(policy("direct_export_max", 0.2, comparison="<="))
    # The rest of the yield is curtailed.
    sent = 40 * 4.38 * 0.2
    case.tables["policies"][0]["value"] = 0.25
    capped = solved(case)
    assert capped.columns["export_gwh"].values == pytest.approx([sent])
    assert capped.objective == pytest.approx(-sent * 0.3, rel=1e-9)


def test_load_share_binds_the_line_that_is_built() -> None:
    # A MW costs more than it saves; the first row asks for a line, the second for its size.
    case = steady_case(LOAD)
    set_prices(case, (0.1,) * 24)
    direct(case, capex_yuan_per_kw=10_000)
    case.tables["policies"] = [policy("direct_load_share_min", 0.3)]
    without = solved(case)
    assert without.columns["line"].values.tolist() == [0.0]
    assert without.columns["generation_mw"].values.tolist() == [0.0]
    assert without.objective == pytest.approx(LOAD * 8.76 * 0.1, rel=1e-9)
    case.tables["policies"].append(policy("green_share_contractual_min", 0.01))
    asked = solved(case)
    assert asked.columns["line"].values.tolist() == [1.0]
    size = 0.3 * LOAD / 0.5
    assert asked.columns["generation_mw"].values == pytest.approx([size])
    expected = 0.7 * LOAD * 8.76 * 0.1 + size * 1e4 * 1e3 / 20 / 1e6
    assert asked.objective == pytest.approx(expected, rel=1e-9)
    # The relaxation would build a part of a line; the plan pays for the whole of it.
    assert solved(case, WHOLE).objective == pytest.approx(expected, rel=1e-9)


def test_generation_and_kept_charges_of_a_line() -> None:
    # 8 MW of wind at half power: 4 MW all year, at the charges kept.
    case = steady_case(LOAD)
    set_prices(case, TWO_PRICES)
    case.set("finance", {"parameter": "discount_rate"}, value=0.06)
    direct(
        case,
        capacity_mw=8,
        capex_yuan_per_kw=1000,
        price_yuan_per_mwh=150,
        upkeep_share_per_year=0.02,
        yield_factor=1.2,
    )
    share = annuity(0.06, 20) + 0.02
    cost = 8 * share + 8 * 0.6 * 8.76 * 0.15
    assert solved(case).objective == pytest.approx(BOUGHT - 8 * 0.6 * 8.76 * 0.5 + cost, rel=1e-9)


def test_contracts_of_one_line_share_its_rows() -> None:
    # Sun by day and wind by night over one line: together they supply every hour.
    case = steady_case(LOAD)
    set_prices(case, (0.5,) * 24)
    set_factors(case, [0.0] * 12 + [1.0] * 12)
    set_factors(case, [1.0] * 12 + [0.0] * 12, technology="onshore_wind")
    for technology in ("solar", "onshore_wind"):
        add_generation(
            case,
            contract=technology,
            kind="direct_supply",
            technology=technology,
            line="wire",
            capacity_mw=100,
            capex_yuan_per_kw=100,
        )
    case.tables["policies"] = [policy("direct_load_share_min", 0.9)]
    solution = solved(case)
    assert solution.columns["line"].values.tolist() == [1.0]
    assert solution.columns["generation_mw"].values == pytest.approx([LOAD, LOAD])
    assert solution.objective == pytest.approx(2 * LOAD * 100 * 1e3 / 20 / 1e6, rel=1e-9)


# Own power and contracts


def claims_case(**cells: object) -> SmallCase:
    case = steady_case(LOAD)
    set_prices(case, (0.1,) * 24)
    set_factors(case, [0.4] * 24)
    add_generation(case, capacity_mw=10)
    case.add("green_contracts", contract="paper", site="coast", **cells)
    return case


def test_own_power_counts_once() -> None:
    # 4 of 10 MW come from the roof; certificates cover what is left and no more.
    case = claims_case(price_yuan_per_mwh=5)
    case.tables["policies"] = [policy("green_share_contractual_min", 1)]
    solution = solved(case)
    assert solution.columns["contracted"].values == pytest.approx([6 * 8.76])
    assert solution.columns["self_use_gwh"].values == pytest.approx([4 * 8.76])
    assert solution.objective == pytest.approx(6 * 8.76 * (0.1 + 0.005), rel=1e-9)


@pytest.mark.parametrize("kind", ["green_share_physical_min", "green_share_hourly_min"])
def test_own_power_stands_beside_the_grid_not_on_top(kind: str) -> None:
    case = claims_case()
    case.tables["policies"] = [policy(kind, 1, hard=False, penalty_million_yuan_per_unit=1)]
    solution = solved(case)
    # 40 % own, of the rest the grid's 30 %
    missed = 0.6 * 0.7 * LOAD * 8.76
    assert solution.columns["broken"].values == pytest.approx([missed])


def test_certificates_for_own_power_offset_no_other_site() -> None:
    # 4 of 10 MW on the coast come from its roof; the plateau has no contracts.
    case = claims_case(price_yuan_per_mwh=0)
    case.add("services", service="far", requests_per_s=5000)
    case.add("service_rates", service="far", accelerator="card")
    case.add("pins", workload="far", site="plateau", rule="must")
    case.tables["policies"] = [
        policy("carbon_price", 1000, unit="yuan/tCO2", comparison="=", ledger="market")
    ]
    solution = solved(case)
    assert solution.columns["market_kt"].values == pytest.approx([5 * 8.76 * 0.6])


def test_green_trade_matches_no_more_than_the_grid_delivers() -> None:
    # Own power gives 5 of 10 MW all day. Two thirds of the trade fall on six hours: it would have
    # to be far more than the grid delivers to match the others as well.
    case = steady_case(LOAD)
    case.set("grid", {"province": "EA"}, green_share=0)
    set_factors(case, [0.5] * 24)
    set_factors(case, [0.1] * 12 + [0.6] * 6 + [0.1] * 6, technology="onshore_wind")
    add_generation(case, capacity_mw=LOAD)
    case.add(
        "green_contracts",
        contract="trade",
        site="coast",
        kind="green_trade",
        technology="onshore_wind",
        price_yuan_per_mwh=0,
    )
    # Own power is best kept from the six hours: the grid delivers 60 and 90 MWh, and a third of
    # these 150 goes to the eighteen hours, on top of 5 MW each.
    assert matched(case) == pytest.approx((60 + 18 * 5 + 50) / 240, rel=1e-9)


def test_what_a_battery_loses_counts_as_used_by_none() -> None:
    # 20 MW of wind by night for a load of 10: half is burnt in a battery, sold, or left.
    case = steady_case(LOAD)
    set_prices(case, (0.1,) * 24)
    direct(case, export_price_yuan_per_mwh=300)
    case.tables["policies"] = [policy("direct_self_use_min", 0.6)]
    alone = solved(case)
    add_battery(case, charge_efficiency=0.5, discharge_efficiency=0.5)
    assert solved(case).objective == pytest.approx(alone.objective, rel=1e-9)


def test_ledgers_count_what_the_grid_delivers() -> None:
    case = claims_case(price_yuan_per_mwh=5)
    set_days(case, {1: 365})
    case.tables["policies"] = [
        policy("carbon_price", 1, unit="yuan/tCO2", comparison="=", ledger="location")
    ]
    solution = solved(case)
    assert solution.columns["location_kt"].values == pytest.approx([6 * 8.76 * 0.5])
    expected = 6 * 8.76 * (0.1 + 0.5 / 1e3)
    assert solution.objective == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("vintage", "valid"), [(2024, False), (2025, True), (2026, True), (2027, False), ("", True)]
)
def test_a_certificate_counts_in_its_year_and_the_next(vintage: int | str, valid: bool) -> None:
    case = steady_case(LOAD)
    case.add("green_contracts", contract="paper", site="coast", vintage_year=vintage)
    case.tables["policies"] = [
        policy(
            "green_share_contractual_min",
            0.8,
            hard=False,
            penalty_million_yuan_per_unit=1,
        )
    ]
    solution = solved(case)
    bought = 0.8 * LOAD * 8.76
    expected = bought * 5 / 1e3 if valid else bought
    assert solution.objective == pytest.approx(expected, rel=1e-9)
    assert len(solution.columns["contracted"].values) == int(valid)


# Flexible work


def flexible_case(share: float, supply: int = 100_000, cheap: int = 12) -> SmallCase:
    """Return 10 MW of batch work, of which a share may move, at the two prices."""
    case = steady_case(LOAD)
    set_prices(case, (0.2,) * cheap + (0.8,) * (24 - cheap))
    case.set("services", {"service": "chat"}, flexible_share=share)
    case.set("accelerator_supply", {"accelerator": "card"}, supply=supply)
    return case


@pytest.mark.parametrize("share", [0.1, 0.3, 1.0])
def test_work_moves_to_the_cheap_hours_by_the_flexible_share(share: float) -> None:
    solution = solved(flexible_case(share))
    moved = share * LOAD * 12 * 0.365
    assert solution.objective == pytest.approx(BOUGHT - moved * 0.6, rel=1e-9)
    assert values(solution, "import_mw")[0].tolist() == pytest.approx(
        [LOAD * (1 + share)] * 12 + [LOAD * (1 - share)] * 12
    )


def test_an_hour_takes_no_more_than_the_share_on_top() -> None:
    # Six cheap hours take three tenths each, whatever the other eighteen could give.
    solution = solved(flexible_case(0.3, cheap=6))
    cost = LOAD * 0.365 * (6 * 0.2 + 18 * 0.8) - 0.365 * 6 * 3 * 0.6
    assert solution.objective == pytest.approx(cost, rel=1e-9)


@pytest.mark.parametrize("spare", [0, 1000, 2000])
def test_work_moves_only_into_accelerators_that_are_free(spare: int) -> None:
    # 10,000 cards are busy all day; work of 1 MW moves for each thousand more.
    solution = solved(flexible_case(0.3, supply=10_000 + spare))
    moved = spare / 1000 * 12 * 0.365
    assert solution.objective == pytest.approx(BOUGHT - moved * 0.6, rel=1e-9)


def test_other_services_and_gangs_leave_less_room() -> None:
    # 16,000 cards: 10,000 batch, 4,000 of another service by night, 1,000 of a gang all year.
    case = flexible_case(1.0, supply=15_000)
    night = [0.0 if hour >= 12 else 1.0 for hour in HOURS]
    set_profile(case, night, "night")
    case.add("services", service="early", requests_per_s=2000, profile="night")
    case.add("service_rates", service="early", accelerator="card")
    case.add("pins", workload="early", site="coast", rule="must")
    case.add(
        "jobs", job="base", accelerators=1000, accelerator="card", flop=1000 * 5e13 * 86_400 * 365
    )
    case.add("pins", workload="base", site="coast", rule="must")
    solution = solved(case)
    # Nothing is free before noon, so nothing moves there.
    fixed = LOAD * 12 * (0.2 + 0.8) + 4 * 12 * 0.2 + 1 * 12 * (0.2 + 0.8)
    assert solution.objective == pytest.approx(fixed * 0.365, rel=1e-9)
    case.set("accelerator_supply", {"accelerator": "card"}, supply=16_500)
    moved = 1.5 * 12 * 0.6
    assert solved(case).objective == pytest.approx((fixed - moved) * 0.365, rel=1e-9)


def test_work_moves_at_clusters_only() -> None:
    case = flexible_case(0.3)
    case.set("sites", {"site": "coast"}, is_cluster=False)
    assert solved(case).objective == pytest.approx(BOUGHT, rel=1e-12)
    assert "later_mw" not in built(case)[1].columns
