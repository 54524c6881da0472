"""What contradicts itself within a table or between tables is named at its place."""

from __future__ import annotations

import pytest

from optimizer.errors import Fault, InputError
from optimizer.labels import Text
from tests.inputs.small_case import SmallCase, row


def _faults(case: SmallCase) -> tuple[Fault, ...]:
    with pytest.raises(InputError) as caught:
        case.case()
    return caught.value.faults


def _place(fault: Fault) -> tuple[str, int | None, str, str]:
    return fault.file, fault.row, fault.column, fault.value


def _small_power() -> SmallCase:
    """Return the case with some power and cards at both sites."""
    case = SmallCase()
    for site in ("coast", "plateau"):
        case.set("sites", {"site": site}, existing_it_mw=20, occupied_it_mw=5, ai_ready_it_mw=10)
    return case


@pytest.mark.parametrize(
    ("table", "where", "column", "cell", "target"),
    [
        ("sites", {"site": "coast"}, "province", "EB", "provinces"),
        ("regions", {"region": "delta"}, "province", "EB", "provinces"),
        ("links", {"link": "trunk"}, "to_site", "plateu", "sites"),
        ("service_rates", {"service": "chat"}, "accelerator", "cart", "accelerators"),
        ("service_rates", {"service": "chat"}, "service", "chart", "services"),
        ("fleet", {"site": "coast"}, "site", "cost", "sites"),
        ("accelerator_supply", {"accelerator": "card"}, "accelerator", "cart", "accelerators"),
        ("training_rates", {"kind": "pretraining"}, "accelerator", "cart", "accelerators"),
        ("climate", {"site": "coast"}, "site", "cost", "sites"),
        ("grid", {"province": "WE"}, "province", "WF", "provinces"),
    ],
)
def test_reference_to_nothing(
    table: str, where: dict[str, str], column: str, cell: str, target: str
) -> None:
    case = SmallCase()
    line = case.line(table, **where)
    case.set(table, where, **{column: cell})
    assert (f"{table}.csv", line, column, cell) in {
        _place(fault)
        for fault in _faults(case)
        if fault.problem == Text(f"not in {target}", f"{target} 中没有")
    }


def test_unknown_kind_of_training() -> None:
    case = SmallCase()
    case.add("jobs", job="base", kind="pretrainign")
    (fault,) = _faults(case)
    assert _place(fault) == ("jobs.csv", 2, "kind", "pretrainign")
    assert fault.repair.en == "did you mean pretraining?"


def test_unknown_source_is_named_once_a_table() -> None:
    case = SmallCase()
    for cells in case.tables["tariffs"]:
        cells["source_id"] = "made_up; gazette"
    (fault,) = _faults(case)
    assert _place(fault) == ("tariffs.csv", 2, "source_id", "made_up; gazette")
    assert fault.problem.en == "gazette is not in sources"
    assert fault.repair == Text("add it to sources.csv", "请在 sources.csv 中补充")


def test_months_without_a_tariff() -> None:
    case = SmallCase()
    case.tables["tariffs"] = [
        cells
        for cells in case.tables["tariffs"]
        if cells["tariff_region"] == "EA" or cells["month"] not in {3, 11}
    ]
    (fault,) = _faults(case)
    assert _place(fault) == ("sites.csv", 3, "tariff_region", "WE")
    assert fault.problem == Text(
        "tariffs has no rows of WE at 110 kV for months 3, 11",
        "tariffs 缺少 WE（110 千伏）3, 11 月的电价",
    )


def test_bands_that_miss_and_repeat_hours() -> None:
    case = SmallCase()
    case.set("tariffs", {"tariff_region": "WE", "month": 5}, hours="0-8;7.5-24")
    case.set("tariffs", {"tariff_region": "WE", "month": 6}, hours="0-23.5")
    case.set("tariffs", {"tariff_region": "WE", "month": 7}, hours="0:00-24:00")
    unreadable, repeated, missed = _faults(case)
    assert _place(unreadable) == ("tariffs.csv", 20, "hours", "0:00-24:00")
    assert unreadable.problem == Text("not a list of hours", "不是有效的时段")
    assert _place(repeated) == ("tariffs.csv", 18, "hours", "0-8;7.5-24")
    assert repeated.problem.en == ("the bands of WE 110 kV in month 5 miss or repeat hours 7")
    assert _place(missed) == ("tariffs.csv", 19, "hours", "0-23.5")
    assert missed.problem.en == "the bands of WE 110 kV in month 6 miss or repeat hours 23"


