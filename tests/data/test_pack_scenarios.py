"""The shipped scenarios: each reads and checks on the national case and says why it is there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from optimizer.errors import InputError
from optimizer.inputs.assemble import AssembledTables, assemble
from optimizer.inputs.case import Case, checked_case
from optimizer.inputs.difference import differences
from optimizer.inputs.policy_rows import PolicyRow
from optimizer.inputs.scenario import ScenarioFile, apply_scenarios, read_scenario
from optimizer.inputs.tariff import mean_price
from optimizer.tables.pack import shipped_cases, shipped_scenarios
from tests.data.pack_tables import number, records

SCENARIOS = sorted(shipped_scenarios())
WANTED = {
    "ascend-only",
    "bandwidth-price-double",
    "bandwidth-price-half",
    "bandwidth-price-ten-times",
    "campus-100000",
    "campus-20000",
    "carbon-cap",
    "carbon-price-0-location",
    "carbon-price-0-market",
    "carbon-price-200-location",
    "carbon-price-200-market",
    "carbon-price-500-location",
    "carbon-price-500-market",
    "carbon-price-80-location",
    "carbon-price-80-market",
    "compute-vouchers",
    "demand-plus-20",
    "demand-x2",
    "demand-x5",
    "drought",
    "green-80-certificates",
    "green-80-physical",
    "hub-share-60",
    "hub-share-off",
    "inference-in-the-east",
    "latency-circle-1-ms",
    "latency-circle-20-ms",
    "latency-circle-5-ms",
    "loss-of-a-hub",
    "market-delivered-prices",
    "no-metro-build",
    "no-preferential-tariffs",
    "projects-under-way",
    "pue-surcharge-beijing",
    "staged-release",
    "west-share-50",
    "west-share-60",
    "west-share-70",
}


@cache
def national() -> AssembledTables:
    return assemble(shipped_cases()["national-2026"])


@cache
def base() -> Case:
    return checked_case(national())


@cache
def with_scenario(name: str) -> Case:
    return checked_case(applied_tables(name))


@cache
def applied_tables(name: str) -> AssembledTables:
    return apply_scenarios(national(), [read_scenario(name)])


def content(name: str) -> ScenarioFile:
    return read_scenario(name).content


def policy(case: Case, code: str) -> PolicyRow:
    (row,) = [row for row in case.derived.policies if row.policy == code]
    return row


def test_all_are_shipped() -> None:
    assert set(SCENARIOS) == WANTED


@pytest.mark.parametrize("name", SCENARIOS)
def test_reads_checks_and_changes_something(name: str) -> None:
    case = with_scenario(name)
    assert case.name == f"national-2026+{name}"
    changed = {override.table for override in content(name).overrides}
    for table in changed:
        assert not case.frame(table).equals(base().frame(table)), table
    for table in set(case.tables) - changed - {"provenance", "sources"}:
        assert case.frame(table).equals(base().frame(table)), table
    assert f"scenario-{name}" in set(case.frame("sources")["source_id"])


@pytest.mark.parametrize("name", SCENARIOS)
def test_says_why_in_both_languages(name: str) -> None:
    scenario = content(name)
    assert scenario.name == name
    for english in (scenario.title_en, scenario.question_en, scenario.expected_en):
        assert english.isascii(), english
        assert len(english) > 10, english
    for chinese in (scenario.title_zh, scenario.question_zh, scenario.expected_zh):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese), chinese
    assert scenario.source
    assert "tbd" not in scenario.source.lower()


@pytest.mark.parametrize("name", SCENARIOS)
def test_expects_what_can_be_checked(name: str) -> None:
    scenario = content(name)
    assert scenario.base == "national-2026"
    assert scenario.expects
    sites = set(base().frame("sites")["site"])
    for expectation in scenario.expects:
        assert expectation.against in {"base", *SCENARIOS} - {name}
        assert expectation.site in sites | {""}
    # What a file says against its own expectation, it says with numbers.
    missed = [expectation for expectation in scenario.expects if expectation.missed]
    for finding in (scenario.finding_en, scenario.finding_zh):
        assert len(re.findall(r"\d+(?:\.\d+)?", finding)) >= 2 * len(missed)
    changes = differences(national().tables, applied_tables(name).tables)
    assert {change.table for change in changes} == {o.table for o in scenario.overrides}


def test_no_western_region_with_a_cluster_is_cheap_without_preference() -> None:
    """The factors raise the mean energy price of each region to that of the eastern clusters."""
    tariffs = base().frame("tariffs")
    eastern = [
        mean_price(tariffs, region, "110") for region in ("GD_north", "AH", "HE_north", "YRD_demo")
    ]
    level = sum(eastern) / 4
    assert round(level, 3) == 0.578
    changed = with_scenario("no-preferential-tariffs").frame("tariffs")
    for region, voltage in (
        ("GS", "110"),
        ("NX", "110"),
        ("NM_west", "110"),
        ("GZ", "110"),
        ("QH", "1-10"),
    ):
        assert mean_price(changed, region, voltage) == pytest.approx(level, rel=2e-3), region


def test_inference_in_the_east_leaves_government_and_batch_alone() -> None:
    row = policy(with_scenario("inference-in-the-east"), "inference_in_the_east")
    services = base().frame("services")
    barred = set(services["service"][row.services])
    interactive = set(services.loc[services["kind"] == "interactive", "service"])
    assert barred == interactive - {"government"}
    assert not row.jobs.any()
    assert row.value == 0.0
    assert row.sites.tolist() == (base().frame("sites")["side"] == "west").tolist()


def test_campus_runs_are_as_large_as_their_names_say() -> None:
    for size in (20_000, 100_000):
        jobs = with_scenario(f"campus-{size}").frame("jobs").set_index("job")
        assert int(jobs["accelerators"]["campus_run"]) == size
        assert len(jobs) == len(base().frame("jobs")) + 1


def test_west_share() -> None:
    row = policy(with_scenario("west-share-60"), "west_share")
    assert (row.kind, row.value, row.hard) == ("west_share_min", 0.6, True)
    sites = base().frame("sites")
    western = {p["province"] for p in records("provinces") if p["western_development"] == "true"}
    assert row.sites.tolist() == sites["province"].isin(western).tolist()
    assert row.sites.sum() == 18  # twelve capitals and six clusters


@pytest.mark.parametrize(
    ("price", "ledger"), [(p, name) for p in (0, 80, 200, 500) for name in ("location", "market")]
)
def test_carbon_price(price: int, ledger: str) -> None:
    assert "carbon_price" not in {row.policy for row in base().derived.policies}
    row = policy(with_scenario(f"carbon-price-{price}-{ledger}"), "carbon_price")
    assert (row.value, row.ledger) == (float(price), ledger)


def test_carbon_cap_is_five_per_cent_below_the_base_plan() -> None:
    row = policy(with_scenario("carbon-cap"), "carbon_cap")
    assert row.ledger == "location"
    assert row.value == 10 * round(0.95 * 6_294 / 10) == 5_980
    source = content("carbon-cap").source
    assert "6,294 kt" in source
    assert "95 %" in source


def test_cities_build_nothing() -> None:
    case = with_scenario("no-metro-build")
    modules = case.frame("modules")
    cities = ~case.frame("sites")["is_cluster"].to_numpy(dtype=bool)
    allowed = case.derived.cooling.allowed[cities].any(axis=0)
    buildable = modules[allowed & (modules["kind"] == "new").to_numpy(dtype=bool)]
    assert buildable["module"].tolist() == ["metro_air"]
    assert buildable["maximum_per_site"].tolist() == [0]


def test_projects_under_way_are_half_a_year_of_build() -> None:
    before = base().frame("sites").set_index("site")
    after = with_scenario("projects-under-way").frame("sites").set_index("site")
    assert set(after["under_construction_year"]) == {2026}
    clusters = before["is_cluster"].astype(bool)
    named = before["under_construction_it_mw"]
    half = before["build_limit_mw"] / 2
    added = after["under_construction_it_mw"]
    assert added[clusters].tolist() == np.maximum(named, half)[clusters].tolist()
    assert set(added[~clusters]) == {7.5} == set(before["build_limit_mw"][~clusters])
    assert added.sum() - named.sum() == pytest.approx(1928 + 31 * 7.5 - 378)


def test_loss_of_a_hub_can_be_survived() -> None:
    case = with_scenario("loss-of-a-hub")
    protection = case.derived.protection
    assert protection.level == 1.0
    services = case.frame("services").set_index("service")
    given = base().frame("services").set_index("service")["protected_share"]
    assert set(services.index[services["protected_share"] != given]) == {"government"}
    assert dict(zip(services.index, protection.share, strict=True))["government"] == 0.0
    assert {group.service for group in protection.groups} == set(
        np.flatnonzero(protection.share > 0.0).tolist()
    )
    assert len(protection.states) == 32
    for group in protection.groups:
        assert 1 <= len(group.sites) <= 6
        assert all(protection.state_of[site] != group.state for site in group.sites)
        for region in group.regions:
            # Whoever is served from a grid that fails has somebody else to be served by.
            within = protection.reach[region, group.service, list(group.sites)]
            assert within.sum() >= protection.share[group.service]


def test_delivered_prices_follow_from_the_published_ones() -> None:
    tariffs = base().frame("tariffs")

    def charge(region: str) -> float:
        rows = tariffs[(tariffs["tariff_region"] == region) & (tariffs["voltage_kv"] == "110")]
        monthly = rows.drop_duplicates("month")
        assert set(monthly["basis"]) == {"demand"}
        return float(monthly["demand_charge_yuan_per_kw_month"].sum()) / 8760.0

    factors = {}
    for region, delivered in (("NX", 0.36), ("NM_west", 0.33)):
        factors[region] = (delivered - charge(region)) / mean_price(tariffs, region, "110")
    west = {"CQ", "GS", "GX", "GZ", "QH", "SC", "SN", "XJ", "XZ", "YN"}
    factors |= dict.fromkeys(west, sum(factors.values()) / 2)
    changed = with_scenario("market-delivered-prices").frame("tariffs")
    ratio = (changed["price_yuan_per_kwh"] / tariffs["price_yuan_per_kwh"]).to_numpy(dtype=float)
    for region in sorted(set(tariffs["tariff_region"])):
        found = ratio[(tariffs["tariff_region"] == region).to_numpy(dtype=bool)]
        assert found == pytest.approx(round(factors.get(region, 1.0), 2), abs=1e-12), region
    sites = base().frame("sites")
    assert set(factors) == set(sites.loc[sites["side"] == "west", "tariff_region"])
    # Outside the west the agency prices, with their charges, are the delivered level already.
    prices, weight = base().derived.prices, base().derived.calendar.weight
    # A constant load is billed for its own height all year.
    charges = prices.demand + prices.metered.sum(axis=1) / base().parameter(
        "parameters", "demand_peak_factor"
    )
    level = (prices.energy.mean(axis=2) @ weight) / weight.sum() + charges / 8.76
    east_and_south = sites["province"].isin(["AH", "FJ", "GD", "HI", "JS", "JX", "SD", "SH", "ZJ"])
    level = level[east_and_south.to_numpy(dtype=bool)]
    assert (level.min().round(2), level.max().round(2)) == (0.56, 0.86)


def test_only_ascend_can_be_bought() -> None:
    case = with_scenario("ascend-only")
    supply = case.frame("accelerator_supply")
    bought = set(supply.loc[supply["supply"] > 0, "accelerator"])
    vendors = case.frame("accelerators").set_index("accelerator")["vendor"]
    assert bought == {"ascend_910b", "ascend_910c"}
    assert {vendors[name] for name in bought} == {"Huawei"}


def test_staged_release_adds_tiers_of_the_same_mean_value() -> None:
    case = with_scenario("staged-release")
    assert not len(base().frame("tiers"))
    tiers = case.frame("tiers")
    assert tiers["service"].tolist() == ["reasoning"] * 3
    assert tiers["tier"].tolist() == [1, 2, 3]
    mean = float((tiers["share"] * tiers["value_yuan_per_request"]).sum())
    assert mean == pytest.approx(number("services", "value_yuan_per_request", service="reasoning"))
    assert (np.diff(tiers["value_yuan_per_request"].to_numpy(dtype=float)) < 0.0).all()
    before = base().frame("accelerator_supply")["supply"].to_numpy(dtype=float)
    after = case.frame("accelerator_supply")["supply"].to_numpy(dtype=float)
    assert after.tolist() == [round(0.3 * supply) for supply in before]
    graded_cells = case.frame("provenance").query("table == 'tiers'")
    assert len(graded_cells) == 3 * 4 - 1  # the last tier has no tolerance


def test_scaled_figures() -> None:
    for name, table, factor, columns in (
        ("demand-plus-20", "services", 1.2, ["requests_per_s"]),
        ("demand-x2", "services", 2.0, ["requests_per_s"]),
        ("demand-x5", "services", 5.0, ["requests_per_s"]),
        ("bandwidth-price-double", "links", 2.0, ["upgrade_running_million_yuan_per_year"]),
        (
            "bandwidth-price-half",
            "links",
            0.5,
            ["lease_yuan_per_gbps_year", "upgrade_capex_million_yuan"],
        ),
        (
            "bandwidth-price-ten-times",
            "links",
            10.0,
            ["lease_yuan_per_gbps_year", "upgrade_capex_million_yuan"],
        ),
    ):
        before, after = base().frame(table), with_scenario(name).frame(table)
        for column in columns:
            expected = before[column].to_numpy(dtype=float) * factor
            assert after[column].to_numpy(dtype=float) == pytest.approx(expected, rel=1e-15)


def test_list_price_of_a_cloud_is_twenty_times_the_mean_lease() -> None:
    leases = [float(row["lease_yuan_per_gbps_year"]) for row in records("links")]
    assert round(45_000 * 12 / (sum(leases) / len(leases))) == 20


# --- what overrides do to the grading of cells --------------------------------------------------


def applied(folder: Path, overrides: str) -> AssembledTables:
    path = folder / "what-if.yaml"
    head = "name: what-if\ntitle_en: A test\ntitle_zh: 测试\noverrides:\n"
    path.write_text(head + overrides, encoding="utf-8")
    return apply_scenarios(national(), [read_scenario(path)])


def graded(tables: AssembledTables, table: str, key: str) -> set[str]:
    cells = tables.tables["provenance"].frame
    return set(cells.loc[(cells["table"] == table) & (cells["key"] == key), "column"])


def test_grading_goes_with_its_row(tmp_path: Path) -> None:
    job = "frontier_moe"
    assert graded(national(), "jobs", job)
    tables = applied(tmp_path, f"  - {{table: jobs, where: {{job: {job}}}, remove: true}}\n")
    assert graded(tables, "jobs", job) == set()
    before = len(national().tables["provenance"].frame)
    gone = len(graded(national(), "jobs", job))
    assert len(tables.tables["provenance"].frame) == before - gone
    assert len(checked_case(tables).frame("jobs")) == len(records("jobs")) - 1


def test_grading_of_the_same_scenario_goes_too(tmp_path: Path) -> None:
    where = "table: jobs, where: {job: frontier_moe}"
    tables = applied(
        tmp_path, f"  - {{{where}, scale: {{flop: 2}}}}\n  - {{{where}, remove: true}}\n"
    )
    assert graded(tables, "jobs", "frontier_moe") == set()
    checked_case(tables)


def test_a_key_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        applied(tmp_path, "  - {table: jobs, where: {job: frontier_moe}, set: {job: other}}\n")
    (fault,) = caught.value.faults
    assert (fault.file, fault.column) == ("what-if.yaml overrides[0]", "job")
    assert "part of the key of jobs" in fault.problem.en


def test_a_pue_ceiling_cannot_be_soft(tmp_path: Path) -> None:
    tables = applied(
        tmp_path,
        "  - table: policies\n    where: {policy: pue_clusters}\n"
        "    set: {hard: false, penalty_million_yuan_per_unit: 1}\n",
    )
    with pytest.raises(InputError) as caught:
        checked_case(tables)
    (fault,) = caught.value.faults
    assert (fault.file, fault.column, fault.value) == ("policies.csv", "hard", "False")
    assert "cannot be soft" in fault.problem.en
    assert number("policies", "value", policy="pue_clusters") == 1.2
    assert np.isnan(national().tables["policies"].frame["penalty_million_yuan_per_unit"]).all()
