"""Charts as Vega-Lite specifications: bars, heat maps and the frontier, in one look.

Every chart fills the width it is given, states its units on its axes, and uses colours that
stay apart under the common kinds of colour blindness.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import altair as alt

from optimizer.labels import Language, Text
from optimizer.report.page_font import FAMILY

INK, GREY, RULE = "#1c2430", "#565e69", "#e3e6ea"
ROW_HEIGHT: Final = 24
WIDE_LABEL, WIDE_LEGEND = 230, 6
"""Width of names and entries of a legend beside each other; the page's script lowers both where
the screen is narrow."""

FIT: Final = alt.AutoSizeParams(type="fit-x", contains="padding")
"""The width is given, the height follows from the rows."""
SERIES_COLOURS: Final = (
    "#00798c",
    "#edae49",
    "#31446b",
    "#7fb685",
    "#d1495b",
    "#9aa1aa",
    "#c9b6e4",
)
"""In the order of a stack; neighbours differ in lightness."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One piece of a stacked bar."""

    category: Text
    series: Text
    value: float


def finished(chart: Any, language: Language) -> dict[str, Any]:  # noqa: ANN401
    """Return a chart as a specification with the look of the report."""
    styled = chart.configure(
        font=f"{FAMILY}, sans-serif",
        background="transparent",
        axisY=alt.AxisConfig(labelLimit=WIDE_LABEL),
        axis=alt.AxisConfig(
            labelColor=INK,
            titleColor=GREY,
            titleFontWeight="normal",
            gridColor=RULE,
            domainColor=GREY,
            tickColor=GREY,
            labelFontSize=12,
            titleFontSize=12,
        ),
        legend=alt.LegendConfig(
            labelColor=INK,
            titleColor=GREY,
            titleFontWeight="normal",
            orient="top",
            labelFontSize=12,
            titleFontSize=12,
            columns=WIDE_LEGEND,
            labelLimit=220,
        ),
        view=alt.ViewConfig(stroke=None),
    )
    del language
    specification: dict[str, Any] = styled.to_dict(validate=False)
    return specification


def stacked_bars(
    bars: Sequence[Bar],
    language: Language,
    *,
    axis: Text,
    colours: Mapping[str, str] | Sequence[str] = SERIES_COLOURS,
) -> dict[str, Any]:
    """Return horizontal stacked bars.

    Parameters
    ----------
    bars
        The pieces; categories and series stand in the order in which they first appear.
    language
        Language of all text.
    axis
        What the length means, with its unit.
    colours
        Colours by English name of the series, or in order.
    """
    categories = _unique(bar.category.render(language) for bar in bars)
    series = _unique(bar.series.render(language) for bar in bars)
    english = _unique(bar.series.en for bar in bars)
    chosen = (
        [colours[name] for name in english]
        if isinstance(colours, Mapping)
        else [colours[place % len(colours)] for place in range(len(english))]
    )
    values = [
        {
            "category": bar.category.render(language),
            "series": bar.series.render(language),
            "place": series.index(bar.series.render(language)),
            "value": round(bar.value, 6),
        }
        for bar in bars
    ]
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar()
        .encode(
            y=_category_axis("category", categories),
            x=alt.X("value:Q", title=axis.render(language), stack="zero", axis=_number_axis()),
            color=alt.Color(
                "series:N",
                title=None,
                scale=alt.Scale(domain=series, range=chosen),
                legend=None if len(series) == 1 else alt.Legend(),
            ),
            order=alt.Order("place:O"),
            tooltip=[
                alt.Tooltip("category:N", title=" "),
                alt.Tooltip("series:N", title="  "),
                alt.Tooltip("value:Q", title=axis.render(language), format=",.4~g"),
            ],
        )
        .properties(width="container", height=ROW_HEIGHT * len(categories), autosize=FIT)
    )
    return finished(chart, language)


