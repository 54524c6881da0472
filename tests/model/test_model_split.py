"""The block of runs over several sites: its coefficients, and its optimum worked out by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from optimizer.inputs.case import Case
from optimizer.model.assembly import Block, LinearModel
from optimizer.model.build import build_model
from optimizer.plan.plan import make_plan
from optimizer.plan.verify import verify_plan
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from tests.inputs.small_case import SmallCase, flat_tariff
from tests.inputs.split_case import SPLIT_PARAMETERS, line_case

EXACT = SolveOptions(gap_location=1e-9)
PRICES = {"EA": 0.9, "WE": 0.3, "WW": 0.6}
SITE_PRICE = (0.9, 0.6, 0.3)  # coast, desert, plateau
LEASE = {"trunk": 50_000.0, "branch": 150_000.0}


def priced_case(**job: object) -> SmallCase:
    """Return the case of a line in which no site holds the whole gang, with prices."""
    case = line_case(dataset_tb=10_000, **job)
    case.tables["tariffs"] = [
        cells for region, price in PRICES.items() for cells in flat_tariff(region, price)
    ]
    for site in ("coast", "plateau", "desert"):
        case.set("sites", {"site": site}, largest_gang=700)
    for link, lease in LEASE.items():
        case.set("links", {"link": link}, lease_yuan_per_gbps_year=lease)
    return case


def entries(model: LinearModel, row: int) -> dict[int, float]:
    """Return the coefficients of one row by column."""
    span = slice(int(model.row_start[row]), int(model.row_start[row + 1]))
    return dict(zip(model.column_of[span].tolist(), model.value[span].tolist(), strict=True))


def row_of(block: Block, **index: int) -> int:
    """Return the row of a block with some index."""
    chosen = np.ones(block.count, dtype=bool)
    for name, value in index.items():
        chosen &= block.index[name] == value
    (number,) = np.flatnonzero(chosen)
    return block.start + int(number)


def same(one: LinearModel, other: LinearModel) -> bool:
    """Return whether two models have the same columns, rows and matrix."""
    names = [field.name for field in dataclasses.fields(LinearModel)]
    arrays = [name for name in names if isinstance(getattr(one, name), np.ndarray)]
    return (
        len(arrays) == 13
        and list(one.columns) == list(other.columns)
        and list(one.rows) == list(other.rows)
        and all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays)
    )


def test_without_data_the_model_is_that_of_runs_at_one_site() -> None:
    plain = line_case(may_split=False, step_flop="", gradient_gbit="")
    plain.tables["parameters"] = [
        cells for cells in plain.tables["parameters"] if cells["parameter"] not in SPLIT_PARAMETERS
    ]
    base = build_model(plain.case())[0]
    assert not {"split_runs", "reserved"} & set(base.columns)
    assert "ring" not in base.rows
    for cells in (
        {"may_split": False},
        {"step_flop": "", "gradient_gbit": ""},
        {"sync_scheme": "low_communication", "may_split": False},
    ):
        assert same(base, build_model(line_case(**cells).case())[0])
    # Also where every way to split is too slow.
    late = line_case()
    late.set("parameters", {"parameter": "split_efficiency_floor"}, value=1.0)
    assert same(base, build_model(late.case())[0])
    assert not same(base, build_model(line_case().case())[0])


def test_coefficients() -> None:
    case = priced_case().case()
    model, sets = build_model(case)
    splits = case.derived.splits
    runs, reserved = model.columns["split_runs"], model.columns["reserved"]
    assert sets.split.tolist() == list(range(len(splits.job)))
    assert model.integer[runs.slice].all()
    assert (model.upper[runs.slice] == 1.0).all()
    job = entries(model, model.rows["job"].start)
    assert {job[column] for column in runs.ids.tolist()} == {1.0}
    # 320 cards of 1 kW at the coast, 640 on the plateau, 1.6 Tbit/s, from January.
    column = next(
        int(number)
        for number in range(len(splits.job))
        if splits.bandwidth_gbps[number] == 1600.0
        and splits.start_month[number] == 1
        and dict(
            zip(
                splits.part_site[splits.part_column == number].tolist(),
                splits.part_gang[splits.part_column == number].tolist(),
                strict=True,
            )
        )
        == {0: 0.32, 2: 0.64}
    )
    at = runs.start + column
    for site, gang in ((0, 0.32), (2, 0.64)):
        fleet = entries(model, row_of(model.rows["fleet"], site=site, month=4))
        assert fleet[at] == pytest.approx(gang)
        training = case.derived.profiles.training[0]
        balance = entries(model, row_of(model.rows["balance"], site=site, profile=int(training)))
        days = 100.0 * (1.0 + 0.5 * 400 / 1600 + 2000 * 5e-6)
        assert balance[at] == pytest.approx(-gang * days / 365.0, rel=1e-12)
    trunk = case.frame("links")["link"].tolist().index("trunk")
    ring = entries(model, row_of(model.rows["ring"], link=trunk))
    assert ring[at] == pytest.approx(-3.2)  # both sides of the ring, Tbit/s
    link = entries(model, row_of(model.rows["link"], link=trunk))
    place = int(np.flatnonzero(reserved.index["link"] == trunk)[0])
    assert link[reserved.start + place] == 1000.0
    # Two thirds of the data set cross the trunk within ten days; the coast has the rest.
    whole = 10_000 * 8e3 / (10 * 86_400)
    assert link[at] == pytest.approx(whole * 2 / 3, rel=1e-12)
    assert model.value.min() >= -1e4
    assert np.abs(model.value).max() <= 1e4


def least_by_hand(case: Case) -> float:
    """Return the least yearly cost over all columns, in million yuan, each reckoned alone.

    Power and cards cost nothing; a card at work takes 1 kW.
    """
    splits = case.derived.splits
    links = case.frame("links")["link"].tolist()
    costs = []
    for column in range(len(splits.job)):
        parts = {
            int(site): float(gang) * 1e3
            for site, gang in zip(
                splits.part_site[splits.part_column == column],
                splits.part_gang[splits.part_column == column],
                strict=True,
            )
        }
        gbps = float(splits.bandwidth_gbps[column])
        count = len(parts)
        far = 0 in parts and 1 in parts  # over both links
        kilometres = 4000.0 if far else 2000.0
        step = 1.0 + (1 - 1 / count) * 400 / gbps + kilometres * 5e-6
        hours = 100.0 * 24.0 * step
        cost = sum(cards * hours * SITE_PRICE[site] for site, cards in parts.items())
        held = dict.fromkeys(links, 0.0)
        for link in ("trunk", "branch") if far else ("trunk",) if 0 in parts else ("branch",):
            held[link] += 2.0 * gbps
        whole = 10_000 * 8e3 / (10 * 86_400)
        for site, cards in parts.items():
            for link in {0: (), 1: ("trunk", "branch"), 2: ("trunk",)}[site]:
                held[link] += whole * cards / 960
        cost += sum(rate * LEASE[link] for link, rate in held.items())
        costs.append(cost / 1e6)
    return min(costs)


@pytest.mark.parametrize("solver", ["HiGHS", "COIN_CMD"])
@pytest.mark.parametrize("lease", [1.0, 1e-4, 0.0])
def test_optimum_is_the_cheapest_column(
    solver: str, lease: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    for link, yearly in tuple(LEASE.items()):
        monkeypatch.setitem(LEASE, link, yearly * lease)
    case = priced_case().case()
    model, _sets = build_model(case)
    options = dataclasses.replace(EXACT, solver=solver)
    solved = solve_model(model, options)
    assert solved.solution.objective == pytest.approx(least_by_hand(case), rel=1e-7)
    plan = make_plan(case, solved.solution)
    assert verify_plan(case, plan).violations == ()
    (run,) = plan.tables["split_runs"].to_dict("records")
    # Dear links: little bandwidth. Links for nothing: all there is, for the shorter run.
    assert run["bandwidth_tbps"] == {1.0: 0.4, 1e-4: 1.6, 0.0: 25.6}[lease]


def test_pins_and_residency_reach_the_parts() -> None:
    case = priced_case()
    case.add("pins", workload="wide", site="coast", rule="never")
    barred = case.case()
    _model, sets = build_model(barred)
    splits = barred.derived.splits
    assert 0 < len(sets.split) < len(splits.job)
    kept = np.isin(splits.part_column, sets.split)
    assert 0 not in splits.part_site[kept]
    case.set("pins", {"site": "coast"}, rule="must")
    assert not len(build_model(case.case())[1].split)
    resident = priced_case(residency="province")
    assert not len(build_model(resident.case())[1].split)


def test_minimum_share_and_moving_cost_count_parts() -> None:
    case = priced_case()
    case.add("pins", workload="wide", site="coast", rule="minimum_share", value=0.6)
    case.add("pins", workload="wide", site="plateau", rule="moving_cost", value=3.0)
    read = case.case()
    solution = solve_model(build_model(read)[0], EXACT).solution
    plan = make_plan(read, solution)
    assert verify_plan(read, plan).violations == ()
    parts = plan.tables["split_parts"].set_index("site")["gang"]
    assert parts["coast"] >= 0.6 * 960
    assert plan.cost("moving") == pytest.approx(3.0 * parts.get("plateau", 0) / 960, abs=1e-12)


def test_two_runs_share_a_fleet_in_turn_but_not_at_once() -> None:
    """Parts hold cards only while their run is active."""

    def bought(earliest: int) -> float:
        case = priced_case(deadline_month=6)
        case.set("accelerators", {"accelerator": "card"}, price_yuan=100_000)
        cells = dict(case.one("jobs", job="wide"))
        case.tables["jobs"].append(
            cells | {"job": "next", "earliest_month": earliest, "deadline_month": earliest + 5}
        )
        read = case.case()
        plan = make_plan(read, solve_model(build_model(read)[0], EXACT).solution)
        assert verify_plan(read, plan).violations == ()
        return float(plan.tables["accelerators"]["bought"].sum())

    assert bought(7) == pytest.approx(960.0)
    assert bought(1) == pytest.approx(2 * 960.0)
