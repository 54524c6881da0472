"""Verification of every yuan: each cost term at each place, and the totals."""

from __future__ import annotations

import math
from collections import defaultdict

from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_balance import Balance
from optimizer.plan.verify_hours import energy_cost, metered_cost
from optimizer.plan.verify_rules import PRICES, policy_sides
from optimizer.plan.verify_split import gangs_at_sites
from optimizer.plan.verify_supply import supply_cost
from optimizer.plan.verify_written import Row, Written
from optimizer.plan.violation import Checker

Terms = dict[tuple[str, str], float]
"""Yearly cost by term and place, million yuan."""


def check_money(checker: Checker, facts: Recomputed, plan: Written, balance: Balance) -> float:
    """Check every cost row and the objective; return the cost recomputed, million yuan."""
    terms = _terms(facts, plan, balance)
    written = {(row["term"], row["place"]): row["million_yuan"] for row in plan.rows["costs"]}
    for key in sorted(set(terms) | set(written)):
        term, place = key
        checker.equal(
            f"cost {term}", place, written.get(key, 0.0), terms.get(key, 0.0), "million yuan"
        )
    total = sum(terms.values())
    checker.equal("objective", "national", plan.objective_million_yuan, total, "million yuan")
    checker.at_most("bound", "national", plan.bound_million_yuan, total, "million yuan")
    return total


def _terms(facts: Recomputed, plan: Written, balance: Balance) -> Terms:
    terms: Terms = defaultdict(float)
    for row in plan.paid.rows["accelerators"]:
        yuan = row["bought"] * facts.accelerator_cost(row["accelerator"])
        terms["accelerators", row["site"]] += yuan
    _builds(terms, facts, plan)
    _energy(terms, facts, balance)
    for key, yuan in supply_cost(facts, plan).items():
        terms[key] += yuan
    _network(terms, facts, plan)
    _workloads(terms, facts, plan)
    _green(terms, facts, plan)
    _policies(terms, facts, plan, balance)
    return terms


def _builds(terms: Terms, facts: Recomputed, plan: Written) -> None:
    for row in plan.paid.rows["builds"]:
        site, module = row["site"], row["module"]
        if facts.modules[module]["kind"] == "new":
            terms["build", site] += row["modules"] * facts.module_cost(site, module)
    for row in plan.rows["builds"]:
        site, module = row["site"], row["module"]
        terms["demand_charge", site] += (
            row["used_mw"] * facts.design_pue(site, module) * facts.contracted_charge(site)
        )
    if plan.purchases is None:
        opened = opened_by(facts, plan.rows["builds"], 1)
    else:
        opened = dict(plan.purchases.opened)
    for site, opened_part in opened.items():
        # Only a relaxed plan, which is a bound and no plan to build, opens a site in part.
        opening = opened_part if plan.relaxed else 1.0
        terms["site_opening", site] += (
            opening * facts.sites[site]["fixed_cost_million_yuan_per_year"]
        )


def opened_by(facts: Recomputed, builds: list[Row], years: int) -> dict[str, float]:
    """Return how far new modules open each site: the larger of number and power, in parts.

    A site has its yearly room for each of the years in which they are built.
    """
    opened: dict[str, float] = {}
    power: dict[str, float] = defaultdict(float)
    for row in builds:
        site, kind = row["site"], facts.modules[row["module"]]
        if kind["kind"] != "new" or row["modules"] <= 0.0:
            continue
        limit, size = facts.sites[site]["build_limit_mw"] * years, kind["it_mw"]
        most = min(kind["maximum_per_site"], math.floor(limit / size * (1.0 + 1e-12)))
        # Where none may stand, the site is wholly opened by any: another rule refuses it.
        part = row["modules"] / most if most > 0 else 1.0
        power[site] += row["modules"] * size / limit if limit > 0.0 else 1.0
        opened[site] = max(opened.get(site, 0.0), part, power[site])
    return opened


def _energy(terms: Terms, facts: Recomputed, balance: Balance) -> None:
    for site, yuan in energy_cost(facts, balance).items():
        terms["energy", site] += yuan
    for site, yuan in metered_cost(facts, balance).items():
        terms["demand_charge", site] += yuan
    for step in facts.rows["supply_steps"]:
        above = balance.metered(step["site"]) * 1000.0 / 8760.0 - step["above_mw"]
        if above > 0.0:
            yuan = above * 8760.0 * step["extra_yuan_per_kwh"] / 1000.0
            terms["local_supply", step["site"]] += yuan


