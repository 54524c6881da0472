"""Figures of a small case, worked out from its CSV files with plain loops.

Nothing of the package is used: these figures and the program built on them are the second
opinion that the package's optimum is held against. Units: thousand accelerators, MW, GWh,
Gbit/s, million yuan, kt CO2.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scipy.optimize import minimize_scalar

Rows = list[dict[str, str]]
Tables = dict[str, Rows]

MONTH_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True)
class Option:
    """One way to run a job: cards in thousand, and the share of each month it is active."""

    job: str
    card: str
    gang: float
    start: int
    active: tuple[float, ...]


@dataclass(frozen=True)
class Day:
    """A typical day: its month, its days of the year, and the month's part of those days."""

    name: str
    month: int
    weight: float


def read_tables(folder: Path) -> Tables:
    """Return every CSV table of a folder as text."""
    tables: Tables = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            tables[path.stem] = list(csv.DictReader(stream))
    return tables


def number(text: str) -> float:
    """Return a cell as a number, NaN if it is empty."""
    return float(text) if text else math.nan


def parameter(tables: Tables, table: str, name: str) -> float:
    """Return a value of ``finance`` or ``parameters``."""
    (row,) = [row for row in tables[table] if row["parameter"] == name]
    return float(row["value"])


def typical_days(tables: Tables) -> list[Day]:
    """Return the typical days."""
    found: dict[str, Day] = {}
    for row in tables["times"]:
        found[row["typical_day"]] = Day(
            row["typical_day"], int(row["month"]), float(row["weight_days"])
        )
    return list(found.values())


def hourly_price(tables: Tables, site: dict[str, str], month: int) -> list[float]:
    """Return the 24 energy prices of a site in a month, yuan/kWh."""
    prices = [0.0] * 24
    for row in tables["tariffs"]:
        same = row["tariff_region"] == site["tariff_region"]
        if not same or row["voltage_kv"] != site["voltage_kv"] or int(row["month"]) != month:
            continue
        for span in row["hours"].split(";"):
            first, last = (float(end) for end in span.split("-"))
            for hour in range(24):
                covered = max(0.0, min(last, hour + 1) - max(first, hour))
                prices[hour] += covered * float(row["price_yuan_per_kwh"])
    return prices


def demand_charge(tables: Tables, site: dict[str, str]) -> float:
    """Return the yearly charge of one MW contracted, million yuan."""
    total = 0.0
    for month in range(1, 13):
        for row in tables["tariffs"]:
            if (row["tariff_region"], row["voltage_kv"], row["month"]) != (
                site["tariff_region"],
                site["voltage_kv"],
                str(month),
            ):
                continue
            if row["basis"] == "demand":
                total += float(row["demand_charge_yuan_per_kw_month"]) * 1000 / 1e6
            else:
                kva = 1000 * parameter(tables, "parameters", "kva_per_kw")
                total += float(row["capacity_charge_yuan_per_kva_month"]) * kva / 1e6
            break
    return total


def pue(module: dict[str, str], celsius: float) -> float:
    """Return the PUE of a module at a temperature."""
    above = max(0.0, celsius - float(module["pue_threshold_c"]))
    return float(module["pue_base"]) + float(module["pue_slope_per_c"]) * above


def monthly_pue(tables: Tables, site: str, module: dict[str, str], month: int) -> float:
    """Return the PUE of a module at a site in a month."""
    for row in tables["climate"]:
        if row["site"] == site and int(row["month"]) == month:
            return pue(module, float(row["mean_temperature_c"]))
    raise KeyError(site, month)


def profile_shape(tables: Tables, name: str) -> list[float]:
    """Return the 24 loads of a profile with a mean of one."""
    load = [0.0] * 24
    for row in tables["profiles"]:
        if row["profile"] == name:
            load[int(row["hour"])] = float(row["relative_load"])
    mean = sum(load) / 24
    return [value / mean for value in load]


def region_shares(tables: Tables, service: dict[str, str]) -> dict[str, float]:
    """Return how a service's demand divides over the regions."""
    column = {"online": "online_share", "population": "population", "gdp": "gdp_100m_yuan"}[
        service["region_weight"]
    ]
    total = sum(float(row[column]) for row in tables["regions"])
    return {row["region"]: float(row[column]) / total for row in tables["regions"]}


