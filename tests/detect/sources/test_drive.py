"""A drive: a made video and a made track become photos with place and time, and few issues."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from detect.batch import analyze_photos
from detect.errors import BadInput, UnreadablePhoto
from detect.photo import read_photo
from detect.sources.drive import DriveRules, find_drive, stretches
from detect.track import Track
from issues.catalogue import load_catalogue
from issues.intake import Intake
from issues.queries import list_issues
from issues.store import Store, open_store
from tests.api.patrol import HERE, FakeEngine, picture

av = pytest.importorskip("av")

BEGAN = datetime(2026, 5, 1, 1, tzinfo=UTC)
FPS = 10
METRE = 1 / 111_320


def a_track(seconds: float, speed_ms: float, *, every_s: float = 1.0) -> Track:
    """Northwards from HERE at this speed."""
    times = np.arange(0, seconds + every_s / 2, every_s)
    points = tuple((HERE[0] + float(s) * speed_ms * METRE, HERE[1]) for s in times)
    return Track(Path("a.gpx"), tuple(BEGAN.timestamp() + float(s) for s in times), points)


def a_video(path: Path, seconds: int, *, piles: tuple[range, ...] = (), say: bool = True) -> Path:
    """A street that passes by; in the ranges of seconds a heap stands in the middle.

    Each second picture is blurred: the sharp ones are to be picked.
    """
    with av.open(str(path), "w") as container:
        if say:
            container.metadata["creation_time"] = BEGAN.isoformat()
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        stream.options = {"preset": "ultrafast", "g": "20"}
        for n in range(seconds * FPS):
            pile = any(n // FPS in span for span in piles)
            data = np.frombuffer(picture(n // FPS, pile=pile), np.uint8)
            image = cv2.imdecode(data, cv2.IMREAD_COLOR)
            if n % 2:
                image = cv2.GaussianBlur(image, (0, 0), 6)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """30 s; a heap in 4 to 8 s and another in 20 to 23 s."""
    path = tmp_path_factory.mktemp("drive") / "drive.mp4"
    return a_video(path, 30, piles=(range(4, 9), range(20, 24)))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(None, tmp_path / "data")
    yield store
    store.close()


@pytest.mark.parametrize(("speed_ms", "count"), [(1.4, 6), (8.0, 30), (16.0, 50)])
def test_pictures_by_way_not_by_time(speed_ms: float, count: int) -> None:
    found = stretches(a_track(30, speed_ms), BEGAN, 30.0, 8.0)
    assert count - 2 <= len(found) <= count + 1
    assert all(a.end_s <= b.begin_s for a, b in pairwise(found))


def test_a_red_light_gives_one_picture_in_half_a_minute() -> None:
    assert len(stretches(a_track(120, 0.0), BEGAN, 120.0, 8.0)) == 4


def test_where_no_place_is_known_there_is_no_picture() -> None:
    assert stretches(a_track(30, 5.0), BEGAN + timedelta(hours=1), 30.0, 8.0) == []
    late = stretches(a_track(10, 5.0), BEGAN, 60.0, 8.0)
    assert late[-1].end_s <= 21, "ten seconds beyond the track at most"


def test_the_sharpest_picture_says_where_and_when(video: Path) -> None:
    sources = list(find_drive(video, a_track(30, 8.0), DriveRules()))
    data = sources[10].read()
    photo = read_photo(data, sources[10].name, hints=None, now=BEGAN + timedelta(days=1))
    assert photo.time_origin == "exif"
    assert abs((photo.taken_at - BEGAN).total_seconds() - 10.5) <= 1.5
    assert photo.location is not None
    way_m = (photo.location.lat - HERE[0]) / METRE
    assert way_m == pytest.approx(84, abs=10)
    assert photo.location.accuracy_m == pytest.approx(12, abs=1)
    assert photo.heading_deg == pytest.approx(0, abs=1)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    blurred = cv2.GaussianBlur(image, (0, 0), 6)
    assert cv2.Laplacian(image, cv2.CV_64F).var() > 10 * cv2.Laplacian(blurred, cv2.CV_64F).var()
    assert sources[10].read() == data, "the same picture every time"


def test_one_pass_is_one_observation_set_a_problem(video: Path, store: Store) -> None:
    engine, catalogue = FakeEngine(), load_catalogue()
    track = a_track(30, 8.0)
    intake = Intake(store, catalogue, engine.model)
    sources = list(find_drive(video, track, DriveRules()))
    assert len({source.key for source in sources}) == len(sources) >= 28
    todo = [source for source in sources if not intake.already(source)]
    later = BEGAN + timedelta(days=1)
    for result in analyze_photos(todo, engine, keep_bytes=True, workers=1, now=later):
        intake.record(result)
    with store.reading() as session:
        rows = list_issues(session, catalogue).items
    assert 2 <= len(rows) <= 4, "two heaps of some 30 m each, not nine pictures of them"
    assert sum(row.photos for row in rows) >= 8
    assert all(row.proposal is None for row in rows), "driving past is no clean look"
    again = Intake(store, catalogue, engine.model)
    assert all(again.already(source) for source in find_drive(video, track, DriveRules()))


def test_a_clock_that_is_wrong_is_shifted(video: Path) -> None:
    track = a_track(30, 8.0)
    with pytest.raises(BadInput, match="no time in common"):
        find_drive(video, track, DriveRules(offset_s=3600))
    began = BEGAN + timedelta(hours=8)
    shifted = DriveRules(offset_s=-8 * 3600, began_at=began)
    assert len(list(find_drive(video, track, shifted))) >= 28


def test_a_video_that_does_not_say_when(tmp_path: Path) -> None:
    path = a_video(tmp_path / "mute.mp4", 1, say=False)
    with pytest.raises(BadInput, match="when it began"):
        find_drive(path, a_track(5, 5.0), DriveRules())
    assert list(find_drive(path, a_track(5, 5.0), DriveRules(began_at=BEGAN)))


def test_what_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"no video at all" * 100)
    with pytest.raises(UnreadablePhoto):
        find_drive(path, a_track(5, 5.0), DriveRules())
    with pytest.raises(BadInput):
        find_drive(tmp_path / "nowhere.mp4", a_track(5, 5.0), DriveRules())


def test_a_video_cut_short_is_a_result_with_a_reason(video: Path, tmp_path: Path) -> None:
    sources = list(find_drive(video, a_track(30, 8.0), DriveRules()))
    whole = video.read_bytes()
    moved = tmp_path / "drive.mp4"
    moved.write_bytes(whole)
    source = next(iter(find_drive(moved, a_track(30, 8.0), DriveRules())))
    moved.write_bytes(whole[: len(whole) // 50])
    with pytest.raises(UnreadablePhoto):
        source.read()
    assert sources[-1].read()
