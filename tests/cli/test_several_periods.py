"""A case of two periods as a user plans it, from the case folder to the reused run."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from optimizer.cli import app
from tests.helpers import edit_cell, edit_rows
from tests.period_cases import tiny_of_years


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, in English."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return folder


def test_plan_of_two_periods_is_written_told_and_reused(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = tiny_of_years(tmp_path, (2026, 2028))
    assert app.run(["plan", str(case)]) == 0
    told = capsys.readouterr().out
    assert "By year" in told
    assert "2026 to 2028 in 2 periods" in told
    (run,) = (here / "reports" / "runs").iterdir()
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert [row["year"] for row in record["periods"]] == [2026, 2028]
    assets = pd.read_csv(run / "tables" / "assets.csv")
    assert list(assets.columns) == [
        "period",
        "kind",
        "place",
        "item",
        "standing",
        "ordered",
        "retired",
    ]
    assert set(assets["period"]) == {2026, 2028}
    assert pd.read_csv(run / "tables" / "sites.csv").groupby("period").size().to_dict() == {
        2026: 3,
        2028: 3,
    }
    for picture in ("map.png", "sites.gpkg", "flows.gpkg", "summary_zh.md"):
        assert (run / picture).stat().st_size > 0
    assert app.run(["plan", str(case)]) == 0
    assert "verified again" in capsys.readouterr().out
    assert app.run(["check", "--activity", str(run)]) == 0
    assert "modules_most_2028" in capsys.readouterr().out


def test_a_run_that_was_tampered_with_is_not_reused(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = tiny_of_years(tmp_path, (2026, 2028))
    assert app.run(["plan", str(case)]) == 0
    (run,) = (here / "reports" / "runs").iterdir()
    path = run / "tables" / "assets.parquet"
    frame = pd.read_parquet(path)
    frame.assign(ordered=frame["ordered"] * 2.0).to_parquet(path, index=False)
    capsys.readouterr()
    assert app.run(["plan", str(case)]) != 0
    assert "serving" in capsys.readouterr().err


def test_a_case_that_begins_in_another_year_is_refused(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = tiny_of_years(tmp_path, (2027, 2029))
    assert app.run(["plan", str(case)]) == 1
    assert "times" in capsys.readouterr().err
    assert not (here / "reports").exists()


def test_a_last_period_of_no_years_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = tiny_of_years(tmp_path, (2026, 2028))
    edit_rows(
        case,
        "finance",
        lambda rows: [*rows, {**rows[0], "parameter": "last_period_years", "value": "0"}],
    )
    assert app.run(["plan", str(case)]) == 1
    assert "last_period_years" in capsys.readouterr().err
    edit_cell(case, "finance", {"parameter": "last_period_years"}, "value", "2")
    assert app.run(["check", str(case)]) == 0
