"""Rules of thumb beside the plan: they hold, and they never beat what is proved."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np
import pytest

from optimizer.inputs.case import Case
from optimizer.labels import BASELINE_RULES
from optimizer.model.build import build_model
from optimizer.plan.plan import Plan, make_plan
from optimizer.plan.verify import verify_tables
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.study.baseline import (
    _RESTRICTIONS,
    HELD,
    Baseline,
    delivered_price,
    solve_baseline,
    without_rows,
)
from optimizer.tables.frames import records
from tests.plan import raw_numbers as raw
from tests.plan.solved_cases import (
    CASES,
    SolvedCase,
    cell,
    edited_case,
    scaled,
    solved_case,
    without,
)
from tests.shared_runs import run_of

EVERY_RULE = sorted(BASELINE_RULES)
BOTH = [(name, rule) for name in sorted(CASES) for rule in EVERY_RULE]


@functools.cache
def baseline(name: str, rule: str) -> Baseline:
    solved = solved_case(name)
    return solve_baseline(rule, solved.case, solved.model, solved.sets, SolveOptions())


def plan_of(name: str, rule: str) -> Plan:
    return make_plan(solved_case(name).case, baseline(name, rule).solved.solution)


def test_rules_are_those_that_savings_are_stated_against() -> None:
    assert EVERY_RULE == ["all_east", "cheapest_power", "nearest_site"]


@pytest.mark.parametrize(("name", "rule"), BOTH)
def test_costs_no_less_than_what_is_proved(name: str, rule: str) -> None:
    """Less work left undone comes first; at equal work the cost is above the plan's bound."""
    solved, found = solved_case(name), baseline(name, rule)
    least = solved.solved.solution
    if found.switched_off:
        least = solve_model(without_rows(solved.model, found.switched_off), SolveOptions()).solution
    answer = found.solved.solution
    assert answer.status.has_plan
    assert answer.unserved_value >= least.unserved_value * (1.0 - 1e-8) - 1e-6
    if answer.unserved_value <= least.unserved_value + 1e-6:
        assert answer.objective >= least.bound - 1e-6


@pytest.mark.parametrize("rule", ["nearest_site", "cheapest_power"])
@pytest.mark.parametrize("name", sorted(CASES))
def test_orders_place_all_that_the_plan_places(name: str, rule: str) -> None:
    """An order of sites takes no site away, so that the costs above do stand side by side."""
    solution = solved_case(name).solved.solution
    found = baseline(name, rule)
    assert found.switched_off == ()
    assert found.solved.solution.unserved_value == pytest.approx(
        solution.unserved_value, rel=1e-8, abs=1e-6
    )


@pytest.mark.parametrize(("name", "rule"), BOTH)
def test_meets_every_rule_but_those_it_names(name: str, rule: str) -> None:
    case = solved_case(name).case
    off = baseline(name, rule).switched_off
    tables = dict(case.tables)
    for block in off:
        if block.startswith("policy_"):
            without("policies", policy=block.removeprefix("policy_"))(tables)
        else:
            assert block in {"pinned_service", "pinned_job"}
            services = set(case.tables["services"].frame["service"])
            pins = tables["pins"].frame
            of_services = pins["workload"].isin(services)
            kept = (pins["rule"] != "minimum_share") | (
                of_services if block == "pinned_job" else ~of_services
            )
            tables["pins"] = tables["pins"].take(np.flatnonzero(kept))
    plan = plan_of(name, rule)
    shown = plan.tables["policies"]
    kept = shown["policy"].isin(set(tables["policies"].frame["policy"]))
    without_them = {**plan.tables, "policies": shown[kept].reset_index(drop=True)}
    comparable = dataclasses.replace(plan, tables=without_them)
    violations = verify_tables(tables, case.year, comparable).violations
    assert violations == ()


@pytest.mark.parametrize("name", sorted(CASES))
def test_rows_are_switched_off_only_where_the_rule_cannot_meet_them(name: str) -> None:
    solved = solved_case(name)
    off = baseline(name, "all_east").switched_off
    assert set(off) <= set(solved.model.rows)
    plan = plan_of(name, "all_east")
    policies = plan.tables["policies"].set_index(["policy", "row"])
    for block in off:
        if block.startswith("policy_"):
            rows = policies.loc[block.removeprefix("policy_")]
            assert float(rows["slack"].min()) < 0.0, block


