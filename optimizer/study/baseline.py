"""Rules of thumb to compare a plan with: the same case with the decision rule replaced.

``all_east``        work and new accelerators in the east only
``nearest_site``    work as near to its users (or its data) as it can be
``cheapest_power``  work where the yearly electricity price times PUE is lowest

Capacity, latency, supply and policies hold as in the plan; modules and accelerators are bought
by the same optimiser. For the last two rules the load-weighted rank of the sites (in ms, or in
yuan/kWh) is minimised first and then held within :data:`HELD`; overflow goes to the next
site by itself. Policy rows that a rule breaks are switched off and listed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.inputs.network_paths import NETWORKS
from optimizer.model.assembly import LinearModel
from optimizer.model.build import holding_unserved, with_row
from optimizer.model.index import Sets
from optimizer.model.placement import accelerators_for_all
from optimizer.plan.raw_solution import Status
from optimizer.solve.explain import smallest_easing
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.solve.stage import Solved

HELD: Final = 1e-2
"""How far above its minimum the rank of a rule may lie when its cost is minimised."""


@dataclasses.dataclass(frozen=True, slots=True)
class Baseline:
    """A solved baseline.

    Parameters
    ----------
    rule
        Code of the rule.
    solved
        Its solution.
    switched_off
        Policy row blocks that the rule breaks.
    """

    rule: str
    solved: Solved
    switched_off: tuple[str, ...]


def solve_baseline(
    rule: str, case: Case, model: LinearModel, sets: Sets, options: SolveOptions
) -> Baseline:
    """Return one baseline of a case.

    Parameters
    ----------
    rule
        One of :data:`optimizer.labels.BASELINE_RULES`.
    case, model, sets
        The case, its model and index sets.
    options
        Options of the solve; the gap is that of the baseline.
    """
    restricted = _RESTRICTIONS[rule](case, model, sets, options)
    solved = solve_model(restricted, options)
    undone = solved.solution.unserved_value > 0.0
    if not undone and solved.solution.status is not Status.INFEASIBLE:
        return Baseline(rule, solved, ())
    # Policies give way before work is left undone; what physics forbids stays undone.
    names = tuple(name for name in restricted.rows if name.startswith(("policy_", "pinned_")))
    relaxed = dataclasses.replace(options, relaxed=True, progress=None)
    possible = solve_model(without_rows(restricted, names), relaxed).solution
    if undone and possible.unserved_value >= solved.solution.unserved_value * (1.0 - 1e-6):
        return Baseline(rule, solved, ())
    easings = smallest_easing(holding_unserved(restricted, possible.unserved_value)) or []
    switched_off = tuple(sorted({easing.block for easing in easings}))
    solved = solve_model(without_rows(restricted, switched_off), options)
    return Baseline(rule, solved, switched_off)


def without_rows(model: LinearModel, names: tuple[str, ...]) -> LinearModel:
    """Return the model with some row blocks switched off."""
    lower, upper = model.row_lower.copy(), model.row_upper.copy()
    for name in names:
        lower[model.rows[name].slice] = -np.inf
        upper[model.rows[name].slice] = np.inf
    return dataclasses.replace(model, row_lower=lower, row_upper=upper)


def _all_east(case: Case, model: LinearModel, sets: Sets, options: SolveOptions) -> LinearModel:
    del sets, options
    west = (case.tables["sites"].frame["side"] == "west").to_numpy(dtype=bool)
    upper = model.upper.copy()
    for name in ("share", "runs", "bought", "built"):
        block = model.columns[name]
        upper[block.slice] = np.where(west[block.index["site"]], 0.0, upper[block.slice])
    splits = case.derived.splits
    split = model.columns.get("split_runs")
    if split is not None:
        western = np.unique(splits.part_column[west[splits.part_site]])
        upper[split.ids[np.isin(split.index["split"], western)]] = 0.0
    return dataclasses.replace(model, upper=np.maximum(upper, model.lower))


def _ranked(  # noqa: PLR0917 - the rank of each kind of column
    case: Case,
    model: LinearModel,
    options: SolveOptions,
    share_rank: NDArray[np.float64],
    run_rank: NDArray[np.float64],
    part_rank: NDArray[np.float64],
) -> LinearModel:
    """Return the model with a rank minimised and then held."""
    rank = np.zeros(model.shape[1])
    rank[model.columns["share"].slice] = share_rank
    rank[model.columns["runs"].slice] = run_rank
    split = model.columns.get("split_runs")
    if split is not None:
        of_column = np.bincount(
            case.derived.splits.part_column,
            weights=part_rank,
            minlength=len(case.derived.splits.job),
        )
        rank[split.slice] = of_column[split.index["split"]]
    ranked = dataclasses.replace(
        model, cost=rank, cost_terms={"rank": rank}, row_lower=model.row_lower.copy()
    )
    # The LP's minimum is at most the whole one; what gangs add by being whole is far below HELD.
    relaxed = dataclasses.replace(options, relaxed=True, progress=None)
    first = solve_model(ranked, relaxed)
    if first.values is None:
        return model
    least = float(rank @ first.values)
    columns = np.flatnonzero(rank)
    return with_row(
        model, "rank_held", columns, rank[columns], "rank", upper=least * (1.0 + HELD) + 1e-9
    )


def _load_weights(
    case: Case, sets: Sets
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the accelerators (thousand) behind a full share, one run, and each part of one."""
    triple = sets.share
    demand = case.derived.demand
    needed = np.nanmin(accelerators_for_all(case), axis=1)
    part = (
        demand.requests[triple.region, triple.service] / demand.requests.sum(axis=0)[triple.service]
    )
    gangs, splits = case.derived.gangs, case.derived.splits
    option = sets.run.option
    return (
        needed[triple.service] * part,
        gangs.gang[option] * gangs.duration_days[option] / 365.0,
        splits.part_gang * splits.duration_days[splits.part_column] / 365.0,
    )


