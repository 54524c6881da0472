"""Shapes of the interactive map on one plane: provinces, dashes, islands, pies and flows.

All coordinates are kilometres in the equal-area projection of the static maps, so that areas of
provinces and pies compare honestly and the page needs no projection of its own.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from optimizer.report.basemap import Basemap, Frame

PLANE: Final = Frame(0.0, 0.0, 1000.0)
"""Kilometres from the origin of the projection."""

TOLERANCE_KM: Final = 2.0
SMALL_UNITS: Final = frozenset({"810000", "820000"})
"""Hong Kong and Macao lose their shape when they are simplified."""

ISLET_KM2: Final = 60.0
ISLET_NORTH_KM: Final = 2200.0
"""Islands of the South China Sea below these limits are also drawn as dots: they are too small
to be seen as shapes."""


def province_features(basemap: Basemap) -> list[dict[str, Any]]:
    """Return the 34 provincial units as GeoJSON features on the plane."""
    frame = basemap.provinces
    shapes = PLANE.shapes(frame)
    thin = shapely.coverage_simplify(shapes, TOLERANCE_KM)
    features = []
    for code, en, zh, shape, simple in zip(
        frame["adcode"], frame["en"], frame["short"], shapes, thin, strict=True
    ):
        drawn = shape if code in SMALL_UNITS else simple
        features.append(_feature(drawn, {"adcode": str(code), "en": str(en), "zh": str(zh)}))
    return features


def dash_features(basemap: Basemap) -> list[dict[str, Any]]:
    """Return the ten dashes as GeoJSON features on the plane."""
    return [_feature(shape, {}) for shape in PLANE.shapes(basemap.dashes)]


def islands(basemap: Basemap) -> list[dict[str, float]]:
    """Return a point for each small island of the South China Sea."""
    hainan = PLANE.shapes(basemap.provinces[basemap.provinces["adcode"] == "460000"])[0]
    return [
        {"x": round(part.centroid.x, 1), "y": round(part.centroid.y, 1)}
        for part in hainan.geoms
        if part.area < ISLET_KM2 and part.centroid.y < ISLET_NORTH_KM
    ]


def _feature(shape: Any, properties: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    geometry = shapely.geometry.mapping(shapely.transform(shape, lambda xy: np.round(xy, 1)))
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def wedge(centre: NDArray[np.float64], radius: float, start: float, share: float) -> dict[str, Any]:
    """Return a slice of a pie as a GeoJSON polygon, clockwise from the top.

    Parameters
    ----------
    centre
        ``(2,)`` kilometres on the plane.
    radius
        Kilometres.
    start, share
        Where the slice begins and how much of the circle it fills, both from 0 to 1.
    """
    steps = max(3, math.ceil(36 * share))
    angles = 2.0 * np.pi * (start + share * np.linspace(0.0, 1.0, steps + 1))
    rim = centre + radius * np.column_stack([np.sin(angles), np.cos(angles)])
    ring = rim if share >= 1.0 else np.vstack([centre, rim])
    closed = np.round(np.vstack([ring, ring[:1]]), 1)
    return {"type": "Polygon", "coordinates": [closed.tolist()]}


def curve(start: NDArray[np.float64], end: NDArray[np.float64]) -> dict[str, Any]:
    """Return a bent line from one place to another, which curves to its left."""
    along = end - start
    bend = 0.16 * np.array([-along[1], along[0]])
    middle = (start + end) / 2.0 + bend
    t = np.linspace(0.0, 1.0, 15)[:, None]
    points = (1 - t) ** 2 * start + 2 * t * (1 - t) * middle + t**2 * end
    return {"type": "LineString", "coordinates": np.round(points, 1).tolist()}


def plane_ratio(basemap: Basemap) -> float:
    """Return height over width of everything that the map shows."""
    shapes = [*PLANE.shapes(basemap.provinces), *PLANE.shapes(basemap.dashes)]
    west, south, east, north = shapely.total_bounds(np.asarray(shapes))
    return round(float((north - south) / (east - west)), 4)
