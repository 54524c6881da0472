"""The assembly collects coefficients as sparse matrices do, and forgets no row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, csr_array

from optimizer.inputs.case import read_case
from optimizer.model.assembly import Assembly, LinearModel
from optimizer.model.build import (
    UNSERVED_HELD,
    build_model,
    holding_unserved,
    serving_everything,
    serving_most,
    with_row,
)
from optimizer.solve.living import LivingModel
from tests.model.golden_cases import HAND


@pytest.fixture(scope="module")
def hand() -> LinearModel:
    return build_model(read_case(HAND))[0]


def two_blocks(columns: int, rows: int) -> Assembly:
    assembly = Assembly()
    assembly.add_columns("column", {"number": np.arange(columns)}, "1")
    assembly.add_rows("row", {"number": np.arange(rows)}, "1", upper=1.0)
    return assembly


entries = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.integers(0, 6),
        st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0]),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(entries)
def test_matrix_is_the_sum_of_what_was_put(given_entries: list[tuple[int, int, float]]) -> None:
    assembly = two_blocks(7, 6)
    for row, column, value in given_entries:
        assembly.put(np.array([row]), np.array([column]), value)
    model = assembly.finish()
    dense = np.zeros((6, 8))
    for row, column, value in given_entries:
        dense[row, column] += value
    never_put = sorted(set(range(6)) - {row for row, _column, _value in given_entries})
    dense[never_put, 7] = 1.0  # the column fixed at zero keeps the row in the problem
    built = csr_array((model.value, model.column_of, model.row_start), shape=(6, 8))
    assert np.array_equal(built.toarray(), dense)
    assert (model.value != 0.0).all()
    for row in range(6):
        columns = model.column_of[model.row_start[row] : model.row_start[row + 1]]
        assert (np.diff(columns) > 0).all()
    point = np.arange(1.0, 9.0)
    assert model.activity(point) == pytest.approx(dense @ point, abs=1e-12)


def test_put_broadcasts_and_keeps_many_entries_apart() -> None:
    random = np.random.default_rng(0)
    rows, columns = random.integers(0, 50, 2000), random.integers(0, 40, 2000)
    values = random.integers(-3, 4, 2000).astype(float)
    assembly = two_blocks(40, 50)
    assembly.put(rows, columns, values)
    assembly.put(np.arange(40), np.arange(40), 5.0)
    model = assembly.finish()
    expected = coo_array((values, (rows, columns)), shape=(50, 41)).toarray()
    expected[np.arange(40), np.arange(40)] += 5.0
    built = csr_array((model.value, model.column_of, model.row_start), shape=(50, 41))
    assert np.array_equal(built.toarray(), expected)


def test_empty_row_that_cannot_hold_is_infeasible_not_forgotten() -> None:
    assembly = two_blocks(2, 1)
    assembly.put(np.array([0]), np.array([0]), 1.0)
    assembly.add_rows("minimum", {"number": np.arange(1)}, "1", lower=1.0)
    model = assembly.finish()
    assert model.shape == (2, 3)
    assert model.column_of[model.row_start[1] :].tolist() == [2]
    assert (model.lower[2], model.upper[2]) == (0.0, 0.0)
    assert LivingModel(model).solve() is None


def test_names_are_given_once() -> None:
    assembly = two_blocks(1, 1)
    with pytest.raises(ValueError, match="column"):
        assembly.add_columns("column", {"number": np.arange(1)}, "1")
    with pytest.raises(ValueError, match="row"):
        assembly.add_rows("row", {"number": np.arange(1)}, "1")


def test_index_of_unequal_lengths_is_refused() -> None:
    with pytest.raises(ValueError, match="site"):
        Assembly().add_columns("column", {"site": np.arange(2), "module": np.arange(3)}, "1")


def test_cost_is_the_sum_of_its_terms(hand: LinearModel) -> None:
    assert set(hand.cost_terms) == {
        "moving",
        "service_links",
        "accelerators",
        "build",
        "demand_charge",
        "site_opening",
        "energy",
        "local_supply",
        "network_lease",
        "network_upgrade",
        "green_contracts",
        "carbon",
        "policy_penalties",
    }
    assert sum(hand.cost_terms.values()) == pytest.approx(hand.cost, rel=1e-15, abs=0.0)
    assert (hand.cost >= 0.0).all()


def test_blocks_tile_the_columns_and_rows(hand: LinearModel) -> None:
    for blocks, count in ((hand.columns, hand.shape[1]), (hand.rows, hand.shape[0])):
        ids = np.concatenate([block.ids for block in blocks.values()])
        assert ids.tolist() == list(range(count))
        for block in blocks.values():
            assert {len(rows) for rows in block.index.values()} == {block.count}


def test_every_coefficient_is_within_eight_orders_of_magnitude(hand: LinearModel) -> None:
    size = np.abs(hand.value)
    assert 1e-4 <= size.min() <= size.max() <= 1e4


def test_serving_everything_closes_unserved_work_only(hand: LinearModel) -> None:
    model = serving_everything(hand)
    closed = np.flatnonzero(model.upper != hand.upper)
    left_out = [*hand.columns["unserved"].ids, *hand.columns["unplaced"].ids]
    assert closed.tolist() == [int(column) for column in left_out]
    assert (model.upper[closed] == 0.0).all()
    assert model.cost is hand.cost


def test_first_stage_minimises_the_value_of_work_left_out(hand: LinearModel) -> None:
    model = serving_most(hand)
    valued = np.flatnonzero(model.cost)
    left_out = [*hand.columns["unserved"].ids, *hand.columns["unplaced"].ids]
    assert valued.tolist() == [int(column) for column in left_out]
    # chat in the east: 8,000/s * 0.75, a year of seconds, 0.001 yuan each, in million yuan
    chat_east = int(hand.columns["unserved"].start) + 1
    assert model.cost[chat_east] == pytest.approx(8000 * 0.75 * 31_536_000 * 0.001 / 1e6)
    assert model.cost[hand.columns["unplaced"].start] == 400.0


def test_held_row_is_the_first_stage_with_a_hairs_breadth(hand: LinearModel) -> None:
    model = holding_unserved(hand, 250.0)
    assert model.shape == (hand.shape[0] + 1, hand.shape[1])
    assert list(model.rows)[-1] == "unserved_held"
    assert model.row_upper[-1] == 250.0 * (1.0 + UNSERVED_HELD) + 1e-9
    assert model.row_lower[-1] == -np.inf
    point = np.linspace(0.0, 1.0, hand.shape[1])
    assert model.activity(point)[-1] == pytest.approx(float(hand.unserved_value @ point))
    assert model.activity(point)[:-1] == pytest.approx(hand.activity(point), rel=1e-12)


def test_added_row_stands_last(hand: LinearModel) -> None:
    model = with_row(hand, "more", np.array([1, 4]), np.array([2.0, -1.0]), "1", lower=3.0)
    start = model.row_start[-2]
    assert model.column_of[start:].tolist() == [1, 4]
    assert model.value[start:].tolist() == [2.0, -1.0]
    assert (model.row_lower[-1], model.row_upper[-1]) == (3.0, np.inf)
    assert model.rows["more"].ids.tolist() == [hand.shape[0]]
