"""Many cameras, few cores; the model is real but tiny."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace

import pytest

pytest.importorskip("av", reason="the extra camera is not installed")

from rtsp import Mount, RtspServer, free_port, needs_rtsp, wait_for, write_clip

from detect.engines import open_engine
from detect.stream.address import FeedAddress
from detect.stream.backoff import BackOff
from detect.stream.health import CameraState, HealthRules, Picture
from detect.stream.look import evidence_jpeg
from detect.stream.timeouts import Timeouts
from detect.stream.watch import Feed, Watch

RULES = HealthRules(stale_after_s=2, offline_after_s=4)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    return {
        "live": str(write_clip(folder / "live.mp4", seconds=60)),
        "frozen": str(write_clip(folder / "frozen.mp4", seconds=60, frozen=True)),
    }


@pytest.fixture(scope="module")
def engine(tiny_folder):
    return open_engine(tiny_folder, threads=1)


class Seen:
    """What a watch told: looks, and changes of state."""

    def __init__(self):
        self.looks = []
        self.states = []
        self._lock = threading.Lock()

    def look(self, look):
        with self._lock:
            self.looks.append(look)

    def state(self, camera, before, after):
        with self._lock:
            self.states.append((camera, before.state, after.state))

    def of(self, camera):
        return [look for look in self.looks if look.camera == camera]


def watching(engine, seen):
    return Watch(
        engine,
        seen.look,
        on_state=seen.state,
        rules=RULES,
        timeouts=Timeouts(5, 3),
        back_off=BackOff(first_s=0.3, longest_s=0.6),
    )


def feed(camera, url, every_s=0.5):
    return Feed(camera, FeedAddress.parse(url), every_s, look_at_motion=False)


def test_looks_come_in_order_with_evidence_at_full_size(engine, clips):
    seen = Seen()
    with watching(engine, seen) as watch:
        watch.add(feed("a", clips["live"]))
        assert wait_for(lambda: len(seen.of("a")) >= 4)
    looks = seen.of("a")
    assert [look.coded.number for look in looks] == sorted({look.coded.number for look in looks})
    assert all(look.usable for look in looks)
    assert looks[0].image.shape[1] <= 320
    jpeg = evidence_jpeg(looks[0].coded)
    assert jpeg.startswith(b"\xff\xd8")
    assert b"Exif" not in jpeg[:200]
    assert seen.states == [("a", CameraState.CONNECTING, CameraState.LIVE)]


def test_dead_cameras_cost_the_living_nothing_and_go_offline(engine, clips):
    seen = Seen()
    with watching(engine, seen) as watch:
        watch.add(feed("live", clips["live"]))
        for i in range(20):
            watch.add(feed(f"dead-{i}", f"rtsp://127.0.0.1:{free_port()}/x"))
        dead = [camera for camera in watch.cameras if camera != "live"]
        offline = CameraState.OFFLINE
        assert wait_for(lambda: all(watch.health(c).state is offline for c in dead), 20)
        count = len(seen.of("live"))
        assert wait_for(lambda: len(seen.of("live")) >= count + 3)
        assert watch.figures()["live"].skipped <= 2
    told = Counter(camera for camera, _, after in seen.states if after is offline)
    assert told == Counter(dead)
    assert {look.camera for look in seen.looks} == {"live"}


def test_what_changes_outside_the_zones_doesnt_make_the_network_run(engine, clips):
    """The clip's car drives through the middle; the zone lies at its foot."""
    foot = (((0.0, 0.95), (1.0, 0.95), (1.0, 1.0), (0.0, 1.0)),)
    seen = Seen()
    with watching(engine, seen) as watch:
        watch.add(feed("all", clips["live"], every_s=1.0))
        watch.add(replace(feed("foot", clips["live"], every_s=1.0), zones=foot))
        assert wait_for(lambda: min(len(seen.of("all")), len(seen.of("foot"))) >= 8, 40)
        figures = watch.figures()
    assert figures["all"].reused == 0, "the car is elsewhere at each look"
    assert figures["foot"].reused >= 4


def test_a_clip_that_repeats_one_frame_is_frozen(engine, clips):
    seen = Seen()
    with watching(engine, seen) as watch:
        watch.add(feed("stuck", clips["frozen"], every_s=0.2))
        assert wait_for(lambda: watch.health("stuck").state is CameraState.FROZEN, 40)
    last = seen.of("stuck")[-1]
    assert last.picture is Picture.FROZEN
    assert not last.usable
    assert last.observations == ()


def test_what_a_listener_raises_ends_nothing(engine, clips, caplog):
    count = []

    def broken(look):
        count.append(look)
        raise OSError("the disk is full")

    with Watch(engine, broken, rules=RULES) as watch:
        watch.add(feed("a", clips["live"]))
        assert wait_for(lambda: len(count) >= 3)
    assert "the disk is full" in caplog.text


def test_a_camera_that_is_removed_or_replaced_leaves_no_thread(engine, clips):
    seen = Seen()
    before = threading.active_count()
    with watching(engine, seen) as watch:
        for _ in range(3):
            watch.add(feed("a", clips["live"]))
        assert wait_for(lambda: seen.of("a"))
        watch.remove("a")
        assert watch.cameras == ()
    assert wait_for(lambda: threading.active_count() == before)


@needs_rtsp
def test_an_outage_is_stale_then_offline_then_live_again(engine, clips):
    seen = Seen()
    with RtspServer([Mount("/1", clips["live"])]) as server, watching(engine, seen) as watch:
        watch.add(feed("a", server.url("/1")))
        assert wait_for(lambda: watch.health("a").usable)
        server.kill()
        assert wait_for(lambda: watch.health("a").state is CameraState.OFFLINE)
        server.start()
        assert wait_for(lambda: watch.health("a").usable, 30)
    states = [after for _, _, after in seen.states]
    live, stale, offline = CameraState.LIVE, CameraState.STALE, CameraState.OFFLINE
    assert states == [live, stale, offline, live]
