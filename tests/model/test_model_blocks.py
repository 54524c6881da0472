"""Rows of every block on the hand case, worked out by hand from its round figures.

The figures: 365 days of 24 hours; chat 8,000 requests/s (peak 1.5 in the second half of the
day), batch 150 (peak 1.5 in the first half), desk 1,000 (flat); cards of 2.5 and 1.25 kW at
most, 0.5 and 0.2 kW idle, 1.5 and 0.8 kW more when busy (new, old); mean temperature 30 and
20 degC, design day 35 and 30 (coast, plateau); no interest, so that annuities are C / life.
"""

from __future__ import annotations

import pytest

from tests.model.named_rows import INFINITY, Named, check, hand_case


@pytest.fixture
def hand() -> Named:
    return hand_case()


# Placement


def test_demand_rows_share_out_every_region_and_service(hand: Named) -> None:
    assert hand.named("demand") == {
        f"demand[{region},{service}]"
        for region in ("east", "west")
        for service in ("batch", "chat", "desk")
    }
    check(
        hand,
        "demand[east,chat]",
        {"share[east,chat,coast]": 1, "share[east,chat,plateau]": 1, "unserved[east,chat]": 1},
        lower=1,
        upper=1,
    )
    # A pin bars batch from the coast.
    check(
        hand,
        "demand[west,batch]",
        {"share[west,batch,plateau]": 1, "unserved[west,batch]": 1},
        lower=1,
        upper=1,
    )


def test_a_share_ends_where_the_latency_budget_does(hand: Named) -> None:
    # Budget (100 - 40) / 2 = 30 ms. The path: 1,000 km * 1.5 * 5 us + 0.5 ms = 8 ms one way, 16
    # there and back, 20 at the 99th percentile. Of 10 ms left 2 are the nearest user's access
    # and the 99th percentile has 12: (10 - 2) / (12 - 2) = 0.8 of the radius, 0.99 * 0.64.
    assert hand.bounds("share[east,chat,plateau]") == pytest.approx((0.0, 0.6336))
    assert hand.bounds("share[west,chat,coast]") == pytest.approx((0.0, 0.6336))
    assert hand.bounds("share[east,chat,coast]") == (0.0, 1.0)
    assert hand.bounds("share[west,desk,coast]") == (0.0, 1.0)
    assert "share[east,batch,coast]" not in hand.columns


def test_a_single_source_service_has_whole_shares(hand: Named) -> None:
    for region in ("east", "west"):
        for site in ("coast", "plateau"):
            assert hand.integer(f"share[{region},desk,{site}]")
            assert not hand.integer(f"share[{region},chat,{site}]")


def test_throughput_follows_from_littles_law(hand: Named) -> None:
    # chat takes 1000/4000 + 200/800 = 0.5 s on new and 1000/1000 + 200/200 = 2 s on old, so
    # 8,000/s keep 4 or 16 thousand busy; three quarters of it arise in the east.
    check(
        hand,
        "throughput[chat,coast]",
        {
            "busy[chat,coast,new]": 1 / 4,
            "busy[chat,coast,old]": 1 / 16,
            "share[east,chat,coast]": -0.75,
            "share[west,chat,coast]": -0.25,
        },
        lower=0,
        upper=0,
    )
    # batch takes 2000/1000 + 500/125 = 6 s on old, 0.9 thousand for 150/s; GDP is 9 to 1.
    check(
        hand,
        "throughput[batch,plateau]",
        {
            "busy[batch,plateau,old]": 1 / 0.9,
            "share[east,batch,plateau]": -0.9,
            "share[west,batch,plateau]": -0.1,
        },
        lower=0,
        upper=0,
    )
    # desk: 2 or 1 requests a second and card, people 6 to 4
    check(
        hand,
        "throughput[desk,plateau]",
        {
            "busy[desk,plateau,new]": 1 / 0.5,
            "busy[desk,plateau,old]": 1 / 1.0,
            "share[east,desk,plateau]": -0.6,
            "share[west,desk,plateau]": -0.4,
        },
        lower=0,
        upper=0,
    )


