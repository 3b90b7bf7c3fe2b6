"""A console with the small patrol on it, and tabs that must not err: for tests in a browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from issues.catalogue import load_catalogue
from issues.queries import get_issue
from issues.rows import IssueDetail
from issues.store import open_store
from tests.api.browser import Watch, chromium, sign_in
from tests.api.conftest import Prepared
from tests.api.console_server import serving
from tests.api.patrol import Patrol

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DESK = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
LOCALES = {"en": "en-GB", "zh": "zh-CN"}


@dataclass(frozen=True)
class Console:
    """A console that runs, with its data; ``patrol`` says what is in it."""

    base: str
    data: Path
    key: str
    patrol: Patrol
    browser: Browser

    @contextmanager
    def tab(
        self, lang: str = "en", key: str | None = None, path: str = "/review"
    ) -> Iterator[Page]:
        """A tab of somebody who is signed in; what goes wrong in it fails the test."""
        context = self.browser.new_context(
            viewport={"width": DESK["width"], "height": DESK["height"]},
            locale=LOCALES[lang],
            base_url=self.base,
        )
        context.set_default_timeout(60_000)
        page = context.new_page()
        watch = Watch(self.base)
        watch.over(page)
        sign_in(page, self.base, key or self.key, path)
        page.wait_for_selector("main")
        yield page
        context.close()
        assert watch.faults == []

    def issue(self, number: str) -> IssueDetail:
        """An issue as it stands in the store."""
        store = open_store(None, self.data)
        try:
            with store.reading() as session:
                return get_issue(session, load_catalogue(), number)
        finally:
            store.close()


@contextmanager
def console(walked: Prepared, folder: Path) -> Iterator[Console]:
    """A server on a copy of the walked folder, and a browser."""
    shutil.copytree(walked.folder, folder / "data")
    assert walked.patrol is not None
    with serving(folder / "data", folder / "server.log") as base, chromium() as browser:
        yield Console(base, folder / "data", walked.admin_key, walked.patrol, browser)
