"""Small sweeps of the teaching case."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from optimizer.inputs.sweep_file import Sweep, read_sweep

HEAD: Final = "name: {name}\ntitle_en: A test\ntitle_zh: 测试\ncase: tiny\nmode: {mode}\n"
LEASE: Final = "  - name: lease\n    changes: [{table: links, scale: [lease_yuan_per_gbps_year]}]\n"
CARBON: Final = (
    "  - name: carbon\n"
    "    changes: [{table: policies, where: {policy: carbon_price}, set: [value]}]\n"
)
DEMAND: Final = "  - name: demand\n    changes: [{table: services, scale: [requests_per_s]}]\n"
THREE: Final = (
    "design: latin_hypercube\ncount: 12\nseed: 7\nparameters:\n"
    f"{LEASE}    low: 0.5\n    high: 8\n    distribution: loguniform\n"
    f"{CARBON}    low: 0\n    high: 300\n"
    f"{DEMAND}    low: 0.8\n    high: 1.05\n"
)


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
