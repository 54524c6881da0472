"""A plan that was made for other numbers than those in the tables is refused.

Each edit below changes one cell of an input table after the plan was made, as if the model had
read it wrongly. The rules that object are listed completely: nothing else may be touched by it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from optimizer.plan.verify import verify_tables
from tests.plan.solved_cases import SolvedCase, TableEdit, cell, solved_case, without


@dataclass(frozen=True, slots=True)
class TableCase:
    """An edit of an input table, and the rules that must object."""

    name: str
    edit: TableEdit
    rules: frozenset[str]


def limit(table: str, column: str, value: object, rules: set[str], **where: object) -> TableCase:
    name = f"{table}.{column}-{'-'.join(str(key) for key in where.values())}"
    return TableCase(name, cell(table, column, value, **where), frozenset(rules))


ENERGY_SIDES = {
    "policy green_physical activity",
    "policy green_physical limit",
    "policy carbon_cap_market activity",
}
LIMITS = (
    limit(
        "accelerator_supply", "supply", 9000, {"national supply"}, accelerator="new_card", year=2026
    ),
    limit(
        "accelerators", "availability", 0.5, {"accelerators in the hour"}, accelerator="new_card"
    ),
    limit(
        "sites",
        "ceiling_mw",
        30,
        {"ceiling", "import within the ceiling"},
        site="west_cluster",
    ),
    limit("sites", "build_limit_mw", 1, {"build limit"}, site="east_metro"),
    limit("sites", "ai_ready_it_mw", 1, {"existing power"}, site="east_metro"),
    limit(
        "sites",
        "under_construction_year",
        2027,
        {"existing power", "site rack_utilisation"},
        site="west_cluster",
    ),
    limit("sites", "occupied_it_mw", 19, {"site rack_utilisation"}, site="east_metro"),
    limit("sites", "existing_it_mw", 31, {"site rack_utilisation"}, site="east_metro"),
    limit("modules", "maximum_per_site", 1, {"most modules"}, module="cluster_liquid"),
    limit("modules", "minimum_per_site", 3, {"fewest modules"}, module="metro_air"),
    limit(
        "modules", "site_class", "metro", {"module allowed at the site"}, module="cluster_liquid"
    ),
    limit("jobs", "count", 4, {"all runs"}, job="spare"),
    limit("jobs", "earliest_month", 9, {"earliest month"}, job="tune_autumn"),
    limit("jobs", "deadline_month", 3, {"deadline"}, job="tune_spring"),
    limit("jobs", "accelerators", 4104, {"given gang"}, job="base"),
    limit("jobs", "accelerator", "old_card", {"job runs on the accelerator"}, job="base"),
    limit("jobs", "residency", "province", {"job stays in its province"}, job="base"),
    limit(
        "jobs",
        "dataset_tb",
        601,
        {"data set rate", "traffic is carried", "flow", "flow within capacity"},
        job="base",
    ),
    limit("jobs", "flop", 1.5e25, {"duration"}, job="base"),
    limit("jobs", "checkpoint_tb", 20, {"goodput", "duration"}, job="base"),
    limit("services", "single_source", True, {"single source"}, service="control"),
    limit("services", "target_ms", 9, {"share within reach", "network budget"}, service="control"),
    limit("services", "residency", "province", {"share within reach"}, service="archive"),
    limit(
        "services",
        "value_yuan_per_request",
        0.01,
        {"value unserved"},
        service="control",
    ),
    limit("links", "used_share", 0.99, {"leased capacity", "spare capacity"}, link="cluster-west"),
    limit("links", "upgrade_step_gbps", 50, {"flow within capacity"}, link="cluster-west"),
    limit("links", "upgrade_maximum_steps", 0, {"most upgrades"}, link="cluster-west"),
    limit("green_contracts", "ceiling_gwh", 1, {"contract ceiling"}, contract="certificate"),
    limit("pins", "value", 0.9, {"pinned share"}, workload="batch"),
    limit("pins", "rule", "never", {"pinned never"}, workload="archive"),
    limit("pins", "site", "east_metro", {"pinned must"}, workload="archive"),
    limit("policies", "value", 1000, {"policy budget", "policy budget limit"}, policy="budget"),
    limit(
        "policies",
        "value",
        10,
        {"policy carbon_cap_market", "policy carbon_cap_market limit"},
        policy="carbon_cap_market",
    ),
    limit(
        "policies", "value", 0.9, {"policy green_80", "policy green_80 limit"}, policy="green_80"
    ),
    limit(
        "policies",
        "value",
        0.9,
        {"policy green_physical", "policy green_physical limit"},
        policy="green_physical",
    ),
    limit(
        "policies",
        "scope",
        "site:east_metro",
        {"policy hub_share", "policy hub_share activity"},
        policy="hub_share",
    ),
    limit(
        "policies",
        "value",
        1,
        {"policy metro_limit", "policy metro_limit limit"},
        policy="metro_limit",
    ),
    limit(
        "policies", "value", 1.1, {"policy pue_east", "policy pue_east limit"}, policy="pue_east"
    ),
    limit(
        "policies",
        "hard",
        True,
        {"policy west_share", "cost policy_penalties", "objective"},
        policy="west_share",
    ),
    limit("policies", "enabled", True, {"policy draft", "policy draft is written"}, policy="draft"),
    limit(
        "policies",
        "valid_to",
        "2026-01-01",
        {"policy expired", "policy expired is written"},
        policy="expired",
    ),
    limit("policies", "value", 90, {"cost carbon", "objective"}, policy="carbon_price"),
)

ROUND_TRIPS = {
    "round trip",
    "round trip of a path",
    "round trip to the backup",
    "two ways of a path",
}
NUMBERS = (
    limit(
        "tariffs",
        "price_yuan_per_kwh",
        9.0,
        {"price in the hour", "cost energy", "objective"},
        tariff_region="WE",
        month=5,
        band="peak",
    ),
    limit(
        "tariffs",
        "hours",
        "9-12;18-22",
        {"price in the hour", "cost energy", "objective"},
        tariff_region="WE",
        month=5,
        band="peak",
    ),
    limit(
        "tariffs",
        "demand_charge_yuan_per_kw_month",
        99.0,
        {"cost demand_charge", "objective"},
        tariff_region="EA",
        voltage_kv="110",
        month=5,
    ),
    limit("tariffs", "basis", "demand", {"cost demand_charge", "objective"}, tariff_region="WE"),
    limit(
        "sites",
        "capex_yuan_per_kw",
        9000,
        {"cost build", "objective", "policy budget activity"},
        site="west_cluster",
    ),
    limit(
        "sites",
        "fixed_cost_million_yuan_per_year",
        9,
        {"cost site_opening", "objective"},
        site="west_cluster",
    ),
    limit(
        "sites",
        "design_temperature_c",
        45,
        {"design PUE", "cost demand_charge", "objective"},
        site="east_cluster",
    ),
    limit(
        "accelerators",
        "price_yuan",
        99_000,
        {"cost accelerators", "objective", "policy budget activity"},
        accelerator="new_card",
    ),
    limit(
        "accelerators", "life_years", 9, {"cost accelerators", "objective"}, accelerator="new_card"
    ),
    limit("accelerators", "server_maximum_kw", 12.5, {"nameplate power"}, accelerator="new_card"),
    limit(
        "accelerators",
        "server_sustained_kw",
        9,
        {"power of runs", "load of a profile", "site training_mw", "site batch_mw"},
        accelerator="new_card",
    ),
    limit(
        "accelerators",
        "idle_share",
        0.4,
        {"load of a profile", "site training_mw", "site batch_mw"},
        accelerator="new_card",
    ),
    limit(
        "accelerators",
        "failures_per_accelerator_day",
        0.001,
        {"goodput", "duration"},
        accelerator="new_card",
    ),
    limit("fleet", "installed", 7999, {"fleet"}, site="west_cluster"),
    limit(
        "training_rates",
        "model_flops_utilisation",
        0.41,
        {"duration"},
        kind="pretraining",
        accelerator="new_card",
    ),
    limit(
        "service_rates",
        "decode_tokens_per_s",
        1000,
        {
            "requests of accelerators",
            "work equals demand",
            "reserve of a pool",
            "requests of backup accelerators",
            "backup work equals what is lost",
        },
        service="chat",
        accelerator="old_card",
    ),
    limit(
        "service_rates",
        "accelerators_per_replica",
        9,
        {"load of a pool", "replicas in reserve", "reserve of a pool"},
        service="chat",
        accelerator="old_card",
    ),
    limit(
        "services",
        "expected_pools",
        2,
        {"reserve of a pool"},
        service="chat",
    ),
    limit(
        "parameters",
        "value",
        0.04,
        {"reserve of a pool", "exact servers of a pool", "servers keep the wait"},
        parameter="wait_probability",
    ),
    limit(
        "links",
        "lease_yuan_per_gbps_year",
        1.0,
        {"cost network_lease", "objective"},
        link="cluster-west",
    ),
    limit(
        "links",
        "upgrade_running_million_yuan_per_year",
        7,
        {"cost network_upgrade", "objective"},
        link="cluster-west",
    ),
    limit(
        "link_costs",
        "yuan_per_million_requests",
        50,
        {"cost service_links", "objective"},
        region="west",
    ),
    limit("supply_steps", "extra_yuan_per_kwh", 0.06, {"cost local_supply", "objective"}, step=1),
    limit(
        "green_contracts",
        "price_yuan_per_mwh",
        99,
        {"cost green_contracts", "objective"},
        contract="certificate",
    ),
    limit("modules", "wue_l_per_kwh", 2.0, {"ledger water_m3"}, module="cluster_liquid"),
    limit(
        "modules",
        "it_mw",
        11,
        {"power of modules", "cost build", "objective", "policy budget activity"},
        module="cluster_liquid",
    ),
    limit("modules", "life_years", 9, {"cost build", "objective"}, module="cluster_liquid"),
    limit(
        "modules",
        "capex_factor",
        1.3,
        {"cost build", "objective", "policy budget activity"},
        module="cluster_liquid",
    ),
    limit(
        "grid",
        "green_share",
        0.44,
        {
            "ledger physical_green_share",
            "ledger hourly_green_share_with_grid",
            "policy green_physical activity",
        },
        province="WE",
    ),
    limit(
        "grid",
        "residual_kgco2_per_kwh",
        0.5,
        {"ledger market_kt", "policy carbon_cap_market activity"},
        province="WE",
    ),
    limit(
        "grid",
        "location_kgco2_per_kwh",
        0.4,
        {"ledger location_kt", "ledger hourly_kt", "cost carbon", "objective"},
        province="WE",
    ),
    limit(
        "climate",
        "mean_temperature_c",
        40,
        {
            "annual PUE",
            "meter in the hour",
            "import in the hour",
            "cost energy",
            "cost carbon",
            "objective",
            "ledger meter_gwh",
            "ledger import_gwh",
            "ledger hourly_kt",
            "ledger location_kt",
            "ledger market_kt",
            "ledger new_meter_gwh",
            "ledger contractual_green_share",
            "policy pue_east activity",
            "policy green_80 limit",
            "policy carbon_cap_market",
            *ENERGY_SIDES,
        },
        site="east_cluster",
        month=7,
    ),
    limit(
        "finance",
        "value",
        0.08,
        {"cost accelerators", "cost build", "cost network_upgrade", "objective"},
        parameter="discount_rate",
    ),
    limit(
        "finance",
        "value",
        1.2,
        {"cost accelerators", "objective", "policy budget activity"},
        parameter="accelerator_system_factor",
    ),
    limit(
        "finance",
        "value",
        0.04,
        {"cost build", "objective"},
        parameter="shell_upkeep_share_per_year",
    ),
    limit(
        "finance",
        "value",
        0.03,
        {"cost accelerators", "objective"},
        parameter="accelerator_upkeep_share_per_year",
    ),
    limit(
        "finance", "value", 20, {"cost network_upgrade", "objective"}, parameter="link_life_years"
    ),
    limit(
        "parameters",
        "value",
        40,
        {"data set rate", "traffic is carried", "flow"},
        parameter="dataset_window_days",
    ),
    limit(
        "parameters",
        "value",
        1.2,
        {
            "nameplate power",
            "power of runs",
            "load of a profile",
            "site training_mw",
            "site inference_mw",
            "site batch_mw",
        },
        parameter="network_storage_power_factor",
    ),
    limit(
        "parameters", "value", 1.0, {"goodput", "duration"}, parameter="checkpoint_write_tb_per_s"
    ),
    limit("parameters", "value", 30, {"goodput", "duration"}, parameter="restart_minutes"),
    limit("parameters", "value", 4.5, ROUND_TRIPS, parameter="fibre_us_per_km"),
    limit("parameters", "value", 1.5, {"cost demand_charge", "objective"}, parameter="kva_per_kw"),
    limit(
        "parameters",
        "value",
        1.2,
        ROUND_TRIPS - {"two ways of a path"},
        parameter="p99_factor_ip_private",
    ),
    limit("parameters", "value", 1.9, ROUND_TRIPS, parameter="route_factor_public"),
    limit("parameters", "value", 0.2, ROUND_TRIPS, parameter="equipment_one_way_ms_optical"),
    limit("latency", "rtt_ms", 7.0, {"round trip"}, network="ip_private"),
    limit(
        "latency",
        "percentile",
        "mean",
        ROUND_TRIPS - {"round trip to the backup"},
        network="public",
    ),
    limit(
        "services",
        "bytes_in_per_request",
        7_000_100,
        {"peak rate", "traffic is carried", "flow", "flow within capacity"},
        service="archive",
    ),
)


def found(solved: SolvedCase, edit: TableEdit) -> set[str]:
    """Return the rules that object, but not that a plan has become cheaper than its bound."""
    tables = dict(solved.case.tables)
    edit(tables)
    verification = verify_tables(tables, solved.case.year, solved.plan)
    rules = {violation.rule for violation in verification.violations}
    bound = solved.plan.bound_million_yuan
    cheaper = not verification.cost_million_yuan >= bound * (1.0 - 1e-6)
    assert ("bound" in rules) == cheaper
    return rules - {"bound"}


@pytest.mark.parametrize("case", LIMITS, ids=lambda case: case.name)
def test_a_tighter_limit_is_broken(every_block: SolvedCase, case: TableCase) -> None:
    assert found(every_block, case.edit) == case.rules


@pytest.mark.parametrize("case", NUMBERS, ids=lambda case: case.name)
def test_another_number_is_recomputed(every_block: SolvedCase, case: TableCase) -> None:
    assert found(every_block, case.edit) == case.rules


def test_a_contract_that_is_withdrawn_is_found(every_block: SolvedCase) -> None:
    edit = without("green_contracts", contract="green_trade")
    assert "contract is offered" in found(every_block, edit)


def test_a_gang_larger_than_the_fabric_of_the_site_is_found(every_block: SolvedCase) -> None:
    runs = every_block.plan.tables["runs"]
    row = int(runs["gang"].to_numpy().argmax())
    gang, site = int(runs["gang"].iloc[row]), str(runs["site"].iloc[row])
    assert found(every_block, cell("sites", "largest_gang", gang, site=site)) == set()
    found_rules = found(every_block, cell("sites", "largest_gang", gang - 1, site=site))
    assert found_rules == {"largest gang"}


def test_a_run_without_a_rate_is_found(every_block: SolvedCase) -> None:
    """A run that makes no progress has no length that could be right."""
    edit = without("training_rates", kind="pretraining", accelerator="new_card")
    rules = found(every_block, edit)
    assert {"job runs on the accelerator", "duration"} <= rules


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        (cell("modules", "maximum_per_site", 0, module="cluster_liquid"), "most modules"),
        (cell("sites", "build_limit_mw", 0.5, site="west_cluster"), "build limit"),
        (cell("sites", "build_limit_mw", 0.0, site="west_cluster"), "build limit"),
    ],
    ids=["none may stand", "none fits", "nothing may be built"],
)
def test_modules_where_none_may_be_are_found(edit: TableEdit, rule: str) -> None:
    relaxed = solved_case("every_block", relaxed=True)
    builds = relaxed.plan.tables["builds"]
    assert (
        builds.query("site == 'west_cluster' and module == 'cluster_liquid'")["modules"].sum() > 0
    )
    assert rule in found(relaxed, edit)


def test_demand_that_nobody_has_is_pinned_nowhere(every_block: SolvedCase) -> None:
    rules = found(every_block, cell("services", "requests_per_s", 0.0, service="batch"))
    assert "requests of a share" in rules
    assert not {"pinned share", "pinned must", "pinned never"} & rules


def test_another_year_takes_other_rows(every_block: SolvedCase) -> None:
    year = every_block.case.year
    later = verify_tables(every_block.case.tables, year + 1, every_block.plan)
    rules = {violation.rule for violation in later.violations}
    # No supply for that year, and a newer grid row for one province.
    assert {"national supply", "ledger location_kt", "ledger market_kt"} <= rules
    assert "policy expired" not in rules
