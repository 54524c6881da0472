"""The traffic of a plan by path, and the flow of links that follows from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.inputs.derive import values_of
from optimizer.inputs.network_paths import NETWORKS
from optimizer.inputs.routes import rtt_of_extra_fibre
from optimizer.plan.path_tables import PATHS
from optimizer.plan.raw_solution import RawSolution
from optimizer.units import gbit_per_s_of_transfer

LEAST_FLOW: Final = 1e-9
"""Flows below this, in Gbit/s, are the solver's rounding."""

Pair = tuple[int, int]
Flows = dict[Pair, float]


def path_rows(case: Case, solution: RawSolution) -> pd.DataFrame:
    """Return the ``paths`` table: the flow of every node and site over every path."""
    single, protected = _service_flows(case, solution)
    for pair, rate in _data_flows(case, solution).items():
        single[pair] += rate
    records = _Records(case)
    chosen = case.derived.routes
    for pair, gbps, entry in _detours(case, solution):
        single[pair] -= gbps
        paths = chosen.alternatives
        records.add(pair, "none", int(paths.number[entry]), paths.links[entry], gbps)
    for (origin, site), gbps in single.items():
        # A detour of all traffic leaves the rounding of the solver.
        left = max(0.0, gbps)
        records.add((origin, site), "none", 1, case.derived.paths.links[origin][site], left)
    for (origin, site), gbps in protected.items():
        pairs = (chosen.protection.first, chosen.protection.second)
        for number, links in enumerate(pairs, start=1):
            records.add((origin, site), "1+1", number, links[origin][site], gbps)
    return records.frame()


def flow_of_links(case: Case, paths: pd.DataFrame) -> NDArray[np.float64]:
    """Return ``(E,)`` the flow over each link, Gbit/s, of a ``paths`` table."""
    row = {name: number for number, name in enumerate(case.tables["links"].frame["link"])}
    flow = np.zeros(len(row))
    for links, gbps in zip(paths["links"], paths["flow_gbps"], strict=True):
        for link in str(links).split(";"):
            flow[row[link]] += gbps
    return flow


def _service_flows(case: Case, solution: RawSolution) -> tuple[Flows, Flows]:
    """Return the flows of services over the backbone: carried once, carried twice."""
    sites = case.tables["sites"].frame
    row = {name: number for number, name in enumerate(sites["site"])}
    node = [row[name] for name in case.tables["regions"].frame["node"]]
    chosen = case.derived.routes
    share = solution.columns["share"]
    flows: tuple[Flows, Flows] = (defaultdict(float), defaultdict(float))
    for region, service, site, part in zip(
        share.index["region"],
        share.index["service"],
        share.index["site"],
        share.values,
        strict=True,
    ):
        if chosen.crosses[region, site]:
            twice = bool(chosen.protection.protected[service])
            rate = part * case.derived.demand.peak_gbps[region, service]
            flows[twice][node[region], int(site)] += float(rate)
    return flows


def _data_flows(case: Case, solution: RawSolution) -> Flows:
    """Return the flows of data sets over the backbone."""
    sites, jobs = case.tables["sites"].frame, case.tables["jobs"].frame
    row = {name: number for number, name in enumerate(sites["site"])}
    province = sites["province"].to_numpy()
    window = case.parameter("parameters", "dataset_window_days")
    runs = solution.columns["runs"]
    flows: Flows = defaultdict(float)
    for option, site, count in zip(
        runs.index["option"], runs.index["site"], runs.values, strict=True
    ):
        job = case.derived.gangs.job[option]
        home = row[jobs["dataset_site"].iloc[job]]
        if province[home] != province[site]:
            rate = gbit_per_s_of_transfer(float(jobs["dataset_tb"].iloc[job]), window)
            flows[home, int(site)] += float(count * rate)
    return flows


def _detours(case: Case, solution: RawSolution) -> list[tuple[Pair, float, int]]:
    """Return (pair, Gbit/s, alternative) of every detour taken."""
    if "detour" not in solution.columns:
        return []
    paths, block = case.derived.routes.alternatives, solution.columns["detour"]
    entry_of = {
        (int(origin), int(site), int(number)): entry
        for entry, (origin, site, number) in enumerate(
            zip(paths.origin, paths.site, paths.number, strict=True)
        )
    }
    keys = zip(block.index["origin"], block.index["site"], block.index["path"], strict=True)
    return [
        ((int(origin), int(site)), float(gbps), entry_of[int(origin), int(site), int(number)])
        for (origin, site, number), gbps in zip(keys, block.values, strict=True)
        if gbps > LEAST_FLOW
    ]


class _Records:
    """Collects the rows of the table with what follows from a path's length."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.sites = case.tables["sites"].frame["site"].tolist()
        links = case.tables["links"].frame
        self.names: list[str] = links["link"].tolist()
        self.fibre_km: list[float] = links["fibre_km"].astype(float).tolist()
        parameters: Mapping[str, float] = values_of(case.tables["parameters"].frame)
        self.extra_rtt = rtt_of_extra_fibre(parameters)
        self.factor = np.array([parameters[f"p99_factor_{kind}"] for kind in NETWORKS])
        self.rows: list[dict[str, object]] = []

    def add(
        self, pair: Pair, protection: str, number: int, links: Sequence[int], gbps: float
    ) -> None:
        """Add a path that carries traffic over at least one link."""
        if not links or gbps <= LEAST_FLOW:
            return
        network = self.case.derived.paths
        fibre_km = sum(self.fibre_km[link] for link in links)
        rtt = network.rtt_p99_ms[:, pair[0], pair[1]] + self.extra_rtt * (
            fibre_km - network.fibre_km[pair]
        )
        # Half the mean round trip: the one place where a direction is halved out of both.
        one_way = rtt / (2.0 * self.factor)
        self.rows.append(
            {
                "node": self.sites[pair[0]],
                "site": self.sites[pair[1]],
                "protection": protection,
                "path": number,
                "links": ";".join(self.names[link] for link in links),
                "fibre_km": fibre_km,
                **{f"one_way_mean_ms_{kind}": one_way[at] for at, kind in enumerate(NETWORKS)},
                **{f"rtt_p99_ms_{kind}": rtt[at] for at, kind in enumerate(NETWORKS)},
                "flow_gbps": gbps,
            }
        )

    def frame(self) -> pd.DataFrame:
        """Return the rows as a frame of typed columns, also without rows."""
        numbers = {column.name: "float64" for column in PATHS.columns if column.kind == "number"}
        frame = pd.DataFrame(self.rows, columns=PATHS.column_names)
        return frame.astype({**numbers, "path": "int64"})
