"""Scenarios: ordered overrides on the tables of a case.

A scenario file::

    name: west-share-70
    title_en: At least 70 % of new load in the west
    title_zh: 新增负荷至少 70% 在西部
    question_en: What does a western floor cost?
    question_zh: 西部占比下限的代价是多少？
    source: policy proposal, no document
    expected_en: cost does not fall
    expected_zh: 成本不下降
    overrides:
      - table: policies
        where: {policy: west_share}
        set: {enabled: true, value: 0.7}
      - table: tariffs
        where: {tariff_region: [NX, GS]}
        scale: {price_yuan_per_kwh: 0.9}
      - table: jobs
        where: {job: frontier}
        remove: true
      - table: pins
        add:
          - {workload: chat, site: guian, rule: never, reason: test}

Overrides act one after another. A table, column or key that does not exist, or a ``where``
that no row meets, is an error: an override that changes nothing is never meant. Columns of the
key cannot be changed: the row is removed and another one added. With a row goes its grading.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from optimizer.errors import Fault, InputError, UsageError
from optimizer.inputs.assemble import AssembledTables, extended
from optimizer.inputs.expectation import Expectation
from optimizer.inputs.yaml_file import Strict, read_yaml
from optimizer.labels import Text
from optimizer.tables.frames import TypedTable, duplicate_key_faults
from optimizer.tables.pack import NATIONAL_CASE, shipped_scenarios
from optimizer.tables.read import RawTable, parse_table
from optimizer.tables.registry import TABLES
from optimizer.tables.schema import PROVENANCE, Column
from optimizer.tables.validate import bound_faults

Cell = str | bool | int | float


class Override(Strict):
    """One change of one table: exactly one of ``set``, ``scale``, ``remove``, ``add``."""

    table: str
    where: dict[str, Cell | list[Cell]] = Field(default_factory=dict)
    set: dict[str, Cell] | None = None
    scale: dict[str, float | int] | None = None
    remove: bool | None = None
    add: list[dict[str, Cell]] | None = None

    @model_validator(mode="after")
    def _one_action(self) -> Override:
        actions = [self.set, self.scale, self.remove, self.add]
        if sum(action is not None for action in actions) != 1:
            message = "give exactly one of set, scale, remove, add"
            raise ValueError(message)
        if self.add is not None and self.where:
            message = "add takes no where"
            raise ValueError(message)
        if not any(actions):
            message = "the override changes nothing"
            raise ValueError(message)
        return self


class ScenarioFile(Strict):
    """Content of a scenario file.

    ``base`` names the case that the scenario is meant for and is run on. It fits any other case
    that has what its overrides speak of.
    """

    name: str
    title_en: str
    title_zh: str
    base: str = NATIONAL_CASE
    question_en: str = ""
    question_zh: str = ""
    source: str = ""
    expected_en: str = ""
    expected_zh: str = ""
    finding_en: str = ""
    finding_zh: str = ""
    expects: list[Expectation] = Field(default_factory=list)
    overrides: list[Override]

    @model_validator(mode="after")
    def _finding_says_why(self) -> ScenarioFile:
        missed = any(expectation.missed for expectation in self.expects)
        if (bool(self.finding_en), bool(self.finding_zh)) != (missed, missed):
            message = (
                "finding_en and finding_zh say why an expectation is missed: give both where one "
                "of expects has missed: true, and only there"
            )
            raise ValueError(message)
        return self

    @property
    def title(self) -> Text:
        """Title in both languages."""
        return Text(self.title_en, self.title_zh)

    @property
    def question(self) -> Text:
        """Question in both languages."""
        return Text(self.question_en, self.question_zh)

    @property
    def expected(self) -> Text:
        """Expected outcome in both languages."""
        return Text(self.expected_en, self.expected_zh)

    @property
    def finding(self) -> Text:
        """Why an expectation does not hold, in both languages; empty where all hold."""
        return Text(self.finding_en, self.finding_zh)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario as read, with the file it came from."""

    content: ScenarioFile
    file: str
    sha256: str


