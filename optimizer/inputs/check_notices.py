"""What a case says that the model does not use yet, listed so that nobody counts on it.

These are no faults: the case can be planned. A column is listed if it asks for something, that
is, if any of its cells differs from the value that leaves it out (no protected share, no
split, one year without growth).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.inputs.split_training import may_split
from optimizer.labels import Language, Text


@dataclass(frozen=True, slots=True)
class Notice:
    """One column, or table, whose content is not modelled yet.

    Parameters
    ----------
    table, column
        Where it stands; the column is empty if the whole table is meant.
    rows
        Rows that ask for something.
    meaning
        What is left out.
    """

    table: str
    column: str
    rows: int
    meaning: Text

    def render(self, language: Language) -> str:
        """Return the notice as one line."""
        place = f"{self.table}.{self.column}" if self.column else self.table
        return Text(
            "not modelled yet: {place} ({rows} rows): {meaning}",
            "尚未建模：{place}（{rows} 行）：{meaning}",
        ).render(language, place=place, rows=self.rows, meaning=self.meaning)


_Asks = Callable[[pd.DataFrame, str], NDArray[np.bool_]]


def _above(limit: float) -> _Asks:
    def asks(frame: pd.DataFrame, column: str) -> NDArray[np.bool_]:
        above: NDArray[np.bool_] = frame[column].to_numpy(dtype=float) > limit
        return above

    return asks


def _other_than(neutral: float) -> _Asks:
    def asks(frame: pd.DataFrame, column: str) -> NDArray[np.bool_]:
        other: NDArray[np.bool_] = frame[column].to_numpy(dtype=float) != neutral
        return other

    return asks


def _true(frame: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    return frame[column].to_numpy(dtype=bool)


def _after_the_first(frame: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    """Priorities ask for something where they differ from the highest that is given."""
    order = frame[column].to_numpy(dtype=float)
    after: NDArray[np.bool_] = order > order.min(initial=np.inf)
    return after


def _asks_to_split(frame: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    """Find jobs that may split but do not say what a step takes and exchanges."""
    return _true(frame, column) & ~may_split(frame)


def _low_communication(frame: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    low: NDArray[np.bool_] = (frame[column] == "low_communication").to_numpy(dtype=bool)
    return low & ~may_split(frame)


def _any_row(frame: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    del column
    return np.ones(len(frame), dtype=bool)


_NOT_MODELLED: Final[tuple[tuple[str, str, _Asks, Text], ...]] = (
    (
        "sites",
        "lead_time_years",
        _above(0.0),
        Text(
            "a plan for one year shows the year itself; building time is left out",
            "单年方案反映目标年状态，不考虑建设周期",
        ),
    ),
    (
        "services",
        "growth_per_year",
        _other_than(1.0),
        Text("requests of the planned year are those of the table", "按表中请求量规划，不再增长"),
    ),
    (
        "services",
        "protected_share",
        _above(0.0),
        Text(
            "no backup is held for the loss of a site: protection_level is 0",
            "不为站点失效预留备份（protection_level 为 0）",
        ),
    ),
    (
        "services",
        "tier",
        _after_the_first,
        Text(
            "value_yuan_per_request alone decides who is served first",
            "仅按 value_yuan_per_request 决定优先次序",
        ),
    ),
    (
        "service_rates",
        "accelerators_per_replica",
        _above(1.0),
        Text("no headroom for queueing in small pools", "不计小资源池的排队裕量"),
    ),
    (
        "jobs",
        "may_split",
        _asks_to_split,
        Text("each run stays at one site", "每个任务只在一个站点运行"),
    ),
    (
        "jobs",
        "sync_scheme",
        _low_communication,
        Text("each run stays at one site", "每个任务只在一个站点运行"),
    ),
    (
        "accelerators",
        "embodied_kgco2",
        _above(0.0),
        Text("the ledgers count electricity only", "账本仅计电力排放"),
    ),
    (
        "grid",
        "wind_curtailment",
        _above(0.0),
        Text("wind yields what its profile says", "风电出力按出力曲线，不另扣弃风"),
    ),
    (
        "grid",
        "solar_curtailment",
        _above(0.0),
        Text("solar yields what its profile says", "光伏出力按出力曲线，不另扣弃光"),
    ),
    (
        "green_contracts",
        "additional",
        _true,
        Text("contracts count alike, additional or not", "各类合同同等计入，不区分是否新增"),
    ),
    (
        "renewable_profiles",
        "",
        _any_row,
        Text(
            "no hourly matching and no direct supply; claims are annual",
            "不做逐时匹配与绿电直连，绿电按年度核算",
        ),
    ),
)


_OF_SEVERAL_PERIODS: Final = frozenset(
    {("sites", "lead_time_years"), ("services", "growth_per_year")}
)
"""What a case of several periods does use."""


def notices(case: Case) -> list[Notice]:
    """Return what the case gives that the model does not use yet.

    Parameters
    ----------
    case
        A checked case.

    Examples
    --------
    >>> from optimizer.inputs.case import read_case
    >>> [notice.column for notice in notices(read_case("tiny")) if notice.table == "jobs"]
    []
    """
    found = []
    modelled = _modelled(case)
    for table, column, asks, meaning in _NOT_MODELLED:
        if (table, column) in modelled:
            continue
        if case.period.several and (table, column) in _OF_SEVERAL_PERIODS:
            continue
        frame = case.tables[table].frame
        if table == "service_rates":
            frame = _without_reserve(case)
        rows = int(asks(frame, column).sum()) if len(frame) else 0
        if rows:
            found.append(Notice(table, column, rows, meaning))
    return found


def _modelled(case: Case) -> set[tuple[str, str]]:
    """Return what this case does use."""
    used = set()
    if case.derived.protection.level > 0.0:
        used.add(("services", "protected_share"))
    if case.period.several:
        used |= {("sites", "lead_time_years"), ("services", "growth_per_year")}
    if (case.tables["green_contracts"].frame["technology"] != "").any():
        used.add(("renewable_profiles", ""))
    return used


def _without_reserve(case: Case) -> pd.DataFrame:
    """Return the rates of services that are in no pool, for which no reserve is held."""
    services, rates = case.tables["services"].frame, case.tables["service_rates"].frame
    alone = set(services.loc[services["pool"] == "", "service"])
    return rates[rates["service"].isin(alone)]
