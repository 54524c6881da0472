"""From costs of builds under scenarios to regrets, none of them negative."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final

import numpy as np
import pandas as pd

from optimizer.analysis.frontier_points import SAME_WORK

NUMBERS: Final = (
    "cost_million_yuan",
    "bound_million_yuan",
    "location_cost_million_yuan",
    "undone_million_yuan",
)
COST_COLUMNS: Final = ("builds_of", "scenario", "status", *NUMBERS, "verified", "relaxed")
REGRET_COLUMNS: Final = (
    *COST_COLUMNS,
    "taken_from",
    "regret_million_yuan",
    "least_regret_million_yuan",
    "more_undone_million_yuan",
)


def regrets(costs: pd.DataFrame) -> pd.DataFrame:
    """Return the regret of the builds of every scenario under every scenario.

    Parameters
    ----------
    costs
        Rows of :data:`COST_COLUMNS` for every pair of scenarios.

    Returns
    -------
    pandas.DataFrame
        Rows of :data:`REGRET_COLUMNS`. ``taken_from`` names whose builds a scenario took over
        because they turned out no worse for it; ``least_regret`` is proved; where builds leave
        more work undone than a scenario's own, no regret in money is stated but the value of that
        work.

    Examples
    --------
    >>> import pandas as pd
    >>> def row(builds_of, scenario, cost):
    ...     return {"builds_of": builds_of, "scenario": scenario, "cost_million_yuan": cost,
    ...             "bound_million_yuan": cost, "undone_million_yuan": 0.0, "verified": True}
    >>> costs = pd.DataFrame([row("a", "a", 1.0), row("a", "b", 5.0), row("b", "a", 2.0),
    ...                       row("b", "b", 3.0)])
    >>> regrets(costs)["regret_million_yuan"].tolist()
    [0.0, 2.0, 1.0, 0.0]
    """
    names: list[str] = list(dict.fromkeys(costs["builds_of"]))
    solved: dict[tuple[str, str], dict[Hashable, Any]] = {
        (row["builds_of"], row["scenario"]): row for row in costs.to_dict("records")
    }
    taken = {name: _best(name, names, solved) for name in names}
    found = {
        (one, name): solved[taken[one], name] | {"builds_of": one}
        for one in names
        for name in names
    }
    records = []
    for one in names:
        for name in names:
            row, own = found[one, name], found[name, name]
            more = row["undone_million_yuan"] - own["undone_million_yuan"]
            same = more <= SAME_WORK
            records.append(
                row
                | {
                    "taken_from": "" if taken[one] == one else taken[one],
                    "regret_million_yuan": (
                        row["cost_million_yuan"] - own["cost_million_yuan"] if same else np.nan
                    ),
                    "least_regret_million_yuan": (
                        max(0.0, row["bound_million_yuan"] - own["cost_million_yuan"])
                        if same
                        else np.nan
                    ),
                    "more_undone_million_yuan": max(0.0, more),
                }
            )
    return pd.DataFrame(records).reindex(columns=list(REGRET_COLUMNS))


def _best(
    scenario: str, names: list[str], solved: dict[tuple[str, str], dict[Hashable, Any]]
) -> str:
    """Return whose builds are the best for a scenario: its own, unless others are better."""
    best = scenario
    for other in names:
        row, least = solved[other, scenario], solved[best, scenario]
        if not row["verified"]:
            continue
        less = least["undone_million_yuan"] - row["undone_million_yuan"]
        cheaper = row["cost_million_yuan"] < least["cost_million_yuan"]
        if less > SAME_WORK or (less >= -SAME_WORK and cheaper):
            best = other
    return best


def worst_cases(table: pd.DataFrame) -> pd.DataFrame:
    """Return for each scenario's builds where they are regretted most, least worst first.

    Parameters
    ----------
    table
        Rows of :data:`REGRET_COLUMNS`.

    Returns
    -------
    pandas.DataFrame
        ``builds_of``, ``worst_scenario``, ``worst_regret_million_yuan``,
        ``worst_undone_million_yuan`` and ``everywhere`` (whether they have a plan everywhere).
    """
    records = []
    for name, rows in table.groupby("builds_of", sort=True):
        planned = rows["verified"].to_numpy(dtype=bool)
        undone = rows["more_undone_million_yuan"].fillna(0.0).to_numpy(dtype=float)
        money = rows["regret_million_yuan"].fillna(0.0).to_numpy(dtype=float)
        worst = np.lexsort((money, undone, ~planned))[-1]
        records.append(
            {
                "builds_of": name,
                "worst_scenario": rows["scenario"].iloc[worst],
                "worst_regret_million_yuan": float(money.max()),
                "worst_undone_million_yuan": float(undone.max()),
                "everywhere": bool(planned.all()),
            }
        )
    frame = pd.DataFrame(records)
    order = frame.assign(never=~frame["everywhere"]).sort_values(
        ["never", "worst_undone_million_yuan", "worst_regret_million_yuan", "builds_of"],
        kind="stable",
    )
    return order.drop(columns="never").reset_index(drop=True)
