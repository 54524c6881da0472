"""Maps of differences and of alternatives, and maps as files."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest

from optimizer.cli import app
from optimizer.errors import UsageError
from optimizer.plan.geodata import service_flows
from optimizer.plan.run import Run
from optimizer.report.alternatives_map import alternatives_map_content
from optimizer.report.difference_map import LOADS, difference_map_content
from optimizer.solve.options import SolveOptions
from optimizer.study.runner import run_case
from tests.shared_runs import run_of
from tests.solve.edited_cases import edited


@pytest.fixture(scope="module")
def half() -> Run:
    """Return a run of the teaching case with half the requests."""

    def halved(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(requests_per_s=frame["requests_per_s"] * 0.5)

    return run_case(edited("tiny", {"services": halved}), SolveOptions(), compares=False).run


def with_ranges(run: Run, rows: list[tuple[str, float, float, float]]) -> Run:
    """Return a run with other near-optimal ranges."""
    columns = ["site", "new_it_mw", "least_mw", "most_mw"]
    ranges = pd.DataFrame(rows, columns=columns)
    return dataclasses.replace(
        run, findings=MappingProxyType({**run.findings, "near_optimal": ranges})
    )


def test_a_run_differs_from_itself_in_nothing() -> None:
    content = difference_map_content(run_of("tiny"), run_of("tiny"))
    assert (content.sites[["more_mw", "less_mw", "new_change"]] == 0.0).all(axis=None)
    assert content.flows.empty
    assert content.second_lines == {}


def test_differences_are_those_of_the_tables(half: Run) -> None:
    whole = run_of("tiny")
    content = difference_map_content(half, whole)
    load = [run.plan.tables["sites"].set_index("site")[LOADS].sum(axis=1) for run in (half, whole)]
    change = content.sites.set_index("site")
    pd.testing.assert_series_equal(
        change["more_mw"] - change["less_mw"], load[1] - load[0], check_names=False, atol=0.05
    )
    assert (change["more_mw"] * change["less_mw"] == 0.0).all()
    total = [service_flows(run.case, run.plan)["peak_gbps"].sum() for run in (half, whole)]
    signed = content.flows["value"].where(content.flows["kind"] == "more", -content.flows["value"])
    assert float(signed.sum()) == pytest.approx(total[1] - total[0], abs=0.5)
    assert total[1] > total[0]


def test_the_way_back_is_the_opposite(half: Run) -> None:
    there = difference_map_content(half, run_of("tiny"))
    back = difference_map_content(run_of("tiny"), half)
    assert there.sites["more_mw"].tolist() == back.sites["less_mw"].tolist()
    assert there.sites["less_mw"].tolist() == back.sites["more_mw"].tolist()
    assert there.flows["value"].tolist() == pytest.approx(back.flows["value"].tolist())


def test_runs_without_common_sites_have_no_difference() -> None:
    other = run_of("tiny")
    sites = other.case.tables["sites"]
    renamed = dataclasses.replace(sites, frame=sites.frame.assign(site=["x", "y", "z"]))
    case = dataclasses.replace(
        other.case, tables=MappingProxyType({**other.case.tables, "sites": renamed})
    )
    with pytest.raises(UsageError, match="no site in common"):
        difference_map_content(other, dataclasses.replace(other, case=case))


def test_clusters_must_may_or_are_never_built() -> None:
    run = run_of("tiny")
    sites = run.case.tables["sites"].frame["site"].astype(str).tolist()
    rows = [(sites[0], 4.0, 2.0, 9.0), (sites[1], 0.0, 0.0, 6.0), (sites[2], 0.0, 0.0, 0.2)]
    content = alternatives_map_content(with_ranges(run, rows))
    found = content.sites.set_index("site")
    assert found[["must_mw", "optional_mw"]].loc[sites[0]].to_numpy().tolist() == [2.0, 7.0]
    assert found[["must_mw", "optional_mw"]].loc[sites[1]].to_numpy().tolist() == [0.0, 6.0]
    assert found[["must_mw", "optional_mw"]].loc[sites[2]].to_numpy().tolist() == [0.0, 0.0]
    assert "at 1 clusters in all of them, at 1 in some, at 1 in none" in content.subtitle.en
    assert content.second_lines[sites[0]].en == "4 MW (2 to 9)"
    assert sites[2] not in content.second_lines


def test_a_run_without_ranges_says_what_to_do() -> None:
    with pytest.raises(UsageError, match="make it with plan"):
        alternatives_map_content(with_ranges(run_of("tiny"), []))


@pytest.mark.parametrize(
    ("kind", "arguments", "stem"),
    [
        ("png", [], "map_carbon"),
        ("svg", ["--alternatives"], "map_alternatives_carbon"),
        ("pdf", ["{run}"], "map_difference_carbon"),
    ],
)
def test_map_files_are_the_same_bytes_every_time(
    tiny_run: Path, tmp_path: Path, kind: str, arguments: list[str], stem: str
) -> None:
    drawn = []
    for place in ("one", "two"):
        folder = tmp_path / place
        words = [str(tiny_run), *(word.format(run=tiny_run) for word in arguments)]
        options = ["--layer", "carbon", "--format", kind, "--lang", "zh", "--out", str(folder)]
        assert app.run(["map", *words, *options]) == 0
        drawn.append((folder / f"{stem}_zh.{kind}").read_bytes())
        assert [path.name for path in folder.iterdir()] == [f"{stem}_zh.{kind}"]
    assert drawn[0] == drawn[1]
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF-"}
    assert drawn[0].startswith(start[kind])
    if kind == "svg":
        text = drawn[0].decode()
        assert "<text" not in text
        assert text.count('id="province:') == 2 * 34
        assert text.count('id="dash:') == 2 * 10


def test_a_map_that_is_there_is_kept(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "map_price_en.png"
    there.write_bytes(b"mine")
    call = ["map", str(tiny_run), "--lang", "en", "--out", str(tmp_path)]
    assert app.run(call) == 2
    assert "--force" in capsys.readouterr().err
    assert there.read_bytes() == b"mine"
    assert app.run([*call, "--force"]) == 0
    assert there.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--format", "gif"], "unknown format gif; known are png, svg, pdf"),
        (["--format", ","], "unknown format"),
        (["--alternatives", "{run}"], "is about one run"),
    ],
)
def test_wrong_calls_are_refused(
    tiny_run: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    words = [word.format(run=tiny_run) for word in options]
    assert app.run(["map", str(tiny_run), *words, "--lang", "en"]) == 2
    assert said in capsys.readouterr().err
