"""How the optimum must move when the inputs do, told so that a solver's gap cannot decide.

``z`` is the cost of the plan found and ``b`` the bound proved, so that the optimum lies between.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from random import Random
from typing import Final

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.inputs.case import Case
from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model
from optimizer.plan.raw_solution import RawSolution, Status
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from tests.solve.edited_cases import (
    NAMES,
    Change,
    edited,
    model_of,
    scaled,
    solved_values,
    tables_of,
    with_cells,
    without,
)

GAP: Final = SolveOptions(gap_location=1e-4)
ROUNDING: Final = 1e-6

few = settings(
    max_examples=6, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
names = st.sampled_from(sorted(NAMES))
factors = st.floats(1.0, 2.0)


def solution(case: Case, options: SolveOptions = GAP) -> RawSolution:
    return solve_model(build_model(case)[0], options).solution


@cache
def base(name: str) -> RawSolution:
    return solve_model(model_of(name), GAP).solution


def never_cheaper(tight: RawSolution, loose: RawSolution) -> None:
    """Assert that a case with fewer options leaves no less work out and costs no less."""
    assert loose.status is Status.OPTIMAL
    if tight.status is Status.INFEASIBLE:
        return
    assert tight.status is Status.OPTIMAL
    assert tight.unserved_value >= loose.unserved_value * (1.0 - ROUNDING) - ROUNDING
    if tight.unserved_value <= loose.unserved_value * (1.0 + ROUNDING) + ROUNDING:
        assert tight.objective >= loose.bound * (1.0 - ROUNDING)


SUPPLIES: Final[Mapping[str, tuple[str, ...]]] = {
    "accelerator_supply": ("supply",),
    "sites": ("build_limit_mw", "ceiling_mw", "largest_gang"),
    "modules": ("maximum_per_site",),
    "links": ("capacity_gbps", "upgrade_maximum_steps"),
    "green_contracts": ("ceiling_gwh",),
    "supply_steps": ("above_mw",),
}


@few
@given(names, st.sets(st.sampled_from(sorted(SUPPLIES)), min_size=1), factors)
def test_more_of_anything_never_costs_more(name: str, tables: set[str], factor: float) -> None:
    changes = {table: scaled(dict.fromkeys(SUPPLIES[table], factor)) for table in sorted(tables)}
    more = solution(edited(name, changes))
    never_cheaper(base(name), more)
    # All work was placed and still is.
    assert base(name).unserved_value == 0.0
    assert more.unserved_value == 0.0
    for block in ("unserved", "unplaced"):
        assert (np.abs(solved_values(more, block)) <= ROUNDING).all()


PRICES: Final[Mapping[str, tuple[str, ...]]] = {
    "tariffs": (
        "price_yuan_per_kwh",
        "demand_charge_yuan_per_kw_month",
        "capacity_charge_yuan_per_kva_month",
    ),
    "sites": ("capex_yuan_per_kw", "fixed_cost_million_yuan_per_year"),
    "links": (
        "lease_yuan_per_gbps_year",
        "upgrade_capex_million_yuan",
        "upgrade_running_million_yuan_per_year",
    ),
    "accelerators": ("price_yuan",),
    "green_contracts": ("price_yuan_per_mwh",),
    "supply_steps": ("extra_yuan_per_kwh",),
    "link_costs": ("yuan_per_million_requests",),
}


def without_budget() -> dict[str, Change]:
    """Prices count in a budget too; leave it out where they move."""
    return {"policies": without("kind == 'budget'")}


@cache
def unbudgeted(name: str) -> RawSolution:
    return solution(edited(name, without_budget()))


@few
@given(names, st.sampled_from(sorted(PRICES)), st.integers(0, 99), factors)
def test_a_higher_price_never_lowers_the_cost(
    name: str, table: str, row: int, factor: float
) -> None:
    def dearer(frame: pd.DataFrame) -> pd.DataFrame:
        for column in PRICES[table]:
            values = frame[column].to_numpy(dtype=float, copy=True)
            values[row % len(frame)] *= factor
            frame[column] = values
        return frame

    def all_bands(frame: pd.DataFrame) -> pd.DataFrame:
        region = frame["tariff_region"].iloc[row % len(frame)]
        return scaled(dict.fromkeys(PRICES[table], factor), f"tariff_region == '{region}'")(frame)

    change = all_bands if table == "tariffs" else dearer
    after = solution(edited(name, {**without_budget(), table: change}))
    assert after.objective >= unbudgeted(name).bound * (1.0 - ROUNDING)
    # Nor does it raise it by more than the factor on all of it.
    assert after.bound <= unbudgeted(name).objective * factor * (1.0 + ROUNDING)


@few
@given(names, st.data())
def test_adding_a_policy_never_lowers_the_cost(name: str, data: st.DataObject) -> None:
    kinds = tables_of(name).tables["policies"].frame["policy"].tolist()
    some = data.draw(st.sets(st.sampled_from(kinds)))
    more = some | data.draw(st.sets(st.sampled_from(kinds), min_size=1))

    def only(policies: set[str]) -> Change:
        return lambda frame: frame.assign(enabled=frame["policy"].isin(policies))

    loose, tight = (solution(edited(name, {"policies": only(part)})) for part in (some, more))
    never_cheaper(tight, loose)


MONEY: Final[Mapping[str, tuple[str, ...]]] = {
    **PRICES,
    "services": ("value_yuan_per_request",),
    "jobs": ("value_million_yuan",),
}


@few
@given(names, st.floats(0.3, 1.8))
def test_scaling_all_money_scales_the_cost(name: str, factor: float) -> None:
    changes: dict[str, Change] = {
        table: scaled(dict.fromkeys(columns, factor)) for table, columns in MONEY.items()
    }
    changes["pins"] = scaled({"value": factor}, "rule == 'moving_cost'")

    def policies(frame: pd.DataFrame) -> pd.DataFrame:
        frame = scaled({"value": factor}, "kind in ['carbon_price', 'budget']")(frame)
        return scaled({"penalty_million_yuan_per_unit": factor})(frame)

    changes["policies"] = policies
    after = solution(edited(name, changes))
    before = base(name)
    slack = ROUNDING * before.objective
    assert after.objective >= factor * before.bound - slack
    assert after.bound <= factor * before.objective + slack


PLACES: Final = [
    (name, site)
    for name in sorted(NAMES)
    for site in tables_of(name).tables["sites"].frame["site"].tolist()
]


@pytest.mark.parametrize(("name", "site"), PLACES)
def test_closing_a_site_to_all_work_never_lowers_the_cost(name: str, site: str) -> None:
    tables = tables_of(name).tables
    workloads = [
        *tables["services"].frame["service"].tolist(),
        *tables["jobs"].frame["job"].tolist(),
    ]
    open_to_all = {"pins": without("workload != ''"), "policies": without("hard")}
    never = pd.DataFrame({"workload": workloads, "site": site, "rule": "never", "reason": "closed"})

    def closed(frame: pd.DataFrame) -> pd.DataFrame:
        return never.assign(value=np.nan)[list(frame.columns)].astype(frame.dtypes.to_dict())

    shut = {"pins": closed, "policies": without("hard")}
    tight, loose = (solution(edited(name, changes)) for changes in (shut, open_to_all))
    assert tight.status is Status.OPTIMAL
    never_cheaper(tight, loose)
    share = tight.columns["share"]
    number = sorted(tables["sites"].frame["site"].tolist()).index(site)
    assert number not in share.index["site"]


@few
@given(names, st.randoms(use_true_random=False))
def test_order_of_rows_changes_no_coefficient(name: str, random: Random) -> None:
    def shuffled(frame: pd.DataFrame) -> pd.DataFrame:
        order = list(range(len(frame)))
        random.shuffle(order)
        return frame.iloc[order]

    tables = [table for table, content in tables_of(name).tables.items() if len(content.frame)]
    model = build_model(edited(name, dict.fromkeys(tables, shuffled)))[0]
    plain = model_of(name)
    for field in dataclasses.fields(LinearModel):
        mine, other = getattr(model, field.name), getattr(plain, field.name)
        if isinstance(mine, np.ndarray):
            assert mine.tobytes() == other.tobytes(), field.name
        elif field.name == "cost_terms":
            assert {term: cost.tobytes() for term, cost in mine.items()} == {
                term: cost.tobytes() for term, cost in other.items()
            }
        else:
            assert list(mine) == list(other)


def joined(frame: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """Return rows after others, with the types of the columns kept."""
    both: pd.DataFrame = pd.concat([frame, more], ignore_index=True)
    return both.astype(frame.dtypes.to_dict())


def priced_site(name: str, site: str, rise: float) -> dict[str, Change]:
    """Return a change that raises one site's energy price alone, by giving it its own tariff."""
    sites = tables_of(name).tables["sites"].frame.set_index("site")
    region = sites["tariff_region"][site]

    def own_tariff(frame: pd.DataFrame) -> pd.DataFrame:
        mine = frame[frame["tariff_region"] == region].assign(tariff_region="own")
        mine["price_yuan_per_kwh"] += rise
        return joined(frame, mine)

    return {
        "sites": with_cells(f"site == '{site}'", tariff_region="own"),
        "tariffs": own_tariff,
    }


