"""Fronts of cost against carbon, latency, the west's share or green power of the hour.

The cost is minimised under a bound on the other value that tightens step by step, a policy row of
the case like any other, which the verifier checks as well::

    carbon   emissions of the location-based ledger           <= v    kt CO2 a year
    latency  round trip of every interactive service, p99     <= v    ms
    west     west's share of the IT energy                    >= v    share
    hourly   green power of the same hour, grid counted, at
             clusters, over their energy                      >= v    share

The loosest point is the plan without the row. The tightest is what the relaxation reaches when
the row's penalty outweighs every cost; for latency, the least round trip at which every region
still reaches a site for every service.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.analysis.frontier_points import POINT_COLUMNS, SAME_WORK, front
from optimizer.analysis.metrics import metrics
from optimizer.errors import UsageError, VerificationError
from optimizer.inputs.assemble import AssembledTables
from optimizer.inputs.case import Case, checked_case
from optimizer.inputs.scenario import Override, Scenario, ScenarioFile, apply_scenarios
from optimizer.labels import Text
from optimizer.model.build import build_model
from optimizer.plan.plan import Plan, make_plan
from optimizer.plan.verify import require_verified, verify_plan
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model

ROW: Final = "frontier"
"""Name of the policy row that bounds the other value."""

BEFORE_THE_END: Final = 0.02
"""Part of the range by which the tightest limit of plans in whole modules stays away from what
the relaxation reaches: whole modules need not reach it."""

ROUNDING: Final = 1e-6
"""The same for relaxations: room for the solver's tolerance."""


@dataclasses.dataclass(frozen=True, slots=True)
class Axis:
    """What cost is set against.

    Parameters
    ----------
    name, title, unit
        Its name, its name in words, and the unit of its limits.
    kind, scope, workloads, policy_unit
        The policy row that bounds it.
    falls
        Whether smaller is tighter.
    extreme
        The tightest value there could be.
    penalty
        Million yuan for a unit of breaking the row, beyond every cost it could save.
    value
        Its value at a plan.
    """

    name: str
    title: Text
    unit: Text
    kind: str
    scope: str
    policy_unit: str
    falls: bool
    extreme: float
    penalty: float
    value: Callable[[Case, Plan], float]
    workloads: str = ""
    ledger: str = ""


def _carbon(case: Case, plan: Plan) -> float:
    return metrics(case, plan).location_kt


def _west(case: Case, plan: Plan) -> float:
    return metrics(case, plan).west_share


def _hourly(case: Case, plan: Plan) -> float:
    sites = case.tables["sites"].frame
    clusters = sites.loc[sites["is_cluster"], "site"]
    ledgers = plan.tables["ledgers"]
    ledgers = ledgers[ledgers["site"].isin(clusters)]
    matched = ledgers["matched_gwh"] + ledgers["physical_green_share"] * (
        ledgers["meter_gwh"] - ledgers["matched_gwh"]
    )
    total = float(ledgers["meter_gwh"].sum())
    return float(matched.sum()) / total if total > 0.0 else 0.0


def _latency(case: Case, plan: Plan) -> float:
    services = case.tables["services"].frame
    interactive = services.loc[services["kind"] == "interactive", "service"]
    placed = plan.tables["placements"]
    return float(placed.loc[placed["service"].isin(interactive), "rtt_p99_ms"].max())


AXES: Final = MappingProxyType(
    {
        "carbon": Axis(
            "carbon",
            Text("location-based emissions", "基于位置的碳排放"),
            Text("kt CO2", "千吨 CO2"),
            "carbon_cap",
            "national",
            "ktCO2",
            falls=True,
            extreme=0.0,
            penalty=100.0,
            value=_carbon,
            ledger="location",
        ),
        "latency": Axis(
            "latency",
            Text("longest round trip of interactive services", "交互类服务最长往返时延"),
            Text("ms", "毫秒"),
            "latency_max",
            "national",
            "ms",
            falls=True,
            extreme=0.0,
            penalty=0.0,
            value=_latency,
            workloads="kind:interactive",
        ),
        "west": Axis(
            "west",
            Text("west's share of the load", "西部负荷占比"),
            Text("share", "占比"),
            "west_share_min",
            "western_development",
            "1",
            falls=False,
            extreme=1.0,
            penalty=10.0,
            value=_west,
        ),
        "hourly": Axis(
            "hourly",
            Text("green power hour by hour at clusters", "集群逐时绿电占比"),
            Text("share", "占比"),
            "green_share_hourly_min",
            "clusters",
            "1",
            falls=False,
            extreme=1.0,
            penalty=10.0,
            value=_hourly,
        ),
    }
)
"""The fronts by name."""


