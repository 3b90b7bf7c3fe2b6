"""Workers that watch real RTSP streams and record what they say; killed, cut off and shared."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("av", reason="the extra camera is not installed")

import av
import cv2
from rtsp import Mount, RtspServer, free_port, needs_rtsp, wait_for, write_clip
from sqlalchemy import select
from tiny_model import save_model

from api.watching.lapses import Lapses, Limits
from api.watching.last_pictures import LastPictures, picture_path
from api.watching.views import KeptViews, view_path
from api.watching.worker import UNWATCHED, CameraWorker
from detect.engines import open_engine
from detect.stream.health import HealthRules
from issues.cameras.accepting import accept_view
from issues.cameras.camera import make_camera
from issues.cameras.lapses import lapses
from issues.cameras.registry import get_camera, import_cameras
from issues.cameras.wall import camera_events, hours, states
from issues.catalogue import load_catalogue
from issues.issue import Proposal
from issues.queries import IssueFilter, list_issues
from issues.store import open_store
from issues.store.camera_schema import CameraLeaseRecord, CameraStatementRecord
from issues.store.store import SQLITE_FILE
from tests.issues.photos import MONDAY

pytestmark = needs_rtsp

QUICK = """
extends: shipped
rules: {camera_clear_looks: 4, camera_clear_min: 0.03, camera_repeat_h: 1}
categories:
  litter.pile: {confirm: {looks: 2, of: 3, minutes: 0.05}}
"""
RULES = HealthRules(stale_after_s=2, offline_after_s=4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model that sees red, a catalogue in a hurry, a street with a heap and without."""
    made = tmp_path_factory.mktemp("watched")
    save_model(made / "tiny")
    (made / "quick.yaml").write_text(QUICK, "utf-8")
    write_clip(made / "heap.mp4", seconds=90, fps=4, gop=2, heap=True)
    write_clip(made / "clean.mp4", seconds=90, fps=4, gop=2)
    write_clip(made / "elsewhere.mp4", seconds=90, fps=4, gop=2, seed=7)
    return made


@pytest.fixture
def catalogue(folder):
    return load_catalogue(folder / "quick.yaml")


@pytest.fixture
def data(tmp_path):
    open_store(None, tmp_path / "data").close()
    return tmp_path / "data"


@pytest.fixture
def store(data):
    opened = open_store(None, data)
    yield opened
    opened.close()


def put(store, urls, every_s=0.4):
    at = {"lat": 30.2741, "lon": 120.1551, "datum": "wgs84"}
    rows = [{"id": name, "url": url, "every_s": every_s, "at": at} for name, url in urls.items()]
    with store.transaction() as session:
        import_cameras(session, [make_camera(row) for row in rows], actor="ann", now=MONDAY)


@contextmanager
def working(store, catalogue, folder, **keepers):
    engine = open_engine(folder / "tiny", threads=1)
    worker = CameraWorker(store, catalogue, engine, rules=RULES, **keepers)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(30)
        assert not thread.is_alive()


def issues_of(store, catalogue):
    with store.reading() as session:
        return list_issues(session, catalogue, IssueFilter()).items


def state_of(store, camera):
    with store.reading() as session:
        found = states(session).get(camera)
    return found.state if found else None


def swap(server: RtspServer, file: Path, path: str = "/1") -> None:
    server.kill()
    server.mounts = (Mount(path, str(file)),)
    server.start()


def test_a_heap_is_one_issue_an_outage_clears_nothing_and_its_absence_does(
    store, catalogue, folder
):
    with RtspServer([Mount("/1", str(folder / "heap.mp4"))]) as server:
        put(store, {"kerb": server.url("/1"), "dead": f"rtsp://127.0.0.1:{free_port()}/x"})
        with working(store, catalogue, folder) as worker:
            assert wait_for(lambda: issues_of(store, catalogue), 40)
            server.kill()
            assert wait_for(lambda: state_of(store, "kerb") == "offline", 40)
            assert wait_for(lambda: state_of(store, "dead") == "offline", 40)
            (issue,) = issues_of(store, catalogue)
            assert issue.proposal is None, "an outage is no clear look"
            swap(server, folder / "clean.mp4")
            assert wait_for(lambda: issues_of(store, catalogue)[0].proposal is Proposal.FIXED, 60)
            assert worker.total.looks > 0
    (issue,) = issues_of(store, catalogue)
    assert issue.best.stored
    assert issue.after.stored
    with store.reading() as session:
        told = [event.to_state for event in camera_events(session, "kerb")]
        assert told[:2] == [None, "connecting"] or "live" in told
        assert "offline" in told
        assert told[-1] == UNWATCHED
        looked = hours(session, MONDAY, MONDAY.replace(year=MONDAY.year + 9), "kerb")
        assert sum(hour.looks for hour in looked) == worker.total.looks
        assert states(session)["dead"].fault_code == "refused"
        assert session.scalars(select(CameraLeaseRecord)).all() == []