@few
@given(st.sampled_from(PLACES), st.floats(0.01, 0.4))
def test_a_dearer_site_buys_no_more_energy(place: tuple[str, str], rise: float) -> None:
    name, site = place
    number = sorted(tables_of(name).tables["sites"].frame["site"].tolist()).index(site)
    before, after = base(name), solution(edited(name, priced_site(name, site, rise)))

    def energy(plan: RawSolution) -> float:
        here = plan.columns["energy"].index["site"] == number
        return float(solved_values(plan, "energy")[here].sum())

    # 1 yuan/kWh is 1 million yuan/GWh; both plans may be off by their gaps.
    slack = (before.objective - before.bound) + (after.objective - after.bound)
    assert rise * (energy(after) - energy(before)) <= slack + ROUNDING * before.objective
    # By the same token the cost rises by no more than the price on what was bought before.
    assert after.bound <= before.objective + rise * energy(before) + ROUNDING * before.objective


@few
@given(names, st.floats(0.0, 400.0), st.floats(0.0, 400.0))
def test_emissions_do_not_rise_with_the_carbon_price(name: str, one: float, other: float) -> None:
    plans = [
        solution(edited(name, {"policies": with_cells("kind == 'carbon_price'", value=price)}))
        for price in (one, other)
    ]
    ledger = tables_of(name).tables["policies"].frame.query("kind == 'carbon_price'")["ledger"]
    emitted = [float(solved_values(plan, f"{ledger.iloc[0]}_kt")[0]) for plan in plans]
    slack = sum(plan.objective - plan.bound for plan in plans)
    gained = (other - one) / 1e3 * (emitted[1] - emitted[0])
    assert gained <= slack + ROUNDING * plans[0].objective


