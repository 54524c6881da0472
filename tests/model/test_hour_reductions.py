"""Neutral data of the blocks by the hour change nothing, and the collapse of hours is exact."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from optimizer.inputs.case import Case, read_case
from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model
from optimizer.plan.raw_solution import Status
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from tests.helpers import copy_tiny, edit_cell, read_rows
from tests.hour_case import add_battery, built, set_prices, solved, steady_case
from tests.hourly_case_folders import (
    MONTHS,
    SUN,
    append_rows,
    battery_row,
    direct_cells,
    generation_row,
    meter_demand,
    policy_row,
    profile_rows,
    set_flexible,
)
from tests.inputs.small_case import SmallCase
from tests.random_hours import random_hours

SITES = ("east_cluster", "east_metro", "west_cluster")


def same_model(one: LinearModel, other: LinearModel) -> None:
    """Assert that two models have the same blocks, matrix, limits and costs."""
    for field in dataclasses.fields(LinearModel):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if isinstance(left, np.ndarray):
            assert np.array_equal(left, right), field.name
    for names in ("columns", "rows", "cost_terms"):
        assert list(getattr(one, names)) == list(getattr(other, names))
    for name, cost in one.cost_terms.items():
        assert np.array_equal(cost, other.cost_terms[name])


def profiles(folder: Path) -> None:
    every_month = dict.fromkeys(MONTHS, SUN)
    provinces = sorted({row["province"] for row in read_rows(folder, "sites")})
    append_rows(
        folder,
        "renewable_profiles",
        [row for name in provinces for row in profile_rows(name, "solar", every_month)],
    )


def no_power(folder: Path) -> None:
    profiles(folder)
    append_rows(
        folder,
        "green_contracts",
        [
            *(generation_row(site, "solar", capacity_mw=0) for site in SITES),
            generation_row("west_cluster", "solar", **direct_cells("wire", capacity_mw=0)),
        ],
    )


def no_battery(folder: Path) -> None:
    append_rows(folder, "batteries", [battery_row(site, energy_mwh=0) for site in SITES])
    append_rows(
        folder, "batteries", [battery_row(site, battery="other", power_mw=0) for site in SITES]
    )


def not_in_force(folder: Path) -> None:
    append_rows(
        folder,
        "policies",
        [
            policy_row(kind, 0.9, enabled="false")
            for kind in ("green_share_hourly_min", "direct_self_use_min", "direct_load_share_min")
        ],
    )


def old_certificates(folder: Path) -> None:
    append_rows(
        folder,
        "green_contracts",
        [
            {
                "contract": "old",
                "site": site,
                "kind": "certificate",
                "price_yuan_per_mwh": 0,
                "additional": "false",
                "vintage_year": 2024,
            }
            for site in SITES
        ],
    )


def shape_of_trade(folder: Path) -> None:
    """Say what stands behind green trade: it counts only where hours are matched."""
    profiles(folder)
    rows = [dict(row, technology="solar") for row in read_rows(folder, "green_contracts")]
    (folder / "green_contracts.csv").unlink()
    append_rows(folder, "green_contracts", rows)


@pytest.mark.parametrize(
    "change",
    [
        profiles,
        no_power,
        no_battery,
        lambda folder: set_flexible(folder, 0.0),
        not_in_force,
        old_certificates,
        shape_of_trade,
    ],
    ids=["profiles", "power", "battery", "flexible", "policies", "certificates", "trade"],
)
def test_offers_of_nothing_leave_the_model_as_it_is(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    folder = copy_tiny(tmp_path)
    change(folder)
    same_model(build_model(read_case(folder))[0], build_model(read_case("tiny"))[0])


def test_empty_optional_tables_are_as_none(tmp_path: Path) -> None:
    folder = copy_tiny(tmp_path)
    for table in ("batteries", "renewable_profiles"):
        append_rows(folder, table, [])
        assert read_rows(folder, table) == []
    same_model(build_model(read_case(folder))[0], build_model(read_case("tiny"))[0])


def test_direct_rows_without_a_line_bind_nothing(tmp_path: Path) -> None:
    folder = copy_tiny(tmp_path)
    append_rows(
        folder,
        "policies",
        [policy_row(f"direct_{kind}", 0.9) for kind in ("self_use_min", "load_share_min")],
    )
    model = build_model(read_case(folder))[0]
    for name in ("direct_self_use_min", "direct_load_share_min"):
        assert model.rows[f"policy_{name}"].count == 0
    assert model.shape == build_model(read_case("tiny"))[0].shape


def dear_battery(folder: Path, site: str) -> None:
    append_rows(
        folder,
        "batteries",
        [battery_row(site, capex_yuan_per_kw=1e5, capex_yuan_per_kwh=1e5, charge_efficiency=0.1)],
    )


def dear_roof(folder: Path, site: str) -> None:
    append_rows(
        folder,
        "green_contracts",
        [generation_row(site, "solar", capex_yuan_per_kw=1e5, price_yuan_per_mwh=1000)],
    )


def dear_line(folder: Path, site: str) -> None:
    cells = direct_cells("wire", capex_yuan_per_kw=1e5, export_price_yuan_per_mwh="")
    append_rows(folder, "green_contracts", [generation_row(site, "solar", **cells)])


def same_cost(one: Case, other: Case) -> None:
    """Assert equal relaxations to the last digits and equal plans within their gaps."""
    linear = SolveOptions(relaxed=True, whole=True)
    costs = [solve_model(build_model(case)[0], linear).solution for case in (one, other)]
    assert costs[0].unserved_value == costs[1].unserved_value == 0.0
    assert costs[0].objective == pytest.approx(costs[1].objective, rel=1e-9)
    exact = SolveOptions(gap_location=1e-7)
    plans = [solve_model(build_model(case)[0], exact).solution for case in (one, other)]
    assert plans[0].status is plans[1].status is Status.OPTIMAL
    assert plans[0].objective >= plans[1].bound * (1 - 1e-9)
    assert plans[1].objective >= plans[0].bound * (1 - 1e-9)


@pytest.mark.parametrize("metered", [False, True])
@pytest.mark.parametrize("offer", [dear_battery, dear_roof, dear_line])
def test_hours_of_a_site_that_nothing_couples_collapse_exactly(
    tmp_path: Path, offer: Callable[[Path, str], None], metered: bool
) -> None:
    cases = []
    for name in ("collapsed", "hourly"):
        folder = copy_tiny(tmp_path / name)
        profiles(folder)
        if metered:
            meter_demand(folder, 1.05)
        if name == "hourly":
            for site in SITES:
                offer(folder, site)
        cases.append(read_case(folder))
    assert "import_mw" not in build_model(cases[0])[0].columns
    assert build_model(cases[1])[0].columns["import_gwh"].count == len(SITES)
    same_cost(*cases)


def test_a_policy_by_the_hour_that_asks_for_nothing_costs_nothing(tmp_path: Path) -> None:
    folder = copy_tiny(tmp_path)
    append_rows(folder, "policies", [policy_row("green_share_hourly_min", 0)])
    case = read_case(folder)
    assert build_model(case)[0].columns["import_gwh"].count == len(SITES)
    same_cost(case, read_case("tiny"))


def test_collapse_is_exact_on_typical_days_with_their_own_weather() -> None:
    # The same in months of other prices, temperatures and peaks.
    for seed in range(20, 24):
        cases = []
        for dear in (False, True):
            case = random_hours(seed)
            case.set("services", {"service": "chat"}, flexible_share="")
            case.tables["batteries"] = []
            case.tables["green_contracts"] = []
            case.tables["policies"] = []
            if dear:
                for site in ("coast", "plateau"):
                    add_battery(case, site, capex_yuan_per_kw=1e5, capex_yuan_per_kwh=1e5)
            cases.append(case.case())
        same_cost(*cases)


def test_work_that_may_move_where_prices_are_flat_stays_as_it_is() -> None:
    costs = []
    for share in ("", 0.5):
        case = steady_case()
        set_prices(case, [0.5] * 24)
        case.set("services", {"service": "chat"}, flexible_share=share)
        costs.append(solved(case).objective)
    assert costs[0] == pytest.approx(costs[1], rel=1e-9)


def test_a_peak_factor_of_one_on_flat_loads_only_moves_the_charge() -> None:
    # Sizes and prices do not depend on who counts the peak.
    case = steady_case()
    set_prices(case, [0.5] * 24)
    plain = built(case)[1]
    case.add("parameters", parameter="demand_peak_factor", value=1)
    metered = built(case)[1]
    # No charge on demand: nothing to bill, nothing to add.
    same_model(metered, plain)


def test_sites_without_options_stay_collapsed() -> None:
    case: SmallCase = steady_case()
    add_battery(case)
    model = built(case)[1]
    assert model.columns["import_gwh"].index["site"].tolist() == [0]
    assert set(model.group.tolist()) == {-1, 0}


def test_a_dear_offer_does_not_hide_a_fault_of_the_tariff(tmp_path: Path) -> None:
    # The reductions above must be able to fail: a cheaper hour changes the hourly cost.
    folder = copy_tiny(tmp_path)
    dear_battery(folder, "west_cluster")
    where = {"tariff_region": "WE", "voltage_kv": "110", "month": "4", "band": "valley"}
    edit_cell(folder, "tariffs", where, "price_yuan_per_kwh", "0.01")
    linear = SolveOptions(relaxed=True, whole=True)
    cheap = solve_model(build_model(read_case(folder))[0], linear).solution
    usual = solve_model(build_model(read_case("tiny"))[0], linear).solution
    assert cheap.objective < usual.objective * (1 - 1e-4)
