"""Figures of runs side by side, and whether a difference can be told from the gaps.

A plan proved within a gap may lie above the best one by that gap. Two costs are told apart if
they differ by more than both gaps together. Other figures have no bound of their own: they are
told apart if they differ, as a part of the first, by more than both gaps relative to the
location-dependent cost. An LP relaxation has no gap; its figures are told apart to 1e-6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from optimizer.analysis.horizon import horizon_metrics
from optimizer.analysis.metrics import metrics
from optimizer.inputs.case import Case
from optimizer.inputs.expectation import FIGURES, Expectation, Figure
from optimizer.plan.plan import Plan, last_period

RELATIVE_FLOOR: Final = 1e-6
"""Differences below this part of a figure are rounding of the solver."""

MONEY: Final[tuple[Figure, ...]] = (
    "total_cost",
    "location_cost",
    "accelerator_cost",
    "energy_cost",
    "build_cost",
    "network_cost",
    "contract_cost",
    "unserved_value",
)
"""Figures in million yuan, told apart by the gaps in yuan."""

LEDGERS: Final[tuple[Figure, ...]] = ("location_kt", "market_kt", "hourly_kt")


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one plan.

    Parameters
    ----------
    name
        Case and scenarios.
    values
        Figures of the whole plan.
    of_sites
        Figures of each site, by figure and site.
    gap
        Proved gap, million yuan a year.
    gap_location
        The same relative to the location-dependent cost.
    """

    name: str
    values: Mapping[Figure, float]
    of_sites: Mapping[Figure, Mapping[str, float]]
    gap: float
    gap_location: float

    def value(self, figure: Figure, site: str = "") -> float:
        """Return one figure, of one site if a site is named."""
        return self.of_sites[figure].get(site, 0.0) if site else self.values[figure]


def figures_of(case: Case, plan: Plan) -> Figures:
    """Return the figures of a plan of a case.

    Of several periods, money is discounted to the first year, energy, emissions and work left
    undone are of all years together, and sites and power are those of the last period.
    """
    key = horizon_metrics(case, plan) if case.later else metrics(case, plan)
    of_years = [
        (each, plan.of_period(each.year) if case.later else plan, each.period.years)
        for each in case.periods
    ]
    last_plan = last_period(case, plan)[1]
    undone = [
        years * float(part.tables[name]["value_million_yuan"].sum())
        for _, part, years in of_years
        for name in ("unserved", "unplaced")
    ]
    computed: dict[Figure, float] = {
        "contract_cost": plan.cost("green_contracts"),
        "unserved_value": sum(undone),
        "accelerators_bought": sum(
            float(part.tables["accelerators"]["bought"].sum()) for _, part, _ in of_years
        ),
        "new_it_mw": float(last_plan.tables["sites"]["new_it_mw"].sum()),
    }
    for ledger in LEDGERS:
        computed[ledger] = sum(
            years * float(part.tables["ledgers"][ledger].sum()) for _, part, years in of_years
        )
    values: dict[Figure, float] = {
        name: computed[name] if name in computed else float(getattr(key, name)) for name in FIGURES
    }
    of_sites: dict[Figure, Mapping[str, float]] = {
        "new_it_mw": _by_site(last_plan, "sites", "new_it_mw"),
        "it_gwh": _by_site(last_plan, "ledgers", "it_gwh"),
        **{ledger: _by_site(last_plan, "ledgers", ledger) for ledger in LEDGERS},
    }
    return Figures(case.name, values, of_sites, key.gap, key.gap_location)


def _by_site(plan: Plan, table: str, column: str) -> dict[str, float]:
    sums = plan.tables[table].groupby("site")[column].sum()
    return {str(site): float(value) for site, value in sums.items()}


def margin(figure: Figure, before: float, after: float, runs: tuple[Figures, Figures]) -> float:
    """Return the difference below which two values cannot be told apart."""
    first, second = runs
    size = max(abs(before), abs(after))
    floor = RELATIVE_FLOOR * size
    if figure in MONEY:
        return max(floor, first.gap + second.gap)
    return max(floor, (first.gap_location + second.gap_location) * size)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to a figure beside what was expected.

    Parameters
    ----------
    expectation
        What was expected.
    before, after
        The figure in the run compared with and in the run of the scenario.
    margin
        Difference below which the two cannot be told apart.
    verdict
        ``holds``, ``fails`` or ``not distinguishable``.
    """

    expectation: Expectation
    before: float
    after: float
    margin: float
    verdict: str


def outcome(expectation: Expectation, base: Figures, found: Figures) -> Outcome:
    """Return whether an expectation holds between two runs."""
    before = base.value(expectation.figure, expectation.site)
    after = found.value(expectation.figure, expectation.site)
    unclear = margin(expectation.figure, before, after, (base, found))
    change = after - before
    if expectation.direction == "about":
        assert expectation.within is not None
        verdict = _verdict(abs(change) <= max(unclear, expectation.within * abs(before)))
    elif expectation.direction in _LOOSE:
        verdict = _verdict(_LOOSE[expectation.direction](change, unclear))
    elif abs(change) <= unclear:
        # With nothing left open, a figure that does not move is known not to move.
        proved = base.gap_location + found.gap_location <= RELATIVE_FLOOR
        verdict = "fails" if proved else "not distinguishable"
    else:
        verdict = _verdict((change > 0.0) == (expectation.direction == "rises"))
    return Outcome(expectation, before, after, unclear, verdict)


_LOOSE: Final[dict[str, Callable[[float, float], bool]]] = {
    "not_lower": lambda change, unclear: change >= -unclear,
    "not_higher": lambda change, unclear: change <= unclear,
    "unchanged": lambda change, unclear: abs(change) <= unclear,
}


def _verdict(holds: bool) -> str:
    return "holds" if holds else "fails"
