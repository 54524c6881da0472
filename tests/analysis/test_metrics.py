"""Key figures of a plan, each computed once more from tables by its definition."""

from __future__ import annotations

import dataclasses
from collections import defaultdict

import pandas as pd
import pytest

from optimizer.analysis.metrics import Metrics, metrics, unserved_share, western_sites
from optimizer.solve.options import SolveOptions
from tests.plan import raw_numbers as raw
from tests.plan.solved_cases import SolvedCase, cell, edited_case, solve, solved_case, with_table

EXACT = 1e-12


@pytest.fixture(scope="module")
def found(solved: SolvedCase) -> Metrics:
    return metrics(solved.case, solved.plan)


def west(solved: SolvedCase) -> set[str]:
    provinces = solved.case.tables["provinces"].frame
    sites = solved.case.tables["sites"].frame
    western = provinces[provinces["western_development"]]["province"].tolist()
    return {
        site
        for site, province in zip(sites["site"], sites["province"], strict=True)
        if province in western
    }


def energy(solved: SolvedCase, column: str) -> pd.Series[float]:
    """Return the yearly energy (GWh) of every site from its hours: ``it_mw`` or ``meter_mw``."""
    hours = solved.plan.tables["energy_by_hour"]
    weight = raw.days(solved.case)["weight_days"]
    days = hours["typical_day"].map(weight.to_dict()).astype(float)
    return (hours[column] * days / 1e3).groupby(hours["site"]).sum()


def test_western_sites_are_those_of_the_programme(solved: SolvedCase) -> None:
    assert western_sites(solved.case) == west(solved)
    assert west(solved)


def test_west_share_is_of_it_energy(solved: SolvedCase, found: Metrics) -> None:
    it = energy(solved, "it_mw")
    inside = it[it.index.isin(west(solved))].sum()
    assert found.west_share == pytest.approx(inside / it.sum(), rel=1e-9)
    assert 0.0 < found.west_share < 1.0
    builds = solved.plan.tables["builds"]
    new = builds[builds["kind"] == "new"].groupby("site")["it_mw"].sum()
    expected = new[new.index.isin(west(solved))].sum() / new.sum() if new.sum() else 0.0
    assert found.west_share_of_new == pytest.approx(expected, rel=EXACT)


def test_unserved_share_is_by_value(solved: SolvedCase, found: Metrics) -> None:
    case, tables = solved.case, solved.plan.tables
    services = case.tables["services"].frame.set_index("service")
    jobs = case.tables["jobs"].frame.set_index("job")
    yearly = services["requests_per_s"] * 86_400.0 * 365.0 / 1e6
    everything = float((yearly * services["value_yuan_per_request"]).sum())
    everything += float((jobs["count"] * jobs["value_million_yuan"]).sum())
    demand = raw.demand(case)["requests"]
    undone = 0.0
    for row in tables["unserved"].to_dict("records"):
        requests = row["share"] * demand[row["region"], row["service"]] * 365.0
        undone += requests * services["value_yuan_per_request"][row["service"]]
    for row in tables["unplaced"].to_dict("records"):
        undone += row["runs"] * jobs["value_million_yuan"][row["job"]]
    assert found.unserved_share == pytest.approx(undone / everything, rel=1e-9)
    assert unserved_share(case, solved.plan) == found.unserved_share
    proved = solved.solved.solution.unserved_value
    assert undone == pytest.approx(proved, rel=1e-6, abs=1e-6)


def test_nothing_is_unserved_where_everything_is_served() -> None:
    """The reach that the island lacks, and the run that is one too many, are made good."""
    case = edited_case(
        "every_block",
        cell("services", "target_ms", 100, service="control"),
        cell("services", "failover_target_ms", 100, service="control"),
        cell("jobs", "count", 1, job="spare"),
    )
    served = solve(case, SolveOptions(relaxed=True))
    assert served.solved.solution.unserved_value == 0.0
    assert metrics(case, served.plan).unserved_share == 0.0


