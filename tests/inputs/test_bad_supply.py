"""Faults of generation, lines and work that may move are named at their place."""

from __future__ import annotations

import pytest

from optimizer.errors import Fault, InputError
from tests.hour_case import add_generation, set_factors, steady_case
from tests.inputs.small_case import SmallCase


def offered(**cells: object) -> SmallCase:
    case = steady_case()
    set_factors(case, [0.5] * 24)
    add_generation(case, capacity_mw=5)
    case.set("green_contracts", {"contract": "roof"}, **cells)
    return case


def faults(case: SmallCase) -> tuple[Fault, ...]:
    with pytest.raises(InputError) as caught:
        case.case()
    return caught.value.faults


@pytest.mark.parametrize(
    "column",
    ["technology", "capacity_mw", "capex_yuan_per_kw", "life_years", "upkeep_share_per_year"],
)
def test_generation_says_what_it_is_and_costs(column: str) -> None:
    offered().case()
    (fault,) = faults(offered(**{column: ""}))
    assert (fault.file, fault.row, fault.column) == ("green_contracts.csv", 2, column)
    assert fault.problem.en == f"generation without {column}"


@pytest.mark.parametrize("kind", ["on_site", "green_trade"])
def test_a_technology_has_output_in_the_province(kind: str) -> None:
    (fault,) = faults(offered(kind=kind, technology="onshore_wind"))
    assert (fault.row, fault.column, fault.value) == (2, "technology", "onshore_wind")
    assert fault.problem.en == "renewable_profiles has 0 of 288 hours of onshore_wind in EA"


def test_every_hour_of_every_month_has_output() -> None:
    case = offered()
    del case.tables["renewable_profiles"][17]
    (fault,) = faults(case)
    assert fault.problem.en == "renewable_profiles has 287 of 288 hours of solar in EA"


@pytest.mark.parametrize(
    ("column", "cell"),
    [("price_yuan_per_mwh", 7), ("export_price_yuan_per_mwh", ""), ("kind", "on_site")],
)
def test_contracts_of_one_line_agree(column: str, cell: object) -> None:
    shared = {"kind": "direct_supply", "line": "wire", "export_price_yuan_per_mwh": 100}
    case = offered(**shared)
    add_generation(case, contract="second", capacity_mw=3)
    case.set("green_contracts", {"contract": "second"}, **shared)
    case.case()
    case.set("green_contracts", {"contract": "second"}, **{column: cell})
    (fault,) = faults(case)
    assert (fault.row, fault.column) == (3, column)
    assert fault.problem.en == "differs from the other contracts of line wire"
    # Another line, or another site, may.
    case.set("green_contracts", {"contract": "second"}, line="other")
    case.case()


def test_only_batch_work_moves() -> None:
    case = steady_case()
    case.set("services", {"service": "chat"}, flexible_share=0.2)
    case.case()
    case.set(
        "services",
        {"service": "chat"},
        kind="interactive",
        target_ms=100,
        target_kind="end_to_end",
    )
    (fault,) = faults(case)
    assert (fault.file, fault.row, fault.column) == ("services.csv", 2, "flexible_share")
    assert fault.problem.en == "only batch work may move within the day"


def test_all_faults_are_named_at_once() -> None:
    case = offered(life_years="", technology="onshore_wind")
    case.set("services", {"service": "chat"}, kind="interactive", flexible_share=0.2)
    assert [fault.column for fault in faults(case)] == [
        "life_years",
        "technology",
        "flexible_share",
    ]
