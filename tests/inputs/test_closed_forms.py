"""Small plans whose cost can be written down: what the inputs derive, carried to the optimum.

The cost of one site and one service, the price at which the better of two sites changes, a
scarce cheap site filled by unit saving, and a plain transport problem.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from optimizer.inputs.case import Case
from optimizer.model.build import build_model
from optimizer.plan.raw_solution import Status
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.solve.stage import Solved
from tests.inputs.small_case import SmallCase, flat_tariff


def _solved(case: Case) -> Solved:
    model, _sets = build_model(case)
    solved = solve_model(model, SolveOptions(gap_location=1e-9))
    assert solved.solution.status is Status.OPTIMAL
    return solved


def _cost(case: SmallCase) -> float:
    return _solved(case.case()).solution.objective


def _shares(case: SmallCase) -> dict[tuple[int, int, int], float]:
    """Return share by region, service and site."""
    block = _solved(case.case()).solution.columns["share"]
    parts = (block.index["region"], block.index["service"], block.index["site"])
    keys = zip(*(part.tolist() for part in parts), strict=True)
    return dict(zip(keys, block.values.tolist(), strict=True))


def _annuity(rate: float, years: int) -> float:
    return 1 / sum((1 + rate) ** -year for year in range(1, years + 1))


def _parameters(case: SmallCase, table: str, **values: float) -> None:
    for name, value in values.items():
        case.set(table, {"parameter": name}, value=value)


def test_one_site_one_service_costs_what_its_parts_cost() -> None:
    case = SmallCase()
    # All of the coast's demand is served on the plateau, in new halls, on bought cards.
    case.add("pins", workload="chat", site="plateau", rule="must")
    # 20,000 requests/s at 10 a second a card: 2,000 cards of 1 kW busy, 2 MW, all year.
    case.set(
        "services",
        {"service": "chat"},
        requests_per_s=20_000,
        bytes_in_per_request=50_000,
        bytes_out_per_request=10_000,
    )
    case.set("service_rates", {"service": "chat"}, requests_per_s=10)
    case.set("accelerators", {"accelerator": "card"}, price_yuan=80_000, life_years=5)
    case.set("modules", {"module": "hall"}, it_mw=0.5, pue_base=1.2, life_years=15)
    case.set("modules", {"module": "hall"}, pue_slope_per_c=0.004, pue_threshold_c=5)
    case.set(
        "sites",
        {"site": "plateau"},
        capex_yuan_per_kw=20_000,
        fixed_cost_million_yuan_per_year=3,
        design_temperature_c=30,
    )
    case.tables["tariffs"] = [
        *flat_tariff("EA", 0.6),
        *flat_tariff("WE", 0.35, demand_charge_yuan_per_kw_month=30),
    ]
    case.set("links", {"link": "trunk"}, lease_yuan_per_gbps_year=120_000)
    _parameters(
        case,
        "finance",
        discount_rate=0.06,
        accelerator_system_factor=1.15,
        accelerator_upkeep_share_per_year=0.02,
        shell_upkeep_share_per_year=0.03,
    )
    accelerators = 2000 * 0.08 * (1.15 * _annuity(0.06, 5) + 0.02)
    # Four halls of half a megawatt at 20 million yuan a megawatt
    build = 4 * 10 * (_annuity(0.06, 15) + 0.03)
    # Climate: 10 degrees all year, so PUE 1.22; 1.3 on the design day
    energy = 8760 * 1.22 * 2000 * 0.35 / 1e6
    demand = 12 * 30 * 1.3 * 2000 / 1e6
    # 50 kB * 8 * 20,000/s = 8 Gbit/s
    lease = 8 * 0.12
    solved = _solved(case.case())
    terms = {
        name: float(cost @ solved.values)
        for name, cost in solved.model.cost_terms.items()
        if solved.values is not None
    }
    assert {name: value for name, value in terms.items() if value} == {
        "accelerators": pytest.approx(accelerators, rel=1e-9),
        "build": pytest.approx(build, rel=1e-9),
        "site_opening": pytest.approx(3.0, rel=1e-9),
        "energy": pytest.approx(energy, rel=1e-9),
        "demand_charge": pytest.approx(demand, rel=1e-9),
        "network_lease": pytest.approx(lease, rel=1e-9),
    }
    total = accelerators + build + 3.0 + energy + demand + lease
    assert solved.solution.objective == pytest.approx(total, rel=1e-9)


def test_one_site_that_idles_pays_for_peak_and_idle_power() -> None:
    case = SmallCase()
    case.tables["links"] = []
    case.set("sites", {"site": "coast"}, existing_it_mw=10, ai_ready_it_mw=10)
    case.set("accelerators", {"accelerator": "card"}, idle_share=0.25, price_yuan=50_000)
    case.set("services", {"service": "chat"}, target_ms=200, target_kind="end_to_end")
    # Half the day 1.5 times the mean, half the day 0.5 times: 1,000 cards on average, 1,500 bought
    for cells in case.tables["profiles"]:
        hour = cells["hour"]
        assert isinstance(hour, int)
        cells["relative_load"] = 3 if 6 <= hour < 18 else 1
    case.tables["tariffs"] = [
        cells | {"band": band, "hours": hours, "price_yuan_per_kwh": price}
        for cells in case.tables["tariffs"]
        for band, hours, price in (("day", "6-18", 0.8), ("night", "0-6;18-24", 0.2))
    ]
    cards = 1500 * 0.05 / 5
    # Each hour of the day: idle 0.25 kW for each card bought, 0.75 kW for each busy one
    by_day = 12 * (1500 * 0.25 + 1500 * 0.75) * 0.8
    by_night = 12 * (1500 * 0.25 + 500 * 0.75) * 0.2
    assert _cost(case) == pytest.approx(cards + 365 * (by_day + by_night) / 1e6, rel=1e-9)


def _two_sites(east_price: float, lease_yuan: float, east_rent: float) -> SmallCase:
    """Return a case in which energy, network and capital all speak for one of two sites."""
    case = SmallCase()
    # 1,000 requests/s at one a second a card: 1 MW; 125 kB a request: 1 Gbit/s
    case.set("services", {"service": "chat"}, bytes_in_per_request=125_000)
    case.set("modules", {"module": "hall"}, it_mw=1, pue_base=1.25, life_years=10)
    case.set("sites", {"site": "coast"}, capex_yuan_per_kw=east_rent)
    case.set("sites", {"site": "plateau"}, capex_yuan_per_kw=15_000)
    case.set("links", {"link": "trunk"}, lease_yuan_per_gbps_year=lease_yuan)
    case.tables["tariffs"] = [*flat_tariff("EA", east_price), *flat_tariff("WE", 0.3)]
    return case


# At 0.5 yuan/kWh in the east: 0.2 * 8,760 h * 1.25 * 1,000 kW = 2.19 million yuan of energy, and
# (25,000 - 15,000) yuan/kW over ten years = 1 million yuan of capital, against the lease.
THRESHOLD_YUAN = 3.19e6


@pytest.mark.parametrize(
    ("lease", "west"), [(THRESHOLD_YUAN * 0.999, 1.0), (THRESHOLD_YUAN * 1.001, 0.0)]
)
def test_the_better_of_two_sites_changes_at_the_threshold(lease: float, west: float) -> None:
    case = _two_sites(0.5, lease, 25_000)
    shares = _shares(case)
    assert shares[0, 0, 1] == pytest.approx(west, abs=1e-9)
    assert shares[0, 0, 0] == pytest.approx(1 - west, abs=1e-9)
    in_west = 0.3 * 8.76 * 1.25 + 1.5 + lease / 1e6
    in_east = 0.5 * 8.76 * 1.25 + 2.5
    assert _cost(case) == pytest.approx(min(in_west, in_east), rel=1e-9)


def test_at_the_threshold_both_sites_cost_the_same() -> None:
    case = _two_sites(0.5, THRESHOLD_YUAN, 25_000)
    in_east = 0.5 * 8.76 * 1.25 + 2.5
    assert _cost(case) == pytest.approx(in_east, rel=1e-9)
    for site in ("coast", "plateau"):
        pinned = _two_sites(0.5, THRESHOLD_YUAN, 25_000)
        pinned.add("pins", workload="chat", site=site, rule="must")
        assert _cost(pinned) == pytest.approx(in_east, rel=1e-9)


@settings(deadline=None, max_examples=5)
@given(
    east_price=st.floats(0.31, 1.0),
    lease=st.floats(1e4, 1e7),
    east_rent=st.floats(1e3, 6e4),
)
def test_the_cheaper_site_is_always_found(
    east_price: float, lease: float, east_rent: float
) -> None:
    in_west = 0.3 * 8.76 * 1.25 + 1.5 + lease / 1e6
    in_east = east_price * 8.76 * 1.25 + east_rent / 1e4
    cost = _cost(_two_sites(east_price, lease, east_rent))
    assert cost == pytest.approx(min(in_west, in_east), rel=1e-6)


# Service: mean power in MW and traffic in Gbit/s for all of its demand.
SERVICES = {"chat": (4.0, 1.0), "video": (3.0, 12.0), "voice": (2.0, 0.5), "batch": (5.0, 0.0)}


@pytest.mark.parametrize("room_mw", [0.0, 1.5, 4.0, 7.25, 11.0, 13.999, 20.0])
def test_a_scarce_cheap_site_is_filled_by_unit_saving(room_mw: float) -> None:
    case = SmallCase()
    case.tables["services"], case.tables["service_rates"] = [], []
    for service, (power, traffic) in SERVICES.items():
        # One request a second a card of 1 kW
        requests = power * 1000
        case.add(
            "services",
            service=service,
            requests_per_s=requests,
            bytes_in_per_request=traffic * 1e9 / 8 / requests,
        )
        case.add("service_rates", service=service, accelerator="card")
    case.set("modules", {"module": "hall"}, maximum_per_site=0)
    case.set("sites", {"site": "coast"}, existing_it_mw=100, ai_ready_it_mw=100)
    case.set("sites", {"site": "plateau"}, existing_it_mw=room_mw, ai_ready_it_mw=room_mw)
    case.tables["tariffs"] = [*flat_tariff("EA", 0.5), *flat_tariff("WE", 0.3)]
    case.set("links", {"link": "trunk"}, lease_yuan_per_gbps_year=400_000)
    # Each megawatt in the west saves 0.2 * 8.76 million yuan and leases its share of the traffic.
    saving = {
        service: 0.2 * 8.76 - 0.4 * traffic / power
        for service, (power, traffic) in SERVICES.items()
    }
    assert saving["video"] > 0.1
    left, cost = room_mw, 14.0 * 0.5 * 8.76
    for service in sorted(saving, key=saving.__getitem__, reverse=True):
        taken = min(left, SERVICES[service][0])
        cost -= taken * saving[service]
        left -= taken
    assert _cost(case) == pytest.approx(cost, rel=1e-9)


def test_a_service_that_saves_nothing_stays() -> None:
    case = _two_sites(0.31, 2e5, 15_000)
    # 0.01 * 8.76 * 1.25 = 0.11 million yuan saved, 0.2 leased
    assert _shares(case)[0, 0, 0] == pytest.approx(1.0, abs=1e-9)


@settings(deadline=None, max_examples=5)
@given(
    costs=st.lists(st.integers(1, 100), min_size=12, max_size=12),
    demands=st.lists(st.integers(1, 9), min_size=4, max_size=4),
    rooms=st.lists(st.integers(1, 20), min_size=3, max_size=3),
)
def test_plain_transport_is_the_transport_problem(
    costs: list[int], demands: list[int], rooms: list[int]
) -> None:
    # Enough room for all, so that nothing is left unserved
    rooms[0] += sum(demands)
    case = SmallCase()
    site = dict(case.one("sites", site="coast"))
    names = ["a", "b", "c"]
    case.tables["sites"] = [
        site | {"site": name, "existing_it_mw": room, "ai_ready_it_mw": room}
        for name, room in zip(names, rooms, strict=True)
    ]
    case.tables["climate"], case.tables["links"], case.tables["regions"] = [], [], []
    case.tables["fleet"] = [cells | {"site": "a"} for cells in case.tables["fleet"]]
    for number, name in enumerate(names):
        case.add("climate", site=name, month=1)
        case.add("links", link=f"l{number}", from_site=name, to_site=names[(number + 1) % 3])
    total = sum(demands)
    for number, demand in enumerate(demands):
        case.add(
            "regions",
            region=f"r{number}",
            province="EA",
            node="a",
            online_share=repr(demand / total),
        )
        for column, name in enumerate(names):
            # yuan a million requests: a demand of one megawatt asks 31,536 million a year.
            case.add(
                "link_costs",
                region=f"r{number}",
                site=name,
                yuan_per_million_requests=costs[3 * number + column] * 1e6 / 31_536,
            )
    # One request a second a card of 1 kW: the demands are in megawatts.
    case.set("services", {"service": "chat"}, requests_per_s=1000 * total)
    case.set("modules", {"module": "hall"}, maximum_per_site=0)
    rows = np.zeros((3, 12))
    served = np.zeros((4, 12))
    for region in range(4):
        for place in range(3):
            rows[place, 3 * region + place] = 1.0
            served[region, 3 * region + place] = 1.0
    answer = linprog(costs, A_ub=rows, b_ub=rooms, A_eq=served, b_eq=demands)
    assert answer.status == 0
    assert _cost(case) == pytest.approx(answer.fun, rel=1e-6)
