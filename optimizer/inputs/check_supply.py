"""Faults of generation, batteries and contracts that sites may have, and of work that may move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pandas as pd

from optimizer.errors import Fault
from optimizer.inputs.site_supply import GENERATION_KINDS
from optimizer.labels import Text
from optimizer.tables.frames import TypedTable
from optimizer.units import HOURS_PER_DAY, MONTHS_PER_YEAR

NEEDED: Final = ("capacity_mw", "capex_yuan_per_kw", "life_years", "upkeep_share_per_year")
"""Columns of ``green_contracts`` without which there is no generation."""

SHARED: Final = ("kind", "price_yuan_per_mwh", "export_price_yuan_per_mwh")
"""Columns of ``green_contracts`` that hold for the whole of a line."""


def check_supply(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    """Yield every fault of what sites may contract and of work that may move within the day."""
    contracts = tables["green_contracts"]
    yield from _generation(contracts)
    yield from _output(contracts, tables["sites"].frame, tables["renewable_profiles"].frame)
    yield from _lines(contracts)
    yield from _movable(tables["services"])


def _generation(contracts: TypedTable) -> Iterator[Fault]:
    """Yield offers of generation that do not say what stands there or what it costs."""
    frame = contracts.frame
    generation = frame["kind"].isin(GENERATION_KINDS).to_numpy()
    for column in ("technology", *NEEDED):
        cells = frame[column]
        empty = (cells == "") if column == "technology" else cells.isna()
        for record in np.flatnonzero(generation & empty.to_numpy()).tolist():
            yield contracts.fault(
                record,
                column,
                Text("generation without {column}", "直连或自发电源未填写 {column}").filled(
                    column=column
                ),
                Text("fill it in, or remove the row", "请填写，或删除该行"),
            )


def _output(contracts: TypedTable, sites: pd.DataFrame, profiles: pd.DataFrame) -> Iterator[Fault]:
    """Yield contracts whose technology has no output by the hour in the site's province."""
    province = dict(zip(sites["site"], sites["province"], strict=True))
    hours = profiles.groupby(["province", "technology"]).size().to_dict()
    for record, (site, technology) in enumerate(
        zip(contracts.frame["site"], contracts.frame["technology"], strict=True)
    ):
        if technology == "" or site not in province:
            continue
        known = hours.get((province[site], technology), 0)
        if known != MONTHS_PER_YEAR * HOURS_PER_DAY:
            yield contracts.fault(
                record,
                "technology",
                Text(
                    "renewable_profiles has {known} of 288 hours of {technology} in {province}",
                    "renewable_profiles 中 {province} {technology} 有 {known} 个时点，应为 288",
                ).filled(known=known, technology=technology, province=province[site]),
                Text("add them, or correct the technology", "请补充，或更正发电技术"),
            )


def _lines(contracts: TypedTable) -> Iterator[Fault]:
    """Yield contracts of one line that differ in what holds for the whole line."""
    frame = contracts.frame
    named = frame[(frame["line"] != "") & frame["kind"].isin(GENERATION_KINDS)]
    for (_site, line), rows in named.groupby(["site", "line"]):
        for column in SHARED:
            cells = rows[column].fillna(-1.0) if column != "kind" else rows[column]
            differing = np.flatnonzero((cells != cells.iloc[0]).to_numpy()).tolist()
            for position in differing:
                yield contracts.fault(
                    int(rows.index[position]),
                    column,
                    Text(
                        "differs from the other contracts of line {line}",
                        "与专线 {line} 的其他合同不一致",
                    ).filled(line=line),
                    Text(
                        "give all contracts of a line the same, or name another line",
                        "同一专线的合同应一致，或改用其他专线名",
                    ),
                )


def _movable(services: TypedTable) -> Iterator[Fault]:
    """Yield services that are no batch work but shall move within the day."""
    frame = services.frame
    wrong = (frame["flexible_share"] > 0.0) & (frame["kind"] != "batch")
    for record in np.flatnonzero(wrong.to_numpy()).tolist():
        yield services.fault(
            record,
            "flexible_share",
            Text("only batch work may move within the day", "只有批处理可在日内移动"),
            Text("clear it, or correct the kind", "请清空，或更正服务类型"),
        )
