"""How large a gang each site could ever hold."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from optimizer.inputs.cooling import Cooling
from optimizer.inputs.hardware import Hardware
from optimizer.tables.frames import TypedTable


def largest_gangs(
    tables: Mapping[str, TypedTable], hardware: Hardware, cooling: Cooling
) -> NDArray[np.float64]:
    """Return ``(S, A)`` the largest gang of one type a site could ever hold, in thousand.

    The site's fabric, its fleet and the national supply bound the number; AI-ready power, power
    under construction and the yearly build limit bound the power, less what the other types'
    fleet takes.
    """
    sites = tables["sites"].frame
    count = (hardware.fleet + hardware.supply) * tables["accelerators"].frame[
        "availability"
    ].to_numpy(dtype=float)
    fabric = sites["largest_gang"].to_numpy(dtype=float)[:, None] / 1e3
    power = free_power_mw(tables) + buildable_mw(tables, cooling)
    others = (hardware.fleet * hardware.maximum_kw).sum(axis=1)[:, None] - (
        hardware.fleet * hardware.maximum_kw
    )
    by_power = np.maximum(power[:, None] - others, 0.0) / hardware.maximum_kw
    ceiling: NDArray[np.float64] = np.minimum(np.minimum(count, fabric), by_power)
    return ceiling


def free_power_mw(tables: Mapping[str, TypedTable]) -> NDArray[np.float64]:
    """Return ``(S,)`` AI-ready power that exists in the planned year, in MW of IT."""
    sites = tables["sites"].frame
    year = int(tables["times"].frame["period"].iloc[0])
    arrived = (sites["under_construction_year"] <= year).to_numpy(dtype=float)
    power: NDArray[np.float64] = sites["ai_ready_it_mw"].to_numpy(dtype=float) + arrived * sites[
        "under_construction_it_mw"
    ].to_numpy(dtype=float)
    return power


def buildable_mw(tables: Mapping[str, TypedTable], cooling: Cooling) -> NDArray[np.float64]:
    """Return ``(S,)`` new power that a site could get in the year, in MW of IT."""
    modules = tables["modules"].frame
    new_modules = modules["kind"].to_numpy() == "new"
    size = modules["it_mw"].to_numpy(dtype=float) * modules["maximum_per_site"].to_numpy(
        dtype=float
    )
    power: NDArray[np.float64] = np.minimum(
        tables["sites"].frame["build_limit_mw"].to_numpy(dtype=float),
        (cooling.allowed[:, new_modules] * size[new_modules]).sum(axis=1),
    )
    return power
