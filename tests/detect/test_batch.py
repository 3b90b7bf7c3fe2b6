from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from detect.batch import UNEXPECTED, analyze_photos
from detect.engines import open_engine
from detect.errors import ModelError, UnreadablePhoto
from detect.hints import PlaceHints
from detect.sources import PhotoSource, find_photos
from detect.types import Detections, Location, Unusable

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
GATE = Location(31.2304, 121.4737)


class FakeEngine:
    """Finds one red thing in the top left quarter of every picture, and keeps the sizes."""

    def __init__(self, *, seconds: float = 0.0, fail_at: int | None = None) -> None:
        row = SimpleNamespace(name="red", category="litter.pile", threshold=0.5, experimental=False)
        self.model = SimpleNamespace(id="fake", version="1", input_px=640, classes=(row,))
        self.shapes: list[tuple[int, ...]] = []
        self.seconds, self.fail_at = seconds, fail_at
        self.lock = threading.Lock()
        self.calls = self.at_once = self.most_at_once = 0

    def detect(self, images):
        with self.lock:
            self.calls += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.shapes += [image.shape for image in images]
            failing = self.calls == self.fail_at
        time.sleep(self.seconds)
        with self.lock:
            self.at_once -= 1
        if failing:
            raise ModelError("the network is gone")
        return [
            Detections.of([[0, 0, im.shape[1] / 2, im.shape[0] / 2]], [0.75], [0], ("red",))
            for im in images
        ]


