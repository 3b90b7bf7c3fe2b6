"""A server that is killed in the middle of an upload's work: the next one finishes it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import httpx2 as httpx

from api.auth import create_role_key
from issues.queries import list_photos
from issues.store import open_store
from tests.api.console_server import ROOT, free_port, wait_until_up
from tests.api.patrol import picture

PHOTOS = 24
PROGRAM = """
import sys, time, uvicorn
from pathlib import Path
from api.app import create_app
from api.settings import Settings
from tests.api.patrol import FakeEngine, now
class Slow(FakeEngine):
    def detect(self, images):
        time.sleep(0.2)
        return super().detect(images)
settings = Settings(data_dir=Path(sys.argv[1]))
app = create_app(settings, console=False, open_engine=Slow, now=now)
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
"""


def start(data: Path, log: Path) -> tuple[subprocess.Popen[bytes], str]:
    port = free_port()
    with log.open("a") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(data), str(port)],
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    base = f"http://127.0.0.1:{port}"
    wait_until_up(base, process, log)
    return process, base


def test_a_killed_server_loses_nothing_and_counts_nothing_twice(
    tmp_path: Path,
) -> None:
    data, log = tmp_path / "data", tmp_path / "log"
    store = open_store(None, data)
    key = create_role_key(store, "inspector", "inspector")
    store.close()
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "walk"}
    files = [("photos", (f"{i}.jpg", picture(i, pile=False), "image/jpeg")) for i in range(PHOTOS)]
    process, base = start(data, log)
    try:
        sent = httpx.post(f"{base}/api/v1/photos", files=files, headers=headers, timeout=60)
        assert sent.status_code == 202
        address = sent.headers["location"]
        for _ in range(2000):
            job = httpx.get(base + address, headers=headers, timeout=60).json()
            done = sum(photo["status"] != "waiting" for photo in job["photos"])
            if done:
                break
            time.sleep(0.005)
        assert 0 < done < PHOTOS, "the server was too quick to be killed in between"
    finally:
        process.kill()
        process.wait(30)
    process, base = start(data, log)
    try:
        again = httpx.post(f"{base}/api/v1/photos", files=files, headers=headers, timeout=60)
        assert (again.status_code, again.json()["id"]) == (200, job["id"])
        deadline = time.monotonic() + 120
        while job["status"] != "done":
            assert time.monotonic() < deadline, job
            time.sleep(0.1)
            job = httpx.get(base + address, headers=headers, timeout=60).json()
    finally:
        process.kill()
        process.wait(30)
    assert [photo["status"] for photo in job["photos"]] == ["ok"] * PHOTOS
    store = open_store(None, data)
    try:
        with store.reading() as session:
            kept = list_photos(session, limit=100).items
    finally:
        store.close()
    assert sorted(row.source for row in kept) == sorted(f"{i}.jpg" for i in range(PHOTOS))
