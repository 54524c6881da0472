"""``eastwest sweep`` as a user calls it: output, exit codes, and what is left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from optimizer.cli import app
from optimizer.cli.progress import Teller
from optimizer.study import sweep as sweep_module
from optimizer.study.sweep_point import Work
from tests.study.sweep_cases import CARBON, LEASE, POISONED, WorkersHere, rows, sweep_file

THREE_LEASES = f"design: list\nparameters:\n{LEASE}    values: [1, 2, 3]\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, in English, in this process."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr(sweep_module, "LocalWorkers", WorkersHere)
    return folder


def test_all_points_finished(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = sweep_file(here.parent, THREE_LEASES)
    assert app.run(["sweep", str(path)]) == 0
    folder = here / "reports" / "sweeps" / "small"
    assert {item.name for item in folder.iterdir()} == {"points", "points.parquet", "sweep.yaml"}
    assert (folder / "sweep.yaml").read_bytes() == path.read_bytes()
    assert len(rows(folder / "points.parquet")) == 3
    for place in (folder / "points").iterdir():
        assert {item.name for item in place.iterdir()} == {"record.json", "start.npz", "tables"}
    out, err = capsys.readouterr()
    assert "costs are lower bounds" in out
    assert "3 of 3 points finished, 3 of them tried now" in out
    assert "3 of 3 points" in err
    assert "MB for each" in err


def test_a_second_call_goes_on_and_force_starts_anew(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sweep_file(here.parent, THREE_LEASES)
    for arguments, solved in (([], 3), ([], 0), (["--force"], 3)):
        assert app.run(["sweep", str(path), "--json", *arguments]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told == {
            "points": 3,
            "finished": 3,
            "solved_now": solved,
            "stopped": False,
            "failures": [],
            "data_set": "reports/sweeps/small/points.parquet",
        }


def test_failures_are_listed_and_the_exit_code_says_so(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sweep_file(here.parent, POISONED)
    assert app.run(["sweep", str(path), "--out", "out", "--lang", "zh"]) == 4
    out = capsys.readouterr().out
    assert "4 个点中已完成 2 个" in out
    assert "点 2（lease -1, budget 4000）" in out
    assert "点 3（lease 1, budget 0）：没有方案能满足全部硬约束" in out


def test_ctrl_c_keeps_what_is_finished(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sweep_file(here.parent, THREE_LEASES)
    kept = WorkersHere.submit

    def submit(workers: WorkersHere, work: Work) -> None:
        if any((here / "out" / "points").glob("[0-9a-f]*")):
            raise KeyboardInterrupt
        kept(workers, work)

    monkeypatch.setattr(WorkersHere, "submit", submit)
    assert app.run(["sweep", str(path), "--out", "out"]) == 4
    out = capsys.readouterr().out
    assert "1 of 3 points finished" in out
    assert "the same command goes on" in out
    monkeypatch.setattr(WorkersHere, "submit", kept)
    assert app.run(["sweep", str(path), "--out", "out", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["solved_now"] == 2


def test_a_faulty_file_is_told_with_its_line(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sweep_file(here.parent, THREE_LEASES.replace("values:", "valeus:"))
    assert app.run(["sweep", str(path)]) == 1
    assert "small.yaml:10 [parameters.0.valeus]" in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_a_wrong_table_is_told_before_anything_is_written(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"design: list\nparameters:\n{CARBON}    values: [1]\n".replace("policies", "polices")
    assert app.run(["sweep", str(sweep_file(here.parent, text))]) == 1
    assert "there is no such table" in capsys.readouterr().err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent"], "neither a sweep file nor a shipped sweep"),
        (["national-prices", "--workers", "2", "--scheduler", "tcp://x:1"], "leave it out"),
        (["national-prices", "--workers", "0"], "--workers"),
    ],
)
def test_wrong_use(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert app.run(["sweep", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_progress_says_how_many_failed_and_how_long_it_takes() -> None:
    with Teller("en") as english, Teller("zh") as chinese:
        for teller in (english, chinese):
            teller.count(3, 10, 0, None)
            teller.count(7, 10, 1, 90.0)
            teller.count(10, 10, 1, 0.0)
    assert [line.split(" s  ")[1] for line in english.lines] == [
        "3 of 10 points",
        "7 of 10 points  1 failed  about 1.5 min left",
        "10 of 10 points  1 failed",
    ]
    assert chinese.lines[1].endswith("已完成 7/10 个点  1 个失败  约剩 1.5 分钟")
