"""Financial and technical parameters, and the calendar."""

from __future__ import annotations

import calendar
from dataclasses import replace
from typing import Final

from data.build.assumptions import assumed
from data.build.cells import Cell
from data.build.network import calibrated_route_factors
from data.build.raw import one
from data.build.writer import Pack

PERIOD: Final = 2026

FINANCE: Final = (
    ("accelerator_system_factor", "加速卡系统系数", "accelerator system factor"),
    ("accelerator_upkeep_share_per_year", "加速卡年运维费率", "yearly upkeep of accelerators"),
    ("discount_rate", "折现率", "discount rate"),
    ("link_life_years", "链路使用年限", "life of link upgrades"),
    ("shell_upkeep_share_per_year", "机房年运维费率", "yearly upkeep of buildings"),
)
"""Parameter, Chinese title, English title; values are assumptions."""

PARAMETERS: Final = (
    ("dataset_window_days", "数据集传输期限", "time to move a data set"),
    ("demand_peak_factor", "计费需量与最高小时负荷之比", "billed demand over the highest hour"),
    ("equipment_one_way_ms_ip_private", "IP 专网设备单向时延", "equipment, IP private network"),
    ("equipment_one_way_ms_optical", "光层设备单向时延", "equipment, optical layer"),
    ("equipment_one_way_ms_public", "公网设备单向时延", "equipment, public internet"),
    ("fibre_us_per_km", "光纤传播时延", "propagation in fibre"),
    ("gang_range_factor", "任务卡数上限倍数", "largest over smallest gang"),
    ("job_start_step_months", "任务开始月份间隔", "step between start months"),
    ("kva_per_kw", "每千瓦变压器容量", "transformer capacity per kW"),
    ("network_storage_power_factor", "网络与存储功率系数", "network and storage power factor"),
    ("p99_factor_ip_private", "IP 专网 99 分位系数", "99th percentile over mean, IP private"),
    ("p99_factor_optical", "光层 99 分位系数", "99th percentile over mean, optical"),
    ("p99_factor_public", "公网 99 分位系数", "99th percentile over mean, public"),
    ("restart_minutes", "故障重启时间", "time to restart after a failure"),
)
"""Parameter, Chinese title, English title; values are assumptions."""

ROUTE_TITLES: Final = {
    "ip_private": ("IP 专网绕行系数", "route factor, IP private network"),
    "optical": ("光层绕行系数", "route factor, optical layer"),
    "public": ("公网绕行系数", "route factor, public internet"),
}


def add_finance(pack: Pack) -> None:
    """Add the tables ``finance`` and ``parameters``."""
    for table, titles in (("finance", FINANCE), ("parameters", PARAMETERS)):
        for parameter, title_zh, title_en in titles:
            assumption = assumed(table, parameter, "value")
            _add(
                pack,
                table,
                parameter,
                titles=(title_zh, title_en),
                value=assumption.cell(),
                unit=assumption.unit,
            )
    for network, factor in calibrated_route_factors().items():
        _add(
            pack,
            "parameters",
            f"route_factor_{network}",
            titles=ROUTE_TITLES[network],
            value=factor,
            unit="1",
        )
    run = one("training_jobs", code="llama31_405b")
    note = "sustained write rate of the storage of the Llama 3 405B run"
    # The rate comes from pages that quote the paper, not from the model card of the row.
    basis = replace(run.basis(run.source.date, note), grade="secondary")
    write_rate = Cell(run.number("storage_write_tb_per_s"), basis)
    _add(
        pack,
        "parameters",
        "checkpoint_write_tb_per_s",
        titles=("检查点写入速率", "checkpoint write rate"),
        value=write_rate,
        unit="TB/s",
    )


def _add(
    pack: Pack, table: str, parameter: str, *, titles: tuple[str, str], value: Cell, unit: str
) -> None:
    pack.add(
        table,
        {
            "parameter": parameter,
            "title_zh": titles[0],
            "title_en": titles[1],
            "value": value,
            "unit": unit,
        },
        value.basis,
    )


def add_times(pack: Pack) -> None:
    """Add the table ``times``: one typical day a month, weighted with its days."""
    for month in range(1, 13):
        days = calendar.monthrange(PERIOD, month)[1]
        for hour in range(24):
            pack.add(
                "times",
                {
                    "period": PERIOD,
                    "typical_day": f"m{month:02d}",
                    "hour": hour,
                    "month": month,
                    "weight_days": days,
                },
            )
