"""Options that every verb has: language and debugging."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from optimizer.labels import LANGUAGES, Language, default_language


@dataclass(slots=True)
class Settings:
    """What the user asked of every verb."""

    language: Language
    debug: bool


_current = Settings(default_language(), debug=False)


def settings() -> Settings:
    """Return the settings of this call of the command."""
    return _current


def common_options[**P, R](function: Callable[P, R]) -> Callable[..., R]:
    """Add ``--lang`` and ``--debug`` to a verb; read them with :func:`settings`."""

    @click.option(
        "--lang",
        type=click.Choice(LANGUAGES),
        default=None,
        help="Language of all output. 输出语言。",
    )
    @click.option("--debug", is_flag=True, help="Show tracebacks. 显示调用栈。")
    @functools.wraps(function)
    def wrapped(*args: Any, lang: Language | None, debug: bool, **options: Any) -> R:  # noqa: ANN401
        _current.language = lang or default_language()
        _current.debug = debug
        return function(*args, **options)

    return wrapped


def debug_option[**P, R](function: Callable[P, R]) -> Callable[..., R]:
    """Add ``--debug`` alone, for a verb whose ``--lang`` may be given more than once."""

    @click.option("--debug", is_flag=True, help="Show tracebacks. 显示调用栈。")
    @functools.wraps(function)
    def wrapped(*args: Any, debug: bool, **options: Any) -> R:  # noqa: ANN401
        _current.language = default_language()
        _current.debug = debug
        return function(*args, **options)

    return wrapped
