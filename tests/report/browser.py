"""A browser for tests, where the machine has one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def browser_program() -> str | None:
    """Return the path of an installed Chromium; ``CHROMIUM`` names another one."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """Start Chromium without a window and end it again."""
    program = browser_program()
    assert program is not None
    with sync_playwright() as driver:
        started = driver.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        try:
            yield started
        finally:
            started.close()


@dataclass
class Opened:
    """An opened page with everything that it said or asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def evaluate(self, script: str) -> object:
        """Return what a script of the page gives."""
        return self.page.evaluate(script)

    def show(self, language: str) -> None:
        """Switch to a language and wait until its charts are drawn."""
        switch = self.page.locator(f".page:not([hidden]) [data-switch={language}]")
        if switch.count():
            switch.click()
        self.page.wait_for_selector(f".page[data-language={language}][data-ready=yes]")


def opened(started: Browser, path: Path, width: int) -> Opened:
    """Open a file in a window of a width and wait until its first language is drawn."""
    page = started.new_page(viewport={"width": width, "height": 900})
    result = Opened(page)
    page.on("console", lambda message: result.said.append(message.text))
    page.on("pageerror", lambda error: result.said.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("file:", "data:", "blob:"))
            else result.asked.append(request.url)
        ),
    )
    page.goto(path.as_uri())
    page.wait_for_selector(".page:not([hidden])[data-ready=yes]")
    return result