def matched(solved: SolvedCase) -> pd.Series[float]:
    """Return the load (GWh a year) met by own power and green trade of the same hour, by site.

    A GWh a year of green trade with a technology is spread as that technology yields.
    """
    case, tables = solved.case, solved.plan.tables
    days = raw.days(case)
    contracts = case.tables["green_contracts"].frame.set_index(["contract", "site"])
    green: defaultdict[tuple[str, str, int], float] = defaultdict(float)
    for row in tables["line_hours"].to_dict("records"):
        green[row["site"], row["typical_day"], row["hour"]] += row["self_mw"]
    for row in tables["contracts"].to_dict("records"):
        offer = contracts.loc[(row["contract"], row["site"])]
        if offer["kind"] != "green_trade" or not offer["technology"]:
            continue
        factors = raw.capacity_factors(case, row["site"], offer["technology"])
        yearly = sum(
            factors.loc[days["month"][day]].sum() * days["weight_days"][day] for day in days.index
        )
        for day in days.index:
            for hour, factor in factors.loc[days["month"][day]].items():
                power = row["energy_gwh"] * 1e3 * factor / yearly
                green[row["site"], str(day), int(str(hour))] += power
    met: dict[str, float] = dict.fromkeys(case.tables["sites"].frame["site"], 0.0)
    for row in tables["energy_by_hour"].to_dict("records"):
        power = min(row["meter_mw"], green[row["site"], row["typical_day"], row["hour"]])
        met[row["site"]] += power * days["weight_days"][row["typical_day"]] / 1e3
    return pd.Series(met)


def test_green_shares(solved: SolvedCase, found: Metrics) -> None:
    meter, own = energy(solved, "meter_mw"), own_energy(solved)
    claimed = solved.plan.tables["contracts"]["energy_gwh"].sum()
    contractual = (claimed + own.sum()) / meter.sum()
    assert found.contractual_green_share == pytest.approx(contractual, rel=1e-9)
    share = raw.grid(solved.case, "green_share").reindex(meter.index)
    physical = float((share * (meter - own) + own).sum() / meter.sum())
    assert found.physical_green_share == pytest.approx(physical, rel=1e-9)
    assert 0.0 < found.physical_green_share < 1.0
    met = matched(solved).reindex(meter.index)
    assert found.hourly_green_share == pytest.approx(met.sum() / meter.sum(), rel=1e-9)
    with_grid = float((met + share * (meter - met)).sum() / meter.sum())
    assert found.hourly_green_share_with_grid == pytest.approx(with_grid, rel=1e-9)


def own_energy(solved: SolvedCase) -> pd.Series[float]:
    """Return the own power used at every site (GWh a year), from the hours of its lines."""
    hours = solved.plan.tables["line_hours"]
    weight = raw.days(solved.case)["weight_days"].to_dict()
    gwh = hours["self_mw"] * hours["typical_day"].map(weight).astype(float) / 1e3
    sites = energy(solved, "meter_mw").index
    return gwh.groupby(hours["site"]).sum().reindex(sites, fill_value=0.0)


def test_own_power_and_matched_hours_are_there_by_the_hour() -> None:
    """Otherwise nothing of the shares above would be seen."""
    by_hour, other = solved_case("hours"), solved_case("tiny")
    assert own_energy(by_hour).sum() > 50.0
    assert matched(by_hour).sum() > own_energy(by_hour).sum()
    assert own_energy(other).sum() == matched(other).sum() == 0.0


def test_emissions(solved: SolvedCase, found: Metrics) -> None:
    """Of what is taken from the grid; own power has none."""
    meter = energy(solved, "meter_mw")
    taken = meter + energy(solved, "charge_mw") - energy(solved, "discharge_mw")
    taken -= own_energy(solved)
    location = raw.grid(solved.case, "location_kgco2_per_kwh").reindex(meter.index)
    residual = raw.grid(solved.case, "residual_kgco2_per_kwh").reindex(meter.index)
    contracts = solved.plan.tables["contracts"]
    claimed = contracts.groupby("site")["energy_gwh"].sum().reindex(meter.index, fill_value=0.0)
    assert found.location_kt == pytest.approx(float((location * taken).sum()), rel=1e-9)
    market = float((residual * (taken - claimed)).sum())
    assert found.market_kt == pytest.approx(market, rel=1e-9)
    hourly = float((location * (meter - matched(solved).reindex(meter.index))).sum())
    assert found.hourly_kt == pytest.approx(hourly, rel=1e-9)


