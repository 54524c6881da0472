"""Power and yearly cost of accelerators, modules and link upgrades.

Power of one accelerator in kW, with its share of network and storage (factor ``f``)::

    maximum   = server_maximum_kw   / accelerators_per_server * f
    sustained = server_sustained_kw / accelerators_per_server * f
    idle      = idle_share * sustained

A thousand accelerators of 1 kW take 1 MW.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.money import annuity_factor


@dataclass(frozen=True, slots=True)
class Hardware:
    """Accelerators.

    Parameters
    ----------
    maximum_kw, idle_kw, busy_kw
        ``(A,)`` power for sizing, when idle, and the extra power when busy.
    fleet
        ``(S, A)`` installed, in thousand.
    supply
        ``(A,)`` that can be bought in the year, in thousand.
    yearly_cost
        ``(A,)`` annuity and upkeep of a thousand bought, in million yuan.
    """

    maximum_kw: NDArray[np.float64]
    idle_kw: NDArray[np.float64]
    busy_kw: NDArray[np.float64]
    fleet: NDArray[np.float64]
    supply: NDArray[np.float64]
    yearly_cost: NDArray[np.float64]


def hardware(
    sites: pd.DataFrame,
    accelerators: pd.DataFrame,
    fleet: pd.DataFrame,
    supply: pd.DataFrame,
    *,
    year: int,
    finance: Mapping[str, float],
    parameters: Mapping[str, float],
) -> Hardware:
    """Return the accelerators of checked tables; supply is that of ``year``."""
    per_server = accelerators["accelerators_per_server"].to_numpy(dtype=float)
    overhead = parameters["network_storage_power_factor"]
    maximum = accelerators["server_maximum_kw"].to_numpy(dtype=float) / per_server * overhead
    sustained = accelerators["server_sustained_kw"].to_numpy(dtype=float) / per_server * overhead
    idle = accelerators["idle_share"].to_numpy(dtype=float) * sustained

    site_row = {name: row for row, name in enumerate(sites["site"])}
    accelerator_row = {name: row for row, name in enumerate(accelerators["accelerator"])}
    installed = np.zeros((len(sites), len(accelerators)))
    for site, accelerator, count in fleet[["site", "accelerator", "installed"]].itertuples(
        index=False
    ):
        installed[site_row[site], accelerator_row[accelerator]] = count / 1e3
    bought = np.zeros(len(accelerators))
    for accelerator, count in supply.loc[
        supply["year"] == year, ["accelerator", "supply"]
    ].itertuples(index=False):
        bought[accelerator_row[accelerator]] = count / 1e3

    rate = finance["discount_rate"]
    factor = np.array([annuity_factor(rate, life) for life in accelerators["life_years"]])
    price = accelerators["price_yuan"].to_numpy(dtype=float)
    yearly = price * (
        finance["accelerator_system_factor"] * factor + finance["accelerator_upkeep_share_per_year"]
    )
    return Hardware(
        maximum_kw=maximum,
        idle_kw=idle,
        busy_kw=sustained - idle,
        fleet=installed,
        supply=bought,
        yearly_cost=yearly * 1e3 / 1e6,
    )


def module_yearly_cost(
    sites: pd.DataFrame, modules: pd.DataFrame, finance: Mapping[str, float]
) -> NDArray[np.float64]:
    """Return ``(S, K)`` annuity and upkeep of a module in million yuan; existing power is free."""
    rate = finance["discount_rate"]
    upkeep = finance["shell_upkeep_share_per_year"]
    factor = np.array([annuity_factor(rate, life) for life in modules["life_years"]])
    capital = modules["capex_factor"].to_numpy(dtype=float) * modules["it_mw"].to_numpy(dtype=float)
    yearly = capital * (factor + upkeep) * (modules["kind"] == "new").to_numpy(dtype=float)
    # yuan/kW times MW is thousand yuan, hence / 1e3 for million yuan
    cost: NDArray[np.float64] = (
        sites["capex_yuan_per_kw"].to_numpy(dtype=float)[:, None] * yearly / 1e3
    )
    return cost


def upgrade_yearly_cost(links: pd.DataFrame, finance: Mapping[str, float]) -> NDArray[np.float64]:
    """Return ``(E,)`` annuity and running cost of one link upgrade in million yuan."""
    factor = annuity_factor(finance["discount_rate"], finance["link_life_years"])
    cost: NDArray[np.float64] = links["upgrade_capex_million_yuan"].to_numpy(
        dtype=float
    ) * factor + links["upgrade_running_million_yuan_per_year"].to_numpy(dtype=float)
    return cost
