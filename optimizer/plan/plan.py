"""Raw solution to a plan: typed result tables in the units of the inputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.labels import Text
from optimizer.plan.costs import Bill, cost_rows
from optimizer.plan.hour_rows import by_site_and_hour, hour_rows, metered_demand, shifted
from optimizer.plan.path_rows import flow_of_links, path_rows
from optimizer.plan.period_tables import ASSETS, result_tables
from optimizer.plan.policies import policy_rows
from optimizer.plan.queueing_rows import pool_reserve_rows, pool_rows
from optimizer.plan.raw_solution import ObjectiveValue, RawSolution, SolvedColumns, Status
from optimizer.plan.release_rows import with_release_rows
from optimizer.plan.reliability_rows import reliability_rows
from optimizer.plan.site_rows import ledger_rows, site_rows
from optimizer.plan.split_rows import (
    add_split_flows,
    held_gangs,
    split_part_rows,
    split_run_rows,
)
from optimizer.plan.standing import (
    View,
    asset_rows,
    opening_shares,
    ordered_frames,
    paid_frames,
    views,
)
from optimizer.units import DAYS_PER_YEAR, HOURS_PER_DAY, gbit_per_s_of_transfer

NEGLIGIBLE = 1e-9
"""Values of columns below this are the solver's rounding and are left out of the tables."""

NEGLIGIBLE_UNSERVED = 1e-7
"""Unserved shares below this are nobody's demand.

The least value of unserved work is held with a slack, and rows are met to about 1e-7: the solver
may call that much of a demand unserved that it serves.
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a case.

    Parameters
    ----------
    case_name, title, year
        The case.
    status
        How the solve ended.
    objective_million_yuan, bound_million_yuan
        Yearly cost and its proved lower bound.
    relaxed
        Whether it is the LP relaxation: a lower bound, not something to build.
    tables
        The result tables by name, sorted by key; of several periods with the period first.
    objectives
        What was minimised, in order, each with its own value and bound.
    weights
        What each of several periods counts for in the cost, by its year; empty for one period.
    """

    case_name: str
    title: Text
    year: int
    status: Status
    objective_million_yuan: float
    bound_million_yuan: float
    relaxed: bool
    tables: Mapping[str, pd.DataFrame]
    objectives: tuple[ObjectiveValue, ...] = ()
    weights: Mapping[int, float] = MappingProxyType({})

    def cost(self, *terms: str) -> float:
        """Return the yearly cost of some terms, or of all, in million yuan.

        Of several periods the sum of their costs, each by its weight.
        """
        costs = self.tables["costs"]
        if terms:
            costs = costs[costs["term"].isin(terms)]
        if not self.weights:
            return float(costs["million_yuan"].sum())
        weight = costs["period"].map(dict(self.weights)).astype(float)
        return float((costs["million_yuan"] * weight).sum())

    def of_period(self, year: int) -> Plan:
        """Return one of several periods as a plan of its own, its yearly cost as objective.

        It has no bound of its own: its bound is its cost.
        """
        tables = {
            name: frame[frame["period"] == year].drop(columns="period").reset_index(drop=True)
            for name, frame in self.tables.items()
        }
        cost = float(tables["costs"]["million_yuan"].sum())
        return dataclasses.replace(
            self,
            year=year,
            objective_million_yuan=cost,
            bound_million_yuan=cost,
            tables=MappingProxyType(tables),
            objectives=(),
            weights=MappingProxyType({}),
        )

    @property
    def location_cost(self) -> float:
        """Cost that depends on places, in million yuan: all but the accelerators."""
        return self.cost() - self.cost("accelerators")


def make_plan(case: Case, solution: RawSolution) -> Plan:
    """Return the plan of a raw solution.

    Parameters
    ----------
    case
        The case that was solved.
    solution
        A solution that holds a point.
    """
    relaxed = bool(solution.options.get("relaxed", 0))
    if not case.later:
        tables = _frames(case, solution, relaxed=relaxed)
    else:
        tables = _frames_of_periods(views(case, solution), relaxed=relaxed)
    return Plan(
        case_name=case.name,
        title=case.title,
        year=case.year,
        status=solution.status,
        objective_million_yuan=solution.objective,
        bound_million_yuan=solution.bound,
        relaxed=relaxed,
        tables=MappingProxyType(
            {
                name: in_order(tables[name], name, several=bool(case.later))
                for name in result_tables(several=bool(case.later))
            }
        ),
        objectives=solution.objectives,
        weights=period_weights(case),
    )


