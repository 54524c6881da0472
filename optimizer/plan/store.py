"""Run folders: written whole or not at all, found again by their hash, read back as runs.

::

    run.json            status, objective, bound, gap, verification, versions, times, hashes
    case/               every table as it was solved; a case folder of its own
    tables/             every result table as Parquet and CSV
    sites.gpkg, flows.gpkg
    map_en.png, map_zh.png and map.png; summary_en.md, summary_zh.md; log.txt
    model.mps.gz        on request
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from optimizer.errors import OutputError, UsageError
from optimizer.inputs.assemble import CASE_FILE
from optimizer.inputs.case import Case, read_case
from optimizer.labels import Text
from optimizer.plan.geodata import write_geodata
from optimizer.plan.period_tables import result_tables
from optimizer.plan.plan import Plan, last_period, period_weights
from optimizer.plan.raw_solution import ObjectiveValue, Status
from optimizer.plan.result_tables import FINDING_TABLES
from optimizer.plan.run import Run
from optimizer.tables.schema import Table
from optimizer.tables.write import write_csv

RECORD: Final = "run.json"
FORMAT: Final = 1
"""Version of the layout of a run folder."""


def code_sha256() -> str:
    """Return the hash of the package's own code, so that a changed tool never reuses a run."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def inputs_sha256(case: Case) -> str:
    """Return one hash of all files that a case was read from."""
    return hashlib.sha256(
        "\n".join(f"{name} {value}" for name, value in sorted(case.file_hashes.items())).encode()
    ).hexdigest()


def run_hash(case: Case, code: str, options: Mapping[str, Any]) -> str:
    """Return the hash of inputs, code and options that names a run.

    Parameters
    ----------
    case
        The case.
    code
        Hash of the code and of what it runs on.
    options
        Options that shape the result.
    """
    content = [inputs_sha256(case), code, json.dumps(dict(options), sort_keys=True)]
    return hashlib.sha256("\n".join(content).encode()).hexdigest()


def default_folder(case: Case, digest: str) -> Path:
    """Return where a run goes unless told otherwise, below the current directory."""
    return Path("reports") / "runs" / f"{case.name}-{digest[:8]}"


def is_run(folder: Path) -> bool:
    """Whether a folder holds a complete run."""
    return (folder / RECORD).is_file()


@contextmanager
def new_run_folder(folder: Path, *, replace: bool) -> Iterator[Path]:
    """Give a temporary folder that becomes the run folder when all went well.

    Parameters
    ----------
    folder
        The run folder.
    replace
        Whether an existing run may be replaced; anything else that is there never is.

    Yields
    ------
    pathlib.Path
        Folder to write into.

    Raises
    ------
    UsageError
        If the folder exists and may not be replaced.
    OutputError
        If the disk refuses.
    """
    refuse_existing(folder, replace=replace)
    with written_whole(folder) as partial:
        yield partial


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """Give a temporary folder that takes its name, and the old one's place, once it is written.

    Parameters
    ----------
    folder
        The folder; what is there is replaced.

    Yields
    ------
    pathlib.Path
        Folder to write into.

    Raises
    ------
    OutputError
        If the disk refuses.
    """
    partial = folder.parent / f".{folder.name}.partial-{os.getpid()}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir()
        yield partial
        _swap(partial, folder)
    except OSError as error:
        raise OutputError(
            Text(
                "cannot write to {folder} ({reason}); free space or choose another place "
                "with --out; nothing was left behind",
                "无法写入 {folder}（{reason}）；请释放空间或用 --out 指定其他位置；未留下"
                "任何不完整文件",
            ).filled(folder=folder, reason=error.strerror or str(error))
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def refuse_existing(folder: Path, *, replace: bool) -> None:
    """Raise if a folder exists and may not be replaced.

    Raises
    ------
    UsageError
        Saying how to go on.
    """
    if not folder.exists():
        return
    if not is_run(folder):
        raise UsageError(
            Text(
                "{folder} exists and is not a run; choose another folder",
                "{folder} 已存在且不是运行结果文件夹；请另选文件夹",
            ).filled(folder=folder)
        )
    if not replace:
        raise UsageError(
            Text(
                "{folder} already holds a run; add --force to replace it, or choose another folder",
                "{folder} 中已有运行结果；如需替换请加 --force，或另选文件夹",
            ).filled(folder=folder)
        )


def _swap(partial: Path, folder: Path) -> None:
    """Move the finished folder to its place; an old run goes only after the new one stands."""
    if not folder.exists():
        partial.rename(folder)
        return
    old = folder.parent / f".{folder.name}.old-{os.getpid()}"
    folder.rename(old)
    try:
        partial.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old)


