"""What must not matter to a case does not: the order of rows and columns, names, idle rows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.inputs.case import Case, read_case
from optimizer.tables.registry import TABLES
from tests.helpers import copy_tiny, read_rows, write_rows
from tests.inputs.small_case import SmallCase, row


def _figures(part: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Yield every array and value below a dataclass with its path."""
    for name in getattr(part, "__slots__", ()):
        value = getattr(part, name)
        if hasattr(value, "__slots__") and not isinstance(value, np.ndarray):
            yield from _figures(value, f"{path}.{name}")
        elif isinstance(value, tuple) and value and hasattr(value[0], "__slots__"):
            for number, item in enumerate(value):
                yield from _figures(item, f"{path}.{name}[{number}]")
        else:
            yield f"{path}.{name}", value


def assert_same_case(one: Case, other: Case) -> None:
    for name in TABLES:
        pd.testing.assert_frame_equal(one.frame(name), other.frame(name), check_exact=True)
    pairs = list(zip(_figures(one.derived), _figures(other.derived), strict=True))
    assert len(pairs) > 30
    for (path, value), (_, other_value) in pairs:
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, other_value, err_msg=path)
        else:
            assert value == other_value, path


def _shuffled(folder: Path, seed: int) -> Path:
    """Shuffle the rows and the columns of every table of a folder."""
    generator = np.random.default_rng(seed)
    for path in sorted(folder.glob("*.csv")):
        rows = read_rows(folder, path.stem)
        columns = list(rows[0])
        write_rows(
            folder,
            path.stem,
            [rows[number] for number in generator.permutation(len(rows))],
            [columns[number] for number in generator.permutation(len(columns))],
        )
    return folder


@pytest.mark.parametrize("seed", [1, 2])
def test_order_of_rows_and_columns_changes_nothing(seed: int, tmp_path: Path) -> None:
    assert_same_case(read_case(_shuffled(copy_tiny(tmp_path), seed)), read_case("tiny"))


def _rich_case() -> SmallCase:
    """Return the case with more than one of everything that is summed or searched."""
    case = SmallCase()
    case.set("regions", {"region": "delta"}, online_share=0.3, gdp_100m_yuan=0.1)
    for number, share in enumerate((0.1, 0.2, 0.4)):
        case.add(
            "regions",
            region=f"r{number}",
            province="WE",
            node="plateau",
            online_share=share,
            gdp_100m_yuan=0.1 * (number + 2),
        )
    site = dict(case.one("sites", site="coast"))
    for name in ("lake", "port"):
        case.tables["sites"].append(site | {"site": name})
        case.add("climate", site=name, month=1, mean_temperature_c=20)
    case.add("links", link="a", from_site="coast", to_site="lake", fibre_km=300)
    case.add("links", link="b", from_site="lake", to_site="plateau", fibre_km=700)
    case.add("links", link="c", from_site="port", to_site="lake", fibre_km=33.3)
    case.add("services", service="vision", region_weight="gdp", requests_per_s=123.4)
    case.add("accelerators", accelerator="other", bf16_dense_tflops=333)
    case.add("accelerator_supply", accelerator="other")
    case.add("training_rates", kind="pretraining", accelerator="other")
    case.add("service_rates", service="vision", accelerator="other", requests_per_s=7)
    case.add("jobs", job="one", flop=3e22)
    case.add("jobs", job="two", flop=1e22, earliest_month=4, deadline_month=9)
    case.add("policies", policy="green", kind="green_share_contractual_min")
    case.add("policies", policy="west", kind="west_share_min", scope="side:west")
    return case


@settings(deadline=None, max_examples=5)
@given(st.randoms(use_true_random=False))
def test_any_order_of_rows_gives_the_same_case(shuffler: random.Random) -> None:
    case = _rich_case()
    plain = case.case()
    for rows in case.tables.values():
        shuffler.shuffle(rows)
    assert_same_case(case.case(), plain)


def test_a_service_without_demand_changes_no_other() -> None:
    case = _rich_case()
    plain = case.case().derived.demand
    case.add("services", service="zero", requests_per_s=0)
    case.add("service_rates", service="zero", accelerator="card")
    more = case.case().derived.demand
    np.testing.assert_array_equal(more.requests[:, :2], plain.requests)
    np.testing.assert_array_equal(more.requests[:, 2], np.zeros(4))
    np.testing.assert_array_equal(more.peak_gbps[:, :2], plain.peak_gbps)


def test_a_region_split_in_two_asks_the_same_in_all() -> None:
    case = _rich_case()
    plain = case.case().derived.demand.requests
    half = case.one("regions", region="r1")
    half["online_share"], half["gdp_100m_yuan"] = 0.1, 0.15
    case.tables["regions"].append(dict(half) | {"region": "r1b"})
    split = case.case().derived.demand.requests
    # Regions: delta, r0, r1, r1b, r2.
    np.testing.assert_allclose(split[2] + split[3], plain[2], rtol=1e-12)
    np.testing.assert_allclose(split.sum(axis=0), plain.sum(axis=0), rtol=1e-12)


@settings(deadline=None, max_examples=5)
@given(scale=st.floats(0.1, 3.0), price=st.floats(0.01, 1.0))
def test_prices_scale_with_the_tariff(scale: float, price: float) -> None:
    case = SmallCase()
    for cells in case.tables["tariffs"]:
        cells["price_yuan_per_kwh"] = price
        cells["demand_charge_yuan_per_kw_month"] = 40 * price
    plain = case.case().derived.prices
    for cells in case.tables["tariffs"]:
        cells["price_yuan_per_kwh"] = price * scale
        cells["demand_charge_yuan_per_kw_month"] = 40 * price * scale
    scaled = case.case().derived.prices
    np.testing.assert_allclose(scaled.energy, scale * plain.energy, rtol=1e-12)
    np.testing.assert_allclose(scaled.demand, scale * plain.demand, rtol=1e-12)


def test_a_band_split_in_two_changes_no_price() -> None:
    case = SmallCase()
    for cells in case.tables["tariffs"]:
        cells["price_yuan_per_kwh"] = 0.5
        cells["demand_charge_yuan_per_kw_month"] = 40
    plain = case.case().derived.prices
    split = []
    for cells in case.tables["tariffs"]:
        split += [
            dict(cells) | {"band": "a", "hours": "0-8.5;20-24"},
            dict(cells) | {"band": "b", "hours": "8.5-20"},
        ]
    case.tables["tariffs"] = split
    prices = case.case().derived.prices
    np.testing.assert_array_equal(prices.energy, plain.energy)
    np.testing.assert_array_equal(prices.demand, plain.demand)


def test_the_scale_of_a_profile_does_not_matter() -> None:
    loads = [hour + 1 for hour in range(24)]
    shapes = []
    for factor in (1, 8):
        case = SmallCase()
        case.tables["profiles"] = [
            row("profiles", profile="flat", hour=hour, relative_load=factor * loads[hour])
            for hour in range(24)
        ]
        shapes.append(case.case().derived.demand.shape)
    np.testing.assert_array_equal(shapes[0], shapes[1])
    assert shapes[0].mean() == pytest.approx(1.0, rel=1e-12)
