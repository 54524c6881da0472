"""The table of tiers: what it gives, what contradicts itself in it, how a scenario adds it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optimizer.analysis.metrics import unserved_share
from optimizer.errors import Fault, InputError
from optimizer.inputs.case import checked_case, read_case
from optimizer.inputs.release_tiers import mean_values
from optimizer.inputs.scenario import apply_scenarios, read_scenario
from optimizer.solve.options import SolveOptions
from tests.helpers import copy_tiny, write_rows
from tests.inputs.small_case import SmallCase
from tests.model.release_cases import STAGED, Tier, add_tiers, scarce_case
from tests.plan.solved_cases import solve


def _faults(case: SmallCase) -> list[tuple[str, int | None, str, str, str]]:
    with pytest.raises(InputError) as caught:
        case.case()
    return [_place(fault) for fault in caught.value.faults]


def _place(fault: Fault) -> tuple[str, int | None, str, str, str]:
    return fault.file, fault.row, fault.column, fault.value, fault.problem.en


def test_tiers_stand_in_the_order_of_release() -> None:
    case = SmallCase()
    case.add("services", service="archive")
    case.add("service_rates", service="archive", accelerator="card")
    add_tiers(case, "chat", STAGED)
    add_tiers(case, "archive", [Tier(0.4, 2.0, None, 0.1), Tier(0.6, 1.0)])
    case.tables["tiers"].reverse()
    tiers = case.case().derived.tiers
    assert tiers.service.tolist() == [0, 0, 1, 1, 1]
    assert tiers.tier.tolist() == [1, 2, 1, 2, 3]
    assert tiers.share.tolist() == pytest.approx([0.4, 0.6, 0.2, 0.3, 0.5], rel=1e-15)
    assert tiers.value.tolist() == [2.0, 1.0, 9.0, 4.0, 1.0]
    assert tiers.minimum.tolist() == [0.0, 0.0, 0.8, 0.8, 0.8]
    assert tiers.tolerance[0] == 0.1
    assert np.isnan(tiers.tolerance[1:]).all()
    assert not tiers.share.flags.writeable


def test_shares_are_scaled_to_one() -> None:
    case = SmallCase()
    add_tiers(case, "chat", [Tier(0.3333333, 1.0)] * 3)
    assert case.case().derived.tiers.share.tolist() == pytest.approx([1 / 3] * 3, rel=1e-15)


def test_mean_value_is_that_of_the_tiers_or_of_the_service() -> None:
    case = SmallCase()
    case.set("services", {"service": "chat"}, value_yuan_per_request=7)
    case.add("services", service="talk", value_yuan_per_request=5)
    case.add("service_rates", service="talk", accelerator="card")
    add_tiers(case, "chat", STAGED)
    read = case.case()
    found = mean_values(read.frame("services"), read.derived.tiers)
    assert found.tolist() == pytest.approx([0.2 * 9 + 0.3 * 4 + 0.5, 5.0], rel=1e-15)


def test_unserved_share_is_of_the_value_of_the_tiers() -> None:
    found = solve(scarce_case(450).case(), SolveOptions(gap_location=1e-7))
    # worth 3,500 yuan a second; a sixth of 1,200 and all of 500 are lost
    assert unserved_share(found.case, found.plan) == pytest.approx(700 / 3500, rel=1e-7)


@pytest.mark.parametrize(
    ("shares", "total"), [((0.2, 0.3, 0.4), "0.900000"), ((0.2, 0.3, 0.6), "1.100000")]
)
def test_shares_that_do_not_sum_to_one(shares: tuple[float, ...], total: str) -> None:
    case = SmallCase()
    add_tiers(case, "chat", [Tier(share, 1.0) for share in shares])
    problem = f"the shares of chat sum to {total}"
    assert _faults(case) == [("tiers.csv", 2, "share", "0.2", problem)]


@pytest.mark.parametrize(("number", "given"), [(4, "1, 2, 4"), (7, "1, 2, 7")])
def test_tiers_that_are_not_numbered_in_order(number: int, given: str) -> None:
    case = SmallCase()
    add_tiers(case, "chat", STAGED)
    case.set("tiers", {"tier": 3}, tier=number)
    problem = f"the tiers of chat are numbered {given}"
    assert _faults(case) == [("tiers.csv", 2, "tier", "1", problem)]


def test_all_faults_of_all_services_are_listed_at_once() -> None:
    case = SmallCase()
    case.add("services", service="talk")
    case.add("service_rates", service="talk", accelerator="card")
    add_tiers(case, "chat", [Tier(0.5, 1.0)])
    add_tiers(case, "talk", [Tier(0.5, 1.0), Tier(0.4, 1.0)])
    case.set("tiers", {"service": "talk", "tier": 1}, tier=3)
    add_tiers(case, "chad", [Tier(1.0, 1.0)])
    assert {place[:3] for place in _faults(case)} == {
        ("tiers.csv", 2, "share"),
        ("tiers.csv", 4, "share"),  # rows are sorted: tier 2 of talk stands before tier 3
        ("tiers.csv", 4, "tier"),
        ("tiers.csv", 5, "service"),
    }


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("share", "0"),
        ("share", "1.2"),
        ("tier", "0"),
        ("tier", "1.5"),
        ("value_yuan_per_request", "-1"),
        ("value_yuan_per_request", ""),
        ("minimum_served_share", "80"),
        ("fairness_tolerance", "-0.1"),
    ],
)
def test_cells_out_of_bounds(tmp_path: Path, column: str, cell: str) -> None:
    case = SmallCase()
    add_tiers(case, "chat", [Tier(1.0, 1.0, 0.5, 0.5)])
    case.set("tiers", {"tier": 1}, **{column: cell})
    with pytest.raises(InputError) as caught:
        case.read(tmp_path / "case")
    assert [(fault.file, fault.row, fault.column) for fault in caught.value.faults] == [
        ("tiers.csv", 2, column)
    ]


def test_optional_columns_may_be_left_out(tmp_path: Path) -> None:
    folder = copy_tiny(tmp_path)
    graded = {"source_id": "teaching", "as_of": "2026", "confidence": "assumption"}
    row = {"service": "chat", "tier": 1, "name_zh": "全部", "name_en": "All", "share": 1}
    write_rows(folder, "tiers", [{**row, "value_yuan_per_request": 1, **graded}])
    tiers = read_case(folder).derived.tiers
    assert tiers.minimum.tolist() == [0.0]
    assert np.isnan(tiers.tolerance).all()


def test_a_scenario_adds_rows_to_the_absent_table(tmp_path: Path) -> None:
    path = tmp_path / "release.yaml"
    path.write_text(
        "name: release\ntitle_en: A test\ntitle_zh: 测试\noverrides:\n"
        "  - table: tiers\n    add:\n"
        "      - {service: chat, tier: 1, name_zh: 付费, name_en: Paying, share: 0.25,\n"
        "         value_yuan_per_request: 3, minimum_served_share: 0.5}\n"
        "      - {service: chat, tier: 2, name_zh: 免费, name_en: Free, share: 0.75,\n"
        "         value_yuan_per_request: 1}\n"
        "  - {table: tiers, where: {tier: 2}, set: {fairness_tolerance: 0.25}}\n",
        encoding="utf-8",
    )
    assembled = SmallCase().assembled()
    assert not len(assembled.tables["tiers"].frame)
    case = checked_case(apply_scenarios(assembled, [read_scenario(path)]))
    tiers = case.derived.tiers
    assert tiers.tier.tolist() == [1, 2]
    assert tiers.share.tolist() == [0.25, 0.75]
    assert tiers.minimum.tolist() == [0.5, 0.0]
    assert tiers.tolerance[1] == 0.25
    assert set(case.frame("tiers")["source_id"]) == {"scenario-release"}
