"""Sweeps: every point verified, kept as soon as it is finished, and never solved twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from optimizer.errors import UsageError
from optimizer.inputs.case import checked_case
from optimizer.inputs.scenario import apply_scenarios
from optimizer.inputs.sweep_file import Sweep, read_sweep
from optimizer.inputs.sweep_points import sweep_points
from optimizer.model.build import build_model
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.study import sweep as sweep_module
from optimizer.study.runner import solve_case
from optimizer.study.sweep import SweepOptions, SweepProgress, SweepResult, run_sweep, sweep_tables
from optimizer.study.sweep_local import LocalWorkers, available_mb, workers_that_fit
from optimizer.study.sweep_order import neighbour_tree
from optimizer.study.sweep_point import Work, solve_point
from tests.period_cases import tiny_of_years
from tests.study.sweep_cases import (
    CARBON,
    DEMAND,
    LEASE,
    POISONED,
    THREE,
    WorkersHere,
    rows,
    small_sweep,
    sweep_file,
)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Solve points in this process."""
    monkeypatch.setattr(sweep_module, "LocalWorkers", WorkersHere)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sweep, SweepResult]:
    """Return a sweep of eight points and its result, solved in this process.

    What processes beside this one or a cluster find is compared with it.
    """
    folder = tmp_path_factory.mktemp("sweep")
    sweep = small_sweep(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep_module, "LocalWorkers", WorkersHere)
        return sweep, run_sweep(sweep, folder / "out")


def test_every_point_is_verified_relaxed_and_a_lower_bound(
    finished: tuple[Sweep, SweepResult],
) -> None:
    _sweep, result = finished
    table = rows(result.data_set)
    assert result.complete
    assert result.solved == 8
    assert table["point"].tolist() == list(range(8))
    assert table["verified"].all()
    assert table["relaxed"].all()
    assert set(table["status"]) == {"optimal"}
    assert (table["checks"] > 1000).all()
    assert table["hash"].nunique() == 8
    field = pq.read_schema(result.data_set).field("objective_million_yuan")
    assert field.metadata[b"label_en"].startswith(b"lower bound")
    assert field.metadata[b"label_zh"].decode().startswith("下界")


def test_objectives_are_those_of_cold_solves(finished: tuple[Sweep, SweepResult]) -> None:
    sweep, result = finished
    base = sweep_tables(sweep)
    table = rows(result.data_set)
    cold = []
    for point in sweep_points(sweep, base):
        case = checked_case(apply_scenarios(base, [point.scenario]))
        solved = solve_model(build_model(case)[0], SolveOptions(relaxed=True, whole=True))
        cold.append(solved.solution.objective)
    np.testing.assert_allclose(table["objective_million_yuan"], cold, rtol=1e-9, atol=0.0)
    assert len({round(value, 6) for value in cold}) == 8
    records = list(result.records.values())
    assert sum(record["hot"] for record in records) == 7
    (root,) = [record for record in records if not record["hot"]]
    others = [record["simplex_iterations"] for record in records if record["hot"]]
    assert np.mean(others) < 0.5 * root["simplex_iterations"]


def test_key_figures_are_those_of_the_stored_plan(finished: tuple[Sweep, SweepResult]) -> None:
    _sweep, result = finished
    row = {str(name): value for name, value in rows(result.data_set).iloc[3].items()}
    place = result.data_set.parent / "points" / str(row["hash"])[:16]
    costs = pd.read_parquet(place / "tables" / "costs.parquet")
    sites = pd.read_parquet(place / "tables" / "sites.parquet")
    west = sites.loc[sites["site"] == "west_cluster", "new_it_mw"].tolist()
    assert costs["million_yuan"].sum() == pytest.approx(row["objective_million_yuan"], rel=1e-12)
    terms = sum(float(row[name]) for name in row if name.startswith("cost_"))
    assert terms == pytest.approx(row["total_cost"], rel=1e-12)
    assert [row["new_it_mw_west_cluster"]] == west
    assert {"location_kt", "market_kt", "hourly_kt", "west_share", "location_cost"} <= set(row)
    record = json.loads((place / "record.json").read_text(encoding="utf-8"))
    assert record["values"]["carbon"] == row["value_carbon"]


def test_a_second_call_solves_nothing(finished: tuple[Sweep, SweepResult]) -> None:
    sweep, result = finished
    written = result.data_set.read_bytes()
    again = run_sweep(sweep, result.data_set.parent)
    assert again.solved == 0
    assert again.complete
    assert again.data_set.read_bytes() == written


