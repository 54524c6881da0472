"""Result tables of supply by the hour: own generation, batteries, shifted load, metered demand."""

from __future__ import annotations

from typing import Final

from optimizer.labels import Text
from optimizer.tables.schema import Table, flag, integer, number, text

_SITE = text("site", "site", "站点")
_DAY = text("typical_day", "typical day", "典型日")
_HOUR = integer("hour", "1", "hour", "小时")
_LINE = text("line", "direct line, or on-site generation", "直连专线或站内发电")


def _result(name: str, en: str, zh: str, key: tuple[str, ...], *columns: object) -> Table:
    return Table(
        name,
        Text(en, zh),
        key=key,
        columns=columns,  # type: ignore[arg-type]
        has_provenance=False,
    )


LINES: Final = _result(
    "lines",
    "own generation of one line of one site over the year",
    "一个站点一条专线（或站内发电）的年度电量",
    ("site", "line"),
    _SITE,
    _LINE,
    flag("direct", "direct supply; otherwise on site", "是否绿电直连（否则为站内发电）"),
    flag("built", "whether it is built", "是否建设"),
    number("available_gwh", "GWh/year", "what it could generate", "可发电量"),
    number("self_use_gwh", "GWh/year", "used at the site", "自用电量"),
    number("export_gwh", "GWh/year", "sent to the grid", "上网电量"),
)
GENERATION: Final = _result(
    "generation",
    "generating capacity of one contract at one site",
    "一个站点一份合同的发电装机",
    ("contract", "site"),
    text("contract", "contract", "合同"),
    _SITE,
    number("capacity_mw", "MW", "capacity", "装机"),
)
LINE_HOURS: Final = _result(
    "line_hours",
    "own generation of one line in one hour of one typical day",
    "一条专线（或站内发电）一个典型日一个小时的出力",
    ("site", "line", "typical_day", "hour"),
    _SITE,
    _LINE,
    _DAY,
    _HOUR,
    number("self_mw", "MW", "used at the site", "自用功率"),
    number("export_mw", "MW", "sent to the grid", "上网功率"),
)
BATTERIES: Final = _result(
    "batteries",
    "size of one battery at one site",
    "一个站点一种储能的规模",
    ("battery", "site"),
    text("battery", "battery", "储能"),
    _SITE,
    number("power_mw", "MW", "power", "功率"),
    number("energy_mwh", "MWh", "energy", "容量"),
)
BATTERY_HOURS: Final = _result(
    "battery_hours",
    "one battery in one hour of one typical day",
    "一种储能一个典型日一个小时的运行",
    ("battery", "site", "typical_day", "hour"),
    text("battery", "battery", "储能"),
    _SITE,
    _DAY,
    _HOUR,
    number("charge_mw", "MW", "taken", "充电功率"),
    number("discharge_mw", "MW", "given", "放电功率"),
    number("stored_mwh", "MWh", "stored at the start of the hour", "小时初储电量"),
)
SHIFTS: Final = _result(
    "shifts",
    "batch load moved into or out of one hour in one module type",
    "一种模块内移入或移出一个小时的批处理负荷",
    ("site", "module", "typical_day", "hour"),
    _SITE,
    text("module", "module", "模块"),
    _DAY,
    _HOUR,
    number("later_mw", "MW", "IT load moved into the hour", "移入的 IT 负荷"),
    number("earlier_mw", "MW", "IT load moved out of the hour", "移出的 IT 负荷"),
)
METERED_DEMAND: Final = _result(
    "metered_demand",
    "highest hour of one site in the months of one typical day",
    "一个站点在一个典型日所属月份的最高小时负荷",
    ("site", "typical_day"),
    _SITE,
    _DAY,
    number("peak_mw", "MW", "highest hourly load taken from the grid", "最高小时网购负荷"),
    number("million_yuan", "million yuan/year", "its demand charge", "需量电费"),
)
HOUR_TABLES: Final = (
    LINES,
    GENERATION,
    LINE_HOURS,
    BATTERIES,
    BATTERY_HOURS,
    SHIFTS,
    METERED_DEMAND,
)
