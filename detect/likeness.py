"""Whether a picture is a copy of another: cut, turned a little, mirrored, lighter, compressed anew.

A copy lies over its original pixel for pixel; a second photo of the same place does not, however
near to the first it was taken: light, shadows, leaves and the angle have moved. So the older
picture is laid over the newer one, and their fine pattern is compared piece by piece.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detect.alignment import Alignment, align
from detect.local_features import LocalFeatures, local_features
from detect.types import Image

_SIDE_PX = 480
_BLOCK_PX = 24
_FINE_PX = 6.0
_TEXTURE = 1.5
_ALIKE = 0.85
_SURE = 0.8
_FINEST_PX = 1280
_LEAST_AGREEING = 12
_LEAST_BLOCKS = 12
_WORTH = 0.3  # from this share on, laying them over each other exactly may change the answer

Grey = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How far one picture lies over another.

    ``share``: of the pieces that both show and that have a pattern, those that agree in it;
    ``overlap``: how much of the newer picture the older one covers; ``mirrored``: left is right;
    ``shrunk``: the side of what is shown, in sides of the older picture (below 1: a part of it).
    """

    share: float
    overlap: float
    mirrored: bool
    shrunk: float
    agreeing: int


def likeness(
    older: Image,
    newer: Image,
    *,
    features: tuple[LocalFeatures, LocalFeatures] | None = None,
    mirrored: LocalFeatures | None = None,
) -> Likeness | None:
    """How far ``newer`` lies over ``older``; None where nothing of either is in the other.

    Both are upright (H, W, 3) BGR. ``features`` are of both and ``mirrored`` of the newer one
    mirrored, where they are known already.
    """
    old = features[0] if features else local_features(older)
    new = features[1] if features else local_features(newer)
    straight = _compared(older, newer, align(old, new), mirrored=False)
    if straight is not None and straight.share >= _SURE:
        return straight
    flipped = np.ascontiguousarray(newer[:, ::-1])
    turned = align(old, mirrored or local_features(flipped))
    if turned is None or turned.agreeing < _LEAST_AGREEING:
        return straight
    other = _compared(older, flipped, turned, mirrored=True)
    if straight is None or (other is not None and other.share > straight.share):
        return other
    return straight


def pattern(image: Image, side_px: int = _SIDE_PX) -> Grey:
    """The fine pattern of a picture, light taken away, at most ``side_px`` long; float32."""
    height_px, width_px = image.shape[:2]
    scale = min(1.0, side_px / max(height_px, width_px))
    size = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    fine = cv2.GaussianBlur(grey, (0, 0), 1.0)
    return np.asarray(fine - cv2.GaussianBlur(fine, (0, 0), _FINE_PX), np.float32)


def agreement(first: Grey, second: Grey, block_px: int = _BLOCK_PX) -> tuple[Grey, Grey]:
    """Per piece: the correlation of two patterns laid over each other, and the weaker contrast."""
    both = _means(first * second, block_px)
    one, other = _means(first * first, block_px), _means(second * second, block_px)
    contrast = np.sqrt(np.minimum(one, other))
    return both / np.sqrt(one * other + 1e-6), contrast


def _compared(
    older: Image, newer: Image, found: Alignment | None, *, mirrored: bool
) -> Likeness | None:
    if found is None or found.agreeing < _LEAST_AGREEING:
        return None
    corners = np.array([[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6]], np.float64)
    area = cv2.contourArea(found.carry(corners).astype(np.float32)) / 0.04
    shrunk = float(1 / np.sqrt(max(area, 1e-6)))
    new = pattern(newer)
    old = pattern(older, min(_FINEST_PX, max(64, round(max(new.shape) / max(shrunk, 0.1)))))
    to_new = _in_pixels(found.matrix, old.shape, new.shape)
    share, overlap = _laid_over(old, new, to_new)
    if _WORTH <= share < 1:
        share, overlap = max((share, overlap), _laid_over(old, new, _refined(old, new, to_new)))
    return Likeness(
        share=share,
        overlap=overlap,
        mirrored=mirrored,
        shrunk=shrunk,
        agreeing=found.agreeing,
    )


def _laid_over(old: Grey, new: Grey, to_new: NDArray[np.float64]) -> tuple[float, float]:
    """The share of pieces that agree, and how much of the new picture the old one covers."""
    size = (new.shape[1], new.shape[0])
    laid = cv2.warpPerspective(old, to_new, size, flags=cv2.INTER_LINEAR)
    ones = np.ones(old.shape, np.float32)
    there = cv2.warpPerspective(ones, to_new, size, flags=cv2.INTER_NEAREST)
    alike, contrast = agreement(np.asarray(laid, np.float32), new)
    telling = (_means(there, _BLOCK_PX) > 0.95) & (contrast > _TEXTURE)
    if telling.sum() < _LEAST_BLOCKS:
        return 0.0, float(there.mean())
    return float((alike[telling] > _ALIKE).mean()), float(there.mean())


def _refined(old: Grey, new: Grey, start: NDArray[np.float64]) -> NDArray[np.float64]:
    """The map made exact to a fraction of a pixel; as it was where the pictures differ too much."""
    warp = np.linalg.inv(start).astype(np.float32)
    if abs(float(warp[2, 2])) < 1e-9:
        return start
    warp /= warp[2, 2]
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 1e-4)
    try:
        _, better = cv2.findTransformECC(new, old, warp, cv2.MOTION_HOMOGRAPHY, stop, None, 3)
        return np.asarray(np.linalg.inv(better), np.float64)
    except (cv2.error, np.linalg.LinAlgError):
        return start


def _in_pixels(
    matrix: NDArray[np.float64], first: tuple[int, ...], second: tuple[int, ...]
) -> NDArray[np.float64]:
    """A map between normalised points as a map between pixels of pictures of these shapes."""
    ends = np.diag([second[1], second[0], 1.0])
    starts = np.diag([1 / first[1], 1 / first[0], 1.0])
    return np.asarray(ends @ matrix @ starts, np.float64)


def _means(values: Grey, block_px: int) -> Grey:
    rows, columns = values.shape[0] // block_px, values.shape[1] // block_px
    whole = values[: rows * block_px, : columns * block_px]
    if not rows or not columns:
        return np.zeros((0, 0), np.float32)
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