@pytest.mark.usefixtures("here")
def test_a_point_that_went_missing_is_solved_alone_and_alike(
    finished: tuple[Sweep, SweepResult], tmp_path: Path
) -> None:
    sweep, result = finished
    folder = tmp_path / "out"
    shutil.copytree(result.data_set.parent, folder)
    table = rows(result.data_set)
    shutil.rmtree(folder / "points" / str(table["hash"].iloc[5])[:16])
    again = run_sweep(sweep, folder, SweepOptions(workers=1))
    assert again.solved == 1
    pd.testing.assert_frame_equal(rows(again.data_set), table, check_exact=True)


@pytest.mark.usefixtures("here")
def test_a_record_cut_short_counts_as_none(
    finished: tuple[Sweep, SweepResult], tmp_path: Path
) -> None:
    sweep, result = finished
    folder = tmp_path / "out"
    shutil.copytree(result.data_set.parent, folder)
    digest = str(rows(result.data_set)["hash"].iloc[0])[:16]
    record = folder / "points" / digest / "record.json"
    record.write_text(record.read_text(encoding="utf-8")[:200], encoding="utf-8")
    assert run_sweep(sweep, folder, SweepOptions(workers=1)).solved == 1


@pytest.mark.usefixtures("here")
def test_what_a_killed_process_had_begun_to_write_goes(
    finished: tuple[Sweep, SweepResult], tmp_path: Path
) -> None:
    sweep, result = finished
    folder = tmp_path / "out"
    shutil.copytree(result.data_set.parent, folder)
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        check=True,
        text=True,
    )
    dead = folder / "points" / f".0123456789abcdef.partial-{gone.stdout.strip()}"
    alive = folder / "points" / f".fedcba9876543210.partial-{os.getppid()}"
    for partial in (dead, alive):
        (partial / "tables").mkdir(parents=True)
    run_sweep(sweep, folder)
    assert (dead.exists(), alive.exists()) == (False, True)


def wait_for_records(folder: Path, count: int, process: subprocess.Popen[bytes]) -> set[Path]:
    """Return the records of a running sweep once there are some."""
    until = time.monotonic() + 120.0
    while time.monotonic() < until:
        found = set(folder.glob("points/[0-9a-f]*/record.json"))
        if len(found) >= count:
            return found
        assert process.poll() is None
        time.sleep(0.02)
    raise AssertionError(folder)


