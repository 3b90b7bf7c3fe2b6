import os
import random
from pathlib import Path

import cv2
import numpy as np
import pytest

from detect.quality import assess
from detect.types import Unusable


def street(width: int = 640, height: int = 480, seed: int = 0) -> np.ndarray:
    """Something with the structure of a street: ground with grain, walls, edges, small things."""
    noise = np.random.default_rng(seed)
    image = np.full((height, width, 3), 150, np.float32)
    image[height // 2 :] = 105
    for _ in range(60):
        x, y = int(noise.integers(0, width)), int(noise.integers(0, height))
        w, h = (int(side) for side in noise.integers(5, max(6, width // 6), 2))
        colour = noise.integers(20, 235, 3).tolist()
        cv2.rectangle(image, (x, y), (x + w, y + h), colour, -1, cv2.LINE_AA)
    image += cv2.GaussianBlur(noise.normal(0, 12, image.shape).astype(np.float32), (0, 0), 0.8)
    return np.clip(image, 0, 255).astype(np.uint8)


def scaled(image: np.ndarray, gain: float, offset: float = 0) -> np.ndarray:
    return np.clip(image.astype(np.float32) * gain + offset, 0, 255).astype(np.uint8)


def moved(image: np.ndarray, length_px: int, angle_deg: float) -> np.ndarray:
    kernel = np.zeros((length_px, length_px), np.float32)
    kernel[length_px // 2] = 1
    centre = (length_px / 2 - 0.5, length_px / 2 - 0.5)
    turn = cv2.getRotationMatrix2D(centre, angle_deg, 1)
    kernel = cv2.warpAffine(kernel, turn, (length_px, length_px))
    return cv2.filter2D(image, -1, kernel / kernel.sum())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("width", "height"), [(640, 480), (480, 640), (1000, 750), (1279, 719), (320, 200)]
)
def test_a_sharp_street_is_usable_at_every_size(seed, width, height):
    assert assess(street(width, height, seed)) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda image: scaled(image, 0.1), Unusable.DARK),
        (lambda image: scaled(image, 0.2), Unusable.DARK),
        (lambda image: scaled(image, 5, 120), Unusable.OVEREXPOSED),
        (lambda image: cv2.GaussianBlur(image, (0, 0), 6), Unusable.BLURRED),
        (lambda image: cv2.GaussianBlur(image, (0, 0), 12), Unusable.BLURRED),
        (lambda image: moved(image, 31, 0), Unusable.BLURRED),
        (lambda image: moved(image, 31, 40), Unusable.BLURRED),
        (lambda image: moved(image, 31, 90), Unusable.BLURRED),
        (lambda image: scaled(cv2.GaussianBlur(image, (0, 0), 40), 0.1, 90), Unusable.BLOCKED),
        (lambda image: np.full_like(image, 120), Unusable.BLOCKED),
        (lambda image: np.zeros_like(image), Unusable.DARK),
        (lambda image: np.full_like(image, 255), Unusable.OVEREXPOSED),
        (lambda image: image[:150, :150], Unusable.TOO_SMALL),
        (lambda image: image[:20], Unusable.TOO_SMALL),
        (lambda image: image[:1, :1], Unusable.TOO_SMALL),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_what_spoils_a_picture_is_named(change, reason, seed):
    assert assess(np.ascontiguousarray(change(street(seed=seed)))) is reason


def test_noise_of_a_small_sensor_does_not_hide_blur():
    noise = np.random.default_rng(1).normal(0, 5, (480, 640, 3))
    blurred = cv2.GaussianBlur(street(), (0, 0), 6)
    assert assess(np.clip(blurred + noise, 0, 255).astype(np.uint8)) is Unusable.BLURRED


@pytest.mark.parametrize(("gain", "offset"), [(0.5, 0), (0.4, 0), (0.5, 100), (0.3, 90)])
def test_weak_light_and_weak_contrast_are_not_blur(gain, offset):
    assert assess(scaled(street(), gain, offset)) is None


BESIDE = Path(__file__).parents[3] / "shared/data"
REAL = Path(os.environ.get("TIDYCITY_REAL_PHOTOS", BESIDE))


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the real photos, which are never committed")
def test_on_real_photos_few_are_refused_and_spoilt_ones_caught():
    found = sorted(REAL.glob("street-garbage-cn/images/*")) + sorted(
        REAL.glob("litter-taco/images/*")
    )
    photos = [cv2.imread(str(path)) for path in random.Random(11).sample(found, 100)]
    assert sum(assess(photo) is not None for photo in photos) <= 2
    for spoil in (
        lambda image: cv2.GaussianBlur(image, (0, 0), 6 * max(image.shape) / 640),
        lambda image: scaled(image, 0.2),
    ):
        assert sum(assess(spoil(photo)) is not None for photo in photos[:60]) >= 57
