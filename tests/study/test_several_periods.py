"""Cases of several periods from the model to the run folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from optimizer import read_case, solve_case
from optimizer.analysis.metrics import metrics
from optimizer.inputs.case import Case
from optimizer.inputs.periods import ONE_PERIOD
from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model, build_periods, serving_everything
from optimizer.plan.run import Run
from optimizer.plan.store import read_run
from optimizer.plan.verify import verify_plan
from optimizer.report.run_folder import write_report
from optimizer.report.summary import summary_of
from optimizer.solve.living import LivingModel
from optimizer.study.runner import LEFT_OUT
from tests.period_cases import tiny_of_years
from tests.shared_runs import run_of


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return read_case(tiny_of_years(tmp_path_factory.mktemp("periods"), (2026, 2027)))


@pytest.fixture(scope="module")
def run(twice: Case) -> Run:
    return solve_case(twice)


@pytest.fixture(scope="module")
def stored(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return the run, written with its maps."""
    return write_report(run, tmp_path_factory.mktemp("stored") / "run")


def test_one_period_is_the_model_without_periods() -> None:
    case = read_case("tiny")
    model, sets = build_periods(case)
    assert len(sets) == 1
    again, _sets = build_model(case)
    assert list(model.columns) == list(again.columns)
    assert (model.value == again.value).all()
    assert (model.cost == again.cost).all()


def test_years_are_discounted_and_the_fleet_ages(twice: Case) -> None:
    first, second = twice.periods
    rate = twice.parameter("finance", "discount_rate")
    assert (first.period.weight, second.period.weight) == pytest.approx((1.0, 1.0 / (1.0 + rate)))
    before = first.frame("fleet").set_index(["site", "accelerator"])["installed"]
    after = second.frame("fleet").set_index(["site", "accelerator"])["installed"]
    # A thirtieth leaves every year of a life of thirty.
    assert (after == (before * 29.0 / 30.0).round()).all()


def test_two_years_cost_the_first_and_the_discounted_second_at_least(twice: Case) -> None:
    """No plan of both years does either year's work for less than that year alone takes.

    Alone, a year pays for what it buys in full; here the second also uses what the first bought
    and still pays for, so each year's part is a plan of that year.
    """
    model, sets = build_periods(twice)
    assert len(sets) == 2
    both = LivingModel(serving_everything(model)).solve()
    alone = [
        LivingModel(serving_everything(build_model_of_one(period))).solve()
        for period in twice.periods
    ]
    assert both is not None
    least = 0.0
    for period, point in zip(twice.periods, alone, strict=True):
        assert point is not None
        least += period.period.weight * point.objective
    assert both.objective >= least * (1.0 - 1e-9)


def build_model_of_one(case: Case) -> LinearModel:
    """Return the model of the first year as a snapshot."""
    return build_model(dataclasses.replace(case, later=(), period=ONE_PERIOD))[0]


def test_a_plan_of_several_periods_is_verified(run: Run) -> None:
    assert run.record["verified"]
    assert run.record["status"] == "optimal"
    assert run.plan.weights == {
        part.year: pytest.approx(part.period.weight) for part in run.case.periods
    }


def test_the_record_tells_cost_and_figures_by_period(run: Run) -> None:
    first, second = run.record["periods"]
    assert (first["year"], second["year"]) == (2026, 2027)
    total = sum(row["weight"] * row["cost_million_yuan"] for row in (first, second))
    assert total * 1e6 == pytest.approx(run.record["objective_yuan"])
    assert run.record["metrics"]["total_cost"] == pytest.approx(total)
    for row, part in zip((first, second), run.case.periods, strict=True):
        own = metrics(part, run.plan.of_period(part.year))
        assert row["it_gwh"] == own.it_gwh
        assert row["location_kt"] == own.location_kt
        assert "gap" not in row
    years = [row["it_gwh"] for row in (first, second)]
    west = [row["it_gwh"] * row["west_share"] for row in (first, second)]
    assert run.record["west_share"] == pytest.approx(sum(west) / sum(years))
    # Nothing grows and all that is built stays: the second year orders no module.
    assert first["ordered_it_mw"] == first["new_it_mw"] == second["new_it_mw"] > 0.0
    assert second["ordered_it_mw"] == 0.0


def test_findings_of_one_period_are_left_out_and_named(run: Run) -> None:
    assert tuple(run.record["left_out"]) == LEFT_OUT
    for name in LEFT_OUT:
        assert run.findings[name].empty
    for name in ("prices", "activity", "policy_effects"):
        assert len(run.findings[name])
    policies = set(run.findings["policy_effects"]["policy"])
    assert {"utilisation_2026", "utilisation_2027"} <= policies
    for language, said in (("en", "left out"), ("zh", "本次未做")):
        lines = summary_of(run, language).lines  # type: ignore[arg-type]
        assert sum(said in line for line in lines) == 1


def test_the_summary_has_a_row_for_each_year(run: Run) -> None:
    table = summary_of(run, "en").tables[0]
    assert table.title == "By year"
    assert [row[0] for row in table.rows] == ["2026", "2027"]
    costs = [f"{row['cost_million_yuan']:,.0f}" for row in run.record["periods"]]
    assert [row[table.columns.index("cost of the year, million yuan")] for row in table.rows] == (
        costs
    )


def test_run_folder_is_read_back_and_verified(run: Run, stored: Run) -> None:
    assert stored.folder is not None
    again = read_run(stored.folder)
    assert verify_plan(again.case, again.plan) == verify_plan(run.case, run.plan)
    assert [part.year for part in again.case.periods] == [2026, 2027]
    assert set(again.plan.tables) == set(run.plan.tables)
    for name, frame in run.plan.tables.items():
        pd.testing.assert_frame_equal(
            again.plan.tables[name], frame, check_dtype=False, check_column_type=False
        )
    assert summary_of(again, "zh") == summary_of(run, "zh")


def test_two_runs_write_the_same_bytes(twice: Case, stored: Run, tmp_path: Path) -> None:
    assert stored.folder is not None
    write_report(solve_case(twice), tmp_path / "two")
    for path in sorted(stored.folder.rglob("*")):
        if path.is_file() and path.name not in {"run.json", "log.txt"}:
            other = tmp_path / "two" / path.relative_to(stored.folder)
            assert other.read_bytes() == path.read_bytes(), path.name


def test_one_period_writes_no_period(tmp_path: Path) -> None:
    write_report(run_of("tiny"), tmp_path / "run")
    tables = tmp_path / "run" / "tables"
    assert not (tables / "assets.csv").exists()
    for path in tables.glob("*.csv"):
        assert not path.read_text(encoding="utf-8").startswith("period,"), path.name


def test_work_that_waits_for_modules_is_left_undone_and_told(tmp_path: Path) -> None:
    """With lead times the modules of the teaching case come too late for its first year."""
    case = read_case(tiny_of_years(tmp_path, (2026, 2028), waits=True))
    found = solve_case(case)
    first, second = found.record["periods"]
    assert first["unserved_share"] > 0.0
    assert second["unserved_share"] == 0.0
    assert first["new_it_mw"] == 0.0
    (line,) = [text for text in summary_of(found, "en").lines if "NOT ALL WORK" in text]
    assert "2026" in line
    assert "2028" not in line
