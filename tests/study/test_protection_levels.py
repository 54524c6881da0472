"""What each level of protection costs: closed forms, and what the summary says of it."""

from __future__ import annotations

import math

import pytest

from optimizer.cli.check import backup_line
from optimizer.model.build import build_model
from optimizer.plan.run import Run
from optimizer.report.summary import as_markdown, summary_of
from optimizer.solve.options import SolveOptions
from optimizer.study.protection import at_level, protected_part, protection_levels
from optimizer.study.runner import solve_case
from tests.model.reliability_cases import PRICE, buffer_case, protected_case
from tests.study.second_solver import least


def run_of(level: float) -> Run:
    case = protected_case(("A", "B", "C"), 0.4, level).case()
    return solve_case(case, SolveOptions(gap_location=1e-8))


def test_levels_and_their_cost() -> None:
    """Three grids hold 1 + level * 0.4 / 2 times the cards that are busy."""
    frame = protection_levels(protected_case(("A", "B", "C"), 0.4, 0.25).case())
    levels = [0.0, 0.25, 0.5, 1.0]
    assert frame["level"].tolist() == levels
    cost = [PRICE * (1 + level * 0.2) for level in levels]
    assert frame["least_cost_million_yuan"].tolist() == pytest.approx(cost, rel=1e-7)
    extra = [PRICE * level * 0.2 for level in levels]
    assert frame["extra_million_yuan"].tolist() == pytest.approx(extra, rel=1e-6, abs=1e-7)
    protected = [0.4 * level for level in levels]
    assert frame["protected_share"].tolist() == pytest.approx(protected)
    # A tenth of the cards' cost for each hundredth of the demand over 0.2: half of its price.
    each = frame["yuan_per_protected_share"].tolist()
    assert each[0] != each[0]
    assert each[1:] == pytest.approx([PRICE * 1e6 * 0.5 / 100] * 3, rel=1e-6)
    assert (frame["undone_million_yuan"] == 0.0).all()


def test_least_costs_are_those_of_another_solver() -> None:
    case = protected_case(("A", "B", "B"), 0.4, 1.0).case()
    frame = protection_levels(case)
    for level, cost in zip(frame["level"], frame["least_cost_million_yuan"], strict=True):
        model, _sets = build_model(at_level(case, level))
        dear = model.cost + 1e3 * model.unserved_value  # so that nothing is left undone
        assert cost == pytest.approx(least(model, dear), rel=1e-6)


def test_less_work_is_no_cheaper_protection() -> None:
    """Where a level leaves work undone no difference in cost is stated."""
    none, half, full = protection_levels(buffer_case(1.0).case()).to_dict("records")
    assert half["extra_million_yuan"] == pytest.approx(0.0, abs=1e-9)
    assert none["undone_million_yuan"] == half["undone_million_yuan"] == 0.0
    assert full["undone_million_yuan"] > 0.0
    assert math.isnan(full["extra_million_yuan"])
    assert math.isnan(full["yuan_per_protected_share"])


def test_protected_part_weighs_services_by_their_accelerators() -> None:
    small = protected_case(("A", "B"), 0.4, 1.0)
    small.add("services", service="archive", requests_per_s=3000)
    small.add("service_rates", service="archive", accelerator="card")
    assert protected_part(small.case()) == pytest.approx(0.4 * 1000 / 4000)


def test_run_without_protection_has_no_such_table() -> None:
    run = run_of(0.0)
    assert run.findings["protection_levels"].empty
    for table in ("backups", "backup_accelerators", "failures"):
        assert run.plan.tables[table].empty
    titles = [table.title for table in summary_of(run, "en").tables]
    assert "What protection costs" not in titles


def test_summary_in_both_languages() -> None:
    run = run_of(1.0)
    (table,) = [
        table for table in summary_of(run, "en").tables if table.title == "What protection costs"
    ]
    assert table.rows == (
        ("0%", "0.0%", "5.0", "0.0", "–", "0.0"),
        ("50%", "20.0%", "5.5", "0.5", "0.0", "0.0"),
        ("100%", "40.0%", "6.0", "1.0", "0.0", "0.0"),
    )
    assert "no Name at Name is left idle" in table.note
    chinese = as_markdown(summary_of(run, "zh"))
    assert "可靠性保障的代价" in chinese
    assert "全部用尽" in chinese
    assert run.record["verified"]


def test_check_prints_the_number_of_backup_columns() -> None:
    case = protected_case(("A", "B", "C"), 0.4, 1.0).case()
    line = backup_line(case, build_model(case)[0].columns["backup"].count)
    assert line.en == (
        "protection: 3 failure states, 6 backup columns, at most 6 backup sites for each; "
        "0 pairs of region and service have sites that nothing can back up"
    )
    assert "6 列" in line.zh