def _network(terms: Terms, facts: Recomputed, plan: Written) -> None:
    for row in plan.paid.rows["links"]:
        name = row["link"]
        lease = row["leased_gbps"] * facts.links[name]["lease_yuan_per_gbps_year"] / 1e6
        terms["network_lease", name] += lease
        terms["network_upgrade", name] += row["upgrades"] * facts.upgrade_cost(name)


def _workloads(terms: Terms, facts: Recomputed, plan: Written) -> None:
    national: dict[str, float] = defaultdict(float)
    at: dict[tuple[str, str], float] = defaultdict(float)
    for service in facts.services:
        national[service] = sum(facts.requests(region, service) for region in facts.regions)
    for job, row in facts.jobs.items():
        national[job] = row["count"]
    for row in plan.rows["placements"]:
        requests = row["share"] * facts.requests(row["region"], row["service"])
        at[row["service"], row["site"]] += requests
        yuan = facts.link_cost(row["region"], row["site"])
        if yuan is not None:
            terms["service_links", row["site"]] += requests * 365.0 * yuan / 1e6
    for row in gangs_at_sites(plan):
        at[row["job"], row["site"]] += row["runs"] * row["share"]
    for pin in facts.rows["pins"]:
        workload, site = pin["workload"], pin["site"]
        if pin["rule"] == "moving_cost" and national[workload] > 0.0:
            terms["moving", site] += pin["value"] * at[workload, site] / national[workload]


def _green(terms: Terms, facts: Recomputed, plan: Written) -> None:
    price = {key: row["price_yuan_per_mwh"] for key, row in facts.claims.items()}
    for row in plan.rows["contracts"]:
        # What nobody offers has no price, and no cost that could be right.
        yuan = price.get((row["contract"], row["site"]), math.nan)
        terms["green_contracts", row["site"]] += row["energy_gwh"] * yuan / 1000.0


def _policies(terms: Terms, facts: Recomputed, plan: Written, balance: Balance) -> None:
    """Add the price of carbon, surcharges, subsidies and the penalties of broken rows."""
    for policy in facts.policies():
        if policy["kind"] == "carbon_price":
            for site in facts.sites:
                grid = facts.grid(site)
                if policy["ledger"] == "location":
                    tonnes = balance.taken[site] * 1000.0 * grid["location_kgco2_per_kwh"]
                else:
                    residual = grid["residual_kgco2_per_kwh"]
                    grid_only = balance.taken[site] - balance.claimed[site]
                    tonnes = grid_only * 1000.0 * residual
                terms["carbon", site] += tonnes * policy["value"] / 1e6
        elif policy["kind"] in PRICES:
            _policy_price(terms, facts, plan, balance, policy)
        elif not policy["hard"]:
            for _place, activity, limit in policy_sides(facts, plan, policy, balance):
                short = limit - activity
                if not policy["kind"].endswith("_min"):
                    short = -short
                terms["policy_penalties", "national"] += (
                    max(0.0, short) * policy["penalty_million_yuan_per_unit"]
                )


def _policy_price(
    terms: Terms, facts: Recomputed, plan: Written, balance: Balance, policy: Row
) -> None:
    """Add what a surcharge costs or a subsidy pays."""
    kind, value = policy["kind"], float(policy["value"])
    inside = {site for site in facts.sites if facts.in_scope(policy["scope"], site)}
    if kind == "build_subsidy":
        for row in plan.paid.rows["builds"]:
            module = facts.modules[row["module"]]
            if module["kind"] == "new" and row["site"] in inside:
                yuan = value * 1000.0 * row["modules"] * module["it_mw"]
                terms["subsidies", row["site"]] -= yuan * facts.annuity(module["life_years"]) / 1e6
        return
    for (site, module_code), (it, meter) in balance.energy.items():
        if site not in inside:
            continue
        if kind == "compute_voucher":
            terms["subsidies", site] -= it * 1000.0 * value / 1e6
            continue
        pue = facts.annual_pue(site, module_code)
        if pue > policy["threshold"]:
            above_kwh = meter * 1e6 * (pue - policy["threshold"]) / pue
            terms["pue_surcharge", site] += above_kwh * value / 1e6
