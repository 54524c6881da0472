"""Block: modules, power and ceilings.

Columns
    ``built[s,k]``     new modules, integer
    ``used[s,k]``      nameplate IT power of the accelerators in module type k, MW
    ``opening[s]``     whether anything new is built at s, 0 or 1 (where opening costs)

Rows
    nameplate[s]       sum_k used[s,k] = sum_a maximum_kw[a] * (fleet[s,a] + bought[s,a])
    module[s,k]        used[s,k] <= it_mw[k] * built[s,k]          (new modules)
    ceiling[s]         sum_k PUE_design[s,k] * used[s,k]
                       <= ceiling_mw[s] - PUE_design[s,existing] * occupied_it_mw[s]
    build_limit[s]     sum_k it_mw[k] * built[s,k] <= build_limit_mw[s]
    opened[s,k]        built[s,k] <= most[s,k] * opening[s]
    opened_mw[s]       sum_k it_mw[k] * built[s,k] <= build_limit_mw[s] * opening[s]

``most[s,k]`` is the smaller of ``maximum_per_site[k]`` and the whole modules that fit into
``build_limit_mw[s]``. The last row is implied by the others at whole numbers; it is there
because it makes a site opened by half pay half its cost in the relaxation.

With several periods ``built`` is what is ordered, ``build_limit_mw`` counts for every year of the
period, and ``nameplate`` and ``module`` count all that serves (:mod:`optimizer.model.vintages`).
The existing module's ``used`` is bounded by the AI-ready power that exists. Maximum server
power with its share of network and storage counts, installed is used: power must be there
for all cards at once.
"""

from __future__ import annotations

import numpy as np

from optimizer.inputs.case import Case
from optimizer.model.assembly import Assembly
from optimizer.model.index import Sets
from optimizer.model.vintages import cards
from optimizer.model.vintages import modules as modules_serving


def add_capacity(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the block to the assembly."""
    derived, sites = case.derived, case.tables["sites"].frame
    modules = case.tables["modules"].frame
    it_mw = modules["it_mw"].to_numpy(dtype=float)
    most = modules["maximum_per_site"].to_numpy(dtype=float)
    least = modules["minimum_per_site"].to_numpy(dtype=float)
    site, module = sets.module.site, sets.module.module
    new = sets.new_module[module]
    every_site = np.arange(len(sites), dtype=np.int64)

    lead = sites["lead_time_years"].to_numpy(dtype=float)
    serves = np.isfinite(assembly.terms.serves_from(lead[site[new]]))
    built = assembly.add_columns(
        "built",
        {"site": site[new], "module": module[new]},
        "modules",
        lower=0.0 if assembly.before else least[module[new]],
        # What would serve after the horizon only is not ordered.
        upper=np.where(serves, most[module[new]], 0.0),
        integer=True,
    )
    used = assembly.add_columns(
        "used",
        {"site": site, "module": module},
        "MW",
        upper=np.where(new, np.inf, sets.free_power_mw[site]),
    )

    hardware = derived.hardware
    fleet_mw = (hardware.fleet * hardware.maximum_kw).sum(axis=1)
    rows = assembly.add_rows(
        "nameplate", {"site": every_site}, "MW", lower=fleet_mw, upper=fleet_mw
    )
    assembly.put(rows.start + site, used.ids, 1.0)
    for ids, index in cards(assembly, case):
        assembly.put(rows.start + index["site"], ids, -hardware.maximum_kw[index["accelerator"]])
    if "retired" in assembly.columns:
        retired = assembly.columns["retired"]
        assembly.put(
            rows.start + retired.index["site"],
            retired.ids,
            hardware.maximum_kw[retired.index["accelerator"]],
        )

    rows = assembly.add_rows("module", {"site": site[new], "module": module[new]}, "MW", upper=0.0)
    assembly.put(rows.ids, used.ids[new], 1.0)
    row_of = np.full(derived.cooling.allowed.shape, -1, dtype=np.int64)
    row_of[site[new], module[new]] = rows.ids
    for ids, index in modules_serving(assembly, case):
        assembly.put(row_of[index["site"], index["module"]], ids, -it_mw[index["module"]])

    existing = int(np.flatnonzero(~sets.new_module)[0])
    design = derived.cooling.design_pue
    rows = assembly.add_rows(
        "ceiling",
        {"site": every_site},
        "MW",
        upper=sites["ceiling_mw"].to_numpy(dtype=float)
        - design[:, existing] * sites["occupied_it_mw"].to_numpy(dtype=float),
    )
    assembly.put(rows.start + site, used.ids, design[site, module])

    rows = assembly.add_rows(
        "build_limit",
        {"site": every_site},
        "MW",
        upper=sites["build_limit_mw"].to_numpy(dtype=float) * assembly.terms.years,
    )
    assembly.put(rows.start + site[new], built.ids, it_mw[module[new]])

    life = modules["life_years"].to_numpy(dtype=float)[module[new]]
    assembly.charge_asset(
        "build", built.ids, derived.module_cost[site[new], module[new]], life, lead[site[new]]
    )
    assembly.charge("demand_charge", used.ids, design[site, module] * derived.prices.demand[site])
    _opening(assembly, case)


def _opening(assembly: Assembly, case: Case) -> None:
    """Add the yearly cost of opening a site for new build."""
    sites, modules = case.tables["sites"].frame, case.tables["modules"].frame
    cost = sites["fixed_cost_million_yuan_per_year"].to_numpy(dtype=float)
    limit_mw = sites["build_limit_mw"].to_numpy(dtype=float) * assembly.terms.years
    it_mw = modules["it_mw"].to_numpy(dtype=float)
    maximum = modules["maximum_per_site"].to_numpy(dtype=float)
    built = assembly.columns["built"]
    site, module = built.index["site"], built.index["module"]
    priced = np.unique(site[cost[site] > 0.0])
    opening = assembly.add_columns("opening", {"site": priced}, "1", upper=1.0, integer=True)
    row_of = np.full(len(cost), -1, dtype=np.int64)
    row_of[priced] = np.arange(len(priced))
    linked = np.flatnonzero(row_of[site] >= 0)
    site, module, ids = site[linked], module[linked], built.ids[linked]
    opens = opening.start + row_of[site]
    whole_modules = np.floor(limit_mw[site] / it_mw[module] * (1.0 + 1e-12))
    most = np.minimum(maximum[module], whole_modules)
    rows = assembly.add_rows("opened", {"site": site, "module": module}, "modules", upper=0.0)
    assembly.put(rows.ids, ids, 1.0)
    assembly.put(rows.ids, opens, -most)
    rows = assembly.add_rows("opened_mw", {"site": priced}, "MW", upper=0.0)
    assembly.put(rows.start + row_of[site], ids, it_mw[module])
    assembly.put(rows.ids, opening.ids, -limit_mw[priced])
    assembly.charge("site_opening", opening.ids, cost[priced])
