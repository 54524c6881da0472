"""Pools from the tables: operating points, lines, their errors, and faults."""

from __future__ import annotations

import math

import numpy as np
import pytest

from optimizer.errors import Fault, InputError
from optimizer.inputs.check_notices import notices
from optimizer.inputs.check_queueing import headroom_text
from optimizer.inputs.erlang import servers_needed
from optimizer.inputs.queueing import headroom_errors
from tests.inputs.pooled_case import pooled_case
from tests.inputs.small_case import HOURS, SmallCase, row

BETA = 1.7398362717904803


def faults(case: SmallCase) -> tuple[Fault, ...]:
    with pytest.raises(InputError) as caught:
        case.case()
    return caught.value.faults


def two_services() -> SmallCase:
    """Return the case with a second service in the pool, on cards of two types."""
    case = pooled_case()
    case.add("services", service="draw", profile="wave", pool="talk", expected_pools=2)
    case.set("services", {"service": "draw"}, requests_per_s=500)
    for hour in HOURS:
        case.tables["profiles"].append(
            row("profiles", profile="wave", hour=hour, relative_load=3 if hour < 6 else 1)
        )
    case.add("accelerators", accelerator="slow")
    case.add("accelerator_supply", accelerator="slow")
    case.add("service_rates", service="draw", accelerator="card", accelerators_per_replica=2)
    case.set("service_rates", {"service": "draw", "accelerator": "card"}, requests_per_s=2)
    case.add("service_rates", service="chat", accelerator="slow", accelerators_per_replica=4)
    case.add("service_rates", service="draw", accelerator="slow", accelerators_per_replica=8)
    return case


def test_lines_of_a_pool() -> None:
    pools = pooled_case().case().derived.pools
    assert pools.names == ("talk",)
    assert pools.beta == pytest.approx(BETA, rel=1e-12)
    # One pool of 1,000 is expected; an even share at both sites is 500.
    assert pools.load_range.tolist() == [[pytest.approx(500.0), pytest.approx(1000.0)]]
    small = 1000.0 ** (1 / 3) * 500.0 ** (2 / 3)
    assert pools.operating.tolist() == [[pytest.approx(1000.0), pytest.approx(small)]]
    assert pools.slope[0] == pytest.approx(BETA / 2 / np.sqrt([1000.0, small]))
    assert pools.fixed[0] == pytest.approx(BETA / 2 * np.sqrt([1000.0, small]) + 2)
    # Where the lines cross they ask for the same; below it the small one asks for less.
    crossing = float(pools.crossing[0])
    assert crossing == pytest.approx(math.sqrt(1000.0 * small))
    lines = pools.slope[0] * crossing + pools.fixed[0]
    assert lines[0] == pytest.approx(lines[1])
    # At the points the lines touch the rule, two replicas above it.
    assert pools.reserve(0, 1000.0) == pytest.approx(BETA * math.sqrt(1000.0) + 2)
    assert pools.reserve(0, small) == pytest.approx(BETA * math.sqrt(small) + 2)


def test_one_line_where_all_sites_are_expected() -> None:
    pools = pooled_case(expected_pools=2).case().derived.pools
    assert pools.operating[0, 0] == pytest.approx(500.0)
    assert np.isnan(pools.operating[0, 1])
    assert pools.reserve(0, 800.0) == pytest.approx(
        BETA / 2 / math.sqrt(500.0) * 800.0 + BETA / 2 * math.sqrt(500.0) + 2
    )


def test_services_of_a_pool_add_up_in_the_peak_hour_of_both() -> None:
    pools = two_services().case().derived.pools
    assert pools.pool_of.tolist() == [0, 0]
    # chat: 1,000 cards in replicas of 1 or 4, middle 500. draw: 250 cards in replicas of 2, or
    # 500 in replicas of 8: 125 and 62.5; twice the mean in its peak, as 6 hours of 3 and 18 of 1.
    draw = math.sqrt(125.0 * 62.5)
    most = 500.0 + 2.0 * draw
    assert pools.load_range[0] == pytest.approx([most / 2, most])
    assert pools.operating[0, 0] == pytest.approx(500.0 + 2.0 * draw / 2)
    # A replica in reserve can take any service: 2 cards, or 8 slow ones.
    assert pools.reserve_replica.tolist() == [[2.0, 8.0]]


def test_types_that_one_service_cannot_use_hold_no_reserve() -> None:
    case = two_services()
    case.tables["service_rates"] = [
        cells
        for cells in case.tables["service_rates"]
        if (cells["service"], cells["accelerator"]) != ("draw", "slow")
    ]
    size = case.case().derived.pools.reserve_replica
    assert size[0, 0] == 2.0
    assert np.isnan(size[0, 1])


