"""The verification of a fix on an issue's page, in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from issues.issue import Verdict
from issues.store import open_store
from issues.verify import VerificationRow
from issues.verify.filing import verifications
from tests.api.browser import CHROMIUM, Watch, chromium, sign_in
from tests.api.conftest import Prepared
from tests.api.console_server import serving
from tests.api.patrol import Patrol

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest.importorskip("playwright")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def data(walked_folder: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verified")
    shutil.copytree(walked_folder.folder, folder / "data")
    return folder / "data"


@pytest.fixture(scope="module")
def patrol(walked_folder: Prepared) -> Patrol:
    assert walked_folder.patrol is not None
    return walked_folder.patrol


@pytest.fixture(scope="module")
def page(walked_folder: Prepared, data: Path, patrol: Patrol) -> Iterator[Page]:
    """The page of an issue that a later photo proposes as fixed; it says nothing on its console."""
    with serving(data, data.parent / "server.log") as base, chromium() as browser:
        context = browser.new_context(
            viewport={"width": 1366, "height": 900}, locale="zh-CN", base_url=base
        )
        context.set_default_timeout(90_000)
        page = context.new_page()
        watch = Watch(base)
        watch.over(page)
        sign_in(page, base, walked_folder.admin_key, f"/issues/{patrol.fixed}")
        page.wait_for_selector(".tc-verify")
        yield page
        context.close()
        assert watch.faults == []


def kept(data: Path, number: str) -> list[VerificationRow]:
    store = open_store(None, data)
    try:
        with store.reading() as session:
            return verifications(session, number)
    finally:
        store.close()


def test_a_fix_is_verified_looked_at_and_overruled(page: Page, data: Path, patrol: Patrol) -> None:
    assert kept(data, patrol.fixed) == []
    page.click(".tc-verify .tc-btn:has-text('用整改后照片核查')")
    page.wait_for_selector(".tc-verify .tc-reasons li")
    found = kept(data, patrol.fixed)
    assert [row.origin for row in found] == ["patrol"]
    shown = page.inner_text(".tc-verify")
    assert "无法判断" in shown
    assert "未能从画面认出是同一地点" in shown
    assert page.locator(".tc-verify .tc-btn:has-text('用整改后照片核查')").count() == 0

    slide = page.locator(".tc-slide")
    page.wait_for_function(
        "[...document.querySelectorAll('.tc-slide img')].every(i => i.naturalWidth > 0)"
    )
    assert slide.locator("img").count() == 2
    page.locator(".tc-slide-bar [role=slider], .tc-slide-bar input").first.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        "document.querySelector('.tc-slide').style.getPropertyValue('--tc-cut') === '49%'"
    )
    link = page.get_attribute(".tc-verify a.tc-link", "href")
    assert link == f"/api/v1/verifications/{found[0].id}/picture.jpg?lang=zh"
    answer = page.request.get(link)
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")

    page.click(".tc-overrule button:has-text('改判')")
    page.wait_for_selector(".q-notification")
    assert kept(data, patrol.fixed)[0].overruled_to is None
    page.fill(".tc-overrule input", "现场已看过，确已清理")
    page.click(".tc-overrule button:has-text('改判')")
    page.wait_for_selector(".tc-verify .verdict-verified")
    assert "现场已看过，确已清理" in page.inner_text(".tc-verify")
    row = kept(data, patrol.fixed)[0]
    assert (row.overruled_to, row.overruled_by) == (Verdict.VERIFIED, "admin")
    assert row.verification.verdict is Verdict.CANT_TELL


def test_an_issue_with_nothing_to_verify_has_no_such_section(page: Page, patrol: Patrol) -> None:
    page.goto(f"/issues/{patrol.new}")
    page.wait_for_selector(".tc-history li")
    assert page.locator(".tc-verify").count() == 0
