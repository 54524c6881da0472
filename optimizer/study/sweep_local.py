"""Workers of a sweep as processes of this machine, as many as its memory holds.

Each worker is a fresh process with a pipe: it gets the tables once, then one point after another.
A worker that dies, for want of memory or otherwise, costs its point only. A worker whose parent
is gone finds its pipe closed and ends.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from optimizer.inputs.assemble import AssembledTables
from optimizer.labels import Text
from optimizer.study.sweep_point import Outcome, Work, failed, solve_point

SPARE_MB: Final = 512.0
"""Memory left to the rest of the machine."""

_MEMORY: Final = Path("/proc/meminfo")
_GROUP: Final = Path("/sys/fs/cgroup")


def cores() -> int:
    """Return the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def available_mb(memory: Path = _MEMORY, group: Path = _GROUP) -> float | None:
    """Return the memory that is free for new work, or ``None`` where the system does not say.

    Parameters
    ----------
    memory, group
        Files in which Linux states it, for the machine and for the group of processes.
    """
    found: list[float] = []
    with suppress(OSError, ValueError, IndexError):
        lines = memory.read_text(encoding="utf-8").splitlines()
        found += [float(line.split()[1]) / 1024.0 for line in lines if "MemAvailable" in line]
    with suppress(OSError, ValueError):
        limit = float((group / "memory.max").read_text(encoding="utf-8"))
        used = float((group / "memory.current").read_text(encoding="utf-8"))
        found.append((limit - used) / 1024.0**2)
    return min(found) if found else None


def workers_that_fit(need_mb: float, available: float | None, processors: int) -> int:
    """Return how many workers run beside each other.

    Parameters
    ----------
    need_mb
        Most memory that one worker was seen to hold, 0 if unknown.
    available
        Memory free for more workers, in MB, the first one's already taken from it.
    processors
        Processors.

    Examples
    --------
    >>> workers_that_fit(600.0, 2000.0, 8)
    3
    """
    if available is None or need_mb <= 0.0:
        return processors
    more = int(max(0.0, available - SPARE_MB) // need_mb)
    return max(1, min(processors, 1 + more))


class LocalWorkers:
    """Processes of this machine that solve points.

    Parameters
    ----------
    base
        Tables of the sweep's case with its scenarios applied.
    """

    def __init__(self, base: AssembledTables) -> None:
        self._base = base
        # Fresh processes: a copy of one with running threads is not safe.
        self._context = multiprocessing.get_context("spawn")
        self._idle: list[_Worker] = []
        self._busy: dict[Connection, _Worker] = {}

    def submit(self, work: Work) -> None:
        """Give a point to a worker, a new one if none is idle."""
        worker = self._idle.pop() if self._idle else _Worker(self._context, self._base)
        worker.give(work)
        self._busy[worker.pipe] = worker

    def finished(self) -> Iterator[Outcome]:
        """Wait for points and yield their outcomes."""
        for pipe in multiprocessing.connection.wait(list(self._busy)):
            assert isinstance(pipe, Connection)
            worker = self._busy.pop(pipe)
            outcome = worker.take()
            if outcome is None:
                worker.end()
                yield failed(worker.digest, _died(worker), "lost", worker.began)
            else:
                self._idle.append(worker)
                yield outcome

    def close(self) -> None:
        """End all workers, busy or not."""
        for worker in (*self._idle, *self._busy.values()):
            worker.end()
        self._idle.clear()
        self._busy.clear()


class _Worker:
    """One process and its pipe."""

    def __init__(
        self, context: multiprocessing.context.SpawnContext, base: AssembledTables
    ) -> None:
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, base), daemon=True)
        self.process.start()
        theirs.close()
        self.digest = ""
        self.began = 0.0

    def give(self, work: Work) -> None:
        self.digest, self.began = work.digest, time.perf_counter()
        with suppress(OSError):  # a worker that died is found when its outcome is taken
            self.pipe.send(work)

    def take(self) -> Outcome | None:
        try:
            outcome: Outcome = self.pipe.recv()
        except (EOFError, OSError):
            return None
        return outcome

    def end(self) -> None:
        self.process.terminate()
        self.process.join()
        self.pipe.close()


def _died(worker: _Worker) -> Text:
    return Text(
        "the worker ended (exit code {code}), perhaps for want of memory; the next start tries "
        "the point again",
        "工作进程意外结束（退出码 {code}），可能因内存不足；下次启动将重试该点",
    ).filled(code=worker.process.exitcode)


def serve(pipe: Connection, base: AssembledTables) -> None:
    """Solve the points that come through a pipe until it is closed."""
    # Ctrl-C reaches all processes of a terminal; the parent alone decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        while True:
            work: Work = pipe.recv()
            pipe.send(solve_point(base, work))
