"""The result table of the study of one campus or several."""

from __future__ import annotations

from typing import Final

from optimizer.labels import Text
from optimizer.tables.schema import Column, Table, flag, number, text


def _optional(name: str, unit: str, en: str, zh: str) -> Column:
    return number(name, unit, en, zh, required=False, minimum=None)


CAMPUSES: Final = Table(
    "campuses",
    Text(
        "the largest run that may split: one campus or several",
        "可拆分的最大训练任务：一个园区还是几个",
    ),
    key=("job",),
    columns=(
        text("job", "job", "任务"),
        text(
            "answer",
            "one, several, or either if their costs are not distinguishable",
            "one（一个）、several（几个）或 either（成本无法区分）",
        ),
        text("sites", "sites of the answer, joined by +", "所选站点（以 + 连接）", required=False),
        text(
            "reason",
            "what decides: power ceiling, date or price",
            "决定因素：power ceiling（功率上限）、date（期限）或 price（价格）",
        ),
        number("run_mw", "MW", "nameplate IT power of one run", "单次运行的额定 IT 功率"),
        _optional(
            "one_million_yuan",
            "million yuan/year",
            "least cost with the run at one campus; empty if it fits none",
            "单园区时的最低成本；无法容纳时为空",
        ),
        _optional(
            "several_million_yuan",
            "million yuan/year",
            "least cost with the run over several; empty if no split is in time",
            "跨园区时的最低成本；无可行拆分时为空",
        ),
        _optional(
            "extra_million_yuan",
            "million yuan/year",
            "what splitting costs more than one campus, which has the power it needs for it",
            "拆分比单园区多出的成本（单园区功率充足时）",
        ),
        number(
            "largest_site_mw",
            "MW",
            "largest power that a cluster may have for accelerators",
            "集群可供加速卡的最大功率",
        ),
        _optional(
            "break_even_mw",
            "MW",
            "least power ceiling of the clusters at which one campus wins; empty if there is none",
            "单园区占优的最低集群功率上限；不存在时为空",
        ),
        flag("verified", "whether both plans passed the verification", "两种方案是否均通过核验"),
    ),
    has_provenance=False,
)
