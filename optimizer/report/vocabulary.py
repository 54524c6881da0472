"""Words for limits, places and units, which the result tables hold as codes."""

from __future__ import annotations

from typing import Final

from optimizer.labels import Text
from optimizer.report.blocks import Inline, Joined
from optimizer.report.report_run import View

LIMITS: Final = {
    "used": Text("room of the existing halls", "已有机房空间"),
    "supply": Text("supply of accelerators", "加速卡供应量"),
    "leased": Text("spare capacity of links", "链路空余容量"),
    "ceiling": Text("power ceiling of the site", "站点功率上限"),
    "build_limit": Text("number of modules", "模块数量上限"),
    "utilisation": Text("utilisation floor", "利用率下限"),
}
UNITS: Final = {
    "MW": Text("MW", "兆瓦"),
    "GWh": Text("GWh", "吉瓦时"),
    "EFLOPS": Text("EFLOPS", "EFLOPS"),
    "Gbit/s": Text("Gbit/s", "Gbit/s"),
    "kt CO2": Text("kt CO2", "千吨 CO2"),
    "modules": Text("modules", "个模块"),
    "million yuan": Text("million yuan", "百万元"),
    "thousand accelerators": Text("thousand accelerators", "千张加速卡"),
    "thousand m3": Text("thousand cubic metres", "千立方米"),
}
NATIONAL: Final = Text("national", "全国")
_NAMED: Final = (
    ("sites", "site"),
    ("modules", "module"),
    ("accelerators", "accelerator"),
    ("services", "service"),
    ("jobs", "job"),
    ("regions", "region"),
)


def unit_of(view: View, table: str, key: tuple[str, ...]) -> Inline:
    """Return the unit that stands in a row of a table of findings."""
    cell = view.text(table, key, "unit")
    return UNITS.get(cell.shown.en, cell)


def limit_of(view: View, key: tuple[str, ...]) -> Inline:
    """Return what a priced limit is: a word of its own, or the title of a policy."""
    cell = view.text("prices", key, "limit")
    code = cell.shown.en
    if code in LIMITS:
        return LIMITS[code]
    if (view.case.tables["policies"].frame["policy"] == code).any():
        return view.name_of("policies", code, "title")
    return cell


def place_of(view: View, key: tuple[str, ...]) -> Inline:
    """Return the place of a priced limit with the names of sites, modules and so on."""
    cell = view.text("prices", key, "place")
    parts = cell.shown.en.split("|")
    if parts == ["national"]:
        return NATIONAL
    named = tuple(_named(view, part) for part in parts)
    kept = tuple(part for part in named if part is not None)
    return Joined(kept) if len(kept) == len(named) else cell


def _named(view: View, code: str) -> Inline | None:
    for table, column in _NAMED:
        frame = view.case.tables[table].frame
        if "name_en" in frame and (frame[column] == code).any():
            return view.name_of(table, code)
    links = view.case.tables["links"].frame
    here = links[links["link"] == code]
    if len(here):
        ends = (str(here["from_site"].iloc[0]), str(here["to_site"].iloc[0]))
        return Joined(tuple(view.name_of("sites", end) for end in ends), Text(" – ", " – "))
    return None
