"""What every block and every policy does in a plan."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import optimizer.model
from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model, holding_unserved, serving_everything
from optimizer.study.activity import block_activity, policy_effects
from tests.plan import raw_numbers as raw
from tests.plan.solved_cases import CASES, SolvedCase, cell, edited_case, solved_case
from tests.study.second_solver import least, matrix

FILES = {path.stem for path in Path(optimizer.model.__file__).resolve().parent.glob("*.py")}


@pytest.fixture(scope="module")
def blocks(solved: SolvedCase) -> pd.DataFrame:
    return block_activity(solved.solved.model, solved.point).set_index("row")


@pytest.fixture(scope="module")
def effects(solved: SolvedCase) -> pd.DataFrame:
    return policy_effects(solved.solved.model, solved.point).set_index("policy")


def test_every_block_of_rows_is_counted_once(solved: SolvedCase, blocks: pd.DataFrame) -> None:
    rows = {name: block.count for name, block in solved.model.rows.items() if block.count}
    counted = blocks[blocks["rows"] > 0]
    assert counted["rows"].to_dict() == rows
    assert int(counted["rows"].sum()) == solved.model.shape[0]
    assert set(blocks["block"]) <= FILES


def test_binding_rows_are_those_at_a_limit(solved: SolvedCase, blocks: pd.DataFrame) -> None:
    model = solved.model
    activity = matrix(model) @ solved.point
    for name, block in model.rows.items():
        if not block.count:
            continue
        binding = 0
        for row in block.ids:
            size = max(1.0, abs(activity[row]))
            for end in (model.row_lower[row], model.row_upper[row]):
                if abs(activity[row] - end) <= 1e-6 * size:
                    binding += 1
                    break
        assert blocks["binding"][name] == binding, name


def test_binding_rows_mean_what_they_say(solved: SolvedCase, blocks: pd.DataFrame) -> None:
    """Counted once more from the tables of the plan."""
    case, tables = solved.case, solved.plan.tables
    supply = raw.supply(case)
    bought = tables["accelerators"].groupby("accelerator")["bought"].sum()
    cards = case.tables["accelerators"].frame["accelerator"]
    full = sum(abs(bought.get(card, 0.0) - supply.get(card, 0.0)) <= 1e-3 for card in cards)
    assert blocks["binding"]["supply"] == full
    links = tables["links"].set_index("link")
    step = case.tables["links"].frame.set_index("link")["upgrade_step_gbps"]
    room = links["leased_gbps"] + links["upgrades"] * step.reindex(links.index)
    assert blocks["binding"]["link"] == int((room - links["flow_gbps"] <= 1e-6).sum())
    limit = case.tables["sites"].frame.set_index("site")["build_limit_mw"]
    new = tables["sites"].set_index("site")["new_it_mw"]
    assert blocks["binding"]["build_limit"] == int((limit.reindex(new.index) - new <= 1e-6).sum())
    for policy, rows in tables["policies"].groupby("policy"):
        if set(rows["row"]) == {"national"}:
            binds = int(rows["binding"].sum())
            assert blocks["binding"][f"policy_{policy}"] == binds, policy


def test_costs_are_those_of_the_plan(solved: SolvedCase, blocks: pd.DataFrame) -> None:
    costs = blocks[blocks.index.str.startswith("cost ")]
    for row, million_yuan in costs["million_yuan"].items():
        term = str(row).removeprefix("cost ")
        assert million_yuan == pytest.approx(solved.plan.cost(term), rel=1e-6, abs=1e-6), term
    assert costs["million_yuan"].sum() == pytest.approx(solved.plan.cost(), rel=1e-6)
    assert (blocks.loc[blocks["rows"] > 0, "million_yuan"] == 0.0).all()
    assert (costs["binding"] == 0).all()


def test_every_block_does_something_in_the_case_of_the_tests() -> None:
    every_block = solved_case("every_block")
    found = block_activity(every_block.solved.model, every_block.point)
    totals = found.groupby("block")[["binding", "million_yuan"]].sum()
    assert (totals["binding"] > 0).all()
    assert set(totals.index[totals["million_yuan"] > 0.0]) == {
        "accelerators",
        "capacity",
        "energy",
        "green",
        "network",
        "placement",
        "policy",
    }


def as_solved(model: LinearModel, solved: SolvedCase) -> LinearModel:
    """Return a model in the second stage of the solved case."""
    unserved = solved.solved.solution.unserved_value
    if unserved > 0.0:
        return holding_unserved(model, unserved)
    return serving_everything(model)


def test_savings_are_those_of_a_case_without_the_policy(
    solved: SolvedCase, effects: pd.DataFrame
) -> None:
    folder = next(name for name in CASES if solved is solved_case(name))
    model = solved.solved.model
    base = least(model, model.cost)
    for policy, row in effects.iterrows():
        off = edited_case(folder, cell("policies", "enabled", False, policy=policy))
        without, _sets = build_model(off)
        assert f"policy_{policy}" not in without.rows
        held = as_solved(without, solved)
        expected = base - least(held, held.cost)
        assert row["saving_million_yuan"] == pytest.approx(expected, abs=1e-5), policy


def test_binding_policies_save_something_and_idle_ones_have_slack() -> None:
    every_block = solved_case("every_block")
    found = policy_effects(every_block.solved.model, every_block.point).set_index("policy")
    binding = {"carbon_cap_market", "west_share"}
    assert set(found.index[found["saving_million_yuan"] > 1e-3]) >= binding
    assert (found.loc[sorted(binding), "slack"].abs() < 1e-6).all()
    idle = found[found["saving_million_yuan"] <= 1e-6]
    assert {"budget", "hub_share", "metro_limit"} <= set(idle.index)
    policies = every_block.plan.tables["policies"]
    national = policies[policies["row"] == "national"].set_index("policy")
    for policy in sorted(set(idle.index) & set(national.index)):
        assert found["slack"][policy] > 0.0
        assert found["slack"][policy] == pytest.approx(national["slack"][policy], rel=1e-6)
        assert found["unit"][policy] == national["unit"][policy]


@pytest.mark.parametrize(
    ("policy", "value"),
    [
        ("budget", 0.999),
        ("green_physical", 1.02),
        ("carbon_cap_market", 0.98),
        ("west_share", 1.02),
    ],
)
def test_an_idle_policy_that_is_tightened_past_the_plan_binds(
    every_block: SolvedCase, policy: str, value: float
) -> None:
    """Its saving is the difference to the cost without it, and its slack is gone."""
    row = every_block.plan.tables["policies"].query("policy == @policy").iloc[0]
    policies = every_block.case.tables["policies"].frame.set_index("policy")
    old = float(policies["value"][policy])
    limit = old * float(row["activity"]) / float(row["limit"]) * value
    tightened = edited_case("every_block", cell("policies", "value", limit, policy=policy))
    model = as_solved(build_model(tightened)[0], every_block)
    off = edited_case("every_block", cell("policies", "enabled", False, policy=policy))
    without = as_solved(build_model(off)[0], every_block)
    found = policy_effects(model, every_block.point).set_index("policy")
    expected = least(model, model.cost) - least(without, without.cost)
    assert found["saving_million_yuan"][policy] == pytest.approx(expected, abs=1e-5)


def test_every_policy_of_the_case_is_listed(solved: SolvedCase, effects: pd.DataFrame) -> None:
    """Also one without rows, which is idle, and a carbon price, which is a cost."""
    policies = solved.case.derived.policies
    assert set(effects.index) == {policy.policy for policy in policies}


def test_effects_leave_the_model_as_it_was(solved: SolvedCase) -> None:
    model = solved.solved.model
    lower, upper = model.row_lower.copy(), model.row_upper.copy()
    first = policy_effects(model, solved.point)
    assert np.array_equal(model.row_lower, lower)
    assert np.array_equal(model.row_upper, upper)
    pd.testing.assert_frame_equal(policy_effects(model, solved.point), first, atol=1e-6)
