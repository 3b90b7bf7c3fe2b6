"""Keypoints of a picture, described so that they are found again in another photo of the place.

RootSIFT (SIFT descriptors, Hellinger-normalised) on a picture of even local contrast, so that shade
and dusk cost less. Pictures are looked at with ``SIDE_PX`` at the most: what is smaller than a
brick says little about a place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detect.types import Image

SIDE_PX = 800
KEYPOINTS = 1500
_CONTRAST = 0.02
_CLIP, _TILES = 2.0, (8, 8)

NormalBox = tuple[float, float, float, float]
"""x1, y1, x2, y2 in 0..1 of the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class LocalFeatures:
    """Keypoints of one picture.

    ``xy`` (n, 2) float32 pixels of the picture as it was looked at, ``size_px`` (n,) the diameter
    of what each describes, ``angle_rad`` (n,), ``descriptor`` (n, 128) float32 of unit length;
    ``width_px`` and ``height_px`` are of the picture as it was looked at.
    """

    xy: NDArray[np.float32]
    size_px: NDArray[np.float32]
    angle_rad: NDArray[np.float32]
    descriptor: NDArray[np.float32]
    width_px: int
    height_px: int

    def __len__(self) -> int:
        return len(self.xy)

    def inside(self, boxes: Sequence[NormalBox]) -> NDArray[np.bool_]:
        """(n,) whether a keypoint lies in one of the normalised boxes."""
        found = np.zeros(len(self.xy), np.bool_)
        sides = (self.width_px, self.height_px) * 2
        for box in boxes:
            x1, y1, x2, y2 = (value * side for value, side in zip(box, sides, strict=True))
            x, y = self.xy[:, 0], self.xy[:, 1]
            found |= (x >= x1) & (x <= x2) & (y >= y1) & (y <= y2)
        return found


def local_features(
    image: Image, *, keypoints: int = KEYPOINTS, side_px: int = SIDE_PX
) -> LocalFeatures:
    """The strongest keypoints of an upright (H, W, 3) BGR picture.

    >>> len(local_features(np.zeros((60, 80, 3), np.uint8)))
    0
    """
    grey = cv2.cvtColor(_shrunk(image, side_px), cv2.COLOR_BGR2GRAY)
    even = cv2.createCLAHE(_CLIP, _TILES).apply(grey)
    sift = cv2.SIFT.create(keypoints, contrastThreshold=_CONTRAST)
    points, found = sift.detectAndCompute(even, None)
    height_px, width_px = grey.shape
    if found is None or not points:
        nothing = np.zeros(0, np.float32)
        blank = np.zeros((0, 2), np.float32), nothing, nothing, np.zeros((0, 128), np.float32)
        return LocalFeatures(*blank, width_px, height_px)
    rows = np.array([(*point.pt, point.size, point.angle) for point in points], np.float32)
    share = found / (found.sum(axis=1, keepdims=True) + 1e-7)
    return LocalFeatures(
        xy=rows[:, :2],
        size_px=rows[:, 2],
        angle_rad=np.asarray(np.deg2rad(rows[:, 3]), np.float32),
        descriptor=np.sqrt(share).astype(np.float32),
        width_px=width_px,
        height_px=height_px,
    )


def _shrunk(image: Image, side_px: int) -> Image:
    height_px, width_px = image.shape[:2]
    scale = side_px / max(height_px, width_px)
    if scale >= 1:
        return image
    size = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
