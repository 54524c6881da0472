"""What is kept of a sweep: a folder for each point, and one Parquet data set of all.

::

    sweep.yaml          the sweep file
    points.parquet      one row a point
    points/<hash>/      record.json, tables/*.parquet, and start.npz for neighbours of an LP

A point's folder is written under another name and renamed, so that what is there is whole.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from optimizer.errors import OutputError
from optimizer.inputs.sweep_points import SweepPoint
from optimizer.labels import Text
from optimizer.study.sweep_point import FORMAT, Outcome

RECORD: Final = "record.json"
START: Final = "start.npz"
DATA_SET: Final = "points.parquet"
NOT_RUN: Final = "not_run"
"""Status of a point that has no record."""

LOWER_BOUND: Final = Text(
    "lower bound: yearly cost of the LP relaxation, not of a plan that can be built",
    "下界：线性松弛的年成本，并非可实施方案的成本",
)
COST: Final = Text("yearly cost of the plan", "方案的年成本")
MEANINGS: Final = {
    "point": Text("number of the point", "扫描点编号"),
    "hash": Text(
        "hash of inputs, code and options; its folder", "输入、代码与选项的哈希（文件夹名）"
    ),
    "status": Text("how the solve ended", "求解结果"),
    "relaxed": Text("whether integers were relaxed", "是否为线性松弛"),
    "bound_million_yuan": Text("proved lower bound", "已证明的下界"),
    "gap_million_yuan": Text("objective less bound", "目标值与下界之差"),
    "verified": Text("whether the plan passed every check", "方案是否通过全部核验"),
    "checks": Text("number of checks", "核验项数"),
    "seconds": Text("time of the point", "用时"),
    "error_en": Text("why there is no plan, in English", "无方案的原因（英文）"),
    "error_zh": Text("why there is no plan, in Chinese", "无方案的原因（中文）"),
}


class PointStore:
    """The folder of a sweep.

    Parameters
    ----------
    folder
        Where the sweep goes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, digest: str) -> Path:
        """Return the folder of a point."""
        return self.folder / "points" / digest[:16]

    def record(self, digest: str) -> dict[str, Any] | None:
        """Return the record of a finished point, or ``None``."""
        try:
            text = (self.place(digest) / RECORD).read_text(encoding="utf-8")
            record: dict[str, Any] = json.loads(text)
        except (OSError, ValueError):
            return None
        known = record.get("format") == FORMAT and record.get("hash") == digest
        return record if known else None

    def start(self, digest: str) -> bytes | None:
        """Return the bases that a point left for its neighbours, or ``None``."""
        try:
            return (self.place(digest) / START).read_bytes()
        except OSError:
            return None

    def write(self, outcome: Outcome, point: SweepPoint) -> None:
        """Write the folder of a point, whole or not at all.

        Raises
        ------
        OutputError
            If the disk refuses.
        """
        place = self.place(outcome.digest)
        partial = place.parent / f".{place.name}.partial-{os.getpid()}"
        overrides = [item.model_dump() for item in point.scenario.content.overrides]
        record = {**outcome.record, "values": point.values, "overrides": overrides}
        try:
            shutil.rmtree(partial, ignore_errors=True)
            (partial / "tables").mkdir(parents=True)
            for name, content in outcome.tables.items():
                (partial / "tables" / f"{name}.parquet").write_bytes(content)
            if outcome.start is not None:
                (partial / START).write_bytes(outcome.start)
            (partial / RECORD).write_text(
                json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False) + "\n",
                encoding="utf-8",
            )
            shutil.rmtree(place, ignore_errors=True)
            partial.rename(place)
        except OSError as error:
            raise _refused(self.folder, error) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def open(self, sweep_file: Path) -> None:
        """Make the folder and keep the sweep file in it.

        Raises
        ------
        OutputError
            If the disk refuses.
        """
        try:
            (self.folder / "points").mkdir(parents=True, exist_ok=True)
            _clear(self.folder / "points")
            kept = self.folder / "sweep.yaml"
            if not (kept.exists() and kept.samefile(sweep_file)):
                shutil.copyfile(sweep_file, kept)
        except OSError as error:
            raise _refused(self.folder, error) from error

    def write_data_set(
        self,
        points: Sequence[SweepPoint],
        records: Mapping[int, Mapping[str, Any]],
        *,
        relaxed: bool,
    ) -> Path:
        """Write the data set of all points, sorted by their number, and return its path.

        Raises
        ------
        OutputError
            If the disk refuses.
        """
        frame = data_set(points, records, relaxed=relaxed)
        table = pa.Table.from_pandas(frame, preserve_index=False)
        labels = {**MEANINGS, "objective_million_yuan": LOWER_BOUND if relaxed else COST}
        fields = [
            field.with_metadata(
                {"label_en": labels[field.name].en, "label_zh": labels[field.name].zh}
            )
            if field.name in labels
            else field
            for field in table.schema
        ]
        table = table.cast(pa.schema(fields, metadata=table.schema.metadata))
        path = self.folder / DATA_SET
        partial = self.folder / f".{DATA_SET}.partial-{os.getpid()}"
        try:
            pq.write_table(table, partial)
            partial.replace(path)
        except OSError as error:
            raise _refused(self.folder, error) from error
        finally:
            partial.unlink(missing_ok=True)
        return path


def _clear(points: Path) -> None:
    """Remove what processes that are gone had begun to write."""
    for partial in points.glob(".*.partial-*"):
        if not _runs(int(partial.name.rpartition("-")[2])):
            shutil.rmtree(partial, ignore_errors=True)


def _runs(process: int) -> bool:
    """Return whether a process may still be there."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _refused(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        Text(
            "cannot write the sweep to {folder} ({reason}); free space or choose another place "
            "with --out; what is finished stays",
            "无法将扫描结果写入 {folder}（{reason}）；请释放空间或用 --out 指定其他位置；已完成的"
            "扫描点保留",
        ).filled(folder=folder, reason=error.strerror or str(error))
    )


def data_set(
    points: Sequence[SweepPoint], records: Mapping[int, Mapping[str, Any]], *, relaxed: bool
) -> pd.DataFrame:
    """Return one row a point: its values, how it ended, and its key figures.

    Parameters
    ----------
    points
        The points in their order.
    records
        The records of finished points by number.
    relaxed
        Whether the sweep solves relaxations.
    """
    names = sorted({name for record in records.values() for name in record.get("figures", {})})
    rows = []
    for point in points:
        record = records.get(point.number, {})
        objective = record.get("objective_million_yuan", np.nan)
        bound = record.get("bound_million_yuan", np.nan)
        figures = record.get("figures", {})
        # A cost term that a plan does not have costs nothing.
        missing = {name: 0.0 if figures and name.startswith("cost_") else np.nan for name in names}
        rows.append(
            {
                "point": point.number,
                "hash": record.get("hash", ""),
                **{f"value_{name}": value for name, value in point.values.items()},
                "status": record.get("status", NOT_RUN),
                "relaxed": relaxed,
                "objective_million_yuan": objective,
                "bound_million_yuan": bound,
                "gap_million_yuan": max(0.0, objective - bound) if figures else np.nan,
                "verified": bool(record.get("verified", False)),
                "checks": int(record.get("checks", 0)),
                **missing,
                **figures,
                "seconds": record.get("seconds", np.nan),
                "error_en": record.get("error_en", ""),
                "error_zh": record.get("error_zh", ""),
            }
        )
    return pd.DataFrame(rows)
