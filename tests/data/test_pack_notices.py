"""What the cases say that the model does not use yet."""

from __future__ import annotations

from pathlib import Path

from optimizer.inputs.case import read_case
from optimizer.inputs.check_notices import Notice, notices
from tests.data.pack_tables import records
from tests.helpers import copy_tiny, read_rows, write_rows

GRADED = {"source_id": "teaching", "as_of": "2026", "confidence": "assumption", "note": "test"}


def places(found: list[Notice]) -> dict[tuple[str, str], int]:
    return {(notice.table, notice.column): notice.rows for notice in found}


def test_national_case() -> None:
    found = notices(read_case())
    services, rates, jobs = records("services"), records("service_rates"), records("jobs")
    best_tier = min(int(row["tier"]) for row in services)
    expected = {
        ("sites", "lead_time_years"): len(records("sites")),
        ("services", "growth_per_year"): sum(float(r["growth_per_year"]) != 1 for r in services),
        ("services", "protected_share"): sum(float(r["protected_share"]) > 0 for r in services),
        ("services", "tier"): sum(int(r["tier"]) > best_tier for r in services),
        ("service_rates", "accelerators_per_replica"): sum(
            int(row["accelerators_per_replica"]) > 1 for row in rates
        ),
        ("jobs", "may_split"): sum(row["may_split"] == "true" for row in jobs),
        ("jobs", "sync_scheme"): sum(row["sync_scheme"] == "low_communication" for row in jobs),
        ("accelerators", "embodied_kgco2"): len(records("accelerators")),
        ("grid", "wind_curtailment"): sum(row["wind_curtailment"] > "0" for row in records("grid")),
        ("grid", "solar_curtailment"): sum(
            row["solar_curtailment"] > "0" for row in records("grid")
        ),
        ("green_contracts", "additional"): sum(
            row["additional"] == "true" for row in records("green_contracts")
        ),
    }
    assert places(found) == expected


def test_several_periods_use_growth_and_building_time() -> None:
    one, several = places(notices(read_case())), places(notices(read_case("national-2030")))
    used = {("sites", "lead_time_years"), ("services", "growth_per_year")}
    assert used <= set(one)
    # Counted in years, the case has no direct lines.
    used.add(("green_contracts", "additional"))
    assert set(several) == (set(one) - used) | {("renewable_profiles", "")}


def test_profiles_are_used_where_something_generates(tmp_path: Path) -> None:
    folder = copy_tiny(tmp_path)
    rows = [
        {"province": "EA", "technology": "solar", "month": month, "hour": hour, **GRADED}
        | {"capacity_factor": "0.2"}
        for month in range(1, 13)
        for hour in range(24)
    ]
    write_rows(folder, "renewable_profiles", rows)
    assert places(notices(read_case(folder)))["renewable_profiles", ""] == 12 * 24
    contracts = [{**row, "technology": ""} for row in read_rows(folder, "green_contracts")]
    (trade,) = [
        row for row in contracts if row["kind"] == "green_trade" and row["site"] == "east_cluster"
    ]
    trade["technology"] = "solar"
    write_rows(folder, "green_contracts", contracts)
    assert ("renewable_profiles", "") not in places(notices(read_case(folder)))


def test_text_in_both_languages() -> None:
    (notice,) = [item for item in notices(read_case()) if item.column == "may_split"]
    assert notice.render("en") == (
        f"not modelled yet: jobs.may_split ({notice.rows} rows): each run stays at one site"
    )
    assert notice.render("zh") == (
        f"尚未建模：jobs.may_split（{notice.rows} 行）：每个任务只在一个站点运行"
    )


NEUTRAL = {
    "sites": {"lead_time_years": "0"},
    "services": {"growth_per_year": "1", "protected_share": "0", "tier": "3"},
    "service_rates": {"accelerators_per_replica": "1"},
    "jobs": {"may_split": "false", "sync_scheme": "synchronous"},
    "accelerators": {"embodied_kgco2": "0"},
    "grid": {"wind_curtailment": "", "solar_curtailment": "0"},
    "green_contracts": {"additional": "false"},
}


def test_a_neutral_case_has_none(tmp_path: Path) -> None:
    folder = copy_tiny(tmp_path)
    for table, cells in NEUTRAL.items():
        write_rows(folder, table, [{**row, **cells} for row in read_rows(folder, table)])
    assert notices(read_case(folder)) == []
    first, *rest = read_rows(folder, "green_contracts")
    write_rows(folder, "green_contracts", [{**first, "additional": "true"}, *rest])
    assert places(notices(read_case(folder))) == {("green_contracts", "additional"): 1}
