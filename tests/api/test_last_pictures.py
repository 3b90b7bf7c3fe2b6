"""The last picture of each camera: seldom, whole, and never when the disk is nearly full."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from api.watching.last_pictures import LastPictures, picture_path
from detect.stream.health import CameraState, Picture
from detect.stream.look import Look
from detect.stream.packet import CodedPicture


class Clock:
    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def a_look(camera: str = "gate", shade: int = 90, *, decoded: bool = True) -> Look:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    coded = CodedPicture.__new__(CodedPicture)
    image = np.full((36, 64, 3), shade, np.uint8) if decoded else None
    return Look(camera, at, 0.0, Picture.GOOD, CameraState.LIVE, (), (), coded, image)


def shade_of(path: Path) -> int:
    image = cv2.imread(str(path))
    assert image is not None
    return round(float(image.mean()))


def test_one_is_kept_and_replaced_after_a_while(tmp_path: Path) -> None:
    clock = Clock()
    keeper = LastPictures(tmp_path, every_s=20, keep_free_mb=0, monotonic=clock)
    path = picture_path(tmp_path, "gate")
    assert keeper.offer(a_look(shade=50))
    assert not keeper.offer(a_look(shade=200))
    assert shade_of(path) == 50
    assert keeper.offer(a_look("other")), "each camera has its own time"
    clock.s = 20
    assert keeper.offer(a_look(shade=200))
    assert shade_of(path) == 200
    assert sorted(p.name for p in path.parent.iterdir()) == ["gate.jpg", "other.jpg"]


def test_a_look_without_a_picture_is_passed_over(tmp_path: Path) -> None:
    keeper = LastPictures(tmp_path, keep_free_mb=0)
    assert not keeper.offer(a_look(decoded=False))
    assert keeper.offer(a_look()), "and doesn't use up the turn"


def test_a_full_disk_is_told_once_and_harms_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock, free = Clock(), [400_000_000]
    keeper = LastPictures(
        tmp_path, every_s=1, keep_free_mb=500, monotonic=clock, free_bytes=lambda _: free[0]
    )
    for second in range(5):
        clock.s = float(second)
        assert not keeper.offer(a_look())
    assert (keeper.room, keeper.left_out) == (False, 5)
    assert len([r for r in caplog.records if "400 MB are free" in r.getMessage()]) == 1
    free[0], clock.s = 900_000_000, 60.0
    assert keeper.offer(a_look())
    assert keeper.room


def test_a_folder_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "cameras").write_text("a file stands where the folder should be")
    keeper = LastPictures(tmp_path, keep_free_mb=0)
    assert not keeper.offer(a_look())
    assert not keeper.room