def read_scenario(scenario: str | Path) -> Scenario:
    """Read a scenario given by shipped name or by path.

    Raises
    ------
    UsageError
        If it is neither.
    InputError
        If the file has faults.
    """
    shipped = shipped_scenarios()
    path = shipped.get(str(scenario), Path(scenario))
    if not path.is_file():
        raise UsageError(
            Text(
                "{scenario} is neither a scenario file nor a shipped scenario ({names})",
                "{scenario} 既不是情景文件，也不是内置情景（{names}）",
            ).filled(scenario=scenario, names=", ".join(shipped))
        )
    return Scenario(
        read_yaml(path, ScenarioFile), path.name, hashlib.sha256(path.read_bytes()).hexdigest()
    )


def apply_scenarios(assembled: AssembledTables, scenarios: Sequence[Scenario]) -> AssembledTables:
    """Return the tables with the overrides of all scenarios applied in order.

    Every changed cell is graded as an assumption of its scenario in ``provenance``.

    Raises
    ------
    InputError
        With the faults of the first override that cannot be applied, or of all cells that
        leave their bounds.
    """
    tables = dict(assembled.tables)
    hashes = dict(assembled.file_hashes)
    names = [assembled.name]
    touched = {"provenance", "sources"}
    for scenario in scenarios:
        grades: list[dict[str, str]] = []
        for number, override in enumerate(scenario.content.overrides):
            place = f"{scenario.file} overrides[{number}]"
            before = tables[_known_table(override, place)]
            touched.add(override.table)
            tables[override.table], changed = _applied(before, override, place)
            if override.remove:
                removed = set(before.keys()) - set(tables[override.table].keys())
                _drop_grades(tables, grades, override.table, removed)
            grades += [
                {
                    "table": override.table,
                    "key": key,
                    "column": column,
                    "source_id": f"scenario-{scenario.content.name}",
                    "as_of": str(assembled.year),
                    "confidence": "assumption",
                    "low": repr(value),
                    "high": repr(value),
                    "note": scenario.content.title_en,
                }
                for key, column, value in changed
                if TABLES[override.table].has_provenance
            ]
        _grade(tables, scenario, grades)
        hashes[f"scenario/{scenario.content.name}"] = scenario.sha256
        names.append(scenario.content.name)
    faults = [
        fault
        for name in TABLES
        if name in touched
        for fault in (*bound_faults(tables[name]), *duplicate_key_faults(tables[name]))
    ]
    if faults:
        raise InputError(faults)
    return replace(assembled, name="+".join(names), tables=tables, file_hashes=hashes)


def rows_changed(
    tables: Mapping[str, TypedTable], override: Override, place: str
) -> tuple[TypedTable, NDArray[np.bool_]]:
    """Return the table that a ``set`` or ``scale`` changes and which of its rows.

    Raises
    ------
    InputError
        If table, column or rows are not there, or a column of the key would change.
    """
    table = tables[_known_table(override, place)]
    for name in override.set or override.scale or {}:
        column = _column(table, name, place)
        if name in table.table.key:
            raise InputError([_part_of_key(table, column, place)])
    return table, _chosen(table, override, place)


def _drop_grades(
    tables: dict[str, TypedTable], grades: list[dict[str, str]], table: str, removed: set[str]
) -> None:
    """Leave out the grading of rows that an override removed."""
    grades[:] = [
        grade for grade in grades if grade["table"] != table or grade["key"] not in removed
    ]
    cells = tables["provenance"]
    of_table = (cells.frame["table"] == table).to_numpy()
    stale = of_table & cells.frame["key"].isin(removed).to_numpy()
    if stale.any():
        tables["provenance"] = cells.take(~stale)


def _known_table(override: Override, place: str) -> str:
    writable = [name for name in TABLES if name not in {"provenance", "sources"}]
    if override.table not in writable:
        raise InputError(
            [
                Fault(
                    Text("there is no such table", "没有这个表"),
                    Text("use one of: {names}", "可用：{names}").filled(names=", ".join(writable)),
                    place,
                    column="table",
                    value=override.table,
                )
            ]
        )
    return override.table


