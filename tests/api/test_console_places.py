"""Areas, merging and splitting in a real browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from issues.area_file import parse_areas
from issues.areas import put_areas
from issues.catalogue import load_catalogue
from issues.intake import Intake
from issues.queries import get_issue, list_areas, list_issues
from issues.store import open_store
from tests.api.browser import CHROMIUM, Watch, chromium, sign_in
from tests.api.conftest import Prepared
from tests.api.console_server import serving
from tests.api.patrol import HERE, FakeEngine, look, now, place
from tests.issues.photos import moved
from tests.issues.test_areas import square

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest.importorskip("playwright")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def site(walked_folder: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple]:
    folder = tmp_path_factory.mktemp("console-places")
    shutil.copytree(walked_folder.folder, folder / "data")
    store = open_store(None, folder / "data")
    intake = Intake(store, load_catalogue(), FakeEngine.model)
    intake.record(look("near.jpg", now(), place(60), "litter.pile", 77))
    intake.record(look("far.jpg", now(), place(115), "litter.pile", 78))
    with store.transaction() as session:
        put_areas(
            session,
            parse_areas({"features": [square("old", HERE, 4000)]}, "x", "wgs84"),
            "admin",
            now(),
        )
    store.close()
    with serving(folder / "data", folder / "server.log") as base:
        yield base, folder / "data", walked_folder.admin_key


@pytest.fixture
def page(site: tuple) -> Iterator[Page]:
    base, _, key = site
    with chromium() as browser:
        context = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 900})
        page = context.new_page()
        watch = Watch(base)
        watch.over(page)
        sign_in(page, base, key)
        page.locator(".tc-header").wait_for()
        yield page
        assert watch.faults == []
        context.close()


def test_importing_a_map(site: tuple, page: Page, tmp_path: Path) -> None:
    base, data, _ = site
    page.goto(f"{base}/areas")
    page.get_by_text("old片区").wait_for()
    path = tmp_path / "new.geojson"
    features = [square("east", moved(HERE, 0, 400), 450), square("west", moved(HERE, 0, -300), 450)]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    page.locator("input[type=file]").set_input_files(str(path))
    page.get_by_text("文件没有写坐标系，请在上方选择").wait_for()
    page.locator(".q-select").click()
    page.get_by_role("option", name="WGS-84（GPS、GIS、天地图）").click()
    page.get_by_text("重叠").wait_for()
    page.get_by_role("button", name="启用这些责任区").click()
    page.get_by_text("east环卫所").first.wait_for()
    store = open_store(None, data)
    with store.reading() as session:
        assert [area.id for area in list_areas(session)] == ["east", "west"]
    store.close()


def test_merging_and_taking_it_back(site: tuple, page: Page) -> None:
    base, data, _ = site
    store = open_store(None, data)
    catalogue = load_catalogue()

    def duplicates(number: str) -> tuple[str, ...]:
        with store.reading() as session:
            return get_issue(session, catalogue, number).duplicates

    with store.reading() as session:
        numbers = [row.number for row in list_issues(session, catalogue).items]
    for number in numbers:
        page.goto(f"{base}/issues/{number}")
        page.locator(".tc-facts").wait_for()
        if page.get_by_role("button", name="并入本问题").count():
            break
    else:
        pytest.fail("no issue has a suggestion")
    page.get_by_role("button", name="并入本问题").first.click()
    page.get_by_text("并入其他问题").first.wait_for()
    (other,) = duplicates(number)
    page.goto(f"{base}/issues/{other}")
    page.get_by_role("button", name=f"撤销并入 {number}").click()
    page.get_by_role("button", name=f"撤销并入 {number}").wait_for(state="detached")
    page.locator(".tc-facts").wait_for()
    assert duplicates(number) == ()
    store.close()
