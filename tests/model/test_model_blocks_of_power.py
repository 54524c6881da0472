"""Rows of energy, network, ledgers and policies on the hand case, worked out by hand.

The figures are those of :mod:`tests.model.test_model_blocks`.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.model.named_rows import INFINITY, Named, check, hand_case

YEAR_HOURS = 8760


@pytest.fixture
def hand() -> Named:
    return hand_case()


# Energy


def test_balance_splits_each_load_over_modules(hand: Named) -> None:
    modules = ("existing", "hall", "pod")
    check(
        hand,
        "balance[coast,day]",
        {
            **{f"load[coast,day,{module}]": 1.0 for module in modules},
            "busy[chat,coast,new]": -1.5,
            "busy[chat,coast,old]": -0.8,
        },
        lower=0,
        upper=0,
    )
    # 1,000 old cards of 0.2 kW idle stand on the coast
    check(
        hand,
        "balance[coast,idle]",
        {**{f"load[coast,idle,{module}]": 1.0 for module in modules}, "bought[coast,new]": -0.5},
        lower=0.2,
        upper=0.2,
    )
    # A gang's busy power times the part of the year it runs; the fleet's idle power is in idle.
    new = 4.7e23 / (80 * 4e14) / 86_400
    old = 4.7e23 / (400 * 7.5e13) / 86_400
    check(
        hand,
        "balance[plateau,training_year]",
        {
            **{f"load[plateau,training_year,{module}]": 1.0 for module in modules},
            "runs[new*2000@1,plateau,base]": -1.5 * 2.0 * 45 / 365,
            "runs[new*2000@4,plateau,base]": -1.5 * 2.0 * 45 / 365,
            "runs[new*80@7,plateau,tune]": -1.5 * 0.08 * new / 365,
            "runs[old*400@7,plateau,tune]": -0.8 * 0.4 * old / 365,
        },
        lower=0,
        upper=0,
    )


def test_load_keeps_within_the_power_used(hand: Named) -> None:
    for hour, chat, batch in ((0, 0.5, 1.5), (1, 1.5, 0.5)):
        check(
            hand,
            f"load_hour[plateau,pod,{hour}]",
            {
                "load[plateau,day,pod]": chat,
                "load[plateau,flat,pod]": 1.0,
                "load[plateau,night,pod]": batch,
                "load[plateau,idle,pod]": 1.0,
                "load_peak[plateau,pod]": -1.0,
            },
            upper=0,
        )
    check(
        hand,
        "module_load[plateau,pod,0]",
        {
            "load_peak[plateau,pod]": 1,
            "load[plateau,training_year,pod]": 1,
            "used[plateau,pod]": -1,
        },
        upper=0,
    )


def test_meter_counts_the_months_pue(hand: Named) -> None:
    # coast in July: existing 1.2 + 0.01 * 20, hall 1.1 + 0.005 * 20, pod 1.05
    for module, pue in (("existing", 1.4), ("hall", 1.2), ("pod", 1.05)):
        loads = {
            f"load[coast,{profile},{module}]": -YEAR_HOURS * pue / 1e3
            for profile in ("day", "flat", "idle", "training_year")
        }
        check(
            hand,
            f"meter[coast,{module}]",
            {f"energy[coast,{module}]": 1, **loads},
            lower=0,
            upper=0,
        )


def test_energy_price_weighs_the_hours_of_the_load(hand: Named) -> None:
    # coast: 0.4 yuan/kWh in the first half of the day, 0.8 in the second; half of it on the plateau
    for profile, price in (("day", 0.7), ("flat", 0.6), ("idle", 0.6), ("training_year", 0.6)):
        assert hand.cost(f"load[coast,{profile},existing]") == pytest.approx(
            YEAR_HOURS * price * 1.4 / 1e3
        )
    for profile, price in (("day", 0.35), ("night", 0.25), ("training_year", 0.3)):
        assert hand.cost(f"load[plateau,{profile},hall]") == pytest.approx(
            YEAR_HOURS * price * 1.15 / 1e3
        )


def test_supply_step_pays_above_a_mean_load(hand: Named) -> None:
    energy = {f"energy[plateau,{module}]": 1 / 8.76 for module in ("existing", "hall", "pod")}
    check(hand, "supply_step[plateau,0]", {**energy, "extra[plateau,0]": -1}, upper=8)
    assert hand.cost("extra[plateau,0]") == pytest.approx(0.05 * 8.76)


# Network


def test_link_carries_peak_flows_and_data_sets(hand: Named) -> None:
    # chat: 50 kB down * 8 * 6,000/s in the east, 1.5 times that in its peak hour; desk 2 kB for
    # 600/s; batch 8 kB up for 135/s. From the west to the coast link_costs replaces the link.
    # base moves 81 TB and tune 27 TB in 30 days, to where their data are not.
    check(
        hand,
        "link[main]",
        {
            "share[east,chat,plateau]": 50e3 * 8 * 6000 * 1.5 / 1e9,
            "share[east,desk,plateau]": 2e3 * 8 * 600 / 1e9,
            "share[east,batch,plateau]": 8e3 * 8 * 135 * 1.5 / 1e9,
            "runs[new*2000@1,plateau,base]": 81 * 8e3 / (30 * 86_400),
            "runs[new*2000@4,plateau,base]": 81 * 8e3 / (30 * 86_400),
            "runs[new*80@7,coast,tune]": 27 * 8e3 / (30 * 86_400),
            "runs[old*400@7,coast,tune]": 27 * 8e3 / (30 * 86_400),
            "leased[main]": -1,
            "upgrades[main]": -50,
        },
        upper=0,
    )


def test_links_are_leased_or_upgraded(hand: Named) -> None:
    assert hand.bounds("leased[main]") == pytest.approx((0.0, 100 * 0.4))
    assert hand.cost("leased[main]") == pytest.approx(0.1)
    assert hand.bounds("upgrades[main]") == (0.0, 2.0)
    assert hand.integer("upgrades[main]")
    assert hand.cost("upgrades[main]") == pytest.approx(20 / 10 + 1)


# Green power and ledgers


def test_claims_end_at_the_energy_used(hand: Named) -> None:
    check(
        hand,
        "claims[plateau]",
        {
            "contracted[certificate,plateau]": 1,
            "contracted[trade,plateau]": 1,
            **{f"energy[plateau,{module}]": -1.0 for module in ("existing", "hall", "pod")},
        },
        upper=0,
    )
    assert hand.bounds("contracted[trade,plateau]") == (0.0, 60.0)
    assert hand.bounds("contracted[certificate,plateau]") == (0.0, INFINITY)
    assert hand.cost("contracted[trade,plateau]") == pytest.approx(0.005)


def test_ledgers_take_their_own_factors(hand: Named) -> None:
    energy = {
        site: [f"energy[{site},{module}]" for module in ("existing", "hall", "pod")]
        for site in ("coast", "plateau")
    }
    check(
        hand,
        "location_ledger[0]",
        {
            "location_kt[0]": 1,
            **dict.fromkeys(energy["coast"], -0.6),
            **dict.fromkeys(energy["plateau"], -0.4),
        },
        lower=0,
        upper=0,
    )
    check(
        hand,
        "market_ledger[0]",
        {
            "market_kt[0]": 1,
            **dict.fromkeys(energy["coast"], -0.7),
            **dict.fromkeys(energy["plateau"], -0.5),
            "contracted[certificate,coast]": 0.7,
            "contracted[certificate,plateau]": 0.5,
            "contracted[trade,plateau]": 0.5,
        },
        lower=0,
        upper=0,
    )


# Policy


def test_shares_of_policy_weigh_all_sites(hand: Named) -> None:
    # 60 % of 1,000 TFLOPS a card on the plateau: +0.4 there, -0.6 elsewhere
    check(hand, "policy_hub[hub]", {"bought[coast,new]": -0.6, "bought[plateau,new]": 0.4}, lower=0)
    # 70 % of IT energy in the west: 8.76 GWh a MW times 0.3 there, -0.7 elsewhere; soft
    terms = hand.terms("policy_west[west]")
    broken = {name: value for name, value in terms.items() if name.startswith("broken")}
    assert list(broken.values()) == [1.0]
    assert hand.cost(*broken) == 0.5
    loads = {name: value for name, value in terms.items() if name not in broken}
    assert set(loads) == hand.named("load")
    for name, value in loads.items():
        assert value == pytest.approx(8.76 * (0.3 if name.startswith("load[plateau") else -0.7))
    assert hand.limits("policy_west[west]") == (0.0, INFINITY)


def test_new_build_is_green_and_used(hand: Named) -> None:
    check(
        hand,
        "policy_green[green,plateau]",
        {
            "contracted[certificate,plateau]": 1,
            "contracted[trade,plateau]": 1,
            "energy[plateau,hall]": -0.8,
            "energy[plateau,pod]": -0.8,
        },
        lower=0,
    )
    check(
        hand,
        "policy_use[use,coast]",
        {
            "used[coast,hall]": 1,
            "used[coast,pod]": 1,
            "built[coast,hall]": -6,
            "built[coast,pod]": -2.4,
        },
        lower=0,
    )
    # 20 % of the coast's and 50 % of the plateau's grid are green, 30 % are asked of all energy
    check(
        hand,
        "policy_physical[physical]",
        {name: (0.5 if "plateau" in name else 0.2) - 0.3 for name in hand.named("energy")},
        lower=0,
    )


def test_limits_of_policy(hand: Named) -> None:
    # The hall's yearly PUE on the coast is 1.2, above 1.15; the pod's 1.05 is not.
    assert hand.named("policy_pue") == {"policy_pue[pue,coast,hall]"}
    check(hand, "policy_pue[pue,coast,hall]", {"built[coast,hall]": 1}, upper=0)
    check(
        hand,
        "policy_limit[limit,coast]",
        {"built[coast,hall]": 10, "built[coast,pod]": 4},
        upper=12,
    )
    check(hand, "policy_cap[cap]", {"market_kt[0]": 1}, upper=500)
    check(
        hand,
        "policy_budget[budget]",
        {
            "built[coast,hall]": 200,
            "built[coast,pod]": 100,
            "built[plateau,hall]": 150,
            "built[plateau,pod]": 75,
            "bought[coast,new]": 220,
            "bought[plateau,new]": 220,
            "upgrades[main]": 20,
        },
        upper=6000,
    )


def test_carbon_price_is_paid_on_its_ledger(hand: Named) -> None:
    # 100 yuan/t are 0.1 million yuan/kt
    assert hand.cost("location_kt[0]") == pytest.approx(0.1)
    assert hand.cost("market_kt[0]") == 0.0
    assert not hand.named("policy_price")


def test_no_other_column_has_a_cost(hand: Named) -> None:
    priced = {
        name.partition("[")[0]
        for name, column in hand.columns.items()
        if hand.model.cost[column] != 0.0
    }
    assert priced == {
        "share",
        "runs",
        "bought",
        "built",
        "used",
        "opening",
        "load",
        "extra",
        "leased",
        "upgrades",
        "contracted",
        "location_kt",
        "broken",
    }
    assert np.isfinite(hand.model.cost).all()
