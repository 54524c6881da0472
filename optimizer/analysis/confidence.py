"""How sure the figures are that the cost of a plan rests on.

Every yuan of the plan is an amount times a price. It is counted under the confidence of the
row (or graded cell) that holds the price::

    share[c] = sum of cost rows whose price has confidence c / sum of all cost rows

Amounts follow from many figures at once and are not graded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from optimizer.inputs.case import Case
from optimizer.labels import CONFIDENCES
from optimizer.plan.plan import Plan

_SITE_PRICES: Final = {
    "build": "capex_yuan_per_kw",
    "site_opening": "fixed_cost_million_yuan_per_year",
}
_LINK_PRICES: Final = {
    "network_lease": "lease_yuan_per_gbps_year",
    "network_upgrade": "upgrade_capex_million_yuan",
}
_TABLE_PRICES: Final = {
    "green_contracts": "green_contracts",
    "local_supply": "supply_steps",
    "service_links": "link_costs",
    "moving": "pins",
    "carbon": "policies",
    "policy_penalties": "policies",
    "pue_surcharge": "policies",
    "subsidies": "policies",
    "generation": "green_contracts",
    "own_power": "green_contracts",
    "exports": "green_contracts",
    "batteries": "batteries",
}
_FROM_SURE_TO_UNSURE: Final = tuple(CONFIDENCES)


def confidence_of(case: Case, table: str, key: str, column: str) -> str:
    """Return the confidence of one cell: its own grade if it has one, else its row's.

    Examples
    --------
    >>> from optimizer.inputs.case import read_case
    >>> confidence_of(read_case("tiny"), "modules", "existing", "it_mw") in CONFIDENCES
    True
    """
    graded = case.tables["provenance"].frame
    own = graded[(graded["table"] == table) & (graded["key"] == key) & (graded["column"] == column)]
    if len(own):
        return str(own["confidence"].iloc[0])
    typed = case.tables[table]
    return str(typed.frame["confidence"].iloc[typed.keys().index(key)])


def cost_by_confidence(case: Case, plan: Plan) -> dict[str, float]:
    """Return the share of the yearly cost by the confidence of its prices.

    Parameters
    ----------
    case, plan
        The case and its plan.

    Returns
    -------
    dict of str to float
        Shares by confidence from sure to unsure; they sum to 1 for a plan that costs anything.
    """
    totals = dict.fromkeys(_FROM_SURE_TO_UNSURE, 0.0)
    tariffs = _tariff_confidence(case)
    costs = plan.tables["costs"]
    for term, place, amount in zip(
        costs["term"].astype(str),
        costs["place"].astype(str),
        costs["million_yuan"].astype(float),
        strict=True,
    ):
        if term == "accelerators":
            continue
        totals[_price_confidence(case, tariffs, term, place)] += amount
    for confidence, amount in _accelerators(case, plan):
        totals[confidence] += amount
    total = sum(totals.values())
    return {name: amount / total if total else 0.0 for name, amount in totals.items()}


def _price_confidence(case: Case, tariffs: Mapping[str, str], term: str, place: str) -> str:
    if term in {"energy", "demand_charge"}:
        return tariffs[place]
    if term in _SITE_PRICES:
        return confidence_of(case, "sites", place, _SITE_PRICES[term])
    if term in _LINK_PRICES:
        return confidence_of(case, "links", place, _LINK_PRICES[term])
    frame = case.tables[_TABLE_PRICES[term]].frame
    # A table without grades holds the planner's own numbers.
    return _least_sure(frame["confidence"]) if "confidence" in frame else "assumption"


def _least_sure(grades: pd.Series) -> str:
    return _FROM_SURE_TO_UNSURE[max(_FROM_SURE_TO_UNSURE.index(grade) for grade in grades)]


def _tariff_confidence(case: Case) -> dict[str, str]:
    """Return the least sure confidence of each site's tariff."""
    tariffs = case.tables["tariffs"].frame
    by_tariff = {
        (str(region), str(voltage)): _least_sure(rows["confidence"])
        for (region, voltage), rows in tariffs.groupby(["tariff_region", "voltage_kv"])
    }
    sites = case.tables["sites"].frame
    return {
        str(site): by_tariff[str(region), str(voltage)]
        for site, region, voltage in zip(
            sites["site"], sites["tariff_region"], sites["voltage_kv"], strict=True
        )
    }


def _accelerators(case: Case, plan: Plan) -> list[tuple[str, float]]:
    bought = plan.tables["accelerators"].groupby("accelerator")["bought"].sum()
    cost = case.derived.hardware.yearly_cost
    names = case.tables["accelerators"].frame["accelerator"].astype(str).tolist()
    return [
        (
            confidence_of(case, "accelerators", str(name), "price_yuan"),
            float(count) / 1e3 * float(cost[names.index(str(name))]),
        )
        for name, count in bought.items()
    ]
