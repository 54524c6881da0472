"""Tiers of users: what is served when not everybody can be, worked out by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.inputs.case import Case, read_case
from optimizer.model import build
from optimizer.model.assembly import Assembly, Block, LinearModel
from optimizer.model.build import build_model
from optimizer.model.release import link_periods
from optimizer.solve.living import LivingModel
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.solve.stage import Solved
from optimizer.tables.frames import TypedTable, empty_table, records
from optimizer.tables.read import RawTable, parse_table
from optimizer.tables.registry import TABLES
from tests.inputs.small_case import SmallCase
from tests.model.release_cases import (
    MILLION_YUAN,
    STAGED,
    Tier,
    local_cards,
    many_services,
    scarce_case,
)
from tests.plan.solved_cases import edited_case

EXACT = SolveOptions(gap_location=1e-7)


def solved(case: SmallCase | Case, options: SolveOptions = EXACT) -> Solved:
    return solve_model(
        build_model(case.case() if isinstance(case, SmallCase) else case)[0], options
    )


def served(answer: Solved) -> dict[tuple[int, int, int], float]:
    """Return the share served by region, service and tier; basin is region 0, delta region 1."""
    column = answer.solution.columns["tier_unserved"]
    keys = zip(
        *(column.index[name].tolist() for name in ("region", "service", "tier")), strict=True
    )
    return dict(zip(keys, (1.0 - column.values).tolist(), strict=True))


def national(answer: Solved, tier: int) -> float:
    """Return the share of a tier of the only service that is served in both regions."""
    shares = served(answer)
    return 0.4 * shares[0, 0, tier] + 0.6 * shares[1, 0, tier]


def released(answer: Solved) -> list[float]:
    return [round(float(value), 9) for value in answer.solution.columns["released"].values]


# --- one tier after the other -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cards", "shares"),
    [
        # of 1,000 cards 200 serve the first tier, 300 the second, 500 the third
        (159, (0.0, 0.0, 0.0)),  # less than the least of the first tier, 160 cards
        (160, (0.8, 0.0, 0.0)),
        (200, (1.0, 0.0, 0.0)),
        (399, (1.0, 0.0, 0.0)),  # 160 and 240 cards are the least for two tiers
        (400, (0.8, 0.8, 0.0)),
        (430, (0.95, 0.8, 0.0)),
        (450, (1.0, 250 / 300, 0.0)),
        (500, (1.0, 1.0, 0.0)),
        # The third tier takes 400 cards. It is worth its 400 yuan a second and more when the
        # other tiers lose less by it: 23 cards at 9 yuan above the least of all three.
        (822, (1.0, 1.0, 0.0)),
        (823, (183 / 200, 0.8, 0.8)),
        (1000, (1.0, 1.0, 1.0)),
    ],
)
def test_staged_release(cards: int, shares: tuple[float, ...]) -> None:
    """Paying heavy users first, subscribers next, everybody else only when there is enough."""
    answer = solved(scarce_case(cards))
    assert [national(answer, tier) for tier in (1, 2, 3)] == pytest.approx(shares, abs=1e-7)
    assert released(answer) == [float(share > 0.0) for share in shares]
    yuan = sum(
        tier.share * tier.value * (1.0 - share) for tier, share in zip(STAGED, shares, strict=True)
    )
    expected = 1000 * yuan * MILLION_YUAN
    assert answer.solution.unserved_value == pytest.approx(expected, rel=1e-8, abs=1e-6)


def test_order_holds_a_dearer_tier_back() -> None:
    """The second tier is worth more, but the first one has to be served before."""
    tiers = (Tier(0.5, 1.0, 0.9), Tier(0.5, 5.0, 0.5))
    answer = solved(scarce_case(699, tiers))
    assert released(answer) == [1.0, 0.0]
    answer = solved(scarce_case(700, tiers))
    assert released(answer) == [1.0, 1.0]
    assert [national(answer, tier) for tier in (1, 2)] == pytest.approx([0.9, 0.5], abs=1e-7)


def test_minimum_holds_in_every_region() -> None:
    """What is out of reach of every site cannot be served, so the tier is not released."""
    for minimum, expected in ((0.8, [0.0, 0.0]), (None, [0.0, 1.0])):
        answer = solved(scarce_case(1000, [Tier(1.0, 1.0, minimum)], out_of_reach="basin"))
        shares = served(answer)
        assert [shares[0, 0, 1], shares[1, 0, 1]] == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    ("tolerance", "delta"), [(0.0, 0.0), (0.25, 0.25), (0.6, 0.6), (1.0, 1.0), (None, 1.0)]
)
def test_fairness_ties_the_regions_together(tolerance: float | None, delta: float) -> None:
    """One region is out of reach: the other is served no further than the tolerance."""
    tiers = [Tier(1.0, 1.0, None, tolerance)]
    shares = served(solved(scarce_case(1000, tiers, out_of_reach="basin")))
    assert [shares[0, 0, 1], shares[1, 0, 1]] == pytest.approx([0.0, delta], abs=1e-7)


@pytest.mark.parametrize("reached", ["delta", "basin"])
def test_fairness_between_regions_that_are_both_served(reached: str) -> None:
    """One has cards for a tenth of its users, the other for all: it waits for the first."""
    enough = {"delta": 600, "basin": 400}
    cards = {region: most if region == reached else most // 10 for region, most in enough.items()}
    shares = served(solved(local_cards([Tier(1.0, 1.0, None, 0.2)], **cards)))
    found = {"basin": shares[0, 0, 1], "delta": shares[1, 0, 1]}
    other = {"delta": "basin", "basin": "delta"}[reached]
    assert found[other] == pytest.approx(0.1, abs=1e-7)
    assert found[reached] == pytest.approx(0.3, abs=1e-7)


def test_single_source_serves_all_tiers_of_a_region_or_none() -> None:
    tiers = (Tier(0.5, 9.0), Tier(0.5, 1.0))
    answer = solved(scarce_case(599, tiers, single_source=True))
    share = answer.solution.columns["share"]
    assert set(np.round(share.values, 9).tolist()) <= {0.0, 1.0}
    # 599 cards are too few for delta, and one card less than all of its demand.
    assert list(served(answer).values()) == pytest.approx([1.0, 0.0, 1.0, 0.0], abs=1e-7)
    answer = solved(scarce_case(600, tiers, single_source=True))
    assert list(served(answer).values()) == pytest.approx([0.0, 1.0, 0.0, 1.0], abs=1e-7)


# --- the greedy order ---------------------------------------------------------------------------

Wanted = Mapping[str, tuple[float, float, Sequence[Tier]]]


def by_greed(cards: int, wanted: Wanted) -> tuple[dict[tuple[str, int], Fraction], Fraction]:
    """Return the share served of each tier and the value lost, dearest card first."""
    items = []
    for name, (requests, speed, tiers) in wanted.items():
        for number, tier in enumerate(tiers, start=1):
            needed = Fraction(requests) * Fraction(str(tier.share)) / Fraction(speed)
            items.append((Fraction(str(tier.value)) * Fraction(speed), needed, (name, number)))
    left, lost, shares = Fraction(cards), Fraction(0), {}
    for worth, needed, key in sorted(items, key=lambda item: -item[0]):
        given = min(left, needed)
        left -= given
        shares[key] = given / needed
        lost += (needed - given) * worth
    return shares, lost


def shares_by_name(case: Case, answer: Solved) -> dict[tuple[str, int], float]:
    names = case.frame("services")["service"].tolist()
    return {(names[key[1]], key[2]): value for key, value in served(answer).items()}


SERVICES: Wanted = {
    "image": (400, 2.0, (Tier(0.25, 3.0), Tier(0.75, 0.5))),  # 6 and 1 yuan a card's second
    "text": (600, 4.0, (Tier(0.5, 1.0), Tier(0.5, 0.75))),  # 4 and 3
    "video": (50, 0.5, (Tier(0.5, 11.0), Tier(0.5, 4.0))),  # 5.5 and 2
}


@pytest.mark.parametrize("relaxed", [True, False])
@pytest.mark.parametrize("cards", [0, 30, 50, 100, 170, 175, 250, 260, 325, 400, 450, 500])
def test_one_resource_is_given_in_the_order_of_value(cards: int, relaxed: bool) -> None:
    case = many_services(cards, SERVICES)
    answer = solved(case, SolveOptions(gap_location=1e-7, relaxed=relaxed))
    shares, lost = by_greed(cards, SERVICES)
    found = shares_by_name(case, answer)
    assert found == pytest.approx({key: float(share) for key, share in shares.items()}, abs=1e-7)
    assert answer.solution.unserved_value == pytest.approx(
        float(lost) * MILLION_YUAN, rel=1e-8, abs=1e-6
    )


@pytest.mark.parametrize(
    ("value", "first"), [(2.9, "text"), (3.0, "either"), (3.1, "video")], ids=str
)
def test_both_sides_of_a_tie(value: float, first: str) -> None:
    """The dearer of two close tiers is full first; at the tie the sum alone is given."""
    # 100 cards each, 3 yuan a second of a card at the tie, and 120 cards
    wanted: Wanted = {
        "text": (400, 4.0, (Tier(1.0, 0.75),)),
        "video": (100, 1.0, (Tier(1.0, value),)),
    }
    case = many_services(120, wanted)
    for relaxed in (True, False):
        answer = solved(case, SolveOptions(gap_location=1e-7, relaxed=relaxed))
        shares = shares_by_name(case, answer)
        assert shares["text", 1] + shares["video", 1] == pytest.approx(1.2, abs=1e-7)
        if first != "either":
            assert shares[first, 1] == pytest.approx(1.0, abs=1e-7)
        _, lost = by_greed(120, wanted)
        assert answer.solution.unserved_value == pytest.approx(float(lost) * MILLION_YUAN, rel=1e-8)


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 300),
    st.lists(
        st.tuples(
            st.sampled_from([0.25, 0.5, 1.0, 2.0]),
            st.sampled_from([0.25, 0.5, 0.75]),
            st.tuples(st.integers(1, 8), st.integers(1, 8)),
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_value_lost_is_that_of_the_greedy_order(
    cards: int, drawn: list[tuple[float, float, tuple[int, int]]]
) -> None:
    wanted: Wanted = {
        f"service_{number}": (
            100,
            speed,
            (Tier(share, float(values[0])), Tier(1.0 - share, float(values[1]))),
        )
        for number, (speed, share, values) in enumerate(drawn)
    }
    answer = solved(many_services(cards, wanted))
    _, lost = by_greed(cards, wanted)
    assert answer.solution.unserved_value == pytest.approx(
        float(lost) * MILLION_YUAN, rel=1e-8, abs=1e-6
    )


# --- without tiers, and with tiers that change nothing -------------------------------------------


def same_program(one: LinearModel, other: LinearModel) -> bool:
    """Return whether two models are the same, array by array and block by block."""
    arrays = (
        "cost",
        "lower",
        "upper",
        "integer",
        "coarse",
        "row_lower",
        "row_upper",
        "row_start",
        "column_of",
        "value",
        "unserved_value",
    )
    same = all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays)
    return same and list(one.columns) == list(other.columns) and list(one.rows) == list(other.rows)


def test_without_tiers_the_model_is_the_one_without_the_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = read_case("tiny")
    assert not len(case.tables["tiers"].frame)
    model = build_model(case)[0]
    others = tuple(add for add in build.BLOCKS if add.__name__ != "add_release")
    assert len(others) == len(build.BLOCKS) - 1
    monkeypatch.setattr(build, "BLOCKS", others)
    assert same_program(model, build_model(case)[0])
    with_tiers = scarce_case(500).case()
    monkeypatch.undo()
    model = build_model(with_tiers)[0]
    monkeypatch.setattr(build, "BLOCKS", others)
    assert not same_program(model, build_model(with_tiers)[0])


def test_tiers_of_a_service_that_nobody_asks_for_add_nothing() -> None:
    case = scarce_case(500)
    case.set("services", {"service": "chat"}, requests_per_s=0)
    tiered = build_model(case.case())[0]
    case.tables["tiers"].clear()
    assert same_program(tiered, build_model(case.case())[0])


def test_one_tier_of_the_service_s_own_value_changes_nothing() -> None:
    """Also where some work cannot be done: same value lost, same cost."""

    def one_tier(tables: dict[str, TypedTable]) -> None:
        rows = [
            {
                **dict.fromkeys(TABLES["tiers"].column_names, ""),
                "service": row["service"],
                "tier": "1",
                "share": "1",
                "name_zh": "全部",
                "name_en": "All",
                "value_yuan_per_request": str(row["value_yuan_per_request"]),
                "source_id": "teaching",
                "as_of": "2026",
                "confidence": "assumption",
            }
            for row in records(tables["services"].frame)
        ]
        raw = RawTable(
            "tiers",
            "tiers.csv",
            pd.DataFrame(rows).astype(str),
            np.arange(2, len(rows) + 2, dtype=np.int64),
        )
        table, faults = parse_table(raw, TABLES["tiers"])
        assert table is not None
        assert not faults
        tables["tiers"] = table

    def none(tables: dict[str, TypedTable]) -> None:
        tables["tiers"] = empty_table(TABLES["tiers"])

    plain, tiered = (solved(edited_case("every_block", edit)).solution for edit in (none, one_tier))
    assert plain.unserved_value > 20.0
    assert tiered.unserved_value == pytest.approx(plain.unserved_value, rel=1e-8)
    assert tiered.objective == pytest.approx(plain.objective, rel=1e-6)


def test_relaxation_is_as_tight_as_release_in_every_region_makes_it() -> None:
    """A tier half released is served to half in every region, not more in one of them."""
    model = build_model(scarce_case(1000, [Tier(1.0, 1.0)]).case())[0]
    upper = model.upper.copy()
    upper[model.columns["released"].slice] = 0.5
    point = LivingModel(dataclasses.replace(model, upper=upper, cost=model.unserved_value)).solve()
    assert point is not None
    left = point.values[model.columns["tier_unserved"].slice]
    assert left.tolist() == pytest.approx([0.5, 0.5], abs=1e-9)


# --- several periods ----------------------------------------------------------------------------


def released_columns(assembly: Assembly, name: str, tiers: list[tuple[int, int]]) -> Block:
    index = {
        "service": np.array([service for service, _ in tiers], dtype=np.int64),
        "tier": np.array([tier for _, tier in tiers], dtype=np.int64),
    }
    return assembly.add_columns(name, index, "1", upper=1.0, integer=True)


def test_release_is_kept_in_the_next_period() -> None:
    assembly = Assembly()
    before = released_columns(assembly, "released_one", [(0, 1), (0, 2), (3, 1)])
    after = released_columns(assembly, "released_two", [(0, 1), (0, 2), (0, 3), (3, 1)])
    rows = link_periods(assembly, before, after)
    model = assembly.finish()
    assert (rows.name, rows.count) == ("release_kept", 3)
    assert rows.index["service"].tolist() == [0, 0, 3]
    assert rows.index["tier"].tolist() == [1, 2, 1]
    dense = np.zeros(model.shape)
    for row in range(model.shape[0]):
        entries = slice(model.row_start[row], model.row_start[row + 1])
        dense[row, model.column_of[entries]] = model.value[entries]
    expected = np.zeros((3, 8))
    expected[[0, 1, 2], [3, 4, 6]] = 1.0
    expected[[0, 1, 2], [0, 1, 2]] = -1.0
    assert np.array_equal(dense, expected)
    assert model.row_lower.tolist() == [0.0, 0.0, 0.0]
    assert np.isinf(model.row_upper).all()


def test_tiers_that_end_are_not_kept_and_pairs_of_periods_have_rows_of_their_own() -> None:
    assembly = Assembly()
    blocks = [
        released_columns(assembly, f"released_{number}", tiers)
        for number, tiers in enumerate([[(0, 1), (1, 1)], [(1, 1)], [(0, 1), (1, 1)]])
    ]
    counts = [
        link_periods(assembly, before, after, f"release_kept_{number}").count
        for number, (before, after) in enumerate(pairwise(blocks))
    ]
    assert counts == [1, 1]
    assert assembly.rows["release_kept_0"].index["service"].tolist() == [1]
    with pytest.raises(ValueError, match="release_kept_0"):
        link_periods(assembly, blocks[0], blocks[1], "release_kept_0")


# --- another solver ------------------------------------------------------------------------------


@pytest.mark.parametrize("cards", [160, 430, 823])
def test_a_second_solver_finds_the_same(cards: int) -> None:
    case = scarce_case(cards, [*STAGED[:2], Tier(0.5, 1.0, 0.8, 0.05)])
    one = solved(case).solution
    other = solved(case, SolveOptions(gap_location=1e-7, solver="COIN_CMD")).solution
    assert other.solver == "COIN_CMD"
    assert other.unserved_value == pytest.approx(one.unserved_value, rel=1e-7)
    assert other.objective == pytest.approx(one.objective, rel=1e-7, abs=1e-7)
    assert one.unserved_value > 1000.0
