"""A case of two sites in round numbers, written table by table for one test at a time.

``coast`` in the east and ``plateau`` in the west are 1,000 km apart; one region at the coast
asks one service, and one job may train at either place. Nothing costs anything and no power
exists until a test says so, so that each expectation follows from the cells the test writes.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from optimizer.inputs.assemble import AssembledTables
from optimizer.inputs.case import Case, checked_case, read_case
from optimizer.labels import Text
from optimizer.tables.frames import TypedTable, empty_table
from optimizer.tables.read import RawTable, parse_table
from optimizer.tables.registry import TABLES
from tests.helpers import write_rows

Cells = dict[str, object]

HOURS: Final = range(24)
MONTHS: Final = range(1, 13)

_GRADED: Final[Cells] = {
    "source_id": "made_up",
    "as_of": "2026",
    "confidence": "assumption",
    "note": "",
}
_DEFAULTS: Final[dict[str, Cells]] = {
    "provinces": {
        "adcode": "990001",
        "macro_region": "east",
        "western_development": False,
        "area_km2": 1000,
    },
    "sites": {
        "hub": "hub",
        "is_cluster": True,
        "lon": 110,
        "lat": 30,
        "voltage_kv": "110",
        "existing_it_mw": 0,
        "occupied_it_mw": 0,
        "ai_ready_it_mw": 0,
        "under_construction_it_mw": 0,
        "ceiling_mw": 1000,
        "build_limit_mw": 1000,
        "capex_yuan_per_kw": 0,
        "fixed_cost_million_yuan_per_year": 0,
        "lead_time_years": 1,
        "design_temperature_c": 30,
        "largest_gang": 100_000,
    },
    "climate": {"mean_temperature_c": 10},
    "regions": {
        "lon": 110,
        "lat": 30,
        "population": 1000,
        "gdp_100m_yuan": 1000,
        "mobile_traffic_100m_gb": 1,
        "online_share": 1,
        "access_rtt_min_ms": 1,
        "access_rtt_p99_ms": 2,
    },
    "links": {
        "fibre_km": 1000,
        "capacity_gbps": 1000,
        "used_share": 0,
        "lease_yuan_per_gbps_year": 0,
        "upgrade_step_gbps": 100,
        "upgrade_maximum_steps": 0,
        "upgrade_capex_million_yuan": 0,
        "upgrade_running_million_yuan_per_year": 0,
    },
    "latency": {"network": "ip_private", "percentile": "p99"},
    "link_costs": {},
    "services": {
        "kind": "batch",
        "request_unit": "request",
        "target_ms": "",
        "target_kind": "none",
        "compute_p99_ms": 0,
        "round_trips": 1,
        "network": "ip_private",
        "requests_per_s": 1000,
        "growth_per_year": 1,
        "input_tokens": 0,
        "output_tokens": 0,
        "bytes_in_per_request": 0,
        "bytes_out_per_request": 0,
        "profile": "flat",
        "region_weight": "online",
        "residency": "none",
        "single_source": False,
        "protected_share": 0,
        "tier": 1,
        "value_yuan_per_request": 1,
    },
    "service_rates": {"requests_per_s": 1, "accelerators_per_replica": 1},
    "profiles": {},
    "jobs": {
        "kind": "pretraining",
        "count": 1,
        "flop": 1e21,
        "accelerators": "",
        "accelerator": "",
        "earliest_month": 1,
        "deadline_month": 12,
        "dataset_tb": 0,
        "dataset_site": "coast",
        "checkpoint_tb": 1,
        "residency": "none",
        "may_split": False,
        "sync_scheme": "synchronous",
        "value_million_yuan": 1,
    },
    "training_rates": {"model_flops_utilisation": 0.5},
    "accelerators": {
        "vendor": "maker",
        "bf16_dense_tflops": 100,
        "memory_gb": 64,
        "memory_bandwidth_tb_per_s": 1,
        "accelerators_per_server": 8,
        "server_maximum_kw": 8,
        "server_sustained_kw": 8,
        "idle_share": 0,
        "availability": 1,
        "price_yuan": 0,
        "life_years": 5,
        "embodied_kgco2": 0,
        "failures_per_accelerator_day": 0,
        "export_status": "domestic",
    },
    "accelerator_supply": {"year": 2026, "supply": 1_000_000},
    "fleet": {"year": 2025},
    "tiers": {},
    "pins": {"value": "", "reason": "a test"},
    "times": {"period": 2026, "typical_day": "year", "month": 1, "weight_days": 365},
    "modules": {
        "kind": "new",
        "site_class": "any",
        "it_mw": 10,
        "cooling": "air",
        "pue_base": 1,
        "pue_slope_per_c": 0,
        "pue_threshold_c": 0,
        "wue_l_per_kwh": 0,
        "capex_factor": 1,
        "maximum_per_site": 100,
        "minimum_per_site": 0,
        "life_years": 15,
    },
    "tariffs": {
        "voltage_kv": "110",
        "band": "flat",
        "hours": "0-24",
        "price_yuan_per_kwh": 0,
        "demand_charge_yuan_per_kw_month": 0,
        "capacity_charge_yuan_per_kva_month": 0,
        "basis": "demand",
    },
    "grid": {
        "year": 2025,
        "green_share": 0.3,
        "location_kgco2_per_kwh": 0.5,
        "residual_kgco2_per_kwh": 0.6,
    },
    "green_contracts": {"kind": "certificate", "price_yuan_per_mwh": 5, "additional": False},
    "batteries": {
        "battery": "cells",
        "capex_yuan_per_kw": 0,
        "capex_yuan_per_kwh": 0,
        "life_years": 10,
        "upkeep_share_per_year": 0,
        "charge_efficiency": 1,
        "discharge_efficiency": 1,
    },
    "renewable_profiles": {"technology": "solar"},
    "supply_steps": {"step": 1},
    "policies": {
        "title_zh": "约束",
        "title_en": "Policy",
        "scope": "national",
        "value": 0.5,
        "unit": "1",
        "comparison": ">=",
        "valid_from": "2026-01-01",
        "document": "a test",
        "hard": True,
        "enabled": True,
    },
    "finance": {"title_zh": "参数", "title_en": "parameter", "unit": "1"},
    "parameters": {"title_zh": "参数", "title_en": "parameter", "unit": "1"},
    "sources": {"title": "figures made up for a test", "date": "2026-11-22"},
    "provenance": {
        "source_id": "made_up",
        "as_of": "2026",
        "confidence": "estimate",
        "note": "a test",
    },
}

FINANCE: Final = {
    "accelerator_system_factor": 1.0,
    "accelerator_upkeep_share_per_year": 0.0,
    "discount_rate": 0.0,
    "link_life_years": 10.0,
    "shell_upkeep_share_per_year": 0.0,
}
PARAMETERS: Final = {
    "checkpoint_write_tb_per_s": 1.0,
    "dataset_window_days": 10.0,
    "equipment_one_way_ms_ip_private": 0.5,
    "equipment_one_way_ms_optical": 0.25,
    "equipment_one_way_ms_public": 1.0,
    "fibre_us_per_km": 5.0,
    "gang_range_factor": 1.0,
    "job_start_step_months": 1.0,
    "kva_per_kw": 2.0,
    "network_storage_power_factor": 1.0,
    "p99_factor_ip_private": 1.5,
    "p99_factor_optical": 1.0,
    "p99_factor_public": 2.0,
    "restart_minutes": 0.0,
    "route_factor_ip_private": 1.2,
    "route_factor_optical": 1.0,
    "route_factor_public": 2.0,
}


def row(table: str, /, **cells: object) -> Cells:
    """Return a row of a table: the cells given, and neutral ones for the rest."""
    definition = TABLES[table]
    known = dict(_DEFAULTS[table])
    if definition.has_provenance:
        known |= _GRADED
    if {"name_zh", "name_en"} <= set(definition.column_names):
        known |= {"name_zh": "名称", "name_en": "Name"}
    unknown = set(cells) - set(definition.column_names)
    assert not unknown, unknown
    known |= cells
    return {name: known.get(name, "") for name in definition.column_names}


def flat_profile(name: str = "flat") -> list[Cells]:
    """Return a profile of constant load."""
    return [row("profiles", profile=name, hour=hour, relative_load=1) for hour in HOURS]


def flat_tariff(region: str, price_yuan_per_kwh: float, **cells: object) -> list[Cells]:
    """Return the twelve months of a tariff of one price."""
    return [
        row(
            "tariffs",
            tariff_region=region,
            month=month,
            price_yuan_per_kwh=price_yuan_per_kwh,
            **cells,
        )
        for month in MONTHS
    ]


def _parameter_rows(table: str, values: Mapping[str, float]) -> list[Cells]:
    return [row(table, parameter=name, value=value) for name, value in values.items()]


@dataclass
class SmallCase:
    """The tables of a case as rows of cells, for a test to change and then to read."""

    tables: dict[str, list[Cells]] = field(default_factory=lambda: copy.deepcopy(_TABLES))
    year: int = 2026

    def one(self, table: str, /, **where: object) -> Cells:
        """Return the only row whose cells equal ``where``, to be changed in place."""
        (found,) = [
            cells
            for cells in self.tables[table]
            if all(cells[name] == cell for name, cell in where.items())
        ]
        return found

    def set(self, table: str, where: Mapping[str, object], /, **cells: object) -> None:
        """Write cells of the only row that meets ``where``."""
        found = self.one(table, **where)
        assert set(cells) <= set(found), set(cells) - set(found)
        found.update(cells)

    def add(self, table: str, /, **cells: object) -> None:
        """Add a row."""
        self.tables.setdefault(table, []).append(row(table, **cells))

    def line(self, table: str, /, **where: object) -> int:
        """Return the line of the only row that meets ``where`` in the file."""
        return self.tables[table].index(self.one(table, **where)) + 2

    def write(self, folder: Path) -> Path:
        """Write the case into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "case.yaml").write_text(
            f"name: small\ntitle_en: Small\ntitle_zh: 小算例\nyear: {self.year}\n", encoding="utf-8"
        )
        for table, rows in self.tables.items():
            write_rows(folder, table, [_texts(cells) for cells in rows], TABLES[table].column_names)
        return folder

    def read(self, folder: Path) -> Case:
        """Write the case into a folder and read it."""
        return read_case(self.write(folder))

    def assembled(self) -> AssembledTables:
        """Return the tables as if read from files, which have to be without fault."""
        tables = {}
        for name in TABLES:
            rows = tuple(tuple(_texts(cells).items()) for cells in self.tables.get(name, []))
            tables[name] = _parsed(name, rows)
        return AssembledTables("small", Text("Small", "小算例"), self.year, tables, {})

    def case(self) -> Case:
        """Return the checked case without writing it."""
        return checked_case(self.assembled())


