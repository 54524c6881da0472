"""Writes small case folders: neutral rows with only what matters filled in.

The neutral row costs nothing and limits nothing: PUE 1, free power, no interest, flat loads.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

Cell = str | float | int
CaseRows = dict[str, list[dict[str, Cell]]]

_SOURCED = {"source_id": "made", "as_of": "2026", "confidence": "assumption", "note": "made up"}

NEUTRAL: dict[str, dict[str, Cell]] = {
    "provinces": {
        "province": "",
        "adcode": "990001",
        "name_zh": "省",
        "name_en": "Province",
        "macro_region": "east",
        "western_development": "false",
        "area_km2": 1000,
    },
    "sites": {
        "site": "",
        "name_zh": "站点",
        "name_en": "Site",
        "hub": "hub",
        "is_cluster": "true",
        "province": "",
        "side": "east",
        "lon": 110,
        "lat": 35,
        "tariff_region": "",
        "voltage_kv": "110",
        "grid_area": "grid",
        "existing_it_mw": 0,
        "occupied_it_mw": 0,
        "ai_ready_it_mw": 0,
        "under_construction_it_mw": 0,
        "under_construction_year": "",
        "ceiling_mw": 10_000,
        "build_limit_mw": 10_000,
        "capex_yuan_per_kw": 0,
        "fixed_cost_million_yuan_per_year": 0,
        "lead_time_years": 0,
        "design_temperature_c": 20,
        "largest_gang": 1_000_000,
    },
    "climate": {"site": "", "month": 1, "mean_temperature_c": 10},
    "times": {"period": 2026, "typical_day": "", "hour": 0, "month": 1, "weight_days": 365},
    "regions": {
        "region": "",
        "name_zh": "地区",
        "name_en": "Region",
        "province": "",
        "node": "",
        "lon": 110,
        "lat": 35,
        "population": 1,
        "gdp_100m_yuan": 1,
        "mobile_traffic_100m_gb": 1,
        "online_share": 1,
        "access_rtt_min_ms": 0,
        "access_rtt_p99_ms": 0,
    },
    "links": {
        "link": "",
        "from_site": "",
        "to_site": "",
        "fibre_km": 0,
        "capacity_gbps": 100_000,
        "used_share": 0,
        "lease_yuan_per_gbps_year": 0,
        "upgrade_step_gbps": 0,
        "upgrade_maximum_steps": 0,
        "upgrade_capex_million_yuan": 0,
        "upgrade_running_million_yuan_per_year": 0,
    },
    "latency": {"origin": "", "site": "", "network": "public", "rtt_ms": 0, "percentile": "p99"},
    "link_costs": {"region": "", "site": "", "yuan_per_million_requests": 0},
    "services": {
        "service": "",
        "name_zh": "服务",
        "name_en": "Service",
        "kind": "batch",
        "request_unit": "request",
        "target_ms": "",
        "target_kind": "none",
        "compute_p99_ms": 0,
        "round_trips": 1,
        "network": "public",
        "requests_per_s": 0,
        "growth_per_year": 1,
        "input_tokens": 0,
        "output_tokens": 0,
        "bytes_in_per_request": 0,
        "bytes_out_per_request": 0,
        "profile": "flat",
        "region_weight": "population",
        "residency": "none",
        "single_source": "false",
        "protected_share": 0,
        "tier": 1,
        "value_yuan_per_request": 0.001,
    },
    "service_rates": {
        "service": "",
        "accelerator": "",
        "prefill_tokens_per_s": "",
        "decode_tokens_per_s": "",
        "requests_per_s": "",
        "accelerators_per_replica": 1,
    },
    "profiles": {"profile": "", "hour": 0, "relative_load": 1},
    "jobs": {
        "job": "",
        "name_zh": "任务",
        "name_en": "Job",
        "kind": "training",
        "count": 1,
        "flop": 1e24,
        "accelerators": "",
        "accelerator": "",
        "earliest_month": 1,
        "deadline_month": 12,
        "dataset_tb": 0,
        "dataset_site": "",
        "checkpoint_tb": 0,
        "residency": "none",
        "may_split": "false",
        "sync_scheme": "synchronous",
        "value_million_yuan": 100,
    },
    "training_rates": {"kind": "training", "accelerator": "", "model_flops_utilisation": 0.4},
    "accelerators": {
        "accelerator": "",
        "name_zh": "卡",
        "name_en": "Card",
        "vendor": "Maker",
        "bf16_dense_tflops": 500,
        "memory_gb": 64,
        "memory_bandwidth_tb_per_s": 2,
        "accelerators_per_server": 1,
        "server_maximum_kw": 1,
        "server_sustained_kw": 1,
        "idle_share": 0,
        "availability": 1,
        "price_yuan": 0,
        "life_years": 1,
        "embodied_kgco2": 0,
        "failures_per_accelerator_day": 0,
        "export_status": "domestic",
    },
    "accelerator_supply": {"accelerator": "", "year": 2026, "supply": 0},
    "fleet": {"site": "", "accelerator": "", "installed": 0, "year": 2025},
    "pins": {"workload": "", "site": "", "rule": "", "value": "", "reason": "made up"},
    "modules": {
        "module": "",
        "name_zh": "模块",
        "name_en": "Module",
        "kind": "new",
        "site_class": "any",
        "it_mw": 0,
        "cooling": "air",
        "pue_base": 1,
        "pue_slope_per_c": 0,
        "pue_threshold_c": 0,
        "wue_l_per_kwh": 0,
        "capex_factor": 1,
        "maximum_per_site": 0,
        "minimum_per_site": 0,
        "life_years": 1,
    },
    "tariffs": {
        "tariff_region": "",
        "voltage_kv": "110",
        "month": 1,
        "band": "all",
        "hours": "0-24",
        "price_yuan_per_kwh": 0,
        "demand_charge_yuan_per_kw_month": 0,
        "capacity_charge_yuan_per_kva_month": 0,
        "basis": "demand",
    },
    "grid": {
        "province": "",
        "year": 2025,
        "green_share": 0,
        "location_kgco2_per_kwh": 0,
        "residual_kgco2_per_kwh": 0,
        "wind_curtailment": "",
        "solar_curtailment": "",
    },
    "green_contracts": {
        "contract": "",
        "site": "",
        "name_zh": "合同",
        "name_en": "Contract",
        "kind": "certificate",
        "price_yuan_per_mwh": 0,
        "ceiling_gwh": "",
        "additional": "false",
    },
    "supply_steps": {"site": "", "step": 1, "above_mw": 0, "extra_yuan_per_kwh": 0},
    "policies": {
        "policy": "",
        "title_zh": "政策",
        "title_en": "Policy",
        "kind": "",
        "scope": "national",
        "value": 0,
        "unit": "1",
        "comparison": ">=",
        "valid_from": "2026-01-01",
        "valid_to": "",
        "document": "made up",
        "document_number": "",
        "ledger": "",
        "hard": "true",
        "penalty_million_yuan_per_unit": "",
        "enabled": "true",
    },
    "finance": {"parameter": "", "title_zh": "参数", "title_en": "Figure", "value": 0, "unit": "1"},
    "parameters": {
        "parameter": "",
        "title_zh": "参数",
        "title_en": "Figure",
        "value": 0,
        "unit": "1",
    },
    "sources": {"source_id": "made", "title": "made up", "date": "2026-01-01"},
}
"""A neutral row of every table."""

_WITHOUT_SOURCE = {"times", "pins", "sources"}

FINANCE = {
    "accelerator_system_factor": 1.0,
    "accelerator_upkeep_share_per_year": 0.0,
    "discount_rate": 0.0,
    "link_life_years": 1.0,
    "shell_upkeep_share_per_year": 0.0,
}
PARAMETERS = {
    "checkpoint_write_tb_per_s": 1.0,
    "dataset_window_days": 30.0,
    "equipment_one_way_ms_ip_private": 0.0,
    "equipment_one_way_ms_optical": 0.0,
    "equipment_one_way_ms_public": 0.0,
    "fibre_us_per_km": 5.0,
    "gang_range_factor": 1.0,
    "job_start_step_months": 12.0,
    "kva_per_kw": 1.0,
    "network_storage_power_factor": 1.0,
    "p99_factor_ip_private": 1.0,
    "p99_factor_optical": 1.0,
    "p99_factor_public": 1.0,
    "restart_minutes": 0.0,
    "route_factor_ip_private": 1.0,
    "route_factor_optical": 1.0,
    "route_factor_public": 1.0,
}


def row(table: str, **cells: Cell) -> dict[str, Cell]:
    """Return a neutral row of a table with some cells filled in."""
    unknown = set(cells) - set(NEUTRAL[table])
    if unknown:
        raise KeyError(table, *sorted(unknown))
    sourced = {} if table in _WITHOUT_SOURCE else _SOURCED
    return {**NEUTRAL[table], **cells, **sourced}


def parameter_rows(
    table: str, values: Mapping[str, float], changed: Mapping[str, float]
) -> list[dict[str, Cell]]:
    """Return the rows of ``finance`` or ``parameters`` with some values changed."""
    unknown = set(changed) - set(values)
    if unknown:
        raise KeyError(*sorted(unknown))
    return [
        row(table, parameter=name, value=value) for name, value in {**values, **changed}.items()
    ]


def profile_rows(name: str, loads: Sequence[float]) -> list[dict[str, Cell]]:
    """Return the 24 rows of a profile."""
    return [
        row("profiles", profile=name, hour=hour, relative_load=load)
        for hour, load in enumerate(loads)
    ]


def day_rows(months: Sequence[int], weights: Sequence[float]) -> list[dict[str, Cell]]:
    """Return the rows of typical days, one for each month given."""
    return [
        row("times", typical_day=f"day_{month:02d}", hour=hour, month=month, weight_days=weight)
        for month, weight in zip(months, weights, strict=True)
        for hour in range(24)
    ]


def neutral_case(places: Mapping[str, str]) -> CaseRows:
    """Return a case without demand: sites by name, each in its province, all things free.

    Every site meets the next over a link without length; there is one region at each site, one
    card ``card`` of 1 kW that takes a second for each request, and one flat profile. Power
    exists as the module ``existing``; sites have none until ``ai_ready_it_mw`` says so.
    """
    sites = list(places)
    provinces = sorted(set(places.values()))
    rows: CaseRows = {
        "provinces": [row("provinces", province=name) for name in provinces],
        "sites": [
            row("sites", site=site, province=province, tariff_region=province)
            for site, province in places.items()
        ],
        "climate": [row("climate", site=site) for site in sites],
        "times": day_rows([1], [365]),
        "regions": [
            row(
                "regions",
                region=f"at_{site}",
                province=province,
                node=site,
                online_share=1 / len(sites),
            )
            for site, province in places.items()
        ],
        "links": [
            row("links", link=f"{one}-{other}", from_site=one, to_site=other)
            for one, other in itertools.pairwise(sites)
        ],
        "services": [],
        "service_rates": [],
        "profiles": profile_rows("flat", [1.0] * 24),
        "jobs": [],
        "training_rates": [row("training_rates", accelerator="card")],
        "accelerators": [row("accelerators", accelerator="card")],
        "accelerator_supply": [row("accelerator_supply", accelerator="card", supply=0)],
        "modules": [row("modules", module="existing", kind="existing")],
        "tariffs": [
            row("tariffs", tariff_region=name, month=month)
            for name in provinces
            for month in range(1, 13)
        ],
        "grid": [row("grid", province=name) for name in provinces],
        "finance": parameter_rows("finance", FINANCE, {}),
        "parameters": parameter_rows("parameters", PARAMETERS, {}),
        "sources": [row("sources")],
    }
    return rows


def change(rows: CaseRows, table: str, key: str, **cells: Cell) -> None:
    """Fill in cells of the rows of a table whose first column is ``key``."""
    found = [each for each in rows[table] if next(iter(each.values())) == key]
    if not found:
        raise KeyError(table, key)
    for each in found:
        unknown = set(cells) - set(each)
        if unknown:
            raise KeyError(table, *sorted(unknown))
        each.update(cells)


def write_case(folder: Path, rows: CaseRows, name: str = "made") -> Path:
    """Write a case folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, records in rows.items():
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(row(table)), lineterminator="\n")
            writer.writeheader()
            writer.writerows(records)
    (folder / "case.yaml").write_text(
        f"name: {name}\ntitle_en: Made up\ntitle_zh: 自拟算例\nbase: none\nyear: 2026\n",
        encoding="utf-8",
    )
    return folder
