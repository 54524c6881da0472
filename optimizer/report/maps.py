"""The static map of a plan: a province layer, site pies, flows and the South China Sea.

Everything is laid out in points of the figure (1/72 inch): projected metres are scaled to
points once, so that radii, text boxes and places share one unit. Placement uses no random
numbers and the file carries no date, so the same content gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Patch, PathPatch, Polygon, Rectangle, Wedge
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke

from optimizer.labels import Language, Text
from optimizer.report.basemap import HAINAN, PROVINCIAL_UNITS, TAIWAN, Basemap, Frame
from optimizer.report.fonts import Ruler, plan_font
from optimizer.report.map_content import (
    SCALES,
    MapContent,
    class_colours,
    megawatts,
    short_number,
)
from optimizer.report.map_layout import (
    Box,
    Floats,
    Obstacles,
    Point,
    arranged,
    grown,
    ribbon,
    round_below,
    spread,
)

__all__ = ["MapContent", "plan_figure"]

SIZE: Final = (792.0, 600.0)
"""Width and height of the figure in points."""
METRES_PER_POINT: Final = 7750.0
MAIN_FRAME: Final = Frame(
    -2_626_000.0 - 36.0 * METRES_PER_POINT, 1_800_000.0 - 24.0 * METRES_PER_POINT, METRES_PER_POINT
)
MAIN_BOX: Final[Box] = (0.0, 24.0, *SIZE)
"""The main map ends between Hainan and Xisha; the inset shows the rest."""

FINEST: Final = 0.06
"""Detail of an outline that may be left out, in points: a tenth of a pixel of the picture."""

INSET_BOX: Final[Box] = (678.0, 24.0, 782.0, 182.0)
INSET_METRES_PER_POINT: Final = 17_200.0
INSET_FRAME: Final = Frame(
    190_000.0 - INSET_BOX[0] * INSET_METRES_PER_POINT,
    150_000.0 - INSET_BOX[1] * INSET_METRES_PER_POINT,
    INSET_METRES_PER_POINT,
)

INK, GREY, FAINT, LINE, BACKGROUND = "#1c2430", "#565e69", "#9aa1aa", "#4a5058", "#fbfcfd"
LEGEND_TOP: Final = 136.0
"""Height of the first row of the keys; their headings stand above it."""

NOTES_SIZE, NOTES_HEIGHT = 6.4, 20.0
"""Size of the text below the map, and the height that is free for it: two lines."""

NO_DATA_COLOUR: Final = "#f0f1f3"
LARGEST_RADIUS, SMALLEST_PIE, DOT_RADIUS, RING_RADIUS = 21.0, 3.6, 2.1, 4.0
LARGEST_WIDTH, SMALLEST_WIDTH, SHORTEST_FLOW = 5.2, 0.8, 16.0
SAME_TOWN: Final = 3.0
"""A region whose centre lies within this distance of a site belongs to it (23 km), in points."""

SOURCE_LINE: Final = Text("Boundaries: {source}.", "底图数据：{source}。")
REVIEW_LINE: Final = Text(
    "Sketch map; public release in China needs its own map review.",
    "示意图，公开发布须另行送审。",
)
INSET_NAME: Final = Text("South China Sea Islands", "南海诸岛")
NO_DATA: Final = Text("no data", "无数据")
DOT: Final = Text("site below {n} MW", "不足 {n} MW 的站点")
LARGEST: Final = Text("largest {n} of {all}", "最大 {n} 条，共 {all} 条")
WITH_UNIT: Final = Text("{label} ({unit})", "{label}（{unit}）")


def plan_figure(
    content: MapContent, basemap: Basemap, font: Path, language: Language, dpi: int = 130
) -> Figure:
    """Return the figure that :func:`optimizer.report.map_pictures.draw_plan_map` writes.

    The ``gid`` of an artist begins with what it is: ``province:``, ``dash:``, ``islets``,
    ``pie:``, ``dot:``, ``ring:``, ``flow:``, ``label:``, ``name:``, ``leader``,
    ``legend`` or ``note``.

    Parameters
    ----------
    content, basemap, font, language, dpi
        As for :func:`optimizer.report.map_pictures.draw_plan_map`.

    Returns
    -------
    Figure
        With two axes, the main map and the inset, both in points of the figure.
    """
    with plan_font(font):
        figure = Figure(figsize=(SIZE[0] / 72, SIZE[1] / 72), dpi=dpi, facecolor=BACKGROUND)
        FigureCanvasAgg(figure)
        _Drawing(content, basemap, language, figure).draw()
    return figure


class _Site(NamedTuple):
    """A site with its true place, its drawn place and its size, in points."""

    code: str
    name: Text
    is_cluster: bool
    loads_mw: dict[str, float]
    true: Point
    place: Point
    radius: float

    @property
    def total_mw(self) -> float:
        return sum(self.loads_mw.values())


class _Drawing:
    """One map while it is drawn: the axes, and what is already where."""

    def __init__(
        self, content: MapContent, basemap: Basemap, language: Language, figure: Figure
    ) -> None:
        # rows in any order give the same picture; flows of several services are one arrow
        sites = content.sites.sort_values("site").reset_index(drop=True)
        flows = content.flows
        if "kind" not in flows:
            flows = flows.assign(kind=next(iter(content.flow_kinds)))
        ends = ["origin_lon", "origin_lat", "site", "kind"]
        total = flows.sort_values([*ends, "value"]).groupby(ends)["value"].sum()
        self.content = replace(content, sites=sites, flows=total.reset_index())
        self.basemap = basemap
        self.language: Language = language
        self.ruler = Ruler(figure)
        self.notes = self._noted()
        # a long footnote makes the picture taller instead of running into the legends
        bottom = min(0.0, NOTES_HEIGHT - self.ruler.size(self.notes, NOTES_SIZE)[1])
        figure.set_size_inches(SIZE[0] / 72, (SIZE[1] - bottom) / 72)
        self.main = _axes(figure, (0.0, bottom, *SIZE), bottom, "main")
        self.inset = _axes(figure, INSET_BOX, bottom, "inset")
        self.full_mw = max(1e-9, self._loads().sum(axis=1).max(initial=0.0))
        self.sites = self._laid_out()
        self.obstacles = Obstacles(
            limits=(4.0, 20.0, SIZE[0] - 4.0, SIZE[1] - 4.0),
            centres=np.array([site.place for site in self.sites]).reshape(-1, 2),
            radii=np.array([site.radius for site in self.sites]),
            boxes=[INSET_BOX],
        )

    def draw(self) -> None:
        """Draw everything, the ground first and the least important text last."""
        self._draw_ground(self.main, MAIN_FRAME, MAIN_BOX, 1.0)
        self._draw_ground(self.inset, INSET_FRAME, INSET_BOX, 0.7)
        self._draw_notes()
        widest = self._draw_flows()
        for site in self.sites:
            self._draw_site(site)
        self._draw_legends(widest)
        self._draw_names([TAIWAN])  # an island has no other place for its name
        self._draw_labels()
        self._draw_names([code for code in PROVINCIAL_UNITS if code != TAIWAN])

    def _say(self, text: Text, **values: object) -> str:
        return text.render(self.language, **values)

    def _write(
        self,
        place: Point,
        text: str,
        size: float,
        gid: str,
        *,
        halo: float = 0.0,
        **style: Any,  # noqa: ANN401
    ) -> None:
        """Write text in the main axes; a halo keeps it readable over lines and colours."""
        settings: dict[str, Any] = {
            "color": INK,
            "va": "center",
            "linespacing": 1.2,
            "zorder": 9,
        } | style
        written = self.main.text(*place, text, size=size, parse_math=False, gid=gid, **settings)
        if halo:
            written.set_path_effects([withStroke(linewidth=halo, foreground="white")])

    def _draw_ground(self, axes: Axes, frame: Frame, box: Box, weight: float) -> None:
        """Draw provinces and dashes; lines are ``weight`` times as wide as in the main map."""
        scale = SCALES[self.content.layer]
        breaks = self.content.breaks or scale.breaks
        colours = class_colours(scale.colours, len(breaks) + 1)
        clip = Rectangle(box[:2], box[2] - box[0], box[3] - box[1], transform=axes.transData)
        # corners closer than a printer can show would make a drawing of many megabytes
        shapes = shapely.simplify(frame.shapes(self.basemap.provinces), FINEST)
        outlines = [_outline(shape) for shape in shapes]
        # the outer half of this wide stroke stays visible: it is the coast and the border
        silhouette = Outline.make_compound_path(*outlines)
        patches = [PathPatch(silhouette, fc="none", ec=LINE, lw=1.7 * weight, gid="silhouette")]
        codes = list(self.basemap.provinces["adcode"])
        for code, path in zip(codes, outlines, strict=True):
            value = self.content.layer_values.get(code, math.nan)
            patch = PathPatch(path, ec="#8d9299", lw=0.45 * weight, gid=f"province:{code}")
            if math.isfinite(value):
                patch.set_facecolor(colours[int(np.digitize(value, breaks))])
            else:
                _hatch(patch)
            patches.append(patch)
        for patch in patches:
            patch.set(zorder=2, joinstyle="round")
            axes.add_artist(patch)  # add_patch would measure each of 50,000 corners
            patch.set_clip_path(clip)
        for number, dash in enumerate(frame.shapes(self.basemap.dashes), start=1):
            x, y = shapely.get_coordinates(dash).T
            line = Line2D(x, y, color=LINE, lw=1.4 * weight, zorder=2, gid=f"dash:{number}")
            axes.add_line(line)
            line.set_clip_path(clip)
        if axes is self.inset:
            # most islets are smaller than a pixel: a dot each keeps them on the map
            parts = shapely.get_parts(shapes[codes.index(HAINAN)])
            islets = parts[shapely.area(parts) < shapely.area(parts).max()]
            x, y = shapely.get_coordinates(shapely.centroid(islets)).T
            axes.plot(x, y, ".", ms=1.1, mew=0, color="#6a7078", zorder=3, gid="islets")

    def _noted(self) -> str:
        """Return footnote, source and the note on map review, wrapped."""
        source = self._say(SOURCE_LINE, source=self.basemap.source)
        gap = "" if self.language == "zh" else " "
        lines = [self._say(self.content.footnote), source + gap + self._say(REVIEW_LINE)]
        return "\n".join(self.ruler.wrapped(line, NOTES_SIZE, 640.0) for line in lines if line)

    def _draw_notes(self) -> None:
        """Write title, subtitle, footnote, source and the name of the inset."""
        width = SIZE[0] - 40.0
        title = self._say(self.content.title)
        size = 15.0 * min(1.0, width / max(1.0, self.ruler.size(title, 15.0)[0]))
        bold = [withStroke(linewidth=0.7, foreground=INK)]  # the font has one weight only
        self._write((20.0, SIZE[1] - 22.0), title, size, "note", path_effects=bold)
        subtitle = self.ruler.wrapped(self._say(self.content.subtitle), 8.6, 450.0)
        top = SIZE[1] - 35.0
        self._write((20.0, top), subtitle, 8.6, "note", color=GREY, va="top")
        self.obstacles.boxes.append((0.0, top - self.ruler.size(subtitle, 8.6)[1], 480.0, SIZE[1]))
        bottom = self.main.get_ylim()[0] + 5.0
        self._write((20.0, bottom), self.notes, NOTES_SIZE, "note", color="#767d87", va="bottom")
        name = self._say(INSET_NAME)
        place = (INSET_BOX[2] - 5.0, INSET_BOX[1] + 3.5)
        style: dict[str, Any] = {"ha": "right", "va": "bottom", "color": GREY, "zorder": 9}
        self.inset.text(*place, name, size=6.3, gid="note", **style)

    def _loads(self) -> Floats:
        """Return the loads of the sites in MW, one column a kind of work."""
        columns = [f"{kind}_mw" for kind in self.content.kinds]
        return self.content.sites[columns].to_numpy(dtype=float)

    def _radius(self, load_mw: float) -> float:
        """Return the radius of a pie in points; its area is proportional to the load."""
        return LARGEST_RADIUS * math.sqrt(load_mw / self.full_mw)

    def _laid_out(self) -> list[_Site]:
        """Return the sites at places where no one hides another, the largest first."""
        table = self.content.sites
        loads = self._loads()
        true = MAIN_FRAME.places(table["lon"], table["lat"])
        radii = []
        for total, is_cluster in zip(loads.sum(axis=1), table["is_cluster"], strict=True):
            radius = self._radius(total)
            small = RING_RADIUS if is_cluster and total == 0 else DOT_RADIUS
            radii.append(radius if radius >= SMALLEST_PIE else small)
        places = spread(true, np.array(radii))
        sites = [
            _Site(
                str(row["site"]),
                Text(str(row["name_en"]), str(row["name_zh"])),
                bool(row["is_cluster"]),
                dict(zip(self.content.kinds, map(float, loads[number]), strict=True)),
                (float(true[number, 0]), float(true[number, 1])),
                (float(places[number, 0]), float(places[number, 1])),
                radii[number],
            )
            for number, row in enumerate(table.to_dict("records"))
        ]
        return sorted(sites, key=lambda site: (-site.total_mw, site.code))

    def _draw_site(self, site: _Site) -> None:
        """Draw a pie, a dot or a ring, and a line to the true place if it was moved."""
        if math.dist(site.place, site.true) > max(2.5, 0.4 * site.radius):
            x, y = zip(site.true, site.place, strict=True)
            self.main.plot(x, y, color=INK, lw=0.6, zorder=5, gid="leader", solid_capstyle="butt")
            self.main.add_patch(Circle(site.true, 1.0, fc=INK, ec="none", zorder=5, gid="leader"))
        edge = INK if site.is_cluster else "white"
        if site.total_mw == 0:
            self._draw_ring(site.place, is_cluster=site.is_cluster, gid=f"ring:{site.code}")
            return
        if site.radius < SMALLEST_PIE:
            kind = max(site.loads_mw, key=lambda name: site.loads_mw[name])
            dot = Circle(
                site.place, site.radius, fc=self.content.kinds[kind].colour, ec=edge, lw=0.5
            )
            dot.set(zorder=7, gid=f"dot:{site.code}")
            self.main.add_patch(dot)
            return
        self.main.add_patch(
            Circle(site.place, site.radius + 0.9, fc="white", ec=edge, lw=0.5, zorder=6)
        )
        shares = [load / site.total_mw for load in site.loads_mw.values() if load > 0]
        # between slices thinner than the line that parts them the line would be all one sees
        thin = min(shares) * 2 * math.pi * site.radius < 1.2 or len(shares) == 1
        start = 90.0
        for kind, load in site.loads_mw.items():
            if load > 0:
                end = start - 360.0 * load / site.total_mw
                colour = self.content.kinds[kind].colour
                wedge = Wedge(site.place, site.radius, end, start, fc=colour)
                wedge.set(ec="white", lw=0.0 if thin else 0.5)
                wedge.set(zorder=7, gid=f"pie:{site.code}:{kind}")
                self.main.add_patch(wedge)
                start = end

    def _draw_ring(self, place: Point, *, is_cluster: bool, gid: str) -> None:
        """Draw the mark of a site without load."""
        ring = Circle(place, RING_RADIUS if is_cluster else 1.4, fc="white", ec=GREY, gid=gid)
        ring.set(lw=1.3 if is_cluster else 0.6, zorder=6)
        self.main.add_patch(ring)

    def _draw_flows(self) -> float:
        """Draw the largest flows that are long enough to see; return the value of the widest."""
        by_code = {site.code: site for site in self.sites}
        metros = [site for site in self.sites if not site.is_cluster]
        table = self.content.flows
        origins = MAIN_FRAME.places(table["origin_lon"], table["origin_lat"])
        found: list[tuple[float, str, str, _Site, Point, float]] = []
        for origin, code, kind, value in zip(
            origins, table["site"], table["kind"], table["value"], strict=True
        ):
            start, radius = (float(origin[0]), float(origin[1])), 0.0
            for metro in metros:  # leave from the pie of the same town, wherever it was moved
                if math.dist(start, metro.true) < SAME_TOWN:
                    start, radius = metro.place, metro.radius
                    break
            site = by_code[str(code)]
            if math.dist(start, site.place) - radius - site.radius >= SHORTEST_FLOW and value > 0:
                found.append((float(value), site.code, str(kind), site, start, radius))
        found.sort(key=lambda flow: (-flow[0], flow[1], flow[2], flow[4]))
        drawn = found[: self.content.largest_flows]
        widest = drawn[0][0] if drawn else 0.0
        centres: list[Floats] = []
        for number, (value, code, kind, site, start, radius) in enumerate(drawn):
            width = max(SMALLEST_WIDTH, LARGEST_WIDTH * value / widest)
            shape, centre = ribbon(start, site.place, (radius, site.radius), width)
            colour = self.content.flow_kinds[kind].colour
            arrow = Polygon(shape, fc=colour, ec="white", lw=0.35, alpha=0.55)
            arrow.set(zorder=4, gid=f"flow:{number}:{code}", joinstyle="round")
            self.main.add_patch(arrow)
            centres.append(centre)
        self.shown_flows = len(drawn)
        self.obstacles.curve_points = np.concatenate([np.empty((0, 2)), *centres])
        return widest

    def _draw_labels(self) -> None:
        """Name every cluster and the largest other sites, beside their pies."""
        metros = [site for site in self.sites if not site.is_cluster and site.total_mw > 0]
        named = [site for site in self.sites if site.is_cluster]
        named += metros[: self.content.labelled_metros]
        texts = [self._label(site) for site in named]
        sizes = [8.2 if site.is_cluster else 6.8 for site in named]
        options = [
            self.obstacles.options(site.place, site.radius, self.ruler.size(text, size))
            for site, text, size in zip(named, texts, sizes, strict=True)
        ]
        for site, text, size, option in zip(named, texts, sizes, arranged(options), strict=True):
            west, south, east, north = option.box
            if option.leader:
                x, y = zip(*option.leader, strict=True)
                self.main.plot(x, y, color=INK, lw=0.5, zorder=8, gid="leader")
            anchor = {"left": west, "center": (west + east) / 2, "right": east}[option.alignment]
            style = {"ha": option.alignment, "gid": f"label:{site.code}"}
            colour = GREY if site.total_mw == 0 else INK
            self._write((anchor, (south + north) / 2), text, size, color=colour, halo=2.0, **style)
            self.obstacles.boxes.append(grown(option.box, 3.0))

    def _label(self, site: _Site) -> str:
        """Return name and load of a site, for a cluster on two lines and with what is new."""
        name, load = self._say(site.name), megawatts(site.total_mw)
        if not site.is_cluster:
            second = self.content.second_lines.get(site.code)
            return f"{name} {load} MW" if second is None else f"{name} {self._say(second)}"
        lines = [self.ruler.wrapped(name, 8.2, 84.0)]
        if site.code in self.content.second_lines:
            lines.append(self._say(self.content.second_lines[site.code]))
        elif site.total_mw > 0:
            lines.append(f"{load} MW")
        return "\n".join(lines)

    def _draw_names(self, codes: Sequence[str]) -> None:
        """Write the names of provinces where they cover nothing; others stay without."""
        provinces = self.basemap.provinces[self.basemap.provinces["adcode"].isin(codes)]
        for code, shape in zip(provinces["adcode"], MAIN_FRAME.shapes(provinces), strict=True):
            text = self._say(PROVINCIAL_UNITS[code])
            size = self.ruler.size(text, 6.3)
            parts = shapely.get_parts(shape)
            mainland = shapely.simplify(parts[int(np.argmax(shapely.area(parts)))], 0.7)
            place = self.obstacles.free_place(mainland, size)
            if place:
                style = {"ha": "center", "color": "#555c57", "zorder": 5}
                self._write(place, text, 6.3, f"name:{code}", halo=1.4, **style)
                west, south = place[0] - size[0] / 2, place[1] - size[1] / 2
                box = (west, south, west + size[0], south + size[1])
                self.obstacles.boxes.append(grown(box, 3.0))

    def _draw_legends(self, widest: float) -> None:
        """Draw the keys of colours, sizes and widths in the lower left corner."""
        edge = self._draw_work_key(24.0)
        if any(site.total_mw > 0 for site in self.sites):
            edge = self._draw_size_key(edge + 16.0)
        if widest > 0:
            edge = self._draw_width_key(edge + 14.0, widest)
        self._draw_layer_key()
        self.obstacles.boxes.append((0.0, 0.0, max(edge, 256.0), LEGEND_TOP + 18.0))

    def _legend(self, place: Point, text: str, size: float = 6.9, **style: Any) -> float:  # noqa: ANN401
        """Write one text of a legend and return its east edge."""
        self._write(place, text, size, "legend", **style)
        return place[0] + self.ruler.size(text, size)[0]

    def _heading(self, x: float, text: str) -> float:
        """Write the heading of a key, on two lines if it is long, and return its east edge."""
        wrapped = self.ruler.wrapped(text, 6.9, 62.0)
        return self._legend((x, LEGEND_TOP - 4.0), wrapped, va="bottom")

    def _draw_work_key(self, x: float) -> float:
        """Draw the colours of the pies and the marks of small and empty sites."""
        edge, y = x, LEGEND_TOP
        for colour, label in self.content.kinds.values():
            self.main.add_patch(Rectangle((x, y - 3), 9, 6, fc=colour, ec="none", gid="legend"))
            edge = max(edge, self._legend((x + 14, y), self._say(label)))
            y -= 13.0
        if any(site.total_mw > 0 and site.radius < SMALLEST_PIE for site in self.sites):
            limit = self.full_mw * (SMALLEST_PIE / LARGEST_RADIUS) ** 2
            dot = Circle((x + 4.5, y), DOT_RADIUS, fc=GREY, ec="white", lw=0.5, gid="legend")
            self.main.add_patch(dot)
            edge = max(edge, self._legend((x + 14, y), self._say(DOT, n=megawatts(limit))))
            y -= 13.0
        empty = {site.is_cluster for site in self.sites if site.total_mw == 0}
        for is_cluster in empty:
            place = (x + 4.5 + (len(empty) - 1) * (-2.0 if is_cluster else 4.5), y)
            self._draw_ring(place, is_cluster=is_cluster, gid="legend")
        return (
            max(edge, self._legend((x + 14, y), self._say(self.content.ring_label)))
            if empty
            else edge
        )

    def _draw_size_key(self, x: float) -> float:
        """Draw nested circles that give the size of a pie."""
        edge = self._heading(x, self._say(self.content.size_label))
        largest = self._radius(round_below(self.full_mw))
        bottom = LEGEND_TOP - 10.0 - 2 * largest
        for share in (1.0, 0.4, 0.1):
            load = round_below(self.full_mw * share)
            radius = self._radius(load)
            middle, top = x + largest, bottom + 2 * radius
            circle = Circle((middle, bottom + radius), radius, fc="none", ec=GREY, lw=0.7)
            circle.set_gid("legend")
            self.main.add_patch(circle)
            line: dict[str, Any] = {"color": FAINT, "lw": 0.5, "zorder": 1, "gid": "legend"}
            self.main.plot((middle, middle + largest + 6), (top, top), **line)
            edge = max(edge, self._legend((middle + largest + 8, top), megawatts(load), 6.5))
        return edge

    def _draw_width_key(self, x: float, widest: float) -> float:
        """Draw arrows that give the value of a width, and how many flows are not shown."""
        label, unit = self._say(self.content.flow_label), self._say(self.content.flow_unit)
        edge = self._heading(x, self._say(WITH_UNIT, label=label, unit=unit))
        colours = [kind.colour for kind in self.content.flow_kinds.values()]
        y = LEGEND_TOP - 13.0
        for share in (1.0, 0.5, 0.2):
            value = round_below(widest * share)
            width = max(SMALLEST_WIDTH, LARGEST_WIDTH * value / widest)
            shape, _ = ribbon((x, y), (x + 30.0, y), (0.0, 0.0), width, bend=0.0)
            arrow = Polygon(shape, fc=colours[0], ec="none", alpha=0.55, gid="legend")
            self.main.add_patch(arrow)
            edge = max(edge, self._legend((x + 34.0, y), short_number(value), 6.5))
            y -= 13.0
        if len(colours) > 1:
            for colour, word in self.content.flow_kinds.values():
                box = Rectangle((x, y - 3), 9, 6, fc=colour, ec="none", alpha=0.55, gid="legend")
                self.main.add_patch(box)
                edge = max(edge, self._legend((x + 14.0, y), self._say(word), 6.5))
                y -= 11.0
        total = int((self.content.flows["value"] > 0).sum())
        if self.shown_flows < total:
            text = self._say(LARGEST, n=self.shown_flows, all=total)
            edge = max(edge, self._legend((x, y), text, 6.2, color=GREY))
        return edge

    def _draw_layer_key(self) -> None:
        """Draw the classes of the province layer."""
        content, scale = self.content, SCALES[self.content.layer]
        breaks = content.breaks or scale.breaks
        label, unit = self._say(content.layer_label), self._say(content.layer_unit)
        self._legend((24.0, 57.0), self._say(WITH_UNIT, label=label, unit=unit))
        colours = class_colours(scale.colours, len(breaks) + 1)
        width = 196.0 / len(colours)
        digits = max(len(f"{limit:g}".partition(".")[2]) for limit in breaks)
        for number, colour in enumerate(colours):
            x = 24.0 + number * width
            box = Rectangle((x, 40.0), width, 9.0, fc=colour, ec=GREY, lw=0.4, gid="legend")
            self.main.add_patch(box)
            if number < len(breaks):
                limit = f"{breaks[number]:.{digits}f}"
                self._legend((x + width, 33.5), limit, 6.5, ha="center")
        values = [content.layer_values.get(code, math.nan) for code in PROVINCIAL_UNITS]
        if not all(map(math.isfinite, values)):
            empty = Rectangle((230.0, 40.0), 18.0, 9.0, lw=0.4, ec=GREY, gid="legend")
            _hatch(empty)
            self.main.add_patch(empty)
            self._legend((239.0, 33.5), self._say(NO_DATA), 6.5, ha="center")


def _axes(figure: Figure, box: Box, bottom: float, label: str) -> Axes:
    """Return axes over a box of the figure whose unit is the point of the figure."""
    west, south, east, north = box
    height = SIZE[1] - bottom
    share = (
        west / SIZE[0],
        (south - bottom) / height,
        (east - west) / SIZE[0],
        (north - south) / height,
    )
    axes = figure.add_axes(share, label=label)
    axes.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[])
    axes.set_autoscale_on(False)
    if label == "main":
        axes.set_axis_off()
    else:
        axes.patch.set(facecolor="white", edgecolor=LINE)
        for spine in axes.spines.values():
            spine.set(color=LINE, linewidth=0.8)
    return axes


def _outline(shape: shapely.Geometry) -> Outline:
    """Return the rings of an area as one path."""
    rings = [
        Outline(shapely.get_coordinates(ring), closed=True)
        for part in shapely.get_parts(shape)
        for ring in shapely.get_rings(part)
    ]
    return Outline.make_compound_path(*rings)


def _hatch(patch: Patch) -> None:
    """Mark a patch as one without data."""
    patch.set(facecolor=NO_DATA_COLOUR, edgecolor="#a9afb6", hatch="//////")
    patch.set_hatch_linewidth(0.5)
