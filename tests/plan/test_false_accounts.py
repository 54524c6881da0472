"""Plans that hide one wrong thing behind tables that agree with each other.

The tables that follow from others (ledgers, costs, sites, policies) and the totals are written
anew after the edit, so that no sum gives it away: the verifier must see the thing itself.
"""

from __future__ import annotations

import dataclasses
from types import MappingProxyType

import pandas as pd
import pytest

from optimizer.plan.costs import cost_rows
from optimizer.plan.plan import Plan, in_order
from optimizer.plan.policies import policy_rows
from optimizer.plan.result_tables import RESULT_TABLES
from optimizer.plan.site_rows import ledger_rows, site_rows
from optimizer.plan.verify import verify_plan
from optimizer.solve.options import SolveOptions
from tests.plan.solved_cases import SolvedCase, cell, edited_case, solve, with_table, without


def rewritten(solved: SolvedCase, **edited: pd.DataFrame) -> Plan:
    """Return the plan with some tables edited and all that follows from them written anew."""
    frames = {**solved.plan.tables, **edited}
    frames["ledgers"] = ledger_rows(solved.case, frames)
    frames["costs"] = cost_rows(solved.case, frames, relaxed=solved.plan.relaxed)
    frames["sites"] = site_rows(solved.case, frames)
    frames["policies"] = policy_rows(solved.case, frames)
    cost = float(frames["costs"]["million_yuan"].sum())
    return dataclasses.replace(
        solved.plan,
        objective_million_yuan=cost,
        bound_million_yuan=min(cost, solved.plan.bound_million_yuan),
        tables=MappingProxyType({name: in_order(frames[name], name) for name in RESULT_TABLES}),
    )


def test_tables_written_anew_pass(every_block: SolvedCase) -> None:
    plan = rewritten(every_block)
    assert verify_plan(every_block.case, plan).violations == ()
    assert plan.objective_million_yuan == pytest.approx(
        every_block.plan.objective_million_yuan, rel=1e-9
    )


@pytest.fixture(scope="module")
def without_city_module() -> SolvedCase:
    none_needed = cell("modules", "minimum_per_site", 0, module="metro_air")
    none_there = cell("modules", "maximum_per_site", 1, module="metro_air")
    unpinned = without("pins", site="east_metro")
    case = edited_case("every_block", none_needed, none_there, unpinned)
    return solve(case, SolveOptions(relaxed=True))


def test_negative_modules_are_found(without_city_module: SolvedCase) -> None:
    """A module less than nothing holds less than nothing, and its yearly cost is income."""
    solved = without_city_module
    builds = solved.plan.tables["builds"].copy()
    existing = (builds["site"] == "east_metro") & (builds["kind"] == "existing")
    assert set(builds.loc[builds["site"] == "east_metro", "module"]) == {"existing"}
    hidden_mw = float((builds["it_mw"] - builds["used_mw"])[existing].iloc[0])
    assert hidden_mw > 0.1
    size = float(solved.case.tables["modules"].frame.set_index("module")["it_mw"]["metro_air"])
    air = solved.case.derived.cooling
    module = solved.case.tables["modules"].frame["module"].tolist().index("metro_air")
    site = solved.case.tables["sites"].frame["site"].tolist().index("east_metro")
    negative = {
        "site": "east_metro",
        "module": "metro_air",
        "kind": "new",
        "modules": -hidden_mw / size,
        "it_mw": -hidden_mw,
        "used_mw": -hidden_mw,
        "design_pue": float(air.design_pue[site, module]),
        "annual_pue": float(air.annual_pue[site, module]),
    }
    builds.loc[existing, "used_mw"] += hidden_mw
    plan = rewritten(
        solved, builds=pd.concat([builds, pd.DataFrame([negative])], ignore_index=True)
    )
    assert plan.objective_million_yuan < solved.plan.objective_million_yuan - 0.1
    assert verify_plan(solved.case, plan).violations


def test_a_negative_lease_is_found(every_block: SolvedCase) -> None:
    """A link with an upgrade to spare could sell what it never leased."""
    links = every_block.plan.tables["links"].copy()
    step = every_block.case.tables["links"].frame.set_index("link")["upgrade_step_gbps"]
    room = links["upgrades"] * [step[link] for link in links["link"]] - links["flow_gbps"]
    row = int(room.argmax())
    assert room[row] > 10.0
    links.loc[row, "leased_gbps"] = -0.5 * room[row]
    plan = rewritten(every_block, links=links)
    assert plan.objective_million_yuan < every_block.plan.objective_million_yuan - 0.1
    assert verify_plan(every_block.case, plan).violations
    assert plan.tables["links"]["leased_gbps"].min() < 0.0


def test_new_modules_called_existing_are_found(every_block: SolvedCase) -> None:
    """What is called existing would pay nothing and meet no policy on new build."""
    builds = every_block.plan.tables["builds"].copy()
    site = "west_cluster"
    builds.loc[(builds["site"] == site) & (builds["kind"] == "new"), "kind"] = "existing"
    plan = rewritten(every_block, builds=builds)
    costs = plan.tables["costs"]
    kept = costs[~(costs["term"].isin(["build", "site_opening"]) & (costs["place"] == site))]
    cost = float(kept["million_yuan"].sum())
    plan = dataclasses.replace(
        with_table(plan, "costs", kept.reset_index(drop=True)),
        objective_million_yuan=cost,
        bound_million_yuan=cost,
    )
    assert cost < every_block.plan.objective_million_yuan - 10.0
    assert verify_plan(every_block.case, plan).violations
