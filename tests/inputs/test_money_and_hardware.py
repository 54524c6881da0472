"""Annuities, and the power and yearly cost of accelerators, modules and links."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.inputs.check_reach import gang_ceiling
from optimizer.inputs.money import annuity_factor
from optimizer.inputs.site_room import free_power_mw
from tests.inputs.small_case import SmallCase

RATES = st.one_of(st.just(0.0), st.floats(1e-12, 0.5))


def _annuity(rate: float, years: int) -> float:
    """Return the payment at each year's end whose present value is one, summed year by year."""
    return 1 / sum((1 + rate) ** -year for year in range(1, years + 1))


@settings(deadline=None)
@given(rate=st.floats(1e-3, 0.5), years=st.integers(1, 60))
def test_annuity_pays_the_capital_back(rate: float, years: int) -> None:
    assert annuity_factor(rate, years) == pytest.approx(_annuity(rate, years), rel=1e-9)
    # Less than capital and simple interest, more than capital alone.
    assert 1 / years < annuity_factor(rate, years) <= (1 / years + rate) * (1 + 1e-12)


@settings(deadline=None)
@given(rate=RATES, more=RATES, years=st.floats(0.5, 60.0))
def test_annuity_rises_with_the_rate_and_falls_with_the_life(
    rate: float, more: float, years: float
) -> None:
    assert annuity_factor(rate + more, years) >= annuity_factor(rate, years) * (1 - 1e-9)
    assert annuity_factor(rate, years * 1.5) < annuity_factor(rate, years)


@pytest.mark.parametrize("rate", [0.0, 1e-300, 1e-15, 1e-12, 1e-10])
def test_annuity_without_interest_and_just_above(rate: float) -> None:
    assert annuity_factor(rate, 8.0) == pytest.approx(0.125, rel=1e-9)


def test_power_of_an_accelerator() -> None:
    case = SmallCase()
    case.set(
        "accelerators",
        {"accelerator": "card"},
        accelerators_per_server=8,
        server_maximum_kw=12,
        server_sustained_kw=10,
        idle_share=0.3,
    )
    case.set("parameters", {"parameter": "network_storage_power_factor"}, value=1.1)
    hardware = case.case().derived.hardware
    # 12 / 8 * 1.1; 0.3 * 10 / 8 * 1.1; the rest of 10 / 8 * 1.1
    assert hardware.maximum_kw.tolist() == pytest.approx([1.65], rel=1e-12)
    assert hardware.idle_kw.tolist() == pytest.approx([0.4125], rel=1e-12)
    assert hardware.busy_kw.tolist() == pytest.approx([0.9625], rel=1e-12)


def test_fleet_and_supply_are_in_thousand_and_of_the_year() -> None:
    case = SmallCase()
    case.add("accelerators", accelerator="other")
    case.set("fleet", {"site": "coast"}, installed=2500)
    case.add("fleet", site="plateau", accelerator="other", installed=400)
    case.set("sites", {"site": "coast"}, existing_it_mw=5, ai_ready_it_mw=5)
    case.set("sites", {"site": "plateau"}, existing_it_mw=5, ai_ready_it_mw=5)
    case.set("accelerator_supply", {"accelerator": "card"}, supply=1500)
    case.add("accelerator_supply", accelerator="card", year=2027, supply=9000)
    hardware = case.case().derived.hardware
    # Sites by name coast, plateau; types card, other; no row is no supply.
    assert hardware.fleet.tolist() == [[2.5, 0.0], [0.0, 0.4]]
    assert hardware.supply.tolist() == [1.5, 0.0]


@pytest.mark.parametrize(("year", "free"), [(2025, 7.0), (2026, 7.0), (2027, 4.0)])
def test_power_under_construction_serves_from_its_year(year: int, free: float) -> None:
    case = SmallCase()
    case.set(
        "sites",
        {"site": "plateau"},
        existing_it_mw=10,
        occupied_it_mw=5,
        ai_ready_it_mw=4,
        under_construction_it_mw=3,
        under_construction_year=year,
    )
    read = case.case()
    assert free_power_mw(read.tables).tolist() == [0.0, free]
    # 1 kW a card; nothing can be built once the limit is zero.
    case.set("sites", {"site": "plateau"}, build_limit_mw=0)
    read = case.case()
    assert gang_ceiling(read.tables, read.derived)[1].tolist() == pytest.approx([free])