def test_pins_of_services(hand: Named) -> None:
    check(
        hand,
        "pinned_service[chat,coast]",
        {"share[east,chat,coast]": 0.75, "share[west,chat,coast]": 0.25},
        lower=0.2,
    )
    # 6 million yuan for all of desk, 60 % of it in the east
    assert hand.cost("share[east,desk,plateau]") == pytest.approx(3.6)
    assert hand.cost("share[west,desk,plateau]") == pytest.approx(2.4)


def test_link_costs_are_paid_by_the_request(hand: Named) -> None:
    # 200 yuan a million requests; chat in the west: 2,000/s are 63,072 million a year
    assert hand.cost("share[west,chat,coast]") == pytest.approx(63_072 * 200 / 1e6)
    assert hand.cost("share[west,desk,coast]") == pytest.approx(400 * 31.536 * 200 / 1e6)
    assert hand.cost("share[east,chat,coast]") == 0.0


# Training


def test_job_rows_count_the_runs(hand: Named) -> None:
    # 3.1104e24 FLOP on 2,000 cards of 1,000 TFLOPS at 40 % take 45 days: starts in January and
    # April, three months apart, end by June; July is too late.
    base = {
        f"runs[new*2000@{month},{site},base]" for month in (1, 4) for site in ("coast", "plateau")
    }
    check(hand, "job[base]", dict.fromkeys([*base, "unplaced[base]"], 1), lower=1, upper=1)
    # 4.7e23 FLOP in 184 days: 394.2 old cards (75 TFLOPS useful), 73.9 new (400); servers hold 8
    tune = {
        f"runs[{gang}@7,{site},tune]"
        for gang in ("old*400", "new*80")
        for site in ("coast", "plateau")
    }
    check(hand, "job[tune]", dict.fromkeys([*tune, "unplaced[tune]"], 1), lower=3, upper=3)
    assert hand.named("runs") == base | tune
    for name in base | tune:
        assert hand.integer(name)
        assert hand.bounds(name) == (0.0, 1.0 if name in base else 3.0)


def test_pins_of_jobs(hand: Named) -> None:
    check(
        hand,
        "pinned_job[tune,plateau]",
        {"runs[new*80@7,plateau,tune]": 1, "runs[old*400@7,plateau,tune]": 1},
        lower=0.4 * 3,
    )
    assert hand.cost("runs[new*2000@1,coast,base]") == 9.0
    assert hand.cost("runs[new*2000@1,plateau,base]") == 0.0


# Accelerators


def test_services_need_their_worst_hour(hand: Named) -> None:
    # Two hours can bind: one of the first half of the day (batch 1.5, chat 0.5), one of the second.
    for hour, chat, batch in ((0, 0.5, 1.5), (1, 1.5, 0.5)):
        check(
            hand,
            f"busy_hour[plateau,old,{hour}]",
            {
                "busy[batch,plateau,old]": batch,
                "busy[chat,plateau,old]": chat,
                "busy[desk,plateau,old]": 1.0,
                "busy_peak[plateau,old]": -1.0,
            },
            upper=0,
        )
    assert len(hand.named("busy_hour")) == 2 * 2 * 2


def test_fleet_holds_services_and_the_gangs_of_a_month(hand: Named) -> None:
    # 2,000 old cards on the plateau, 90 % of them able to work
    check(
        hand,
        "fleet[plateau,old,7]",
        {"busy_peak[plateau,old]": 1, "runs[old*400@7,plateau,tune]": 0.4},
        upper=1.8,
    )
    check(
        hand,
        "fleet[coast,new,4]",
        {"busy_peak[coast,new]": 1, "runs[new*2000@4,coast,base]": 2.0, "bought[coast,new]": -0.95},
        upper=0,
    )
    # January to February, April to May and July on see different gangs: one month of each stays.
    assert hand.named("fleet") == {
        f"fleet[{site},{card},{month}]"
        for site in ("coast", "plateau")
        for card, month in (("new", 1), ("new", 4), ("new", 7), ("old", 7))
    }


