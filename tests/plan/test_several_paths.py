"""Plans whose traffic has a choice of paths: what flows in flows out, and errors are found."""

from __future__ import annotations

import dataclasses
from collections import defaultdict

import numpy as np
import pytest
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.plan.plan import Plan
from optimizer.plan.verify import verify_plan
from optimizer.solve.options import SolveOptions
from tests.model.backbone_cases import add_control, two_ways
from tests.plan.solved_cases import SolvedCase, solve, with_table
from tests.plan.test_corrupted_numbers import Corruption, corrupted, filled

OPTIONS = SolveOptions(gap_location=1e-7)


def plus_one(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    return numbers + 1


def spread_case() -> Case:
    """Return 60 Gbit/s of chat and 40 of control: chat alone is in time over both ways."""
    case = two_ways(60, 2)
    add_control(case, 40, 18.0)
    return case.case()


def protected_case() -> Case:
    """Return 50 Gbit/s of control, carried twice, in time over both ways."""
    case = two_ways(0, 1)
    add_control(case, 50, 19.8)
    case.set("services", {"service": "control"}, path_protection="1+1")
    return case.case()


@pytest.fixture(scope="module")
def spread() -> SolvedCase:
    return solve(spread_case(), OPTIONS)


@pytest.fixture(scope="module")
def protected() -> SolvedCase:
    return solve(protected_case(), OPTIONS)


def flows(solved: SolvedCase) -> dict[tuple[str, int, str], float]:
    rows = solved.plan.tables["paths"].to_dict("records")
    return {(row["protection"], row["path"], row["links"]): row["flow_gbps"] for row in rows}


def test_traffic_is_spread_over_both_ways(spread: SolvedCase) -> None:
    found = flows(spread)
    assert found.keys() == {("none", 1, "trunk"), ("none", 2, "east_arm;west_arm")}
    assert found["none", 1, "trunk"] == pytest.approx(60, rel=1e-7)
    assert found["none", 2, "east_arm;west_arm"] == pytest.approx(40, rel=1e-7)
    assert verify_plan(spread.case, spread.plan).violations == ()


def test_protected_traffic_takes_both_ways(protected: SolvedCase) -> None:
    found = flows(protected)
    assert found.keys() == {("1+1", 1, "trunk"), ("1+1", 2, "east_arm;west_arm")}
    assert list(found.values()) == pytest.approx([50, 50], rel=1e-9)
    placed = protected.plan.tables["placements"].set_index("service")
    # The round trip over the arms, 17.7 ms, and 2 ms of access: the longer way holds the budget.
    assert placed["rtt_p99_ms"]["control"] == pytest.approx(19.7, rel=1e-12)
    assert verify_plan(protected.case, protected.plan).violations == ()


def test_one_direction_is_doubled_once(spread: SolvedCase) -> None:
    """By hand for both ways: 5 us a km, route and p99 factors as in the parameters."""
    paths = spread.plan.tables["paths"].set_index("path")
    for path, km in ((1, 800.0), (2, 900.0)):
        for network, route, equipment, factor in (
            ("optical", 1.0, 0.25, 1.0),
            ("ip_private", 1.2, 0.5, 1.5),
            ("public", 2.0, 1.0, 2.0),
        ):
            one_way = km * route * 5.0 / 1000.0 + equipment
            row = paths.loc[path]
            assert row[f"one_way_mean_ms_{network}"] == pytest.approx(one_way, rel=1e-12)
            assert row[f"rtt_p99_ms_{network}"] == pytest.approx(2 * one_way * factor, rel=1e-12)
    columns = {
        name: {column for column in frame.columns if column.endswith("_ms") or "_ms_" in column}
        for name, frame in spread.plan.tables.items()
    }
    # Every latency says which it is; a budget is a round trip.
    networks = ("optical", "ip_private", "public")
    assert {name: found for name, found in columns.items() if found} == {
        "placements": {"rtt_p99_ms", "budget_ms"},
        "backups": {"rtt_p99_ms", "budget_ms"},
        "paths": {
            f"{what}_ms_{network}" for what in ("one_way_mean", "rtt_p99") for network in networks
        },
    }


def test_a_measured_pair_adds_the_extra_fibre() -> None:
    case = two_ways(100, 2)
    case.add("latency", origin="coast", site="plateau", rtt_ms=20)
    solved = solve(case.case(), OPTIONS)
    paths = solved.plan.tables["paths"].set_index("path")
    assert paths["rtt_p99_ms_ip_private"][1] == pytest.approx(20.0, rel=1e-12)
    # 100 km more, both ways, with 1.2 for the route and 1.5 for the 99th percentile.
    extra = 2 * 100 * 1.2 * 5 / 1000 * 1.5
    assert paths["rtt_p99_ms_ip_private"][2] == pytest.approx(20.0 + extra, rel=1e-12)
    assert verify_plan(solved.case, solved.plan).violations == ()


def test_what_flows_into_a_site_flows_out(spread: SolvedCase, protected: SolvedCase) -> None:
    for solved in (spread, protected):
        ends = {
            row["link"]: {row["from_site"], row["to_site"]}
            for row in solved.case.tables["links"].frame.to_dict("records")
        }
        net: dict[str, float] = defaultdict(float)
        over: dict[str, float] = defaultdict(float)
        for row in solved.plan.tables["paths"].to_dict("records"):
            here = row["node"]
            for link in row["links"].split(";"):
                (there,) = ends[link] - {here}
                net[here] += row["flow_gbps"]
                net[there] -= row["flow_gbps"]
                over[link] += row["flow_gbps"]
                here = there
            assert here == row["site"]
        sent = solved.plan.tables["placements"]["peak_gbps"].sum()
        twice = 2 if solved is protected else 1
        assert net["coast"] == pytest.approx(twice * sent, rel=1e-9)
        assert net["plateau"] == pytest.approx(-twice * sent, rel=1e-9)
        assert net["middle"] == pytest.approx(0.0, abs=1e-9)
        links = solved.plan.tables["links"].set_index("link")["flow_gbps"]
        for link, flow in links.items():
            assert over[str(link)] == pytest.approx(flow, rel=1e-12, abs=1e-12)


def rules(case: Case, plan: Plan) -> set[str]:
    return {violation.rule for violation in verify_plan(case, plan).violations}


def with_flows(plan: Plan, change: dict[int, float]) -> Plan:
    """Return a plan with another flow on some paths."""
    frame = plan.tables["paths"].copy()
    frame["flow_gbps"] = [
        change.get(path, flow) for path, flow in zip(frame["path"], frame["flow_gbps"], strict=True)
    ]
    return with_table(plan, "paths", frame)


def test_a_flow_that_comes_too_late_is_found(spread: SolvedCase) -> None:
    # 61 Gbit/s over the arms are one more than chat alone.
    late = with_flows(spread.plan, {1: 39.0, 2: 61.0})
    assert rules(spread.case, late) == {"traffic within reach", "flow", "flow within capacity"}


def test_a_flow_that_is_lost_is_found(spread: SolvedCase, protected: SolvedCase) -> None:
    assert "traffic is carried" in rules(spread.case, with_flows(spread.plan, {2: 39.0}))
    once = with_table(protected.plan, "paths", protected.plan.tables["paths"].iloc[:1])
    assert rules(protected.case, once) == {"traffic is carried twice"}


def test_a_plan_for_another_number_of_paths_is_refused(spread: SolvedCase) -> None:
    wrong = dataclasses.replace(spread, case=two_ways(60, 1).case())
    tables = dict(spread.case.tables)
    tables["parameters"] = wrong.case.tables["parameters"]
    assert "path exists" in rules(dataclasses.replace(spread.case, tables=tables), spread.plan)


def turned_round(paths: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
    return tuple(path[::-1] for path in paths)


def one_link_short(paths: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
    return tuple(path[:1] for path in paths)


def only_trunk(
    paths: tuple[tuple[tuple[int, ...], ...], ...],
) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """Return the trunk, which is the second link by name, wherever there is a path."""
    return tuple(tuple((1,) if path else () for path in row) for row in paths)


SPREAD_CORRUPTIONS = (
    Corruption(
        "routes.alternatives.admissible", "all in time", filled(1.0), ("traffic within reach",)
    ),
    Corruption(
        "routes.alternatives.links", "the other way round", turned_round, ("links of a path",)
    ),
    Corruption(
        "routes.alternatives.links", "one link short", one_link_short, ("links of a path", "flow")
    ),
    Corruption("routes.alternatives.number", "one further", plus_one, ("path exists",)),
)
PROTECTED_CORRUPTIONS = (
    Corruption("routes.protection.protected", "none", filled(0.0), ("traffic is carried twice",)),
    Corruption(
        "routes.protection.second", "the first again", only_trunk, ("links of a path", "flow")
    ),
)


@pytest.mark.parametrize("corruption", SPREAD_CORRUPTIONS, ids=lambda wrong: wrong.name)
def test_a_wrong_alternative_is_found(corruption: Corruption) -> None:
    case = two_ways(60, 2)
    add_control(case, 40, 18.0)
    if corruption.path == "routes.alternatives.admissible":
        # So little room on the trunk that control would go the long way too.
        case.set("links", {"link": "trunk"}, capacity_gbps=20)
    wrong = solve(corrupted(case.case(), corruption), OPTIONS)
    assert set(corruption.rules) <= rules(wrong.case, wrong.plan)


@pytest.mark.parametrize("corruption", PROTECTED_CORRUPTIONS, ids=lambda wrong: wrong.name)
def test_a_wrong_pair_is_found(corruption: Corruption) -> None:
    wrong = solve(corrupted(protected_case(), corruption), OPTIONS)
    assert set(corruption.rules) <= rules(wrong.case, wrong.plan)


def test_being_in_time_over_the_shorter_way_alone_is_not_enough() -> None:
    case = two_ways(0, 1)
    add_control(case, 50, 18.5)
    once = case.case().derived.reach[0, 1]
    case.set("services", {"service": "control"}, path_protection="1+1")
    twice = case.case().derived.reach[0, 1]
    # 2.6 ms are left over the trunk, for users up to 2 ms away; 0.8 over the arms, for none.
    assert once.tolist() == [1.0, 1.0, 1.0]
    assert twice.tolist() == [1.0, 1.0, 0.0]
    overlooked = corrupted(case.case(), Corruption("reach", "all", filled(1.0), ()))
    wrong = solve(overlooked, OPTIONS)
    assert "share within reach" in rules(wrong.case, wrong.plan)
