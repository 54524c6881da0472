"""Result tables of pools: their load, their reserve, and the exact number of servers beside."""

from __future__ import annotations

from typing import Final

from optimizer.labels import Text
from optimizer.tables.schema import Table, integer, number, text

POOLS: Final = Table(
    "pools",
    Text("one pool of services at one site", "一个站点的一个服务资源池"),
    key=("site", "pool", "line"),
    columns=(
        text("site", "site", "站点"),
        text("pool", "pool", "资源池"),
        text("line", "line the reserve is reckoned by: large or small", "裕量直线：large 或 small"),
        number("opened", "1", "whether the pool is there, 0 or 1", "是否设立（0 或 1）"),
        number("load_replicas", "1", "load in the peak hour", "高峰小时负荷（副本数）"),
        number("reserve_replicas", "1", "reserve for queueing", "排队裕量（副本数）"),
        number("servers", "1", "load and reserve", "负荷与裕量之和（副本数）"),
        integer(
            "exact_servers",
            "1",
            "servers that the load needs by Erlang's formula",
            "按 Erlang C 公式精确所需的副本数",
        ),
    ),
    has_provenance=False,
)
POOL_RESERVES: Final = Table(
    "pool_reserves",
    Text(
        "accelerators of one type in reserve for one pool at one site",
        "一个站点为一个资源池预留的一种加速卡",
    ),
    key=("site", "pool", "accelerator"),
    columns=(
        text("site", "site", "站点"),
        text("pool", "pool", "资源池"),
        text("accelerator", "accelerator", "加速卡"),
        number("reserve_accelerators", "1", "accelerators in reserve", "预留卡数"),
        number("reserve_replicas", "1", "replicas that they make", "折合副本数"),
    ),
    has_provenance=False,
)