def test_a_locked_store_loses_nothing(store, catalogue, folder, data):
    with RtspServer([Mount("/1", str(folder / "heap.mp4"))]) as server:
        put(store, {"kerb": server.url("/1")})
        with working(store, catalogue, folder) as worker:
            assert wait_for(lambda: worker.total.looks >= 1, 40)
            other = sqlite3.connect(data / SQLITE_FILE, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            threading.Event().wait(6)  # the heap is confirmed meanwhile
            other.execute("ROLLBACK")
            other.close()
            assert wait_for(lambda: issues_of(store, catalogue), 40)
    assert len(issues_of(store, catalogue)) == 1


def test_a_turned_camera_is_noticed_by_the_next_worker_and_accepted_by_a_person(
    store, catalogue, folder, data
):
    with RtspServer([Mount("/1", str(folder / "clean.mp4"))]) as server:
        put(store, {"kerb": server.url("/1")})
        view = view_path(data / "cameras", "kerb")
        pictures = LastPictures(data, every_s=0.5, keep_free_mb=0)
        with working(store, catalogue, folder, views=KeptViews(data), pictures=pictures):
            assert wait_for(view.exists, 40)
            assert wait_for(lambda: state_of(store, "kerb") == "live", 20)
        last = cv2.imread(str(picture_path(data, "kerb")))
        assert last.shape == (180, 320, 3)
        swap(server, folder / "elsewhere.mp4")
        with working(store, catalogue, folder, views=KeptViews(data), pictures=pictures) as worker:
            assert wait_for(lambda: state_of(store, "kerb") == "moved", 60)
            assert worker.total.looks >= RULES.looks_to_enter
            shown = cv2.imread(str(picture_path(data, "kerb")))
            assert abs(shown.astype(int) - last).mean() > 10, "people see where it looks now"
            with store.transaction() as session:
                accept_view(session, "kerb", "li", datetime.now(UTC))
            assert wait_for(lambda: state_of(store, "kerb") == "live", 60)
        assert KeptViews(data).read(camera_of(store, "kerb")).references
    with store.reading() as session:
        told = [event.to_state for event in camera_events(session, "kerb")]
    assert told.index("moved") > told.index(UNWATCHED)


def test_what_is_found_is_filmed(store, catalogue, folder):
    films = Lapses(store, lambda image: image, Limits(keep_free_bytes=0))
    with RtspServer([Mount("/1", str(folder / "heap.mp4"))]) as server:
        put(store, {"kerb": server.url("/1")})
        with working(store, catalogue, folder, lapses=films):
            assert wait_for(lambda: films.figures.made == 1, 90)
    (issue,) = issues_of(store, catalogue)
    with store.reading() as session:
        (film,) = lapses(session, issue=issue.number)
    assert film.since < film.said_at < film.until
    with av.open(str(store.evidence.path(film.sha256))) as file:
        shown = [frame.to_ndarray(format="bgr24") for frame in file.decode(video=0)]
    assert len(shown) == film.pictures
    heap = shown[-1][115:145, 205:255]
    assert heap[..., 2].mean() > heap[..., 0].mean() + 100, "the red heap is in it"


def camera_of(store, name):
    with store.reading() as session:
        return get_camera(session, name).camera


def start_process(data, folder, cameras):
    environment = os.environ | {"TIDYCITY_CATALOGUE": str(folder / "quick.yaml")}
    command = [
        *(sys.executable, "-c", "from api.cli import main; main()", "--data", str(data)),
        *("watch", str(cameras)),
        *("--model", str(folder / "tiny"), "--json"),
    ]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)


def held(store):
    with store.reading() as session:
        rows = session.scalars(select(CameraLeaseRecord)).all()
        return Counter(row.worker for row in rows), {row.camera_id: row.worker for row in rows}


def test_a_killed_workers_cameras_move_to_another_and_nothing_is_said_twice(
    store, catalogue, folder, data, tmp_path
):
    mounts = [Mount(f"/{n}", str(folder / "heap.mp4")) for n in range(4)]
    with RtspServer(mounts) as server:
        lines = [f'  - {{id: c{n}, url: "{server.url(f"/{n}")}", every_s: 0.4}}' for n in range(4)]
        (tmp_path / "cameras.yaml").write_text("cameras:\n" + "\n".join(lines), "utf-8")
        one, two = (start_process(data, folder, tmp_path / "cameras.yaml") for _ in range(2))
        try:
            assert wait_for(lambda: sorted(held(store)[0].values()) == [2, 2], 60)
            assert wait_for(lambda: len(issues_of(store, catalogue)) == 4, 60)
            one.send_signal(signal.SIGKILL)
            one.wait()
            assert wait_for(lambda: list(held(store)[0].values()) == [4], 45)
            assert wait_for(lambda: state_of(store, "c3") == "live", 30)
        finally:
            one.kill()
            one.wait()
            two.terminate()
            assert two.wait(40) == 0
    assert len(issues_of(store, catalogue)) == 4
    with store.reading() as session:
        said = session.scalars(select(CameraStatementRecord)).all()
    assert Counter(row.camera_id for row in said) == Counter({f"c{n}": 1 for n in range(4)})
