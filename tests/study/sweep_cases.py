"""Small sweeps of the teaching case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pandas as pd

from optimizer.inputs.assemble import AssembledTables
from optimizer.inputs.sweep_file import Sweep, read_sweep
from optimizer.study.sweep_point import Outcome, Work, solve_point

HEAD: Final = "name: {name}\ntitle_en: A test\ntitle_zh: 测试\ncase: tiny\nmode: {mode}\n"
LEASE: Final = "  - name: lease\n    changes: [{table: links, scale: [lease_yuan_per_gbps_year]}]\n"
CARBON: Final = (
    "  - name: carbon\n"
    "    changes: [{table: policies, where: {policy: carbon_price}, set: [value]}]\n"
)
DEMAND: Final = "  - name: demand\n    changes: [{table: services, scale: [requests_per_s]}]\n"
THREE: Final = (
    "design: latin_hypercube\ncount: 8\nseed: 7\nparameters:\n"
    f"{LEASE}    low: 0.5\n    high: 8\n    distribution: loguniform\n"
    f"{CARBON}    low: 0\n    high: 300\n"
    f"{DEMAND}    low: 0.8\n    high: 1.05\n"
)
BUDGET: Final = (
    "  - name: budget\n    changes: [{table: policies, where: {policy: budget}, set: [value]}]\n"
)
POISONED: Final = (
    "design: list\nparameters:\n"
    f"{LEASE}    values: [1, 2, -1, 1]\n"
    f"{BUDGET}    values: [4000, 4000, 4000, 0]\n"
)
"""The third point is out of bounds, the fourth has no plan."""


def sweep_file(folder: Path, body: str, *, mode: str = "relaxed", name: str = "small") -> Path:
    """Write a sweep file and return its path."""
    path = folder / f"{name}.yaml"
    path.write_text(HEAD.format(name=name, mode=mode) + body, encoding="utf-8")
    return path


def small_sweep(folder: Path, body: str = THREE, *, mode: str = "relaxed") -> Sweep:
    """Return a sweep read from a file."""
    return read_sweep(sweep_file(folder, body, mode=mode))


def rows(data_set: Path) -> pd.DataFrame:
    """Return a data set without what the clock put into it."""
    return pd.read_parquet(data_set).drop(columns="seconds")


class WorkersHere:
    """Solves points in this process, where new processes are not what a test is about."""

    def __init__(self, base: AssembledTables) -> None:
        self._base = base
        self._waiting: list[Work] = []

    def submit(self, work: Work) -> None:
        """Begin a point."""
        self._waiting.append(work)

    def finished(self) -> Iterator[Outcome]:
        """Solve the newest point."""
        yield solve_point(self._base, self._waiting.pop())

    def close(self) -> None:
        """End all work."""
        self._waiting.clear()
