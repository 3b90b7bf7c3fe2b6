"""The camera clip: it decodes, stands still, and what is left at the kerb stays there."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture(scope="module")
def frames(samples: Path) -> list[np.ndarray]:
    video = cv2.VideoCapture(str(samples / "camera" / "kerb.mp4"))
    assert video.isOpened()
    read = []
    while True:
        good, frame = video.read()
        if not good:
            break
        read.append(frame)
    video.release()
    return read


def rate(samples: Path) -> float:
    video = cv2.VideoCapture(str(samples / "camera" / "kerb.mp4"))
    return float(video.get(cv2.CAP_PROP_FPS))


def test_clip_is_short_and_small(samples: Path, frames: list[np.ndarray]):
    assert (samples / "camera" / "kerb.mp4").stat().st_size <= 2 * 1024 * 1024
    assert frames[0].shape == (432, 768, 3)
    assert 20 <= len(frames) / rate(samples) <= 30


def test_camera_stands_still(frames: list[np.ndarray]):
    far = [cv2.cvtColor(f, cv2.COLOR_BGR2GRAY).astype(float)[:90] for f in (frames[0], frames[-1])]
    flat = [(f - f.mean()) / (f.std() + 1e-9) for f in far]
    assert (flat[0] * flat[1]).mean() > 0.95


def test_something_passes_before_anything_stays(samples: Path, frames: list[np.ndarray]):
    fps = rate(samples)
    first, during, after = (frames[int(t * fps)].astype(float) for t in (1.0, 3.7, 7.0))
    assert np.abs(during - first).mean() > 2 * np.abs(after - first).mean()


def test_what_is_left_stays(samples: Path, frames: list[np.ndarray]):
    fps = rate(samples)
    start, left, end = (frames[int(t * fps)].astype(float) for t in (1.0, 15.0, 23.0))
    changed = (cv2.GaussianBlur(np.abs(left - start).max(axis=2), (9, 9), 0) > 25).mean()
    moved = (cv2.GaussianBlur(np.abs(end - left).max(axis=2), (9, 9), 0) > 25).mean()
    assert changed > 0.01
    assert moved < changed / 5
