"""The pages under "More" in a real browser: requests, the feed, sample points, what is to check."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from api.auth import create_key
from api.feed.message import Describer
from issues.catalogue import load_catalogue
from issues.feed.posting import fan_out
from issues.feed.target import TargetKind
from issues.feed.targets import add_target
from issues.issue import Action
from issues.moves import move
from issues.scoring.sample_points import SamplePoint, latest_assessment, put_sample_points
from issues.service_requests import Report, RequestState, add_request, get_request
from issues.store import Store, open_store
from issues.store.feed_schema import DeliveryRecord
from tests.api.browser import CHROMIUM
from tests.api.conftest import Prepared
from tests.api.console_site import PHONE, Console, console
from tests.api.patrol import HERE, NOW, Patrol

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytest.importorskip("playwright")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"),
]
MORE = ["/checks", "/requests", "/sample-points", "/hot-spots", "/areas", "/feed", "/keys"]


def fill(store: Store, patrol: Patrol) -> None:
    """Two requests, a sample point, a fix that was reported, a delivery that was given up."""
    table = load_catalogue()
    with store.transaction() as session:
        for text in ("rubbish by the gate", "a dog barks"):
            report = Report("litter.pile", text, *HERE, contact={"email": "a@example.org"})
            add_request(session, report, "citizen", NOW)
        point = SamplePoint(
            code="m-1",
            kind="market",
            name_en="East market",
            name_zh="东市场",
            lat=HERE[0],
            lon=HERE[1],
        )
        put_sample_points(session, [point], NOW)
        add_target(session, "tracker", TargetKind.RECORD, "", now=NOW)
        for action in (Action.CONFIRM, Action.ASSIGN, Action.REPORT_FIXED):
            more = {"unit": "street office"} if action is Action.ASSIGN else {}
            move(session, patrol.back, action, "li", catalogue=table, now=NOW, **more)
    with store.transaction() as session:
        while fan_out(session, table, Describer(table).describe, NOW):
            pass
        session.execute(update(DeliveryRecord).values(state="dead", attempts=10))


@pytest.fixture(scope="module")
def site(walked_folder: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder: Path = tmp_path_factory.mktemp("desk")
    shutil.copytree(walked_folder.folder, folder / "walked")
    store = open_store(None, folder / "walked")
    assert walked_folder.patrol is not None
    fill(store, walked_folder.patrol)
    store.close()
    walked = Prepared(folder / "walked", walked_folder.admin_key, walked_folder.patrol)
    with console(walked, folder) as site:
        yield site


@pytest.fixture(params=["en", "zh"])
def page(request: pytest.FixtureRequest, site: Console) -> Iterator[Page]:
    with site.tab(request.param) as page:
        yield page


def test_more_leads_to_every_page(page: Page) -> None:
    page.click(".tc-more-menu summary")
    links = page.locator(".tc-more-menu nav a")
    assert [links.nth(n).get_attribute("href") for n in range(links.count())] == MORE
    page.keyboard.press("Escape")
    assert page.locator(".tc-more-menu[open]").count() == 0
    for path in ("/checks", "/requests", "/sample-points", "/feed"):
        page.goto(path)
        page.wait_for_selector("main h1")
        for size in (PHONE, {"width": 1366, "height": 768}):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, (path, size)


def test_a_viewer_finds_no_requests_and_no_feed(site: Console) -> None:
    store = open_store(None, site.data)
    viewer = create_key(store, "viewer", ["read"])
    store.close()
    with site.tab("en", viewer) as page:
        links = page.locator(".tc-more-menu nav a")
        found = [links.nth(n).get_attribute("href") for n in range(links.count())]
        assert found == [path for path in MORE if path not in {"/requests", "/feed", "/keys"}]
        page.goto("/sample-points/m-1")
        page.wait_for_selector("#tc-sheet")
        assert page.locator("#tc-sheet button").count() == 0


def state_of(site: Console, request: str) -> RequestState:
    store = open_store(None, site.data)
    with store.reading() as session:
        row = get_request(session, request)
    store.close()
    return row.state


def test_requests_are_linked_and_answered(site: Console) -> None:
    with site.tab("en", path="/requests") as page:
        page.wait_for_selector("#tc-said, .tc-row")
        assert page.locator(".tc-row").count() == 2
        page.click(".tc-row >> text=rubbish by the gate")
        page.wait_for_selector("#tc-link")
        assert "a@example.org" in page.inner_text("main")
        linked = page.url.rsplit("/", 1)[1]
        page.check(f'input[name="issue"][value="{site.patrol.stays}"]')
        page.click("#tc-link button")
        page.wait_for_selector(f'.tc-facts a[href="/issues/{site.patrol.stays}"]')
        assert state_of(site, linked) is RequestState.LINKED
        assert page.locator("#tc-reject").count() == 0
        page.goto("/requests")
        page.click(".tc-row")
        page.wait_for_selector("#tc-reject")
        rejected = page.url.rsplit("/", 1)[1]
        page.fill("#tc-reject input", "Noise is for the police.")
        page.click("#tc-reject button")
        page.wait_for_function("document.querySelector('.tc-facts').innerText.includes('police')")
        assert state_of(site, rejected) is RequestState.REJECTED
        page.goto("/requests?state=rejected")
        page.wait_for_selector(".tc-row")


def test_a_dead_delivery_is_replayed(site: Console) -> None:
    with site.tab("en", path="/feed?state=dead") as page:
        button = page.locator("button[data-post*='/deliveries/']")
        before = button.count()
        assert before >= 3
        button.first.click()
        page.wait_for_function(
            "(n) => document.querySelectorAll(\"button[data-post*='/deliveries/']\").length < n",
            arg=before,
        )
        page.goto("/feed")
        page.wait_for_selector("button[data-post*='/deliveries/']")
        assert button.count() == before


def test_a_point_is_entered_assessed_and_removed(site: Console) -> None:
    with site.tab("zh", path="/sample-points") as page:
        page.wait_for_selector("#tc-point")
        for name, text in {"code": "t-2", "name_zh": "公厕", "lat": "30.3", "lon": "120.2"}.items():
            page.fill(f'#tc-point [name="{name}"]', text)
        page.select_option('#tc-point [name="kind"]', "toilet")
        page.click("#tc-point button")
        page.click("a[href='/sample-points/t-2']")
        page.wait_for_selector("#tc-sheet")
        marks = page.locator("#tc-sheet input[type=number]")
        assert marks.count() > 2
        marks.first.fill("1")
        page.locator("#tc-sheet td input[name^=note]").first.fill("地面湿滑")
        assert page.inner_text("#tc-sum").startswith("1 / ")
        with page.expect_navigation():  # the page comes anew with what was kept
            page.click("#tc-sheet button")
        page.wait_for_selector("#tc-sheet")
        page.wait_for_function(
            "document.querySelector('#tc-sheet input[name^=note]').value === '地面湿滑'"
        )
        store = open_store(None, site.data)
        with store.reading() as session:
            kept = latest_assessment(session, "t-2")
        store.close()
        assert kept is not None
        assert kept.score == 1
        page.goto("/sample-points")
        page.on("dialog", lambda dialog: dialog.accept())
        page.click("button[data-remove='t-2']")
        page.wait_for_function(
            "[...document.querySelectorAll('button[data-remove]')].length === 1"
            " && !document.querySelector('button[data-remove=t-2]')"
        )


def test_what_is_to_be_checked(site: Console) -> None:
    with site.tab("en", path="/checks") as page:
        page.wait_for_selector(".tc-row")
        assert site.patrol.back in page.inner_text("main")
        page.click(".tc-tabs a[href='/checks?kind=clear']")
        page.wait_for_selector(".tc-row")
        assert site.patrol.fixed in page.inner_text("main")
        page.click(".tc-tabs a[href='/checks?kind=unsure']")
        page.wait_for_selector(".tc-empty")
