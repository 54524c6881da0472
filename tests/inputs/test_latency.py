"""Round trips over fibre and as measured, and which users a site reaches in time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.errors import InputError
from optimizer.inputs.network_paths import NETWORKS, share_within_budget
from tests.inputs.small_case import SmallCase

# Of the small case, one way over 1,000 km: km * route factor * 5 us / 1000 + equipment.
ONE_WAY = {"optical": 5.0 + 0.25, "ip_private": 6.0 + 0.5, "public": 10.0 + 1.0}
P99 = {"optical": 1.0, "ip_private": 1.5, "public": 2.0}


def test_fibre_model_of_each_network() -> None:
    paths = SmallCase().case().derived.paths
    assert paths.fibre_km.tolist() == [[0.0, 1000.0], [1000.0, 0.0]]
    for kind, network in enumerate(NETWORKS):
        far = 2 * ONE_WAY[network] * P99[network]
        near = 2 * (ONE_WAY[network] - (5.0, 6.0, 10.0)[kind]) * P99[network]
        np.testing.assert_allclose(paths.rtt_p99_ms[kind], [[near, far], [far, near]], rtol=1e-12)


def test_access_comes_on_top_of_the_path() -> None:
    derived = SmallCase().case().derived
    # Region, service, site: 2 ms of access at the 99th percentile.
    assert derived.rtt_p99_ms.tolist() == [
        [[pytest.approx(2 * 0.5 * 1.5 + 2), pytest.approx(2 * 6.5 * 1.5 + 2)]]
    ]


@pytest.mark.parametrize(("percentile", "p99"), [("p99", 18.0), ("mean", 18.0 * 1.5)])
@pytest.mark.parametrize("ends", [("coast", "plateau"), ("plateau", "coast")])
def test_a_measured_pair_replaces_the_model_both_ways(
    percentile: str, p99: float, ends: tuple[str, str]
) -> None:
    case = SmallCase()
    case.add("latency", origin=ends[0], site=ends[1], rtt_ms=18, percentile=percentile)
    rtt = case.case().derived.paths.rtt_p99_ms
    ip_private = NETWORKS.index("ip_private")
    assert rtt[ip_private, 0, 1] == rtt[ip_private, 1, 0] == pytest.approx(p99, rel=1e-12)
    # The other networks and the sites themselves keep the model.
    assert rtt[ip_private, 0, 0] == pytest.approx(1.5, rel=1e-12)
    for network in ("optical", "public"):
        assert rtt[NETWORKS.index(network), 0, 1] == pytest.approx(
            2 * ONE_WAY[network] * P99[network], rel=1e-12
        )


def test_measurements_that_contradict_each_other_are_a_fault() -> None:
    case = SmallCase()
    case.add("latency", origin="coast", site="plateau", rtt_ms=18)
    case.add("latency", origin="plateau", site="coast", rtt_ms=28)
    with pytest.raises(InputError) as caught:
        case.case()
    (fault,) = caught.value.faults
    assert (fault.file, fault.row) == ("latency.csv", 3)


def _triangle(direct_km: float) -> SmallCase:
    """Return the case with a third site between both, 400 and 500 km away."""
    case = SmallCase()
    site = dict(case.one("sites", site="coast")) | {"site": "middle"}
    case.tables["sites"].append(site)
    case.add("climate", site="middle", month=1)
    case.set("links", {"link": "trunk"}, fibre_km=direct_km)
    case.add("links", link="east_arm", from_site="coast", to_site="middle", fibre_km=400)
    case.add("links", link="west_arm", from_site="plateau", to_site="middle", fibre_km=500)
    return case


def test_the_shortest_path_may_have_two_links() -> None:
    # Sites: coast, middle, plateau; links: east_arm, trunk, west_arm.
    paths = _triangle(1000).case().derived.paths
    assert paths.fibre_km.tolist() == [[0, 400, 900], [400, 0, 500], [900, 500, 0]]
    assert paths.links[0] == ((), (0,), (0, 2))
    assert paths.links[2] == ((2, 0), (2,), ())
    paths = _triangle(899).case().derived.paths
    assert paths.fibre_km[0, 2] == 899
    assert paths.links[0][2] == (1,)


def test_of_equal_paths_the_first_by_name_is_taken() -> None:
    assert _triangle(900).case().derived.paths.links[0][2] == (0, 2)
    case = _triangle(900)
    case.set("links", {"link": "trunk"}, link="a_trunk")
    assert case.case().derived.paths.links[0][2] == (0,)


def test_lengths_obey_the_triangle_rule_and_run_both_ways() -> None:
    fibre = _triangle(700).case().derived.paths.fibre_km
    np.testing.assert_array_equal(fibre, fibre.T)
    assert (fibre[:, None, :] <= fibre[:, :, None] + fibre[None, :, :]).all()


def test_a_site_without_links_serves_its_own_region_alone() -> None:
    case = SmallCase()
    case.tables["links"] = []
    derived = case.case().derived
    assert derived.paths.fibre_km[0, 1] == np.inf
    assert derived.reach[0, 0].tolist() == [1.0, 0.0]


def _reach_of_plateau(case: SmallCase) -> float:
    return float(case.case().derived.reach[0, 0, 1])


def _interactive(case: SmallCase, budget_ms: float) -> SmallCase:
    case.set(
        "services",
        {"service": "chat"},
        kind="interactive",
        target_ms=budget_ms + 100,
        target_kind="end_to_end",
        compute_p99_ms=100,
    )
    return case


@pytest.mark.parametrize(
    ("budget_ms", "share"),
    [
        # The path takes 19.5 ms; users are 1 ms to 2 ms from the node.
        (20.0, 0.0),
        (20.5, 0.0),
        (20.75, 0.99 * 0.25**2),
        (21.0, 0.99 * 0.5**2),
        (21.5, 1.0),
        (30.0, 1.0),
    ],
)
def test_share_of_users_within_the_budget(budget_ms: float, share: float) -> None:
    case = _interactive(SmallCase(), budget_ms)
    assert _reach_of_plateau(case) == pytest.approx(share, abs=1e-9)


def test_users_all_at_one_distance_are_in_time_or_not() -> None:
    case = SmallCase()
    case.set("regions", {"region": "delta"}, access_rtt_min_ms=2)
    assert _reach_of_plateau(_interactive(case, 21.4)) == 0.0
    assert _reach_of_plateau(_interactive(case, 21.6)) == 1.0


@settings(deadline=None)
@given(
    budget=st.floats(0.0, 100.0),
    path=st.floats(0.0, 50.0),
    nearest=st.floats(0.0, 10.0),
    span=st.floats(0.0, 10.0),
    more=st.floats(0.0, 10.0),
)
def test_share_rises_with_the_budget_and_falls_with_the_path(
    budget: float, path: float, nearest: float, span: float, more: float
) -> None:
    def share(budget: float, path: float) -> float:
        parts = (budget, path, nearest, nearest + span)
        return float(share_within_budget(*(np.array([part]) for part in parts))[0])

    assert 0.0 <= share(budget, path) <= 1.0
    assert share(budget + more, path) >= share(budget, path)
    assert share(budget, path + more) <= share(budget, path)
    if budget < path + nearest:
        assert share(budget, path) == 0.0


def test_residency_keeps_a_service_in_its_province() -> None:
    case = SmallCase()
    case.set("services", {"service": "chat"}, residency="province")
    assert case.case().derived.reach[0, 0].tolist() == [1.0, 0.0]
    case.set("sites", {"site": "plateau"}, province="EA")
    assert case.case().derived.reach[0, 0].tolist() == [1.0, 1.0]


def test_a_measured_pair_can_bring_a_site_into_reach() -> None:
    case = _interactive(SmallCase(), 20.0)
    assert _reach_of_plateau(case) == 0.0
    case.add("latency", origin="coast", site="plateau", rtt_ms=18, percentile="p99")
    assert _reach_of_plateau(case) == 1.0