def test_purchases_are_bounded_and_paid(hand: Named) -> None:
    check(hand, "supply[new]", {"bought[coast,new]": 1, "bought[plateau,new]": 1}, upper=20)
    assert "bought[coast,old]" not in hand.columns
    # 200,000 yuan * (1.1 / 5 years + 3 % upkeep) for each, for a thousand in million yuan
    assert hand.cost("bought[coast,new]") == pytest.approx(200_000 * (1.1 / 5 + 0.03) * 1e3 / 1e6)


# Capacity


def test_nameplate_power_stands_in_modules(hand: Named) -> None:
    # 2,000 old cards of 8 kW / 8 * 1.25 = 1.25 kW
    check(
        hand,
        "nameplate[plateau]",
        {
            "used[plateau,existing]": 1,
            "used[plateau,hall]": 1,
            "used[plateau,pod]": 1,
            "bought[plateau,new]": -2.5,
        },
        lower=2.5,
        upper=2.5,
    )
    # AI-ready power 4 MW and 2 MW under construction for this year
    assert hand.bounds("used[plateau,existing]") == (0.0, 6.0)
    assert hand.bounds("used[plateau,hall]") == (0.0, INFINITY)


def test_ceiling_takes_the_design_day_less_what_stays(hand: Named) -> None:
    # PUE on the design day: 1.2 + 0.01 * 25, 1.1 + 0.005 * 25, 1.05; 10 MW are occupied
    check(
        hand,
        "ceiling[coast]",
        {"used[coast,existing]": 1.45, "used[coast,hall]": 1.225, "used[coast,pod]": 1.05},
        upper=60 - 1.45 * 10,
    )


def test_modules_are_built_whole_within_limits(hand: Named) -> None:
    check(hand, "module[coast,hall]", {"used[coast,hall]": 1, "built[coast,hall]": -10}, upper=0)
    check(
        hand, "build_limit[plateau]", {"built[plateau,hall]": 10, "built[plateau,pod]": 4}, upper=30
    )
    assert hand.integer("built[plateau,pod]")
    assert hand.bounds("built[plateau,pod]") == (0.0, 5.0)
    # 15,000 yuan/kW * 10 MW * (1/20 + 3 %), and 4 MW * 1.25 for the pod
    assert hand.cost("built[plateau,hall]") == pytest.approx(15_000 * 10e3 * 0.08 / 1e6)
    assert hand.cost("built[plateau,pod]") == pytest.approx(15_000 * 4e3 * 1.25 * 0.08 / 1e6)


def test_building_opens_the_site(hand: Named) -> None:
    # Two halls of 10 MW fit into 20 MW, five pods of 4 MW.
    check(hand, "opened[coast,hall]", {"built[coast,hall]": 1, "opening[coast]": -2}, upper=0)
    check(hand, "opened[coast,pod]", {"built[coast,pod]": 1, "opening[coast]": -5}, upper=0)
    check(
        hand,
        "opened_mw[coast]",
        {"built[coast,hall]": 10, "built[coast,pod]": 4, "opening[coast]": -20},
        upper=0,
    )
    assert hand.integer("opening[coast]")
    assert hand.bounds("opening[coast]") == (0.0, 1.0)
    assert hand.cost("opening[coast]") == 4.0


def test_contracted_demand_is_paid_on_nameplate_power(hand: Named) -> None:
    # coast: 40 yuan/kW/month on demand; plateau: 15 yuan/kVA/month * 2 kVA/kW on capacity
    assert hand.cost("used[coast,hall]") == pytest.approx(1.225 * 40 * 12 * 1e3 / 1e6)
    assert hand.cost("used[plateau,existing]") == pytest.approx(1.4 * 15 * 2 * 12 * 1e3 / 1e6)
