"""Every command of the README does what the README says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final

import pytest

from optimizer.cli import app
from tests.end_to_end.price_table import price_table

ROOT: Final = Path(__file__).resolve().parents[2]
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
OF_SCENARIO: Final = [
    ("scenarios", "west-share-60", "--run"),
    (
        "compare",
        "reports/scenarios/national-2026",
        "reports/scenarios/national-2026+west-share-60",
    ),
]
"""Commands that need each other, in order; the first solves the national case twice."""

NATIONAL: Final = {("plan",), ("plan", "--scenario", "west-share-60"), *OF_SCENARIO}
"""Commands that solve the national case: minutes, so they are marked long."""


def commands() -> list[tuple[str, ...]]:
    """Return the eastwest commands of the shell blocks, in order."""
    found = []
    for block in re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL):
        for line in block.splitlines():
            for part in line.split("&&"):
                words = tuple(shlex.split(part))
                if words[:3] == ("uv", "run", "eastwest"):
                    found.append(words[3:])
    return found


def test_readme_names_the_two_commands_first() -> None:
    first = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)[0]
    assert first == "pip install uv && uv run eastwest plan\nuv run pytest\n"
    assert set(commands()) >= NATIONAL


@pytest.mark.long
def test_short_commands_run_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    short = [command for command in commands() if command not in NATIONAL]
    assert len(short) == 8
    for command in short:
        assert app.run(list(command)) == 0, command


def test_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102 - the README's own example
    assert (tmp_path / "reports" / "runs" / "mine" / "run.json").is_file()


@pytest.mark.long
@pytest.mark.parametrize("command", sorted(NATIONAL - set(OF_SCENARIO)))
def test_national_commands_run(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert app.run(list(command)) == 0


@pytest.mark.long
def test_a_scenario_is_run_and_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in OF_SCENARIO:
        assert app.run(list(command)) == 0, command


def test_price_table_is_that_of_the_pack() -> None:
    assert price_table() in README
