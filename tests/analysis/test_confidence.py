"""How sure the figures are that the cost of a plan rests on."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer import write_report
from optimizer.analysis.confidence import cost_by_confidence
from optimizer.labels import CONFIDENCES, COST_TERMS
from tests.plan.solved_cases import SolvedCase, solved_case, with_table
from tests.shared_runs import run_of


def test_shares_sum_to_one(solved: SolvedCase) -> None:
    shares = cost_by_confidence(solved.case, solved.plan)
    assert list(shares) == list(CONFIDENCES)
    assert sum(shares.values()) == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("term", sorted(set(COST_TERMS) - {"accelerators"}))
def test_every_cost_term_has_a_price_with_a_grade(term: str) -> None:
    """A plan that pays one term at one place rests on one grade; accelerators stay."""
    solved = solved_case("hours")
    costs = solved.plan.tables["costs"].head(1).copy()
    link = solved.case.frame("links")["link"].iloc[0]
    site = solved.case.frame("sites")["site"].iloc[0]
    costs["term"] = term
    costs["place"] = link if term.startswith("network_") else site
    costs["million_yuan"] = 1e9
    shares = cost_by_confidence(solved.case, with_table(solved.plan, "costs", costs))
    assert max(shares.values()) > 0.999


def test_a_run_by_the_hour_is_written_whole(tmp_path: Path) -> None:
    run = write_report(run_of("hours"), tmp_path / "run")
    summary = (tmp_path / "run" / "summary_en.md").read_text(encoding="utf-8")
    for term in ("own generation", "batteries", "charges on own power"):
        assert f"| {term} |" in summary
    assert run.record["verified"]
