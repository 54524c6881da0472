"""Faults of the typical days: their hours, their weights, and the months they stand for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from optimizer.errors import Fault
from optimizer.inputs.typical_days import DAYS_IN_MONTH, day_of_months
from optimizer.labels import Text
from optimizer.tables.frames import TypedTable
from optimizer.units import DAYS_PER_YEAR, HOURS_PER_DAY, MONTHS_PER_YEAR

DAY_TOLERANCE: Final = 1e-6


def check_times(times: TypedTable, year: int) -> Iterator[Fault]:
    """Yield every fault of the typical days of a year."""
    periods = sorted(set(times.frame["period"]))
    if periods[0] != year:
        record = int(np.flatnonzero((times.frame["period"] == periods[0]).to_numpy())[0])
        yield times.fault(
            record,
            "period",
            Text(
                "the case begins in {year}, times with {periods}",
                "算例从 {year} 年开始，times 中为 {periods}",
            ).filled(year=year, periods=", ".join(str(item) for item in periods)),
            Text(
                "let the first period be the year of case.yaml",
                "首个规划期应为 case.yaml 中的年份",
            ),
        )
    for _period, frame in times.frame.groupby("period"):
        yield from _typical_days(times, frame)


def _typical_days(times: TypedTable, frame: pd.DataFrame) -> Iterator[Fault]:
    """Return the faults of the typical days of one period."""
    start = int(frame.index[0])
    for day, rows in frame.groupby("typical_day"):
        first = int(rows.index[0])
        if sorted(rows["hour"]) != list(range(HOURS_PER_DAY)):
            yield times.fault(
                first,
                "hour",
                Text(
                    "{day} does not have hours 0 to 23 once each", "{day} 未完整包含 0–23 时"
                ).filled(day=day),
                Text("give 24 rows for each typical day", "每个典型日应有 24 行"),
            )
        if len(rows[["month", "weight_days"]].drop_duplicates()) > 1:
            yield times.fault(
                first,
                "month",
                Text("{day} has several months or weights", "{day} 的月份或权重不一致").filled(
                    day=day
                ),
                Text("give all 24 rows the same month and weight", "24 行应为同一月份和权重"),
            )
    days = frame.drop_duplicates("typical_day")
    total = float(days["weight_days"].sum())
    if abs(total - DAYS_PER_YEAR) > DAY_TOLERANCE:
        yield times.fault(
            start,
            "weight_days",
            Text("the weights sum to {total:g} days", "权重合计为 {total:g} 天").filled(
                total=total
            ),
            Text("they must sum to 365", "合计应为 365 天"),
        )
    if days["month"].duplicated().any():
        yield times.fault(
            start,
            "month",
            Text("several typical days in one month", "同一月份有多个典型日"),
            Text("give one typical day for each month", "每月只保留一个典型日"),
        )
    elif 1 < len(days) < MONTHS_PER_YEAR:
        yield from _days_stand_for_months(times, days.sort_values("month"))


def _days_stand_for_months(times: TypedTable, days: pd.DataFrame) -> Iterator[Fault]:
    """Yield the days whose weight is not that of the months that only they represent."""
    day_of = day_of_months(days["month"].to_numpy(dtype=np.int64))
    for number, (record, name, weight) in enumerate(
        zip(days.index, days["typical_day"], days["weight_days"], strict=True)
    ):
        months = np.flatnonzero(day_of == number) + 1
        length = float(DAYS_IN_MONTH[months - 1].sum())
        if abs(weight - length) > DAY_TOLERANCE:
            yield times.fault(
                int(record),
                "weight_days",
                Text(
                    "{day} stands for months {months}, which have {length:g} days",
                    "{day} 代表 {months} 月，共 {length:g} 天",
                ).filled(day=name, months=", ".join(str(month) for month in months), length=length),
                Text(
                    "weigh it so, or give a typical day for every month",
                    "请改为该天数，或每月给一个典型日",
                ),
            )
