"""Faults of a set of tables, each check a small function; all faults are returned together.

Checks of one cell (type, bounds, allowed values) happen when a table is read. Here stand the
checks between tables. :mod:`optimizer.inputs.check_content` holds those of the content of
single tables, :mod:`optimizer.inputs.check_reach` those that need derived numbers.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from optimizer.errors import Fault
from optimizer.inputs.check_content import check_content
from optimizer.inputs.check_protection import check_failover_targets
from optimizer.inputs.check_queueing import check_pools
from optimizer.inputs.check_split import CAMPUS_STUDY, check_split
from optimizer.inputs.protection import FAILOVER_BUDGET_FACTOR, PROTECTION_LEVEL
from optimizer.inputs.queueing import WAIT_PROBABILITY
from optimizer.inputs.routes import PATH_COUNT
from optimizer.inputs.split_training import SPLIT_PARAMETERS
from optimizer.labels import Text
from optimizer.tables.frames import TypedTable
from optimizer.tables.registry import TABLES

REQUIRED_FINANCE: Final = (
    "accelerator_system_factor",
    "accelerator_upkeep_share_per_year",
    "discount_rate",
    "link_life_years",
    "shell_upkeep_share_per_year",
)
REQUIRED_PARAMETERS: Final = (
    "checkpoint_write_tb_per_s",
    "dataset_window_days",
    "equipment_one_way_ms_ip_private",
    "equipment_one_way_ms_optical",
    "equipment_one_way_ms_public",
    "fibre_us_per_km",
    "gang_range_factor",
    "job_start_step_months",
    "kva_per_kw",
    "network_storage_power_factor",
    "p99_factor_ip_private",
    "p99_factor_optical",
    "p99_factor_public",
    "restart_minutes",
    "route_factor_ip_private",
    "route_factor_optical",
    "route_factor_public",
)
OPTIONAL_FINANCE: Final = ("last_period_years",)
OPTIONAL_PARAMETERS: Final = (
    "demand_peak_factor",
    WAIT_PROBABILITY,
    CAMPUS_STUDY,
    PROTECTION_LEVEL,
    FAILOVER_BUDGET_FACTOR,
    PATH_COUNT,
    *SPLIT_PARAMETERS,
)
"""Parameters that switch a block on; without them it is left out."""

NEEDS_ROWS: Final = ("sites", "regions", "modules", "accelerators", "times", "provinces")


def check_tables(tables: Mapping[str, TypedTable], year: int) -> list[Fault]:
    """Return every fault between tables and within the content of tables."""
    faults = [
        Fault(
            Text("the table has no rows", "该表没有数据行"),
            Text("add at least one row: {meaning}", "至少填写一行：{meaning}").filled(
                meaning=TABLES[name].meaning
            ),
            f"{name}.csv",
        )
        for name in NEEDS_ROWS
        if not len(tables[name].frame)
    ]
    if faults:
        return faults
    checks = (
        _unknown_references,
        _unknown_profiles_and_kinds,
        _missing_tariffs,
        _missing_climate,
        _missing_parameters,
        _missing_rates,
        check_pools,
        check_split,
        check_failover_targets,
        _pins,
        _provenance,
        _unknown_sources,
    )
    faults = [fault for check in checks for fault in check(tables)]
    faults.extend(_missing_grid(tables, year))
    faults.extend(check_content(tables, year))
    return faults


def reference_faults(tables: Mapping[str, TypedTable]) -> list[Fault]:
    """Return every cell that names something no table holds.

    Needs no sound numbers: it is listed together with the faults of single cells.
    """
    return [*_unknown_references(tables), *_unknown_sources(tables)]


def _unknown_references(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    for table in tables.values():
        for column in table.table.columns:
            if not column.refers_to:
                continue
            target = tables[column.refers_to]
            known = set(target.frame[target.table.key[0]])
            cells = table.frame[column.name]
            unknown = ~cells.isin(known) & (cells != "")
            for record in np.flatnonzero(unknown.to_numpy()):
                yield _unknown(table, int(record), column.name, sorted(known), column.refers_to)


def _unknown(table: TypedTable, record: int, column: str, known: list[str], target: str) -> Fault:
    value = str(table.frame[column].iloc[record])
    near = difflib.get_close_matches(value, known, n=3)
    repair = (
        Text("did you mean {names}?", "是否应为 {names}？").filled(names=", ".join(near))
        if near
        else Text("add it to {target} or correct it", "请在 {target} 中补充或更正").filled(
            target=target
        )
    )
    return table.fault(
        record, column, Text("not in {target}", "{target} 中没有").filled(target=target), repair
    )


def _unknown_profiles_and_kinds(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    for name, column, target, key in (
        ("services", "profile", "profiles", "profile"),
        ("jobs", "kind", "training_rates", "kind"),
    ):
        table = tables[name]
        known = sorted(set(tables[target].frame[key]))
        for record in np.flatnonzero(~table.frame[column].isin(known).to_numpy()):
            yield _unknown(table, int(record), column, known, target)


def _missing_tariffs(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    sites, tariffs = tables["sites"], tables["tariffs"].frame
    months: dict[tuple[str, str], set[int]] = {}
    for region, voltage, month in tariffs[["tariff_region", "voltage_kv", "month"]].itertuples(
        index=False
    ):
        months.setdefault((region, voltage), set()).add(int(month))
    needed = set(range(1, 13))
    for record, (region, voltage) in enumerate(
        zip(sites.frame["tariff_region"], sites.frame["voltage_kv"], strict=True)
    ):
        missing = sorted(needed - months.get((region, voltage), set()))
        if missing:
            yield sites.fault(
                record,
                "tariff_region",
                Text(
                    "tariffs has no rows of {region} at {voltage} kV for months {months}",
                    "tariffs 缺少 {region}（{voltage} 千伏）{months} 月的电价",
                ).filled(
                    region=region, voltage=voltage, months=", ".join(str(item) for item in missing)
                ),
                Text(
                    "add them, or correct the region or voltage", "请补充，或更正电价区、电压等级"
                ),
            )


def _missing_climate(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    sites, climate = tables["sites"], tables["climate"].frame
    months = set(tables["times"].frame["month"])
    have = climate.groupby("site")["month"].agg(set)
    for record, site in enumerate(sites.frame["site"]):
        missing = sorted(months - have.get(site, set()))
        if missing:
            yield sites.fault(
                record,
                "site",
                Text("climate has no month {months}", "climate 缺少 {months} 月").filled(
                    months=", ".join(str(item) for item in missing)
                ),
                Text("add the mean temperatures", "请补充平均温度"),
            )


def _missing_grid(tables: Mapping[str, TypedTable], year: int) -> Iterator[Fault]:
    sites, grid = tables["sites"], tables["grid"].frame
    known = set(grid.loc[grid["year"] <= year, "province"])
    for record in np.flatnonzero(~sites.frame["province"].isin(known).to_numpy()):
        yield sites.fault(
            int(record),
            "province",
            Text("grid has no row up to {year}", "grid 缺少 {year} 年及以前的数据").filled(
                year=year
            ),
            Text("add a row of the province", "请补充该省数据"),
        )


def _missing_parameters(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    for name, required, optional in (
        ("finance", REQUIRED_FINANCE, OPTIONAL_FINANCE),
        ("parameters", REQUIRED_PARAMETERS, OPTIONAL_PARAMETERS),
    ):
        known = (*required, *optional)
        table = tables[name]
        given = set(table.frame["parameter"])
        for parameter in required:
            if parameter not in given:
                yield Fault(
                    Text("the parameter is missing", "缺少该参数"),
                    Text("add a row", "请补充一行"),
                    f"{name}.csv",
                    column="parameter",
                    value=parameter,
                )
        for record, parameter in enumerate(table.frame["parameter"]):
            if parameter not in known:
                yield _unknown(table, record, "parameter", list(known), name)


def _missing_rates(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    services = tables["services"]
    served = set(tables["service_rates"].frame["service"])
    for record, service in enumerate(services.frame["service"]):
        if service not in served:
            yield services.fault(
                record,
                "service",
                Text("service_rates has no row for it", "service_rates 中没有该服务"),
                Text("add the rate on at least one accelerator", "请至少补充一种加速卡的吞吐"),
            )


def _pins(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    pins = tables["pins"]
    services = set(tables["services"].frame["service"])
    jobs = set(tables["jobs"].frame["job"])
    for record, pin in enumerate(pins.frame.to_dict("records")):
        if pin["workload"] not in services | jobs:
            yield _unknown(pins, record, "workload", sorted(services | jobs), "services / jobs")
        valued = pin["rule"] in {"minimum_share", "moving_cost"}
        if valued == bool(np.isnan(pin["value"])):
            yield pins.fault(
                record,
                "value",
                Text("{rule} takes {what}", "{rule} {what}").filled(
                    rule=pin["rule"],
                    what=Text("a value", "需要数值") if valued else Text("no value", "不需要数值"),
                ),
                Text("correct the value", "请修正数值"),
            )
        elif pin["rule"] == "minimum_share" and pin["value"] > 1.0:
            yield pins.fault(
                record,
                "value",
                Text("a share above one", "比例大于 1"),
                Text("write a share between 0 and 1", "请填写 0 至 1 之间的比例"),
            )
    must = pins.frame[pins.frame["rule"] == "must"]
    for workload, rows in must.groupby("workload"):
        if len(rows) > 1:
            yield pins.fault(
                int(rows.index[1]),
                "rule",
                Text(
                    "{workload} must be at two sites at once", "{workload} 被要求同时位于两个站点"
                ).filled(workload=workload),
                Text("use minimum_share, or keep one", "请改用 minimum_share 或只保留一个"),
            )


def _provenance(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    cells = tables["provenance"]
    keys = {name: set(table.keys()) for name, table in tables.items() if table.table.has_provenance}
    for record, cell in enumerate(cells.frame.to_dict("records")):
        if cell["table"] not in keys:
            yield _unknown(cells, record, "table", sorted(keys), "tables")
        elif cell["column"] not in TABLES[cell["table"]].column_names:
            yield _unknown(
                cells, record, "column", TABLES[cell["table"]].column_names, cell["table"]
            )
        elif cell["key"] not in keys[cell["table"]]:
            yield _unknown(cells, record, "key", sorted(keys[cell["table"]]), cell["table"])
        elif cell["low"] > cell["high"]:
            yield cells.fault(
                record,
                "low",
                Text("above high", "大于 high"),
                Text("swap low and high", "请对调 low 与 high"),
            )


def _unknown_sources(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    known = set(tables["sources"].frame["source_id"])
    for table in tables.values():
        if "source_id" not in table.frame or table.table.name == "sources":
            continue
        for text in sorted(set(table.frame["source_id"])):
            for identifier in text.split(";"):
                if identifier.strip() not in known:
                    record = int(np.flatnonzero((table.frame["source_id"] == text).to_numpy())[0])
                    yield table.fault(
                        record,
                        "source_id",
                        Text("{source} is not in sources", "sources 中没有 {source}").filled(
                            source=identifier.strip()
                        ),
                        Text("add it to sources.csv", "请在 sources.csv 中补充"),
                    )
