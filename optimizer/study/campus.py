"""One campus or several: the largest run that may split, weighed both ways.

The case is solved twice to the end: with the run at one site only, and with it over several
clusters only. Less work left undone comes first, cost second. Then the *site power ceiling* is
moved: no cluster may have more than ``P`` MW for accelerators, existing and new together; above
what the largest has, every cluster may have ``P``. The break-even ceiling is the least ``P`` at
which one campus wins; it is found by bisection, each step a solved case of its own.
"""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.inputs.check_split import CAMPUS_STUDY
from optimizer.inputs.derive import derive
from optimizer.inputs.site_room import buildable_mw, free_power_mw
from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model
from optimizer.model.index import Sets
from optimizer.plan.campus_table import CAMPUSES
from optimizer.plan.plan import make_plan
from optimizer.plan.verify import verify_plan
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.solve.stage import Solved

EXACT: Final = SolveOptions(gap_location=1e-6)
QUICK: Final = SolveOptions(gap_location=1e-3)
UNDONE: Final = 1e-6
"""Value of work left undone, in million yuan, that counts as none."""

WITHIN: Final = 0.01
"""Part of the run's power to which the break-even ceiling is found."""

Built = tuple[LinearModel, Sets]


@dataclasses.dataclass(frozen=True, slots=True)
class Side:
    """The case with the run at one site only, or over several only.

    Parameters
    ----------
    undone
        Value of work left undone, million yuan a year; infinite if there is no such way at all.
    cost, bound
        Yearly cost and its proved bound, million yuan.
    solved
        The solution.
    """

    undone: float
    cost: float
    bound: float
    solved: Solved | None


def campus_rows(case: Case, built: Built) -> pd.DataFrame:
    """Return the finding for the largest run that may split; no row if the case does not ask.

    Parameters
    ----------
    case
        The case; its parameter ``campus_study`` asks for the study.
    built
        Its model and index sets.

    Returns
    -------
    pandas.DataFrame
        As :data:`optimizer.plan.campus_table.CAMPUSES` says.
    """
    job = studied_job(case, built[1])
    rows = [] if job is None else [_row(case, built, job)]
    return pd.DataFrame(rows, columns=CAMPUSES.column_names)


def studied_job(case: Case, sets: Sets) -> int | None:
    """Return the job of the run to study, the one of most power, or ``None``."""
    parameters = case.tables["parameters"].frame
    asked = parameters.loc[parameters["parameter"] == CAMPUS_STUDY, "value"]
    if not len(asked) or float(asked.iloc[0]) != 1.0 or not len(sets.split):
        return None
    power = run_power_mw(case)
    return int(case.derived.splits.job[sets.split[int(np.argmax(power[sets.split]))]])


def run_power_mw(case: Case) -> NDArray[np.float64]:
    """Return ``(C,)`` the nameplate IT power of one run in each configuration, in MW."""
    splits = case.derived.splits
    power: NDArray[np.float64] = splits.gang * case.derived.hardware.maximum_kw[splits.accelerator]
    return power


def solve_side(built: Built, job: int, *, several: bool, options: SolveOptions = EXACT) -> Side:
    """Return the case solved with a job over several sites only, or at one site only."""
    model = built[0]
    upper = model.upper.copy()
    shut = model.columns.get("runs" if several else "split_runs")
    if shut is not None:
        upper[shut.ids[shut.index["job"] == job]] = 0.0
    kept = model.columns.get("split_runs" if several else "runs")
    if kept is None or not (kept.index["job"] == job).any():
        return Side(np.inf, np.inf, np.inf, None)
    solved = solve_model(dataclasses.replace(model, upper=upper), options)
    solution = solved.solution
    if not solution.status.has_plan:
        return Side(np.inf, np.inf, np.inf, None)
    return Side(solution.unserved_value, solution.objective, solution.bound, solved)


