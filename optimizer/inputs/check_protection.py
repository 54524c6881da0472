"""Faults of the protection against the loss of a grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from optimizer.errors import Fault
from optimizer.inputs.derive import Derived
from optimizer.inputs.protection import FAILOVER_BUDGET_FACTOR
from optimizer.labels import Text
from optimizer.tables.frames import TypedTable


def check_failover_targets(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    """Yield failover targets that are tighter than the normal one, or that have none."""
    services = tables["services"]
    columns = services.frame[["target_ms", "failover_target_ms"]]
    for record, (target, failover) in enumerate(columns.itertuples(index=False)):
        if np.isnan(failover):
            continue
        if np.isnan(target):
            yield services.fault(
                record,
                "failover_target_ms",
                Text("the service has no target to ease", "该服务没有可放宽的时延目标"),
                Text("leave it empty, or give target_ms", "请留空，或填写 target_ms"),
            )
        elif failover < target:
            yield services.fault(
                record,
                "failover_target_ms",
                Text(
                    "tighter than the normal target of {target:g} ms",
                    "严于正常目标 {target:g} 毫秒",
                ).filled(target=target),
                Text("give at least target_ms, or leave it empty", "请不小于 target_ms，或留空"),
            )


def check_backup(tables: Mapping[str, TypedTable], derived: Derived) -> Iterator[Fault]:
    """Yield protected services of which nothing can be backed up anywhere."""
    protection = derived.protection
    services = tables["services"]
    for record in np.flatnonzero(protection.share > 0.0).tolist():
        groups = [group for group in protection.groups if group.service == record]
        if not groups or any(group.sites for group in groups):
            continue
        yield services.fault(
            record,
            "protected_share",
            Text(
                "no site outside the grid that serves {service} may take it over in time, so all "
                "of it would be left unserved",
                "{service} 所在电网之外没有站点能及时接替，因此将全部无法服务",
            ).filled(service=services.frame["service"].iloc[record]),
            Text(
                "raise failover_target_ms or {factor}, relax residency or pins, give sites their "
                "own grid_area, or set protected_share to 0",
                "请提高 failover_target_ms 或 {factor}、放宽驻留要求或固定约束、区分 grid_area，"
                "或将 protected_share 设为 0",
            ).filled(factor=FAILOVER_BUDGET_FACTOR),
        )
