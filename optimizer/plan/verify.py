"""The plan checked line by line against the raw tables.

Every row of the formulation and every yuan is recomputed by plain loops over
:class:`~optimizer.plan.recompute.Recomputed`, in every hour, without the model. A plan that
fails is not written as a result.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from optimizer.errors import VerificationError
from optimizer.inputs.case import Case
from optimizer.labels import Text
from optimizer.plan.plan import Plan
from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_balance import Balance, balance_of
from optimizer.plan.verify_hours import check_hours
from optimizer.plan.verify_money import check_money
from optimizer.plan.verify_objectives import check_objectives, check_stated
from optimizer.plan.verify_periods import (
    Horizon,
    check_assets,
    check_periods_shape,
    check_stays,
    horizon_of,
    of_year,
)
from optimizer.plan.verify_power import check_power
from optimizer.plan.verify_queueing import check_queueing
from optimizer.plan.verify_release import check_release
from optimizer.plan.verify_reliability import check_reliability
from optimizer.plan.verify_rules import check_rules
from optimizer.plan.verify_shape import check_shape
from optimizer.plan.verify_shifts import check_shifts
from optimizer.plan.verify_sites import check_sites
from optimizer.plan.verify_split import check_split
from optimizer.plan.verify_supply import check_supply
from optimizer.plan.verify_work import check_work
from optimizer.plan.verify_written import Written, written
from optimizer.plan.violation import Checker, Violation
from optimizer.tables.frames import TypedTable


@dataclass(frozen=True, slots=True)
class Verification:
    """Result of a verification.

    Parameters
    ----------
    checks
        Number of comparisons made.
    violations
        Those that failed.
    cost_million_yuan
        Yearly cost recomputed from the tables; NaN if they have not their form.
    largest_residual
        Largest relative excess of any comparison, also of those within tolerance.
    """

    checks: int
    violations: tuple[Violation, ...]
    cost_million_yuan: float
    largest_residual: float

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not self.violations


def verify_plan(case: Case, plan: Plan) -> Verification:
    """Return the verification of a plan against the raw tables of its case.

    Parameters
    ----------
    case
        The case; only its raw tables and its year are used.
    plan
        The plan.
    """
    return verify_tables(case.whole_tables, case.year, plan)


def verify_tables(tables: Mapping[str, TypedTable], year: int, plan: Plan) -> Verification:
    """Return the verification of a plan against raw tables, of all periods that they have."""
    checker = Checker()
    horizon = horizon_of(tables)
    if len(horizon.years) == 1:
        facts, whole = Recomputed(tables, year), written(plan)
        cost = math.nan
        if check_shape(checker, facts, whole):
            cost, balance = _check(checker, facts, whole)
            check_objectives(checker, facts, whole, balance)
    else:
        cost = _check_periods(checker, tables, horizon, plan)
    return Verification(
        checks=checker.count,
        violations=tuple(checker.violations),
        cost_million_yuan=cost,
        largest_residual=checker.largest,
    )


def _check_periods(
    checker: Checker, tables: Mapping[str, TypedTable], horizon: Horizon, plan: Plan
) -> float:
    """Check each period, then what holds between them; return the total cost recomputed."""
    all_facts = {year: Recomputed(tables, year) for year in horizon.years}
    whole = written(plan)
    if not check_periods_shape(checker, all_facts, whole):
        return math.nan
    periods = {year: of_year(whole, year) for year in horizon.years}
    shaped = True
    for year, facts in all_facts.items():
        checker.prefix = f"{year}|"
        shaped &= check_shape(checker, facts, periods[year])
        checker.prefix = ""
    if not shaped:
        return math.nan
    periods = check_assets(checker, horizon, all_facts, whole, periods)
    total, parts = 0.0, []
    for year, facts in all_facts.items():
        checker.prefix = f"{year}|"
        cost, balance = _check(checker, facts, periods[year])
        checker.prefix = ""
        total += horizon.weight(year) * cost
        parts.append((horizon.weight(year), facts, periods[year], balance))
    check_stays(checker, horizon, periods)
    check_stated(checker, plan.objectives, parts)
    unit = "million yuan"
    checker.equal("objective", "all periods", plan.objective_million_yuan, total, unit)
    checker.at_most("bound", "all periods", plan.bound_million_yuan, total, unit)
    weights = {year: horizon.weight(year) for year in horizon.years}
    checker.holds("periods of the plan", "all periods", fact=set(plan.weights) == set(weights))
    for year in set(weights) & set(plan.weights):
        checker.equal("weight of a period", str(year), plan.weights[year], weights[year], "1")
    return total


def _check(checker: Checker, facts: Recomputed, plan: Written) -> tuple[float, Balance]:
    """Check one period whose tables have their form; return its cost and energy balance."""
    balance = balance_of(facts, plan)
    check_work(checker, facts, plan)
    check_release(checker, facts, plan)
    check_queueing(checker, facts, plan)
    check_split(checker, facts, plan)
    check_reliability(checker, facts, plan)
    check_power(checker, facts, plan, balance)
    check_supply(checker, facts, plan)
    check_shifts(checker, facts, plan)
    check_hours(checker, facts, plan, balance)
    check_rules(checker, facts, plan, balance)
    check_sites(checker, facts, plan)
    return check_money(checker, facts, plan, balance), balance


def require_verified(verification: Verification) -> None:
    """Raise if a verification failed.

    Raises
    ------
    VerificationError
        With the first violations, so that the fault can be found.
    """
    if verification.passed:
        return
    shown = list(_lines(verification.violations[:20]))
    raise VerificationError(
        Text(
            "the plan failed {n} of {m} checks and is not written:\n{lines}",
            "方案未通过 {m} 项核验中的 {n} 项，未写出：\n{lines}",
        ).filled(n=len(verification.violations), m=verification.checks, lines="\n".join(shown))
    )


def _lines(violations: tuple[Violation, ...]) -> Iterator[str]:
    for violation in violations:
        yield (
            f"  {violation.rule} {violation.place}: {violation.left:.9g} {violation.sense} "
            f"{violation.right:.9g} {violation.unit}"
        )
