"""Rows of pools: load in the peak hour, reserve by the line that holds, cards that make it up.

The model asks for a reserve of at least the line; where cards stand idle the solver may hold
more. The plan states what the line asks for, and in a plan (not a relaxation) the lower line.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.inputs.erlang import servers_needed
from optimizer.inputs.queueing import PIECES
from optimizer.plan.raw_solution import RawSolution

NEGLIGIBLE: Final = 1e-9
"""Openings, loads and reserves below this are the solver's rounding."""


def pool_rows(case: Case, solution: RawSolution, *, relaxed: bool) -> pd.DataFrame:
    """Return the rows of ``pools``.

    Parameters
    ----------
    case
        The case.
    solution
        A solution that holds a point.
    relaxed
        Whether pools may be open in part.
    """
    pools = case.derived.pools
    load = pool_load(case, solution)
    opened = _by_line(case, solution, "pool_open")
    split = _by_line(case, solution, "pool_load")
    rows = []
    for site, pool in np.argwhere(load > NEGLIGIBLE).tolist():
        if relaxed:
            shares = split[site, pool] / max(split[site, pool].sum(), NEGLIGIBLE)
            open_here = opened[site, pool]
        else:
            shares = np.zeros(len(PIECES))
            lines = pools.slope[pool] * load[site, pool] + pools.fixed[pool]
            shares[int(np.nanargmin(lines))] = 1.0
            open_here = shares * np.round(opened[site, pool].sum())
        for line, name in enumerate(PIECES):
            if open_here[line] <= NEGLIGIBLE:
                continue
            here = load[site, pool] * shares[line]
            reserve = pools.slope[pool, line] * here + pools.fixed[pool, line] * open_here[line]
            rows.append(
                {
                    "site": case.tables["sites"].frame["site"].iloc[site],
                    "pool": pools.names[pool],
                    "line": name,
                    "opened": open_here[line],
                    "load_replicas": here,
                    "reserve_replicas": reserve,
                    "servers": here + reserve,
                    "exact_servers": servers_needed(here, pools.wait_probability),
                }
            )
    return _typed(rows, "pools")


def pool_load(case: Case, solution: RawSolution) -> NDArray[np.float64]:
    """Return ``(S, P)`` the load of each pool in its peak hour, in replicas."""
    pools, demand = case.derived.pools, case.derived.demand
    hours = demand.by_hour
    load = np.zeros((len(case.tables["sites"].frame), len(pools.names), hours.shape[1]))
    busy = solution.columns["busy"]
    service, site, card = (busy.index[name] for name in ("service", "site", "accelerator"))
    kept = np.flatnonzero((pools.pool_of[service] >= 0) & (busy.values > NEGLIGIBLE))
    service, site, card = service[kept], site[kept], card[kept]
    replicas = busy.values[kept] * 1e3 / pools.replica[service, card]
    np.add.at(
        load,
        (site, pools.pool_of[service]),
        replicas[:, None] * hours[demand.profile_of[service]],
    )
    return load.max(axis=2, initial=0.0)


def _by_line(case: Case, solution: RawSolution, name: str) -> NDArray[np.float64]:
    """Return ``(S, P, 2)`` one block of columns of pools."""
    sites = len(case.tables["sites"].frame)
    level = np.zeros((sites, len(case.derived.pools.names), len(PIECES)))
    block = solution.columns[name]
    level[block.index["site"], block.index["pool"], block.index["line"]] = block.values
    return level


def pool_reserve_rows(case: Case, solution: RawSolution, pools: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``pool_reserves``: the reserve of each pool on the types that hold it.

    Parameters
    ----------
    case, solution
        As for :func:`pool_rows`.
    pools
        The rows of ``pools``.
    """
    found = case.derived.pools
    sites = case.tables["sites"].frame["site"].tolist()
    cards = case.tables["accelerators"].frame["accelerator"].tolist()
    wanted = pools.groupby(["site", "pool"])["reserve_replicas"].sum()
    reserve = solution.columns["reserve"]
    site, pool, card = (reserve.index[name] for name in ("site", "pool", "accelerator"))
    replicas = reserve.values * 1e3 / found.reserve_replica[pool, card]
    held = np.zeros((len(sites), len(found.names)))
    np.add.at(held, (site, pool), replicas)
    rows = []
    for entry in np.flatnonzero(reserve.values > NEGLIGIBLE).tolist():
        key = (sites[site[entry]], found.names[pool[entry]])
        if key not in wanted.index:
            continue
        part = replicas[entry] / held[site[entry], pool[entry]] * float(wanted.loc[key])
        rows.append(
            {
                "site": key[0],
                "pool": key[1],
                "accelerator": cards[card[entry]],
                "reserve_accelerators": part * found.reserve_replica[pool[entry], card[entry]],
                "reserve_replicas": part,
            }
        )
    return _typed(rows, "pool_reserves")


def _typed(rows: list[dict[str, object]], table: str) -> pd.DataFrame:
    columns = _COLUMNS[table]
    frame = pd.DataFrame(rows, columns=list(columns))
    return frame.astype(columns)


_COLUMNS: Final[dict[str, dict[str, str]]] = {
    "pools": {
        "site": "object",
        "pool": "object",
        "line": "object",
        "opened": "float64",
        "load_replicas": "float64",
        "reserve_replicas": "float64",
        "servers": "float64",
        "exact_servers": "int64",
    },
    "pool_reserves": {
        "site": "object",
        "pool": "object",
        "accelerator": "object",
        "reserve_accelerators": "float64",
        "reserve_replicas": "float64",
    },
}
