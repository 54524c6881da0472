"""Key figures of a plan of several periods, in total and by period.

Costs count by the weight of their period, the sum of the discount factors of its years; energy
and emissions by the number of its years. The gap is that of the whole plan.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from optimizer.analysis.metrics import metrics, work_values
from optimizer.inputs.case import Case
from optimizer.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class HorizonMetrics:
    """Key figures over all periods.

    Money is in million yuan discounted to the first year, energy in GWh and emissions in kt CO2
    over all years.
    """

    total_cost: float
    location_cost: float
    accelerator_cost: float
    energy_cost: float
    build_cost: float
    network_cost: float
    gap: float
    gap_location: float
    it_gwh: float
    location_kt: float
    west_share: float
    unserved_share: float


def horizon_metrics(case: Case, plan: Plan) -> HorizonMetrics:
    """Return the key figures of a plan over all its periods."""
    parts = [
        (period, metrics(period, plan.of_period(period.year)), period.period.years)
        for period in case.periods
    ]

    def discounted(name: str) -> float:
        return sum(
            period.period.weight * float(getattr(figures, name)) for period, figures, _ in parts
        )

    it_gwh = sum(years * figures.it_gwh for _, figures, years in parts)
    west = sum(years * figures.it_gwh * figures.west_share for _, figures, years in parts)
    undone = everything = 0.0
    for period in case.periods:
        left, wanted = work_values(period, plan.of_period(period.year))
        undone += period.period.weight * left
        everything += period.period.weight * wanted
    location = discounted("location_cost")
    gap = max(0.0, plan.objective_million_yuan - plan.bound_million_yuan)
    return HorizonMetrics(
        total_cost=discounted("total_cost"),
        location_cost=location,
        accelerator_cost=discounted("accelerator_cost"),
        energy_cost=discounted("energy_cost"),
        build_cost=discounted("build_cost"),
        network_cost=discounted("network_cost"),
        gap=gap,
        gap_location=gap / location if location > 0.0 else 0.0,
        it_gwh=it_gwh,
        location_kt=sum(years * figures.location_kt for _, figures, years in parts),
        west_share=west / it_gwh if it_gwh > 0.0 else 0.0,
        unserved_share=undone / everything if everything > 0.0 else 0.0,
    )


def period_records(case: Case, plan: Plan) -> list[dict[str, Any]]:
    """Return year, weight, cost and key figures of each period; a period has no gap of its own."""
    records = []
    for period in case.periods:
        part = plan.of_period(period.year)
        figures = dataclasses.asdict(metrics(period, part))
        assets = part.tables["assets"]
        modules = assets[assets["kind"] == "module"]
        size = period.tables["modules"].frame.set_index("module")["it_mw"].to_dict()
        cards = assets[assets["kind"] == "accelerator"]
        ordered_mw = (modules["ordered"] * modules["item"].map(size).astype(float)).sum()
        records.append(
            {
                "year": period.year,
                "years": period.period.years,
                "weight": period.period.weight,
                "cost_million_yuan": part.cost(),
                "ordered_it_mw": float(ordered_mw),
                "accelerators_ordered": float(cards["ordered"].sum()),
                "accelerators_retired": float(cards["retired"].sum()),
                "served_million_per_day": float(
                    part.tables["placements"]["requests_million_per_day"].sum()
                ),
                **{name: value for name, value in figures.items() if not name.startswith("gap")},
            }
        )
    return records