def test_types_out_of_reach_do_not_shape_the_lines() -> None:
    case = two_services()
    case.set("accelerator_supply", {"accelerator": "slow"}, supply=0)
    pools = case.case().derived.pools
    assert pools.load_range[0, 1] == pytest.approx(1000.0 + 2.0 * 125.0)


def test_without_pools_there_are_none() -> None:
    pools = SmallCase().case().derived.pools
    assert pools.names == ()
    assert pools.pool_of.tolist() == [-1]
    assert headroom_errors(pools) == []


def test_a_pool_that_nobody_asks_for_is_none() -> None:
    case = pooled_case()
    case.set("services", {"service": "chat"}, requests_per_s=0)
    assert case.case().derived.pools.names == ()


def test_greatest_error_in_the_range() -> None:
    pools = pooled_case().case().derived.pools
    (worst,) = headroom_errors(pools)
    assert worst.exact_servers == servers_needed(worst.load, 0.05)
    assert worst.servers == pytest.approx(worst.load + pools.reserve(0, worst.load))
    assert 0.0 < worst.error < 0.05
    for load in np.linspace(500.0, 1000.0, 101).tolist():
        exact = servers_needed(load, 0.05)
        servers = load + pools.reserve(0, load)
        assert servers >= exact
        assert servers / exact - 1.0 <= worst.error + 2.0 / exact
    text = headroom_text(worst)
    assert f"exactly {worst.exact_servers} (+{worst.error:.1%})" in text.en
    assert f"精确值 {worst.exact_servers}（+{worst.error:.1%}）" in text.zh


def test_small_pools_are_too_far_from_whole_servers() -> None:
    case = pooled_case()
    case.set("services", {"service": "chat"}, requests_per_s=10)
    (fault,) = faults(case)
    assert (fault.file, fault.row, fault.column, fault.value) == ("services.csv", 2, "pool", "talk")
    assert fault.problem.en.endswith("; more than 5%")
    assert "clear pool" in fault.repair.en


def test_a_pool_needs_its_number_of_sites() -> None:
    (fault,) = faults(pooled_case(expected_pools=""))
    assert (fault.file, fault.row, fault.column) == ("services.csv", 2, "expected_pools")
    assert fault.problem.en == "a pool without its expected number of sites"


def test_a_number_of_sites_needs_a_pool() -> None:
    case = pooled_case()
    case.set("services", {"service": "chat"}, pool="")
    (fault,) = faults(case)
    assert (fault.column, fault.problem.en) == (
        "expected_pools",
        "a number of pools without a pool",
    )


def test_a_pool_needs_a_probability_of_waiting() -> None:
    case = pooled_case()
    case.tables["parameters"].pop()
    (fault,) = faults(case)
    assert (fault.file, fault.column, fault.value) == (
        "parameters.csv",
        "parameter",
        "wait_probability",
    )
    assert "such as 0.05" in fault.repair.en


@pytest.mark.parametrize("value", [0.0, 0.02, 0.95, 5.0])
def test_a_probability_that_the_lines_do_not_keep(value: float) -> None:
    case = pooled_case()
    case.set("parameters", {"parameter": "wait_probability"}, value=value)
    found = {(fault.column, fault.problem.en) for fault in faults(case)}
    assert ("value", "wait_probability is outside 0.03 to 0.9") in found


def test_services_without_a_common_type() -> None:
    case = two_services()
    case.tables["service_rates"] = [
        cells
        for cells in case.tables["service_rates"]
        if (cells["service"], cells["accelerator"]) not in {("draw", "slow"), ("chat", "card")}
    ]
    (fault,) = faults(case)
    assert (fault.file, fault.row, fault.column, fault.value) == ("services.csv", 3, "pool", "talk")
    assert fault.problem.en == "the services of pool talk have no accelerator in common"


def test_faults_of_pools_are_listed_together() -> None:
    case = pooled_case(expected_pools="")
    case.tables["parameters"].pop()
    assert {fault.column for fault in faults(case)} == {"expected_pools", "parameter"}


def test_services_in_a_pool_are_no_longer_noticed() -> None:
    case = two_services()
    assert {notice.column for notice in notices(case.case())} == {"lead_time_years"}
    case.set("services", {"service": "draw"}, pool="", expected_pools="")
    found = {notice.column: notice.rows for notice in notices(case.case())}
    # Its replicas take 2 cards on one type and 8 on the other.
    assert found == {"lead_time_years": 2, "accelerators_per_replica": 2}