@functools.cache
def _parsed(name: str, rows: tuple[tuple[tuple[str, str], ...], ...]) -> TypedTable:
    """Return a table of text as typed; most tables of most tests are the same."""
    if not rows:
        return empty_table(TABLES[name])
    frame = pd.DataFrame([dict(cells) for cells in rows]).astype(str)
    lines = np.arange(2, len(rows) + 2, dtype=np.int64)
    table, faults = parse_table(RawTable(name, f"{name}.csv", frame, lines), TABLES[name])
    assert table is not None, faults
    assert not faults, faults
    return table


def _texts(cells: Cells) -> dict[str, str]:
    return {
        name: str(cell).lower() if isinstance(cell, bool) else str(cell)
        for name, cell in cells.items()
    }


_TABLES: Final[dict[str, list[Cells]]] = {
    "provinces": [
        row("provinces", province="EA"),
        row("provinces", province="WE", macro_region="west", western_development=True),
    ],
    "sites": [
        row("sites", site="coast", province="EA", side="east", tariff_region="EA", grid_area="EA"),
        row(
            "sites", site="plateau", province="WE", side="west", tariff_region="WE", grid_area="WE"
        ),
    ],
    "climate": [row("climate", site=site, month=1) for site in ("coast", "plateau")],
    "regions": [row("regions", region="delta", province="EA", node="coast")],
    "links": [row("links", link="trunk", from_site="coast", to_site="plateau")],
    "services": [row("services", service="chat")],
    "service_rates": [row("service_rates", service="chat", accelerator="card")],
    "profiles": flat_profile(),
    "jobs": [],
    "training_rates": [row("training_rates", kind="pretraining", accelerator="card")],
    "accelerators": [row("accelerators", accelerator="card")],
    "accelerator_supply": [row("accelerator_supply", accelerator="card")],
    "fleet": [row("fleet", site="coast", accelerator="card", installed=0)],
    "times": [row("times", hour=hour) for hour in HOURS],
    "modules": [
        row("modules", module="existing", kind="existing", it_mw=0, maximum_per_site=0),
        row("modules", module="hall"),
    ],
    "tariffs": flat_tariff("EA", 0) + flat_tariff("WE", 0),
    "grid": [row("grid", province="EA"), row("grid", province="WE")],
    "finance": _parameter_rows("finance", FINANCE),
    "parameters": _parameter_rows("parameters", PARAMETERS),
    "sources": [row("sources", source_id="made_up")],
}
