"""A front of cost as a table and a chart."""

from __future__ import annotations

import math
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from optimizer.labels import Language, Text
from optimizer.report.fonts import plan_font
from optimizer.report.summary import SummaryTable
from optimizer.tables.pack import font_file

LINE: Final = "#0072B2"
KNEE: Final = "#D55E00"
BOUND: Final = "#999999"
"""Colours that differ for every kind of colour vision."""

SIZE_INCHES: Final = (7.2, 4.4)
DOTS_PER_INCH: Final = 144


def front_table(
    points: pd.DataFrame, axis: Text, unit: Text, failed: int, language: Language
) -> SummaryTable:
    """Return a front as a table.

    Parameters
    ----------
    points
        Rows of :data:`optimizer.analysis.frontier_points.FRONT_COLUMNS`.
    axis, unit
        What cost is set against, and its unit.
    failed
        How many limits have no point.
    language
        Language of the table.
    """
    columns = (
        Text("limit, {unit}", "限值（{unit}）").render(language, unit=unit),
        Text("reached", "达到值").render(language),
        Text("cost, million yuan/year", "成本（百万元/年）").render(language),
        Text("proved at least", "已证明下界").render(language),
        Text("of that dependent on places", "其中与选址有关").render(language),
        Text("price of one {unit} more, million yuan", "再收紧一{unit}的代价（百万元）").render(
            language, unit=unit
        ),
        Text("proved between", "已证明区间").render(language),
        Text("remark", "备注").render(language),
    )
    rows = tuple(_row(record, language) for record in points.to_dict("records"))
    note = Text(
        "Each point is a plan verified from the raw tables; its price is that from the point "
        "above.",
        "每一点均为依据原始数据复核的方案；代价为与上一点之间的平均值。",
    )
    if bool(points["relaxed"].any()):
        note = Text(
            "Relaxed: modules and runs may be split, so every cost is a lower bound, not a plan's. "
            "Each point is verified from the raw tables; the price is that from the point above.",
            "松弛解：模块与任务可拆分，成本为下界而非实际方案的成本。每一点均依据原始数据复核；"
            "代价为与上一点之间的平均值。",
        )
    end = ""
    if failed:
        end = " " + Text(
            "{count} limits have no plan; frontier.json says why.",
            "{count} 个限值没有方案，原因见 frontier.json。",
        ).render(language, count=failed)
    return SummaryTable(
        Text("Cost and {axis}", "成本与{axis}").render(language, axis=axis),
        columns,
        rows,
        note.render(language) + end,
    )


def _row(record: dict[Hashable, Any], language: Language) -> tuple[str, ...]:
    price = record["price_million_yuan_per_unit"]
    known = not math.isnan(price)
    remark = ""
    if record["knee"]:
        remark = Text("knee", "拐点").render(language)
    if not record["same_work"]:
        remark = Text("leaves more work undone", "有更多工作未能安排").render(language)
    return (
        f"{record['limit']:,.4g}",
        f"{record['value']:,.4g}",
        f"{record['cost_million_yuan']:,.1f}",
        f"{record['bound_million_yuan']:,.1f}",
        f"{record['location_cost_million_yuan']:,.1f}",
        f"{price:,.3f}" if known else "",
        (
            f"{record['least_price_million_yuan_per_unit']:,.3f} – "
            f"{record['most_price_million_yuan_per_unit']:,.3f}"
            if known
            else ""
        ),
        remark,
    )


def draw_front(points: pd.DataFrame, axis: Text, unit: Text, language: Language, to: Path) -> None:
    """Write a chart of a front as PNG: plans, what is proved below them, and the knee.

    Parameters
    ----------
    points
        Rows of :data:`optimizer.analysis.frontier_points.FRONT_COLUMNS`.
    axis, unit
        What cost is set against, and its unit.
    language
        Language of the words.
    to
        The file.
    """
    kept = points[points["same_work"].astype(bool)]
    limit = kept["value"].to_numpy(dtype=float)
    cost = kept["cost_million_yuan"].to_numpy(dtype=float)
    bound = kept["bound_million_yuan"].to_numpy(dtype=float)
    relaxed = bool(points["relaxed"].any())
    with plan_font(font_file()):
        figure = Figure(figsize=SIZE_INCHES, dpi=DOTS_PER_INCH, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        name = Text("least cost, relaxed", "最低成本（松弛）") if relaxed else Text("plan", "方案")
        axes.plot(limit, cost, color=LINE, marker="o", label=name.render(language), zorder=3)
        if np.max(cost - bound, initial=0.0) > 0.0 and not relaxed:
            label = Text("proved lower bound", "已证明下界").render(language)
            axes.plot(limit, bound, color=BOUND, linestyle="--", label=label, zorder=2)
        for row in np.flatnonzero(kept["knee"].to_numpy(dtype=bool)):
            label = Text("knee", "拐点").render(language)
            axes.plot(
                limit[row],
                cost[row],
                color=KNEE,
                marker="D",
                markersize=10,
                linestyle="none",
                label=label,
                zorder=4,
            )
        axes.set_xlabel(
            Text("{axis}, {unit}", "{axis}（{unit}）").render(language, axis=axis, unit=unit)
        )
        axes.set_ylabel(Text("cost, million yuan a year", "成本（百万元/年）").render(language))
        axes.grid(visible=True, color="#DDDDDD", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.ticklabel_format(useOffset=False, style="plain")
        axes.legend(frameon=False)
        figure.savefig(to, metadata={"Software": None})
