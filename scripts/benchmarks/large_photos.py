"""Photos as large as a phone's, made for measuring: 4000 x 3000 px, 3 to 5 MB each."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH_PX, HEIGHT_PX = 4000, 3000
KINDS = 20
_QUALITY = 90


def make_photos(folder: Path, count: int) -> list[Path]:
    """``count`` JPEGs of ``KINDS`` different pictures; those that are there already are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index in range(count):
        path = folder / f"{index:04}.jpg"
        if not path.exists():
            kind = folder / f"{index % KINDS:04}.jpg"
            if kind == path:
                path.write_bytes(_jpeg(_scene(index)))
            else:
                path.write_bytes(kind.read_bytes())
        paths.append(path)
    return paths


def _jpeg(image: NDArray[np.uint8]) -> bytes:
    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        _QUALITY,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    ]
    return bytes(cv2.imencode(".jpg", image, options)[1])


def _scene(seed: int) -> NDArray[np.uint8]:
    """Ground with texture at every scale, things with edges, and a sensor's noise."""
    rng = np.random.default_rng(seed)
    small_w, small_h = WIDTH_PX // 4, HEIGHT_PX // 4
    image = np.full((small_h, small_w, 3), 110, np.float32)
    for octave in range(2, 10):
        noise = rng.normal(0, 60 / octave**1.2, (2**octave, 2**octave, 1)).astype(np.float32)
        image += cv2.resize(noise, (small_w, small_h), interpolation=cv2.INTER_CUBIC)[..., None]
    for _ in range(60):
        centre = tuple(map(int, rng.integers(0, (small_w, small_h))))
        axes = tuple(map(int, rng.integers(5, 100, 2)))
        colour = tuple(map(float, rng.integers(20, 235, 3)))
        cv2.ellipse(image, centre, axes, float(rng.uniform(0, 180)), 0, 360, colour, -1)
    image = np.clip(image, 0, 255).astype(np.uint8)
    large = cv2.resize(image, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC)
    noise = rng.integers(0, 41, (HEIGHT_PX, WIDTH_PX), np.uint8)
    noise = cv2.cvtColor(cv2.GaussianBlur(noise, (0, 0), 0.6), cv2.COLOR_GRAY2BGR)
    return np.asarray(cv2.subtract(cv2.add(large, noise), (20, 20, 20, 0)), np.uint8)
