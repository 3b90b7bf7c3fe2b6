"""The console for each role: who may open which page, a unit's answers, the phone page, keys."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import httpx2 as httpx
import pytest

from api.access import PAGES, ROLES, first_page, roles_for_page
from api.auth import create_role_key
from issues.audit import list_audit
from issues.catalogue import load_catalogue
from issues.issue import Action
from issues.moves import move
from issues.queries import get_issue
from issues.store import open_store
from tests.api.browser import CHROMIUM, Watch, chromium, sign_in
from tests.api.conftest import Prepared
from tests.api.console_server import serving
from tests.api.patrol import NOW, Patrol, picture

UNIT = '城管局 <script>alert("x")</script>'
NASTY = '<img src=x onerror="alert(1)"> \'; DROP TABLE issues; --'


@dataclass(frozen=True)
class Site:
    base: str
    data: Path
    keys: dict[str, str]
    admin_key: str
    patrol: Patrol

    @contextmanager
    def client(self, role: str) -> Iterator[httpx.Client]:
        """A browser's session of this role, without scripts."""
        words = {"Accept-Language": "en"}
        with httpx.Client(base_url=self.base, timeout=60, headers=words) as client:
            key = self.keys.get(role, self.admin_key)
            answer = client.post("/sign-in", data={"key": key, "next": "/"})
            assert answer.status_code == (403 if role in {"camera", "feed"} else 303), answer.text
            yield client


