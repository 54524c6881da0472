"""Block: green contracts and the two annual ledgers.

Columns
    ``contracted[c]``    energy of claim c (a contract at a site), GWh a year
    ``location_kt``      emissions of the location-based ledger, kt CO2
    ``market_kt``        emissions of the market-based ledger, kt CO2

Rows, with the grid's energy G[s] = import_gwh[s] where hours are modelled and sum_k energy[s,k]
elsewhere
    claims[s]            sum of contracted[c] + sum of self_use_gwh[n] at s <= sum_k energy[s,k]
    claims_on_grid[s]    sum of contracted[c] at s
                         <= sum w * import[s,d,h] / 1000                   (sites with own power)
    location_ledger      location_kt = sum_s location_factor[s] * G[s]
    market_ledger        market_kt = sum_s residual_factor[s]
                         * (G[s] - sum of contracted[c] at s)

Each MWh is claimed once, and what a battery loses never. A contract claims power that the grid
delivers: else certificates for own power would offset another site's emissions. The grid's own mix
never counts as a claim. Own power (direct supply, on-site generation) is green where it is used.
1 kg/kWh is 1 kt/GWh.
"""

from __future__ import annotations

import numpy as np

from optimizer.inputs.case import Case
from optimizer.model.assembly import Assembly, Block, Floats, Integers
from optimizer.model.index import Sets


def add_green(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the block to the assembly."""
    claims = case.derived.supply.claims
    contracts = case.tables["green_contracts"].frame.iloc[claims]
    sites = {name: row for row, name in enumerate(case.tables["sites"].frame["site"])}
    site = contracts["site"].map(sites).to_numpy(dtype=np.int64)
    ceiling = contracts["ceiling_gwh"].to_numpy(dtype=float)
    contracted = assembly.add_columns(
        "contracted",
        {"contract": claims.astype(np.int64), "site": site},
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
    if "self_use_gwh" in assembly.columns:
        offered = np.union1d(offered, assembly.columns["self_use_gwh"].index["site"])
    row_of = np.full(len(sites), -1, dtype=np.int64)
    row_of[offered] = np.arange(len(offered))
    rows = assembly.add_rows("claims", {"site": offered}, "GWh", upper=0.0)
    assembly.put(rows.start + row_of[site], contracted.ids, 1.0)
    here = np.flatnonzero(row_of[at] >= 0)
    assembly.put(rows.start + row_of[at[here]], energy.ids[here], -1.0)
    if "self_use_gwh" in assembly.columns:
        own = assembly.columns["self_use_gwh"]
        here = np.flatnonzero(row_of[own.index["site"]] >= 0)
        assembly.put(rows.start + row_of[own.index["site"][here]], own.ids[here], 1.0)
        _claims_on_grid(
            assembly,
            contracted,
            np.intersect1d(site, own.index["site"]),
            case.derived.calendar.weight,
        )

    one = {"ledger": np.zeros(1, dtype=np.int64)}
    location = assembly.add_columns("location_kt", one, "kt CO2")
    market = assembly.add_columns("market_kt", one, "kt CO2")
    grid, at = grid_energy(assembly, sets)
    rows = assembly.add_rows("location_ledger", one, "kt CO2", lower=0.0, upper=0.0)
    assembly.put(rows.ids, location.ids, 1.0)
    everywhere = np.full(len(at), rows.start)
    assembly.put(everywhere, grid, -case.derived.location_factor[at])
    rows = assembly.add_rows("market_ledger", one, "kt CO2", lower=0.0, upper=0.0)
    assembly.put(rows.ids, market.ids, 1.0)
    everywhere = np.full(len(at), rows.start)
    assembly.put(everywhere, grid, -case.derived.residual_factor[at])
    assembly.put(np.full(len(site), rows.start), contracted.ids, case.derived.residual_factor[site])


def _claims_on_grid(assembly: Assembly, contracted: Block, sites: Integers, weight: Floats) -> None:
    """Keep contracts below what the grid delivers, at sites that have power of their own."""
    # Not below import_gwh, which is room and may be larger than what is taken.
    taken = assembly.columns["import_mw"]
    rows = assembly.add_rows("claims_on_grid", {"site": sites}, "GWh", upper=0.0)
    for block, values in (
        (contracted, np.ones(contracted.count)),
        (taken, -weight[taken.index["day"]] / 1e3),
    ):
        here = np.flatnonzero(np.isin(block.index["site"], sites))
        at = np.searchsorted(sites, block.index["site"][here])
        assembly.put(rows.start + at, block.ids[here], values[here])


def grid_energy(assembly: Assembly, sets: Sets) -> tuple[Integers, Integers]:
    """Return the columns that sum to the energy taken from the grid in GWh, and their sites."""
    energy = assembly.columns["energy"]
    collapsed = ~sets.hourly[energy.index["site"]]
    ids, site = energy.ids[collapsed], energy.index["site"][collapsed]
    if "import_gwh" not in assembly.columns:
        return ids, site
    taken = assembly.columns["import_gwh"]
    return np.concatenate([ids, taken.ids]), np.concatenate([site, taken.index["site"]])
