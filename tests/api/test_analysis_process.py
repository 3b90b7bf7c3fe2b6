"""Uploaded photos are analysed in another process, which may be killed at any time.

Real processes, with the model that ships.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer

import httpx2 as httpx
import pytest

from api.analysis_process import MOST_DEATHS, AnalysisProcess
from api.analysis_worker import NICE
from api.auth import create_role_key
from api.jobs import JobPhoto
from api.settings import Settings
from detect.errors import TidycityError
from issues.queries import list_photos
from issues.store import open_store
from tests.api.console_server import ROOT, free_port, wait_until_up
from tests.api.patrol import picture

Photos = list[tuple[Path, JobPhoto]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def analysis(settings: Settings) -> Iterator[AnalysisProcess]:
    made = AnalysisProcess(settings)
    yield made
    made.close()


@pytest.fixture
def photos(tmp_path: Path) -> Photos:
    return [spooled(tmp_path, n) for n in range(4)]


def spooled(folder: Path, n: int) -> tuple[Path, JobPhoto]:
    path = folder / f"{n:05d}.photo"
    path.write_bytes(picture(10 + n, pile=False))
    return path, JobPhoto(name=f"{n}.jpg", size_bytes=path.stat().st_size, sha256="0" * 64)


def recorded(data: Path) -> list[str]:
    store = open_store(None, data)
    try:
        with store.reading() as session:
            return sorted(row.source for row in list_photos(session, limit=100).items)
    finally:
        store.close()


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_for(done: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def test_a_killed_worker_is_replaced_and_goes_on_where_it_was(
    analysis: AnalysisProcess, photos: Photos, settings: Settings
) -> None:
    told, pids = [], []
    for outcome in analysis.run(photos, None):
        told.append(outcome)
        assert analysis.pid is not None
        pids.append(analysis.pid)
        if len(told) == 1:  # while it is at the second photo
            Timer(0.02, os.kill, (analysis.pid, signal.SIGKILL)).start()
        if len(told) == 2:  # while it waits to be told to go on
            os.kill(analysis.pid, signal.SIGKILL)
    assert [outcome.name for outcome in told] == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]
    assert {outcome.status for outcome in told} == {"ok"}
    assert len(set(pids)) >= 2
    assert recorded(settings.data_dir) == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]


def test_it_stops_after_the_photo_in_hand_and_stays_loaded(
    analysis: AnalysisProcess, photos: Photos, settings: Settings
) -> None:
    running = analysis.run(photos, None)
    assert next(running).status == "ok"
    first = analysis.pid
    assert first is not None
    running.close()
    assert recorded(settings.data_dir) == ["0.jpg"]
    assert [outcome.name for outcome in analysis.run(photos[1:], None)] == [
        "1.jpg",
        "2.jpg",
        "3.jpg",
    ]
    assert analysis.pid == first
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, first) == min(19, own + NICE)
    analysis.close()
    assert gone(first)
    assert recorded(settings.data_dir) == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]


def test_a_photo_that_kills_it_each_time_is_put_aside(
    settings: Settings, photos: Photos, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysis, starts = AnalysisProcess(settings), []
    ready = analysis._ready

    def deadly(left: Photos, place: None) -> subprocess.Popen[str]:
        process = ready(left, place)
        starts.append(left[0][1].name)
        if left[0][1].name == "0.jpg":
            process.kill()
            process.wait()
        return process

    monkeypatch.setattr(analysis, "_ready", deadly)
    try:
        bad, good = analysis.run(photos[:2], None)
    finally:
        analysis.close()
    assert starts == ["0.jpg"] * MOST_DEATHS + ["1.jpg"]
    assert (bad.status, bad.reason_code) == ("unreadable", "unexpected_error")
    assert "ended with code -9" in (bad.message or "")
    assert good.status == "ok"


def test_what_the_worker_meets_is_told_with_its_code(tmp_path: Path, photos: Photos) -> None:
    analysis = AnalysisProcess(Settings(data_dir=tmp_path / "data", model="no-such-model"))
    try:
        for _ in range(2):
            with pytest.raises(TidycityError) as caught:
                list(analysis.run(photos, None))
            assert caught.value.code == "unknown_model"
            assert caught.value.mend
            assert analysis.pid is not None
    finally:
        analysis.close()


# ------------------------------------------------------------------------------ `tidycity serve`


@pytest.fixture
def key(settings: Settings) -> str:
    store = open_store(None, settings.data_dir)
    try:
        return create_role_key(store, "inspector", "inspector")
    finally:
        store.close()


def serve(data: Path, log: Path) -> tuple[subprocess.Popen[bytes], str]:
    port = free_port()
    tidycity = Path(sys.executable).with_name("tidycity")
    command = [str(tidycity), "--data", str(data), "serve", "--port", str(port)]
    with log.open("a") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
    base = f"http://127.0.0.1:{port}"
    wait_until_up(base, process, log)
    return process, base


def worker_of(server: subprocess.Popen[bytes]) -> int | None:
    children = Path(f"/proc/{server.pid}/task").glob("*/children")
    found = [int(pid) for each in children for pid in each.read_text().split()]
    return next((pid for pid in found if b"analysis_worker" in _command(pid)), None)


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return b""


def test_a_server_outlives_its_worker_and_no_worker_its_server(
    tmp_path: Path, settings: Settings, key: str
) -> None:
    log, headers = tmp_path / "log", {"X-API-Key": key}
    files = [("photos", (f"{n}.jpg", picture(n, pile=False))) for n in range(8)]
    process, base = serve(settings.data_dir, log)
    try:
        assert worker_of(process) is None, "no worker before there is work"
        sent = httpx.post(f"{base}/api/v1/photos", files=files, headers=headers, timeout=60)
        address = base + sent.headers["location"]

        def done() -> int:
            job = httpx.get(address, headers=headers, timeout=60).json()
            return sum(photo["status"] != "waiting" for photo in job["photos"])

        wait_for(done)
        first = worker_of(process)
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: worker_of(process) not in {None, first})
        second = worker_of(process)
        assert second is not None
        wait_for(lambda: done() > 2)
        process.terminate()
        assert process.wait(60) == 0, log.read_text()
        assert gone(second)
        before = len(recorded(settings.data_dir))
        assert before > 2
        process, base = serve(settings.data_dir, log)
        address = base + sent.headers["location"]
        wait_for(lambda: done() == 8)
        third = worker_of(process) or -1
        process.kill()
        process.wait(30)
        wait_for(lambda: third == -1 or gone(third), 30)
    finally:
        process.kill()
        process.wait(30)
    assert recorded(settings.data_dir) == sorted(f"{n}.jpg" for n in range(8))
    assert "Traceback" not in log.read_text()
