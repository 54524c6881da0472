"""Regrets from costs, by hand and as properties."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from optimizer.analysis.regret_table import regrets, worst_cases

NAN = math.nan


def costs(
    table: dict[str, dict[str, float]], *, undone: dict[tuple[str, str], float] | None = None
) -> pd.DataFrame:
    """Return rows of costs; what is not a number has no plan."""
    return pd.DataFrame(
        [
            {
                "builds_of": one,
                "scenario": other,
                "status": "infeasible" if math.isnan(cost) else "optimal",
                "cost_million_yuan": cost,
                "bound_million_yuan": cost - 1.0,
                "location_cost_million_yuan": cost,
                "undone_million_yuan": NAN
                if math.isnan(cost)
                else (undone or {}).get((one, other), 0.0),
                "verified": not math.isnan(cost),
                "relaxed": False,
            }
            for one, row in table.items()
            for other, cost in row.items()
        ]
    )


def matrix(table: pd.DataFrame, column: str = "regret_million_yuan") -> list[list[float]]:
    names = list(dict.fromkeys(table["builds_of"]))
    found = table.pivot_table(
        index="builds_of", columns="scenario", values=column, dropna=False, aggfunc="first"
    )
    rows: list[list[float]] = found.reindex(index=names, columns=names).to_numpy().tolist()
    return rows


def test_regret_is_the_cost_above_the_own_plan() -> None:
    found = regrets(costs({"a": {"a": 10.0, "b": 25.0}, "b": {"a": 14.0, "b": 20.0}}))
    assert matrix(found) == [[0.0, 5.0], [4.0, 0.0]]
    # The bound of the other plan lies one below: so much is proved.
    assert matrix(found, "least_regret_million_yuan") == [[0.0, 4.0], [3.0, 0.0]]
    assert found["taken_from"].tolist() == [""] * 4


def test_better_builds_are_taken_over_with_all_they_lead_to() -> None:
    # Found within a gap, the modules of a turn out better for b than its own.
    found = regrets(costs({"a": {"a": 10.0, "b": 19.0}, "b": {"a": 14.0, "b": 20.0}}))
    assert matrix(found) == [[0.0, 0.0], [0.0, 0.0]]
    assert found["taken_from"].tolist() == ["", "", "a", "a"]
    assert found["cost_million_yuan"].tolist() == [10.0, 19.0, 10.0, 19.0]


def test_more_work_undone_is_no_saving() -> None:
    found = regrets(
        costs({"a": {"a": 10.0, "b": 5.0}, "b": {"a": 14.0, "b": 20.0}}, undone={("a", "b"): 3.0})
    )
    assert math.isnan(matrix(found)[0][1])
    assert matrix(found, "more_undone_million_yuan") == [[0.0, 3.0], [0.0, 0.0]]
    worst = worst_cases(found)
    assert worst["builds_of"].tolist() == ["b", "a"]
    assert worst["worst_scenario"].tolist() == ["a", "b"]
    assert worst["worst_undone_million_yuan"].tolist() == [0.0, 3.0]


def test_builds_without_a_plan_come_last() -> None:
    found = regrets(costs({"a": {"a": 10.0, "b": NAN}, "b": {"a": 30.0, "b": 20.0}}))
    worst = worst_cases(found)
    assert worst["builds_of"].tolist() == ["b", "a"]
    assert worst["everywhere"].tolist() == [True, False]
    assert worst["worst_scenario"].tolist() == ["a", "b"]
    assert worst["worst_regret_million_yuan"].tolist() == [20.0, 0.0]


@given(st.lists(st.lists(st.integers(1, 60), min_size=4, max_size=4), min_size=4, max_size=4))
def test_no_regret_is_negative_and_the_own_is_zero(drawn: list[list[int]]) -> None:
    names = "abcd"
    table = {
        one: {other: float(cost) for other, cost in zip(names, row, strict=True)}
        for one, row in zip(names, drawn, strict=True)
    }
    found = matrix(regrets(costs(table)))
    assert np.diag(np.array(found)).tolist() == [0.0] * 4
    assert float(np.min(found)) >= 0.0
    # The least in each column is what its scenario costs in the end.
    least = [min(row[column] for row in drawn) for column in range(4)]
    costs_found = matrix(regrets(costs(table)), "cost_million_yuan")
    assert np.diag(np.array(costs_found)).tolist() == [float(cost) for cost in least]
