"""What the model leaves out because it cannot bind changes no optimum."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hypothesis_numpy
from numpy.typing import NDArray

from optimizer.inputs.case import read_case
from optimizer.model import accelerators, index
from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model, serving_everything
from optimizer.model.index import undominated_columns
from optimizer.solve.living import LivingModel
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from tests.model.golden_cases import HAND

shapes = hypothesis_numpy.arrays(
    np.float64,
    st.tuples(st.integers(1, 4), st.integers(1, 12)),
    elements=st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0]),
)


@settings(max_examples=100, deadline=None)
@given(shapes)
def test_kept_columns_cover_all_and_none_covers_another(columns: NDArray[np.float64]) -> None:
    kept = undominated_columns(columns)
    assert kept.tolist() == sorted(set(kept.tolist()))
    at_least = (columns[:, kept][:, None, :] >= columns[:, :, None]).all(axis=0)
    assert at_least.any(axis=1).all()  # each column is covered by a kept one
    among = (columns[:, kept][:, None, :] >= columns[:, kept][:, :, None]).all(axis=0)
    assert np.array_equal(among, np.eye(len(kept), dtype=bool))


def _all_columns(shapes_of_all: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.arange(shapes_of_all.shape[1], dtype=np.int64)


def _with_every_hour_and_month(name: str, monkeypatch: pytest.MonkeyPatch) -> LinearModel:
    monkeypatch.setattr(index, "undominated_columns", _all_columns)
    monkeypatch.setattr(accelerators, "undominated_columns", _all_columns)
    return build_model(read_case(name))[0]


@pytest.mark.parametrize("name", [str(HAND), "tiny"], ids=["hand", "tiny"])
def test_hours_and_months_left_out_cannot_bind(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    short = build_model(read_case(name))[0]
    full = _with_every_hour_and_month(name, monkeypatch)
    for block in ("busy_hour", "load_hour"):
        assert full.rows[block].count > 2 * short.rows[block].count
    assert full.rows["fleet"].count > short.rows["fleet"].count
    assert full.shape[1] == short.shape[1]
    answers = [LivingModel(serving_everything(model)).solve() for model in (short, full)]
    assert answers[0] is not None
    assert answers[1] is not None
    assert answers[0].objective == pytest.approx(answers[1].objective, rel=1e-9)
    # The plan found without those rows meets them all.
    within = full.activity(answers[0].values)
    assert (within <= full.row_upper + 1e-6).all()
    assert (within >= full.row_lower - 1e-6).all()


def test_whole_numbers_do_not_bring_the_left_out_rows_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = SolveOptions(gap_location=1e-8)
    short = solve_model(build_model(read_case(HAND))[0], options).solution
    full = solve_model(_with_every_hour_and_month(str(HAND), monkeypatch), options).solution
    assert short.objective == pytest.approx(full.objective, rel=1e-7)


def test_opening_row_by_power_only_tightens_the_relaxation() -> None:
    model = build_model(read_case(HAND))[0]
    rows = model.rows["opened_mw"]
    upper = model.row_upper.copy()
    upper[rows.slice] = np.inf
    without = dataclasses.replace(model, row_upper=upper)
    options = SolveOptions(gap_location=1e-8)
    plan, other = (solve_model(item, options).solution for item in (model, without))
    assert plan.objective == pytest.approx(other.objective, rel=1e-7)
    bounds = [LivingModel(serving_everything(item)).solve() for item in (model, without)]
    assert bounds[0] is not None
    assert bounds[1] is not None
    # Half-open sites pay for half: the bound rises by more than rounding.
    assert bounds[0].objective > bounds[1].objective + 0.1
