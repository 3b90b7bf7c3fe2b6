"""The rankings page in a browser: figures lead to as many issues, charts draw, two languages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from issues.areas import import_areas
from issues.catalogue import load_catalogue
from issues.intake import Intake
from issues.issue import Action
from issues.moves import move
from issues.store import Store, open_store
from tests.api.browser import CHROMIUM, Watch, chromium, sign_in
from tests.api.conftest import Prepared
from tests.api.console_server import serving
from tests.api.patrol import HERE, NOW, START, FakeModel, look, place
from tests.issues.test_areas import square, write_areas

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest.importorskip("playwright")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"),
]
DESK = {"width": 1366, "height": 768}
WORDS = {"en": ("Rankings", "Not enough looks"), "zh": ("排名", "巡查不足")}


def looked_at_often(store: Store) -> None:
    """Twenty more clear looks at the west, so that it is ranked."""
    intake = Intake(store, load_catalogue(), FakeModel())
    for n in range(20):
        at = START + timedelta(days=1, minutes=n)
        intake.record(look(f"clear-{n}.jpg", at, place(-50 - n), None, 100 + n))


@pytest.fixture(scope="module")
def site(walked_folder: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("rankings")
    shutil.copytree(walked_folder.folder, folder / "data")
    store = open_store(None, folder / "data")
    areas = [
        square("west", HERE, half_m=150, level="street"),
        square("east", (HERE[0] + 500 / 111_320, HERE[1]), half_m=320, level="street"),
    ]
    looked_at_often(store)
    import_areas(store, write_areas(folder / "areas.json", *areas), now=NOW)
    assert walked_folder.patrol is not None
    with store.transaction() as session:
        number, table = walked_folder.patrol.stays, load_catalogue()
        move(session, number, Action.CONFIRM, "li", catalogue=table, now=NOW)
    store.close()
    with serving(folder / "data", folder / "server.log") as base:
        yield base


def shot(page: Page, name: str) -> None:
    """A picture of the page, where somebody asks for it."""
    if folder := os.environ.get("RANKING_SHOTS"):
        page.wait_for_timeout(800)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_figures_lead_to_as_many_issues(lang: str, site: str, walked_folder: Prepared) -> None:
    title, unseen = WORDS[lang]
    with chromium() as browser:
        locale = "zh-CN" if lang == "zh" else "en-GB"
        context = browser.new_context(viewport=DESK, locale=locale)
        context.set_default_timeout(60_000)
        page = context.new_page()
        watch = Watch(site)
        watch.over(page)
        sign_in(page, site, walked_folder.admin_key, "/rankings?period=2026-05")
        page.wait_for_selector(".tc-rank-table table")
        page.wait_for_selector(".tc-rank-chart canvas")
        assert title in page.inner_text("h1")
        assert unseen in page.inner_text(".tc-rank-table")
        shot(page, f"rankings-{lang}")
        links = page.locator("a[data-figure]")
        found = [
            (link.get_attribute("href"), int(link.get_attribute("data-figure") or 0))
            for link in links.all()
        ]
        assert len(found) >= 4
        for href, figure in found[:6]:
            page.goto(f"{site}{href}")
            page.wait_for_selector("#tc-total")
            assert int(page.inner_text("#tc-total")) == figure
            assert page.locator(".tc-row").count() == figure
        shot(page, f"figure-{lang}")
        page.goto(f"{site}/rankings?period=nonsense&level=unit")
        page.wait_for_selector(".tc-error")
        context.close()
        assert watch.faults == []
