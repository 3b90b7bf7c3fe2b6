"""Lists and filters on a large store at a steady rate, while the same server analyses photos.

The server is ``tidycity serve`` in a process of its own, with the console, keys, the audit log and
the feed, on a copy of the store; its worker analyses photos in another. The load is open loop: a
request is sent when it is due, whether or not those before were answered, and its time counts from
when it was due. Photos are sent before the load begins, so many that the analysis lasts as long as
the load does.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx2 as httpx
from PIL import Image

from api.auth import create_role_key
from issues.store import open_store
from scripts.benchmarks.big_store import CATEGORIES, GRID, NOW, SIDE_DEG, SOUTH_WEST, Sizes
from scripts.benchmarks.store import filled

PORT = 8478
ROOT = Path(__file__).parents[2]
PHOTOS = ROOT / "samples" / "patrol"
READERS = 4
"""Keys that share the load, as desks of an office do; one may ask 50 times a second at most."""

Draw = Callable[[random.Random], dict[str, object]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One kind of request: an address, and a query drawn anew each time."""

    kind: str
    path: str
    draw: Draw

    def url(self, dice: random.Random) -> str:
        query = urlencode(self.draw(dice), doseq=True)
        return f"/api/v1{self.path}?{query}" if query else f"/api/v1{self.path}"


def _span(dice: random.Random, days: int) -> dict[str, object]:
    since = NOW - timedelta(days=dice.randrange(days, 700))
    return {"since": since.isoformat(), "until": (since + timedelta(days=days)).isoformat()}


def _rectangle(dice: random.Random) -> dict[str, object]:
    side = SIDE_DEG * dice.choice((0.02, 0.2))
    south = SOUTH_WEST[0] + dice.uniform(0, SIDE_DEG - side)
    west = SOUTH_WEST[1] + dice.uniform(0, SIDE_DEG - side)
    return {"bbox": f"{west:.6f},{south:.6f},{west + side:.6f},{south + side:.6f}"}


def _category(dice: random.Random) -> dict[str, object]:
    return {"category": dice.choice(list(CATEGORIES))}


def _area(dice: random.Random) -> dict[str, object]:
    return {"area": f"grid-{dice.randrange(GRID * GRID):03d}"}


def _open_by(sort: str) -> Draw:
    return lambda _: {"status": ["confirmed", "assigned", "rework"], "sort": sort}


def requests(numbers: list[str]) -> list[Asked]:
    """What people and programs ask for; ``numbers``: of issues that there are."""
    return [
        Asked("observations", "/observations", lambda _: {}),
        Asked("observations, a category", "/observations", _category),
        Asked("observations, a month", "/observations", lambda d: _span(d, 30)),
        Asked("observations, an issue", "/observations", lambda d: {"issue": d.choice(numbers)}),
        Asked("issues", "/issues", lambda _: {}),
        Asked("issues, candidates", "/issues", lambda _: {"status": "candidate"}),
        Asked("issues, open by deadline", "/issues", _open_by("deadline")),
        Asked("issues, a category", "/issues", _category),
        Asked("issues, an area", "/issues", _area),
        Asked("issues, a rectangle", "/issues", _rectangle),
        Asked("issues, a month", "/issues", lambda d: _span(d, 30)),
        Asked("issues, a search", "/issues", lambda d: {"q": d.choice(numbers)[-6:]}),
        Asked("issues, with total", "/issues", lambda d: _area(d) | {"total": "true"}),
        Asked("photos", "/photos", lambda _: {}),
    ]


def plan(kinds: list[Asked], keys: list[str], count: int, rate: float) -> dict[str, object]:
    """The plan that ``load.mjs`` carries out: all kinds equally often, in a drawn order."""
    dice = random.Random(5)
    turns = [kinds[n % len(kinds)] for n in range(count)]
    dice.shuffle(turns)
    rows = [
        {"kind": kind.kind, "path": kind.url(dice), "key": keys[n % len(keys)]}
        for n, kind in enumerate(turns)
    ]
    return {"base": f"http://127.0.0.1:{PORT}/", "rate": rate, "requests": rows}