def street(width: int = 640, height: int = 480, seed: int = 0) -> np.ndarray:
    """A picture with enough edges and light to be usable."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 216, (height // 16 + 1, width // 16 + 1, 3)).astype(np.uint8)
    return np.kron(coarse, np.ones((16, 16, 1), np.uint8))[:height, :width]


def write(path: Path, image: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())
    return path


def looked(paths, engine=None, **options):
    options.setdefault("now", NOW)
    options.setdefault("workers", 2)
    return list(analyze_photos(find_photos(paths), engine or FakeEngine(), **options))


def test_a_photo_becomes_observations_and_coverage(tmp_path):
    write(tmp_path / "a" / "b.jpg", street())
    (result,) = looked([tmp_path], hints=PlaceHints(fixed=GATE))
    assert (result.source, result.status, result.reason_code) == ("a/b.jpg", "ok", None)
    assert result.path == tmp_path / "a" / "b.jpg"
    (finding,) = result.observations
    assert finding.xyxy == (0, 0, 0.5, 0.5)
    assert finding.frame_sha256 == result.photo.sha256
    assert result.coverage.usable
    assert result.coverage.categories == {"litter.pile"}
    assert result.coverage.location == GATE
    assert result.coverage.taken_at == result.photo.taken_at
    assert result.seconds > 0
    assert result.data is None


def test_bytes_are_kept_when_asked_for(tmp_path):
    path = write(tmp_path / "a.jpg", street())
    (result,) = looked([path], keep_bytes=True)
    assert result.data == path.read_bytes()


@pytest.mark.parametrize(
    ("size", "tiles", "wanted"),
    [
        ((2560, 1920), "off", [(480, 640, 3)]),
        ((2400, 1800), "off", [(900, 1200, 3)]),
        ((640, 480), "auto", [(480, 640, 3)]),
        ((320, 240), "auto", [(240, 320, 3)]),
        ((2560, 1920), "auto", [(960, 1280, 3)] + [(534, 712, 3)] * 4),
        ((2560, 1920), "on", [(1920, 2560, 3)] + [(739, 985, 3)] * 9),
    ],
)
def test_photos_are_decoded_at_the_scale_that_is_needed(tmp_path, size, tiles, wanted):
    write(tmp_path / "a.jpg", street(*size))
    engine = FakeEngine()
    looked([tmp_path], engine, tiles=tiles)
    assert engine.shapes == wanted


def test_tiles_and_whole_give_one_observation_of_one_thing(tmp_path):
    write(tmp_path / "a.jpg", street(2560, 1920))
    (result,) = looked([tmp_path], tiles="auto")
    assert (0, 0, 0.5, 0.5) in [o.xyxy for o in result.observations]


def bad_photos(folder: Path) -> dict[str, str]:
    """Files of every kind of bad, and the status that each must get."""
    good = cv2.imencode(".jpg", street())[1].tobytes()
    files = {
        "a.jpg": (good, "ok"),
        "b.jpg": (b"", "unreadable"),
        "c.jpg": (b"just words, renamed", "unreadable"),
        "d.jpg": (good[: len(good) // 2], None),
        "e.png": (cv2.imencode(".png", np.zeros((1, 1, 3), np.uint8))[1].tobytes(), "unusable"),
        "f.jpg": (cv2.imencode(".jpg", np.zeros((480, 640, 3), np.uint8))[1].tobytes(), "unusable"),
        "g.jpg": (good[:300], "unreadable"),
        "h.jpg": (good, "ok"),
    }
    for name, (data, _) in files.items():
        (folder / name).write_bytes(data)
    return {name: status for name, (_, status) in files.items()}


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_bad_photos_are_results_in_their_place(tmp_path, workers):
    wanted = bad_photos(tmp_path)
    results = looked([tmp_path], workers=workers)
    assert [r.source for r in results] == list(wanted)
    for result in results:
        assert wanted[result.source] in (None, result.status), result
        if result.status == "unreadable":
            assert result.reason_code
            assert result.source in result.message
            assert result.photo is None
            assert result.coverage is None
        if result.status == "unusable":
            assert result.reason_code in set(Unusable)
            assert result.coverage.reason == result.reason_code
            assert not result.coverage.usable
            assert result.reason_code == Unusable.DARK or result.observations == ()


def test_what_shows_in_a_dark_photo_counts_though_it_proves_nothing_clean(tmp_path, monkeypatch):
    write(tmp_path / "a.jpg", street())
    monkeypatch.setattr("detect.batch.assess", lambda image: Unusable.DARK)
    (result,) = looked([tmp_path])
    assert result.status == "unusable"
    assert result.observations
    assert not result.coverage.usable


def test_a_file_that_vanishes_after_it_was_found(tmp_path):
    for name in ("a.jpg", "b.jpg"):
        write(tmp_path / name, street())
    sources = list(find_photos([tmp_path]))
    (tmp_path / "a.jpg").unlink()
    first, second = analyze_photos(sources, FakeEngine(), now=NOW)
    assert (first.status, first.reason_code) == ("unreadable", "vanished")
    assert second.status == "ok"


def test_a_source_with_a_problem_keeps_its_reason(tmp_path):
    problem = UnreadablePhoto("encrypted", "a.zip!x.jpg is encrypted")
    source = PhotoSource(tmp_path / "a.zip", "a.zip!x.jpg", 5, NOW, "x.jpg", problem)
    (result,) = analyze_photos([source], FakeEngine(), now=NOW)
    assert (result.status, result.reason_code) == ("unreadable", "encrypted")


def test_what_nobody_thought_of_is_a_result_too(tmp_path, monkeypatch, caplog):
    for name in ("a.jpg", "b.jpg"):
        write(tmp_path / name, street())
    first_one = threading.Lock()

    def surprising(image):
        if first_one.acquire(blocking=False):
            raise TypeError("a tuple where a number was")

    monkeypatch.setattr("detect.batch.assess", surprising)
    results = looked([tmp_path], workers=1)
    assert [(r.status, r.reason_code) for r in results] == [
        ("unreadable", UNEXPECTED),
        ("ok", None),
    ]
    assert "TypeError" in results[0].message
    assert "a.jpg could not be analysed" in caplog.text


def test_order_is_kept_whatever_takes_long(tmp_path):
    for i in range(12):
        write(tmp_path / f"{i:02}.jpg", street(*((1600, 1200) if i % 3 == 0 else (160, 160))))
    results = looked([tmp_path], FakeEngine(seconds=0.003), workers=4, tiles="off")
    assert [r.source for r in results] == [f"{i:02}.jpg" for i in range(12)]


def test_workers_work_at_once(tmp_path):
    for i in range(8):
        write(tmp_path / f"{i}.jpg", street(160, 160))
    engine = FakeEngine(seconds=0.1)
    looked([tmp_path], engine, workers=3)
    assert engine.most_at_once == 3


def test_no_more_is_read_ahead_than_agreed(tmp_path):
    write(tmp_path / "a.jpg", street(160, 160))
    (one,) = find_photos([tmp_path])
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield one

    results = analyze_photos(endless(), FakeEngine(), workers=2, now=NOW)
    for _ in range(5):
        next(results)
    time.sleep(0.05)
    assert taken <= 5 + 2 * 2 + 1
    results.close()


def test_stopping_early_drops_the_rest(tmp_path):
    for i in range(20):
        write(tmp_path / f"{i:02}.jpg", street(160, 160))
    engine = FakeEngine(seconds=0.01)
    results = analyze_photos(find_photos([tmp_path]), engine, workers=2, now=NOW)
    next(results)
    results.close()
    calls = engine.calls
    time.sleep(0.05)
    assert engine.calls == calls < 20
    assert not [t for t in threading.enumerate() if t.name.startswith("photo")]


def test_a_failing_model_stops_the_batch(tmp_path):
    for i in range(6):
        write(tmp_path / f"{i}.jpg", street(160, 160))
    results = analyze_photos(find_photos([tmp_path]), FakeEngine(fail_at=3), workers=1, now=NOW)
    seen = []
    with pytest.raises(ModelError, match="network is gone"):
        seen.extend(results)
    assert not [t for t in threading.enumerate() if t.name.startswith("photo")]


def test_opencv_s_threads_are_as_before(tmp_path):
    write(tmp_path / "a.jpg", street(160, 160))
    before = cv2.getNumThreads()
    looked([tmp_path])
    assert cv2.getNumThreads() == before


def test_no_photos():
    assert list(analyze_photos([], FakeEngine(), now=NOW)) == []


def test_with_a_real_network(tmp_path, tiny_folder):
    image = street(640, 480) // 4 + 60
    image[160:192, 96:128] = (0, 0, 255)
    image[320:352, 320:352] = (255, 0, 0)
    write(tmp_path / "a.png", image)
    (result,) = looked([tmp_path], open_engine(tiny_folder, threads=2))
    (finding,) = result.observations
    assert finding.category == "litter.pile"
    np.testing.assert_allclose(finding.xyxy, [0.15, 1 / 3, 0.2, 0.4], atol=0.002)
    (around,) = result.context
    assert around.name == "blue"


def test_turned_photos_give_upright_boxes(tmp_path, tiny_folder):
    from PIL import Image

    upright = street(480, 640) // 4 + 60
    upright[160:192, 96:128] = (0, 0, 255)
    stored = Image.fromarray(upright[..., ::-1]).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    stored.save(tmp_path / "a.jpg", exif=exif, quality=95, subsampling=0)
    (result,) = looked([tmp_path], open_engine(tiny_folder, threads=1))
    assert (result.photo.width_px, result.photo.height_px) == (480, 640)
    (finding,) = result.observations
    np.testing.assert_allclose(finding.xyxy, [0.2, 0.25, 128 / 480, 0.3], atol=0.003)
