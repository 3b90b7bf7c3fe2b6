"""Marks of pictures: what they survive, and that different pictures don't share them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.fingerprint import Fingerprint, apart, fingerprint

PATROL = Path(__file__).parents[2] / "samples" / "patrol"
NAMES = ("p02", "p05", "p09", "p12")


def read(name: str, day: str = "2026-11-02") -> np.ndarray:
    image = cv2.imread(str(PATROL / day / f"{name}.jpg"))
    assert image is not None
    return image


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return read("p05")


@pytest.fixture(scope="module")
def marks(photo: np.ndarray) -> Fingerprint:
    return fingerprint(photo)


@settings(max_examples=25, deadline=None)
@given(st.integers(20, 95), st.floats(0.25, 1.0), st.floats(0.5, 1.4), st.integers(-30, 40))
def test_the_hash_survives_compression_size_and_light(photo, marks, quality, scale, gain, offset):
    changed = np.clip(photo.astype(np.float32) * gain + offset, 0, 255).astype(np.uint8)
    small = cv2.resize(changed, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    again = cv2.imdecode(cv2.imencode(".jpg", small, [1, quality])[1], cv2.IMREAD_COLOR)
    assert apart(fingerprint(again).phash, marks.phash) <= 10


@settings(max_examples=15, deadline=None)
@given(st.floats(0.6, 0.95), st.floats(0, 1), st.floats(0, 1))
def test_a_part_shares_words_with_the_whole(photo, marks, share, right, down):
    height, width = photo.shape[:2]
    x, y = int(right * (1 - share) * width), int(down * (1 - share) * height)
    part = photo[y : y + int(share * height), x : x + int(share * width)]
    assert len(fingerprint(part, asking=True).words & marks.words) >= 4


def test_a_mirror_image_of_a_mirror_image_is_the_picture(photo, marks):
    again = cv2.imdecode(cv2.imencode(".jpg", photo[:, ::-1])[1], cv2.IMREAD_COLOR)
    back = fingerprint(np.ascontiguousarray(again[:, ::-1]), asking=True)
    assert apart(back.phash, marks.phash) <= 6
    assert len(back.words & marks.words) >= 10


def test_other_places_are_far_away(marks):
    others = [fingerprint(read(name), asking=True) for name in ("p02", "p09", "p12")]
    assert all(apart(marks.phash, other.phash) > 12 for other in others)
    assert all(len(marks.words & other.words) < 6 for other in others)


def test_a_flat_picture_has_no_marks():
    assert fingerprint(np.full((200, 300, 3), 127, np.uint8)) == Fingerprint(None, frozenset())
    assert Fingerprint(None, frozenset()).bands == ()


def test_bands_are_the_hash_in_pieces():
    assert Fingerprint(0x0123_4567_89AB_CDEF, frozenset()).bands == (0xCDEF, 0x89AB, 0x4567, 0x0123)


@given(st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63), max_size=3))
def test_hashes_up_to_three_bits_apart_share_a_band(value, flips):
    other = value
    for bit in flips:
        other ^= 1 << bit
    one, two = (Fingerprint(v, frozenset()).bands for v in (value, other))
    assert apart(value, other) == len(flips)
    assert any(a == b for a, b in zip(one, two, strict=True))


def test_marks_are_the_same_on_every_machine(marks):
    """Marks are kept for years: a change of them needs another VERSION."""
    plain = np.zeros((240, 320, 3), np.uint8)
    cv2.circle(plain, (100, 120), 60, (255, 255, 255), -1)
    cv2.rectangle(plain, (200, 30), (290, 200), (90, 160, 30), -1)
    assert fingerprint(plain).phash == fingerprint(plain.copy()).phash
    assert len(marks.words) >= 30