def write_run(run: Run, folder: Path) -> None:
    """Write the tables, the case and the geodata of a run into a folder.

    Parameters
    ----------
    run
        The run.
    folder
        An empty folder, usually that of :func:`new_run_folder`.
    """
    case_folder = folder / "case"
    case_folder.mkdir()
    for name, typed in run.case.whole_tables.items():
        write_csv(typed.frame, typed.table, case_folder / f"{name}.csv")
    (case_folder / CASE_FILE).write_text(_case_file(run.case), encoding="utf-8")
    tables = folder / "tables"
    tables.mkdir()
    of_plan = result_tables(several=bool(run.case.later))
    for name, definition in {**of_plan, **FINDING_TABLES}.items():
        frame = run.plan.tables[name] if name in of_plan else run.findings[name]
        write_csv(frame, definition, tables / f"{name}.csv")
        frame.to_parquet(tables / f"{name}.parquet", index=False)
    write_geodata(*last_period(run.case, run.plan), folder)


def write_record(record: Mapping[str, Any], folder: Path) -> None:
    """Write ``run.json``, last of all."""
    (folder / RECORD).write_text(record_text(record), encoding="utf-8")


def record_text(record: Mapping[str, Any]) -> str:
    """Return ``run.json`` as text."""
    return json.dumps(dict(record), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _case_file(case: Case) -> str:
    """Return the ``case.yaml`` of a resolved case: everything is there, nothing is based."""
    return "".join(
        f"{key}: {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in (
            ("name", case.name),
            ("title_en", case.title.en),
            ("title_zh", case.title.zh),
            ("base", "none"),
            ("year", case.year),
        )
    )


def read_run(folder: str | Path) -> Run:
    """Read a run folder.

    Parameters
    ----------
    folder
        A run folder.

    Returns
    -------
    Run
        With case, plan, findings and record; nothing is solved.

    Raises
    ------
    UsageError
        If the folder holds no complete run of this layout.

    Examples
    --------
    >>> run = read_run("reports/runs/tiny-1a2b3c4d")  # doctest: +SKIP
    >>> run.plan.tables["sites"]  # doctest: +SKIP
    """
    folder = Path(folder)
    record = _record(folder)
    case = read_case(folder / "case")
    several = bool(case.later)
    tables = {name: _table(folder, table) for name, table in result_tables(several=several).items()}
    findings = {name: _table(folder, table) for name, table in FINDING_TABLES.items()}
    plan = Plan(
        case_name=case.name,
        title=case.title,
        year=case.year,
        status=Status(record["status"]),
        objective_million_yuan=float(record["objective_yuan"]) / 1e6,
        bound_million_yuan=float(record["bound_yuan"]) / 1e6,
        relaxed=bool(record["relaxed"]),
        tables=MappingProxyType(tables),
        objectives=tuple(ObjectiveValue(**item) for item in record.get("objectives", ())),
        weights=period_weights(case),
    )
    return Run(case, plan, MappingProxyType(findings), MappingProxyType(record), folder)


def _record(folder: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            Text(
                "{folder} holds no run ({reason}); give a folder that eastwest plan wrote",
                "{folder} 中没有运行结果（{reason}）；请给出 eastwest plan 生成的文件夹",
            ).filled(folder=folder, reason=str(error))
        ) from error
    if record.get("format") != FORMAT:
        raise UsageError(
            Text(
                "{folder} was written in layout {found}, this version reads {known}; plan it again",
                "{folder} 的格式为 {found}，本版本读取 {known}；请重新计算",
            ).filled(folder=folder, found=record.get("format"), known=FORMAT)
        )
    return record


def _table(folder: Path, table: Table) -> pd.DataFrame:
    path = folder / "tables" / f"{table.name}.parquet"
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise UsageError(
            Text(
                "{path} cannot be read ({reason}); plan the case again with --force",
                "{path} 无法读取（{reason}）；请用 --force 重新计算",
            ).filled(path=path, reason=str(error))
        ) from error
