"""Shadow prices are what one more unit of a limit saves."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

from optimizer.inputs.case import Case
from optimizer.model.assembly import LinearModel
from optimizer.solve.living import LivingModel
from optimizer.solve.options import SolveOptions
from optimizer.solve.parts import with_integers_fixed
from optimizer.solve.prices import (
    PRICED_COLUMNS,
    PRICED_ROWS,
    Price,
    finite_difference,
    shadow_prices,
)
from optimizer.solve.run import solve_model
from optimizer.solve.stage import Solved
from tests.solve.edited_cases import NAMES, edited, model_of, solved, with_cells

STEP = 1e-4


def cost_with_limit(
    model: LinearModel, values: NDArray[np.float64], limit: Price, by: float
) -> float:
    """Return SciPy's optimum of the plan's LP with one limit eased by ``by``."""
    fixed = with_integers_fixed(model, values)
    matrix = csr_array((model.value, model.column_of, model.row_start), shape=model.shape).toarray()
    lower, upper = fixed.row_lower.copy(), fixed.row_upper.copy()
    highest = fixed.upper.copy()
    if not limit.is_row:
        highest[limit.number] += by
    elif np.isfinite(upper[limit.number]):
        upper[limit.number] += by
    else:
        lower[limit.number] -= by
    equal = lower == upper
    most, least = ~equal & np.isfinite(upper), ~equal & np.isfinite(lower)
    found = linprog(
        fixed.cost,
        A_ub=np.vstack([matrix[most], -matrix[least]]),
        b_ub=np.concatenate([upper[most], -lower[least]]),
        A_eq=matrix[equal],
        b_eq=lower[equal],
        bounds=list(zip(fixed.lower.tolist(), highest.tolist(), strict=True)),
        method="highs-ds",
    )
    assert found.status == 0
    assert found.fun is not None
    return float(found.fun)


def tight_hand(ceiling_mw: float) -> Case:
    """Return the hand case with a full link, a cap that costs something, and a low ceiling."""
    return edited(
        "hand",
        {
            "links": with_cells("link == 'main'", used_share=0.985, upgrade_maximum_steps=0),
            "sites": with_cells("site == 'plateau'", ceiling_mw=ceiling_mw),
            "policies": with_cells("policy == 'cap'", value=10),
        },
    )


CASES: Final[dict[str, Callable[[], Case]]] = {
    "tiny": lambda: edited("tiny"),
    "hand": lambda: edited("hand"),
    "hand with a full link": lambda: tight_hand(24),
    "hand with little power": lambda: tight_hand(22),
}


@pytest.fixture(scope="module", params=CASES)
def plan(request: pytest.FixtureRequest) -> Solved:
    return solved(CASES[request.param](), SolveOptions(gap_location=1e-7))


def test_price_is_the_saving_of_one_more_unit(plan: Solved) -> None:
    assert plan.values is not None
    prices = shadow_prices(plan.model, plan.values)
    assert len(prices) >= 3
    base = {
        by: [cost_with_limit(plan.model, plan.values, price, by) for price in prices]
        for by in (-STEP, 0.0, STEP)
    }
    for number, price in enumerate(prices):
        eased = (base[0.0][number] - base[STEP][number]) / STEP
        tightened = (base[-STEP][number] - base[0.0][number]) / STEP
        # Where the two differ, any price between them is a true one.
        assert eased - 1e-4 * price.saving - 1e-6 <= price.saving
        assert price.saving <= tightened + 1e-4 * price.saving + 1e-6
        assert finite_difference(plan.model, plan.values, price, STEP) == pytest.approx(
            eased, rel=1e-4, abs=1e-6
        )
        assert price.saving == pytest.approx(eased, rel=1e-4), price.block


def test_limits_without_a_price_save_nothing(plan: Solved) -> None:
    assert plan.values is not None
    priced = {(price.is_row, price.number) for price in shadow_prices(plan.model, plan.values)}
    free = [
        Price(name, {}, block.unit, 0.0, True, int(row))
        for name, block in plan.model.rows.items()
        if name in PRICED_ROWS or name.startswith("policy_")
        for row in block.ids
        if (True, int(row)) not in priced
    ] + [
        Price(name, {}, plan.model.columns[name].unit, 0.0, False, int(column))
        for name in PRICED_COLUMNS
        for column in plan.model.columns[name].ids
        if (False, int(column)) not in priced and np.isfinite(plan.model.upper[column])
    ]
    assert len(free) >= 5
    before = LivingModel(with_integers_fixed(plan.model, plan.values)).solve()
    assert before is not None
    for limit in free:
        after = cost_with_limit(plan.model, plan.values, limit, STEP)
        assert after == pytest.approx(before.objective, rel=1e-9), (limit.block, limit.number)


def test_tight_limits_of_every_kind_have_prices() -> None:
    blocks = set()
    for make in CASES.values():
        plan = solved(make(), SolveOptions(gap_location=1e-7))
        assert plan.values is not None
        for price in shadow_prices(plan.model, plan.values):
            assert price.saving > 0.0
            assert price.unit == {**plan.model.rows, **plan.model.columns}[price.block].unit
            blocks.add(price.block)
    assert {"supply", "ceiling", "used", "leased"} <= blocks
    assert len({block for block in blocks if block.startswith("policy_")}) >= 5


def test_prices_do_not_depend_on_how_often_they_are_asked_for() -> None:
    plan = solve_model(model_of("tiny"), SolveOptions())
    assert plan.values is not None
    assert shadow_prices(plan.model, plan.values) == shadow_prices(plan.model, plan.values)


@pytest.mark.parametrize("name", NAMES)
def test_an_edited_program_is_the_program_handed_over_anew(name: str) -> None:
    model = model_of(name)
    living = LivingModel(model)
    living.solve()
    random = np.random.default_rng(3)
    cost = model.cost * random.uniform(0.5, 2.0, len(model.cost))
    upper, row_upper = model.upper.copy(), model.row_upper.copy()
    column = int(model.columns["bought"].start)
    row = int(model.rows["ceiling"].start)
    upper[column] *= 0.5
    row_upper[row] *= 0.8
    living.set_costs(cost)
    living.set_column(column, float(model.lower[column]), float(upper[column]))
    living.set_row(row, float(model.row_lower[row]), float(row_upper[row]))
    edited_point = living.solve()
    fresh = LivingModel(
        dataclasses.replace(model, cost=cost, upper=upper, row_upper=row_upper)
    ).solve()
    assert edited_point is not None
    assert fresh is not None
    assert edited_point.objective == pytest.approx(fresh.objective, rel=1e-9)
    assert float(cost @ edited_point.values) == pytest.approx(edited_point.objective, rel=1e-9)


def test_an_impossible_edit_has_no_point_and_can_be_undone() -> None:
    model = model_of("hand")
    living = LivingModel(model)
    before = living.solve()
    row = int(model.rows["demand"].start)
    living.set_row(row, 3.0, 3.0)
    assert living.solve() is None
    living.set_row(row, 1.0, 1.0)
    after = living.solve()
    assert before is not None
    assert after is not None
    assert after.objective == pytest.approx(before.objective, rel=1e-9)
