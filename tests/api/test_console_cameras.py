"""The wall of cameras and one camera's page, in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.watching.last_pictures import picture_path
from issues.cameras.accepting import accepted_since
from issues.cameras.camera import make_camera
from issues.cameras.registry import get_camera, put_camera
from issues.store import Store, open_store
from issues.store.camera_table import add_looks, turn_state
from issues.store.lease_table import Worker, renew
from tests.api.browser import CHROMIUM, Watch, chromium, sign_in
from tests.api.conftest import Prepared
from tests.api.console_server import serving
from tests.api.patrol import NOW, picture

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("playwright")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"),
]
KERB = {"name": "路沿", "corners": [[0.1, 0.5], [0.9, 0.5], [0.9, 0.95], [0.1, 0.95]]}
NAMES = {"gate": "北门", "market": "菜市场", "lane": "后巷"}
STATES = {"gate": "live", "market": "offline", "lane": "moved"}


def make_wall(store: Store, data: Path) -> None:
    """Three cameras: one live with a zone, one offline, one that was turned away."""
    with store.transaction() as session:
        for camera, name in NAMES.items():
            zones = [KERB] if camera == "gate" else []
            row = {"id": camera, "url": f"rtsp://10.0.0.7/{camera}", "name": {"zh": name}}
            made = make_camera(row | {"zones": zones})
            put_camera(session, made, actor="cli", now=NOW - timedelta(days=2))
        renew(session, Worker("w1", "host", 7), NOW)
        for camera, state in STATES.items():
            turn_state(
                session,
                camera,
                state,
                NOW - timedelta(hours=3),
                worker="w1",
                message="连接被拒绝" if state == "offline" else None,
            )
        for back in range(1, 30):
            counts = {"looks": 700, "usable": 700 - back * 10}
            add_looks(session, "gate", NOW - timedelta(hours=back), counts, {"good": 700})
    for n, camera in enumerate(("gate", "lane")):
        path = picture_path(data, camera)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(picture(n + 1, size=(640, 360)))


@pytest.fixture(scope="module")
def site(empty_folder: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple]:
    folder = tmp_path_factory.mktemp("console-cameras")
    shutil.copytree(empty_folder.folder, folder / "data")
    store = open_store(None, folder / "data")
    make_wall(store, folder / "data")
    with serving(folder / "data", folder / "server.log") as base:
        yield base, store, empty_folder.admin_key
    store.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(site: tuple, browser: Browser) -> Iterator[Page]:
    base, _, key = site
    context = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768})
    page = context.new_page()
    watch = Watch(base)
    watch.over(page)
    sign_in(page, base, key, "/cameras")
    page.locator(".tc-header").wait_for()
    yield page
    assert watch.faults == []
    context.close()


def test_who_needs_somebody_comes_first(site: tuple, page: Page) -> None:
    page.locator(".tc-camera").first.wait_for()
    cards = page.locator(".tc-camera")
    assert [cards.nth(n).get_attribute("data-camera") for n in range(3)] == [
        "market",
        "lane",
        "gate",
    ]
    assert "离线" in cards.nth(0).inner_text()
    assert "连接被拒绝" in cards.nth(0).inner_text()
    assert "视角偏移" in cards.nth(1).inner_text()
    assert cards.nth(2).locator("polygon").count() == 1
    assert "不等于干净" in page.locator(".tc-main").inner_text()
    page.wait_for_function("document.querySelector('[data-picture=gate]').naturalWidth === 640")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_zone_is_drawn_moved_by_keyboard_and_saved(site: tuple, page: Page) -> None:
    base, store, _ = site
    page.goto(f"{base}/cameras/gate")
    stage = page.locator("#tc-stage")
    page.locator(".tc-handle").first.wait_for()
    page.get_by_role("button", name="画区域").click()
    box = stage.bounding_box()
    assert box is not None
    for x, y in ((0.2, 0.1), (0.6, 0.1), (0.6, 0.4), (0.2, 0.4)):
        stage.click(position={"x": box["width"] * x, "y": box["height"] * y})
    page.keyboard.press("Enter")
    page.locator(".tc-zone").nth(1).wait_for()
    corner = page.locator(".tc-handle").nth(1)
    corner.focus()
    page.keyboard.press("ArrowRight")
    page.locator(".tc-zone").nth(1).get_by_label("名称").fill("台阶")
    page.locator(".tc-zone").nth(1).get_by_label("类型").select_option("shop_line")
    page.get_by_role("button", name="保存区域").click()
    page.get_by_text("已保存").wait_for()
    with store.reading() as session:
        kept = get_camera(session, "gate")
    assert kept.version == 2
    drawn = {zone.name: zone for zone in kept.camera.zones}
    assert set(drawn) == {"路沿", "台阶"}
    assert drawn["台阶"].kind == "shop_line"
    assert drawn["台阶"].corners[1] == pytest.approx((0.61, 0.1), abs=0.01)
    assert len(drawn["路沿"].corners) == 4


def test_settings_of_two_people(site: tuple, page: Page) -> None:
    base, store, _ = site
    page.goto(f"{base}/cameras/market")
    form = page.locator("#tc-cam-settings")
    form.get_by_label("查看间隔（秒）").fill("15")
    form.get_by_label("监看时段").fill("06:00-22:00")
    page.get_by_role("button", name="保存设置").click()
    page.get_by_text("已保存").wait_for()
    with store.transaction() as session:
        kept = get_camera(session, "market")
        assert (kept.camera.every_s, len(kept.camera.active)) == (15, 1)
        other = kept.camera.model_copy(update={"every_s": 30.0})
        put_camera(session, other, actor="wang", now=NOW)
    assert "无人" not in page.locator("h1").inner_text()


def test_a_view_is_accepted(site: tuple, page: Page) -> None:
    base, store, _ = site
    page.goto(f"{base}/cameras/lane")
    page.get_by_role("button", name="视角无误").click()
    page.get_by_text("已记录").wait_for()
    with store.reading() as session:
        assert [line.camera for line in accepted_since(session, 0)] == ["lane"]


def test_hours_without_a_look_are_hatched(site: tuple, page: Page) -> None:
    base, _, _ = site
    page.goto(f"{base}/cameras/gate")
    page.locator(".tc-hours").wait_for()
    assert page.locator(".tc-hours .looks").count() == 29
    assert page.locator(".tc-hours .none").count() == 48 - 29


def test_adding_one_and_one_that_is_not_there(site: tuple, page: Page) -> None:
    base, store, _ = site
    page.get_by_text("添加摄像头").click()
    page.get_by_label("编号").fill("new-1")
    page.get_by_label("地址").fill("rtsp://10.0.0.8/1")
    page.locator("#tc-cam-new button").click()
    page.wait_for_url("**/cameras/new-1")
    page.locator("h1").wait_for()
    with store.reading() as session:
        assert get_camera(session, "new-1").camera.url == "rtsp://10.0.0.8/1"
    page.goto(f"{base}/cameras/nowhere")
    page.get_by_text("没有这路摄像头").wait_for()
