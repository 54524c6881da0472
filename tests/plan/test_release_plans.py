"""Plans in which users are held back: their tables, and what the verifier finds in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest

from optimizer.inputs.case import Case
from optimizer.model.build import build_model
from optimizer.plan.plan import Plan, make_plan
from optimizer.plan.verify import verify_plan
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.study.activity import FILE_OF_ROWS, block_activity
from tests.model.release_cases import MILLION_YUAN, STAGED, Tier, local_cards, scarce_case
from tests.plan.solved_cases import SolvedCase, solve, with_value
from tests.plan.test_corrupted_numbers import (
    OF_RELEASE,
    Corruption,
    corrupted,
    filled,
    rolled,
    times,
)
from tests.plan.test_unfaithful_models import without_block

FAIR: Final = (*STAGED[:1], Tier(0.3, 4.0, 0.8, 0.0), Tier(0.5, 1.0, 0.8))
"""Subscribers are served alike in both regions."""


def scarce(cards: int, tiers: tuple[Tier, ...] = FAIR, *, relaxed: bool = False) -> SolvedCase:
    options = SolveOptions(gap_location=1e-7, relaxed=relaxed)
    return solve(scarce_case(cards, tiers).case(), options)


@pytest.fixture(scope="module")
def held_back() -> SolvedCase:
    """Return the case of 450 accelerators: a tier in full, one in part, one not at all."""
    return scarce(450)


def rules_of(case: Case, plan: Plan) -> set[str]:
    return {violation.rule for violation in verify_plan(case, plan).violations}


def test_tables_say_who_is_served(held_back: SolvedCase) -> None:
    releases = held_back.plan.tables["releases"]
    assert releases[["service", "tier", "released"]].to_numpy().tolist() == [
        ["chat", 1, 1.0],
        ["chat", 2, 1.0],
        ["chat", 3, 0.0],
    ]
    assert releases["served_share"].tolist() == pytest.approx([1.0, 250 / 300, 0.0], abs=1e-7)
    asked = releases["requests_million_per_day"].tolist()
    assert asked == pytest.approx([17.28, 25.92, 43.2], rel=1e-12)
    value = releases["value_million_yuan"].tolist()
    expected = [200 * 9 * MILLION_YUAN, 250 * 4 * MILLION_YUAN, 0.0]
    assert value == pytest.approx(expected, rel=1e-7)
    tiers = held_back.plan.tables["served_tiers"]
    assert tiers["region"].tolist() == ["basin"] * 3 + ["delta"] * 3
    assert tiers["demand_share"].tolist() == pytest.approx([0.2, 0.3, 0.5] * 2, rel=1e-12)
    alike = tiers.loc[tiers["tier"] == 2, "served_share"]
    assert alike.tolist() == pytest.approx([250 / 300] * 2, abs=1e-7)
    unserved = held_back.plan.tables["unserved"]
    assert unserved["share"].tolist() == pytest.approx([0.55, 0.55], abs=1e-7)
    lost = (50 * 4 + 500 * 1) * MILLION_YUAN
    assert unserved["value_million_yuan"].sum() == pytest.approx(lost, rel=1e-8)
    assert held_back.solved.solution.unserved_value == pytest.approx(lost, rel=1e-8)


@pytest.mark.parametrize("cards", [0, 160, 450, 823, 1000])
@pytest.mark.parametrize("relaxed", [False, True])
def test_plans_pass(cards: int, *, relaxed: bool) -> None:
    found = scarce(cards, relaxed=relaxed)
    assert verify_plan(found.case, found.plan).violations == ()


def test_a_case_without_tiers_has_empty_tables() -> None:
    case = scarce_case(450)
    case.tables["tiers"].clear()
    found = solve(case.case(), SolveOptions())
    assert len(found.plan.tables["releases"]) == len(found.plan.tables["served_tiers"]) == 0
    assert verify_plan(found.case, found.plan).passed


def test_a_release_that_serves_nobody_is_not_written() -> None:
    """Without a minimum the model may open a tier for nobody; the plan does not say so."""
    found = scarce(100, (Tier(0.2, 9.0), Tier(0.3, 4.0), Tier(0.5, 1.0)))
    assert found.plan.tables["releases"]["released"].tolist() == [1.0, 0.0, 0.0]


def test_every_block_of_rows_has_a_row_at_its_limit(held_back: SolvedCase) -> None:
    rows = block_activity(held_back.solved.model, held_back.point).set_index("row")
    wanted = {row for row, block in FILE_OF_ROWS.items() if block == "release"}
    wanted.remove("release_kept")  # between periods
    assert set(rows.index[rows["block"] == "release"]) == wanted
    assert (rows.loc[sorted(wanted), "binding"] > 0).all()


# --- one wrong cell where users are held back ----------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "value", "rule"),
    [
        # rows 0 to 2 are basin, 3 to 5 delta
        (("served_tiers", 2, "served_share"), 0.1, "served only once released"),
        (("served_tiers", 1, "served_share"), 0.7, "minimum of a released tier"),
        (("served_tiers", 4, "served_share"), 0.9, "regions are served alike"),
        (("served_tiers", 4, "served_share"), 0.9, "tiers make up the demand served"),
        (("releases", 2, "released"), 1.0, "minimum of a released tier"),
        (("releases", 1, "released"), 0.0, "served only once released"),
        (("releases", 0, "released"), 0.0, "tiers in their order"),
        (("unserved", 0, "value_million_yuan"), 0.0, "value unserved"),
    ],
)
def test_one_wrong_cell_is_found(
    held_back: SolvedCase, cell: tuple[str, int, str], value: float, rule: str
) -> None:
    table, row, column = cell
    plan = with_value(held_back.plan, table, row, column, value)
    assert rule in rules_of(held_back.case, plan)


# --- a row of the model left out -----------------------------------------------------------------

LEFT_OUT: Final = {
    "tier_sum": "tiers make up the demand served",
    "tier_release": "served only once released",
    "tier_minimum": "minimum of a released tier",
    "tier_order": "tiers in their order",
    "tier_fair_least": "regions are served alike",
    "tier_fair_most": "regions are served alike",
}


@pytest.mark.parametrize("block", sorted(LEFT_OUT))
def test_rows_left_out_are_found(block: str) -> None:
    """420 cards; the first tier is worth least, and the third too large to be released."""
    tiers: tuple[Tier, ...] = (Tier(0.2, 1.0, 0.9), Tier(0.3, 4.0, 0.8, 0.1), Tier(0.5, 2.0, 0.9))
    case = scarce_case(420, tiers).case()
    if block.startswith("tier_fair"):
        # One region is out of reach, so the other may be served to a tenth only.
        tiers = (Tier(0.5, 1.0, 0.0, 0.1), Tier(0.5, 1.0, 0.5))
        case = scarce_case(1000, tiers, out_of_reach="basin").case()
    model = build_model(case)[0]
    assert model.rows[block].count > 0
    options = SolveOptions(gap_location=1e-7)
    right = make_plan(case, solve_model(model, options).solution)
    assert rules_of(case, right) == set()
    wrong = make_plan(case, solve_model(without_block(model, block), options).solution)
    assert LEFT_OUT[block] in rules_of(case, wrong)


# --- a derived number wrong ----------------------------------------------------------------------


def plus(step: int) -> Callable[[Any], Any]:
    return lambda array: array + step


CORRUPTIONS: Final = (
    Corruption("tiers.share", "of another tier", rolled(0), ("demand of a tier",)),
    Corruption("tiers.share", "twice the demand", times(2.0), ("demand of a tier",)),
    Corruption("tiers.value", "halved", times(0.5), ("value of a tier", "value unserved")),
    Corruption("tiers.value", "of another tier", rolled(0), ("value of a release",)),
    Corruption("tiers.minimum", "none", filled(0.0), ("minimum of a released tier",)),
    Corruption("tiers.tolerance", "any", filled(np.nan), ("regions are served alike",)),
    Corruption("tiers.tolerance", "wide", filled(0.5), ("regions are served alike",)),
    Corruption("tiers.tier", "in no order", lambda tier: np.where(tier == 2, 1, tier), ()),
    Corruption("tiers.service", "of another service", plus(1), ("tier is written",)),
)


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda corruption: corruption.name)
def test_a_wrong_number_is_found(corruption: Corruption) -> None:
    """Basin has cards for its first tier and 20 more, delta for two tiers and 100 more."""
    tiers = (STAGED[0], Tier(0.3, 4.0, None, 0.0), STAGED[2])
    small = local_cards(tiers, delta=400, basin=100)
    small.add("services", service="talk", requests_per_s=10)
    small.add("service_rates", service="talk", accelerator="card")
    case = small.case()
    right = solve(case, SolveOptions(relaxed=True))
    assert verify_plan(case, right.plan).violations == ()
    found = solve(corrupted(case, corruption), SolveOptions(relaxed=True))
    violations = verify_plan(case, found.plan).violations
    assert violations
    assert set(corruption.rules) <= {violation.rule for violation in violations}


def test_every_array_of_the_tiers_is_corrupted_once() -> None:
    assert {corruption.path for corruption in CORRUPTIONS} == OF_RELEASE
