"""Training runs: goodput, length, gangs, start months."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.errors import InputError
from optimizer.inputs.goodput import best_interval, goodput
from optimizer.inputs.training import (
    GangOptions,
    gang_goodput,
    month_shares,
    run_days,
    window_days,
)
from tests.inputs.small_case import SmallCase

MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def _daly(work: float, checkpoint: float, restart: float, mtbf: float) -> float:
    """Return work done over time taken when a checkpoint is written after each ``work``."""
    taken = mtbf * math.exp(restart / mtbf) * math.expm1((work + checkpoint) / mtbf)
    return work / taken


@pytest.mark.parametrize(
    ("checkpoint", "restart", "mtbf"),
    [(1.0, 0.0, 185.6), (1.0, 10.0, 185.6), (5.0, 3.0, 20.0), (30.0, 5.0, 10.0), (0.01, 0.0, 1.0)],
)
def test_goodput_is_the_best_of_all_intervals(
    checkpoint: float, restart: float, mtbf: float
) -> None:
    best = goodput(checkpoint, restart, mtbf)
    at = best_interval(checkpoint, mtbf)
    assert best == pytest.approx(_daly(at, checkpoint, restart, mtbf), rel=1e-12)
    tried = [_daly(at * factor, checkpoint, restart, mtbf) for factor in np.linspace(0.2, 3, 1000)]
    assert max(tried) <= best * (1 + 1e-12)
    assert max(tried) == pytest.approx(best, rel=1e-5)


@pytest.mark.parametrize("ratio", [1e-2, 1e-3, 1e-4, 1e-6])
def test_first_order_form_holds_for_short_checkpoints(ratio: float) -> None:
    # Young: t* = sqrt(2 c M), goodput = 1 - sqrt(2 c / M); what is left out is of order c / M.
    mtbf = 1000.0
    checkpoint = ratio * mtbf
    young = math.sqrt(2 * checkpoint * mtbf)
    assert abs(best_interval(checkpoint, mtbf) / young - 1) < 0.5 * math.sqrt(2 * ratio)
    assert abs(goodput(checkpoint, 0.0, mtbf) - (1 - math.sqrt(2 * ratio))) < 2 * ratio


def test_published_run_of_16384_cards() -> None:
    # 419 stops in 54 days: one every 3.09 h; with a checkpoint of a minute Young's rule says 19.3.
    mtbf_minutes = 54 * 24 * 60 / 419
    assert mtbf_minutes / 60 == pytest.approx(3.09, abs=0.005)
    assert math.sqrt(2 * mtbf_minutes) == pytest.approx(19.3, abs=0.05)
    assert best_interval(1.0, mtbf_minutes) == pytest.approx(18.6, abs=0.05)


@settings(deadline=None)
@given(
    checkpoint=st.floats(0.0, 1e3),
    restart=st.floats(0.0, 1e3),
    mtbf=st.floats(1.0, 1e6),
    longer=st.floats(1.0, 10.0),
)
def test_goodput_is_a_share_and_rises_with_reliability(
    checkpoint: float, restart: float, mtbf: float, longer: float
) -> None:
    share = goodput(checkpoint, restart, mtbf)
    assert 0.0 <= share <= 1.0
    assert goodput(checkpoint, restart, mtbf * longer) >= share * (1 - 1e-12)
    assert goodput(checkpoint * longer, restart, mtbf) <= share * (1 + 1e-12)
    assert goodput(checkpoint, restart * longer, mtbf) <= share * (1 + 1e-12)


def test_goodput_at_its_limits() -> None:
    assert goodput(1.0, 1.0, math.inf) == 1.0
    assert goodput(0.0, 0.0, 10.0) == 1.0
    assert goodput(0.0, 5.0, 10.0) == pytest.approx(math.exp(-0.5), rel=1e-15)
    # No jump where the checkpoint vanishes.
    assert goodput(1e-12, 5.0, 10.0) == pytest.approx(math.exp(-0.5), rel=1e-5)


def test_goodput_of_a_gang_counts_its_cards() -> None:
    card = {"failures_per_accelerator_day": 0.001}
    parameters = {"checkpoint_write_tb_per_s": 0.05, "restart_minutes": 10.0}
    # 2,000 cards fail twice a day: every 43,200 s; 3 TB at 0.05 TB/s take 60 s.
    assert gang_goodput(2000, 3.0, card, parameters) == goodput(60.0, 600.0, 43_200.0)
    assert gang_goodput(2000, 3.0, {"failures_per_accelerator_day": 0.0}, parameters) == 1.0


def test_length_of_a_run() -> None:
    # 8.64e22 FLOP at 1,000 * 100 TFLOPS * 0.5 * 0.8 = 4e16 FLOP/s take 2.16e6 s = 25 days.
    assert run_days(8.64e22, 1000, 100.0, 0.5, 0.8) == pytest.approx(25.0, rel=1e-12)


def test_windows_and_months() -> None:
    assert window_days(1, 12) == 365.0
    assert [window_days(month, month) for month in range(1, 13)] == MONTH_DAYS
    assert window_days(11, 12) == 61.0
    assert month_shares(11, 30.0).tolist() == [0.0] * 10 + [1.0, 0.0]
    # A run that crosses the year's end counts with the part inside.
    assert month_shares(12, 100.0).tolist() == [0.0] * 11 + [1.0]


@settings(deadline=None)
@given(start=st.integers(1, 12), days=st.floats(0.0, 400.0))
def test_month_shares_add_up_to_the_days_within_the_year(start: int, days: float) -> None:
    shares = month_shares(start, days)
    assert ((shares >= 0.0) & (shares <= 1.0)).all()
    left = sum(MONTH_DAYS[start - 1 :])
    assert shares @ np.array(MONTH_DAYS) == pytest.approx(min(days, left), abs=1e-9)
    assert not shares[: start - 1].any()


def _options(case: SmallCase) -> GangOptions:
    return case.case().derived.gangs


def _with_job(**cells: object) -> SmallCase:
    case = SmallCase()
    case.add("jobs", job="base", **cells)
    return case


def test_a_given_gang_is_taken_as_it_is() -> None:
    # 100 TFLOPS * 0.5 * 1,000 cards: 4.32e21 FLOP a day
    gangs = _options(
        _with_job(
            accelerators=1000,
            accelerator="card",
            flop=4.32e21 * 45,
            earliest_month=2,
            deadline_month=5,
        )
    )
    assert gangs.gang.tolist() == [1.0] * 3
    assert gangs.duration_days.tolist() == pytest.approx([45.0] * 3, rel=1e-12)
    assert gangs.goodput.tolist() == [1.0] * 3
    # February to May: 45 days from 1 February, 1 March and 1 April end in time.
    assert gangs.start_month.tolist() == [2, 3, 4]
    assert gangs.month_share[0].tolist() == pytest.approx([0, 1, 17 / 31] + [0] * 9)
    assert gangs.month_share[1].tolist() == pytest.approx([0, 0, 1, 14 / 30] + [0] * 8)


def test_a_run_that_ends_on_the_last_day_is_in_time() -> None:
    job = {"accelerators": 1000, "accelerator": "card", "earliest_month": 4, "deadline_month": 5}
    exact = _with_job(flop=4.32e21 * 61, **job)
    assert _options(exact).start_month.tolist() == [4]
    assert _options(_with_job(flop=4.32e21 * 31, **job)).start_month.tolist() == [4, 5]


def test_starts_step_through_the_months() -> None:
    case = _with_job(accelerators=1000, accelerator="card", flop=4.32e21, earliest_month=2)
    case.set("parameters", {"parameter": "job_start_step_months"}, value=3)
    assert _options(case).start_month.tolist() == [2, 5, 8, 11]


def test_the_smallest_gang_fills_the_window() -> None:
    # Without failures the year holds exactly 4.32e18 FLOP * 365 a card.
    gangs = _options(_with_job(flop=4.32e18 * 365 * 800))
    assert gangs.gang.tolist() == [0.8]
    assert gangs.duration_days.tolist() == pytest.approx([365.0], rel=1e-12)
    # One FLOP in a thousand more takes another server of eight.
    gangs = _options(_with_job(flop=4.32e18 * 365 * 800 * 1.001))
    assert gangs.gang.tolist() == [0.808]


def test_a_range_of_gangs_has_the_smallest_and_its_multiple() -> None:
    case = _with_job(flop=4.32e18 * 365 * 804)
    case.set("parameters", {"parameter": "gang_range_factor"}, value=2.5)
    gangs = _options(case)
    # 101 servers of 8, and 2.5 times as many cards: 2,020, rounded up to 253 servers
    assert sorted(set(gangs.gang.tolist())) == [0.808, 2.024]
    small, large = (gangs.duration_days[gangs.gang == size][0] for size in (0.808, 2.024))
    assert small / large == pytest.approx(2.024 / 0.808, rel=1e-12)
    assert sum(gangs.gang == 0.808) == 1
    # 145.3 days: the last start is 1 August.
    assert gangs.start_month[gangs.gang == 2.024].tolist() == list(range(1, 9))


@pytest.mark.parametrize("deadline", [3, 7, 12])
@pytest.mark.parametrize("failures", [0.0, 0.0004, 0.0015])
@pytest.mark.parametrize("flop", [3e20, 7.7e22, 1.3e24])
def test_no_smaller_gang_meets_the_window(flop: float, failures: float, deadline: int) -> None:
    case = _with_job(flop=flop, earliest_month=2, deadline_month=deadline, checkpoint_tb=20)
    case.set("accelerators", {"accelerator": "card"}, failures_per_accelerator_day=failures)
    case.set("parameters", {"parameter": "restart_minutes"}, value=10)
    parameters = {"checkpoint_write_tb_per_s": 1.0, "restart_minutes": 10.0}
    card = {"failures_per_accelerator_day": failures}
    window = window_days(2, deadline)

    def days(gang: int) -> float:
        share = gang_goodput(gang, 20.0, card, parameters)
        return run_days(flop, gang, 100.0, 0.5, share)

    servers = next(count for count in itertools.count(1) if days(8 * count) <= window)
    gangs = _options(case)
    assert gangs.gang[0] * 1000 == pytest.approx(8 * servers, rel=1e-12)
    assert gangs.duration_days[0] == pytest.approx(days(8 * servers), rel=1e-12)
    assert gangs.duration_days[0] <= window


def test_jobs_run_on_the_types_that_their_kind_lists() -> None:
    case = _with_job(kind="fine_tuning")
    case.add("accelerators", accelerator="other", bf16_dense_tflops=200)
    case.add("accelerator_supply", accelerator="other")
    case.add("accelerators", accelerator="third")
    case.add("training_rates", kind="fine_tuning", accelerator="card")
    case.add("training_rates", kind="fine_tuning", accelerator="other")
    gangs = _options(case)
    assert sorted(set(gangs.accelerator.tolist())) == [0, 1]
    case.set("jobs", {"job": "base"}, accelerator="other")
    assert set(_options(case).accelerator.tolist()) == {1}


def test_larger_gangs_lose_more_to_failures() -> None:
    case = _with_job(flop=4.32e18 * 365 * 8000)
    case.set("accelerators", {"accelerator": "card"}, failures_per_accelerator_day=0.001)
    case.set("parameters", {"parameter": "restart_minutes"}, value=10)
    case.set("parameters", {"parameter": "gang_range_factor"}, value=2)
    gangs = _options(case)
    small, large = gangs.gang.argmin(), gangs.gang.argmax()
    assert gangs.goodput[large] < gangs.goodput[small] < 1.0
    # So twice the cards take more than half the time, and more accelerator-hours.
    hours = gangs.gang * gangs.duration_days
    assert hours[large] > hours[small]


@pytest.mark.parametrize(
    ("checkpoint_tb", "restart_minutes"), [(100_000, 0), (0, 10_000)], ids=["checkpoint", "restart"]
)
def test_cards_that_never_finish_are_a_fault_of_the_job(
    checkpoint_tb: float, restart_minutes: float
) -> None:
    # A thousand cards that fail every day stop every 86 s; nothing is ever done in between.
    case = _with_job(accelerators=1000, accelerator="card", checkpoint_tb=checkpoint_tb)
    case.set("accelerators", {"accelerator": "card"}, failures_per_accelerator_day=1)
    case.set("parameters", {"parameter": "restart_minutes"}, value=restart_minutes)
    with pytest.raises(InputError) as caught:
        case.case()
    (fault,) = caught.value.faults
    assert fault.problem.en == "no gang on any accelerator finishes base within its months"
    assert (fault.file, fault.row, fault.column) == ("jobs.csv", 2, "deadline_month")
