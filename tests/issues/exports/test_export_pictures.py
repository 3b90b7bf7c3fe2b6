"""Pictures of the evidence that may leave the machine."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImage

from detect.errors import ModelError
from issues.exports import pictures as module
from issues.exports.pictures import PictureRequest, Pictures
from tests.issues.exports.conftest import FakeEvidence, street_jpeg


def decoded(jpeg: bytes | None) -> np.ndarray:
    assert jpeg is not None
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


@pytest.fixture
def sha256(evidence: FakeEvidence) -> str:
    return evidence.add(street_jpeg())


def test_the_longer_side_is_what_was_asked_for(evidence: FakeEvidence, sha256: str) -> None:
    picture = decoded(Pictures(evidence).jpeg(PictureRequest(sha256), 220))
    assert picture.shape == (165, 220, 3)


def test_a_small_photo_is_not_blown_up(evidence: FakeEvidence) -> None:
    small = evidence.add(street_jpeg(width_px=100, height_px=80))
    assert decoded(Pictures(evidence).jpeg(PictureRequest(small), 220)).shape == (80, 100, 3)


def test_boxes_are_drawn_where_they_are(evidence: FakeEvidence, sha256: str) -> None:
    made = Pictures(evidence)
    plain = decoded(made.jpeg(PictureRequest(sha256), 400)).astype(int)
    boxed = decoded(made.jpeg(PictureRequest(sha256, ((0.25, 0.25, 0.75, 0.75),), "bin"), 400))
    changed = np.abs(boxed.astype(int) - plain).max(axis=2) > 60
    assert changed[75, 120:280].mean() > 0.5
    assert not changed[140:160, 190:210].any()
    assert not changed[:40, 350:].any()


def test_exif_stays_behind(evidence: FakeEvidence) -> None:
    with PillowImage.open(BytesIO(street_jpeg())) as image:
        exif = image.getexif()
        exif[271] = "Secret camera"
        exif[274] = 6
        file = BytesIO()
        image.save(file, "JPEG", exif=exif)
    turned = evidence.add(file.getvalue())
    jpeg = Pictures(evidence).jpeg(PictureRequest(turned), 200)
    assert jpeg is not None
    assert b"Secret" not in jpeg
    assert b"Exif" not in jpeg
    assert decoded(jpeg).shape == (200, 150, 3)


def test_missing_and_damaged_photos_are_none(
    evidence: FakeEvidence, sha256: str, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = evidence.add(b"no picture at all")
    wanted = [PictureRequest("0" * 64), PictureRequest(damaged), PictureRequest(sha256)]
    assert [jpeg is None for jpeg in Pictures(evidence).jpegs(wanted, 100)] == [True, True, False]
    assert "no picture of 000" in caplog.text


def test_each_photo_is_decoded_once(tmp_path: Path, evidence: FakeEvidence, sha256: str) -> None:
    made = Pictures(evidence, cache=tmp_path)
    box = (0.1, 0.1, 0.2, 0.2)
    first = made.jpeg(PictureRequest(sha256), 200)
    again = Pictures(evidence, cache=tmp_path).jpeg(PictureRequest(sha256, (box,)), 200)
    assert evidence.reads == [sha256]
    assert decoded(again).shape == decoded(first).shape
    assert again != first
    assert made.jpeg(PictureRequest(sha256), 200) == first
    assert made.jpeg(PictureRequest(sha256, (box,)), 200) == again
    assert evidence.reads == [sha256]


@pytest.mark.parametrize("damage", [b"", b"no picture"])
def test_a_damaged_cache_is_made_again(
    tmp_path: Path, evidence: FakeEvidence, sha256: str, damage: bytes
) -> None:
    made = Pictures(evidence, cache=tmp_path)
    made.jpeg(PictureRequest(sha256), 200)
    for file in tmp_path.rglob("*.jpg"):
        file.write_bytes(damage)
    assert decoded(made.jpeg(PictureRequest(sha256), 200)).shape == (150, 200, 3)
    assert len(evidence.reads) == 2


def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, evidence: FakeEvidence, sha256: str
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert Pictures(evidence, cache=blocked / "cache").jpeg(PictureRequest(sha256), 100)


def test_blurred_and_plain_are_kept_apart(
    tmp_path: Path, evidence: FakeEvidence, sha256: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[tuple[int, ...]] = []

    def blur(image: np.ndarray) -> tuple[np.ndarray, int]:
        looked.append(image.shape)
        return np.zeros_like(image), 1

    monkeypatch.setattr(module, "blur_faces", blur)
    plain = Pictures(evidence, cache=tmp_path, blur=False).jpeg(PictureRequest(sha256), 200)
    blurred = Pictures(evidence, cache=tmp_path).jpeg(PictureRequest(sha256), 200)
    assert decoded(plain).mean() > 50
    assert decoded(blurred).max() < 10
    assert looked == [(480, 640, 3)]


def test_many_come_in_order_and_stopping_early_is_fine(evidence: FakeEvidence) -> None:
    widths = [100 + 4 * n for n in range(40)]
    shas = [evidence.add(street_jpeg(n, width, 60)) for n, width in enumerate(widths)]
    made = Pictures(evidence).jpegs(map(PictureRequest, shas), 1000)
    assert [decoded(next(made)).shape[1] for _ in range(30)] == widths[:30]
    made.close()


def test_nothing_leaves_unblurred_for_want_of_a_face_detector(
    evidence: FakeEvidence, sha256: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(image: np.ndarray) -> tuple[np.ndarray, int]:
        raise ModelError("no weights")

    monkeypatch.setattr(module, "blur_faces", fail)
    with pytest.raises(ModelError):
        Pictures(evidence).jpeg(PictureRequest(sha256), 200)


def test_what_was_shelved_is_there_for_a_list_without_the_evidence(
    tmp_path: Path, evidence: FakeEvidence, sha256: str
) -> None:
    box = (0.25, 0.25, 0.75, 0.75)
    made = Pictures(evidence, cache=tmp_path)
    asked = [PictureRequest(sha256), PictureRequest(sha256, (box,), "litter")]
    fresh = [Pictures(evidence).jpeg(one, module.LIST_PX) for one in asked]
    assert made.shelve(sha256, evidence.read(sha256), [(box, "litter")])
    later = Pictures(FakeEvidence(), cache=tmp_path)  # the photos themselves are out of reach
    assert [later.jpeg(one, module.LIST_PX) is not None for one in asked] == [True, True]
    assert [decoded(made.jpeg(one, module.LIST_PX)).shape for one in asked] == [
        decoded(one).shape for one in fresh
    ]
    other = PictureRequest(sha256, (box, (0.1, 0.1, 0.2, 0.2)), "litter")
    assert later.jpeg(other, module.LIST_PX) is not None, "other boxes are drawn on the small one"


def test_shelving_fails_quietly(tmp_path: Path, evidence: FakeEvidence, sha256: str) -> None:
    assert not Pictures(evidence).shelve(sha256, b"", []), "nothing is kept without a cache"
    assert not Pictures(evidence, cache=tmp_path).shelve("0" * 64, b"no picture", [])


def test_a_photo_is_shelved_only_with_its_faces_looked_for(
    tmp_path: Path, evidence: FakeEvidence, sha256: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_here(*_: object) -> None:
        raise ModelError("no weights")

    monkeypatch.setattr(module, "blur_faces", none_here)
    assert not Pictures(evidence, cache=tmp_path).shelve(sha256, evidence.read(sha256), [])
    assert not list(tmp_path.rglob("*.jpg"))
