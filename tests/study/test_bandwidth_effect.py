"""What dearer bandwidth moves, by hand, and the line that says so."""

from __future__ import annotations

import pytest

from optimizer.inputs.case import Case
from optimizer.model.build import build_model, serving_everything
from optimizer.report.summary import summary_of
from optimizer.study.bandwidth_effect import bandwidth_effect
from optimizer.study.runner import solve_case
from tests.inputs.small_case import SmallCase
from tests.model.backbone_cases import BYTES_PER_GBPS, two_ways


def effect(case: Case) -> dict[str, float]:
    (row,) = bandwidth_effect(case, serving_everything(build_model(case)[0])).to_dict("records")
    return {str(name): float(value) for name, value in row.items()}


def test_where_nothing_can_move_all_leases_are_paid_tenfold() -> None:
    # 50 Gbit/s on the trunk at 0.01 million yuan; the plateau alone can serve.
    found = effect(two_ways(50, None).case())
    assert found["price_factor"] == 10.0
    assert found["network_million_yuan"] == pytest.approx(0.5, rel=1e-9)
    assert found["network_after_million_yuan"] == pytest.approx(5.0, rel=1e-9)
    assert found["cost_rise_million_yuan"] == pytest.approx(4.5, rel=1e-9)
    assert found["cost_rise_share"] == pytest.approx(9.0, rel=1e-9)
    assert found["moved_it_energy_share"] == 0.0


def dearer_coast() -> SmallCase:
    """Return 1 MW of chat, with power 0.10 yuan/kWh dearer at the coast: 0.876 million a year."""
    case = SmallCase()
    for row in case.tables["tariffs"]:
        if row["tariff_region"] == "EA":
            row["price_yuan_per_kwh"] = 0.1
    case.set("services", {"service": "chat"}, bytes_out_per_request=50 * BYTES_PER_GBPS)
    case.set("links", {"link": "trunk"}, lease_yuan_per_gbps_year=10_000)
    return case


def test_what_no_longer_pays_comes_home() -> None:
    # 0.5 million yuan for 50 Gbit/s is less than 0.876 saved; 5 million are more.
    found = effect(dearer_coast().case())
    assert found["network_million_yuan"] == pytest.approx(0.5, rel=1e-9)
    assert found["network_after_million_yuan"] == pytest.approx(0.0, abs=1e-9)
    assert found["cost_rise_million_yuan"] == pytest.approx(0.876 - 0.5, rel=1e-9)
    assert found["moved_it_energy_share"] == pytest.approx(1.0, rel=1e-9)


def test_the_summary_says_in_one_line_how_far_bandwidth_matters() -> None:
    run = solve_case(dearer_coast().case())
    lines = {language: summary_of(run, language).lines for language in ("en", "zh")}
    (english,) = [line for line in lines["en"] if "bandwidth at 10 times its price" in line]
    assert "moves 100.0% of the IT energy" in english
    (chinese,) = [line for line in lines["zh"] if "带宽价格升至 10 倍" in line]
    assert "100.0% 的 IT 电量" in chinese
    (failed,) = run.findings["link_failures"].to_dict("records")
    assert failed["link"] == "trunk"
    assert failed["cut_off_share"] == 1.0
