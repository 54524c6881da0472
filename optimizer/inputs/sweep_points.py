"""The points of a sweep: the same ones from the same file, whatever runs them.

Latin hypercube: for ``count`` points the range of every parameter is cut into ``count`` parts of
equal probability; each part is used once, at a random place in it, in random order (McKay, Beckman
and Conover 1979). Numbers drawn are rounded to six significant digits, so that no machine's last
digit changes a point.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.errors import Fault, InputError
from optimizer.inputs.assemble import AssembledTables
from optimizer.inputs.scenario import (
    Cell,
    Override,
    Scenario,
    ScenarioFile,
    rows_changed,
)
from optimizer.inputs.sweep_file import Change, Parameter, Sweep
from optimizer.labels import Text
from optimizer.tables.registry import TABLES

DIGITS: Final = 6
"""Significant digits of drawn numbers."""


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """One point of a sweep.

    Parameters
    ----------
    number
        Place in the sweep, from 0.
    values
        Value of each parameter by name.
    scenario
        The overrides that make it; named after their content, so that equal points of two sweeps
        are one.
    """

    number: int
    values: dict[str, Cell]
    scenario: Scenario


def sweep_points(sweep: Sweep, assembled: AssembledTables) -> list[SweepPoint]:
    """Return the points of a sweep on the tables of its case.

    Parameters
    ----------
    sweep
        The sweep.
    assembled
        Tables of its case with its scenarios applied.

    Raises
    ------
    InputError
        If a parameter changes a table, column or row that is not there, or has no range.
    """
    parameters = sweep.content.parameters
    faults: list[Fault] = []
    bounds: list[tuple[float, float]] = []
    for number, parameter in enumerate(parameters):
        place = f"{sweep.path.name} parameters[{number}]"
        try:
            _check_target(parameter, assembled, place)
            bounds.append(_bounds(parameter, assembled, place))
        except InputError as error:
            faults.extend(error.faults)
    if faults:
        raise InputError(faults)
    names = [parameter.name for parameter in parameters]
    return [
        _point(number, dict(zip(names, values, strict=True)), sweep)
        for number, values in enumerate(_combinations(sweep, bounds))
    ]


def _check_target(parameter: Parameter, assembled: AssembledTables, place: str) -> None:
    """Raise if a change names what is not there; values are left to the points."""
    for number, change in enumerate(parameter.changes):
        where = f"{place}.changes[{number}]"
        cells: dict[str, Cell] = dict.fromkeys([*change.set, *change.scale, *change.fixed], 1)
        override = Override(table=change.table, where=change.where, set=cells)
        table, _rows = rows_changed(assembled.tables, override, where)
        for name in change.scale:
            if table.table.column(name).kind not in {"number", "integer"}:
                raise InputError([_not_a_number(name, where)])


def _not_a_number(column: str, place: str) -> Fault:
    return Fault(
        Text("{name} is not a number and cannot be scaled", "{name} 不是数值，无法缩放").filled(
            name=column
        ),
        Text("use 'set'", "请改用 set"),
        place,
        column=column,
    )


def _bounds(parameter: Parameter, assembled: AssembledTables, place: str) -> tuple[float, float]:
    if parameter.range is None:
        return parameter.low or 0.0, parameter.high or 0.0
    low, high = math.nan, math.nan
    change = parameter.changes[0]
    if len(parameter.changes) == 1 and len(change.set) == 1:
        override = Override(table=change.table, where=change.where, set={change.set[0]: 1})
        table, rows = rows_changed(assembled.tables, override, place)
        keys = np.array(table.keys(), dtype=object)[rows]
        cells = assembled.tables["provenance"].frame
        found = cells[
            (cells["table"] == change.table)
            & (cells["column"] == change.set[0])
            & cells["key"].isin(keys)
        ]
        if len(keys) == 1 and len(found) == 1:
            low, high = float(found["low"].iloc[0]), float(found["high"].iloc[0])
    if not low < high or (parameter.distribution == "loguniform" and low <= 0.0):
        raise InputError(
            [
                Fault(
                    Text(
                        "the case states no range for one cell that this parameter sets",
                        "算例未给出该参数所设单元格的取值范围",
                    ),
                    Text("give low and high", "请给出 low 与 high"),
                    place,
                    column="range",
                    value="provenance",
                )
            ]
        )
    return low, high


def _combinations(sweep: Sweep, bounds: Sequence[tuple[float, float]]) -> list[tuple[Cell, ...]]:
    """Return the values of all parameters for each point."""
    content = sweep.content
    if content.design == "list":
        return list(zip(*(item.values for item in content.parameters), strict=True))
    if content.design == "grid":
        levels = [
            _levels(item, limits) for item, limits in zip(content.parameters, bounds, strict=True)
        ]
        return list(itertools.product(*levels))
    assert content.count is not None
    generator = np.random.default_rng(content.seed)
    columns = []
    for item, limits in zip(content.parameters, bounds, strict=True):
        shares: NDArray[np.float64] = generator.random(content.count)
        if content.design == "latin_hypercube":
            shares = (generator.permutation(content.count) + shares) / content.count
        columns.append([_drawn(item, limits, float(share)) for share in shares])
    return list(zip(*columns, strict=True))


def _levels(parameter: Parameter, bounds: tuple[float, float]) -> list[Cell]:
    """Return the values of a parameter in a grid."""
    if parameter.steps is None:
        return parameter.values
    last = parameter.steps - 1
    return [_drawn(parameter, bounds, step / last) for step in range(parameter.steps)]


def _drawn(parameter: Parameter, bounds: tuple[float, float], share: float) -> Cell:
    """Return the value below which a share of the distribution lies."""
    if parameter.values:
        return parameter.values[min(int(share * len(parameter.values)), len(parameter.values) - 1)]
    low, high = bounds
    if parameter.distribution == "loguniform":
        value = low * (high / low) ** share
    elif parameter.distribution == "triangular":
        value = _triangular(low, float(parameter.mode or 0.0), high, share)
    else:
        value = low + (high - low) * share
    return float(f"{value:.{DIGITS}g}")


def _triangular(low: float, mode: float, high: float, share: float) -> float:
    """Return a quantile of the triangular distribution.

    Examples
    --------
    >>> _triangular(0.0, 1.0, 2.0, 0.5)
    1.0
    """
    if share * (high - low) < mode - low:
        return low + math.sqrt(share * (high - low) * (mode - low))
    return high - math.sqrt((1.0 - share) * (high - low) * (high - mode))


def _point(number: int, values: dict[str, Cell], sweep: Sweep) -> SweepPoint:
    overrides = [
        _override(change, values[parameter.name])
        for parameter in sweep.content.parameters
        for change in parameter.changes
    ]
    text = json.dumps([item.model_dump() for item in overrides], sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    shown = ", ".join(f"{name} {value}" for name, value in values.items())
    content = ScenarioFile(
        name=f"point-{digest[:12]}", title_en=shown, title_zh=shown, overrides=overrides
    )
    return SweepPoint(number, values, Scenario(content, sweep.path.name, digest))


def _override(change: Change, value: Cell) -> Override:
    if change.scale:
        assert not isinstance(value, str)
        return Override(
            table=change.table, where=change.where, scale=dict.fromkeys(change.scale, value)
        )
    cells = {name: _whole(change.table, name, value) for name in change.set}
    return Override(table=change.table, where=change.where, set={**cells, **change.fixed})


def _whole(table: str, column: str, value: Cell) -> Cell:
    """Return a drawn number as a whole one where the column holds whole numbers."""
    if isinstance(value, float) and TABLES[table].column(column).kind == "integer":
        return round(value)
    return value
