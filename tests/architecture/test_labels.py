"""Whatever is shown to people is there in English and in Chinese, with the same content."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from typing import Final

import pytest

from optimizer import labels
from optimizer.errors import Fault
from optimizer.inputs.policy_rows import UNIT_OF_KIND
from optimizer.labels import Text, default_language
from tests.architecture.package_source import modules, tree

_HAN: Final = re.compile("[\u4e00-\u9fff]")

# Calls whose first two texts are one message in both languages, by the place of the English one.
_BOTH_LANGUAGES: Final = {"Text": 0, "text": 1, "flag": 1, "number": 2, "integer": 2}


def _literal(node: ast.expr) -> str | None:
    """Return a text written out in the source, or ``None`` for one that is computed."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def _messages() -> Iterator[tuple[str, str, str]]:
    """Yield place, English and Chinese of every message written out in the package."""
    for name in modules():
        in_schema = name.startswith("optimizer.tables.")
        nodes = list(ast.walk(tree(name)))
        # A field without a message starts as an empty one.
        defaults = {id(node.value) for node in nodes if isinstance(node, ast.AnnAssign)}
        for node in nodes:
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            call = node.func.id
            if call not in _BOTH_LANGUAGES or (call != "Text" and not in_schema):
                continue
            first = _BOTH_LANGUAGES[call]
            both = {str(item.arg): item.value for item in node.keywords}
            parts = [
                node.args[first] if len(node.args) > first else both.get("en"),
                node.args[first + 1] if len(node.args) > first + 1 else both.get("zh"),
            ]
            if None in parts:
                continue
            english, chinese = (_literal(part) for part in parts if part is not None)
            if id(node) in defaults and english == chinese == "":
                continue
            if english is not None and chinese is not None:
                yield f"{name}:{node.lineno}", english, chinese


MESSAGES: Final = list(_messages())


def _placeholders(message: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(message) if name is not None)


def test_messages_are_found() -> None:
    assert len(MESSAGES) > 400


def test_no_message_is_empty_in_either_language() -> None:
    empty = [place for place, en, zh in MESSAGES if not en.strip() or not zh.strip()]
    assert empty == []


def test_chinese_messages_are_chinese_and_english_ones_are_not() -> None:
    wrong = [
        (place, english, chinese)
        for place, english, chinese in MESSAGES
        if _HAN.search(english) or not _is_chinese(english, chinese)
    ]
    assert wrong == []


def _is_chinese(english: str, chinese: str) -> bool:
    """Return whether a message is Chinese, a single name or unit, or all placeholders."""
    same_word = english == chinese and " " not in english
    bare = re.sub(r"\{[^}]*\}", "", chinese)
    return bool(_HAN.search(chinese)) or same_word or not re.search("[A-Za-z]", bare)


def test_both_languages_use_the_same_placeholders() -> None:
    different = [
        (place, english, chinese)
        for place, english, chinese in MESSAGES
        if _placeholders(english) != _placeholders(chinese)
    ]
    assert different == []


def test_every_text_takes_both_languages() -> None:
    short = [
        f"{name}:{node.lineno}"
        for name in modules()
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Text"
        and len(node.args) + len(node.keywords) != 2
    ]
    assert short == []


@pytest.mark.parametrize(
    "group",
    [name for name, value in vars(labels).items() if name.isupper() and name != "LANGUAGES"],
)
def test_labels_are_complete(group: str) -> None:
    values = vars(labels)[group]
    assert isinstance(values, dict)
    assert values
    for key, label in values.items():
        assert isinstance(label, Text), key
        assert label.en.strip(), key
        assert _HAN.search(label.zh), key
    for language in ("en", "zh"):
        shown = [getattr(label, language) for label in values.values()]
        assert len(set(shown)) == len(shown), f"two of {group} read the same in {language}"


def test_every_cost_term_has_a_label() -> None:
    charged = {
        node.args[0].value
        for name in modules()
        if name.startswith("optimizer.model.")
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"charge", "charge_asset"}
        and isinstance(node.args[0], ast.Constant)
    }
    assert charged == set(labels.COST_TERMS)


def test_policy_kinds_are_words_of_the_schema() -> None:
    assert all(re.fullmatch("[a-z_]+", kind) for kind in UNIT_OF_KIND)


def test_placeholders_that_are_messages_follow_the_language() -> None:
    outer = Text("{what} at {n} sites", "{n} 个站点的{what}")
    inner = Text("load", "负荷")
    assert outer.render("en", what=inner, n=3) == "load at 3 sites"
    assert outer.render("zh", what=inner, n=3) == "3 个站点的负荷"
    assert outer.filled(what=inner, n=3) == Text("load at 3 sites", "3 个站点的负荷")


def test_text_without_placeholders_may_hold_braces() -> None:
    assert Text("{a}", "{甲}").render("zh") == "{甲}"


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LANG": "de_DE", "LC_ALL": "", "LC_MESSAGES": "ZH_CN"}, "zh"),
    ],
)
def test_language_of_the_locale(
    variables: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert default_language() == language


@pytest.mark.parametrize(
    ("fault", "en", "zh"),
    [
        (
            Fault(Text("wrong", "有误"), Text("mend it", "请更正")),
            "wrong → mend it",
            "有误 → 请更正",
        ),
        (
            Fault(Text("wrong", "有误"), Text("mend it", "请更正"), "a.csv"),
            "a.csv: wrong → mend it",
            "a.csv：有误 → 请更正",
        ),
        (
            Fault(Text("wrong", "有误"), Text("mend it", "请更正"), "a.csv", 7, "b", "c"),
            "a.csv:7 [b] = 'c': wrong → mend it",
            "a.csv:7 [b] = 'c'：有误 → 请更正",
        ),
    ],
)
def test_fault_reads_as_one_line(fault: Fault, en: str, zh: str) -> None:
    assert fault.render("en") == en
    assert fault.render("zh") == zh
