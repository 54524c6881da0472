"""The shipped sweeps: each reads on its case, says why, and stays within what the case allows."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from optimizer.inputs.assemble import AssembledTables
from optimizer.inputs.case import checked_case
from optimizer.inputs.scenario import apply_scenarios
from optimizer.inputs.sweep_file import Sweep, read_sweep
from optimizer.inputs.sweep_points import SweepPoint, sweep_points
from optimizer.study.sweep import sweep_tables
from optimizer.tables.pack import shipped_sweeps
from tests.data.pack_tables import DATA

SWEEPS = sorted(shipped_sweeps())


@cache
def tables(name: str) -> AssembledTables:
    return sweep_tables(read_sweep(name))


@cache
def points(name: str) -> list[SweepPoint]:
    return sweep_points(read_sweep(name), tables(name))


def of(name: str) -> Sweep:
    return read_sweep(name)


def test_all_are_shipped() -> None:
    assert SWEEPS == ["national-prices"]


@pytest.mark.parametrize("name", SWEEPS)
def test_says_why_in_both_languages(name: str) -> None:
    content = of(name).content
    assert content.name == name
    assert content.title_en
    assert content.title_zh
    assert content.question_en.endswith("?")
    assert content.question_zh.endswith("？")
    for parameter in content.parameters:
        assert len(parameter.reason) > 20, parameter.name
        assert parameter.title_en, parameter.name
        assert parameter.title_zh, parameter.name


@pytest.mark.parametrize("name", SWEEPS)
def test_outermost_points_are_cases_without_fault(name: str) -> None:
    found = points(name)
    for parameter in of(name).content.parameters[-2:]:
        by_value = sorted(found, key=lambda point: float(point.values[parameter.name]))
        for point in (by_value[0], by_value[-1]):
            case = checked_case(apply_scenarios(tables(name), [point.scenario]))
            assert case.name == f"national-2026+{point.scenario.content.name}"


def test_the_example_of_the_readme_reads(tmp_path: Path) -> None:
    readme = (DATA.parent / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", readme, flags=re.DOTALL)
    path = tmp_path / "example.yaml"
    path.write_text(example, encoding="utf-8")
    found = sweep_points(read_sweep(path), tables("national-prices"))
    assert len(found) == 50
    assert set(found[0].values) == {"carbon_price", "western_power"}


def test_prices_span_their_ranges() -> None:
    found = points("national-prices")
    assert len(found) == 200
    spans = {
        name: (values.min(), values.max())
        for name in found[0].values
        if (values := np.array([float(point.values[name]) for point in found])).size
    }
    # A two-hundredth of the range lies at most beyond the outermost points on either side.
    for name, (low, high) in {
        "western_tariffs": (0.68, 1.1),
        "carbon_price": (0.0, 106.0),
        "demand": (0.8, 1.3),
        "accelerator_supply": (700000.0, 1400000.0),
    }.items():
        step = (high - low) / 200.0
        assert low <= spans[name][0] <= low + step
        assert high - step <= spans[name][1] <= high
    assert 0.5 <= spans["network_price"][0] < 0.52
    assert 9.8 < spans["network_price"][1] <= 10.0


def test_western_tariffs_are_those_of_western_provinces() -> None:
    sites, provinces = (
        tables("national-prices").tables[name].frame for name in ("sites", "provinces")
    )
    western = set(provinces.loc[provinces["western_development"], "province"])
    regions = set(sites.loc[sites["province"].isin(western), "tariff_region"])
    change = of("national-prices").content.parameters[0].changes[0]
    chosen = change.where["tariff_region"]
    assert isinstance(chosen, list)
    assert set(chosen) == regions
