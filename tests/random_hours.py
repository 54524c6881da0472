"""Random small cases in which something couples the hours of both sites."""

from __future__ import annotations

from random import Random

from tests.hour_case import (
    add_battery,
    add_generation,
    set_days,
    set_factors,
    set_prices,
    set_profile,
)
from tests.inputs.small_case import HOURS, SmallCase, row

SITES = {"coast": "EA", "plateau": "WE"}


def random_hours(seed: int) -> SmallCase:
    """Return a case of two sites, two services and a run, with offers at random."""
    random = Random(seed)  # noqa: S311 - not for secrets
    case = SmallCase()
    days = random.choice([{1: 365.0}, {2: 89.0, 5: 123.0, 9: 153.0}])
    set_days(case, days)
    _work(case, random)
    _buildings(case, random)
    for site, province in SITES.items():
        prices = [round(random.uniform(0.1, 0.9), 2) for _hour in HOURS]
        set_prices(
            case, prices, province, demand_charge_yuan_per_kw_month=random.choice([0, 30, 45])
        )
        for technology in ("solar", "onshore_wind"):
            factors = [round(random.uniform(0.0, 0.8), 2) for _hour in HOURS]
            set_factors(case, factors, province, technology)
        _offers(case, random, site)
    if random.random() < 0.5:
        case.add("parameters", parameter="demand_peak_factor", value=1.05)
    case.tables["policies"] = _policies(random)
    case.add(
        "green_contracts",
        contract="trade",
        site="plateau",
        kind="green_trade",
        technology="solar",
        price_yuan_per_mwh=random.randint(1, 30),
        ceiling_gwh=random.randint(10, 60),
    )
    return case


def _work(case: SmallCase, random: Random) -> None:
    set_profile(case, [random.randint(1, 4) for _hour in HOURS], "day")
    case.set(
        "services",
        {"service": "chat"},
        requests_per_s=random.randint(2000, 8000),
        flexible_share=random.choice(["", 0.2, 0.5]),
    )
    case.add("services", service="talk", profile="day", requests_per_s=random.randint(1000, 6000))
    case.add("service_rates", service="talk", accelerator="card")
    case.add(
        "jobs",
        job="base",
        count=random.randint(1, 2),
        accelerators=1000,
        accelerator="card",
        flop=1000 * 5e13 * 86_400 * random.choice([40, 100]),
        earliest_month=random.randint(1, 6),
    )
    case.set("parameters", {"parameter": "job_start_step_months"}, value=4)
    case.set("accelerators", {"accelerator": "card"}, price_yuan=2000, idle_share=0.2)
    case.set(
        "links", {"link": "trunk"}, lease_yuan_per_gbps_year=random.choice([0, 20_000, 200_000])
    )


def _buildings(case: SmallCase, random: Random) -> None:
    case.set("modules", {"module": "hall"}, it_mw=5, pue_base=1.1, pue_slope_per_c=0.01)
    case.add("modules", module="pod", it_mw=2, pue_base=1.2, capex_factor=1.1, maximum_per_site=9)
    for site in SITES:
        case.set(
            "sites",
            {"site": site},
            capex_yuan_per_kw=random.randint(2000, 9000),
            fixed_cost_million_yuan_per_year=random.randint(0, 3),
            build_limit_mw=random.choice([10, 25]),
        )


def _offers(case: SmallCase, random: Random, site: str) -> None:
    if random.random() < 0.8:
        add_battery(
            case,
            site,
            power_mw=random.randint(1, 6),
            energy_mwh=random.randint(1, 20),
            capex_yuan_per_kw=random.randint(0, 400),
            capex_yuan_per_kwh=random.randint(0, 700),
            charge_efficiency=random.choice([0.9, 1.0]),
            discharge_efficiency=0.9,
        )
    if random.random() < 0.7:
        add_generation(
            case,
            site,
            capacity_mw=random.randint(1, 8),
            capex_yuan_per_kw=random.randint(500, 5000),
            export_price_yuan_per_mwh=random.choice(["", 100]),
        )
    if random.random() < 0.7:
        for technology in ("solar", "onshore_wind"):
            add_generation(
                case,
                site,
                contract=technology,
                kind="direct_supply",
                technology=technology,
                line="wire",
                capacity_mw=random.randint(2, 12),
                price_yuan_per_mwh=100,
                export_price_yuan_per_mwh=250,
                capex_yuan_per_kw=random.randint(500, 5000),
            )


def _policies(random: Random) -> list[dict[str, object]]:
    rows = [
        row("policies", policy=kind, kind=kind, value=value, comparison=comparison)
        for kind, value, comparison in (
            ("direct_self_use_min", 0.6, ">="),
            ("direct_load_share_min", 0.2, ">="),
            ("direct_export_max", 0.2, "<="),
        )
        if random.random() < 0.7
    ]
    if random.random() < 0.6:
        rows.append(
            row(
                "policies",
                policy="match",
                kind="green_share_hourly_min",
                value=0.6,
                hard=False,
                penalty_million_yuan_per_unit=round(random.uniform(0.05, 0.5), 3),
            )
        )
    if random.random() < 0.5:
        rows.append(
            row(
                "policies",
                policy="carbon",
                kind="carbon_price",
                value=200,
                unit="yuan/tCO2",
                comparison="=",
                ledger=random.choice(["location", "market"]),
            )
        )
    return rows
