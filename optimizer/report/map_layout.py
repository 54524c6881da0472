"""Placement on a map: pies, arrows and labels that do not hide each other.

Pure geometry in points (1/72 inch), east and north positive, without any plotting library
and without random numbers: the same input gives the same places.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""West, south, east and north edge."""

CLEARANCE: Final = 1.2
"""Free space that a text keeps from a pie, in points."""

LABEL_GAPS: Final = (2.5, 6.0, 12.0, 20.0, 30.0, 44.0)
"""Distances of a label from its pie that are tried, in points."""

LEADER_GAP: Final = 12.0
"""From this distance on a line joins label and pie."""

OPTIONS_KEPT: Final = 40

FORBIDDEN, COVERED, CROSSED = 1000.0, 20.0, 12.0
"""Dislike of leaving the map or covering a legend, of covering a pie or another label, and
of a leader line that crosses one of them."""


class Option(NamedTuple):
    """One place that a label may take."""

    box: Box
    alignment: Literal["left", "center", "right"]
    dislike: float
    leader: tuple[Point, Point] | None


@dataclass(slots=True)
class Obstacles:
    """What texts should not cover.

    Parameters
    ----------
    limits
        The box that no text may leave.
    centres, radii
        Circles, shapes (n, 2) and (n,).
    boxes
        Legends, insets and texts that already have their place.
    curve_points
        Points along arrows and lines, shape (m, 2).
    """

    limits: Box
    centres: Floats
    radii: Floats
    boxes: list[Box] = field(default_factory=list)
    curve_points: Floats = field(default_factory=lambda: np.empty((0, 2)))

    def conflict(self, box: Box, curve_weight: float) -> float:
        """Return how badly a text box covers something, 0 for not at all.

        Parameters
        ----------
        box
            The box of the text.
        curve_weight
            Dislike of each covered point of an arrow.
        """
        west, south, east, north = box
        inside = (
            west >= self.limits[0]
            and south >= self.limits[1]
            and east <= self.limits[2]
            and north <= self.limits[3]
        )
        conflict = 0.0 if inside else FORBIDDEN
        conflict += FORBIDDEN * sum(overlap(box, other) > 0 for other in self.boxes)
        nearest = np.clip(self.centres, (west, south), (east, north))
        depth = self.radii + CLEARANCE - np.hypot(*(self.centres - nearest).T)
        conflict += float((COVERED + 8.0 * depth)[depth > 0].sum())
        x, y = self.curve_points.T
        covered = (x > west) & (x < east) & (y > south) & (y < north)
        return conflict + curve_weight * float(covered.sum())

    def options(self, place: Point, radius: float, size: Point) -> list[Option]:
        """Return the places around a circle for a text of a size, near ones and east first."""
        options = []
        for gap in LABEL_GAPS:
            for angle in np.linspace(0.0, 2 * math.pi, 16, endpoint=False):
                right, up = round(math.cos(angle), 9), round(math.sin(angle), 9)
                # beside the pie the box starts at it, above and below the box is centred on it
                side = min(1.0, max(-1.0, 1.6 * right))
                x = place[0] + right * (radius + gap) + side * size[0] / 2
                y = place[1] + up * (radius + gap) + up * size[1] / 2
                box = (x - size[0] / 2, y - size[1] / 2, x + size[0] / 2, y + size[1] / 2)
                dislike = self.conflict(box, 0.25) + 0.5 * gap + 1.5 * abs(up) + 0.4 * (right < 0)
                leader = None
                if gap >= LEADER_GAP:
                    leader = self._leader(place, radius, box)
                    dislike += CROSSED * self._crossed(leader)
                alignment: Literal["left", "center", "right"] = "center"
                if abs(side) > 0.5:
                    alignment = "left" if side > 0 else "right"
                options.append(Option(box, alignment, dislike, leader))
        return options

    def free_place(self, area: shapely.Geometry, size: Point) -> Point | None:
        """Return the free place for a text in an area nearest to its middle, if there is one.

        The text may stand out of the area by up to 45 % of its box, for small provinces.
        """
        middle = shapely.get_coordinates(shapely.centroid(area))[0]
        west, south, east, north = area.bounds
        x, y = np.meshgrid(np.linspace(west, east, 15)[1:-1], np.linspace(south, north, 15)[1:-1])
        grid = np.column_stack([x.ravel(), y.ravel()])
        grid = grid[shapely.intersects_xy(area, grid[:, 0], grid[:, 1])]
        half = np.array(size) / 2
        boxes = np.column_stack([grid - half, grid + half])
        inside = shapely.area(shapely.intersection(area, shapely.box(*boxes.T)))
        outside = 1.0 - inside / (size[0] * size[1])
        conflicts = np.array([self.conflict(tuple(box), 1.0) for box in boxes])
        free = (outside < 0.45) & (conflicts < 5.0)
        if not free.any():
            return None
        distance = np.hypot(*(grid - middle).T)
        best = int(np.argmin(np.where(free, 30.0 * outside + conflicts + 0.1 * distance, np.inf)))
        return float(grid[best, 0]), float(grid[best, 1])

    @staticmethod
    def _leader(place: Point, radius: float, box: Box) -> tuple[Point, Point]:
        """Return the line from the edge of a circle to the nearest point of a box."""
        end = (min(max(place[0], box[0]), box[2]), min(max(place[1], box[1]), box[3]))
        share = (radius + 0.9) / max(math.dist(place, end), 1e-9)
        start = (
            place[0] + share * (end[0] - place[0]),
            place[1] + share * (end[1] - place[1]),
        )
        return start, end

    def _crossed(self, leader: tuple[Point, Point]) -> int:
        """Return the number of circles that a leader line crosses."""
        points = np.linspace(*leader, 12)[1:]
        offset = points[:, None] - self.centres[None, :]
        return int((np.hypot(offset[..., 0], offset[..., 1]) < self.radii).any(axis=0).sum())


