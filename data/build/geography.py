"""Distances on the globe."""

from __future__ import annotations

import math
from typing import Final

EARTH_RADIUS_KM: Final = 6371.0


def great_circle_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the great-circle distance between two points in km.

    Parameters
    ----------
    one, other
        Longitude and latitude in degrees.

    Examples
    --------
    >>> round(great_circle_km((116.3972, 39.9075), (121.4581, 31.2222)))
    1068
    """
    longitude_1, latitude_1, longitude_2, latitude_2 = map(math.radians, (*one, *other))
    haversine = (
        math.sin((latitude_2 - latitude_1) / 2) ** 2
        + math.cos(latitude_1)
        * math.cos(latitude_2)
        * math.sin((longitude_2 - longitude_1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(haversine))
