"""The teaching cases together show every block of the model at work.

``tiny-complete`` has two periods with energy by the hour and switches on all that ``tiny`` leaves
out. The optimum itself is not held here: only what acts in it.
"""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

from optimizer.inputs.case import read_case
from optimizer.model.build import BLOCKS, build_model
from optimizer.plan.plan import Plan, make_plan
from optimizer.plan.raw_solution import Status
from optimizer.plan.verify import verify_plan
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.study.activity import FILE_OF_COST, FILE_OF_ROWS, block_activity

OWN_ROWS = {"matching": "hourly", "retirement": "periods"}
"""Blocks whose rows stand in the file of another."""

NOT_AT_A_LIMIT = {
    "backup_reach",
    "ceiling",
    "claims_on_grid",
    "import_least",
    "modules_most",
    "release_kept",
    "retired_stays",
    "tier_minimum",
}
"""Kinds of rows at no limit in either case; their own tests show that they hold."""

NO_COST = {"pue_surcharge", "subsidies"}
"""Prices of policies that neither case has."""


@cache
def solved(name: str) -> tuple[Plan, pd.DataFrame]:
    case = read_case(name)
    model, _sets = build_model(case)
    found = solve_model(model, SolveOptions(gap_location=5e-3))
    assert found.solution.status is Status.OPTIMAL
    assert found.values is not None
    plan = make_plan(case, found.solution)
    assert verify_plan(case, plan).violations == ()
    activity = block_activity(model, found.values)
    activity["kind"] = activity["row"].str.replace(r"_20\d\d$", "", regex=True)
    return plan, activity


def table(name: str) -> pd.DataFrame:
    return solved("tiny-complete")[0].tables[name]


def binding_kinds() -> set[str]:
    activity = pd.concat([solved(name)[1] for name in ("tiny", "tiny-complete")])
    return set(activity.loc[activity["binding"] > 0, "kind"])


def test_every_block_binds() -> None:
    kinds = binding_kinds()
    binding = {FILE_OF_ROWS[kind] for kind in kinds if not kind.startswith("policy_")}
    binding |= {"policy"} if any(kind.startswith("policy_") for kind in kinds) else set()
    blocks = {add.__name__.removeprefix("add_") for add in BLOCKS}
    assert {OWN_ROWS.get(block, block) for block in blocks} == binding


def test_every_kind_of_row_binds_but_those_named() -> None:
    assert set(FILE_OF_ROWS) - binding_kinds() == NOT_AT_A_LIMIT


def test_every_term_of_cost_is_paid_but_those_named() -> None:
    paid = {
        str(row).removeprefix("cost ")
        for name in ("tiny", "tiny-complete")
        for row in solved(name)[1].query("million_yuan != 0.0")["row"]
    }
    assert set(FILE_OF_COST) - paid == NO_COST


def test_pools_hold_a_reserve_for_queueing() -> None:
    pools = table("pools")
    assert set(pools["pool"]) == {"text", "film"}
    assert (pools["reserve_replicas"] > 10.0).all()
    assert (pools["servers"] >= pools["exact_servers"] - 1e-6).all()


def test_free_users_wait_for_accelerators() -> None:
    served = table("served_tiers").set_index(["period", "tier", "region"])["served_share"]
    assert served.xs(1, level="tier").tolist() == pytest.approx([1.0] * 4)
    assert served[2026, 2, "east"] < 0.9
    # As far apart as fairness lets regions be.
    assert served[2026, 2, "west"] - served[2026, 2, "east"] == pytest.approx(0.2, abs=1e-6)
    assert served.loc[2028].tolist() == pytest.approx([1.0] * 4)


def test_protected_shares_have_a_backup() -> None:
    backups = table("backups")
    assert set(backups["service"]) == {"camera", "chat", "control"}
    away = backups.loc[backups["site"] == "west_cluster", "backup_site"]
    assert set(away) <= {"east_cluster", "east_metro"}
    assert table("failures")["binding"].any()


def test_traffic_takes_two_paths_or_the_cheaper_one() -> None:
    paths = table("paths")
    twice = paths[paths["protection"] == "1+1"].groupby("period")["flow_gbps"]
    for _period, flows in twice:
        assert len(flows) == 2
        assert flows.iloc[0] == pytest.approx(flows.iloc[1])
        assert flows.min() > 1.0
    detours = paths[(paths["protection"] == "none") & (paths["path"] == 2)]
    assert (detours["flow_gbps"] > 0.1).all()
    assert len(detours) == 2


def test_a_run_goes_over_both_clusters() -> None:
    parts = table("split_parts")
    assert set(parts["site"]) == {"east_cluster", "west_cluster"}
    assert parts.groupby("period")["gang"].sum().tolist() == [8000, 8000]


def test_power_is_made_stored_and_moved_by_the_hour() -> None:
    assert table("lines")["built"].all()
    assert set(table("lines")["direct"]) == {True, False}
    assert table("battery_hours")["discharge_mw"].max() > 1.0
    assert table("shifts").select_dtypes("float").max().max() > 0.1
    contracts = table("contracts")
    assert (contracts["energy_gwh"] > 1.0).any()


def test_build_waits_and_accelerators_age() -> None:
    modules = table("assets").query("kind == 'module'")
    assert modules.query("period == 2026")["ordered"].sum() == 4.0
    assert modules.query("period == 2028")["standing"].sum() == 4.0
    fleet = table("accelerators").groupby("period")["fleet"].sum()
    assert fleet[2028] == pytest.approx(0.6 * fleet[2026])