def test_largest_gang_leaves_out_what_other_fleets_take() -> None:
    case = SmallCase()
    case.add("accelerators", accelerator="other", availability=0.9)
    case.add("accelerator_supply", accelerator="other", supply=3000)
    case.set("accelerator_supply", {"accelerator": "card"}, supply=500)
    case.set("fleet", {"site": "coast"}, installed=3000)
    case.set("sites", {"site": "coast"}, existing_it_mw=20, ai_ready_it_mw=4, build_limit_mw=0.8)
    read = case.case()
    ceiling = gang_ceiling(read.tables, read.derived)
    # card: 3,000 there and 500 to buy; other: 3,000 to buy, 90 % of them at work, but at the
    # coast the first type leaves only 4.8 - 3 = 1.8 MW.
    assert ceiling[0].tolist() == pytest.approx([3.5, 1.8])
    assert ceiling[1].tolist() == pytest.approx([0.5, 2.7])


def test_yearly_cost_of_a_thousand_accelerators() -> None:
    case = SmallCase()
    case.set("accelerators", {"accelerator": "card"}, price_yuan=100_000, life_years=5)
    case.set("finance", {"parameter": "discount_rate"}, value=0.06)
    case.set("finance", {"parameter": "accelerator_system_factor"}, value=1.15)
    case.set("finance", {"parameter": "accelerator_upkeep_share_per_year"}, value=0.02)
    cost = case.case().derived.hardware.yearly_cost
    # 100 million yuan of capital for a thousand cards
    assert cost.tolist() == pytest.approx([100 * (1.15 * _annuity(0.06, 5) + 0.02)], rel=1e-9)


def test_yearly_cost_of_a_module() -> None:
    case = SmallCase()
    case.set("sites", {"site": "coast"}, capex_yuan_per_kw=25_000)
    case.set("sites", {"site": "plateau"}, capex_yuan_per_kw=20_000)
    case.set("modules", {"module": "hall"}, it_mw=10, capex_factor=1.2, life_years=15)
    case.set("finance", {"parameter": "discount_rate"}, value=0.06)
    case.set("finance", {"parameter": "shell_upkeep_share_per_year"}, value=0.03)
    cost = case.case().derived.module_cost
    # 10 MW at 25,000 yuan/kW are 250 million yuan; existing power costs nothing.
    yearly = 1.2 * (_annuity(0.06, 15) + 0.03)
    np.testing.assert_allclose(cost, [[0.0, 250 * yearly], [0.0, 200 * yearly]], rtol=1e-9)


def test_yearly_cost_of_a_link_upgrade() -> None:
    case = SmallCase()
    case.set(
        "links",
        {"link": "trunk"},
        upgrade_capex_million_yuan=20,
        upgrade_running_million_yuan_per_year=1.5,
    )
    case.set("finance", {"parameter": "discount_rate"}, value=0.08)
    case.set("finance", {"parameter": "link_life_years"}, value=12)
    cost = case.case().derived.upgrade_cost
    assert cost.tolist() == pytest.approx([20 * _annuity(0.08, 12) + 1.5], rel=1e-9)


def test_grid_figures_are_the_newest_up_to_the_year() -> None:
    case = SmallCase()
    case.add("grid", province="WE", year=2023, location_kgco2_per_kwh=0.9, green_share=0.1)
    case.add("grid", province="WE", year=2030, location_kgco2_per_kwh=0.1, green_share=0.9)
    case.set("grid", {"province": "WE", "year": 2025}, residual_kgco2_per_kwh=0.7)
    derived = case.case().derived
    assert derived.location_factor.tolist() == [0.5, 0.5]
    assert derived.green_share.tolist() == [0.3, 0.3]
    assert derived.residual_factor.tolist() == [0.6, 0.7]