def test_charges_that_differ_within_a_month() -> None:
    case = SmallCase()
    case.set("tariffs", {"tariff_region": "WE", "month": 5}, hours="0-12")
    case.add(
        "tariffs",
        tariff_region="WE",
        month=5,
        band="peak",
        hours="12-24",
        demand_charge_yuan_per_kw_month=40,
    )
    (fault,) = _faults(case)
    assert fault.file == "tariffs.csv"
    assert fault.column == "demand_charge_yuan_per_kw_month"
    assert fault.problem.en == "the charges differ between bands of one month"


def test_weights_that_do_not_sum_to_a_year() -> None:
    case = SmallCase()
    for cells in case.tables["times"]:
        cells["weight_days"] = 364
    (fault,) = _faults(case)
    assert (fault.file, fault.column) == ("times.csv", "weight_days")
    assert fault.problem == Text("the weights sum to 364 days", "权重合计为 364 天")
    assert fault.repair == Text("they must sum to 365", "合计应为 365 天")


def test_day_without_all_hours() -> None:
    case = SmallCase()
    del case.tables["times"][5]
    (fault,) = _faults(case)
    assert fault.problem.en == "year does not have hours 0 to 23 once each"


def test_days_weigh_as_much_as_the_months_they_stand_for() -> None:
    case = SmallCase()
    for cells in case.tables["times"]:
        cells["weight_days"] = 200
    case.tables["times"] += [
        row("times", typical_day="summer", hour=hour, month=7, weight_days=165)
        for hour in range(24)
    ]
    case.tables["climate"] += [row("climate", site=site, month=7) for site in ("coast", "plateau")]
    year, summer = _faults(case)
    assert _place(year) == ("times.csv", 2, "weight_days", "200.0")
    assert year.problem.en == "year stands for months 1, 2, 3, 4, 5, 6, which have 181 days"
    assert _place(summer) == ("times.csv", 26, "weight_days", "165.0")
    assert summer.problem.en == "summer stands for months 7, 8, 9, 10, 11, 12, which have 184 days"


def test_two_days_of_one_month() -> None:
    case = SmallCase()
    for cells in case.tables["times"]:
        cells["weight_days"] = 200
    case.tables["times"] += [
        row("times", typical_day="holiday", hour=hour, month=1, weight_days=165)
        for hour in range(24)
    ]
    (fault,) = _faults(case)
    assert fault.problem.en == "several typical days in one month"


def test_year_of_another_case() -> None:
    case = SmallCase(year=2030)
    (fault,) = _faults(case)
    assert _place(fault) == ("times.csv", 2, "period", "2026")
    assert fault.problem.en == "the case begins in 2030, times with 2026"


def test_month_without_a_temperature() -> None:
    case = SmallCase()
    case.set("climate", {"site": "plateau"}, month=2)
    (fault,) = _faults(case)
    assert _place(fault) == ("sites.csv", 3, "site", "plateau")
    assert fault.problem == Text("climate has no month 1", "climate 缺少 1 月")


def test_grid_of_later_years_alone() -> None:
    case = SmallCase()
    case.set("grid", {"province": "WE"}, year=2027)
    (fault,) = _faults(case)
    assert _place(fault) == ("sites.csv", 3, "province", "WE")
    assert fault.problem == Text("grid has no row up to 2026", "grid 缺少 2026 年及以前的数据")


def test_parameters_missing_and_unknown() -> None:
    case = SmallCase()
    case.set("finance", {"parameter": "discount_rate"}, parameter="discont_rate")
    missing, unknown = _faults(case)
    assert _place(missing) == ("finance.csv", None, "parameter", "discount_rate")
    assert missing.problem == Text("the parameter is missing", "缺少该参数")
    assert (unknown.file, unknown.column, unknown.value) == (
        "finance.csv",
        "parameter",
        "discont_rate",
    )
    assert unknown.repair.en == "did you mean discount_rate?"


@pytest.mark.parametrize(
    ("table", "parameter", "value"),
    [
        # What a percent sign, a minus or another unit left behind
        ("finance", "discount_rate", 6),
        ("finance", "discount_rate", -0.06),
        ("finance", "link_life_years", 0),
        ("finance", "accelerator_upkeep_share_per_year", 2),
        ("finance", "shell_upkeep_share_per_year", -0.03),
        ("finance", "accelerator_system_factor", -1.15),
        ("parameters", "fibre_us_per_km", 0.0049),
        ("parameters", "kva_per_kw", 0.5),
        ("parameters", "job_start_step_months", 1.5),
        ("parameters", "network_storage_power_factor", 0.1),
        ("parameters", "p99_factor_public", 0.99),
        ("parameters", "route_factor_optical", 0.5),
    ],
)
def test_parameter_in_the_wrong_unit(table: str, parameter: str, value: float) -> None:
    case = SmallCase()
    case.set(table, {"parameter": parameter}, value=value)
    (fault,) = _faults(case)
    assert (fault.file, fault.row) == (f"{table}.csv", case.line(table, parameter=parameter))
    assert fault.column == "value"
    assert float(fault.value) == value


