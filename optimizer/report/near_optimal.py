"""The near-optimal ranges of new power as rows of a summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from optimizer.labels import Text
from optimizer.plan.run import Run

NEAR_OPTIMAL_TITLE: Final = Text(
    "New IT power within +0.5 % of the facility cost", "设施成本 +0.5% 以内的新建功率范围"
)
NEAR_OPTIMAL_COLUMNS: Final = (
    Text("cluster", "集群"),
    Text("plan, MW", "本方案（兆瓦）"),
    Text("least, MW", "最小（兆瓦）"),
    Text("most, MW", "最大（兆瓦）"),
)
NEAR_OPTIMAL_NOTE: Final = Text(
    "Least and most new power over all points of the LP relaxation that cost at most 0.5 % of the "
    "facility cost more than the plan.",
    "线性松弛中成本不超过方案加设施成本 0.5% 的全部方案内，新建功率的最小与最大值。",
)
SHOWN_MW: Final = 0.5
"""Clusters that can build less than this are left out."""


def near_optimal_rows(run: Run, site_names: Mapping[str, str]) -> list[list[str]]:
    """Return plan, least and most new power of every cluster that may build."""
    return [
        [
            site_names[str(row["site"])],
            *(f"{float(row[column]):,.0f}" for column in ("new_it_mw", "least_mw", "most_mw")),
        ]
        for row in run.findings["near_optimal"].to_dict("records")
        if max(float(row["new_it_mw"]), float(row["most_mw"])) >= SHOWN_MW
    ]
