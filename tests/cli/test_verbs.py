"""The verbs as a user calls them: output, exit codes, and what is left behind."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import gzip
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from optimizer.cli import app
from optimizer.inputs import case as case_module
from optimizer.model.assembly import LinearModel
from optimizer.plan import store
from optimizer.plan.raw_solution import Status
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.solve.stage import Solved
from tests.helpers import copy_tiny, edit_cell, edit_rows
from tests.inputs.pooled_case import pooled_case

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, in English."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return folder


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a folder in which the teaching case was planned, and what was printed."""
    folder, said = tmp_path_factory.mktemp("planned"), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
        patch.chdir(folder)
        patch.setenv("LC_ALL", "C.UTF-8")
        assert app.run(["plan", "tiny"]) == 0
    return folder, said.getvalue()


@pytest.fixture
def after_a_plan(here: Path, planned: tuple[Path, str]) -> Path:
    """Work in a folder of its own in which the teaching case was planned."""
    shutil.copytree(planned[0] / "reports", here / "reports")
    return here


def only_run(here: Path) -> Path:
    """Return the one run folder below the current directory."""
    (run,) = (here / "reports" / "runs").iterdir()
    return run


def test_plan_writes_a_whole_run_folder(planned: tuple[Path, str]) -> None:
    here, shown = planned
    run = only_run(here)
    assert {path.name for path in run.iterdir()} == {
        "run.json",
        "case",
        "tables",
        "sites.gpkg",
        "flows.gpkg",
        "map.png",
        "map_en.png",
        "map_zh.png",
        "summary_en.md",
        "summary_zh.md",
        "log.txt",
    }
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert record["status"] == "optimal"
    assert record["verified"] is True
    assert record["unserved_share"] == 0.0
    assert 0.0 <= record["gap_location"] <= 1e-3
    assert record["bound_yuan"] <= record["objective_yuan"]
    assert set(record["seconds"]) >= {"read", "build", "solve", "verify", "write", "total"}
    assert len(record["inputs_sha256"]) == 64
    assert record["versions"]["pulp"]
    assert run.name == f"tiny-{record['hash'][:8]}"
    assert "The plan against three rules of thumb" in shown
    assert "West cluster" in shown


def test_json_prints_the_record_and_nothing_else(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["plan", "tiny", "--json"]) == 0
    printed = capsys.readouterr().out
    assert printed == (only_run(here) / "run.json").read_text(encoding="utf-8")


def test_chinese_output_is_chinese(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["plan", "tiny", "--lang", "zh"]) == 0
    shown = capsys.readouterr().out
    assert "方案与三种经验规则的比较" in shown
    assert "Sites" not in shown
    run = only_run(here)
    assert (run / "map.png").read_bytes() == (run / "map_zh.png").read_bytes()


