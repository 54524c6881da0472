"""Bounds and allowed values of a typed table, checked with pandera.

All violations are returned together, each as a fault at its file, row and column.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from optimizer.errors import Fault
from optimizer.labels import Text
from optimizer.tables.frames import TypedTable
from optimizer.tables.registry import TABLES
from optimizer.tables.schema import Column

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema


def bound_faults(typed: TypedTable, cells: pd.DataFrame | None = None) -> list[Fault]:
    """Return a fault for every cell outside the bounds or the allowed values of its column.

    Parameters
    ----------
    typed
        The table.
    cells
        The same records as text, to show a value as its file has it.
    """
    from pandera.errors import SchemaErrors  # noqa: PLC0415 - slow to import

    schema = _pandera_schema(typed.table.name)
    try:
        schema.validate(typed.frame, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
        faults = [
            _cell_fault(typed, int(index), typed.table.column(str(name)), cells)
            for name, index in zip(cases["column"], cases["index"], strict=True)
        ]
        return sorted(faults, key=lambda fault: (fault.row or 0, fault.column))
    return []


@cache
def _pandera_schema(table_name: str) -> DataFrameSchema:
    import pandera.pandas as pa  # noqa: PLC0415 - slow to import

    columns = {}
    for column in TABLES[table_name].all_columns:
        checks = []
        if column.minimum is not None or column.maximum is not None:
            low = -float("inf") if column.minimum is None else column.minimum
            high = float("inf") if column.maximum is None else column.maximum
            checks.append(pa.Check.in_range(low, high))
        if column.allowed:
            allowed = column.allowed if column.required else (*column.allowed, "")
            checks.append(pa.Check.isin(allowed))
        columns[column.name] = pa.Column(checks=checks, nullable=not column.required)
    return pa.DataFrameSchema(columns, strict=False)


def _cell_fault(
    typed: TypedTable, record: int, column: Column, cells: pd.DataFrame | None
) -> Fault:
    shown = None
    if cells is not None and column.name in cells:
        shown = str(cells[column.name].iloc[record]).strip()
    if column.allowed:
        return typed.fault(
            record,
            column.name,
            Text("not one of the allowed values", "不在允许值之内"),
            Text("use one of: {values}", "可用值：{values}").filled(
                values=", ".join(column.allowed)
            ),
            value=shown,
        )
    low = "-∞" if column.minimum is None else f"{column.minimum:g}"
    high = "∞" if column.maximum is None else f"{column.maximum:g}"
    return typed.fault(
        record,
        column.name,
        Text("outside {low} to {high} {unit}", "超出 {low} 至 {high} {unit}").filled(
            low=low, high=high, unit=column.unit
        ),
        Text(
            "check the value and its unit: {meaning} is in {unit}",
            "请核对数值与单位：{meaning}的单位为 {unit}",
        ).filled(meaning=column.meaning, unit=column.unit),
        value=shown,
    )
