"""Tables of rules: policies, money, technical parameters, and the grading of cells."""

from __future__ import annotations

from typing import Final

from optimizer.labels import Text
from optimizer.tables.schema import CONFIDENCE_GRADES, Table, flag, number, text

POLICY_KINDS: Final = (
    "hub_share_min",
    "west_share_min",
    "pue_max",
    "utilisation_min",
    "green_share_contractual_min",
    "green_share_physical_min",
    "green_share_hourly_min",
    "direct_self_use_min",
    "direct_load_share_min",
    "direct_export_max",
    "new_it_mw_max",
    "carbon_price",
    "carbon_cap",
    "budget",
    "latency_max",
    "workload_share_max",
    "pue_average_max",
    "rack_utilisation_min",
    "accelerator_utilisation_min",
    "domestic_share_min",
    "energy_cap",
    "water_cap",
    "cost_cap",
    "pue_surcharge",
    "build_subsidy",
    "compute_voucher",
)

POLICIES: Final = Table(
    "policies",
    Text("one policy row", "一条政策约束"),
    key=("policy",),
    columns=(
        text("policy", "policy code", "政策代码"),
        text("title_zh", "Chinese title", "中文标题"),
        text("title_en", "English title", "英文标题"),
        text("kind", "what it limits", "约束类型", allowed=POLICY_KINDS),
        text(
            "scope",
            "sites it holds for: national, hubs, outside_hubs, clusters, cluster:a;b, "
            "province:BJ;SH, side:east, western_development",
            "适用站点：national、hubs、outside_hubs、clusters、cluster:a;b、province:BJ;SH、"
            "side:east、"
            "western_development",
        ),
        text(
            "workloads",
            "work it holds for: kind:training;interactive;batch, service:a;b or job:a;b; "
            "empty: all work",
            "适用的工作：kind:training;interactive;batch、service:a;b 或 job:a;b；留空为全部",
            required=False,
        ),
        number("value", "see unit", "the limit", "限值", maximum=1e12),
        number(
            "threshold",
            "1",
            "PUE above which a surcharge is paid, on the energy above it",
            "加价电费的 PUE 起点，只对超出部分的电量加价",
            minimum=1.0,
            maximum=10.0,
            required=False,
        ),
        text(
            "unit",
            "unit of the value",
            "单位",
            allowed=(
                "1",
                "MW",
                "yuan/tCO2",
                "ktCO2",
                "million yuan",
                "ms",
                "GWh",
                "thousand m3",
                "yuan/kWh",
                "yuan/kW",
                "yuan/MWh",
            ),
        ),
        text("comparison", "sense of the limit", "比较方向", allowed=("<=", ">=", "=")),
        text("valid_from", "first day, as in 2025-12-31", "起始日期，如 2025-12-31"),
        text("valid_to", "last day; empty: open", "终止日期，留空为长期", required=False),
        text("document", "document", "文件名称"),
        text("document_number", "number of the document", "文号", required=False),
        text(
            "ledger",
            "ledger a carbon row acts on",
            "碳约束所用账本",
            allowed=("location", "market"),
            required=False,
        ),
        flag(
            "hard",
            "law or physics; a soft row may be broken at its penalty",
            "是否刚性；柔性约束可按罚金违反",
        ),
        number(
            "penalty_million_yuan_per_unit",
            "million yuan/unit",
            "price of breaking a soft row by one unit of its value",
            "柔性约束每违反一个单位的罚金",
            maximum=1e9,
            required=False,
        ),
        flag("enabled", "whether the row is switched on", "是否启用"),
    ),
    may_be_absent=True,
)


def _parameter_table(name: str, meaning: Text) -> Table:
    return Table(
        name,
        meaning,
        key=("parameter",),
        columns=(
            text("parameter", "parameter", "参数"),
            text("title_zh", "Chinese title", "中文标题"),
            text("title_en", "English title", "英文标题"),
            number("value", "see unit", "value", "数值", minimum=None),
            text("unit", "unit of the value", "单位"),
        ),
    )


FINANCE: Final = _parameter_table("finance", Text("one financial parameter", "一个财务参数"))
PARAMETERS: Final = _parameter_table("parameters", Text("one technical parameter", "一个技术参数"))

PROVENANCE_CELLS: Final = Table(
    "provenance",
    Text("the grading of one cell that differs from its row", "与所在行不同的单元格可信度"),
    key=("table", "key", "column"),
    columns=(
        text("table", "table", "表"),
        text("key", "key of the row, its columns joined by |", "行主键，以 | 连接"),
        text("column", "column", "列"),
        text("source_id", "source (several separated by ;)", "来源（多个以 ; 分隔）"),
        text("as_of", "date the figure describes", "数据所指日期"),
        text("confidence", "how sure the cell is", "可信程度", allowed=CONFIDENCE_GRADES),
        number(
            "low",
            "as the column",
            "lowest plausible value",
            "合理下限",
            minimum=None,
            required=False,
        ),
        number(
            "high",
            "as the column",
            "highest plausible value",
            "合理上限",
            minimum=None,
            required=False,
        ),
        text("note", "method or reason", "方法或理由"),
    ),
    may_be_absent=True,
    has_provenance=False,
)

SOURCES: Final = Table(
    "sources",
    Text("one source", "一个来源"),
    key=("source_id",),
    columns=(
        text("source_id", "code of the source", "来源代码"),
        text("title", "document, page or data set", "文件、网页或数据集"),
        text("date", "date of the source", "来源日期"),
    ),
    has_provenance=False,
)

RULES: Final = (POLICIES, FINANCE, PARAMETERS, PROVENANCE_CELLS, SOURCES)