def request_seconds(tables: Tables, service: dict[str, str]) -> dict[str, float]:
    """Return the seconds a request takes on each card that can run it."""
    seconds = {}
    for row in tables["service_rates"]:
        if row["service"] != service["service"]:
            continue
        if row["requests_per_s"]:
            seconds[row["accelerator"]] = 1.0 / float(row["requests_per_s"])
            continue
        taken = 0.0
        if float(service["input_tokens"]) > 0:
            taken += float(service["input_tokens"]) / float(row["prefill_tokens_per_s"])
        if float(service["output_tokens"]) > 0:
            taken += float(service["output_tokens"]) / float(row["decode_tokens_per_s"])
        seconds[row["accelerator"]] = taken
    return seconds


def shortest_path(tables: Tables, origin: str, site: str) -> tuple[float, list[str]] | None:
    """Return length in km and links of the shortest path, found by trying all of them."""
    best: tuple[float, list[str]] | None = None
    unfinished: list[tuple[str, float, list[str], set[str]]] = [(origin, 0.0, [], {origin})]
    while unfinished:
        node, length, used, seen = unfinished.pop()
        if node == site and (best is None or length < best[0]):
            best = (length, used)
        for link in tables.get("links", []):
            for one, other in (
                (link["from_site"], link["to_site"]),
                (link["to_site"], link["from_site"]),
            ):
                if one == node and other not in seen:
                    step = length + float(link["fibre_km"])
                    unfinished.append((other, step, [*used, link["link"]], seen | {other}))
    return best


def round_trip(tables: Tables, network: str, origin: str, site: str) -> float:
    """Return the round trip at the 99th percentile between two sites in ms, infinite if cut off."""
    factor = parameter(tables, "parameters", f"p99_factor_{network}")
    for row in tables.get("latency", []):
        if row["network"] == network and {row["origin"], row["site"]} == {origin, site}:
            measured = float(row["rtt_ms"])
            return measured if row["percentile"] == "p99" else measured * factor
    path = shortest_path(tables, origin, site)
    if path is None:
        return math.inf
    fibre = path[0] * parameter(tables, "parameters", f"route_factor_{network}")
    one_way = fibre * parameter(tables, "parameters", "fibre_us_per_km") / 1000
    one_way += parameter(tables, "parameters", f"equipment_one_way_ms_{network}")
    return 2 * one_way * factor


def reached_share(
    tables: Tables, region: dict[str, str], service: dict[str, str], site: dict[str, str]
) -> float:
    """Return the share of a region's users that a site serves in time and may serve."""
    if service["residency"] == "province" and region["province"] != site["province"]:
        return 0.0
    path = round_trip(tables, service["network"], region["node"], site["site"])
    if math.isinf(path):
        return 0.0
    if not service["target_ms"]:
        return 1.0
    budget = float(service["target_ms"]) - float(service["compute_p99_ms"])
    nearest, farthest = float(region["access_rtt_min_ms"]), float(region["access_rtt_p99_ms"])
    left = budget / float(service["round_trips"]) - path
    if left >= farthest:
        return 1.0
    if left <= nearest:
        return 0.0
    # 99 % of the users live on a disc whose edge has the time of the 99th percentile.
    return 0.99 * ((left - nearest) / (farthest - nearest)) ** 2


def annuity(tables: Tables, years: float) -> float:
    """Return the yearly payment for one yuan, as the inverse of the sum of discount factors."""
    rate = parameter(tables, "finance", "discount_rate")
    if rate == 0.0:
        return 1.0 / years
    grown = math.pow(1.0 + rate, years)
    return rate * grown / (grown - 1.0)


def card_power(tables: Tables, card: dict[str, str]) -> tuple[float, float, float]:
    """Return kW of one card at most, when idle, and what being busy adds."""
    overhead = parameter(tables, "parameters", "network_storage_power_factor")
    servers = float(card["accelerators_per_server"])
    most = float(card["server_maximum_kw"]) * overhead / servers
    sustained = float(card["server_sustained_kw"]) * overhead / servers
    idle = float(card["idle_share"]) * sustained
    return most, idle, sustained - idle


def card_cost(tables: Tables, card: dict[str, str]) -> float:
    """Return the yearly cost of a thousand cards, million yuan."""
    factor = parameter(tables, "finance", "accelerator_system_factor")
    upkeep = parameter(tables, "finance", "accelerator_upkeep_share_per_year")
    payment = factor * annuity(tables, float(card["life_years"])) + upkeep
    return float(card["price_yuan"]) * payment / 1000


def free_power(site: dict[str, str], year: int) -> float:
    """Return the AI-ready power that exists at a site in MW."""
    power = float(site["ai_ready_it_mw"])
    if site["under_construction_year"] and int(site["under_construction_year"]) <= year:
        power += float(site["under_construction_it_mw"])
    return power


