"""Two runs side by side: what went in differently, what came out differently, and why.

Only run folders are read; nothing is solved. Movements are explained by what changed for the
places that gain and lose: cells of tables that name them, the price of their electricity, and
policies whose scope covers them. A place for which nothing changed follows from elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from optimizer.analysis.figures import Figures, figures_of, margin
from optimizer.inputs.difference import Change, differences
from optimizer.inputs.expectation import FIGURES, Figure
from optimizer.inputs.policy_rows import scope_sites
from optimizer.labels import Text
from optimizer.plan.plan import last_period
from optimizer.plan.run import Run
from optimizer.tables.registry import TABLES

LARGEST: Final = 8
"""Sites whose movement is explained."""

LEAST_MW: Final = 0.01
"""Movements below this are left out, MW."""

KINDS: Final = ("training_mw", "inference_mw", "batch_mw")


@dataclass(frozen=True, slots=True)
class InputChange:
    """What changed in one table.

    Parameters
    ----------
    table
        The table.
    changed, added, removed
        Rows that differ, came or went.
    cells
        Cells that differ.
    columns
        Columns that differ.
    factor
        Least and greatest ratio of after to before over numeric cells of changed rows, or
        ``None`` where there is none.
    """

    table: str
    changed: int
    added: int
    removed: int
    cells: int
    columns: tuple[str, ...]
    factor: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class FigureChange:
    """One figure of two runs; ``distinguishable`` if they differ by more than both gaps."""

    figure: Figure
    unit: str
    before: float
    after: float
    margin: float

    @property
    def difference(self) -> float:
        """After less before."""
        return self.after - self.before

    @property
    def distinguishable(self) -> bool:
        """Whether the difference exceeds the two gaps together."""
        return abs(self.difference) > self.margin


@dataclass(frozen=True, slots=True)
class SiteChange:
    """One site in two runs, MW; mean IT load by kind of work and new IT power."""

    site: str
    name: Text
    before: Mapping[str, float]
    after: Mapping[str, float]
    reasons: tuple[Text, ...]

    def difference(self, figure: str) -> float:
        """Return after less before of one figure, MW."""
        return self.after.get(figure, 0.0) - self.before.get(figure, 0.0)

    @property
    def moved_mw(self) -> float:
        """Mean IT load of all work gained or lost, MW."""
        return sum(self.difference(kind) for kind in KINDS)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side.

    Parameters
    ----------
    before, after
        Figures of the two runs.
    cells
        Every input cell that differs.
    inputs
        The same by table.
    figures
        What came out.
    sites
        Sites whose load or new power differs, the largest movement first.
    """

    before: Figures
    after: Figures
    cells: tuple[Change, ...]
    inputs: tuple[InputChange, ...]
    figures: tuple[FigureChange, ...]
    sites: tuple[SiteChange, ...]


def compare_runs(runs: Sequence[Run]) -> tuple[Comparison, ...]:
    """Compare the first run with each of the others.

    Parameters
    ----------
    runs
        Two or more runs, from :func:`optimizer.plan.store.read_run`.

    Returns
    -------
    tuple of Comparison
        One for each run after the first.

    Examples
    --------
    >>> from optimizer import read_case, solve_case
    >>> run = solve_case(read_case("tiny"))
    >>> comparison = compare_runs([run, run])[0]
    >>> comparison.cells, any(change.distinguishable for change in comparison.figures)
    ((), False)
    """
    first, *others = runs
    return tuple(_compared(first, other) for other in others)


def _compared(first: Run, second: Run) -> Comparison:
    before, after = (figures_of(run.case, run.plan) for run in (first, second))
    cells = differences(first.case.whole_tables, second.case.whole_tables)
    return Comparison(
        before, after, cells, summed_inputs(cells), _figures(before, after),
        _sites(first, second, cells),
    )  # fmt: skip


def _figures(before: Figures, after: Figures) -> tuple[FigureChange, ...]:
    return tuple(
        FigureChange(
            name,
            unit,
            before.value(name),
            after.value(name),
            margin(name, before.value(name), after.value(name), (before, after)),
        )
        for name, (_, unit) in FIGURES.items()
    )


