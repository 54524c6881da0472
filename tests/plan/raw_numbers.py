"""Numbers of a case straight from its raw tables, by plain pandas, for the tests of plans."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from optimizer.inputs.case import Case
from optimizer.plan.plan import Plan
from optimizer.tables.frames import records

MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def series(case: Case, table: str, key: str, column: str) -> pd.Series[float]:
    """Return one column of a raw table by its key."""
    frame = case.tables[table].frame
    return frame.set_index(key)[column]


def keyed(case: Case, table: str, key: str) -> dict[str, dict[str, Any]]:
    """Return the rows of a raw table by its key."""
    return {row[key]: row for row in records(case.tables[table].frame)}


def value(case: Case, table: str, parameter: str) -> float:
    """Return one value of ``finance`` or ``parameters``."""
    return float(series(case, table, "parameter", "value")[parameter])


def demand(case: Case) -> pd.DataFrame:
    """Return requests (million/day) and peak rate (Gbit/s) by region and service."""
    regions = case.tables["regions"].frame
    services = case.tables["services"].frame
    both = regions.merge(services, how="cross", suffixes=("_region", ""))
    by_weight = {"online": "online_share", "population": "population", "gdp": "gdp_100m_yuan"}
    weight = [
        row[by_weight[row["region_weight"]]] / regions[by_weight[row["region_weight"]]].sum()
        for row in both.to_dict("records")
    ]
    per_second = both["requests_per_s"].to_numpy(dtype=float) * np.array(weight)
    largest = both[["bytes_in_per_request", "bytes_out_per_request"]].max(axis=1)
    peak = profiles(case).max(axis=1)
    factor = np.array([peak[name] for name in both["profile"]])
    return pd.DataFrame(
        {
            "region": both["region"],
            "service": both["service"],
            "requests": per_second * 86_400.0 / 1e6,
            "gbps": largest.to_numpy(dtype=float) * 8.0 / 1e9 * per_second * factor,
        }
    ).set_index(["region", "service"])


def profiles(case: Case) -> pd.DataFrame:
    """Return the load of every profile in 24 hours, with a mean of one."""
    wide = case.tables["profiles"].frame.pivot_table(
        index="profile", columns="hour", values="relative_load"
    )
    shapes = wide.div(wide.mean(axis=1), axis=0)
    services = case.tables["services"].frame
    movable = services[services["flexible_share"] > 0.0]
    for name in movable["profile"].unique():
        shapes.loc[f"{name}_flexible"] = shapes.loc[name]
    return shapes


def counted_profile(case: Case) -> dict[str, str]:
    """Return the profile by which the load of each service is counted."""
    return {
        row["service"]: row["profile"] + ("_flexible" if row["flexible_share"] > 0.0 else "")
        for row in case.tables["services"].frame.to_dict("records")
    }


def supply(case: Case) -> dict[str, float]:
    """Return how many accelerators of each type can be bought in the year."""
    rows = records(case.tables["accelerator_supply"].frame)
    return {row["accelerator"]: float(row["supply"]) for row in rows if row["year"] == case.year}


def seconds(case: Case) -> pd.Series[float]:
    """Return the accelerator-seconds of a request by service and accelerator."""
    frame = case.tables["service_rates"].frame.merge(
        case.tables["services"].frame[["service", "input_tokens", "output_tokens"]], on="service"
    )
    by_tokens = (frame["input_tokens"] / frame["prefill_tokens_per_s"]).fillna(0.0) + (
        frame["output_tokens"] / frame["decode_tokens_per_s"]
    ).fillna(0.0)
    frame["seconds"] = (1.0 / frame["requests_per_s"]).fillna(by_tokens)
    return frame.set_index(["service", "accelerator"])["seconds"]


def days(case: Case) -> pd.DataFrame:
    """Return month and weight of every typical day."""
    frame = case.tables["times"].frame.drop_duplicates("typical_day")
    return frame.set_index("typical_day")[["month", "weight_days"]]


def power_kw(case: Case, kind: str) -> pd.Series[float]:
    """Return the power of one accelerator with its network: ``maximum`` or ``sustained``."""
    frame = case.tables["accelerators"].frame.set_index("accelerator")
    each = frame[f"server_{kind}_kw"] / frame["accelerators_per_server"]
    return each * value(case, "parameters", "network_storage_power_factor")


def idle_kw(case: Case) -> pd.Series[float]:
    """Return the power of one idle accelerator with its network."""
    return power_kw(case, "sustained") * series(case, "accelerators", "accelerator", "idle_share")


def month_shares(start_month: int, duration_days: float) -> list[float]:
    """Return the share of each month in which a run is active."""
    begin = sum(MONTH_DAYS[: start_month - 1])
    shares = []
    for month, length in enumerate(MONTH_DAYS):
        first = sum(MONTH_DAYS[:month])
        active = min(begin + duration_days, first + length) - max(begin, first)
        shares.append(max(0.0, active) / length)
    return shares


def shortest_links(case: Case, origin: str, site: str) -> set[str]:
    """Return the links of the shortest path, found by walking every path."""
    if origin == site:
        return set()
    links = case.tables["links"].frame.to_dict("records")

    def walks(here: str, seen: tuple[str, ...]) -> Iterator[tuple[float, tuple[str, ...]]]:
        if here == site:
            yield 0.0, ()
            return
        for link in links:
            ends = {link["from_site"], link["to_site"]}
            if here not in ends:
                continue
            (there,) = ends - {here}
            if there not in seen:
                for length, names in walks(there, (*seen, there)):
                    yield length + link["fibre_km"], (link["link"], *names)

    return set(min(walks(origin, (origin,)))[1])


def annuity(case: Case, years: float) -> float:
    """Return the yearly payment for one yuan over a life: the inverse of its present value."""
    rate = value(case, "finance", "discount_rate")
    if rate == 0.0:
        return 1.0 / years
    return rate / (1.0 - float((1.0 + rate) ** -years))


def pue(case: Case, module: str, celsius: float) -> float:
    """Return the PUE of a module type at an outside temperature."""
    row = keyed(case, "modules", "module")[module]
    warmer = max(0.0, celsius - float(row["pue_threshold_c"]))
    return float(row["pue_base"]) + float(row["pue_slope_per_c"]) * warmer


def mean_temperature(case: Case, site: str, month: int) -> float:
    """Return the mean temperature of a site in a month."""
    frame = case.tables["climate"].frame.set_index(["site", "month"])
    return float(frame["mean_temperature_c"][site, month])


def design_pue(case: Case, site: str, module: str) -> float:
    """Return the PUE of a module type on the design day of a site."""
    hottest = float(series(case, "sites", "site", "design_temperature_c")[site])
    return pue(case, module, hottest)


def hourly_price(case: Case, site: str, month: int) -> list[float]:
    """Return the 24 energy prices, each hour the mean of its 60 minutes."""
    row = case.tables["sites"].frame.set_index("site").loc[site]
    bands = case.tables["tariffs"].frame
    bands = bands[
        (bands["tariff_region"] == row["tariff_region"])
        & (bands["voltage_kv"] == row["voltage_kv"])
        & (bands["month"] == month)
    ]
    minutes = np.full(24 * 60, np.nan)
    for hours, price in zip(bands["hours"], bands["price_yuan_per_kwh"], strict=True):
        for span in str(hours).split(";"):
            start, end = (round(float(part) * 60) for part in span.split("-"))
            minutes[start:end] = price
    return [float(mean) for mean in minutes.reshape(24, 60).mean(axis=1)]


def demand_charge(case: Case, site: str) -> float:
    """Return what one MW contracted costs in a year, million yuan."""
    charges = monthly_charges(case, site)
    if "demand_peak_factor" in set(case.tables["parameters"].frame["parameter"]):
        charges = charges[charges["basis"] != "demand"]
    return float(charges["million_yuan"].sum())


def months_of(case: Case, month: int) -> list[int]:
    """Return the months that the typical day of a month stands for: those up to the next day."""
    known = sorted(days(case)["month"].unique())
    later = [other for other in known if other > month]
    end = later[0] if later else known[0] + 12
    return [(number - 1) % 12 + 1 for number in range(month, end)]


def metered_charge(case: Case, site: str, month: int) -> float:
    """Return what one MW of the highest hour of a typical day's months costs, million yuan."""
    if "demand_peak_factor" not in set(case.tables["parameters"].frame["parameter"]):
        return 0.0
    charges = monthly_charges(case, site)
    charges = charges[charges.index.isin(months_of(case, month))]
    by_demand = charges.loc[charges["basis"] == "demand", "million_yuan"].sum()
    return float(by_demand) * value(case, "parameters", "demand_peak_factor")


