"""Policy rows: which sites, which year, which limit."""

from __future__ import annotations

import functools

import pandas as pd
import pytest

from optimizer.inputs.case import Case
from optimizer.inputs.policy_rows import (
    COMPARISON_OF_KIND,
    LEDGER_KINDS,
    PRICE_KINDS,
    UNIT_OF_KIND,
    binds_year,
    scope_sites,
    scope_workloads,
)
from optimizer.tables.rules import POLICIES, POLICY_KINDS
from tests.inputs.small_case import SmallCase


@functools.cache
def _three_sites() -> Case:
    """Return the case with a city site outside every hub."""
    case = SmallCase()
    city = dict(case.one("sites", site="coast"))
    case.tables["sites"].append(city | {"site": "city", "hub": "", "is_cluster": False})
    case.add("climate", site="city", month=1)
    case.add("links", link="city", from_site="city", to_site="coast", fibre_km=10)
    return case.case()


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("national", {"city", "coast", "plateau"}),
        ("hubs", {"coast", "plateau"}),
        ("outside_hubs", {"city"}),
        ("clusters", {"coast", "plateau"}),
        ("western_development", {"plateau"}),
        ("side:east", {"city", "coast"}),
        ("side:west", {"plateau"}),
        ("province:WE", {"plateau"}),
        ("province:EA;WE", {"city", "coast", "plateau"}),
        ("cluster:plateau", {"plateau"}),
        ("site:city; plateau", {"city", "plateau"}),
    ],
)
def test_scope(scope: str, names: set[str]) -> None:
    case = _three_sites()
    sites = case.frame("sites")
    chosen = scope_sites(scope, sites, case.frame("provinces"))
    assert set(sites["site"][chosen]) == names


@pytest.mark.parametrize(
    ("scope", "what"),
    [
        ("nowhere", "nowhere"),
        ("planet:earth", "planet:earth"),
        ("site:mars;coast", "mars"),
        ("province:ZZ", "ZZ"),
        ("side:north", "north"),
        ("site:", ""),
    ],
)
def test_unknown_scope(scope: str, what: str) -> None:
    case = _three_sites()
    with pytest.raises(ValueError, match=f"^{what}$"):
        scope_sites(scope, case.frame("sites"), case.frame("provinces"))


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "binds"),
    [
        ("2026-01-01", "", True),
        ("2026-12-31", "", True),
        ("2027-01-01", "", False),
        ("2020-01-01", "2025-12-31", False),
        ("2020-01-01", "2026-01-01", True),
        ("2025-12-31", "2026-06-30", True),
    ],
)
def test_a_row_binds_a_year_that_it_covers_in_part(
    valid_from: str, valid_to: str, binds: bool
) -> None:
    assert binds_year(valid_from, valid_to, 2026) is binds
    case = SmallCase()
    case.add(
        "policies",
        policy="green",
        kind="green_share_contractual_min",
        valid_from=valid_from,
        valid_to=valid_to,
    )
    assert len(case.case().derived.policies) == int(binds)


def test_rows_switched_off_do_not_bind() -> None:
    case = SmallCase()
    case.add("policies", policy="green", kind="green_share_contractual_min", enabled=False)
    assert case.case().derived.policies == ()


def test_rows_are_resolved_and_sorted() -> None:
    case = SmallCase()
    case.add(
        "policies",
        policy="west",
        kind="west_share_min",
        scope="western_development",
        value=0.6,
        hard=False,
        penalty_million_yuan_per_unit=2.5,
    )
    case.add(
        "policies",
        policy="price",
        kind="carbon_price",
        value=80,
        unit="yuan/tCO2",
        comparison="=",
        ledger="market",
    )
    price, west = case.case().derived.policies
    assert (price.policy, price.kind, price.value, price.ledger) == (
        "price",
        "carbon_price",
        80.0,
        "market",
    )
    assert price.sites.tolist() == [True, True]
    assert (west.policy, west.hard, west.penalty, west.ledger) == ("west", False, 2.5, "")
    assert west.sites.tolist() == [False, True]
    assert (west.threshold, west.services.tolist(), west.jobs.tolist()) == (0.0, [True], [])


@pytest.mark.parametrize(
    ("workloads", "names"),
    [
        ("", {"chat", "sort", "base"}),
        ("kind:training", {"base"}),
        ("kind:interactive", {"chat"}),
        ("kind:batch; training", {"sort", "base"}),
        ("service:sort", {"sort"}),
        ("job:base", {"base"}),
    ],
)
def test_workloads(workloads: str, names: set[str]) -> None:
    services = pd.DataFrame({"service": ["chat", "sort"], "kind": ["interactive", "batch"]})
    jobs = pd.DataFrame({"job": ["base"]})
    of_services, of_jobs = scope_workloads(workloads, services, jobs)
    assert {*services["service"][of_services], *jobs["job"][of_jobs]} == names


@pytest.mark.parametrize("workloads", ["video", "kind:video", "service:base", "job:chat", "job:"])
def test_unknown_workloads(workloads: str) -> None:
    services = pd.DataFrame({"service": ["chat"], "kind": ["interactive"]})
    what = workloads.partition(":")[2] or workloads
    with pytest.raises(ValueError, match=f"^{what}$"):
        scope_workloads(workloads, services, pd.DataFrame({"job": ["base"]}))


def test_every_kind_has_a_unit_and_a_comparison() -> None:
    assert tuple(UNIT_OF_KIND) == tuple(COMPARISON_OF_KIND) == POLICY_KINDS
    assert set(UNIT_OF_KIND.values()) <= set(POLICIES.column("unit").allowed)
    assert set(COMPARISON_OF_KIND.values()) <= set(POLICIES.column("comparison").allowed)
    for kind, comparison in COMPARISON_OF_KIND.items():
        prices = dict.fromkeys(("price", "surcharge", "subsidy", "voucher"), "=")
        wanted = {"min": ">=", "max": "<=", "cap": "<=", **prices}
        assert comparison == wanted.get(kind.rsplit("_", 1)[-1], "<="), kind
        assert (comparison == "=") == (kind in PRICE_KINDS), kind
    assert LEDGER_KINDS == ("carbon_price", "carbon_cap")
