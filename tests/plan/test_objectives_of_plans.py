"""The objectives that a plan states are recomputed, written and read again."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

import pytest

from optimizer.plan.plan import Plan
from optimizer.plan.raw_solution import ObjectiveValue
from optimizer.plan.store import read_run, write_record, write_run
from optimizer.plan.verify import verify_plan
from optimizer.report.summary import summary_of
from optimizer.solve.options import SolveOptions
from optimizer.study.runner import run_case
from tests.plan.solved_cases import SolvedCase, edited_case, solve

EXACT = SolveOptions(gap_location=1e-7)


@functools.cache
def solved_for(objective: str, boundary: str) -> SolvedCase:
    options = dataclasses.replace(EXACT, objective=tuple(objective.split(",")), boundary=boundary)
    return solve(edited_case("every_block"), options)


def with_objective(plan: Plan, number: int, **changes: object) -> Plan:
    """Return a plan that states something else of one of its objectives."""
    stated = list(plan.objectives)
    stated[number] = dataclasses.replace(stated[number], **changes)  # type: ignore[arg-type]
    return dataclasses.replace(plan, objectives=tuple(stated))


def broken_rules(solved: SolvedCase, plan: Plan) -> set[tuple[str, str]]:
    violations = verify_plan(solved.case, plan).violations
    return {(violation.rule, violation.place) for violation in violations}


@pytest.mark.parametrize(
    ("objective", "boundary"),
    [
        ("cost", "it"),
        ("carbon", "it"),
        ("carbon,cost", "it"),
        ("cost,carbon", "it"),
        ("cost", "facility"),
        ("carbon,cost", "facility"),
    ],
)
def test_what_a_plan_states_is_what_its_tables_hold(objective: str, boundary: str) -> None:
    solved = solved_for(objective, boundary)
    plan = solved.plan
    assert broken_rules(solved, plan) == set()
    assert [item.name for item in plan.objectives] == objective.split(",")
    facility = plan.cost() - plan.cost("accelerators")
    values = {
        "carbon": float(plan.tables["ledgers"]["location_kt"].sum()),
        "cost": facility if boundary == "facility" else plan.cost(),
    }
    for item in plan.objectives:
        assert item.value == pytest.approx(values[item.name], rel=1e-6)
    # The yearly cost stays that of the whole plan, whatever was minimised.
    assert plan.objective_million_yuan == pytest.approx(plan.cost(), rel=1e-6)
    assert plan.bound_million_yuan <= plan.objective_million_yuan


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"value": 100.0}, "objective value"),
        ({"bound": 500.0}, "objective bound"),
        ({"held": 100.0}, "objective held"),
        ({"unit": "t CO2"}, "objective unit"),
        ({"name": "water"}, "objective is known"),
        ({"boundary": "facility"}, "objective is known"),
    ],
)
def test_a_wrong_statement_is_found(changes: dict[str, object], rule: str) -> None:
    solved = solved_for("carbon,cost", "it")
    place = str(changes.get("name", "carbon"))
    assert broken_rules(solved, with_objective(solved.plan, 0, **changes)) == {(rule, place)}


def test_one_boundary_is_not_the_other() -> None:
    solved = solved_for("cost", "facility")
    wrong = with_objective(solved.plan, 0, boundary="it")
    assert broken_rules(solved, wrong) == {("objective value", "cost")}


def test_a_model_of_other_emissions_is_found() -> None:
    case = edited_case("every_block")
    factor = case.derived.location_factor * 0.9
    wrong = dataclasses.replace(
        case, derived=dataclasses.replace(case.derived, location_factor=factor)
    )
    solved = solve(wrong, dataclasses.replace(EXACT, objective=("carbon",)))
    assert ("objective value", "carbon") in broken_rules(solved, solved.plan)


def test_a_run_is_written_and_read_with_its_objectives(tmp_path: Path) -> None:
    options = SolveOptions(objective=("carbon", "cost"), boundary="facility")
    solved = run_case(edited_case("every_block"), options)
    record = solved.run.record
    assert (record["objective"], record["boundary"]) == ("carbon,cost", "facility")
    assert record["verified"]
    assert record["options"]["objective"] == "carbon,cost"
    write_run(solved.run, tmp_path)
    write_record({**record, "seconds": {}}, tmp_path)
    again = read_run(tmp_path)
    assert again.plan.objectives == solved.run.plan.objectives
    assert verify_plan(again.case, again.plan).passed
    carbon, cost = again.plan.objectives
    status, *rest = summary_of(again, "en").lines
    assert any("for each objective below by itself; cost" in line for line in (status, rest[0]))
    lines = "\n".join(rest)
    assert f"objective 1, location-based emissions: {carbon.value:,.1f} kt CO2" in lines
    assert f"yearly cost (without accelerators): {cost.value:,.1f} million yuan" in lines
    assert f"with accelerators: {cost.recounted:,.1f}" in lines
    assert "目标 2，年成本 (不含加速卡)" in "\n".join(summary_of(again, "zh").lines)


def test_a_run_of_cost_says_no_more_than_before(tmp_path: Path) -> None:
    run = run_case(edited_case("tiny"), SolveOptions()).run
    # A run of an older version has no objectives, and the same summary.
    write_run(run, tmp_path)
    kept = {name: value for name, value in run.record.items() if name != "objectives"}
    write_record(kept, tmp_path)
    older = read_run(tmp_path)
    assert older.plan.objectives == ()
    assert summary_of(older, "en") == summary_of(run, "en")
    assert (run.record["objective"], run.record["boundary"]) == ("cost", "it")
    (item,) = run.plan.objectives
    assert item == ObjectiveValue(
        "cost", "it", "million yuan", run.plan.objective_million_yuan, run.plan.bound_million_yuan
    )
    assert set(run.record["options"]) == {
        *("gap_location", "time_limit", "solver", "threads", "seed", "relaxed", "whole"),
        "write_mps",
    }
    assert "objective 1" not in "\n".join(summary_of(run, "en").lines)
