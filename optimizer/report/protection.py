"""What a summary says of the protection against the loss of a grid."""

from __future__ import annotations

import math
from typing import Final

from optimizer.labels import Language, Text
from optimizer.plan.run import Run

PROTECTION_TITLE: Final = Text("What protection costs", "可靠性保障的代价")
PROTECTION_COLUMNS: Final = (
    Text("level of protection", "保障水平"),
    Text("of the services' demand", "占服务算力需求"),
    Text("costs at least, million yuan/year", "年成本下界（百万元）"),
    Text("more than without", "比无保障增加"),
    Text("million yuan for each hundredth", "每百分之一（百万元）"),
    Text("work left undone", "未能安排的工作价值"),
)
PROTECTION_NOTE: Final = Text(
    "Least costs of LP relaxations: any one grid may fail with all its sites, in any hour.",
    "均为线性松弛的最低成本：任一电网可在任一小时连同其全部站点失效。",
)
_TIGHT: Final = Text(
    "after the loss of {failure}, no {accelerator} at {site} is left idle in the worst hour "
    "({places} such places in all failures)",
    "{failure} 电网失效后，{site} 的 {accelerator} 在最高小时全部用尽（各种失效下此类情形共 "
    "{places} 处）",
)


def protection_note(run: Run, language: Language) -> str:
    """Return the note below the table, with the largest place where a failure binds."""
    note = PROTECTION_NOTE.render(language)
    failures = run.plan.tables["failures"]
    tight = failures[failures["binding"].to_numpy(dtype=bool)]
    if tight.empty:
        return note
    worst = tight.sort_values(["needed", "failure", "site", "accelerator"]).iloc[-1]
    names = {}
    for table, key in (("sites", "site"), ("accelerators", "accelerator")):
        frame = run.case.tables[table].frame.set_index(key)
        names[key] = str(frame[f"name_{language}"][worst[key]])
    line = _TIGHT.render(language, failure=worst["failure"], places=len(tight), **names)
    return f"{note} {line}"


def protection_rows(run: Run) -> list[list[str]]:
    """Return a row for each level of protection."""
    return [
        [
            f"{row['level']:.0%}",
            f"{row['protected_share']:.1%}",
            _amount(float(row["least_cost_million_yuan"])),
            _amount(float(row["extra_million_yuan"])),
            _amount(float(row["yuan_per_protected_share"]) / 1e6),
            _amount(float(row["undone_million_yuan"])),
        ]
        for row in run.findings["protection_levels"].to_dict("records")
    ]


def _amount(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:,.1f}"
