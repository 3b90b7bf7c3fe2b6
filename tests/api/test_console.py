"""The console in a real browser: signing in, reviewing by keyboard, both languages, no stranger."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.auth import create_key
from issues.catalogue import load_catalogue
from issues.issue import Status
from issues.queries import get_issue, list_issues
from issues.store import open_store
from tests.api.browser import CHROMIUM, Watch, chromium, sign_in
from tests.api.conftest import Prepared
from tests.api.console_server import serving
from tests.api.patrol import Patrol, picture

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("playwright")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"),
]

WORDS = {
    "en": {"new": "New", "done": "All done", "none": "Nothing", "signin": "Sign in"},
    "zh": {"new": "待核实", "done": "全部处理完毕", "none": "没有", "signin": "登录"},
}
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1366, "height": 768}


@dataclass(frozen=True)
class Site:
    base: str
    data: Path
    key: str
    looker_key: str
    patrol: Patrol


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module", params=["en", "zh"])
def lang(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture(scope="module")
def site(
    lang: str, walked_folder: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp(f"console-{lang}")
    shutil.copytree(walked_folder.folder, folder / "data")
    store = open_store(None, folder / "data")
    looker = create_key(store, "looker", ["read"])
    store.close()
    assert walked_folder.patrol is not None
    with serving(folder / "data", folder / "server.log") as base:
        key, patrol = walked_folder.admin_key, walked_folder.patrol
        yield Site(base, folder / "data", key, looker, patrol)


@dataclass
class Tab:
    page: Page
    watch: Watch


@pytest.fixture
def tab(browser: Browser, site: Site, lang: str) -> Iterator[Tab]:
    locale = "zh-CN" if lang == "zh" else "en-GB"
    context = browser.new_context(viewport=DESK, locale=locale)
    context.set_default_timeout(60_000)
    page = context.new_page()
    watch = Watch(site.base)
    watch.over(page)
    yield Tab(page, watch)
    context.close()
    assert watch.faults == []


def status(site: Site, number: str) -> Status:
    store = open_store(None, site.data)
    try:
        with store.reading() as session:
            return get_issue(session, load_catalogue(), number).row.status
    finally:
        store.close()


def wait_for_picture(page: Page) -> None:
    page.wait_for_function(
        "() => { const all = [...document.querySelectorAll('.tc-frame img')];"
        " return all.length && all.every((img) => img.complete && img.naturalWidth > 100); }"
    )


def press(page: Page, key: str) -> None:
    """Presses a key and waits until the page shows what follows."""
    before = page.inner_text("main")
    page.keyboard.press(key)
    page.wait_for_function(
        "(before) => document.querySelector('main').innerText !== before", arg=before
    )


def test_only_a_right_key_gets_in(tab: Tab, site: Site, lang: str) -> None:
    page = tab.page
    page.goto(f"{site.base}/issues?status=open")
    assert WORDS[lang]["signin"] in page.inner_text("button[type=submit]")
    page.fill("#key", "tck_wrong")
    page.click("button[type=submit]")
    page.wait_for_selector("[role=alert]")
    assert len(tab.watch.faults) == 2  # the refusal itself, as a status and on the console
    tab.watch.faults.clear()
    page.fill("#key", site.key)
    page.click("button[type=submit]")
    page.wait_for_selector(".tc-row")
    assert page.url == f"{site.base}/issues?status=open"
    cookie = next(c for c in page.context.cookies() if c["name"] == "tidycity_session")
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    page.click("header form button")
    page.wait_for_selector("#key")
    page.goto(f"{site.base}/review")
    page.wait_for_selector("#key")


def test_a_looker_sees_but_can_not_decide(tab: Tab, site: Site) -> None:
    sign_in(tab.page, site.base, site.looker_key)
    tab.page.wait_for_selector(".tc-facts")
    assert tab.page.locator(".tc-actions button").count() == 1  # skip
    assert tab.page.locator("header nav a[href='/upload']").count() == 0
    tab.page.keyboard.press("a")
    tab.page.wait_for_selector(".q-notification")
    assert status(site, site.patrol.new) is Status.CANDIDATE


@pytest.mark.parametrize(
    ("path", "mark"),
    [
        ("/review", ".tc-facts"),
        ("/review?queue=fixed", ".tc-facts"),
        ("/review?queue=returned", ".tc-facts"),
        ("/issues", ".tc-row"),
        ("/issues/{back}", ".tc-history li"),
        ("/issues/TC-1999-000001", ".tc-empty"),
        ("/upload", "#tc-drop"),
    ],
)
def test_every_page_at_desk_and_phone(
    tab: Tab, site: Site, lang: str, path: str, mark: str
) -> None:
    page = tab.page
    sign_in(page, site.base, site.key, path.format(back=site.patrol.back))
    page.wait_for_selector(mark)
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"], f"{path} is {wide} px wide at {size['width']}"
    assert page.get_attribute("html", "lang") == ("zh-CN" if lang == "zh" else "en")
    if lang == "zh":
        assert re.search("[一-鿿]{2}", page.inner_text("main"))


def test_the_reference_needs_no_internet(tab: Tab, site: Site) -> None:
    tab.page.goto(f"{site.base}/docs")
    tab.page.wait_for_selector(".opblock")


def test_the_map_needs_no_tiles(tab: Tab, site: Site) -> None:
    page = tab.page
    sign_in(page, site.base, site.key, "/map")
    page.wait_for_selector("body[data-map-ready=yes]")
    points = page.locator(".leaflet-overlay-pane path")
    assert points.count() == 4  # one has no place
    points.first.click()
    page.wait_for_selector(".tc-popup a")
    assert page.locator(".leaflet-tile").count() == 0
    page.locator(".tc-popup a").first.press("Enter")  # the map may still move under a pointer
    page.wait_for_selector(".tc-history")


def test_an_address_that_leads_nowhere(tab: Tab, site: Site) -> None:
    tab.page.goto(f"{site.base}/nothing")
    assert tab.page.locator(".tc-links a").get_attribute("href") == "/"
    assert any("404" in fault for fault in tab.watch.faults)
    tab.watch.faults.clear()


def test_the_language_can_be_switched(tab: Tab, site: Site, lang: str) -> None:
    page = tab.page
    sign_in(page, site.base, site.key)
    page.wait_for_selector(".tc-facts")
    page.click(".tc-who a[lang]")
    other = "en" if lang == "zh" else "zh"
    page.wait_for_selector(f".tc-tabs >> text={WORDS[other]['new']}")
    assert page.url.startswith(f"{site.base}/review")


def test_photos_are_sent_and_told(tab: Tab, site: Site, tmp_path: Path) -> None:
    pytest.importorskip("detect.privacy")
    page = tab.page
    (tmp_path / "heap.jpg").write_bytes(picture(99))
    (tmp_path / "cut.jpg").write_bytes(picture(98)[:5000])
    sign_in(page, site.base, site.key, "/upload")
    page.wait_for_selector("#tc-drop")
    page.set_input_files("#tc-files", [tmp_path / "heap.jpg", tmp_path / "cut.jpg"])
    page.wait_for_selector(".tc-results a[href='/review']")
    rows = page.locator(".tc-results tr").all_inner_texts()
    assert "TC-" in rows[0]
    assert "TC-" not in rows[1]
    assert "cut.jpg" in rows[1]


def test_the_queues_are_reviewed_by_keyboard_until_empty(tab: Tab, site: Site, lang: str) -> None:
    page, patrol = tab.page, site.patrol
    sign_in(page, site.base, site.key, "/review")
    page.wait_for_selector(".tc-facts")
    wait_for_picture(page)
    first = page.inner_text(".tc-facts a")
    press(page, "ArrowRight")
    assert page.inner_text(".tc-facts a") != first
    press(page, "ArrowLeft")
    assert page.inner_text(".tc-facts a") == first == patrol.stays
    press(page, "a")
    assert status(site, patrol.stays) is Status.CONFIRMED
    press(page, "u")
    assert status(site, patrol.stays) is Status.CANDIDATE
    assert page.inner_text(".tc-facts a") == patrol.stays
    press(page, "Enter")
    press(page, "r")
    page.wait_for_selector(".tc-choices")
    press(page, "Escape")
    press(page, "r")
    press(page, "3")
    while page.locator(".tc-facts").count():
        press(page, "a")
    assert WORDS[lang]["done"] in page.inner_text(".tc-empty")

    page.goto(f"{site.base}/review?queue=fixed")
    page.wait_for_selector(".tc-facts")
    wait_for_picture(page)
    assert page.locator(".tc-frame").count() == 2
    press(page, "a")
    page.wait_for_selector(".tc-empty")
    assert status(site, patrol.fixed) is Status.CLOSED
    press(page, "u")
    assert status(site, patrol.fixed) is Status.CANDIDATE
    press(page, "r")
    page.goto(f"{site.base}/review?queue=returned")
    page.wait_for_selector(".tc-facts")
    assert page.locator(".tc-frame").count() == 2
    press(page, "a")
    assert status(site, patrol.back) is Status.CONFIRMED

    store = open_store(None, site.data)
    with store.reading() as session:
        rows = list_issues(session, load_catalogue(), limit=50).items
    store.close()
    stand = {row.number: row.status for row in rows}
    assert stand[patrol.stays] is Status.CONFIRMED
    assert list(stand.values()).count(Status.REJECTED) == 1
