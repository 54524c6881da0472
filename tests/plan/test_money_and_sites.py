"""Every cost row and every figure of a site, computed once more from the raw tables."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from optimizer.inputs.case import Case
from optimizer.tables.frames import records
from tests.plan import raw_numbers as raw
from tests.plan.solved_cases import SolvedCase

Rows = dict[tuple[str, str], float]


def add(rows: Rows, term: str, place: str, million_yuan: float) -> None:
    rows[term, place] = rows.get((term, place), 0.0) + million_yuan


def investments(solved: SolvedCase) -> Rows:
    """Return the yearly cost of accelerators, modules, openings and the demand charge."""
    case, tables = solved.case, solved.plan.tables
    cards = case.tables["accelerators"].frame.set_index("accelerator")
    modules = case.tables["modules"].frame.set_index("module")
    sites = case.tables["sites"].frame.set_index("site")
    system = raw.value(case, "finance", "accelerator_system_factor")
    upkeep = raw.value(case, "finance", "accelerator_upkeep_share_per_year")
    shell = raw.value(case, "finance", "shell_upkeep_share_per_year")
    rows: Rows = {}
    for row in tables["accelerators"].to_dict("records"):
        card = cards.loc[row["accelerator"]]
        yearly = card["price_yuan"] * (system * raw.annuity(case, card["life_years"]) + upkeep)
        add(rows, "accelerators", row["site"], row["bought"] * yearly / 1e6)
    for row in tables["builds"].to_dict("records"):
        site, module = row["site"], modules.loc[row["module"]]
        contracted = row["used_mw"] * raw.design_pue(case, site, row["module"])
        add(rows, "demand_charge", site, contracted * raw.demand_charge(case, site))
        if module["kind"] == "existing":
            assert row["modules"] == 0.0
            continue
        kilowatts = row["modules"] * module["it_mw"] * 1e3
        capital = kilowatts * sites["capex_yuan_per_kw"][site] * module["capex_factor"] / 1e6
        add(rows, "build", site, capital * (raw.annuity(case, module["life_years"]) + shell))
    building = tables["builds"].query("kind == 'new' and modules > 0")["site"].unique()
    for site in building:
        add(rows, "site_opening", site, sites["fixed_cost_million_yuan_per_year"][site])
    months = raw.days(case)["month"]
    peaks = tables["energy_by_hour"].groupby(["site", "typical_day"])["import_mw"].max()
    for place, peak in zip(peaks.index.tolist(), peaks.tolist(), strict=True):
        site, day = place
        charge = raw.metered_charge(case, site, int(months[day]))
        add(rows, "demand_charge", site, peak * charge)
    return rows


def own_supply(solved: SolvedCase) -> Rows:
    """Return the cost of own generation and batteries, less what exports earn."""
    case, tables = solved.case, solved.plan.tables
    rows: Rows = {}
    weight = raw.days(case)["weight_days"]
    offers = raw.generation(case)
    for row in tables["generation"].to_dict("records"):
        offer = offers.loc[(row["contract"], row["site"])]
        yearly = raw.annuity(case, offer["life_years"]) + offer["upkeep_share_per_year"]
        capital = row["capacity_mw"] * 1e3 * offer["capex_yuan_per_kw"] / 1e6
        add(rows, "generation", row["site"], capital * yearly)
    of_line = offers.reset_index().drop_duplicates(["site", "line"]).set_index(["site", "line"])
    for row in tables["line_hours"].to_dict("records"):
        offer = of_line.loc[(row["site"], row["line"])]
        hours = weight[row["typical_day"]]
        used, sent = row["self_mw"] * hours, row["export_mw"] * hours
        add(rows, "own_power", row["site"], used * offer["price_yuan_per_mwh"] / 1e6)
        if sent > 0.0:
            add(rows, "exports", row["site"], -sent * offer["export_price_yuan_per_mwh"] / 1e6)
    batteries = case.tables["batteries"].frame.set_index(["battery", "site"])
    for row in tables["batteries"].to_dict("records"):
        offer = batteries.loc[(row["battery"], row["site"])]
        capital = row["power_mw"] * offer["capex_yuan_per_kw"] / 1e3
        capital += row["energy_mwh"] * offer["capex_yuan_per_kwh"] / 1e3
        yearly = raw.annuity(case, offer["life_years"]) + offer["upkeep_share_per_year"]
        add(rows, "batteries", row["site"], capital * yearly)
    return rows


def energy(solved: SolvedCase) -> Rows:
    """Return the cost of energy, of supply steps, of contracts and of carbon."""
    case, tables = solved.case, solved.plan.tables
    rows: Rows = {}
    weight = raw.days(case)["weight_days"]
    for row in tables["energy_by_hour"].to_dict("records"):
        gwh = row["import_mw"] * weight[row["typical_day"]] / 1e3
        add(rows, "energy", row["site"], gwh * row["price_yuan_per_kwh"])
    meter = tables["ledgers"].set_index("site")["meter_gwh"]
    for step in case.tables["supply_steps"].frame.to_dict("records"):
        above = max(0.0, meter[step["site"]] / 8.76 - step["above_mw"])
        add(rows, "local_supply", step["site"], above * 8.76 * step["extra_yuan_per_kwh"])
    price = case.tables["green_contracts"].frame.set_index(["contract", "site"])
    for row in tables["contracts"].to_dict("records"):
        yuan = price["price_yuan_per_mwh"][row["contract"], row["site"]]
        add(rows, "green_contracts", row["site"], row["energy_gwh"] * 1e3 * yuan / 1e6)
    for policy in active_policies(case).query("kind == 'carbon_price'").to_dict("records"):
        for row in tables["ledgers"].to_dict("records"):
            tonnes = row[f"{policy['ledger']}_kt"] * 1e3
            add(rows, "carbon", row["site"], tonnes * policy["value"] / 1e6)
    return rows


def network_and_moves(solved: SolvedCase) -> Rows:
    """Return the cost of links, of priced pairs, of moving and of broken soft rows."""
    case, tables = solved.case, solved.plan.tables
    rows: Rows = {}
    links = case.tables["links"].frame.set_index("link")
    life = raw.value(case, "finance", "link_life_years")
    for row in tables["links"].to_dict("records"):
        link = links.loc[row["link"]]
        lease = row["leased_gbps"] * link["lease_yuan_per_gbps_year"] / 1e6
        add(rows, "network_lease", row["link"], lease)
        each = link["upgrade_capex_million_yuan"] * raw.annuity(case, life)
        each += link["upgrade_running_million_yuan_per_year"]
        add(rows, "network_upgrade", row["link"], row["upgrades"] * each)
    yuan = {
        (row["region"], row["site"]): float(row["yuan_per_million_requests"])
        for row in records(case.tables["link_costs"].frame)
    }
    for row in tables["placements"].to_dict("records"):
        pair = (row["region"], row["site"])
        if pair in yuan:
            yearly = row["requests_million_per_day"] * 365.0
            add(rows, "service_links", row["site"], yearly * yuan[pair] / 1e6)
    demand = raw.demand(case)["requests"].groupby("service").sum()
    count = case.tables["jobs"].frame.set_index("job")["count"]
    for pin in case.tables["pins"].frame.query("rule == 'moving_cost'").to_dict("records"):
        workload, site = pin["workload"], pin["site"]
        placed = tables["placements"].query("service == @workload and site == @site")
        runs = sum(
            run["runs"] * run["share"]
            for run in raw.gangs(solved.plan)
            if (run["job"], run["site"]) == (workload, site)
        )
        part = (
            placed["requests_million_per_day"].sum() / demand[workload]
            if workload in demand.index
            else runs / count[workload]
        )
        add(rows, "moving", site, pin["value"] * part)
    soft = active_policies(case).query("not hard").set_index("policy")
    for row in tables["policies"].to_dict("records"):
        if row["policy"] in soft.index:
            penalty = soft["penalty_million_yuan_per_unit"][row["policy"]]
            add(rows, "policy_penalties", "national", penalty * max(0.0, -row["slack"]))
    return rows


def active_policies(case: Case) -> pd.DataFrame:
    """Return the policy rows that are enabled and valid in the year."""
    frame = case.tables["policies"].frame
    begun = frame["valid_from"].str[:4].astype(int) <= case.year
    over = frame["valid_to"].str[:4].replace("", "9999").astype(int) < case.year
    return frame[frame["enabled"] & begun & ~over]


@pytest.mark.parametrize("part", [investments, energy, own_supply, network_and_moves])
def test_cost_rows(solved: SolvedCase, part: object) -> None:
    assert callable(part)
    expected: Rows = part(solved)
    costs = solved.plan.tables["costs"]
    written: Rows = {(row["term"], row["place"]): row["million_yuan"] for row in records(costs)}
    terms = {term for term, _place in expected}
    for key in {key for key in written if key[0] in terms} | set(expected):
        wanted = pytest.approx(expected.get(key, 0.0), rel=1e-7, abs=1e-9)
        assert written.get(key, 0.0) == wanted, key


def test_cost_rows_are_all_accounted_for(solved: SolvedCase) -> None:
    expected = investments(solved) | energy(solved) | own_supply(solved)
    expected |= network_and_moves(solved)
    assert set(solved.plan.tables["costs"]["term"]) <= {term for term, _place in expected}
    assert sum(expected.values()) == pytest.approx(solved.solved.solution.objective, rel=1e-6)


def test_policy_rows_say_how_far_they_are_from_their_limit(solved: SolvedCase) -> None:
    policies = active_policies(solved.case).set_index("policy")
    rows = solved.plan.tables["policies"]
    assert set(rows["policy"]) <= set(policies.index)
    for row in rows.to_dict("records"):
        slack = row["activity"] - row["limit"]
        if policies["comparison"][row["policy"]] == "<=":
            slack = -slack
        assert row["slack"] == pytest.approx(slack, rel=1e-12, abs=1e-12)
        size = max(1.0, abs(row["activity"]), abs(row["limit"]))
        assert row["binding"] == (slack <= 1e-6 * size)
        if policies["hard"][row["policy"]]:
            assert slack >= -1e-6 * size, row


def policy_sides(solved: SolvedCase) -> dict[tuple[str, str], tuple[float, float]]:  # noqa: C901, PLR0912 - one branch for each kind
    """Return activity and limit of every policy row that a site, a build or the nation has."""
    case, tables = solved.case, solved.plan.tables
    ledgers = tables["ledgers"].set_index("site")
    new = tables["builds"].query("kind == 'new' and modules > 0")
    rate = raw.series(case, "accelerators", "accelerator", "bf16_dense_tflops")
    cards = tables["accelerators"]
    exaflops = cards["bought"] * [rate[card] for card in cards["accelerator"]] / 1e6
    sides: dict[tuple[str, str], tuple[float, float]] = {}
    for policy in active_policies(case).query("kind != 'carbon_price'").to_dict("records"):
        code, kind, limit = policy["policy"], policy["kind"], policy["value"]
        inside = raw.scope(case, policy["scope"])
        here = ledgers[ledgers.index.isin(inside)]
        built = new[new["site"].isin(inside)]
        if kind == "hub_share_min":
            activity = float(exaflops[cards["site"].isin(inside)].sum())
            sides[code, "national"] = (activity, limit * float(exaflops.sum()))
        elif kind == "west_share_min":
            sides[code, "national"] = (
                float(here["it_gwh"].sum()),
                limit * float(ledgers["it_gwh"].sum()),
            )
        elif kind == "green_share_physical_min":
            rest = here["meter_gwh"] - here["own_gwh"]
            green = float((rest * here["physical_green_share"] + here["own_gwh"]).sum())
            sides[code, "national"] = (green, limit * float(here["meter_gwh"].sum()))
        elif kind == "green_share_hourly_min":
            rest = here["meter_gwh"] - here["matched_gwh"]
            green = float((rest * here["physical_green_share"] + here["matched_gwh"]).sum())
            sides[code, "national"] = (green, limit * float(here["meter_gwh"].sum()))
        elif kind.startswith("direct_"):
            for row in tables["lines"].query("direct and built").to_dict("records"):
                used, sent, all_of_it = (
                    row[name] for name in ("self_use_gwh", "export_gwh", "available_gwh")
                )
                sides[code, f"{row['site']}|{row['line']}"] = {
                    "direct_self_use_min": (used, limit * all_of_it),
                    "direct_load_share_min": (used, limit * ledgers["meter_gwh"][row["site"]]),
                    "direct_export_max": (sent, limit * all_of_it),
                }[kind]
        elif kind == "carbon_cap":
            sides[code, "national"] = (float(ledgers[f"{policy['ledger']}_kt"].sum()), limit)
        elif kind == "budget":
            sides[code, "national"] = (capital(solved, inside), limit)
        elif kind == "pue_max":
            for row in built.to_dict("records"):
                constant = constant_load_pue(case, row["site"], row["module"])
                sides[code, f"{row['site']}|{row['module']}"] = (constant, limit)
        else:
            for site, rows in built.groupby("site"):
                sides[code, str(site)] = {
                    "utilisation_min": (rows["used_mw"].sum(), limit * rows["it_mw"].sum()),
                    "new_it_mw_max": (rows["it_mw"].sum(), limit),
                    "green_share_contractual_min": (
                        ledgers["claimed_gwh"][site] + ledgers["own_gwh"][site],
                        limit * ledgers["new_meter_gwh"][site],
                    ),
                }[kind]
    return sides


def constant_load_pue(case: Case, site: str, module: str) -> float:
    days = raw.days(case)
    by_day = [
        raw.pue(case, module, raw.mean_temperature(case, site, int(month)))
        for month in days["month"]
    ]
    return float(np.average(by_day, weights=days["weight_days"]))


def capital(solved: SolvedCase, inside: set[str]) -> float:
    """Return what modules, accelerators and upgrades cost to buy, in million yuan."""
    case, tables = solved.case, solved.plan.tables
    sites = raw.series(case, "sites", "site", "capex_yuan_per_kw")
    factor = raw.series(case, "modules", "module", "capex_factor")
    price = raw.series(case, "accelerators", "accelerator", "price_yuan")
    upgrade = raw.series(case, "links", "link", "upgrade_capex_million_yuan")
    system = raw.value(case, "finance", "accelerator_system_factor")
    total = 0.0
    for row in tables["builds"].query("kind == 'new'").to_dict("records"):
        if row["site"] in inside:
            total += row["it_mw"] * sites[row["site"]] * factor[row["module"]] / 1e3
    for row in tables["accelerators"].to_dict("records"):
        if row["site"] in inside:
            total += row["bought"] * price[row["accelerator"]] * system / 1e6
    for row in tables["links"].to_dict("records"):
        total += row["upgrades"] * upgrade[row["link"]]
    return total


def test_policy_rows_are_those_of_the_case(solved: SolvedCase) -> None:
    rows = solved.plan.tables["policies"].set_index(["policy", "row"])
    expected = policy_sides(solved)
    assert set(rows.index) == set(expected)
    for key, (activity, limit) in expected.items():
        assert rows["activity"][key] == pytest.approx(activity, rel=1e-8, abs=1e-9), key
        assert rows["limit"][key] == pytest.approx(limit, rel=1e-8, abs=1e-9), key


def test_what_a_site_carries(solved: SolvedCase) -> None:
    case, tables = solved.case, solved.plan.tables
    extra = raw.power_kw(case, "sustained") - raw.idle_kw(case)
    kind = case.tables["services"].frame.set_index("service")["kind"]
    raws = raw.keyed(case, "sites", "site")
    ledgers = {row["site"]: row for row in records(tables["ledgers"])}
    costs = tables["costs"].set_index("place")
    sites = tables["sites"].set_index("site")
    assert list(sites.index) == list(raws)
    for row in records(tables["sites"]):
        site = row["site"]
        expected = {
            "training_mw": 0.0,
            "interactive": 0.0,
            "batch": 0.0,
            "idle_mw": 0.0,
        }
        for work in tables["service_accelerators"].query("site == @site").to_dict("records"):
            power = work["busy_accelerators"] * extra[work["accelerator"]] / 1e3
            expected[kind[work["service"]]] += power
        for run in raw.gangs(solved.plan):
            if run["site"] != site:
                continue
            power = run["runs"] * run["gang"] * extra[run["accelerator"]] / 1e3
            expected["training_mw"] += power * run["duration_days"] / 365.0
        cards = tables["accelerators"].query("site == @site")
        installed = float((cards["fleet"] + cards["bought"]).sum())
        idle = raw.idle_kw(case)
        expected["idle_mw"] = sum(
            (card["fleet"] + card["bought"]) * idle[card["accelerator"]] / 1e3
            for card in cards.to_dict("records")
        )
        builds = tables["builds"].query("site == @site")
        new = builds[builds["kind"] == "new"]
        arrived = raws[site]["under_construction_year"] <= case.year
        power = raws[site]["existing_it_mw"] + new["it_mw"].sum()
        power += raws[site]["under_construction_it_mw"] if arrived else 0.0
        used = float(builds["used_mw"].sum())
        meter = float(ledgers[site]["meter_gwh"])
        at_site = costs[costs.index == site]
        energy_cost = float(at_site[at_site["term"] == "energy"]["million_yuan"].sum())
        figures = {
            "training_mw": expected["training_mw"],
            "inference_mw": expected["interactive"],
            "batch_mw": expected["batch"],
            "idle_mw": expected["idle_mw"],
            "nameplate_mw": used,
            "new_it_mw": float(new["it_mw"].sum()),
            "rack_utilisation": (raws[site]["occupied_it_mw"] + used) / power,
            "new_rack_utilisation": ratio(float(new["used_mw"].sum()), float(new["it_mw"].sum())),
            "accelerator_utilisation": ratio(float(cards["busy_mean"].sum()), installed),
            "load_factor": ratio(float(ledgers[site]["it_gwh"]) / 8.76, used),
            "meter_gwh": meter,
            "mean_price_yuan_per_kwh": ratio(energy_cost, meter),
            "cost_million_yuan": float(at_site["million_yuan"].sum()),
            "location_kt": float(ledgers[site]["location_kt"]),
            "contractual_green_share": float(ledgers[site]["contractual_green_share"]),
        }
        assert set(figures) == set(sites.columns)
        for name, figure in figures.items():
            assert row[name] == pytest.approx(figure, rel=1e-7, abs=1e-9, nan_ok=True), (site, name)
        # The kinds of work together are the IT energy of the ledger.
        total = sum(row[kind] for kind in ("training_mw", "inference_mw", "batch_mw", "idle_mw"))
        assert total * 8.76 == pytest.approx(ledgers[site]["it_gwh"], rel=1e-6)


def ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom > 0.0 else math.nan