@dataclasses.dataclass(frozen=True, slots=True)
class Frontier:
    """A front and what it was made from.

    Parameters
    ----------
    axis
        What cost is set against.
    case
        Name of the case.
    options
        How every point was solved.
    points
        Rows of :data:`optimizer.analysis.frontier_points.FRONT_COLUMNS`, loosest first.
    reached
        The tightest value that the relaxation reaches.
    failed
        Limits without a point, each with the reason.
    """

    axis: Axis
    case: str
    options: SolveOptions
    points: pd.DataFrame
    reached: float
    failed: tuple[tuple[float, Text], ...] = ()


def frontier(
    assembled: AssembledTables,
    axis: str,
    *,
    count: int = 7,
    options: SolveOptions | None = None,
    told: Callable[[int, int], None] | None = None,
) -> Frontier:
    """Return a front of cost, every point solved and verified.

    Parameters
    ----------
    assembled
        Tables of the case, from :func:`optimizer.inputs.assemble.assemble`.
    axis
        Name of one of :data:`AXES`.
    count
        How many points, the two ends among them.
    options
        How to solve each point.
    told
        Called with the number of every point that begins and with their count.

    Returns
    -------
    Frontier
        The points with their bounds, prices and knee.

    Raises
    ------
    UsageError
        If there is no such front, the case has several periods, or nothing is to be won.

    Examples
    --------
    >>> from optimizer.inputs.assemble import assemble, case_folder
    >>> found = frontier(assemble(case_folder("tiny")), "carbon", count=2)
    >>> found.points["limit"].is_monotonic_decreasing
    True
    """
    if axis not in AXES:
        raise UsageError(
            Text(
                "{given} is no front; give one of {known}", "没有 {given} 这种前沿；可用 {known}"
            ).filled(given=axis, known=", ".join(AXES))
        )
    chosen, how = AXES[axis], options or SolveOptions()
    base = checked_case(assembled)
    if base.later:
        raise UsageError(
            Text(
                "a front needs a case of one period; {case} has several",
                "前沿分析只适用于单一规划期的算例；{case} 有多个规划期",
            ).filled(case=base.name)
        )
    if told is not None:
        told(1, count)
    first = _point(base, chosen, how, 1)
    if isinstance(first, Text):
        raise UsageError(first)
    reached = _tightest(assembled, base, chosen)
    loosest = first["value"]
    short = ROUNDING if how.relaxed else BEFORE_THE_END
    end = reached + (loosest - reached) * short
    if (end >= loosest - ROUNDING) if chosen.falls else (end <= loosest + ROUNDING):
        raise UsageError(
            Text(
                "the plan of least cost is already at the end of the front: {value:g} {unit}",
                "成本最低的方案已在前沿端点：{value:g} {unit}",
            ).filled(value=loosest, unit=chosen.unit)
        )
    records, failed = [first | {"limit": loosest}], []
    for number, limit in enumerate(_limits(base, chosen, (loosest, end), count), start=2):
        if told is not None:
            told(number, count)
        found = _point(_limited(assembled, chosen, limit), chosen, how, number)
        if isinstance(found, Text):
            failed.append((limit, found))
            continue
        records.append(found | {"limit": limit})
        if found["undone_million_yuan"] > first["undone_million_yuan"] + SAME_WORK:
            # Tighter limits leave still more undone: costs of less work say nothing.
            break
    points = pd.DataFrame(records, columns=list(POINT_COLUMNS))
    return Frontier(chosen, base.name, how, front(points), reached, tuple(failed))


