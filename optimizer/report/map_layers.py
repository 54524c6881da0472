"""The layers that colour the provinces of the interactive map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from optimizer.labels import Text
from optimizer.report.basemap import PROVINCIAL_UNITS
from optimizer.report.map_content import SCALES, Layer
from optimizer.report.plan_map import LAYERS, site_layer
from optimizer.report.report_run import View

DEMAND: Final = "demand"


@dataclass(frozen=True, slots=True)
class MapLayer:
    """One layer: name, unit and colours from low to high."""

    title: Text
    unit: Text
    ramp: tuple[str, ...]
    breaks: tuple[float, ...]


_DEMAND_BREAKS: Final = (50.0, 100.0, 200.0, 400.0, 800.0, 1600.0)

MAP_LAYERS: Final[dict[str, MapLayer]] = {
    **{name: MapLayer(*LAYERS[name], SCALES[name].colours, SCALES[name].breaks) for name in SCALES},
    DEMAND: MapLayer(
        Text("Traffic of the demand in the peak hour", "高峰小时需求流量"),
        Text("Gbit/s", "Gbit/s"),
        ("#f4f7fb", "#d3e0ef", "#a5bfdd", "#7196c4"),
        _DEMAND_BREAKS,
    ),
}


def layer_values(view: View, layer: str) -> dict[str, float]:
    """Return the value of a layer by administrative code; provinces without one are left out."""
    if layer != DEMAND:
        assert layer in SCALES
        known: Layer = layer
        return site_layer(view.case, known)
    regions = view.case.tables["regions"].frame
    provinces = view.case.tables["provinces"].frame
    code = dict(
        zip(
            provinces["province"].astype(str),
            provinces["adcode"].astype(int).astype(str),
            strict=True,
        )
    )
    province = dict(
        zip(regions["region"].astype(str), regions["province"].astype(str), strict=True)
    )
    values: dict[str, float] = {}
    by_region = view.rows("placements").groupby("region")["peak_gbps"].sum()
    for region, gbps in by_region.items():
        adcode = code[province[str(region)]]
        if adcode in PROVINCIAL_UNITS:
            values[adcode] = values.get(adcode, 0.0) + float(gbps)
    return dict(sorted(values.items()))
