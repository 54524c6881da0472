"""The shipped case of three periods: what it adds to the national case and what follows."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

from data.build import build_later_years
from optimizer.inputs.case import Case, read_case
from optimizer.inputs.check_notices import notices
from tests.data.pack_tables import DATA, by_key, records

FOLDER = DATA / "cases" / "national-2030"
SOURCED = {"wuhu": ("303", "2026"), "qingyang": ("75", "2027")}
"""Projects under construction whose size the sources name."""


@cache
def case() -> Case:
    return read_case("national-2030")


@cache
def own(table: str) -> tuple[dict[str, str], ...]:
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


@cache
def gradings() -> dict[tuple[str, str, str], dict[str, str]]:
    return {(row["table"], row["key"], row["column"]): row for row in own("provenance")}


def changed(table: str, key: str) -> dict[str, set[str]]:
    """Return the keys of the rows in which each column differs from the national case."""
    found: dict[str, set[str]] = {}
    national = by_key(table)
    assert {row[key] for row in own(table)} == set(national)
    for row in own(table):
        for column, cell in row.items():
            if cell != national[row[key]][column]:
                found.setdefault(column, set()).add(row[key])
    return found


def test_same_bytes(tmp_path: Path) -> None:
    build_later_years(tmp_path)
    built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert built == {path.name: path.read_bytes() for path in FOLDER.glob("*.csv")}


def test_periods() -> None:
    periods = [part.period for part in case().periods]
    assert [(period.year, period.years) for period in periods] == [(2026, 2), (2028, 2), (2030, 2)]
    for part in case().periods:
        assert part.derived.calendar.weight.sum() == 365
        # Nothing moves within the day: each year is one day in the model.
        assert not len(part.derived.supply.generation.contract)
        assert (part.frame("services")["flexible_share"].fillna(0.0) == 0.0).all()


def test_demand_and_runs_grow() -> None:
    growth = {row["service"]: float(row["growth_per_year"]) for row in own("services")}
    assert growth["chat"] == growth["reasoning"] == growth["batch_text"] == 1.4
    assert growth["image"] == growth["video"] == 1.5
    assert growth["ranking"] == growth["camera"] == growth["rendering"] == 1.1
    assert growth["tele_driving"] == growth["vehicle_control"] == 1.2
    for part, years in zip(case().periods, (0, 2, 4), strict=True):
        frame = part.frame("services").set_index("service")
        for row in records("services"):
            wanted = float(row["requests_per_s"]) * growth[row["service"]] ** years
            assert frame.loc[row["service"], "requests_per_s"] == pytest.approx(wanted)
        jobs = part.frame("jobs").set_index("job")["count"]
        for row in records("jobs"):
            assert jobs[row["job"]] == round(int(row["count"]) * 1.2**years)


def test_supply_in_every_year() -> None:
    types = {row["accelerator"] for row in records("accelerators")}
    years = {int(row["year"]) for row in own("accelerator_supply")}
    assert years == {2027, 2028, 2029, 2030}
    rows = {(row["accelerator"], int(row["year"])): row for row in own("accelerator_supply")}
    assert set(rows) == {(kind, year) for kind in types for year in years}
    for (kind, year), row in rows.items():
        cell = gradings()["accelerator_supply", f"{kind}|{year}", "supply"]
        assert float(cell["low"]) <= float(row["supply"]) <= float(cell["high"])
    main = [int(rows["ascend_910c", year]["supply"]) for year in sorted(years)]
    assert main == sorted(main)
    for barred in ("a800", "h800"):
        assert {rows[barred, year]["supply"] for year in years} == {"0"}


def test_runs_are_counted_in_a_type_that_can_be_bought() -> None:
    found = changed("jobs", "job")
    assert found["accelerator"] == {"frontier_dense"}
    assert set(found) == {"accelerator"}
    bought = {row["accelerator"] for row in own("accelerator_supply") if int(row["supply"]) > 0}
    assert {row["accelerator"] for row in own("jobs")} - {""} <= bought


def test_power_under_way_opens_in_2026() -> None:
    found = changed("sites", "site")
    assert set(found) <= {"under_construction_it_mw", "under_construction_year", "note"}
    assert found["under_construction_it_mw"] == set(by_key("sites")) - set(SOURCED)
    for row in own("sites"):
        told = (row["under_construction_it_mw"], row["under_construction_year"])
        if row["site"] in SOURCED:
            assert told == SOURCED[row["site"]]
            continue
        share = 0.5 if row["is_cluster"] == "true" else 1.0
        assert float(told[0]) == share * float(row["build_limit_mw"])
        assert told[1] == "2026"
        cell = gradings()["sites", row["site"], "under_construction_it_mw"]
        assert float(cell["low"]) == 0.0
        assert float(cell["high"]) == 2.0 * float(told[0])


def test_grid_factors_fall_and_the_green_share_rises() -> None:
    national = by_key("grid")
    assert len(own("grid")) == 2 * len(national)
    for row in own("grid"):
        base = national[f"{row['province']}|2023"]
        years = int(row["year"]) - 2023
        factor = float(base["location_kgco2_per_kwh"]) * (1 - 0.024) ** years
        assert float(row["location_kgco2_per_kwh"]) == pytest.approx(factor, abs=6e-5)
        share = min(0.98, float(base["green_share"]) + 0.015 * years)
        assert float(row["green_share"]) == pytest.approx(share, abs=6e-5)
        assert row["residual_kgco2_per_kwh"] == base["residual_kgco2_per_kwh"]
        for column in ("location_kgco2_per_kwh", "green_share", "residual_kgco2_per_kwh"):
            cell = gradings()["grid", f"{row['province']}|{row['year']}", column]
            assert float(cell["low"]) <= float(row[column]) <= float(cell["high"])
    means = [part.derived.location_factor.mean() for part in case().periods]
    assert means[0] > means[1] > means[2]


def test_what_may_be_built_in_four_years() -> None:
    found = changed("modules", "module")
    assert set(found) == {"maximum_per_site"}
    national = by_key("modules")
    for row in own("modules"):
        times = 4 if row["kind"] == "new" else 1  # what is ordered in 2026 to 2029 serves by 2030
        base = int(national[row["module"]]["maximum_per_site"])
        assert int(row["maximum_per_site"]) == times * base
    assert changed("policies", "policy")["value"] == {"large_centres_outside_hubs"}
    small = {row["policy"]: float(row["value"]) for row in own("policies")}
    base_mw = float(by_key("policies")["large_centres_outside_hubs"]["value"])
    assert small["large_centres_outside_hubs"] == 4 * base_mw


def test_growth_and_lead_times_are_no_longer_left_out() -> None:
    columns = {(notice.table, notice.column) for notice in notices(case())}
    assert not columns & {("sites", "lead_time_years"), ("services", "growth_per_year")}
    national = {(notice.table, notice.column) for notice in notices(read_case("national-2026"))}
    assert {("sites", "lead_time_years"), ("services", "growth_per_year")} <= national
