"""What the builds of one scenario cost where another one comes true.

Every scenario is planned for itself. Then the modules of each plan are held under every other
scenario, all else decided anew: placement, accelerators, links, contracts. With ``c[a,b]`` the
least cost of scenario ``b`` with the modules of ``a``,

``regret[a,b] = c[a,b] - c[b,b]``   million yuan a year, where the same work is done.

Found within gaps, ``c[a,b]`` may come out below ``c[b,b]``: then ``b`` takes over the modules of
``a``, which are proved to be no worse, so no regret is negative and a scenario's own is zero.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from optimizer.analysis.regret_table import COST_COLUMNS, NUMBERS, regrets
from optimizer.errors import UsageError, VerificationError
from optimizer.inputs.assemble import assemble, case_folder
from optimizer.inputs.case import Case, checked_case
from optimizer.inputs.scenario import apply_scenarios, read_scenario
from optimizer.labels import Text
from optimizer.model.assembly import LinearModel
from optimizer.model.build import build_model
from optimizer.plan.plan import Plan, make_plan
from optimizer.plan.verify import require_verified, verify_plan
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.solve.stage import Solved

BASE: Final = "base"
"""Name of the case without a scenario."""

Builds = Mapping[tuple[str, str], float]
"""Modules ordered by site and module."""


class Future(NamedTuple):
    """One scenario: its case, model, and the modules of its own plan."""

    name: str
    case: Case
    model: LinearModel
    builds: Builds


@dataclasses.dataclass(frozen=True, slots=True)
class Regret:
    """What comes of every plan's modules in every scenario.

    Parameters
    ----------
    case
        Name of the case.
    options
        How everything was solved.
    table
        Rows of :data:`optimizer.analysis.regret_table.REGRET_COLUMNS`.
    builds
        ``site``, ``module``, and the modules ordered in each scenario in a column of its name.
    """

    case: str
    options: SolveOptions
    table: pd.DataFrame
    builds: pd.DataFrame


def regret(
    case: str | Path,
    scenarios: Sequence[str | Path],
    options: SolveOptions | None = None,
    *,
    told: Callable[[str, str], None] | None = None,
) -> Regret:
    """Return the regret of every scenario's modules under every other scenario.

    Parameters
    ----------
    case
        A shipped case or a folder.
    scenarios
        Shipped scenarios or files, each applied alone; the case without any comes first.
    options
        How to solve; the defaults of the command if left out.
    told
        Called with the names of builds and scenario before each solve.

    Returns
    -------
    Regret
        The table and the builds.

    Raises
    ------
    UsageError
        If a scenario has no plan, the case has several periods, or two names agree.
    VerificationError
        If the independent recomputation contradicts the plan of a scenario.

    Examples
    --------
    >>> found = regret("tiny", [])
    >>> found.table["regret_million_yuan"].tolist()
    [0.0]
    """
    how = options or SolveOptions()
    futures = [_planned(name, item, how, told) for name, item in _cases(case, scenarios)]
    records = [
        _evaluated(builds_of, future, how, told) for builds_of in futures for future in futures
    ]
    table = regrets(pd.DataFrame(records, columns=list(COST_COLUMNS)))
    own = {future.name: future.builds for future in futures}
    taken = table.drop_duplicates("builds_of").set_index("builds_of")["taken_from"]
    builds = {name: own[taken[name] or name] for name in own}
    frame = pd.DataFrame(
        [
            {"site": site, "module": module}
            | {name: counts.get((site, module), 0.0) for name, counts in builds.items()}
            for site, module in sorted({key for counts in builds.values() for key in counts})
        ],
        columns=["site", "module", *builds],
    )
    return Regret(str(futures[0].case.name), how, table, frame)


def _cases(case: str | Path, scenarios: Sequence[str | Path]) -> list[tuple[str, Case]]:
    """Return the case and its scenarios by name."""
    assembled = assemble(case_folder(case))
    found = [(BASE, checked_case(assembled))]
    if found[0][1].later:
        raise UsageError(
            Text(
                "regret needs a case of one period; {case} has several",
                "后悔值分析只适用于单一规划期的算例；{case} 有多个规划期",
            ).filled(case=assembled.name)
        )
    for item in scenarios:
        scenario = read_scenario(item)
        name = scenario.content.name
        if name in dict(found):
            raise UsageError(Text("{name} is given twice", "{name} 重复给出").filled(name=name))
        found.append((name, checked_case(apply_scenarios(assembled, [scenario]))))
    return found


def _planned(
    name: str, case: Case, options: SolveOptions, told: Callable[[str, str], None] | None
) -> Future:
    """Return a scenario with the modules of its own plan."""
    if told is not None:
        told(name, name)
    model = build_model(case)[0]
    solved = solve_model(model, options)
    if not solved.solution.status.has_plan:
        raise UsageError(
            Text(
                "no plan was found for {name} ({status}); leave it out or allow more time",
                "{name} 未找到方案（{status}）；请去掉该情景或放宽时间",
            ).filled(name=name, status=solved.solution.status.value)
        )
    assert solved.values is not None
    built = model.columns["built"]
    keys = _keys(case, model)
    builds = dict(zip(keys, solved.values[built.slice].tolist(), strict=True))
    return Future(name, case, model, {key: count for key, count in builds.items() if count > 0.0})


def _keys(case: Case, model: LinearModel) -> list[tuple[str, str]]:
    """Return site and module of every column of modules ordered."""
    built = model.columns["built"]
    sites = case.tables["sites"].frame["site"].to_numpy(dtype=object)
    modules = case.tables["modules"].frame["module"].to_numpy(dtype=object)
    return list(zip(sites[built.index["site"]], modules[built.index["module"]], strict=True))


def _evaluated(
    builds_of: Future,
    future: Future,
    options: SolveOptions,
    told: Callable[[str, str], None] | None,
) -> dict[str, object]:
    """Return what comes of the modules of one scenario in another."""
    if told is not None:
        told(builds_of.name, future.name)
    record: dict[str, object] = {"builds_of": builds_of.name, "scenario": future.name}
    nothing = dict.fromkeys(NUMBERS, np.nan)
    keys = _keys(future.case, future.model)
    unknown = set(builds_of.builds) - set(keys)
    if unknown:
        # A module that the scenario does not offer cannot stand there.
        return record | nothing | {"status": "not offered", "verified": False}
    solved = _with_builds(future, keys, builds_of.builds, options)
    status = solved.solution.status
    if not status.has_plan:
        return record | nothing | {"status": status.value, "verified": False}
    plan = make_plan(future.case, solved.solution)
    try:
        require_verified(verify_plan(future.case, plan))
    except VerificationError:
        return record | nothing | {"status": "not verified", "verified": False}
    return record | _row(solved, plan) | {"status": status.value, "verified": True}


def _row(solved: Solved, plan: Plan) -> dict[str, object]:
    return {
        "cost_million_yuan": plan.objective_million_yuan,
        "bound_million_yuan": plan.bound_million_yuan,
        "location_cost_million_yuan": plan.location_cost,
        "undone_million_yuan": solved.solution.unserved_value,
        "relaxed": plan.relaxed,
    }


def _with_builds(
    future: Future, keys: list[tuple[str, str]], builds: Builds, options: SolveOptions
) -> Solved:
    """Return a scenario's plan of least cost with given modules."""
    model = future.model
    built = model.columns["built"]
    lower, upper = model.lower.copy(), model.upper.copy()
    counts = [builds.get(key, 0.0) for key in keys]
    lower[built.slice] = upper[built.slice] = counts
    return solve_model(dataclasses.replace(model, lower=lower, upper=upper), options)
