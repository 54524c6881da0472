"""One case to one verified run: build, solve, verify, compare.

Steps, each timed: the model is built and solved; the plan made and recomputed from the raw
tables; prices, near-optimal ranges, policy effects and the three baselines follow. A plan that
fails its verification never leaves this module.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import platform
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from optimizer.analysis.horizon import HorizonMetrics, horizon_metrics, period_records
from optimizer.analysis.link_failures import link_failures
from optimizer.analysis.metrics import Metrics, metrics
from optimizer.errors import InfeasibleError, SolverError, StoppedError
from optimizer.inputs.case import Case
from optimizer.labels import BASELINE_RULES, Text
from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model
from optimizer.model.index import Sets
from optimizer.plan.plan import Plan, in_order, make_plan
from optimizer.plan.raw_solution import Status
from optimizer.plan.result_tables import FINDING_TABLES
from optimizer.plan.run import Run
from optimizer.plan.store import FORMAT, code_sha256, inputs_sha256, run_hash
from optimizer.plan.verify import Verification, require_verified, verify_plan, verify_tables
from optimizer.solve.explain import smallest_easing
from optimizer.solve.living import NEARLY
from optimizer.solve.options import Progress, SolveOptions
from optimizer.solve.prices import shadow_prices
from optimizer.solve.run import solve_model
from optimizer.solve.stage import Solved
from optimizer.study.activity import block_activity, policy_effects
from optimizer.study.alternatives import near_optimal_ranges
from optimizer.study.bandwidth_effect import bandwidth_effect
from optimizer.study.baseline import Baseline, solve_baseline, without_rows
from optimizer.study.campus import campus_rows
from optimizer.study.protection import protection_levels
from optimizer.study.rationing import accelerator_values

UNDONE_TOLERANCE: Final = 1e-6
"""Value of work left undone, in million yuan, below which two plans do the same work."""

TERM_OF_PRICE: Final = {
    "carbon_price": "carbon",
    "pue_surcharge": "pue_surcharge",
    "build_subsidy": "subsidies",
    "compute_voucher": "subsidies",
}
"""Cost term of each kind of policy that is a price."""

LEFT_OUT: Final = (
    "baselines",
    "accelerator_values",
    "campuses",
    "near_optimal",
    "protection_levels",
    "bandwidth_effect",
    "link_failures",
)
"""Findings that are not made for cases of several periods."""

VERSIONED: Final = ("eastwest", "pulp", "highspy", "numpy", "pandas", "geopandas")


@dataclasses.dataclass(frozen=True, slots=True)
class SolvedCase:
    """A run together with what it was solved from.

    Parameters
    ----------
    run
        The verified run.
    model
        Its linear model, to be exported.
    log
        What the solver said.
    """

    run: Run
    model: LinearModel
    log: str


def solve_case(case: Case, options: SolveOptions | None = None) -> Run:
    """Solve a case and return its verified run; nothing is written.

    Parameters
    ----------
    case
        The case, from :func:`optimizer.read_case`.
    options
        How to solve it; the defaults of the command if left out.

    Returns
    -------
    Run
        Plan, findings and record.

    Raises
    ------
    InfeasibleError
        If no plan meets the hard rows; says which to ease and by how much.
    StoppedError
        If the time limit or Ctrl-C came before any plan.
    VerificationError
        If the independent recomputation contradicts the plan.

    Examples
    --------
    >>> from optimizer import read_case, solve_case
    >>> run = solve_case(read_case("tiny"))
    >>> run.record["verified"]
    True
    """
    return run_case(case, options or SolveOptions()).run


def recorded_options(options: SolveOptions, *, writes_model: bool = False) -> dict[str, Any]:
    """Return the options that shape a run folder, for its record and its hash."""
    return {**options.recorded(), "write_mps": int(writes_model)}


def code_and_libraries() -> str:
    """Return a text that changes with the code and with the libraries that solve."""
    return " ".join([code_sha256(), *(f"{name}={_version(name)}" for name in VERSIONED)])


def run_case(
    case: Case,
    options: SolveOptions,
    *,
    seconds: Mapping[str, float] | None = None,
    recorded: Mapping[str, Any] | None = None,
    compares: bool = True,
) -> SolvedCase:
    """Solve a case and return its verified run with model and log.

    Parameters
    ----------
    case
        The case.
    options
        How to solve it.
    seconds
        Times of earlier steps, kept in the record.
    recorded
        Options as recorded; from ``options`` if left out.
    compares
        Whether other solves are made about the plan; without them the findings are empty.
    """
    recorded = dict(recorded or recorded_options(options))
    if not compares:
        recorded["compares"] = 0
    clock = _Clock(dict(seconds or {}), options.progress)
    model, sets = clock.timed("build", lambda: build_model(case))
    with tempfile.TemporaryDirectory() as scratch:
        log_file = Path(scratch) / "solver.log"
        solved = clock.timed("solve", lambda: solve_model(model, options, str(log_file)))
        log = log_file.read_text(encoding="utf-8") if log_file.is_file() else ""
    _require_plan(case, model, solved)
    assert solved.values is not None
    plan = make_plan(case, solved.solution)
    verification = clock.timed("verify", lambda: verify_plan(case, plan))
    require_verified(verification)
    key_figures = horizon_metrics(case, plan) if case.later else metrics(case, plan)
    findings = (
        clock.timed("compare", lambda: _findings(case, (model, sets), solved, plan, key_figures))
        if compares
        else _no_findings()
    )
    record = _record(case, solved, plan, verification, key_figures, recorded)
    record["seconds"] = clock.seconds
    record["handover_seconds"] = solved.fill_seconds
    record["model"] = {
        "rows": model.shape[0],
        "columns": model.shape[1],
        "non_zeros": len(model.value),
        "integers": int(model.integer.sum()),
    }
    run = Run(case, plan, findings, MappingProxyType(record))
    return SolvedCase(run, model, log)


def _no_findings() -> Mapping[str, pd.DataFrame]:
    """Return the tables of findings without rows."""
    return MappingProxyType(
        {name: pd.DataFrame(columns=table.column_names) for name, table in FINDING_TABLES.items()}
    )


class _Clock:
    """Times steps and says which one has begun."""

    def __init__(
        self, seconds: dict[str, float], progress: Callable[[Progress], None] | None
    ) -> None:
        self.seconds = seconds
        self._progress = progress

    def timed[Result](self, step: str, work: Callable[[], Result]) -> Result:
        if self._progress is not None:
            self._progress(Progress(step, 0.0, np.inf, -np.inf))
        began = time.perf_counter()
        result = work()
        self.seconds[step] = round(time.perf_counter() - began, 3)
        return result


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _require_plan(case: Case, model: LinearModel, solved: Solved) -> None:
    """Raise the error that tells a planner why there is no plan."""
    status = solved.solution.status
    if status.has_plan:
        return
    if status is Status.INFEASIBLE:
        raise InfeasibleError(_why_infeasible(case, model))
    if status is Status.NO_SOLUTION:
        raise StoppedError(
            Text(
                "stopped after {seconds:.0f} s before any plan was found; allow more time with "
                "--time-limit or a wider --gap",
                "运行 {seconds:.0f} 秒后停止，尚未找到任何方案；请用 --time-limit 放宽时间或用 "
                "--gap 放宽间隙",
            ).filled(seconds=solved.solution.seconds)
        )
    raise SolverError(
        Text(
            "the solver {name} ended without a usable answer; run eastwest check on the case",
            "求解器 {name} 未给出可用结果；请先用 eastwest check 检查算例",
        ).filled(name=solved.solution.solver)
    )


def _why_infeasible(case: Case, model: LinearModel) -> Text:
    easings = smallest_easing(model)
    if not easings:
        return Text(
            "no plan meets the hard rows, and easing policies does not help",
            "没有方案能满足全部硬约束，放宽政策也无济于事",
        )
    lines = "\n".join(
        f"  {easing.block.removeprefix('policy_')} {place_of(case, easing.index)}: "
        f"{easing.limit:.6g} → {easing.limit + easing.change:.6g} {easing.unit}"
        for easing in easings
    )
    return Text(
        "no plan meets all hard policies; the smallest change that makes one:\n{lines}",
        "没有方案能满足全部硬性政策；使其可行的最小调整：\n{lines}",
    ).filled(lines=lines)


_TABLE_OF_INDEX: Final = {
    "site": ("sites", "site"),
    "module": ("modules", "module"),
    "accelerator": ("accelerators", "accelerator"),
    "link": ("links", "link"),
    "job": ("jobs", "job"),
    "service": ("services", "service"),
    "region": ("regions", "region"),
}


def place_of(case: Case, index: Mapping[str, int]) -> str:
    """Return the names of the table rows that a limit belongs to, or ``national``."""
    names = [
        str(case.tables[table].frame[column].iloc[index[kind]])
        for kind, (table, column) in _TABLE_OF_INDEX.items()
        if kind in index
    ]
    if "workload" in index:  # services, then jobs
        work = [*case.frame("services")["service"], *case.frame("jobs")["job"]]
        names.insert(0, str(work[index["workload"]]))
    return "|".join(names) or "national"


def _findings(
    case: Case,
    built: tuple[LinearModel, Sets],
    solved: Solved,
    plan: Plan,
    key_figures: Metrics | HorizonMetrics,
) -> Mapping[str, pd.DataFrame]:
    """Return the tables of other solves about the plan."""
    assert solved.values is not None
    model, values = solved.model, solved.values
    prices = pd.DataFrame(
        [
            {
                "limit": price.block.removeprefix("policy_"),
                "place": place_of(case, price.index),
                "unit": price.unit,
                "saving_million_yuan": price.saving,
            }
            for price in shadow_prices(model, values, NEARLY)
        ],
        columns=["limit", "place", "unit", "saving_million_yuan"],
    )
    frames = {
        # Rows of one limit at one place are one price: the highest stands for them.
        "prices": prices.groupby(["limit", "place", "unit"], as_index=False).max(),
        "activity": block_activity(model, values),
        "policy_effects": policy_effects(model, values, priced=_priced(case)),
    }
    if isinstance(key_figures, Metrics):
        frames |= {
            "baselines": _baselines(case, built, solved, plan, key_figures),
            "accelerator_values": accelerator_values(
                case, built[0], values, plan.tables["releases"]
            ),
            "campuses": campus_rows(case, built),
            "near_optimal": near_optimal_ranges(case, model, values),
            "protection_levels": protection_levels(case),
            "bandwidth_effect": bandwidth_effect(case, model),
            "link_failures": link_failures(case, plan),
        }
    else:
        # These know one period only; the record and the summary say that they are left out.
        frames |= {
            name: pd.DataFrame(columns=FINDING_TABLES[name].column_names) for name in LEFT_OUT
        }
    return MappingProxyType(
        {
            name: frames[name][table.column_names]
            .sort_values(list(table.key), kind="stable")
            .reset_index(drop=True)
            for name, table in FINDING_TABLES.items()
        }
    )


def _priced(case: Case) -> dict[str, str]:
    """Return the policies that are a price, joined by cost term."""
    names: dict[str, list[str]] = {}
    for row in case.derived.policies:
        if row.kind in TERM_OF_PRICE:
            names.setdefault(TERM_OF_PRICE[row.kind], []).append(row.policy)
    return {term: ";".join(rows) for term, rows in names.items()}


def _baselines(
    case: Case,
    built: tuple[LinearModel, Sets],
    solved: Solved,
    plan: Plan,
    key_figures: Metrics,
) -> pd.DataFrame:
    """Return the plan beside the three rules of thumb."""
    # The model as built: what a rule cannot place is left undone and counted.
    model, sets = built
    records: list[dict[str, object]] = []
    for rule in BASELINE_RULES:
        # The relaxation is a lower bound of what the rule costs: savings are "at least", proved,
        # and cost seconds instead of three more searches.
        found = solve_baseline(
            rule, case, model, sets, SolveOptions(relaxed=True, open_share=NEARLY)
        )
        if found.solved.solution.status.has_plan:
            records.append(_baseline_row(case, solved, plan, key_figures, found))
        else:
            records.append({"rule": rule, "switched_off": "", "verified": False})
    return pd.DataFrame(records, columns=FINDING_TABLES["baselines"].column_names)


def _baseline_row(
    case: Case, solved: Solved, plan: Plan, key_figures: Metrics, found: Baseline
) -> dict[str, object]:
    solution = found.solved.solution
    by_rule = make_plan(case, solution)
    switched_off = [name.removeprefix("policy_") for name in found.switched_off]
    tables = dict(case.tables)
    policies = tables["policies"]
    tables["policies"] = policies.take(
        ~policies.frame["policy"].isin(switched_off).to_numpy(dtype=bool)
    )
    if any(name.startswith("pinned_") for name in switched_off):
        pins = tables["pins"]
        tables["pins"] = pins.take((pins.frame["rule"] != "minimum_share").to_numpy(dtype=bool))
    kept = by_rule.tables["policies"]["policy"].isin(switched_off)
    comparable = dataclasses.replace(
        by_rule,
        tables={
            **by_rule.tables,
            "policies": in_order(by_rule.tables["policies"][~kept], "policies"),
        },
    )
    verified = verify_tables(tables, case.year, comparable).passed
    undone = solution.unserved_value
    comparable_cost = abs(undone - solved.solution.unserved_value) <= UNDONE_TOLERANCE
    # A program in parts may lie above its bound: what is proved counts.
    least = by_rule.cost() - max(0.0, solution.objective - solution.bound)
    saving = least - plan.objective_million_yuan if comparable_cost else np.nan
    facility = by_rule.location_cost - plan.location_cost if comparable_cost else np.nan
    return {
        "rule": found.rule,
        "least_cost_million_yuan": least,
        "facility_million_yuan": by_rule.location_cost,
        "undone_million_yuan": undone,
        "saving_million_yuan": saving,
        "facility_saving_million_yuan": facility,
        "saving_yuan_per_mwh_it": saving * 1e3 / key_figures.it_gwh,
        "switched_off": ";".join(switched_off),
        "switched_off_worth_million_yuan": _worth(solved.model, found.switched_off),
        "verified": verified,
    }


def _worth(model: LinearModel, names: tuple[str, ...]) -> float:
    """Return the fall of the least cost of the LP without some rows."""
    if not names:
        return 0.0
    relaxed = SolveOptions(relaxed=True, open_share=NEARLY)
    with_them = solve_model(model, relaxed).solution.objective
    without = solve_model(without_rows(model, names), relaxed).solution.objective
    return max(0.0, with_them - without)


def _of_periods(case: Case, plan: Plan) -> dict[str, Any]:
    """Return what only a case of several periods records."""
    if not case.later:
        return {}
    return {"periods": period_records(case, plan), "left_out": list(LEFT_OUT)}


def _record(  # noqa: PLR0917 - a record gathers what every step found
    case: Case,
    solved: Solved,
    plan: Plan,
    verification: Verification,
    key_figures: Metrics | HorizonMetrics,
    recorded: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the content of ``run.json`` but for the times of writing."""
    solution = solved.solution
    gap = key_figures.gap
    digest = run_hash(case, code_and_libraries(), recorded)
    return {
        "format": FORMAT,
        "case": case.name,
        "title_en": case.title.en,
        "title_zh": case.title.zh,
        "year": case.year,
        "hash": digest,
        "status": solution.status.value,
        "stopped": solution.stopped,
        "deterministic": solution.deterministic,
        "relaxed": plan.relaxed,
        "objective": ",".join(item.name for item in plan.objectives),
        "boundary": solution.options.get("boundary", "it"),
        "objectives": [dataclasses.asdict(item) for item in plan.objectives],
        "objective_yuan": plan.objective_million_yuan * 1e6,
        "bound_yuan": plan.bound_million_yuan * 1e6,
        "gap_yuan": gap * 1e6,
        "gap": gap / plan.objective_million_yuan if plan.objective_million_yuan > 0.0 else 0.0,
        "gap_location": key_figures.gap_location,
        "verified": verification.passed,
        "verification": {
            "checks": verification.checks,
            "violations": len(verification.violations),
            "cost_yuan": verification.cost_million_yuan * 1e6,
            "largest_residual": verification.largest_residual,
        },
        "unserved_share": key_figures.unserved_share,
        "unserved_value_yuan": solution.unserved_value * 1e6,
        "unserved_bound_yuan": solution.unserved_bound * 1e6,
        "west_share": key_figures.west_share,
        "metrics": dataclasses.asdict(key_figures),
        **_of_periods(case, plan),
        "nodes": solution.nodes,
        "solver": solution.solver,
        "options": dict(recorded),
        "inputs_sha256": inputs_sha256(case),
        "inputs": dict(case.file_hashes),
        "versions": {
            "python": platform.python_version(),
            **{name: _version(name) for name in VERSIONED},
            "solver": solution.solver_version,
            "code_sha256": code_sha256(),
        },
    }
