"""One derived number wrong at a time: the plan made with it is refused.

The number is changed in :class:`~optimizer.inputs.derive.Derived`, the model is built and solved
with it, and the verifier, which knows the raw tables only, must object by the right rule.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from optimizer.inputs.case import Case
from optimizer.inputs.policy_rows import PolicyRow
from optimizer.plan.verify import verify_plan
from optimizer.solve.options import SolveOptions
from tests.plan.solved_cases import SolvedCase, solve, solved_case


@dataclass(frozen=True, slots=True)
class Corruption:
    """A wrong number.

    Parameters
    ----------
    path
        Field of ``Derived``, with its parts.
    label
        What is wrong.
    change
        The wrong value from the right one.
    rules
        Rules that must object; empty where any may.
    """

    path: str
    label: str
    change: Callable[[Any], Any]
    rules: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the name of the corruption."""
        return f"{self.path}-{self.label}"


def replaced(part: Any, names: list[str], change: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - any part
    """Return a frozen part with one field changed."""
    old = getattr(part, names[0])
    new = replaced(old, names[1:], change) if len(names) > 1 else change(old)
    return dataclasses.replace(part, **{names[0]: new})


def corrupted(case: Case, corruption: Corruption) -> Case:
    """Return a case with one derived number wrong."""
    derived = replaced(case.derived, corruption.path.split("."), corruption.change)
    return dataclasses.replace(case, derived=derived)


def times(factor: float) -> Callable[[Any], Any]:
    """Return the change of a whole array by a factor."""
    return lambda array: array * factor


def filled(value: float) -> Callable[[Any], Any]:
    """Return the change of a whole array to one value."""
    return lambda array: np.full_like(array, value)


def rolled(axis: int) -> Callable[[Any], Any]:
    """Return the change of an array by one place along an axis."""
    return lambda array: np.roll(array, 1, axis=axis)


def policy(code: str, **fields: object) -> Callable[[Any], Any]:
    """Return the change of some fields of one policy row."""

    def change(rows: tuple[PolicyRow, ...]) -> tuple[PolicyRow, ...]:
        assert any(row.policy == code for row in rows)
        return tuple(
            dataclasses.replace(row, **fields) if row.policy == code else row  # type: ignore[arg-type]
            for row in rows
        )

    return change


def without_policy(code: str) -> Callable[[Any], Any]:
    """Return the change that forgets one policy row."""
    return lambda rows: tuple(row for row in rows if row.policy != code)


CORRUPTIONS = (
    Corruption("calendar.weight", "doubled", times(2.0), ("ledger it_gwh", "cost energy")),
    Corruption("calendar.month_share", "of the month before", rolled(1), ("load of a profile",)),
    Corruption("prices.energy", "fen for yuan", times(100.0), ("price in the hour", "cost energy")),
    Corruption("prices.energy", "an hour late", rolled(2), ("price in the hour", "cost energy")),
    Corruption("prices.energy", "a month late", rolled(1), ("price in the hour",)),
    Corruption("prices.energy", "of another site", rolled(0), ("price in the hour",)),
    Corruption("prices.demand", "of one month", times(1.0 / 12.0), ("cost demand_charge",)),
    Corruption("cooling.pue", "none", filled(1.0), ("meter in the hour", "ledger meter_gwh")),
    Corruption("cooling.pue", "of the month before", rolled(2), ("meter in the hour",)),
    Corruption("cooling.pue", "of another site", rolled(0), ("meter in the hour",)),
    Corruption("cooling.design_pue", "none", filled(1.0), ("design PUE", "cost demand_charge")),
    Corruption("cooling.annual_pue", "halved", times(0.5), ("policy pue_east activity",)),
    Corruption("cooling.allowed", "everything", filled(True), ("module allowed at the site",)),
    Corruption(
        "demand.requests", "a tenth", times(0.1), ("requests of a share", "work equals demand")
    ),
    Corruption("demand.requests", "of another region", rolled(0), ("requests of a share",)),
    Corruption(
        "demand.seconds", "halved", times(0.5), ("requests of accelerators", "work equals demand")
    ),
    Corruption("demand.profile_of", "all the first", filled(0), ("load of a profile",)),
    Corruption("demand.shape", "flat", filled(1.0), ()),
    Corruption("demand.peak_gbps", "bytes for bits", times(0.125), ("peak rate", "flow")),
    Corruption("demand.budget_ms", "for half the round trips", times(2.0), ()),
    Corruption("profiles.shape", "an hour late", rolled(2), ("IT load in the hour",)),
    Corruption(
        "profiles.shape",
        "flat",
        filled(1.0),
        ("accelerators in the hour", "load in a module", "IT load in the hour"),
    ),
    Corruption("hardware.maximum_kw", "halved", times(0.5), ("nameplate power",)),
    Corruption("hardware.idle_kw", "none", filled(0.0), ("load of a profile",)),
    Corruption("hardware.busy_kw", "halved", times(0.5), ("load of a profile", "power of runs")),
    Corruption("hardware.fleet", "two per cent more", times(1.02), ("fleet",)),
    Corruption("hardware.supply", "doubled", times(2.0), ("national supply",)),
    Corruption("hardware.yearly_cost", "halved", times(0.5), ("cost accelerators", "objective")),
    Corruption(
        "pools.pool_of",
        "one service forgotten",
        # The fourth service is chat.
        lambda pools: np.where(np.arange(len(pools)) == 3, -1, pools),
        ("load of a pool",),
    ),
    Corruption("pools.replica", "doubled", times(2.0), ("load of a pool",)),
    Corruption("pools.reserve_replica", "halved", times(0.5), ("replicas in reserve",)),
    Corruption("pools.operating", "halved", times(0.5), ("reserve of a pool",)),
    Corruption(
        "paths.links",
        "no links at all",
        lambda paths: tuple(tuple(() for _links in origin) for origin in paths),
        ("traffic is carried", "flow", "flow within capacity"),
    ),
    Corruption("routes.crosses", "nobody crosses", filled(0.0), ("traffic is carried",)),
    Corruption("gangs.gang", "a quarter more", times(1.25), ("duration", "given gang", "goodput")),
    Corruption("gangs.duration_days", "halved", times(0.5), ("duration",)),
    Corruption("gangs.goodput", "perfect", filled(1.0), ("goodput",)),
    Corruption(
        "gangs.start_month",
        "a month early",
        lambda months: months - 1,
        ("load of a profile",),
    ),
    Corruption(
        "gangs.month_share",
        "never active",
        filled(0.0),
        ("accelerators in the hour", "load of a profile"),
    ),
    Corruption(
        "gangs.accelerator",
        "another one",
        # The first two options are those of the first job.
        lambda cards: np.where(np.arange(len(cards)) < 2, 1 - cards, cards),
        ("job runs on the accelerator", "duration"),
    ),
    Corruption("rtt_p99_ms", "one way only", times(0.5), ("round trip",)),
    Corruption("reach", "everybody", filled(1.0), ("share within reach",)),
    Corruption("protection.budget_ms", "doubled", times(2.0), ("network budget in a failure",)),
    Corruption("protection.given", "halved", times(0.5), ("protected share",)),
    Corruption("protection.reach", "everybody", filled(1.0), ("share within reach in a failure",)),
    Corruption(
        "protection.state_of", "of another site", rolled(0), ("backup outside the failed grid",)
    ),
    Corruption("module_cost", "a tenth", times(0.1), ("cost build", "objective")),
    Corruption("upgrade_cost", "a tenth", times(0.1), ("cost network_upgrade", "objective")),
    Corruption("location_factor", "halved", times(0.5), ("ledger location_kt", "cost carbon")),
    Corruption("residual_factor", "halved", times(0.5), ("ledger market_kt",)),
    Corruption("green_share", "of another site", rolled(0), ("ledger physical_green_share",)),
    Corruption("policies", "a lower share", policy("green_80", value=0.5), ("policy green_80",)),
    Corruption(
        "policies",
        "soft for hard",
        policy("green_80", hard=False, penalty=0.0),
        ("policy green_80",),
    ),
    Corruption(
        "policies",
        "another ledger",
        policy("carbon_price", ledger="market"),
        ("cost carbon", "objective"),
    ),
    Corruption(
        "policies",
        "a lower penalty",
        policy("west_share", penalty=0.005),
        ("cost policy_penalties",),
    ),
    Corruption(
        "policies",
        "other sites",
        policy("west_share", sites=np.array([True, False, False])),
        ("policy west_share activity",),
    ),
    Corruption(
        "policies",
        "forgotten",
        without_policy("green_80"),
        ("policy green_80", "policy green_80 is written"),
    ),
)

# Corrupted where users are held back: test_release_plans.
OF_RELEASE = {f"tiers.{name}" for name in ("service", "tier", "share", "value")} | {
    "tiers.minimum",
    "tiers.tolerance",
}
# Not part of any row, cost or result: the calendar's months give prices and temperatures before,
# lengths and round trips of paths give reach before; jobs and names only name rows; the range of
# loads of pools is where their lines are compared with Erlang's formula before the solve.
NOT_IN_THE_MODEL = {
    "calendar.month",
    "paths.fibre_km",
    "paths.rtt_p99_ms",
    "gangs.job",
    "pools.load_range",
    "routes.alternatives.fibre_km",
    "routes.protection.longer_km",
    # Wrong ends forbid detours and allow none; in a plan they are found: broken.
    "routes.alternatives.origin",
    "routes.alternatives.site",
    # Corrupted where they act: test_several_paths.
    "routes.alternatives.number",
    "routes.alternatives.admissible",
    "routes.protection.protected",
}

# Those of runs over several sites have a case of their own: test_split_runs.
SPLITS = "splits."
# So have those of supply by the hour, every one of which is corrupted in test_corrupted_hours.
OF_HOURS = ("supply.", "prices.metered", "demand.flexible_share")


@pytest.fixture(scope="module")
def relaxed() -> SolvedCase:
    return solved_case("every_block", relaxed=True)


def test_the_right_numbers_pass(relaxed: SolvedCase) -> None:
    assert verify_plan(relaxed.case, relaxed.plan).violations == ()


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda corruption: corruption.name)
def test_a_wrong_number_is_found(relaxed: SolvedCase, corruption: Corruption) -> None:
    wrong = solve(corrupted(relaxed.case, corruption), SolveOptions(relaxed=True))
    violations = verify_plan(wrong.case, wrong.plan).violations
    assert violations
    assert set(corruption.rules) <= {violation.rule for violation in violations}


def arrays(part: object, above: str = "") -> list[str]:
    """Return the path of every array below a frozen part."""
    found = []
    for field in dataclasses.fields(part):  # type: ignore[arg-type]
        value = getattr(part, field.name)
        if isinstance(value, np.ndarray):
            found.append(above + field.name)
        elif dataclasses.is_dataclass(value):
            found += arrays(value, f"{above}{field.name}.")
    return found


def test_every_derived_array_is_corrupted_once(relaxed: SolvedCase) -> None:
    corrupted_paths = {corruption.path for corruption in CORRUPTIONS}
    apart = (SPLITS, *OF_HOURS)
    found = {path for path in arrays(relaxed.case.derived) if not path.startswith(apart)}
    assert found - NOT_IN_THE_MODEL <= corrupted_paths | OF_RELEASE