def test_more_ready_power_than_is_free() -> None:
    case = _small_power()
    case.set("sites", {"site": "plateau"}, ai_ready_it_mw=15.5)
    (fault,) = _faults(case)
    assert _place(fault) == ("sites.csv", 3, "ai_ready_it_mw", "15.5")
    assert fault.problem == Text(
        "more than the free power of 15 MW (existing less occupied)",
        "超过空余功率 15 MW（已建减已占用）",
    )


def test_fleet_without_power() -> None:
    case = _small_power()
    case.set("fleet", {"site": "coast"}, installed=12_000)
    (fault,) = _faults(case)
    assert (fault.file, fault.row, fault.column) == ("sites.csv", 2, "ai_ready_it_mw")
    # 8 kW a server of eight: 12 MW
    assert fault.problem.en == "the fleet there needs 12.0 MW"


def test_power_under_construction_without_a_year() -> None:
    case = SmallCase()
    case.set("sites", {"site": "plateau"}, under_construction_it_mw=5)
    (fault,) = _faults(case)
    assert (fault.file, fault.row, fault.column) == ("sites.csv", 3, "under_construction_year")


def test_shares_of_demand_that_do_not_sum_to_one() -> None:
    case = SmallCase()
    case.set("regions", {"region": "delta"}, online_share=0.99)
    (fault,) = _faults(case)
    assert (fault.file, fault.column) == ("regions.csv", "online_share")
    assert fault.problem == Text("the shares sum to 0.990000", "比重合计为 0.990000")


@pytest.mark.parametrize(
    ("cells", "column", "problem"),
    [
        ({"target_ms": 100}, "target_ms", "target_ms and target_kind contradict each other"),
        (
            {"target_kind": "end_to_end"},
            "target_ms",
            "target_ms and target_kind contradict each other",
        ),
        (
            {"target_ms": 50, "target_kind": "end_to_end", "compute_p99_ms": 50},
            "compute_p99_ms",
            "computing takes the whole target",
        ),
    ],
)
def test_targets_that_make_no_sense(cells: dict[str, object], column: str, problem: str) -> None:
    case = SmallCase()
    case.set("services", {"service": "chat"}, **cells)
    (fault,) = _faults(case)
    assert (fault.file, fault.row, fault.column) == ("services.csv", 2, column)
    assert fault.problem.en == problem


@pytest.mark.parametrize(
    ("cells", "column", "problem"),
    [
        (
            {"prefill_tokens_per_s": 5},
            "requests_per_s",
            "give either token rates or requests_per_s",
        ),
        ({"requests_per_s": ""}, "requests_per_s", "give either token rates or requests_per_s"),
        ({"requests_per_s": 0}, "requests_per_s", "the rate must be above zero"),
        (
            {"requests_per_s": "", "prefill_tokens_per_s": 5},
            "service",
            "token rates for a service without tokens",
        ),
    ],
)
def test_rates_that_make_no_sense(cells: dict[str, object], column: str, problem: str) -> None:
    case = SmallCase()
    case.set("service_rates", {"service": "chat"}, **cells)
    (fault,) = _faults(case)
    assert (fault.file, fault.row, fault.column) == ("service_rates.csv", 2, column)
    assert fault.problem.en == problem


def test_service_without_a_rate() -> None:
    case = SmallCase()
    case.add("services", service="voice")
    (fault,) = _faults(case)
    assert _place(fault) == ("services.csv", 3, "service", "voice")
    assert fault.problem == Text("service_rates has no row for it", "service_rates 中没有该服务")


@pytest.mark.parametrize(
    ("cells", "column", "problem"),
    [
        ({"earliest_month": 6, "deadline_month": 5}, "deadline_month", "before earliest_month"),
        ({"accelerators": 100}, "accelerator", "a gang of a given number without a type"),
    ],
)
def test_jobs_that_make_no_sense(cells: dict[str, object], column: str, problem: str) -> None:
    case = SmallCase()
    case.add("jobs", job="base", **cells)
    (fault,) = _faults(case)
    assert (fault.file, fault.row, fault.column) == ("jobs.csv", 2, column)
    assert fault.problem.en == problem