def running_share(failures_per_day: float, checkpoint_s: float, restart_s: float) -> float:
    """Return the best share of time that moves a run forward, by search over the interval.

    The mean time to do ``t`` of work, write a checkpoint and survive failures every ``M`` is
    ``M exp(r/M) (exp((t+c)/M) - 1)``.
    """
    if failures_per_day == 0.0:
        return 1.0
    mean = 86_400 / failures_per_day

    def share(interval: float) -> float:
        spent = mean * math.exp(restart_s / mean) * math.expm1((interval + checkpoint_s) / mean)
        return interval / spent

    if checkpoint_s == 0.0:
        return share(1e-9 * mean)
    found = minimize_scalar(
        lambda power: -share(mean * math.exp(power)),
        bounds=(-25.0, 3.0),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return -float(found.fun)


def gang_days(
    tables: Tables, job: dict[str, str], card: dict[str, str], mfu: float, gang: int
) -> float:
    """Return the days that a run takes on a gang."""
    share = running_share(
        gang * float(card["failures_per_accelerator_day"]),
        float(job["checkpoint_tb"]) / parameter(tables, "parameters", "checkpoint_write_tb_per_s"),
        parameter(tables, "parameters", "restart_minutes") * 60,
    )
    rate = gang * float(card["bf16_dense_tflops"]) * 1e12 * mfu * share
    return float(job["flop"]) / rate / 86_400


def job_options(tables: Tables) -> list[Option]:
    """Return every way to run every job."""
    options = []
    step = int(parameter(tables, "parameters", "job_start_step_months"))
    for job in tables.get("jobs", []):
        first, last = int(job["earliest_month"]), int(job["deadline_month"])
        end = sum(MONTH_DAYS[:last])
        window = end - sum(MONTH_DAYS[: first - 1])
        for card in tables["accelerators"]:
            rates = [
                float(row["model_flops_utilisation"])
                for row in tables["training_rates"]
                if row["kind"] == job["kind"] and row["accelerator"] == card["accelerator"]
            ]
            if not rates or job["accelerator"] not in {"", card["accelerator"]}:
                continue
            for gang in _gang_sizes(tables, job, card, rates[0], window):
                days = gang_days(tables, job, card, rates[0], gang)
                for month in range(first, last + 1, step):
                    begin = sum(MONTH_DAYS[: month - 1])
                    if begin + days <= end + 1e-9:
                        options.append(
                            Option(
                                job["job"],
                                card["accelerator"],
                                gang / 1000,
                                month,
                                _active_months(begin, days),
                            )
                        )
    return options


def _gang_sizes(
    tables: Tables, job: dict[str, str], card: dict[str, str], mfu: float, window: int
) -> list[int]:
    if job["accelerators"]:
        gang = int(job["accelerators"])
        return [gang] if gang_days(tables, job, card, mfu, gang) <= window + 1e-9 else []
    server = int(card["accelerators_per_server"])
    for servers in range(1, 2000):
        if gang_days(tables, job, card, mfu, servers * server) <= window:
            smallest = servers * server
            break
    else:
        return []
    factor = parameter(tables, "parameters", "gang_range_factor")
    if factor <= 1.0:
        return [smallest]
    larger = math.ceil(smallest * factor / server) * server
    return [smallest, larger]


def _active_months(begin: float, days: float) -> tuple[float, ...]:
    shares = []
    for month in range(12):
        start = sum(MONTH_DAYS[:month])
        overlap = min(start + MONTH_DAYS[month], begin + days) - max(start, begin)
        shares.append(max(0.0, overlap) / MONTH_DAYS[month])
    return tuple(shares)


def part_of_day(day: Day, days: list[Day], option: Option) -> float:
    """Return the part of the days a typical day stands for in which a run is active."""
    if len(days) == 1:
        return sum(
            share * length for share, length in zip(option.active, MONTH_DAYS, strict=True)
        ) / sum(MONTH_DAYS)
    return option.active[day.month - 1]


def sites_in_scope(tables: Tables, scope: str) -> list[str]:
    """Return the sites that a policy's scope names."""
    western = {
        row["province"] for row in tables["provinces"] if row["western_development"] == "true"
    }
    kind, _colon, members = scope.partition(":")
    listed = members.split(";")
    chosen = []
    for site in tables["sites"]:
        inside = {
            "national": True,
            "hubs": site["hub"] != "",
            "outside_hubs": site["hub"] == "",
            "clusters": site["is_cluster"] == "true",
            "western_development": site["province"] in western,
            "site": site["site"] in listed,
            "cluster": site["site"] in listed,
            "province": site["province"] in listed,
            "side": site["side"] in listed,
        }[kind]
        if inside:
            chosen.append(site["site"])
    return chosen
