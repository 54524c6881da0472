"""PUE by module, site and typical day.

``PUE[s, k, d] = base_k + slope_k * max(0, T[s, month of d] - threshold_k)``

and the design-day PUE is the same with the site's design temperature. It sizes grid
connections and contracted demand; the monthly one prices energy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.typical_days import Calendar
from optimizer.units import MONTHS_PER_YEAR


@dataclass(frozen=True, slots=True)
class Cooling:
    """PUE and the modules each site may have.

    Parameters
    ----------
    pue
        ``(S, K, D)``.
    design_pue
        ``(S, K)``.
    annual_pue
        ``(S, K)`` mean over the year of a constant load.
    allowed
        ``(S, K)`` whether the site may have the module.
    """

    pue: NDArray[np.float64]
    design_pue: NDArray[np.float64]
    annual_pue: NDArray[np.float64]
    allowed: NDArray[np.bool_]


def cooling(
    sites: pd.DataFrame, modules: pd.DataFrame, climate: pd.DataFrame, calendar: Calendar
) -> Cooling:
    """Return the PUE of every module at every site, from checked tables."""
    site_row = {site: row for row, site in enumerate(sites["site"])}
    temperature = np.full((len(sites), MONTHS_PER_YEAR), np.nan)
    rows = climate["site"].map(site_row).to_numpy(dtype=np.int64)
    temperature[rows, climate["month"].to_numpy() - 1] = climate["mean_temperature_c"].to_numpy()

    base = modules["pue_base"].to_numpy()
    slope = modules["pue_slope_per_c"].to_numpy()
    threshold = modules["pue_threshold_c"].to_numpy()

    def pue_at(celsius: NDArray[np.float64]) -> NDArray[np.float64]:
        excess = np.maximum(0.0, celsius[..., None] - threshold)
        value: NDArray[np.float64] = base + slope * excess
        return value

    by_day = pue_at(temperature[:, calendar.month - 1]).transpose(0, 2, 1)
    is_cluster = sites["is_cluster"].to_numpy(dtype=bool)[:, None]
    site_class = modules["site_class"].to_numpy()[None, :]
    allowed = (
        (site_class == "any")
        | ((site_class == "cluster") & is_cluster)
        | ((site_class == "metro") & ~is_cluster)
    )
    return Cooling(
        pue=by_day,
        design_pue=pue_at(sites["design_temperature_c"].to_numpy()),
        annual_pue=(by_day * calendar.weight).sum(axis=2) / calendar.weight.sum(),
        allowed=allowed,
    )
