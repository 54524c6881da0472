"""Plans with a run over several sites: what it is, and that the verifier knows it."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from optimizer.plan.plan import Plan, in_order
from optimizer.plan.verify import verify_plan, verify_tables
from optimizer.solve.options import SolveOptions
from tests.plan.broken import Change
from tests.plan.broken_split import SPLIT_CHANGES
from tests.plan.solved_cases import (
    SolvedCase,
    TableEdit,
    cell,
    solve,
    solved_case,
    with_value,
)
from tests.plan.test_corrupted_numbers import (
    NOT_IN_THE_MODEL,
    Corruption,
    arrays,
    corrupted,
    filled,
    times,
)


@pytest.fixture(scope="module")
def several() -> SolvedCase:
    return solved_case("several_sites")


def test_the_run_is_where_it_fits(several: SolvedCase) -> None:
    # 8,000 old cards; no fabric holds more than 6,000. 1e18 FLOP a step at 8,000 * 300 TFLOPS
    # * 0.3; 40 Gbit over 400 Gbit/s, half of it crossing; 3,000 km there and back.
    (run,) = several.plan.tables["split_runs"].to_dict("records")
    compute = 1e18 / (8000 * 300e12 * 0.3)
    step = compute + 0.5 * 40.0 / 400.0 + 3000 * 4.9e-6
    assert run["ring_km"] == 3000.0
    assert run["compute_s"] == pytest.approx(compute, rel=1e-12)
    assert run["step_s"] == pytest.approx(step, rel=1e-12)
    assert run["efficiency"] == pytest.approx(compute / step, rel=1e-12)
    days = 1.5e24 / (8000 * 300e12 * 0.3) / 86_400.0 * step / compute
    assert run["duration_days"] == pytest.approx(days, rel=1e-12)
    parts = several.plan.tables["split_parts"].set_index("site")["gang"]
    assert parts.to_dict() == {"east_cluster": 6000, "west_cluster": 2000}
    assert (several.plan.tables["runs"]["job"] != "wide").all()
    # Both sides of the ring lie on the one link.
    flow = several.plan.tables["links"].set_index("link")["flow_gbps"]
    assert flow["cluster-west"] > 800.0


def rules_of(solved: SolvedCase, plan: Plan) -> set[str]:
    return {violation.rule for violation in verify_plan(solved.case, plan).violations}


@pytest.mark.parametrize("change", SPLIT_CHANGES, ids=lambda change: change.name)
def test_one_wrong_cell_is_found(several: SolvedCase, change: Change) -> None:
    frame = several.plan.tables[change.table]
    row = change.row_in(frame)
    after = change.new_value(frame[change.column].tolist()[row])
    plan = with_value(several.plan, change.table, row, change.column, after)
    assert set(change.rules) <= rules_of(several, plan)


def with_parts(several: SolvedCase, gangs: dict[str, int]) -> Plan:
    """Return the plan with other parts, said so throughout its own tables."""
    runs, parts = (several.plan.tables[name].copy() for name in ("split_runs", "split_parts"))
    (run,) = runs.to_dict("records")
    split = "+".join(f"{site}={gang}" for site, gang in sorted(gangs.items()))
    name = f"old_card*8000@{run['start_month']:02d}:{split}:0.4T"
    runs["configuration"], runs["sites"] = name, "+".join(sorted(gangs))
    each = parts["it_mw"].sum() / 8000
    rate = parts["dataset_gbps"].sum() / 8000
    parts = pd.DataFrame(
        [
            {
                "job": "wide",
                "configuration": name,
                "site": site,
                "gang": gang,
                "it_mw": each * gang,
                "dataset_gbps": rate * gang,
            }
            for site, gang in gangs.items()
        ]
    )
    tables = {
        **several.plan.tables,
        "split_runs": in_order(runs, "split_runs"),
        "split_parts": in_order(parts, "split_parts"),
    }
    return dataclasses.replace(several.plan, tables=MappingProxyType(tables))


@pytest.mark.parametrize(
    ("gangs", "rule"),
    [
        ({"east_cluster": 4003, "west_cluster": 3997}, "whole servers of the parts"),
        ({"east_cluster": 8000}, "number of sites of a run"),
        ({"east_cluster": 6400, "west_cluster": 1600}, "largest gang"),
        ({"east_cluster": 4000, "east_metro": 4000}, "part is at a cluster"),
        ({"east_cluster": 800, "west_cluster": 7200}, "accelerators in the hour"),
        ({"east_cluster": 800, "west_cluster": 7200}, "pinned share"),
    ],
)
def test_a_consistent_plan_of_other_parts_is_found(
    several: SolvedCase, gangs: dict[str, int], rule: str
) -> None:
    assert rule in rules_of(several, with_parts(several, gangs))


def test_the_same_parts_written_anew_pass(several: SolvedCase) -> None:
    plan = with_parts(several, {"east_cluster": 6000, "west_cluster": 2000})
    assert rules_of(several, plan) == set()


def rules_for(several: SolvedCase, edit: TableEdit) -> set[str]:
    """Return what is found in the plan if it is said to be one for other tables."""
    tables = dict(several.case.tables)
    edit(tables)
    found = verify_tables(tables, several.case.year, several.plan).violations
    return {violation.rule for violation in found}


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("may_split", False, "job may run over several sites"),
        ("gradient_gbit", np.nan, "job may run over several sites"),
        ("step_flop", np.nan, "job may run over several sites"),
        ("gradient_gbit", 80.0, "time of a step"),
        ("step_flop", 2e18, "computation of a step"),
        ("sync_scheme", "low_communication", "time of a step"),
        ("residency", "province", "job stays in its province"),
    ],
)
def test_a_plan_for_another_job_is_found(
    several: SolvedCase, column: str, value: object, rule: str
) -> None:
    assert rule in rules_for(several, cell("jobs", column, value, job="wide"))


@pytest.mark.parametrize(
    ("parameter", "value", "rule"),
    [
        ("ring_factor", 2.0, "time of a step"),
        ("sync_overlap", 1.0, "time of a step"),
        ("split_efficiency_cap", 0.9, "time of a step"),
        ("split_efficiency_floor", 0.97, "least efficiency of a run"),
    ],
)
def test_a_plan_for_another_parameter_is_found(
    several: SolvedCase, parameter: str, value: float, rule: str
) -> None:
    assert rule in rules_for(several, cell("parameters", "value", value, parameter=parameter))


CORRUPTIONS = (
    Corruption("splits.accelerator", "the other one", lambda rows: 1 - rows, ("duration",)),
    Corruption("splits.gang", "a quarter more", times(1.25), ("given gang", "parts of the gang")),
    Corruption(
        "splits.start_month", "a month early", lambda months: months - 1, ("load of a profile",)
    ),
    Corruption("splits.bandwidth_gbps", "a quarter", times(0.25), ("flow", "time of a step")),
    Corruption("splits.ring_km", "there only", times(0.5), ("length of the ring",)),
    Corruption("splits.compute_s", "halved", times(0.5), ("computation of a step",)),
    Corruption("splits.step_s", "without the ring", filled(1.0), ("time of a step",)),
    Corruption("splits.duration_days", "halved", times(0.5), ("duration",)),
    Corruption("splits.goodput", "nine tenths", times(0.9), ("goodput",)),
    Corruption("splits.month_share", "never active", filled(0.0), ("load of a profile",)),
    Corruption(
        "splits.part_column",
        "of the column before",
        lambda rows: np.maximum(rows - 1, 0),
        ("parts of the gang",),
    ),
    Corruption(
        "splits.part_site",
        "at the city",  # for the cluster in the west
        lambda rows: np.where(rows == 2, 1, rows),
        ("part is at a cluster",),
    ),
    Corruption("splits.part_gang", "half", times(0.5), ("parts of the gang",)),
    Corruption("splits.circuit_gbps", "one side only", times(0.5), ("flow",)),
    Corruption("splits.circuit_link", "another link", filled(0), ("flow",)),
    Corruption("splits.circuit_column", "all of the first", filled(0), ("flow",)),
)


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda corruption: corruption.name)
def test_a_wrong_number_is_found(corruption: Corruption) -> None:
    right = solved_case("several_sites", relaxed=True)
    wrong = solve(corrupted(right.case, corruption), SolveOptions(relaxed=True))
    found = {violation.rule for violation in verify_plan(wrong.case, wrong.plan).violations}
    assert set(corruption.rules) <= found


def test_every_array_is_corrupted_once(several: SolvedCase) -> None:
    found = {path for path in arrays(several.case.derived) if path.startswith("splits.")}
    # Jobs only name rows.
    assert found - {"splits.job"} == {corruption.path for corruption in CORRUPTIONS}
    assert "splits.job" not in NOT_IN_THE_MODEL
