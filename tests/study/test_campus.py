"""One campus or several: the answer, its reason and its break-even ceiling."""

from __future__ import annotations

import functools
import math

import numpy as np
import pandas as pd
import pytest

from optimizer.inputs.case import Case
from optimizer.model.build import build_model
from optimizer.plan.campus_table import CAMPUSES
from optimizer.study.campus import (
    WITHIN,
    Side,
    campus_rows,
    run_power_mw,
    several_wins,
    solve_side,
    studied_job,
    winner,
    with_latest_deadline,
    with_site_power,
)
from tests.inputs.small_case import SmallCase, flat_tariff
from tests.inputs.split_case import line_case

CAPEX = 20_000.0


def campus_case(**job: object) -> SmallCase:
    """Return the line with 0.2 MW of power at each site and a run of 0.96 MW.

    New modules of 0.1 MW may be built up to 2 MW a site; the plateau has the cheapest power.
    """
    case = line_case(**job)
    case.add("parameters", parameter="campus_study", value=1)
    case.set("parameters", {"parameter": "split_efficiency_cap"}, value=0.98)
    prices = {"EA": 0.9, "WE": 0.3, "WW": 0.6}
    case.tables["tariffs"] = [
        cells for region, price in prices.items() for cells in flat_tariff(region, price)
    ]
    for site in ("coast", "plateau", "desert"):
        case.set(
            "sites",
            {"site": site},
            existing_it_mw=0.2,
            ai_ready_it_mw=0.2,
            build_limit_mw=1.8,
            capex_yuan_per_kw=CAPEX,
        )
    case.set("modules", {"module": "hall"}, it_mw=0.1)
    for link in ("trunk", "branch"):
        case.set("links", {"link": link}, lease_yuan_per_gbps_year=20)
    return case


def studied(case: SmallCase) -> pd.DataFrame:
    read = case.case()
    return campus_rows(read, build_model(read))


@functools.cache
def as_built() -> pd.DataFrame:
    """Return the findings of the case without a change, for all tests of it."""
    return studied(campus_case())


def finding(found: pd.DataFrame) -> dict[str, object]:
    (row,) = found.to_dict("records")
    assert row["verified"] is True
    return {str(name): value for name, value in row.items()}


def test_nothing_is_studied_unless_the_case_asks() -> None:
    whole = studied(campus_case(may_split=False))
    for frame, rows in ((as_built(), 1), (studied(line_case()), 0), (whole, 0)):
        assert list(frame.columns) == CAMPUSES.column_names
        assert len(frame) == rows
    silent = campus_case()
    silent.set("parameters", {"parameter": "campus_study"}, value=0)
    assert not len(studied(silent))


def test_the_run_of_most_power_is_studied() -> None:
    case = campus_case()
    cells = dict(case.one("jobs", job="wide"))
    case.tables["jobs"].append(cells | {"job": "larger", "accelerators": 1200})
    read = case.case()
    job = studied_job(read, build_model(read)[1])
    assert job is not None
    assert read.frame("jobs")["job"].iloc[job] == "larger"
    assert run_power_mw(read).max() == pytest.approx(1.2)


def test_one_campus_where_power_is_cheap() -> None:
    # 0.76 MW built at the plateau, in modules of 0.1: 0.8 MW. A split needs less new power, but
    # runs longer, on dearer power, and its circuits cost.
    row = finding(as_built())
    energy = 960 * 100 * 24 * 0.3
    build = 800 * CAPEX / 15
    assert row["one_million_yuan"] == pytest.approx((energy + build) / 1e6, rel=1e-9)
    one, several = row["one_million_yuan"], row["several_million_yuan"]
    assert isinstance(one, float)
    assert isinstance(several, float)
    assert (row["answer"], row["sites"], row["reason"]) == ("one", "plateau", "price")
    assert several > one
    assert row["extra_million_yuan"] == pytest.approx(several - one, rel=1e-12)
    assert row["run_mw"] == pytest.approx(0.96)
    assert row["largest_site_mw"] == pytest.approx(2.0)


def test_cheap_shells_leave_one_campus_and_a_break_even_at_its_power() -> None:
    case = campus_case()
    for site in ("coast", "plateau", "desert"):
        case.set("sites", {"site": site}, capex_yuan_per_kw=1)
    row = finding(studied(case))
    assert (row["answer"], row["sites"], row["reason"]) == ("one", "plateau", "price")
    # 0.2 MW stand and modules come by 0.1 MW: the run fits at one campus from 1.0 MW on.
    break_even = row["break_even_mw"]
    assert isinstance(break_even, float)
    assert 1.0 <= break_even <= 1.0 + WITHIN * 0.96 + 1e-9
    read = case.case()
    assert several_wins(with_site_power(read, 0.99), 0)
    assert not several_wins(with_site_power(read, break_even), 0)