@contextmanager
def server(data: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``tidycity serve`` on this data folder, until the block ends."""
    command = [str(Path(sys.executable).with_name("tidycity")), "--data", str(data), "serve"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--port", str(PORT)], stdout=out, stderr=out, cwd=ROOT
        )
        try:
            _wait_until_up(process)
            yield process
        finally:
            process.kill()
            process.wait()


def _wait_until_up(process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            if httpx.get(f"http://127.0.0.1:{PORT}/readyz", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        if process.poll() is not None:
            break
        time.sleep(0.2)
    raise SystemExit("the server didn't start; its log is in the temporary folder")


def send_photos(key: str, count: int) -> int:
    """Sends so many photos, each a little different, as jobs of twenty; how many were taken."""
    found = sorted(PHOTOS.rglob("*.jpg"))
    dice, taken = random.Random(7), 0
    with httpx.Client(base_url=f"http://127.0.0.1:{PORT}", timeout=120) as client:
        for first in range(0, count, 20):
            files = [
                ("photos", (f"{n}.jpg", _varied(found[n % len(found)], dice)))
                for n in range(first, min(first + 20, count))
            ]
            where = {"lat": SOUTH_WEST[0] + 0.05, "lon": SOUTH_WEST[1] + 0.05, "datum": "wgs84"}
            answer = client.post(
                "/api/v1/photos", files=files, data=where, headers={"X-API-Key": key}
            )
            answer.raise_for_status()
            taken += len(answer.json()["photos"])
    return taken


def _varied(path: Path, dice: random.Random) -> bytes:
    """A sample photo as another one, so that it is analysed and not taken for known."""
    with Image.open(path) as image:
        image.putpixel((dice.randrange(image.width), dice.randrange(image.height)), (1, 2, 3))
        out = io.BytesIO()
        image.save(out, "JPEG", quality=90, exif=image.getexif())
    return out.getvalue()


def analysed(data: Path) -> int:
    """How many sent photos were analysed so far."""
    jobs = (data / "uploads").glob("*/job.json")
    photos = [photo for job in jobs for photo in json.loads(job.read_bytes())["photos"]]
    return sum(photo["status"] != "waiting" for photo in photos)


def cpu_s(pid: int) -> float:
    """Processor seconds of a process so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def workers_of(pid: int) -> list[int]:
    """The processes that a process started (Linux)."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text("ascii").split()]


def memory_mb(pid: int) -> float:
    """The most memory that a process held so far, in MB (Linux)."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def waited_s(pid: int) -> float:
    """Seconds that its threads were ready to run and had no processor: what others took (Linux)."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text("ascii").split()[1]) for task in tasks) / 1e9


def percentile(values: list[float], share: float) -> float:
    """The value that this share of all doesn't exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def report(rows: list[tuple[str, int, float, float]]) -> None:
    """The table, by kind and together."""
    by_kind: dict[str, list[float]] = defaultdict(list)
    for kind, _, took_ms, _ in rows:
        by_kind[kind].append(took_ms)
    print(f"{'request':<30}{'median ms':>10}{'p95':>8}{'p99':>8}{'worst':>8}{'times':>7}")
    everything = {"all": [row[2] for row in rows]}
    for kind, times in [*sorted(by_kind.items()), *everything.items()]:
        shares = "".join(f"{percentile(times, share):>8.0f}" for share in (0.95, 0.99))
        print(
            f"{kind:<30}{statistics.median(times):>10.0f}{shares}{max(times):>8.0f}{len(times):>7}"
        )
    statuses = Counter(row[1] for row in rows)
    print("statuses: " + ", ".join(f"{code}: {n}" for code, n in sorted(statuses.items())))
    late = [row[3] for row in rows]
    print(f"sent late by the load itself: p99 {percentile(late, 0.99):.1f} ms (counted above)")


def measure(store_folder: Path, rate: float, seconds: float, photos: int) -> None:
    """One run; prints its table."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        shutil.copyfile(store_folder / "tidycity.sqlite", data / "tidycity.sqlite")
        store = open_store(None, data)
        readers = [create_role_key(store, f"desk {n}", "viewer") for n in range(READERS)]
        sender = create_role_key(store, "phone", "inspector")
        with store.reading() as session:
            from issues.catalogue import load_catalogue
            from issues.queries import list_issues

            page = list_issues(session, load_catalogue(), sort="newest", limit=400)
            numbers = [row.number for row in page.items]
        store.close()
        wanted = plan(requests(numbers), readers, int(rate * seconds), rate)
        (Path(folder) / "plan.json").write_text(json.dumps(wanted), "utf-8")
        with server(data, Path(folder) / "server.log") as process:
            sent = send_photos(sender, photos) if photos else 0
            while sent and not analysed(data):
                time.sleep(0.5)
            done, spent, began = analysed(data), cpu_s(process.pid), time.perf_counter()
            queued, workers = waited_s(process.pid), workers_of(process.pid)
            beside = sum(map(cpu_s, workers))
            command = ["node", "load.mjs", str(Path(folder) / "plan.json")]
            told = subprocess.run(
                command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, check=True
            ).stdout
            took = time.perf_counter() - began
            spent, queued = cpu_s(process.pid) - spent, waited_s(process.pid) - queued
            beside = sum(map(cpu_s, workers)) - beside
            held = [memory_mb(pid) for pid in (process.pid, *workers)]
            over = analysed(data)
            done = over - done
        rows = [(row[0], row[1], row[2], row[3]) for row in json.loads(told)]
    report(rows)
    print(
        f"server's processor: {spent:.1f} s in {took:.1f} s, {1000 * spent / len(rows):.1f} ms a "
        f"request; its threads waited {queued:.1f} s for a processor"
    )
    print(f"beside it {done} photos were analysed, in {beside:.1f} s of the worker's processor")
    print("most memory: server and worker " + ", ".join(f"{mb:.0f} MB" for mb in held))
    if photos and over == sent:
        print("the photos were all analysed before the load ended: give more --photos")


def main() -> None:
    """``scripts/bench_load``."""
    parser = argparse.ArgumentParser(prog="scripts/bench_load", description=__doc__)
    parser.add_argument("--rate", type=float, default=50.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--photos", type=int, default=400, help="photos to analyse; 0: none")
    parser.add_argument("--issues", type=int, default=200_000)
    parser.add_argument("--observations", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None, help="a store made earlier")
    asked = parser.parse_args()
    store = filled(asked.folder, None, Sizes(asked.issues, asked.observations))
    folder = Path(store.where).parent
    store.close()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; "
        f"{asked.rate:g} requests a second for {asked.seconds:g} s, open loop"
    )
    measure(folder, asked.rate, asked.seconds, asked.photos)


if __name__ == "__main__":
    main()
