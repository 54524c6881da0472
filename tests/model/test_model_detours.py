"""The block of detours and the protection of paths: neutral, by hand, and against all flows."""

from __future__ import annotations

import itertools
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from optimizer.inputs.case import Case, read_case
from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model, serving_everything
from optimizer.plan.plan import make_plan
from optimizer.plan.verify import verify_plan
from optimizer.solve.living import LivingModel
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from tests.helpers import TINY, copy_tiny, edit_rows
from tests.model.backbone_cases import BYTES_PER_GBPS, add_control, two_ways, ways


def same(one: LinearModel, other: LinearModel) -> bool:
    """Return whether two models have the same columns, rows, coefficients and names."""
    arrays = [
        field.name for field in fields(one) if isinstance(getattr(one, field.name), np.ndarray)
    ]
    assert len(arrays) == 13
    return (
        all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays)
        and list(one.columns) == list(other.columns)
        and list(one.rows) == list(other.rows)
        and list(one.cost_terms) == list(other.cost_terms)
    )


def test_neutral_data_leave_the_model_as_it_was(tmp_path_factory: pytest.TempPathFactory) -> None:
    plain = build_model(read_case(TINY))[0]

    def edited(path_count: str, path_protection: str) -> LinearModel:
        folder = copy_tiny(tmp_path_factory.mktemp("neutral"))
        if path_count:
            edit_rows(
                folder,
                "parameters",
                lambda rows: [
                    *rows,
                    dict(rows[0]) | {"parameter": "path_count", "value": path_count},
                ],
            )
        edit_rows(
            folder,
            "services",
            lambda rows: [row | {"path_protection": path_protection} for row in rows],
        )
        return build_model(read_case(folder))[0]

    assert "detour" not in plain.columns
    assert same(edited("", ""), plain)
    assert same(edited("1", ""), plain)
    assert same(edited("1", "none"), plain)
    assert not same(edited("2", ""), plain)
    assert not same(edited("1", "1+1"), plain)


def solved_cost(case: Case) -> float:
    """Return the cost of the best plan, which must pass the verification."""
    model, _sets = build_model(case)
    solved = solve_model(model, SolveOptions(gap_location=1e-7))
    plan = make_plan(case, solved.solution)
    assert verify_plan(case, plan).violations == ()
    return plan.cost("network_lease", "network_upgrade")


@pytest.mark.parametrize(
    ("path_count", "million_yuan"),
    [
        # One upgrade for all 100 Gbit/s: 100 million yuan over ten years and 2 a year.
        (None, 12.0),
        (1, 12.0),
        # 60 Gbit/s on the trunk and 40 over both arms.
        (2, 60 * 0.01 + 40 * 0.04),
        (3, 60 * 0.01 + 40 * 0.04),
    ],
)
def test_a_second_path_saves_an_upgrade(path_count: float | None, million_yuan: float) -> None:
    assert solved_cost(two_ways(100, path_count).case()) == pytest.approx(million_yuan, rel=1e-7)


@pytest.mark.parametrize(
    ("target_ms", "million_yuan"),
    [
        # Round trips of 15.9 ms (trunk) and 17.7 ms (arms) and 2 ms of access. Within reach of
        # all users over the trunk only: with 40 Gbit/s to spare the 50 of control need an upgrade.
        (18.0, 12.0),
        (19.6, 12.0),
        # Within reach over the arms too.
        (19.8, 40 * 0.01 + 60 * 0.04),
    ],
)
def test_only_traffic_in_time_may_go_the_longer_way(target_ms: float, million_yuan: float) -> None:
    case = two_ways(50, 2)
    add_control(case, 50, target_ms)
    case.set("links", {"link": "trunk"}, capacity_gbps=40)
    assert solved_cost(case.case()) == pytest.approx(million_yuan, rel=1e-7)


def test_a_data_set_may_go_any_way() -> None:
    case = two_ways(0, 2)
    # 10,800 TB within ten days are 100 Gbit/s.
    case.add("jobs", job="base", flop=1e24, dataset_tb=10_800, dataset_site="coast")
    assert solved_cost(case.case()) == pytest.approx(60 * 0.01 + 40 * 0.04, rel=1e-7)


@pytest.mark.parametrize(("spare", "million_yuan"), [(100, 1.0 + 4.0), (60, 12.0 + 4.0)])
def test_protected_traffic_is_carried_twice(spare: float, million_yuan: float) -> None:
    case = two_ways(100, 3)
    case.set("links", {"link": "trunk"}, capacity_gbps=spare)
    case.set("services", {"service": "chat"}, path_protection="1+1")
    assert solved_cost(case.case()) == pytest.approx(million_yuan, rel=1e-7)


def test_rows_that_cannot_bind_are_left_out() -> None:
    def rows(target_ms: float) -> tuple[int, int]:
        case = two_ways(50, 5)
        case.add("links", link="zigzag", from_site="middle", to_site="plateau", fibre_km=900)
        add_control(case, 50, target_ms)
        model = build_model(case.case())[0]
        return model.columns["detour"].count, model.rows["detour_within"].count

    # Two paths beside the trunk; both services may take none, one or both of them.
    assert rows(18.0) == (2, 1)
    assert rows(19.8) == (2, 2)
    assert rows(1000.0) == (2, 1)


