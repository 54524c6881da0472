"""A sweep: many points of one case, solved side by side, each kept as soon as it is finished.

1. The points follow from the sweep file (:mod:`optimizer.inputs.sweep_points`); each is named by
   the hash of inputs, code and options, and those that have a record are not solved again.
2. The point in the middle is solved first and alone; its memory says how many workers fit. Every
   other one starts from the basis of its neighbour in a tree (:mod:`optimizer.study.sweep_order`).
3. Points whose neighbour is finished are solved side by side, on processes of this machine or on
   a Dask cluster. What fails is recorded and the others go on.
4. All records become one data set (:mod:`optimizer.study.sweep_store`).

Whole plans (``mode: whole``) are solved as ``eastwest plan`` does, without a start from a
neighbour: a MIP start from another scenario made searches slower.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from optimizer.errors import UsageError
from optimizer.inputs.assemble import AssembledTables, assemble, case_folder
from optimizer.inputs.scenario import apply_scenarios, read_scenario
from optimizer.inputs.sweep_file import Sweep
from optimizer.inputs.sweep_points import SweepPoint, sweep_points
from optimizer.labels import Text
from optimizer.study.runner import code_and_libraries
from optimizer.study.sweep_local import LocalWorkers, available_mb, cores, workers_that_fit
from optimizer.study.sweep_order import neighbour_tree
from optimizer.study.sweep_point import Outcome, Work, options_of
from optimizer.study.sweep_store import PointStore
from optimizer.tables.pack import shipped_cases, shipped_scenarios

FINISHED: Final = frozenset({"optimal", "feasible"})
"""Statuses of points that have a plan."""


class Workers(Protocol):
    """What solves points beside each other."""

    def submit(self, work: Work) -> None:
        """Begin a point."""

    def finished(self) -> Iterator[Outcome]:
        """Wait until points are finished and yield their outcomes."""

    def close(self) -> None:
        """End all work."""


@dataclasses.dataclass(frozen=True, slots=True)
class SweepProgress:
    """How far a sweep is.

    Parameters
    ----------
    done, total, failed
        Points with a record, all points, and points without a plan.
    seconds_left
        Estimate, ``None`` before the first point is finished.
    """

    done: int
    total: int
    failed: int
    seconds_left: float | None


@dataclasses.dataclass(frozen=True, slots=True)
class SweepOptions:
    """How to run a sweep.

    Parameters
    ----------
    scheduler
        Address of a Dask scheduler, or ``None`` for processes of this machine.
    workers
        Number of processes; as many as processors and memory allow if ``None``.
    replace
        Whether points that have a record are solved again.
    say
        Called with what the user should know.
    progress
        Called when a point is finished.
    """

    scheduler: str | None = None
    workers: int | None = None
    replace: bool = False
    say: Callable[[Text], None] = lambda _message: None
    progress: Callable[[SweepProgress], None] = lambda _progress: None


@dataclasses.dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep found.

    Parameters
    ----------
    points
        The points.
    records
        What is known of each by number; points that were not reached have none.
    data_set
        Path of the data set.
    solved
        Points solved by this call, not before.
    stopped
        Whether Ctrl-C ended it.
    """

    points: tuple[SweepPoint, ...]
    records: Mapping[int, Mapping[str, Any]]
    data_set: Path
    solved: int
    stopped: bool

    @property
    def failures(self) -> list[tuple[SweepPoint, Mapping[str, Any]]]:
        """Points that were tried and have no plan, each with its record."""
        return [
            (point, record)
            for point in self.points
            if (record := self.records.get(point.number)) is not None
            and record["status"] not in FINISHED
        ]

    @property
    def complete(self) -> bool:
        """Whether every point has a plan."""
        return len(self.records) == len(self.points) and not self.failures