def test_a_second_call_reuses_the_run_and_says_so(
    after_a_plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = after_a_plan
    written = (only_run(here) / "run.json").stat().st_mtime_ns
    assert app.run(["plan", "tiny"]) == 0
    assert "reused" in capsys.readouterr().out
    assert (only_run(here) / "run.json").stat().st_mtime_ns == written


def test_force_solves_again(after_a_plan: Path) -> None:
    here = after_a_plan
    written = (only_run(here) / "run.json").stat().st_mtime_ns
    assert app.run(["plan", "tiny", "--force"]) == 0
    assert (only_run(here) / "run.json").stat().st_mtime_ns > written


def test_a_stored_run_that_was_changed_is_not_reused(
    after_a_plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = only_run(after_a_plan)
    builds = pd.read_parquet(run / "tables" / "builds.parquet")
    builds["used_mw"] += 5.0
    builds.to_parquet(run / "tables" / "builds.parquet", index=False)
    assert app.run(["plan", "tiny"]) == 5
    assert "checks" in capsys.readouterr().err


def test_out_refuses_what_exists(after_a_plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = after_a_plan
    shutil.copytree(only_run(here), here / "mine")
    before = {path: path.stat().st_mtime_ns for path in (here / "mine").rglob("*")}
    assert app.run(["plan", "tiny", "--out", "mine"]) == 2
    assert "--force" in capsys.readouterr().err
    assert before == {path: path.stat().st_mtime_ns for path in (here / "mine").rglob("*")}
    notes = here / "notes"
    notes.mkdir()
    (notes / "precious.txt").write_text("kept", encoding="utf-8")
    assert app.run(["plan", "tiny", "--out", "notes", "--force"]) == 2
    assert [path.name for path in notes.iterdir()] == ["precious.txt"]


def test_write_mps_holds_the_problem(here: Path) -> None:
    assert app.run(["plan", "tiny", "--write-mps"]) == 0
    text = gzip.decompress((only_run(here) / "model.mps.gz").read_bytes()).decode()
    assert "ROWS" in text
    assert "ENDATA" in text


def test_objectives_and_boundary(after_a_plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here, earlier = after_a_plan, only_run(after_a_plan)
    options = ["--objective", "carbon, cost", "--hold-tolerance", "0.02", "--boundary", "facility"]
    assert app.run(["plan", "tiny", *options]) == 0
    shown = capsys.readouterr().out
    assert "objective 1, location-based emissions: " in shown
    assert "objective 2, yearly cost (without accelerators): " in shown
    # Another objective is another run.
    (other,) = set((here / "reports" / "runs").iterdir()) - {earlier}
    record = json.loads((other / "run.json").read_text(encoding="utf-8"))
    assert (record["objective"], record["boundary"]) == ("carbon,cost", "facility")
    assert record["options"]["hold_tolerance"] == 0.02
    carbon, cost = record["objectives"]
    assert carbon["bound"] <= carbon["value"] <= carbon["held"] * (1.0 + 1e-6)
    assert (carbon["unit"], cost["unit"]) == ("kt CO2", "million yuan")
    assert record["objective_yuan"] / 1e6 > cost["value"]
    assert app.run(["plan", "tiny", "--objective", "carbon,money"]) == 2
    assert "carbon,money is no list of objectives" in capsys.readouterr().err
    assert app.run(["plan", "tiny", "--boundary", "shell"]) == 2


def test_faulty_tables_exit_1_with_every_place(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = copy_tiny(here)
    edit_cell(case, "sites", {"site": "west_cluster"}, "ceiling_mw", "-1")
    edit_cell(case, "sites", {"site": "east_cluster"}, "province", "ZZ")
    capsys.readouterr()
    assert app.run(["plan", str(case)]) == 1
    shown = capsys.readouterr().err
    assert "sites.csv" in shown
    assert "ceiling_mw" in shown
    assert "province" in shown
    assert "ZZ" in shown
    assert not any(path.name.startswith(str(case.name) + "-") for path in here.rglob("runs/*"))


def test_unknown_case_and_option_exit_2(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["plan", "no-such-case"]) == 2
    assert "no-such-case" in capsys.readouterr().err
    assert app.run(["plan", "tiny", "--no-such-option"]) == 2
    assert app.run(["plan", "tiny", "--gap", "2"]) == 2
    assert app.run(["plan", "tiny", "--solver", "NOSUCH"]) == 2
    assert "HiGHS" in capsys.readouterr().err
    assert not (here / "reports").exists()


def test_impossible_policies_exit_3_with_the_smallest_change(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = copy_tiny(here)

    def all_in_the_west(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        for row in rows:
            if row["kind"] == "west_share_min":
                row["value"] = "1.0"
                row["hard"] = "true"
                row["penalty_million_yuan_per_unit"] = ""
        return rows

    edit_rows(case, "policies", all_in_the_west)
    assert app.run(["plan", str(case)]) == 3
    shown = capsys.readouterr().err
    assert "smallest change" in shown
    assert "west_share" in shown
    assert not (here / "reports").exists()


@pytest.mark.long
def test_no_time_exits_4(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["plan", "--time-limit", "0.01"]) == 4
    assert "--time-limit" in capsys.readouterr().err
    assert not (here / "reports").exists()


def test_no_plan_in_time_exits_4(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def out_of_time(model: LinearModel, options: SolveOptions, log_file: str) -> Solved:
        found = solve_model(model, options, log_file)
        solution = dataclasses.replace(
            found.solution, status=Status.NO_SOLUTION, columns={}, stopped="time", seconds=61.4
        )
        return dataclasses.replace(found, solution=solution, values=None)

    monkeypatch.setattr("optimizer.study.runner.solve_model", out_of_time)
    assert app.run(["plan", "tiny", "--lang", "en"]) == 4
    said = capsys.readouterr().err
    assert "stopped after 61 s before any plan was found" in said
    assert "--time-limit" in said
    assert not list(here.rglob("run.json"))


def test_a_full_disk_leaves_nothing(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store, "write_geodata", full)
    assert app.run(["plan", "tiny"]) == 5
    shown = capsys.readouterr().err
    assert "No space left" in shown
    assert "--out" in shown
    assert list((here / "reports" / "runs").iterdir()) == []


def test_a_replaced_run_survives_a_full_disk(
    after_a_plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = after_a_plan
    run = only_run(here)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}

    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store, "write_geodata", full)
    assert app.run(["plan", "tiny", "--force"]) == 5
    assert before == {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    assert only_run(here) == run


@pytest.mark.long
def test_interrupt_says_what_it_leaves(here: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "optimizer", "plan", "--lang", "en"],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "large decisions" in line:
            break
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _out, errors = process.communicate(timeout=100)
    assert process.returncode == 4, errors
    assert "Traceback" not in errors
    assert not list(here.rglob(".*partial*"))


def test_internal_errors_show_no_traceback(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_args: object) -> None:
        raise ZeroDivisionError("made up")

    monkeypatch.setattr(case_module, "read_case", broken)
    assert app.run(["plan", "tiny"]) == 5
    shown = capsys.readouterr().err
    assert "ZeroDivisionError: made up" in shown
    assert "Traceback" not in shown
    with pytest.raises(ZeroDivisionError, match="made up"):
        app.run(["plan", "tiny", "--debug"])
    assert not (here / "reports").exists()


def test_init_copies_a_case_that_plans(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["init", "mine"]) == 0
    assert (here / "mine" / "case.yaml").is_file()
    assert app.run(["check", "mine"]) == 0
    assert "no faults" in capsys.readouterr().out
    assert app.run(["init", "mine"]) == 2


def test_check_shows_sizes_and_ranges(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["check", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["case"] == "national-2026"
    assert found["tables"]["sites"] == 41
    assert found["columns"] == sum(found["columns_by_block"].values())
    assert found["ranges"]["matrix"][1] / found["ranges"]["matrix"][0] < 1e9
    assert not (here / "reports").exists()


def test_check_compares_pools_with_erlangs_formula(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(pooled_case().write(tmp_path / "pooled"))
    assert app.run(["check", folder, "--json"]) == 0
    (pool,) = json.loads(capsys.readouterr().out)["pools"]
    assert pool["pool"] == "talk"
    assert pool["operating_replicas"][0] == pytest.approx(1000.0)
    assert pool["error"] == pytest.approx(pool["servers"] / pool["exact_servers"] - 1.0)
    assert 0.0 < pool["error"] < 0.05
    assert app.run(["check", folder]) == 0
    assert f"servers, exactly {pool['exact_servers']} (+{pool['error']:.1%})" in (
        capsys.readouterr().out
    )
    few = pooled_case()
    few.set("services", {"service": "chat"}, requests_per_s=10)
    assert app.run(["check", str(few.write(tmp_path / "few"))]) == 1
    assert "more than 5%" in capsys.readouterr().err


def test_activity_of_a_run(after_a_plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = after_a_plan
    assert app.run(["check", "--activity", str(only_run(here)), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    blocks = {row["block"] for row in found["activity"]}
    assert blocks == {
        "accelerators",
        "capacity",
        "energy",
        "green",
        "network",
        "placement",
        "policy",
        "training",
    }
    assert app.run(["check", "--activity", str(only_run(here))]) == 0
    assert "Policies, each switched off alone" in capsys.readouterr().out
    assert app.run(["check", "--activity", "nowhere"]) == 2


def test_doctor_finds_this_installation_sound(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert all(part["works"] for part in found)
    assert any("HiGHS" in part["found"] for part in found)
    assert here.is_dir()


def test_help_is_fast_and_bilingual() -> None:
    shown = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "optimizer", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "doctor" in shown.stdout
    assert "东数西算" in shown.stdout
    for heavy in ("highspy", "geopandas", "matplotlib"):
        assert f" {heavy}\n" not in shown.stderr, heavy


def test_copied_case_is_untouched_by_planning(here: Path) -> None:
    case = copy_tiny(here)
    before = {path.name: path.read_bytes() for path in case.iterdir()}
    assert app.run(["plan", str(case)]) == 0
    assert before == {path.name: path.read_bytes() for path in case.iterdir()}
    shutil.rmtree(case)
