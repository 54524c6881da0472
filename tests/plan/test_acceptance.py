"""The verifier accepts what was solved, counts what it did, and its cost is the objective."""

from __future__ import annotations

import dataclasses

import pytest

from optimizer.errors import VerificationError
from optimizer.plan.raw_solution import Status
from optimizer.plan.result_tables import RESULT_TABLES
from optimizer.plan.verify import Verification, require_verified, verify_plan
from optimizer.plan.violation import RELATIVE_TOLERANCE, Violation
from tests.plan.solved_cases import SolvedCase, plan_with, solved_case


def test_accepts_the_solved_plan(solved: SolvedCase) -> None:
    verification = verify_plan(solved.case, solved.plan)
    assert verification.violations == ()
    assert verification.passed
    assert verification.checks > 1000
    assert 0.0 <= verification.largest_residual <= RELATIVE_TOLERANCE
    require_verified(verification)


def test_every_hour_of_every_day_is_checked(solved: SolvedCase) -> None:
    # In each hour at least: load, meter and price of each site in use, and each accelerator type.
    tables = solved.plan.tables
    days = solved.case.tables["times"].frame["typical_day"].nunique()
    sites, cards = tables["loads"]["site"].nunique(), len(tables["accelerators"])
    fewest = 24 * days * sites * 4 + 24 * 12 * cards
    assert verify_plan(solved.case, solved.plan).checks > fewest


def test_cost_is_the_objective(solved: SolvedCase) -> None:
    objective = solved.solved.solution.objective
    assert solved.plan.objective_million_yuan == objective
    assert solved.plan.cost() == pytest.approx(objective, rel=1e-6)
    recomputed = verify_plan(solved.case, solved.plan).cost_million_yuan
    assert recomputed == pytest.approx(objective, rel=1e-6)
    terms = set(solved.plan.tables["costs"]["term"])
    assert sum(solved.plan.cost(term) for term in terms) == pytest.approx(objective, rel=1e-6)


def test_cost_terms_are_those_of_the_model(solved: SolvedCase) -> None:
    for term, cost in solved.model.cost_terms.items():
        expected = float(cost @ solved.point)
        assert solved.plan.cost(term) == pytest.approx(expected, rel=1e-6, abs=1e-6), term
    assert set(solved.plan.tables["costs"]["term"]) <= set(solved.model.cost_terms)


def test_every_block_acts_in_the_case_of_the_tests(every_block: SolvedCase) -> None:
    """Otherwise broken plans made from this one would prove nothing."""
    plan = every_block.plan
    for name in RESULT_TABLES:
        assert len(plan_with(name).plan.tables[name]), name
    for term in every_block.model.cost_terms:
        assert plan.cost(term) > 1e-3, term
    assert plan.tables["links"]["leased_gbps"].max() > 0.0
    assert plan.tables["links"]["upgrades"].max() > 0.0
    assert plan.tables["unserved"]["share"].max() > 0.1
    policies = plan.tables["policies"]
    assert policies.loc[policies["policy"] == "west_share", "slack"].max() < -1.0


@pytest.mark.parametrize("name", ["tiny", "every_block"])
def test_accepts_the_relaxation_as_such_only(name: str) -> None:
    relaxed = solved_case(name, relaxed=True)
    assert relaxed.plan.relaxed
    assert verify_plan(relaxed.case, relaxed.plan).violations == ()
    # Less work left undone comes first; at equal work the relaxation costs no more.
    whole = solved_case(name).solved.solution
    part = relaxed.solved.solution
    assert part.unserved_value <= whole.unserved_value * (1.0 + 1e-9) + 1e-9
    if part.unserved_value >= whole.unserved_value - 1e-6:
        assert part.objective <= whole.objective * (1.0 + 1e-9)


def test_refuses_fractions_that_are_not_called_a_relaxation() -> None:
    relaxed = solved_case("every_block", relaxed=True)
    claimed = dataclasses.replace(relaxed.plan, relaxed=False)
    rules = {violation.rule for violation in verify_plan(relaxed.case, claimed).violations}
    assert "whole modules" in rules
    assert "whole upgrades" in rules


def test_bound_is_below_and_within_the_asked_gap(solved: SolvedCase) -> None:
    plan, solution = solved.plan, solved.solved.solution
    assert solution.status is Status.OPTIMAL
    assert plan.status is Status.OPTIMAL
    assert plan.bound_million_yuan <= plan.objective_million_yuan
    asked = float(solution.options["gap_location"])
    allowed = asked * plan.location_cost
    assert plan.objective_million_yuan - plan.bound_million_yuan <= allowed * (1.0 + 1e-9)


def test_a_failed_verification_names_its_first_faults() -> None:
    violations = tuple(
        Violation("ceiling", f"site_{number}", 12.5, "<=", 10.0, "MW") for number in range(30)
    )
    verification = Verification(1234, violations, 1.0, 0.25)
    assert not verification.passed
    with pytest.raises(VerificationError) as caught:
        require_verified(verification)
    english = caught.value.render("en")
    assert english.startswith("the plan failed 30 of 1234 checks and is not written:\n")
    assert english.splitlines()[1] == "  ceiling site_0: 12.5 <= 10 MW"
    assert len(english.splitlines()) == 21
    assert caught.value.render("zh").startswith("方案未通过 1234 项核验中的 30 项")
    assert caught.value.exit_code == 5
