"""Differences of tables: every cell that differs, and no other."""

from __future__ import annotations

from pathlib import Path

from optimizer.inputs.difference import Change, differences
from optimizer.inputs.scenario import apply_scenarios, read_scenario
from tests.inputs.small_case import SmallCase


def changes(folder: Path, overrides: str) -> tuple[Change, ...]:
    path = folder / "what-if.yaml"
    head = "name: what-if\ntitle_en: A test\ntitle_zh: 测试\noverrides:\n"
    path.write_text(head + overrides, encoding="utf-8")
    base = SmallCase().assembled()
    return differences(base.tables, apply_scenarios(base, [read_scenario(path)]).tables)


def test_set_of_a_number_and_of_a_text(tmp_path: Path) -> None:
    where = "table: sites, where: {site: plateau}"
    assert changes(tmp_path, f"  - {{{where}, set: {{ceiling_mw: 250, hub: north}}}}\n") == (
        Change("sites", "plateau", "hub", "hub", "north", "changed"),
        Change("sites", "plateau", "ceiling_mw", 1000.0, 250.0, "changed"),
    )


def test_a_value_set_to_what_it_was_is_no_difference(tmp_path: Path) -> None:
    where = "table: sites, where: {site: plateau}"
    assert changes(tmp_path, f"  - {{{where}, set: {{ceiling_mw: 1000}}}}\n") == ()


def test_rows_that_come(tmp_path: Path) -> None:
    added = changes(
        tmp_path,
        "  - table: pins\n    add:\n"
        "      - {workload: chat, site: coast, rule: never, reason: a test}\n",
    )
    assert added == (
        Change("pins", "chat|coast", "rule", None, "never", "added"),
        Change("pins", "chat|coast", "reason", None, "a test", "added"),
    )


def test_rows_that_go_name_all_their_cells(tmp_path: Path) -> None:
    base = SmallCase().assembled().tables["tariffs"].frame
    found = changes(tmp_path, "  - {table: tariffs, where: {month: 1}, remove: true}\n")
    assert {change.row for change in found} == {"removed"}
    assert {change.after for change in found} == {None}
    assert len({change.key for change in found}) == int((base["month"] == 1).sum())