def _limits(case: Case, axis: Axis, ends: tuple[float, float], count: int) -> Iterator[float]:
    """Yield the limits after the first, equally far apart.

    Those of latency are by equal factors apart, each lowered to a round trip that there is.
    """
    if axis.name != "latency":
        yield from np.linspace(*ends, count)[1:].tolist()
        return
    trips = _round_trips(case)
    trips = np.unique(trips[np.isfinite(trips)])
    wanted = np.geomspace(*ends, count)[1:]
    last = ends[0]
    for limit in wanted.tolist():
        trip = float(trips[max(0, int(np.searchsorted(trips, limit + ROUNDING)) - 1)])
        if trip < last:
            last = trip
            yield trip


def _point(case: Case, axis: Axis, options: SolveOptions, number: int) -> dict[str, float] | Text:
    """Return the plan of least cost of a case as a point, or why there is none."""
    solution = solve_model(build_model(case)[0], options).solution
    if not solution.status.has_plan:
        return Text("no plan was found ({status})", "未找到方案（{status}）").filled(
            status=solution.status.value
        )
    plan = make_plan(case, solution)
    try:
        require_verified(verify_plan(case, plan))
    except VerificationError as error:
        return error.message
    return {
        "point": number,
        "value": axis.value(case, plan),
        "cost_million_yuan": plan.objective_million_yuan,
        "bound_million_yuan": plan.bound_million_yuan,
        "location_cost_million_yuan": plan.location_cost,
        "undone_million_yuan": solution.unserved_value,
        "plan_of": number,
        "verified": True,
        "relaxed": plan.relaxed,
    }


def _tightest(assembled: AssembledTables, base: Case, axis: Axis) -> float:
    """Return the tightest value that the relaxation reaches."""
    if axis.name == "latency":
        return _least_round_trip(base)
    case = _limited(assembled, axis, axis.extreme, penalty=axis.penalty)
    solution = solve_model(build_model(case)[0], SolveOptions(relaxed=True)).solution
    return axis.value(case, make_plan(case, solution))


def _round_trips(case: Case) -> NDArray[np.float64]:
    """Return the round trips of interactive services in ms, infinite where none may be served."""
    derived = case.derived
    services = case.tables["services"].frame
    interactive = (services["kind"] == "interactive").to_numpy(dtype=bool)
    served = (derived.reach > 0.0)[:, interactive]
    return np.where(served, derived.rtt_p99_ms[:, interactive], np.inf)


def _least_round_trip(case: Case) -> float:
    """Return the least limit that leaves every region a site for every interactive service."""
    nearest = _round_trips(case).min(axis=2)
    # A region that no site reaches in time is not served with any limit.
    return float(nearest[np.isfinite(nearest)].max())


def _limited(
    assembled: AssembledTables, axis: Axis, limit: float, *, penalty: float | None = None
) -> Case:
    """Return the case with a row that bounds the value, hard or at a penalty."""
    cells: dict[str, str | bool | int | float] = {
        "policy": ROW,
        "title_zh": f"前沿：{axis.title.zh}",
        "title_en": f"front: {axis.title.en}",
        "kind": axis.kind,
        "scope": axis.scope,
        "value": limit,
        "unit": axis.policy_unit,
        "comparison": "<=" if axis.falls else ">=",
        "valid_from": f"{assembled.year}-01-01",
        "document": "frontier",
        "ledger": axis.ledger,
        "hard": penalty is None,
        "enabled": True,
    }
    if axis.workloads:
        cells["workloads"] = axis.workloads
    if penalty is not None:
        cells["penalty_million_yuan_per_unit"] = penalty
    content = ScenarioFile(
        name=ROW,
        title_en=f"front of cost and {axis.title.en}",
        title_zh=f"成本与{axis.title.zh}前沿",
        overrides=[Override(table="policies", add=[cells])],
    )
    digest = hashlib.sha256(repr(sorted(cells.items())).encode()).hexdigest()
    return checked_case(apply_scenarios(assembled, [Scenario(content, ROW, digest)]))
