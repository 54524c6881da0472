"""Runs and reports that several tests read; each is made once in a test process."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from optimizer.inputs.case import read_case
from optimizer.labels import LANGUAGES
from optimizer.plan.run import Run
from optimizer.plan.store import read_run, write_record, write_run
from optimizer.report.formats import write_documents
from optimizer.study.runner import solve_case
from tests.helpers import copy_tiny, edit_cell, edit_rows
from tests.period_cases import tiny_of_years
from tests.shared_runs import run_of


def stored(run: Run, folder: Path) -> Run:
    """Write a run without drawing its maps: a stand-in of one pixel is there for each."""
    folder.mkdir()
    write_run(run, folder)
    write_record(run.record, folder)
    for language in LANGUAGES:
        figure = Figure(figsize=(0.1, 0.1), dpi=10)
        figure.savefig(folder / f"map_{language}.png", metadata={"Software": None})
    return dataclasses.replace(run, folder=folder)


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run of the teaching case."""
    folder = tmp_path_factory.mktemp("tiny") / "run"
    stored(run_of("tiny"), folder)
    return folder


@pytest.fixture(scope="session")
def period_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run of two periods whose provinces are on the map of China."""
    base = tmp_path_factory.mktemp("periods")
    case = tiny_of_years(base, (2026, 2028))
    real = ("150000", "310000", "330000", "440000")
    edit_rows(
        case,
        "provinces",
        lambda rows: [{**row, "adcode": adcode} for row, adcode in zip(rows, real, strict=False)],
    )
    folder = base / "run"
    stored(solve_case(read_case(case)), folder)
    return folder


@pytest.fixture(scope="session")
def tiny_page(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Page of the teaching case in both languages."""
    folder = tmp_path_factory.mktemp("page")
    (page,) = write_documents([read_run(tiny_run)], folder, languages=LANGUAGES)
    return page


@pytest.fixture(scope="session")
def several_page(
    tiny_run: Path, period_run: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Page of two runs, the first of them of two periods."""
    folder = tmp_path_factory.mktemp("several")
    runs = [read_run(period_run), read_run(tiny_run)]
    (page,) = write_documents(runs, folder, languages=LANGUAGES)
    return page


HOSTILE = "</script><script>window.stolen=1</script><img src=x onerror='window.stolen=1'>{x}#[a]$"


@pytest.fixture(scope="session")
def hostile_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run of the teaching case whose names try to be markup."""
    base = tmp_path_factory.mktemp("hostile")
    folder = copy_tiny(base)
    for table, column, code in (
        ("sites", "site", "west_cluster"),
        ("services", "service", "chat"),
        ("jobs", "job", "base"),
        ("regions", "region", "west"),
    ):
        for name in ("name_en", "name_zh"):
            edit_cell(folder, table, {column: code}, name, HOSTILE)
    return stored(solve_case(read_case(folder)), base / "run")


@pytest.fixture(scope="session")
def hostile_page(hostile_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Page of the run whose names try to be markup."""
    folder = tmp_path_factory.mktemp("hostile-page")
    (page,) = write_documents([hostile_run], folder, languages=LANGUAGES)
    return page
