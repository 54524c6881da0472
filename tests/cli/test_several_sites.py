"""Runs over several sites as a user sees them: sizes, the run folder, and the summary."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from optimizer.cli import app
from optimizer.inputs.case import read_case
from optimizer.plan.store import read_run
from optimizer.report.summary import as_markdown, summary_of
from tests.inputs.split_case import line_case
from tests.shared_runs import run_of
from tests.study.test_campus import campus_case


def test_check_counts_the_configuration_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = line_case().write(tmp_path / "line")
    count = len(read_case(folder).derived.splits.job)
    # Pairs, triples: rings, splits, start months of the four bandwidths.
    assert count == 3 * 5 * (8 + 9 + 9 + 9) + 1 * 4 * (7 + 9 + 9 + 9)
    assert app.run(["check", str(folder), "--lang", "en"]) == 0
    line = f"{count} configuration columns for 1 jobs that may run over several sites"
    assert line in capsys.readouterr().out
    assert app.run(["check", str(folder), "--lang", "zh"]) == 0
    assert f"1 个可跨站点任务共 {count} 个配置列" in capsys.readouterr().out
    plain = line_case(may_split=False).write(tmp_path / "plain")
    assert app.run(["check", str(plain), "--lang", "en"]) == 0
    shown = capsys.readouterr().out
    assert "configuration columns" not in shown


def test_a_run_folder_holds_the_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = campus_case()
    for site in ("coast", "plateau", "desert"):
        case.set(
            "sites",
            {"site": site},
            build_limit_mw=0.4,
            capex_yuan_per_kw=1,
            name_en=site.title(),
        )
    folder = case.write(tmp_path / "campus")
    out = tmp_path / "run"
    assert app.run(["plan", str(folder), "--out", str(out), "--lang", "en"]) == 0
    assert "One campus or several" in capsys.readouterr().out
    run = read_run(out)
    (row,) = run.findings["campuses"].to_dict("records")
    assert (row["answer"], row["reason"]) == ("several", "power ceiling")
    (split,) = run.plan.tables["split_runs"].to_dict("records")
    assert split["sites"] == row["sites"] == "desert+plateau"
    assert run.plan.tables["split_parts"]["gang"].sum() == 960
    english = as_markdown(summary_of(run, "en"))
    assert "| several campuses | Desert + Plateau | power ceiling |" in english
    assert "| Desert + Plateau 1 |" in english  # where the run is
    chinese = as_markdown(summary_of(run, "zh"))
    assert "## 一个园区还是几个" in chinese
    assert "| 几个园区 | 名称 + 名称 | 功率上限 |" in chinese
    sites = run.plan.tables["sites"].set_index("site")["training_mw"]
    parts = run.plan.tables["split_parts"].set_index("site")["it_mw"]
    active = split["duration_days"] / 365.0
    pd.testing.assert_series_equal(sites[sites > 0.0], parts * active, check_names=False, rtol=1e-9)


def test_a_case_that_does_not_ask_gets_no_answer() -> None:
    run = run_of("several_sites")
    assert len(run.plan.tables["split_runs"]) == 1
    assert len(run.findings["campuses"]) == 0
    assert "One campus or several" not in as_markdown(summary_of(run, "en"))
