"""The console's first paint, and the pace of reviewing, in headless Chromium on loopback.

The store is copied first: reviewing changes it. Cold is a browser context of its own, with nothing
in its cache; warm is the same page once more. First contentful paint is Chromium's own timing, from
the start of the navigation. The pace is that of a machine that presses A as soon as the picture of
the next candidate is there: what the console takes of a reviewer's two seconds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from api.auth import create_role_key
from issues.catalogue import load_catalogue
from issues.queries import list_issues
from issues.store import open_store

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
TIDYCITY = [str(Path(sys.executable).with_name("tidycity"))]
PAGES = (
    *("/review", "/map", "/issues", "/issues/{number}", "/rounds", "/cameras", "/rankings"),
    *("/exports", "/pest", "/upload", "/checks", "/requests", "/sample-points", "/feed"),
)
PAINT = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null"""
READY = (
    "(before) => { const link = document.querySelector('.tc-facts a');"
    " if (document.querySelector('.tc-empty')) return true;"
    " const all = [...document.querySelectorAll('.tc-frame img')];"
    " return link && link.innerText !== before && all.length > 0"
    " && all.every((img) => img.complete && img.naturalWidth > 0); }"
)


def analyse(data: Path) -> None:
    """The sample patrol, as a stranger gets it."""
    samples = ROOT / "samples"
    command = [*TIDYCITY, "--data", str(data), "analyze", str(samples / "patrol"), "--quiet"]
    command += ["--areas", str(samples / "areas.geojson")]
    command += ["--sidecar", str(samples / "patrol" / "locations.csv")]
    subprocess.run(command, cwd=ROOT, check=True)


@contextmanager
def served(data: Path) -> Iterator[str]:
    """The address of ``tidycity serve`` on a free port of loopback."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [*TIDYCITY, "--data", str(data), "serve", "--port", str(port)]
    base = f"http://127.0.0.1:{port}"
    with (data / "bench.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        for _ in range(2400):
            try:
                with urlopen(f"{base}/healthz", timeout=5):
                    break
            except (URLError, OSError):
                time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser: Debian's where it is installed."""
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@contextmanager
def tab(browser: Browser, base: str, key: str) -> Iterator[Page]:
    """A signed-in tab of a browser that has nothing in its cache but what signing in fetched."""
    context = browser.new_context(
        viewport={"width": 1366, "height": 768}, locale="zh-CN", base_url=base
    )
    context.set_default_timeout(60_000)
    answer = context.request.post("/sign-in", form={"key": key, "next": "/keys"}, max_redirects=0)
    assert answer.status == 303, answer.text()
    page = context.new_page()
    yield page
    context.close()


def paint_ms(page: Page, path: str) -> float:
    """First contentful paint of a page."""
    page.goto(path, wait_until="load")
    for _ in range(100):
        found = page.evaluate(PAINT)
        if found is not None:
            return float(found)
        page.wait_for_timeout(50)
    raise AssertionError(f"{path} painted nothing")


def paints(browser: Browser, base: str, key: str, rounds: int, number: str) -> float:
    """Prints the medians of each page, and gives the largest."""
    worst = 0.0
    everything: dict[str, list[float]] = {"cold": [], "warm": []}
    print(f"{'page':<18}{'cold ms':>9}{'warm ms':>9}")
    for template in PAGES:
        path = template.format(number=number)
        found: dict[str, list[float]] = {"cold": [], "warm": []}
        for _ in range(rounds):
            with tab(browser, base, key) as page:
                found["cold"].append(paint_ms(page, path))
                found["warm"].append(paint_ms(page, path))
        medians = {kind: statistics.median(values) for kind, values in found.items()}
        for kind, value in medians.items():
            everything[kind].append(value)
        worst = max(worst, *medians.values())
        print(f"{template:<18}{medians['cold']:>9.0f}{medians['warm']:>9.0f}", flush=True)
    middle = {kind: statistics.median(values) for kind, values in everything.items()}
    print(f"{'median':<18}{middle['cold']:>9.0f}{middle['warm']:>9.0f}")
    return worst


def pace(browser: Browser, base: str, key: str) -> None:
    """Accepts all candidates by keyboard, each when its picture is there."""
    with tab(browser, base, key) as page:
        page.goto("/review")
        page.wait_for_function(READY, arg="")
        taken: list[float] = []
        began = time.monotonic()
        while page.locator(".tc-facts a").count():
            before, at = page.inner_text(".tc-facts a"), time.monotonic()
            page.keyboard.press("a")
            page.wait_for_function(READY, arg=before)
            taken.append(time.monotonic() - at)
        whole_s = time.monotonic() - began
    if taken:
        print(
            f"review: {len(taken)} candidates accepted in {whole_s:.1f} s: "
            f"{60 * len(taken) / whole_s:.0f} a minute; key to next picture "
            f"{1000 * statistics.median(taken):.0f} ms median, {1000 * max(taken):.0f} ms at most"
        )


def main() -> None:
    """Runs both and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a store's folder; it is copied")
    parser.add_argument("--rounds", type=int, default=3, help="cold starts a page")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tidycity-console-") as folder:
        data = Path(folder) / "data"
        if asked.data:
            shutil.copytree(asked.data, data)
        else:
            analyse(data)
        store = open_store(None, data)
        key = create_role_key(store, "bench", "admin")
        with store.reading() as session:
            numbers = [row.number for row in list_issues(session, load_catalogue(), limit=1).items]
        store.close()
        print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        with served(data) as base, chromium() as browser:
            paints(browser, base, key, asked.rounds, numbers[0] if numbers else "none")
            pace(browser, base, key)


if __name__ == "__main__":
    main()