LENGTHS = {
    "trunk": ("coast", "plateau"),
    "a_east": ("coast", "alpha"),
    "a_west": ("alpha", "plateau"),
    "b_east": ("coast", "beta"),
    "b_west": ("beta", "plateau"),
    "cross": ("alpha", "beta"),
}
WAYS = (
    ("trunk",),
    ("a_east", "a_west"),
    ("b_east", "b_west"),
    ("a_east", "cross", "b_west"),
    ("b_east", "cross", "a_west"),
)
"""All paths from coast to plateau."""

whole = st.integers(1, 9)


@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(whole, min_size=6, max_size=6),
    spare=st.lists(st.integers(0, 6), min_size=6, max_size=6),
    lease=st.lists(whole, min_size=6, max_size=6),
    upgrade=st.lists(whole, min_size=6, max_size=6),
    traffic=st.lists(st.tuples(st.integers(1, 8), whole), min_size=1, max_size=3),
    count=st.integers(1, 5),
)
def test_detours_cost_as_much_as_free_flows_over_paths(  # noqa: PLR0917
    lengths: list[int],
    spare: list[int],
    lease: list[int],
    upgrade: list[int],
    traffic: list[tuple[int, int]],
    count: int,
) -> None:
    """The nested rows allow just what a flow of each service over each path allows."""
    case = ways(middle=("alpha", "beta"))
    case.add("parameters", parameter="path_count", value=count)
    case.tables["links"] = []
    for number, (name, (one, other)) in enumerate(LENGTHS.items()):
        case.add(
            "links",
            link=name,
            from_site=one,
            to_site=other,
            fibre_km=100 * lengths[number],
            capacity_gbps=spare[number],
            lease_yuan_per_gbps_year=1e6 * lease[number],
            upgrade_step_gbps=1,
            upgrade_maximum_steps=100,
            upgrade_running_million_yuan_per_year=upgrade[number],
        )
    km = {name: 100 * length for name, length in zip(LENGTHS, lengths, strict=True)}
    paths = sorted(WAYS, key=lambda way: (sum(km[link] for link in way), way))[:count]
    case.tables["services"], case.tables["service_rates"] = [], []
    last = []
    for number, (gbps, slack) in enumerate(traffic):
        shortest = sum(km[link] for link in paths[0])
        limit_km = shortest + 100 * slack + 50
        target = 3 * (limit_km * 1.2 * 5 / 1000 + 0.5) + 2
        case.add(
            "services",
            service=f"service{number}",
            kind="interactive",
            target_ms=target,
            target_kind="end_to_end",
            bytes_in_per_request=gbps * BYTES_PER_GBPS,
        )
        case.add("service_rates", service=f"service{number}", accelerator="card", requests_per_s=1)
        last.append([sum(km[link] for link in way) <= limit_km for way in paths])
    model = serving_everything(build_model(case.case())[0])
    point = LivingModel(model).solve()
    assert point is not None
    assert point.objective == pytest.approx(
        _free_flows(paths, last, [gbps for gbps, _slack in traffic], spare, lease, upgrade),
        rel=1e-7,
        abs=1e-7,
    )


def _free_flows(  # noqa: PLR0917
    paths: list[tuple[str, ...]],
    may: list[list[bool]],
    gbps: list[int],
    spare: list[int],
    lease: list[int],
    upgrade: list[int],
) -> float:
    """Return the least cost with a column for each service on each path it may take."""
    flows = [
        (service, path)
        for service, path in itertools.product(range(len(gbps)), range(len(paths)))
        if may[service][path]
    ]
    names = list(LENGTHS)
    size = len(flows) + 2 * len(names)
    over = np.zeros((len(names), size))
    placed = np.zeros((len(gbps), size))
    for column, (service, path) in enumerate(flows):
        placed[service, column] = 1.0
        for link in paths[path]:
            over[names.index(link), column] = 1.0
    rows = np.arange(len(names))
    over[rows, len(flows) + rows] = -1.0
    over[rows, len(flows) + len(names) + rows] = -1.0
    answer = linprog(
        np.concatenate([np.zeros(len(flows)), lease, upgrade]),
        A_ub=over,
        b_ub=np.zeros(len(names)),
        A_eq=placed,
        b_eq=gbps,
        bounds=[(0, None)] * len(flows) + [(0, limit) for limit in spare] + [(0, 100)] * len(names),
    )
    assert answer.success, answer.message
    return float(answer.fun)


def test_a_second_solver_finds_the_same() -> None:
    case = two_ways(100, 2)
    add_control(case, 30, 18.0)
    case.set("services", {"service": "control"}, path_protection="")
    answers = [
        solve_model(
            build_model(case.case())[0], SolveOptions(solver=solver, gap_location=1e-7)
        ).solution.objective
        for solver in ("HiGHS", "COIN_CMD")
    ]
    assert answers[0] == pytest.approx(60 * 0.01 + 70 * 0.04, rel=1e-7)
    assert answers[1] == pytest.approx(answers[0], rel=1e-7)
