"""Everything that follows from the tables before there is a model.

Arrays are indexed in the order of the sorted tables: sites ``S``, regions ``I``, services
``W``, accelerators ``A``, modules ``K``, jobs ``J``, links ``E``, typical days ``D``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.cooling import Cooling, cooling
from optimizer.inputs.demand import Demand, demand
from optimizer.inputs.hardware import (
    Hardware,
    hardware,
    module_yearly_cost,
    upgrade_yearly_cost,
)
from optimizer.inputs.load_profiles import LoadProfiles, load_profiles
from optimizer.inputs.network_paths import NETWORKS, Paths, paths, share_within_budget
from optimizer.inputs.policy_rows import PolicyRow, policy_rows
from optimizer.inputs.protection import (
    PROTECTION_LEVEL,
    UNPROTECTED,
    Protection,
    failover_budget_ms,
    may_be_at,
    protection,
    yearly_cost_of_holding,
)
from optimizer.inputs.queueing import Pools, pools
from optimizer.inputs.release_tiers import Tiers, release_tiers
from optimizer.inputs.routes import (
    Routes,
    protected_rtt,
    routes,
    rtt_of_extra_fibre,
    with_admissible,
)
from optimizer.inputs.site_room import largest_gangs
from optimizer.inputs.site_supply import SiteSupply, site_supply
from optimizer.inputs.split_training import SplitOptions, split_options
from optimizer.inputs.tariff import Prices, prices
from optimizer.inputs.training import GangOptions, gang_options
from optimizer.inputs.typical_days import Calendar, calendar
from optimizer.tables.frames import TypedTable


@dataclass(frozen=True, slots=True)
class Derived:
    """Derived inputs of a case.

    Parameters
    ----------
    calendar, prices, cooling, demand, profiles, hardware, pools, paths, routes, gangs,
    splits, supply, policies, tiers, protection
        See the classes.
    rtt_p99_ms
        ``(I, W, S)`` round trip of the 99th percentile of users, access included; of protected
        traffic over the longer of its two paths.
    reach
        ``(I, W, S)`` share of the region's users that the site serves within the budget, zero
        where residency forbids it.
    module_cost
        ``(S, K)`` million yuan a year for one module.
    upgrade_cost
        ``(E,)`` million yuan a year for one link upgrade.
    location_factor, residual_factor, green_share
        ``(S,)`` kg CO2/kWh and share, of the site's province.
    """

    calendar: Calendar
    prices: Prices
    cooling: Cooling
    demand: Demand
    profiles: LoadProfiles
    hardware: Hardware
    pools: Pools
    paths: Paths
    routes: Routes
    gangs: GangOptions
    splits: SplitOptions
    supply: SiteSupply
    policies: tuple[PolicyRow, ...]
    tiers: Tiers
    rtt_p99_ms: NDArray[np.float64]
    reach: NDArray[np.float64]
    module_cost: NDArray[np.float64]
    upgrade_cost: NDArray[np.float64]
    location_factor: NDArray[np.float64]
    residual_factor: NDArray[np.float64]
    green_share: NDArray[np.float64]
    protection: Protection = UNPROTECTED


def values_of(table: pd.DataFrame) -> dict[str, float]:
    """Return a table of parameters as a mapping."""
    return dict(zip(table["parameter"], table["value"].astype(float), strict=True))


def derive(tables: Mapping[str, TypedTable], year: int) -> Derived:
    """Return the derived inputs of checked, sorted tables."""
    frames = {name: table.frame for name, table in tables.items()}
    sites, regions, services = frames["sites"], frames["regions"], frames["services"]
    parameters, finance = values_of(frames["parameters"]), values_of(frames["finance"])
    days = calendar(frames["times"])
    wanted = demand(
        regions,
        services,
        frames["service_rates"],
        frames["profiles"],
        frames["accelerators"],
        calendar=days,
    )
    network = paths(sites["site"].tolist(), frames["links"], frames["latency"], parameters)
    chosen, rtt, reach = _reach(frames, wanted, network, parameters)
    installed = hardware(
        sites,
        frames["accelerators"],
        frames["fleet"],
        frames["accelerator_supply"],
        year=year,
        finance=finance,
        parameters=parameters,
    )
    plant = cooling(sites, frames["modules"], frames["climate"], days)
    grid = _latest_grid(frames["grid"], year).reindex(sites["province"])
    derived = Derived(
        calendar=days,
        prices=prices(
            sites,
            frames["tariffs"],
            days,
            parameters["kva_per_kw"],
            parameters.get("demand_peak_factor"),
        ),
        cooling=plant,
        demand=wanted,
        profiles=load_profiles(wanted.profiles, wanted.shape, days.days),
        hardware=installed,
        pools=pools(
            services,
            frames["service_rates"],
            frames["accelerators"],
            demand=wanted,
            hardware=installed,
            reach=reach,
            parameters=parameters,
        ),
        paths=network,
        routes=chosen,
        gangs=gang_options(
            frames["jobs"], frames["training_rates"], frames["accelerators"], parameters
        ),
        splits=split_options(tables, network, largest_gangs(tables, installed, plant), parameters),
        supply=site_supply(frames, days, year=year, finance=finance),
        policies=policy_rows(frames, year),
        tiers=release_tiers(frames["tiers"], services),
        rtt_p99_ms=rtt,
        reach=reach,
        module_cost=module_yearly_cost(sites, frames["modules"], finance),
        upgrade_cost=upgrade_yearly_cost(frames["links"], finance),
        location_factor=grid["location_kgco2_per_kwh"].to_numpy(dtype=float),
        residual_factor=grid["residual_kgco2_per_kwh"].to_numpy(dtype=float),
        green_share=grid["green_share"].to_numpy(dtype=float),
    )
    if parameters.get(PROTECTION_LEVEL, 0.0) > 0.0:
        failover = dataclasses.replace(wanted, budget_ms=failover_budget_ms(services, parameters))
        _chosen, _rtt, within = _reach(frames, failover, network, parameters)
        derived = dataclasses.replace(derived, protection=_protection(frames, derived, within))
    _freeze(derived)
    return derived


def _protection(
    frames: Mapping[str, pd.DataFrame], derived: Derived, within: NDArray[np.float64]
) -> Protection:
    """Return the protection; ``within`` is the share of users within the failover budget."""
    sites, services, modules = frames["sites"], frames["services"], frames["modules"]
    hardware, cooled, power = derived.hardware, derived.cooling, derived.prices
    allowed = may_be_at(
        services["service"].tolist(),
        sites["site"].tolist(),
        frames["pins"],
        derived.demand.seconds,
        (hardware.fleet > 0.0) | (hardware.supply > 0.0),
    )
    asked = (derived.demand.requests > 0.0)[:, :, None] & allowed[None, :, :]
    new = cooled.allowed & (modules["kind"] == "new").to_numpy(dtype=bool)
    hours = derived.calendar.weight[None, :, None] * power.energy
    cost = yearly_cost_of_holding(
        np.divide(
            derived.module_cost,
            modules["it_mw"].to_numpy(dtype=float),
            out=np.full(new.shape, np.inf),
            where=new,
        ),
        cooled.design_pue,
        cooled.annual_pue,
        power.demand + power.metered.sum(axis=1),
        hours.sum(axis=(1, 2)) / 1e3,
        idle_share=float((hardware.idle_kw / hardware.maximum_kw).mean()),
    )
    return protection(
        sites,
        services,
        values_of(frames["parameters"]),
        primary=(derived.reach > 0.0) & asked,
        reach=np.where(asked, within, 0.0),
        holding_cost=cost,
    )


def _reach(
    frames: Mapping[str, pd.DataFrame],
    wanted: Demand,
    network: Paths,
    parameters: Mapping[str, float],
) -> tuple[Routes, NDArray[np.float64], NDArray[np.float64]]:
    sites, regions, services = frames["sites"], frames["regions"], frames["services"]
    site_row = {site: row for row, site in enumerate(sites["site"])}
    nodes = regions["node"].map(site_row).to_numpy(dtype=np.int64)
    kinds = services["network"].map(NETWORKS.index).to_numpy(dtype=np.int64)
    extra_rtt = rtt_of_extra_fibre(parameters)[kinds]
    chosen = routes(frames, network, parameters)
    path_rtt = protected_rtt(
        network.rtt_p99_ms[kinds][:, nodes, :].transpose(1, 0, 2),
        chosen,
        network,
        nodes,
        extra_rtt,
    )
    access = regions["access_rtt_p99_ms"].to_numpy(dtype=float)[:, None, None]
    reach = share_within_budget(
        wanted.budget_ms[None, :, None],
        path_rtt,
        regions["access_rtt_min_ms"].to_numpy(dtype=float)[:, None, None],
        access,
    )
    # Work without a target goes anywhere that the network reaches.
    reach = np.where(np.isinf(wanted.budget_ms)[None, :, None], 1.0, reach)
    reach = np.where(np.isfinite(path_rtt), reach, 0.0)
    same_province = regions["province"].to_numpy()[:, None] == sites["province"].to_numpy()[None, :]
    resident = (services["residency"] == "province").to_numpy()[None, :, None]
    reach = np.where(resident & ~same_province[:, None, :], 0.0, reach)
    chosen = with_admissible(
        chosen,
        regions,
        nodes,
        fibre_km=network.fibre_km,
        path_rtt=path_rtt,
        reach=reach,
        budget_ms=wanted.budget_ms,
        extra_rtt=extra_rtt,
    )
    return chosen, path_rtt + access, reach


def _latest_grid(grid: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return the newest row of each province that is not after the year."""
    known = grid[grid["year"] <= year].sort_values(["province", "year"])
    return known.drop_duplicates("province", keep="last").set_index("province")


def _freeze(part: object) -> None:
    """Make every array below a dataclass read-only."""
    for name in getattr(part, "__slots__", ()):
        value = getattr(part, name)
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
        elif isinstance(value, tuple):
            for item in value:
                _freeze(item)
        else:
            _freeze(value)
