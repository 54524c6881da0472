"""Inference demand by region and service, and the accelerator time it takes.

Demand of service ``w`` in region ``i`` in million requests a day, ``rho`` its weight::

    D[i, w] = requests_per_s_w * 86,400 / 1e6 * rho_i / sum(rho)

Accelerator-seconds of a request on accelerator ``a``::

    tau[w, a] = input_tokens / prefill_tokens_per_s + output_tokens / decode_tokens_per_s
    tau[w, a] = 1 / requests_per_s                    (services not counted in tokens)

Profiles are scaled so that their mean over the year is one. The load of batch services that may
move within the day is counted apart, under the name of its profile and ``_flexible``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.typical_days import Calendar
from optimizer.units import HOURS_PER_DAY, SECONDS_PER_DAY


@dataclass(frozen=True, slots=True)
class Demand:
    """Inference demand.

    Parameters
    ----------
    requests
        ``(I, W)`` million requests a day.
    seconds
        ``(W, A)`` accelerator-seconds a request; NaN where the service cannot run.
    profiles
        Names of the profiles in use, sorted.
    profile_of
        ``(W,)`` row of each service's profile.
    shape
        ``(P, D, 24)`` load relative to the yearly mean.
    flexible_share
        ``(P,)`` share of the load that may move within the day.
    peak_gbps
        ``(I, W)`` data rate in the peak hour, the larger of both directions, in Gbit/s.
    budget_ms
        ``(W,)`` network round trip that a request leaves; infinite without a target.
    """

    requests: NDArray[np.float64]
    seconds: NDArray[np.float64]
    profiles: tuple[str, ...]
    profile_of: NDArray[np.int64]
    shape: NDArray[np.float64]
    flexible_share: NDArray[np.float64]
    peak_gbps: NDArray[np.float64]
    budget_ms: NDArray[np.float64]

    @property
    def by_hour(self) -> NDArray[np.float64]:
        """``(P, D * 24)`` the shapes with the hours of all days in a row, also without profiles."""
        return self.shape.reshape(len(self.profiles), math.prod(self.shape.shape[1:]))


def demand(
    regions: pd.DataFrame,
    services: pd.DataFrame,
    service_rates: pd.DataFrame,
    profiles: pd.DataFrame,
    accelerators: pd.DataFrame,
    *,
    calendar: Calendar,
) -> Demand:
    """Return the demand of checked tables."""
    weights = {
        "online": regions["online_share"].to_numpy(dtype=float),
        "population": regions["population"].to_numpy(dtype=float),
        "gdp": regions["gdp_100m_yuan"].to_numpy(dtype=float),
    }
    share = (
        np.array([weights[name] / weights[name].sum() for name in services["region_weight"]])
        .reshape(len(services), len(regions))
        .T
    )
    rate = services["requests_per_s"].to_numpy(dtype=float)
    flexible = services["flexible_share"].fillna(0.0).to_numpy(dtype=float)
    counted_as = [
        counted_profile(name, share)
        for name, share in zip(services["profile"], flexible, strict=True)
    ]
    names, shape = _shapes(services, counted_as, profiles, calendar)
    profile_row = {name: row for row, name in enumerate(names)}
    profile_of = np.array([profile_row[name] for name in counted_as], dtype=np.int64)
    flexible_share = np.zeros(len(names))
    flexible_share[profile_of] = flexible
    peak_factor = shape.max(axis=(1, 2))[profile_of] if len(names) else np.zeros(0)
    bytes_per_request = services[["bytes_in_per_request", "bytes_out_per_request"]].max(axis=1)
    gbps = bytes_per_request.to_numpy(dtype=float) * 8.0 * rate * peak_factor / 1e9
    target = services["target_ms"].to_numpy(dtype=float)
    budget = (target - services["compute_p99_ms"].to_numpy(dtype=float)) / services[
        "round_trips"
    ].to_numpy(dtype=float)
    return Demand(
        requests=share * rate * SECONDS_PER_DAY / 1e6,
        seconds=_seconds(services, service_rates, accelerators),
        profiles=names,
        profile_of=profile_of,
        shape=shape,
        flexible_share=flexible_share,
        peak_gbps=share * gbps,
        budget_ms=np.where(np.isnan(target), np.inf, budget),
    )


def counted_profile(profile: str, flexible_share: float) -> str:
    """Return the name under which the load of a service is counted.

    Examples
    --------
    >>> counted_profile("flat", 0.0), counted_profile("flat", 0.3)
    ('flat', 'flat_flexible')
    """
    return f"{profile}_flexible" if flexible_share > 0.0 else profile


def _shapes(
    services: pd.DataFrame, counted_as: Sequence[str], profiles: pd.DataFrame, calendar: Calendar
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    profile_of = dict(zip(counted_as, services["profile"], strict=True))
    names = tuple(sorted(profile_of))
    shape = np.empty((len(names), len(calendar.days), HOURS_PER_DAY))
    for row, name in enumerate(names):
        hours = profiles[profiles["profile"] == profile_of[name]].sort_values("hour")
        load = hours["relative_load"].to_numpy(dtype=float)
        shape[row] = load / load.mean()
    return names, shape


def _seconds(
    services: pd.DataFrame, service_rates: pd.DataFrame, accelerators: pd.DataFrame
) -> NDArray[np.float64]:
    service_row = {name: row for row, name in enumerate(services["service"])}
    accelerator_row = {name: row for row, name in enumerate(accelerators["accelerator"])}
    seconds = np.full((len(services), len(accelerators)), np.nan)
    inputs = services["input_tokens"].to_numpy(dtype=float)
    outputs = services["output_tokens"].to_numpy(dtype=float)
    for service, accelerator, prefill, decode, rate in service_rates[
        ["service", "accelerator", "prefill_tokens_per_s", "decode_tokens_per_s", "requests_per_s"]
    ].itertuples(index=False):
        row = service_row[service]
        by_token = np.isnan(rate)
        seconds[row, accelerator_row[accelerator]] = (
            inputs[row] / prefill + outputs[row] / decode if by_token else 1.0 / rate
        )
    return seconds
