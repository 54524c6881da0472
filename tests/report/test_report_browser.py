"""The page as a reader meets it, in Chromium where the machine has one.

What needs no browser is tested in ``test_report_page.py`` on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.report.browser import Opened, browser, browser_program, opened

HERE = browser_program() is not None
SHOWN = "document.querySelector('.page:not([hidden])')"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start one browser for the tests of this file."""
    with browser() as started:
        yield started


def _count(page: Opened, selector: str) -> int:
    found = page.evaluate(f"{SHOWN}.querySelectorAll('{selector}').length")
    assert isinstance(found, int)
    return found


def _choose(page: Opened, signal: str, value: str) -> None:
    select = page.page.locator(f".page:not([hidden]) select[data-signal={signal}]")
    select.select_option(value)
    page.page.wait_for_timeout(250)


def _fills(page: Opened) -> list[str]:
    found = page.evaluate(
        f"[...{SHOWN}.querySelectorAll('g.provinces_marks path')].map(e => e.getAttribute('fill'))"
    )
    assert isinstance(found, list)
    return [str(fill) for fill in found]


if HERE:

    @pytest.mark.parametrize("width", [1280, 390])
    def test_page_is_quiet_complete_and_fits(
        chromium: Browser, tiny_page: Path, width: int
    ) -> None:
        page = opened(chromium, tiny_page, width)
        for language in ("en", "zh"):
            page.show(language)
            assert _count(page, "g.provinces_marks path") == 34
            assert _count(page, "g.dashes_marks path") == 10
            assert _count(page, "g.islands_marks path") > 50
            assert _count(page, ".plot svg") == _count(page, ".plot") > 6
            scroll = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert scroll == [width, width]
            beyond = page.evaluate(
                f"[...{SHOWN}.querySelectorAll('*')].filter(e => !e.closest('.wide, .picture, svg')"
                " && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML)"
            )
            assert beyond == []
        assert page.said == []
        assert page.asked == []
        page.page.close()

    def test_controls_change_the_marks(chromium: Browser, several_page: Path) -> None:
        page = opened(chromium, several_page, 1280)
        fills = {}
        for layer in ("price", "green_share", "carbon", "demand"):
            _choose(page, "layer", layer)
            fills[layer] = tuple(_fills(page))
            legends = f".legend[data-layer={layer}]"
            assert page.page.locator(f".page:not([hidden]) {legends}").is_visible()
            assert page.page.locator(".page:not([hidden]) .legend[data-layer]:visible").count() == 1
        assert len(set(fills.values())) == 4
        assert _count(page, "g.flows_marks path") > 0
        _choose(page, "flows_shown", "no")
        assert _count(page, "g.flows_marks path") == 0
        page.page.close()

    def test_a_click_on_a_pie_shows_what_the_site_carries(
        chromium: Browser, tiny_page: Path
    ) -> None:
        page = opened(chromium, tiny_page, 1280)
        assert page.page.locator(".page:not([hidden]) .hint").is_visible()
        page.page.locator(".page:not([hidden]) g.pies_marks path").first.click()
        panel = page.page.locator(".page:not([hidden]) .panel:not([hidden])")
        panel.wait_for(state="attached")
        assert panel.get_attribute("data-site") == "west_cluster"
        assert "Chat" in panel.inner_text()
        assert "Base model" in panel.inner_text()
        page.page.locator(".page:not([hidden]) .hours-plot svg").wait_for()
        lines = page.page.locator(".page:not([hidden]) .hours-plot g.mark-line path")
        assert lines.count() == 2
        chosen = page.page.locator(".page:not([hidden]) select[data-signal=picked]")
        assert chosen.input_value() == "west_cluster"
        assert page.said == []
        page.page.close()

    def test_a_tooltip_tells_of_the_site_in_the_embedded_font(
        chromium: Browser, tiny_page: Path
    ) -> None:
        page = opened(chromium, tiny_page, 1280)
        page.show("zh")
        page.page.locator(".page:not([hidden]) g.pies_marks path").first.hover()
        tooltip = page.page.locator("#vg-tooltip-element.visible")
        tooltip.wait_for(timeout=5000)
        assert "西集群" in tooltip.inner_text()
        family = page.evaluate(
            "getComputedStyle(document.querySelector('#vg-tooltip-element td')).fontFamily"
        )
        assert str(family).startswith('"Eastwest Sans SC"')
        page.page.close()

    def test_controls_can_be_reached_and_used_by_keyboard(
        chromium: Browser, tiny_page: Path
    ) -> None:
        page = opened(chromium, tiny_page, 1280)
        wanted = "select[data-signal=picked]"
        for _press in range(80):
            page.page.keyboard.press("Tab")
            if page.evaluate(f"document.activeElement.matches('{wanted}')"):
                break
        assert page.evaluate(f"document.activeElement.matches('{wanted}')")
        page.page.keyboard.press("ArrowDown")
        page.page.wait_for_selector(".page:not([hidden]) .panel:not([hidden])", state="attached")
        page.page.close()

    def test_scenario_and_year_change_the_map(chromium: Browser, several_page: Path) -> None:
        page = opened(chromium, several_page, 1280)
        pies = f"[...{SHOWN}.querySelectorAll('g.pies_marks path')].map(e => e.getAttribute('d'))"
        shapes = [page.evaluate(pies)]
        _choose(page, "year", "2026")
        shapes.append(page.evaluate(pies))
        assert shapes[0] != shapes[1]
        _choose(page, "run", "2")
        disabled = page.evaluate(
            f"[...{SHOWN}.querySelectorAll('select[data-signal=year] option:disabled')]"
            ".map(e => e.value)"
        )
        assert disabled == ["2028"]
        shapes.append(page.evaluate(pies))
        assert shapes[2] != shapes[0]
        assert page.said == []
        page.page.close()

    def test_hostile_text_stays_text(chromium: Browser, hostile_page: Path) -> None:
        page = opened(chromium, hostile_page, 1280)
        for language in ("en", "zh"):
            page.show(language)
            _choose(page, "picked", "west_cluster")
            assert page.evaluate("window.stolen") is None
            assert _count(page, 'img:not([src^="data:image/png;base64,"])') == 0
            assert _count(page, "img") == 2, "the static map and the map of alternatives"
        assert page.said == []
        assert page.asked == []
        page.page.close()


def test_a_browser_is_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser_program() is None
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    assert browser_program() == str(program)
    monkeypatch.setenv("CHROMIUM", "other")
    assert browser_program() == "other"
