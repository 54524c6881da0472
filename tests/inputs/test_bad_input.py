"""What is wrong in the files of a case is named with file, row, column, value and repair."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.errors import Fault, InputError, UsageError
from optimizer.inputs.case import read_case
from optimizer.labels import Text
from optimizer.tables.registry import TABLES
from tests.helpers import rename_column, write_rows
from tests.inputs.small_case import SmallCase


def _faults(folder: Path) -> tuple[Fault, ...]:
    with pytest.raises(InputError) as caught:
        read_case(folder)
    assert caught.value.exit_code == 1
    return caught.value.faults


def _place(fault: Fault) -> tuple[str, int | None, str, str]:
    return fault.file, fault.row, fault.column, fault.value


def test_misspelt_column(tmp_path: Path) -> None:
    folder = SmallCase().write(tmp_path)
    rename_column(folder, "tariffs", "price_yuan_per_kwh", "price_yaun_per_kwh")
    misspelt, missing = _faults(folder)
    assert misspelt.render("en") == (
        "tariffs.csv:1 [price_yaun_per_kwh]: there is no such column in tariffs "
        "→ rename it to price_yuan_per_kwh"
    )
    assert misspelt.render("zh") == (
        "tariffs.csv:1 [price_yaun_per_kwh]：表 tariffs 没有这一列 → 更名为 price_yuan_per_kwh"
    )
    assert missing.render("en") == (
        "tariffs.csv:1 [price_yuan_per_kwh]: the column is missing "
        "→ add it: energy price with transmission, fees and funds"
    )


def test_misspelt_column_of_a_workbook_is_not_a_missing_table(tmp_path: Path) -> None:
    import pandas as pd  # noqa: PLC0415 - only this test writes a workbook

    folder = SmallCase().write(tmp_path)
    frame = pd.read_csv(folder / "tariffs.csv", dtype=str, keep_default_na=False)
    (folder / "tariffs.csv").unlink()
    frame.rename(columns={"price_yuan_per_kwh": "price_yaun_per_kwh"}).to_excel(
        folder / "case.xlsx", sheet_name="tariffs", index=False
    )
    assert [_place(fault) for fault in _faults(folder)] == [
        ("case.xlsx#tariffs", 1, "price_yaun_per_kwh", ""),
        ("case.xlsx#tariffs", 1, "price_yuan_per_kwh", ""),
    ]


def test_unknown_site(tmp_path: Path) -> None:
    case = SmallCase()
    case.set("regions", {"region": "delta"}, node="coats")
    (fault,) = _faults(case.write(tmp_path))
    assert fault == Fault(
        Text("not in sites", "sites 中没有"),
        Text("did you mean coast?", "是否应为 coast？"),
        "regions.csv",
        2,
        "node",
        "coats",
    )


def test_unknown_site_like_no_other(tmp_path: Path) -> None:
    case = SmallCase()
    case.set("regions", {"region": "delta"}, node="mars")
    (fault,) = _faults(case.write(tmp_path))
    assert fault.repair == Text("add it to sites or correct it", "请在 sites 中补充或更正")


def test_negative_price(tmp_path: Path) -> None:
    case = SmallCase()
    case.set("tariffs", {"tariff_region": "WE", "month": 7}, price_yuan_per_kwh=-0.32)
    line = case.line("tariffs", tariff_region="WE", month=7)
    (fault,) = _faults(case.write(tmp_path))
    assert fault.render("en") == (
        f"tariffs.csv:{line} [price_yuan_per_kwh] = '-0.32': outside 0 to 5 yuan/kWh → check the "
        "value and its unit: energy price with transmission, fees and funds is in yuan/kWh"
    )
    assert fault.render("zh") == (
        f"tariffs.csv:{line} [price_yuan_per_kwh] = '-0.32'：超出 0 至 5 yuan/kWh → "
        "请核对数值与单位：电度电价（含输配、系统运行费与基金）的单位为 yuan/kWh"
    )


def test_duplicate_key(tmp_path: Path) -> None:
    case = SmallCase()
    case.tables["grid"].append(dict(case.one("grid", province="WE")))
    (fault,) = _faults(case.write(tmp_path))
    assert fault == Fault(
        Text("the key stands already in grid.csv row 3", "主键与 grid.csv 第 3 行重复"),
        Text("remove one of the two rows or give it another key", "删除其中一行或更改主键"),
        "grid.csv",
        4,
        "province, year",
        "WE|2025",
    )


@pytest.mark.parametrize("cell", ["NaN", "-inf"])
def test_not_a_number(cell: str, tmp_path: Path) -> None:
    case = SmallCase()
    case.set("grid", {"province": "WE"}, location_kgco2_per_kwh=cell)
    (fault,) = _faults(case.write(tmp_path))
    assert fault == Fault(
        Text("not a finite number", "不是有限数值"),
        Text("write a number in kg CO2/kWh", "请填写数值，单位 kg CO2/kWh"),
        "grid.csv",
        3,
        "location_kgco2_per_kwh",
        cell,
    )


@pytest.mark.parametrize(
    ("table", "where", "column", "kilowatts"),
    [
        ("sites", {"site": "plateau"}, "existing_it_mw", "60000.5"),
        ("sites", {"site": "plateau"}, "ceiling_mw", "160000.5"),
        ("sites", {"site": "plateau"}, "build_limit_mw", "60000.5"),
        ("modules", {"module": "hall"}, "it_mw", "10000"),
        ("accelerators", {"accelerator": "card"}, "server_maximum_kw", "10400.5"),
    ],
)
def test_power_in_a_thousand_times_smaller_unit(
    table: str, where: dict[str, str], column: str, kilowatts: str, tmp_path: Path
) -> None:
    case = SmallCase()
    case.set(table, where, **{column: kilowatts})
    (fault,) = _faults(case.write(tmp_path))
    definition = TABLES[table].column(column)
    assert _place(fault) == (f"{table}.csv", case.line(table, **where), column, kilowatts)
    assert fault.problem.en.startswith("outside ")
    assert fault.problem.en.endswith(f" {definition.unit}")
    assert fault.repair.en == (
        f"check the value and its unit: {definition.meaning.en} is in {definition.unit}"
    )


def test_service_that_no_site_can_reach(tmp_path: Path) -> None:
    case = SmallCase()
    case.set(
        "services",
        {"service": "chat"},
        target_ms=11.5,
        target_kind="end_to_end",
        compute_p99_ms=10,
    )
    (fault,) = _faults(case.write(tmp_path))
    # The nearest site takes 2 * 0.5 ms * 1.5 and 2 ms of access.
    assert fault == Fault(
        Text(
            "chat can be served by no site in time: its network budget is 1.50 ms, the shortest "
            "round trip is 3.50 ms (delta to coast)",
            "chat 没有任何站点能及时服务：网络预算 1.50 毫秒，最短往返 3.50 毫秒（delta 至 coast）",
        ),
        Text(
            "raise target_ms, lower compute_p99_ms or round_trips, relax residency, or add a "
            "nearer site",
            "请提高 target_ms、降低 compute_p99_ms 或往返次数、放宽驻留要求，或增加更近的站点",
        ),
        "services.csv",
        2,
        "target_ms",
        "11.5",
    )


@pytest.mark.parametrize(
    ("bound", "most"),
    [
        ({"largest_gang": 2000}, "2,000"),
        # 1 kW a card: 3 MW hold 3,000
        ({"build_limit_mw": 3}, "3,000"),
        ({"build_limit_mw": 2, "existing_it_mw": 5, "ai_ready_it_mw": 2.5}, "4,500"),
    ],
)
def test_job_larger_than_any_site(bound: dict[str, float], most: str, tmp_path: Path) -> None:
    case = SmallCase()
    case.set("sites", {"site": "coast"}, build_limit_mw=0)
    case.set("sites", {"site": "plateau"}, **bound)
    case.add("jobs", job="base", accelerators=5000, accelerator="card")
    (fault,) = _faults(case.write(tmp_path))
    assert (fault.file, fault.row, fault.column) == ("jobs.csv", 2, "accelerators")
    assert fault.problem == Text(
        f"base is larger than any site: 5,000 card are needed at once, plateau could hold {most}",
        f"base 超出任何站点的规模：需同时使用 5,000 张 card，plateau 最多容纳 {most} 张",
    )
    assert fault.repair.en == (
        "lower the gang, widen the months, or raise largest_gang, build_limit_mw or supply"
    )


def test_job_larger_than_the_supply_and_one_that_just_fits(tmp_path: Path) -> None:
    case = SmallCase()
    case.set("accelerator_supply", {"accelerator": "card"}, supply=4999)
    case.add("jobs", job="base", accelerators=5000, accelerator="card")
    (fault,) = _faults(case.write(tmp_path / "large"))
    assert fault.problem.en.endswith("coast could hold 4,999")
    case.set("accelerator_supply", {"accelerator": "card"}, supply=5000)
    assert case.read(tmp_path / "fits").derived.gangs.gang.max() == 5.0


def test_job_that_no_gang_finishes(tmp_path: Path) -> None:
    case = SmallCase()
    # 4.32e21 FLOP a day on 1,000 cards; April has 30 days.
    case.add(
        "jobs",
        job="base",
        accelerators=1000,
        accelerator="card",
        flop=4.32e21 * 31,
        earliest_month=4,
        deadline_month=4,
    )
    (fault,) = _faults(case.write(tmp_path))
    assert fault == Fault(
        Text(
            "no gang on any accelerator finishes base within its months",
            "任何加速卡都无法在期限内完成 base",
        ),
        Text(
            "widen the months, raise the gang, or correct flop or training_rates",
            "请放宽月份、增加卡数，或更正 flop、training_rates",
        ),
        "jobs.csv",
        2,
        "deadline_month",
        "4",
    )


REQUIRED = [name for name, table in TABLES.items() if not table.may_be_absent]


def test_missing_tables_are_all_named(tmp_path: Path) -> None:
    folder = SmallCase().write(tmp_path)
    for path in folder.glob("*.csv"):
        path.unlink()
    faults = _faults(folder)
    assert [fault.file for fault in faults] == REQUIRED
    grid = next(fault for fault in faults if fault.file == "grid")
    assert grid.render("en") == (
        "grid: the table is missing: the grid of one province in one year "
        "→ add grid.csv to the case, or base the case on national-2026"
    )
    assert grid.render("zh") == (
        "grid：缺少该表：一个省份一年的电网 → 请在算例中加入 grid.csv，或以 national-2026 为基础"
    )


OPTIONAL = [name for name, table in TABLES.items() if table.may_be_absent]


@pytest.mark.parametrize("table", OPTIONAL)
def test_a_table_that_may_be_absent_may_be_absent(table: str) -> None:
    case = SmallCase()
    case.tables.pop(table, None)
    assert len(case.case().frame(table)) == 0


def test_tables_that_may_be_absent_may_be_empty(tmp_path: Path) -> None:
    folder = SmallCase().write(tmp_path)
    for table in OPTIONAL:
        write_rows(folder, table, [], TABLES[table].column_names)
    case = read_case(folder)
    assert [len(case.frame(table)) for table in OPTIONAL] == [0] * len(OPTIONAL)


@pytest.mark.parametrize("table", ["sites", "regions", "modules", "accelerators", "times"])
def test_a_table_that_needs_rows(table: str, tmp_path: Path) -> None:
    folder = SmallCase().write(tmp_path)
    write_rows(folder, table, [], TABLES[table].column_names)
    (fault,) = _faults(folder)
    assert _place(fault) == (f"{table}.csv", None, "", "")
    assert fault.problem == Text("the table has no rows", "该表没有数据行")
    assert fault.repair.en == f"add at least one row: {TABLES[table].meaning.en}"


@pytest.mark.parametrize("spoil", ["folder", "dangling link"])
def test_a_file_that_cannot_be_opened_is_a_fault_of_the_case(spoil: str, tmp_path: Path) -> None:
    folder = SmallCase().write(tmp_path)
    path = folder / "grid.csv"
    path.unlink()
    if spoil == "folder":
        path.mkdir()
    else:
        path.symlink_to(folder / "gone.csv")
    (fault,) = _faults(folder)
    assert _place(fault) == ("grid.csv", None, "", "")
    assert fault.problem.en.startswith("the file cannot be read (")


def test_rows_are_named_as_the_file_has_them_in_any_order(tmp_path: Path) -> None:
    case = SmallCase()
    case.tables["sites"].reverse()
    case.set("sites", {"site": "plateau"}, province="XX")
    faults = _faults(case.write(tmp_path))
    assert {_place(fault) for fault in faults} == {("sites.csv", 2, "province", "XX")}


def test_message_of_the_error_lists_every_fault(tmp_path: Path) -> None:
    case = SmallCase()
    case.set("regions", {"region": "delta"}, node="coats")
    case.set("services", {"service": "chat"}, profile="flta")
    with pytest.raises(InputError) as caught:
        case.read(tmp_path)
    assert str(caught.value).splitlines() == [
        "2 fault(s) in the inputs",
        "  regions.csv:2 [node] = 'coats': not in sites → did you mean coast?",
        "  services.csv:2 [profile] = 'flta': not in profiles → did you mean flat?",
    ]
    assert caught.value.render("zh").splitlines() == [
        "输入有 2 处错误",
        "  regions.csv:2 [node] = 'coats'：sites 中没有 → 是否应为 coast？",
        "  services.csv:2 [profile] = 'flta'：profiles 中没有 → 是否应为 flat？",
    ]


def test_no_such_case() -> None:
    with pytest.raises(UsageError) as caught:
        read_case("atlantis")
    assert caught.value.exit_code == 2
    assert caught.value.render("en").startswith(
        "atlantis is neither a folder with case.yaml, nor a workbook, nor a shipped case ("
        "national-2026, "
        "frontier-campus, national-2030, tiny"
    )
