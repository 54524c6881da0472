"""Cases of several periods: the model is one, a plan of them is refused."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from optimizer import read_case, solve_case
from optimizer.errors import UsageError
from optimizer.inputs.case import Case
from optimizer.inputs.periods import ONE_PERIOD
from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model, build_periods, serving_everything
from optimizer.solve.living import LivingModel
from optimizer.tables.pack import shipped_cases


def with_periods(folder: Path, years: tuple[int, ...]) -> Path:
    """Return a copy of the teaching case with its year repeated, nothing growing or waiting."""
    shutil.copytree(shipped_cases()["tiny"], folder)
    for name, change in (
        ("times", _of_each_year(years, "period")),
        ("accelerator_supply", _of_each_year(years, "year")),
        ("sites", {"lead_time_years": "0"}),
        ("services", {"growth_per_year": "1"}),
        ("accelerators", {"life_years": "30"}),
        ("modules", {"life_years": "30"}),
    ):
        path = folder / f"{name}.csv"
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        frame = change(frame) if callable(change) else frame.assign(**change)
        frame.to_csv(path, index=False)
    return folder


def _of_each_year(years: tuple[int, ...], column: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def repeated(frame: pd.DataFrame) -> pd.DataFrame:
        base = frame[frame[column] == str(years[0])]
        others = frame[~frame[column].isin([str(year) for year in years])]
        return pd.concat([*(base.assign(**{column: str(year)}) for year in years), others])

    return repeated


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return read_case(with_periods(tmp_path_factory.mktemp("periods") / "twice", (2026, 2027)))


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


def test_a_plan_of_several_periods_is_refused(twice: Case) -> None:
    with pytest.raises(UsageError) as caught:
        solve_case(twice)
    assert "2 periods" in caught.value.render("en")
