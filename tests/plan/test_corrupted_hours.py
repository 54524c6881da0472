"""One derived number of supply by the hour wrong at a time: the plan made with it is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimizer.inputs.case import Case
from optimizer.plan.verify import verify_plan
from optimizer.solve.options import SolveOptions
from tests.plan.solved_cases import SolvedCase, cell, edited_case, solve, solved_case
from tests.plan.test_corrupted_numbers import (
    OF_HOURS,
    Corruption,
    arrays,
    corrupted,
    filled,
    rolled,
    times,
)

# Entries of the offers of generation, of their lines and of the claims.
ROOF = 3
OFFERS = ["coast_wind", "plain_solar", "plain_wind", "roof"]
LINES = ("coast", "plain", "roof")
# Row of the certificate of an earlier year.
EXPIRED = 7


def ordered(*order: int) -> Any:  # noqa: ANN401 - the change of any array
    """Return the change of an array to its entries in another order."""
    return lambda array: array[list(order)]


def one(entry: int, value: float) -> Any:  # noqa: ANN401 - the change of any array
    """Return the change of one entry of an array."""

    def change(array: Any) -> Any:  # noqa: ANN401 - any array
        assert (array[entry] != value).any()
        wrong = array.copy()
        wrong[entry] = value
        return wrong

    return change


GENERATION = (
    Corruption(
        "supply.generation.contract",
        "wind and sun exchanged",
        ordered(0, 2, 1, 3),
        ("generation within the offer", "output within generation"),
    ),
    Corruption(
        "supply.generation.line",
        "the plain's wind on the line to the coast",
        lambda lines: np.array([0, 1, 0, 2], dtype=lines.dtype),
        ("output within generation",),
    ),
    Corruption(
        "supply.generation.capacity_mw",
        "doubled",
        times(2.0),
        ("generation within the offer",),
    ),
    Corruption(
        "supply.generation.yearly_cost", "halved", times(0.5), ("cost generation", "objective")
    ),
    Corruption("supply.generation.price", "nothing", filled(0.0), ("cost own_power", "objective")),
    Corruption(
        "supply.generation.export_price", "doubled", times(2.0), ("cost exports", "objective")
    ),
    Corruption(
        "supply.generation.export_price",
        "sold from the roof too",
        one(ROOF, 0.9),
        ("export is allowed",),
    ),
    Corruption(
        "supply.generation.factor", "an hour late", rolled(2), ("output within generation",)
    ),
    Corruption(
        "supply.generation.factor",
        "of the month before",
        rolled(1),
        ("output within generation", "available energy"),
    ),
    Corruption(
        "supply.generation.factor", "of another offer", rolled(0), ("output within generation",)
    ),
    Corruption(
        "supply.generation.line_site",
        "lines at other sites",
        rolled(0),
        ("line is offered",),
    ),
    Corruption(
        "supply.generation.line_is_direct",
        "none direct",
        filled(False),
        ("kind of the line",),
    ),
)

BATTERIES = (
    Corruption(
        "supply.batteries.site",
        "exchanged",
        rolled(0),
        ("import is not negative", "objective"),
    ),
    Corruption("supply.batteries.power_mw", "doubled", times(2.0), ("battery power",)),
    Corruption("supply.batteries.energy_mwh", "doubled", times(2.0), ("battery energy",)),
    Corruption("supply.batteries.power_cost", "halved", times(0.5), ("cost batteries",)),
    Corruption("supply.batteries.energy_cost", "halved", times(0.5), ("cost batteries",)),
    Corruption("supply.batteries.charge_efficiency", "perfect", filled(1.0), ("state of charge",)),
    Corruption(
        "supply.batteries.discharge_efficiency", "perfect", filled(1.0), ("state of charge",)
    ),
)

CLAIMS = (
    Corruption("supply.claims", "an expired one", one(0, EXPIRED), ("contract is offered",)),
    Corruption(
        "supply.claim_shape",
        "of another claim",
        rolled(0),
        ("ledger matched_gwh", "policy green_hourly activity"),
    ),
    Corruption(
        "supply.claim_shape",
        "doubled",
        times(2.0),
        ("ledger matched_gwh", "policy green_hourly activity", "policy green_hourly"),
    ),
)

WORK = (
    Corruption(
        "demand.flexible_share",
        "doubled",
        times(2.0),
        ("load moved out of a module", "load moved out of the site"),
    ),
    Corruption(
        "prices.metered",
        "of a year",
        times(12.0),
        ("charge of the peak", "cost demand_charge"),
    ),
    Corruption("prices.metered", "of another site", rolled(0), ("charge of the peak",)),
)

CORRUPTIONS = (*GENERATION, *BATTERIES, *CLAIMS, *WORK)

# Both winds are called alike here, so that either site offers one.
SITES_EXCHANGED = Corruption(
    "supply.generation.site",
    "of another offer",
    ordered(0, 2, 1, 3),
    ("output within generation",),
)


@pytest.fixture(scope="module")
def by_hour() -> SolvedCase:
    return solved_case("hours", relaxed=True)


def rules_of(case: Case, corruption: Corruption) -> set[str]:
    """Return the rules that a plan made with a wrong number breaks."""
    wrong = solve(corrupted(case, corruption), SolveOptions(relaxed=True))
    return {violation.rule for violation in verify_plan(wrong.case, wrong.plan).violations}


def test_the_right_numbers_pass(by_hour: SolvedCase) -> None:
    assert verify_plan(by_hour.case, by_hour.plan).violations == ()


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda corruption: corruption.name)
def test_a_wrong_number_is_found(by_hour: SolvedCase, corruption: Corruption) -> None:
    assert set(corruption.rules) <= rules_of(by_hour.case, corruption)


def test_generation_at_another_site_is_found() -> None:
    case = edited_case(
        "hours", cell("green_contracts", "contract", "plain_wind", contract="coast_wind")
    )
    assert case.derived.supply.generation.site.tolist() == [2, 0, 2, 0]
    right = solve(case, SolveOptions(relaxed=True))
    assert verify_plan(right.case, right.plan).violations == ()
    assert set(SITES_EXCHANGED.rules) <= rules_of(case, SITES_EXCHANGED)


def test_every_array_of_hours_is_corrupted_once(by_hour: SolvedCase) -> None:
    found = {path for path in arrays(by_hour.case.derived) if path.startswith(OF_HOURS)}
    assert found == {corruption.path for corruption in (*CORRUPTIONS, SITES_EXCHANGED)}
    assert found > set(OF_HOURS[1:])


def test_the_rows_are_those_meant(by_hour: SolvedCase) -> None:
    contracts = by_hour.case.tables["green_contracts"].frame["contract"]
    supply = by_hour.case.derived.supply
    assert contracts.iloc[supply.generation.contract].tolist() == OFFERS
    assert supply.generation.line_names == LINES
    assert np.isnan(supply.generation.export_price[ROOF])
    assert contracts.iloc[EXPIRED] == "old_certificate"
    assert EXPIRED not in supply.claims
    assert contracts.iloc[supply.claims[0]] == "certificate"
