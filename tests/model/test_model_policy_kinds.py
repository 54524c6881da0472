"""Rows and prices of policies on totals, workloads and cost, worked out by hand.

Two sites of one case in round numbers: halls of 10 MW with a PUE of 1.5 and 2 l/kWh, existing
power with a PUE of 1.2 and 1 l/kWh, cards of 1 kW, a service of a card-second a request and a
job whose data lie at the coast. The sites are 1,000 km apart.
"""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.inputs.case import Case
from optimizer.model.build import build_model
from tests.inputs.small_case import SmallCase
from tests.model.golden import column_names, entry_names
from tests.model.named_rows import INFINITY, Named, check

YEAR_GWH = 8.76
"""Energy of one MW in a year."""

FAR = 2 * (1000 * 1.2 * 5 / 1000 + 0.5) * 1.5 + 2
"""Round trip from a user of the delta to the plateau: the path at the 99th percentile, access."""

COMPARISON = {"min": ">=", "surcharge": "=", "subsidy": "=", "voucher": "="}


def small(kind: str = "", **cells: object) -> Case:
    """Return the case, with one policy if a kind is given."""
    case = SmallCase()
    hall = {"pue_base": 1.5, "wue_l_per_kwh": 2, "life_years": 20}
    case.set("modules", {"module": "hall"}, **hall)
    case.set("modules", {"module": "existing"}, pue_base=1.2, wue_l_per_kwh=1)
    case.set(
        "sites",
        {"site": "coast"},
        existing_it_mw=20,
        occupied_it_mw=8,
        ai_ready_it_mw=10,
        capex_yuan_per_kw=10_000,
    )
    case.set(
        "sites",
        {"site": "plateau"},
        existing_it_mw=6,
        occupied_it_mw=2,
        under_construction_it_mw=4,
        under_construction_year=2026,
        capex_yuan_per_kw=8_000,
    )
    case.set("accelerators", {"accelerator": "card"}, price_yuan=100_000)
    case.add("accelerators", accelerator="import", export_status="licensed", bf16_dense_tflops=400)
    case.add("accelerator_supply", accelerator="import")
    case.set("fleet", {"site": "coast"}, installed=3000)
    flop = 2000 * 1e14 * 0.5 * 86_400 * 73
    case.add("jobs", job="base", count=2, flop=flop, accelerators=2000, accelerator="card")
    if kind:
        written = {"policy": "rule", "kind": kind, "scope": "site:plateau"}
        written["comparison"] = COMPARISON.get(kind.rsplit("_", 1)[-1], "<=")
        case.add("policies", **(written | cells))
    return case.case()


def named(case: Case) -> Named:
    """Return the model of a case, to be read by names."""
    model, _sets = build_model(case)
    rows = [name for block in model.rows.values() for name in entry_names(case, block)]
    return Named(
        case,
        model,
        {name: number for number, name in enumerate(column_names(case, model))},
        {name: number for number, name in enumerate(rows)},
    )


RUNS = [f"runs[card*2000@{month},plateau,base]" for month in range(1, 13)]


def runs_of(model: Named) -> list[str]:
    found = [name for name in RUNS if name in model.columns]
    assert len(found) > 1
    return found


def test_latency_bars_what_is_too_far() -> None:
    model = named(small("latency_max", unit="ms", value=10, scope="national"))
    # Workload 0 is the service, 1 the job, whose data are 10.5 ms away from the plateau.
    assert model.case.derived.rtt_p99_ms[0, 0, 1] == pytest.approx(FAR)
    assert model.case.derived.rtt_p99_ms[0, 0, 0] < 10
    assert model.named("policy_rule") == {
        "policy_rule[rule,0,plateau]",
        "policy_rule[rule,1,plateau]",
    }
    check(model, "policy_rule[rule,0,plateau]", {"share[delta,chat,plateau]": 1.0}, upper=0)
    check(model, "policy_rule[rule,1,plateau]", dict.fromkeys(runs_of(model), 1.0), upper=0)


