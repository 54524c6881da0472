"""The two sheets with native charts: cost by term, and the mean day by hour."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart._chart import ChartBase
from openpyxl.worksheet.worksheet import Worksheet

from optimizer.labels import COST_TERMS, Text
from optimizer.plan.result_tables import ENERGY_BY_HOUR
from optimizer.report.workbook_sheets import (
    SheetWriter,
    definitions,
    frame_of,
    header_of,
    put_frame,
)
from optimizer.tables.workbook_cells import fit_columns
from optimizer.units import HOURS_PER_DAY

MILLION_YUAN: Final = Text("million yuan/year", "百万元/年")
MEGAWATT: Final = Text("MW", "兆瓦")
POWERS: Final = ("it_mw", "meter_mw", "own_mw", "charge_mw", "discharge_mw", "import_mw")
_DATA_ROW = 2


def cost_sheet(writer: SheetWriter) -> None:
    """Add the costs by term with their chart, and by place behind them."""
    costs = frame_of(writer.run, "costs")
    if not len(costs):
        return
    by_term = cost_by_term(costs, writer.run.case.year)
    sheet = writer.sheet(
        Text("cost by term", "成本构成"),
        writer.say(Text("yearly cost by term; income is negative", "各项年成本，收入为负")),
        frozen="B3",
    )
    unit = writer.say(MILLION_YUAN)
    headers = [writer.say(Text("cost term", "成本项")), *(f"{y} [{unit}]" for y in by_term.columns)]
    rows = [
        (writer.say(COST_TERMS[str(term)]), *(float(value) for value in by_term.loc[term]))
        for term in by_term.index
    ]
    after = writer.table(sheet, _DATA_ROW, headers, rows, ["", *["#,##0.00"] * len(by_term)])
    fit_columns(sheet, _DATA_ROW)
    chart = BarChart()
    chart.type = "bar"
    chart.y_axis.title = unit
    chart.x_axis.scaling.orientation = "maxMin"
    chart.height = 1.0 + 0.8 * len(rows) * max(1, len(by_term.columns) / 2)
    _place(
        sheet,
        chart,
        writer.say(Text("Yearly cost by term", "年成本构成")),
        last_row=after - 1,
        columns=len(headers),
    )
    places = writer.sheet(
        Text("cost by place", "各地成本"), writer.say(definitions(writer.run)["costs"].meaning)
    )
    put_frame(writer, places, 2, costs, definitions(writer.run)["costs"])
    fit_columns(places, 3)


def cost_by_term(costs: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return the yearly cost by term and year, largest first; terms that cost nothing are left out.

    Parameters
    ----------
    costs
        Table ``costs`` of a plan.
    year
        Year of a plan of one period.
    """
    dated = costs if "period" in costs else costs.assign(period=year)
    table = dated.pivot_table(
        index="term", columns="period", values="million_yuan", aggfunc="sum", fill_value=0.0
    )
    table = table[(table != 0.0).any(axis=1)]
    order = np.lexsort((table.index.to_numpy(dtype=str), -table.sum(axis=1).to_numpy()))
    return table.iloc[order]


def energy_sheet(writer: SheetWriter) -> None:
    """Add the mean day of all sites by hour with its chart."""
    run = writer.last
    energy = frame_of(run, "energy_by_hour")
    if not len(energy):
        return
    days = run.case.derived.calendar
    by_hour = mean_day(energy, dict(zip(days.days, days.weight.tolist(), strict=True)))
    sheet = writer.sheet(
        Text("energy by hour", "逐时电量"),
        writer.say(
            Text(
                "all sites in {year}, mean over the typical days by the days they stand for",
                "{year} 年全部站点，按典型日代表天数加权平均",
            ),
            year=run.case.year,
        ),
        frozen="B3",
    )
    shown = [name for name in POWERS if (by_hour[name] != 0.0).any()]
    headers = [header_of(ENERGY_BY_HOUR.column(name), writer.language) for name in ("hour", *shown)]
    rows = [
        (int(hour), *(float(by_hour.loc[hour, name]) for name in shown)) for hour in by_hour.index
    ]
    after = writer.table(sheet, _DATA_ROW, headers, rows, ["0", *["#,##0.00"] * len(shown)])
    fit_columns(sheet, _DATA_ROW)
    chart = LineChart()
    chart.x_axis.title = writer.say(Text("hour", "小时"))
    chart.y_axis.title = writer.say(MEGAWATT)
    chart.height = 9.0
    _place(
        sheet,
        chart,
        writer.say(Text("Mean day of all sites", "全部站点平均日")),
        last_row=after - 1,
        columns=len(headers),
    )


def mean_day(energy: pd.DataFrame, weight: dict[str, float]) -> pd.DataFrame:
    """Return the power of all sites by hour, in MW, as the mean over the typical days.

    Parameters
    ----------
    energy
        Table ``energy_by_hour`` of one period.
    weight
        Days of the year that each typical day stands for.
    """
    share = energy["typical_day"].map(weight).to_numpy(dtype=float) / sum(weight.values())
    powers = energy[list(POWERS)].mul(share, axis=0)
    return powers.groupby(energy["hour"].to_numpy()).sum().reindex(range(HOURS_PER_DAY))


def _place(sheet: Worksheet, chart: ChartBase, title: str, *, last_row: int, columns: int) -> None:
    """Put a chart of the table of a sheet beside that table."""
    chart.title = title
    chart.width = 24.0
    values = Reference(sheet, min_col=2, max_col=columns, min_row=_DATA_ROW, max_row=last_row)
    chart.add_data(values, titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=_DATA_ROW + 1, max_row=last_row))
    # Spreadsheet programs leave out axes that are not asked for.
    chart.x_axis.delete = False
    chart.y_axis.delete = False
    sheet.add_chart(chart, sheet.cell(_DATA_ROW, columns + 2).coordinate)
