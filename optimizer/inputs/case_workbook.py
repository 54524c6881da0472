"""The sheet ``case`` of a workbook: what ``case.yaml`` says for a folder.

Each line has a key and a value; how a table meets the base stands under ``tables.<table>``.
"""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic import ValidationError

from optimizer.errors import Fault, InputError
from optimizer.inputs.yaml_file import Strict, model_faults
from optimizer.labels import Text
from optimizer.tables.read import RawTable

MEANINGS: Final = {
    "name": Text("short name of the case, in Latin letters", "算例短名（拉丁字母）"),
    "title_en": Text("title in English", "英文标题"),
    "title_zh": Text("title in Chinese", "中文标题"),
    "description_en": Text("what the case is for, in English; may be empty", "英文说明，可为空"),
    "description_zh": Text("what the case is for, in Chinese; may be empty", "中文说明，可为空"),
    "base": Text("shipped case that this one changes, or none", "所基于的内置算例，或 none"),
    "year": Text("year planned for", "规划年份"),
    "tables": Text(
        "replace: the base's table is left out; extend: rows are added to it",
        "replace：不用基础算例的该表；extend：在其后追加",
    ),
}
"""What each key of the sheet says."""
_WHOLE: Final = re.compile(r"[+-]?\d+")
_PART: Final = "tables."


def case_lines(content: Strict) -> list[tuple[str, object, Text]]:
    """Return key, value and meaning of each line of the sheet ``case``.

    Parameters
    ----------
    content
        What ``case.yaml`` says.
    """
    values = content.model_dump()
    tables: dict[str, str] = values.pop("tables", {})
    lines = [(key, value, MEANINGS[key]) for key, value in values.items()]
    return lines + [(f"{_PART}{name}", how, MEANINGS["tables"]) for name, how in tables.items()]


def read_case_sheet[Model: Strict](raw: RawTable | None, file: str, model: type[Model]) -> Model:
    """Read the sheet ``case`` of a workbook into a model.

    Parameters
    ----------
    raw
        The sheet as text, or ``None`` if the workbook has none.
    file
        Name of the workbook.
    model
        The model that ``case.yaml`` fits.

    Raises
    ------
    InputError
        With one fault for each unknown, repeated or missing key and each wrong value.
    """
    if raw is None or not {"key", "value"} <= set(raw.frame.columns):
        raise InputError(
            [
                Fault(
                    Text(
                        "the workbook has no sheet 'case' with the columns key and value",
                        "工作簿中没有含 key 与 value 两列的工作表 case",
                    ),
                    Text(
                        "add it, as 'eastwest init --format xlsx' writes it",
                        "请补充，格式同 eastwest init --format xlsx 的输出",
                    ),
                    file=raw.file if raw is not None else file,
                )
            ]
        )
    content: dict[str, Any] = {}
    tables: dict[str, str] = {}
    rows: dict[str, int] = {}
    faults: list[Fault] = []
    for key, value, row in zip(raw.frame["key"], raw.frame["value"], raw.rows, strict=True):
        if key in rows:
            faults.append(
                Fault(
                    Text("the key stands in row {row} already", "该键已在第 {row} 行").filled(
                        row=rows[key]
                    ),
                    Text("keep one of the two", "只保留其中一个"),
                    raw.file,
                    int(row),
                    "key",
                    str(key),
                )
            )
            continue
        rows[str(key)] = int(row)
        if str(key).startswith(_PART):
            tables[str(key).removeprefix(_PART)] = str(value)
        elif value != "":
            # Whether 2026 is a number or text depends on its cell; only the year is a number.
            whole = key == "year" and _WHOLE.fullmatch(str(value)) is not None
            content[str(key)] = int(value) if whole else str(value)
    try:
        read = model.model_validate(content | ({"tables": tables} if tables else {}))
    except ValidationError as error:
        faults += model_faults(
            raw.file, model, error, lambda location: rows.get(".".join(map(str, location)))
        )
        raise InputError(faults) from error
    if faults:
        raise InputError(faults)
    return read