@few
@given(names, st.floats(0.5, 2.0), st.floats(0.5, 2.0), st.floats(0.0, 1.0))
def test_cost_is_concave_in_the_energy_price(
    name: str, one: float, other: float, part: float
) -> None:
    def at(factor: float) -> RawSolution:
        change = scaled({"price_yuan_per_kwh": factor})
        return solution(edited(name, {"tariffs": change}))

    between = at(part * one + (1.0 - part) * other)
    ends = part * at(one).bound + (1.0 - part) * at(other).bound
    assert between.objective >= ends * (1.0 - ROUNDING)


@few
@given(names, st.floats(0.5, 1.0), st.floats(0.5, 1.0))
def test_relaxed_cost_is_convex_in_demand(name: str, one: float, other: float) -> None:
    def at(factor: float) -> float:
        changes = {
            "services": scaled({"requests_per_s": factor}),
            # Shares of a whole, and what a share costs, move with demand only if left as they are.
            "pins": without("workload != ''"),
        }
        plan = solution(edited(name, changes), SolveOptions(relaxed=True))
        assert plan.unserved_value == 0.0
        return plan.objective

    middle = at((one + other) / 2.0)
    assert middle <= (at(one) + at(other)) / 2.0 * (1.0 + ROUNDING)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_site_without_power_changes_nothing(name: str) -> None:
    tables = tables_of(name).tables
    first = tables["sites"].frame["site"].iloc[0]

    def copied(key: str, **cells: float | str | bool) -> Change:
        def change(frame: pd.DataFrame) -> pd.DataFrame:
            twin = frame[frame[key] == first].assign(**{key: "zz_twin"}, **cells)
            return joined(frame, twin)

        return change

    # No cluster: the teaching case has modules under contract at each of those.
    no_power: dict[str, float | str | bool] = {
        "is_cluster": False,
        "existing_it_mw": 0.0,
        "occupied_it_mw": 0.0,
        "ai_ready_it_mw": 0.0,
        "under_construction_it_mw": 0.0,
        "build_limit_mw": 0.0,
    }
    more = edited(name, {"sites": copied("site", **no_power), "climate": copied("site")})
    assert len(more.frame("sites")) == len(tables["sites"].frame) + 1
    plan = solution(more)
    assert plan.objective == pytest.approx(base(name).objective, rel=2e-5)
    assert max(plan.bound, base(name).bound) <= min(plan.objective, base(name).objective) * (
        1.0 + ROUNDING
    )


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_service_without_demand_changes_nothing(name: str) -> None:
    def twin(frame: pd.DataFrame) -> pd.DataFrame:
        copy = frame[frame["service"] == "chat"].assign(service="zz_twin")
        if "requests_per_s" in frame and "target_ms" in frame:
            copy["requests_per_s"] = 0.0
        return joined(frame, copy)

    more = edited(name, {"services": twin, "service_rates": twin})
    plan = solution(more)
    assert max(plan.bound, base(name).bound) <= min(plan.objective, base(name).objective) * (
        1.0 + ROUNDING
    )
