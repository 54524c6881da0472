"""Faults of what a case says about runs over several sites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from optimizer.errors import Fault
from optimizer.inputs.split_training import SPLIT_PARAMETERS, may_split
from optimizer.labels import Text
from optimizer.tables.frames import TypedTable, texts

CAMPUS_STUDY: Final = "campus_study"
"""Parameter that asks whether the largest run that may split takes one campus or several."""

SPLIT_BOUNDS: Final[Mapping[str, tuple[float, float, bool]]] = MappingProxyType(
    {
        CAMPUS_STUDY: (0.0, 1.0, True),
        "inner_steps_low_communication": (1.0, 1e5, True),
        "ring_factor": (1.0, 2.0, False),
        "split_efficiency_cap": (0.1, 1.0, False),
        "split_efficiency_floor": (0.1, 1.0, False),
        "sync_overlap": (0.0, 1.0, True),
    }
)
"""Least and greatest value of each parameter, and whether it is a whole number."""


def check_split(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    """Yield the faults of jobs and parameters of runs over several sites."""
    jobs, parameters = tables["jobs"], tables["parameters"]
    given = {name: jobs.frame[name].notna().to_numpy() for name in ("step_flop", "gradient_gbit")}
    for name, other in (("step_flop", "gradient_gbit"), ("gradient_gbit", "step_flop")):
        for record in np.flatnonzero(given[other] & ~given[name]):
            yield jobs.fault(
                int(record),
                name,
                Text("{other} is given without it", "只填写了 {other}").filled(other=other),
                Text(
                    "give both, or leave both empty: the job then runs at one site",
                    "请同时填写，或都留空（任务将只在一个站点运行）",
                ),
            )
    work = jobs.frame["flop"].to_numpy(dtype=float)
    for record in np.flatnonzero(jobs.frame["step_flop"].to_numpy(dtype=float) > work):
        yield jobs.fault(
            int(record),
            "step_flop",
            Text("one step is more work than the run", "单步计算量大于整个任务"),
            Text("check step_flop and flop", "请核对 step_flop 与 flop"),
        )
    able = np.flatnonzero(may_split(jobs.frame))
    known = dict(
        zip(parameters.frame["parameter"], parameters.frame["value"].astype(float), strict=True)
    )
    if not len(able):
        return
    for name in SPLIT_PARAMETERS:
        if name not in known:
            yield Fault(
                Text(
                    "the parameter is missing: {job} may run over several sites",
                    "缺少该参数：{job} 可跨站点运行",
                ).filled(job=jobs.frame["job"].iloc[int(able[0])]),
                Text("add a row", "请补充一行"),
                "parameters.csv",
                column="parameter",
                value=name,
            )
    floor, cap = known.get("split_efficiency_floor"), known.get("split_efficiency_cap")
    if floor is not None and cap is not None and floor > cap:
        row = texts(parameters.frame, "parameter").index("split_efficiency_floor")
        yield parameters.fault(
            row,
            "value",
            Text("above split_efficiency_cap", "大于 split_efficiency_cap"),
            Text("correct one of the two", "请更正其中之一"),
        )
