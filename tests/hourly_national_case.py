"""The national case on three typical days, with options by the hour at some clusters."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from tests.helpers import DATA, edit_rows
from tests.hourly_case_folders import (
    append_rows,
    battery_row,
    direct_cells,
    generation_row,
    meter_demand,
    policy_row,
    set_flexible,
)

DAYS: Final = {"m01": 120, "m05": 123, "m09": 122}
"""Typical days that stand for four months each."""

CLUSTERS: Final = ("horinger", "qingyang", "zhongwei", "guian", "wuhu", "shaoguan")
LINES: Final = CLUSTERS[:3]


def hourly_national(tmp_path: Path) -> Path:
    """Write the case and return its folder."""
    folder = tmp_path / "national"
    folder.mkdir()
    for path in DATA.glob("*.csv"):
        shutil.copy(path, folder)
    (folder / "case.yaml").write_text(
        "name: national\ntitle_en: National\ntitle_zh: 全国\nbase: none\nyear: 2026\n",
        encoding="utf-8",
    )
    edit_rows(
        folder,
        "times",
        lambda rows: [
            {**row, "weight_days": str(DAYS[row["typical_day"]])}
            for row in rows
            if row["typical_day"] in DAYS
        ],
    )
    append_rows(
        folder,
        "green_contracts",
        [
            *(
                generation_row(
                    site,
                    technology,
                    **direct_cells(
                        "wire",
                        contract=f"direct_{technology}",
                        capacity_mw=1000,
                        capex_yuan_per_kw=capital,
                    ),
                )
                for site in LINES
                for technology, capital in (("onshore_wind", 4600), ("solar", 3000))
            ),
            *(generation_row(site, "solar", capacity_mw=10) for site in CLUSTERS),
        ],
    )
    append_rows(
        folder,
        "batteries",
        [
            battery_row(site, power_mw=200, energy_mwh=800, capex_yuan_per_kwh=400)
            for site in CLUSTERS
        ],
    )
    set_flexible(folder, 0.3)
    meter_demand(folder, 1.05)
    append_rows(
        folder,
        "policies",
        [policy_row("direct_self_use_min", 0.6), policy_row("direct_load_share_min", 0.3)],
    )
    return folder
