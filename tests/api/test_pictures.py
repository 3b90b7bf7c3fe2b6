"""Pictures as they leave: the width asked for, no EXIF, faces blurred, kept within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImage

import detect.privacy
from api.pictures import WIDTHS_PX, Mark, Pictures, width_for
from detect.types import Image
from issues.errors import NotFound
from issues.evidence import EvidenceStore
from tests.api.patrol import now, picture

WIDE = picture(1, size=(1600, 1200))
MARK = Mark((0.4, 0.4, 0.6, 0.6), "暴露垃圾", "litter", "pile")


@pytest.fixture
def evidence(tmp_path: Path) -> EvidenceStore:
    store = EvidenceStore(tmp_path)
    store.put(WIDE, "jpg")
    return store


def pictures(evidence: EvidenceStore, **more: object) -> Pictures:
    return Pictures(evidence, blur_faces=False, now=now, **more)  # type: ignore[arg-type]


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def opened(jpeg: bytes) -> PillowImage.Image:
    return PillowImage.open(BytesIO(jpeg))


def with_exif(data: bytes) -> bytes:
    image = opened(data)
    exif = PillowImage.Exif()
    exif[0x0112] = 6  # turned: to be shown upright
    exif[0x010F] = "Secret camera"
    exif.get_ifd(0x8825)[1] = "N"
    out = BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("wish", [16, 160, 500, 1280, 1500, 4000])
def test_widths(evidence: EvidenceStore, wish: int) -> None:
    drawn = pictures(evidence).draw(digest(WIDE), wish)
    width, height = opened(drawn.jpeg).size
    assert width == min(width_for(wish), 1600)
    assert width / height == pytest.approx(4 / 3, abs=0.01)


def test_width_for_is_one_of_a_few() -> None:
    assert {width_for(px) for px in range(1, 4000)} == set(WIDTHS_PX)


def test_exif_is_gone_and_the_picture_upright(evidence: EvidenceStore) -> None:
    data = with_exif(WIDE)
    evidence.put(data, "jpg")
    shown = opened(pictures(evidence).draw(digest(data), 640).jpeg)
    assert not shown.getexif()
    assert shown.size == (640, 853)
    assert b"Secret" not in pictures(evidence).draw(digest(data), 640).jpeg
    assert pictures(evidence).original(digest(data)) == data


def test_boxes_change_the_picture_and_its_tag(evidence: EvidenceStore) -> None:
    shows = pictures(evidence)
    plain, marked = shows.draw(digest(WIDE), 640), shows.draw(digest(WIDE), 640, [MARK])
    assert plain.etag != marked.etag
    assert plain.jpeg != marked.jpeg
    assert shows.draw(digest(WIDE), 600).etag == plain.etag


def test_faces_are_blurred_before_anything_is_kept(
    evidence: EvidenceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, ...]] = []

    def blur(image: Image) -> tuple[Image, int]:
        calls.append(image.shape)
        return np.zeros_like(image), 1

    monkeypatch.setattr(detect.privacy, "blur_faces", blur)
    shows = Pictures(evidence, blur_faces=True, now=now)
    for width in (160, 640, 1280):
        jpeg = shows.draw(digest(WIDE), width).jpeg
        assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1).max() < 10
    assert len(calls) == 1  # one look serves all widths


def test_memory_stays_bounded(evidence: EvidenceStore) -> None:
    shows = pictures(evidence, memory_bytes=300_000)
    for width in WIDTHS_PX:
        shows.draw(digest(WIDE), width)
        assert shows._kept_bytes <= 300_000 or len(shows._kept) == 1
        assert shows._kept_bytes == sum(map(len, shows._kept.values()))


def test_unknown_evidence(evidence: EvidenceStore) -> None:
    with pytest.raises(NotFound):
        pictures(evidence).draw("0" * 64)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)
