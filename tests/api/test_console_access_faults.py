"""axe-core on every page of the console, in both languages: no serious and no critical fault."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from api.access import PAGES
from tests.api.browser import CHROMIUM
from tests.api.conftest import Prepared
from tests.api.console_site import Console, console

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest.importorskip("playwright")
pytest.importorskip("axe_playwright_python")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"),
]
NOT_PAGES = {"/", "/audit"}
"""The first only leads elsewhere; the trail is read by the API."""
BESIDES = ("/cameras", "/review?queue=fixed", "/review?queue=returned", "/issues/TC-1999-000001")
NAMED = {"/requests/{request_id}": "/requests/none", "/sample-points/{code}": "/sample-points/none"}


@pytest.fixture(scope="module")
def site(walked_folder: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(walked_folder, tmp_path_factory.mktemp("axe")) as site:
        yield site


@pytest.fixture(scope="module")
def axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


def paths(site: Console) -> list[str]:
    named = {**NAMED, "/issues/{number}": f"/issues/{site.patrol.back}"}
    return [*(named.get(path, path) for path in PAGES if path not in NOT_PAGES), *BESIDES]


def faults(page: Page, axe: str) -> list[str]:
    """What axe-core calls serious or critical, with the first element of each.

    Quasar's loading bar, nameless for the moments that it shows, is not ours to name.
    """
    page.wait_for_timeout(400)  # what fades in has come
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate(
        "axe.run({exclude: ['.q-loading-bar']}, {resultTypes: ['violations']})"
    )
    return [
        f"{one['id']} {one['impact']}: {one['nodes'][0]['html'][:200]}"
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_page_has_a_serious_fault(site: Console, axe: str, lang: str) -> None:
    told: dict[str, list[str]] = {}
    with site.tab(lang) as page:
        for path in paths(site):
            page.goto(path)
            page.wait_for_selector("main")
            if found := faults(page, axe):
                told[path] = found
    assert told == {}


def test_what_is_asked_over_the_review_has_none_either(site: Console, axe: str) -> None:
    with site.tab("zh") as page:
        page.wait_for_selector(".tc-facts")
        for key, mark in {"c": ".tc-choices", "?": ".tc-help"}.items():
            page.keyboard.press(key)
            page.wait_for_selector(mark)
            assert faults(page, axe) == [], key
            page.keyboard.press("Escape")
            page.wait_for_selector(mark, state="detached")


def test_axe_would_see_a_fault(site: Console, axe: str) -> None:
    with site.tab("en") as page:
        page.wait_for_selector(".tc-facts")
        page.evaluate("document.querySelector('main').append(new Image())")
        assert any("image-alt" in one for one in faults(page, axe))
