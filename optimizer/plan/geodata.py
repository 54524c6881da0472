"""Sites and flows as GeoPackages for a geographic information system."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import pyogrio
from shapely.geometry import LineString, Point

from optimizer.inputs.case import Case
from optimizer.plan.plan import Plan

LONGITUDE_LATITUDE: Final = "EPSG:4326"
_FIXED_DATE: Final = "2000-01-01T00:00:00Z"


def service_flows(case: Case, plan: Plan) -> pd.DataFrame:
    """Return the peak data rate from every region to every site that serves it.

    Returns
    -------
    pandas.DataFrame
        ``region``, ``site``, ``peak_gbps``, ``requests_million_per_day`` and the coordinates
        ``origin_lon``, ``origin_lat``, ``lon``, ``lat`` in degrees, sorted by region and site.
    """
    placed = plan.tables["placements"]
    flows = placed.groupby(["region", "site"], as_index=False)[
        ["peak_gbps", "requests_million_per_day"]
    ].sum()
    regions = case.tables["regions"].frame.set_index("region")
    sites = case.tables["sites"].frame.set_index("site")
    return flows.assign(
        origin_lon=flows["region"].map(regions["lon"]).astype(float),
        origin_lat=flows["region"].map(regions["lat"]).astype(float),
        lon=flows["site"].map(sites["lon"]).astype(float),
        lat=flows["site"].map(sites["lat"]).astype(float),
    )


def write_geodata(case: Case, plan: Plan, folder: Path) -> None:
    """Write ``sites.gpkg`` and ``flows.gpkg``; equal plans give equal bytes.

    Parameters
    ----------
    case, plan
        What to write.
    folder
        Folder to write into.
    """
    sites = case.tables["sites"].frame
    merged = sites[["site", "name_zh", "name_en", "province", "is_cluster", "lon", "lat"]].merge(
        plan.tables["sites"], on="site", validate="one_to_one"
    )
    points = [Point(lon, lat) for lon, lat in zip(merged["lon"], merged["lat"], strict=True)]
    flows = service_flows(case, plan)
    ends = ["origin_lon", "origin_lat", "lon", "lat"]
    lines = [
        LineString([(row[0], row[1]), (row[2], row[3])])
        for row in flows[ends].to_numpy(dtype=float).tolist()
    ]
    # The driver stamps every layer with the time of day unless told otherwise.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _FIXED_DATE})
    try:
        for name, frame, shapes in (
            ("sites", merged, points),
            ("flows", flows.drop(columns=ends), lines),
        ):
            gpd.GeoDataFrame(frame, geometry=shapes, crs=LONGITUDE_LATITUDE).to_file(
                folder / f"{name}.gpkg", driver="GPKG", layer=name
            )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