@pytest.mark.parametrize("name", sorted(CASES))
def test_no_work_is_left_undone_for_the_sake_of_a_policy(name: str) -> None:
    """What a rule of thumb breaks is switched off; only physics may leave work undone."""
    solved = solved_case(name)
    free = without_rows(
        solved.model,
        tuple(row for row in solved.model.rows if row.startswith(("policy_", "pinned_"))),
    )
    free = _RESTRICTIONS["all_east"](solved.case, free, solved.sets, SolveOptions())
    possible = solve_model(free, SolveOptions()).solution.unserved_value
    undone = baseline(name, "all_east").solved.solution.unserved_value
    assert undone == pytest.approx(possible, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", sorted(CASES))
def test_all_east_is_all_in_the_east(name: str) -> None:
    sites = solved_case(name).case.tables["sites"].frame.set_index("site")
    west = set(sites.index[sites["side"] == "west"])
    assert west
    plan = plan_of(name, "all_east")
    assert len(plan.tables["placements"])
    for table in ("placements", "service_accelerators", "runs"):
        assert not set(plan.tables[table]["site"]) & west, table
    cards = plan.tables["accelerators"]
    assert cards.loc[cards["site"].isin(west), "bought"].sum() == 0.0
    # Modules that the case itself asks for stand empty.
    asked = raw.series(solved_case(name).case, "modules", "module", "minimum_per_site")
    for row in plan.tables["builds"].query("kind == 'new'").to_dict("records"):
        assert row["site"] not in west or row["modules"] == asked[row["module"]]
    # The plan itself does put something in the west.
    assert set(solved_case(name).plan.tables["placements"]["site"]) & west


# --- an order of sites ----------------------------------------------------------------------


def load(case: Case, plan: Plan) -> list[tuple[str, str, str, float]]:
    """Return (kind, region or job, site, thousand accelerators) of all work."""
    least = raw.seconds(case).groupby("service").min()
    rows = [
        (
            row["service"],
            row["region"],
            row["site"],
            row["requests_million_per_day"] / 86.4 * least[row["service"]],
        )
        for row in plan.tables["placements"].to_dict("records")
    ]
    return rows + [
        (
            "job",
            row["job"],
            row["site"],
            row["runs"] * row["gang"] / 1e3 * row["duration_days"] / 365.0,
        )
        for row in plan.tables["runs"].to_dict("records")
    ]


def rank(case: Case, plan: Plan, rule: str) -> float:
    """Return the load-weighted distance (ms) or price (yuan/kWh) of a plan."""
    home = case.tables["jobs"].frame.set_index("job")["dataset_site"]
    price = {site: raw.delivered_price(case, site) for site in case.tables["sites"].frame["site"]}
    total = 0.0
    for kind, origin, site, accelerators in load(case, plan):
        if rule == "cheapest_power":
            total += accelerators * price[site]
        elif kind == "job":
            total += accelerators * raw.path_round_trip(case, home[origin], site, "optical")
        else:
            total += accelerators * raw.round_trip(case, origin, kind, site)
    return total


@pytest.mark.parametrize("rule", ["nearest_site", "cheapest_power"])
def test_no_other_plan_ranks_better(rule: str) -> None:
    case = solved_case("tiny").case
    others = [solved_case("tiny").plan, plan_of("tiny", "nearest_site")]
    others.append(plan_of("tiny", "cheapest_power"))
    reached = rank(case, plan_of("tiny", rule), rule)
    for other in others:
        assert reached <= rank(case, other, rule) * (1.0 + HELD) + 1e-6


def ample(share_of_demand: float, *, jobs: bool) -> Case:
    """Return the case with room for everything everywhere, and no rules."""
    edits = [scaled("services", "requests_per_s", share_of_demand)]
    edits += [without("pins", rule=rule) for rule in ("must", "never", "minimum_share")]
    edits += [without("pins", rule="moving_cost")]
    edits += [without("policies", enabled=enabled) for enabled in (True, False)]
    left_out = {"base", "local", "spare"} | (set() if jobs else {"tune_autumn", "tune_spring"})
    edits += [without("jobs", job=job) for job in sorted(left_out)]
    edits += [cell("services", "single_source", False, service="search")]
    for service in ("camera", "chat", "office"):
        edits += [
            cell("services", "pool", "", service=service),
            cell("services", "expected_pools", np.nan, service=service),
        ]
    return edited_case("every_block", *edits)


def by_rule(case: Case, rule: str) -> Plan:
    model, sets = build_model(case)
    found = solve_baseline(rule, case, model, sets, SolveOptions())
    assert found.switched_off == ()
    return make_plan(case, found.solved.solution)


@pytest.mark.parametrize("rule", ["nearest_site", "cheapest_power"])
def test_with_room_everywhere_the_first_site_in_reach_takes_all(rule: str) -> None:
    case = ample(0.02, jobs=False)
    plan = by_rule(case, rule)
    demand = raw.demand(case)["requests"]
    least = raw.seconds(case).groupby("service").min()
    price = {site: raw.delivered_price(case, site) for site in case.tables["sites"].frame["site"]}
    lowest = 0.0
    first: list[tuple[tuple[str, str, str], float, float]] = []
    for region, service, requests in demand.reset_index().itertuples(index=False):
        weight = requests / 86.4 * least[service]
        ranks = {
            site: price[site]
            if rule == "cheapest_power"
            else raw.round_trip(case, region, service, site)
            for site in price
        }
        within = {site: raw.reach(case, region, service, site) for site in price}
        sites = sorted((site for site in price if within[site] > 0.0), key=ranks.__getitem__)
        left = 1.0
        for site in sites:
            taken = min(left, within[site])
            left -= taken
            lowest += weight * taken * ranks[site]
        if len(sites) > 1:
            lost = weight * (ranks[sites[1]] - ranks[sites[0]])
            first.append(((region, service, sites[0]), within[sites[0]], lost))
    reached = rank(case, plan, rule)
    assert lowest * (1.0 - 1e-6) <= reached <= lowest * (1.0 + HELD) * (1.0 + 1e-6)
    # The rank may rise by so much, so only so much of a pair may stand elsewhere.
    share = plan.tables["placements"].set_index(["region", "service", "site"])["share"]
    held = {key: part - 1.001 * HELD * lowest / lost for key, part, lost in first if lost > 0.0}
    bound = {key: part for key, part in held.items() if part > 0.5}
    assert len(bound) >= 5
    for key, part in bound.items():
        assert share[key] >= part - 1e-6, key


@pytest.mark.parametrize("rule", ["nearest_site", "cheapest_power"])
def test_with_room_everywhere_runs_go_to_the_first_site(rule: str) -> None:
    case = ample(1e-4, jobs=True)
    runs = by_rule(case, rule).tables["runs"]
    assert runs["runs"].sum() == 4.0
    sites = case.tables["sites"].frame["site"]
    cheapest = min(sites, key=lambda site: raw.delivered_price(case, site))
    home = case.tables["jobs"].frame.set_index("job")["dataset_site"]
    for row in runs.to_dict("records"):
        assert row["site"] == (home[row["job"]] if rule == "nearest_site" else cheapest)


def test_delivered_prices_are_tariff_times_pue(solved: SolvedCase) -> None:
    sites = solved.case.tables["sites"].frame["site"]
    expected = [raw.delivered_price(solved.case, site) for site in sites]
    np.testing.assert_allclose(delivered_price(solved.case), expected, rtol=1e-12)


# --- what a run says of its baselines -------------------------------------------------------


@functools.cache
def stated(name: str) -> dict[str, dict[str, Any]]:
    """Return what a run says of its baselines, by rule."""
    return {row["rule"]: row for row in records(run_of(name).findings["baselines"])}


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_baseline_of_a_run_is_verified(name: str) -> None:
    """Without the rows that are switched off beside it."""
    rows = stated(name)
    assert set(rows) == set(BASELINE_RULES)
    assert {rule: bool(row["verified"]) for rule, row in rows.items()} == dict.fromkeys(
        BASELINE_RULES, True
    )


@pytest.mark.parametrize("name", sorted(CASES))
def test_stated_savings_are_no_more_than_the_real_ones(name: str) -> None:
    """A bound may understate a saving, never overstate it; other work has no saving at all."""
    solved = solved_case(name)
    for rule, row in stated(name).items():
        real = baseline(name, rule).solved.solution
        if np.isnan(row["saving_million_yuan"]):
            continue
        assert row["undone_million_yuan"] == pytest.approx(
            solved.solved.solution.unserved_value, rel=1e-8, abs=1e-6
        )
        if real.unserved_value <= solved.solved.solution.unserved_value + 1e-6:
            most = real.objective - solved.solved.solution.bound
            assert row["saving_million_yuan"] <= most + 1e-6
