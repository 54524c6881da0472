"""Plans under policies on totals, workloads and cost: they keep them, pay them, and are checked.

Each kind is added alone to the case in which every block acts, with a limit that its plan breaks.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.inputs.case import Case
from optimizer.plan.plan import Plan
from optimizer.plan.verify import verify_plan
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.study.activity import policy_effects
from optimizer.tables.frames import TypedTable
from tests.plan import raw_numbers as raw
from tests.plan.solved_cases import SolvedCase, cell, edited_case, solve, solved_case, with_value
from tests.plan.test_money_and_sites import constant_load_pue
from tests.study.second_solver import least

EXACT = SolveOptions(gap_location=1e-7)
RELAXED = SolveOptions(relaxed=True)
"""Enough where a plan must be refused whatever is whole in it."""

Cells = dict[str, object]

LIMITS: dict[str, Cells] = {
    "latency_max": {"value": 20, "unit": "ms", "workloads": "kind:interactive;training"},
    "workload_share_max": {"value": 0.3, "scope": "side:west", "workloads": "service:chat"},
    "pue_average_max": {"value": 1.18},
    "rack_utilisation_min": {"value": 0.84},
    "accelerator_utilisation_min": {"value": 0.55},
    "domestic_share_min": {"value": 0.6, "scope": "side:east"},
    "energy_cap": {"value": 108, "unit": "GWh", "scope": "province:WE"},
    "water_cap": {"value": 140, "unit": "thousand m3"},
    "cost_cap": {"value": 915, "unit": "million yuan"},
}
SOFT: dict[str, Cells] = {
    "accelerator_utilisation_min": {"hard": False, "penalty_million_yuan_per_unit": 400.0},
    "cost_cap": {"hard": False, "penalty_million_yuan_per_unit": 0.5},
    "rack_utilisation_min": {"hard": False, "penalty_million_yuan_per_unit": 3.0},
}
"""Rows that no plan or no sensible one keeps are soft."""

PRICES: dict[str, Cells] = {
    "pue_surcharge": {"value": 0.4, "unit": "yuan/kWh", "threshold": 1.2, "scope": "side:east"},
    "build_subsidy": {"value": 6000, "unit": "yuan/kW", "scope": "side:west"},
    "compute_voucher": {"value": 60, "unit": "yuan/MWh", "scope": "cluster:east_cluster"},
}
EDITS = {
    "domestic_share_min": (
        cell("accelerators", "export_status", "licensed", accelerator="new_card"),
        cell("accelerators", "export_status", "domestic", accelerator="old_card"),
        cell("accelerator_supply", "supply", 60_000, accelerator="old_card"),
    )
}
"""What else must be different for a kind to have something to choose from."""

UNDER: dict[str, str] = {
    "pue_average_max": "GWh",
    "rack_utilisation_min": "MW",
    "accelerator_utilisation_min": "thousand accelerators",
    "domestic_share_min": "EFLOPS",
    "workload_share_max": "1",
}
"""Unit of the sides, where it is not that of the value."""


def with_policy(kind: str, **cells: object) -> Case:
    """Return the case with one more policy, named ``rule``."""

    def edit(tables: dict[str, TypedTable]) -> None:
        policies = tables["policies"]
        at_least = kind.endswith("_min")
        written: Cells = {
            "policy": "rule",
            "kind": kind,
            "scope": "national",
            "unit": "1",
            "comparison": ">=" if at_least else "=" if kind in PRICES else "<=",
            "hard": True,
            "penalty_million_yuan_per_unit": float("nan"),
            **cells,
        }
        like: Cells = {str(name): value for name, value in policies.frame.iloc[-1].items()}
        row = pd.DataFrame([like | written]).astype(policies.frame.dtypes.to_dict())
        frame = pd.concat([policies.frame, row], ignore_index=True)
        tables["policies"] = dataclasses.replace(
            policies,
            frame=frame,
            files=np.append(policies.files, "policies.csv"),
            rows=np.append(policies.rows, 99),
        )

    return edited_case("every_block", edit, *EDITS.get(kind, ()))


@functools.cache
def free_of(kind: str) -> SolvedCase:
    """Return the case of a kind without its policy, solved."""
    if kind not in EDITS:
        return solved_case("every_block")
    return solve(edited_case("every_block", *EDITS[kind]), EXACT)


@functools.cache
def solved_with(kind: str) -> SolvedCase:
    """Return the case under one policy of a kind, solved."""
    cells = {**LIMITS, **PRICES}[kind] | SOFT.get(kind, {})
    return solve(with_policy(kind, **cells), EXACT)


def rules_of(case: Case, plan: Plan) -> set[str]:
    return {violation.rule for violation in verify_plan(case, plan).violations}


def rows_of(plan: Plan) -> pd.DataFrame:
    policies = plan.tables["policies"]
    return policies[policies["policy"] == "rule"].set_index("row")


@pytest.mark.parametrize("kind", [*LIMITS, *PRICES])
def test_the_plan_is_verified_and_another_one(kind: str) -> None:
    found, free = solved_with(kind), free_of(kind)
    assert verify_plan(found.case, found.plan).violations == ()
    assert found.plan.status.value == "optimal"
    same_work = found.solved.solution.unserved_value == pytest.approx(
        free.solved.solution.unserved_value
    )
    difference = found.plan.cost() - free.plan.cost()
    if kind in {"build_subsidy", "compute_voucher"}:
        assert difference < -0.1
    elif same_work:
        assert difference > 1e-3
    else:
        # Work that the limit bars everywhere is left undone, whatever that saves.
        assert kind == "latency_max"


@pytest.mark.parametrize("kind", LIMITS)
def test_the_free_plan_breaks_the_limit_and_is_refused(kind: str) -> None:
    """Unless the row is soft: then its activity is stated, and its penalty is missing."""
    found, free = solved_with(kind), free_of(kind)
    plan = dataclasses.replace(
        free.plan,
        tables={
            **free.plan.tables,
            "policies": pd.concat(
                [free.plan.tables["policies"], rows_of(found.plan).reset_index()],
                ignore_index=True,
            ),
        },
    )
    broken = rules_of(found.case, plan)
    if kind in SOFT:
        assert {"cost policy_penalties", "objective"} <= broken
    else:
        assert "policy rule" in broken
    unit = UNDER.get(kind, str(LIMITS[kind].get("unit", "1")))
    assert set(rows_of(found.plan)["unit"]) == {unit}


def in_scope(solved: SolvedCase, kind: str) -> set[str]:
    return raw.scope(solved.case, str(LIMITS[kind].get("scope", "national")))


def test_latency_of_every_workload_named() -> None:
    plan = solved_with("latency_max").plan
    placed = plan.tables["placements"].query("share > 1e-6 and service not in ['archive', 'batch']")
    longest = placed.groupby(["service", "site"])["rtt_p99_ms"].max()
    rows = rows_of(plan)
    found = {row: value for row, value in rows["activity"].items() if "base" not in str(row)}
    for place, rtt in longest.items():
        assert isinstance(place, tuple)
        assert found["|".join(str(part) for part in place)] == pytest.approx(rtt, rel=1e-12)
    assert (rows["activity"] <= 20.0).all()
    assert (rows["limit"] == 20.0).all()
    jobs = {str(row).partition("|")[0] for row in rows.index} - set(placed["service"])
    assert jobs == set(plan.tables["runs"]["job"])
    # Work of no kind named goes where it likes.
    assert plan.tables["placements"].query("service == 'archive'")["rtt_p99_ms"].max() > 20.0


def test_share_of_the_work_in_scope() -> None:
    found = solved_with("workload_share_max")
    placed = found.plan.tables["placements"].query("service == 'chat'")
    west = placed[placed["site"].isin(in_scope(found, "workload_share_max"))]
    total = raw.demand(found.case)["requests"].groupby("service").sum()["chat"]
    share = west["requests_million_per_day"].sum() / total
    (row,) = rows_of(found.plan).reset_index().to_dict("records")
    assert row["row"] == "chat"
    assert row["activity"] == pytest.approx(share, rel=1e-9)
    # The free plan has more there. What comes whole makes less than the cap the cheapest;
    # the relaxed plan is at the cap.
    free = solved_case("every_block").plan.tables["placements"].query("service == 'chat'")
    before = free[free["site"] == "west_cluster"]["requests_million_per_day"].sum() / total
    assert before > 0.3 * 1.1
    assert 0.2 < share <= 0.3 * (1.0 + 1e-6)
    assert found.plan.cost() > solved_case("every_block").plan.cost()
    relaxed = solve(found.case, RELAXED)
    assert verify_plan(relaxed.case, relaxed.plan).passed
    (row,) = rows_of(relaxed.plan).to_dict("records")
    assert row["activity"] == pytest.approx(0.3, rel=1e-6)
    assert row["binding"]


def test_energy_water_and_average_pue() -> None:
    for kind, column, divisor in (
        ("energy_cap", "meter_gwh", 1.0),
        ("water_cap", "water_m3", 1e3),
    ):
        found = solved_with(kind)
        ledgers = found.plan.tables["ledgers"]
        here = ledgers[ledgers["site"].isin(in_scope(found, kind))]
        (row,) = rows_of(found.plan).to_dict("records")
        assert row["activity"] == pytest.approx(here[column].sum() / divisor, rel=1e-9)
        assert row["activity"] <= float(str(LIMITS[kind]["value"])) * (1.0 + 1e-6)
    found = solved_with("pue_average_max")
    ledgers = found.plan.tables["ledgers"]
    average = ledgers["meter_gwh"].sum() / ledgers["it_gwh"].sum()
    assert average <= 1.18 * (1.0 + 1e-6)
    free = solved_case("every_block").plan.tables["ledgers"]
    assert free["meter_gwh"].sum() / free["it_gwh"].sum() > 1.19


def test_accelerators_and_racks() -> None:
    found = solved_with("domestic_share_min")
    cards = found.plan.tables["accelerators"]
    east = cards[cards["site"].isin(in_scope(found, "domestic_share_min"))]
    eflops = east["bought"] * east["accelerator"].map({"new_card": 800.0, "old_card": 300.0}) / 1e6
    (row,) = rows_of(found.plan).to_dict("records")
    # Only old_card is domestic there.
    assert row["activity"] == pytest.approx(eflops[east["accelerator"] == "old_card"].sum())
    assert row["activity"] > 0.1
    assert row["limit"] == pytest.approx(0.6 * eflops.sum())

    found = solved_with("accelerator_utilisation_min")
    cards = found.plan.tables["accelerators"]
    (row,) = rows_of(found.plan).to_dict("records")
    assert row["activity"] == pytest.approx(cards["busy_mean"].sum() / 1e3)
    assert row["limit"] == pytest.approx(0.55 * (cards["fleet"] + cards["bought"]).sum() / 1e3)
    short = max(0.0, row["limit"] - row["activity"])
    west_share = penalty_of(found.plan, "west_share", 0.05)
    assert found.plan.cost("policy_penalties") == pytest.approx(400.0 * short + west_share)

    found = solved_with("rack_utilisation_min")
    (row,) = rows_of(found.plan).to_dict("records")
    builds = found.plan.tables["builds"]
    # 70 MW are occupied; 130 MW stand, and 3 more in the west by 2026.
    assert row["activity"] == pytest.approx(70.0 + builds["used_mw"].sum())
    new = builds.loc[builds["kind"] == "new", "it_mw"].sum()
    assert row["limit"] == pytest.approx(0.84 * (133.0 + new))


def penalty_of(plan: Plan, policy: str, price: float) -> float:
    policies = plan.tables["policies"]
    rows = policies[policies["policy"] == policy]
    return float((-rows["slack"]).clip(lower=0.0).sum()) * price


def test_soft_cap_on_cost_leaves_penalties_out() -> None:
    found = solved_with("cost_cap")
    (row,) = rows_of(found.plan).to_dict("records")
    penalties = found.plan.cost("policy_penalties")
    assert row["activity"] == pytest.approx(found.plan.cost() - penalties, rel=1e-9)
    short = max(0.0, row["activity"] - 915.0)
    assert penalties == pytest.approx(
        0.5 * short + penalty_of(found.plan, "west_share", 0.05), rel=1e-6
    )
    assert penalties > 0.0


def test_a_hard_cap_on_cost_is_kept_and_work_is_left_undone_below_it() -> None:
    free = solved_case("every_block")
    paid = free.plan.cost() - free.plan.cost("policy_penalties")
    wide = solve(with_policy("cost_cap", value=paid * 1.001, unit="million yuan"), EXACT)
    assert wide.plan.cost() == pytest.approx(free.plan.cost(), rel=1e-6)
    assert verify_plan(wide.case, wide.plan).passed
    tight = solve(with_policy("cost_cap", value=800, unit="million yuan"), EXACT)
    assert verify_plan(tight.case, tight.plan).passed
    (row,) = rows_of(tight.plan).to_dict("records")
    assert row["activity"] <= 800.0 * (1.0 + 1e-6)
    undone = tight.solved.solution.unserved_value
    assert undone > free.solved.solution.unserved_value + 1.0


def test_surcharge_follows_from_the_energy_above_the_threshold() -> None:
    found = solved_with("pue_surcharge")
    costs = found.plan.tables["costs"].query("term == 'pue_surcharge'").set_index("place")
    assert set(costs.index) <= {"east_cluster", "east_metro"}
    expected: dict[str, float] = {}
    for row in found.plan.tables["builds"].to_dict("records"):
        pue = constant_load_pue(found.case, row["site"], row["module"])
        if row["site"].startswith("east") and pue > 1.2:
            energy = metered(found, row["site"], row["module"])
            extra = 0.4 * energy * (1.0 - 1.2 / pue)
            expected[row["site"]] = expected.get(row["site"], 0.0) + extra
    assert costs["million_yuan"].to_dict() == pytest.approx(expected, rel=1e-9)


def metered(solved: SolvedCase, site: str, module: str) -> float:
    block = solved.solved.solution.columns["energy"]
    names = (solved.case.frame("sites")["site"], solved.case.frame("modules")["module"])
    for number, value in enumerate(block.values.tolist()):
        at = (block.index["site"][number], block.index["module"][number])
        if (names[0].iloc[at[0]], names[1].iloc[at[1]]) == (site, module):
            return float(value)
    raise AssertionError((site, module))


def test_subsidies_follow_from_what_is_built_and_run() -> None:
    found = solved_with("build_subsidy")
    builds = found.plan.tables["builds"].query("kind == 'new' and site == 'west_cluster'")
    life = raw.series(found.case, "modules", "module", "life_years")
    expected = sum(
        row["it_mw"] * 1000.0 * 6000.0 * raw.annuity(found.case, life[row["module"]]) / 1e6
        for row in builds.to_dict("records")
    )
    assert found.plan.cost("subsidies") == pytest.approx(-expected, rel=1e-9)
    assert expected > 0.0
    found = solved_with("compute_voucher")
    it = found.plan.tables["ledgers"].set_index("site")["it_gwh"]["east_cluster"]
    assert found.plan.cost("subsidies") == pytest.approx(-0.06 * it, rel=1e-9)


@pytest.mark.parametrize("kind", [*LIMITS, *PRICES])
def test_a_second_solver_finds_the_same_cost(kind: str) -> None:
    found = solved_with(kind)
    other = solve_model(
        found.model, dataclasses.replace(EXACT, solver="COIN_CMD", time_limit=120.0)
    )
    assert other.solution.objective == pytest.approx(found.plan.objective_million_yuan, rel=1e-6)


@pytest.mark.parametrize("kind", LIMITS)
def test_wrong_sides_are_found(kind: str) -> None:
    found = solved_with(kind)
    policies = found.plan.tables["policies"]
    number = int(policies.index[policies["policy"] == "rule"][0])
    for column, what in (("activity", "activity"), ("limit", "limit"), ("slack", "slack")):
        value = float(policies[column].iloc[number])
        plan = with_value(found.plan, "policies", number, column, value * 1.01 + 0.01)
        assert f"policy rule {what}" in rules_of(found.case, plan)
    plan = with_value(found.plan, "policies", number, "row", "nowhere")
    assert {"policy rule has the row", "policy rule is written"} <= rules_of(found.case, plan)


@pytest.mark.parametrize(
    ("kind", "term"),
    [
        ("pue_surcharge", "pue_surcharge"),
        ("build_subsidy", "subsidies"),
        ("compute_voucher", "subsidies"),
    ],
)
def test_wrong_prices_are_found(kind: str, term: str) -> None:
    found = solved_with(kind)
    costs = found.plan.tables["costs"]
    number = int(costs.index[costs["term"] == term][0])
    wrong = float(costs["million_yuan"].iloc[number]) * 1.01
    plan = with_value(found.plan, "costs", number, "million_yuan", wrong)
    assert f"cost {term}" in rules_of(found.case, plan)
    # And a model that reckons with another price, or other sites.
    for change in ({"value": 1.01}, {"sites": None}):
        case = corrupted(found.case, change)
        other = solve(case, RELAXED)
        assert {f"cost {term}", "objective"} <= rules_of(case, other.plan)


@pytest.mark.parametrize("kind", LIMITS)
def test_a_model_of_another_limit_is_found(kind: str) -> None:
    found = solved_with(kind)
    tighter = kind.endswith("_min") == (kind not in SOFT)
    case = corrupted(found.case, {"value": 0.97 if tighter else 1.03})
    other = solve(case, RELAXED)
    assert "policy rule limit" in rules_of(case, other.plan)


def corrupted(case: Case, change: dict[str, Any]) -> Case:
    """Return the case with the derived row of the policy changed and its tables as they are."""
    rows = []
    for row in case.derived.policies:
        if row.policy == "rule" and "value" in change:
            rows.append(dataclasses.replace(row, value=row.value * change["value"]))
        elif row.policy == "rule":
            rows.append(dataclasses.replace(row, sites=~row.sites))
        else:
            rows.append(row)
    return dataclasses.replace(
        case, derived=dataclasses.replace(case.derived, policies=tuple(rows))
    )


def test_effects_of_prices_are_named_by_their_term() -> None:
    found = solved_with("build_subsidy")
    named = {"carbon": "carbon_price", "subsidies": "rule"}
    effects = policy_effects(found.solved.model, found.point, priced=named).set_index("policy")
    # The least cost rises without the subsidy.
    assert effects["saving_million_yuan"]["rule"] < -0.1
    assert effects["saving_million_yuan"]["carbon_price"] > 1.0
    found = solved_with("pue_surcharge")
    named = {"pue_surcharge": "rule"}
    model = found.solved.model
    effects = policy_effects(model, found.point, priced=named).set_index("policy")
    without = least(model, model.cost - model.cost_terms["pue_surcharge"])
    expected = least(model, model.cost) - without
    assert effects["saving_million_yuan"]["rule"] == pytest.approx(expected, abs=1e-5)
    assert expected > 1.0
