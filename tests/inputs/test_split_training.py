"""Runs over several sites: rings, steps, and the configuration columns of a job."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.errors import Fault, InputError
from optimizer.inputs.ring import (
    ring_length,
    ring_seconds,
    ring_sides,
    shortest_ring,
    step_seconds,
)
from optimizer.inputs.split_training import BANDWIDTHS_GBPS, SplitOptions, _splits
from tests.inputs.small_case import SmallCase
from tests.inputs.split_case import SPLIT_PARAMETERS, line_case, set_parameter

INFINITE = math.inf


def columns(case: SmallCase) -> SplitOptions:
    return case.case().derived.splits


def parts_of(options: SplitOptions) -> list[dict[int, int]]:
    """Return for each column the accelerators at each site."""
    found: list[dict[int, int]] = [{} for _ in options.job]
    for column, site, gang in zip(
        options.part_column, options.part_site, options.part_gang, strict=True
    ):
        found[column][int(site)] = round(gang * 1e3)
    return found


# ---------------------------------------------------------------- ring and step


def test_published_ring_of_72_trillion_parameters() -> None:
    # 72e12 parameters of 16 bits over 6 Pbit/s: 192 ms; 4,800 km at 5 us: 24 ms.
    transfer = ring_seconds(1.0, INFINITE, 72e3 * 16, 6e6, 0.0, 5.0)
    light = ring_seconds(1.0, INFINITE, 0.0, 6e6, 4800.0, 5.0)
    assert transfer == pytest.approx(0.192, rel=1e-12)
    assert light == pytest.approx(0.024, rel=1e-12)
    whole = ring_seconds(1.0, INFINITE, 72e3 * 16, 6e6, 4800.0, 5.0)
    assert whole == pytest.approx(0.216, rel=1e-12)
    # With its 23 sites: 22/23 of 192 ms and 24 ms are 208 ms.
    assert ring_seconds(1.0, 23, 72e3 * 16, 6e6, 4800.0, 5.0) == pytest.approx(
        0.192 * 22 / 23 + 0.024, rel=1e-12
    )
    assert round(1e3 * (0.192 * 22 / 23 + 0.024)) == 208
    assert ring_seconds(2.0, 23, 72e3 * 16, 6e6, 4800.0, 5.0) == pytest.approx(
        2.0 * (0.192 * 22 / 23 + 0.024), rel=1e-12
    )


def test_published_mean_time_between_failures_and_youngs_rule() -> None:
    hours = 54.0 * 24.0 / 419.0
    assert hours == pytest.approx(3.09, abs=0.005)
    assert math.sqrt(2.0 * 1.0 * hours * 60.0) == pytest.approx(19.3, abs=0.05)


@pytest.mark.parametrize(
    ("inner_steps", "overlap", "cap", "expected"),
    [
        (1.0, False, 1.0, 3.0),
        (1.0, True, 1.0, 2.0),
        (10.0, False, 1.0, 2.1),
        (10.0, False, 0.9, 2.0 / 0.9),
        (1.0, True, 0.98, 2.0 / 0.98),
    ],
)
def test_step(inner_steps: float, overlap: bool, cap: float, expected: float) -> None:
    found = step_seconds(2.0, 1.0, inner_steps=inner_steps, overlap=overlap, cap=cap)
    assert found == pytest.approx(expected, rel=1e-12)


@settings(deadline=None)
@given(
    compute=st.floats(1e-3, 1e3),
    sync=st.floats(0.0, 1e3),
    steps=st.floats(1.0, 1e3),
    cap=st.floats(0.5, 1.0),
)
def test_overlap_never_takes_longer_and_the_cap_holds(
    compute: float, sync: float, steps: float, cap: float
) -> None:
    apart, over = (
        step_seconds(compute, sync, inner_steps=steps, overlap=overlap, cap=cap)
        for overlap in (False, True)
    )
    assert compute <= over <= apart
    assert compute / over <= cap * (1.0 + 1e-12)
    assert apart <= max(compute + sync / steps, compute / cap) * (1.0 + 1e-12)


def test_rings_close_and_are_shortest() -> None:
    places = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0], [3.0, 4.0]])
    km = np.hypot(*(places[:, None] - places[None, :]).transpose(2, 0, 1))
    assert shortest_ring(km, (0, 1)) == (0, 1)
    assert ring_sides((0, 1)) == [(0, 1), (0, 1)]
    assert ring_length(km, (0, 1)) == 6.0
    assert ring_length(km, shortest_ring(km, (0, 1, 2))) == 12.0
    assert ring_length(km, shortest_ring(km, (0, 1, 2, 3))) == 14.0
    lengths = [ring_length(km, (0, *order)) for order in itertools.permutations((1, 2, 3))]
    assert min(lengths) == 14.0


# ---------------------------------------------------------------- splits


def test_splits_are_quarters_thirds_and_headroom() -> None:
    assert _splits(1200, [1000.0, 500.0], 1) == [
        (300, 900),
        (600, 600),
        (900, 300),
        (400, 800),
        (800, 400),
    ]  # headroom is the last third again
    three = _splits(1200, [600.0, 300.0, 100.0], 1)
    assert three == [
        (300, 300, 600),
        (300, 600, 300),
        (600, 300, 300),
        (400, 400, 400),
        (720, 360, 120),
    ]


@settings(deadline=None)
@given(
    gang=st.integers(1, 200_000),
    server=st.sampled_from([1, 8, 384]),
    ceilings=st.lists(st.floats(0.0, 1e5), min_size=2, max_size=3),
)
def test_parts_are_whole_servers_but_for_the_largest(
    gang: int, server: int, ceilings: list[float]
) -> None:
    found = _splits(gang, ceilings, server)
    assert len(found) == len(set(found))
    for parts in found:
        assert sum(parts) == gang
        assert min(parts) > 0
        broken = [part for part in parts if part % server]
        assert len(broken) <= 1


# ---------------------------------------------------------------- columns


def test_columns_of_a_run_over_a_line() -> None:
    case = line_case().case()
    options, sites = case.derived.splits, case.frame("sites")["site"].tolist()
    assert sites == ["coast", "desert", "plateau"]
    ring_km = {frozenset((0, 2)): 2000.0, frozenset((1, 2)): 2000.0}
    ring_km |= {frozenset((0, 1)): 4000.0, frozenset((0, 1, 2)): 4000.0}
    seen = set()
    for column, parts in enumerate(parts_of(options)):
        members = frozenset(parts)
        seen.add(members)
        assert options.ring_km[column] == ring_km[members]
        assert sum(parts.values()) == 960
        assert options.gang[column] == 0.96
        assert options.compute_s[column] == pytest.approx(1.0, rel=1e-12)
        gbps = options.bandwidth_gbps[column]
        sync = (1 - 1 / len(members)) * 400 / gbps + ring_km[members] * 5e-6
        assert options.step_s[column] == pytest.approx(1.0 + sync, rel=1e-12)
        days = 100.0 * (1.0 + sync)
        assert options.duration_days[column] == pytest.approx(days, rel=1e-12)
        assert options.goodput[column] == 1.0
        shares = options.month_share[column]
        assert shares @ [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] == pytest.approx(days)
        assert not shares[: options.start_month[column] - 1].any()
        circuits = options.circuit_column == column
        links = dict(
            zip(
                case.frame("links")["link"].to_numpy()[options.circuit_link[circuits]],
                options.circuit_gbps[circuits],
                strict=True,
            )
        )
        twice = 2.0 * gbps  # there and back
        assert (
            links
            == {
                frozenset((0, 2)): {"trunk": twice},
                frozenset((1, 2)): {"branch": twice},
                frozenset((0, 1)): {"trunk": twice, "branch": twice},
                frozenset((0, 1, 2)): {"trunk": twice, "branch": twice},
            }[members]
        )
    assert seen == set(ring_km)
    # More bandwidth always ends sooner, so all four are kept. Headroom is alike: a half or a third
    # again. A run of two sites takes 151 days at 400 Gbit/s and may start in August, one of three
    # 169 and in July; the others take less than 122 and may start in September.
    assert set(options.bandwidth_gbps) == set(BANDWIDTHS_GBPS)
    starts = {(2, 400.0): 8, (3, 400.0): 7}
    expected = 0
    for count, rings, splits in ((2, 3, 5), (3, 1, 4)):
        expected += sum(rings * splits * starts.get((count, gbps), 9) for gbps in BANDWIDTHS_GBPS)
    assert len(options.job) == expected


def test_no_columns_without_what_a_step_takes() -> None:
    for cells in (
        {"may_split": False},
        {"step_flop": "", "gradient_gbit": ""},
    ):
        assert len(columns(line_case(**cells)).job) == 0


def test_parameters_are_needed_only_by_jobs_that_split() -> None:
    case = line_case(may_split=False)
    case.tables["parameters"] = [
        cells for cells in case.tables["parameters"] if cells["parameter"] not in SPLIT_PARAMETERS
    ]
    assert len(columns(case).job) == 0


def test_clusters_only() -> None:
    case = line_case()
    case.set("sites", {"site": "desert"}, is_cluster=False)
    assert {frozenset(parts) for parts in parts_of(columns(case))} == {frozenset((0, 2))}


def test_low_communication_divides_the_exchange() -> None:
    often, seldom = columns(line_case()), columns(line_case(sync_scheme="low_communication"))
    slowest = often.step_s[often.bandwidth_gbps == 400].max() - 1.0
    assert seldom.step_s.max() - 1.0 == pytest.approx(slowest / 100.0, rel=1e-9)


def test_overlap_hides_what_is_shorter_than_the_computation() -> None:
    case = line_case()
    set_parameter(case, "sync_overlap", 1.0)
    options = columns(case)
    # Every exchange is shorter than the step: nothing is gained by more than the least bandwidth.
    assert (options.step_s == options.compute_s).all()
    assert set(options.bandwidth_gbps) == {400.0}


def test_efficiency_is_capped_and_slow_columns_are_left_out() -> None:
    case = line_case()
    set_parameter(case, "split_efficiency_cap", 0.9)
    options = columns(case)
    efficiency = options.compute_s / options.step_s
    assert efficiency.max() == pytest.approx(0.9, rel=1e-12)
    # At the cap, which 6.4 Tbit/s reach, more bandwidth ends no sooner.
    assert set(options.bandwidth_gbps) == {400.0, 1600.0, 6400.0}
    set_parameter(case, "split_efficiency_cap", 1.0)
    set_parameter(case, "split_efficiency_floor", 0.8)
    options = columns(case)
    assert (options.compute_s / options.step_s).min() >= 0.8
    assert set(options.bandwidth_gbps) == {1600.0, 6400.0, 25_600.0}


def test_deadline_leaves_out_what_is_late() -> None:
    # 100 days alone; January to April are 120 days: 1 + 0.5 + 0.01 is late, 1 + 0.125 + 0.01 not.
    options = columns(line_case(deadline_month=4))
    assert set(options.bandwidth_gbps) == {1600.0, 6400.0, 25_600.0}
    assert set(options.start_month) == {1}
    assert (options.duration_days <= 120.0).all()
    # Of 103 days none leaves the time: the run still fits one site.
    late = columns(line_case(deadline_month=3, flop=4.8e16 * 86_400 * 90))
    assert len(late.job) == 0


def test_circuits_that_no_link_could_ever_carry_are_left_out() -> None:
    case = line_case()
    case.set("links", {"link": "trunk"}, capacity_gbps=3100, upgrade_maximum_steps=1)
    options = columns(case)
    on_trunk = [0 in parts for parts in parts_of(options)]  # the coast is behind the trunk
    # 2 * 1,600 Gbit/s fit 3,100 and one upgrade of 100; 2 * 6,400 do not.
    assert set(options.bandwidth_gbps[on_trunk]) == {400.0, 1600.0}
    assert set(options.bandwidth_gbps) == set(BANDWIDTHS_GBPS)


def test_parts_fit_the_largest_gang_of_their_site() -> None:
    case = line_case()
    case.set("sites", {"site": "coast"}, largest_gang=320)
    parts = [item for item in parts_of(columns(case)) if 0 in item]
    assert max(item[0] for item in parts) == 320
    # In proportion to what coast and plateau hold, 320 and 100,000 cards: 3 of 960, in servers.
    assert {item[0] for item in parts if set(item) == {0, 2}} == {240, 320}


def test_a_gang_not_given_is_the_smallest_in_time() -> None:
    # 4.8e16 * 8,640,000 FLOP in 365 days: 264 cards alone at 5e13 FLOP/s (263.01 in servers of 8).
    case = line_case(accelerators="", accelerator="")
    set_parameter(case, "split_efficiency_cap", 0.98)
    set_parameter(case, "split_efficiency_floor", 0.8)
    options = columns(case)
    alone = 4.8e16 * 8_640_000 / (365 * 86_400) / 5e13
    sizes = {math.ceil(alone / efficiency / 8 - 1e-9) * 8 for efficiency in (0.98, 0.89, 0.8)}
    assert {round(gang * 1e3) for gang in options.gang} <= sizes
    assert (options.duration_days <= 365.0).all()
    # For each ring and bandwidth one size is kept, the smallest in time.
    found: dict[tuple[float, float, int], set[float]] = {}
    for column, parts in enumerate(parts_of(options)):
        key = (options.ring_km[column], options.bandwidth_gbps[column], len(parts))
        found.setdefault(key, set()).add(float(options.gang[column]))
    assert all(len(gangs) == 1 for gangs in found.values())


def test_failures_anywhere_stop_the_run() -> None:
    case = line_case()
    case.set("accelerators", {"accelerator": "card"}, failures_per_accelerator_day=0.01)
    derived = case.case().derived
    assert set(derived.splits.goodput) == set(derived.gangs.goodput)
    assert derived.splits.goodput.max() < 1.0


# ---------------------------------------------------------------- faults


def faults(case: SmallCase) -> tuple[Fault, ...]:
    with pytest.raises(InputError) as caught:
        case.case()
    return caught.value.faults


def test_a_job_too_large_for_one_site_may_still_fit_several() -> None:
    case = line_case()
    for site in ("coast", "plateau", "desert"):
        case.set("sites", {"site": site}, largest_gang=500)
    assert len(columns(case).job) > 0
    case.set("jobs", {"job": "wide"}, may_split=False)
    (fault,) = faults(case)
    assert (fault.file, fault.column) == ("jobs.csv", "accelerators")
    assert "larger than any site" in fault.problem.en


@pytest.mark.parametrize(
    ("left_out", "other"), [("step_flop", "gradient_gbit"), ("gradient_gbit", "step_flop")]
)
def test_one_of_the_two_columns_alone(left_out: str, other: str) -> None:
    (fault,) = faults(line_case(**{left_out: ""}))
    assert (fault.file, fault.row, fault.column) == ("jobs.csv", 2, left_out)
    assert fault.problem.en == f"{other} is given without it"
    assert fault.problem.zh == f"只填写了 {other}"


def test_a_step_larger_than_the_run() -> None:
    (fault,) = faults(line_case(step_flop=1e27))
    assert (fault.row, fault.column) == (2, "step_flop")
    assert fault.problem.en == "one step is more work than the run"


def test_missing_parameters_are_all_named() -> None:
    case = line_case()
    case.tables["parameters"] = [
        cells for cells in case.tables["parameters"] if cells["parameter"] not in SPLIT_PARAMETERS
    ]
    found = faults(case)
    assert {fault.value for fault in found} == set(SPLIT_PARAMETERS)
    assert {fault.problem.en for fault in found} == {
        "the parameter is missing: wide may run over several sites"
    }


def test_floor_above_the_cap() -> None:
    case = line_case()
    set_parameter(case, "split_efficiency_cap", 0.4)
    (fault,) = faults(case)
    assert fault.problem.en == "above split_efficiency_cap"
    assert fault.row == case.line("parameters", parameter="split_efficiency_floor")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ring_factor", 0.5),
        ("inner_steps_low_communication", 2.5),
        ("sync_overlap", 0.5),
        ("split_efficiency_cap", 1.1),
        ("split_efficiency_floor", 0.0),
    ],
)
def test_parameters_out_of_bounds(name: str, value: float) -> None:
    case = line_case()
    set_parameter(case, name, value)
    (fault,) = faults(case)
    assert (fault.file, fault.column) == ("parameters.csv", "value")
    assert fault.problem.en.startswith(f"{name} is outside")
