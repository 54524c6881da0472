"""Scenarios run: expectations beside what happened, comparisons of the runs they leave."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest

from optimizer.analysis.compare import KINDS, compare_runs, comparison_rows
from optimizer.cli.app import run as run_command
from optimizer.labels import Language
from optimizer.plan.run import Run
from optimizer.plan.store import read_run
from optimizer.report.headline import NOT_COMPARED, headline
from optimizer.solve.options import SolveOptions
from optimizer.study.scenarios import run_scenarios
from optimizer.tables.pack import shipped_scenarios

DEAR = """name: dear
title_en: Power at half as much again
title_zh: 电价上涨一半
base: tiny
expects:
  - {figure: total_cost, direction: rises}
  - {figure: energy_cost, direction: falls}
  - {figure: unserved_share, direction: unchanged}
overrides:
  - {table: tariffs, scale: {price_yuan_per_kwh: 1.5}}
"""
IMPOSSIBLE = """name: impossible
title_en: A budget of nothing
title_zh: 零预算
base: tiny
expects:
  - {figure: total_cost, direction: rises}
overrides:
  - {table: sites, where: {site: nowhere}, set: {ceiling_mw: 1}}
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenarios")
    (folder / "dear.yaml").write_text(DEAR, encoding="utf-8")
    (folder / "impossible.yaml").write_text(IMPOSSIBLE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def runs(files: Path) -> Path:
    out = files / "runs"
    arguments = ["--run", "--gap", "0.001", "--out", str(out), "--lang", "en"]
    assert run_command(["scenarios", str(files / "dear.yaml"), *arguments]) == 0
    return out


def test_verdicts_of_the_relaxation(files: Path) -> None:
    names = [str(files / "impossible.yaml"), str(files / "dear.yaml")]
    kept: list[Run] = []
    failed, dear = run_scenarios(names, SolveOptions(relaxed=True), kept.append)
    assert failed.figures is None
    assert failed.failure is not None
    assert "nowhere" in failed.failure.en
    assert [each.verdict for each in dear.outcomes] == ["holds", "fails", "holds"]
    assert not dear.holds
    assert not dear.verified
    assert kept == []
    costs = dear.outcomes[0]
    energy = dear.outcomes[1]
    # A plan that stays pays half as much again for energy, and a better one pays less.
    assert 0.0 < costs.after - costs.before <= 0.5 * energy.before * (1.0 + 1e-9)


def test_runs_are_kept_verified_and_compared(runs: Path) -> None:
    base, dear = (read_run(runs / name) for name in ("tiny", "tiny+dear"))
    assert base.record["verified"]
    assert dear.record["verified"]
    (comparison,) = compare_runs([base, dear])
    (tariffs,) = comparison.inputs
    assert (tariffs.table, tariffs.columns) == ("tariffs", ("price_yuan_per_kwh",))
    assert tariffs.factor == pytest.approx((1.5, 1.5), rel=1e-12)
    assert tariffs.changed == tariffs.cells == len(base.case.frame("tariffs"))
    by_name = {each.figure: each for each in comparison.figures}
    gaps = (base.record["gap_yuan"] + dear.record["gap_yuan"]) / 1e6
    cost = by_name["total_cost"]
    assert cost.difference == pytest.approx(dear.plan.cost() - base.plan.cost(), rel=1e-12)
    assert cost.margin == pytest.approx(max(gaps, 1e-6 * cost.after), rel=1e-9)
    assert cost.distinguishable
    assert not by_name["unserved_share"].distinguishable
    for site in comparison.sites:
        assert site.moved_mw == pytest.approx(sum(site.difference(kind) for kind in KINDS))
        assert any("its electricity" in reason.en for reason in site.reasons)
    rows = comparison_rows(comparison)
    assert (rows["kind"] == "input").sum() == tariffs.cells
    assert (rows["kind"] == "figure").sum() == len(comparison.figures)


def test_a_run_that_is_there_is_not_solved_again(runs: Path, files: Path) -> None:
    kept: list[Run] = []
    for gap, solved in ((0.001, []), (0.002, ["tiny", "tiny+dear"])):
        options = SolveOptions(gap_location=gap, time_limit=600.0)
        (result,) = run_scenarios(
            [str(files / "dear.yaml")],
            options,
            kept.append,
            stored=lambda name: runs / name,
            replaces=True,
        )
        assert [run.case.name for run in kept] == solved
        assert result.outcomes[0].verdict == "holds"


def test_another_run_is_refused_before_anything_is_solved(
    runs: Path, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Run] = []
    monkeypatch.setattr("optimizer.study.scenarios.run_case", None)
    (result,) = run_scenarios(
        [str(files / "dear.yaml")],
        SolveOptions(gap_location=0.002, time_limit=600.0),
        kept.append,
        stored=lambda name: runs / name,
    )
    assert result.figures is None
    assert kept == []
    assert result.failure is not None
    assert "tiny already holds a run; add --force" in result.failure.en


def test_a_plan_alone_says_what_was_not_computed(runs: Path) -> None:
    """No prices were asked for, so none is told: neither of limits nor of accelerators."""
    run = read_run(runs / "tiny")
    assert not run.compared
    releases = run.plan.tables["releases"].head(0)
    short = pd.DataFrame([dict.fromkeys(releases.columns, 0) | {"served_share": 0.5}])
    plan = dataclasses.replace(
        run.plan, tables=MappingProxyType({**run.plan.tables, "releases": short})
    )
    record = MappingProxyType({**run.record, "unserved_share": 0.25})
    left = dataclasses.replace(run, plan=plan, record=record)
    expected = {
        "en": (
            "NOT ALL WORK IS PLACED: 25.00% of its value",
            "not every user tier is served in full",
        ),
        "zh": ("有工作未能安排：占总价值 25.00%", "部分用户层级未获全部服务"),
    }
    languages: tuple[Language, ...] = ("en", "zh")
    for language in languages:
        lines = headline(left, language)
        assert tuple(lines[:2]) == expected[language]
        assert lines[-1] == NOT_COMPARED.render(language)


def test_a_run_and_itself_do_not_differ(runs: Path) -> None:
    run = read_run(runs / "tiny")
    (comparison,) = compare_runs([run, run])
    assert comparison.cells == ()
    assert comparison.sites == ()
    assert not any(each.distinguishable for each in comparison.figures)


def test_compare_speaks_three_ways(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pair = [str(runs / "tiny"), str(runs / "tiny+dear")]
    assert run_command(["compare", *pair, "--json"]) == 0
    (record,) = json.loads(capsys.readouterr().out)
    assert record["after"] == "tiny+dear"
    assert record["inputs"][0]["table"] == "tariffs"
    assert run_command(["compare", *pair, "--csv"]) == 0
    assert capsys.readouterr().out.startswith("run,kind,item,column,unit,before,after,")
    assert run_command(["compare", *pair, "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "not distinguishable" in said
    assert "What went in differently: tiny -> tiny+dear" in said
    assert run_command(["compare", *pair, "--lang", "zh"]) == 0
    assert "无法区分" in capsys.readouterr().out
    assert run_command(["compare", pair[0]]) == 2


def test_list_and_difference(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["scenarios", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in listed] == list(shipped_scenarios())
    assert run_command(["scenarios", str(files / "dear.yaml"), "--show", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {each["table"] for each in shown} == {"tariffs"}
    assert all(each["after"] == pytest.approx(1.5 * each["before"]) for each in shown)
    assert run_command(["scenarios", "--show"]) == 2
    assert run_command(["scenarios", "--relaxed"]) == 2


@pytest.mark.long
@pytest.mark.parametrize("name", list(shipped_scenarios()))
def test_what_is_expected_happens_or_the_file_says_why_not(name: str) -> None:
    (result,) = run_scenarios([name], SolveOptions(relaxed=True), lambda _: None)
    assert result.figures is not None, result.failure
    wrong = [
        each.expectation.text.en
        for each in result.outcomes
        if each.verdict != "holds" and not each.expectation.missed
    ]
    assert not wrong