def winner(one: Side, several: Side) -> str:
    """Return ``one``, ``several``, or ``either`` if the two are not distinguishable.

    Examples
    --------
    >>> winner(Side(0.0, 10.0, 10.0, None), Side(0.0, 12.0, 11.5, None))
    'one'
    >>> winner(Side(5.0, 10.0, 10.0, None), Side(0.0, 12.0, 11.5, None))
    'several'
    >>> winner(Side(0.0, 12.0, 11.0, None), Side(0.0, 11.8, 11.1, None))
    'either'
    """
    if abs(one.undone - several.undone) > UNDONE or np.isinf(one.undone + several.undone):
        if one.undone == several.undone:
            return "either"
        return "one" if one.undone < several.undone else "several"
    gaps = (one.cost - one.bound) + (several.cost - several.bound)
    if abs(one.cost - several.cost) <= gaps:
        return "either"
    return "one" if one.cost < several.cost else "several"


def _row(case: Case, built: Built, job: int) -> dict[str, object]:
    one = solve_side(built, job, several=False)
    several = solve_side(built, job, several=True)
    answer = winner(one, several)
    power = float(run_power_mw(case)[case.derived.splits.job == job].min())
    most = float(_cluster_power(case).max())
    highest, at_highest = most, one
    if one.undone > UNDONE:
        highest = max(most, 2.0 * power)
        raised = with_site_power(case, highest)
        at_highest = solve_side(build_model(raised), job, several=False)
    chosen = several if answer == "several" else one
    both = one.undone <= UNDONE and several.undone <= UNDONE
    return {
        "job": str(case.tables["jobs"].frame["job"].iloc[job]),
        "answer": answer,
        "sites": _sites(case, chosen, job),
        "reason": _reason(case, job, answer, (one, several), at_highest),
        "run_mw": power,
        "one_million_yuan": one.cost if one.undone <= UNDONE else np.nan,
        "several_million_yuan": several.cost if several.undone <= UNDONE else np.nan,
        "extra_million_yuan": several.cost - (one.cost if both else at_highest.cost)
        if np.isfinite(at_highest.cost) and several.undone <= UNDONE
        else np.nan,
        "largest_site_mw": most,
        "break_even_mw": break_even(case, job, power, highest),
        "verified": all(_verified(case, side) for side in (one, several)),
    }


def _verified(case: Case, side: Side) -> bool:
    """Return whether the plan of a side passes the verification; none has nothing to fail."""
    return side.solved is None or verify_plan(case, make_plan(case, side.solved.solution)).passed


def _sites(case: Case, side: Side, job: int) -> str:
    """Return the sites of the run, joined by ``+``."""
    if side.solved is None:
        return ""
    plan = make_plan(case, side.solved.solution)
    name = case.tables["jobs"].frame["job"].iloc[job]
    found = {
        str(site)
        for table in ("runs", "split_parts")
        for site in plan.tables[table].loc[plan.tables[table]["job"] == name, "site"]
    }
    return "+".join(sorted(found))


def _reason(case: Case, job: int, answer: str, sides: tuple[Side, Side], at_highest: Side) -> str:
    """Return what decides: the power a campus may have, the date, or the price."""
    one, several = sides
    loser = one if answer == "several" else several
    if loser.undone <= UNDONE:
        return "price"
    if answer == "several" and at_highest.undone <= several.undone + UNDONE:
        return "power ceiling"
    later = with_latest_deadline(case, job)
    if later is not None:
        side = solve_side(build_model(later), job, several=answer != "several")
        if side.undone <= UNDONE:
            return "date"
    return "power ceiling"


def with_latest_deadline(case: Case, job: int) -> Case | None:
    """Return the case with a job due at the end of the year; ``None`` if it is already."""
    jobs = case.tables["jobs"]
    if int(jobs.frame["deadline_month"].iloc[job]) == 12:
        return None
    frame = jobs.frame.copy()
    months = frame["deadline_month"].to_numpy(copy=True)
    months[job] = 12
    return _edited(case, "jobs", frame.assign(deadline_month=months))


