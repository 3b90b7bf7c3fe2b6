"""Copies are known as copies, second photos of a place are not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from detect.likeness import likeness, pattern

PATROL = Path(__file__).parents[2] / "samples" / "patrol"
COPY = 0.82


def read(name: str, day: str = "2026-11-02") -> np.ndarray:
    image = cv2.imread(str(PATROL / day / f"{name}.jpg"))
    assert image is not None
    return image


def compressed(image: np.ndarray, quality: int = 80) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", image, [1, quality])[1], cv2.IMREAD_COLOR)


def turned(image: np.ndarray, degrees: float) -> np.ndarray:
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.08)
    return cv2.warpAffine(image, matrix, (width, height))


def screenshot(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    phone = np.full((int(height * 1.6), int(width * 1.08), 3), 24, np.uint8)
    phone[int(0.3 * height) : int(0.3 * height) + height, 40 : 40 + width] = image
    return cv2.resize(phone, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def painted_out(image: np.ndarray) -> np.ndarray:
    copy = image.copy()
    part = copy[400:700, 400:800]
    copy[400:700, 400:800] = cv2.GaussianBlur(part, (0, 0), 25)
    return copy


CHANGES = {
    "compressed": lambda image: compressed(image, 30),
    "small": lambda image: cv2.resize(image, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA),
    "part": lambda image: image[150:800, 300:1150],
    "dark": lambda image: (image * 0.5).astype(np.uint8),
    "turned": lambda image: turned(image, 4),
    "screenshot": screenshot,
    "painted out": painted_out,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_copy_is_a_copy(name):
    original = read("p11")
    found = likeness(original, compressed(CHANGES[name](original)))
    assert found is not None
    assert found.share >= COPY
    assert not found.mirrored
    assert found.shrunk == pytest.approx(0.67, abs=0.05) or name != "part"


def test_a_mirrored_copy_is_a_copy():
    original = read("p11")
    found = likeness(original, compressed(original[:, ::-1]))
    assert found is not None
    assert found.mirrored
    assert found.share >= COPY


@pytest.mark.parametrize("name", ["p04", "p05", "p06"])
def test_a_second_photo_of_the_place_is_none(name):
    """Rendered from the very same spot: nearer to a copy than any real second photo."""
    found = likeness(read(name), read(name, "2026-11-09"))
    assert found is None or found.share < COPY


def test_another_place_is_none():
    assert likeness(read("p02"), read("p09")) is None


def test_light_is_no_pattern():
    grey = np.tile(np.linspace(0, 255, 320).astype(np.uint8), (240, 1))
    assert np.abs(pattern(cv2.merge([grey] * 3))).max() < 8
