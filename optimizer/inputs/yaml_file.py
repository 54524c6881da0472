"""Strict YAML files: every key known, every fault with its line."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from optimizer.errors import Fault, InputError
from optimizer.labels import Text
from optimizer.tables.read import unreadable_fault


class Strict(BaseModel):
    """Base of all parts of a YAML file: frozen, unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def read_yaml[Model: Strict](path: Path, model: type[Model]) -> Model:
    """Read a YAML file into a model.

    Parameters
    ----------
    path
        File to read (YAML 1.2, UTF-8).
    model
        The pydantic model it must fit.

    Raises
    ------
    InputError
        With one fault for each unknown key, missing key or wrong value, at its line.
    """
    try:
        content = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        raise InputError(
            [
                Fault(
                    Text("not valid YAML ({reason})", "YAML 格式错误（{reason}）").filled(
                        reason=error.problem
                    ),
                    Text("correct the line", "请修正该行"),
                    path.name,
                    line,
                )
            ]
        ) from error
    except (OSError, UnicodeError) as error:
        raise InputError([unreadable_fault(path.name, error)]) from error
    if not isinstance(content, CommentedMap):
        raise InputError(
            [
                Fault(
                    Text("the file holds no keys", "文件中没有键值"),
                    Text("write it as 'key: value' lines", "请按“键: 值”逐行填写"),
                    path.name,
                )
            ]
        )
    try:
        return model.model_validate(_plain(content))
    except ValidationError as error:
        raise InputError(
            model_faults(path.name, model, error, lambda location: _line(content, location))
        ) from error


def model_faults(
    file: str,
    model: type[Strict],
    error: ValidationError,
    line_of: Callable[[tuple[int | str, ...]], int | None],
) -> list[Fault]:
    """Return a fault for each thing that a model refuses.

    Parameters
    ----------
    file
        Name of the file or sheet.
    model
        The model.
    error
        What it said.
    line_of
        Gives the line of a location, if known.
    """
    return [_fault(file, line_of(tuple(detail["loc"])), model, detail) for detail in error.errors()]


def _plain(node: object) -> object:
    """Return the content without the containers of the YAML library."""
    if isinstance(node, Mapping):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    if isinstance(node, bool):
        return bool(node)
    for kind in (str, int, float):
        if isinstance(node, kind):
            return kind(node)
    return node


def _line(content: object, location: tuple[int | str, ...]) -> int | None:
    """Return the line of the deepest part of a location that the file has."""
    line: int | None = None
    node = content
    for part in location:
        if isinstance(node, CommentedMap) and part in node:
            line = int(node.lc.key(part)[0]) + 1
            node = node[part]
        elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
            line = int(node.lc.item(part)[0]) + 1
            node = node[part]
    return line


def _keys_at(model: type[Strict], location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the part of a file at a location may have."""
    part_type: Any = model
    for part in location:
        if isinstance(part, int):
            part_type = next(iter(get_args(part_type)), None)
        else:
            field = getattr(part_type, "model_fields", {}).get(part)
            part_type = None if field is None else field.annotation
    return list(getattr(part_type, "model_fields", ()))


def _fault(file: str, line: int | None, model: type[Strict], detail: Mapping[str, Any]) -> Fault:
    location = tuple(detail["loc"])
    name = ".".join(str(part) for part in location)
    value = detail.get("input")
    shown = "" if isinstance(value, Mapping | list) or value is None else str(value)
    if detail["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(location[-1]), _keys_at(model, location[:-1]), n=1)
        repair = (
            Text("rename it to {name}", "更名为 {name}").filled(name=near[0])
            if near
            else Text("remove it", "删除该键")
        )
        return Fault(Text("unknown key", "未知的键"), repair, file, line, name)
    if detail["type"] == "missing":
        return Fault(
            Text("the key is missing", "缺少该键"), Text("add it", "请补充"), file, line, name
        )
    return Fault(
        Text("not valid here ({reason})", "取值无效（{reason}）").filled(reason=detail["msg"]),
        Text("correct the value", "请修正取值"),
        file,
        line,
        name,
        shown,
    )
