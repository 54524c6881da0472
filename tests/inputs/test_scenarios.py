"""Scenarios: ordered overrides, each of which has to change something that exists."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from optimizer.errors import Fault, InputError, UsageError
from optimizer.inputs.assemble import AssembledTables
from optimizer.inputs.case import checked_case, read_case
from optimizer.inputs.scenario import apply_scenarios, read_scenario
from optimizer.labels import Text
from optimizer.tables.registry import TABLES
from tests.helpers import copy_tiny
from tests.inputs.small_case import SmallCase

HEAD = "name: {name}\ntitle_en: A test\ntitle_zh: 测试\noverrides:\n"


def _scenario(folder: Path, overrides: str, name: str = "what-if") -> Path:
    path = folder / f"{name}.yaml"
    lines = [f"  {line}" for line in overrides.strip().splitlines()]
    path.write_text(HEAD.format(name=name) + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def _applied(folder: Path, *overrides: str, case: SmallCase | None = None) -> AssembledTables:
    scenarios = [
        read_scenario(_scenario(folder, text, f"s{number}"))
        for number, text in enumerate(overrides)
    ]
    return apply_scenarios((case or SmallCase()).assembled(), scenarios)


def _faults(folder: Path, overrides: str, case: SmallCase | None = None) -> tuple[Fault, ...]:
    with pytest.raises(InputError) as caught:
        checked_case(
            apply_scenarios(
                (case or SmallCase()).assembled(), [read_scenario(_scenario(folder, overrides))]
            )
        )
    return caught.value.faults


def _column(assembled: AssembledTables, table: str, column: str) -> list[object]:
    frame = assembled.tables[table].frame
    return list(frame[column].tolist())


def test_set_writes_the_chosen_rows_alone(tmp_path: Path) -> None:
    applied = _applied(
        tmp_path, "- table: sites\n  where: {site: plateau}\n  set: {ceiling_mw: 250, hub: north}"
    )
    assert _column(applied, "sites", "ceiling_mw") == [1000.0, 250.0]
    assert _column(applied, "sites", "hub") == ["hub", "north"]
    base = SmallCase().assembled()
    changed = ["ceiling_mw", "hub"]
    pd.testing.assert_frame_equal(
        applied.tables["sites"].frame.drop(columns=changed),
        base.tables["sites"].frame.drop(columns=changed),
    )
    for name in set(TABLES) - {"sites", "sources", "provenance"}:
        pd.testing.assert_frame_equal(applied.tables[name].frame, base.tables[name].frame)


def test_set_without_a_condition_writes_every_row(tmp_path: Path) -> None:
    applied = _applied(tmp_path, "- table: sites\n  set: {build_limit_mw: 7.5}")
    assert _column(applied, "sites", "build_limit_mw") == [7.5, 7.5]


def test_conditions_on_several_columns_and_values(tmp_path: Path) -> None:
    applied = _applied(
        tmp_path,
        "- table: tariffs\n  where: {tariff_region: [EA, WE], month: 3}\n"
        "  set: {price_yuan_per_kwh: 0.4}",
        "- table: tariffs\n  where: {tariff_region: WE, month: [1, 3]}\n"
        "  scale: {price_yuan_per_kwh: 2}",
    )
    frame = applied.tables["tariffs"].frame
    prices = frame.set_index(["tariff_region", "month"])["price_yuan_per_kwh"]
    assert prices[prices > 0].to_dict() == {("EA", 3): 0.4, ("WE", 3): 0.8}


def test_scale_multiplies_numbers_and_rounds_whole_ones(tmp_path: Path) -> None:
    applied = _applied(
        tmp_path,
        "- table: services\n  scale: {requests_per_s: 1.3}\n"
        "- table: accelerator_supply\n  scale: {supply: 0.6666667}",
    )
    assert _column(applied, "services", "requests_per_s") == [1300.0]
    assert _column(applied, "accelerator_supply", "supply") == [666667]
    assert applied.tables["accelerator_supply"].frame["supply"].dtype == "int64"


def test_remove_drops_the_chosen_rows_alone(tmp_path: Path) -> None:
    case = SmallCase()
    case.add("jobs", job="one")
    case.add("jobs", job="two")
    text = "- table: jobs\n  where: {job: one}\n  remove: true"
    assert _column(_applied(tmp_path, text, case=case), "jobs", "job") == ["two"]


def test_remove_drops_the_gradings_of_the_rows(tmp_path: Path) -> None:
    case = SmallCase()
    for job in ("one", "two"):
        case.add("jobs", job=job)
        case.add("provenance", table="jobs", key=job, column="flop", low=1, high=2)
    text = "- table: jobs\n  where: {job: one}\n  remove: true"
    applied = _applied(tmp_path, text, case=case)
    assert _column(applied, "provenance", "key") == ["two"]
    assert checked_case(applied).frame("jobs")["job"].tolist() == ["two"]


def test_add_takes_whole_rows(tmp_path: Path) -> None:
    applied = _applied(
        tmp_path,
        "- table: pins\n  add:\n"
        "    - {workload: chat, site: coast, rule: minimum_share, value: 0.25, reason: test}\n"
        "    - {workload: chat, site: plateau, rule: never, reason: test}",
    )
    assert _column(applied, "pins", "rule") == ["minimum_share", "never"]
    assert _column(applied, "pins", "value")[0] == 0.25
    assert checked_case(applied).frame("pins")["site"].tolist() == ["coast", "plateau"]


def test_overrides_act_one_after_another(tmp_path: Path) -> None:
    first = "- table: sites\n  where: {site: coast}\n  set: {ceiling_mw: 100}"
    second = "- table: sites\n  scale: {ceiling_mw: 0.5}"
    together = _applied(tmp_path, f"{first}\n{second}")
    apart = _applied(tmp_path, first, second)
    swapped = _applied(tmp_path, second, first)
    assert _column(together, "sites", "ceiling_mw") == [50.0, 500.0]
    assert _column(apart, "sites", "ceiling_mw") == [50.0, 500.0]
    assert _column(swapped, "sites", "ceiling_mw") == [100.0, 500.0]


def test_names_hashes_and_sources_tell_of_the_scenario(tmp_path: Path) -> None:
    applied = _applied(
        tmp_path,
        "- table: sites\n  where: {site: coast}\n  set: {ceiling_mw: 100}",
        "- table: sites\n  where: {site: coast}\n  set: {ceiling_mw: 90}",
    )
    assert applied.name == "small+s0+s1"
    assert set(applied.file_hashes) == {"scenario/s0", "scenario/s1"}
    assert _column(applied, "sources", "source_id") == ["made_up", "scenario-s0", "scenario-s1"]
    # The last scenario that wrote a cell grades it.
    provenance = applied.tables["provenance"].frame
    assert provenance[["table", "key", "column", "source_id"]].to_numpy().tolist() == [
        ["sites", "coast", "ceiling_mw", "scenario-s1"]
    ]
    assert provenance[["low", "high"]].to_numpy().tolist() == [[90.0, 90.0]]
    assert provenance["confidence"].tolist() == ["assumption"]


def test_rows_that_a_scenario_adds_name_it_as_their_source(tmp_path: Path) -> None:
    applied = _applied(
        tmp_path,
        "- table: supply_steps\n  add:\n"
        "    - {site: coast, step: 1, above_mw: 5, extra_yuan_per_kwh: 0.1}",
    )
    assert _column(applied, "supply_steps", "source_id") == ["scenario-s0"]
    assert _column(applied, "supply_steps", "confidence") == ["assumption"]
    graded = applied.tables["provenance"].frame
    assert graded["key"].tolist() == ["coast|1", "coast|1"]
    assert graded["column"].tolist() == ["above_mw", "extra_yuan_per_kwh"]
    assert len(checked_case(applied).frame("supply_steps")) == 1


def test_the_base_is_left_as_it_was(tmp_path: Path) -> None:
    base = SmallCase().assembled()
    before = {name: table.frame.copy() for name, table in base.tables.items()}
    text = "- table: sites\n  set: {ceiling_mw: 1}\n- table: links\n  remove: true"
    apply_scenarios(base, [read_scenario(_scenario(tmp_path, text))])
    for name, frame in before.items():
        pd.testing.assert_frame_equal(base.tables[name].frame, frame)


def test_a_scenario_of_a_case_on_disk(tmp_path: Path) -> None:
    folder = copy_tiny(tmp_path)
    scenario = _scenario(tmp_path, "- table: services\n  scale: {requests_per_s: 2}")
    base, doubled = read_case(folder), read_case(folder, [scenario])
    assert doubled.name == "tiny+what-if"
    pd.testing.assert_series_equal(
        doubled.frame("services")["requests_per_s"], 2 * base.frame("services")["requests_per_s"]
    )


# Faults. The place is the file with the number of the override.

PLACE = "what-if.yaml overrides[0]"


def test_unknown_table(tmp_path: Path) -> None:
    (fault,) = _faults(tmp_path, "- table: jbos\n  remove: true")
    assert (fault.file, fault.column, fault.value) == (PLACE, "table", "jbos")
    assert fault.problem == Text("there is no such table", "没有这个表")
    assert fault.repair.en.startswith("use one of: provinces, sites, climate, ")
    assert fault.repair.zh.startswith("可用：provinces, sites, climate, ")


@pytest.mark.parametrize("table", ["provenance", "sources"])
def test_tables_that_a_scenario_may_not_write(table: str, tmp_path: Path) -> None:
    (fault,) = _faults(tmp_path, f"- table: {table}\n  remove: true")
    assert (fault.file, fault.column, fault.value) == (PLACE, "table", table)
    # What is offered instead must be what is accepted.
    offered = fault.repair.en.removeprefix("use one of: ").split(", ")
    assert table not in offered


@pytest.mark.parametrize("action", ["where: {ceiling: 3}\n  remove: true", "set: {ceiling: 3}"])
def test_unknown_column(action: str, tmp_path: Path) -> None:
    (fault,) = _faults(tmp_path, f"- table: sites\n  {action}")
    assert (fault.file, fault.column) == (PLACE, "ceiling")
    assert fault.problem == Text("there is no such column in sites", "表 sites 没有这一列")
    assert fault.repair.en == f"use one of: {', '.join(TABLES['sites'].column_names)}"


def test_condition_that_no_row_meets(tmp_path: Path) -> None:
    (fault,) = _faults(tmp_path, "- table: sites\n  where: {site: paltaeu}\n  set: {ceiling_mw: 3}")
    assert (fault.file, fault.column, fault.value) == (PLACE, "where", "{'site': 'paltaeu'}")
    assert fault.problem == Text(
        "no row of sites meets the condition", "表 sites 中没有符合条件的行"
    )
    assert fault.repair == Text("correct 'where'", "请修正 where")


def test_condition_of_which_one_value_is_unknown(tmp_path: Path) -> None:
    (fault,) = _faults(
        tmp_path, "- table: sites\n  where: {site: [coast, paltaeu]}\n  set: {ceiling_mw: 3}"
    )
    assert (fault.file, fault.column) == (PLACE, "where")


@pytest.mark.parametrize(
    ("action", "column", "value", "problem"),
    [
        ("set: {ceiling_mw: many}", "ceiling_mw", "many", "not a value of kind number"),
        ("set: {ceiling_mw: true}", "ceiling_mw", "True", "not a value of kind number"),
        ("set: {largest_gang: 1.5}", "largest_gang", "1.5", "not a value of kind integer"),
        ("set: {is_cluster: 1}", "is_cluster", "1", "not a value of kind flag"),
        ("set: {hub: 3}", "hub", "3", "not a value of kind text"),
        (
            "where: {is_cluster: yes}\n  set: {hub: a}",
            "is_cluster",
            "yes",
            "not a value of kind flag",
        ),
    ],
)
def test_values_of_the_wrong_kind(
    action: str, column: str, value: str, problem: str, tmp_path: Path
) -> None:
    (fault,) = _faults(tmp_path, f"- table: sites\n  {action}")
    assert (fault.file, fault.column, fault.value) == (PLACE, column, value)
    assert fault.problem.en == problem


def test_text_cannot_be_scaled(tmp_path: Path) -> None:
    (fault,) = _faults(tmp_path, "- table: sites\n  scale: {side: 2}")
    assert (fault.file, fault.column) == (PLACE, "side")
    assert fault.problem == Text(
        "side is not a number and cannot be scaled", "side 不是数值，无法缩放"
    )


def test_values_that_leave_their_bounds(tmp_path: Path) -> None:
    (fault,) = _faults(
        tmp_path, "- table: sites\n  where: {site: plateau}\n  set: {ceiling_mw: -1.5}"
    )
    assert (fault.column, fault.value) == ("ceiling_mw", "-1.5")
    assert fault.problem.en == "outside 0 to 50000 MW"


@pytest.mark.parametrize(("table", "cell"), [("regions", 'node: ""'), ("services", 'name_zh: ""')])
def test_a_required_cell_cannot_be_emptied(table: str, cell: str, tmp_path: Path) -> None:
    (fault,) = _faults(tmp_path, f"- table: {table}\n  set: {{{cell}}}")
    assert fault.column == cell.split(":", maxsplit=1)[0]
    assert fault.problem == Text("the cell is empty", "单元格为空")


def test_added_rows_are_read_like_those_of_a_file(tmp_path: Path) -> None:
    unknown, missing = _faults(
        tmp_path,
        "- table: pins\n  add:\n    - {workload: chat, sight: coast, rule: never, reason: test}",
    )
    assert (unknown.file, unknown.column) == (PLACE, "sight")
    assert unknown.repair.en == "rename it to site"
    assert (missing.file, missing.column) == (PLACE, "site")
    (fault,) = _faults(
        tmp_path,
        "- table: pins\n  add:\n    - {workload: chat, site: coast, rule: nevr, reason: test}",
    )
    assert (fault.file, fault.row, fault.column, fault.value) == (PLACE, 1, "rule", "nevr")


def test_added_rows_may_not_repeat_a_key(tmp_path: Path) -> None:
    case = SmallCase()
    case.add("pins", workload="chat", site="coast", rule="must")
    (fault,) = _faults(
        tmp_path,
        "- table: pins\n  add:\n    - {workload: chat, site: coast, rule: never, reason: test}",
        case,
    )
    assert (fault.file, fault.row, fault.value) == (PLACE, 1, "chat|coast")
    assert fault.problem.en == "the key stands already in pins.csv row 2"


def test_a_removed_row_that_others_name(tmp_path: Path) -> None:
    faults = _faults(tmp_path, "- table: sites\n  where: {site: plateau}\n  remove: true")
    assert {(fault.file, fault.column, fault.value) for fault in faults} == {
        ("climate.csv", "site", "plateau"),
        ("links.csv", "to_site", "plateau"),
    }


@pytest.mark.parametrize(
    "action",
    ["", "set: {ceiling_mw: 1}\n  remove: true", "set: {ceiling_mw: 1}\n  scale: {lat: 1}"],
)
def test_an_override_does_exactly_one_thing(action: str, tmp_path: Path) -> None:
    (fault,) = _faults(tmp_path, f"- table: sites\n  {action}")
    assert (fault.file, fault.row, fault.column) == ("what-if.yaml", 5, "overrides.0")
    assert "give exactly one of set, scale, remove, add" in fault.problem.en


def test_add_takes_no_condition(tmp_path: Path) -> None:
    (fault,) = _faults(
        tmp_path, "- table: pins\n  where: {site: coast}\n  add:\n    - {workload: chat}"
    )
    assert "add takes no where" in fault.problem.en


@pytest.mark.parametrize("action", ["remove: false", "set: {}", "scale: {}", "add: []"])
def test_an_override_that_changes_nothing_is_a_fault(action: str, tmp_path: Path) -> None:
    (fault,) = _faults(tmp_path, f"- table: sites\n  {action}")
    assert fault.file.startswith("what-if.yaml")


def test_misspelt_key_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "what-if.yaml"
    path.write_text(
        "name: a\ntitle_en: A\ntitle_zh: 甲\nqestion_en: Why?\noverrides: []\n", encoding="utf-8"
    )
    with pytest.raises(InputError) as caught:
        read_scenario(path)
    (fault,) = caught.value.faults
    assert fault == Fault(
        Text("unknown key", "未知的键"),
        Text("rename it to question_en", "更名为 question_en"),
        "what-if.yaml",
        4,
        "qestion_en",
    )


def test_misspelt_key_of_an_override(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_scenario(_scenario(tmp_path, "- tabel: sites\n  set: {ceiling_mw: 1}"))
    faults = {fault.column: fault for fault in caught.value.faults}
    assert set(faults) == {"overrides.0.table", "overrides.0.tabel"}
    assert faults["overrides.0.table"].problem == Text("the key is missing", "缺少该键")
    assert faults["overrides.0.tabel"].row == 5
    assert faults["overrides.0.tabel"].repair == Text("rename it to table", "更名为 table")


def test_no_such_scenario() -> None:
    with pytest.raises(UsageError) as caught:
        read_scenario("no-such-thing")
    assert caught.value.exit_code == 2
    assert caught.value.render("en").startswith(
        "no-such-thing is neither a scenario file nor a shipped scenario ("
    )
