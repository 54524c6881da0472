"""A run as a report sees it: its views (one a period), its tables by name, and its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from string import ascii_uppercase

import pandas as pd

from optimizer.inputs.case import Case
from optimizer.labels import Text
from optimizer.plan.period_tables import result_tables
from optimizer.plan.plan import Plan
from optimizer.plan.result_tables import FINDING_TABLES
from optimizer.plan.run import Run
from optimizer.report.blocks import Inline, Sentence
from optimizer.report.numbers import Cell, Form, Source
from optimizer.report.references import RECORD, Cells, How, KeyPart, Operator, Reference


@dataclass(frozen=True)
class View:
    """One period of one run: its case, its plan, and the way to its numbers."""

    run: ReportRun
    case: Case
    plan: Plan

    @property
    def name(self) -> str:
        """Identifies the view among those of a report."""
        return f"{self.run.number}-{self.case.year}"

    def rows(self, table: str) -> pd.DataFrame:
        """Return a result table of this period."""
        return self.plan.tables[table]

    def reference(
        self,
        table: str,
        key: tuple[KeyPart, ...],
        column: str,
        how: How = "sum",
        weight: str = "",
    ) -> Reference:
        """Return a reference to cells of a result table of this period."""
        several = bool(self.run.whole.case.later) and table in self.run.whole.plan.tables
        return Reference(
            table, (str(self.case.year), *key) if several else key, column, how, weight
        )

    def number(  # noqa: PLR0917 - a reference, then how it is shown
        self,
        table: str,
        key: tuple[KeyPart, ...],
        column: str,
        form: Form = "auto",
        how: How = "sum",
        weight: str = "",
    ) -> Cell:
        """Return a number of a result table, a finding, or a table of the case."""
        return self.run.source.number(self.reference(table, key, column, how, weight), form)

    def text(self, table: str, key: tuple[KeyPart, ...], column: str) -> Cell:
        """Return the text of one cell."""
        return self.run.source.text(self.reference(table, key, column))

    def value(self, table: str, key: tuple[KeyPart, ...], column: str, how: How = "sum") -> float:
        """Return the same as a number."""
        return self.run.source.value(self.reference(table, key, column, how))

    def relation(
        self, left: Reference, operator: Operator, right: Reference, form: Form = "auto"
    ) -> Cell:
        """Return the quotient or the difference of two numbers."""
        return self.run.source.relation(left, operator, right, form)

    def figure(self, name: str, form: Form = "auto") -> Cell:
        """Return a key figure of this period."""
        return self.run.source.number(Reference(RECORD, self._figures, name), form)

    def figure_value(self, name: str) -> float:
        """Return a key figure of this period as a number."""
        return self.run.source.value(Reference(RECORD, self._figures, name))

    @property
    def year(self) -> Cell:
        """Year of this period."""
        if not self.run.whole.case.later:
            return self.run.record((), "year", "year")
        return self.run.record(self._figures, "year", "year")

    @property
    def _figures(self) -> tuple[str, ...]:
        if not self.run.whole.case.later:
            return ("metrics",)
        years = [period.year for period in self.run.whole.case.periods]
        return ("periods", str(years.index(self.case.year)))

    def name_of(self, table: str, key: str, stem: str = "name") -> Cell:
        """Return the name of a site, region, service or job."""
        return self.run.source.name(f"case/{table}", (key,), stem)

    @cached_property
    def clusters(self) -> list[str]:
        """Clusters that carry load or get new power, the most loaded first."""
        return self._sites(cluster=True)

    @cached_property
    def metros(self) -> list[str]:
        """Other sites that carry load or get new power, the most loaded first."""
        return self._sites(cluster=False)

    def _sites(self, *, cluster: bool) -> list[str]:
        frame = self.rows("sites").merge(
            self.case.tables["sites"].frame[["site", "is_cluster"]], on="site"
        )
        load = frame[["training_mw", "inference_mw", "batch_mw", "idle_mw"]].sum(axis=1)
        frame = frame.assign(load=load)
        kept = frame[(frame["is_cluster"] == cluster) & (frame["load"] + frame["new_it_mw"] > 0.0)]
        ordered = kept.sort_values(["load", "site"], ascending=[False, True])
        return ordered["site"].astype(str).tolist()


class ReportRun:
    """One run of a report.

    Parameters
    ----------
    whole
        The run.
    number
        Its number among those of the report, from 1.
    letter
        Tells it from other runs of the same name; empty if there are none.
    """

    def __init__(self, whole: Run, number: int, letter: str = "") -> None:
        self.whole = whole
        self.number = number
        self.letter = letter
        several = bool(whole.case.later)
        tables = {
            name: Cells(whole.plan.tables[name], table.key)
            for name, table in result_tables(several=several).items()
        }
        tables.update(
            {name: Cells(whole.findings[name], table.key) for name, table in FINDING_TABLES.items()}
        )
        tables.update(
            {
                f"case/{name}": Cells(typed.frame, typed.table.key)
                for name, typed in whole.case.tables.items()
            }
        )
        self.source = Source(number, tables, whole.record)

    @cached_property
    def views(self) -> tuple[View, ...]:
        """Its periods, the first one first."""
        run = self.whole
        if not run.case.later:
            return (View(self, run.case, run.plan),)
        return tuple(
            View(self, period, run.plan.of_period(period.year)) for period in run.case.periods
        )

    @property
    def last(self) -> View:
        """Its last period, which is its only one if there are not several."""
        return self.views[-1]

    def record(self, path: tuple[str, ...], name: str, form: Form = "auto") -> Cell:
        """Return a number of the record."""
        return self.source.number(Reference(RECORD, path, name), form)

    def record_text(self, path: tuple[str, ...], name: str) -> Cell:
        """Return a text of the record."""
        return self.source.text(Reference(RECORD, path, name))

    def record_name(self, path: tuple[str, ...], name: str) -> Cell:
        """Return the name of an entry of the record, such as that of a file that was read."""
        self.record_text(path, name)  # raises if the record lacks it
        origin = str(Reference(RECORD, path, name, "name"))
        return Cell(Text(name, name), Text(origin, origin), self.number)

    @property
    def title(self) -> Cell:
        """Title of the case."""
        return self.source.name(RECORD, (), "title")

    @property
    def scenario(self) -> Inline:
        """Name of the case with its scenarios, and a letter where another run has the same."""
        name = self.record_text((), "case")
        if not self.letter:
            return name
        letter = Text(self.letter, self.letter)
        return Sentence(
            Text("{name} ({letter})", "{name}（{letter}）"), {"name": name, "letter": letter}
        )


def report_runs(runs: Sequence[Run]) -> tuple[ReportRun, ...]:
    """Return runs as a report sees them, in their order."""
    names = [str(run.record["case"]) for run in runs]
    return tuple(
        ReportRun(run, number, _letter(number) if names.count(name) > 1 else "")
        for number, (run, name) in enumerate(zip(runs, names, strict=True), start=1)
    )


def _letter(number: int) -> str:
    """Return A for 1, B for 2, and AA after Z."""
    rest, place = divmod(number - 1, len(ascii_uppercase))
    return (_letter(rest) if rest else "") + ascii_uppercase[place]
