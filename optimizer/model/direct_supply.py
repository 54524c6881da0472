"""Rows of direct supply, policies that hold for each direct line.

Rows, with the yearly sums of :mod:`optimizer.model.hourly` and v the value of the policy
    direct_self_use_min, each n     self_use_gwh[n] >= v * sum_{g in n} yield[g] * generation_mw[g]
    direct_load_share_min, each n   self_use_gwh[n]
                                    >= v * (sum_k energy[s,k] - most[s] * (1 - line[n]))
    direct_export_max, each n       export_gwh[n] <= v * sum_{g in n} yield[g] * generation_mw[g]

``most[s]`` is the energy of the site at its ceiling over the year, so the second row is slack
where the line is not built. On-site generation is no line and has none of these rows.
"""

from __future__ import annotations

import numpy as np

from optimizer.inputs.case import Case
from optimizer.inputs.policy_rows import PolicyRow
from optimizer.model.assembly import Assembly, Block, Floats, Integers
from optimizer.model.index import Sets
from optimizer.units import MEGAWATT_YEAR_IN_GWH


def line_yield(case: Case) -> Floats:
    """Return ``(G,)`` GWh a year that one MW of each generation yields."""
    offers, weight = case.derived.supply.generation, case.derived.calendar.weight
    gwh: Floats = (offers.factor * weight[:, None]).sum(axis=(1, 2)) / 1e3
    return gwh


def _lines(case: Case, policy: PolicyRow) -> Integers:
    """Return the direct lines in the scope of a policy."""
    offers = case.derived.supply.generation
    return np.flatnonzero(offers.line_is_direct & policy.sites[offers.line_site])


def _rows(
    assembly: Assembly, policy: PolicyRow, number: int, lines: Integers, **limit: object
) -> Block:
    return assembly.add_rows(
        f"policy_{policy.policy}",
        {"policy": np.full(len(lines), number, dtype=np.int64), "line": lines},
        "GWh",
        **limit,  # type: ignore[arg-type]
    )


def _put_yield(assembly: Assembly, case: Case, rows: Block, lines: Integers, factor: float) -> None:
    offers = case.derived.supply.generation
    row_of = np.full(len(offers.line_site), -1, dtype=np.int64)
    row_of[lines] = rows.ids
    here = np.flatnonzero(row_of[offers.line] >= 0)
    size = assembly.columns["generation_mw"]
    assembly.put(row_of[offers.line[here]], size.ids[here], factor * line_yield(case)[here])


def self_use(assembly: Assembly, case: Case, sets: Sets, policy: PolicyRow, number: int) -> Block:
    """Add the least share of its yield that a line supplies to its site."""
    del sets
    lines = _lines(case, policy)
    rows = _rows(assembly, policy, number, lines, lower=0.0)
    if len(lines):
        assembly.put(rows.ids, assembly.columns["self_use_gwh"].ids[lines], 1.0)
        _put_yield(assembly, case, rows, lines, -policy.value)
    return rows


def exports(assembly: Assembly, case: Case, sets: Sets, policy: PolicyRow, number: int) -> Block:
    """Add the largest share of its yield that a line sends to the grid."""
    del sets
    lines = _lines(case, policy)
    rows = _rows(assembly, policy, number, lines, upper=0.0)
    if len(lines):
        assembly.put(rows.ids, assembly.columns["export_gwh"].ids[lines], 1.0)
        _put_yield(assembly, case, rows, lines, -policy.value)
    return rows


def load_share(assembly: Assembly, case: Case, sets: Sets, policy: PolicyRow, number: int) -> Block:
    """Add the least share of the site's energy that a line supplies, if it is built."""
    del sets
    lines = _lines(case, policy)
    offers = case.derived.supply.generation
    site = offers.line_site[lines]
    most = site_ceiling_gwh(case)[site]
    rows = _rows(assembly, policy, number, lines, lower=-policy.value * most)
    if len(lines):
        assembly.put(rows.ids, assembly.columns["self_use_gwh"].ids[lines], 1.0)
        built = assembly.columns["line"]
        of_line = np.full(len(offers.line_site), -1, dtype=np.int64)
        of_line[built.index["line"]] = built.ids
        assembly.put(rows.ids, of_line[lines], -policy.value * most)
        energy = assembly.columns["energy"]
        for row, at in zip(rows.ids, site, strict=True):
            columns = energy.ids[energy.index["site"] == at]
            assembly.put(np.full(len(columns), row), columns, -policy.value)
    return rows


def site_ceiling_gwh(case: Case) -> Floats:
    """Return ``(S,)`` the energy in GWh a year that placed work can draw at most."""
    sites = case.tables["sites"].frame
    existing = int(np.flatnonzero(case.tables["modules"].frame["kind"] == "existing")[0])
    occupied = case.derived.cooling.design_pue[:, existing] * sites["occupied_it_mw"].to_numpy(
        dtype=float
    )
    free: Floats = sites["ceiling_mw"].to_numpy(dtype=float) - occupied
    return free * MEGAWATT_YEAR_IN_GWH