def _nearest(case: Case, model: LinearModel, sets: Sets, options: SolveOptions) -> LinearModel:
    by_share, by_run, by_part = _load_weights(case, sets)
    triple = sets.share
    to_users = case.derived.rtt_p99_ms[triple.region, triple.service, triple.site]
    sites = case.tables["sites"].frame["site"]
    row = {name: number for number, name in enumerate(sites)}
    home = case.tables["jobs"].frame["dataset_site"].map(row).to_numpy(dtype=np.int64)
    optical = case.derived.paths.rtt_p99_ms[NETWORKS.index("optical")]
    to_data = optical[home[case.derived.gangs.job[sets.run.option]], sets.run.site]
    splits = case.derived.splits
    to_part = optical[home[splits.job[splits.part_column]], splits.part_site]
    return _ranked(case, model, options, by_share * to_users, by_run * to_data, by_part * to_part)


def _cheapest(case: Case, model: LinearModel, sets: Sets, options: SolveOptions) -> LinearModel:
    by_share, by_run, by_part = _load_weights(case, sets)
    delivered = delivered_price(case)
    return _ranked(
        case,
        model,
        options,
        by_share * delivered[sets.share.site],
        by_run * delivered[sets.run.site],
        by_part * delivered[case.derived.splits.part_site],
    )


def delivered_price(case: Case) -> NDArray[np.float64]:
    """Return ``(S,)`` yuan for a kWh of constant IT load in the site's best module."""
    derived = case.derived
    weight = derived.calendar.weight
    price = derived.prices.energy.mean(axis=2)
    by_module = np.einsum("sd,skd,d->sk", price, derived.cooling.pue, weight) / weight.sum()
    best: NDArray[np.float64] = np.where(derived.cooling.allowed, by_module, np.inf).min(axis=1)
    return best


_RESTRICTIONS: Final[dict[str, Callable[[Case, LinearModel, Sets, SolveOptions], LinearModel]]] = {
    "all_east": _all_east,
    "nearest_site": _nearest,
    "cheapest_power": _cheapest,
}
