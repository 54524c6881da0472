"""What each site carries, from the other result tables: ledgers and site rows.

Utilisation words::

    上架率       rack utilisation          (occupied + placed nameplate) / (existing + new) IT power
    算卡利用率   accelerator utilisation   mean busy / installed accelerators
    负载率       load factor               mean IT load / nameplate IT power of the accelerators
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from optimizer.inputs.case import Case
from optimizer.inputs.load_profiles import IDLE
from optimizer.plan.hour_rows import by_site_and_hour, matched_gwh
from optimizer.plan.lookup import numbers_for
from optimizer.plan.split_rows import parts_with_runs
from optimizer.units import HOURS_PER_YEAR, MEGAWATT_YEAR_IN_GWH


def module_energy(case: Case, loads: pd.DataFrame) -> pd.DataFrame:
    """Return IT and metered energy in GWh a year by site and module, from the loads."""
    derived = case.derived
    sites = case.tables["sites"].frame["site"].tolist()
    modules = case.tables["modules"].frame["module"].tolist()
    names = list(derived.profiles.names)
    hours = derived.calendar.weight[None, :, None] * derived.profiles.shape
    it_hours = hours.sum(axis=(1, 2))
    meter_hours = np.einsum("pd,skd->spk", hours.sum(axis=2), derived.cooling.pue)
    site, profile, module = (
        numbers_for(loads[column], {name: row for row, name in enumerate(codes)}).astype(int)
        for column, codes in (("site", sites), ("profile", names), ("module", modules))
    )
    mean = loads["mean_mw"].to_numpy(dtype=float)
    frame = pd.DataFrame(
        {
            "site": loads["site"],
            "module": loads["module"],
            "it_gwh": mean * it_hours[profile] / 1e3,
            "meter_gwh": mean * meter_hours[site, profile, module] / 1e3,
        }
    )
    return frame.groupby(["site", "module"], as_index=False).sum()


def ledger_rows(case: Case, frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return energy, claims and emissions of every site."""
    sites = case.tables["sites"].frame
    modules = case.tables["modules"].frame.set_index("module")
    energy = module_energy(case, frames["loads"])
    energy["new_meter_gwh"] = energy["meter_gwh"].where(
        energy["module"].isin(modules.index[modules["kind"] == "new"]), 0.0
    )
    # litres for each kWh are cubic metres for each MWh
    energy["water_m3"] = (
        energy["it_gwh"] * 1e3 * numbers_for(energy["module"], modules["wue_l_per_kwh"])
    )
    by_site = energy.groupby("site")[["it_gwh", "meter_gwh", "new_meter_gwh", "water_m3"]].sum()
    by_site = by_site.reindex(sites["site"], fill_value=0.0)
    claimed = (
        frames["contracts"]
        .groupby("site")["energy_gwh"]
        .sum()
        .reindex(sites["site"], fill_value=0.0)
    )
    derived = case.derived
    meter = by_site["meter_gwh"].to_numpy()
    weight = derived.calendar.weight[:, None]
    taken, own = (
        (by_site_and_hour(case, frames["energy_by_hour"], column) * weight).sum(axis=(1, 2)) / 1e3
        for column in ("import_mw", "own_mw")
    )
    sent = frames["lines"].groupby("site")["export_gwh"].sum()
    matched = matched_gwh(case, frames)
    with np.errstate(invalid="ignore", divide="ignore"):
        # Own power that a battery loses meets no load.
        green = claimed.to_numpy() + np.minimum(own, meter - claimed.to_numpy())
        green = np.where(meter > 0.0, green / meter, 0.0)
        hourly = np.where(meter > 0.0, matched / meter, 0.0)
    return pd.DataFrame(
        {
            "site": sites["site"].to_numpy(dtype=object),
            "it_gwh": by_site["it_gwh"].to_numpy(),
            "meter_gwh": meter,
            "new_meter_gwh": by_site["new_meter_gwh"].to_numpy(),
            "import_gwh": taken,
            "own_gwh": own,
            "export_gwh": sent.reindex(sites["site"], fill_value=0.0).to_numpy(dtype=float),
            "claimed_gwh": claimed.to_numpy(),
            "matched_gwh": matched,
            "location_kt": derived.location_factor * taken,
            "market_kt": derived.residual_factor * (taken - claimed.to_numpy()),
            "hourly_kt": derived.location_factor * (meter - matched),
            "hourly_green_share": hourly,
            "hourly_green_share_with_grid": hourly + (1.0 - hourly) * derived.green_share,
            "contractual_green_share": green,
            "physical_green_share": derived.green_share,
            "water_m3": by_site["water_m3"].to_numpy(),
        }
    )


