"""Options that every verb has: language and debugging."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
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


def study_options[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Add what verbs that solve many plans have in common: how each is solved, and the output."""
    for option in reversed(
        (
            click.option(
                "--relaxed",
                is_flag=True,
                help="Linear relaxation: modules may be split, lower bounds, much faster. "
                "线性松弛：模块可拆分，只给下界，快得多。",
            ),
            click.option(
                "--gap",
                type=click.FloatRange(0.0, 1.0),
                default=1e-3,
                show_default=True,
                help="Asked gap of every plan, relative to the location-dependent cost. "
                "各方案要求的间隙（相对与选址有关成本）。",
            ),
            click.option(
                "--time-limit",
                type=click.FloatRange(0.0, min_open=True),
                default=None,
                help="Seconds for the search of every plan. 每个方案的搜索时限（秒）。",
            ),
            click.option("--force", is_flag=True, help="Replace the folder. 替换已有文件夹。"),
            click.option("--json", "as_json", is_flag=True, help="Print JSON. 以 JSON 输出。"),
        )
    ):
        function = option(function)
    return function


basemap_option = click.option(
    "--basemap",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="Other boundaries (GeoJSON). 替换行政边界（GeoJSON）。",
)

languages_option = click.option(
    "--lang",
    "languages",
    multiple=True,
    type=click.Choice(LANGUAGES),
    help="Language, the other one too if given twice. 语言，可同时给出两种。",
)
