"""Several looks at a picture: at other sizes, mirrored. What they agree on is surer than any one.

That is test-time augmentation; it costs the network's time as often as there are looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from detect.fusion import fuse
from detect.model_folder import ModelCard
from detect.types import Detections, Image

FLOOR = 0.01
"""From which score on a single look reports: fused, weak boxes can still make a sure one."""


class CarefulLook:
    """What a card that asks for several looks wants to see, and what comes of that."""

    def __init__(self, card: ModelCard) -> None:
        if card.careful is None or not card.looks:
            raise ValueError(f"model {card.id} asks for no several looks")
        self._looks, self._min_iou = card.looks, card.careful.min_iou
        self._thresholds = np.array([row.threshold for row in card.classes], np.float32)
        rows = [row.model_copy(update={"threshold": FLOOR}) for row in card.classes]
        self.each = card.model_copy(update={"classes": tuple(rows)})
        """The card that a single look is read by."""
        self.sides_px = {look.px for look in card.looks}

    def shown(self, images: Sequence[Image]) -> list[tuple[Image, int]]:
        """Each picture as each look wants it, with the longer side that the network sees."""
        return [
            (np.asarray(cv2.flip(image, 1)) if look.mirrored else image, look.px)
            for image in images
            for look in self._looks
        ]

    def fused(self, images: Sequence[Image], seen: Sequence[Detections]) -> list[Detections]:
        """One Detections a picture, from those of its looks in the order of ``shown``."""
        parts = iter(seen)
        return [self._fused(image.shape[1], parts) for image in images]

    def _fused(self, width_px: int, parts: Iterator[Detections]) -> Detections:
        mine = [
            _mirrored(next(parts), width_px) if look.mirrored else next(parts)
            for look in self._looks
        ]
        found = fuse(mine, self._min_iou)
        return found[found.score >= self._thresholds[found.class_id]]


def _mirrored(found: Detections, width_px: int) -> Detections:
    corners = found.xyxy.copy()
    corners[:, [0, 2]] = width_px - corners[:, [2, 0]]
    return Detections(corners, found.score, found.class_id, found.names)
