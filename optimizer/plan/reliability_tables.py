"""Result tables of the protection against the loss of a grid."""

from __future__ import annotations

from typing import Final

from optimizer.labels import Text
from optimizer.tables.schema import Table, flag, number, text

_FAILURE: Final = text(
    "failure", "grid that fails, with all its sites", "失效的电网（含其全部站点）"
)
_SERVICE: Final = text("service", "service", "服务")
_ACCELERATOR: Final = text("accelerator", "accelerator", "加速卡")

BACKUPS: Final = Table(
    "backups",
    Text(
        "what one site takes over of one region's service when the grid of another fails",
        "某站点所在电网失效时，另一站点接替其承担的一个地区一类服务的部分",
    ),
    key=("region", "service", "site", "backup_site"),
    columns=(
        text("region", "region", "地区"),
        _SERVICE,
        text("site", "site that is lost", "失效站点"),
        text("backup_site", "site that takes over", "接替站点"),
        number("share", "1", "share of the region's demand", "占该地区需求比例"),
        number(
            "rtt_p99_ms",
            "ms",
            "round trip to the backup site at the 99th percentile, access included",
            "到接替站点的 99 分位往返时延（含接入）",
        ),
        number(
            "budget_ms",
            "ms",
            "network budget in a failure; empty without a target",
            "失效时的网络时延预算，无目标为空",
            required=False,
        ),
    ),
    has_provenance=False,
)
BACKUP_ACCELERATORS: Final = Table(
    "backup_accelerators",
    Text(
        "accelerators that the backup of one service keeps busy at one site in one failure",
        "一种失效下，一类服务的备份在一个站点占用的加速卡",
    ),
    key=("failure", "service", "site", "accelerator"),
    columns=(
        _FAILURE,
        _SERVICE,
        text("site", "site that takes over", "接替站点"),
        _ACCELERATOR,
        number("busy_accelerators", "1", "mean number busy", "平均占用数"),
        number(
            "requests_million_per_day",
            "million/day",
            "requests served on them",
            "日均请求数（百万）",
        ),
    ),
    has_provenance=False,
)
FAILURES: Final = Table(
    "failures",
    Text(
        "accelerators needed at a surviving site that takes over in one failure",
        "一种失效下，承担备份的站点所需的加速卡",
    ),
    key=("failure", "site", "accelerator"),
    columns=(
        _FAILURE,
        text("site", "surviving site", "未受影响的站点"),
        _ACCELERATOR,
        number(
            "needed",
            "1",
            "services and their backup in the worst hour, and gangs in the fullest month",
            "最高小时的服务与备份及最满月份的训练需求",
        ),
        number("available", "1", "installed and available", "已装且可用数量"),
        flag("binding", "whether all are needed", "是否全部用尽"),
    ),
    has_provenance=False,
)
RELIABILITY_TABLES: Final = (BACKUPS, BACKUP_ACCELERATORS, FAILURES)

PROTECTION_LEVELS: Final = Table(
    "protection_levels",
    Text(
        "least cost at one level of protection (LP relaxation)",
        "一种保障水平下的最低成本（线性松弛）",
    ),
    key=("level",),
    columns=(
        number("level", "1", "part of the protected shares", "受保障份额的实施比例"),
        number(
            "least_cost_million_yuan",
            "million yuan/year",
            "lower bound of the yearly cost",
            "年成本下界",
        ),
        number(
            "undone_million_yuan",
            "million yuan/year",
            "value of the work that cannot be protected and is left undone",
            "无法保障而未能安排的工作价值",
        ),
        number(
            "extra_million_yuan",
            "million yuan/year",
            "least cost above that without protection; empty if more work is left undone",
            "比无保障时增加的成本；若未能安排的工作增加则为空",
            minimum=None,
            required=False,
        ),
        number(
            "protected_share",
            "1",
            "share of the services' demand for accelerators that survives any failure",
            "任一失效下仍能满足的服务算力需求比例",
        ),
        number(
            "yuan_per_protected_share",
            "yuan/year",
            "extra cost for each hundredth of that demand protected; empty without protection",
            "每保障其中百分之一所增加的成本；无保障时为空",
            minimum=None,
            required=False,
        ),
    ),
    has_provenance=False,
)
