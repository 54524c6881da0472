"""The package's optimum by the hour is that of a matrix written elsewhere."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from optimizer.plan.raw_solution import RawSolution
from tests.hour_case import add_battery, add_generation, policy, set_days, set_profile, solved
from tests.inputs.small_case import SmallCase, row
from tests.oracle import hour_task
from tests.oracle.hour_task import CEILING_MW, HOURS, SITES, Site, Task, optimum, random_task

MONTHS = range(1, 13)
PROVINCES = {"coast": "EA", "plateau": "WE"}
OPTIONS = (
    "line",
    "generation_mw",
    "export_mw",
    "battery_mwh",
    "later_mw",
    "peak_mw",
    "credit_mw",
    "contracted",
    "broken",
)


def case_of(task: Task) -> SmallCase:
    """Return the tables that say what a task says."""
    case = SmallCase()
    set_days(case, task.days)
    set_profile(case, task.shape, "day")
    case.set(
        "services",
        {"service": "chat"},
        requests_per_s=1000 * task.load_mw,
        profile="day",
        flexible_share=task.flexible or "",
    )
    case.set("accelerator_supply", {"accelerator": "card"}, supply=round(1000 * task.cards_mw))
    case.set(
        "modules",
        {"module": "hall"},
        it_mw=1,
        pue_base=1.1,
        pue_slope_per_c=0.01,
        pue_threshold_c=10,
    )
    case.tables["tariffs"] = []
    for name, site in zip(SITES, task.sites, strict=True):
        _site(case, task, name, site)
    if task.peak_factor is not None:
        case.add("parameters", parameter="demand_peak_factor", value=task.peak_factor)
    case.tables["policies"] = [
        policy(kind, value, comparison="<=" if kind.endswith("max") else ">=")
        for kind, value, neutral in (
            ("direct_self_use_min", task.self_use, 0.0),
            ("direct_load_share_min", task.load_share, 0.0),
            ("direct_export_max", task.export, 1.0),
        )
        if value != neutral
    ]
    if task.matching:
        case.tables["policies"].append(
            policy(
                "green_share_hourly_min",
                task.matching,
                hard=False,
                penalty_million_yuan_per_unit=task.penalty,
            )
        )
    if task.carbon_price:
        case.tables["policies"].append(
            policy(
                "carbon_price",
                task.carbon_price,
                unit="yuan/tCO2",
                comparison="=",
                ledger="location",
            )
        )
    return case


def _site(case: SmallCase, task: Task, name: str, site: Site) -> None:
    province = PROVINCES[name]
    case.set("sites", {"site": name}, ceiling_mw=CEILING_MW, design_temperature_c=30)
    case.set(
        "grid", {"province": province}, green_share=task.green, location_kgco2_per_kwh=task.location
    )
    for month, celsius in site.temperature.items():
        case.set("climate", {"site": name, "month": month}, mean_temperature_c=celsius)
    day_of = {month: max((at for at in task.days if at <= month), default=0) for month in MONTHS}
    days = {month: day or max(task.days) for month, day in day_of.items()}
    for month in MONTHS:
        for hour in HOURS:
            case.add(
                "tariffs",
                tariff_region=province,
                month=month,
                band=f"hour {hour}",
                hours=f"{hour}-{hour + 1}",
                price_yuan_per_kwh=site.price[days[month]][hour],
                demand_charge_yuan_per_kw_month=site.demand_charge,
            )
            for technology, factors in (("solar", site.sun), ("onshore_wind", site.wind)):
                case.tables.setdefault("renewable_profiles", []).append(
                    row(
                        "renewable_profiles",
                        province=province,
                        technology=technology,
                        month=month,
                        hour=hour,
                        capacity_factor=factors[days[month]][hour],
                    )
                )
    # Without interest the yearly cost is a share of the capital: 1 / life.
    life = 1 / task.annuity
    add_generation(
        case,
        name,
        capacity_mw=site.roof_mw,
        capex_yuan_per_kw=site.roof_capital,
        life_years=life,
    )
    for technology, capacity, capital in zip(
        ("solar", "onshore_wind"), site.line_mw, site.line_capital, strict=True
    ):
        add_generation(
            case,
            name,
            contract=f"line {technology}",
            kind="direct_supply",
            technology=technology,
            line="wire",
            capacity_mw=capacity,
            capex_yuan_per_kw=capital,
            life_years=life,
            price_yuan_per_mwh=site.line_kept,
            export_price_yuan_per_mwh=site.line_export,
        )
    add_battery(
        case,
        name,
        power_mw=site.battery[0],
        energy_mwh=site.battery[1],
        capex_yuan_per_kw=site.battery_capital[0],
        capex_yuan_per_kwh=site.battery_capital[1],
        life_years=life,
        charge_efficiency=site.charge,
        discharge_efficiency=site.discharge,
    )
    case.add(
        "green_contracts",
        contract="trade",
        site=name,
        kind="green_trade",
        technology="solar",
        price_yuan_per_mwh=site.trade_price,
        ceiling_gwh=site.trade_gwh,
    )


used: Counter[str] = Counter()


def solved_task(task: Task) -> RawSolution:
    solution = solved(case_of(task))
    used.update(
        block
        for block in OPTIONS
        if block in solution.columns and solution.columns[block].values.sum() > 1e-6
    )
    return solution


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.integers(0, 100_000))
@example(244)  # its last cuts are smaller than the solver's tolerance
def _random_task(seed: int) -> None:
    task = random_task(seed)
    assert solved_task(task).objective == pytest.approx(optimum(task), rel=1e-6, abs=1e-6)


def test_optimum_is_that_of_the_matrix_by_hand() -> None:
    used.clear()
    _random_task()
    assert set(used) == set(OPTIONS)


def test_the_matrix_by_hand_knows_nothing_of_the_package() -> None:
    path = Path(hour_task.__file__)
    imported = {
        node.module
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
    }
    assert not {name for name in imported if name and name.startswith("optimizer")}
    # What it does take knows nothing of the package either (tests.oracle.test_oracle_exact).
    assert {name for name in imported if name and name.startswith("tests")} == {
        "tests.oracle.exact",
        "tests.oracle.raw_program",
    }
