"""The same case gives the same bytes: on a second run, and with its rows shuffled."""

from __future__ import annotations

import random
from pathlib import Path

from optimizer import read_case, read_run, solve_case, write_report
from tests.helpers import copy_tiny, edit_rows
from tests.shared_runs import run_of

SEED = 20261122


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the files of a run that may not differ."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in {"run.json", "log.txt"}
    }


def test_second_run_gives_the_same_bytes(tmp_path: Path) -> None:
    first = write_report(run_of("tiny"), tmp_path / "first", language="en")
    second = write_report(solve_case(read_case("tiny")), tmp_path / "second", language="en")
    assert first.folder is not None
    assert second.folder is not None
    assert files_of(first.folder) == files_of(second.folder)
    assert first.record["hash"] == second.record["hash"]


def test_shuffled_rows_give_the_same_tables(tmp_path: Path) -> None:
    shuffled = copy_tiny(tmp_path)
    order = random.Random(SEED)  # noqa: S311 - an order, not a secret
    for table in sorted(path.stem for path in shuffled.glob("*.csv")):
        edit_rows(shuffled, table, lambda rows: order.sample(rows, len(rows)))
    plain = write_report(run_of("tiny"), tmp_path / "plain", language="en")
    mixed = write_report(solve_case(read_case(shuffled)), tmp_path / "mixed", language="en")
    assert plain.folder is not None
    assert mixed.folder is not None
    assert files_of(plain.folder) == files_of(mixed.folder)


def test_a_stored_run_reads_back_as_it_was(tmp_path: Path) -> None:
    run = write_report(run_of("tiny"), tmp_path / "run", language="zh")
    assert run.folder is not None
    again = read_run(run.folder)
    assert dict(again.record) == dict(run.record)
    assert again.plan.objective_million_yuan == run.plan.objective_million_yuan
    for name, table in run.plan.tables.items():
        assert again.plan.tables[name].equals(table), name
    for name, table in run.findings.items():
        assert again.findings[name].equals(table), name
    for name, typed in run.case.tables.items():
        read = again.case.tables[name].frame
        # A table without rows has no values whose types could agree.
        assert read.equals(typed.frame) if len(typed.frame) else read.empty, name
