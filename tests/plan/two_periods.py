"""A case of two periods whose plan follows by hand.

A thousand accelerators serve 2026 in the megawatt that stands at the coast. In 2028 demand is 1.44
times that: 440 more are bought, and a hall of half a megawatt stands that was ordered in 2026, as
it takes a year and a half. Accelerators live three years and halls fifteen; the last period
counts for two years.
"""

from __future__ import annotations

import copy
import functools
from typing import Final

from optimizer.inputs.case import Case
from optimizer.model.build import build_periods
from optimizer.plan.plan import Plan, make_plan
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from tests.inputs.small_case import SmallCase

YEARS: Final = (2026, 2028)
RATE: Final = 0.1
PRICE_YUAN: Final = 100_000.0
CARD_LIFE: Final = 3.0
HALL_MW: Final = 0.5
HALL_LIFE: Final = 15.0
CAPEX_YUAN_PER_KW: Final = 20_000.0
ENERGY_PRICE: Final = 0.5


def small() -> SmallCase:
    """Return the tables of the case, to be changed or read."""
    case = SmallCase()
    times = case.tables["times"]
    case.tables["times"] = times + [{**row, "period": 2028} for row in copy.deepcopy(times)]
    case.set("finance", {"parameter": "discount_rate"}, value=RATE)
    case.add("finance", parameter="last_period_years", value=2)
    case.set("services", {"service": "chat"}, growth_per_year=1.2)
    case.set("accelerators", {"accelerator": "card"}, price_yuan=PRICE_YUAN, life_years=CARD_LIFE)
    case.add("accelerator_supply", accelerator="card", year=2028)
    case.set("modules", {"module": "hall"}, it_mw=HALL_MW, life_years=HALL_LIFE)
    case.set(
        "sites",
        {"site": "coast"},
        existing_it_mw=1,
        ai_ready_it_mw=1,
        lead_time_years=1.5,
        capex_yuan_per_kw=CAPEX_YUAN_PER_KW,
        fixed_cost_million_yuan_per_year=0.25,
    )
    case.set("sites", {"site": "plateau"}, build_limit_mw=0)
    for row in case.tables["tariffs"]:
        row["price_yuan_per_kwh"] = ENERGY_PRICE
    return case


@functools.cache
def case() -> Case:
    """Return the case."""
    return small().case()


@functools.cache
def plan() -> Plan:
    """Return its plan, solved to the end."""
    return planned(case())


def planned(of: Case, *, relaxed: bool = False) -> Plan:
    """Return the plan of a case."""
    model, _sets = build_periods(of)
    return make_plan(
        of, solve_model(model, SolveOptions(gap_location=1e-9, relaxed=relaxed)).solution
    )
