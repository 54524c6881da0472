"""What a plan loses if one backbone link fails, and whether it finds another way.

For each link: the share of the backbone's traffic that crosses it and is carried once is lost.
All of it then takes the shortest fibre path without the link, whatever its latency; it fits if no
other link carries more than its spare and upgraded capacity. That is enough for a plan to get
through, not needed: the traffic could spread over several ways round.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.inputs.alternative_paths import graph_of, shortest_path
from optimizer.inputs.case import Case
from optimizer.plan.path_tables import LINK_FAILURES
from optimizer.plan.plan import Plan

ROOM_TOLERANCE = 1e-6
"""Capacity, relative to its size, by which a solver may overfill a link."""


def link_failures(case: Case, plan: Plan) -> pd.DataFrame:
    """Return the table ``link_failures`` of a plan.

    Parameters
    ----------
    case
        The case.
    plan
        Its plan.

    Returns
    -------
    pandas.DataFrame
        ``link``, ``lost_share``, ``cut_off_share``, ``overload_gbps``, ``fits``.
    """
    links = case.tables["links"].frame
    row = {site: number for number, site in enumerate(case.tables["sites"].frame["site"])}
    graph = graph_of(list(row), links)
    number_of = {name: number for number, name in enumerate(graph.names)}
    used = plan.tables["links"].set_index("link").loc[list(graph.names)]
    step = links["upgrade_step_gbps"].to_numpy(dtype=float)
    room = used["spare_gbps"].to_numpy(dtype=float) + used["upgrades"].to_numpy(dtype=float) * step
    flow = used["flow_gbps"].to_numpy(dtype=float)
    paths = plan.tables["paths"]
    # Protected traffic counts once: its second path is there to be lost.
    whole = float(
        paths.loc[(paths["protection"] == "none") | (paths["path"] == 1)]["flow_gbps"].sum()
    )
    single = [
        (
            row[record["node"]],
            row[record["site"]],
            [number_of[link] for link in record["links"].split(";")],
            float(record["flow_gbps"]),
        )
        for record in paths[paths["protection"] == "none"].to_dict("records")
    ]
    records = []
    for name, failed in number_of.items():
        after = flow.copy()
        lost = cut_off = 0.0
        for origin, site, over, gbps in single:
            if failed not in over:
                continue
            lost += gbps
            after[over] -= gbps
            round_about = shortest_path(graph, origin, site, without_links={failed})
            if round_about is None:
                cut_off += gbps
            else:
                after[list(round_about)] += gbps
        after[failed] = 0.0
        overload = float(np.maximum(after - room, 0.0).max(initial=0.0))
        limit = ROOM_TOLERANCE * max(1.0, float(room.max(initial=0.0)))
        records.append(
            {
                "link": name,
                "lost_share": lost / whole if whole > 0.0 else 0.0,
                "cut_off_share": cut_off / whole if whole > 0.0 else 0.0,
                "overload_gbps": overload if overload > limit else 0.0,
                "fits": cut_off == 0.0 and overload <= limit,
            }
        )
    return pd.DataFrame(records, columns=LINK_FAILURES.column_names)
