"""Backup for the loss of a grid: closed forms, a program written by hand, and reductions."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from optimizer.inputs.case import Case
from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model
from optimizer.plan.plan import Plan, make_plan
from optimizer.plan.verify import verify_plan
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.study.protection import at_level
from tests.inputs.small_case import SmallCase, row
from tests.model.reliability_cases import (
    PRICE,
    add_parameters,
    add_site,
    buffer_case,
    protected_case,
)
from tests.model.reliability_program import Instance, least_cost

EXACT = SolveOptions(gap_location=1e-8)
RELAXED = SolveOptions(relaxed=True)
ALL_YEAR: dict[str, object] = {
    "flop": 200 * 50e12 * 350 * 86_400.0,
    "accelerators": 200,
    "accelerator": "card",
}
"""A run that holds 200 cards for 350 days, and so can only start in January."""

BLOCKS = {"backup", "backup_busy", "held"}
ROWS = {"backed_up", "backup_reach", "backup_throughput", "backup_hour"}


def plan_of(case: Case, options: SolveOptions = EXACT) -> Plan:
    """Return a verified plan."""
    plan = make_plan(case, solve_model(build_model(case)[0], options).solution)
    assert verify_plan(case, plan).violations == ()
    return plan


def bought(plan: Plan) -> float:
    return float(plan.tables["accelerators"]["bought"].sum())


def same(one: LinearModel, other: LinearModel) -> bool:
    """Return whether two models are the same numbers under the same names."""
    arrays = ["cost", "lower", "upper", "integer", "row_lower", "row_upper", "row_start"]
    arrays += ["column_of", "value", "unserved_value"]
    return (
        list(one.columns) == list(other.columns)
        and list(one.rows) == list(other.rows)
        and all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays)
    )


# --- closed forms -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("areas", "share", "level", "cards"),
    [
        # Of n grids each failure leaves n - 1: sum over them of what they must hold gives
        # at least 1 + alpha / (n - 1) times the cards that are busy, which equal parts reach.
        (("A", "B"), 0.4, 1.0, 1400.0),
        (("A", "B", "C"), 0.4, 1.0, 1200.0),
        (("A", "B", "C"), 0.4, 0.5, 1100.0),
        (("A", "B", "C", "D"), 1.0, 0.6, 1200.0),
        # Three sites, two of them lost at once: as two grids.
        (("A", "B", "B"), 0.4, 1.0, 1400.0),
        (("A", "A", "B", "B"), 1.0, 1.0, 2000.0),
    ],
)
def test_cards_held_for_equal_grids(
    areas: tuple[str, ...], share: float, level: float, cards: float
) -> None:
    plan = plan_of(protected_case(areas, share, level).case())
    assert bought(plan) == pytest.approx(cards, rel=1e-6)
    assert plan.objective_million_yuan == pytest.approx(cards / 1e3 * PRICE, rel=1e-6)


def test_held_cards_serve_whichever_grid_fails() -> None:
    """Every placement has its backup at another grid, and the plan says what each site needs."""
    plan = plan_of(protected_case(("A", "B", "C"), 0.4, 1.0).case())
    placed = plan.tables["placements"].set_index("site")["share"]
    backups = plan.tables["backups"]
    kept = backups.groupby("site")["share"].sum()
    assert kept.to_dict() == pytest.approx((0.4 * placed).to_dict(), rel=1e-6)
    failures = plan.tables["failures"]
    for failure, lost in (("A", "coast"), ("B", "plateau"), ("C", "site_2")):
        taken = backups[backups["site"] == lost].set_index("backup_site")["share"]
        assert set(taken.index) == set(failures.loc[failures["failure"] == failure, "site"])
        for line in failures[failures["failure"] == failure].to_dict("records"):
            needed = 1000.0 * (placed.get(line["site"], 0.0) + taken[line["site"]])
            assert line["needed"] == pytest.approx(needed, rel=1e-6)
            assert line["available"] >= line["needed"] * (1 - 1e-6)


def test_spare_hours_of_one_service_back_up_another() -> None:
    """Night work leaves cards by day: what day work needs there costs nothing more."""
    small = protected_case(("A", "B"), 1.0, 1.0)
    small.set("services", {"service": "chat"}, profile="day")
    small.add("services", service="archive", profile="night")
    small.add("service_rates", service="archive", accelerator="card")
    for name, busy in (("day", range(12)), ("night", range(12, 24))):
        small.tables["profiles"] += [
            row("profiles", profile=name, hour=hour, relative_load=int(hour in busy))
            for hour in range(24)
        ]
    # Each keeps 2,000 cards busy in half of the hours, at one site or both: 2,000 in all.
    # With chat protected in full, 4,000 are needed whatever archive does in the other half.
    assert bought(plan_of(small.case())) == pytest.approx(4000.0, rel=1e-6)
    # Held alone at the same site: archive at one, chat at the other, gives the same.
    small.add("pins", workload="chat", site="coast", rule="minimum_share", value=1)
    small.add("pins", workload="archive", site="plateau", rule="must")
    plan = plan_of(small.case())
    assert bought(plan) == pytest.approx(4000.0, rel=1e-6)
    by_site = plan.tables["accelerators"].set_index("site")["bought"].to_dict()
    assert by_site == pytest.approx({"coast": 2000.0, "plateau": 2000.0}, rel=1e-6)


def test_gangs_run_on_where_others_are_lost() -> None:
    small = protected_case(("A", "B"), 1.0, 1.0)
    small.add("jobs", job="base", **ALL_YEAR)
    small.add("pins", workload="base", site="plateau", rule="must")
    small.add("pins", workload="chat", site="coast", rule="minimum_share", value=1)
    plan = plan_of(small.case())
    # 1,000 and 1,000 for the service whichever grid fails, and 200 that are never free.
    assert bought(plan) == pytest.approx(2200.0, rel=1e-6)
    (line,) = plan.tables["failures"].to_dict("records")
    assert (line["failure"], line["site"], line["binding"]) == ("A", "plateau", True)
    assert line["needed"] == pytest.approx(1200.0, rel=1e-6)


def test_sum_of_spare_cards_is_not_enough() -> None:
    """The aggregate buffer holds, the exact rows do not: spare cards stand out of reach."""
    share = 1.0
    without = buffer_case(share)
    without.set("parameters", {"parameter": "protection_level"}, value=0)
    plan = plan_of(without.case())
    assert plan.tables["unserved"].empty
    cards = plan.tables["accelerators"].set_index("site")
    spare = cards["fleet"] + cards["bought"] - cards["services_peak"]
    load = plan.tables["placements"].set_index("site")["share"] * 1000.0
    for site, lost in load.items():
        # The necessary cut holds for the loss of every site that serves anything.
        assert spare.drop(site).sum() >= share * lost
    protected = plan_of(buffer_case(share).case())
    # Only the 600 cards of the plateau may take over: the rest of the demand is not served.
    assert protected.tables["unserved"]["share"].tolist() == pytest.approx([0.4], rel=1e-6)
    assert set(protected.tables["backups"]["backup_site"]) == {"plateau"}
    half = plan_of(buffer_case(0.6).case())
    assert half.tables["unserved"].empty


def test_a_part_of_the_users_is_backed_up_in_part() -> None:
    """Backup and own work of a site together stay within the users that it reaches."""
    small = buffer_case(1.0)
    small.set("fleet", {"site": "plateau"}, installed=1000)
    # Access from 1 to 2 ms: a round trip of 28.5 leaves half of the span and a quarter of the
    # users by 0.99 x^2.
    small.set("latency", {"site": "plateau"}, rtt_ms=28.5)
    plan = plan_of(small.case())
    within = 0.99 * 0.5**2
    assert plan.tables["unserved"]["share"].tolist() == pytest.approx([1 - within], rel=1e-6)
    assert plan.tables["backups"]["share"].tolist() == pytest.approx([within], rel=1e-6)


# --- a program written by hand ----------------------------------------------------------------


def _instance(seed: int, areas: tuple[str, ...]) -> tuple[Instance, SmallCase]:
    """Return the same random case as plain numbers and as tables."""
    random = np.random.default_rng(seed)
    sites = ("coast", "plateau", "north")
    regions, services, cards = ("delta", "hills"), ("chat", "vision"), ("card", "old")

    def one_of(values: Sequence[float]) -> float:
        return float(random.choice(np.array(values)))

    shape = {
        "chat": [1.6 if 8 <= hour < 20 else 0.4 for hour in range(24)],
        "vision": [0.5 if 6 <= hour < 18 else 1.5 for hour in range(24)],
    }
    rtt = {
        region: dict.fromkeys(sites, 0.0) | {site: one_of((4, 9, 14.6, 16.4)) for site in others}
        for region, others in (("delta", ("plateau", "north")), ("hills", ("coast", "north")))
    }
    for region, home in (("delta", "coast"), ("hills", "plateau")):
        rtt[region][home] = 2 * 0.5 * 1.5  # equipment one way, both ways, at the 99th percentile
    small = SmallCase()
    add_site(small, "north", areas[2])
    small.add("regions", region="hills", province="WE", node="plateau", online_share=2 / 3)
    small.set("regions", {"region": "delta"}, online_share=1 / 3)
    small.tables["latency"] = []
    pairs = {
        ("coast", "plateau"): rtt["delta"]["plateau"],
        ("coast", "north"): rtt["delta"]["north"],
    }
    pairs["plateau", "north"] = rtt["hills"]["north"]
    rtt["hills"]["coast"] = rtt["delta"]["plateau"]
    for (origin, site), value in pairs.items():
        small.add("latency", origin=origin, site=site, rtt_ms=value)
    small.add("accelerators", accelerator="old", price_yuan=60_000)
    small.set("accelerators", {"accelerator": "card"}, price_yuan=100_000)
    small.add("accelerator_supply", accelerator="old")
    small.add("services", service="vision", profile="vision")
    small.set("services", {"service": "chat"}, profile="chat")
    for name, values in shape.items():
        small.tables["profiles"] += [
            row("profiles", profile=name, hour=hour, relative_load=value)
            for hour, value in enumerate(values)
        ]
    rate = {("chat", "card"): 1.0, ("chat", "old"): 0.4, ("vision", "card"): 1.5}
    small.set("service_rates", {"service": "chat"}, requests_per_s=1.0)
    small.add("service_rates", service="chat", accelerator="old", requests_per_s=0.4)
    small.add("service_rates", service="vision", accelerator="card", requests_per_s=1.5)
    protected = {"chat": one_of((0.3, 0.6)), "vision": one_of((0.5, 0.9))}
    target = {"chat": 16.0, "vision": 12.0}
    failover = {"chat": 22.0, "vision": 12.0 * 1.5}
    for service in services:
        small.set(
            "services",
            {"service": service},
            kind="interactive",
            target_ms=target[service],
            target_kind="end_to_end",
            protected_share=protected[service],
        )
    small.set("services", {"service": "chat"}, failover_target_ms=failover["chat"])
    add_parameters(small, 0.8, 1.5)
    for name, area in zip(sites, areas, strict=True):
        small.set("sites", {"site": name}, grid_area=area)
    yuan = {(region, site): one_of((0, 2_000, 9_000)) for region in regions for site in sites}
    for (region, site), value in yuan.items():
        small.add("link_costs", region=region, site=site, yuan_per_million_requests=value)
    fleet = {(site, card): one_of((0, 100, 400)) for site in sites for card in cards}
    small.tables["fleet"] = [
        row("fleet", site=site, accelerator=card, installed=int(count))
        for (site, card), count in fleet.items()
    ]
    power = {"coast": one_of((1.0, 3.0)), "plateau": 8.0, "north": 8.0}
    for site, value in power.items():
        standing = sum(fleet[site, card] for card in cards) / 1e3
        small.set(
            "sites",
            {"site": site},
            build_limit_mw=value,
            existing_it_mw=standing,
            ai_ready_it_mw=standing,
        )
    small.add("jobs", job="base", **ALL_YEAR)
    access = (1.0, 2.0)

    def within(budget: float, region: str, site: str) -> float:
        position = (budget - rtt[region][site] - access[0]) / (access[1] - access[0])
        return 1.0 if position >= 1.0 else 0.99 * max(position, 0.0) ** 2

    every = [(i, w, s) for i in regions for w in services for s in sites]
    instance = Instance(
        sites=sites,
        areas=areas,
        requests={("delta", w): 1000 / 3 for w in services}
        | {("hills", w): 2000 / 3 for w in services},
        rate=rate,
        shape=shape,
        protected={service: 0.8 * share for service, share in protected.items()},
        reach={(i, w, s): within(target[w], i, s) for i, w, s in every},
        failover_reach={(i, w, s): within(failover[w], i, s) for i, w, s in every},
        fleet=fleet,
        price={"card": 20_000.0, "old": 12_000.0},
        link_yuan=yuan,
        power_mw=power,
        gang=200.0,
    )
    return instance, small


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("areas", [("A", "B", "C"), ("A", "B", "B")], ids=["apart", "shared"])
def test_least_cost_is_that_of_the_program_written_by_hand(
    seed: int, areas: tuple[str, ...]
) -> None:
    instance, small = _instance(seed, areas)
    case = small.case()
    solution = solve_model(build_model(case)[0], RELAXED).solution
    expected = least_cost(instance)
    if expected is None:
        assert solution.unserved_value > 0.0
    else:
        assert solution.unserved_value == 0.0
        assert solution.objective == pytest.approx(expected, rel=1e-7)
    assert verify_plan(case, make_plan(case, solution)).violations == ()


def test_programs_written_by_hand_are_of_both_kinds() -> None:
    """Some can be served in full, and protection costs something in them."""
    costs = []
    for seed in range(8):
        instance, _small = _instance(seed, ("A", "B", "C"))
        bare = dataclasses.replace(instance, protected=dict.fromkeys(instance.protected, 0.0))
        costs.append((least_cost(bare), least_cost(instance)))
    served = [(one, more) for one, more in costs if one is not None and more is not None]
    assert len(served) >= 3
    assert all(more >= one - 1e-9 for one, more in served)
    assert sum(more > one * 1.01 for one, more in served) >= 3


# --- reductions and order ---------------------------------------------------------------------


def test_without_a_level_the_matrix_is_the_same() -> None:
    small = protected_case(("A", "B", "C"), 0.4, 0.0)
    nothing = SmallCase(tables={**small.tables})
    nothing.tables["parameters"] = [
        cells for cells in small.tables["parameters"] if cells["parameter"] != "protection_level"
    ]
    bare = build_model(nothing.case())[0]
    assert same(build_model(small.case())[0], bare)
    assert not BLOCKS & set(bare.columns)
    assert not ROWS & set(bare.rows)
    on = protected_case(("A", "B", "C"), 0.4, 1.0).case()
    protected = build_model(on)[0]
    assert set(protected.columns) - set(bare.columns) == BLOCKS
    assert set(protected.rows) - set(bare.rows) == ROWS
    assert same(build_model(at_level(on, 0.0))[0], bare)
    nobody = protected_case(("A", "B", "C"), 0.0, 1.0).case()
    assert same(build_model(nobody)[0], bare)


def test_cost_never_falls_with_the_level() -> None:
    """Compared with bounds, so that the gaps of the searches cannot hide a fall."""
    levels = (0.0, 0.25, 0.5, 0.75, 1.0)
    plans = [plan_of(protected_case(("A", "B", "B"), 0.7, level).case()) for level in levels]
    for lower, higher in itertools.pairwise(plans):
        assert higher.objective_million_yuan >= lower.bound_million_yuan * (1 - 1e-9)
    assert plans[0].objective_million_yuan == pytest.approx(PRICE, rel=1e-6)
    assert plans[-1].bound_million_yuan > 1.6 * PRICE


def test_merged_states_load_no_site_more_than_their_grid() -> None:
    """A single site has no rows: taken apart, the grids leave more choice, and cost no more."""
    merged = plan_of(protected_case(("A", "B", "B"), 0.7, 1.0).case())
    apart = plan_of(protected_case(("A", "B", "C"), 0.7, 1.0).case())
    assert apart.objective_million_yuan <= merged.objective_million_yuan * (1 + 1e-6)
    assert set(merged.tables["failures"]["failure"]) <= {"A", "B"}


def test_regions_alike_share_columns() -> None:
    small = protected_case(("A", "B", "C"), 0.4, 1.0)
    one = build_model(small.case())[0]
    small.set("regions", {"region": "delta"}, online_share=0.5)
    for number in range(5):
        small.add(
            "regions", region=f"more_{number}", province="EA", node="plateau", online_share=0.1
        )
    many = build_model(small.case())[0]
    assert many.columns["share"].count == 6 * one.columns["share"].count
    for name in BLOCKS:
        assert many.columns[name].count == one.columns[name].count
    # 3 failures with 2 surviving sites each; the case knows one service and one card.
    assert one.columns["backup"].count == one.columns["backup_busy"].count == 6
    plan = plan_of(small.case())
    assert bought(plan) == pytest.approx(1200.0, rel=1e-6)


def test_another_solver_gives_the_same() -> None:
    small = protected_case(("A", "B", "B"), 0.4, 1.0)
    small.add("jobs", job="base", **ALL_YEAR)
    model = build_model(small.case())[0]
    other = solve_model(model, SolveOptions(gap_location=1e-8, solver="COIN_CMD")).solution
    assert other.objective == pytest.approx(1.6 * PRICE, rel=1e-6)
    assert solve_model(model, EXACT).solution.objective == pytest.approx(other.objective, rel=1e-6)


def test_coefficients_keep_their_size() -> None:
    model = build_model(protected_case(("A", "B", "C"), 0.4, 1.0).case())[0]
    for name in ROWS:
        block = model.rows[name]
        first, last = model.row_start[block.start], model.row_start[block.start + block.count]
        sizes = np.abs(model.value[first:last])
        assert len(sizes) == 0 or (sizes.min() >= 1e-4 and sizes.max() <= 1e4), name
