"""Every number of a report is a number of the run, and says which."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.report.page_reader import Mark, Page, RunFolder, agrees, read_page

WORDS_WITH_DIGITS = re.compile(r"CO2|SHA-256")


def _page(path: Path) -> Page:
    return read_page(path.read_text(encoding="utf-8"))


def _wrong(page: Page, folders: list[Path]) -> list[tuple[Mark, object]]:
    runs = [RunFolder(folder) for folder in folders]
    pairs = [(mark, runs[mark.run - 1].value(mark.origin)) for mark in page.marks]
    return [(mark, value) for mark, value in pairs if not agrees(mark.text, value)]


def test_every_mark_of_one_run_is_what_it_names(tiny_run: Path, tiny_page: Path) -> None:
    page = _page(tiny_page)
    assert len(page.marks) > 500
    assert _wrong(page, [tiny_run]) == []


def test_every_mark_of_several_runs_is_what_it_names(
    tiny_run: Path, period_run: Path, several_page: Path
) -> None:
    page = _page(several_page)
    assert {mark.run for mark in page.marks} == {1, 2}
    assert _wrong(page, [period_run, tiny_run]) == []


@pytest.mark.parametrize("name", ["tiny_page", "several_page"])
def test_no_digit_stands_outside_a_mark(name: str, request: pytest.FixtureRequest) -> None:
    page = _page(request.getfixturevalue(name))
    assert len(page.unmarked) > 200
    loose = [
        text
        for _language, text in page.unmarked
        if re.search("[0-9]", WORDS_WITH_DIGITS.sub("", text))
    ]
    assert loose == []


def test_the_marks_are_looked_at(tiny_run: Path) -> None:
    run = RunFolder(tiny_run)
    cost = run.value("costs:*|*:million_yuan")
    assert cost == pytest.approx(run.record["metrics"]["total_cost"], rel=1e-9)
    assert agrees("1,088", cost)
    assert not agrees("1,089", cost)
    assert not agrees("70.1%", run.value("run:metrics:west_share"))
    assert agrees("70.0%", run.value("run:metrics:west_share"))
    assert agrees("–", float("nan"))
    assert not agrees("0", float("nan"))
