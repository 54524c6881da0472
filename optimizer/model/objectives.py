"""What a plan may be the best at: each objective is a cost of columns, in a unit of its own.

    cost      yearly cost; with the facility boundary all of it but the accelerators
    carbon    emissions of the location-based ledger

A new objective is one entry of :data:`OBJECTIVES`, one title in
:data:`optimizer.labels.OBJECTIVES`, and one recomputation in
:mod:`optimizer.plan.verify_objectives`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.errors import UsageError
from optimizer.labels import OBJECTIVE_UNITS, Text
from optimizer.model.assembly import LinearModel
from optimizer.model.build import with_row

COST: Final = "cost"
IT: Final = "it"
FACILITY: Final = "facility"
BOUNDARIES: Final = (IT, FACILITY)
"""Cost with accelerators, and without."""

HELD_ROUNDING: Final = 1e-9
"""Part of a value by which it may be missed where it is held without tolerance."""


@dataclasses.dataclass(frozen=True, slots=True)
class Objective:
    """One objective, to be minimised.

    Parameters
    ----------
    name
        Its name, key of :data:`OBJECTIVES`.
    boundary
        ``it`` or ``facility`` for a cost, empty otherwise.
    weights
        ``(n,)`` what a unit of each column of a model adds to it.
    """

    name: str
    boundary: str
    weights: Callable[[LinearModel], NDArray[np.float64]]

    @property
    def unit(self) -> Text:
        """Unit of its value."""
        return OBJECTIVE_UNITS[self.name]

    @property
    def is_whole_cost(self) -> bool:
        """Whether it is the yearly cost, accelerators included."""
        return self.name == COST and self.boundary == IT

    def aimed(self, model: LinearModel) -> LinearModel:
        """Return a cost model with this objective."""
        return model if self.is_whole_cost else dataclasses.replace(model, cost=self.weights(model))

    def value(self, model: LinearModel, values: NDArray[np.float64]) -> float:
        """Return its value at a point of a cost model."""
        return float(self.weights(model) @ values)

    def held(self, model: LinearModel, limit: float) -> LinearModel:
        """Return a cost model whose points stay within a limit of this objective."""
        weights = self.weights(model)
        columns = np.flatnonzero(weights)
        return with_row(
            model, f"{self.name}_held", columns, weights[columns], self.unit.en, upper=limit
        )


def facility_cost(model: LinearModel) -> NDArray[np.float64]:
    """Return ``(n,)`` the cost of the columns without that of accelerators."""
    accelerators = model.cost_terms.get("accelerators")
    return model.cost if accelerators is None else model.cost - accelerators


def _location_carbon(model: LinearModel) -> NDArray[np.float64]:
    weights = np.zeros(model.shape[1])
    weights[model.ids_of("location_kt")] = 1.0
    return weights


def _unmatched_energy(model: LinearModel) -> NDArray[np.float64]:
    """Return the energy that no green power of its own hour meets, at the sites in the scope."""
    weights = np.zeros(model.shape[1])
    counted_blocks = model.columns_of("credit_gwh")
    if not counted_blocks:
        raise UsageError(
            Text(
                "no site is matched by the hour; enable a policy of kind green_share_hourly_min "
                "(its value may be 0) for the sites to count",
                "没有站点进行逐时匹配；请为相关站点启用 green_share_hourly_min 政策（限值可为 0）",
            )
        )
    energies = {block.period: block for block in model.columns_of("energy")}
    for credit in counted_blocks:
        energy = energies[credit.period]
        counted = np.isin(energy.index["site"], credit.index["site"])
        weights[energy.ids[counted]] = 1.0
        weights[credit.ids] = -1.0
    return weights


OBJECTIVES: Final = MappingProxyType(
    {
        COST: Objective(COST, IT, lambda model: model.cost),
        "carbon": Objective("carbon", "", _location_carbon),
        "unmatched": Objective("unmatched", "", _unmatched_energy),
    }
)
"""The objectives by name."""

_FACILITY_COST: Final = Objective(COST, FACILITY, facility_cost)


def objectives_of(names: tuple[str, ...], boundary: str) -> tuple[Objective, ...]:
    """Return the objectives of some names, first to last.

    Raises
    ------
    UsageError
        If a name or the boundary is unknown, a name stands twice, or there is none.

    Examples
    --------
    >>> [objective.boundary for objective in objectives_of(("carbon", "cost"), "facility")]
    ['', 'facility']
    """
    if not names or len(set(names)) < len(names) or set(names) - set(OBJECTIVES):
        raise UsageError(
            Text(
                "{given} is no list of objectives; give one or more of {known}, each once, as in "
                "carbon,cost",
                "{given} 不是有效的目标；请从 {known} 中选一个或多个，不可重复，如 carbon,cost",
            ).filled(given=",".join(names) or "''", known=", ".join(OBJECTIVES))
        )
    if boundary not in BOUNDARIES:
        raise UsageError(
            Text(
                "{given} is no boundary; give {known}", "{given} 不是有效的口径；可用 {known}"
            ).filled(given=boundary, known=", ".join(BOUNDARIES))
        )
    found = (OBJECTIVES[name] for name in names)
    return tuple(
        _FACILITY_COST if item.name == COST and boundary == FACILITY else item for item in found
    )


def holding_purchases(model: LinearModel, values: NDArray[np.float64]) -> LinearModel:
    """Return the model with the accelerators bought of each type as at a point, wherever.

    Parameters
    ----------
    model
        The cost model.
    values
        ``(n,)`` the base plan.
    """
    for bought in model.columns_of("bought"):
        card = bought.index["accelerator"]
        for number in np.unique(card):
            columns = bought.ids[card == number]
            total = float(values[columns].sum())
            model = with_row(
                model,
                f"purchases_{bought.period}_{number}_held",
                columns,
                np.ones(len(columns)),
                bought.unit,
                lower=total,
                upper=total,
            )
    return model
