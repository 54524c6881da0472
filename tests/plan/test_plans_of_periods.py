"""A plan of two periods: what it holds follows by hand, and the verifier refuses any other."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest

from optimizer.inputs.case import Case, read_case
from optimizer.inputs.periods import ONE_PERIOD, Period
from optimizer.plan.period_tables import ASSETS, result_tables
from optimizer.plan.plan import Plan, make_plan
from optimizer.plan.result_tables import RESULT_TABLES
from optimizer.plan.verify import verify_plan
from optimizer.plan.verify_periods import ASSETS_FORM, Horizon
from tests.plan.solved_cases import solved_case
from tests.plan.two_periods import (
    CAPEX_YUAN_PER_KW,
    CARD_LIFE,
    ENERGY_PRICE,
    HALL_LIFE,
    HALL_MW,
    PRICE_YUAN,
    RATE,
    case,
    plan,
    planned,
    small,
)

FACTORS: Final = {year: 1.1 ** -(year - 2026) for year in range(2026, 2030)}


def annuity(years: float) -> float:
    return RATE / (1.0 - math.pow(1.0 + RATE, -years))


def rows_of(of: Plan, table: str, **where: object) -> pd.DataFrame:
    frame = of.tables[table]
    kept = np.ones(len(frame), dtype=bool)
    for column, value in where.items():
        kept &= (frame[column] == value).to_numpy()
    return frame[kept]


def value(of: Plan, table: str, column: str, **where: object) -> float:
    (found,) = rows_of(of, table, **where)[column]
    return float(found)


# --- by hand -----------------------------------------------------------------------------------


def test_what_is_ordered_now_serves_later() -> None:
    hall = {"kind": "module", "place": "coast", "item": "hall"}
    card = {"kind": "accelerator", "place": "coast", "item": "card"}
    assert value(plan(), "assets", "ordered", period=2026, **hall) == 1.0
    assert value(plan(), "assets", "standing", period=2026, **hall) == 0.0
    assert value(plan(), "assets", "standing", period=2028, **hall) == 1.0
    assert value(plan(), "assets", "ordered", period=2028, **hall) == 0.0
    assert value(plan(), "assets", "ordered", period=2026, **card) == pytest.approx(1000.0)
    assert value(plan(), "assets", "standing", period=2028, **card) == pytest.approx(1000.0)
    assert value(plan(), "assets", "ordered", period=2028, **card) == pytest.approx(440.0)
    assert plan().tables["assets"]["retired"].tolist() == [0.0] * len(plan().tables["assets"])
    built = rows_of(plan(), "builds", module="hall")
    assert built["period"].tolist() == [2028]
    assert built["it_mw"].tolist() == [HALL_MW]
    bought = plan().tables["accelerators"].set_index("period")["bought"]
    assert bought.to_dict() == pytest.approx({2026: 1000.0, 2028: 1440.0})


def test_costs_are_paid_in_the_years_of_service() -> None:
    """Accelerators of 2026 are paid for to 2028: in the second period one year of the two."""
    first, second = 1.0 + FACTORS[2027], FACTORS[2028] + FACTORS[2029]
    card = PRICE_YUAN * annuity(CARD_LIFE) / 1e6
    hall = HALL_MW * 1000.0 * CAPEX_YUAN_PER_KW * annuity(HALL_LIFE) / 1e6
    energy = 1.0 * 8760.0 * ENERGY_PRICE / 1e3
    still_paid = FACTORS[2028] / second
    by_hand = {
        (2026, "accelerators"): 1000.0 * card,
        (2026, "energy"): energy,
        (2026, "site_opening"): 0.25,
        (2028, "accelerators"): (1000.0 * still_paid + 440.0) * card,
        (2028, "build"): hall,
        (2028, "energy"): 1.44 * energy,
        (2028, "site_opening"): 0.25,
    }
    costs = plan().tables["costs"].set_index(["period", "term"])["million_yuan"]
    assert costs.to_dict() == pytest.approx(by_hand)
    total = sum(
        yuan * (first if year == 2026 else second) for (year, _term), yuan in by_hand.items()
    )
    assert plan().objective_million_yuan == pytest.approx(total)
    assert plan().cost() == pytest.approx(total)
    # The same over all years of service: three of the first accelerators, two of the others.
    cards = 1000.0 * (first + FACTORS[2028]) + 440.0 * second
    assert plan().cost("accelerators") == pytest.approx(card * cards)


def test_the_plan_passes_and_its_cost_is_recomputed() -> None:
    verification = verify_plan(case(), plan())
    assert verification.violations == ()
    assert verification.cost_million_yuan == pytest.approx(plan().objective_million_yuan)
    assert verification.checks > 500


def test_a_relaxed_plan_passes_and_costs_no_more() -> None:
    relaxed = planned(case(), relaxed=True)
    assert verify_plan(case(), relaxed).violations == ()
    # Of a hall 0.44 MW are enough, and of the site's two years of room that opens little.
    halls = rows_of(relaxed, "assets", kind="module", period=2026)["ordered"].tolist()
    assert halls == pytest.approx([0.88])
    assert relaxed.objective_million_yuan < plan().objective_million_yuan


def test_one_period_has_the_tables_of_one_period() -> None:
    solved = solved_case("tiny")
    again = make_plan(solved.case, solved.solved.solution)
    assert set(again.tables) == set(RESULT_TABLES) == set(result_tables(several=False))
    assert not again.weights
    for name, frame in again.tables.items():
        assert list(frame.columns) == RESULT_TABLES[name].column_names
    several = result_tables(several=True)
    assert set(several) == {*RESULT_TABLES, "assets"}
    for name, table in RESULT_TABLES.items():
        assert several[name].column_names == ["period", *table.column_names]


def test_the_verifier_states_the_form_of_assets_itself() -> None:
    assert ASSETS_FORM.key == ASSETS.key
    assert [*ASSETS_FORM.key, *ASSETS_FORM.numbers] == ASSETS.column_names


def test_a_period_is_a_plan_of_its_own() -> None:
    second = plan().of_period(2028)
    assert second.year == 2028
    assert "period" not in second.tables["costs"]
    assert second.objective_million_yuan == pytest.approx(second.cost())
    parts = sum(weight * plan().of_period(year).cost() for year, weight in plan().weights.items())
    assert parts == pytest.approx(plan().cost())


# --- horizon: two derivations of one definition ------------------------------------------------


@pytest.mark.parametrize("life", [1.0, 2.0, 2.5, 3.0, 15.0])
@pytest.mark.parametrize("lead", [0.0, 0.5, 1.5, 2.0, 3.0, 9.0])
def test_verifier_and_inputs_agree_on_service_and_pay(life: float, lead: float) -> None:
    horizon = Horizon((2026, 2028), 2030, RATE)
    periods: list[Period] = [part.period for part in case().periods]
    for before in periods:
        paid = 0.0
        for here in periods:
            if here.number < before.number:
                continue
            serves = horizon.serves(before.year, here.year, life, lead)
            assert bool(before.serving(here, life, lead)) is serves
            share = horizon.paid(before.year, here.year, life, lead)
            assert float(before.paid_share(here, life, lead)) == pytest.approx(share)
            paid += share * horizon.weight(here.year)
        assert float(before.asset_weight(life, lead)) == pytest.approx(paid)


# --- broken plans ------------------------------------------------------------------------------

HALL: Final = {"kind": "module", "item": "hall"}
CARD: Final = {"kind": "accelerator"}

Broken = tuple[str, dict[str, object], str, Callable[[float], float], str]

BROKEN: Final[dict[str, Broken]] = {
    "more stands than was ordered": (
        "assets", {**HALL, "period": 2028}, "standing", lambda old: old + 1.0, "standing"),
    "stands before it can": (
        "assets", {**HALL, "period": 2026}, "standing", lambda old: old + 1.0, "standing"),
    "fewer accelerators stand": (
        "assets", {**CARD, "period": 2028}, "standing", lambda old: old / 2.0, "standing"),
    "order not counted": (
        "assets", {**CARD, "period": 2028}, "ordered", lambda old: old / 2.0,
        "accelerator serving"),
    "order below nothing": (
        "assets", {**CARD, "period": 2028}, "ordered", lambda _old: -1.0,
        "orders are not negative"),
    "half a hall": (
        "assets", {**HALL, "period": 2026}, "ordered", lambda _old: 0.5, "whole orders"),
    "hall that never serves": (
        "assets", {**HALL, "period": 2028}, "ordered", lambda _old: 1.0,
        "order serves within the horizon"),
    "more halls than a site takes": (
        "assets", {**HALL, "period": 2026}, "ordered", lambda _old: 101.0, "most modules"),
    "more power than a year takes": (
        "assets", {**HALL, "period": 2026}, "ordered", lambda _old: 4001.0, "build limit"),
    "halls taken out": (
        "assets", {**HALL, "period": 2028}, "retired", lambda _old: 1.0,
        "only accelerators are taken out"),
    "taken out below nothing": (
        "assets", {**CARD, "period": 2028}, "retired", lambda _old: -1.0,
        "retired is not negative"),
    "taken out at first": (
        "assets", {**CARD, "period": 2026}, "retired", lambda _old: 1.0,
        "none taken out at first"),
    "more taken out than there is": (
        "assets", {**CARD, "period": 2028}, "retired", lambda _old: 1.0,
        "taken out of the fleet"),
    "hall that nobody ordered": (
        "builds", {"module": "hall", "period": 2028}, "modules", lambda old: old + 1.0,
        "module serving"),
    "accelerators that nobody ordered": (
        "accelerators", {"period": 2026}, "bought", lambda old: old + 8.0,
        "accelerator serving"),
    "upgrade that nobody ordered": (
        "links", {"period": 2028}, "upgrades", lambda old: old + 1.0, "upgrade serving"),
    "first accelerators paid for a year too long": (
        "costs", {"term": "accelerators", "period": 2028}, "million_yuan",
        lambda old: old * 1440.0 / 1200.0, "cost accelerators"),
    "hall paid for before it serves": (
        "costs", {"term": "site_opening", "period": 2026}, "million_yuan",
        lambda old: old + 1.0, "cost site_opening"),
}  # fmt: skip


def with_cell(
    of: Plan, table: str, where: Mapping[str, object], column: str, change: Callable[[Any], Any]
) -> Plan:
    """Return a plan with one cell changed."""
    frame = of.tables[table].copy()
    kept = np.ones(len(frame), dtype=bool)
    for name, wanted in where.items():
        kept &= (frame[name] == wanted).to_numpy()
    (row,) = np.flatnonzero(kept).tolist()
    cells = frame[column].tolist()
    cells[row] = change(cells[row])
    frame[column] = cells
    return dataclasses.replace(of, tables=MappingProxyType({**of.tables, table: frame}))


def rules_broken(of: Case, by: Plan) -> set[str]:
    return {violation.rule for violation in verify_plan(of, by).violations}


@pytest.mark.parametrize("label", BROKEN)
def test_broken_plans_are_refused(label: str) -> None:
    table, where, column, change, rule = BROKEN[label]
    assert rule in rules_broken(case(), with_cell(plan(), table, where, column, change))


def test_places_name_the_year() -> None:
    broken = with_cell(
        plan(), "energy_by_hour", {"period": 2028, "hour": 3}, "it_mw", lambda old: old + 1.0
    )
    places = [violation.place for violation in verify_plan(case(), broken).violations]
    assert places
    assert all(place.startswith("2028|") for place in places)


def test_totals_are_recomputed() -> None:
    dear = dataclasses.replace(plan(), objective_million_yuan=plan().objective_million_yuan * 1.01)
    assert rules_broken(case(), dear) == {"objective"}
    high = dataclasses.replace(plan(), bound_million_yuan=plan().objective_million_yuan * 1.01)
    assert rules_broken(case(), high) == {"bound"}
    (stated,) = plan().objectives
    wrong = dataclasses.replace(stated, value=stated.value * 1.01)
    assert rules_broken(case(), dataclasses.replace(plan(), objectives=(wrong,))) == {
        "objective value"
    }
    weights = {2026: plan().weights[2026], 2028: 2.0}
    assert rules_broken(case(), dataclasses.replace(plan(), weights=weights)) == {
        "weight of a period"
    }
    one = dataclasses.replace(plan(), weights={2026: plan().weights[2026]})
    assert "periods of the plan" in rules_broken(case(), one)


@pytest.mark.parametrize("table", ["assets", "placements", "costs"])
def test_every_table_tells_its_periods_apart(table: str) -> None:
    frame = plan().tables[table]
    without = dataclasses.replace(
        plan(), tables=MappingProxyType({**plan().tables, table: frame.drop(columns="period")})
    )
    assert rules_broken(case(), without) == {"column is there"}
    other = dataclasses.replace(
        plan(), tables=MappingProxyType({**plan().tables, table: frame.assign(period=2027)})
    )
    assert "code is known" in rules_broken(case(), other)


@pytest.mark.parametrize(
    ("column", "cell", "rule"),
    [
        ("place", "nowhere", "code is known"),
        ("item", "existing", "code is known"),
        ("kind", "upgrade", "code is known"),
        ("ordered", np.nan, "number is one"),
    ],
)
def test_assets_have_their_form(column: str, cell: object, rule: str) -> None:
    broken = with_cell(plan(), "assets", {**HALL, "period": 2026}, column, lambda _old: cell)
    assert rules_broken(case(), broken) == {rule}


def test_assets_stand_once() -> None:
    frame = plan().tables["assets"]
    twice = pd.concat([frame, frame.iloc[:1]], ignore_index=True)
    broken = dataclasses.replace(
        plan(), tables=MappingProxyType({**plan().tables, "assets": twice})
    )
    assert rules_broken(case(), broken) == {"row stands once"}


# --- corrupted numbers -------------------------------------------------------------------------


def with_period(number: int, **change: Any) -> Case:  # noqa: ANN401 - any field
    """Return the case with the terms of one period changed."""
    first, second = case().periods
    if number == 0:
        terms = dataclasses.replace(first.period, **change)
        return dataclasses.replace(first, period=terms)
    terms = dataclasses.replace(second.period, **change)
    return dataclasses.replace(first, later=(dataclasses.replace(second, period=terms),))


@pytest.mark.parametrize(
    ("number", "change", "rule"),
    [
        (0, {"weight": 2.0}, "weight of a period"),
        (1, {"weight": 2.0}, "weight of a period"),
        (0, {"year_weights": (1.0, 1.0, 1.0, 1.0)}, "objective"),
        (1, {"year_weights": (1.0, 0.0)}, "objective"),
        (0, {"year_weights": (1.0, 1.0)}, "objective"),
    ],
)
def test_corrupted_terms_of_periods_are_found(
    number: int, change: dict[str, object], rule: str
) -> None:
    wrong = with_period(number, **change)
    assert rule in rules_broken(case(), planned(wrong))


def grown(factor: float) -> Case:
    """Return the case with the demand of its second period wrong."""
    first, second = case().periods
    demand = dataclasses.replace(
        second.derived.demand, requests=second.derived.demand.requests * factor
    )
    wrong = dataclasses.replace(second, derived=dataclasses.replace(second.derived, demand=demand))
    return dataclasses.replace(first, later=(wrong,))


def test_corrupted_growth_is_found() -> None:
    assert "requests of a share" in rules_broken(case(), planned(grown(1.0 / 1.44)))


def test_corrupted_fleet_is_found() -> None:
    changed = small()
    changed.set("fleet", {"site": "coast"}, installed=300)
    aged = changed.case()
    right = planned(aged)
    assert rules_broken(aged, right) == set()
    first, second = aged.periods
    assert second.frame("fleet")["installed"].tolist() == [100]
    hardware = dataclasses.replace(second.derived.hardware, fleet=first.derived.hardware.fleet)
    wrong = dataclasses.replace(
        second, derived=dataclasses.replace(second.derived, hardware=hardware)
    )
    assert "fleet" in rules_broken(aged, planned(dataclasses.replace(first, later=(wrong,))))


# --- what was taken out stays out --------------------------------------------------------------


def test_idle_accelerators_are_taken_out_when_they_may() -> None:
    """Of 300 that serve nobody and draw power 100 are left in 2028; all of them go."""
    changed = small()
    changed.add("accelerators", accelerator="old", idle_share=0.3, life_years=3)
    changed.add("accelerator_supply", accelerator="old", supply=0)
    changed.add("accelerator_supply", accelerator="old", supply=0, year=2028)
    changed.add("fleet", site="coast", accelerator="old", installed=300)
    changed.set("sites", {"site": "coast"}, existing_it_mw=4, ai_ready_it_mw=4)
    aged = changed.case()
    found = planned(aged)
    assert rules_broken(aged, found) == set()
    old = {"kind": "accelerator", "item": "old", "period": 2028}
    assert value(found, "assets", "retired", **old) == pytest.approx(100.0)
    assert found.tables["accelerators"]["fleet"].tolist() == [0.0, 300.0, 0.0]
    broken = with_cell(found, "assets", old, "retired", lambda cell: cell / 2.0)
    assert "fleet" in rules_broken(aged, broken)


def test_what_is_out_stays_out() -> None:
    """In a third period the same share of what is left must be out."""
    changed = small()
    changed.tables["times"] += [{**row, "period": 2029} for row in changed.tables["times"][:24]]
    for kind, life in (("card", CARD_LIFE), ("old", 5.0)):
        if kind == "old":
            changed.add("accelerators", accelerator="old", idle_share=0.3, life_years=life)
            changed.add("fleet", site="coast", accelerator="old", installed=300)
        for year in (2026, 2028, 2029):
            if kind == "old" or year == 2029:
                supply = 1_000_000 if kind == "card" else 0
                changed.add("accelerator_supply", accelerator=kind, year=year, supply=supply)
    changed.set("sites", {"site": "coast"}, existing_it_mw=4, ai_ready_it_mw=4)
    aged = changed.case()
    found = planned(aged)
    assert rules_broken(aged, found) == set()
    old = {"kind": "accelerator", "item": "old"}
    retired = rows_of(found, "assets", **old).set_index("period")["retired"].to_dict()
    assert retired == pytest.approx({2028: 180.0, 2029: 120.0})
    fewer = with_cell(found, "assets", {**old, "period": 2029}, "retired", lambda cell: cell - 60.0)
    assert "what is out stays out" in rules_broken(aged, fewer)


def test_one_period_is_as_before() -> None:
    tiny = read_case("tiny")
    assert tiny.period == dataclasses.replace(ONE_PERIOD, year=2026)
    assert tiny.whole_tables is tiny.tables
