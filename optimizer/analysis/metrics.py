"""Key figures of a plan, each with one definition.

west share         IT energy in the twelve provinces of the western development programme / total
unserved share     value of work left undone / value of all work
location cost      yearly cost less accelerators: electricity, build, network, contracts
gap location       (plan - bound) / location cost
green shares       contractual: claimed and own / metered energy; physical: own, and the renewable
                   share of the provinces' consumption for the rest; hourly: met by green power
                   of the same hour, with the grid's share of the rest and without it
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.inputs.case import Case
from optimizer.inputs.release_tiers import mean_values
from optimizer.plan.plan import Plan
from optimizer.units import DAYS_PER_YEAR


@dataclass(frozen=True, slots=True)
class Metrics:
    """Key figures of a plan; money in million yuan a year, emissions in kt CO2 a year."""

    total_cost: float
    location_cost: float
    accelerator_cost: float
    energy_cost: float
    build_cost: float
    network_cost: float
    gap: float
    gap_location: float
    training_mw: float
    inference_mw: float
    batch_mw: float
    it_mw: float
    it_gwh: float
    new_it_mw: float
    west_share: float
    west_share_of_new: float
    unserved_share: float
    location_kt: float
    market_kt: float
    hourly_kt: float
    contractual_green_share: float
    physical_green_share: float
    hourly_green_share: float
    hourly_green_share_with_grid: float


def metrics(case: Case, plan: Plan) -> Metrics:
    """Return the key figures of a plan of a case."""
    sites, ledgers = plan.tables["sites"], plan.tables["ledgers"]
    western = western_sites(case)
    it = ledgers["it_gwh"].to_numpy(dtype=float)
    meter = ledgers["meter_gwh"].to_numpy(dtype=float)
    # Own power that a battery loses meets no load.
    met = np.minimum(ledgers["own_gwh"].to_numpy(dtype=float), meter)
    matched = ledgers["matched_gwh"].to_numpy(dtype=float)
    share = ledgers["physical_green_share"].to_numpy(dtype=float)
    new = sites["new_it_mw"].to_numpy(dtype=float)
    west_of_ledgers = np.isin(ledgers["site"].to_numpy(), sorted(western))
    west_of_sites = np.isin(sites["site"].to_numpy(), sorted(western))
    total, location = plan.cost(), plan.location_cost
    gap = max(0.0, plan.objective_million_yuan - plan.bound_million_yuan)
    return Metrics(
        total_cost=total,
        location_cost=location,
        accelerator_cost=plan.cost("accelerators"),
        energy_cost=plan.cost(
            "energy",
            "demand_charge",
            "local_supply",
            "pue_surcharge",
            "generation",
            "own_power",
            "exports",
            "batteries",
        ),
        build_cost=plan.cost("build", "site_opening"),
        network_cost=plan.cost("network_lease", "network_upgrade", "service_links"),
        gap=gap,
        gap_location=_ratio(gap, location),
        training_mw=float(sites["training_mw"].sum()),
        inference_mw=float(sites["inference_mw"].sum()),
        batch_mw=float(sites["batch_mw"].sum()),
        it_mw=float(it.sum()) / 8.76,
        it_gwh=float(it.sum()),
        new_it_mw=float(new.sum()),
        west_share=_ratio(float(it[west_of_ledgers].sum()), float(it.sum())),
        west_share_of_new=_ratio(float(new[west_of_sites].sum()), float(new.sum())),
        unserved_share=unserved_share(case, plan),
        location_kt=float(ledgers["location_kt"].sum()),
        market_kt=float(ledgers["market_kt"].sum()),
        hourly_kt=float(ledgers["hourly_kt"].sum()),
        contractual_green_share=_ratio(
            float((ledgers["contractual_green_share"] * meter).sum()), float(meter.sum())
        ),
        physical_green_share=_ratio(float((share * (meter - met) + met).sum()), float(meter.sum())),
        hourly_green_share=_ratio(float(matched.sum()), float(meter.sum())),
        hourly_green_share_with_grid=_ratio(
            float((matched + share * (meter - matched)).sum()), float(meter.sum())
        ),
    )


def western_sites(case: Case) -> set[str]:
    """Return the sites in the provinces of the western development programme."""
    provinces = case.tables["provinces"].frame
    western = set(provinces.loc[provinces["western_development"], "province"])
    sites = case.tables["sites"].frame
    return set(sites.loc[sites["province"].isin(western), "site"])


def unserved_share(case: Case, plan: Plan) -> float:
    """Return the value of work left undone over the value of all work."""
    return _ratio(*work_values(case, plan))


def work_values(case: Case, plan: Plan) -> tuple[float, float]:
    """Return the value of work left undone and of all work, million yuan a year."""
    services, jobs = case.tables["services"].frame, case.tables["jobs"].frame
    national = case.derived.demand.requests.sum(axis=0)
    value = float(
        (national * mean_values(services, case.derived.tiers)).sum() * DAYS_PER_YEAR
    ) + float((jobs["count"] * jobs["value_million_yuan"]).sum())
    undone = float(plan.tables["unserved"]["value_million_yuan"].sum()) + float(
        plan.tables["unplaced"]["value_million_yuan"].sum()
    )
    return undone, value


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom > 0.0 else 0.0
