"""Faults of policy rows that only their kind can tell: workloads, thresholds, subsidies."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from optimizer.errors import Fault
from optimizer.inputs.policy_rows import WORKLOAD_KINDS, scope_sites, scope_workloads
from optimizer.labels import Text
from optimizer.tables.frames import TypedTable


def check_policies(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    """Yield the faults of policy rows that follow from what their kind needs."""
    policies = tables["policies"]
    for record, row in enumerate(policies.frame.to_dict("records")):
        yield from _workloads(tables, policies, record, row)
        yield from _threshold(policies, record, row)
        if row["kind"] == "latency_max" and not row["hard"]:
            yield policies.fault(
                record,
                "hard",
                Text(
                    "a latency limit bars pairs of work and site and cannot be soft",
                    "时延上限用于排除工作与站点的组合，不能设为柔性约束",
                ),
                Text("write true and clear the penalty", "请填写 true 并清空罚金"),
            )
        if row["kind"] == "cost_cap" and row["scope"] != "national":
            yield policies.fault(
                record,
                "scope",
                Text("a cap on cost is national", "成本上限只能是全国范围"),
                Text("write national", "请填写 national"),
            )
        if row["kind"] == "build_subsidy":
            yield from _subsidy(tables, record, row)


def _workloads(
    tables: Mapping[str, TypedTable], policies: TypedTable, record: int, row: dict[Hashable, Any]
) -> Iterator[Fault]:
    if row["workloads"] and row["kind"] not in WORKLOAD_KINDS:
        yield policies.fault(
            record,
            "workloads",
            Text("{kind} holds for all work", "{kind} 适用于全部工作").filled(kind=row["kind"]),
            Text("clear it", "请清空"),
        )
        return
    if not row["enabled"]:
        return  # a row that is off may name work of another case
    try:
        scope_workloads(row["workloads"], tables["services"].frame, tables["jobs"].frame)
    except ValueError as error:
        yield policies.fault(
            record,
            "workloads",
            Text("unknown work: {what}", "未知的工作：{what}").filled(what=str(error)),
            Text(
                "use kind:training;interactive;batch, service:a;b or job:a;b, or leave it empty",
                "可用 kind:training;interactive;batch、service:a;b 或 job:a;b，或留空",
            ),
        )


def _threshold(policies: TypedTable, record: int, row: dict[Hashable, Any]) -> Iterator[Fault]:
    given = not math.isnan(row["threshold"])
    if given != (row["kind"] == "pue_surcharge"):
        yield policies.fault(
            record,
            "threshold",
            Text(
                "a threshold belongs to surcharges on PUE and to no other row",
                "起点仅用于且必须用于 PUE 加价电费",
            ),
            Text("write the PUE, as in 1.35, or clear it", "请填写 PUE（如 1.35），或清空"),
        )


def _subsidy(
    tables: Mapping[str, TypedTable], record: int, row: dict[Hashable, Any]
) -> Iterator[Fault]:
    """Yield a fault where building would earn money, whatever the power is good for."""
    sites, modules = tables["sites"].frame, tables["modules"].frame
    try:
        inside = scope_sites(row["scope"], sites, tables["provinces"].frame)
    except ValueError:  # a fault of its own
        return
    factors = modules.loc[modules["kind"] == "new", "capex_factor"]
    if not inside.any() or factors.empty:
        return
    least = float(sites["capex_yuan_per_kw"][inside].min()) * float(factors.min())
    if row["value"] > least:
        yield tables["policies"].fault(
            record,
            "value",
            Text(
                "more than the {least:g} yuan/kW that new power costs there",
                "高于当地新建造价 {least:g} 元/千瓦",
            ).filled(least=least),
            Text("correct the value or its unit", "请更正数值或单位"),
        )
