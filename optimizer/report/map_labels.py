"""Where the names of clusters stand on the interactive map, so that they do not overlap."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

LETTER_KM, LINE_KM, SPACE_KM = 44.0, 100.0, 18.0
"""Size of a letter and a line, and the least distance, on a map some 700 pixels wide."""
WEST_KM, EAST_KM = -2600.0, 2600.0
"""The map ends here; on a narrow screen a name takes twice the distance."""

LONGEST_LINE: Final = 15
"""Letters of a name that stand in one line."""

LABEL_SIDES: Final[
    dict[
        str,
        tuple[Literal["left", "center", "right"], Literal["top", "middle", "bottom"], int, int],
    ]
] = {
    "below": ("center", "top", 0, 2),
    "above": ("center", "bottom", 0, -2),
    "right": ("left", "middle", 3, 0),
    "left": ("right", "middle", -3, 0),
}
"""Alignment and distance in pixels of a name by the side of its pie on which it stands."""


class _Box(NamedTuple):
    west: float
    south: float
    east: float
    north: float

    def overlap(self, other: _Box) -> float:
        width = min(self.east, other.east) - max(self.west, other.west)
        height = min(self.north, other.north) - max(self.south, other.south)
        return max(0.0, width) * max(0.0, height)


def placed_labels(labels: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return labels with the side of their pie on which they stand.

    Parameters
    ----------
    labels
        ``x``, ``y`` and ``radius`` of the pie in kilometres, and the name in both languages;
        the most important first.

    Returns
    -------
    list of dict
        The labels with ``side``, and ``x`` and ``y`` at the rim of the pie.
    """
    taken = [
        _Box(
            label["x"] - label["radius"],
            label["y"] - label["radius"],
            label["x"] + label["radius"],
            label["y"] + label["radius"],
        )
        for label in labels
    ]
    placed = []
    for whole in labels:
        label = {**whole, "en": _in_lines(str(whole["en"]))}
        lines = label["en"].split("\n")
        width = LETTER_KM * max(*(len(line) for line in lines), 1.8 * len(label["zh"]))
        boxes = {side: _box(label, side, width, len(lines)) for side in LABEL_SIDES}
        best = min(LABEL_SIDES, key=lambda side: sum(boxes[side].overlap(other) for other in taken))
        taken.append(boxes[best])
        x, y, radius = label["x"], label["y"], label["radius"]
        rim = {
            "below": (x, y - radius),
            "above": (x, y + radius),
            "right": (x + radius, y),
            "left": (x - radius, y),
        }[best]
        kept = {name: value for name, value in label.items() if name != "radius"}
        placed.append({**kept, "x": round(rim[0], 1), "y": round(rim[1], 1), "side": best})
    return placed


def _badness(box: _Box, taken: Sequence[_Box]) -> float:
    """Return how much of a name is hidden, or lies outside the map of a narrow screen."""
    middle, half = (box.west + box.east) / 2.0, box.east - box.west
    outside = max(0.0, middle + half - EAST_KM) + max(0.0, WEST_KM - middle + half)
    return sum(box.overlap(other) for other in taken) + 5.0 * LINE_KM * outside


def _in_lines(name: str) -> str:
    """Return a long name in lines of a few words."""
    return "\n".join(textwrap.wrap(name, LONGEST_LINE, break_long_words=False)) or name


def _box(label: dict[str, Any], side: str, width: float, lines: int) -> _Box:
    x, y, away = label["x"], label["y"], label["radius"] + SPACE_KM
    height = LINE_KM * lines
    if side in {"below", "above"}:
        south = y - away - height if side == "below" else y + away
        return _Box(x - width / 2.0, south, x + width / 2.0, south + height)
    west = x + away if side == "right" else x - away - width
    return _Box(west, y - height / 2.0, west + width, y + height / 2.0)
