"""How far bandwidth matters: the least cost with leases and upgrades ten times as dear.

Over the LP relaxation::

    before = min  cost @ x
    after  = min (cost + (factor - 1) * network) @ x,   network = leases and upgrades

``after`` starts from the optimum of ``before``, so that of equally cheap places the same stay.
What moves is half the sum over sites of the change of yearly IT energy.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.errors import SolverError
from optimizer.inputs.case import Case
from optimizer.labels import Text
from optimizer.model.assembly import LinearModel
from optimizer.plan.path_tables import BANDWIDTH_EFFECT
from optimizer.plan.plan import profile_hours
from optimizer.solve.living import NEARLY, LivingModel

PRICE_FACTOR: Final = 10.0
NETWORK_TERMS: Final = ("network_lease", "network_upgrade")


def bandwidth_effect(
    case: Case, model: LinearModel, *, price_factor: float = PRICE_FACTOR
) -> pd.DataFrame:
    """Return what moves, and what it costs, when bandwidth is dearer.

    Parameters
    ----------
    case
        The case.
    model
        Its cost model.
    price_factor
        Factor on leases and upgrades.

    Returns
    -------
    pandas.DataFrame
        One row of the table ``bandwidth_effect``.

    Examples
    --------
    >>> from optimizer.inputs.case import read_case
    >>> from optimizer.model.build import build_model, serving_everything
    >>> case = read_case("tiny")
    >>> same = bandwidth_effect(case, serving_everything(build_model(case)[0]), price_factor=1.0)
    >>> same[["cost_rise_million_yuan", "moved_it_energy_share"]].iloc[0].tolist()
    [0.0, 0.0]
    """
    network = np.zeros(model.shape[1])
    for term in NETWORK_TERMS:
        network += model.cost_terms[term]
    living = LivingModel(model, open_share=NEARLY)
    before = living.solve()
    living.set_costs(model.cost + (price_factor - 1.0) * network)
    after = living.solve()
    if before is None or after is None:
        raise SolverError(
            Text("the LP of the plan has no point any more", "方案的线性规划已无可行解")
        )
    energy = _it_energy(case, model, before.values)
    moved = 0.5 * float(np.abs(_it_energy(case, model, after.values) - energy).sum())
    rise = after.objective - before.objective
    return pd.DataFrame(
        [
            {
                "price_factor": price_factor,
                "network_million_yuan": float(network @ before.values),
                "network_after_million_yuan": price_factor * float(network @ after.values),
                "cost_rise_million_yuan": rise,
                "cost_rise_share": rise / before.objective if before.objective > 0.0 else 0.0,
                "moved_it_energy_share": moved / energy.sum() if energy.sum() > 0.0 else 0.0,
            }
        ],
        columns=BANDWIDTH_EFFECT.column_names,
    )


def _it_energy(case: Case, model: LinearModel, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``(S,)`` IT energy of the sites in GWh a year."""
    load = model.columns["load"]
    energy = np.zeros(len(case.tables["sites"].frame))
    hours = profile_hours(case)[load.index["profile"]]
    np.add.at(energy, load.index["site"], values[load.slice] * hours / 1e3)
    return energy
