"""What each level of protection costs.

The LP relaxation of the case is solved with the protected shares scaled to each level of
:data:`LEVELS` and to the level of the case. Least costs of relaxations are lower bounds and so
are comparable with each other; where a level leaves more work undone than no protection does,
its cost is that of less work and no difference is stated.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np
import pandas as pd

from optimizer.inputs.case import Case
from optimizer.model.build import build_model
from optimizer.model.placement import accelerators_for_all
from optimizer.plan.reliability_tables import PROTECTION_LEVELS
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model

LEVELS: Final = (0.0, 0.5, 1.0)

UNDONE_TOLERANCE: Final = 1e-6
"""Value of work left undone, in million yuan, below which two levels do the same work."""


def at_level(case: Case, level: float) -> Case:
    """Return a case whose protected shares hold at another level.

    Parameters
    ----------
    case
        A case with protection switched on.
    level
        From 0, nothing, to 1, the shares as given.
    """
    protection = dataclasses.replace(case.derived.protection, level=level)
    return dataclasses.replace(
        case, derived=dataclasses.replace(case.derived, protection=protection)
    )


def protection_levels(case: Case) -> pd.DataFrame:
    """Return the least cost of every level; empty where protection is switched off.

    Parameters
    ----------
    case
        The case.

    Returns
    -------
    pandas.DataFrame
        The table :data:`~optimizer.plan.reliability_tables.PROTECTION_LEVELS`.

    Examples
    --------
    >>> from optimizer import read_case
    >>> protection_levels(read_case("tiny")).empty
    True
    """
    records: list[dict[str, float]] = []
    given = case.derived.protection.level
    for level in sorted({*LEVELS, given}) if given > 0.0 else ():
        model, _sets = build_model(at_level(case, level))
        solution = solve_model(model, SolveOptions(relaxed=True)).solution
        if not solution.status.has_plan:
            continue
        records.append(
            {
                "level": level,
                "least_cost_million_yuan": solution.objective,
                "undone_million_yuan": solution.unserved_value,
                "protected_share": level * protected_part(case),
            }
        )
    frame = pd.DataFrame(records, columns=PROTECTION_LEVELS.column_names, dtype=float)
    if len(frame):
        cost, undone = frame["least_cost_million_yuan"], frame["undone_million_yuan"]
        same = undone <= undone.iloc[0] + UNDONE_TOLERANCE
        frame["extra_million_yuan"] = np.where(same, cost - cost.iloc[0], np.nan)
        hundredths = frame["protected_share"].to_numpy() * 100.0
        each = np.full(len(frame), np.nan)
        extra_yuan = frame["extra_million_yuan"].to_numpy() * 1e6
        np.divide(extra_yuan, hundredths, out=each, where=hundredths > 0.0)
        frame["yuan_per_protected_share"] = each
    return frame


def protected_part(case: Case) -> float:
    """Return the protected share of the services' demand for accelerators at level 1.

    Each service counts with the accelerators that it keeps busy on the type it runs best on.
    """
    busy = np.nanmin(accelerators_for_all(case), axis=1)
    return float(busy @ case.derived.protection.given / busy.sum())