def test_power(solved: SolvedCase, found: Metrics) -> None:
    it = energy(solved, "it_mw")
    assert found.it_gwh == pytest.approx(it.sum(), rel=1e-9)
    assert found.it_mw == pytest.approx(it.sum() / 8.76, rel=1e-9)
    builds = solved.plan.tables["builds"]
    assert found.new_it_mw == pytest.approx(
        builds.loc[builds["kind"] == "new", "it_mw"].sum(), rel=EXACT
    )
    case, tables = solved.case, solved.plan.tables
    extra = raw.power_kw(case, "sustained") - raw.idle_kw(case)
    kind = case.tables["services"].frame.set_index("service")["kind"]
    mean = {"interactive": 0.0, "batch": 0.0, "training": 0.0}
    for row in tables["service_accelerators"].to_dict("records"):
        power = row["busy_accelerators"] * extra[row["accelerator"]] / 1e3
        mean[kind[row["service"]]] += power
    for gang in raw.gangs(solved.plan):
        power = gang["runs"] * gang["gang"] * extra[gang["accelerator"]] / 1e3
        mean["training"] += power * gang["duration_days"] / 365.0
    assert found.inference_mw == pytest.approx(mean["interactive"], rel=1e-9)
    assert found.batch_mw == pytest.approx(mean["batch"], rel=1e-9)
    assert found.training_mw == pytest.approx(mean["training"], rel=1e-9)
    idle = raw.idle_kw(case)
    standing = sum(
        (row["fleet"] + row["bought"]) * idle[row["accelerator"]] / 1e3
        for row in tables["accelerators"].to_dict("records")
    )
    assert sum(mean.values()) + standing == pytest.approx(found.it_mw, rel=1e-6)


def test_costs_by_part(solved: SolvedCase, found: Metrics) -> None:
    costs = solved.plan.tables["costs"]
    term = costs.groupby("term")["million_yuan"].sum()

    def of(*names: str) -> float:
        return float(sum(term.get(name, 0.0) for name in names))

    assert found.total_cost == pytest.approx(solved.solved.solution.objective, rel=1e-9)
    assert found.accelerator_cost == pytest.approx(of("accelerators"), rel=EXACT)
    assert found.location_cost == pytest.approx(term.drop("accelerators").sum(), rel=1e-9)
    own = of("generation", "own_power", "exports", "batteries")
    assert (own != 0.0) == (solved is solved_case("hours"))
    assert found.energy_cost == pytest.approx(
        of("energy", "demand_charge", "local_supply") + own, rel=EXACT
    )
    assert found.build_cost == pytest.approx(of("build", "site_opening"), rel=EXACT)
    assert found.network_cost == pytest.approx(
        of("network_lease", "network_upgrade", "service_links"), rel=EXACT
    )
    others = of("moving", "green_contracts", "carbon", "policy_penalties")
    parts = found.energy_cost + found.build_cost + found.network_cost + others
    assert parts == pytest.approx(found.location_cost, rel=1e-9)


def test_gap_is_the_proof_over_what_depends_on_places(solved: SolvedCase, found: Metrics) -> None:
    solution = solved.solved.solution
    assert found.gap == pytest.approx(solution.objective - solution.bound, rel=1e-9, abs=1e-9)
    assert found.gap == solution.gap
    costs = solved.plan.tables["costs"]
    on_places = costs.loc[costs["term"] != "accelerators", "million_yuan"].sum()
    assert found.gap_location == pytest.approx(solution.gap / on_places, rel=1e-9, abs=1e-15)
    assert found.gap_location <= float(solution.options["gap_location"]) * (1.0 + 1e-9)


@pytest.mark.parametrize(("bound", "gap"), [(900.0, 100.0), (1000.0, 0.0), (1000.5, 0.0)])
def test_gap_in_round_numbers(solved: SolvedCase, bound: float, gap: float) -> None:
    """600 million yuan of accelerators prove nothing about places: the gap is of the rest."""
    costs = pd.DataFrame(
        {
            "term": ["accelerators", "energy", "build"],
            "place": ["a", "a", "b"],
            "million_yuan": [600.0, 150.0, 250.0],
        }
    )
    plan = dataclasses.replace(
        with_table(solved.plan, "costs", costs),
        objective_million_yuan=1000.0,
        bound_million_yuan=bound,
    )
    figures = metrics(solved.case, plan)
    assert figures.gap == gap
    assert figures.gap_location == gap / 400.0
    assert figures.total_cost == 1000.0
    assert figures.location_cost == plan.location_cost == 400.0
    assert (figures.accelerator_cost, figures.energy_cost) == (600.0, 150.0)
    assert (figures.build_cost, figures.network_cost) == (250.0, 0.0)


