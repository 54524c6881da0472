"""Collects the rows of all tables, and writes tables, provenance and sources."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from data.build.cells import Basis, Cell, Source, Value, text_of
from optimizer.tables.registry import TABLES
from optimizer.tables.schema import Table


@dataclass(frozen=True, slots=True)
class _Row:
    values: Mapping[str, Value]
    basis: Basis | None


@dataclass(slots=True)
class Pack:
    """The tables of the pack while they are built."""

    _rows: dict[str, list[_Row]] = field(default_factory=dict)

    def add(self, table: str, values: Mapping[str, Value], basis: Basis | None = None) -> None:
        """Add one row.

        Parameters
        ----------
        table
            Name of the table.
        values
            Values by column; a :class:`Cell` is graded on its own, other values have the
            grade of the row. Optional columns may be missing.
        basis
            Grade of the row, for tables that carry one.

        Raises
        ------
        ValueError
            If a column is unknown or missing, or a figure would be an assumption without
            range.
        """
        definition = TABLES[table]
        names = {column.name for column in definition.columns}
        needed = {column.name for column in definition.columns if column.required}
        if not needed <= set(values) <= names:
            wrong = (needed - set(values)) | (set(values) - names)
            raise ValueError(f"{table}: {sorted(wrong)}")
        if definition.has_provenance != (basis is not None):
            raise ValueError(f"{table}: a row has a grade exactly if its table carries one")
        if basis is not None and basis.grade == "assumption":
            for column in definition.columns:
                bare = not isinstance(values.get(column.name), Cell | None)
                if (
                    bare
                    and column.kind in {"number", "integer"}
                    and (column.name not in definition.key)
                ):
                    raise ValueError(f"{table}.{column.name}: an assumption without range")
        self._rows.setdefault(table, []).append(_Row(dict(values), basis))

    def add_changed(
        self,
        base: Pack,
        table: str,
        change: Callable[[Mapping[str, Value]], Mapping[str, Value] | None],
    ) -> None:
        """Add the rows of a table of another pack with the values that a function gives.

        Parameters
        ----------
        base
            The other pack.
        table
            Name of the table.
        change
            Values of a row that differ; ``None`` leaves the row out.
        """
        self._rows.setdefault(table, [])
        for row in base._rows[table]:
            values = change(row.values)
            if values is not None:
                self.add(table, {**row.values, **values}, row.basis)

    def rows(self, table: str) -> tuple[Mapping[str, Value], ...]:
        """Return the values of a table as added so far."""
        return tuple(row.values for row in self._rows.get(table, []))

    def write(self, folder: Path, base: Pack | None = None, case: str = "") -> None:
        """Write every table, ``provenance.csv`` and ``sources.csv``.

        Parameters
        ----------
        folder
            Existing folder.
        base
            Pack that the tables are added to; its sources keep their codes and are not written.
        case
            Case that adds them; it begins the codes of further sources.
        """
        codes = source_codes(self._sources() if base is None else base._sources())  # noqa: SLF001
        known = frozenset(codes) if base is not None else frozenset()
        added = sorted(self._sources() - set(codes))
        codes |= {source: f"{case}-{row:02d}" for row, source in enumerate(added, 1)}
        for name in sorted(self._rows):
            definition = TABLES[name]
            given = {column for row in self._rows[name] for column in row.values}
            # A table that is left empty still has its columns.
            own = [
                column.name
                for column in definition.columns
                if column.name in given or (not given and column.required)
            ]
            graded = definition.column_names[len(definition.columns) :]
            written = [self._texts(own, row, codes) for row in self._sorted(definition)]
            write_csv(folder / f"{name}.csv", [*own, *graded], written)
        write_csv(
            folder / "provenance.csv",
            TABLES["provenance"].column_names,
            sorted(self._provenance(codes)),
        )
        listed = sorted(
            (code, source.title, source.date)
            for source, code in codes.items()
            if source not in known
        )
        write_csv(folder / "sources.csv", TABLES["sources"].column_names, listed)

    def _sorted(self, definition: Table) -> list[_Row]:
        # Numeric keys sort by size, so that month 10 follows month 9.
        def key(row: _Row) -> tuple[tuple[float, str], ...]:
            parts = []
            for name in definition.key:
                value = row.values[name]
                plain = value.value if isinstance(value, Cell) else value
                if isinstance(plain, str):
                    parts.append((0.0, plain))
                else:
                    parts.append((float(plain or 0), ""))
            return tuple(parts)

        rows = sorted(self._rows[definition.name], key=key)
        keys = [key(row) for row in rows]
        if len(set(keys)) != len(keys):
            raise ValueError(f"{definition.name}: duplicate keys")
        return rows

    def _texts(self, columns: list[str], row: _Row, codes: Mapping[Source, str]) -> list[str]:
        texts = [_plain(row.values.get(column)) for column in columns]
        if row.basis is not None:
            basis = row.basis
            texts += [_joined(basis.sources, codes), basis.as_of, basis.grade, basis.note]
        return texts

    def _own_grades(self) -> Iterable[tuple[Table, _Row, str, Cell]]:
        for name, rows in self._rows.items():
            definition = TABLES[name]
            for row in rows:
                for column in definition.columns:
                    value = row.values.get(column.name)
                    if isinstance(value, Cell) and _differs(value, row.basis):
                        yield definition, row, column.name, value

    def _sources(self) -> set[Source]:
        found = {
            source
            for rows in self._rows.values()
            for row in rows
            if row.basis is not None
            for source in row.basis.sources
        }
        for _, _, _, cell in self._own_grades():
            found.update(cell.basis.sources)
        return found

    def _provenance(self, codes: Mapping[Source, str]) -> Iterable[list[str]]:
        for definition, row, column, cell in self._own_grades():
            basis = cell.basis
            if not basis.note:
                raise ValueError(f"{definition.name}.{column}: a graded cell without note")
            yield [
                definition.name,
                "|".join(_plain(row.values[name]) for name in definition.key),
                column,
                _joined(basis.sources, codes),
                basis.as_of,
                basis.grade,
                text_of(cell.low),
                text_of(cell.high),
                basis.note,
            ]


def _differs(cell: Cell, basis: Basis | None) -> bool:
    if basis is None or cell.low is not None:
        return True
    own = cell.basis
    return (own.grade, own.sources, own.as_of) != (basis.grade, basis.sources, basis.as_of)


def _plain(value: Value) -> str:
    return text_of(value.value if isinstance(value, Cell) else value)


def _joined(sources: Iterable[Source], codes: Mapping[Source, str]) -> str:
    return ";".join(sorted(codes[source] for source in sources))


def source_codes(sources: Iterable[Source]) -> dict[Source, str]:
    """Return a code for each source: raw file and a running number in sorted order.

    Raises
    ------
    ValueError
        If a raw file has more than 99 sources.
    """
    codes: dict[Source, str] = {}
    numbers: dict[str, int] = {}
    for source in sorted(sources):
        if source.file.startswith("eastwest-"):
            codes[source] = source.file
            continue
        numbers[source.file] = numbers.get(source.file, 0) + 1
        if numbers[source.file] > 99:
            raise ValueError(f"{source.file}: more than 99 sources")
        codes[source] = f"{source.file}-{numbers[source.file]:02d}"
    return codes


def write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Write a UTF-8 CSV file with line feeds."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
