"""Random small cases, each with one thing in focus so that all integers can be enumerated."""

from __future__ import annotations

from typing import Final

import numpy as np

from tests.oracle.case_writer import (
    FINANCE,
    PARAMETERS,
    CaseRows,
    Cell,
    change,
    day_rows,
    neutral_case,
    parameter_rows,
    profile_rows,
    row,
)

FOCUSES: Final = (
    "building",
    "training",
    "single_source",
    "network",
    "scarce",
    "months",
    "latency",
    "policies",
    "soft_policies",
)

_POLICIES: Final = (
    ("hub", "hub_share_min", "site:b", 0.3, "1", ""),
    ("west", "west_share_min", "western_development", 0.35, "1", ""),
    ("pue", "pue_max", "side:east", 1.2, "1", ""),
    ("use", "utilisation_min", "clusters", 0.5, "1", ""),
    ("green", "green_share_contractual_min", "hubs", 0.8, "1", ""),
    ("physical", "green_share_physical_min", "national", 0.3, "1", ""),
    ("limit", "new_it_mw_max", "site:a", 6, "MW", ""),
    ("cap", "carbon_cap", "national", 60, "ktCO2", "location"),
    ("budget", "budget", "national", 2500, "million yuan", ""),
)


class Drawn:
    """Random numbers on coarse grids, so that ties and tiny differences are rare."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def between(self, low: float, high: float) -> float:
        """Return a number between two, with four digits."""
        return float(f"{self._random.uniform(low, high):.4g}")

    def whole(self, low: int, high: int) -> int:
        """Return a whole number between two, both included."""
        return int(self._random.integers(low, high + 1))


def random_case(focus: str, seed: int) -> CaseRows:
    """Return a random case of two or three sites."""
    drawn = Drawn(1000 * FOCUSES.index(focus) + seed)
    places = {"a": "EA", "b": "WE"}
    if focus in {"building", "latency", "network", "scarce"}:
        places["c"] = "MI"
    rows = neutral_case(places)
    _places(rows, drawn)
    _power(rows, drawn)
    _cards(rows, drawn)
    _services(rows, drawn)
    _modules(rows, drawn, most=1)
    rows["policies"] = [
        row(
            "policies",
            policy="price",
            kind="carbon_price",
            value=drawn.between(20, 200),
            unit="yuan/tCO2",
            comparison="=",
            ledger="location",
        )
    ]
    {
        "building": _building,
        "training": _training,
        "single_source": _single_source,
        "network": _network,
        "scarce": _scarce,
        "months": _months,
        "latency": _latency,
        "policies": _hard_policies,
        "soft_policies": _soft_policies,
    }[focus](rows, drawn)
    return rows


def _places(rows: CaseRows, drawn: Drawn) -> None:
    for province, western in zip(rows["provinces"], ("false", "true", "false"), strict=False):
        province["western_development"] = western
    for number, site in enumerate(rows["sites"]):
        site.update(
            side="west" if number == 1 else "east",
            ai_ready_it_mw=drawn.between(2, 5),
            existing_it_mw=12,
            occupied_it_mw=drawn.between(1, 4),
            under_construction_it_mw=drawn.between(0.5, 2) if number == 0 else 0,
            under_construction_year=2026 if number == 0 else "",
            ceiling_mw=drawn.between(26, 40),
            build_limit_mw=drawn.between(12, 20),
            capex_yuan_per_kw=drawn.between(12_000, 25_000),
            fixed_cost_million_yuan_per_year=drawn.between(1, 5),
            design_temperature_c=drawn.between(28, 36),
        )
    for region in rows["regions"]:
        region.update(
            population=drawn.whole(10, 60),
            gdp_100m_yuan=drawn.whole(100, 900),
            access_rtt_min_ms=1,
            access_rtt_p99_ms=drawn.between(4, 9),
        )
    for link in rows["links"]:
        link.update(
            fibre_km=drawn.between(300, 1500),
            capacity_gbps=drawn.between(5, 20),
            used_share=0.5,
            lease_yuan_per_gbps_year=drawn.between(5e4, 2e5),
        )
    rows["climate"] = [
        row("climate", site=site, month=7, mean_temperature_c=drawn.between(8, 28))
        for site in _names(rows, "sites")
    ]
    rows["times"] = day_rows([7], [365])
    rows["grid"] = [
        row(
            "grid",
            province=province,
            green_share=drawn.between(0.2, 0.5),
            location_kgco2_per_kwh=drawn.between(0.3, 0.7),
            residual_kgco2_per_kwh=drawn.between(0.5, 0.8),
        )
        for province in _names(rows, "provinces")
    ]


def _names(rows: CaseRows, table: str) -> list[str]:
    return [str(next(iter(each.values()))) for each in rows[table]]


def _power(rows: CaseRows, drawn: Drawn) -> None:
    rows["tariffs"] = []
    for number, province in enumerate(_names(rows, "provinces")):
        low = drawn.between(0.2, 0.4)
        high = drawn.between(0.45, 0.9)
        demand, capacity = drawn.between(30, 45), drawn.between(12, 22)
        for month in range(1, 13):
            for band, hours, price in (("low", "0-8.5;22-24", low), ("high", "8.5-22", high)):
                rows["tariffs"].append(
                    row(
                        "tariffs",
                        tariff_region=province,
                        month=month,
                        band=band,
                        hours=hours,
                        price_yuan_per_kwh=price + 0.01 * (month % 3),
                        demand_charge_yuan_per_kw_month=demand,
                        capacity_charge_yuan_per_kva_month=capacity,
                        basis="demand" if number == 0 else "capacity",
                    )
                )
    rows["finance"] = parameter_rows(
        "finance",
        FINANCE,
        {
            "accelerator_system_factor": 1.15,
            "accelerator_upkeep_share_per_year": 0.02,
            "discount_rate": 0.06,
            "link_life_years": 10,
            "shell_upkeep_share_per_year": 0.03,
        },
    )
    rows["parameters"] = parameter_rows("parameters", PARAMETERS, _parameters())
    rows["green_contracts"] = [
        row("green_contracts", contract="paper", site=site, price_yuan_per_mwh=drawn.between(4, 9))
        for site in _names(rows, "sites")
    ]
    rows["supply_steps"] = [
        row("supply_steps", site="b", step=1, above_mw=3, extra_yuan_per_kwh=0.02),
        row("supply_steps", site="b", step=2, above_mw=6, extra_yuan_per_kwh=0.05),
    ]


def _parameters(**changed: float) -> dict[str, float]:
    return {
        "equipment_one_way_ms_public": 1.0,
        "kva_per_kw": 2.0,
        "network_storage_power_factor": 1.1,
        "p99_factor_public": 1.3,
        "route_factor_public": 1.6,
        **changed,
    }


def _cards(rows: CaseRows, drawn: Drawn) -> None:
    rows["accelerators"] = [
        row(
            "accelerators",
            accelerator="new",
            bf16_dense_tflops=800,
            accelerators_per_server=8,
            server_maximum_kw=drawn.between(11, 14),
            server_sustained_kw=drawn.between(8, 10),
            idle_share=0.3,
            availability=0.95,
            price_yuan=drawn.between(60_000, 120_000),
            life_years=5,
        ),
        row(
            "accelerators",
            accelerator="old",
            bf16_dense_tflops=300,
            accelerators_per_server=8,
            server_maximum_kw=6.5,
            server_sustained_kw=5,
            idle_share=0.25,
            availability=0.9,
            price_yuan=90_000,
            life_years=5,
        ),
    ]
    rows["accelerator_supply"] = [
        row("accelerator_supply", accelerator="new", supply=drawn.whole(18_000, 25_000)),
        row("accelerator_supply", accelerator="new", year=2027, supply=99_000),
        row("accelerator_supply", accelerator="old", supply=0),
    ]
    rows["fleet"] = [
        row("fleet", site=site, accelerator="old", installed=drawn.whole(400, 1500))
        for site in ("a", "b")
    ]
    rows["training_rates"] = [
        row("training_rates", accelerator="new", model_flops_utilisation=0.4),
        row("training_rates", accelerator="old", model_flops_utilisation=0.3),
    ]


def _services(rows: CaseRows, drawn: Drawn) -> None:
    rows["profiles"] = [
        *profile_rows("day", [drawn.between(0.2, 0.6)] * 8 + [1.0] * 14 + [0.7] * 2),
        *profile_rows("night", [1.0] * 7 + [0.3] * 15 + [0.9] * 2),
    ]
    rows["services"] = [
        row(
            "services",
            service="chat",
            requests_per_s=drawn.between(12_000, 20_000),
            input_tokens=1000,
            output_tokens=200,
            bytes_in_per_request=10_000,
            bytes_out_per_request=drawn.between(40_000, 90_000),
            profile="day",
        ),
        row(
            "services",
            service="bulk",
            requests_per_s=drawn.between(900, 1800),
            bytes_in_per_request=50_000,
            profile="night",
            region_weight="gdp",
            value_yuan_per_request=0.004,
        ),
    ]
    rows["service_rates"] = [
        row(
            "service_rates",
            service="chat",
            accelerator=card,
            prefill_tokens_per_s=2500 * speed,
            decode_tokens_per_s=500 * speed,
        )
        for card, speed in (("new", drawn.between(1.5, 2.5)), ("old", 1.0))
    ]
    rows["service_rates"] += [
        row("service_rates", service="bulk", accelerator="old", requests_per_s=0.9),
        row(
            "service_rates",
            service="bulk",
            accelerator="new",
            requests_per_s=drawn.between(1.5, 2.5),
        ),
    ]


def _modules(rows: CaseRows, drawn: Drawn, most: int) -> None:
    rows["modules"] = [
        row(
            "modules",
            module="existing",
            kind="existing",
            pue_base=1.3,
            pue_slope_per_c=0.006,
            pue_threshold_c=10,
        ),
        row(
            "modules",
            module="hall",
            it_mw=drawn.between(5, 8),
            pue_base=1.15,
            pue_slope_per_c=0.005,
            pue_threshold_c=12,
            maximum_per_site=most,
            life_years=15,
        ),
        row(
            "modules",
            module="pod",
            site_class="cluster",
            it_mw=drawn.between(2, 4),
            pue_base=1.08,
            pue_slope_per_c=0.001,
            pue_threshold_c=15,
            capex_factor=1.1,
            maximum_per_site=most,
            life_years=20,
        ),
    ]


def _building(rows: CaseRows, drawn: Drawn) -> None:
    """Several modules of each kind, one site that may not have the pod, one module required."""
    _modules(rows, drawn, most=2)
    change(rows, "sites", "a", is_cluster="false")
    change(rows, "modules", "pod", minimum_per_site=1)


def _training(rows: CaseRows, drawn: Drawn) -> None:
    """Gangs derived and given, failures, start months, pins, residency."""
    _modules(rows, drawn, most=1)
    rows["modules"].pop()
    change(rows, "accelerators", "new", failures_per_accelerator_day=0.0006)
    change(rows, "accelerators", "old", failures_per_accelerator_day=0.0004)
    rows["parameters"] = parameter_rows(
        "parameters",
        PARAMETERS,
        _parameters(job_start_step_months=3, restart_minutes=12, gang_range_factor=1.5),
    )
    rows["jobs"] = [
        row(
            "jobs",
            job="base",
            flop=drawn.between(1.5e24, 2.5e24),
            accelerators=2048,
            accelerator="new",
            earliest_month=1,
            deadline_month=5,
            dataset_tb=80,
            dataset_site="a",
            checkpoint_tb=2,
        ),
        row(
            "jobs",
            job="tune",
            count=2,
            flop=drawn.between(2e23, 5e23),
            earliest_month=6,
            deadline_month=9,
            dataset_tb=20,
            dataset_site="b",
            checkpoint_tb=0.2,
        ),
        row(
            "jobs",
            job="local",
            flop=drawn.between(1e23, 2e23),
            accelerator="old",
            earliest_month=3,
            deadline_month=8,
            dataset_site="b",
            residency="province",
        ),
    ]
    rows["pins"] = [
        row("pins", workload="base", site="a", rule="moving_cost", value=drawn.between(1, 4)),
        row("pins", workload="tune", site="a", rule="minimum_share", value=0.5),
    ]


def _single_source(rows: CaseRows, drawn: Drawn) -> None:
    """Services that each region takes from one site, with costs by region and site."""
    for service in rows["services"]:
        service["single_source"] = "true"
    rows["modules"].pop()
    rows["link_costs"] = [
        row("link_costs", region="at_a", site="b", yuan_per_million_requests=drawn.between(5, 90)),
        row("link_costs", region="at_b", site="b", yuan_per_million_requests=drawn.between(5, 90)),
    ]


def _network(rows: CaseRows, drawn: Drawn) -> None:
    """Little spare capacity on a chain of two links that can be upgraded."""
    rows["links"] = [
        row(
            "links",
            link=link,
            from_site=link[0],
            to_site=link[2],
            fibre_km=length,
            capacity_gbps=drawn.between(1, 3),
            used_share=0.6,
            lease_yuan_per_gbps_year=drawn.between(5e4, 2e5),
            upgrade_step_gbps=drawn.between(1, 2),
            upgrade_maximum_steps=2,
            upgrade_capex_million_yuan=drawn.between(3, 9),
            upgrade_running_million_yuan_per_year=drawn.between(0.1, 0.5),
        )
        for link, length in (("a-b", 700), ("b-c", 900))
    ]
    rows["modules"].pop()
    change(rows, "sites", "a", build_limit_mw=0)


def _scarce(rows: CaseRows, drawn: Drawn) -> None:
    """Too few cards for all work: value decides what is left out."""
    rows["modules"].pop()
    change(rows, "sites", "c", ai_ready_it_mw=1)
    rows["accelerator_supply"][0]["supply"] = drawn.whole(1500, 3000)
    rows["jobs"] = [
        row(
            "jobs",
            job=job,
            flop=1e24,
            accelerators=1024,
            accelerator="new",
            earliest_month=1,
            deadline_month=6,
            dataset_site="a",
            value_million_yuan=value,
        )
        for job, value in (("cheap", drawn.between(5, 50)), ("dear", drawn.between(600, 900)))
    ]


def _months(rows: CaseRows, drawn: Drawn) -> None:
    """Twelve typical days with their own prices and temperatures, and dated runs."""
    lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    rows["times"] = day_rows(range(1, 13), lengths)
    rows["climate"] = [
        row("climate", site=site, month=month, mean_temperature_c=drawn.between(-5, 30))
        for site in _names(rows, "sites")
        for month in range(1, 13)
    ]
    for tariff in rows["tariffs"]:
        factor = 1.0 + 0.3 * (int(tariff["month"]) in {1, 7, 8, 12})
        tariff["price_yuan_per_kwh"] = float(tariff["price_yuan_per_kwh"]) * factor
    rows["modules"].pop()
    rows["parameters"] = parameter_rows(
        "parameters", PARAMETERS, _parameters(job_start_step_months=4)
    )
    rows["jobs"] = [
        row(
            "jobs",
            job="base",
            flop=drawn.between(2e24, 3e24),
            accelerators=1536,
            accelerator="new",
            earliest_month=1,
            deadline_month=12,
            dataset_site="a",
        ),
        row(
            "jobs",
            job="tune",
            flop=drawn.between(5e23, 9e23),
            accelerators=512,
            accelerator="new",
            earliest_month=4,
            deadline_month=10,
            dataset_site="b",
        ),
    ]


def _latency(rows: CaseRows, drawn: Drawn) -> None:
    """Budgets that reach a part of the users, measured round trips, residency, pins."""
    rows["modules"].pop()
    change(
        rows,
        "services",
        "chat",
        kind="interactive",
        target_ms=300,
        target_kind="first_token",
        compute_p99_ms=drawn.between(210, 240),
        round_trips=3,
    )
    change(rows, "services", "bulk", residency="province")
    rows["services"].append(
        row(
            "services",
            service="control",
            requests_per_s=drawn.between(500, 900),
            kind="interactive",
            target_ms=drawn.between(9, 14),
            target_kind="end_to_end",
            compute_p99_ms=4,
            network="optical",
            profile="day",
        )
    )
    rows["service_rates"].append(
        row("service_rates", service="control", accelerator="new", requests_per_s=1.2)
    )
    rows["latency"] = [
        row("latency", origin="a", site="b", network="public", rtt_ms=20, percentile="mean"),
        row("latency", origin="c", site="b", network="optical", rtt_ms=3, percentile="p99"),
    ]
    rows["pins"] = [
        row("pins", workload="chat", site="c", rule="never"),
        row("pins", workload="chat", site="b", rule="minimum_share", value=0.3),
        row("pins", workload="control", site="c", rule="moving_cost", value=drawn.between(1, 9)),
    ]


def _policy_rows(drawn: Drawn, names: set[str], penalty: float | str) -> list[dict[str, Cell]]:
    made: list[dict[str, Cell]] = []
    for policy, kind, scope, value, unit, ledger in _POLICIES:
        if policy not in names:
            continue
        made.append(
            {
                "policy": policy,
                "kind": kind,
                "scope": scope,
                "value": value if unit == "1" else value * drawn.between(0.9, 1.1),
                "unit": unit,
                "comparison": ">=" if kind.endswith("_min") else "<=",
                "ledger": ledger,
                "hard": "false" if penalty else "true",
                "penalty_million_yuan_per_unit": penalty,
            }
        )
    return made


def _hard_policies(rows: CaseRows, drawn: Drawn) -> None:
    rows["policies"] += [
        row("policies", **policy)
        for policy in _policy_rows(drawn, {name for name, *_ in _POLICIES}, "")
    ]
    rows["policies"].append(
        row(
            "policies",
            policy="past",
            kind="new_it_mw_max",
            value=0,
            unit="MW",
            comparison="<=",
            valid_to="2025-12-31",
        )
    )


def _soft_policies(rows: CaseRows, drawn: Drawn) -> None:
    soft = {"hub", "west", "use", "green", "physical", "limit", "cap"}
    made = _policy_rows(drawn, soft, drawn.between(0.05, 0.4))
    for policy in made:
        if policy["kind"] in {"hub_share_min", "west_share_min"}:
            policy["value"] = drawn.between(0.6, 0.9)
        if policy["kind"] == "carbon_cap":
            policy.update(ledger="market", value=drawn.between(5, 30))
    rows["policies"] += [row("policies", **policy) for policy in made]
