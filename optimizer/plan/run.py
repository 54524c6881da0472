"""A run: a plan with its case, its record and what other solves found about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.inputs.case import Case
from optimizer.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class Run:
    """A verified plan and its record.

    Parameters
    ----------
    case, plan
        What was solved and what came out.
    findings
        The tables of :data:`optimizer.plan.result_tables.FINDING_TABLES`.
    record
        Content of ``run.json``.
    folder
        Where the run is stored, or ``None`` while it is not.
    """

    case: Case
    plan: Plan
    findings: Mapping[str, pd.DataFrame]
    record: Mapping[str, Any]
    folder: Path | None = None

    @property
    def compared(self) -> bool:
        """Whether other solves were made about the plan; without them the findings are empty."""
        return bool(self.record["options"].get("compares", 1))
