"""Load profiles over the day."""

from __future__ import annotations

from typing import Final

from data.build.cells import DERIVATION, RESEARCH_DATE, Basis
from data.build.raw import where
from data.build.writer import Pack

MEASURED: Final = {
    "api_day": ("servegen_m-large", "requests to a large model through its interface"),
    "chat_day": (
        "deepseek_v3_r1_inference_nodes",
        "nodes in use by one provider of chat and reasoning",
    ),
    "evening_peak": ("servegen_m-small", "requests to a small model, highest at 20 h"),
    "office_day": (
        "servegen_mm-image",
        "requests with pictures: high at 10 h and 16 h, a dip at noon, low at midnight",
    ),
}
"""Raw profile and what it shows."""

FLAT: Final = "flat"


def add_profiles(pack: Pack) -> None:
    """Add the table ``profiles``: measured ones relative to their peak, and a flat one."""
    for profile, (raw_profile, note) in MEASURED.items():
        for row in where("diurnal_profiles", profile=raw_profile):
            pack.add(
                "profiles",
                {
                    "profile": profile,
                    "hour": int(row.text("hour_start")),
                    "relative_load": row.number("relative_to_peak"),
                },
                row.basis(row.source.date, note),
            )
    for hour in range(24):
        pack.add(
            "profiles",
            {"profile": FLAT, "hour": hour, "relative_load": 1},
            Basis("estimate", (DERIVATION,), RESEARCH_DATE, "constant by definition"),
        )
