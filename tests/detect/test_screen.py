"""A photo of a screen has a fine pattern all over; a street has it in places, or nowhere."""

from __future__ import annotations

import random
from pathlib import Path

import cv2
import numpy as np
import pytest

from detect.screen import SUSPECT, screen_pattern
from scripts.benchmarks.recapture import recaptured

PATROL = Path(__file__).parents[2] / "samples" / "patrol" / "2026-11-02"


def read(name: str) -> np.ndarray:
    image = cv2.imread(str(PATROL / f"{name}.jpg"))
    assert image is not None
    return image


@pytest.mark.parametrize("name", ["p01", "p05", "p09", "p13"])
def test_a_photo_of_a_street_is_not_suspected(name):
    assert screen_pattern(read(name)) < SUSPECT


def test_some_photos_of_a_screen_are():
    photos = sorted(path.stem for path in PATROL.glob("*.jpg"))
    caught = [
        screen_pattern(recaptured(read(name), random.Random(10 * k))) >= SUSPECT
        for k, name in enumerate(photos)
    ]
    assert sum(caught) >= 4


@pytest.mark.parametrize("quality", [35, 60, 85])
def test_blocks_of_jpeg_are_not_taken_for_a_grid(quality):
    smooth = cv2.GaussianBlur(read("p09"), (0, 0), 1.5)
    data = cv2.imencode(".jpg", smooth, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    assert screen_pattern(cv2.imdecode(data, cv2.IMREAD_COLOR)) < SUSPECT


def test_a_coloured_pattern_on_a_part_is_not_enough():
    image = read("p09")
    height, width = image.shape[:2]
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    bars = (40 * np.sin(1.9 * x + 0.9 * y))[:, :, None].astype(np.int16) * [1, 0, -1]
    fenced = np.clip(image.astype(np.int16) + bars * (x > 0.95 * width)[:, :, None], 0, 255)
    assert screen_pattern(fenced.astype(np.uint8)) < SUSPECT
    assert screen_pattern(np.clip(image.astype(np.int16) + bars, 0, 255).astype(np.uint8)) > 0.8


@pytest.mark.parametrize("size", [(1, 1), (100, 2000), (128, 128), (300, 300)])
def test_small_and_plain_pictures_can_t_be_told(size):
    assert screen_pattern(np.full((*size, 3), 90, np.uint8)) == 0.0
