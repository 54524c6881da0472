"""Rows of pools, and what they do to a plan: closed forms, enumeration, a second solver."""

from __future__ import annotations

import dataclasses
import itertools
import math
from pathlib import Path

import numpy as np
import pytest

from optimizer.inputs.case import Case, read_case
from optimizer.inputs.queueing import LARGE, SMALL
from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model, serving_everything
from optimizer.plan.plan import Plan, make_plan
from optimizer.plan.raw_solution import Status
from optimizer.plan.verify import verify_plan
from optimizer.solve.living import LivingModel
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from tests.helpers import copy_tiny, edit_rows, read_rows
from tests.inputs.pooled_case import MILLION_YUAN_PER_THOUSAND, pooled_case
from tests.inputs.small_case import SmallCase

BETA = 1.7398362717904803
BLOCKS = ("pool_open", "pool_load", "reserve")
ROWS = ("pool_link", "pool_once", "pool_hour", "pool_line", "pool_reserve")


def plan_of(case: Case, solver: str = "HiGHS") -> Plan:
    options = SolveOptions(gap_location=1e-9, solver=solver)
    solution = solve_model(build_model(case)[0], options).solution
    assert solution.status is Status.OPTIMAL
    plan = make_plan(case, solution)
    assert verify_plan(case, plan).violations == ()
    return plan


def line(point: float, load: float) -> float:
    return BETA / 2 / math.sqrt(point) * load + BETA / 2 * math.sqrt(point) + 2


def reserve(load: float) -> float:
    """Return the reserve of the pooled case in replicas: one pool expected at two sites."""
    return min(line(1000.0, load), line(1000.0 ** (1 / 3) * 500.0 ** (2 / 3), load))


def terms(model: LinearModel, row: int) -> dict[int, float]:
    entries = range(model.row_start[row], model.row_start[row + 1])
    return {int(model.column_of[k]): float(model.value[k]) for k in entries}


# Rows


def test_rows_of_a_pool() -> None:
    case = pooled_case().case()
    model, _sets = build_model(case)
    opened, load, held = (model.columns[name] for name in BLOCKS)
    share, busy = model.columns["share"], model.columns["busy"]
    assert opened.count == load.count == 4
    assert opened.index["line"].tolist() == [LARGE, SMALL] * 2
    assert held.count == 2
    assert model.integer[opened.slice].all()
    assert model.coarse[opened.slice].all()
    counts = {name: model.rows[name].count for name in ROWS}
    # The service is flat: of its hours one stands for all.
    assert counts == {
        "pool_link": 4,
        "pool_once": 2,
        "pool_hour": 2,
        "pool_line": 4,
        "pool_reserve": 2,
    }
    first = {name: terms(model, model.rows[name].start) for name in ROWS}
    assert first["pool_link"] == {share.start: 1.0, opened.start: -1.0, opened.start + 1: -1.0}
    assert first["pool_once"] == {opened.start: 1.0, opened.start + 1: 1.0}
    assert first["pool_hour"] == {busy.start: 1.0, load.start: -1.0, load.start + 1: -1.0}
    small = 1000.0 ** (1 / 3) * 500.0 ** (2 / 3)
    large_most, small_most = 1.0, math.sqrt(1000.0 * small) / 1e3
    assert first["pool_line"] == pytest.approx({load.start: 1.0, opened.start: -large_most})
    assert terms(model, model.rows["pool_line"].start + 1) == pytest.approx(
        {load.start + 1: 1.0, opened.start + 1: -small_most}
    )
    assert first["pool_reserve"] == pytest.approx(
        {
            held.start: 1.0,
            load.start: -BETA / 2 / math.sqrt(1000.0),
            load.start + 1: -BETA / 2 / math.sqrt(small),
            opened.start: -(BETA / 2 * math.sqrt(1000.0) + 2) / 1e3,
            opened.start + 1: -(BETA / 2 * math.sqrt(small) + 2) / 1e3,
        }
    )
    fleet = terms(model, model.rows["fleet"].start)
    assert fleet[held.start] == fleet[model.columns["busy_peak"].start] == 1.0