@pytest.mark.parametrize(
    ("module", "cells", "column", "problem"),
    [
        ("hall", {"it_mw": 0}, "it_mw", "new modules have a size, existing power has none"),
        ("existing", {"it_mw": 5}, "it_mw", "new modules have a size, existing power has none"),
        ("hall", {"minimum_per_site": 101}, "minimum_per_site", "above maximum_per_site"),
        ("hall", {"kind": "existing", "it_mw": 0}, "kind", "there are 2 modules of kind existing"),
        ("existing", {"kind": "new", "it_mw": 1}, "kind", "there are 0 modules of kind existing"),
    ],
)
def test_modules_that_make_no_sense(
    module: str, cells: dict[str, object], column: str, problem: str
) -> None:
    case = SmallCase()
    case.set("modules", {"module": module}, **cells)
    (fault,) = _faults(case)
    assert (fault.file, fault.column) == ("modules.csv", column)
    assert fault.problem.en == problem


def test_link_to_itself() -> None:
    case = SmallCase()
    case.set("links", {"link": "trunk"}, to_site="coast")
    (fault,) = _faults(case)
    assert _place(fault) == ("links.csv", 2, "to_site", "coast")
    assert fault.problem == Text("a link from a site to itself", "链路两端为同一站点")


def test_supply_steps_out_of_order() -> None:
    case = SmallCase()
    case.add("supply_steps", site="coast", step=1, above_mw=50.5, extra_yuan_per_kwh=0.1)
    case.add("supply_steps", site="coast", step=2, above_mw=50.5, extra_yuan_per_kwh=0.2)
    (fault,) = _faults(case)
    assert _place(fault) == ("supply_steps.csv", 3, "above_mw", "50.5")
    assert fault.problem == Text("not above the step before", "不高于前一台阶")


@pytest.mark.parametrize(
    ("cells", "column", "problem"),
    [
        ({"workload": "chta"}, "workload", "not in services / jobs"),
        ({"site": "cost"}, "site", "not in sites"),
        ({"rule": "never", "value": 0.5}, "value", "never takes no value"),
        ({"rule": "minimum_share"}, "value", "minimum_share takes a value"),
        ({"rule": "minimum_share", "value": 80}, "value", "a share above one"),
    ],
)
def test_pins_that_make_no_sense(cells: dict[str, object], column: str, problem: str) -> None:
    case = SmallCase()
    case.add("pins", **({"workload": "chat", "site": "coast", "rule": "must"} | cells))
    (fault,) = _faults(case)
    assert (fault.file, fault.row, fault.column) == ("pins.csv", 2, column)
    assert fault.problem.en == problem


def test_pin_to_two_places_at_once() -> None:
    case = SmallCase()
    case.add("pins", workload="chat", site="coast", rule="must")
    case.add("pins", workload="chat", site="plateau", rule="must")
    (fault,) = _faults(case)
    assert _place(fault) == ("pins.csv", 3, "rule", "must")
    assert fault.problem == Text("chat must be at two sites at once", "chat 被要求同时位于两个站点")


@pytest.mark.parametrize(
    ("cells", "column", "problem"),
    [
        ({"unit": "MW"}, "unit", "west_share_min is in 1"),
        ({"comparison": "<="}, "comparison", "west_share_min is in >="),
        ({"value": 60}, "value", "a share above one"),
        (
            {"ledger": "market"},
            "ledger",
            "a ledger belongs to carbon rows and to no others",
        ),
        (
            {"hard": False},
            "penalty_million_yuan_per_unit",
            "soft rows have a penalty, hard rows have none",
        ),
        (
            {"penalty_million_yuan_per_unit": 1},
            "penalty_million_yuan_per_unit",
            "soft rows have a penalty, hard rows have none",
        ),
        ({"scope": "side:north"}, "scope", "unknown scope: north"),
        ({"valid_from": "1 January 2026"}, "valid_from", "not a date"),
        ({"valid_to": "2026-02-30"}, "valid_to", "not a date"),
    ],
)
def test_policies_that_make_no_sense(cells: dict[str, object], column: str, problem: str) -> None:
    case = SmallCase()
    case.add("policies", **({"policy": "west", "kind": "west_share_min"} | cells))
    (fault,) = _faults(case)
    assert (fault.file, fault.row, fault.column) == ("policies.csv", 2, column)
    assert fault.problem.en == problem


def test_soft_pue_ceiling() -> None:
    case = SmallCase()
    case.add(
        "policies",
        policy="pue",
        kind="pue_max",
        comparison="<=",
        value=1.25,
        hard=False,
        penalty_million_yuan_per_unit=1,
    )
    (fault,) = _faults(case)
    assert _place(fault) == ("policies.csv", 2, "hard", "False")
    assert fault.problem.en == "a PUE ceiling bars module types and cannot be soft"


