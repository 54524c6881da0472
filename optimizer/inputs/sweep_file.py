"""Sweep files: which numbers of a case vary, and how.

A sweep file::

    name: prices
    title_en: Prices of power and carbon
    title_zh: 电价与碳价
    case: national-2026
    scenarios: []              # shipped names or files, applied to every point
    mode: relaxed              # LP relaxation: lower bounds; or whole: plans
    gap: 0.001                 # asked gap of whole plans
    design: latin_hypercube    # or grid, list, monte_carlo
    count: 200                 # points of latin_hypercube and monte_carlo
    seed: 1
    parameters:
      - name: western_tariffs
        reason: spread of the tariffs published in a year
        changes:
          - table: tariffs
            where: {tariff_region: [NX, GS]}
            scale: [price_yuan_per_kwh]     # multiplied by the value
        low: 0.9
        high: 1.1
        distribution: uniform               # or triangular with mode, or loguniform
      - name: carbon_price
        changes:
          - table: policies
            where: {policy: carbon_price}
            set: [value]                    # becomes the value
            with: {ledger: location, enabled: true}
        values: [50, 100, 150]

``grid`` takes every combination of the ``values``, of which ``steps`` between ``low`` and ``high``
are a short form; ``list`` takes the first values of all parameters together, then the second ones,
and so on. ``range: provenance`` stands for the low and the high that the case states for the one
cell that a parameter sets.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from optimizer.errors import UsageError
from optimizer.inputs.scenario import Cell
from optimizer.inputs.yaml_file import Strict, read_yaml
from optimizer.labels import Text
from optimizer.tables.pack import shipped_sweeps


class Change(Strict):
    """What the value of a parameter does to one table: exactly one of ``scale`` and ``set``."""

    table: str
    where: dict[str, Cell | list[Cell]] = Field(default_factory=dict)
    scale: list[str] = Field(default_factory=list)
    set: list[str] = Field(default_factory=list)
    fixed: dict[str, Cell] = Field(default_factory=dict, alias="with")

    @model_validator(mode="after")
    def _one_action(self) -> Change:
        if bool(self.scale) == bool(self.set):
            message = "name the columns under exactly one of scale and set"
            raise ValueError(message)
        return self


class Parameter(Strict):
    """One number that varies."""

    name: str
    title_en: str = ""
    title_zh: str = ""
    reason: str = ""
    changes: list[Change] = Field(min_length=1)
    values: list[Cell] = Field(default_factory=list)
    low: float | int | None = None
    high: float | int | None = None
    mode: float | int | None = None
    steps: int | None = Field(default=None, ge=2)
    distribution: Literal["uniform", "triangular", "loguniform"] = "uniform"
    range: Literal["provenance"] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Parameter:
        bounded = self.low is not None or self.high is not None
        if sum([bool(self.values), bounded, self.range is not None]) != 1:
            message = "give exactly one of values, low with high, range"
            raise ValueError(message)
        if (self.low is None) != (self.high is None):
            message = "give both low and high"
            raise ValueError(message)
        if self.low is not None and self.high is not None:
            self._check_bounds(self.low, self.high)
        if any(change.scale for change in self.changes) and not all(
            _is_number(value) for value in self.values
        ):
            message = "only numbers can scale"
            raise ValueError(message)
        if (self.mode is not None) != (self.distribution == "triangular"):
            message = "mode goes with distribution: triangular, and only with it"
            raise ValueError(message)
        return self

    def _check_bounds(self, low: float, high: float) -> None:
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            message = "low must be below high"
            raise ValueError(message)
        if self.distribution == "loguniform" and low <= 0.0:
            message = "loguniform needs low above zero"
            raise ValueError(message)
        if self.mode is not None and not low <= self.mode <= high:
            message = "mode must lie between low and high"
            raise ValueError(message)


class SweepFile(Strict):
    """Content of a sweep file."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    title_en: str
    title_zh: str
    question_en: str = ""
    question_zh: str = ""
    case: str
    scenarios: list[str] = Field(default_factory=list)
    mode: Literal["relaxed", "whole"]
    gap: float = Field(default=1e-3, ge=0.0, le=1.0)
    design: Literal["grid", "list", "latin_hypercube", "monte_carlo"]
    count: int | None = Field(default=None, ge=1)
    seed: int = Field(default=0, ge=0)
    parameters: list[Parameter] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits_design(self) -> SweepFile:
        names = [parameter.name for parameter in self.parameters]
        if len(set(names)) < len(names):
            message = "two parameters have the same name"
            raise ValueError(message)
        drawn = self.design in {"latin_hypercube", "monte_carlo"}
        if drawn != (self.count is not None):
            message = "count goes with latin_hypercube and monte_carlo, and only with them"
            raise ValueError(message)
        if self.design == "grid" and not all(
            parameter.values or parameter.steps for parameter in self.parameters
        ):
            message = "a grid needs values, or low and high with steps, for every parameter"
            raise ValueError(message)
        if self.design != "grid" and any(parameter.steps for parameter in self.parameters):
            message = "steps are for a grid"
            raise ValueError(message)
        lengths = {len(parameter.values) for parameter in self.parameters}
        if self.design == "list" and (len(lengths) > 1 or not min(lengths)):
            message = "a list needs as many values for every parameter"
            raise ValueError(message)
        return self


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep as read, with the file it came from."""

    content: SweepFile
    path: Path
    sha256: str


def read_sweep(sweep: str | Path) -> Sweep:
    """Read a sweep given by shipped name or by path.

    Raises
    ------
    UsageError
        If it is neither.
    InputError
        If the file has faults.

    Examples
    --------
    >>> read_sweep("national-prices").content.count
    200
    """
    shipped = shipped_sweeps()
    path = shipped.get(str(sweep), Path(sweep))
    if not path.is_file():
        raise UsageError(
            Text(
                "{sweep} is neither a sweep file nor a shipped sweep ({names})",
                "{sweep} 既不是扫描文件，也不是内置扫描（{names}）",
            ).filled(sweep=sweep, names=", ".join(shipped))
        )
    return Sweep(read_yaml(path, SweepFile), path, hashlib.sha256(path.read_bytes()).hexdigest())


def _is_number(value: Cell) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
