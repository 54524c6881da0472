"""Runs and reports that several tests read; each is made once in a test process."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.inputs.case import read_case
from optimizer.labels import LANGUAGES
from optimizer.plan.store import read_run
from optimizer.report.formats import write_documents
from optimizer.report.run_folder import write_report
from optimizer.study.runner import solve_case
from tests.period_cases import tiny_of_years


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run of the teaching case."""
    folder = tmp_path_factory.mktemp("tiny") / "run"
    write_report(solve_case(read_case("tiny")), folder)
    return folder


@pytest.fixture(scope="session")
def period_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run of two periods."""
    base = tmp_path_factory.mktemp("periods")
    folder = base / "run"
    write_report(solve_case(read_case(tiny_of_years(base, (2026, 2028)))), folder)
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
