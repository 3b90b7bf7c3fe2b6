"""The review queue in a real browser: categories, boxes drawn and put right, merging, zooming."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from issues.catalogue import load_catalogue
from issues.drawing import draw
from issues.issue import Status
from issues.merging import Hand
from issues.store import open_store
from tests.api.browser import CHROMIUM
from tests.api.conftest import Prepared
from tests.api.console_site import Console, console
from tests.api.patrol import NOW

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest.importorskip("playwright")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"),
]
IMAGE = ".tc-frame img"


@pytest.fixture(scope="module", params=["en", "zh"])
def lang(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture(scope="module")
def site(
    lang: str, walked_folder: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Console]:
    with console(walked_folder, tmp_path_factory.mktemp(f"boxes-{lang}")) as site:
        yield site


@pytest.fixture
def page(site: Console, lang: str) -> Iterator[Page]:
    with site.tab(lang) as page:
        ready(page)
        yield page


def ready(page: Page) -> None:
    page.wait_for_selector(".tc-facts")
    page.wait_for_function(
        "() => { const all = [...document.querySelectorAll('.tc-frame img')];"
        " return all.length && all.every((img) => img.complete && img.naturalWidth > 100); }"
    )


def number(page: Page) -> str:
    return page.inner_text(".tc-facts a")


def facts_change(page: Page, key: str) -> None:
    before = page.inner_text("main")
    page.keyboard.press(key)
    page.wait_for_function("(b) => document.querySelector('main').innerText !== b", arg=before)
    page.wait_for_timeout(50)


def go_to(page: Page, wanted: str) -> None:
    for _ in range(8):
        if number(page) == wanted:
            ready(page)
            return
        facts_change(page, "ArrowRight")
    raise AssertionError(f"{wanted} is not in the queue")


def until(page: Page, happened: Callable[[], bool]) -> None:
    """Waits until something stands in the store; the page goes on meanwhile."""
    for _ in range(300):
        if happened():
            page.wait_for_timeout(300)  # drawn anew by then
            return
        page.wait_for_timeout(100)
    raise AssertionError("it never happened")


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drags from one place of the picture to another; places are shares of its sides."""
    rect = page.locator(IMAGE).last.bounding_box()
    assert rect is not None
    for n, (x, y) in enumerate((start, ((start[0] + end[0]) / 2, end[1]), end)):
        page.mouse.move(rect["x"] + x * rect["width"], rect["y"] + y * rect["height"])
        if n == 0:
            page.mouse.down()
    page.mouse.up()


def test_category_is_changed_and_taken_back(page: Page, site: Console) -> None:
    go_to(page, site.patrol.new)
    page.keyboard.press("c")
    page.wait_for_selector(".tc-choices select")
    facts_change(page, "1")
    changed = site.issue(site.patrol.new)
    assert changed.row.category == "litter.scattered"
    assert changed.row.status is Status.CANDIDATE
    assert number(page) == site.patrol.new
    facts_change(page, "u")
    assert site.issue(site.patrol.new).row.category == "litter.pile"
    page.keyboard.press("c")
    page.select_option(".tc-choices select", "bin.overflow")
    page.wait_for_selector(".tc-actions")
    assert site.issue(site.patrol.new).row.category == "bin.overflow"
    facts_change(page, "u")


def test_a_box_is_put_right_by_mouse_and_by_keys(page: Page, site: Console) -> None:
    go_to(page, site.patrol.new)
    (before,) = site.issue(site.patrol.new).observations
    page.keyboard.press("e")
    page.wait_for_selector(".tc-edit-box.chosen")
    assert page.inner_text(".tc-edit-hint")
    drag(page, (0.6, 0.6), (0.8, 0.7))  # the lower right corner
    page.keyboard.press("Enter")
    until(page, lambda: boxes(site) != [before.box])
    (after,) = site.issue(site.patrol.new).observations
    assert after.model_id == "person"
    assert after.box == pytest.approx((0.4, 0.4, 0.8, 0.7), abs=0.02)
    ready(page)
    page.keyboard.press("e")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Enter")
    until(page, lambda: boxes(site) != [after.box])
    (moved,) = site.issue(site.patrol.new).observations
    assert moved.box == pytest.approx((0.395, 0.4, 0.795, 0.705), abs=0.02)
    page.keyboard.press("e")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    page.wait_for_selector(".tc-edit", state="detached")
    facts = site.issue(site.patrol.new)
    assert facts.observations == (moved,)
    kinds = [event.kind for event in facts.events]
    assert kinds.count("box_adjusted") == 2
    for wanted in (after.box, before.box):
        page.keyboard.press("u")
        until(page, lambda wanted=wanted: boxes(site) == [wanted])
        ready(page)


