"""A model split into the plan and the hours of each site.

The hours of a site follow from the plan: with the plan's columns ``x`` given they are a linear
program of their own,

``v_s(x) = min c_s y   subject to   lower <= W_s y + T_s x <= upper``,

convex and piecewise linear in ``x``. The *master* holds the plan's rows and one column
``hours_cost[s]`` for each ``v_s``. A solved site supports its function from below by a cut,

``hours_cost[s] >= v_s(x') - pi T_s (x - x')``     (cost)
``0             >= w_s(x') - pi T_s (x - x')``     (room)

with ``pi`` the row duals and ``w_s`` the least violation where no hours are possible (Benders
1962). Cuts never cut off a plan, so a bound of the master holds for the whole.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import highspy
import numpy as np
from numpy.typing import NDArray

from optimizer.errors import SolverError
from optimizer.labels import Text
from optimizer.model.assembly import Block, Cut, LinearModel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FEASIBLE: Final = 1e-7
"""Violation of the hours of a site, in the unit of its rows, that counts as none."""

NEGLIGIBLE: Final = 1e-11
"""Slope of a cut that is the solver's rounding."""


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """The hours of one site.

    Parameters
    ----------
    group
        Which site.
    columns, rows
        Numbers in the whole model.
    cost, lower, upper
        ``(y,)`` of the columns.
    row_lower, row_upper
        ``(r,)``.
    row_start, column_of, value
        The hours' own matrix by rows.
    link
        ``(l,)`` columns of the whole model that the rows take from the plan.
    link_row, link_of, link_value
        Entries of the rows in these columns.
    key
        Fingerprint of all of this: cuts hold for the parts with the same one.
    """

    group: int
    columns: Integers
    rows: Integers
    cost: Floats
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    row_start: Integers
    column_of: Integers
    value: Floats
    link: Integers
    link_row: Integers
    link_of: Integers
    link_value: Floats
    key: bytes

    def from_plan(self, plan: Floats) -> Floats:
        """Return ``(r,)`` what the plan's columns put into the rows."""
        return np.bincount(
            self.link_row,
            weights=self.link_value * plan[self.link_of],
            minlength=len(self.rows),
        )

    def slopes(self, row_duals: Floats) -> Floats:
        """Return ``(l,)`` how the value changes with each column taken from the plan."""
        slopes = -np.bincount(
            self.link_of,
            weights=self.link_value * row_duals[self.link_row],
            minlength=len(self.link),
        )
        slopes[np.abs(slopes) < NEGLIGIBLE] = 0.0
        return slopes


@dataclasses.dataclass(frozen=True, slots=True)
class Split:
    """A model in parts.

    Parameters
    ----------
    master
        The plan with a column ``hours_cost`` for each part, its last columns.
    plan_columns, plan_rows
        Numbers in the whole model of the master's other columns and of its rows.
    parts
        The parts.
    whole
        Numbers of rows and columns of the whole model.
    holds_cost
        Whether a row of the master limits what all hours cost.
    """

    master: LinearModel
    plan_columns: Integers
    plan_rows: Integers
    parts: tuple[Part, ...]
    whole: tuple[int, int]
    holds_cost: bool

    @property
    def first_value(self) -> int:
        """First column ``hours_cost`` of the master."""
        return len(self.plan_columns)

    def least_costs(self, hours: Sequence[Hours]) -> Floats:
        """Return ``(parts,)`` what the hours of each part cost at least, whatever the plan."""
        least = np.empty(len(self.parts))
        for number, (part, program) in enumerate(zip(self.parts, hours, strict=True)):
            place = np.searchsorted(self.plan_columns, part.link)
            least[number] = program.least_cost(self.master.lower[place], self.master.upper[place])
        return least

    def row_of_cut(self, cut: Cut, part: int) -> tuple[Integers, Floats, float]:
        """Return columns, coefficients and lower limit of a cut as a row of the master."""
        place = np.searchsorted(self.plan_columns, cut.columns)
        columns, values = place, -cut.slopes
        if cut.of_cost:
            columns = np.append(columns, self.first_value + part)
            values = np.append(values, 1.0)
        kept = values != 0.0
        return columns[kept], values[kept], cut.constant

    def with_cuts(self, points: Sequence[Floats] = (), slack: float = np.inf) -> LinearModel:
        """Return the master with cuts known as rows.

        Parameters
        ----------
        points
            Each ``(n,)`` of the whole model.
        slack
            Million yuan by which a cut may lie below the highest one of its part at one of the
            points; others are left out. Without points all cuts are rows.
        """
        rows = [
            self.row_of_cut(cut, number)
            for number, part in enumerate(self.parts)
            for cut in _near(self.master.cuts.get(part.key, ()), points, slack)
        ]
        if not rows:
            return self.master
        master = self.master
        lengths = np.array([len(columns) for columns, _values, _limit in rows], dtype=np.int64)
        block = Block(
            "hours_cut",
            len(master.row_lower),
            len(rows),
            {"cut": np.arange(len(rows), dtype=np.int64)},
            "million yuan",
        )
        return dataclasses.replace(
            master,
            row_lower=np.concatenate([master.row_lower, [limit for _c, _v, limit in rows]]),
            row_upper=np.concatenate([master.row_upper, np.full(len(rows), np.inf)]),
            row_start=np.concatenate([master.row_start, master.row_start[-1] + np.cumsum(lengths)]),
            column_of=np.concatenate([master.column_of, *(columns for columns, _v, _l in rows)]),
            value=np.concatenate([master.value, *(values for _c, values, _l in rows)]),
            rows={**master.rows, block.name: block},
        )