def overlap(one: Box, other: Box) -> float:
    """Return the area that two boxes share, in square points.

    Examples
    --------
    >>> overlap((0.0, 0.0, 2.0, 2.0), (1.0, 1.0, 4.0, 4.0))
    1.0
    """
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)


def grown(box: Box, edge: float) -> Box:
    """Return a box with a free edge around it, in points."""
    return (box[0] - edge, box[1] - edge, box[2] + edge, box[3] + edge)


def arranged(options: Sequence[Sequence[Option]]) -> list[Option]:
    """Choose one option a label so that labels and leader lines keep clear of each other.

    Labels, then pairs of labels, move to what is best beside all others, until no move
    helps: a local optimum, good for some tens of labels.

    Parameters
    ----------
    options
        The options of each label; none may be empty.

    Returns
    -------
    list of Option
        One for each label.
    """
    # of some hundred options the worst are never taken, but would cost most of the time
    best = [sorted(label, key=lambda option: option.dislike)[:OPTIONS_KEPT] for label in options]
    flat = [option for label in best for option in label]
    if not flat:
        return []
    ends = np.cumsum([len(label) for label in best])
    spans = [slice(int(end) - len(label), int(end)) for end, label in zip(ends, best, strict=True)]
    alone = np.array([option.dislike for option in flat])
    together = _mutual_dislike(flat)
    chosen = [span.start + int(np.argmin(alone[span])) for span in spans]

    def beside(fixed: list[int]) -> Floats:
        return np.asarray(alone + together[:, fixed].sum(axis=1))

    for _ in range(20):
        before = list(chosen)
        for label, span in enumerate(spans):
            costs = beside(chosen[:label] + chosen[label + 1 :])[span]
            chosen[label] = span.start + int(np.argmin(costs))
        for one in range(len(spans)):
            for other in range(one + 1, len(spans)):
                fixed = [place for index, place in enumerate(chosen) if index not in (one, other)]
                costs = beside(fixed)
                pairs = costs[spans[one], None] + costs[None, spans[other]]
                pairs += together[spans[one], spans[other]]
                now = pairs[chosen[one] - spans[one].start, chosen[other] - spans[other].start]
                first, second = np.unravel_index(int(np.argmin(pairs)), pairs.shape)
                if pairs[first, second] < now - 1e-9:
                    chosen[one] = spans[one].start + int(first)
                    chosen[other] = spans[other].start + int(second)
        if chosen == before:
            break
    return [flat[place] for place in chosen]


def _mutual_dislike(options: Sequence[Option]) -> Floats:
    """Return how badly each two options disturb each other, a symmetric matrix."""
    boxes = np.array([option.box for option in options])
    # a free edge of a point between two texts
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2]) - 1.0
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) + 1.0
    area = np.prod(np.maximum(0.0, high - low), axis=2)
    dislike = np.where(area > 0, COVERED + area, 0.0)
    nowhere = ((math.nan, math.nan), (math.nan, math.nan))
    lines = np.array([np.linspace(*(option.leader or nowhere), 10) for option in options])
    for points in np.moveaxis(lines, 1, 0):
        within = (points[:, None] > boxes[None, :, :2]) & (points[:, None] < boxes[None, :, 2:])
        crossing = within.all(axis=2)
        dislike += np.where(crossing | crossing.T, CROSSED, 0.0)
    return np.asarray(dislike)


