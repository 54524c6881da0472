"""Which blocks and policies do anything in a plan.

For every block of the formulation: its rows, how many bind, and its cost. For every policy
row: whether switching it off alone changes the least cost of the LP relaxation, or by how much
it is idle.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.model.assembly import LinearModel
from optimizer.solve.living import NEARLY, LinearPoint, LivingModel

BINDING: Final = 1e-6

FILE_OF_ROWS: Final = {
    "demand": "placement",
    "throughput": "placement",
    "pinned_service": "placement",
    "tier_sum": "release",
    "tier_release": "release",
    "tier_minimum": "release",
    "tier_order": "release",
    "tier_fair_least": "release",
    "tier_fair_most": "release",
    "release_kept": "release",
    "job": "training",
    "pinned_job": "training",
    "ring": "split_training",
    "busy_hour": "accelerators",
    "fleet": "accelerators",
    "supply": "accelerators",
    "pool_link": "queueing",
    "pool_once": "queueing",
    "pool_hour": "queueing",
    "pool_line": "queueing",
    "pool_reserve": "queueing",
    "backed_up": "reliability",
    "backup_reach": "reliability",
    "backup_throughput": "reliability",
    "backup_hour": "reliability",
    "nameplate": "capacity",
    "module": "capacity",
    "ceiling": "capacity",
    "build_limit": "capacity",
    "opened": "capacity",
    "opened_mw": "capacity",
    "balance": "energy",
    "load_hour": "energy",
    "module_load": "energy",
    "meter": "energy",
    "supply_step": "energy",
    "site_hour": "demand_charge",
    "import_total": "hourly",
    "hour_balance": "hourly",
    "line_built": "hourly",
    "generation": "hourly",
    "self_total": "hourly",
    "export_total": "hourly",
    "import_least": "hourly",
    "self_use_most": "hourly",
    "stored": "hourly",
    "charge_size": "hourly",
    "discharge_size": "hourly",
    "stored_size": "hourly",
    "peak": "hourly",
    "credit_green": "hourly",
    "credit_load": "hourly",
    "credit_total": "hourly",
    "spare_hour": "flexible",
    "spare_share": "flexible",
    "spare_load": "flexible",
    "spare_power": "flexible",
    "later_room": "flexible",
    "earlier_room": "flexible",
    "shift_day": "flexible",
    "link": "network",
    "detour_within": "detours",
    "claims": "green",
    "claims_on_grid": "green",
    "location_ledger": "green",
    "market_ledger": "green",
    "opening_stays": "periods",
    "line_stays": "periods",
    "generation_stays": "periods",
    "modules_most": "periods",
    "upgrades_most": "periods",
    "retired_stays": "periods",
    "release_stays": "periods",
}
FILE_OF_COST: Final = {
    "accelerators": "accelerators",
    "build": "capacity",
    "site_opening": "capacity",
    "demand_charge": "capacity",
    "energy": "energy",
    "local_supply": "energy",
    "generation": "hourly",
    "own_power": "hourly",
    "exports": "hourly",
    "batteries": "hourly",
    "network_lease": "network",
    "network_upgrade": "network",
    "service_links": "placement",
    "moving": "placement",
    "green_contracts": "green",
    "carbon": "policy",
    "pue_surcharge": "policy",
    "subsidies": "policy",
    "policy_penalties": "policy",
}


def block_activity(model: LinearModel, values: NDArray[np.float64]) -> pd.DataFrame:
    """Return rows, binding rows and cost of every block at a plan.

    Returns
    -------
    pandas.DataFrame
        ``block`` (file of the formulation), ``row`` (row block or cost term), ``rows``,
        ``binding`` and ``million_yuan``.
    """
    activity = model.activity(values)
    records: list[dict[str, object]] = []
    for name, block in model.rows.items():
        if not block.count or name.endswith("_held"):
            continue
        left = activity[block.slice]
        lower, upper = model.row_lower[block.slice], model.row_upper[block.slice]
        size = np.maximum(1.0, np.abs(left))
        binds = (np.abs(left - lower) <= BINDING * size) | (np.abs(left - upper) <= BINDING * size)
        records.append(
            {
                "block": ("policy" if name.startswith("policy_") else FILE_OF_ROWS[block.kind]),
                "row": name,
                "rows": block.count,
                "binding": int(binds.sum()),
                "million_yuan": 0.0,
            }
        )
    records += [
        {
            "block": FILE_OF_COST[term],
            "row": f"cost {term}",
            "rows": 0,
            "binding": 0,
            "million_yuan": float(cost @ values),
        }
        for term, cost in model.cost_terms.items()
    ]
    return pd.DataFrame(records).sort_values(["block", "row"], kind="stable", ignore_index=True)


def policy_effects(
    model: LinearModel,
    values: NDArray[np.float64],
    *,
    priced: Mapping[str, str] = MappingProxyType({"carbon": "carbon_price"}),
) -> pd.DataFrame:
    """Return what each policy does when it alone is switched off.

    Parameters
    ----------
    model
        The cost model of the plan.
    values
        ``(n,)`` the plan.
    priced
        Names of the policies that are a price, by their cost term: costs, not rows.

    Returns
    -------
    pandas.DataFrame
        ``policy``, ``saving_million_yuan`` (fall of the least cost of the LP relaxation),
        ``slack`` (least distance of the plan to a limit, in ``unit``; NaN without
        rows).
    """
    living = LivingModel(model, open_share=NEARLY)
    base = living.solve()
    assert base is not None
    activity = model.activity(values)
    records: list[dict[str, object]] = []
    for name, block in model.rows.items():
        if not name.startswith("policy_"):
            continue
        if not block.count:
            # Nothing that it could forbid is on offer.
            records.append(
                {
                    "policy": name.removeprefix("policy_"),
                    "saving_million_yuan": 0.0,
                    "slack": np.nan,
                    "unit": block.unit,
                }
            )
            continue
        for row in block.ids:
            living.set_row(int(row), -np.inf, np.inf)
        without = living.solve()
        for row in block.ids:
            living.set_row(int(row), float(model.row_lower[row]), float(model.row_upper[row]))
        assert without is not None
        left = activity[block.slice]
        distance = np.minimum(
            left - model.row_lower[block.slice], model.row_upper[block.slice] - left
        )
        records.append(
            {
                "policy": name.removeprefix("policy_"),
                "saving_million_yuan": _fall(base, without),
                "slack": float(distance.min()),
                "unit": block.unit,
            }
        )
    for term, names in priced.items():
        cost = model.cost_terms.get(term)
        if cost is None:
            continue
        living.set_costs(model.cost - cost)
        without = living.solve()
        assert without is not None
        saving = base.objective - without.objective
        records.append(
            {
                "policy": names,
                # Without a subsidy the least cost rises.
                "saving_million_yuan": saving if term == "subsidies" else max(0.0, saving),
                # A surcharge on a PUE that no module has is a price on nothing.
                "slack": 0.0 if cost.any() else np.nan,
                "unit": "million yuan",
            }
        )
    return pd.DataFrame(records, columns=["policy", "saving_million_yuan", "slack", "unit"])


def _fall(base: LinearPoint, without: LinearPoint) -> float:
    """Return by how much the least cost falls, zero within what both programs leave open."""
    fall = base.bound - without.bound
    open_part = base.objective - base.bound + without.objective - without.bound
    return fall if fall > open_part else 0.0
