"""Links that fail one at a time: what is lost, what finds another way, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.analysis.link_failures import link_failures
from optimizer.solve.options import SolveOptions
from tests.inputs.small_case import SmallCase
from tests.model.backbone_cases import add_control, two_ways
from tests.plan.solved_cases import solve


def failures(case: SmallCase) -> dict[str, dict[str, Any]]:
    solved = solve(case.case(), SolveOptions(gap_location=1e-7))
    rows = link_failures(solved.case, solved.plan).to_dict("records")
    return {str(row.pop("link")): {str(name): cell for name, cell in row.items()} for row in rows}


def test_what_crosses_the_failed_link_goes_round_it() -> None:
    # 60 Gbit/s over the trunk, 40 over the arms, which have room for 1,000.
    found = failures(two_ways(100, 2))
    assert found["trunk"]["lost_share"] == pytest.approx(0.6, rel=1e-7)
    assert found["trunk"]["cut_off_share"] == 0.0
    assert found["trunk"]["overload_gbps"] == 0.0
    assert found["trunk"]["fits"] is True
    # The 40 do not fit beside the 60 on the trunk, which has room for 60 in all.
    for arm in ("east_arm", "west_arm"):
        assert found[arm]["lost_share"] == pytest.approx(0.4, rel=1e-7)
        assert found[arm]["overload_gbps"] == pytest.approx(40.0, rel=1e-6)
        assert found[arm]["fits"] is False


def test_without_another_way_traffic_is_cut_off() -> None:
    case = two_ways(50, None)
    case.tables["links"] = [row for row in case.tables["links"] if row["link"] == "trunk"]
    assert failures(case) == {
        "trunk": {"lost_share": 1.0, "cut_off_share": 1.0, "overload_gbps": 0.0, "fits": False}
    }


def test_protected_traffic_is_not_lost() -> None:
    case = two_ways(30, 1)
    add_control(case, 10, 19.8)
    case.set("services", {"service": "control"}, path_protection="1+1")
    found = failures(case)
    # 30 Gbit/s of chat among 40 in all cross the trunk alone.
    assert found["trunk"]["lost_share"] == pytest.approx(0.75, rel=1e-9)
    assert found["east_arm"]["lost_share"] == 0.0
    assert found["east_arm"]["fits"] is True
