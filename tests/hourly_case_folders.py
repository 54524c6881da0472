"""Hourly variants of case folders: offers of generation and batteries, flexible work, meters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from optimizer.tables.registry import TABLES
from tests.helpers import copy_tiny, edit_rows, read_rows, write_rows

HOURS: Final = range(24)
MONTHS: Final = range(1, 13)
SUN: Final = tuple(max(0.0, math.sin(math.pi / 12 * (hour - 5.5))) for hour in HOURS)
WIND: Final = tuple(0.35 + 0.15 * math.cos(math.pi / 12 * hour) for hour in HOURS)

Cells = Mapping[str, object]


def append_rows(folder: Path, table: str, rows: Sequence[Cells]) -> None:
    """Add rows to a table of a case folder; cells not given are empty or sourced as the first."""
    known = read_rows(folder, table) if (folder / f"{table}.csv").exists() else []
    source = read_rows(folder, "sites")[0]
    sourced = {name: source[name] for name in ("source_id", "as_of", "confidence", "note")}
    named = {"name_zh": "名称", "name_en": "Name"}
    columns = TABLES[table].column_names
    filled = [{**sourced, **named, **row} for row in [*known, *rows]]
    write_rows(
        folder, table, [{name: row.get(name, "") for name in columns} for row in filled], columns
    )


def profile_rows(
    province: str, technology: str, by_month: Mapping[int, Sequence[float]]
) -> list[Cells]:
    """Return the output of a technology in a province."""
    return [
        {
            "province": province,
            "technology": technology,
            "month": month,
            "hour": hour,
            "capacity_factor": f"{factor:.6f}",
        }
        for month, factors in by_month.items()
        for hour, factor in enumerate(factors)
    ]


def generation_row(site: str, technology: str, **cells: object) -> Cells:
    """Return an offer of on-site generation."""
    return {
        "contract": f"own_{technology}",
        "site": site,
        "kind": "on_site",
        "technology": technology,
        "price_yuan_per_mwh": 0,
        "additional": "true",
        "capacity_mw": 5,
        "capex_yuan_per_kw": 3000,
        "life_years": 20,
        "upkeep_share_per_year": 0.02,
        **cells,
    }


def battery_row(site: str, **cells: object) -> Cells:
    """Return an offer of a battery."""
    return {
        "battery": "cells",
        "site": site,
        "power_mw": 5,
        "energy_mwh": 20,
        "capex_yuan_per_kw": 300,
        "capex_yuan_per_kwh": 500,
        "life_years": 15,
        "upkeep_share_per_year": 0.02,
        "charge_efficiency": 0.95,
        "discharge_efficiency": 0.94,
        **cells,
    }


def direct_cells(line: str, **cells: object) -> Cells:
    """Return the cells by which an offer of generation becomes one of direct supply."""
    return {
        "kind": "direct_supply",
        "contract": f"direct_{line}",
        "line": line,
        "price_yuan_per_mwh": 120,
        "capacity_mw": 20,
        "export_price_yuan_per_mwh": 180,
        **cells,
    }


def set_flexible(folder: Path, share: float) -> None:
    """Let batch services move a share of their work."""
    edit_rows(
        folder,
        "services",
        lambda rows: [
            {**row, "flexible_share": str(share) if row["kind"] == "batch" else ""} for row in rows
        ],
    )


def policy_row(kind: str, value: float, **cells: object) -> Cells:
    """Return a hard policy of the whole country."""
    return {
        "policy": kind,
        "title_zh": "约束",
        "title_en": "Policy",
        "kind": kind,
        "scope": "national",
        "value": value,
        "unit": "1",
        "comparison": "<=" if kind.endswith("_max") else ">=",
        "valid_from": "2026-01-01",
        "document": "a test",
        "hard": "true",
        "enabled": "true",
        **cells,
    }


def meter_demand(folder: Path, factor: float) -> None:
    """Bill demand by the highest hour of each month."""
    parameter = {
        "parameter": "demand_peak_factor",
        "title_zh": "系数",
        "title_en": "Factor",
        "value": factor,
        "unit": "1",
    }
    append_rows(folder, "parameters", [parameter])


def hourly_tiny(tmp_path: Path) -> Path:
    """Return a copy of the teaching case in which every option by the hour may pay."""
    folder = copy_tiny(tmp_path)
    every_month = dict.fromkeys(MONTHS, SUN)
    append_rows(
        folder,
        "renewable_profiles",
        [
            *profile_rows("EA", "solar", every_month),
            *profile_rows("WE", "solar", every_month),
            *profile_rows("WE", "onshore_wind", dict.fromkeys(MONTHS, WIND)),
        ],
    )
    append_rows(
        folder,
        "green_contracts",
        [
            generation_row("east_metro", "solar", capex_yuan_per_kw=2000),
            generation_row("west_cluster", "solar", **direct_cells("wire", contract="sun")),
            generation_row(
                "west_cluster",
                "onshore_wind",
                **direct_cells("wire", contract="wind", capex_yuan_per_kw=4500),
            ),
        ],
    )
    append_rows(
        folder,
        "batteries",
        [battery_row(site) for site in ("east_cluster", "east_metro", "west_cluster")],
    )
    set_flexible(folder, 0.3)
    meter_demand(folder, 1.05)
    append_rows(
        folder,
        "policies",
        [
            policy_row("direct_self_use_min", 0.6),
            policy_row("direct_load_share_min", 0.3),
            policy_row("direct_export_max", 0.2),
            policy_row("green_share_hourly_min", 0.65),
        ],
    )
    return folder
