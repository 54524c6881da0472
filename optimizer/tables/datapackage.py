"""The descriptor ``datapackage.json`` of a folder of tables, in the Frictionless form.

One resource for each CSV table: columns with type, unit and meaning in both languages, bounds,
primary key, the keys other tables refer to, and the sources its rows name. Everything comes
from the definitions in :mod:`optimizer.tables.registry` and from the tables themselves.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from optimizer.errors import InputError
from optimizer.labels import Text
from optimizer.tables.frames import TypedTable, texts
from optimizer.tables.read import read_folder
from optimizer.tables.registry import TABLES
from optimizer.tables.schema import Column, Table
from optimizer.tables.sources import Source, sources_of, split_source_ids

DESCRIPTOR: Final = "datapackage.json"
_TYPES: Final = {"text": "string", "number": "number", "integer": "integer", "flag": "boolean"}
_CITING_ITSELF: Final = ("provenance", "sources")
"""Tables whose rows are about sources; a list of them would only repeat the table."""


def write_data_package(folder: Path, name: str, title: Text) -> Path:
    """Write the descriptor of the CSV tables of a folder into it.

    Parameters
    ----------
    folder
        Folder with ``<table>.csv``.
    name, title
        Name and title of the package.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    InputError
        If the tables have faults.
    """
    tables, faults = read_folder(folder)
    if faults:
        raise InputError(faults)
    path = folder / DESCRIPTOR
    headers = {table: _header(folder / f"{table}.csv") for table in tables}
    content = json.dumps(
        data_package(tables, name, title, headers=headers), ensure_ascii=False, indent=2
    )
    path.write_bytes((content + "\n").encode())
    return path


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return next(csv.reader(stream), [])


def data_package(
    tables: Mapping[str, TypedTable],
    name: str,
    title: Text,
    *,
    headers: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """Return the descriptor of typed tables.

    Parameters
    ----------
    tables
        Tables by name, each in ``<name>.csv``; ``sources`` must be among them.
    name, title
        Name and title of the package.
    headers
        Columns of each file, where optional ones may be left out; all columns without it.
    """
    sources = sources_of(tables)
    return {
        "profile": "tabular-data-package",
        "name": name,
        "title": _both(title),
        "licenses": [
            {
                "name": "Apache-2.0",
                "title": "Apache License 2.0",
                "path": "https://www.apache.org/licenses/LICENSE-2.0",
            }
        ],
        "sources": [_source(source) for source in sources.values()],
        "resources": [
            _resource(tables[table], tables, sources, (headers or {}).get(table))
            for table in TABLES
            if table in tables
        ],
    }


def _both(text: Text) -> str:
    return f"{text.en} / {text.zh}"


def _source(source: Source) -> dict[str, str]:
    return {"name": source.source_id, "title": source.title, "date": source.date}


def _resource(
    table: TypedTable,
    tables: Mapping[str, TypedTable],
    sources: Mapping[str, Source],
    header: Sequence[str] | None,
) -> dict[str, Any]:
    definition = table.table
    given = set(definition.column_names if header is None else header)
    schema: dict[str, Any] = {
        "fields": [_field(column) for column in definition.all_columns if column.name in given],
        "missingValues": [""],
        "primaryKey": list(definition.key),
    }
    references = _foreign_keys(definition, tables)
    if references:
        schema["foreignKeys"] = references
    resource: dict[str, Any] = {
        "profile": "tabular-data-resource",
        "name": definition.name,
        "path": f"{definition.name}.csv",
        "title": _both(definition.meaning),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "header": True},
        "schema": schema,
    }
    if "source_id" in table.frame and definition.name not in _CITING_ITSELF:
        cited = sorted(_cited(definition.name, tables))
        resource["sources"] = [_source(sources[code]) for code in cited if code in sources]
    return resource


def _field(column: Column) -> dict[str, Any]:
    unit = f" ({column.unit})" if column.unit else ""
    zh_unit = f"（{column.unit}）" if column.unit else ""
    constraints: dict[str, Any] = {}
    if column.required:
        constraints["required"] = True
    if column.minimum is not None:
        constraints["minimum"] = column.minimum
    if column.maximum is not None:
        constraints["maximum"] = column.maximum
    if column.allowed:
        constraints["enum"] = list(column.allowed)
    field: dict[str, Any] = {
        "name": column.name,
        "type": _TYPES[column.kind],
        "description": f"{column.meaning.en}{unit} / {column.meaning.zh}{zh_unit}",
    }
    if column.unit:
        field["unit"] = column.unit
    if constraints:
        field["constraints"] = constraints
    return field


def _foreign_keys(definition: Table, tables: Mapping[str, TypedTable]) -> list[dict[str, Any]]:
    return [
        {
            "fields": [column.name],
            "reference": {
                "resource": column.refers_to,
                "fields": [TABLES[column.refers_to].key[0]],
            },
        }
        for column in definition.columns
        if column.refers_to in tables
    ]


def _cited(name: str, tables: Mapping[str, TypedTable]) -> set[str]:
    """Return the codes that a table's rows and its graded cells name."""
    cells = set(texts(tables[name].frame, "source_id"))
    if "provenance" in tables:
        graded = tables["provenance"].frame
        cells.update(texts(graded[graded["table"] == name], "source_id"))
    return {code for cell in cells for code in split_source_ids(cell)}