@pytest.mark.parametrize(
    ("cells", "workloads"),
    [
        ({"workloads": "kind:training"}, {"1"}),
        ({"workloads": "kind:batch; interactive"}, {"0"}),
        ({"workloads": "service:chat"}, {"0"}),
        ({"workloads": "job:base"}, {"1"}),
        ({"scope": "site:coast"}, set()),
        ({"value": 11}, {"0"}),
        ({"value": 22}, set()),
    ],
)
def test_latency_holds_for_the_work_and_sites_named(
    cells: dict[str, object], workloads: set[str]
) -> None:
    model = named(small("latency_max", **({"unit": "ms", "value": 10} | cells)))
    assert model.named("policy_rule") == {f"policy_rule[rule,{item},plateau]" for item in workloads}


def test_share_of_a_workload() -> None:
    model = named(small("workload_share_max", value=0.25))
    check(model, "policy_rule[rule,0]", {"share[delta,chat,plateau]": 1.0}, upper=0.25)
    check(model, "policy_rule[rule,1]", dict.fromkeys(runs_of(model), 0.5), upper=0.25)
    soft = named(small("workload_share_max", value=0, hard=False, penalty_million_yuan_per_unit=7))
    terms = {"share[delta,chat,plateau]": 1.0, "broken[0]": -1.0}
    number = soft.model.rows["policy_rule"].start
    broken = soft.model.columns["broken"]
    entries = slice(soft.model.row_start[number], soft.model.row_start[number + 1])
    assert sorted(soft.model.value[entries]) == sorted(terms.values())
    assert soft.model.cost[broken.slice].tolist() == [7.0, 7.0]
    assert np.isin(broken.start, soft.model.column_of[entries])


def test_average_pue() -> None:
    model = named(small("pue_average_max", value=1.3))
    loads = [name for name in model.columns if name.startswith("load[plateau,")]
    idle = [name for name in loads if ",idle," in name or ",flat," in name]
    terms = model.terms("policy_rule[rule]")
    assert {name for name in terms if name.startswith("load")} == set(loads)
    assert idle
    assert [terms[name] for name in idle] == pytest.approx([-1.3 * YEAR_GWH] * len(idle))
    assert {name: value for name, value in terms.items() if name.startswith("energy")} == {
        "energy[plateau,existing]": 1.0,
        "energy[plateau,hall]": 1.0,
    }
    assert model.limits("policy_rule[rule]") == (-INFINITY, 0.0)


def test_rack_utilisation_counts_what_stands() -> None:
    model = named(small("rack_utilisation_min", value=0.5, scope="national"))
    # 0.5 * (20 + 6 + 4) - (8 + 2) = 5 MW are missing before anything new
    check(
        model,
        "policy_rule[rule]",
        {
            **{f"used[{site},existing]": 1.0 for site in ("coast", "plateau")},
            **{f"used[{site},hall]": 1.0 for site in ("coast", "plateau")},
            **{f"built[{site},hall]": -5.0 for site in ("coast", "plateau")},
        },
        lower=5.0,
    )


def test_accelerator_utilisation() -> None:
    model = named(small("accelerator_utilisation_min", value=0.4, scope="national"))
    terms = model.terms("policy_rule[rule]")
    # Two thousand cards for 73 of 365 days; three thousand stand on the coast.
    runs = runs_of(model)
    assert [terms[name] for name in runs] == pytest.approx([2.0 * 73 / 365] * len(runs))
    assert terms["busy[chat,coast,card]"] == terms["busy[chat,plateau,card]"] == 1.0
    assert terms["bought[coast,card]"] == terms["bought[plateau,import]"] == -0.4
    assert model.limits("policy_rule[rule]") == pytest.approx((1.2, INFINITY))


def test_domestic_share() -> None:
    model = named(small("domestic_share_min", value=0.7))
    check(
        model,
        "policy_rule[rule]",
        {"bought[plateau,card]": 0.1 * 0.3, "bought[plateau,import]": -0.4 * 0.7},
        lower=0.0,
    )