def _near(cuts: Sequence[Cut], points: Sequence[Floats], slack: float) -> list[Cut]:
    """Return the cuts that are almost the highest at one of some points, and all limits."""
    if not points:
        return list(cuts)
    heights = np.array(
        [[cut.constant + float(cut.slopes @ at[cut.columns]) for at in points] for cut in cuts]
    ).reshape(len(cuts), len(points))
    of_cost = np.array([cut.of_cost for cut in cuts], dtype=bool)
    highest = heights[of_cost].max(axis=0, initial=-np.inf)
    kept = ~of_cost | (heights >= highest - slack).any(axis=1)
    return [cut for cut, keep in zip(cuts, kept, strict=True) if keep]


def is_split(model: LinearModel) -> bool:
    """Return whether a model has hours that follow from its plan."""
    return bool((model.group >= 0).any())


def split(model: LinearModel) -> Split:
    """Return the parts of a model."""
    row_count, column_count = model.shape
    row_of = np.repeat(np.arange(row_count), np.diff(model.row_start))
    of_entry = model.group[model.column_of]
    row_group = np.full(row_count, -1, dtype=np.int64)
    np.maximum.at(row_group, row_of, of_entry)
    smallest = np.full(row_count, np.iinfo(np.int64).max)
    hours = of_entry >= 0
    np.minimum.at(smallest, row_of[hours], of_entry[hours])
    several = np.flatnonzero((row_group >= 0) & (smallest != row_group))
    row_group[several] = -1
    groups = np.unique(model.group[model.group >= 0])
    plan_columns = np.flatnonzero(model.group < 0)
    plan_rows = np.flatnonzero(row_group < 0)
    parts = tuple(
        _part(model, int(group), row_of, row_group, of_entry) for group in groups.tolist()
    )
    master = _master(model, plan_columns, plan_rows, row_of, row_group, several, groups)
    whole = (row_count, column_count)
    return Split(master, plan_columns, plan_rows, parts, whole, bool(len(several)))


def _part(
    model: LinearModel, group: int, row_of: Integers, row_group: Integers, of_entry: Integers
) -> Part:
    columns = np.flatnonzero(model.group == group)
    rows = np.flatnonzero(row_group == group)
    here = row_group[row_of] == group
    own = here & (of_entry == group)
    taken = here & ~own
    local_row = np.searchsorted(rows, row_of)
    counts = np.bincount(local_row[own], minlength=len(rows))
    link, link_of = np.unique(model.column_of[taken], return_inverse=True)
    arrays = (
        # What hours cost is the same whatever the objective is.
        model.cost_terms_total()[columns],
        model.lower[columns],
        model.upper[columns],
        model.row_lower[rows],
        model.row_upper[rows],
        np.concatenate([[0], np.cumsum(counts)]),
        np.searchsorted(columns, model.column_of[own]),
        model.value[own],
        link,
        local_row[taken],
        link_of,
        model.value[taken],
    )
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return Part(group, columns, rows, *arrays, digest.digest())