def _column(table: TypedTable, name: str, place: str) -> Column:
    try:
        return table.table.column(name)
    except KeyError:
        raise InputError(
            [
                Fault(
                    Text("there is no such column in {table}", "表 {table} 没有这一列").filled(
                        table=table.table.name
                    ),
                    Text("use one of: {names}", "可用：{names}").filled(
                        names=", ".join(table.table.column_names)
                    ),
                    place,
                    column=name,
                )
            ]
        ) from None


def _chosen(table: TypedTable, override: Override, place: str) -> NDArray[np.bool_]:
    chosen = np.ones(len(table.frame), dtype=bool)
    for name, wanted in override.where.items():
        column = _column(table, name, place)
        values = [_typed(item, column, place) for item in _as_list(wanted)]
        for value in values if len(values) > 1 else ():
            if not (table.frame[name] == value).any():
                raise InputError([_unmet(table, {name: value}, place)])
        chosen &= table.frame[name].isin(values).to_numpy()
    if not chosen.any():
        raise InputError([_unmet(table, override.where, place)])
    return chosen


def _unmet(table: TypedTable, where: Mapping[str, object], place: str) -> Fault:
    return Fault(
        Text("no row of {table} meets the condition", "表 {table} 中没有符合条件的行").filled(
            table=table.table.name
        ),
        Text("correct 'where'", "请修正 where"),
        place,
        column="where",
        value=str(dict(where)),
    )


def _as_list(wanted: Cell | list[Cell]) -> list[Cell]:
    return wanted if isinstance(wanted, list) else [wanted]


def _typed(value: Cell, column: Column, place: str) -> Cell:
    """Return the value in the type of its column."""
    fits = {
        "text": isinstance(value, str),
        "flag": isinstance(value, bool),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "integer": isinstance(value, int) and not isinstance(value, bool),
    }[column.kind]
    if not fits:
        raise InputError(
            [
                Fault(
                    Text("not a value of kind {kind}", "取值类型应为 {kind}").filled(
                        kind=column.kind
                    ),
                    Text("{meaning}, in {unit}", "{meaning}，单位 {unit}").filled(
                        meaning=column.meaning, unit=column.unit or column.kind
                    ),
                    place,
                    column=column.name,
                    value=str(value),
                )
            ]
        )
    return float(value) if column.kind == "number" else value


def _applied(
    table: TypedTable, override: Override, place: str
) -> tuple[TypedTable, list[tuple[str, str, float]]]:
    """Return the changed table and the numeric cells that changed, as (key, column, value)."""
    if override.add is not None:
        return _with_rows(table, override.add, place)
    chosen = _chosen(table, override, place)
    if override.remove:
        return table.take(~chosen), []
    frame = table.frame.copy()
    actions = override.set if override.set is not None else override.scale
    assert actions is not None
    for name, value in actions.items():
        column = _column(table, name, place)
        if name in table.table.key:
            raise InputError([_part_of_key(table, column, place)])
        if override.set is not None:
            if value == "" and column.required:
                raise InputError([_empty(column, place)])
            frame.loc[chosen, name] = _typed(value, column, place)
        elif column.kind == "number":
            assert not isinstance(value, str)
            frame.loc[chosen, name] = frame.loc[chosen, name] * float(value)
        elif column.kind == "integer":
            assert not isinstance(value, str)
            scaled = (frame[name] * float(value)).round()
            frame[name] = frame[name].where(~chosen, scaled).astype(frame[name].dtype)
        else:
            raise InputError([_not_scalable(column, place)])
    changed_table = TypedTable(table.table, frame, table.files, table.rows)
    keys = changed_table.keys()
    changed = [
        (keys[record], name, float(frame[name].iloc[record]))
        for record in np.flatnonzero(chosen)
        for name in actions
        if table.table.column(name).kind in {"number", "integer"}
        and np.isfinite(frame[name].iloc[record])
    ]
    return changed_table, changed


