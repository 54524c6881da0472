"""Faults in the content of single tables that no cell shows on its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterator, Mapping
from typing import Final

import numpy as np

from optimizer.errors import Fault
from optimizer.inputs.check_policies import check_policies
from optimizer.inputs.check_split import SPLIT_BOUNDS
from optimizer.inputs.check_supply import check_supply
from optimizer.inputs.check_times import check_times
from optimizer.inputs.hours import hour_shares
from optimizer.inputs.network_paths import NETWORKS
from optimizer.inputs.policy_rows import (
    COMPARISON_OF_KIND,
    LEDGER_KINDS,
    PRICE_KINDS,
    UNIT_OF_KIND,
    scope_sites,
)
from optimizer.inputs.protection import FAILOVER_BUDGET_FACTOR, PROTECTION_LEVEL
from optimizer.inputs.release_tiers import check_tiers
from optimizer.inputs.routes import PATH_COUNT
from optimizer.labels import Text
from optimizer.tables.frames import TypedTable, records
from optimizer.units import HOURS_PER_DAY

SHARE_TOLERANCE = 1e-6


def check_content(tables: Mapping[str, TypedTable], year: int) -> list[Fault]:
    """Return every fault in the content of single tables."""
    return [
        *check_times(tables["times"], year),
        *_tariff_hours(tables["tariffs"]),
        *_profiles(tables["profiles"]),
        *_site_power(tables),
        *_regions(tables["regions"]),
        *_services(tables),
        *_service_rates(tables),
        *check_tiers(tables),
        *_jobs(tables["jobs"]),
        *_modules(tables["modules"]),
        *_links(tables["links"]),
        *_latency(tables["latency"]),
        *_supply_steps(tables["supply_steps"]),
        *_policies(tables),
        *check_policies(tables),
        *check_supply(tables),
        *_parameters(tables["finance"], _FINANCE_BOUNDS),
        *_parameters(tables["parameters"], _PARAMETER_BOUNDS),
    ]


def _tariff_hours(tariffs: TypedTable) -> Iterator[Fault]:
    frame = tariffs.frame
    covered: dict[tuple[str, str, int], np.ndarray] = {}
    first: dict[tuple[str, str, int], int] = {}
    charges: dict[tuple[str, str, int], tuple[float, float, str]] = {}
    for record, row in enumerate(frame.to_dict("records")):
        key = (row["tariff_region"], row["voltage_kv"], row["month"])
        try:
            shares = hour_shares(row["hours"])
        except ValueError:
            yield tariffs.fault(
                record,
                "hours",
                Text("not a list of hours", "不是有效的时段"),
                Text("write it as 0-8;22-24", "请写成 0-8;22-24 的形式"),
            )
            continue
        covered[key] = covered.get(key, np.zeros(HOURS_PER_DAY)) + shares
        first.setdefault(key, record)
        charge = (
            row["demand_charge_yuan_per_kw_month"],
            row["capacity_charge_yuan_per_kva_month"],
            row["basis"],
        )
        if charges.setdefault(key, charge) != charge:
            yield tariffs.fault(
                record,
                "demand_charge_yuan_per_kw_month",
                Text(
                    "the charges differ between bands of one month",
                    "同月各时段的容（需）量电价不一致",
                ),
                Text("give all bands of the month the same charges", "同月各时段应相同"),
            )
    for key, shares in covered.items():
        if not np.allclose(shares, 1.0, atol=SHARE_TOLERANCE):
            wrong = ", ".join(str(hour) for hour in np.flatnonzero(np.abs(shares - 1.0) > 1e-6))
            yield tariffs.fault(
                first[key],
                "hours",
                Text(
                    "the bands of {region} {voltage} kV in month {month} miss or repeat hours "
                    "{hours}",
                    "{region} {voltage} 千伏 {month} 月的时段缺少或重复第 {hours} 时",
                ).filled(region=key[0], voltage=key[1], month=key[2], hours=wrong),
                Text("cover each of the 24 hours once", "24 小时应恰好覆盖一次"),
            )


def _profiles(profiles: TypedTable) -> Iterator[Fault]:
    for name, rows in profiles.frame.groupby("profile"):
        first = int(rows.index[0])
        if sorted(rows["hour"]) != list(range(HOURS_PER_DAY)):
            yield profiles.fault(
                first,
                "hour",
                Text(
                    "{name} does not have hours 0 to 23 once each", "{name} 未完整包含 0–23 时"
                ).filled(name=name),
                Text("give 24 rows", "应有 24 行"),
            )
        elif rows["relative_load"].sum() <= 0.0:
            yield profiles.fault(
                first,
                "relative_load",
                Text("{name} is zero all day", "{name} 全天为零").filled(name=name),
                Text("give at least one hour a load", "至少一个小时应有负荷"),
            )


def _site_power(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    sites = tables["sites"]
    for record, site in enumerate(sites.frame.to_dict("records")):
        free = site["existing_it_mw"] - site["occupied_it_mw"]
        if site["ai_ready_it_mw"] > free + SHARE_TOLERANCE:
            yield sites.fault(
                record,
                "ai_ready_it_mw",
                Text(
                    "more than the free power of {free:g} MW (existing less occupied)",
                    "超过空余功率 {free:g} MW（已建减已占用）",
                ).filled(free=free),
                Text(
                    "lower it, or correct existing or occupied power",
                    "请调低，或更正已建、已占用功率",
                ),
            )
        if site["under_construction_it_mw"] > 0 and np.isnan(site["under_construction_year"]):
            yield sites.fault(
                record,
                "under_construction_year",
                Text("power under construction without a year", "在建功率未注明投产年份"),
                Text("give the year from which it serves", "请填写投产年份"),
            )
    accelerators = tables["accelerators"].frame
    overhead = (
        tables["parameters"]
        .frame.set_index("parameter")["value"]
        .get("network_storage_power_factor", np.nan)
    )
    maximum_kw = (
        accelerators["server_maximum_kw"] / accelerators["accelerators_per_server"] * overhead
    )
    maximum_kw.index = accelerators["accelerator"]
    fleet = tables["fleet"].frame
    power = fleet["installed"] * fleet["accelerator"].map(maximum_kw).astype(float) / 1e3
    by_site = power.groupby(fleet["site"]).sum()
    for record, (site, ready) in enumerate(
        zip(sites.frame["site"], sites.frame["ai_ready_it_mw"], strict=True)
    ):
        needed = float(by_site.get(site, 0.0))
        if needed > ready + SHARE_TOLERANCE:
            yield sites.fault(
                record,
                "ai_ready_it_mw",
                Text(
                    "the fleet there needs {needed:.1f} MW", "该站点已装加速卡需要 {needed:.1f} MW"
                ).filled(needed=needed),
                Text("raise it, or correct fleet", "请调高，或更正 fleet"),
            )


def _regions(regions: TypedTable) -> Iterator[Fault]:
    frame = regions.frame
    total = float(frame["online_share"].sum())
    if abs(total - 1.0) > SHARE_TOLERANCE:
        yield regions.fault(
            0,
            "online_share",
            Text("the shares sum to {total:.6f}", "比重合计为 {total:.6f}").filled(total=total),
            Text("they must sum to one", "合计应为 1"),
            value="",
        )
    for record in np.flatnonzero(
        (frame["access_rtt_min_ms"] > frame["access_rtt_p99_ms"]).to_numpy()
    ):
        yield regions.fault(
            int(record),
            "access_rtt_min_ms",
            Text("above the 99th percentile", "大于 99 分位"),
            Text("correct one of the two", "请更正其中之一"),
        )


def _services(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    services = tables["services"]
    for record, service in enumerate(services.frame.to_dict("records")):
        has_target = not np.isnan(service["target_ms"])
        if has_target == (service["target_kind"] == "none"):
            yield services.fault(
                record,
                "target_ms",
                Text(
                    "target_ms and target_kind contradict each other",
                    "target_ms 与 target_kind 矛盾",
                ),
                Text("give both, or neither (none)", "二者应同时填写，或均为无（none）"),
            )
        elif has_target and service["target_ms"] <= service["compute_p99_ms"]:
            yield services.fault(
                record,
                "compute_p99_ms",
                Text("computing takes the whole target", "计算已占满时延目标"),
                Text("leave time for the network", "请为网络留出时间"),
            )
    for weight, column in (("population", "population"), ("gdp", "gdp_100m_yuan")):
        used = (services.frame["region_weight"] == weight).to_numpy()
        if used.any() and tables["regions"].frame[column].sum() <= 0.0:
            yield services.fault(
                int(np.flatnonzero(used)[0]),
                "region_weight",
                Text("regions.{column} is zero everywhere", "regions.{column} 全为零").filled(
                    column=column
                ),
                Text("fill the column or use another weight", "请填写该列或改用其他依据"),
            )


def _service_rates(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    rates = tables["service_rates"]
    services = tables["services"].frame.set_index("service")
    for record, rate in enumerate(rates.frame.to_dict("records")):
        if rate["service"] not in services.index:
            continue
        by_request = not np.isnan(rate["requests_per_s"])
        prefill, decode = rate["prefill_tokens_per_s"], rate["decode_tokens_per_s"]
        if by_request == (not np.isnan(prefill) or not np.isnan(decode)):
            yield rates.fault(
                record,
                "requests_per_s",
                Text(
                    "give either token rates or requests_per_s",
                    "词元吞吐与 requests_per_s 应二选一",
                ),
                Text("clear one of the two", "请清空其中之一"),
                value="",
            )
            continue
        needed = {"requests_per_s": rate["requests_per_s"]} if by_request else {}
        if not by_request:
            if services["input_tokens"][rate["service"]] > 0:
                needed["prefill_tokens_per_s"] = prefill
            if services["output_tokens"][rate["service"]] > 0:
                needed["decode_tokens_per_s"] = decode
            if not needed:
                yield rates.fault(
                    record,
                    "service",
                    Text(
                        "token rates for a service without tokens", "该服务没有词元量却给出词元吞吐"
                    ),
                    Text("give requests_per_s", "请改填 requests_per_s"),
                )
        for column, value in needed.items():
            if np.isnan(value) or value <= 0.0:
                yield rates.fault(
                    record,
                    column,
                    Text("the rate must be above zero", "吞吐必须大于零"),
                    Text(
                        "correct it, or remove the row if it cannot run",
                        "请更正；若无法运行请删除该行",
                    ),
                )


def _jobs(jobs: TypedTable) -> Iterator[Fault]:
    frame = jobs.frame
    for record in np.flatnonzero((frame["deadline_month"] < frame["earliest_month"]).to_numpy()):
        yield jobs.fault(
            int(record),
            "deadline_month",
            Text("before earliest_month", "早于 earliest_month"),
            Text("correct one of the two", "请更正其中之一"),
        )
    given = frame["accelerators"].notna().to_numpy()
    for record in np.flatnonzero(given & (frame["accelerator"] == "").to_numpy()):
        yield jobs.fault(
            int(record),
            "accelerator",
            Text("a gang of a given number without a type", "给定了卡数但未指定加速卡类型"),
            Text("name the accelerator the number counts", "请注明该数量对应的加速卡"),
        )


def _modules(modules: TypedTable) -> Iterator[Fault]:
    existing = (modules.frame["kind"] == "existing").to_numpy()
    if existing.sum() != 1:
        yield modules.fault(
            int(np.flatnonzero(existing)[1]) if existing.sum() > 1 else 0,
            "kind",
            Text("there are {n} modules of kind existing", "existing 模块有 {n} 个").filled(
                n=int(existing.sum())
            ),
            Text(
                "give exactly one: it stands for the power that exists", "应恰好一个，代表已有功率"
            ),
        )
    for record, module in enumerate(modules.frame.to_dict("records")):
        if (module["kind"] == "new") != (module["it_mw"] > 0):
            yield modules.fault(
                record,
                "it_mw",
                Text(
                    "new modules have a size, existing power has none",
                    "新建模块须有规模，已有模块为 0",
                ),
                Text("correct it_mw", "请更正 it_mw"),
            )
        if module["minimum_per_site"] > module["maximum_per_site"]:
            yield modules.fault(
                record,
                "minimum_per_site",
                Text("above maximum_per_site", "大于 maximum_per_site"),
                Text("correct one of the two", "请更正其中之一"),
            )


def _links(links: TypedTable) -> Iterator[Fault]:
    frame = links.frame
    for record in np.flatnonzero((frame["from_site"] == frame["to_site"]).to_numpy()):
        yield links.fault(
            int(record),
            "to_site",
            Text("a link from a site to itself", "链路两端为同一站点"),
            Text("correct one end or remove the row", "请更正一端或删除该行"),
        )
    for record in np.flatnonzero(frame["link"].str.contains(";", regex=False).to_numpy()):
        yield links.fault(
            int(record),
            "link",
            Text("a link code holds ;, which joins the links of a path", "链路代码含有分号"),
            Text("write it without ;", "请去掉分号"),
        )


def _latency(latency: TypedTable) -> Iterator[Fault]:
    """Both directions of a pair are one path: they may be given twice, but not differently."""
    first: dict[tuple[frozenset[str], str], tuple[int, float, str]] = {}
    for record, row in enumerate(records(latency.frame)):
        pair = (frozenset((row["origin"], row["site"])), row["network"])
        other, value, percentile = first.setdefault(
            pair, (record, row["rtt_ms"], row["percentile"])
        )
        if (value, percentile) != (row["rtt_ms"], row["percentile"]):
            yield latency.fault(
                record,
                "rtt_ms",
                Text(
                    "row {row} gives the same pair, the other way round, {value:g} ms ({kind})",
                    "第 {row} 行为同一对站点的反方向，取值 {value:g} 毫秒（{kind}）",
                ).filled(row=int(latency.rows[other]), value=value, kind=percentile),
                Text("keep one of the two rows", "只保留其中一行"),
            )


def _supply_steps(steps: TypedTable) -> Iterator[Fault]:
    for _site, rows in steps.frame.sort_values(["site", "step"]).groupby("site"):
        falling = rows["above_mw"].diff().to_numpy() <= 0.0
        for position in np.flatnonzero(falling).tolist():
            yield steps.fault(
                int(rows.index[position]),
                "above_mw",
                Text("not above the step before", "不高于前一台阶"),
                Text("order the steps by load", "请按负荷递增排列"),
            )


def _policies(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    policies = tables["policies"]
    sites, provinces = tables["sites"].frame, tables["provinces"].frame
    for record, row in enumerate(policies.frame.to_dict("records")):
        kind = row["kind"]
        for column, wanted in (
            ("unit", UNIT_OF_KIND[kind]),
            ("comparison", COMPARISON_OF_KIND[kind]),
        ):
            if row[column] != wanted:
                yield policies.fault(
                    record,
                    column,
                    Text("{kind} is in {wanted}", "{kind} 应为 {wanted}").filled(
                        kind=kind, wanted=wanted
                    ),
                    Text("correct it, and the value with it", "请更正，并相应修改数值"),
                )
        if UNIT_OF_KIND[kind] == "1" and not kind.startswith("pue_") and row["value"] > 1.0:
            yield policies.fault(
                record,
                "value",
                Text("a share above one", "比例大于 1"),
                Text("write 80 % as 0.8", "80% 请写为 0.8"),
            )
        if (kind in LEDGER_KINDS) != (row["ledger"] != ""):
            yield policies.fault(
                record,
                "ledger",
                Text(
                    "a ledger belongs to carbon rows and to no others", "仅碳约束需要且必须注明账本"
                ),
                Text("write location or market, or clear it", "请填写 location 或 market，或清空"),
            )
        penalised = not np.isnan(row["penalty_million_yuan_per_unit"])
        if row["hard"] == penalised and kind not in PRICE_KINDS:
            yield policies.fault(
                record,
                "penalty_million_yuan_per_unit",
                Text(
                    "soft rows have a penalty, hard rows have none",
                    "柔性约束须有罚金，刚性约束不应有",
                ),
                Text("correct hard or the penalty", "请更正 hard 或罚金"),
            )
        if kind == "pue_max" and not row["hard"]:
            yield policies.fault(
                record,
                "hard",
                Text(
                    "a PUE ceiling bars module types and cannot be soft",
                    "PUE 上限用于排除模块类型，不能设为柔性约束",
                ),
                Text("write true and clear the penalty", "请填写 true 并清空罚金"),
            )
        try:
            scope_sites(row["scope"], sites, provinces)
        except ValueError as error:
            yield policies.fault(
                record,
                "scope",
                Text("unknown scope: {what}", "未知的适用范围：{what}").filled(what=str(error)),
                Text(
                    "use national, hubs, clusters, cluster:a;b, province:BJ, side:west, ...",
                    "可用 national、hubs、clusters、cluster:a;b、province:BJ、side:west 等",
                ),
            )
        yield from _policy_dates(policies, record, row)


def _policy_dates(
    policies: TypedTable, record: int, row: Mapping[Hashable, str]
) -> Iterator[Fault]:
    for column in ("valid_from", "valid_to"):
        try:
            if row[column]:
                dt.date.fromisoformat(row[column])
        except ValueError:
            yield policies.fault(
                record,
                column,
                Text("not a date", "不是有效日期"),
                Text("write it as 2025-12-31", "请写成 2025-12-31"),
            )


_FINANCE_BOUNDS: Final = {
    "accelerator_system_factor": (0.0, 10.0, False),
    "accelerator_upkeep_share_per_year": (0.0, 1.0, False),
    "discount_rate": (0.0, 1.0, False),
    "link_life_years": (0.5, 60.0, False),
    "shell_upkeep_share_per_year": (0.0, 1.0, False),
    "last_period_years": (1.0, 20.0, True),
}
_PARAMETER_BOUNDS: Final = {
    "job_start_step_months": (1.0, 12.0, True),
    "gang_range_factor": (1.0, 16.0, False),
    "network_storage_power_factor": (1.0, 2.0, False),
    "kva_per_kw": (1.0, 4.0, False),
    "fibre_us_per_km": (4.0, 6.0, False),
    "dataset_window_days": (0.1, 365.0, False),
    "checkpoint_write_tb_per_s": (1e-3, 1e3, False),
    "restart_minutes": (0.0, 1e4, False),
    "demand_peak_factor": (1.0, 3.0, False),
    "wait_probability": (0.03, 0.9, False),
    **SPLIT_BOUNDS,
    PROTECTION_LEVEL: (0.0, 1.0, False),
    FAILOVER_BUDGET_FACTOR: (1.0, 100.0, False),
    PATH_COUNT: (1.0, 10.0, True),
    **{f"equipment_one_way_ms_{kind}": (0.0, 100.0, False) for kind in NETWORKS},
    **{f"p99_factor_{kind}": (1.0, 10.0, False) for kind in NETWORKS},
    **{f"route_factor_{kind}": (1.0, 10.0, False) for kind in NETWORKS},
}
"""Least and greatest value of each parameter, and whether it is a whole number."""


def _parameters(
    parameters: TypedTable, bounds: Mapping[str, tuple[float, float, bool]]
) -> Iterator[Fault]:
    for record, (name, value) in enumerate(
        zip(parameters.frame["parameter"], parameters.frame["value"], strict=True)
    ):
        if name not in bounds:  # an unknown parameter, which is a fault of its own
            continue
        low, high, whole = bounds[name]
        if not low <= value <= high or (whole and value != int(value)):
            yield parameters.fault(
                record,
                "value",
                Text(
                    "{name} is outside {low:g} to {high:g}", "{name} 超出 {low:g} 至 {high:g}"
                ).filled(name=name, low=low, high=high),
                Text("check the value and its unit", "请核对数值与单位"),
            )