def boxes(site: Console) -> list[tuple[float, ...]]:
    return [one.box for one in site.issue(site.patrol.new).observations]


def test_a_missed_problem_is_drawn_and_comes_next(page: Page, site: Console) -> None:
    go_to(page, site.patrol.new)
    page.keyboard.press("b")
    page.wait_for_selector(".tc-edit", state="attached")
    drag(page, (0.05, 0.1), (0.3, 0.35))
    page.wait_for_selector(".tc-choices select")
    page.select_option(".tc-choices select", "stall.mobile")
    page.wait_for_selector(".tc-actions")
    facts_change(page, "ArrowRight")
    made = site.issue(number(page))
    assert made.row.category == "stall.mobile"
    assert made.observations[0].box == pytest.approx((0.05, 0.1, 0.3, 0.35), abs=0.02)
    assert [event.kind for event in made.events] == ["found", "box_drawn"]
    facts_change(page, "a")
    assert site.issue(made.row.number).row.status is Status.CONFIRMED


def test_drawing_by_keys_alone(page: Page, site: Console) -> None:
    go_to(page, site.patrol.stays)
    page.keyboard.press("b")
    page.wait_for_selector(".tc-edit", state="attached")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_selector(".tc-choices select")
    page.keyboard.press("1")  # the issue's own category: one more box of it
    until(page, lambda: by_hand(site) == 1)
    ready(page)
    page.keyboard.press("u")
    until(page, lambda: by_hand(site) == 0)


def by_hand(site: Console) -> int:
    found = site.issue(site.patrol.stays).observations
    return sum(one.model_id == "person" for one in found)


def test_one_key_merges_with_what_is_suggested(site: Console, lang: str) -> None:
    """A bag in the heap is offered as the same; M merges them, U takes it back."""
    heap = site.issue(site.patrol.stays).observations[0]
    store = open_store(None, site.data)
    with store.transaction() as session:
        hand = Hand("li", NOW, load_catalogue())
        bag = draw(session, heap.sha256, "litter.bagged", (0.45, 0.45, 0.5, 0.5), hand).issue.number
    store.close()
    with site.tab(lang) as page:
        ready(page)
        go_to(page, bag)
        assert site.patrol.stays in page.inner_text(".tc-same")
        facts_change(page, "m")
        merged = site.issue(bag).row
        assert (merged.status, merged.duplicate_of) == (Status.DUPLICATE, site.patrol.stays)
        facts_change(page, "u")
        assert site.issue(bag).row.status is Status.CANDIDATE


def test_zoom_pan_and_help(page: Page) -> None:
    def transform() -> str:
        return str(
            page.evaluate("document.querySelector('.tc-frame').firstElementChild.style.transform")
        )

    page.keyboard.press("+")
    page.wait_for_selector(".tc-frame.zoomed")
    near = transform()
    rect = page.locator(".tc-frame").bounding_box()
    assert rect is not None
    x, y = rect["x"] + rect["width"] / 2, rect["y"] + rect["height"] / 2
    page.mouse.move(x, y)
    page.mouse.wheel(0, -200)
    page.wait_for_function(
        "(b) => document.querySelector('.tc-frame').firstElementChild.style.transform !== b",
        arg=near,
    )
    before = transform()
    page.mouse.down()
    page.mouse.move(x + 60, y + 30, steps=4)
    page.mouse.up()
    assert transform() != before
    assert page.locator(".tc-frame.zoomed").count() == 1  # a drag is no click
    page.keyboard.press("0")
    page.wait_for_selector(".tc-frame.zoomed", state="detached")
    page.keyboard.press("?")
    page.wait_for_selector(".tc-help")
    assert page.locator(".tc-help dt").count() == 12
    page.keyboard.press("Escape")
    page.wait_for_selector(".tc-help", state="detached")
