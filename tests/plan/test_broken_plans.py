"""Plans with one wrong cell: the verifier names the rule that is broken, and where.

Each change of :mod:`tests.plan.broken` edits one cell of one table of a plan that passes.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

import optimizer.plan
from optimizer.plan.plan import Plan
from optimizer.plan.verify import verify_plan
from tests.plan.broken import CHANGES as OF_OTHER_BLOCKS
from tests.plan.broken import FORM_RULES, Change
from tests.plan.broken_hours import COST_TERMS as HOUR_TERMS
from tests.plan.broken_hours import HOUR_CHANGES
from tests.plan.broken_release import RELEASE
from tests.plan.broken_reliability import RELIABILITY
from tests.plan.broken_split import RULES_OF_OTHER_PLANS, SPLIT_CHANGES
from tests.plan.solved_cases import SolvedCase, with_value
from tests.plan.test_plans_of_periods import BROKEN as PERIOD_CHANGES

CHANGES = (*OF_OTHER_BLOCKS, *RELEASE, *RELIABILITY)
POLICY_PARTS = ("activity", "limit", "slack", "unit", "binding", "is written")
FOLDER = Path(optimizer.plan.__file__).resolve().parent


def rules_of(solved: SolvedCase, plan: Plan) -> set[str]:
    return {violation.rule for violation in verify_plan(solved.case, plan).violations}


def test_the_untouched_plan_passes(every_block: SolvedCase) -> None:
    assert rules_of(every_block, every_block.plan) == set()


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_one_wrong_cell_is_found(every_block: SolvedCase, change: Change) -> None:
    frame = every_block.plan.tables[change.table]
    row = change.row_in(frame)
    after = change.new_value(frame[change.column].tolist()[row])
    plan = with_value(every_block.plan, change.table, row, change.column, after)
    violations = verify_plan(every_block.case, plan).violations
    assert set(change.rules) <= {violation.rule for violation in violations}
    if change.national:
        return
    keys = {
        str(cells[key])
        for cells in (frame.iloc[row], plan.tables[change.table].iloc[row])
        for key in ("site", "link", "region", "job", "backup_site")
        if key in frame.columns
    }
    for rule in change.rules:
        if not rule.startswith("cost "):  # costs are summed over places
            places = [violation.place for violation in violations if violation.rule == rule]
            assert any(keys & set(place.split("|")) for place in places), (rule, places)


@pytest.mark.parametrize(
    ("name", "factor", "rules"),
    [
        ("objective_million_yuan", 1.001, {"objective"}),
        ("objective_million_yuan", 0.999, {"objective"}),
        ("bound_million_yuan", 1.01, {"bound"}),
    ],
)
def test_wrong_totals_are_found(
    every_block: SolvedCase, name: str, factor: float, rules: set[str]
) -> None:
    value = getattr(every_block.plan, name) * factor
    wrong = dataclasses.replace(every_block.plan, **{name: value})
    assert rules_of(every_block, wrong) == rules


def rules_in_the_source() -> Iterator[str]:
    """Yield every rule that the verifier states, a changing part as ``*``."""
    for path in sorted(FOLDER.glob("verify*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"equal", "at_most", "at_least", "holds", "whole", "none"}
            )
            if called and isinstance(node, ast.Call):
                rule = node.args[0]
                if isinstance(rule, ast.Constant):
                    yield str(rule.value)
                elif isinstance(rule, ast.JoinedStr):
                    yield "".join(
                        str(part.value) if isinstance(part, ast.Constant) else "*"
                        for part in rule.values
                    )


def test_every_rule_of_the_verifier_is_broken_once() -> None:
    changes = (*CHANGES, *SPLIT_CHANGES, *HOUR_CHANGES)
    broken = {rule for change in changes for rule in change.rules}
    broken |= {"objective", "bound"}
    # Broken where a plan states its objectives: test_objectives_of_plans.
    broken |= {f"objective {what}" for what in ("is known", "unit", "value", "bound", "held")}
    # Broken by leaving rows out: test_incomplete_plans.
    broken |= {"hours written"}
    broken |= RULES_OF_OTHER_PLANS
    # Broken where paths have a choice: test_several_paths.
    broken |= {"traffic is carried twice"}
    # Broken where a case has several periods: test_plans_of_periods.
    broken |= {rule for *_plan, rule in PERIOD_CHANGES.values()}
    broken |= {"periods of the plan", "weight of a period", "what is out stays out"}
    # Broken by the form of the tables: test_form_of_plans.
    broken |= FORM_RULES
    families = {"cost *": "cost ", "ledger *": "ledger ", "site *": "site "}
    families |= {f"* {what}": "policy " for what in POLICY_PARTS}
    families |= {"policy * has the row": "policy ", "* serving": "module serving"}
    stated = set(rules_in_the_source())
    assert len(stated) > 50
    for rule in stated:
        if rule in families:
            assert any(name.startswith(families[rule]) for name in broken), rule
        else:
            assert rule in broken, rule


def test_rules_on_the_form_are_apart() -> None:
    assert not FORM_RULES & {rule for change in CHANGES for rule in change.rules}
    assert set(rules_in_the_source()) >= FORM_RULES


def test_every_cost_term_and_policy_is_broken_once(every_block: SolvedCase) -> None:
    broken = {rule for change in CHANGES for rule in change.rules}
    for term in every_block.model.cost_terms:
        assert f"cost {term}" in broken
    by_hour = {rule for change in HOUR_CHANGES for rule in change.rules}
    for term in HOUR_TERMS:
        assert f"cost {term}" in by_hour
    for policy in set(every_block.plan.tables["policies"]["policy"]):
        for what in (*POLICY_PARTS, "has the row"):
            assert f"policy {policy} {what}" in broken