def test_a_share_within_reach_opens_the_whole_pool() -> None:
    case = pooled_case()
    # 30 ms for the network: 20 to the other site, 2 of access at most; reach is one or less.
    case.set("regions", {"region": "delta"}, access_rtt_p99_ms=12)
    case.set(
        "services",
        {"service": "chat"},
        target_ms=30,
        target_kind="end_to_end",
        compute_p99_ms=0,
    )
    read = case.case()
    model, sets = build_model(read)
    reach = read.derived.reach[sets.share.region, sets.share.service, sets.share.site]
    assert 0.0 < reach.min() < 1.0
    opened = model.columns["pool_open"]
    for number, row in enumerate(model.rows["pool_link"].ids.tolist()):
        here = opened.start + np.flatnonzero(opened.index["site"] == sets.share.site[number])
        expected = dict.fromkeys(here.tolist(), -reach[number])
        expected[model.columns["share"].start + number] = 1.0
        assert terms(model, row) == pytest.approx(expected)


def test_a_line_that_cannot_hold_is_left_out() -> None:
    case = pooled_case(east=0.9)
    # At home only: at most 100 at the plateau, far below the crossing.
    case.set("services", {"service": "chat"}, residency="province")
    opened = build_model(case.case())[0].columns["pool_open"]
    found = list(zip(opened.index["site"].tolist(), opened.index["line"].tolist(), strict=True))
    assert found == [(0, LARGE), (0, SMALL), (1, SMALL)]


def test_neutral_data_leave_the_model_as_it_was(tmp_path: Path) -> None:
    before, _sets = build_model(read_case("tiny"))
    folder = copy_tiny(tmp_path)
    edit_rows(
        folder,
        "services",
        lambda rows: [{**cells, "pool": "", "expected_pools": ""} for cells in rows],
    )
    edit_rows(
        folder,
        "parameters",
        lambda rows: [*rows, {**rows[0], "parameter": "wait_probability", "value": "0.05"}],
    )
    assert "pool" in read_rows(folder, "services")[0]
    after, _sets = build_model(read_case(folder))
    for field in dataclasses.fields(before):
        one, other = getattr(before, field.name), getattr(after, field.name)
        if isinstance(one, np.ndarray):
            assert np.array_equal(one, other), field.name
    assert {name: block.count for name, block in before.columns.items()} == {
        name: block.count for name, block in after.columns.items()
    }
    assert all(after.columns[name].count == 0 for name in BLOCKS)
    assert all(after.rows[name].count == 0 for name in ROWS)


# Plans


def cards_bought(plan: Plan) -> float:
    return float(plan.tables["accelerators"]["bought"].sum())


def test_one_site_holds_less_in_reserve_than_two() -> None:
    together = plan_of(pooled_case().case())
    apart_case = pooled_case()
    apart_case.set("services", {"service": "chat"}, residency="province")
    apart = plan_of(apart_case.case())
    assert len(together.tables["pools"]) == 1
    assert len(apart.tables["pools"]) == 2
    assert cards_bought(together) == pytest.approx(1000.0 + reserve(1000.0))
    assert cards_bought(apart) == pytest.approx(1000.0 + 2.0 * reserve(500.0))
    assert cards_bought(together) < cards_bought(apart) - 20.0
    assert together.cost() == pytest.approx(MILLION_YUAN_PER_THOUSAND * 1.0 + reserve(1000.0) / 50)
    pool = together.tables["pools"].iloc[0]
    assert pool["exact_servers"] == 1056
    assert pool["servers"] == pytest.approx(1000.0 + reserve(1000.0))
    assert apart.tables["pools"]["exact_servers"].tolist() == [540, 540]
    assert apart.tables["pools"]["line"].tolist() == ["small", "small"]


@pytest.mark.parametrize(("replica", "profile_peak"), [(1, 1.0), (4, 1.0), (1, 1.5), (4, 1.5)])
def test_reserve_is_that_of_the_peak_hour_in_replicas(replica: int, profile_peak: float) -> None:
    case = pooled_case()
    case.set("service_rates", {"service": "chat"}, accelerators_per_replica=replica)
    for cells in case.tables["profiles"]:
        cells["relative_load"] = profile_peak if int(str(cells["hour"])) < 12 else 2 - profile_peak
    load = 1000.0 * profile_peak / replica
    held = BETA * math.sqrt(load) + 2  # all at one site, where the line touches the rule
    plan = plan_of(case.case())
    assert plan.tables["pools"]["load_replicas"].tolist() == [pytest.approx(load)]
    assert plan.tables["pools"]["reserve_replicas"].tolist() == [pytest.approx(held)]
    assert cards_bought(plan) == pytest.approx((load + held) * replica)