def period_weights(case: Case) -> Mapping[int, float]:
    """Return what each of several periods counts for in the cost; empty for one period."""
    if not case.later:
        return MappingProxyType({})
    return MappingProxyType({period.year: period.period.weight for period in case.periods})


def last_period(case: Case, plan: Plan) -> tuple[Case, Plan]:
    """Return the last period of a case and its plan; both as they are if there is one."""
    if not case.later:
        return case, plan
    last = case.periods[-1]
    return last, plan.of_period(last.year)


def _frames_of_periods(periods: list[View], *, relaxed: bool) -> dict[str, pd.DataFrame]:
    """Return the tables of several periods, the period as their first column."""
    parts: dict[str, list[pd.DataFrame]] = {}
    for view in periods:
        frames = _frames(view.case, view.solution, relaxed=relaxed, view=view)
        frames[ASSETS.name] = asset_rows(view)
        for name, frame in frames.items():
            table = frame.copy()
            table.insert(0, "period", view.case.year)
            parts.setdefault(name, []).append(table)
    return {name: _joined(tables) for name, tables in parts.items()}


def _joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return tables one below the other; empty ones only where all are."""
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]


def _frames(
    case: Case, solution: RawSolution, *, relaxed: bool, view: View | None = None
) -> dict[str, pd.DataFrame]:
    """Return the tables of one period."""
    values = _Values(case, solution)
    paths = path_rows(case, solution)
    frames: dict[str, pd.DataFrame] = {
        "placements": _placements(case, values),
        "unserved": _unserved(case, values),
        "service_accelerators": _service_accelerators(case, values),
        "runs": _runs(case, values),
        "split_runs": split_run_rows(case, solution),
        "split_parts": split_part_rows(case, solution),
        "unplaced": _unplaced(case, values),
        "accelerators": _accelerators(case, values),
        "builds": _builds(case, values),
        "loads": _loads(case, values),
        "paths": paths,
        "links": _links(case, values, paths),
        "contracts": _contracts(case, values),
        **hour_rows(case, solution.columns),
    }
    frames["energy_by_hour"] = _energy_by_hour(case, values, frames)
    frames["metered_demand"] = metered_demand(case, frames)
    frames.update(reliability_rows(case, solution, frames["accelerators"]))
    frames.update(with_release_rows(case, solution, frames["unserved"]))
    frames["ledgers"] = ledger_rows(case, frames)
    frames["pools"] = pool_rows(case, solution, relaxed=relaxed)
    frames["pool_reserves"] = pool_reserve_rows(case, solution, frames["pools"])
    bill = None
    if view is not None:
        opened = opening_shares(view, relaxed=relaxed)
        bill = Bill(paid_frames(view, frames), ordered_frames(view), opened)
    frames["costs"] = cost_rows(case, frames, relaxed=relaxed, bill=bill)
    frames["sites"] = site_rows(case, frames)
    frames["policies"] = policy_rows(case, frames, {} if bill is None else bill.ordered)
    return frames


def in_order(frame: pd.DataFrame, name: str, *, several: bool = False) -> pd.DataFrame:
    """Return a result table with its columns and rows in their documented order."""
    table = result_tables(several=several)[name]
    return (
        frame[table.column_names].sort_values(list(table.key), kind="stable").reset_index(drop=True)
    )


class _Values:
    """The columns of a solution with names of table rows for their indices."""

    def __init__(self, case: Case, solution: RawSolution) -> None:
        self.solution = solution
        self.names: dict[str, NDArray[np.object_]] = {
            kind: case.tables[table].frame[column].to_numpy(dtype=object)
            for kind, table, column in (
                ("site", "sites", "site"),
                ("region", "regions", "region"),
                ("service", "services", "service"),
                ("accelerator", "accelerators", "accelerator"),
                ("module", "modules", "module"),
                ("job", "jobs", "job"),
                ("link", "links", "link"),
            )
        }

    def block(self, name: str) -> SolvedColumns:
        """Return one block of columns."""
        return self.solution.columns[name]

    def level(self, name: str) -> NDArray[np.float64]:
        """Return the value of every entry of a block."""
        return self.block(name).values

    def used(
        self, name: str, *, least: float = NEGLIGIBLE
    ) -> tuple[dict[str, NDArray[np.int64]], NDArray[np.float64]]:
        """Return index and value of the entries of a block that are not negligible."""
        index, level = self.block(name).index, self.level(name)
        kept = np.flatnonzero(np.abs(level) > least)
        return {key: entries[kept] for key, entries in index.items()}, level[kept]

    def named(self, kind: str, rows: NDArray[np.int64]) -> NDArray[np.object_]:
        """Return the codes of table rows."""
        return self.names[kind][rows]


def _placements(case: Case, values: _Values) -> pd.DataFrame:
    index, share = values.used("share")
    demand = case.derived.demand
    pair = (index["region"], index["service"])
    budget = demand.budget_ms[index["service"]]
    return pd.DataFrame(
        {
            "region": values.named("region", index["region"]),
            "service": values.named("service", index["service"]),
            "site": values.named("site", index["site"]),
            "share": share,
            "requests_million_per_day": share * demand.requests[pair],
            "rtt_p99_ms": case.derived.rtt_p99_ms[index["region"], index["service"], index["site"]],
            "budget_ms": np.where(np.isinf(budget), np.nan, budget),
            "peak_gbps": share * demand.peak_gbps[pair],
        }
    )


def _unserved(case: Case, values: _Values) -> pd.DataFrame:
    index, share = values.used("unserved", least=NEGLIGIBLE_UNSERVED)
    requests = share * case.derived.demand.requests[index["region"], index["service"]]
    value = case.tables["services"].frame["value_yuan_per_request"].to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "region": values.named("region", index["region"]),
            "service": values.named("service", index["service"]),
            "share": share,
            "requests_million_per_day": requests,
            "value_million_yuan": requests * DAYS_PER_YEAR * value[index["service"]],
        }
    )


def _service_accelerators(case: Case, values: _Values) -> pd.DataFrame:
    index, busy = values.used("busy")
    seconds = case.derived.demand.seconds[index["service"], index["accelerator"]]
    return pd.DataFrame(
        {
            "service": values.named("service", index["service"]),
            "site": values.named("site", index["site"]),
            "accelerator": values.named("accelerator", index["accelerator"]),
            "busy_accelerators": busy * 1e3,
            "requests_million_per_day": busy * 1e3 / seconds * 86_400 / 1e6,
        }
    )


def _runs(case: Case, values: _Values) -> pd.DataFrame:
    index, count = values.used("runs")
    gangs, hardware = case.derived.gangs, case.derived.hardware
    option = index["option"]
    card = gangs.accelerator[option]
    running_kw = hardware.idle_kw + hardware.busy_kw
    window = case.parameter("parameters", "dataset_window_days")
    terabytes = case.tables["jobs"].frame["dataset_tb"].to_numpy(dtype=float)
    frame = pd.DataFrame(
        {
            "job": values.named("job", gangs.job[option]),
            "site": values.named("site", index["site"]),
            "accelerator": values.named("accelerator", card),
            "start_month": gangs.start_month[option],
            "gang": np.round(gangs.gang[option] * 1e3).astype(np.int64),
            "runs": count,
            "duration_days": gangs.duration_days[option],
            "goodput": gangs.goodput[option],
            "it_mw": count * gangs.gang[option] * running_kw[card],
            "dataset_gbps": [
                each * gbit_per_s_of_transfer(terabytes[job], window)
                for each, job in zip(count, gangs.job[option], strict=True)
            ],
        }
    )
    return frame.astype({"dataset_gbps": "float64"})


def _unplaced(case: Case, values: _Values) -> pd.DataFrame:
    index, count = values.used("unplaced")
    value = case.tables["jobs"].frame["value_million_yuan"].to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "job": values.named("job", index["job"]),
            "runs": count,
            "value_million_yuan": count * value[index["job"]],
        }
    )


def _accelerators(case: Case, values: _Values) -> pd.DataFrame:
    hardware = case.derived.hardware
    shape = hardware.fleet.shape
    bought = np.zeros(shape)
    index, number = values.used("bought")
    bought[index["site"], index["accelerator"]] = number

    index, busy = values.used("busy")
    demand = case.derived.demand
    profile_busy = np.zeros((len(demand.profiles), *shape))
    np.add.at(
        profile_busy,
        (demand.profile_of[index["service"]], index["site"], index["accelerator"]),
        busy,
    )
    peak = np.einsum("pdh,psa->dhsa", demand.shape, profile_busy).max(axis=(0, 1), initial=0.0)
    mean = profile_busy.sum(axis=0)

    gangs = held_gangs(case, values.solution)
    held = np.zeros((12, *shape))
    for month in range(12):
        active = gangs.month_share[:, month] > 0.0
        np.add.at(held[month], (gangs.site[active], gangs.accelerator[active]), gangs.held[active])
    trained = np.zeros(shape)
    np.add.at(
        trained,
        (gangs.site, gangs.accelerator),
        gangs.held * gangs.duration_days / DAYS_PER_YEAR,
    )
    installed = hardware.fleet + bought
    site, card = np.nonzero(installed > NEGLIGIBLE)
    at = (site, card)
    return pd.DataFrame(
        {
            "site": values.named("site", site),
            "accelerator": values.named("accelerator", card),
            "fleet": hardware.fleet[at] * 1e3,
            "bought": bought[at] * 1e3,
            "services_peak": peak[at] * 1e3,
            "gangs_peak": held.max(axis=0)[at] * 1e3,
            "busy_mean": (mean + trained)[at] * 1e3,
            "utilisation": (mean + trained)[at] / installed[at],
        }
    )


def _builds(case: Case, values: _Values) -> pd.DataFrame:
    modules = case.tables["modules"].frame
    it_mw = modules["it_mw"].to_numpy(dtype=float)
    shape = case.derived.cooling.allowed.shape
    built, used, energy, it_energy = (np.zeros(shape) for _ in range(4))
    for name, target in (("built", built), ("used", used)):
        index, number = values.used(name)
        target[index["site"], index["module"]] = number
    index, mean = values.used("load")
    by_day = profile_hours_by_day(case)[index["profile"]] * mean[:, None] / 1e3
    pue = case.derived.cooling.pue[index["site"], index["module"]]
    # Both from the loads: where there is next to none, the solver's energy is rounding.
    np.add.at(it_energy, (index["site"], index["module"]), by_day.sum(axis=1))
    np.add.at(energy, (index["site"], index["module"]), (by_day * pue).sum(axis=1))
    existing = (modules["kind"] == "existing").to_numpy()
    power = built * it_mw
    power[:, existing] = existing_power(case)[:, None]
    site, module = np.nonzero((power > NEGLIGIBLE) | (used > NEGLIGIBLE))
    at = (site, module)
    design, annual = case.derived.cooling.design_pue, case.derived.cooling.annual_pue
    with np.errstate(invalid="ignore", divide="ignore"):
        effective = np.where(it_energy > NEGLIGIBLE, energy / it_energy, annual)
    return pd.DataFrame(
        {
            "site": values.named("site", site),
            "module": values.named("module", module),
            "kind": modules["kind"].to_numpy(dtype=object)[module],
            "modules": built[at],
            "it_mw": power[at],
            "used_mw": used[at],
            "design_pue": design[at],
            "annual_pue": effective[at],
        }
    )


def existing_power(case: Case) -> NDArray[np.float64]:
    """Return ``(S,)`` AI-ready power that exists in the planned year, in MW of IT."""
    sites = case.tables["sites"].frame
    arrived = (sites["under_construction_year"] <= case.year).to_numpy(dtype=float)
    power: NDArray[np.float64] = sites["ai_ready_it_mw"].to_numpy(dtype=float) + arrived * sites[
        "under_construction_it_mw"
    ].to_numpy(dtype=float)
    return power


def profile_hours(case: Case) -> NDArray[np.float64]:
    """Return ``(P,)`` hours of the year that one MW of each profile counts for."""
    hours: NDArray[np.float64] = profile_hours_by_day(case).sum(axis=1)
    return hours


def profile_hours_by_day(case: Case) -> NDArray[np.float64]:
    """Return ``(P, D)`` hours that one MW of each profile counts for on each typical day."""
    hours: NDArray[np.float64] = (
        case.derived.calendar.weight[None, :, None] * case.derived.profiles.shape
    ).sum(axis=2)
    return hours


def _loads(case: Case, values: _Values) -> pd.DataFrame:
    index, mean = values.used("load")
    names = np.array(case.derived.profiles.names, dtype=object)
    return pd.DataFrame(
        {
            "site": values.named("site", index["site"]),
            "profile": names[index["profile"]],
            "module": values.named("module", index["module"]),
            "mean_mw": mean,
        }
    )


def _energy_by_hour(
    case: Case, values: _Values, frames: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    derived = case.derived
    index, mean = values.used("load")
    sites, modules = derived.cooling.allowed.shape
    load = np.zeros((sites, len(derived.profiles.names), modules))
    load[index["site"], index["profile"], index["module"]] = mean
    by_module = np.einsum("spk,pdh->skdh", load, derived.profiles.shape)
    it = by_module.sum(axis=1)
    meter = np.einsum("skdh,skd->sdh", by_module, derived.cooling.pue)
    moved_it, moved_meter = shifted(case, frames["shifts"])
    it, meter = it + moved_it, meter + moved_meter
    own = by_site_and_hour(case, frames["line_hours"], "self_mw")
    charge = by_site_and_hour(case, frames["battery_hours"], "charge_mw")
    discharge = by_site_and_hour(case, frames["battery_hours"], "discharge_mw")
    taken = meter + charge - discharge - own
    used = np.flatnonzero(it.sum(axis=(1, 2)) > NEGLIGIBLE)
    days = len(derived.calendar.days)
    count = days * HOURS_PER_DAY
    return pd.DataFrame(
        {
            "site": np.repeat(values.named("site", used), count),
            "typical_day": np.tile(
                np.repeat(np.array(derived.calendar.days, dtype=object), HOURS_PER_DAY), len(used)
            ),
            "hour": np.tile(np.arange(HOURS_PER_DAY), days * len(used)),
            "it_mw": it[used].ravel(),
            "meter_mw": meter[used].ravel(),
            "own_mw": own[used].ravel(),
            "charge_mw": charge[used].ravel(),
            "discharge_mw": discharge[used].ravel(),
            "import_mw": np.where(np.abs(taken) > NEGLIGIBLE, taken, 0.0)[used].ravel(),
            "price_yuan_per_kwh": derived.prices.energy[used].ravel(),
        }
    )


def _links(case: Case, values: _Values, paths: pd.DataFrame) -> pd.DataFrame:
    links = case.tables["links"].frame
    flow = flow_of_links(case, paths)
    add_split_flows(case, values.solution, flow)
    leased, upgrades = values.level("leased"), values.level("upgrades")
    return pd.DataFrame(
        {
            "link": links["link"].to_numpy(dtype=object),
            "flow_gbps": flow,
            "spare_gbps": links["capacity_gbps"].to_numpy()
            * (1.0 - links["used_share"].to_numpy()),
            "leased_gbps": np.where(np.abs(leased) > NEGLIGIBLE, leased, 0.0),
            "upgrades": np.where(np.abs(upgrades) > NEGLIGIBLE, upgrades, 0.0),
        }
    )


def _contracts(case: Case, values: _Values) -> pd.DataFrame:
    index, energy = values.used("contracted")
    contracts = case.tables["green_contracts"].frame
    return pd.DataFrame(
        {
            "contract": contracts["contract"].to_numpy(dtype=object)[index["contract"]],
            "site": values.named("site", index["site"]),
            "energy_gwh": energy,
        }
    )
