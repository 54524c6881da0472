"""Typical days of seasons: the verifier gives each the months that the model gives it."""

from __future__ import annotations

import pytest

from optimizer.model.build import build_model
from optimizer.plan.plan import make_plan
from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify import verify_plan
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from tests.hour_case import TWO_PRICES, set_days, set_prices
from tests.inputs.small_case import SmallCase

SEASONS = {2: 89.0, 5: 123.0, 9: 153.0}
"""February to April, May to August, September to January."""


def seasonal(weights: dict[int, float]) -> SmallCase:
    """Return a case of a few typical days with a run of two months and metered demand."""
    case = SmallCase()
    set_days(case, weights)
    set_prices(case, TWO_PRICES, "EA", demand_charge_yuan_per_kw_month=40)
    case.add("parameters", parameter="demand_peak_factor", value=1.1)
    case.set("services", {"service": "chat"}, requests_per_s=2000)
    case.add("pins", workload="chat", site="coast", rule="must")
    case.add(
        "jobs",
        job="run",
        accelerators=500,
        accelerator="card",
        flop=2.5e16 * 86_400 * 40,
        earliest_month=3,
        deadline_month=7,
    )
    return case


def test_months_of_each_day() -> None:
    case = seasonal(SEASONS).case()
    facts = Recomputed(case.tables, case.year)
    months = {day: facts.months_of(day) for day in facts.days}
    assert months == {"m02": [2, 3, 4], "m05": [5, 6, 7, 8], "m09": [1, 9, 10, 11, 12]}
    # A run that fills half of April and no other month is active on a sixth of the first day.
    shares = [0.0] * 12
    shares[3] = 0.5
    assert facts.day_share("m02", shares) == 15.0 / 89.0
    assert facts.day_share("m05", shares) == 0.0


def test_only_day_stands_for_all_months() -> None:
    case = SmallCase().case()
    facts = Recomputed(case.tables, case.year)
    assert facts.months_of("year") == list(range(1, 13))


def test_plans_of_seasons_are_verified() -> None:
    case = seasonal(SEASONS).case()
    plan = make_plan(case, solve_model(build_model(case)[0], SolveOptions()).solution)
    assert verify_plan(case, plan).violations == ()
    # 2 MW of service all year; billed by the highest hour of three, four and five months.
    metered = plan.tables["metered_demand"].query("site == 'coast'").set_index("typical_day")
    for day, months in (("m02", 3), ("m05", 4), ("m09", 5)):
        million_yuan = float(metered["peak_mw"][day]) * 1.1 * 40e3 * months / 1e6
        assert metered["million_yuan"][day] == pytest.approx(million_yuan)