@pytest.fixture(scope="module")
def site(walked_folder: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("roles")
    shutil.copytree(walked_folder.folder, folder / "data")
    patrol = walked_folder.patrol
    assert patrol is not None
    store = open_store(None, folder / "data")
    keys = {
        role: create_role_key(store, f"{role} {NASTY}"[:90], role, UNIT if role == "unit" else None)
        for role in ROLES
    }
    with store.transaction() as session:
        for number, unit in ((patrol.new, UNIT), (patrol.stays, "另一单位")):
            table = load_catalogue()
            move(session, number, Action.CONFIRM, "Wang", catalogue=table, now=NOW, note=NASTY)
            move(session, number, Action.ASSIGN, "Wang", catalogue=table, now=NOW, unit=unit)
    store.close()
    with serving(folder / "data", folder / "server.log") as base:
        yield Site(base, folder / "data", keys, walked_folder.admin_key, patrol)


def walk(client: httpx.Client, role: str, number: str) -> Iterator[tuple[str, str, int]]:
    """The pages that open, or don't, against the table."""
    for page in set(PAGES) - {"/", "/snap"}:
        status = client.get(page.replace("{number}", number)).status_code
        if (status == 403) != (role not in roles_for_page(page)) or status >= 500:
            yield role, page, status


def test_every_page_for_every_role(site: Site) -> None:
    wrong = []
    for role in ("viewer", "inspector", "reviewer", "unit", "admin"):
        with site.client(role) as client:
            wrong += list(walk(client, role, site.patrol.new))
            start = client.get("/")
        assert start.status_code == 303
        assert start.headers["location"] == first_page(frozenset({role}))
    assert not wrong
    with httpx.Client(base_url=site.base, timeout=60) as nobody:
        for page in set(PAGES) - {"/snap"}:
            answer = nobody.get(page.replace("{number}", site.patrol.new))
            assert answer.headers["location"].startswith("/sign-in?next="), page


@pytest.mark.parametrize("role", ["camera", "feed"])
def test_machines_do_not_sign_in(site: Site, role: str) -> None:
    with site.client(role):
        pass


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(site: Site) -> None:
    answer = httpx.post(f"{site.base}/sign-in", data={"key": site.keys["viewer"]}, timeout=60)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    foreign = httpx.post(
        f"{site.base}/sign-in",
        data={"key": site.keys["viewer"]},
        headers={"Origin": "http://evil.example"},
        timeout=60,
    )
    assert foreign.status_code == 403
    assert "set-cookie" not in foreign.headers


def scripts_in(html: str) -> list[str]:
    return re.findall(r"<script[^>]*>(?!\s*[{\[])", html)


def test_a_unit_sees_and_answers_its_own(site: Site) -> None:
    with site.client("unit") as client:
        answer_own(site, client)


def answer_own(site: Site, client: httpx.Client) -> None:
    page = client.get("/tasks").text
    assert re.findall(r'data-issue="([^"]+)"', page) == [site.patrol.new]
    assert site.patrol.stays not in page
    assert UNIT in unescape(page)
    assert len(scripts_in(page)) == 1
    assert "<img src=x" not in page
    sent = client.post(
        f"/api/v1/issues/{site.patrol.new}/moves",
        json={"action": "report_fixed", "note": NASTY},
        headers={"Origin": site.base},
    )
    assert sent.status_code == 200, sent.text
    assert "data-issue" not in client.get("/tasks").text


@pytest.mark.parametrize("page", ["/keys", "/audit"])
def test_what_people_wrote_stays_text(site: Site, page: str) -> None:
    with site.client("admin") as client:
        html = client.get(page).text
    assert len(scripts_in(html)) == 1
    assert "<img src=x" not in html
    assert UNIT not in html


def test_the_phone_page_tells_nothing(site: Site) -> None:
    page = httpx.get(f"{site.base}/snap", timeout=60, headers={"Accept-Language": "zh"})
    assert page.status_code == 200
    assert "随手拍" in page.text
    assert "TC-2026" not in page.text
    assert not re.findall(r'href="/(?!assets|language)', page.text)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
def test_a_phone_sends_a_photo_with_its_place(site: Site, tmp_path: Path) -> None:
    photo = tmp_path / "snap.jpg"
    photo.write_bytes(picture(77))
    with chromium() as browser:
        context = browser.new_context(
            viewport={"width": 390, "height": 844},
            locale="zh-CN",
            geolocation={"latitude": 30.3001, "longitude": 120.2001, "accuracy": 12},
            permissions=["geolocation"],
        )
        page, watch = context.new_page(), Watch(site.base)
        watch.over(page)
        page.goto(f"{site.base}/snap#k={site.keys['inspector']}")
        assert site.keys["inspector"] not in page.url
        page.set_input_files("#tc-photo", str(photo))
        page.wait_for_function("document.getElementById('tc-place').textContent.includes('12')")
        page.fill("#tc-note", NASTY)
        page.click("button[type=submit]")
        page.wait_for_function("document.getElementById('tc-told').textContent.includes('感谢')")
        assert watch.faults == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        context.set_offline(True)
        photo.write_bytes(picture(78))
        page.set_input_files("#tc-photo", str(photo))
        page.click("button[type=submit]")
        page.wait_for_selector("#tc-kept:not([hidden])")
        context.set_offline(False)
        page.wait_for_selector("#tc-kept", state="hidden")
        context.close()
    headers = {"Authorization": f"Bearer {site.keys['inspector']}"}
    jobs = httpx.get(f"{site.base}/api/v1/jobs", headers=headers, timeout=60).json()
    assert len(jobs) == 2
    first = next(job for job in jobs if job["note"])
    assert first["note"] == NASTY
    assert first["place"]["lat"] == pytest.approx(30.3001)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
def test_an_admin_makes_and_revokes_a_key(site: Site) -> None:
    with chromium() as browser:
        page, watch = browser.new_page(locale="en-GB"), Watch(site.base)
        watch.over(page)
        sign_in(page, site.base, site.admin_key, "/keys")
        page.fill("#tc-key [name=name]", NASTY)
        page.select_option("#tc-key [name=role]", "inspector")
        page.click("#tc-key button")
        page.wait_for_selector("#tc-made:not([hidden])")
        told = page.inner_text("#tc-made")
        key = re.search(r"tck_[\w-]{40,}", told)
        assert key is not None
        assert f"/snap#k={key[0]}" in told
        headers = {"Authorization": f"Bearer {key[0]}"}
        assert httpx.get(f"{site.base}/api/v1/jobs", headers=headers, timeout=60).status_code == 200
        page.reload()
        page.on("dialog", lambda dialog: dialog.accept())
        with page.expect_navigation():
            page.locator("tr", has_text="DROP TABLE").locator(".tc-revoke").last.click()
        assert httpx.get(f"{site.base}/api/v1/jobs", headers=headers, timeout=60).status_code == 401
        assert watch.faults == []
    store = open_store(None, site.data)
    with store.reading() as session:
        actions = [line.action for line in list_audit(session).items]
        assert {"POST /keys", "DELETE /keys/{key}"} <= set(actions)
        detail = get_issue(session, load_catalogue(), site.patrol.new, now=datetime.now(UTC))
    store.close()
    assert any(event.note == NASTY for event in detail.events)
