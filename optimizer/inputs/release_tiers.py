"""User tiers of services that are released in stages, and the faults in their table.

A tier holds the same share of the demand in every region. Shares are scaled to sum to one
exactly; tables whose shares do not sum to one within rounding are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.errors import Fault
from optimizer.labels import Text
from optimizer.tables.frames import TypedTable

SHARE_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Tiers:
    """Tiers ``N`` in the order of the sorted table: by service, then by order of release.

    Parameters
    ----------
    service
        ``(N,)`` row of the service.
    tier
        ``(N,)`` order of release, 1 is first.
    share
        ``(N,)`` share of the service's demand; those of a service sum to one.
    value
        ``(N,)`` yuan for a request served.
    minimum
        ``(N,)`` least share served in every region once released; zero where none is asked.
    tolerance
        ``(N,)`` largest difference of the served share between regions; NaN where any may be.
    """

    service: NDArray[np.int64]
    tier: NDArray[np.int64]
    share: NDArray[np.float64]
    value: NDArray[np.float64]
    minimum: NDArray[np.float64]
    tolerance: NDArray[np.float64]


def release_tiers(table: pd.DataFrame, services: pd.DataFrame) -> Tiers:
    """Return the tiers of a checked, sorted table.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "service": ["chat", "chat"],
    ...         "tier": [1, 2],
    ...         "share": [0.25, 0.75],
    ...         "value_yuan_per_request": [3.0, 1.0],
    ...         "minimum_served_share": [0.8, np.nan],
    ...         "fairness_tolerance": [np.nan, np.nan],
    ...     }
    ... )
    >>> release_tiers(table, pd.DataFrame({"service": ["chat"]})).minimum.tolist()
    [0.8, 0.0]
    """
    row = {name: number for number, name in enumerate(services["service"])}
    service = np.array([row[name] for name in table["service"]], dtype=np.int64)
    share = table["share"].to_numpy(dtype=float)
    whole = np.bincount(service, weights=share, minlength=len(services))
    return Tiers(
        service=service,
        tier=table["tier"].to_numpy(dtype=float).astype(np.int64),
        share=share / whole[service],
        value=table["value_yuan_per_request"].to_numpy(dtype=float),
        minimum=np.nan_to_num(table["minimum_served_share"].to_numpy(dtype=float)),
        tolerance=table["fairness_tolerance"].to_numpy(dtype=float, copy=True),
    )


def mean_values(services: pd.DataFrame, tiers: Tiers) -> NDArray[np.float64]:
    """Return ``(W,)`` yuan for a request of each service: of its tiers where it has any."""
    value = services["value_yuan_per_request"].to_numpy(dtype=float, copy=True)
    value[tiers.service] = 0.0
    np.add.at(value, tiers.service, tiers.share * tiers.value)
    return value


def check_tiers(tables: Mapping[str, TypedTable]) -> Iterator[Fault]:
    """Yield every fault in the content of the table of tiers."""
    tiers = tables["tiers"]
    for service, rows in tiers.frame.groupby("service"):
        first = int(rows.index[0])
        total = float(rows["share"].sum())
        if abs(total - 1.0) > SHARE_TOLERANCE:
            yield tiers.fault(
                first,
                "share",
                Text(
                    "the shares of {service} sum to {total:.6f}",
                    "{service} 的层级比例合计为 {total:.6f}",
                ).filled(service=service, total=total),
                Text("they must sum to one", "合计应为 1"),
            )
        given = sorted(int(tier) for tier in rows["tier"])
        if given != list(range(1, len(given) + 1)):
            yield tiers.fault(
                first,
                "tier",
                Text(
                    "the tiers of {service} are numbered {tiers}",
                    "{service} 的层级编号为 {tiers}",
                ).filled(service=service, tiers=", ".join(str(tier) for tier in given)),
                Text(
                    "number them 1, 2, 3, ... in the order of release",
                    "请按开放次序编号为 1、2、3……",
                ),
            )
