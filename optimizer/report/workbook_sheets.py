"""The sheets of a run's workbook: the answer, and one sheet for each filled table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd
from openpyxl.styles import Alignment, Font
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from optimizer.labels import BASELINE_RULES, COST_TERMS, Language, Text
from optimizer.plan.period_tables import result_tables
from optimizer.plan.result_tables import FINDING_TABLES
from optimizer.plan.run import Run
from optimizer.report.by_year import last_of
from optimizer.report.headline import headline
from optimizer.tables.schema import Column, Table
from optimizer.tables.workbook_cells import NOTE_FONT, TITLE_FONT, fit_columns, put, put_header

Group = Literal["placing", "sites", "network", "rules"]

SHEETS: Final[Mapping[Group, Mapping[str, Text]]] = {
    "placing": {
        "placements": Text("placements", "推理部署"),
        "unserved": Text("unserved", "未满足需求"),
        "served_tiers": Text("served tiers", "各层级服务量"),
        "releases": Text("releases", "模型发布"),
        "service_accelerators": Text("accelerators by service", "服务占用加速卡"),
        "runs": Text("training", "训练"),
        "split_runs": Text("training over several sites", "跨站点训练"),
        "split_parts": Text("parts of training", "跨站点训练各部分"),
        "campuses": Text("one campus or several", "一个园区还是几个"),
        "unplaced": Text("training left out", "未安排训练"),
        "builds": Text("builds", "建设"),
        "assets": Text("orders by year", "分年订购"),
        "near_optimal": Text("near-optimal builds", "近优建设范围"),
        "accelerators": Text("accelerators", "加速卡"),
        "accelerator_values": Text("values of accelerators", "加速卡价值"),
        "pools": Text("pools", "资源池"),
        "pool_reserves": Text("reserves of pools", "资源池备用"),
    },
    "sites": {
        "energy_by_hour": Text("energy by site and hour", "各站点逐时电量"),
        "loads": Text("loads", "负荷"),
        "lines": Text("direct lines", "直连专线"),
        "generation": Text("own generation", "自有发电"),
        "line_hours": Text("direct lines by hour", "直连专线逐时"),
        "batteries": Text("batteries", "储能"),
        "battery_hours": Text("batteries by hour", "储能逐时"),
        "shifts": Text("moved load", "移动负荷"),
        "metered_demand": Text("metered demand", "计量需量"),
        "sites": Text("sites", "站点"),
        "ledgers": Text("ledgers", "电量与排放账"),
        "contracts": Text("green contracts", "绿电合同"),
    },
    "network": {
        "links": Text("network", "网络"),
        "paths": Text("paths", "路径"),
        "link_failures": Text("failed links", "链路失效"),
        "bandwidth_effect": Text("price of bandwidth", "带宽价格影响"),
        "backups": Text("backup", "备份"),
        "backup_accelerators": Text("backup accelerators", "备份加速卡"),
        "failures": Text("failure states", "失效状态"),
        "protection_levels": Text("levels of protection", "保障水平"),
    },
    "rules": {
        "policies": Text("policies", "政策"),
        "policy_effects": Text("effects of policies", "政策影响"),
        "prices": Text("worth of limits", "限值价值"),
        "baselines": Text("rules of thumb", "经验规则"),
        "activity": Text("active blocks", "模块活动"),
    },
}
"""Every table of a run but the costs, with the name of its sheet, in the order of the book."""

NAMED_IN: Final[Mapping[str, str]] = {
    "site": "sites",
    "region": "regions",
    "service": "services",
    "job": "jobs",
    "accelerator": "accelerators",
    "module": "modules",
}
"""Columns of codes, with the table of the case that may name them."""

KEY_FIGURES: Final = (
    ("total_cost", Text("yearly cost", "年成本"), Text("million yuan/year", "百万元/年")),
    (
        "location_cost",
        Text("of it without accelerators", "其中不含加速卡"),
        Text("million yuan/year", "百万元/年"),
    ),
    ("accelerator_cost", Text("accelerators", "加速卡"), Text("million yuan/year", "百万元/年")),
    ("energy_cost", Text("electricity", "电力"), Text("million yuan/year", "百万元/年")),
    ("build_cost", Text("build", "建设"), Text("million yuan/year", "百万元/年")),
    ("network_cost", Text("network", "网络"), Text("million yuan/year", "百万元/年")),
    ("it_mw", Text("mean IT load", "平均 IT 负荷"), Text("MW", "兆瓦")),
    ("training_mw", Text("of it training", "其中训练"), Text("MW", "兆瓦")),
    ("inference_mw", Text("of it inference", "其中推理"), Text("MW", "兆瓦")),
    ("batch_mw", Text("of it batch work", "其中批处理"), Text("MW", "兆瓦")),
    ("it_gwh", Text("IT energy", "IT 电量"), Text("GWh/year", "吉瓦时/年")),
    ("new_it_mw", Text("new IT power", "新建 IT 功率"), Text("MW", "兆瓦")),
    ("west_share", Text("energy in the west", "西部电量占比"), Text("% of IT energy", "% IT 电量")),
    (
        "west_share_of_new",
        Text("new IT power in the west", "新建功率西部占比"),
        Text("% of new IT power", "% 新建 IT 功率"),
    ),
    ("unserved_share", Text("work left undone", "未安排的工作"), Text("%", "%")),
    (
        "location_kt",
        Text("emissions, location-based", "排放（基于位置）"),
        Text("kt CO2/year", "千吨 CO2/年"),
    ),
    (
        "market_kt",
        Text("emissions, market-based", "排放（基于市场）"),
        Text("kt CO2/year", "千吨 CO2/年"),
    ),
    (
        "hourly_kt",
        Text("emissions, matched by the hour", "排放（逐时匹配）"),
        Text("kt CO2/year", "千吨 CO2/年"),
    ),
    (
        "contractual_green_share",
        Text("green power by contract", "合同绿电占比"),
        Text("% of metered energy", "% 计量电量"),
    ),
    (
        "physical_green_share",
        Text("green power, physical", "物理绿电占比"),
        Text("% of metered energy", "% 计量电量"),
    ),
    (
        "hourly_green_share",
        Text("green power of the same hour", "逐时匹配绿电占比"),
        Text("% of metered energy", "% 计量电量"),
    ),
)
COMPARED: Final = {
    "total_cost": "saving_million_yuan",
    "location_cost": "facility_saving_million_yuan",
}
"""Key figures with the column of the baselines that says what the plan saves."""

UNITS: Final = {
    "million yuan/year": Text("million yuan/year", "百万元/年"),
    "million yuan": Text("million yuan", "百万元"),
    "million/day": Text("million/day", "百万/日"),
    "yuan/kWh": Text("yuan/kWh", "元/kWh"),
    "yuan/MWh": Text("yuan/MWh", "元/MWh"),
    "GWh/year": Text("GWh/year", "GWh/年"),
    "kt CO2/year": Text("kt CO2/year", "千吨 CO2/年"),
    "m3/year": Text("m3/year", "立方米/年"),
    "day": Text("days", "天"),
}
"""Units that read otherwise in Chinese."""

_SHARES: Final = ("share", "utilisation", "goodput", "load_factor")


@dataclass(frozen=True, slots=True)
class SheetWriter:
    """A workbook in the making, with the run it shows."""

    workbook: Workbook
    run: Run
    language: Language

    @property
    def last(self) -> Run:
        """The run as its last period shows it."""
        return last_of(self.run)

    def say(self, text: Text, **values: object) -> str:
        """Return a text in the language of the workbook."""
        return text.render(self.language, **values)

    def sheet(self, name: Text, note: str, *, frozen: str = "A3") -> Worksheet:
        """Add a sheet with a note in its first row and return it."""
        sheet: Worksheet = self.workbook.create_sheet(self.say(name))
        put(sheet["A1"], note)
        sheet["A1"].font = NOTE_FONT
        sheet.freeze_panes = frozen
        return sheet

    def table(
        self,
        sheet: Worksheet,
        row: int,
        headers: Sequence[str],
        rows: Sequence[Sequence[object]],
        formats: Sequence[str] = (),
    ) -> int:
        """Write a header and the rows below it; return the first row after them."""
        put_header(sheet, row, headers)
        for at, cells in enumerate(rows, start=row + 1):
            for column, value in enumerate(cells):
                put(
                    sheet.cell(at, column + 1),
                    value,
                    formats[column] if column < len(formats) else "",
                )
        return row + 1 + len(rows)

    def names(self, column: str) -> dict[str, str]:
        """Return the names of the codes of a column; empty if nothing names them."""
        if column == "term":
            return {code: self.say(text) for code, text in COST_TERMS.items()}
        if column == "rule":
            return {code: self.say(text) for code, text in BASELINE_RULES.items()}
        table = NAMED_IN.get(column)
        if table is None:
            return {}
        frame = self.run.case.tables[table].frame
        name = f"name_{self.language}"
        if name not in frame:
            return {}
        return dict(zip(frame[column].astype(str), frame[name].astype(str), strict=True))


def header_of(column: Column, language: Language) -> str:
    """Return the header of a column: its meaning and its unit.

    Examples
    --------
    >>> header_of(Column("it_mw", "number", Text("IT load", "IT 负荷"), unit="MW"), "en")
    'IT load [MW]'
    """
    meaning = column.meaning.render(language)
    unit = "%" if number_format(column).endswith("%") else column.unit
    if unit in {"", "1", "see unit"}:
        return meaning
    return f"{meaning} [{UNITS[unit].render(language) if unit in UNITS else unit}]"


def number_format(column: Column) -> str:
    """Return how the numbers of a column are shown.

    Examples
    --------
    >>> number_format(Column("west_share", "number", Text("share", "占比"), unit="1"))
    '0.0%'
    """
    if column.kind in {"text", "flag"}:
        return ""
    if column.kind == "integer":
        return "0"
    if column.unit == "1":
        if any(part in column.name for part in _SHARES):
            return "0.0%"
        return "0.000" if column.name.endswith("pue") else "#,##0.0"
    return "#,##0.0000" if column.unit == "yuan/kWh" else "#,##0.00"


def frame_of(run: Run, name: str) -> pd.DataFrame:
    """Return a table of a run, of its plan or of what was found about it, empty if absent."""
    for tables in (run.plan.tables, run.findings):
        if name in tables:
            return tables[name]
    return pd.DataFrame()


def definitions(run: Run) -> dict[str, Table]:
    """Return the definition of every table that a run may have."""
    return {**result_tables(several=bool(run.case.later)), **FINDING_TABLES}


def table_sheets(writer: SheetWriter, groups: Sequence[Group]) -> None:
    """Add a sheet for every filled table of some groups."""
    known = definitions(writer.run)
    for group in groups:
        for name, title in SHEETS[group].items():
            frame = frame_of(writer.run, name)
            if name in known and len(frame):
                table = known[name]
                sheet = writer.sheet(title, writer.say(table.meaning))
                put_frame(writer, sheet, 2, frame, table)
                fit_columns(sheet, 3)


def put_frame(
    writer: SheetWriter, sheet: Worksheet, row: int, frame: pd.DataFrame, table: Table
) -> int:
    """Write a table with the names of its codes beside them; return the first row after it."""
    headers: list[str] = []
    formats: list[str] = []
    columns: list[list[object]] = []
    for column in table.all_columns:
        if column.name not in frame:
            continue
        headers.append(header_of(column, writer.language))
        formats.append(number_format(column))
        columns.append(frame[column.name].tolist())
        names = writer.names(column.name)
        if names:
            headers.append(
                writer.say(Text("{column}, name", "{column}名称"), column=column.meaning)
            )
            formats.append("")
            columns.append([names.get(str(code), "") for code in columns[-1]])
    after = writer.table(sheet, row, headers, list(zip(*columns, strict=True)), formats)
    sheet.auto_filter.ref = f"A{row}:{sheet.cell(after - 1, len(headers)).coordinate}"
    return after


def answer_sheet(writer: SheetWriter) -> None:
    """Add the first sheet: headline, key figures and what they are compared with."""
    run = writer.last
    sheet = writer.workbook.create_sheet(writer.say(Text("answer", "结论")))
    put(sheet["A1"], writer.say(writer.run.plan.title))
    sheet["A1"].font = TITLE_FONT
    sheet.freeze_panes = "A2"
    row = 2
    for line in headline(writer.run, writer.language):
        put(sheet.cell(row, 1), line)
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=4)
        sheet.cell(row, 1).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.row_dimensions[row].height = 32
        row += 1
    row += 1
    first = row
    rows = [
        (
            writer.say(title),
            run.record["metrics"][name],
            writer.say(unit),
            _comparison(writer, name),
        )
        for name, title, unit in KEY_FIGURES
        if name in run.record["metrics"]
    ]
    headers = (
        writer.say(Text("key figure ({year})", "关键指标（{year} 年）"), year=run.case.year),
        writer.say(Text("value", "数值")),
        writer.say(Text("unit", "单位")),
        writer.say(Text("compared with", "对照")),
    )
    row = writer.table(sheet, row, headers, rows) + 1
    for at, (_title, _value, unit, _compared) in enumerate(rows, start=first + 1):
        cell = sheet.cell(at, 2)
        cell.number_format = "0.0%" if unit.startswith("%") else "#,##0.0"
        cell.font = Font(bold=True)
    for letter, width in (("A", 40), ("B", 16), ("C", 22), ("D", 70)):
        sheet.column_dimensions[letter].width = width


def _comparison(writer: SheetWriter, name: str) -> str:
    """Return what each rule of thumb says about a key figure."""
    column = COMPARED.get(name)
    baselines = frame_of(writer.last, "baselines")
    if column is None or not len(baselines):
        return ""
    savings = zip(baselines["rule"].astype(str), baselines[column].astype(float), strict=True)
    return writer.say(Text("; ", "；")).join(
        writer.say(
            Text("at least {saving:,.1f} below {rule}", "比“{rule}”至少低 {saving:,.1f}"),
            saving=saving,
            rule=BASELINE_RULES[rule],
        )
        for rule, saving in savings
        if saving == saving  # noqa: PLR0124 - NaN: the rule does not do all the work
    )