def _cluster_power(case: Case) -> NDArray[np.float64]:
    """Return ``(S,)`` the power each cluster could have for accelerators; no other site any."""
    clusters = case.tables["sites"].frame["is_cluster"].to_numpy(dtype=bool)
    own = free_power_mw(case.tables) + buildable_mw(case.tables, case.derived.cooling)
    return np.where(clusters, own, 0.0)


def with_site_power(case: Case, ceiling_mw: float) -> Case:
    """Return the case with no cluster above a power for accelerators, existing and new.

    What the fleet takes stays. A ceiling above what the largest cluster has lets every cluster
    have so much, with the connection for it.
    """
    frame = case.tables["sites"].frame.copy()
    hardware, cooling = case.derived.hardware, case.derived.cooling
    own = _cluster_power(case)
    raised = ceiling_mw > own.max()
    fleet = (hardware.fleet * hardware.maximum_kw).sum(axis=1)
    free = free_power_mw(case.tables)
    clusters = frame["is_cluster"].to_numpy(dtype=bool)
    target = np.maximum(ceiling_mw if raised else np.minimum(own, ceiling_mw), fleet)
    below = clusters & (free > target)
    occupied = frame["occupied_it_mw"].to_numpy(dtype=float)
    meter = cooling.design_pue.max(axis=1) * (occupied + target)
    connected = frame["ceiling_mw"].to_numpy(dtype=float)
    limit = frame["build_limit_mw"].to_numpy(dtype=float)
    changed = {
        "ai_ready_it_mw": np.where(below, target, frame["ai_ready_it_mw"]),
        "under_construction_it_mw": np.where(below, 0.0, frame["under_construction_it_mw"]),
        "build_limit_mw": np.where(clusters, np.maximum(target - free, 0.0), limit),
        "ceiling_mw": np.where(clusters & raised, np.maximum(connected, meter), connected),
    }
    return _edited(case, "sites", frame.assign(**changed))


def _edited(case: Case, table: str, frame: pd.DataFrame) -> Case:
    """Return the case with one table replaced and everything derived anew."""
    tables = dict(case.tables)
    tables[table] = dataclasses.replace(tables[table], frame=frame)
    frozen = MappingProxyType(tables)
    return dataclasses.replace(case, tables=frozen, derived=derive(frozen, case.year))


def several_wins(case: Case, job: int) -> bool:
    """Return whether several campuses win, without more proof than that takes."""
    built = build_model(case)
    one = solve_side(built, job, several=False)
    if one.undone <= UNDONE:
        relaxed = dataclasses.replace(QUICK, relaxed=True)
        least = solve_side(built, job, several=True, options=relaxed)
        if least.undone > UNDONE or least.bound >= one.cost:
            return False
    several = solve_side(built, job, several=True, options=QUICK)
    if one.undone <= UNDONE and several.bound <= one.cost and one.bound <= several.cost:
        several = solve_side(built, job, several=True)  # too near to tell quickly
    return winner(one, several) == "several"


def break_even(case: Case, job: int, run_mw: float, highest_mw: float) -> float:
    """Return the least site power ceiling in MW at which one campus wins.

    NaN if several win at every ceiling tried, or one wins wherever it fits at all.

    Parameters
    ----------
    case, job
        The case and the row of the job.
    run_mw
        Nameplate power of the run: below it one campus cannot hold it.
    highest_mw
        Highest ceiling to try.
    """
    low, high = run_mw * (1.0 - WITHIN), highest_mw
    if several_wins(with_site_power(case, high), job):
        return float("nan")
    if not several_wins(with_site_power(case, low), job):
        return float("nan")
    while high - low > WITHIN * run_mw:
        middle = 0.5 * (low + high)
        if several_wins(with_site_power(case, middle), job):
            low = middle
        else:
            high = middle
    return high
