"""One issue's whole life in a real browser, and many moved at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from issues.catalogue import load_catalogue
from issues.intake import Intake
from issues.issue import Status
from issues.queries import get_issue
from issues.rows import IssueRow
from issues.store import open_store
from tests.api.browser import CHROMIUM, Watch, chromium, sign_in
from tests.api.conftest import Prepared
from tests.api.console_server import serving
from tests.api.patrol import NOW, FakeModel, Patrol, look, place

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest.importorskip("playwright")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def data(walked_folder: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("life")
    shutil.copytree(walked_folder.folder, folder / "data")
    return folder / "data"


@pytest.fixture(scope="module")
def patrol(walked_folder: Prepared) -> Patrol:
    assert walked_folder.patrol is not None
    return walked_folder.patrol


@pytest.fixture(scope="module")
def page(walked_folder: Prepared, data: Path) -> Iterator[Page]:
    """A tab of a Chinese reader, signed in; it says nothing on its console."""
    with serving(data, data.parent / "server.log") as base, chromium() as browser:
        context = browser.new_context(
            viewport={"width": 1366, "height": 768}, locale="zh-CN", base_url=base
        )
        context.set_default_timeout(60_000)
        page = context.new_page()
        watch = Watch(base)
        watch.over(page)
        sign_in(page, base, walked_folder.admin_key, "/issues")
        page.wait_for_selector(".tc-row")
        yield page
        context.close()
        assert watch.faults == []


def row(data: Path, number: str) -> IssueRow:
    store = open_store(None, data)
    try:
        with store.reading() as session:
            return get_issue(session, load_catalogue(), number).row
    finally:
        store.close()


def press(page: Page, action: str) -> None:
    """Presses the button of a move, in the menu where it stands there."""
    button = page.locator(f'.tc-moves [data-move="{action}"]')
    if not button.count():
        page.click(".tc-moves [data-move=more]")
        button = page.locator(f'.q-menu [data-move="{action}"]')
    button.click()


def fill(page: Page, **fields: str) -> None:
    for name, text in fields.items():
        page.fill(f'input[data-field="{name}"]', text)


def choose(page: Page, name: str, text: str) -> None:
    page.locator(f'.q-field:has([data-field="{name}"])').first.click()
    page.locator(".q-menu .q-item", has_text=text).first.click()


def after(page: Page, lines: int) -> None:
    """Waits until history has so many lines."""
    page.wait_for_function(
        "(n) => document.querySelectorAll('.tc-history li').length === n", arg=lines
    )


def send(page: Page) -> None:
    page.click(".tc-form [data-move=send]")


def test_one_life_from_candidate_to_come_back(page: Page, data: Path, patrol: Patrol) -> None:
    number = patrol.new
    page.goto(f"/issues/{number}")
    page.wait_for_selector(".tc-history li")
    lines = page.locator(".tc-history li").count()

    def next_line() -> None:
        nonlocal lines
        lines += 1
        after(page, lines)

    press(page, "confirm")
    next_line()
    press(page, "assign")
    page.wait_for_selector(".tc-form")
    fill(page, unit="西湖街道环卫所", note="上午办结")
    send(page)
    next_line()
    assert row(data, number).unit_zh == "西湖街道环卫所"
    assert "西湖街道环卫所" in page.inner_text(".tc-facts")
    press(page, "report_fixed")
    page.wait_for_selector(".tc-form")
    fill(page, note="已清理")
    send(page)
    next_line()
    assert row(data, number).status is Status.REPORTED_FIXED
    press(page, "rework")
    page.wait_for_selector(".tc-form")
    send(page)
    page.wait_for_selector(".q-notification")
    choose(page, "reason", "纸上整改")
    send(page)
    next_line()
    assert (row(data, number).reworks, row(data, number).paper_fixes) == (1, 1)
    assert "纸上整改" in page.inner_text(".tc-history li >> nth=0")
    press(page, "report_fixed")
    page.wait_for_selector(".tc-form")
    send(page)
    next_line()
    press(page, "close")
    next_line()
    assert row(data, number).status is Status.CLOSED

    store = open_store(None, data)
    found = row(data, number)
    assert found.lat is not None
    spot = place((found.lat - place(0).lat) * 111_320)
    later = look("again.jpg", NOW + timedelta(days=2), spot, found.category, 77)
    Intake(store, load_catalogue(), FakeModel()).record(later)
    store.close()
    page.reload()
    next_line()
    assert row(data, number).status is Status.REOPENED
    assert "反弹" in page.inner_text(".tc-facts")
    first = page.inner_text(".tc-history li >> nth=0")
    assert "已销号 → 反弹" in first
    assert "照片拍摄于" in first


def test_picked_issues_are_assigned_at_once(page: Page, data: Path, patrol: Patrol) -> None:
    for number in (patrol.stays, patrol.back):
        page.goto(f"/issues/{number}")
        lines = page.locator(".tc-history li").count()
        press(page, "confirm")
        after(page, lines + 1)
    page.goto("/issues")
    for number in (patrol.stays, patrol.back, patrol.unplaced):
        page.check(f'[data-number="{number}"]')
    page.fill("#tc-bulk input[name=unit]", "城管中队")
    page.click("#tc-bulk button >> nth=0")
    page.wait_for_selector(f".tc-bulk-told li:has-text('{patrol.unplaced}')")
    assert row(data, patrol.stays).status is Status.ASSIGNED
    assert row(data, patrol.back).unit_zh == "城管中队"
    assert row(data, patrol.unplaced).status is Status.CANDIDATE
    page.goto("/issues?unit=城管中队")
    page.wait_for_selector(".tc-row")
    assert page.locator(".tc-row").count() == 2
    page.set_viewport_size({"width": 390, "height": 844})
    page.check(f'[data-number="{patrol.back}"]')
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