def _master(  # noqa: PLR0917 - the split hands over what it knows
    model: LinearModel,
    plan_columns: Integers,
    plan_rows: Integers,
    row_of: Integers,
    row_group: Integers,
    several: Integers,
    groups: Integers,
) -> LinearModel:
    count, extra = len(plan_columns), len(groups)
    kept = (row_group[row_of] < 0) & (model.group[model.column_of] < 0)
    rows = [np.searchsorted(plan_rows, row_of[kept])]
    columns = [np.searchsorted(plan_columns, model.column_of[kept])]
    values = [model.value[kept]]
    for row in several.tolist():
        scale = _multiple_of_cost(model, row)
        rows.append(np.full(extra, np.searchsorted(plan_rows, row)))
        columns.append(count + np.arange(extra))
        values.append(np.full(extra, scale))
    row, column = np.concatenate(rows), np.concatenate(columns)
    order = np.lexsort((column, row))
    hours_priced = bool(model.cost[model.group >= 0].any())
    least = np.full(count + extra, -np.inf)
    least[:count] = model.lower[plan_columns]

    def longer[Kind: np.generic](array: NDArray[Kind], filler: float) -> NDArray[Kind]:
        return np.concatenate([array[plan_columns], np.full(extra, filler, dtype=array.dtype)])

    blocks = _renumbered(model.columns, plan_columns)
    blocks["hours_cost"] = Block("hours_cost", count, extra, {"group": groups}, "million yuan")
    terms = {name: longer(cost, 0.0) for name, cost in model.cost_terms.items()}
    terms["energy"] = terms.get("energy", np.zeros(count + extra))
    terms["energy"][count:] = float(hours_priced)
    return dataclasses.replace(
        model,
        cost=longer(model.cost, float(hours_priced)),
        lower=least,
        upper=longer(model.upper, np.inf),
        integer=longer(model.integer, False),
        coarse=longer(model.coarse, False),
        group=longer(model.group, -1),
        row_lower=model.row_lower[plan_rows],
        row_upper=model.row_upper[plan_rows],
        row_start=np.searchsorted(row[order], np.arange(len(plan_rows) + 1)),
        column_of=column[order],
        value=np.concatenate(values)[order],
        columns=blocks,
        rows=_renumbered(model.rows, plan_rows),
        cost_terms=terms,
        unserved_value=longer(model.unserved_value, 0.0),
        estimate=longer(model.estimate, 0.0),
    )


def _multiple_of_cost(model: LinearModel, row: int) -> float:
    """Return how many times the cost of all hours a row holds.

    Raises
    ------
    ValueError
        If a row joins hours of several sites in any other way: it cannot be split.
    """
    held = np.zeros(model.shape[1])
    entries = slice(model.row_start[row], model.row_start[row + 1])
    held[model.column_of[entries]] = model.value[entries]
    hours = model.group >= 0
    cost = model.cost_terms_total()[hours]
    priced = cost != 0.0
    scale = float(held[hours][priced][0] / cost[priced][0])
    if not np.allclose(held[hours], scale * cost, rtol=1e-12, atol=0.0):
        raise ValueError(row)
    return scale


def _renumbered(blocks: Mapping[str, Block], kept: Integers) -> dict[str, Block]:
    """Return the blocks that stay, with their new places; a block stays whole or not at all."""
    result = {}
    for name, block in blocks.items():
        start, end = np.searchsorted(kept, [block.start, block.start + block.count])
        if end - start == block.count:
            result[name] = dataclasses.replace(block, start=int(start))
        elif end != start:
            raise ValueError(name)
    return result


