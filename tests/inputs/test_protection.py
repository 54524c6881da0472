"""Protection of services: budgets, failure states, candidates for backup, and faults."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.errors import Fault, InputError
from optimizer.inputs.case import Case
from optimizer.inputs.check_notices import notices
from optimizer.inputs.protection import BACKUP_SITES, UNPROTECTED, Protection
from tests.inputs.small_case import SmallCase
from tests.model.reliability_cases import add_parameters, add_site, protected_case


def faults_of(small: SmallCase) -> list[tuple[str, int | None, str, str]]:
    """Return file, row, column and problem of every fault."""
    with pytest.raises(InputError) as caught:
        small.case()
    faults: tuple[Fault, ...] = caught.value.faults
    return [(fault.file, fault.row, fault.column, fault.problem.en) for fault in faults]


def protection_of(small: SmallCase) -> tuple[Case, Protection]:
    case = small.case()
    return case, case.derived.protection


def sites_of(case: Case, protection: Protection, failure: str, region: str = "delta") -> list[str]:
    """Return the codes of the sites that may back up the only service of a region."""
    names = case.tables["sites"].frame["site"].tolist()
    row = case.tables["regions"].frame["region"].tolist().index(region)
    (group,) = [
        group
        for group in protection.groups
        if protection.states[group.state] == failure and row in group.regions
    ]
    return [str(names[site]) for site in group.sites]


def interactive(small: SmallCase, target_ms: float, **cells: object) -> None:
    small.set(
        "services",
        {"service": "chat"},
        kind="interactive",
        target_ms=target_ms,
        target_kind="end_to_end",
        **cells,
    )


@pytest.mark.parametrize("level", [None, 0.0])
def test_switched_off_by_absence_and_by_zero(level: float | None) -> None:
    small = SmallCase()
    small.set("services", {"service": "chat"}, protected_share=0.5)
    if level is not None:
        add_parameters(small, level)
    case, protection = protection_of(small)
    assert protection is UNPROTECTED
    told = [notice for notice in notices(case) if notice.column == "protected_share"]
    assert [notice.rows for notice in told] == [1]


def test_switched_on_the_notice_goes() -> None:
    case, protection = protection_of(protected_case(("A", "B"), 0.5, 0.4))
    assert not [notice for notice in notices(case) if notice.column == "protected_share"]
    assert protection.share.tolist() == pytest.approx([0.2])
    assert protection.states == ("A", "B")


def test_a_failure_is_a_grid_with_all_its_sites() -> None:
    case, protection = protection_of(protected_case(("B", "A", "B"), 0.5, 1.0))
    names = case.tables["sites"].frame["site"].tolist()
    states = dict(zip(names, protection.state_of.tolist(), strict=True))
    assert states == {"coast": 1, "plateau": 0, "site_2": 1}
    assert sites_of(case, protection, "A") == ["coast", "site_2"]
    assert sites_of(case, protection, "B") == ["plateau"]


@pytest.mark.parametrize(
    ("factor", "own", "budget"), [(None, "", 20.0), (2.0, "", 50.0), (2.0, 65, 22.5)]
)
def test_failover_budget(factor: float | None, own: object, budget: float) -> None:
    small = protected_case(("A", "B"), 0.5, 1.0)
    interactive(small, 60, compute_p99_ms=20, round_trips=2, failover_target_ms=own)
    if factor is not None:
        small.add("parameters", parameter="failover_budget_factor", value=factor)
    small.set("links", {"link": "trunk"}, fibre_km=100)
    assert protection_of(small)[1].budget_ms.tolist() == [budget]


def test_candidates_reach_most_and_cost_least() -> None:
    """Of nine other grids the six that reach everybody at the least cost of power are taken."""
    small = SmallCase()
    interactive(small, 40, protected_share=1)
    prices = {}
    for number in range(8):
        name = f"site_{number}"
        prices[name] = 10_000 + 1_000 * ((number * 5) % 8)
        add_site(small, name, name, capex_yuan_per_kw=prices[name])
        small.add("latency", origin="coast", site=name, rtt_ms=10)
    small.set("sites", {"site": "plateau"}, capex_yuan_per_kw=1)
    # The cheapest of all reaches only users near the coast's own node.
    small.add("latency", origin="coast", site="plateau", rtt_ms=38.5)
    add_parameters(small, 1.0)
    case, protection = protection_of(small)
    assert protection.reach[0, 0].max() == 1.0
    found = sites_of(case, protection, "EA")
    assert len(found) == BACKUP_SITES == 6
    assert found == sorted(prices, key=lambda name: prices[name])[:6]
    for name in found:
        small.set("latency", {"site": name}, rtt_ms=100)
    case, protection = protection_of(small)
    # What reaches everybody comes first, then what reaches some, then nothing.
    rest = sorted(set(prices) - set(found), key=lambda name: prices[name])
    assert sites_of(case, protection, "EA") == [*rest, "plateau"]
    plateau = case.tables["sites"].frame["site"].tolist().index("plateau")
    assert protection.reach[0, 0, plateau] == pytest.approx(0.99 * 0.5**2)


def test_running_cost_ranks_sites_too() -> None:
    small = protected_case(("A", "B", "C", "D"), 1.0, 1.0)
    small.set("accelerators", {"accelerator": "card"}, idle_share=0.5)
    for cells in small.tables["tariffs"]:
        dear = {"WE": 0.9, "P_site_2": 0.3, "P_site_3": 0.6}
        cells["price_yuan_per_kwh"] = dear.get(str(cells["tariff_region"]), 0.0)
    case, protection = protection_of(small)
    assert sites_of(case, protection, "A") == ["site_2", "site_3", "plateau"]
    for cells in small.tables["tariffs"]:
        if cells["tariff_region"] == "P_site_2":
            cells["demand_charge_yuan_per_kw_month"] = 150
    case, protection = protection_of(small)
    assert sites_of(case, protection, "A") == ["site_3", "site_2", "plateau"]


def test_pins_residency_and_accelerators_shut_sites() -> None:
    small = protected_case(("A", "B", "C", "D"), 1.0, 1.0)
    small.add("pins", workload="chat", site="site_2", rule="never")
    case, protection = protection_of(small)
    assert sites_of(case, protection, "A") == ["plateau", "site_3"]
    small.set("accelerator_supply", {"accelerator": "card"}, supply=0)
    for site in ("coast", "site_3"):
        small.set("sites", {"site": site}, existing_it_mw=10, ai_ready_it_mw=10)
    small.tables["fleet"] = []
    small.add("fleet", site="coast", accelerator="card", installed=1000)
    small.add("fleet", site="site_3", accelerator="card", installed=1000)
    case, protection = protection_of(small)
    assert sites_of(case, protection, "A") == ["site_3"]
    small.set("sites", {"site": "site_3"}, province="EA", tariff_region="EA")
    small.set("services", {"service": "chat"}, residency="province")
    case, protection = protection_of(small)
    assert sites_of(case, protection, "A") == ["site_3"]
    assert np.flatnonzero(protection.reach[0, 0]).tolist() == [0, 3]


def test_regions_with_the_same_sites_are_one_group() -> None:
    small = protected_case(("A", "B", "C"), 1.0, 1.0)
    small.set("regions", {"region": "delta"}, online_share=0.5)
    small.add("regions", region="hills", province="WE", node="plateau", online_share=0.5)
    groups = protection_of(small)[1].groups
    assert [(group.state, group.regions) for group in groups] == [
        (0, (0, 1)),
        (1, (0, 1)),
        (2, (0, 1)),
    ]
    # Where a site reaches only a part of a region's users, the region stands alone.
    interactive(small, 40)
    small.tables["latency"] = []
    for origin, site, rtt in (
        ("coast", "plateau", 10),
        ("coast", "site_2", 38.5),
        ("plateau", "site_2", 10),
    ):
        small.add("latency", origin=origin, site=site, rtt_ms=rtt)
    groups = protection_of(small)[1].groups
    assert [(group.state, group.regions) for group in groups] == [
        (0, (0,)),
        (0, (1,)),
        (1, (0,)),
        (1, (1,)),
        (2, (0, 1)),
    ]


def test_targets_that_cannot_be() -> None:
    small = protected_case(("A", "B"), 0.5, 1.0)
    small.set("services", {"service": "chat"}, failover_target_ms=100)
    assert faults_of(small) == [
        ("services.csv", 2, "failover_target_ms", "the service has no target to ease")
    ]
    interactive(small, 120)
    assert faults_of(small) == [
        ("services.csv", 2, "failover_target_ms", "tighter than the normal target of 120 ms")
    ]
    small.set("services", {"service": "chat"}, failover_target_ms=120)
    small.case()


@pytest.mark.parametrize(
    ("parameter", "value", "problem"),
    [
        ("protection_level", 1.5, "protection_level is outside 0 to 1"),
        ("protection_level", -0.1, "protection_level is outside 0 to 1"),
        ("failover_budget_factor", 0.9, "failover_budget_factor is outside 1 to 100"),
    ],
)
def test_parameters_out_of_range(parameter: str, value: float, problem: str) -> None:
    small = SmallCase()
    small.add("parameters", parameter=parameter, value=value)
    line = small.line("parameters", parameter=parameter)
    assert faults_of(small) == [("parameters.csv", line, "value", problem)]


def test_a_misspelt_parameter_is_named() -> None:
    small = SmallCase()
    small.add("parameters", parameter="protection_levle", value=1)
    ((file, _row, column, _problem),) = faults_of(small)
    assert (file, column) == ("parameters.csv", "parameter")


def test_a_service_that_nothing_can_back_up() -> None:
    problem = (
        "no site outside the grid that serves chat may take it over in time, so all of it would "
        "be left unserved"
    )
    one_grid = protected_case(("A", "A"), 0.5, 1.0)
    assert faults_of(one_grid) == [("services.csv", 2, "protected_share", problem)]
    pinned = protected_case(("A", "B"), 0.5, 1.0)
    pinned.add("pins", workload="chat", site="coast", rule="must")
    assert faults_of(pinned) == [("services.csv", 2, "protected_share", problem)]
    resident = protected_case(("A", "B"), 0.5, 1.0)
    resident.set("services", {"service": "chat"}, residency="province")
    assert faults_of(resident) == [("services.csv", 2, "protected_share", problem)]
    resident.set("services", {"service": "chat"}, protected_share=0)
    resident.case()
