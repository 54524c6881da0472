"""Columns, rows and coefficients, collected block by block in numpy.

This is the only place where coefficients are kept. From it the named PuLP problem is filled
in bulk and HiGHS receives the same arrays (:mod:`optimizer.model.problem`).

A block adds *column blocks* and *row blocks*: runs of consecutive columns or rows of one
meaning, each with integer arrays that say which site, region, service, ... every entry
belongs to.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.inputs.periods import ONE_PERIOD, Period

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

GROUPS: Final = 1_000_000
"""More than any case has sites: what separates the groups of two periods."""


@dataclass(frozen=True, slots=True)
class Block:
    """A run of consecutive columns or rows of one meaning.

    Parameters
    ----------
    name
        Short ASCII name; its entries are called ``<name>_0``, ``<name>_1``, ...
    start, count
        First column or row, and how many.
    index
        For each entry the rows of the tables it belongs to, such as ``site`` or ``service``.
    unit
        Unit of a column's value or of a row's activity.
    kind
        What the block is called in the file that adds it; the same in every period.
    period
        Number of the period it belongs to.
    """

    name: str
    start: int
    count: int
    index: Mapping[str, Integers]
    unit: str
    kind: str = ""
    period: int = 0

    def __post_init__(self) -> None:
        """Call a block that no file adds by its name."""
        if not self.kind:
            object.__setattr__(self, "kind", self.name)

    @property
    def ids(self) -> Integers:
        """Numbers of the columns or rows."""
        return np.arange(self.start, self.start + self.count, dtype=np.int64)

    @property
    def slice(self) -> slice:
        """The run as a slice."""
        return slice(self.start, self.start + self.count)


@dataclass(frozen=True, slots=True)
class Cut:
    """A lower bound on what the hours of a site cost, or a limit of what they can carry.

    Parameters
    ----------
    columns
        ``(l,)`` columns of the plan it depends on.
    slopes, constant
        ``constant + slopes @ plan[columns]`` is at most the cost, or at most zero.
    of_cost
        Which of the two.
    """

    columns: Integers
    slopes: Floats
    constant: float
    of_cost: bool


@dataclass(frozen=True, slots=True)
class LinearModel:
    """A mixed-integer linear program: minimise ``cost @ x``.

    Parameters
    ----------
    cost, lower, upper, integer
        ``(n,)`` of the columns.
    coarse
        ``(n,)`` the integer columns whose units are large: they shape the plan, and the search
        settles them first (:mod:`optimizer.solve.coarse`). Changes no answer.
    group
        ``(n,)`` what a column belongs to that follows from the plan once the others are settled:
        a site with its hours, or -1 for the plan itself. A row has columns of one group at most.
    row_lower, row_upper
        ``(m,)``.
    row_start, column_of, value
        The matrix by rows: ``(m + 1,)``, ``(nnz,)``, ``(nnz,)``, columns rising in each row.
    columns, rows
        The blocks by name, in order.
    cost_terms
        ``(n,)`` cost of each term by name; they sum to ``cost`` in the cost stage.
    unserved_value
        ``(n,)`` value of work left undone, minimised in the first stage.
    estimate
        ``(n,)`` about what a unit of a column costs in the hours that follow from the plan, in
        million yuan. Chooses the first plan that is tried, and changes no answer.
    cuts
        What solves have learnt about the hours of sites, by the fingerprint of a site's hours.
        All variants of a model share it: a cut holds for any plan.
    """

    cost: Floats
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]
    coarse: NDArray[np.bool_]
    group: Integers
    row_lower: Floats
    row_upper: Floats
    row_start: Integers
    column_of: Integers
    value: Floats
    columns: Mapping[str, Block]
    rows: Mapping[str, Block]
    cost_terms: Mapping[str, Floats]
    unserved_value: Floats
    estimate: Floats
    cuts: dict[bytes, list[Cut]] = field(default_factory=dict, compare=False, repr=False)

    def columns_of(self, kind: str) -> list[Block]:
        """Return the column blocks of one kind, one for each period that has it."""
        return [block for block in self.columns.values() if block.kind == kind]

    def rows_of(self, kind: str) -> list[Block]:
        """Return the row blocks of one kind, one for each period that has it."""
        return [block for block in self.rows.values() if block.kind == kind]

    def ids_of(self, kind: str) -> Integers:
        """Return the columns of all blocks of one kind."""
        parts = [block.ids for block in self.columns_of(kind)]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

    def cost_terms_total(self) -> Floats:
        """Return ``(n,)`` the sum of all cost terms, whatever the objective is."""
        total = np.zeros(len(self.cost))
        for cost in self.cost_terms.values():
            total += cost
        return total

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return len(self.row_lower), len(self.cost)

    def activity(self, values: Floats) -> Floats:
        """Return ``(m,)`` the left-hand sides at a point."""
        activity = np.zeros(len(self.row_lower))
        filled = self.row_start[1:] > self.row_start[:-1]
        if filled.any():
            products = self.value * values[self.column_of]
            activity[filled] = np.add.reduceat(products, self.row_start[:-1][filled])
        return activity


@dataclass(slots=True)
class Assembly:
    """Collects blocks while a model is built.

    Several periods share one assembly: each is a view of it (:meth:`period`) in which blocks have
    their plain names, costs count with the period's weight, and the views before it are at hand.
    """

    terms: Period = ONE_PERIOD
    before: tuple[Assembly, ...] = ()
    columns: dict[str, Block] = field(default_factory=dict)
    rows: dict[str, Block] = field(default_factory=dict)
    _all_columns: dict[str, Block] = field(default_factory=dict)
    _all_rows: dict[str, Block] = field(default_factory=dict)
    _lower: list[Floats] = field(default_factory=list)
    _upper: list[Floats] = field(default_factory=list)
    _integer: list[NDArray[np.bool_]] = field(default_factory=list)
    _coarse: list[NDArray[np.bool_]] = field(default_factory=list)
    _group: list[Integers] = field(default_factory=list)
    _row_lower: list[Floats] = field(default_factory=list)
    _row_upper: list[Floats] = field(default_factory=list)
    _entries: list[tuple[Integers, Integers, Floats]] = field(default_factory=list)
    _costs: list[tuple[str, Integers, Floats]] = field(default_factory=list)
    _paid: list[tuple[Integers, Callable[[Period], Floats]]] = field(default_factory=list)
    _values: list[tuple[Integers, Floats]] = field(default_factory=list)
    _estimates: list[tuple[Integers, Floats]] = field(default_factory=list)
    _counts: list[int] = field(default_factory=lambda: [0, 0])

    def period(self, terms: Period, before: tuple[Assembly, ...]) -> Assembly:
        """Return a view of the assembly for one period; ``before`` are those of earlier ones."""
        return dataclasses.replace(self, terms=terms, before=before, columns={}, rows={})

    def upper_of(self, name: str) -> Floats:
        """Return the upper bounds of a block of the view."""
        return _joined(self._upper)[self.columns[name].slice]

    def _named(self, name: str) -> str:
        return f"{name}_{self.terms.year}" if self.terms.several else name

    def add_columns(
        self,
        name: str,
        index: Mapping[str, Integers],
        unit: str,
        *,
        lower: ArrayLike = 0.0,
        upper: ArrayLike = np.inf,
        integer: ArrayLike = False,
        coarse: ArrayLike = True,
        group: ArrayLike = -1,
    ) -> Block:
        """Add a block of columns, one for each entry of the index.

        ``coarse`` says which of the integer columns the search settles first, ``group`` to which
        site's hours a column belongs.
        """
        count = _count(index)
        block = Block(
            self._named(name), self._counts[0], count, dict(index), unit, name, self.terms.number
        )
        if block.name in self._all_columns:
            raise ValueError(block.name)
        self.columns[name] = self._all_columns[block.name] = block
        self._counts[0] += count
        self._lower.append(_filled(lower, count))
        self._upper.append(_filled(upper, count))
        whole = np.broadcast_to(np.asarray(integer, dtype=bool), count)
        self._integer.append(whole)
        self._coarse.append(whole & np.broadcast_to(np.asarray(coarse, dtype=bool), count))
        of_site = np.broadcast_to(np.asarray(group, dtype=np.int64), count)
        # The hours of a site in another period are another group.
        self._group.append(np.where(of_site < 0, -1, of_site + GROUPS * self.terms.number))
        return block

    def add_rows(
        self,
        name: str,
        index: Mapping[str, Integers],
        unit: str,
        *,
        lower: ArrayLike = -np.inf,
        upper: ArrayLike = np.inf,
    ) -> Block:
        """Add a block of rows, one for each entry of the index."""
        count = _count(index)
        block = Block(
            self._named(name), self._counts[1], count, dict(index), unit, name, self.terms.number
        )
        if block.name in self._all_rows:
            raise ValueError(block.name)
        self.rows[name] = self._all_rows[block.name] = block
        self._counts[1] += count
        self._row_lower.append(_filled(lower, count))
        self._row_upper.append(_filled(upper, count))
        return block

    def put(self, rows: Integers, columns: Integers, values: ArrayLike) -> None:
        """Add coefficients; entries for the same row and column are summed."""
        rows = np.asarray(rows, dtype=np.int64).ravel()
        columns = np.asarray(columns, dtype=np.int64).ravel()
        numbers = np.broadcast_to(np.asarray(values, dtype=float).ravel(), rows.shape)
        self._entries.append((rows, columns, numbers))

    def charge(self, term: str, columns: Integers, million_yuan: ArrayLike) -> None:
        """Add a yearly cost of columns under the name of a cost term, paid in the period."""
        numbers = np.broadcast_to(np.asarray(million_yuan, dtype=float), columns.shape)
        self._costs.append((term, columns, numbers * self.terms.weight))
        here = self.terms.number
        self._paid.append(
            (columns, lambda period: numbers if period.number == here else 0.0 * numbers)
        )

    def charge_asset(
        self,
        term: str,
        columns: Integers,
        million_yuan: ArrayLike,
        life_years: ArrayLike,
        lead_years: ArrayLike = 0.0,
    ) -> None:
        """Add the yearly cost of assets, paid while they serve (:mod:`optimizer.inputs.periods`).

        Parameters
        ----------
        term, columns, million_yuan
            As for :meth:`charge`.
        life_years, lead_years
            Of each asset.
        """
        numbers = np.broadcast_to(np.asarray(million_yuan, dtype=float), columns.shape)
        terms = self.terms
        life = np.broadcast_to(np.asarray(life_years, dtype=float), columns.shape)
        lead = np.broadcast_to(np.asarray(lead_years, dtype=float), columns.shape)
        self._costs.append((term, columns, numbers * terms.asset_weight(life, lead)))
        self._paid.append((columns, lambda period: numbers * terms.paid_share(period, life, lead)))

    def charged(self) -> tuple[Integers, Floats]:
        """Return columns and yearly cost in million yuan of all charged so far for the period."""
        return (
            np.concatenate([np.zeros(0, np.int64), *(columns for columns, _ in self._paid)]),
            _joined([paid(self.terms) for _, paid in self._paid]),
        )

    def value_unserved(self, columns: Integers, million_yuan: ArrayLike) -> None:
        """Give work left undone its value, minimised before cost."""
        numbers = np.broadcast_to(np.asarray(million_yuan, dtype=float), columns.shape)
        self._values.append((columns, numbers * self.terms.weight))

    def estimate(self, columns: Integers, million_yuan: ArrayLike) -> None:
        """Say about what columns cost in the hours that follow from the plan."""
        self._estimates.append((columns, np.asarray(million_yuan, dtype=float) * self.terms.weight))

    def finish(self) -> LinearModel:
        """Return the model.

        Rows without coefficients get one of a column fixed at zero, so that an empty row that
        cannot hold (a minimum where nothing may be placed) is infeasible, not forgotten.
        """
        zero = self.add_columns("zero", {"zero": np.zeros(1, dtype=np.int64)}, "1", upper=0.0)
        empty = np.ones(self._counts[1], dtype=bool)
        for rows, _columns, _numbers in self._entries:
            empty[rows] = False
        self.put(np.flatnonzero(empty), np.full(int(empty.sum()), zero.start), 1.0)
        cost_terms: dict[str, Floats] = {}
        for term, columns, numbers in self._costs:
            total = cost_terms.setdefault(term, np.zeros(self._counts[0]))
            np.add.at(total, columns, numbers)
        unserved = np.zeros(self._counts[0])
        for columns, numbers in self._values:
            np.add.at(unserved, columns, numbers)
        estimate = np.zeros(self._counts[0])
        for columns, numbers in self._estimates:
            estimate[columns] = numbers
        row_start, column_of, value = _by_rows(self._entries, self._counts[1], self._counts[0])
        cost = np.zeros(self._counts[0])
        for numbers in cost_terms.values():
            cost += numbers
        return LinearModel(
            cost=cost,
            lower=_joined(self._lower),
            upper=_joined(self._upper),
            integer=np.concatenate(self._integer),
            coarse=np.concatenate(self._coarse),
            group=np.concatenate(self._group),
            row_lower=_joined(self._row_lower),
            row_upper=_joined(self._row_upper),
            row_start=row_start,
            column_of=column_of,
            value=value,
            columns=self._all_columns,
            rows=self._all_rows,
            cost_terms=cost_terms,
            unserved_value=unserved,
            estimate=estimate,
        )


def _count(index: Mapping[str, Integers]) -> int:
    lengths = {len(entries) for entries in index.values()}
    if len(lengths) != 1:
        raise ValueError(dict(index))
    return lengths.pop()


def _filled(values: ArrayLike, count: int) -> Floats:
    return np.array(np.broadcast_to(np.asarray(values, dtype=float), count))


def _joined(parts: list[Floats]) -> Floats:
    return np.concatenate(parts) if parts else np.zeros(0)


def _by_rows(
    entries: list[tuple[Integers, Integers, Floats]], row_count: int, column_count: int
) -> tuple[Integers, Integers, Floats]:
    """Return the matrix by rows with columns rising, duplicates summed and zeros dropped."""
    if not entries:
        return np.zeros(row_count + 1, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
    rows = np.concatenate([part[0] for part in entries])
    columns = np.concatenate([part[1] for part in entries])
    values = np.concatenate([part[2] for part in entries])
    place = rows * column_count + columns
    order = np.argsort(place, kind="stable")
    place, values = place[order], values[order]
    first = np.concatenate([[True], place[1:] != place[:-1]])
    starts = np.flatnonzero(first)
    values = np.add.reduceat(values, starts) if len(starts) < len(values) else values
    place = place[starts]
    kept = values != 0.0
    place, values = place[kept], values[kept]
    row_start = np.searchsorted(place, np.arange(row_count + 1) * column_count)
    return row_start.astype(np.int64), place % column_count, values
