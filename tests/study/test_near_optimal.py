"""The range of new power per cluster at almost the same cost."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from optimizer.study import alternatives
from optimizer.study.alternatives import NEAR_OPTIMAL_SHARE, near_optimal_ranges
from optimizer.tables.frames import records
from tests.plan.solved_cases import SolvedCase
from tests.study.second_solver import least


def ranges(solved: SolvedCase) -> pd.DataFrame:
    return near_optimal_ranges(solved.case, solved.solved.model, solved.point).set_index("site")


def ranges_within(
    solved: SolvedCase, share: float, monkeypatch: pytest.MonkeyPatch
) -> pd.DataFrame:
    monkeypatch.setattr(alternatives, "NEAR_OPTIMAL_SHARE", share)
    return ranges(solved)


def test_share_is_half_a_per_cent() -> None:
    assert NEAR_OPTIMAL_SHARE == 0.005


def test_every_cluster_has_a_range_that_holds_the_plan(solved: SolvedCase) -> None:
    found = ranges(solved)
    sites = solved.case.tables["sites"].frame
    assert list(found.index) == sorted(sites.loc[sites["is_cluster"], "site"])
    builds = solved.plan.tables["builds"]
    built = builds[builds["kind"] == "new"].groupby("site")["it_mw"].sum()
    limit = sites.set_index("site")["build_limit_mw"].to_dict()
    for row in records(found.reset_index()):
        assert row["new_it_mw"] == pytest.approx(built.get(row["site"], 0.0), abs=1e-9)
        assert -1e-9 <= row["least_mw"] <= row["new_it_mw"] + 1e-6
        assert row["new_it_mw"] - 1e-6 <= row["most_mw"]
        assert row["most_mw"] <= limit[row["site"]] + 1e-6


def test_ranges_only_widen_with_what_may_be_spent(
    solved: SolvedCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [ranges_within(solved, share, monkeypatch) for share in (0.0, 0.001, 0.005, 0.02, 0.2)]
    for narrow, wide in itertools.pairwise(steps):
        assert (wide["least_mw"] <= narrow["least_mw"] + 1e-6).all()
        assert (wide["most_mw"] >= narrow["most_mw"] - 1e-6).all()
    first = steps[0]["most_mw"] - steps[0]["least_mw"]
    last = steps[-1]["most_mw"] - steps[-1]["least_mw"]
    sites = solved.case.tables["sites"].frame.set_index("site")
    everything = sites["build_limit_mw"].reindex(first.index)
    # A fifth more moves at least a megawatt, unless all may move without it.
    assert (last - first).sum() > 1.0 or (first >= everything - 1e-6).all()


def test_ends_are_those_of_another_solver(solved: SolvedCase) -> None:
    model, plan = solved.solved.model, solved.plan
    limit = plan.objective_million_yuan + NEAR_OPTIMAL_SHARE * plan.location_cost
    sites = solved.case.tables["sites"].frame["site"].tolist()
    size = solved.case.tables["modules"].frame["it_mw"].to_numpy(dtype=float)
    built = model.columns["built"]
    for site, row in ranges(solved).iterrows():
        power = np.zeros(model.shape[1])
        here = built.index["site"] == sites.index(str(site))
        power[built.ids[here]] = size[built.index["module"][here]]
        assert row["least_mw"] == pytest.approx(
            least(model, power, extra=(model.cost, limit)), abs=1e-4
        )
        assert row["most_mw"] == pytest.approx(
            -least(model, -power, extra=(model.cost, limit)), abs=1e-4
        )
