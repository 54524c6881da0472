"""Modules of one scenario under another: never cheaper than its own, and what forbids them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from optimizer.cli import app
from optimizer.errors import UsageError
from optimizer.inputs.case import read_case
from optimizer.model.build import build_model
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.study.regret import Regret, regret

SCENARIOS = {
    "more-demand": "{table: services, scale: {requests_per_s: 1.1}}",
    "cheap-east": "{table: tariffs, where: {tariff_region: EA}, scale: {price_yuan_per_kwh: 0.4}}",
    "no-city": "{table: sites, where: {site: east_metro}, set: {build_limit_mw: 0}}",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("scenarios")
    found = []
    for name, override in SCENARIOS.items():
        path = folder / f"{name}.yaml"
        path.write_text(
            f"name: {name}\ntitle_en: {name}\ntitle_zh: 情景\noverrides:\n  - {override}\n",
            encoding="utf-8",
        )
        found.append(path)
    return found


@pytest.fixture(scope="module", params=[True, False], ids=["relaxed", "whole"])
def found(request: pytest.FixtureRequest, files: list[Path]) -> Regret:
    return regret("tiny", files, SolveOptions(relaxed=request.param))


def cells(found: Regret) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the rows by the scenario that built and the one that came true."""
    return {
        (row["builds_of"], row["scenario"]): {str(name): cell for name, cell in row.items()}
        for row in found.table.to_dict("records")
    }


def test_no_regret_is_negative_and_the_own_is_zero(found: Regret) -> None:
    table = found.table
    assert len(table) == 16
    stated = table.dropna(subset="regret_million_yuan")
    assert (stated["regret_million_yuan"] >= 0.0).all()
    assert (stated["least_regret_million_yuan"] <= stated["regret_million_yuan"] + 1e-9).all()
    own = table[table["builds_of"] == table["scenario"]]
    assert own["regret_million_yuan"].tolist() == [0.0] * 4
    assert own["verified"].all()


def test_the_own_plan_is_the_plan_of_the_scenario(found: Regret, files: list[Path]) -> None:
    own = cells(found)
    for name, path in zip(SCENARIOS, files, strict=True):
        best = solve_model(build_model(read_case("tiny", [path]))[0], found.options).solution
        gap = best.objective - best.bound
        cost = own[name, name]["cost_million_yuan"]
        assert cost == pytest.approx(best.objective, abs=gap + 1e-6)
        undone = own[name, name]["undone_million_yuan"]
        assert undone == pytest.approx(best.unserved_value, abs=1e-4)


def test_modules_that_may_not_stand_have_no_plan(found: Regret) -> None:
    table = cells(found)
    # The city builds in the base, and may not in the last scenario.
    city = found.builds.loc[found.builds["site"] == "east_metro", "base"]
    assert city.tolist() == pytest.approx([1.0])
    assert not table["base", "no-city"]["verified"]
    assert table["base", "no-city"]["status"] == "infeasible"
    assert table["no-city", "base"]["verified"]


def test_more_demand_needs_what_others_do_not_build(found: Regret) -> None:
    table = cells(found)
    assert table["base", "more-demand"]["more_undone_million_yuan"] > 1.0
    assert table["more-demand", "base"]["regret_million_yuan"] > 1.0


def test_what_cannot_be_asked(files: list[Path]) -> None:
    with pytest.raises(UsageError, match="given twice"):
        regret("tiny", [files[0], files[0]])
    with pytest.raises(UsageError, match="one period"):
        regret("tiny-complete", [])


def test_the_verb(
    files: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    ask = ["regret", str(files[1]), "--case", "tiny", "--relaxed"]
    assert app.run([*ask, "--lang", "zh"]) == 0
    assert "建设方案的后悔值" in capsys.readouterr().out
    folder = tmp_path / "reports" / "regret" / "tiny"
    record = json.loads((folder / "regret.json").read_text(encoding="utf-8"))
    assert [row["regret_million_yuan"] >= 0.0 for row in record["regret"]] == [True] * 4
    assert {path.suffix for path in folder.iterdir()} == {".json", ".csv", ".parquet"}
    assert app.run([*ask, "--lang", "en"]) == 2
    assert app.run([*ask, "--lang", "en", "--force", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["case"] == "tiny"
