"""Claims answered on the teaching case: verdicts, where they turn, and what is told of them."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from optimizer.cli import app
from optimizer.errors import InputError, OutputError, SolverError
from optimizer.inputs.case import read_case
from optimizer.inputs.claim_file import Claim, ClaimFile, read_claims
from optimizer.inputs.scenario import Override
from optimizer.model.build import build_model
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.study.claim_runs import KeptRuns, Runner
from optimizer.study.claims import Answer, answer, answered, check_figures
from optimizer.study.claims_aside import answer_claims

FILE = """\
base: tiny
claims:
  - name: power-costs
    author: A. Planner
    medium: made up
    date: "2026-01-01"
    claim_en: Dearer power in the west costs more.
    claim_zh: 西部电价上升会增加成本。
    test_en: Power in the west twice as dear.
    test_zh: 西部电价加倍。
    first: {title_en: as it is, title_zh: 现状}
    second:
      title_en: twice as dear
      title_zh: 电价加倍
      overrides:
        - table: tariffs
          where: {tariff_region: WE}
          scale: {price_yuan_per_kwh: 2}
    figure: cost
    confirmed: {above: 0}
    flip:
      title_en: new card's price
      title_zh: 新卡价格倍数
      table: accelerators
      where: {accelerator: new_card}
      scale: price_yuan
      today: 1
      least: 0.9
      most: 1.1
      plausible: [0.9, 1.1]
  - name: carbon-doubles-cost
    author: A. Planner
    medium: made up
    date: "2026-01-01"
    claim_en: A carbon price costs more than 20 million yuan a year.
    claim_zh: 碳价每年增加成本超过两千万元。
    test_en: The carbon price off and on.
    test_zh: 关闭与启用碳价。
    first:
      title_en: no carbon price
      title_zh: 无碳价
      overrides:
        - table: policies
          where: {policy: carbon_price}
          set: {enabled: false}
    second: {title_en: carbon price, title_zh: 有碳价}
    figure: cost
    confirmed: {above: 20}
    flip:
      title_en: carbon price, yuan a tonne
      title_zh: 碳价（元/吨）
      table: policies
      where: {policy: carbon_price}
      set: value
      today: 80
      least: 10
      most: 400
      plausible: [60, 90]
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("claims") / "claims.yaml"
    found.write_text(FILE, encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def file(path: Path) -> ClaimFile:
    return read_claims(path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that keeps the runs of all tests, each solved once."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def runner(file: ClaimFile, finished: Path) -> Runner:
    """Return what solves the runs."""
    return Runner(file, KeptRuns(finished))


@pytest.fixture(scope="module")
def answers(file: ClaimFile, runner: Runner) -> dict[str, Answer]:
    return {claim.name: answer(claim, runner) for claim in file.claims}


def carbon_cost(price: float) -> float:
    """Return what a carbon price adds to the least cost of the relaxation."""
    costs = []
    for enabled in (False, True):
        case = read_case("tiny")
        model = build_model(case)[0]
        term = model.cost_terms["carbon"]
        scaled = model.cost - term + (term * price / 80.0 if enabled else 0.0)
        changed = dataclasses.replace(model, cost=scaled)
        costs.append(solve_model(changed, SolveOptions(relaxed=True)).solution.objective)
    return costs[1] - costs[0]


def test_a_claim_that_no_plausible_value_turns(answers: dict[str, Answer]) -> None:
    found = answers["power-costs"]
    assert found.verdict == "confirmed"
    assert not found.turn.found
    assert (found.turn.low, found.turn.high) == (0.9, 1.1)
    base = solve_model(build_model(read_case("tiny"))[0], SolveOptions(relaxed=True)).solution
    assert found.first.figures["cost"] == pytest.approx(base.objective, rel=1e-9)
    assert found.difference > 1.0
    assert found.first.checks > 1000


def test_where_a_verdict_turns(answers: dict[str, Answer]) -> None:
    found = answers["carbon-doubles-cost"]
    assert found.verdict == "refuted"
    assert found.difference == pytest.approx(carbon_cost(80.0), rel=1e-6)
    turn = found.turn
    assert turn.found
    assert not turn.plausible
    # Halved five times between today's 80 and 400.
    assert turn.high - turn.low == pytest.approx(320 / 2**5)
    assert carbon_cost(turn.low) <= 20.0 <= carbon_cost(turn.high)


def test_a_turn_among_plausible_values_makes_it_depend(file: ClaimFile, runner: Runner) -> None:
    claim = file.claims[1]
    changed = claim.model_dump()
    changed["flip"] |= {"plausible": [60, 400]}
    wide = Claim.model_validate(changed)
    assert answer(wide, runner).verdict == "depends"


def test_a_difference_within_the_limit_of_nothing_depends(file: ClaimFile, runner: Runner) -> None:
    changed = file.claims[0].model_dump()
    changed["second"] = {"title_en": "same", "title_zh": "相同"}
    same = answer(Claim.model_validate(changed), runner)
    assert same.difference == 0.0
    assert same.verdict == "depends"


def test_a_case_that_the_checks_refuse_is_no_plan(file: ClaimFile, runner: Runner) -> None:
    changed = file.claims[0].model_dump()
    changed["flip"] |= {"table": "sites", "where": {}, "scale": "largest_gang", "least": 0.01}
    changed["flip"] |= {"plausible": [0.9, 1.1], "most": 1.1}
    found = answer(Claim.model_validate(changed), runner)
    # The base model's gang of 4,096 fits no site then.
    assert found.turn.found
    assert found.turn.high < 0.9
    assert found.verdict == "confirmed"


def test_what_is_told(answers: dict[str, Answer]) -> None:
    record = answered(answers["power-costs"]).record()
    assert record["changed_second"] == ["tariffs (tariff_region WE): price_yuan_per_kwh x 2"]
    assert record["changed_first"] == []
    assert record["relaxed"] is True
    assert record["second"] - record["first"] == pytest.approx(record["difference"])
    assert record["inputs_sha256_first"] != record["inputs_sha256_second"]
    for which in ("first", "second"):
        assert 0.0 <= record[f"gap_{which}"] <= 1e-9 * record[which]


def test_the_verb(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    ask = ["claims", "--file", str(path), "--out", "answers"]
    assert app.run([*ask, "--lang", "zh", "power-costs"]) == 0
    shown = capsys.readouterr().out
    assert "成立 1、不成立 0、视情况而定 0" in shown
    page = (tmp_path / "answers" / "claims_en.md").read_text(encoding="utf-8")
    assert "**confirmed**: yearly cost, accelerators included: " in page
    assert "made up, 2026-01-01; author: A. Planner" in page
    told = r"- gap of the first run \S+, of the second \S+ million yuan; \S+ and \S+ checks, none f"
    assert re.search(told, page)
    assert "the answer does not turn for new card's price from 0.9 to 1.1 (today 1)" in page
    data = json.loads((tmp_path / "answers" / "claims.json").read_text(encoding="utf-8"))
    assert [claim["verdict"] for claim in data["claims"]] == ["confirmed"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers"]
    assert app.run([*ask, "--lang", "en"]) == 2
    assert app.run([*ask, "--lang", "en", "--force", "no-such-claim"]) == 2
    assert "no claim of claims.yaml" in capsys.readouterr().err


def test_faults_name_their_line(tmp_path: Path) -> None:
    bad = tmp_path / "claims.yaml"
    bad.write_text(
        FILE.replace("confirmed: {above: 0}", "confirmed: {over: 0}")
        .replace("least: 0.9", "least: 1.05")
        .replace("figure: cost", "figures: cost", 1),
        encoding="utf-8",
    )
    with pytest.raises(InputError) as raised:
        read_claims(bad)
    found = {(fault.column, fault.row) for fault in raised.value.faults}
    lines = bad.read_text(encoding="utf-8").splitlines()
    assert ("claims.0.figures", lines.index("    figures: cost") + 1) in found
    assert any(column.startswith("claims.0.confirmed") for column, _row in found)
    assert any(column.startswith("claims.0.flip") for column, _row in found)


def test_unknown_figures_are_named(file: ClaimFile) -> None:
    changed = file.model_dump()
    changed["claims"][0]["figure"] = "speed"
    with pytest.raises(InputError, match="there is no such figure"):
        check_figures(ClaimFile.model_validate(changed), "claims.yaml")


def test_one_run_is_solved_once(file: ClaimFile) -> None:
    runner = Runner(file)
    override = Override(table="services", scale={"requests_per_s": 0.9})
    assert runner.run([override]) is runner.run([override])
    assert len(runner.known) == 1


def test_processes_beside_each_other_answer_the_same(
    file: ClaimFile, answers: dict[str, Answer], tmp_path: Path
) -> None:
    told: list[str] = []
    kept = KeptRuns(tmp_path / "beside")
    beside, runs = answer_claims(file, file.claims, 2, told.append, kept)
    assert [each.record() for each in beside] == [
        answered(answers[claim.name]).record() for claim in file.claims
    ]
    assert kept.count() == len(runs) > len(file.claims)
    assert sorted(told) == sorted(claim.name for claim in file.claims)


def test_finished_runs_are_not_repeated(
    file: ClaimFile,
    answers: dict[str, Answer],
    finished: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = KeptRuns(tmp_path / "kept")
    shutil.copytree(finished, kept.folder)
    count = kept.count()
    monkeypatch.setattr("optimizer.study.claim_runs.solve_model", None)
    again, runs = answer_claims(file, file.claims, 1, lambda _name: None, kept)
    assert [each.record() for each in again] == [
        answered(answers[claim.name]).record() for claim in file.claims
    ]
    assert count == kept.count() >= len(runs) > 2
    next(kept.folder.glob(f"{min(runs)}.json")).unlink()
    with pytest.raises(TypeError):
        answer_claims(file, file.claims, 1, lambda _name: None, kept)


def test_runs_of_other_inputs_or_code_are_not_taken(
    file: ClaimFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptRuns(tmp_path)
    override = Override(table="services", scale={"requests_per_s": 0.9})
    before = Runner(file, kept)
    before.run([])
    other = Runner(file.model_copy(update={"overrides": [override]}), kept)
    other.run([])
    assert before.known.isdisjoint(other.known)
    monkeypatch.setattr("optimizer.study.claim_runs.code_and_libraries", lambda: "changed")
    changed = Runner(file, kept)
    changed.run([])
    assert changed.known.isdisjoint(before.known)
    assert kept.count() == 3


def test_only_asked_runs_are_removed(file: ClaimFile, tmp_path: Path) -> None:
    kept = KeptRuns(tmp_path / "kept")
    runner = Runner(file, kept)
    runner.run([])
    other = kept.folder / "other.txt"
    other.write_text("a note", encoding="utf-8")
    kept.remove(runner.known)
    assert list(kept.folder.iterdir()) == [other]
    other.unlink()
    kept.remove(runner.known)
    assert not kept.folder.exists()


def test_a_run_that_is_not_whole_is_solved_again(file: ClaimFile, tmp_path: Path) -> None:
    kept = KeptRuns(tmp_path)
    found = Runner(file, kept).run([])
    (place,) = tmp_path.glob("*.json")
    place.write_text(place.read_text(encoding="utf-8")[:-9], encoding="utf-8")
    assert Runner(file, kept).run([]) == found
    assert len(json.loads(place.read_text(encoding="utf-8"))["figures"]) > 5


def test_a_disk_that_refuses_is_told(file: ClaimFile, tmp_path: Path) -> None:
    place = tmp_path / "a-file"
    place.write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot keep a run of a claim"):
        Runner(file, KeptRuns(place)).run([])


def test_a_process_that_ends_is_told(file: ClaimFile, tmp_path: Path) -> None:
    """A claim that ends the process which reads it stands for a solver that does."""
    killing = file.claims[0].model_copy(update={"first": Killing()})
    with pytest.raises(SolverError, match="give the same command again: the 0 runs in"):
        answer_claims(file, [killing], 2, lambda _name: None, KeptRuns(tmp_path))


class Killing:
    """Ends the process that unpickles it."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (9,)
