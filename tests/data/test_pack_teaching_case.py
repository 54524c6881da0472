"""The teaching case uses every part of the model, which is why it exists.

The optimum itself is not held here: only that blocks, cost terms, policies and pins matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from optimizer.inputs.case import Case, read_case
from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model
from optimizer.plan.raw_solution import Status
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.solve.stage import Solved
from optimizer.study.activity import FILE_OF_COST, FILE_OF_ROWS, block_activity
from optimizer.study.baseline import without_rows
from optimizer.tables.rules import POLICY_KINDS
from optimizer.tables.workloads import PINS

OPTIONS = SolveOptions(gap_location=1e-6)
SLACK = {"ceiling", "policy_budget"}
"""Row blocks with nothing at a limit: power at the meter, and the budget."""
OPTIONAL = {
    "reliability",
    "queueing",
    "split_training",
    "demand_charge",
    "hourly",
    "flexible",
    "periods",
    "detours",
}
"""Blocks that the case leaves switched off."""

ELSEWHERE = {"release"}
"""Blocks that need a table which the case does without; their own tests show their rows bind."""

NOT_TAUGHT = {
    *("latency_max", "workload_share_max", "pue_average_max", "rack_utilisation_min"),
    *("accelerator_utilisation_min", "domestic_share_min", "energy_cap", "water_cap", "cost_cap"),
    *("pue_surcharge", "build_subsidy", "compute_voucher", "subsidies"),
    *("green_share_hourly_min", "direct_self_use_min", "direct_load_share_min"),
    *("direct_export_max", "generation", "own_power", "exports", "batteries"),
}
"""Kinds of policy and cost terms that the case does without.

Those of supply by the hour have tests of their own; test_policy_kinds has the others.
"""


@cache
def tiny() -> Case:
    return read_case("tiny")


@cache
def solved() -> tuple[LinearModel, Solved]:
    model, _sets = build_model(tiny())
    return model, solve_model(model, OPTIONS)


def values() -> np.ndarray:
    found = solved()[1].values
    assert found is not None
    return found


def policy_rows() -> Iterator[str]:
    for name in solved()[0].rows:
        if name.startswith("policy_"):
            yield name


def test_it_is_described_in_both_languages() -> None:
    description = tiny().description
    assert description is not None
    assert description.en.startswith("Two regions, an eastern cluster")
    assert description.zh.startswith("两个需求地区")


def test_everything_is_served() -> None:
    _model, found = solved()
    assert found.solution.status is Status.OPTIMAL
    assert found.solution.unserved_value == pytest.approx(0.0, abs=1e-9)
    unserved = found.solution.columns["unserved"].values
    assert np.abs(unserved).max() < 1e-9


def test_every_block_of_rows_has_a_row_at_its_limit() -> None:
    model, _found = solved()
    activity = block_activity(model, values())
    rows = activity[activity["rows"] > 0]
    assert set(rows.loc[rows["binding"] == 0, "row"]) == SLACK
    wanted = {row for row, block in FILE_OF_ROWS.items() if block not in ELSEWHERE | OPTIONAL}
    wanted -= {"claims_on_grid"}  # only where a site has power of its own
    assert set(rows["row"]) == wanted | set(policy_rows())


def test_every_cost_term_is_paid() -> None:
    model, _found = solved()
    terms = {name: float(cost @ values()) for name, cost in model.cost_terms.items()}
    assert set(terms) == set(FILE_OF_COST) - NOT_TAUGHT
    assert min(terms.values()) > 0.01, terms


def test_every_policy_kind_is_there_and_changes_the_plan() -> None:
    policies = tiny().frame("policies")
    assert sorted(policies["kind"]) == sorted(set(POLICY_KINDS) - NOT_TAUGHT)
    assert policies["enabled"].all()
    model, found = solved()
    assert found.solution.objective is not None
    for name in policy_rows():
        without = solve_model(without_rows(model, (name,)), OPTIONS).solution
        assert without.objective is not None
        assert without.bound is not None
        saving = found.solution.bound - without.objective
        if name == "policy_budget":
            assert without.objective >= found.solution.bound - 1e-6
        else:
            assert saving > 1e-3, name


def test_one_soft_policy_is_broken() -> None:
    soft = [row.policy for row in tiny().derived.policies if not row.hard]
    assert soft == ["green_physical"]
    broken = solved()[1].solution.columns["broken"].values
    assert broken.tolist() == [pytest.approx(float(broken[0]))]
    assert broken[0] > 1.0


def test_modules_network_and_supply_are_used() -> None:
    columns = solved()[1].solution.columns
    kinds = tiny().frame("modules")
    built = columns["built"]
    chosen = {
        str(kinds["module"].iloc[int(module)])
        for module, number in zip(built.index["module"], built.values, strict=True)
        if number > 0.5
    }
    assert chosen == {"cluster_liquid", "metro_air"}
    for name in ("opening", "leased", "upgrades", "extra", "contracted", "bought"):
        assert columns[name].values.max() > 0.5, name


def test_workloads_show_every_rule() -> None:
    services, jobs = tiny().frame("services"), tiny().frame("jobs")
    assert services["single_source"].any()
    assert set(services["residency"]) == {"none", "province"}
    assert set(services["kind"]) == {"interactive", "batch"}
    assert set(services["network"]) == {"optical", "ip_private", "public"}
    assert set(jobs["residency"]) == {"none", "province"}
    months = jobs["deadline_month"] - jobs["earliest_month"]
    assert months.max() < 12  # none may take the whole year
    options = tiny().derived.gangs
    starts = {int(job): set(options.start_month[options.job == job]) for job in set(options.job)}
    assert max(len(months) for months in starts.values()) >= 2
    allowed = PINS.column("rule").allowed
    assert set(tiny().frame("pins")["rule"]) == set(allowed)


def test_it_is_small() -> None:
    model, _found = solved()
    assert max(model.shape) < 250
    assert len(tiny().frame("sites")) == 3
