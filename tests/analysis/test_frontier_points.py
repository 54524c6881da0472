"""Prices, knee and dominated points of a front, by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.analysis.frontier_points import FRONT_COLUMNS, front


def points(*rows: tuple[float, float, float], undone: tuple[float, ...] = ()) -> pd.DataFrame:
    """Return points of limit, cost and bound, loosest first."""
    work = undone or (0.0,) * len(rows)
    return pd.DataFrame(
        [
            {
                "point": number,
                "limit": limit,
                "value": limit,
                "cost_million_yuan": cost,
                "bound_million_yuan": bound,
                "location_cost_million_yuan": cost / 2,
                "undone_million_yuan": left,
                "plan_of": number,
                "verified": True,
                "relaxed": False,
            }
            for number, ((limit, cost, bound), left) in enumerate(
                zip(rows, work, strict=True), start=1
            )
        ]
    )


def test_prices_and_what_is_proved_of_them() -> None:
    found = front(points((100.0, 50.0, 49.0), (90.0, 54.0, 52.0), (80.0, 70.0, 69.0)))
    assert list(found.columns) == list(FRONT_COLUMNS)
    assert found["price_million_yuan_per_unit"].tolist()[1:] == [0.4, 1.6]
    assert found["least_price_million_yuan_per_unit"].tolist()[1:] == [0.2, 1.5]
    assert found["most_price_million_yuan_per_unit"].tolist()[1:] == [0.5, 1.8]
    assert math.isnan(found["price_million_yuan_per_unit"][0])
    assert found["gap_million_yuan"].tolist() == [1.0, 2.0, 1.0]
    # Half the way for a fifth of the cost: 0.5 - 4 / 20 = 0.3 below the line, its gap is 0.1.
    assert found["knee"].tolist() == [False, True, False]


def test_no_knee_where_the_gap_hides_it() -> None:
    found = front(points((100.0, 50.0, 50.0), (90.0, 59.0, 57.0), (80.0, 70.0, 70.0)))
    assert not found["knee"].any()


def test_a_cheaper_plan_of_a_tighter_limit_stands_for_the_looser_one() -> None:
    found = front(points((100.0, 50.0, 47.0), (90.0, 49.0, 48.5), (80.0, 70.0, 69.0)))
    assert found["cost_million_yuan"].tolist() == [49.0, 49.0, 70.0]
    assert found["plan_of"].tolist() == [2, 2, 3]
    assert found["value"].tolist() == [90.0, 90.0, 80.0]
    assert found["limit"].tolist() == [100.0, 90.0, 80.0]


def test_a_bound_holds_for_tighter_limits_too() -> None:
    found = front(points((100.0, 50.0, 49.5), (90.0, 51.0, 48.0)))
    assert found["bound_million_yuan"].tolist() == [49.5, 49.5]


def test_no_price_where_more_work_is_left_undone() -> None:
    found = front(
        points((30.0, 50.0, 50.0), (20.0, 52.0, 52.0), (10.0, 40.0, 40.0), undone=(0.0, 0.0, 7.0))
    )
    assert found["same_work"].tolist() == [True, True, False]
    assert found["price_million_yuan_per_unit"].tolist()[1] == pytest.approx(0.2)
    assert math.isnan(found["price_million_yuan_per_unit"][2])
    # The cheaper plan does less work: it stands for no other point.
    assert found["cost_million_yuan"].tolist() == [50.0, 52.0, 40.0]
    assert found["bound_million_yuan"].tolist() == [50.0, 52.0, 40.0]


@given(
    st.lists(
        st.tuples(st.floats(0.0, 1e4), st.floats(0.0, 10.0), st.floats(0.0, 10.0)),
        min_size=2,
        max_size=8,
    )
)
def test_cost_never_falls_and_prices_lie_between_what_is_proved(
    drawn: list[tuple[float, float, float]],
) -> None:
    # The true least cost rises along the front; plans lie above it and bounds below.
    least = 1.0 + np.cumsum([rise for rise, _over, _under in drawn])
    found = front(
        points(
            *(
                (100.0 - number, true + over, true - under)
                for number, (true, (_rise, over, under)) in enumerate(
                    zip(least.tolist(), drawn, strict=True)
                )
            )
        )
    )
    cost, bound = found["cost_million_yuan"].to_numpy(), found["bound_million_yuan"].to_numpy()
    assert (np.diff(cost) >= 0.0).all()
    assert (np.diff(bound) >= 0.0).all()
    assert (bound <= least).all()
    assert (least <= cost).all()
    price = found["price_million_yuan_per_unit"].to_numpy()[1:]
    assert (price >= found["least_price_million_yuan_per_unit"].to_numpy()[1:] - 1e-9).all()
    assert (price <= found["most_price_million_yuan_per_unit"].to_numpy()[1:] + 1e-9).all()
