"""Three sites with power matched hour by hour: the same least cost as PyPSA finds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.hour_case import (
    add_battery,
    add_generation,
    policy,
    set_factors,
    set_prices,
    set_profile,
    solved,
    values,
)
from tests.inputs.small_case import HOURS, SmallCase, row

if TYPE_CHECKING:
    import pypsa

SITES = {"coast": "EA", "plateau": "WE", "steppe": "NO"}
LOADS = {"coast": 8.0, "plateau": 5.0, "steppe": 3.0}
TALK = [1.0 + 0.5 * np.sin(np.pi / 12 * (hour - 9)) for hour in HOURS]
PRICES = {
    "coast": [0.35] * 8 + [0.95] * 4 + [0.65] * 5 + [1.05] * 5 + [0.35] * 2,
    "plateau": [0.4] * 9 + [0.2] * 7 + [0.55] * 8,
    "steppe": [0.3] * 24,
}
SUN = [max(0.0, float(np.sin(np.pi / 12 * (hour - 5.5)))) for hour in HOURS]
WIND = [0.3 + 0.15 * float(np.cos(np.pi / 12 * hour)) for hour in HOURS]
FACTORS = {
    "coast": {"solar": [0.6 * sun for sun in SUN], "onshore_wind": WIND},
    "plateau": {"solar": [0.8 * sun for sun in SUN], "onshore_wind": WIND[::-1]},
    "steppe": {"solar": [0.7 * sun for sun in SUN], "onshore_wind": [1.2 * at for at in WIND]},
}
CAPITAL = {"solar": 3200.0, "onshore_wind": 6000.0}
MOST_MW = {"solar": 40.0, "onshore_wind": 15.0}
POWER_CAPITAL, ENERGY_CAPITAL = 350.0, 700.0
CHARGE, DISCHARGE = 0.95, 0.92
YEARS = 20
GREEN = 0.25
DAYS = 365.0


def rounded(numbers: Iterable[float]) -> list[float]:
    return [round(number, 4) for number in numbers]


def our_case(matching: float) -> SmallCase:
    """Return the three sites, each with a service of its own."""
    case = SmallCase()
    case.add("provinces", province="NO")
    case.add("sites", site="steppe", province="NO", side="west", tariff_region="NO", grid_area="NO")
    case.add("climate", site="steppe", month=1)
    case.add("links", link="other", from_site="plateau", to_site="steppe")
    case.tables["grid"] = [row("grid", province=name, green_share=GREEN) for name in SITES.values()]
    case.tables["services"], case.tables["service_rates"] = [], []
    set_profile(case, rounded(TALK), "talk")
    for site, province in SITES.items():
        case.add("services", service=site, requests_per_s=1000 * LOADS[site], profile="talk")
        case.add("service_rates", service=site, accelerator="card")
        case.add("pins", workload=site, site=site, rule="must")
        set_prices(case, PRICES[site], province)
        for technology, factors in FACTORS[site].items():
            set_factors(case, rounded(factors), province, technology)
            add_generation(
                case,
                site,
                contract=technology,
                technology=technology,
                capacity_mw=MOST_MW[technology],
                capex_yuan_per_kw=CAPITAL[technology],
                life_years=YEARS,
            )
        add_battery(
            case,
            site,
            power_mw=100,
            energy_mwh=400,
            capex_yuan_per_kw=POWER_CAPITAL,
            capex_yuan_per_kwh=ENERGY_CAPITAL,
            life_years=YEARS,
            charge_efficiency=CHARGE,
            discharge_efficiency=DISCHARGE,
        )
    if matching:
        case.tables["policies"] = [policy("green_share_hourly_min", matching)]
    return case


def network() -> pypsa.Network:
    """Return the three sites as a network: grid, sun, wind and a battery at each bus."""
    import pypsa  # noqa: PLC0415 - every test process would load it to list its tests

    pypsa.options.api.legacy_string_dtype = False
    net = pypsa.Network()
    net.set_snapshots(list(HOURS))
    net.snapshot_weightings.loc[:, "objective"] = DAYS
    profile = np.array(rounded(TALK))
    profile /= profile.mean()
    for site in SITES:
        net.add("Bus", site)
        net.add("Load", site, bus=site, p_set=LOADS[site] * profile)
        net.add(
            "Generator",
            f"{site} grid",
            bus=site,
            p_nom=1000.0,
            marginal_cost=np.array(PRICES[site]) * 1000,
        )
        for technology, factors in FACTORS[site].items():
            net.add(
                "Generator",
                f"{site} {technology}",
                bus=site,
                p_nom_extendable=True,
                p_nom_max=MOST_MW[technology],
                p_max_pu=np.array(rounded(factors)),
                capital_cost=CAPITAL[technology] * 1000 / YEARS,
            )
        net.add("Bus", f"{site} store")
        net.add(
            "Store",
            site,
            bus=f"{site} store",
            e_nom_extendable=True,
            e_nom_max=400.0,
            e_cyclic=True,
            capital_cost=ENERGY_CAPITAL * 1000 / YEARS,
        )
        net.add(
            "Link",
            f"{site} in",
            bus0=site,
            bus1=f"{site} store",
            efficiency=CHARGE,
            p_nom_extendable=True,
            p_nom_max=100.0,
            capital_cost=POWER_CAPITAL * 1000 / YEARS,
        )
        net.add(
            "Link",
            f"{site} out",
            bus0=f"{site} store",
            bus1=site,
            efficiency=DISCHARGE,
            p_nom_extendable=True,
            capital_cost=0.0,
        )
    return net


def matched_network(matching: float) -> pypsa.Network:
    """Return the network solved: one inverter for each battery, green power hour by hour."""
    net = network()
    model = net.optimize.create_model(include_objective_constant=False)
    link = model.variables["Link-p_nom"]
    for site in SITES:
        # Both directions go through one inverter, rated at the bus.
        into = link.sel(name=f"{site} in", drop=True)
        rated = into - DISCHARGE * link.sel(name=f"{site} out", drop=True)
        model.add_constraints(rated == 0, name=f"{site} inverter")
    power = model.variables["Generator-p"]
    demand = 0.0
    matched = []
    for site in SITES:
        load = net.loads_t.p_set[site].to_numpy()
        demand += float(load.sum())
        sun, wind = (
            power.sel(name=f"{site} {technology}", drop=True)
            for technology in ("solar", "onshore_wind")
        )
        credit = model.add_variables(
            lower=0, upper=load, coords=[net.snapshots], name=f"{site} credit"
        )
        model.add_constraints(credit - sun - wind <= 0, name=f"{site} own")
        matched.append(credit.sum())
    model.add_constraints(
        (1.0 - GREEN) * sum(matched[1:], matched[0]) >= (matching - GREEN) * demand,
        name="matched by the hour",
    )
    status, condition = net.optimize.solve_model(solver_name="highs", log_to_console=False)
    assert (status, condition) == ("ok", "optimal")
    return net


def test_same_cost_and_sizes_as_pypsa() -> None:
    matching = 0.9
    net = matched_network(matching)
    ours = solved(our_case(matching))
    assert net.objective is not None
    assert ours.objective == pytest.approx(net.objective / 1e6, rel=1e-6)
    # The row binds: with less of it the plan is cheaper.
    assert solved(our_case(0.8)).objective < 0.99 * ours.objective
    # The sizes, of which there is one best choice, are the same too.
    sizes = net.generators.p_nom_opt
    expected = [float(sizes[f"{site} {name}"]) for name in sorted(CAPITAL) for site in SITES]
    assert values(ours, "generation_mw").tolist() == pytest.approx(expected, rel=1e-5)
    stored = [float(net.stores.e_nom_opt[site]) for site in SITES]
    assert values(ours, "battery_mwh").tolist() == pytest.approx(stored, rel=1e-5)
    assert min(stored) > 1.0
