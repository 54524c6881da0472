"""Numbers of the verifier at the ends of what it may be asked."""

from __future__ import annotations

import math

import pytest

from optimizer.plan.recompute import MONTH_DAYS, Recomputed
from tests.plan.solved_cases import SolvedCase, without


@pytest.fixture(scope="module")
def facts(every_block: SolvedCase) -> Recomputed:
    return Recomputed(every_block.case.tables, every_block.case.year)


def test_months_of_a_run(facts: Recomputed) -> None:
    shares = facts.month_shares(2, 28.0 + 15.5)
    assert shares == [0.0, 1.0, 0.5, *[0.0] * 9]
    assert facts.month_shares(1, math.inf) == [1.0] * 12


@pytest.mark.parametrize(("start_month", "active"), [(0, 31.0), (13, 0.0), (99, 0.0)])
def test_months_outside_the_year(facts: Recomputed, start_month: int, active: float) -> None:
    shares = facts.month_shares(start_month, 31.0)
    days = [share * length for share, length in zip(shares, MONTH_DAYS, strict=True)]
    assert sum(days) == pytest.approx(active, abs=1e-12)


def test_a_run_without_a_rate_never_ends(every_block: SolvedCase) -> None:
    tables = dict(every_block.case.tables)
    without("training_rates", kind="pretraining", accelerator="new_card")(tables)
    facts = Recomputed(tables, every_block.case.year)
    assert facts.utilisation("base", "new_card") is None
    assert facts.duration_days("base", "new_card", 4096) == math.inf


def test_a_gang_that_always_fails_never_ends(facts: Recomputed) -> None:
    assert facts.goodput("base", "new_card", 10**12) == 0.0
    assert facts.duration_days("base", "new_card", 10**12) == math.inf


def test_progress_without_failures_is_whole(facts: Recomputed) -> None:
    assert facts.goodput("base", "old_card", 4096) == 1.0


def test_power_that_stands(facts: Recomputed, every_block: SolvedCase) -> None:
    sites = every_block.case.tables["sites"].frame.set_index("site")
    for site, arrived in (("east_cluster", False), ("west_cluster", True)):
        assert (sites["under_construction_year"][site] <= every_block.case.year) == arrived
        coming = float(sites["under_construction_it_mw"][site]) if arrived else 0.0
        assert facts.standing_power(site) == sites["existing_it_mw"][site] + coming
        assert facts.free_power(site) == sites["ai_ready_it_mw"][site] + coming