def summed_inputs(cells: Sequence[Change]) -> tuple[InputChange, ...]:
    """Return changed cells summed by table."""
    by_table: dict[str, list[Change]] = defaultdict(list)
    for cell in cells:
        by_table[cell.table].append(cell)
    return tuple(_summed(table, of_table) for table, of_table in by_table.items())


def _summed(table: str, cells: Sequence[Change]) -> InputChange:
    rows = {what: len({c.key for c in cells if c.row == what}) for what in _ROWS}
    return InputChange(
        table,
        rows["changed"],
        rows["added"],
        rows["removed"],
        len(cells),
        tuple(dict.fromkeys(cell.column for cell in cells)),
        _factor(cells),
    )


_ROWS: Final = ("changed", "added", "removed")


def _factor(cells: Sequence[Change]) -> tuple[float, float] | None:
    ratios = [
        float(cell.after) / float(cell.before)
        for cell in cells
        if isinstance(cell.before, int | float)
        and isinstance(cell.after, int | float)
        and not isinstance(cell.before, bool)
        and cell.before
    ]
    return (min(ratios), max(ratios)) if ratios else None


def _sites(first: Run, second: Run, cells: Sequence[Change]) -> tuple[SiteChange, ...]:
    old, new = (_loads(run) for run in (first, second))
    names = _names(first) | _names(second)
    found = [
        SiteChange(site, names[site], old.get(site, {}), new.get(site, {}), ())
        for site in dict.fromkeys([*old, *new])
    ]
    moved = [
        site
        for site in found
        if any(abs(site.difference(figure)) > LEAST_MW for figure in (*KINDS, "new_it_mw"))
    ]
    moved.sort(key=lambda site: (-max(abs(site.moved_mw), abs(site.difference("new_it_mw"))),
                                 site.site))  # fmt: skip
    return tuple(
        SiteChange(site.site, site.name, site.before, site.after,
                   _reasons(site.site, first, second, cells) if place < LARGEST else ())
        for place, site in enumerate(moved)
    )  # fmt: skip


def _loads(run: Run) -> dict[str, dict[str, float]]:
    frame = last_period(run.case, run.plan)[1].tables["sites"]
    columns = [*KINDS, "new_it_mw"]
    return {
        str(row["site"]): {column: float(row[column]) for column in columns}
        for row in frame.to_dict("records")
    }


def _names(run: Run) -> dict[str, Text]:
    frame = run.case.whole_tables["sites"].frame
    return {
        str(row["site"]): Text(str(row["name_en"]), str(row["name_zh"]))
        for row in frame.to_dict("records")
    }


def _reasons(site: str, first: Run, second: Run, cells: Sequence[Change]) -> tuple[Text, ...]:
    """Return what changed for a site: its cells, its price of electricity, its policies."""
    reasons = [*_own_cells(site, second, cells), *_price(site, first, second)]
    reasons += _policies(site, first, second, cells)
    return tuple(reasons) or (
        Text(
            "nothing changed for the site itself: it makes up for other places",
            "该站点自身条件未变：承接或让出其他地点的变化",
        ),
    )


def _own_cells(site: str, run: Run, cells: Sequence[Change]) -> list[Text]:
    frame = run.case.whole_tables["sites"].frame
    chosen = frame[frame["site"] == site]
    own = {} if chosen.empty else chosen.iloc[0].to_dict()
    concerned = []
    for cell in cells:
        if cell.table in {"policies", "tariffs"}:
            continue
        key = TABLES[cell.table].key
        parts = dict(zip(key, cell.key.split("|"), strict=False))
        ends = {parts.get(name, "") for name in ("site", "from_site", "to_site")}
        if site in ends or any(
            parts.get(column) == str(own.get(column)) for column in ("province",) if column in own
        ):
            concerned.append(cell)
    return [
        Text(
            "{table} {columns}: {n} cells{factor}", "{table} {columns}：{n} 个单元格{factor}"
        ).filled(
            table=item.table,
            columns=", ".join(item.columns[:4]),
            n=item.cells,
            factor=""
            if item.factor is None
            else f" (x {item.factor[0]:.3g})"
            if item.factor[0] == item.factor[1]
            else f" (x {item.factor[0]:.3g}-{item.factor[1]:.3g})",
        )
        for item in summed_inputs(concerned)
    ]