class Hours:
    """The linear program of one part, kept in the solver between plans.

    Parameters
    ----------
    part
        The part.
    easing
        Whether rows may be broken at a price of one for each unit, with no other cost.
    """

    def __init__(self, part: Part, *, easing: bool = False) -> None:
        self.part = part
        self._easing = easing
        self._highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        self._highs.setOptionValue("output_flag", False)
        self._highs.setOptionValue("threads", 1)
        rows, columns = len(part.rows), len(part.columns)
        cost, lower, upper = part.cost, part.lower, part.upper
        start, column_of, value = part.row_start, part.column_of, part.value
        if easing:
            number = np.arange(rows)
            ends = np.concatenate([part.column_of, columns + number, columns + rows + number])
            row = np.concatenate([np.repeat(number, np.diff(start)), number, number])
            order = np.argsort(row, kind="stable")
            column_of = ends[order]
            value = np.concatenate([part.value, np.ones(rows), -np.ones(rows)])[order]
            start = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=rows))])
            cost = np.concatenate([np.zeros(columns), np.ones(2 * rows)])
            lower = np.concatenate([lower, np.zeros(2 * rows)])
            upper = np.concatenate([upper, np.full(2 * rows, np.inf)])
        self._highs.passModel(
            len(cost),
            rows,
            len(value),
            int(highspy.MatrixFormat.kRowwise),
            int(highspy.ObjSense.kMinimize),
            0.0,
            cost,
            lower,
            upper,
            part.row_lower,
            part.row_upper,
            start[:-1].astype(np.int32),
            column_of.astype(np.int32),
            value,
            np.zeros(len(cost), dtype=np.int32),
        )
        self._rows = np.arange(rows, dtype=np.int32)
        self._eased: Hours | None = None

    def least_cost(self, lower: Floats, upper: Floats) -> float:
        """Return what the hours cost at least, whatever the plan.

        Parameters
        ----------
        lower, upper
            ``(l,)`` bounds of the columns taken from the plan.
        """
        part = self.part
        rows = len(part.rows)
        own = np.repeat(np.arange(rows), np.diff(part.row_start))
        row = np.concatenate([own, part.link_row])
        column = np.concatenate([part.column_of, len(part.columns) + part.link_of])
        value = np.concatenate([part.value, part.link_value])
        order = np.lexsort((column, row))
        free = highspy.Highs()  # type: ignore[no-untyped-call]
        free.setOptionValue("output_flag", False)
        free.setOptionValue("threads", 1)
        count = len(part.columns) + len(part.link)
        free.passModel(
            count,
            rows,
            len(value),
            int(highspy.MatrixFormat.kRowwise),
            int(highspy.ObjSense.kMinimize),
            0.0,
            np.concatenate([part.cost, np.zeros(len(part.link))]),
            np.concatenate([part.lower, lower]),
            np.concatenate([part.upper, upper]),
            part.row_lower,
            part.row_upper,
            np.searchsorted(row[order], np.arange(rows)).astype(np.int32),
            column[order].astype(np.int32),
            value[order],
            np.zeros(count, dtype=np.int32),
        )
        free.run()
        if free.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return -np.inf
        least = float(free.getInfo().objective_function_value)
        return least - 1e-6 * max(1.0, abs(least))

    def solve(self, plan: Floats) -> tuple[Cut, Floats | None]:
        """Return the cut at a plan and, if the hours are possible, their columns.

        Parameters
        ----------
        plan
            ``(l,)`` the columns taken from the plan.
        """
        part = self.part
        taken = part.from_plan(plan)
        self._highs.changeRowsBounds(
            len(self._rows), self._rows, part.row_lower - taken, part.row_upper - taken
        )
        self._highs.run()
        status = self._highs.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            if self._easing or status not in {
                highspy.HighsModelStatus.kInfeasible,
                highspy.HighsModelStatus.kUnboundedOrInfeasible,
            }:
                raise SolverError(
                    Text(
                        "the hours of a site ended as {status}", "站点逐时子问题以 {status} 结束"
                    ).filled(status=self._highs.modelStatusToString(status))
                )
            self._eased = self._eased or Hours(part, easing=True)
            return self._eased.solve(plan)
        solution = self._highs.getSolution()
        value = float(self._highs.getInfo().objective_function_value)
        slopes = part.slopes(np.asarray(solution.row_dual, dtype=float))
        cut = Cut(
            columns=part.link,
            slopes=slopes,
            constant=value - float(slopes @ plan),
            of_cost=not self._easing,
        )
        values = np.asarray(solution.col_value, dtype=float)[: len(part.columns)]
        return cut, None if self._easing else values