def monthly_charges(case: Case, site: str) -> pd.DataFrame:
    """Return basis and charge of one MW in million yuan by month."""
    row = case.tables["sites"].frame.set_index("site").loc[site]
    bands = case.tables["tariffs"].frame
    bands = bands[
        (bands["tariff_region"] == row["tariff_region"])
        & (bands["voltage_kv"] == row["voltage_kv"])
    ].drop_duplicates("month")
    by_demand = bands["demand_charge_yuan_per_kw_month"] * 1000.0
    kva = value(case, "parameters", "kva_per_kw")
    by_capacity = bands["capacity_charge_yuan_per_kva_month"] * kva * 1000.0
    yuan = by_demand.where(bands["basis"] == "demand", by_capacity)
    charges: pd.DataFrame = bands.assign(million_yuan=yuan / 1e6).set_index("month")
    return charges


def generation(case: Case) -> pd.DataFrame:
    """Return generation on offer by contract and site, with the line that it feeds."""
    contracts = case.tables["green_contracts"].frame
    own = contracts[contracts["kind"].isin(["direct_supply", "on_site"])]
    own = own[own["capacity_mw"] > 0.0]
    line = own["line"].where(own["line"] != "", own["contract"])
    offers: pd.DataFrame = own.assign(line=line).set_index(["contract", "site"])
    return offers


