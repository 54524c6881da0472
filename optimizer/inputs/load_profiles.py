"""Profiles that loads are counted by: services' profiles, idle power, training by day.

A load of ``x`` MW of profile ``p`` draws ``x * shape[p, d, h]`` MW in hour ``h`` of typical day
``d``. Services and idle power have a yearly mean of one; the load ``training_<day>`` is the mean
over its own typical day and draws nothing on others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.units import HOURS_PER_DAY

IDLE = "idle"


@dataclass(frozen=True, slots=True)
class LoadProfiles:
    """All profiles of loads.

    Parameters
    ----------
    names
        Services' profiles, ``idle``, then ``training_<typical day>``.
    shape
        ``(P, D, 24)``.
    service_count
        How many of them belong to services.
    """

    names: tuple[str, ...]
    shape: NDArray[np.float64]
    service_count: int

    @property
    def idle(self) -> int:
        """Row of idle power."""
        return self.service_count

    @property
    def training(self) -> NDArray[np.int64]:
        """Rows of training, by typical day."""
        return np.arange(self.service_count + 1, len(self.names), dtype=np.int64)


def load_profiles(
    service_profiles: Sequence[str], service_shape: NDArray[np.float64], days: Sequence[str]
) -> LoadProfiles:
    """Return the profiles of loads.

    Parameters
    ----------
    service_profiles, service_shape
        Names and ``(P, D, 24)`` shapes of the services' profiles.
    days
        Names of the typical days.
    """
    count = len(days)
    idle = np.ones((1, count, HOURS_PER_DAY))
    training = np.zeros((count, count, HOURS_PER_DAY))
    training[np.arange(count), np.arange(count)] = 1.0
    return LoadProfiles(
        names=(*service_profiles, IDLE, *(f"training_{day}" for day in days)),
        shape=np.concatenate([service_shape, idle, training]),
        service_count=len(service_profiles),
    )
