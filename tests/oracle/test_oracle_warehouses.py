"""A published facility-location instance, told as a neutral case by data alone.

CSPLib problem 034: ten stores, five warehouses of a few stores each, 30 to open one; each store
is served by one warehouse. Its optimum, 383, is published. In the case a store is a region with
1,000 million requests a year, a warehouse is a site with one room, a thousand yuan for a million
requests is one of cost, and everything else is free.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from optimizer.inputs.case import Case, read_case
from optimizer.model.build import build_model
from optimizer.plan.raw_solution import RawSolution, Status
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model

CASES = Path(__file__).resolve().parent / "cases"
WAREHOUSES = CASES / "warehouses"
SPLIT = CASES / "warehouses_split.yaml"
HALF_MORE = CASES / "warehouses_half_more.yaml"

CAPACITY = [1.0, 4.0, 2.0, 1.0, 3.0]
OPENING = 30.0
COST = np.array(
    [
        [20, 24, 11, 25, 30],
        [28, 27, 82, 83, 74],
        [74, 97, 71, 96, 70],
        [2, 55, 73, 69, 61],
        [46, 96, 59, 83, 4],
        [42, 22, 29, 67, 59],
        [1, 5, 73, 59, 56],
        [10, 73, 13, 43, 96],
        [93, 35, 63, 85, 46],
        [47, 65, 55, 71, 95],
    ],
    dtype=float,
)
PUBLISHED = 383.0


def facility_location(capacity: list[float], *, single: bool) -> float:
    """Return the optimum of the textbook program: x[store, warehouse], then open[warehouse]."""
    stores, warehouses = COST.shape
    cost = np.concatenate([COST.ravel(), np.full(warehouses, OPENING)])
    served = np.zeros((stores, len(cost)))
    held = np.zeros((warehouses, len(cost)))
    linked = np.zeros((stores * warehouses, len(cost)))
    for store in range(stores):
        for warehouse in range(warehouses):
            column = store * warehouses + warehouse
            served[store, column] = held[warehouse, column] = linked[column, column] = 1.0
            linked[column, stores * warehouses + warehouse] = -1.0
    for warehouse in range(warehouses):
        held[warehouse, stores * warehouses + warehouse] = -capacity[warehouse]
    whole = np.concatenate([np.full(stores * warehouses, float(single)), np.ones(warehouses)])
    found = milp(
        cost,
        constraints=[
            LinearConstraint(served, 1.0, 1.0),
            LinearConstraint(held, -np.inf, 0.0),
            LinearConstraint(linked, -np.inf, 0.0),
        ],
        integrality=whole,
        bounds=Bounds(0.0, 1.0),
        options={"mip_rel_gap": 0.0},
    )
    assert found.status == 0
    return float(found.fun)


def solved(case: Case) -> RawSolution:
    return solve_model(build_model(case)[0], SolveOptions(gap_location=1e-9)).solution


def served_by(solution: RawSolution) -> tuple[list[int], list[int], list[float]]:
    """Return store, warehouse and share of every delivery."""
    share = solution.columns["share"]
    made = share.values > 1e-6
    stores, warehouses = share.index["region"][made], share.index["site"][made]
    return stores.tolist(), warehouses.tolist(), share.values[made].tolist()


def test_the_folder_holds_the_published_instance() -> None:
    case = read_case(WAREHOUSES)
    costs = case.frame("link_costs").pivot_table(
        index="region", columns="site", values="yuan_per_million_requests"
    )
    assert np.array_equal(costs.to_numpy() / 1000.0, COST)
    sites = case.frame("sites")
    assert sites["ceiling_mw"].tolist() == CAPACITY
    assert sites["fixed_cost_million_yuan_per_year"].tolist() == [OPENING] * 5
    # A store is 1,000 million requests a year and fills 1 MW, so that cost and room count stores.
    assert case.derived.demand.requests[:, 0] * 365 == pytest.approx(np.full(10, 1000.0))
    model, sets = build_model(case)
    thousand_cards = case.derived.demand.requests[0, 0] * 1e6 / 86_400 / 1000
    assert case.derived.hardware.maximum_kw[0] * thousand_cards == pytest.approx(1.0)
    assert len(sets.share.site) == 50
    # Nothing but service and opening costs anything.
    priced = {name for name, cost in model.cost_terms.items() if np.abs(cost).max() > 0.0}
    assert priced == {"service_links", "site_opening"}


def test_single_sourcing_gives_the_published_optimum() -> None:
    solution = solved(read_case(WAREHOUSES))
    assert facility_location(CAPACITY, single=True) == pytest.approx(PUBLISHED)
    assert solution.status is Status.OPTIMAL
    assert solution.unserved_value == 0.0
    assert solution.objective == pytest.approx(PUBLISHED, rel=1e-6)
    assert solution.bound == pytest.approx(PUBLISHED, rel=1e-6)
    stores, warehouses, shares = served_by(solution)
    assert stores == list(range(10))
    assert shares == [1.0] * 10
    held = Counter(warehouses)
    assert all(held[warehouse] <= CAPACITY[warehouse] for warehouse in held)
    assert COST[stores, warehouses].sum() + OPENING * len(held) == PUBLISHED


def test_splitting_gains_nothing_where_all_counts_are_whole() -> None:
    # Transport between whole numbers has a whole optimum.
    case = read_case(WAREHOUSES, [SPLIT])
    assert not case.frame("services")["single_source"].any()
    model, _sets = build_model(case)
    assert not model.integer[model.columns["share"].slice].any()
    assert facility_location(CAPACITY, single=False) == pytest.approx(PUBLISHED)
    assert solved(case).objective == pytest.approx(PUBLISHED, rel=1e-6)


def test_splitting_gains_where_a_warehouse_holds_half_a_store() -> None:
    capacity = [1.5 * room for room in CAPACITY]
    single, split = (facility_location(capacity, single=single) for single in (True, False))
    assert split < single - 1.0
    whole = solved(read_case(WAREHOUSES, [HALF_MORE]))
    parts = solved(read_case(WAREHOUSES, [SPLIT, HALF_MORE]))
    assert whole.objective == pytest.approx(single, rel=1e-6)
    assert parts.objective == pytest.approx(split, rel=1e-6)
    _stores, _warehouses, shares = served_by(parts)
    assert any(0.01 < share < 0.99 for share in shares)


def test_more_room_is_worth_what_the_instance_says() -> None:
    # One store's room more at warehouse 0, by the textbook program and by the case.
    more = facility_location([2.0, *CAPACITY[1:]], single=True)
    assert more < PUBLISHED
    model, _sets = build_model(read_case(WAREHOUSES))
    upper = model.row_upper.copy()
    upper[model.rows["ceiling"].start] = 2.0
    larger = dataclasses.replace(model, row_upper=upper)
    solution = solve_model(larger, SolveOptions(gap_location=1e-9)).solution
    assert solution.objective == pytest.approx(more, rel=1e-6)