@pytest.mark.parametrize(
    ("cells", "column", "problem"),
    [
        (
            {"kind": "energy_cap", "unit": "GWh", "workloads": "kind:training"},
            "workloads",
            "energy_cap holds for all work",
        ),
        ({"workloads": "kind:video"}, "workloads", "unknown work: video"),
        ({"workloads": "service:chat;chta"}, "workloads", "unknown work: chta"),
        ({"workloads": "job:chat"}, "workloads", "unknown work: chat"),
        ({"workloads": "chat"}, "workloads", "unknown work: chat"),
        (
            {"threshold": 1.3},
            "threshold",
            "a threshold belongs to surcharges on PUE and to no other row",
        ),
        (
            {"kind": "pue_surcharge", "unit": "yuan/kWh", "comparison": "="},
            "threshold",
            "a threshold belongs to surcharges on PUE and to no other row",
        ),
        (
            {"kind": "latency_max", "unit": "ms", "value": 20}
            | {"hard": False, "penalty_million_yuan_per_unit": 1},
            "hard",
            "a latency limit bars pairs of work and site and cannot be soft",
        ),
        (
            {"kind": "cost_cap", "unit": "million yuan", "scope": "side:east"},
            "scope",
            "a cap on cost is national",
        ),
        (
            {"kind": "build_subsidy", "unit": "yuan/kW", "comparison": "=", "value": 30},
            "value",
            "more than the 20 yuan/kW that new power costs there",
        ),
        ({"value": 40}, "value", "a share above one"),
        ({"unit": "ms"}, "unit", "workload_share_max is in 1"),
    ],
)
def test_policies_that_their_kind_does_not_allow(
    cells: dict[str, object], column: str, problem: str
) -> None:
    case = SmallCase()
    case.set("sites", {"site": "coast"}, capex_yuan_per_kw=20)
    case.set("sites", {"site": "plateau"}, capex_yuan_per_kw=50)
    row = {"policy": "rule", "kind": "workload_share_max", "comparison": "<="}
    case.add("policies", **(row | cells))
    (fault,) = _faults(case)
    assert (fault.file, fault.row, fault.column) == ("policies.csv", 2, column)
    assert fault.problem.en == problem


def test_an_unknown_scope_of_a_subsidy_is_one_fault() -> None:
    case = SmallCase()
    row = {"policy": "rule", "kind": "build_subsidy", "comparison": "=", "unit": "yuan/kW"}
    case.add("policies", **row, scope="side:north")
    (fault,) = _faults(case)
    assert _place(fault) == ("policies.csv", 2, "scope", "side:north")


def test_carbon_row_without_a_ledger() -> None:
    case = SmallCase()
    case.add("policies", policy="cap", kind="carbon_cap", unit="ktCO2", comparison="<=", value=400)
    (fault,) = _faults(case)
    assert _place(fault) == ("policies.csv", 2, "ledger", "")


@pytest.mark.parametrize(
    ("cells", "column", "problem"),
    [
        ({"table": "sitse"}, "table", "not in tables"),
        ({"column": "ceilng_mw"}, "column", "not in sites"),
        ({"key": "cost"}, "key", "not in sites"),
        ({"low": 3, "high": 2}, "low", "above high"),
    ],
)
def test_gradings_of_nothing(cells: dict[str, object], column: str, problem: str) -> None:
    case = SmallCase()
    cell = {"table": "sites", "key": "coast", "column": "ceiling_mw", "low": 1, "high": 2}
    case.add("provenance", **(cell | cells))
    (fault,) = _faults(case)
    assert (fault.file, fault.row, fault.column) == ("provenance.csv", 2, column)
    assert fault.problem.en == problem


def test_faults_of_many_tables_are_listed_at_once() -> None:
    case = _small_power()
    case.set("regions", {"region": "delta"}, node="coats", online_share=0.5)
    case.set("sites", {"site": "plateau"}, ai_ready_it_mw=19, tariff_region="XX")
    case.set("links", {"link": "trunk"}, to_site="coast")
    case.add("pins", workload="chta", site="coast", rule="must")
    assert {(fault.file, fault.column) for fault in _faults(case)} == {
        ("regions.csv", "node"),
        ("regions.csv", "online_share"),
        ("sites.csv", "ai_ready_it_mw"),
        ("sites.csv", "tariff_region"),
        ("links.csv", "to_site"),
        ("pins.csv", "workload"),
    }
