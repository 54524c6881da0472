"""What a plan map shows, and the classes and formats of its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap, to_hex

from optimizer.labels import WORKLOAD_KINDS, Text
from optimizer.report.basemap import PROVINCIAL_UNITS

Layer = Literal["price", "green_share", "carbon"]

WORKLOAD_COLOURS: Final = {"training": "#d1495b", "inference": "#00798c", "batch": "#edae49"}
"""Also the order of the slices. Under each common kind of colour blindness the colours stay
apart: the least CIELAB difference is 23, of training and inference under protanopia."""


class Kind(NamedTuple):
    """What a slice of a pie or an arrow stands for: its colour and its word in the key."""

    colour: str
    label: Text


WORKLOADS: Final[Mapping[str, Kind]] = {
    kind: Kind(colour, WORKLOAD_KINDS[kind]) for kind, colour in WORKLOAD_COLOURS.items()
}
ONE_KIND: Final[Mapping[str, Kind]] = {"": Kind("#31446b", Text("traffic", "流量"))}
"""Arrows that are all alike, which the key need not tell apart."""


MEAN_LOAD: Final = Text("Mean IT load (MW)", "平均 IT 负荷（MW）")
WITHOUT_LOAD: Final = Text("site without load", "无负荷的站点")


class Scale(NamedTuple):
    """Colours from low to high, and the limits between the classes, the outer ones open."""

    colours: tuple[str, ...]
    breaks: tuple[float, ...]


SCALES: Final[dict[Layer, Scale]] = {
    "price": Scale(
        ("#f8f6fb", "#dfd9ec", "#bbb0d8", "#9285ba"), (0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
    ),
    "green_share": Scale(("#f7f5ea", "#dfe9cb", "#b2d4a6", "#74b48b"), (15, 20, 25, 30, 40, 60)),
    "carbon": Scale(
        ("#f8f5f1", "#e8dfd4", "#cbbcab", "#a8957f"), (0.2, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65)
    ),
}
"""The same classes on every map of a kind, so that maps compare. Lightness falls steadily:
the order reads without seeing hues. The limits are round and part the provinces of 2023 to
2026 (yuan/kWh, %, kg CO2/kWh) into classes of similar size."""


@dataclass(frozen=True, slots=True, eq=False)
class MapContent:
    """What a plan map shows; plain values, filled by the caller from a plan.

    Parameters
    ----------
    title, subtitle, footnote
        Lines above and below the map. The source of the boundaries and the note on map
        review are added below the footnote.
    layer
        What the colours of the provinces mean; chooses the scale.
    layer_label, layer_unit
        Name and unit of the layer.
    layer_values
        Value by administrative code: yuan/kWh, % or kg CO2/kWh. Units that are
        absent or NaN are hatched as "no data".
    sites
        One row a site: ``site``, ``name_zh``, ``name_en``, ``lon``, ``lat`` (degrees),
        ``is_cluster``, and a column ``<kind>_mw`` for each of ``kinds``.
    flows
        One row a flow: ``origin_lon``, ``origin_lat`` (degrees), ``site``, ``value`` and, of
        several ``flow_kinds``, ``kind``. Rows of the same origin, site and kind are added.
    flow_label, flow_unit
        Name and unit of ``value``.
    breaks
        Ascending class limits instead of those of the layer, in its unit.
    kinds, flow_kinds
        What the slices and the arrows stand for, in the order of the slices.
    size_label, ring_label
        What the size of a pie means, and what a ring is.
    second_lines
        What stands below the name of a site, instead of its total.
    largest_flows
        Number of flows that are drawn at most.
    labelled_metros
        Number of sites that are no cluster and still get a label, the largest ones.

    Raises
    ------
    ValueError
        If a number is negative or missing, a code unknown, a site repeated or unknown.
    """

    title: Text
    subtitle: Text
    layer: Layer
    layer_label: Text
    layer_unit: Text
    layer_values: Mapping[str, float]
    sites: pd.DataFrame
    flows: pd.DataFrame
    flow_label: Text
    flow_unit: Text
    footnote: Text
    breaks: tuple[float, ...] = ()
    kinds: Mapping[str, Kind] = field(default_factory=lambda: WORKLOADS)
    flow_kinds: Mapping[str, Kind] = field(default_factory=lambda: ONE_KIND)
    size_label: Text = MEAN_LOAD
    ring_label: Text = WITHOUT_LOAD
    second_lines: Mapping[str, Text] = field(default_factory=dict)
    largest_flows: int = 25
    labelled_metros: int = 6

    def __post_init__(self) -> None:
        """Refuse content that would draw a wrong map."""
        unknown = sorted(set(self.layer_values) - set(PROVINCIAL_UNITS))
        if unknown:
            raise ValueError(f"values of unknown provincial units: {unknown}")
        if list(self.breaks) != sorted(set(self.breaks)):
            raise ValueError("breaks must ascend")
        loads = [f"{kind}_mw" for kind in self.kinds]
        for name, frame, columns in (
            ("sites", self.sites, ["lon", "lat", *loads]),
            ("flows", self.flows, ["origin_lon", "origin_lat", "value"]),
        ):
            cells = frame[columns].to_numpy(dtype=float)
            if not np.isfinite(cells).all() or (cells < 0).any():
                raise ValueError(f"{name} hold negative or missing numbers")
        if self.sites["site"].duplicated().any():
            raise ValueError("sites are repeated")
        if not set(self.flows["site"]) <= set(self.sites["site"]):
            raise ValueError("flows lead to unknown sites")
        if not set(self.flows.get("kind", [])) <= set(self.flow_kinds):
            raise ValueError("flows are of unknown kinds")


def class_colours(ramp: Sequence[str], count: int) -> list[str]:
    """Return ``count`` colours from a ramp, from its first to its last."""
    colours = LinearSegmentedColormap.from_list("ramp", list(ramp))
    return [to_hex(colours(share)) for share in np.linspace(0.0, 1.0, count)]


def short_number(value: float) -> str:
    """Return a number as short as it reads well.

    Examples
    --------
    >>> short_number(1240.4), short_number(37.2), short_number(2.54), short_number(0.03)
    ('1,240', '37', '2.5', '0.03')
    """
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def megawatts(load_mw: float) -> str:
    """Return a load in MW: whole numbers from ten upwards, at most one decimal below.

    Examples
    --------
    >>> megawatts(372.4), megawatts(9.96), megawatts(2.0), megawatts(0.04)
    ('372', '10', '2', '<0.1')
    """
    if 0 < load_mw < 0.05:
        return "<0.1"
    return f"{load_mw:,.0f}" if load_mw >= 9.95 else f"{load_mw:.1f}".removesuffix(".0")
