"""Block: green contracts and the two annual ledgers.

Columns
    ``contracted[c]``    energy of contract c (a contract at a site), GWh a year
    ``location_kt``      emissions of the location-based ledger, kt CO2
    ``market_kt``        emissions of the market-based ledger, kt CO2

Rows
    claims[s]            sum of contracted[c] at s <= sum_k energy[s,k]
    location_ledger      location_kt = sum_{s,k} location_factor[s] * energy[s,k]
    market_ledger        market_kt = sum_s residual_factor[s]
                         * (sum_k energy[s,k] - sum of contracted[c] at s)

Each MWh is claimed once; the grid's own mix never counts as a claim. 1 kg/kWh is 1 kt/GWh.
"""

from __future__ import annotations

import numpy as np

from optimizer.inputs.case import Case
from optimizer.model.assembly import Assembly
from optimizer.model.index import Sets


def add_green(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the block to the assembly."""
    del sets
    contracts = case.tables["green_contracts"].frame
    sites = {name: row for row, name in enumerate(case.tables["sites"].frame["site"])}
    site = contracts["site"].map(sites).to_numpy(dtype=np.int64)
    ceiling = contracts["ceiling_gwh"].to_numpy(dtype=float)
    contracted = assembly.add_columns(
        "contracted",
        {"contract": np.arange(len(contracts), dtype=np.int64), "site": site},
        "GWh",
        upper=np.where(np.isnan(ceiling), np.inf, ceiling),
    )
    assembly.charge(
        "green_contracts",
        contracted.ids,
        contracts["price_yuan_per_mwh"].to_numpy(dtype=float) / 1e3,
    )
    energy = assembly.columns["energy"]
    at = energy.index["site"]
    offered = np.unique(site)
    row_of = np.full(len(sites), -1, dtype=np.int64)
    row_of[offered] = np.arange(len(offered))
    rows = assembly.add_rows("claims", {"site": offered}, "GWh", upper=0.0)
    assembly.put(rows.start + row_of[site], contracted.ids, 1.0)
    here = np.flatnonzero(row_of[at] >= 0)
    assembly.put(rows.start + row_of[at[here]], energy.ids[here], -1.0)

    one = {"ledger": np.zeros(1, dtype=np.int64)}
    location = assembly.add_columns("location_kt", one, "kt CO2")
    market = assembly.add_columns("market_kt", one, "kt CO2")
    rows = assembly.add_rows("location_ledger", one, "kt CO2", lower=0.0, upper=0.0)
    assembly.put(rows.ids, location.ids, 1.0)
    everywhere = np.full(len(at), rows.start)
    assembly.put(everywhere, energy.ids, -case.derived.location_factor[at])
    rows = assembly.add_rows("market_ledger", one, "kt CO2", lower=0.0, upper=0.0)
    assembly.put(rows.ids, market.ids, 1.0)
    everywhere = np.full(len(at), rows.start)
    assembly.put(everywhere, energy.ids, -case.derived.residual_factor[at])
    assembly.put(np.full(len(site), rows.start), contracted.ids, case.derived.residual_factor[site])
