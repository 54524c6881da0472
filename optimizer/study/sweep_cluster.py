"""Workers of a sweep on a Dask cluster: its scheduler is told the points, one future each.

The workers need the same version of this package and of its solver; no shared disk.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

import distributed

from optimizer.errors import UsageError
from optimizer.inputs.assemble import AssembledTables
from optimizer.labels import Text
from optimizer.study.runner import code_and_libraries
from optimizer.study.sweep_point import Outcome, Work, failed, solve_point

SECONDS_TO_CONNECT: Final = 10


class ClusterWorkers:
    """Workers of a Dask cluster that solve points.

    Parameters
    ----------
    address
        Address of the scheduler.
    base
        Tables of the sweep's case with its scenarios applied; sent to every worker once.

    Raises
    ------
    UsageError
        If no scheduler answers, it has no workers, or they run another version.
    """

    def __init__(self, address: str, base: AssembledTables) -> None:
        self._client = _connected(address)
        try:
            self.workers = _workers(self._client, address)
            self._base = self._client.scatter(base, broadcast=True, hash=False)
        except BaseException:
            self._client.close()
            raise
        self._running: dict[Any, tuple[Work, float]] = {}
        self._done: Any = distributed.as_completed(  # type: ignore[no-untyped-call]
            loop=self._client.loop
        )

    def submit(self, work: Work) -> None:
        """Give a point to the cluster."""
        future = self._client.submit(solve_point, self._base, work, pure=False)
        self._running[future] = (work, time.perf_counter())
        self._done.add(future)

    def finished(self) -> Iterator[Outcome]:
        """Wait for points and yield their outcomes."""
        for future in self._done.next_batch():
            work, began = self._running.pop(future)
            if future.status == "finished":
                yield future.result()
            else:
                yield failed(work.digest, _lost(future), "lost", began)
            future.release()

    def close(self) -> None:
        """Call back what is not finished and leave the cluster."""
        self._client.cancel(list(self._running))
        self._running.clear()
        self._base.release()
        self._client.close()


def _connected(address: str) -> Any:  # noqa: ANN401
    try:
        return distributed.Client(  # type: ignore[no-untyped-call]
            address, timeout=SECONDS_TO_CONNECT, set_as_default=False
        )
    except (OSError, ValueError) as error:
        raise UsageError(
            Text(
                "no Dask scheduler answers at {address} ({reason}); start one with dask scheduler",
                "{address} 上没有可用的 Dask 调度器（{reason}）；请用 dask scheduler 启动",
            ).filled(address=address, reason=str(error) or type(error).__name__)
        ) from error


def _workers(client: Any, address: str) -> int:  # noqa: ANN401
    """Return the number of workers, all of this version."""
    versions = client.run(code_and_libraries)
    if not versions:
        raise UsageError(
            Text(
                "the Dask scheduler at {address} has no workers; start some with dask worker "
                "{address}",
                "{address} 上的 Dask 调度器没有工作节点；请用 dask worker {address} 启动",
            ).filled(address=address)
        )
    others = sorted(name for name, version in versions.items() if version != code_and_libraries())
    if others:
        raise UsageError(
            Text(
                "workers run another version of eastwest or of its libraries: {names}; install "
                "this one on them",
                "以下工作节点的 eastwest 或依赖库版本不同：{names}；请安装相同版本",
            ).filled(names=", ".join(others))
        )
    return len(versions)


def _lost(future: Any) -> Text:  # noqa: ANN401
    reason = future.exception() if future.status == "error" else future.status
    return Text(
        "the cluster lost the point ({reason}); the next start tries it again",
        "集群未能完成该点（{reason}）；下次启动将重试",
    ).filled(reason=str(reason))
