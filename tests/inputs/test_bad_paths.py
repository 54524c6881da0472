"""Faults in what switches several paths and protection on."""

from __future__ import annotations

import pytest

from optimizer.errors import Fault, InputError
from tests.inputs.small_case import SmallCase
from tests.model.backbone_cases import add_control, two_ways


def faults(case: SmallCase) -> tuple[Fault, ...]:
    with pytest.raises(InputError) as caught:
        case.case()
    return caught.value.faults


@pytest.mark.parametrize("count", [0, 1.5, 11, -2])
def test_a_number_of_paths_that_is_none(count: float) -> None:
    case = two_ways(1, count)
    (fault,) = faults(case)
    line = case.line("parameters", parameter="path_count")
    assert (fault.file, fault.row, fault.column) == ("parameters.csv", line, "value")
    assert fault.problem.en == "path_count is outside 1 to 10"


def test_a_misspelt_number_of_paths_is_named() -> None:
    case = SmallCase()
    case.add("parameters", parameter="paths_count", value=2)
    (fault,) = faults(case)
    assert fault.column == "parameter"
    assert fault.repair.en == "did you mean path_count?"


def test_an_unknown_protection() -> None:
    case = two_ways(1, None)
    case.set("services", {"service": "chat"}, path_protection="2+1")
    with pytest.raises(AssertionError, match="path_protection"):
        case.case()


def test_without_a_pair_of_paths_protected_traffic_stays_at_home() -> None:
    case = two_ways(1, None)
    case.tables["links"] = [row for row in case.tables["links"] if row["link"] != "west_arm"]
    add_control(case, 1, 100.0)
    assert case.case().derived.reach[0, 1].tolist() == [1.0, 1.0, 1.0]
    case.set("services", {"service": "control"}, path_protection="1+1")
    assert case.case().derived.reach[0, 1].tolist() == [1.0, 1.0, 0.0]


def test_a_link_code_with_a_semicolon() -> None:
    case = two_ways(1, None)
    case.set("links", {"link": "trunk"}, link="trunk;spare")
    (fault,) = faults(case)
    assert (fault.file, fault.column, fault.value) == ("links.csv", "link", "trunk;spare")