def test_shares_in_round_numbers(solved: SolvedCase) -> None:
    frame = solved.plan.tables["ledgers"].sort_values("site", ignore_index=True)
    assert frame["site"].tolist() == ["east_cluster", "east_metro", "west_cluster"]
    frame["it_gwh"] = [50.0, 30.0, 20.0]
    frame["meter_gwh"] = [75.0, 45.0, 30.0]
    frame["claimed_gwh"] = [15.0, 0.0, 7.5]
    frame["own_gwh"] = [7.5, 0.0, 15.0]
    frame["contractual_green_share"] = [0.3, 0.0, 0.75]
    frame["matched_gwh"] = [15.0, 0.0, 22.5]
    frame["physical_green_share"] = [0.25, 0.25, 0.5]
    frame["location_kt"] = [1.0, 2.0, 3.0]
    frame["market_kt"] = [0.5, 0.25, -0.25]
    frame["hourly_kt"] = [1.5, 2.0, 0.75]
    sites = solved.plan.tables["sites"].sort_values("site", ignore_index=True)
    sites["new_it_mw"] = [10.0, 20.0, 10.0]
    figures = metrics(
        solved.case, with_table(with_table(solved.plan, "ledgers", frame), "sites", sites)
    )
    assert figures.west_share == 0.2
    assert figures.west_share_of_new == 0.25
    # 22.5 claimed and 22.5 own of 150.
    assert figures.contractual_green_share == 0.3
    # A quarter of 67.5 and of 45, half of 15, and 22.5 own.
    assert figures.physical_green_share == 0.3875
    assert figures.hourly_green_share == 0.25
    # 37.5 in their hours, a quarter of 60 and of 45, half of 7.5.
    assert figures.hourly_green_share_with_grid == 0.45
    assert figures.it_gwh == 100.0
    assert figures.it_mw == pytest.approx(100.0 / 8.76, rel=EXACT)
    assert (figures.location_kt, figures.market_kt, figures.hourly_kt) == (6.0, 0.5, 4.25)
    assert figures.new_it_mw == 40.0


def test_a_plan_without_load_has_shares_of_zero(solved: SolvedCase) -> None:
    frame = solved.plan.tables["ledgers"].copy()
    frame[["it_gwh", "meter_gwh", "claimed_gwh"]] = 0.0
    sites = solved.plan.tables["sites"].copy()
    sites["new_it_mw"] = 0.0
    costs = solved.plan.tables["costs"].iloc[:0]
    plan = with_table(with_table(solved.plan, "ledgers", frame), "sites", sites)
    figures = metrics(solved.case, with_table(plan, "costs", costs))
    assert figures.west_share == 0.0
    assert figures.west_share_of_new == 0.0
    assert figures.contractual_green_share == 0.0
    assert figures.physical_green_share == 0.0
    assert figures.gap_location == 0.0


def test_utilisation_by_site(solved: SolvedCase) -> None:
    """Racks, accelerators and load are three figures, each with its own denominator."""
    case, tables = solved.case, solved.plan.tables
    raws = case.tables["sites"].frame.set_index("site")
    it = energy(solved, "it_mw")
    for row in tables["sites"].to_dict("records"):
        site = row["site"]
        builds = tables["builds"][tables["builds"]["site"] == site]
        new = builds[builds["kind"] == "new"]
        arrived = raws["under_construction_year"][site] <= case.year
        power = raws["existing_it_mw"][site] + new["it_mw"].sum()
        power += raws["under_construction_it_mw"][site] if arrived else 0.0
        placed = builds["used_mw"].sum()
        racks = (raws["occupied_it_mw"][site] + placed) / power
        assert row["rack_utilisation"] == pytest.approx(racks, rel=EXACT)
        cards = tables["accelerators"][tables["accelerators"]["site"] == site]
        busy = cards["busy_mean"].sum() / (cards["fleet"] + cards["bought"]).sum()
        assert row["accelerator_utilisation"] == pytest.approx(busy, rel=EXACT)
        assert row["load_factor"] == pytest.approx(it.get(site, 0.0) / 8.76 / placed, rel=1e-9)
        assert 0.0 < row["load_factor"] <= 1.0
        assert row["rack_utilisation"] <= 1.0 + 1e-9


def test_figures_do_not_depend_on_the_order_of_rows(solved: SolvedCase, found: Metrics) -> None:
    plan = solved.plan
    for name, frame in solved.plan.tables.items():
        plan = with_table(plan, name, frame.iloc[::-1].reset_index(drop=True))
    again = metrics(solved.case, plan)
    for field in dataclasses.fields(Metrics):
        expected = pytest.approx(getattr(found, field.name), rel=EXACT, abs=EXACT)
        assert getattr(again, field.name) == expected, field.name
