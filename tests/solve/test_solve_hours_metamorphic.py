"""How plans by the hour must move when the inputs do.

``z`` is the cost of the plan found and ``b`` the bound proved, so that the optimum lies between.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.inputs.case import Case
from optimizer.model.build import build_model
from optimizer.plan.raw_solution import RawSolution, Status
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from tests.hour_case import MONTH_DAYS, set_days
from tests.inputs.small_case import MONTHS, SmallCase, row
from tests.random_hours import SITES, random_hours

GAP = SolveOptions(gap_location=1e-4)
seeds = st.integers(0, 10_000)
few = settings(max_examples=4, deadline=None, derandomize=True)


def plan_of(case: Case) -> RawSolution:
    solution = solve_model(build_model(case)[0], GAP).solution
    assert solution.status is Status.OPTIMAL
    assert solution.unserved_value == 0.0
    return solution


def gap(plan: RawSolution) -> float:
    return plan.objective - plan.bound + 1e-9 * abs(plan.objective)


def imports(case: Case, plan: RawSolution) -> np.ndarray:
    """Return GWh a year that each site takes from the grid."""
    taken = np.zeros(len(SITES))
    by_hour = np.zeros(len(SITES), dtype=bool)
    if "import_mw" in plan.columns:
        column = plan.columns["import_mw"]
        weight = case.derived.calendar.weight[column.index["day"]]
        np.add.at(taken, column.index["site"], column.values * weight / 1e3)
        by_hour[column.index["site"]] = True
    energy = plan.columns["energy"]
    collapsed = ~by_hour[energy.index["site"]]
    np.add.at(taken, energy.index["site"][collapsed], energy.values[collapsed])
    return taken


def without_runs(seed: int) -> SmallCase:
    """Return a random case whose work is the same on all days."""
    case = random_hours(seed)
    case.tables["jobs"] = []
    return case


@few
@given(seeds)
def test_identical_days_are_as_one(seed: int) -> None:
    plans = []
    for days in ({1: 365.0}, {3: 184.0, 9: 181.0}, {2: 89.0, 5: 123.0, 9: 153.0}):
        case = without_runs(seed)
        set_days(case, days)
        plans.append(plan_of(case.case()))
    for plan in plans[1:]:
        assert plan.objective >= plans[0].bound * (1 - 1e-9)
        assert plans[0].objective >= plan.bound * (1 - 1e-9)


def test_only_the_sum_of_weights_counts_if_days_are_alike() -> None:
    random = Random(1)  # noqa: S311 - not for secrets
    parts = [random.uniform(1, 60) for _month in MONTHS]
    costs = []
    for weights in (MONTH_DAYS, [part * 365 / sum(parts) for part in parts]):
        case = without_runs(7)
        set_days(case, dict(zip(MONTHS, weights, strict=True)))
        linear = SolveOptions(gap_location=1e-9, relaxed=True)
        costs.append(solve_model(build_model(case.case())[0], linear).solution.objective)
    assert costs[0] == pytest.approx(costs[1], rel=1e-6)


@few
@given(seeds, st.sampled_from(sorted(SITES)), st.floats(0.02, 0.3))
def test_dearer_power_of_a_site_is_not_bought_more_of(seed: int, site: str, step: float) -> None:
    plans, taken = [], []
    for more in (0.0, step):
        case = random_hours(seed)
        for cells in case.tables["tariffs"]:
            if cells["tariff_region"] == SITES[site]:
                cells["price_yuan_per_kwh"] = float(str(cells["price_yuan_per_kwh"])) + more
        checked = case.case()
        plans.append(plan_of(checked))
        taken.append(imports(checked, plans[-1])[sorted(SITES).index(site)])
    # yuan/kWh times GWh is million yuan
    assert step * (taken[1] - taken[0]) <= gap(plans[0]) + gap(plans[1])
    assert plans[1].objective >= plans[0].bound * (1 - 1e-9)


@pytest.mark.long
@few
@given(seeds, st.integers(0, 23), st.floats(0.05, 0.5))
def test_a_dearer_hour_is_not_used_more(seed: int, hour: int, step: float) -> None:
    plans, taken = [], []
    for more in (0.0, step):
        case = random_hours(seed)
        case.set("services", {"service": "chat"}, flexible_share=0.3)
        for cells in case.tables["tariffs"]:
            if cells["tariff_region"] == "WE" and cells["hours"] == f"{hour}-{hour + 1}":
                cells["price_yuan_per_kwh"] = float(str(cells["price_yuan_per_kwh"])) + more
        checked = case.case()
        plans.append(plan_of(checked))
        column = plans[-1].columns["import_mw"]
        chosen = (column.index["site"] == 1) & (column.index["hour"] == hour)
        weight = checked.derived.calendar.weight[column.index["day"][chosen]]
        taken.append(float(column.values[chosen] @ weight) / 1e3)
    assert step * (taken[1] - taken[0]) <= gap(plans[0]) + gap(plans[1])


@few
@given(seeds, st.integers(50, 400))
def test_emissions_do_not_rise_with_the_carbon_price(seed: int, price: int) -> None:
    plans, emitted = [], []
    for yuan in (0, price):
        case = random_hours(seed)
        case.set("grid", {"province": "EA"}, location_kgco2_per_kwh=0.8)
        case.set("grid", {"province": "WE"}, location_kgco2_per_kwh=0.2)
        case.tables["policies"] = [
            row(
                "policies",
                policy="carbon",
                kind="carbon_price",
                value=yuan,
                unit="yuan/tCO2",
                comparison="=",
                ledger="location",
            )
        ]
        checked = case.case()
        plans.append(plan_of(checked))
        emitted.append(float(imports(checked, plans[-1]) @ checked.derived.location_factor))
    assert price / 1e3 * (emitted[1] - emitted[0]) <= gap(plans[0]) + gap(plans[1])


def matched(kind: str) -> Callable[[SmallCase], None]:
    def change(case: SmallCase) -> None:
        case.tables["policies"] = [
            row(
                "policies",
                policy=kind,
                kind=kind,
                value=0.5,
                hard=False,
                penalty_million_yuan_per_unit=0.4,
            )
        ]

    return change


def unmatched(case: SmallCase) -> None:
    case.tables["policies"] = []


@pytest.mark.long
@few
@given(seeds)
def test_matching_by_the_hour_costs_most_and_none_least(seed: int) -> None:
    plans = []
    for change in (
        unmatched,
        matched("green_share_physical_min"),
        matched("green_share_hourly_min"),
    ):
        case = random_hours(seed)
        # Own power alone counts in the year; leave trade out of the hours as well.
        case.tables["green_contracts"] = [
            cells for cells in case.tables["green_contracts"] if cells["kind"] != "green_trade"
        ]
        for province in SITES.values():
            case.set("grid", {"province": province}, green_share=0)
        change(case)
        plans.append(plan_of(case.case()))
    for loose, tight in itertools.pairwise(plans):
        assert tight.objective >= loose.bound * (1 - 1e-9)


@few
@given(seeds)
def test_an_offer_more_never_costs_more(seed: int) -> None:
    plans = []
    for offered in (True, False):
        case = random_hours(seed)
        case.tables["policies"] = []
        if not offered:
            case.tables["batteries"] = []
        plans.append(plan_of(case.case()))
    assert plans[1].objective >= plans[0].bound * (1 - 1e-9)