def test_caps_on_energy_and_water() -> None:
    model = named(small("energy_cap", unit="GWh", value=300, scope="side:east"))
    check(
        model,
        "policy_rule[rule]",
        {f"energy[coast,{module}]": 1.0 for module in ("existing", "hall")},
        upper=300,
    )
    model = named(small("water_cap", unit="thousand m3", value=50, scope="site:coast"))
    terms = model.terms("policy_rule[rule]")
    assert terms["load[coast,flat,existing]"] == pytest.approx(1.0 * YEAR_GWH)
    assert terms["load[coast,flat,hall]"] == pytest.approx(2.0 * YEAR_GWH)
    assert not [name for name in terms if "plateau" in name]
    assert model.limits("policy_rule[rule]") == (-INFINITY, 50.0)


def test_cost_cap_counts_every_cost_but_penalties() -> None:
    case = small("cost_cap", unit="million yuan", value=900, scope="national")
    model = named(case)
    charged = {
        name: cost for name, number in model.columns.items() if (cost := model.model.cost[number])
    }
    assert {name.partition("[")[0] for name in charged} == {"built", "bought"}
    check(model, "policy_rule[rule]", charged, upper=900)


def test_surcharge_is_paid_on_the_energy_above_the_threshold() -> None:
    model = named(small("pue_surcharge", unit="yuan/kWh", value=0.6, threshold=1.25))
    bare = named(small())
    # A sixth of the energy at a PUE of 1.5 is above 1.25; existing power of 1.2 pays nothing.
    extra = {name: model.cost(name) - bare.cost(name) for name in bare.columns}
    assert {name: cost for name, cost in extra.items() if cost} == {
        "energy[plateau,hall]": pytest.approx(0.6 / 6)
    }
    assert model.model.cost_terms["pue_surcharge"].sum() == pytest.approx(0.6 / 6)


def test_subsidies() -> None:
    bare = named(small())
    model = named(small("build_subsidy", unit="yuan/kW", value=500))
    extra = {name: model.cost(name) - bare.cost(name) for name in bare.columns}
    # 500 yuan for each of 10,000 kW, at no interest over 20 years
    assert {name: cost for name, cost in extra.items() if cost} == {
        "built[plateau,hall]": pytest.approx(-5.0 / 20)
    }
    model = named(small("compute_voucher", unit="yuan/MWh", value=40))
    extra = {name: model.cost(name) - bare.cost(name) for name in bare.columns}
    paid = {name: cost for name, cost in extra.items() if cost}
    assert paid["load[plateau,flat,hall]"] == pytest.approx(-0.04 * YEAR_GWH)
    assert {name.partition(",")[0] for name in paid} == {"load[plateau"}


ARRAYS = ("cost", "lower", "upper", "row_lower", "row_upper", "row_start", "column_of", "value")


@pytest.mark.parametrize("off", [{"enabled": False}, {"valid_from": "2027-01-01"}])
@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("latency_max", {"unit": "ms", "value": 1}),
        ("energy_cap", {"unit": "GWh", "value": 1}),
        ("cost_cap", {"unit": "million yuan", "value": 1, "scope": "national"}),
        ("pue_surcharge", {"unit": "yuan/kWh", "value": 1, "threshold": 1.1}),
        ("compute_voucher", {"unit": "yuan/MWh", "value": 1}),
    ],
)
def test_a_policy_that_does_not_bind_the_year_leaves_the_model_as_it_was(
    kind: str, cells: dict[str, object], off: dict[str, object]
) -> None:
    bare, model = build_model(small())[0], build_model(small(kind, **cells, **off))[0]
    for name in ARRAYS:
        assert np.array_equal(getattr(bare, name), getattr(model, name)), name
    assert list(bare.rows) == list(model.rows)
    assert list(bare.cost_terms) == list(model.cost_terms)
    binding = build_model(small(kind, **cells))[0]
    assert binding.shape != bare.shape or not np.array_equal(binding.cost, bare.cost)