def capacity_factors(case: Case, site: str, technology: str) -> pd.DataFrame:
    """Return the output of one MW at a site by month and hour."""
    province = keyed(case, "sites", "site")[site]["province"]
    frame = case.tables["renewable_profiles"].frame
    here = frame[(frame["province"] == province) & (frame["technology"] == technology)]
    factors: pd.DataFrame = here.pivot_table(
        index="month", columns="hour", values="capacity_factor"
    )
    return factors


def grid(case: Case, column: str) -> pd.Series[float]:
    """Return a column of the newest grid rows up to the year, by site."""
    frame = case.tables["grid"].frame
    known = frame[frame["year"] <= case.year].sort_values("year").groupby("province").last()
    sites = case.tables["sites"].frame
    return pd.Series(
        [float(known[column][province]) for province in sites["province"]], index=sites["site"]
    )


def scope(case: Case, words: str) -> set[str]:
    """Return the sites that the scope of a policy names."""
    sites = case.tables["sites"].frame.set_index("site")
    kind, _, members = words.partition(":")
    if members:
        column = {"province": "province", "side": "side"}.get(kind)
        named = {name.strip() for name in members.split(";")}
        value = sites.index if column is None else sites[column]
        return set(sites.index[value.isin(named)])
    western = case.tables["provinces"].frame.set_index("province")["western_development"]
    return set(
        sites.index[
            {
                "national": sites["hub"].notna(),
                "hubs": sites["hub"] != "",
                "outside_hubs": sites["hub"] == "",
                "clusters": sites["is_cluster"],
                "western_development": sites["province"].map(western).astype(bool),
            }[words]
        ]
    )


def path_round_trip(case: Case, origin: str, site: str, network: str) -> float:
    """Return the round trip between two sites at the 99th percentile, ms."""
    factor = value(case, "parameters", f"p99_factor_{network}")
    for row in case.tables["latency"].frame.to_dict("records"):
        same = {row["origin"], row["site"]} == {origin, site} and origin != site
        if same and row["network"] == network:
            return float(row["rtt_ms"]) * (1.0 if row["percentile"] == "p99" else factor)
    length = series(case, "links", "link", "fibre_km")
    fibre_km = sum(float(length[link]) for link in shortest_links(case, origin, site))
    slope = value(case, "parameters", "fibre_us_per_km") / 1e3
    one_way = fibre_km * value(case, "parameters", f"route_factor_{network}") * slope
    one_way += value(case, "parameters", f"equipment_one_way_ms_{network}")
    return 2.0 * one_way * factor


def round_trip(case: Case, region: str, service: str, site: str) -> float:
    """Return the round trip of the 99th percentile of users, access included, ms."""
    there = keyed(case, "regions", "region")[region]
    network = keyed(case, "services", "service")[service]["network"]
    path = path_round_trip(case, str(there["node"]), site, str(network))
    return path + float(there["access_rtt_p99_ms"])


def reach(case: Case, region: str, service: str, site: str) -> float:
    """Return the share of the users of a region that a site may serve."""
    there = keyed(case, "regions", "region")[region]
    wanted = keyed(case, "services", "service")[service]
    province = keyed(case, "sites", "site")[site]["province"]
    if wanted["residency"] == "province" and province != there["province"]:
        return 0.0
    if np.isnan(wanted["target_ms"]):
        return 1.0
    budget = (wanted["target_ms"] - wanted["compute_p99_ms"]) / wanted["round_trips"]
    path = path_round_trip(case, str(there["node"]), site, str(wanted["network"]))
    near, far = float(there["access_rtt_min_ms"]), float(there["access_rtt_p99_ms"])
    if budget - path >= far:
        return 1.0
    part = max(0.0, (budget - path - near) / (far - near))
    return float(0.99 * part**2)


def delivered_price(case: Case, site: str) -> float:
    """Return yuan for a kWh of constant IT load at a site in the best module it may have."""
    cluster = bool(series(case, "sites", "site", "is_cluster")[site])
    months = days(case)
    best = np.inf
    for module in case.tables["modules"].frame.to_dict("records"):
        if module["site_class"] not in {"any", "cluster" if cluster else "metro"}:
            continue
        by_day = [
            pue(case, module["module"], mean_temperature(case, site, int(month)))
            * float(np.mean(hourly_price(case, site, int(month))))
            for month in months["month"]
        ]
        best = min(best, float(np.average(by_day, weights=months["weight_days"])))
    return best


def gangs(plan: Plan) -> list[dict[str, Any]]:
    """Return runs and the parts of runs over several sites: job, site, card, gang, months, runs.

    ``share`` is the part of the whole gang.
    """
    rows: list[dict[str, Any]] = [{**row, "share": 1.0} for row in records(plan.tables["runs"])]
    whole = {(row["job"], row["configuration"]): row for row in records(plan.tables["split_runs"])}
    for part in records(plan.tables["split_parts"]):
        run = whole[part["job"], part["configuration"]]
        rows.append({**run, **part, "share": part["gang"] / run["gang"]})
    return rows