def site_rows(case: Case, frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what every site carries."""
    sites = case.tables["sites"].frame
    order = sites["site"]
    workload = _workload_mw(case, frames).reindex(order, fill_value=0.0)
    builds = frames["builds"]
    new = builds[builds["kind"] == "new"]

    def by_site(frame: pd.DataFrame, column: str) -> np.ndarray:
        total: np.ndarray = (
            frame.groupby("site")[column].sum().reindex(order, fill_value=0.0).to_numpy(dtype=float)
        )
        return total

    nameplate, new_used = by_site(builds, "used_mw"), by_site(new, "used_mw")
    new_power = by_site(new, "it_mw")
    arrived = (sites["under_construction_year"] <= case.year).to_numpy(dtype=float)
    existing = sites["existing_it_mw"].to_numpy() + arrived * sites[
        "under_construction_it_mw"
    ].to_numpy(dtype=float)
    cards = frames["accelerators"]
    installed = by_site(cards.assign(installed=cards["fleet"] + cards["bought"]), "installed")
    busy = by_site(cards, "busy_mean")
    ledgers = frames["ledgers"].set_index("site").reindex(order)
    costs = frames["costs"]
    # A link may be called like a site; its cost is no site's.
    of_links = costs["term"].isin(("network_lease", "network_upgrade"))
    at_site = costs[costs["place"].isin(set(order)) & ~of_links]
    cost = at_site.groupby("place")["million_yuan"].sum().reindex(order, fill_value=0.0)
    energy_cost = (
        at_site[at_site["term"] == "energy"]
        .groupby("place")["million_yuan"]
        .sum()
        .reindex(order, fill_value=0.0)
        .to_numpy()
    )
    meter = ledgers["meter_gwh"].to_numpy()
    mean_it = ledgers["it_gwh"].to_numpy() / MEGAWATT_YEAR_IN_GWH

    def ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(bottom > 1e-9, top / bottom, np.nan)

    power = existing + new_power
    return pd.DataFrame(
        {
            "site": order.to_numpy(dtype=object),
            "training_mw": workload["training"].to_numpy(),
            "inference_mw": workload["interactive"].to_numpy(),
            "batch_mw": workload["batch"].to_numpy(),
            "idle_mw": workload[IDLE].to_numpy(),
            "nameplate_mw": nameplate,
            "new_it_mw": new_power,
            "rack_utilisation": np.nan_to_num(
                ratio(sites["occupied_it_mw"].to_numpy(dtype=float) + nameplate, power)
            ),
            "new_rack_utilisation": ratio(new_used, new_power),
            "accelerator_utilisation": ratio(busy, installed),
            "load_factor": ratio(mean_it, nameplate),
            "meter_gwh": meter,
            "mean_price_yuan_per_kwh": ratio(energy_cost, meter),
            "cost_million_yuan": cost.to_numpy(),
            "location_kt": ledgers["location_kt"].to_numpy(),
            "contractual_green_share": ledgers["contractual_green_share"].to_numpy(),
        }
    )


def _workload_mw(case: Case, frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the yearly mean IT power by site and kind of work, idle power apart."""
    hardware = case.derived.hardware
    cards = case.tables["accelerators"].frame["accelerator"].tolist()
    busy_kw = pd.Series(hardware.busy_kw, index=cards)
    kinds = case.tables["services"].frame.set_index("service")["kind"]
    services = frames["service_accelerators"]
    parts = [
        pd.DataFrame(
            {
                "site": services["site"],
                "kind": services["service"].map(kinds),
                "mw": services["busy_accelerators"]
                * numbers_for(services["accelerator"], busy_kw)
                / 1e3,
            }
        )
    ]
    runs = frames["runs"]
    active_year = runs["duration_days"] * 24.0 / HOURS_PER_YEAR
    parts.append(
        pd.DataFrame(
            {
                "site": runs["site"],
                "kind": "training",
                "mw": runs["runs"]
                * runs["gang"]
                * numbers_for(runs["accelerator"], busy_kw)
                / 1e3
                * active_year,
            }
        )
    )
    parts_of_runs = parts_with_runs(frames)
    parts.append(
        pd.DataFrame(
            {
                "site": parts_of_runs["site"],
                "kind": "training",
                "mw": parts_of_runs["runs"]
                * parts_of_runs["part"]
                * numbers_for(parts_of_runs["accelerator"], busy_kw)
                / 1e3
                * (parts_of_runs["duration_days"] * 24.0 / HOURS_PER_YEAR),
            }
        )
    )
    loads = frames["loads"]
    idle = loads[loads["profile"] == IDLE]
    parts.append(pd.DataFrame({"site": idle["site"], "kind": IDLE, "mw": idle["mean_mw"]}))
    table = pd.concat(parts, ignore_index=True).astype({"mw": "float64", "kind": "str"})
    wide = table.pivot_table(
        index="site", columns="kind", values="mw", aggfunc="sum", fill_value=0.0
    )
    return wide.reindex(columns=["training", "interactive", "batch", IDLE], fill_value=0.0)