def run_sweep(sweep: Sweep, folder: Path, options: SweepOptions | None = None) -> SweepResult:
    """Run a sweep, or what is left of it, and write its data set.

    Parameters
    ----------
    sweep
        The sweep.
    folder
        Where it goes; points that it holds already are used.
    options
        How to run it.

    Raises
    ------
    InputError
        If the case or the sweep has faults.
    UsageError
        If a case, a scenario or a cluster is not there.
    OutputError
        If the disk refuses.
    """
    options = options or SweepOptions()
    base = sweep_tables(sweep)
    points = sweep_points(sweep, base)
    store = PointStore(folder)
    store.open(sweep.path)
    course = _Course(sweep, base, points, store, options)
    stopped = course.run()
    records = {
        point.number: course.records[digest]
        for point, digest in zip(points, course.digests, strict=True)
        if digest in course.records
    }
    data_set = store.write_data_set(points, records, relaxed=course.relaxed)
    return SweepResult(tuple(points), records, data_set, course.solved, stopped)


def sweep_tables(sweep: Sweep) -> AssembledTables:
    """Return the tables of a sweep's case with its scenarios applied, before any point."""
    folder, content = sweep.path.parent, sweep.content
    assembled = assemble(case_folder(_beside(folder, content.case, shipped_cases())))
    scenarios = [_beside(folder, name, shipped_scenarios()) for name in content.scenarios]
    if scenarios:
        assembled = apply_scenarios(assembled, [read_scenario(item) for item in scenarios])
    return assembled


def _beside(folder: Path, name: str, shipped: Mapping[str, Path]) -> str | Path:
    """Return a shipped name as it is, and a path from where the sweep file is."""
    return folder / name if name not in shipped and (folder / name).exists() else name


def point_digest(point: SweepPoint, base: AssembledTables, code: str, work: Work) -> str:
    """Return the hash of inputs, code and options that names a point."""
    hashes = {**base.file_hashes, "point": point.scenario.sha256}
    recorded = options_of(work).recorded()
    content = [json.dumps(hashes, sort_keys=True), code, json.dumps(recorded, sort_keys=True)]
    return hashlib.sha256("\n".join(content).encode()).hexdigest()