@pytest.mark.usefixtures("here")
def test_killed_half_way_it_goes_on_without_repeating(
    finished: tuple[Sweep, SweepResult], tmp_path: Path
) -> None:
    _sweep, result = finished
    path, folder = sweep_file(tmp_path, THREE), tmp_path / "out"
    command = [sys.executable, "-m", "optimizer", "sweep"]
    process = subprocess.Popen(
        [*command, str(path), "--out", str(folder), "--workers", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for_records(folder, 3, process)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    kept = set(folder.glob("points/[0-9a-f]*/record.json"))
    times = {record: record.stat().st_mtime_ns for record in kept}
    assert 3 <= len(kept) < 8
    assert not (folder / "points.parquet").exists()
    again = run_sweep(small_sweep(tmp_path), folder)
    assert again.complete
    assert again.solved == 8 - len(kept)
    assert {record: record.stat().st_mtime_ns for record in kept} == times
    pd.testing.assert_frame_equal(rows(again.data_set), rows(result.data_set), check_exact=True)


def test_a_worker_that_is_killed_costs_its_point_only(
    finished: tuple[Sweep, SweepResult],
) -> None:
    sweep, result = finished
    base = sweep_tables(sweep)
    first, second = sweep_points(sweep, base)[:2]
    workers = LocalWorkers(base)
    try:
        workers.submit(Work("killed", first.scenario, relaxed=True, gap_location=1e-3))
        (worker,) = workers._busy.values()
        assert worker.process.pid is not None
        os.kill(worker.process.pid, signal.SIGKILL)
        (lost,) = workers.finished()
        assert lost.lost
        assert lost.record["status"] == "lost"
        assert "-9" in lost.record["error_en"]
        workers.submit(Work("next", second.scenario, relaxed=True, gap_location=1e-3))
        (found,) = workers.finished()
        # One whose parent is gone finds its pipe closed and ends by itself.
        (idle,) = workers._idle
        idle.pipe.close()
        idle.process.join(60.0)
        assert idle.process.exitcode == 0
    finally:
        workers.close()
    assert found.record["objective_million_yuan"] == pytest.approx(
        rows(result.data_set)["objective_million_yuan"].iloc[1], rel=1e-9
    )


@pytest.mark.usefixtures("here")
def test_what_fails_is_recorded_and_the_others_finish(tmp_path: Path) -> None:
    sweep = small_sweep(tmp_path, POISONED)
    result = run_sweep(sweep, tmp_path / "out", SweepOptions(workers=1))
    table = rows(result.data_set)
    assert table["status"].tolist() == ["optimal", "optimal", "faulty", "infeasible"]
    assert table["verified"].tolist() == [True, True, False, False]
    assert [point.number for point, _record in result.failures] == [2, 3]
    assert not result.complete
    assert "lease_yuan_per_gbps_year" in table["error_en"].iloc[2]
    assert "没有方案" in table["error_zh"].iloc[3]
    assert np.isnan(table["objective_million_yuan"].iloc[2])
    # What is known to fail is not tried again.
    assert run_sweep(sweep, tmp_path / "out").solved == 0


@pytest.mark.usefixtures("here")
def test_stopped_by_hand_it_says_so_and_goes_on(tmp_path: Path) -> None:
    body = f"design: grid\nparameters:\n{CARBON}    values: [60, 70, 80, 90]\n"
    sweep, told = small_sweep(tmp_path, body), list[SweepProgress]()

    def stop(progress: SweepProgress) -> None:
        told.append(progress)
        if progress.done == 2:
            raise KeyboardInterrupt

    result = run_sweep(sweep, tmp_path / "out", SweepOptions(workers=1, progress=stop))
    assert result.stopped
    assert not result.complete
    assert rows(result.data_set)["status"].value_counts().to_dict() == {
        "optimal": 2,
        "not_run": 2,
    }
    assert [(item.done, item.total, item.failed) for item in told] == [(1, 4, 0), (2, 4, 0)]
    assert told[0].seconds_left is None
    assert told[1].seconds_left is not None
    again = run_sweep(sweep, tmp_path / "out", SweepOptions(workers=1))
    assert (again.solved, again.complete, again.stopped) == (2, True, False)


@pytest.mark.usefixtures("here")
def test_equal_points_are_solved_once(tmp_path: Path) -> None:
    body = f"design: list\nparameters:\n{CARBON}    values: [60, 60, 60]\n"
    result = run_sweep(small_sweep(tmp_path, body), tmp_path / "out")
    assert result.solved == 1
    objectives = rows(result.data_set)["objective_million_yuan"].tolist()
    assert objectives == [objectives[0]] * 3


@pytest.mark.usefixtures("here")
def test_whole_plans_are_those_of_the_command(tmp_path: Path) -> None:
    body = f"gap: 0.0001\ndesign: list\nparameters:\n{CARBON}    values: [80, 120]\n"
    sweep = small_sweep(tmp_path, body, mode="whole")
    base = sweep_tables(sweep)
    result = run_sweep(sweep, tmp_path / "out", SweepOptions(workers=1))
    table = rows(result.data_set)
    assert not table["relaxed"].any()
    assert table["verified"].all()
    field = pq.read_schema(result.data_set).field("objective_million_yuan")
    assert field.metadata[b"label_en"] == b"yearly cost of the plan"
    assert (table["gap_million_yuan"] <= 1e-4 * table["location_cost"]).all()
    point = sweep_points(sweep, base)[0]
    run = solve_case(
        checked_case(apply_scenarios(base, [point.scenario])), SolveOptions(gap_location=1e-4)
    )
    assert table["objective_million_yuan"].iloc[0] == run.plan.objective_million_yuan


def test_work_that_cannot_all_be_done_starts_hot_too(tmp_path: Path) -> None:
    body = f"design: list\nparameters:\n{DEMAND}    values: [1.5, 1.6]\n"
    sweep = small_sweep(tmp_path, body)
    base = sweep_tables(sweep)
    first, second = sweep_points(sweep, base)
    one = solve_point(base, Work("1", first.scenario, relaxed=True, gap_location=1e-3))
    hot = solve_point(base, Work("2", second.scenario, True, 1e-3, one.start))
    cold = solve_point(base, Work("2", second.scenario, relaxed=True, gap_location=1e-3))
    assert one.record["unserved_value_million_yuan"] > 0.0
    for name in ("objective_million_yuan", "unserved_value_million_yuan"):
        assert hot.record[name] == pytest.approx(cold.record[name], rel=1e-9)
    assert hot.record["simplex_iterations"] < 0.5 * cold.record["simplex_iterations"]


@pytest.mark.usefixtures("here")
def test_a_case_of_several_years(tmp_path: Path) -> None:
    tiny_of_years(tmp_path, [2026, 2027])
    body = f"design: list\nparameters:\n{CARBON}    values: [80, 160]\n"
    path = sweep_file(tmp_path, body)
    path.write_text(
        path.read_text(encoding="utf-8").replace("case: tiny", "case: ./tiny"), encoding="utf-8"
    )
    sweep = read_sweep(path)
    result = run_sweep(sweep, tmp_path / "out")
    table = rows(result.data_set)
    assert result.complete
    base = sweep_tables(sweep)
    for point, objective in zip(result.points, table["objective_million_yuan"], strict=True):
        case = checked_case(apply_scenarios(base, [point.scenario]))
        assert len(case.periods) == 2
        solved = solve_model(build_model(case)[0], SolveOptions(relaxed=True, whole=True))
        assert objective == pytest.approx(solved.solution.objective, rel=1e-9)
    assert (table["new_it_mw_west_cluster"] > 0.0).all()


def test_a_scenario_and_a_case_beside_the_file(tmp_path: Path) -> None:
    scenario = (
        "name: dear\ntitle_en: d\ntitle_zh: 贵\noverrides:\n"
        "  - {table: links, scale: {lease_yuan_per_gbps_year: 3}}\n"
    )
    (tmp_path / "dear.yaml").write_text(scenario, encoding="utf-8")
    body = f"scenarios: [dear.yaml]\ndesign: list\nparameters:\n{LEASE}    values: [2]\n"
    tables = sweep_tables(small_sweep(tmp_path, body))
    plain = sweep_tables(small_sweep(tmp_path))
    column = "lease_yuan_per_gbps_year"
    leases = [item.tables["links"].frame[column].to_numpy() for item in (tables, plain)]
    np.testing.assert_allclose(leases[0], 3.0 * leases[1], rtol=1e-15)
    assert tables.name == "tiny+dear"


def test_neighbours_are_joined_by_the_shortest_tree() -> None:
    generator = np.random.default_rng(3)
    points = [{"a": float(a), "b": float(b)} for a, b in generator.random((30, 2))]
    tree = neighbour_tree(points)
    assert sorted(tree.order) == list(range(30))
    place = {point: number for number, point in enumerate(tree.order)}
    ranks = np.array([[p["a"], p["b"]] for p in points]).argsort(axis=0).argsort(axis=0) / 29.0
    assert tree.parent[tree.order[0]] == -1
    for number, point in enumerate(tree.order[1:], start=1):
        parent = tree.parent[point]
        assert place[parent] < number
        assert tree.height[parent] > tree.height[point]
        # No point before it is nearer: what Prim's rule says of a shortest tree.
        distance = np.abs(ranks[list(tree.order[:number])] - ranks[point]).sum(axis=1)
        assert np.abs(ranks[parent] - ranks[point]).sum() == pytest.approx(distance.min())


@pytest.mark.parametrize(
    ("need", "available", "processors", "workers"),
    [
        (500.0, 10_000.0, 4, 4),
        (500.0, 1_600.0, 8, 3),
        (500.0, 100.0, 8, 1),
        (500.0, None, 6, 6),
    ],
)
def test_as_many_workers_as_memory_holds(
    need: float, available: float | None, processors: int, workers: int
) -> None:
    assert workers_that_fit(need, available, processors) == workers


def test_memory_is_that_of_the_machine_or_of_the_group(tmp_path: Path) -> None:
    memory = tmp_path / "meminfo"
    memory.write_text("MemTotal: 8192000 kB\nMemAvailable: 4096000 kB\n", encoding="utf-8")
    group = tmp_path / "group"
    group.mkdir()
    assert available_mb(memory, group) == 4000.0
    (group / "memory.max").write_text("max\n", encoding="utf-8")
    (group / "memory.current").write_text("1048576\n", encoding="utf-8")
    assert available_mb(memory, group) == 4000.0
    (group / "memory.max").write_text(f"{1025 * 1048576}\n", encoding="utf-8")
    assert available_mb(memory, group) == 1024.0
    assert available_mb(tmp_path / "none", tmp_path) is None


@pytest.fixture
def without_dask(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "optimizer.study.sweep_cluster", raising=False)
    yield
    sys.modules.pop("optimizer.study.sweep_cluster", None)


@pytest.mark.usefixtures("without_dask")
def test_without_dask_it_says_what_to_install(tmp_path: Path) -> None:
    options = SweepOptions(scheduler="tcp://127.0.0.1:1")
    with pytest.raises(UsageError, match=r"install eastwest\[cluster\]"):
        run_sweep(small_sweep(tmp_path), tmp_path / "out", options)
