"""Result tables of rationing and staged release."""

from __future__ import annotations

from typing import Final

from optimizer.labels import Text
from optimizer.tables.schema import Table, integer, number, text

SERVED_TIERS: Final = Table(
    "served_tiers",
    Text("one tier of users of one service in one region", "一个地区的一类服务的一个用户层级"),
    key=("region", "service", "tier"),
    columns=(
        text("region", "region", "地区"),
        text("service", "service", "服务"),
        integer("tier", "1", "tier, 1 is released first", "层级，1 最先开放"),
        number("demand_share", "1", "share of the region's demand", "占该地区需求比例"),
        number("served_share", "1", "share of the tier served", "该层级已满足比例"),
        number(
            "requests_million_per_day", "million/day", "requests served", "日均满足请求数（百万）"
        ),
        number("value_million_yuan", "million yuan/year", "their value", "价值"),
    ),
    has_provenance=False,
)
RELEASES: Final = Table(
    "releases",
    Text("one tier of users of one service in all regions", "一类服务的一个用户层级（全国）"),
    key=("service", "tier"),
    columns=(
        text("service", "service", "服务"),
        integer("tier", "1", "tier, 1 is released first", "层级，1 最先开放"),
        number(
            "released",
            "1",
            "1 if the tier is released, 0 if not; between the two in a relaxation only",
            "已开放为 1，未开放为 0；仅线性松弛可介于其间",
        ),
        number(
            "requests_million_per_day", "million/day", "requests asked for", "日均请求需求（百万）"
        ),
        number("served_share", "1", "share of them served", "已满足比例"),
        number("value_million_yuan", "million yuan/year", "value of those served", "已满足的价值"),
    ),
    has_provenance=False,
)
RELEASE_TABLES: Final = (SERVED_TIERS, RELEASES)

ACCELERATOR_VALUES: Final = Table(
    "accelerator_values",
    Text(
        "what a thousand more accelerators of one type would serve while tiers are held back",
        "层级受限时，每增加一千张某种加速卡可多满足的价值",
    ),
    key=("accelerator",),
    columns=(
        text("accelerator", "accelerator", "加速卡"),
        number(
            "value_million_yuan",
            "million yuan/year",
            "value of the work served on them (LP relaxation, with the releases of the plan)",
            "可多满足的工作价值（线性松弛，按方案的开放状态）",
        ),
    ),
    has_provenance=False,
)