def _price(site: str, first: Run, second: Run) -> list[Text]:
    """Return the change of the mean price that the site's tariff asks, if there is one."""
    old, new = (_tariff(site, run) for run in (first, second))
    if old is None or new is None or abs(new - old) <= 1e-9 * max(abs(old), abs(new)):
        return []
    return [
        Text(
            "its electricity: {old:.4f} -> {new:.4f} yuan/kWh",
            "当地电价：{old:.4f} → {new:.4f} 元/千瓦时",
        ).filled(old=old, new=new)
    ]


def _tariff(site: str, run: Run) -> float | None:
    case = run.case
    sites = case.tables["sites"].frame["site"].tolist()
    if site not in sites:
        return None
    calendar = case.derived.calendar.weight
    energy = case.derived.prices.energy[sites.index(site)]
    return float((energy.mean(axis=1) @ calendar) / calendar.sum())


def _policies(site: str, first: Run, second: Run, cells: Sequence[Change]) -> list[Text]:
    changed = dict.fromkeys(cell.key for cell in cells if cell.table == "policies")
    reasons = []
    for policy in changed:
        old, new = (_policy(policy, site, run) for run in (first, second))
        if old != new:
            reasons.append(
                Text("policy {policy}: {old} -> {new}", "政策 {policy}：{old} → {new}").filled(
                    policy=policy,
                    old=old or Text("off", "未启用"),
                    new=new or Text("off", "未启用"),
                )
            )
    return reasons


def _policy(policy: str, site: str, run: Run) -> str:
    """Return the limit or price that a policy sets for a site, or nothing if it sets none."""
    frames = run.case.whole_tables
    rows = frames["policies"].frame
    rows = rows[(rows["policy"] == policy) & rows["enabled"].astype(bool)]
    if rows.empty:
        return ""
    row, sites = rows.iloc[0], frames["sites"].frame
    covered = scope_sites(str(row["scope"]), sites, frames["provinces"].frame)
    if not covered[(sites["site"] == site).to_numpy(dtype=bool)].any():
        return ""
    unit = "" if row["unit"] == "1" else row["unit"]
    return " ".join(filter(None, (row["comparison"], f"{row['value']:g}", unit, row["ledger"])))


def comparison_rows(comparison: Comparison) -> pd.DataFrame:
    """Return a comparison as one long table: inputs, figures, builds and placements."""
    records: list[dict[str, object]] = [
        _row("input", f"{cell.table}:{cell.key}", cell.column, "", cell.before, cell.after)
        for cell in comparison.cells
    ]
    records += [
        {
            **_row("figure", change.figure, "", change.unit, change.before, change.after),
            "difference": change.difference,
            "margin": change.margin,
            "distinguishable": change.distinguishable,
        }
        for change in comparison.figures
    ]
    for site in comparison.sites:
        for figure in ("new_it_mw", *KINDS):
            if abs(site.difference(figure)) > LEAST_MW:
                before, after = site.before.get(figure, 0.0), site.after.get(figure, 0.0)
                row = _row("site", site.site, figure, "MW", before, after)
                records.append({**row, "difference": site.difference(figure)})
    frame = pd.DataFrame(records, columns=_COLUMNS)
    frame.insert(0, "run", comparison.after.name)
    return frame


_COLUMNS: Final = (
    "kind",
    "item",
    "column",
    "unit",
    "before",
    "after",
    "difference",
    "margin",
    "distinguishable",
)


def _row(  # noqa: PLR0917 - the columns in their order
    kind: str, item: str, column: str, unit: str, before: object, after: object
) -> dict[str, object]:
    return {
        "kind": kind,
        "item": item,
        "column": column,
        "unit": unit,
        "before": before,
        "after": after,
    }
