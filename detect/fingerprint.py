"""What stays of a picture when it is copied: found again among many, whatever was done to the copy.

Two kinds of marks. The ``phash`` is 64 bits of the whole picture's coarse pattern: it survives
compression, size, light and colour. ``words`` are 24 bits each of the surroundings of strong
keypoints: enough of them survive cutting, borders, mirroring (asked for both ways round), turning.
Marks only propose: ``detect/likeness.py`` compares the pictures themselves.

Both are made from a 320 px version, so a photo decoded at an eighth will do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from detect.types import Image

VERSION = 1
"""Goes up when marks change: older ones must be made again."""

SIDE_PX = 320
WORDS = 64
WORD_BITS = 20
BANDS = 4
BAND_BITS = 16
_ASKED_WORDS = 160
_ASKED_SIDES_PX = (SIDE_PX, 190)
_CELLS_A_SIDE = 4
_DETECTED = 400
_HASH_PX, _HASH_CELLS = 32, 8
_FLAT_GREY = 2.0


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The marks of one picture. ``phash`` is None for a flat one, which has no pattern."""

    phash: int | None
    words: frozenset[int]

    @property
    def bands(self) -> tuple[int, ...]:
        """The hash in four pieces: hashes up to 3 bits apart share at least one."""
        if self.phash is None:
            return ()
        return tuple((self.phash >> (BAND_BITS * k)) & 0xFFFF for k in range(BANDS))


def fingerprint(image: Image, *, asking: bool = False) -> Fingerprint:
    """The marks of an upright (H, W, 3) BGR picture.

    ``asking``: for a picture to look up, more words than are kept, and of a smaller version too,
    in case it is a part of what is looked for.

    >>> fingerprint(np.zeros((60, 80, 3), np.uint8))
    Fingerprint(phash=None, words=frozenset())
    """
    grey = cv2.cvtColor(_small(image, SIDE_PX), cv2.COLOR_BGR2GRAY)
    if not asking:
        return Fingerprint(_phash(grey), _words(grey, WORDS))
    looks = [cv2.cvtColor(_small(image, px), cv2.COLOR_BGR2GRAY) for px in _ASKED_SIDES_PX]
    return Fingerprint(_phash(grey), frozenset().union(*(_words(g, _ASKED_WORDS) for g in looks)))


def apart(one: int, other: int) -> int:
    """In how many bits two hashes differ.

    >>> apart(0b1011, 0b0010)
    2
    """
    return (one ^ other).bit_count()


def _small(image: Image, side_px: int) -> Image:
    height_px, width_px = image.shape[:2]
    scale = side_px / max(height_px, width_px)
    if scale == 1:
        return image
    size = max(8, round(width_px * scale)), max(8, round(height_px * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=way), np.uint8)


def _phash(grey: NDArray[np.uint8]) -> int | None:
    """The signs of the low frequencies against their median, without the mean brightness."""
    small = cv2.resize(grey, (_HASH_PX, _HASH_PX), interpolation=cv2.INTER_AREA)
    if float(small.std()) < _FLAT_GREY:
        return None
    low = cv2.dct(small.astype(np.float32))[:_HASH_CELLS, :_HASH_CELLS].ravel()
    bits = low > np.median(low[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def _words(grey: NDArray[np.uint8], most: int) -> frozenset[int]:
    """Words of the strongest keypoints of each part of the picture: the signs of their descriptors
    along fixed directions.
    """
    sift = cv2.SIFT.create(_DETECTED, contrastThreshold=0.03, sigma=1.2)
    points = _spread(sift.detect(grey, None), grey.shape, most)
    _, found = sift.compute(grey, points)
    if found is None:
        return frozenset()
    signs = (found - found.mean(axis=1, keepdims=True)) @ _directions() > 0
    weights = 1 << np.arange(WORD_BITS, dtype=np.int64)
    return frozenset(int(word) for word in signs @ weights)


def _spread(
    points: Sequence[cv2.KeyPoint], shape: tuple[int, ...], most: int
) -> list[cv2.KeyPoint]:
    """The strongest keypoints of each cell, so that every part of the picture has some."""
    side = max(shape) / _CELLS_A_SIDE
    cells: dict[tuple[int, int], list[cv2.KeyPoint]] = defaultdict(list)
    for point in sorted(points, key=lambda one: -one.response):
        cells[int(point.pt[0] // side), int(point.pt[1] // side)].append(point)
    share = -(-most // max(1, len(cells)))
    return [point for cell in cells.values() for point in cell[:share]]


@lru_cache(maxsize=1)
def _directions() -> NDArray[np.float32]:
    """(128, bits) directions at right angles; the same on every machine, for ever."""
    drawn = np.random.Generator(np.random.PCG64(20261122)).standard_normal((128, WORD_BITS))
    centred = drawn - drawn.mean(axis=0)
    return np.asarray(np.linalg.qr(centred)[0], np.float32)
