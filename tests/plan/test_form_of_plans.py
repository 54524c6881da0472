"""Plans whose tables have not their form: the fault is named and nothing else is looked at."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from optimizer.plan.result_tables import RESULT_TABLES
from optimizer.plan.verify import verify_plan
from optimizer.plan.verify_shape import COST_TERMS, FORMS, LISTED, WHOLE
from tests.plan.broken import COST_TERMS as BROKEN_TERMS
from tests.plan.broken_hours import COST_TERMS as HOUR_TERMS
from tests.plan.solved_cases import SolvedCase, plan_with, solved_case, with_table, with_value

Edit = Callable[[pd.DataFrame], pd.DataFrame]

# Their rules say which there are; they are broken below and in test_broken_plans.
NAMED_BY_OTHER_RULES = ("configuration", "contract", "row")


def found(solved: SolvedCase, table: str, frame: pd.DataFrame) -> set[tuple[str, str]]:
    """Return rule and place of what is found in a plan with one table replaced."""
    verification = verify_plan(solved.case, with_table(solved.plan, table, frame))
    assert math.isnan(verification.cost_million_yuan)
    return {(violation.rule, violation.place) for violation in verification.violations}


def key_of(frame: pd.DataFrame, table: str, row: int) -> str:
    return "|".join((table, *(str(frame[column].iloc[row]) for column in FORMS[table].key)))


def edited(frame: pd.DataFrame, column: str, value: object) -> pd.DataFrame:
    """Return a table with one cell of its first row changed."""
    cells = frame[column].tolist()
    cells[0] = value
    return frame.assign(**{column: pd.Series(cells, dtype=object)})


def test_the_form_is_that_of_the_result_tables() -> None:
    """The verifier states it again; both must say the same."""
    assert set(FORMS) == set(RESULT_TABLES)
    for name, form in FORMS.items():
        table = RESULT_TABLES[name]
        assert form.key == table.key
        columns = [column for column in table.columns if column.name not in form.key]
        numbers = {"number", "integer"}
        assert set(form.numbers) == {
            column.name for column in columns if column.kind in numbers and column.required
        }
        assert set(form.optional) == {
            column.name for column in columns if column.kind in numbers and not column.required
        }
        assert set(form.others) == {column.name for column in columns if column.kind not in numbers}


def test_cost_terms_are_those_of_the_model(every_block: SolvedCase) -> None:
    assert set(every_block.model.cost_terms) == set(BROKEN_TERMS)
    by_hour = set(solved_case("hours").model.cost_terms)
    assert by_hour - set(BROKEN_TERMS) == set(HOUR_TERMS)
    # Surcharges and subsidies are paid in test_policy_kinds.
    assert {*BROKEN_TERMS, *HOUR_TERMS, "pue_surcharge", "subsidies"} == COST_TERMS


@pytest.mark.parametrize("table", sorted(FORMS))
def test_a_table_left_out_is_named(every_block: SolvedCase, table: str) -> None:
    tables = {name: frame for name, frame in every_block.plan.tables.items() if name != table}
    plan = dataclasses.replace(every_block.plan, tables=MappingProxyType(tables))
    form = FORMS[table]
    columns = (*form.key, *form.numbers, *form.optional, *form.others)
    violations = verify_plan(every_block.case, plan).violations
    assert {(violation.rule, violation.place) for violation in violations} == {
        ("column is there", f"{table}|{column}") for column in columns
    }


@pytest.mark.parametrize("table", sorted(FORMS))
def test_a_column_left_out_is_named(every_block: SolvedCase, table: str) -> None:
    frame = every_block.plan.tables[table]
    for column in frame.columns:
        assert found(every_block, table, frame.drop(columns=column)) == {
            ("column is there", f"{table}|{column}")
        }


@pytest.mark.parametrize("table", sorted(FORMS))
def test_a_row_that_stands_twice_is_named(table: str) -> None:
    solved = plan_with(table)
    frame = solved.plan.tables[table]
    twice = pd.concat([frame, frame.iloc[[-1]]], ignore_index=True)
    place = f"{table}|{key_of(frame, table, -1)}"
    assert found(solved, table, twice) == {("row stands once", place)}


@pytest.mark.parametrize("table", sorted(LISTED))
def test_a_code_that_is_not_listed_is_named(every_block: SolvedCase, table: str) -> None:
    frame = every_block.plan.tables[table]
    code = frame[LISTED[table]].iloc[0]
    assert found(every_block, table, frame.iloc[1:]) == {("row is there", f"{table}|{code}")}


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (table, column)
        for table, form in FORMS.items()
        for column in form.key
        if column not in {*WHOLE, *NAMED_BY_OTHER_RULES}
    ],
)
def test_an_unknown_code_is_named(table: str, column: str) -> None:
    solved = plan_with(table)
    frame = edited(solved.plan.tables[table], column, "unheard_of")
    place = f"{table}.{column}|{key_of(frame, table, 0)}"
    wanted = {("code is known", place)}
    if table in LISTED:
        code = solved.plan.tables[table][column].iloc[0]
        wanted.add(("row is there", f"{table}|{code}"))
    assert found(solved, table, frame) == wanted


@pytest.mark.parametrize("table", ["split_runs", "split_parts"])
def test_an_unknown_configuration_breaks_its_rule(table: str) -> None:
    """A name of a configuration says all that the run is: the rule on it compares the two."""
    solved = plan_with(table)
    frame = edited(solved.plan.tables[table], "configuration", "unheard_of")
    plan = with_table(solved.plan, table, frame)
    violations = verify_plan(solved.case, plan).violations
    broken = {(violation.rule, violation.place) for violation in violations}
    job = frame["job"].iloc[0]
    if table == "split_runs":
        assert ("name of the configuration", f"{job}|unheard_of") in broken
        whole = solved.plan.tables[table]["configuration"].iloc[0]
        assert ("part belongs to a run", f"{job}|{whole}") in broken
    else:
        assert ("part belongs to a run", f"{job}|unheard_of") in broken


@pytest.mark.parametrize("hour", [-1, 24, 2.5])
def test_an_hour_that_does_not_exist_is_named(every_block: SolvedCase, hour: float) -> None:
    frame = edited(every_block.plan.tables["energy_by_hour"], "hour", hour)
    place = f"energy_by_hour.hour|{key_of(frame, 'energy_by_hour', 0)}"
    assert found(every_block, "energy_by_hour", frame) == {("code is known", place)}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("gang", 0),
        ("gang", -8),
        ("gang", 8.5),
        ("gang", math.inf),
        ("gang", "eight"),
        ("start_month", 1.5),
        ("start_month", -1),
        ("start_month", math.nan),
    ],
)
def test_what_cannot_be_counted_is_named(
    every_block: SolvedCase, column: str, value: object
) -> None:
    frame = edited(every_block.plan.tables["runs"], column, value)
    place = f"runs.{column}|{key_of(frame, 'runs', 0)}"
    assert found(every_block, "runs", frame) == {("count is a whole number", place)}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "1.0", True, None])
@pytest.mark.parametrize("table", sorted(FORMS))
def test_what_is_no_number_is_named(table: str, value: object) -> None:
    solved = plan_with(table)
    for column in FORMS[table].numbers:
        frame = edited(solved.plan.tables[table], column, value)
        place = f"{table}.{column}|{key_of(frame, table, 0)}"
        assert found(solved, table, frame) == {("number is one", place)}


@pytest.mark.parametrize("value", [math.inf, "1.0", None])
def test_a_cell_that_may_be_empty_holds_a_number_or_nothing(
    every_block: SolvedCase, value: object
) -> None:
    for table, form in FORMS.items():
        for column in form.optional:
            frame = edited(every_block.plan.tables[table], column, value)
            place = f"{table}.{column}|{key_of(frame, table, 0)}"
            assert found(every_block, table, frame) == {("number is one", place)}


@pytest.mark.parametrize("rule", ["network budget", "site load_factor"])
def test_a_number_that_is_left_empty_is_found(every_block: SolvedCase, rule: str) -> None:
    table, column = {
        "network budget": ("placements", "budget_ms"),
        "site load_factor": ("sites", "load_factor"),
    }[rule]
    frame = every_block.plan.tables[table]
    row = int(np.flatnonzero(frame[column].notna().to_numpy())[0])
    plan = with_value(every_block.plan, table, row, column, math.nan)
    rules = {violation.rule for violation in verify_plan(every_block.case, plan).violations}
    assert rules == {rule}


def test_a_number_where_nothing_belongs_is_found(every_block: SolvedCase) -> None:
    frame = every_block.plan.tables["placements"]
    row = int(np.flatnonzero(frame["budget_ms"].isna().to_numpy())[0])
    plan = with_value(every_block.plan, "placements", row, "budget_ms", 20.0)
    rules = {violation.rule for violation in verify_plan(every_block.case, plan).violations}
    assert rules == {"network budget"}


def test_one_hour_left_out_is_counted(every_block: SolvedCase) -> None:
    frame = every_block.plan.tables["energy_by_hour"]
    site, day, hour = (frame[name].iloc[5] for name in ("site", "typical_day", "hour"))
    plan = with_table(every_block.plan, "energy_by_hour", frame.drop(index=5))
    violations = verify_plan(every_block.case, plan).violations
    places = {violation.rule: violation.place for violation in violations}
    assert places == {
        "hours written": site,
        "IT load in the hour": f"{site}|{day}|{hour}",
        "meter in the hour": f"{site}|{day}|{hour}",
        "own power in the hour": f"{site}|{day}|{hour}",
        "charge in the hour": f"{site}|{day}|{hour}",
        "discharge in the hour": f"{site}|{day}|{hour}",
        "import in the hour": f"{site}|{day}|{hour}",
        "price in the hour": f"{site}|{day}|{hour}",
    }
