"""Scenarios run on the case they are meant for, with what was expected beside what happened.

The case without a scenario is solved once and shared. A scenario that fails stops no other: what
it said stands in its place. LP relaxations are quick and exact enough for directions; they are no
plans, so they are compared and nothing is written. Plans are verified and kept as runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from optimizer.analysis.figures import Figures, Outcome, figures_of, outcome
from optimizer.errors import EastwestError, UsageError
from optimizer.inputs.case import Case, read_case
from optimizer.inputs.expectation import Expectation
from optimizer.inputs.scenario import Scenario, read_scenario
from optimizer.labels import Text
from optimizer.model.build import build_model
from optimizer.plan.plan import make_plan
from optimizer.plan.run import Run
from optimizer.plan.store import inputs_sha256, is_run, read_run, refuse_existing, run_hash
from optimizer.plan.verify import require_verified, verify_plan
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.study.runner import code_and_libraries, recorded_options, run_case
from optimizer.tables.pack import shipped_scenarios

BASE = "base"
"""Name of the case without a scenario in expectations."""


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """What came of one scenario.

    Parameters
    ----------
    scenario
        Its file.
    figures
        Figures of its plan, or ``None`` if there is none.
    outcomes
        Each expectation beside what happened.
    verified
        Whether the plan was recomputed from the raw tables; an LP relaxation is no plan.
    failure
        Why there is no plan; ``None`` if there is one.
    inputs_sha256
        Fingerprint of the case with the scenario; empty if it could not be read.
    """

    scenario: Scenario
    figures: Figures | None
    outcomes: tuple[Outcome, ...]
    verified: bool
    failure: Text | None
    inputs_sha256: str

    @property
    def holds(self) -> bool:
        """Whether there is a plan and every expectation holds."""
        return self.figures is not None and all(o.verdict == "holds" for o in self.outcomes)


def solved_figures(
    case: str,
    scenarios: Sequence[str],
    options: SolveOptions,
    keep: Callable[[Run], None],
    stored: Callable[[str], Path] | None = None,
    *,
    replaces: bool = False,
) -> Figures:
    """Solve a case with scenarios and return the figures of its plan.

    Parameters
    ----------
    case, scenarios
        As in :func:`optimizer.inputs.case.read_case`.
    options
        How to solve it; ``relaxed`` solves the LP relaxation only.
    keep
        Called with the verified run; never for a relaxation nor for a run that is there.
    stored
        Gives the folder where the run of a case of this name is kept. A run there that has the
        same inputs, code and options is taken instead of solving again.
    replaces
        Whether another run may be there that ``keep`` replaces. Otherwise it is refused before
        anything is solved.
    """
    read = read_case(case, scenarios)
    if not options.relaxed:
        found = None
        if stored is not None:
            folder = stored(read.name)
            found = _stored(read, options, folder)
            if found is None:
                refuse_existing(folder, replace=replaces)
        if found is None:
            found = run_case(read, options, compares=False).run
            keep(found)
        return figures_of(found.case, found.plan)
    model, _ = build_model(read)
    solution = solve_model(model, options).solution
    if not solution.status.has_plan:
        raise UsageError(
            Text(
                "the LP relaxation of {case} has no solution ({status}); plan it to see why",
                "{case} 的线性松弛无解（{status}）；请用 plan 求解以查看原因",
            ).filled(case=read.name, status=solution.status.value)
        )
    return figures_of(read, make_plan(read, solution))


def _stored(case: Case, options: SolveOptions, folder: Path) -> Run | None:
    """Return the run of the same inputs, code and options in a folder, verified again."""
    if not is_run(folder):
        return None
    found = read_run(folder)
    recorded = {**recorded_options(options), "compares": 0}
    if found.record["hash"] != run_hash(case, code_and_libraries(), recorded):
        return None
    require_verified(verify_plan(found.case, found.plan))
    return found


def run_scenarios(
    names: Iterable[str],
    options: SolveOptions,
    keep: Callable[[Run], None],
    case: str = "",
    stored: Callable[[str], Path] | None = None,
    *,
    replaces: bool = False,
) -> Iterator[ScenarioResult]:
    """Run scenarios one by one and say whether what was expected happened.

    Parameters
    ----------
    names
        Shipped names or paths; all shipped ones if empty.
    options
        How to solve.
    keep
        Called with each verified run, also with that of the base.
    case
        Case to run on instead of the one each file names.
    stored, replaces
        As in :func:`solved_figures`.

    Yields
    ------
    ScenarioResult
        In the order of the names.
    """
    known: dict[tuple[str, str], Figures] = {}

    def figures(on: str, name: str) -> Figures:
        if (on, name) not in known:
            known[on, name] = solved_figures(
                on, () if name == BASE else (name,), options, keep, stored, replaces=replaces
            )
        return known[on, name]

    for scenario, name in [(read_scenario(name), name) for name in names or shipped_scenarios()]:
        on = case or scenario.content.base
        found: Figures | None = None
        outcomes: list[Outcome] = []
        failure: Text | None = None
        fingerprint = ""
        try:
            fingerprint = inputs_sha256(read_case(on, (name,)))
            # What it is compared with comes first: it is shared, and may be there already.
            others = [figures(on, _other(each, name)) for each in scenario.content.expects]
            found = figures(on, name)
            outcomes = [
                outcome(expectation, other, found)
                for expectation, other in zip(scenario.content.expects, others, strict=True)
            ]
        except EastwestError as error:
            failure = Text(error.render("en"), error.render("zh"))
        verified = found is not None and not options.relaxed
        yield ScenarioResult(scenario, found, tuple(outcomes), verified, failure, fingerprint)


def _other(expectation: Expectation, name: str) -> str:
    """Return the scenario compared with: shipped, or beside the file that names it."""
    other = expectation.against
    if other == BASE or other in shipped_scenarios():
        return other
    return name.replace(read_scenario(name).content.name, other) if "/" in name else other
