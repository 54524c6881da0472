"""A model with a row or a bound left out: whatever the solver gains by it is found.

Each test builds the case's model, removes one block of rows or the bounds of one block of
columns, solves it, and makes a plan that is consistent in itself. The verifier must name the
rule that the model no longer had.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from optimizer.model.assembly import LinearModel
from optimizer.plan.plan import make_plan
from optimizer.plan.verify import verify_plan
from optimizer.plan.violation import Violation
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from tests.plan.solved_cases import SolvedCase, solved_case

# The rules that see what a solver gains without a block of rows.
ROWS: dict[str, set[str]] = {
    "demand": {"all demand"},
    "tier_sum": {"tiers make up the demand served"},
    "throughput": {"work equals demand"},
    "pinned_service": {"pinned share"},
    "job": {"all runs"},
    "pinned_job": {"pinned share"},
    "busy_hour": {"accelerators in the hour"},
    "fleet": {"accelerators in the hour"},
    "supply": {"national supply"},
    "pool_link": {"share within an open pool"},
    "pool_hour": {"load of a pool"},
    "pool_reserve": {"reserve is held"},
    "backed_up": {"backup work equals what is lost"},
    "backup_reach": {"share within reach in a failure"},
    "backup_throughput": {"backup work equals what is lost"},
    "backup_hour": {"accelerators in a failure"},
    "nameplate": {"nameplate power"},
    "module": {"power used"},
    "ceiling": {"ceiling"},
    "opened_mw": {"objective"},
    "balance": {"load of a profile"},
    "load_hour": {"load in a module"},
    "module_load": {"load in a module"},
    "meter": {"objective"},
    "supply_step": {"objective"},
    "pool_line": {"load of a pool"},
    "link": {"flow within capacity"},
    "claims": {"claims within energy"},
    "location_ledger": {"objective"},
    "market_ledger": {"policy carbon_cap_market"},
    "policy_carbon_cap_market": {"policy carbon_cap_market"},
    "policy_green_80": {"policy green_80"},
    "policy_west_share": {"objective"},
}
# Nothing is gained without these in this case; test_other_tables breaks their rules.
IDLE = {
    "build_limit",
    "opened",
    "pool_once",
    "policy_budget",
    "policy_green_physical",
    "policy_hub_share",
    "policy_metro_limit",
    "policy_pue_east",
    "policy_utilisation",
    # test_release_plans leaves these out where users are held back.
    "tier_fair_least",
    "tier_fair_most",
    "tier_minimum",
    "tier_order",
    "tier_release",
}
# Columns that may fall below nothing, and the rule that sees it.
BELOW_NOTHING = {
    "share": "share is not negative",
    "busy": "busy is not negative",
    "backup_busy": "busy for backup is not negative",
    "load": "load is not negative",
    "contracted": "contract is not negative",
    "extra": "objective",
}
# The same for columns whose fall must be named as what it is: a number below zero.
NAMED_BELOW_NOTHING = {
    "runs": {"runs": -0.5},
    "unplaced": {"unplaced": -0.5},
    "leased": {"leased": -0.5},
}
ABOVE_THE_MOST = {
    "share": "share within reach",
    "used": "power used",
    "contracted": "contract ceiling",
}


@pytest.fixture(scope="module")
def relaxed() -> SolvedCase:
    return solved_case("every_block", relaxed=True)


def violations_of(solved: SolvedCase, model: LinearModel) -> tuple[Violation, ...]:
    answer = solve_model(model, SolveOptions(relaxed=True))
    return verify_plan(solved.case, make_plan(solved.case, answer.solution)).violations


def rules_of(violations: tuple[Violation, ...]) -> set[str]:
    return {violation.rule for violation in violations}


def without_block(model: LinearModel, name: str) -> LinearModel:
    lower, upper = model.row_lower.copy(), model.row_upper.copy()
    lower[model.rows[name].slice] = -np.inf
    upper[model.rows[name].slice] = np.inf
    return dataclasses.replace(model, row_lower=lower, row_upper=upper)


def test_every_block_of_rows_is_here(relaxed: SolvedCase) -> None:
    assert set(relaxed.model.rows) == set(ROWS) | IDLE


def test_the_faithful_model_passes(relaxed: SolvedCase) -> None:
    assert violations_of(relaxed, relaxed.model) == ()


@pytest.mark.parametrize("block", sorted(ROWS))
def test_rows_left_out_are_found(relaxed: SolvedCase, block: str) -> None:
    violations = violations_of(relaxed, without_block(relaxed.model, block))
    assert ROWS[block] <= rules_of(violations)


@pytest.mark.parametrize("block", sorted(IDLE))
def test_idle_rows_left_out_change_nothing(relaxed: SolvedCase, block: str) -> None:
    model = without_block(relaxed.model, block)
    answer = solve_model(model, SolveOptions(relaxed=True)).solution
    objective = relaxed.solved.solution.objective
    assert answer.objective == pytest.approx(objective, rel=1e-6)


def below_nothing(solved: SolvedCase, least: dict[str, float]) -> tuple[Violation, ...]:
    """Return what is found if columns may fall below nothing, which they must do."""
    lower = solved.model.lower.copy()
    for block, bound in least.items():
        columns = solved.model.columns[block].slice
        lower[columns] = np.where(lower[columns] > 0.0, lower[columns], bound)
    model = dataclasses.replace(solved.model, lower=lower)
    answer = solve_model(model, SolveOptions(relaxed=True)).solution
    assert all(answer.columns[block].values.min() < -1e-3 for block in least)
    return verify_plan(solved.case, make_plan(solved.case, answer)).violations


@pytest.mark.parametrize("block", sorted(BELOW_NOTHING))
def test_negative_columns_are_found(relaxed: SolvedCase, block: str) -> None:
    assert BELOW_NOTHING[block] in rules_of(below_nothing(relaxed, {block: -1.0}))


@pytest.mark.parametrize("name", sorted(NAMED_BELOW_NOTHING))
def test_negative_amounts_are_named(relaxed: SolvedCase, name: str) -> None:
    assert any(
        violation.left < -1e-3 and violation.sense == ">=" and violation.right == 0.0
        for violation in below_nothing(relaxed, NAMED_BELOW_NOTHING[name])
    )


@pytest.mark.parametrize("block", sorted(ABOVE_THE_MOST))
def test_columns_beyond_their_bounds_are_found(relaxed: SolvedCase, block: str) -> None:
    upper = relaxed.model.upper.copy()
    columns = relaxed.model.columns[block].slice
    upper[columns] = 3.0 * upper[columns] + 1.0
    model = dataclasses.replace(relaxed.model, upper=upper)
    assert ABOVE_THE_MOST[block] in rules_of(violations_of(relaxed, model))