def test_dear_shells_make_several_win_by_price_at_any_ceiling() -> None:
    case = campus_case()
    for site in ("coast", "plateau", "desert"):
        case.set(
            "sites",
            {"site": site},
            capex_yuan_per_kw=100_000,
            existing_it_mw=0.4,
            ai_ready_it_mw=0.4,
        )
    row = finding(studied(case))
    assert (row["answer"], row["reason"]) == ("several", "price")
    assert row["sites"] == "coast+desert+plateau"
    extra, break_even = row["extra_million_yuan"], row["break_even_mw"]
    assert isinstance(extra, float)
    assert isinstance(break_even, float)
    assert extra < 0.0
    assert math.isnan(break_even)


def test_small_sites_make_several_win_by_their_power() -> None:
    case = campus_case()
    for site in ("coast", "plateau", "desert"):
        case.set("sites", {"site": site}, build_limit_mw=0.4, capex_yuan_per_kw=1)
    row = finding(studied(case))
    assert (row["answer"], row["reason"]) == ("several", "power ceiling")
    assert row["sites"] == "desert+plateau"
    assert row["largest_site_mw"] == pytest.approx(0.6)
    one, break_even = row["one_million_yuan"], row["break_even_mw"]
    assert isinstance(one, float)
    assert isinstance(break_even, float)
    assert math.isnan(one)
    # With the ceiling raised everywhere 1.0 MW hold the run at the cheapest site.
    assert 1.0 <= break_even <= 1.0 + WITHIN * 0.96 + 1e-9


def test_a_near_deadline_makes_several_win_by_the_date() -> None:
    # In 120 days 800 cards do it alone, which 0.7 MW do not hold; in a year 268 do.
    case = campus_case(accelerators="", accelerator="", deadline_month=4)
    for site in ("coast", "plateau", "desert"):
        case.set(
            "sites",
            {"site": site},
            build_limit_mw=0.5,
            capex_yuan_per_kw=1,
            largest_gang=700,
        )
    row = finding(studied(case))
    assert (row["answer"], row["reason"]) == ("several", "date")


def test_the_answer_is_not_given_within_the_gaps() -> None:
    def side(undone: float, cost: float, bound: float) -> Side:
        return Side(undone, cost, bound, None)

    assert winner(side(0, 10, 9), side(0, 10.5, 10)) == "either"
    assert winner(side(0, 10, 10), side(0, 10.5, 10.5)) == "one"
    assert winner(side(0, 11, 11), side(0, 10.5, 10.5)) == "several"
    assert winner(side(1, 9, 9), side(0, 10.5, 10.5)) == "several"
    nothing = side(math.inf, math.inf, math.inf)
    assert winner(nothing, side(0, 10, 10)) == "several"
    assert winner(nothing, nothing) == "either"


def cluster_power(case: Case) -> pd.Series[float]:
    sites = case.frame("sites").set_index("site")
    return sites["ai_ready_it_mw"] + sites["build_limit_mw"]


def test_site_power_is_cut_and_raised_as_said() -> None:
    case = campus_case()
    case.set("sites", {"site": "coast"}, build_limit_mw=3)
    read = case.case()
    assert cluster_power(with_site_power(read, 2.5)).to_dict() == pytest.approx(
        {"coast": 2.5, "desert": 2.0, "plateau": 2.0}
    )
    assert cluster_power(with_site_power(read, 0.1)).to_dict() == pytest.approx(
        {"coast": 0.1, "desert": 0.1, "plateau": 0.1}
    )
    assert cluster_power(with_site_power(read, 5.0)).to_dict() == pytest.approx(
        {"coast": 5.0, "desert": 5.0, "plateau": 5.0}
    )
    # What the fleet takes stays.
    case.set("fleet", {"site": "coast"}, installed=150)
    assert cluster_power(with_site_power(case.case(), 0.1))["coast"] == pytest.approx(0.15)


def test_each_side_runs_as_it_says() -> None:
    read = campus_case().case()
    built = build_model(read)
    for several, block in ((False, "split_runs"), (True, "runs")):
        side = solve_side(built, 0, several=several)
        assert side.solved is not None
        assert side.undone == 0.0
        assert side.solved.solution.columns[block].values.max() == 0.0
        assert side.cost - side.bound <= 1e-6 * max(1.0, side.cost)
    assert np.isinf(solve_side(built, 1, several=True).undone)


def test_a_deadline_at_the_years_end_cannot_be_later() -> None:
    assert with_latest_deadline(campus_case().case(), 0) is None
    later = with_latest_deadline(campus_case(deadline_month=5).case(), 0)
    assert later is not None
    assert later.frame("jobs")["deadline_month"].tolist() == [12]
