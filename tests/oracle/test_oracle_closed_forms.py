"""Whole cases whose optimum can be written down."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from optimizer.inputs.case import Case, read_case
from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model, serving_everything
from optimizer.plan.raw_solution import RawSolution, Status
from optimizer.solve.options import SolveOptions
from optimizer.solve.prices import shadow_prices
from optimizer.solve.run import solve_model
from optimizer.solve.stage import Solved
from tests.oracle.case_writer import (
    CaseRows,
    change,
    neutral_case,
    profile_rows,
    row,
    write_case,
)

EXACT = SolveOptions(gap_location=1e-9)


def solve(folder: Path, rows: CaseRows) -> tuple[Case, Solved]:
    case = read_case(write_case(folder, rows))
    return case, solve_model(build_model(case)[0], EXACT)


def plan_of(folder: Path, rows: CaseRows) -> RawSolution:
    solution = solve(folder, rows)[1].solution
    assert solution.status is Status.OPTIMAL
    return solution


def service(name: str, requests_per_s: float, **cells: str | float) -> dict[str, str | float]:
    return row("services", service=name, requests_per_s=requests_per_s, **cells)


def rate(name: str, requests_per_s: float = 1.0) -> dict[str, str | float]:
    return row("service_rates", service=name, accelerator="card", requests_per_s=requests_per_s)


def annuity(interest: float, years: int) -> float:
    return 1.0 / sum((1.0 + interest) ** -year for year in range(1, years + 1))


def two_places(near: str = "near", far: str = "far") -> CaseRows:
    """Return two sites with power to spare and unlimited free cards; users are at the first."""
    rows = neutral_case({near: "P", far: "Q"})
    rows["regions"] = [{**rows["regions"][0], "region": "users", "online_share": 1.0}]
    for site in rows["sites"]:
        site.update(existing_it_mw=1000, ai_ready_it_mw=1000)
    rows["accelerator_supply"][0]["supply"] = 10_000_000
    return rows


def set_price(rows: CaseRows, region: str, yuan_per_kwh: float) -> None:
    change(rows, "tariffs", region, price_yuan_per_kwh=yuan_per_kwh)


def test_cost_of_one_site_and_one_service(tmp_path: Path) -> None:
    rows = two_places()
    change(rows, "sites", "near", ai_ready_it_mw=0, build_limit_mw=0)
    change(
        rows,
        "sites",
        "far",
        ai_ready_it_mw=0,
        build_limit_mw=15,
        capex_yuan_per_kw=20_000,
        fixed_cost_million_yuan_per_year=3,
        design_temperature_c=30,
    )
    change(rows, "climate", "far", mean_temperature_c=20)
    change(rows, "tariffs", "Q", price_yuan_per_kwh=0.5, demand_charge_yuan_per_kw_month=40)
    rows["modules"].append(
        row(
            "modules",
            module="hall",
            it_mw=10,
            maximum_per_site=2,
            pue_base=1.2,
            pue_slope_per_c=0.005,
            pue_threshold_c=10,
            life_years=15,
        )
    )
    change(
        rows,
        "accelerators",
        "card",
        server_sustained_kw=0.8,
        idle_share=0.25,
        availability=0.8,
        price_yuan=100_000,
        life_years=5,
    )
    for name, value in (
        ("discount_rate", 0.06),
        ("accelerator_system_factor", 1.1),
        ("accelerator_upkeep_share_per_year", 0.02),
        ("shell_upkeep_share_per_year", 0.03),
    ):
        change(rows, "finance", name, value=value)
    change(rows, "links", "near-far", lease_yuan_per_gbps_year=200_000)
    rows["services"] = [service("work", 4000, bytes_in_per_request=25_000)]
    rows["service_rates"] = [rate("work")]
    solution = plan_of(tmp_path / "case", rows)

    # 4,000 requests a second keep 4,000 cards busy; a fifth of the cards is down: 5,000 are
    # bought. 0.2 kW idle each and 0.6 kW more for the busy ones; PUE 1.25, 1.3 at 30 degC.
    cards = 5000 * 100_000 * (1.1 * annuity(0.06, 5) + 0.02) / 1e6
    hall = 20_000 * 10_000 * (annuity(0.06, 15) + 0.03) / 1e6
    energy = (5000 * 0.2 + 4000 * 0.6) * 1.25 * 8760 * 0.5 / 1e6
    demand = 5000 * 1.3 * 40 * 12 / 1e6
    lease = 25_000 * 8 * 4000 / 1e9 * 200_000 / 1e6
    expected = cards + hall + 3.0 + energy + demand + lease
    assert solution.objective == pytest.approx(expected, rel=1e-9)
    assert solution.columns["built"].values.sum() == 1.0
    assert solution.columns["bought"].values.sum() == pytest.approx(5.0)


@pytest.mark.parametrize(("factor", "far"), [(0.999, 1.0), (1.001, 0.0)])
def test_work_moves_exactly_where_lease_and_energy_break_even(
    tmp_path: Path, factor: float, far: float
) -> None:
    # 1,000 cards of 1 kW save 0.3 yuan/kWh * 8.76 GWh = 2.628 million yuan at the far site; their
    # 0.4 Gbit/s break even at 6.57 million yuan each.
    rows = two_places()
    set_price(rows, "P", 0.7)
    set_price(rows, "Q", 0.4)
    change(rows, "links", "near-far", lease_yuan_per_gbps_year=6.57e6 * factor)
    rows["services"] = [service("work", 1000, bytes_out_per_request=50_000)]
    rows["service_rates"] = [rate("work")]
    solution = plan_of(tmp_path / "case", rows)
    share = solution.columns["share"]
    order = np.argsort(share.index["site"])
    # Sites stand in alphabetical order: far, near.
    assert share.values[order] == pytest.approx([far, 1.0 - far], abs=1e-9)
    stay = 0.7 * 8.76
    assert solution.objective == pytest.approx(
        stay if far == 0.0 else stay - 2.628 + 2.628 * factor, rel=1e-9
    )


def test_at_break_even_both_places_cost_the_same(tmp_path: Path) -> None:
    rows = two_places()
    set_price(rows, "P", 0.7)
    set_price(rows, "Q", 0.4)
    change(rows, "links", "near-far", lease_yuan_per_gbps_year=6.57e6)
    rows["services"] = [service("work", 1000, bytes_out_per_request=50_000)]
    rows["service_rates"] = [rate("work")]
    for site in ("near", "far"):
        rows["pins"] = [row("pins", workload="work", site=site, rule="must")]
        solution = plan_of(tmp_path / site, rows)
        assert solution.objective == pytest.approx(0.7 * 8.76, rel=1e-9)


def test_scarce_cheap_power_goes_to_the_largest_saving(tmp_path: Path) -> None:
    # 5 MW of cheap power: each thousand cards saves 0.3 * 8.76 less its own lease at 1 million
    # yuan for a Gbit/s, which differs by the bytes of a request.
    rows = two_places()
    set_price(rows, "P", 0.7)
    set_price(rows, "Q", 0.4)
    change(rows, "sites", "far", ai_ready_it_mw=5)
    change(rows, "links", "near-far", lease_yuan_per_gbps_year=1e6)
    sizes = {"a": (2.0, 200_000), "b": (1.5, 20_000), "c": (3.0, 80_000), "d": (2.5, 400_000)}
    rows["services"] = [
        service(name, thousand * 1000, bytes_in_per_request=size)
        for name, (thousand, size) in sizes.items()
    ]
    rows["service_rates"] = [rate(name) for name in sizes]
    case, solved = solve(tmp_path / "case", rows)

    left, saved, moved = 5.0, 0.0, {}
    saving = {name: 0.3 * 8.76 - size * 8 * 1000 / 1e9 for name, (_mw, size) in sizes.items()}
    for name in sorted(sizes, key=lambda item: -saving[item]):
        taken = min(left, sizes[name][0]) if saving[name] > 0 else 0.0
        moved[name] = taken / sizes[name][0]
        saved += taken * saving[name]
        left -= taken
    # b and c whole, a quarter of a, nothing of d whose lease costs more than its power
    assert moved == pytest.approx({"b": 1.0, "c": 1.0, "a": 0.25, "d": 0.0})
    total = sum(thousand for thousand, _size in sizes.values())
    assert solved.solution.objective == pytest.approx(total * 0.7 * 8.76 - saved, rel=1e-9)
    share = solved.solution.columns["share"]
    names = case.frame("services")["service"].tolist()
    far = {
        names[number]: value
        for number, site, value in zip(
            share.index["service"], share.index["site"], share.values, strict=True
        )
        if site == 0
    }
    assert far == pytest.approx(moved, abs=1e-9)
    # One more MW would go to a.
    assert solved.values is not None
    prices = {
        (price.block, price.index.get("site")): price.saving
        for price in shadow_prices(solved.model, solved.values)
    }
    assert prices["used", 0] == pytest.approx(saving["a"], rel=1e-9)


SUPPLY = [5.0, 4.0, 6.0]
WANTED = [4.0, 3.2, 5.1, 2.1]
FREIGHT = np.array([[4.0, 9.0, 7.0], [8.0, 3.0, 6.0], [5.5, 7.5, 2.0], [9.5, 1.0, 4.5]])


def transport_case() -> CaseRows:
    rows = neutral_case({"s0": "P", "s1": "P", "s2": "P"})
    for site, most in zip(rows["sites"], SUPPLY, strict=True):
        site.update(existing_it_mw=most, ai_ready_it_mw=most)
    total = sum(WANTED)
    rows["regions"] = [
        row(
            "regions",
            region=f"r{number}",
            province="P",
            node="s0",
            population=wanted,
            online_share=0.25,
        )
        for number, wanted in enumerate(WANTED)
    ]
    # A unit is a thousand cards of 1 kW; 31,536 million requests a year.
    rows["services"] = [service("goods", 1000 * total)]
    rows["service_rates"] = [rate("goods")]
    rows["accelerator_supply"][0]["supply"] = 1_000_000
    rows["link_costs"] = [
        row(
            "link_costs",
            region=f"r{region}",
            site=f"s{site}",
            yuan_per_million_requests=float(FREIGHT[region, site]) * 1e6 / 31_536,
        )
        for region in range(4)
        for site in range(3)
    ]
    return rows


def transport_program() -> tuple[float, NDArray[np.float64]]:
    supplied = np.zeros((3, 12))
    received = np.zeros((4, 12))
    for region in range(4):
        for site in range(3):
            supplied[site, region * 3 + site] = received[region, region * 3 + site] = 1.0
    found = linprog(
        FREIGHT.ravel(), A_ub=supplied, b_ub=SUPPLY, A_eq=received, b_eq=WANTED, method="highs-ds"
    )
    assert found.status == 0
    assert found.fun is not None
    return float(found.fun), np.asarray(found.ineqlin.marginals)


def test_pure_transport_is_the_transport_problem(tmp_path: Path) -> None:
    _case, solved = solve(tmp_path / "case", transport_case())
    cost, duals = transport_program()
    assert solved.solution.objective == pytest.approx(cost, rel=1e-9)
    # Prices of room at the sites: those of the textbook problem, none where room is left over.
    assert solved.values is not None
    prices = {
        price.index["site"]: price.saving
        for price in shadow_prices(solved.model, solved.values)
        if price.block == "used"
    }
    assert [prices.get(site, 0.0) for site in range(3)] == pytest.approx(
        (-duals).tolist(), abs=1e-9
    )
    used = solved.solution.columns["used"].values
    for site in range(3):
        assert prices.get(site, 0.0) * (SUPPLY[site] - used[site]) == pytest.approx(0.0, abs=1e-9)
    assert max(prices.values()) > 0.5


def test_scarce_cards_go_to_the_largest_value_of_a_card(tmp_path: Path) -> None:
    # 6,000 cards for 9,000: value of a card is yuan a request times requests a second of a card.
    rows = two_places()
    wanted = {"low": (3000, 1.0, 0.001), "high": (4000, 0.5, 0.006), "middle": (2000, 2.0, 0.001)}
    rows["services"] = [
        service(name, cards * speed, value_yuan_per_request=value)
        for name, (cards, speed, value) in wanted.items()
    ]
    rows["service_rates"] = [rate(name, speed) for name, (_c, speed, _v) in wanted.items()]
    rows["accelerator_supply"][0]["supply"] = 5000
    case, solved = solve(tmp_path / "case", rows)
    left, lost = 5000.0, 0.0
    unserved = {}
    for name in sorted(wanted, key=lambda item: -wanted[item][1] * wanted[item][2]):
        cards, speed, value = wanted[name]
        served = min(left, cards)
        left -= served
        unserved[name] = 1.0 - served / cards
        lost += (cards - served) * speed * value * 31_536_000 / 1e6
    assert unserved == {"high": 0.0, "middle": 0.5, "low": 1.0}
    assert solved.solution.status is Status.OPTIMAL
    assert solved.solution.unserved_value == pytest.approx(lost, rel=1e-8)
    names = case.frame("services")["service"].tolist()
    column = solved.solution.columns["unserved"]
    found = {
        names[number]: value
        for number, value in zip(column.index["service"], column.values, strict=True)
    }
    assert found == pytest.approx(unserved, abs=1e-6)


def cards_bought(folder: Path, rows: CaseRows) -> float:
    change(rows, "accelerators", "card", price_yuan=100_000)
    return float(plan_of(folder, rows).columns["bought"].values.sum())


def test_opposite_profiles_need_fewer_cards_together_than_apart(tmp_path: Path) -> None:
    bought = {}
    for names in (("early",), ("late",), ("early", "late")):
        rows = two_places()
        rows["profiles"] = [
            *profile_rows("early", [3.0] * 12 + [1.0] * 12),
            *profile_rows("late", [1.0] * 12 + [3.0] * 12),
        ]
        rows["services"] = [service(name, 1000, profile=name) for name in names]
        rows["service_rates"] = [rate(name) for name in names]
        bought[names] = cards_bought(tmp_path / "-".join(names), rows)
    # Each alone has a peak of 1.5 times its mean; together every hour has 0.5 + 1.5.
    assert bought["early",] == pytest.approx(1.5)
    assert bought["late",] == pytest.approx(1.5)
    assert bought["early", "late"] == pytest.approx(2.0)


def job(name: str, gang: int, months: tuple[int, int], flop: float) -> dict[str, str | float]:
    return row(
        "jobs",
        job=name,
        flop=flop,
        accelerators=gang,
        accelerator="card",
        earliest_month=months[0],
        deadline_month=months[1],
        dataset_site="near",
    )


HALF_YEAR = 180 * 86_400 * 500e12 * 0.4
"""FLOP of one card in 180 days at 500 TFLOPS and 40 %."""


@pytest.mark.parametrize(
    ("second", "cards"), [((7, 12), 1.0), ((1, 6), 2.0), ((6, 12), 1.0), ((3, 8), 2.0)]
)
def test_runs_share_cards_if_their_months_are_apart(
    tmp_path: Path, second: tuple[int, int], cards: float
) -> None:
    # The first run takes January to June. A start in June could wait for July.
    rows = two_places()
    change(rows, "parameters", "job_start_step_months", value=1)
    rows["jobs"] = [
        job("first", 1000, (1, 6), 1000 * HALF_YEAR),
        job("second", 1000, second, 1000 * HALF_YEAR),
    ]
    assert cards_bought(tmp_path / "case", rows) == pytest.approx(cards)


def test_the_same_work_in_less_time_needs_more_cards(tmp_path: Path) -> None:
    bought = []
    for gang in (1000, 2000):
        rows = two_places()
        rows["jobs"] = [job("run", gang, (1, 6), 1000 * HALF_YEAR)]
        bought.append(cards_bought(tmp_path / str(gang), rows))
    assert bought == pytest.approx([1.0, 2.0])


def test_services_and_gangs_add_up_in_their_worst_month(tmp_path: Path) -> None:
    rows = two_places()
    rows["services"] = [service("work", 700)]
    rows["service_rates"] = [rate("work")]
    rows["jobs"] = [
        job("first", 1000, (1, 6), 1000 * HALF_YEAR),
        job("second", 400, (7, 12), 400 * HALF_YEAR),
    ]
    assert cards_bought(tmp_path / "case", rows) == pytest.approx(1.7)


def test_training_energy_counts_the_days_it_runs(tmp_path: Path) -> None:
    # 1,000 cards of 1 kW for 90 of 365 days at 0.5 yuan/kWh; idle they draw nothing here.
    rows = two_places()
    set_price(rows, "P", 0.5)
    set_price(rows, "Q", 0.9)
    rows["jobs"] = [job("run", 1000, (1, 6), 500 * HALF_YEAR)]
    solution = plan_of(tmp_path / "case", rows)
    assert solution.objective == pytest.approx(1000 * 90 * 24 * 0.5 / 1e6, rel=1e-9)


def test_a_larger_share_than_all_reach_leaves_the_rest_unserved(tmp_path: Path) -> None:
    # Budget 10 ms, path 5 us * 800 km * 2 = 8 ms, users from 0 to 4 ms: half the radius.
    rows = two_places()
    change(rows, "sites", "near", ai_ready_it_mw=0)
    change(rows, "links", "near-far", fibre_km=800)
    change(rows, "regions", "users", access_rtt_p99_ms=4)
    rows["services"] = [
        service(
            "work",
            1000,
            kind="interactive",
            target_ms=15,
            target_kind="end_to_end",
            compute_p99_ms=5,
            value_yuan_per_request=0.002,
        )
    ]
    rows["service_rates"] = [rate("work")]
    _case, solved = solve(tmp_path / "case", rows)
    model: LinearModel = solved.model
    unserved = solved.solution.columns["unserved"].values
    assert unserved == pytest.approx([1.0 - 0.99 * 0.5**2], abs=1e-6)
    assert solved.solution.unserved_value == pytest.approx(
        float(unserved[0]) * 1000 * 31_536_000 * 0.002 / 1e6, rel=1e-6
    )
    assert list(model.rows)[-1] == "unserved_held"
    assert (serving_everything(model).upper[model.columns["unserved"].slice] == 0.0).all()