class _Course:
    """One sweep on its way."""

    def __init__(
        self,
        sweep: Sweep,
        base: AssembledTables,
        points: Sequence[SweepPoint],
        store: PointStore,
        options: SweepOptions,
    ) -> None:
        self.relaxed = sweep.content.mode == "relaxed"
        self.solved = 0
        self.records: dict[str, dict[str, Any]] = {}
        self._base, self._store, self._options = base, store, options
        code = code_and_libraries()
        self._works: dict[str, Work] = {}
        self._points: dict[str, SweepPoint] = {}
        self.digests: list[str] = []
        for point in points:
            work = Work("", point.scenario, self.relaxed, sweep.content.gap)
            digest = point_digest(point, base, code, work)
            self.digests.append(digest)
            self._works[digest] = dataclasses.replace(work, digest=digest)
            self._points.setdefault(digest, point)
        unique = list(self._points)
        tree = neighbour_tree([self._points[digest].values for digest in unique])
        self._line = [unique[place] for place in tree.order]
        self._parent = {
            digest: unique[parent]
            for digest, parent in zip(unique, tree.parent, strict=True)
            if self.relaxed and parent >= 0
        }
        self._height = dict(zip(unique, tree.height, strict=True))
        self._began, self._alone = time.perf_counter(), 0
        if not options.replace:
            for digest in unique:
                if (record := store.record(digest)) is not None:
                    self.records[digest] = record

    def run(self) -> bool:
        """Solve what is not solved; return whether Ctrl-C ended it."""
        left = len(self._line) - len(self.records)
        if len(self.records):
            self._options.say(
                Text(
                    "{n} of {total} points are finished already",
                    "{total} 个点中已有 {n} 个完成",
                ).filled(n=len(self.records), total=len(self._line))
            )
        if not left:
            return False
        workers: Workers | None = None
        try:
            workers, count = self._workers()
            root = self._solve_root(workers)
            if root is not None:
                self._began, self._alone = time.perf_counter(), self.solved
                count = count or self._processes(root)
                self._solve_others(workers, count, root)
        except KeyboardInterrupt:
            return True
        finally:
            if workers is not None:
                workers.close()
        return False

    def _workers(self) -> tuple[Workers, int | None]:
        """Return what solves the points, and how many at a time if that is known."""
        address = self._options.scheduler
        if address is None:
            return LocalWorkers(self._base), self._options.workers
        try:
            from optimizer.study.sweep_cluster import ClusterWorkers  # noqa: PLC0415 - optional
        except ModuleNotFoundError as error:
            raise UsageError(
                Text(
                    "--scheduler needs Dask ({name} is missing): install eastwest[cluster]",
                    "--scheduler 需要 Dask（缺少 {name}）：请安装 eastwest[cluster]",
                ).filled(name=error.name)
            ) from error
        cluster = ClusterWorkers(address, self._base)
        self._options.say(
            Text("{n} workers at {address}", "{address} 上有 {n} 个工作节点").filled(
                n=cluster.workers, address=address
            )
        )
        return cluster, cluster.workers

    def _processes(self, root: str) -> int:
        """Return how many processes fit, and say why."""
        need = float(self.records[root]["peak_mb"])
        available, processors = available_mb(), cores()
        count = workers_that_fit(need, available, processors)
        self._options.say(
            Text(
                "{n} processes: {processors} processors, {need:.0f} MB for each, {free} MB free",
                "{n} 个进程：{processors} 个处理器，每个进程 {need:.0f} MB，可用内存 {free} MB",
            ).filled(
                n=count,
                processors=processors,
                need=need,
                free="?" if available is None else f"{available:.0f}",
            )
        )
        return count

    def _solve_root(self, workers: Workers) -> str | None:
        """Return the first point of the line that has a plan, solving what stands before it."""
        for digest in self._line:
            if digest not in self.records:
                self._alone = self.solved + 1
                workers.submit(self._works[digest])
                self._keep(workers)
            if self.records.get(digest, {}).get("status") in FINISHED:
                return digest
        return None

    def _solve_others(self, workers: Workers, count: int, root: str) -> None:
        """Solve all other points, so many at a time, each once its parent is finished."""
        waiting = [digest for digest in self._line if digest not in self.records]
        running = 0
        while waiting or running:
            ready = [digest for digest in waiting if self._parent.get(digest, root) in self.records]
            # Those on which most others wait come first.
            ready.sort(key=self._height.__getitem__, reverse=True)
            for digest in ready[: count - running]:
                start = self._start(digest, root)
                workers.submit(dataclasses.replace(self._works[digest], start=start))
                waiting.remove(digest)
                running += 1
            running -= self._keep(workers)

    def _start(self, digest: str, root: str) -> bytes | None:
        """Return the bases of the nearest ancestor that has any, or of the root."""
        if not self.relaxed:
            return None
        while (parent := self._parent.get(digest)) is not None:
            if (start := self._store.start(parent)) is not None:
                return start
            digest = parent
        return self._store.start(root)

    def _keep(self, workers: Workers) -> int:
        """Wait for points, keep what they are, and return how many."""
        kept = 0
        for outcome in workers.finished():
            digest = outcome.digest
            self.records[digest] = outcome.record
            if not outcome.lost:
                self._store.write(outcome, self._points[digest])
            self.solved += 1
            kept += 1
            self._tell()
        return kept

    def _tell(self) -> None:
        """Tell how far it is; the root, solved cold and alone, says little about the others."""
        done, total = len(self.records), len(self._line)
        beside, left = self.solved - self._alone, None
        if beside > 0:
            left = (time.perf_counter() - self._began) / beside * (total - done)
        failed = sum(record["status"] not in FINISHED for record in self.records.values())
        self._options.progress(SweepProgress(done, total, failed, left))
