"""Requests, tokens and Little's law: what the services of a case ask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.inputs.load_profiles import load_profiles
from optimizer.units import (
    gbit_per_s,
    gbit_per_s_of_transfer,
    kilotonnes_co2,
    million_requests_per_day,
    million_yuan,
    thousand_accelerators_per_million_requests_per_day,
)
from tests.inputs.small_case import HOURS, SmallCase, row


def _token_service(case: SmallCase) -> None:
    case.set("services", {"service": "chat"}, input_tokens=1000, output_tokens=250)
    case.set(
        "service_rates",
        {"service": "chat"},
        prefill_tokens_per_s=5000,
        decode_tokens_per_s=500,
        requests_per_s="",
    )


def _two_regions(case: SmallCase) -> None:
    case.set("regions", {"region": "delta"}, online_share=0.75, population=600, gdp_100m_yuan=900)
    case.add(
        "regions",
        region="basin",
        province="WE",
        node="plateau",
        online_share=0.25,
        population=400,
        gdp_100m_yuan=100,
    )


def test_seconds_of_a_request_in_tokens() -> None:
    case = SmallCase()
    _token_service(case)
    # 1,000 / 5,000 + 250 / 500 = 0.7 s
    assert case.case().derived.demand.seconds.tolist() == [[pytest.approx(0.7)]]


def test_a_service_without_output_needs_no_decode_rate() -> None:
    case = SmallCase()
    _token_service(case)
    case.set("services", {"service": "chat"}, output_tokens=0)
    case.set("service_rates", {"service": "chat"}, decode_tokens_per_s=400)
    assert case.case().derived.demand.seconds.tolist() == [[pytest.approx(0.2)]]


def test_seconds_of_a_request_by_rate_and_where_it_cannot_run() -> None:
    case = SmallCase()
    case.set("service_rates", {"service": "chat"}, requests_per_s=40)
    case.add("accelerators", accelerator="other")
    seconds = case.case().derived.demand.seconds
    assert seconds[0, 0] == 1 / 40
    assert np.isnan(seconds[0, 1])


def test_littles_law_counts_busy_accelerators() -> None:
    case = SmallCase()
    _token_service(case)
    case.set("services", {"service": "chat"}, requests_per_s=3000)
    demand = case.case().derived.demand
    # 3,000 requests/s of 0.7 s keep 2,100 accelerators busy.
    assert demand.requests.tolist() == [[pytest.approx(3000 * 86_400 / 1e6, rel=1e-12)]]
    busy = demand.requests[0, 0] * thousand_accelerators_per_million_requests_per_day(
        float(demand.seconds[0, 0])
    )
    assert busy == pytest.approx(2.1, rel=1e-12)


@pytest.mark.parametrize(("weight", "delta"), [("online", 0.75), ("population", 0.6), ("gdp", 0.9)])
def test_regions_share_the_demand_by_their_weight(weight: str, delta: float) -> None:
    case = SmallCase()
    _two_regions(case)
    case.set("services", {"service": "chat"}, region_weight=weight, requests_per_s=1000)
    requests = case.case().derived.demand.requests
    # Regions are sorted by code: basin, delta.
    assert requests[:, 0].tolist() == pytest.approx([86.4 * (1 - delta), 86.4 * delta], rel=1e-12)


def test_profiles_are_scaled_to_a_mean_of_one() -> None:
    case = SmallCase()
    load = [1 + hour % 3 for hour in HOURS]
    case.tables["profiles"] = [
        row("profiles", profile="day", hour=hour, relative_load=100 * load[hour]) for hour in HOURS
    ]
    case.set("services", {"service": "chat"}, profile="day")
    demand = case.case().derived.demand
    assert demand.profiles == ("day",)
    # The mean of 1, 2, 3 is 2.
    assert demand.shape[0, 0].tolist() == [value / 2 for value in load]


def test_data_rate_is_the_larger_direction_in_the_peak_hour() -> None:
    case = SmallCase()
    _two_regions(case)
    case.tables["profiles"] = [
        row("profiles", profile="day", hour=hour, relative_load=1 if hour < 12 else 3)
        for hour in HOURS
    ]
    case.set(
        "services",
        {"service": "chat"},
        profile="day",
        requests_per_s=2000,
        bytes_in_per_request=250_000,
        bytes_out_per_request=1000,
    )
    gbps = case.case().derived.demand.peak_gbps
    # 250 kB * 8 * 2,000/s = 4 Gbit/s, times 3 / 2 in the peak hours
    assert gbps[:, 0].tolist() == pytest.approx([1.5, 4.5], rel=1e-12)


@pytest.mark.parametrize(
    ("target", "compute", "round_trips", "budget"),
    [(2000, 1400, 3, 200.0), (10, 4, 1, 6.0), (60, 35, 2, 12.5)],
)
def test_network_budget(target: float, compute: float, round_trips: int, budget: float) -> None:
    case = SmallCase()
    case.set(
        "services",
        {"service": "chat"},
        target_ms=target,
        target_kind="first_token",
        compute_p99_ms=compute,
        round_trips=round_trips,
        network="optical",
    )
    assert case.case().derived.demand.budget_ms.tolist() == [budget]


def test_work_without_a_target_has_all_the_time() -> None:
    assert SmallCase().case().derived.demand.budget_ms.tolist() == [np.inf]


@settings(deadline=None, max_examples=5)
@given(scale=st.floats(0.01, 100.0), first=st.floats(1.0, 1e6), second=st.floats(1.0, 1e6))
def test_scaled_demand_scales_requests_and_traffic_alone(
    scale: float, first: float, second: float
) -> None:
    case = SmallCase()
    _two_regions(case)
    case.add("services", service="vision", bytes_in_per_request=5000)
    case.add("service_rates", service="vision", accelerator="card", requests_per_s=7)
    derived = []
    for factor in (1.0, scale):
        case.set("services", {"service": "chat"}, requests_per_s=first * factor)
        case.set("services", {"service": "vision"}, requests_per_s=second * factor)
        derived.append(case.case().derived)
    one, scaled = (part.demand for part in derived)
    np.testing.assert_allclose(scaled.requests, scale * one.requests, rtol=1e-12)
    np.testing.assert_allclose(scaled.peak_gbps, scale * one.peak_gbps, rtol=1e-12)
    np.testing.assert_array_equal(scaled.seconds, one.seconds)
    np.testing.assert_array_equal(scaled.shape, one.shape)
    np.testing.assert_array_equal(derived[1].reach, derived[0].reach)
    np.testing.assert_array_equal(derived[1].hardware.yearly_cost, derived[0].hardware.yearly_cost)


def test_loads_of_services_idle_power_and_training() -> None:
    shape = np.array([[np.linspace(0.5, 1.5, 24)] * 2])
    profiles = load_profiles(["day"], shape, ["jan", "jul"])
    assert profiles.names == ("day", "idle", "training_jan", "training_jul")
    assert (profiles.service_count, profiles.idle) == (1, 1)
    assert profiles.training.tolist() == [2, 3]
    np.testing.assert_array_equal(profiles.shape[0], shape[0])
    assert profiles.shape[1].tolist() == [[1.0] * 24] * 2
    assert profiles.shape[2].tolist() == [[1.0] * 24, [0.0] * 24]
    assert profiles.shape[3].tolist() == [[0.0] * 24, [1.0] * 24]


def test_conversions_of_units() -> None:
    assert million_requests_per_day(1e6 / 86_400) == pytest.approx(1.0, rel=1e-12)
    # 0.35 yuan/kWh * 2 GWh = 0.7 million yuan; 0.6 kg/kWh * 2 GWh = 1.2 kt
    assert million_yuan(0.35, 2.0) == pytest.approx(0.7, rel=1e-12)
    assert kilotonnes_co2(0.6, 2.0) == pytest.approx(1.2, rel=1e-12)
    # 1 MB a request, 125 a second: 1 Gbit/s
    assert gbit_per_s(1e6, 125.0) == pytest.approx(1.0, rel=1e-12)
    # 10.8 TB = 86,400 Gbit a day
    assert gbit_per_s_of_transfer(10.8, 1.0) == pytest.approx(1.0, rel=1e-12)
    assert thousand_accelerators_per_million_requests_per_day(1.0) * 86.4 == pytest.approx(
        1.0, rel=1e-12
    )
