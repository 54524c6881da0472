"""Plans by the hour: one wrong cell, or one wrong thing behind tables that agree, is found."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from optimizer.plan.costs import cost_rows
from optimizer.plan.hour_rows import metered_demand, shifted
from optimizer.plan.plan import Plan, in_order
from optimizer.plan.policies import policy_rows
from optimizer.plan.result_tables import RESULT_TABLES
from optimizer.plan.site_rows import ledger_rows, site_rows
from optimizer.plan.verify import verify_plan, verify_tables
from tests.plan import raw_numbers as raw
from tests.plan.broken import Change
from tests.plan.broken_hours import HOUR_CHANGES
from tests.plan.solved_cases import SolvedCase, solved_case, with_value

HOUR = ["site", "typical_day", "hour"]


@pytest.fixture(scope="module")
def by_hour() -> SolvedCase:
    return solved_case("hours")


def rules_of(solved: SolvedCase, plan: Plan) -> set[str]:
    return {violation.rule for violation in verify_plan(solved.case, plan).violations}


@pytest.mark.parametrize("change", HOUR_CHANGES, ids=lambda change: change.name)
def test_one_wrong_cell_is_found(by_hour: SolvedCase, change: Change) -> None:
    frame = by_hour.plan.tables[change.table]
    row = change.row_in(frame)
    after = change.new_value(frame[change.column].tolist()[row])
    plan = with_value(by_hour.plan, change.table, row, change.column, after)
    violations = verify_plan(by_hour.case, plan).violations
    assert set(change.rules) <= {violation.rule for violation in violations}
    if change.national:
        return
    keys = {str(cells["site"]) for cells in (frame.iloc[row], plan.tables[change.table].iloc[row])}
    for rule in change.rules:
        places = [violation.place for violation in violations if violation.rule == rule]
        assert any(keys & set(place.split("|")) for place in places), (rule, places)


def test_every_block_of_hours_acts(by_hour: SolvedCase) -> None:
    """Otherwise broken plans made from this one would prove nothing."""
    tables = by_hour.plan.tables
    lines = tables["lines"].set_index("line")
    assert lines["built"].to_dict() == {"coast": False, "roof": True, "plain": True}
    assert lines["export_gwh"]["plain"] > 1.0
    assert set(tables["batteries"]["site"]) == {"east_cluster", "west_cluster"}
    moved = tables["shifts"].groupby("site")["later_mw"].sum()
    assert (moved > 1.0).all()
    assert set(moved.index) == {"east_cluster", "west_cluster"}
    # East metro has nothing of all this: its hours collapse, and its demand is metered.
    metered = tables["metered_demand"].groupby("site")["million_yuan"].sum()
    assert set(metered.index) == {"east_cluster", "east_metro", "west_cluster"}
    policies = tables["policies"].set_index("policy")
    assert policies["binding"]["green_hourly"]
    claimed = tables["contracts"].set_index(["contract", "site"])["energy_gwh"]
    assert claimed["green_trade", "east_cluster"] > 1.0


def by_site(frame: pd.DataFrame, column: str, index: pd.MultiIndex) -> pd.Series[float]:
    return frame.groupby(HOUR)[column].sum().reindex(index, fill_value=0.0)


def rewritten(solved: SolvedCase, **edited: pd.DataFrame) -> Plan:
    """Return the plan with some tables edited and all that follows from them written anew."""
    case, tables = solved.case, solved.plan.tables
    frames = {**tables, **edited}
    weight = raw.days(case)["weight_days"]
    lines, hours = frames["lines"].set_index(["site", "line"]), frames["line_hours"]
    days = np.array([weight[day] for day in hours["typical_day"]]) / 1e3
    for column, of in (("self_mw", "self_use_gwh"), ("export_mw", "export_gwh")):
        gwh = (hours[column] * days).groupby([hours["site"], hours["line"]]).sum()
        lines[of] = gwh.reindex(lines.index, fill_value=0.0)
    frames["lines"] = lines.reset_index()
    grid = frames["energy_by_hour"].set_index(HOUR)
    index = grid.index
    assert isinstance(index, pd.MultiIndex)
    sites = case.tables["sites"].frame["site"].tolist()
    names = list(case.derived.calendar.days)
    at = (
        [sites.index(site) for site in index.get_level_values("site")],
        [names.index(day) for day in index.get_level_values("typical_day")],
        index.get_level_values("hour").to_numpy(),
    )
    for position, column in enumerate(("it_mw", "meter_mw")):
        before, after = (shifted(case, part["shifts"])[position][at] for part in (tables, frames))
        grid[column] += after - before
    grid["own_mw"] = by_site(hours, "self_mw", index)
    for column in ("charge_mw", "discharge_mw"):
        grid[column] = by_site(frames["battery_hours"], column, index)
    grid["import_mw"] = grid["meter_mw"] + grid["charge_mw"] - grid["discharge_mw"] - grid["own_mw"]
    frames["energy_by_hour"] = grid.reset_index()
    frames["metered_demand"] = edited.get("metered_demand", metered_demand(case, frames))
    frames["ledgers"] = ledger_rows(case, frames)
    frames["costs"] = cost_rows(case, frames, relaxed=solved.plan.relaxed)
    frames["sites"] = site_rows(case, frames)
    frames["policies"] = policy_rows(case, frames)
    cost = float(frames["costs"]["million_yuan"].sum())
    return dataclasses.replace(
        solved.plan,
        objective_million_yuan=cost,
        bound_million_yuan=min(cost, solved.plan.bound_million_yuan),
        objectives=(),
        tables=MappingProxyType({name: in_order(frames[name], name) for name in RESULT_TABLES}),
    )


def test_tables_written_anew_pass(by_hour: SolvedCase) -> None:
    plan = rewritten(by_hour)
    assert verify_plan(by_hour.case, plan).violations == ()
    assert plan.objective_million_yuan == pytest.approx(
        by_hour.plan.objective_million_yuan, rel=1e-9
    )


def test_a_battery_that_gives_what_it_never_took_is_found(by_hour: SolvedCase) -> None:
    hours = by_hour.plan.tables["battery_hours"].copy()
    giving = hours["discharge_mw"] > 0.1
    hours.loc[giving, "discharge_mw"] -= 0.1
    hours.loc[hours["charge_mw"] > 0.0, "charge_mw"] = 0.0
    plan = rewritten(by_hour, battery_hours=hours)
    assert plan.objective_million_yuan < by_hour.plan.objective_million_yuan - 0.1
    assert "state of charge" in rules_of(by_hour, plan)


def test_a_day_that_does_not_close_is_found(by_hour: SolvedCase) -> None:
    """A battery that is full every midnight for nothing has a free store each day."""
    hours = by_hour.plan.tables["battery_hours"].copy()
    here = (hours["site"] == "east_cluster") & (hours["typical_day"] == "jul")
    size = by_hour.plan.tables["batteries"].set_index("site")
    assert size["power_mw"]["east_cluster"] == 2.0
    hours.loc[here, ["charge_mw", "discharge_mw", "stored_mwh"]] = 0.0
    given = here & hours["hour"].isin([18, 19, 20])
    hours.loc[given, "discharge_mw"] = 1.0
    hours.loc[here & (hours["hour"] < 18), "stored_mwh"] = 3.0 / 0.93
    hours.loc[here & (hours["hour"] == 18), "stored_mwh"] = 3.0 / 0.93
    hours.loc[here & (hours["hour"] == 19), "stored_mwh"] = 2.0 / 0.93
    hours.loc[here & (hours["hour"] == 20), "stored_mwh"] = 1.0 / 0.93
    violations = verify_plan(by_hour.case, rewritten(by_hour, battery_hours=hours)).violations
    places = {violation.place for violation in violations if violation.rule == "state of charge"}
    assert places == {"lithium|east_cluster|jul|23"}


def test_charge_and_discharge_at_once_are_found(by_hour: SolvedCase) -> None:
    """Both at once only lose power, which own generation may have to spare."""
    hours = by_hour.plan.tables["battery_hours"].copy()
    here = (hours["site"] == "east_cluster") & (hours["charge_mw"] > 0.2)
    here &= hours["charge_mw"] < 1.8
    row = int(np.flatnonzero(here)[0])
    hours.loc[row, "charge_mw"] = hours["charge_mw"].iloc[row] + 0.1
    hours.loc[row, "discharge_mw"] = 0.1 * 0.95 * 0.93
    plan = rewritten(by_hour, battery_hours=hours)
    assert rules_of(by_hour, plan) == {"charge and discharge at once"}


def test_sun_an_hour_late_is_found(by_hour: SolvedCase) -> None:
    hours = by_hour.plan.tables["line_hours"].copy()
    roof = (hours["line"] == "roof").to_numpy()
    rolled = hours.loc[roof, "self_mw"].to_numpy().reshape(-1, 24)
    hours.loc[roof, "self_mw"] = np.roll(rolled, 1, axis=1).ravel()
    assert "output within generation" in rules_of(by_hour, rewritten(by_hour, line_hours=hours))


def test_a_megawatt_hour_claimed_twice_is_found(by_hour: SolvedCase) -> None:
    """Certificates for more than the grid delivers, where own power meets the rest."""
    contracts = by_hour.plan.tables["contracts"]
    ledgers = by_hour.plan.tables["ledgers"].set_index("site")
    left = ledgers["import_gwh"]["west_cluster"]
    assert left < ledgers["meter_gwh"]["west_cluster"]
    assert 0.1 < left < 19.0
    for gwh, rules in ((left - 0.01, set()), (left + 0.01, {"claims within energy"})):
        more = {"contract": "certificate", "site": "west_cluster", "energy_gwh": gwh}
        frame = pd.concat([contracts, pd.DataFrame([more])], ignore_index=True)
        assert rules_of(by_hour, rewritten(by_hour, contracts=frame)) == rules


def test_more_sent_out_than_may_be_is_found(by_hour: SolvedCase) -> None:
    hours = by_hour.plan.tables["line_hours"].copy()
    plain = hours["line"] == "plain"
    sent = 0.3 * hours.loc[plain, "self_mw"]
    hours.loc[plain, "self_mw"] -= sent
    hours.loc[plain, "export_mw"] += sent
    rules = rules_of(by_hour, rewritten(by_hour, line_hours=hours))
    assert "policy direct_export" in rules


def test_work_moved_to_another_month_is_found(by_hour: SolvedCase) -> None:
    shifts = by_hour.plan.tables["shifts"].copy()
    at = (shifts["site"] == "west_cluster") & (shifts["later_mw"] > 0.0)
    row = int(np.flatnonzero((at & (shifts["typical_day"] == "jul")).to_numpy())[0])
    free = {(day, hour) for day, hour in zip(shifts["typical_day"], shifts["hour"], strict=True)}
    hour = int(shifts["hour"].iloc[row])
    assert ("jan", hour) in free
    shifts.loc[row, "typical_day"] = "jan"
    keys = ["site", "module", "typical_day", "hour"]
    shifts = shifts.groupby(keys, as_index=False).sum()
    rules = rules_of(by_hour, rewritten(by_hour, shifts=shifts))
    assert "moved load stays in its day" in rules


def test_three_times_the_work_that_may_move_is_found(by_hour: SolvedCase) -> None:
    shifts = by_hour.plan.tables["shifts"].copy()
    shifts[["later_mw", "earlier_mw"]] *= 3.0
    rules = rules_of(by_hour, rewritten(by_hour, shifts=shifts))
    assert {"load moved out of a module", "load moved out of the site"} <= rules
    assert "load moved to free accelerators" in rules
    assert "moved load stays in its day" not in rules


def test_generation_without_its_line_is_found(by_hour: SolvedCase) -> None:
    """A line that is not called built has no policy rows to meet."""
    lines = by_hour.plan.tables["lines"].copy()
    lines.loc[lines["line"] == "plain", "built"] = False
    plan = rewritten(by_hour, lines=lines)
    policies = plan.tables["policies"]["policy"]
    assert not policies.str.startswith("direct_").any()
    assert rules_of(by_hour, plan) == {"generation needs its line"}


def test_the_mean_billed_for_the_peak_is_found(by_hour: SolvedCase) -> None:
    demand = by_hour.plan.tables["metered_demand"].copy()
    demand[["peak_mw", "million_yuan"]] *= 0.8
    rules = rules_of(by_hour, rewritten(by_hour, metered_demand=demand))
    assert {"metered peak", "charge of the peak", "cost demand_charge"} <= rules


@pytest.mark.parametrize(
    ("year", "found"), [(2024, True), (2025, False), (2026, False), (2027, True)]
)
def test_certificates_count_in_two_years(by_hour: SolvedCase, year: int, *, found: bool) -> None:
    """Those of the case are of 2025."""
    solved = by_hour
    violations = verify_tables(solved.case.tables, year, solved.plan).violations
    rules = {(violation.rule, violation.place) for violation in violations}
    assert (("contract is offered", "certificate|east_metro") in rules) == found


def test_lines_of_a_relaxed_plan_may_be_built_in_part() -> None:
    relaxed = solved_case("hours", relaxed=True)
    assert verify_plan(relaxed.case, relaxed.plan).violations == ()
    lines = relaxed.plan.tables["lines"].copy()
    plain = int(np.flatnonzero((lines["line"] == "plain").to_numpy())[0])
    in_part = with_value(relaxed.plan, "lines", plain, "built", value=False)
    rules = rules_of(relaxed, in_part)
    # Called built in part it has no rows of its own in the table of policies.
    assert rules == {f"policy {policy} has the row" for policy in DIRECT}
    whole = dataclasses.replace(in_part, relaxed=False)
    assert "generation needs its line" in rules_of(relaxed, whole)


DIRECT = ("direct_export", "direct_load", "direct_self_use")