def grouped_bars(
    bars: Sequence[Bar],
    language: Language,
    *,
    axis: Text,
    colours: Sequence[str] = SERIES_COLOURS,
) -> dict[str, Any]:
    """Return horizontal bars of several series beside each other."""
    categories = _unique(bar.category.render(language) for bar in bars)
    series = _unique(bar.series.render(language) for bar in bars)
    values = [
        {
            "category": bar.category.render(language),
            "series": bar.series.render(language),
            "value": round(bar.value, 6),
        }
        for bar in bars
    ]
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar()
        .encode(
            y=_category_axis("category", categories),
            yOffset=alt.YOffset("series:N", sort=series),
            x=alt.X("value:Q", title=axis.render(language), axis=_number_axis()),
            color=alt.Color(
                "series:N",
                title=None,
                scale=alt.Scale(domain=series, range=list(colours[: len(series)])),
            ),
            tooltip=[
                alt.Tooltip("category:N", title=" "),
                alt.Tooltip("series:N", title="  "),
                alt.Tooltip("value:Q", title=axis.render(language), format=",.4~g"),
            ],
        )
        .properties(width="container", height=11 * len(series) * len(categories), autosize=FIT)
    )
    return finished(chart, language)


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile of a heat map; ``shade`` colours it, ``value`` is told."""

    row: Text
    column: Text
    shade: float
    value: float


def heat_map(
    tiles: Sequence[Tile],
    language: Language,
    *,
    shade: Text,
    value: Text,
    columns: Text | None = None,
) -> dict[str, Any]:
    """Return a heat map; rows and columns stand in the order in which they first appear."""
    rows = _unique(tile.row.render(language) for tile in tiles)
    heads = _unique(tile.column.render(language) for tile in tiles)
    values = [
        {
            "row": tile.row.render(language),
            "column": tile.column.render(language),
            "shade": round(tile.shade, 5),
            "value": round(tile.value, 5),
        }
        for tile in tiles
    ]
    words = any(not head.isdecimal() for head in heads)
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_rect(stroke="white", strokeWidth=0.6)
        .encode(
            y=_category_axis("row", rows),
            x=alt.X(
                "column:O",
                sort=heads,
                title=columns.render(language) if columns else None,
                axis=alt.Axis(
                    orient="top" if words else "bottom",
                    labelAngle=-60 if words else 0,
                    labelLimit=110,
                    labelOverlap=False if words else "greedy",
                    domain=False,
                    ticks=False,
                ),
            ),
            color=alt.Color(
                "shade:Q",
                title=shade.render(language),
                scale=alt.Scale(range=["#f7f5ea", "#b7dad2", "#4a9ea4", "#00505d"]),
                legend=alt.Legend(
                    format="%", orient="bottom", gradientLength=160, direction="horizontal"
                ),
            ),
            tooltip=[
                alt.Tooltip("row:N", title=" "),
                alt.Tooltip("column:N", title=columns.render(language) if columns else "  "),
                alt.Tooltip("shade:Q", title=shade.render(language), format=".1%"),
                alt.Tooltip("value:Q", title=value.render(language), format=",.4~g"),
            ],
        )
        .properties(width="container", height=22 * len(rows), autosize=FIT)
    )
    return finished(chart, language)


@dataclass(frozen=True, slots=True)
class Point:
    """One run on the plane of two figures."""

    name: Text
    across: float
    up: float


def frontier(
    points: Sequence[Point], language: Language, *, across: Text, up: Text
) -> dict[str, Any]:
    """Return points with their names, and the line of those that none beats in both figures."""
    ordered = sorted(points, key=lambda point: (point.across, point.up))
    best: list[Point] = []
    for point in ordered:
        if not best or point.up < best[-1].up:
            best.append(point)

    def values(chosen: Sequence[Point]) -> alt.InlineData:
        return alt.InlineData(
            values=[
                {"name": point.name.render(language), "across": point.across, "up": point.up}
                for point in chosen
            ]
        )

    x = alt.X(
        "across:Q",
        title=across.render(language),
        scale=alt.Scale(zero=False, padding=40),
        axis=_number_axis(),
    )
    y = alt.Y(
        "up:Q",
        title=up.render(language),
        scale=alt.Scale(zero=False, padding=25),
        axis=alt.Axis(format=",~f"),
    )
    line = alt.Chart(values(best)).mark_line(color="#00798c", strokeDash=[5, 3]).encode(x=x, y=y)
    dots = (
        alt.Chart(values(points))
        .mark_circle(size=110, color="#d1495b", opacity=1.0)
        .encode(
            x=x,
            y=y,
            tooltip=[
                alt.Tooltip("name:N", title=" "),
                alt.Tooltip("across:Q", title=across.render(language), format=",.0f"),
                alt.Tooltip("up:Q", title=up.render(language), format=",.0f"),
            ],
        )
    )
    names = (
        alt.Chart(values(points))
        .mark_text(align="center", dy=-13, fontSize=12, color=INK, limit=240)
        .encode(x=x, y=y, text="name:N")
    )
    chart = alt.layer(line, dots, names).properties(width="container", height=300, autosize=FIT)
    return finished(chart, language)


def _category_axis(field: str, order: Sequence[str]) -> alt.Y:
    return alt.Y(
        f"{field}:N",
        sort=list(order),
        title=None,
        axis=alt.Axis(
            domain=False,
            ticks=False,
            grid=False,
        ),
    )


def _number_axis() -> alt.Axis:
    return alt.Axis(format=",~f", labelOverlap="greedy", tickCount=5)


def _unique(names: Any) -> list[str]:  # noqa: ANN401
    return list(dict.fromkeys(names))
