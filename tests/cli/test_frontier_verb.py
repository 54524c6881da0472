"""``eastwest frontier``: its folder, its words and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.image import imread

from optimizer.cli import app


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, in English."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return tmp_path


def test_folder_holds_the_front(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ask = ["frontier", "west", "tiny", "--points", "3", "--relaxed"]
    assert app.run(ask) == 0
    shown = capsys.readouterr()
    assert "Cost and west's share of the load" in shown.out
    assert "a lower bound, not a plan's" in shown.out.replace("\n", " ")
    assert "point 3 of 3" in shown.err
    folder = here / "reports" / "frontiers" / "tiny-west"
    assert sorted(path.name for path in folder.iterdir()) == [
        "frontier.json",
        "frontier_en.png",
        "frontier_zh.png",
        "points.csv",
        "points.parquet",
    ]
    record = json.loads((folder / "frontier.json").read_text(encoding="utf-8"))
    table = pd.read_parquet(folder / "points.parquet")
    assert [point["limit"] for point in record["points"]] == table["limit"].tolist()
    assert all(point["relaxed"] and point["verified"] for point in record["points"])
    assert record["failed"] == []
    for language in ("en", "zh"):
        picture = imread(folder / f"frontier_{language}.png")
        assert picture.shape[:2] == (633, 1036)
        assert float(picture[..., :3].min()) < 0.2
    # A second start keeps what is there unless it is told to replace it.
    assert app.run(ask) == 2
    assert "already holds frontier.json; add --force" in capsys.readouterr().err
    assert app.run([*ask, "--force", "--lang", "zh"]) == 0
    assert "成本与西部负荷占比" in capsys.readouterr().out


def test_other_folders_are_left_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = here / "mine"
    kept.mkdir()
    (kept / "notes.txt").write_text("mine", encoding="utf-8")
    assert app.run(["frontier", "carbon", "tiny", "--out", "mine", "--force"]) == 2
    assert "holds no frontier.json" in capsys.readouterr().err
    assert [path.name for path in kept.iterdir()] == ["notes.txt"]


def test_json_and_usage(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["frontier", "carbon", "tiny", "--points", "2", "--relaxed", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["axis"] == "carbon"
    assert app.run(["frontier", "speed", "tiny"]) == 2
    assert app.run(["frontier", "carbon", "tiny-complete", "--out", str(here / "x")]) == 2
    assert not (here / "x").exists()