def spread(true: Floats, radii: Floats, gap: float = 1.6) -> Floats:
    """Move circles apart until none covers another, each as little as it can.

    Parameters
    ----------
    true
        Where the circles belong, shape (n, 2), in points.
    radii
        Their radii in points; a large circle moves less than a small one.
    gap
        Free space between two circles in points.

    Returns
    -------
    numpy.ndarray
        Places, shape (n, 2). Circles that belong to the same place part in fixed directions.
    """
    places = np.array(true, dtype=float)
    count = len(places)
    angle = 2.4 * np.arange(count)  # about the golden angle: neighbours part differently
    aside = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    later = np.triu(np.ones((count, count)), 1)[:, :, None]
    parting = later * aside[:, None] - np.transpose(later, (1, 0, 2)) * aside[None, :]
    reach = radii[:, None] + radii[None, :] + gap
    share = radii[None, :] ** 2 / (radii[:, None] ** 2 + radii[None, :] ** 2)
    for step in range(800):
        offset = places[:, None] - places[None, :]
        distance = np.hypot(offset[..., 0], offset[..., 1])[..., None]
        direction = np.where(distance > 1e-6, offset / np.maximum(distance, 1e-6), parting)
        push = np.maximum(0.0, reach - distance[..., 0]) * share
        np.fill_diagonal(push, 0.0)
        if step >= 400 and push.max(initial=0.0) < 1e-3:
            break
        places = places + 0.5 * (push[..., None] * direction).sum(axis=1)
        if step < 400:  # a spring brings back what was pushed too far
            places = places + 0.03 * (true - places)
    return places


def ribbon(
    start: Point,
    end: Point,
    radii: tuple[float, float],
    width: float,
    bend: float = 0.16,
) -> tuple[Floats, Floats]:
    """Return a curved arrow as one polygon, so that its clear colour is even.

    Parameters
    ----------
    start, end
        Centres of the circles it joins, in points.
    radii
        Radii of these circles; the arrow keeps outside of them.
    width
        Width at the head in points; the tail is half of it.
    bend
        Height of the arc as a share of its length, to the right of its way, so that
        there and back do not cover each other.

    Returns
    -------
    tuple of numpy.ndarray
        Corners of the polygon, and points of the centre line, shape (n, 2) each.
    """
    first, last = np.array(start), np.array(end)
    way = last - first
    control = (first + last) / 2 + 2 * bend * np.array([way[1], -way[0]])
    share = np.linspace(0.0, 1.0, 241)[:, None]
    curve = (1 - share) ** 2 * first + 2 * share * (1 - share) * control + share**2 * last
    outside = np.hypot(*(curve - first).T) >= radii[0] + 0.5
    outside &= np.hypot(*(curve - last).T) >= radii[1] + 1.4
    curve = curve[outside]
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))])
    head = min(3.4 + 1.25 * width, 0.6 * length[-1])
    even = np.linspace(0.0, length[-1] - head, 40)
    centre = np.stack([np.interp(even, length, curve[:, axis]) for axis in (0, 1)], axis=1)
    tip = curve[-1]
    tangent = np.gradient(centre, axis=0)
    tangent[-1] = tip - centre[-1]
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    normal /= np.hypot(*normal.T)[:, None]
    half = width * np.linspace(0.25, 0.5, 40)[:, None]
    barb = normal[-1] * (0.5 * width + 1.7)
    left, right = centre + normal * half, centre - normal * half
    point = np.stack([centre[-1] + barb, tip, centre[-1] - barb])
    return np.concatenate([left, point, right[::-1]]), centre


def round_below(value: float) -> float:
    """Return the largest 1, 2, 3 or 5 times a power of ten that is not above a value > 0.

    Examples
    --------
    >>> round_below(437.0), round_below(0.3), round_below(0.25)
    (300.0, 0.3, 0.2)
    """
    power = 10.0 ** math.floor(math.log10(value) + 1e-12)
    steps = [step for step in (1, 2, 3, 5) if step * power <= value * (1 + 1e-12)]
    return round(max(steps, default=1) * power, 12)
