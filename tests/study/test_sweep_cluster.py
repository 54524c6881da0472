"""The same sweep on a Dask cluster: real scheduler and workers on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import distributed
import pandas as pd
import pytest

from optimizer.errors import UsageError
from optimizer.labels import Text
from optimizer.study import sweep as sweep_module
from optimizer.study import sweep_cluster
from optimizer.study.sweep import SweepOptions, run_sweep
from tests.study.sweep_cases import THREE, WorkersHere, rows, small_sweep


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Yield the address of a scheduler with two workers, each a process."""
    with distributed.LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


def test_two_workers_give_the_rows_of_one_process(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_module, "LocalWorkers", WorkersHere)
    sweep, told = small_sweep(tmp_path, THREE.replace("count: 8", "count: 6")), list[Text]()
    options = SweepOptions(scheduler=address, say=told.append)
    on_cluster = run_sweep(sweep, tmp_path / "cluster", options)
    local = run_sweep(sweep, tmp_path / "local")
    assert on_cluster.complete
    assert (on_cluster.solved, local.solved) == (6, 6)
    pd.testing.assert_frame_equal(rows(on_cluster.data_set), rows(local.data_set), check_exact=True)
    assert told[0].en == f"2 workers at {address}"


def test_workers_of_another_version_are_refused(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributed.Client, "run", lambda *_: {"tcp://other": "older"})
    with pytest.raises(UsageError, match="another version"):
        run_sweep(small_sweep(tmp_path), tmp_path / "out", SweepOptions(scheduler=address))


def test_no_scheduler_is_a_matter_of_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_cluster, "SECONDS_TO_CONNECT", 0.3)
    options = SweepOptions(scheduler="tcp://127.0.0.1:9")
    with pytest.raises(UsageError, match="no Dask scheduler answers"):
        run_sweep(small_sweep(tmp_path), tmp_path / "out", options)