def pulled_apart(yuan_per_million: float) -> SmallCase:
    """Return the case with 30 % of the demand in the west, and a price for the way across."""
    case = pooled_case(east=0.7)
    for region, site in (("delta", "plateau"), ("basin", "coast")):
        case.add("link_costs", region=region, site=site, yuan_per_million_requests=yuan_per_million)
    return case


@pytest.mark.parametrize("yuan", [0.0, 20.0, 40.0, 60.0, 80.0, 200.0])
def test_the_plan_is_the_best_of_all_assignments(yuan: float) -> None:
    # Reserve and way are concave in the shares: each region is served by one site.
    costs = []
    for east, west in itertools.product((0, 1), repeat=2):
        loads = [0.0, 0.0]
        loads[east] += 700.0
        loads[west] += 300.0
        cards = 1000.0 + sum(reserve(load) for load in loads if load > 0.0)
        crossing = 700.0 * (east == 1) + 300.0 * (west == 0)
        way = crossing * 31.536 * yuan / 1e6
        costs.append(cards / 1e3 * MILLION_YUAN_PER_THOUSAND + way)
    plan = plan_of(pulled_apart(yuan).case())
    assert plan.cost() == pytest.approx(min(costs), rel=1e-7)


def test_a_dear_way_splits_the_pool_later_than_without_reserve() -> None:
    # Crossing costs 0.28 million yuan, a second pool 0.5 million: without reserve nobody crosses.
    case = pulled_apart(30.0)
    assert len(plan_of(case.case()).tables["pools"]) == 1
    case.set("services", {"service": "chat"}, pool="", expected_pools="")
    sites = plan_of(case.case()).tables["placements"]["site"]
    assert sorted(sites) == ["coast", "plateau"]


def test_the_relaxation_is_below_the_plan_and_pays_for_open_pools() -> None:
    case = pulled_apart(60.0).case()
    model, _sets = build_model(case)
    relaxed = LivingModel(serving_everything(model)).solve()
    assert relaxed is not None
    best = plan_of(case).cost()
    assert relaxed.objective <= best + 1e-9
    # A link summed over regions would open 30 % of a pool for the smaller region.
    opened = model.columns["pool_open"]
    at_plateau = opened.index["site"] == 1
    share = model.columns["share"]
    served = relaxed.values[share.slice][share.index["site"] == 1].max()
    assert relaxed.values[opened.slice][at_plateau].sum() >= served - 1e-9


@pytest.mark.parametrize("yuan", [20.0, 60.0])
def test_a_second_solver_finds_the_same_cost(yuan: float) -> None:
    case = pulled_apart(yuan).case()
    assert plan_of(case, "COIN_CMD").cost() == pytest.approx(plan_of(case).cost(), rel=1e-7)


def test_a_reserve_falls_on_the_fleet_before_cards_are_bought() -> None:
    case = pooled_case()
    for site in ("coast", "plateau"):
        case.set("sites", {"site": site}, existing_it_mw=2, ai_ready_it_mw=2)
    case.set("fleet", {"site": "coast"}, installed=1040)
    plan = plan_of(case.case())
    assert cards_bought(plan) == pytest.approx(1000.0 + reserve(1000.0) - 1040.0)
    held = plan.tables["pool_reserves"]
    assert held["site"].tolist() == ["coast"]
    assert held["reserve_accelerators"].tolist() == [pytest.approx(reserve(1000.0))]


def test_idle_cards_do_not_swell_the_reserve() -> None:
    case = pooled_case()
    case.set("sites", {"site": "coast"}, existing_it_mw=5, ai_ready_it_mw=5)
    case.set("fleet", {"site": "coast"}, installed=4000)
    plan = plan_of(case.case())
    assert cards_bought(plan) == 0.0
    assert plan.tables["pools"]["reserve_replicas"].sum() == pytest.approx(
        sum(reserve(load) for load in plan.tables["pools"]["load_replicas"])
    )


def test_reserve_draws_idle_power_only() -> None:
    case = pooled_case()
    case.set("accelerators", {"accelerator": "card"}, idle_share=0.25)
    plan = plan_of(case.case())
    loads = plan.tables["loads"].set_index("profile")["mean_mw"]
    # 1,000 cards of 1 kW at work; all that are bought idle at a quarter of it.
    assert loads["flat"] == pytest.approx(0.75)
    assert loads["idle"] == pytest.approx((1000.0 + reserve(1000.0)) * 0.25 / 1e3)
