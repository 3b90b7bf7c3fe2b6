"""The pictures of the console in docs/screenshots, made anew when asked for:

``SCREENSHOTS_DIR=docs/screenshots .venv/bin/pytest tests/api/test_screenshots.py``

They show the sample patrol and nothing else, as a stranger gets it: analysed and served by the
command line, signed in with the key that the first start prints.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.api.browser import CHROMIUM, Watch, chromium, sign_in
from tests.api.console_server import ROOT, free_port, wait_until_up

if TYPE_CHECKING:
    from playwright.sync_api import Page

SAMPLES = ROOT / "samples"
TIDYCITY = [str(Path(sys.executable).with_name("tidycity"))]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif("SCREENSHOTS_DIR" not in os.environ, reason="SCREENSHOTS_DIR isn't set"),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"),
]
DESK = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}


def analyse(data: Path) -> None:
    command = [*TIDYCITY, "--data", str(data), "analyze", str(SAMPLES / "patrol"), "--quiet"]
    command += ["--areas", str(SAMPLES / "areas.geojson")]
    command += ["--sidecar", str(SAMPLES / "patrol" / "locations.csv")]
    subprocess.run(command, cwd=ROOT, check=True, timeout=250)


@contextmanager
def served(data: Path, log: Path) -> Iterator[tuple[str, str]]:
    """Address and admin key of ``tidycity serve``."""
    port = free_port()
    command = [*TIDYCITY, "--data", str(data), "serve", "--port", str(port)]
    with log.open("w") as out:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
    base = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(base, process, log)
        key = re.search(r"tck_\S+", log.read_text())
        assert key is not None, log.read_text()
        yield base, key.group()
    finally:
        process.terminate()
        process.wait(30)


def wait_for_pictures(page: Page) -> None:
    page.wait_for_function(
        "() => [...document.images].filter((img) => {"
        " const { top, bottom } = img.getBoundingClientRect();"
        " return img.loading !== 'lazy' || (bottom > 0 && top < innerHeight);"
        " }).every((img) => img.complete && img.naturalWidth > 0)"
    )
    page.wait_for_timeout(400)


def find_issue(page: Page, base: str, query: str) -> str:
    page.goto(f"{base}/issues?{query}")
    page.wait_for_selector(".tc-row")
    return page.get_attribute(".tc-row", "href") or "/issues"


def shots(page: Page, base: str, returned: str) -> Iterator[tuple[str, str, str]]:
    """Name, address and what to wait for."""
    yield "review", "/review", ".tc-facts"
    yield "fixed", "/review?queue=fixed", ".tc-facts"
    yield "returned", "/review?queue=returned", ".tc-facts"
    yield "map", "/map", "body[data-map-ready=yes]"
    yield "issues", "/issues", ".tc-row"
    yield "issue", returned, ".tc-history li"
    yield "upload", "/upload", "#tc-drop"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_screenshots(lang: str, tmp_path: Path) -> None:
    target = ROOT / os.environ["SCREENSHOTS_DIR"]
    target.mkdir(parents=True, exist_ok=True)
    analyse(tmp_path / "data")
    with served(tmp_path / "data", tmp_path / "log") as (base, key), chromium() as browser:
        watch = Watch(base)
        for size, suffix in ((DESK, ""), (PHONE, "-phone")):
            locale = "zh-CN" if lang == "zh" else "en-GB"
            context = browser.new_context(viewport=size, locale=locale)
            page = context.new_page()
            watch.over(page)
            sign_in(page, base, key)
            page.wait_for_selector(".tc-facts")
            returned = find_issue(page, base, "sort=recurrences")
            for name, path, mark in shots(page, base, returned):
                page.goto(base + path)
                page.wait_for_selector(mark)
                wait_for_pictures(page)
                if not suffix or name in {"review", "map"}:
                    page.screenshot(
                        path=target / f"{name}-{lang}{suffix}.jpg", type="jpeg", quality=82
                    )
            context.close()
        assert watch.faults == []