def _empty(column: Column, place: str) -> Fault:
    return Fault(
        Text("the cell is empty", "单元格为空"),
        Text("fill it in: {meaning}", "请填写：{meaning}").filled(meaning=column.meaning),
        place,
        column=column.name,
    )


def _part_of_key(table: TypedTable, column: Column, place: str) -> Fault:
    return Fault(
        Text(
            "{name} is part of the key of {table} and cannot be changed",
            "{name} 是表 {table} 主键的一部分，不能修改",
        ).filled(name=column.name, table=table.table.name),
        Text("remove the row and add another one", "请先删除该行，再新增一行"),
        place,
        column=column.name,
    )


def _not_scalable(column: Column, place: str) -> Fault:
    return Fault(
        Text("{name} is not a number and cannot be scaled", "{name} 不是数值，无法缩放").filled(
            name=column.name
        ),
        Text("use 'set'", "请改用 set"),
        place,
        column=column.name,
    )


def _with_rows(
    table: TypedTable, rows: list[dict[str, Cell]], place: str
) -> tuple[TypedTable, list[tuple[str, str, float]]]:
    """Return the table with rows added; provenance columns may be left out of them."""
    defaults = {"as_of": "scenario", "confidence": "assumption", "source_id": "scenario"}
    provenance = {column.name for column in PROVENANCE} if table.table.has_provenance else set()
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = [
        {
            **{name: defaults.get(name, "") for name in provenance},
            **{name: _as_text(row[name]) if name in row else "" for name in names},
        }
        for row in rows
    ]
    frame = pd.DataFrame(text).astype(str)
    raw = RawTable(table.table.name, place, frame, np.arange(1, len(rows) + 1, dtype=np.int64))
    added, faults = parse_table(raw, table.table)
    if added is None or faults:
        raise InputError(faults)
    keys = added.keys()
    changed = [
        (keys[record], column.name, float(added.frame[column.name].iloc[record]))
        for record in range(len(rows))
        for column in table.table.columns
        if column.kind in {"number", "integer"}
        and column.name not in table.table.key
        and np.isfinite(float(added.frame[column.name].iloc[record]))
    ]
    return extended(table, added), changed


def _as_text(value: Cell) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _grade(tables: dict[str, TypedTable], scenario: Scenario, grades: list[dict[str, str]]) -> None:
    """Record the changed cells in ``provenance`` and the scenario in ``sources``."""
    identifier = f"scenario-{scenario.content.name}"
    source = {
        "source_id": identifier,
        "title": f"scenario {scenario.content.name}: {scenario.content.title_en}",
        "date": "scenario",
    }
    rows = np.array([0], dtype=np.int64)
    source_table, _ = parse_table(
        RawTable("sources", scenario.file, pd.DataFrame([source]).astype(str), rows),
        TABLES["sources"],
    )
    assert source_table is not None
    tables["sources"] = extended(tables["sources"], source_table)
    for name, table in tables.items():
        if table.table.has_provenance and (table.frame["source_id"] == "scenario").any():
            frame = table.frame.copy()
            frame.loc[frame["source_id"] == "scenario", "source_id"] = identifier
            tables[name] = TypedTable(table.table, frame, table.files, table.rows)
    if not grades:
        return
    latest = {(grade["table"], grade["key"], grade["column"]): grade for grade in grades}
    frame = pd.DataFrame(list(latest.values())).astype(str)
    added, faults = parse_table(
        RawTable("provenance", scenario.file, frame, np.zeros(len(frame), dtype=np.int64)),
        TABLES["provenance"],
    )
    assert added is not None
    assert not faults
    old = tables["provenance"]
    replacing, old_keys = set(added.keys()), old.keys()
    superseded = np.array([key in replacing for key in old_keys], dtype=bool)
    kept = old.take(~superseded) if len(old.frame) else old
    tables["provenance"] = extended(kept, added)
