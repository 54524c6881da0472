"""One point of a sweep: its case, its solve, its verified plan and what is kept of them.

This is what a worker does, in a process beside or on a machine of a cluster. It reads and writes
no files: tables and start come with the work, and the outcome goes back as bytes.
"""

from __future__ import annotations

import dataclasses
import io
import sys
import threading
import time
from typing import Any, Final

from optimizer.analysis.horizon import horizon_metrics
from optimizer.analysis.metrics import metrics
from optimizer.errors import EastwestError, InfeasibleError, InputError, SolverError
from optimizer.inputs.assemble import AssembledTables
from optimizer.inputs.case import Case, checked_case
from optimizer.inputs.scenario import Scenario, apply_scenarios
from optimizer.labels import Text
from optimizer.model.build import build_model
from optimizer.plan.plan import Plan, make_plan
from optimizer.plan.raw_solution import Status
from optimizer.plan.verify import require_verified, verify_plan
from optimizer.solve.hot import HotStart
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.solve.stage import Solved

if sys.platform != "win32":
    import resource

FORMAT: Final = 1
"""Version of the layout of a point's record."""

_ONE_AT_A_TIME: Final = threading.Lock()
"""The solver's threads belong to the process: threads of a worker take turns."""


@dataclasses.dataclass(frozen=True, slots=True)
class Work:
    """What a worker is asked to do.

    Parameters
    ----------
    digest
        Hash of inputs, code and options: the name of the point.
    scenario
        The overrides that make the point.
    relaxed
        Whether only the LP relaxation is solved.
    gap_location
        Asked gap of a plan.
    start
        Bases of a neighbour, or ``None``.
    """

    digest: str
    scenario: Scenario
    relaxed: bool
    gap_location: float
    start: bytes | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What a worker found.

    Parameters
    ----------
    digest
        The point.
    record
        What ``record.json`` says.
    tables
        Result tables of the plan as Parquet, by name; empty without a plan.
    start
        Bases for a neighbour; ``None`` if there are none.
    lost
        Whether it says nothing about the point: memory or the worker gave out, or the solve was
        stopped from outside. It is solved again by the next start.
    """

    digest: str
    record: dict[str, Any]
    tables: dict[str, bytes] = dataclasses.field(default_factory=dict)
    start: bytes | None = None
    lost: bool = False


def options_of(work: Work) -> SolveOptions:
    """Return the options with which a point is solved.

    The relaxation is that of the whole program, solved to the last digit.
    """
    return SolveOptions(
        gap_location=work.gap_location,
        relaxed=work.relaxed,
        whole=work.relaxed,
        hot=HotStart(work.start) if work.relaxed else None,
    )


def solve_point(base: AssembledTables, work: Work) -> Outcome:
    """Solve one point; whatever is wrong with it is part of the outcome.

    Parameters
    ----------
    base
        Tables of the sweep's case with its scenarios applied.
    work
        The point.
    """
    began, cpu_began = time.perf_counter(), time.process_time()
    with _ONE_AT_A_TIME:
        try:
            return _solved(base, work, began, cpu_began)
        except EastwestError as error:
            return failed(work.digest, error.message, _kind(error), began, error)
        except MemoryError:
            message = Text("the memory did not suffice", "内存不足")
            return failed(work.digest, message, "lost", began)
        except Exception as error:  # noqa: BLE001 - no point may end the sweep
            message = Text("internal error: {kind}: {reason}", "内部错误：{kind}：{reason}").filled(
                kind=type(error).__name__, reason=str(error)
            )
            return failed(work.digest, message, "failed", began)


def failed(
    digest: str,
    message: Text,
    status: str,
    began: float,
    error: EastwestError | None = None,
) -> Outcome:
    """Return the outcome of a point without a plan; of status ``lost`` it is not kept."""
    record = {
        "format": FORMAT,
        "hash": digest,
        "status": status,
        "verified": False,
        "error_en": message.en if error is None else error.render("en"),
        "error_zh": message.zh if error is None else error.render("zh"),
        "seconds": round(time.perf_counter() - began, 3),
    }
    return Outcome(digest, record, lost=status == "lost")


def _kind(error: EastwestError) -> str:
    """Return the status of a point that an error ended."""
    if isinstance(error, InputError):
        return "faulty"
    return "infeasible" if isinstance(error, InfeasibleError) else "failed"


def _solved(base: AssembledTables, work: Work, began: float, cpu_began: float) -> Outcome:
    case = checked_case(apply_scenarios(base, [work.scenario]))
    model, _sets = build_model(case)
    options = options_of(work)
    solve_began = time.process_time()
    solved = solve_model(model, options)
    solve_seconds = time.process_time() - solve_began
    _require_plan(solved)
    plan = make_plan(case, solved.solution)
    verification = verify_plan(case, plan)
    require_verified(verification)
    hot = options.hot
    record: dict[str, Any] = {
        "format": FORMAT,
        "hash": work.digest,
        "case": case.name,
        "status": solved.solution.status.value,
        "relaxed": plan.relaxed,
        "verified": verification.passed,
        "checks": verification.checks,
        "objective_million_yuan": plan.objective_million_yuan,
        "bound_million_yuan": plan.bound_million_yuan,
        "unserved_value_million_yuan": solved.solution.unserved_value,
        "figures": _figures(case, plan),
        "simplex_iterations": hot.iterations if isinstance(hot, HotStart) else 0,
        "hot": work.start is not None,
        "solve_cpu_seconds": round(solve_seconds, 3),
        "cpu_seconds": round(time.process_time() - cpu_began, 3),
        "seconds": round(time.perf_counter() - began, 3),
        "peak_mb": peak_mb(),
    }
    start = hot.packed() if isinstance(hot, HotStart) else None
    lost = solved.solution.stopped == "interrupt"
    return Outcome(work.digest, record, _as_parquet(plan), start, lost)


def _require_plan(solved: Solved) -> None:
    """Raise if there is no plan; why not is a matter for ``eastwest plan``."""
    status = solved.solution.status
    if status.has_plan:
        return
    if status is Status.INFEASIBLE:
        raise InfeasibleError(Text("no plan meets the hard rows", "没有方案能满足全部硬约束"))
    raise SolverError(Text("the solver ended without a usable answer", "求解器未给出可用结果"))


def _figures(case: Case, plan: Plan) -> dict[str, float]:
    """Return the key figures of a plan, its cost terms, and what is built at each cluster."""
    key_figures = horizon_metrics(case, plan) if case.later else metrics(case, plan)
    figures = {name: float(value) for name, value in dataclasses.asdict(key_figures).items()}
    figures |= {
        f"cost_{term}_million_yuan": plan.cost(term)
        for term in sorted(set(plan.tables["costs"]["term"]))
    }
    sites = case.tables["sites"].frame
    built = plan.tables["sites"].groupby("site")["new_it_mw"].max()
    figures |= {
        f"new_it_mw_{site}": float(built.get(site, 0.0))
        for site in sorted(sites.loc[sites["is_cluster"], "site"])
    }
    return figures


def _as_parquet(plan: Plan) -> dict[str, bytes]:
    tables = {}
    for name, frame in plan.tables.items():
        stream = io.BytesIO()
        frame.to_parquet(stream, index=False)
        tables[name] = stream.getvalue()
    return tables


def peak_mb() -> float:
    """Return the most memory that this process has held so far, in MB; 0 if unknown."""
    if sys.platform == "win32":
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in kilobytes, macOS in bytes.
    return round(peak / (1024.0 if sys.platform != "darwin" else 1024.0**2), 1)
