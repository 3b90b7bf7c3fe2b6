"""A real headless chromium, and a watch on what it says and asks for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@dataclass
class Watch:
    """Everything that a page should not do."""

    base: str
    faults: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        page.on("console", lambda m: self._note("console", m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self._note("page error", str(error)))
        page.on("request", lambda request: self._see(request.url))
        page.on("response", lambda r: self._note("status", f"{r.status} {r.url}", r.status >= 400))

    def _note(self, kind: str, text: str, wrong: bool = True) -> None:
        if wrong:
            self.faults.append(f"{kind}: {text}")

    def _see(self, url: str) -> None:
        own = (self.base, self.base.replace("http", "ws", 1), "data:", "blob:")
        self._note("foreign request", url, not url.startswith(own))


@contextmanager
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def sign_in(page: Page, base: str, key: str, path: str = "/") -> None:
    page.goto(base + path)
    page.fill("#key", key)
    page.click("button[type=submit]")
