"""The result tables of training runs over several sites."""

from __future__ import annotations

from typing import Final

from optimizer.labels import Text
from optimizer.tables.schema import Table, integer, number, text

SPLIT_RUNS: Final = Table(
    "split_runs",
    Text(
        "training runs of one job over several sites in one configuration",
        "一个训练任务按一种配置跨站点的运行",
    ),
    key=("job", "configuration", "accelerator", "start_month", "gang"),
    columns=(
        text("job", "job", "任务"),
        text("configuration", "accelerators, start, parts and bandwidth", "配置"),
        text("accelerator", "accelerator", "加速卡"),
        integer("start_month", "1", "month of the start", "开始月份"),
        integer("gang", "1", "accelerators of one run at all its sites", "单次总卡数"),
        text("sites", "sites, joined by +", "站点（以 + 连接）"),
        number(
            "bandwidth_tbps",
            "Tbit/s",
            "bandwidth on each side of the ring, each way",
            "环路每段每方向带宽",
        ),
        number("ring_km", "km", "length of the ring", "环路长度"),
        number("compute_s", "s", "computation of one step", "单步计算时间"),
        number("step_s", "s", "time of one step", "单步时间"),
        number(
            "efficiency",
            "1",
            "speed relative to one site with the same accelerators",
            "相对于同规模单站点的效率",
        ),
        number("duration_days", "day", "length of one run", "单次时长（天）"),
        number("goodput", "1", "share of time in which a run progresses", "有效训练时间比例"),
        number("runs", "1", "number of runs", "运行次数"),
    ),
    has_provenance=False,
)
SPLIT_PARTS: Final = Table(
    "split_parts",
    Text(
        "the part at one site of training runs over several sites",
        "跨站点训练任务在一个站点的部分",
    ),
    key=("job", "configuration", "site"),
    columns=(
        text("job", "job", "任务"),
        text("configuration", "configuration of split_runs", "split_runs 中的配置"),
        text("site", "site", "站点"),
        integer("gang", "1", "accelerators of one run here", "单次在此站点的卡数"),
        number("it_mw", "MW", "IT power of all runs here while active", "运行时 IT 功率"),
        number("dataset_gbps", "Gbit/s", "circuit for their part of the data", "数据集专线带宽"),
    ),
    has_provenance=False,
)
