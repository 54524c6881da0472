"""Where a number of a report comes from: a short text that names cells of a run's tables.

::

    sites:west_cluster:training_mw                     one cell: table, key, column
    costs:energy,demand_charge|*:million_yuan          sum over two terms and all places
    count(sites:*:new_it_mw)                           cells that are neither zero nor empty
    filled(case/provenance:*|*|*:low)                  cells that are not empty
    distinct(placements:*|chat|*:site)                 different values
    max(placements:*|chat|*:rtt_p99_ms)                largest value; min likewise
    mean(ledgers:*:physical_green_share;meter_gwh)     mean weighted by another column
    costs:*|*:million_yuan - costs:accelerators|*:million_yuan
    ledgers:*:claimed_gwh / ledgers:*:meter_gwh
    run:metrics:total_cost                             the record of the run, path and name
    name(run:inputs:tiny/sites.csv)                    the name of an entry itself

The parts of a key stand in the order of the table's key columns. Names are written as in a web
address, so that a name from a user's table never reads as an operator. Tables of the solved case
begin with ``case/``, class limits of the maps stand in ``scale``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import quote, unquote

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.errors import UsageError
from optimizer.labels import Text

How = Literal["sum", "count", "distinct", "max", "min", "filled", "name"]
Operator = Literal["/", "-"]
KeyPart = str | tuple[str, ...] | None
"""One value of a key column, several of them, or ``None`` for all."""

RECORD: Final = "run"
_SAFE: Final = "-_. "


@dataclass(frozen=True, slots=True)
class Reference:
    """Cells of one column of one table, and what is made of them.

    Parameters
    ----------
    table
        Name of the table.
    key
        For each key column, the value or values that count.
    column
        The column.
    how
        What is made of several cells.
    weight
        Column that weights the mean of several cells, if that is wanted.
    """

    table: str
    key: tuple[KeyPart, ...]
    column: str
    how: How = "sum"
    weight: str = ""

    def __str__(self) -> str:
        """Return the reference as text.

        Examples
        --------
        >>> str(Reference("costs", (("energy", "carbon"), None), "million_yuan"))
        'costs:energy,carbon|*:million_yuan'
        """
        key = "|".join(_part_text(part) for part in self.key)
        text = f"{self.table}:{key}:{self.column}"
        if self.weight:
            return f"mean({text};{self.weight})"
        return text if self.how == "sum" else f"{self.how}({text})"


def _part_text(part: KeyPart) -> str:
    if part is None:
        return "*"
    values = (part,) if isinstance(part, str) else part
    return ",".join(quote(value, safe=_SAFE) for value in values)


def key_values(part: str) -> frozenset[str] | None:
    """Return the values that one part of a written key names, ``None`` for all.

    Examples
    --------
    >>> sorted(key_values("energy,demand%5Fcharge") or ())
    ['demand_charge', 'energy']
    """
    return None if part == "*" else frozenset(unquote(value) for value in part.split(","))


class Cells:
    """The cells of a table, found by key.

    Parameters
    ----------
    frame
        The table.
    key
        Its key columns.
    """

    def __init__(self, frame: pd.DataFrame, key: tuple[str, ...]) -> None:
        self.names = frozenset(frame.columns)
        self._frame = frame
        self._parts = tuple(frame[name].astype(str).to_numpy(dtype=object) for name in key)
        self._columns: dict[str, pd.Series] = {}
        self._places: dict[tuple[KeyPart, ...], NDArray[np.int64]] = {}
        for place, values in enumerate(zip(*self._parts, strict=True)):
            self._places[values] = np.array([place])

    def found(self, reference: Reference, column: str = "") -> pd.Series:
        """Return the cells that a reference names, in the order of the table.

        Parameters
        ----------
        reference
            Key and column.
        column
            Another column of the same rows.
        """
        name = column or reference.column
        if name not in self._columns:
            self._columns[name] = self._frame[name]
        return self._columns[name].iloc[self._rows(reference.key)]

    def _rows(self, key: tuple[KeyPart, ...]) -> NDArray[np.int64]:
        if key not in self._places:
            keep = np.ones(len(self._frame), dtype=bool)
            for values, part in zip(self._parts, key, strict=True):
                if isinstance(part, str):
                    keep &= values == part
                elif part is not None:
                    keep &= np.isin(values, list(part))
            self._places[key] = np.flatnonzero(keep)
        return self._places[key]


def weighted_mean(cells: pd.Series, weights: pd.Series) -> float:
    """Return the mean of cells, each by its weight; NaN without weight.

    Examples
    --------
    >>> weighted_mean(pd.Series([0.2, 1.0]), pd.Series([3.0, 1.0]))
    0.4
    """
    weight = weights.to_numpy(dtype=float)
    total = float(weight.sum())
    return float((cells.to_numpy(dtype=float) * weight).sum()) / total if total else math.nan


def value_of(cells: pd.Series, how: How) -> float:
    """Return the number that is made of cells.

    Examples
    --------
    >>> value_of(pd.Series([1.0, 0.0, 3.0]), "count")
    2.0
    """
    if how == "distinct":
        return float(cells.nunique())
    if how in {"count", "filled"}:
        present = cells.notna() & (cells.astype(str) != "")
        if how == "count" and pd.api.types.is_numeric_dtype(cells):
            present &= cells != 0
        return float(present.sum())
    numbers: NDArray[np.float64] = cells.to_numpy(dtype=float)
    if not len(numbers):
        return 0.0 if how == "sum" else float("nan")
    if how == "sum":
        return float(numbers.sum())
    filled = numbers[~np.isnan(numbers)]
    if not len(filled):
        return math.nan
    return float(filled.max() if how == "max" else filled.min())


def record_value(record: Mapping[str, Any], reference: Reference) -> Any:  # noqa: ANN401
    """Return what stands in the record at the path that a reference names.

    Raises
    ------
    UsageError
        If the record lacks it, as one of an older version may.
    """
    found: Any = record
    try:
        for step in (*(part for part in reference.key if part), reference.column):
            found = found[int(str(step))] if isinstance(found, list) else found[step]
    except (KeyError, IndexError) as error:
        raise older_run(str(reference)) from error
    return found


def older_run(missing: str) -> UsageError:
    """Return the error for a run that lacks something this version needs."""
    return UsageError(
        Text(
            "the run lacks {missing}: an older version wrote it; plan the case again with --force",
            "运行结果缺少 {missing}，应由旧版本生成；请用 --force 重新计算",
        ).filled(missing=missing)
    )
