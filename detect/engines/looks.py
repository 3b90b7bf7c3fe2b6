"""Looks at a picture: one, or several, at other sizes and mirrored, which are fused.

The latter is test-time augmentation; it costs the network's time as often as there are looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from detect.fusion import fuse
from detect.model_folder import LookPlan, ModelCard
from detect.types import Detections, Image

FLOOR = 0.01
"""From which score on one of several looks reports: fused, weak boxes can still make a sure one."""


class Looks:
    """What a card wants to see of every picture, and what comes of that: one look, or several."""

    def __init__(self, card: ModelCard) -> None:
        self._plans = card.looks or (LookPlan(px=card.input_px),)
        self._min_iou = None if card.careful is None or not card.looks else card.careful.min_iou
        self._thresholds = np.array([row.threshold for row in card.classes], np.float32)
        self.each = card if self._min_iou is None else _from_floor(card)
        """The card that a single look is read by."""
        self.sides_px = {plan.px for plan in self._plans}

    def shown(self, images: Sequence[Image]) -> list[tuple[Image, int]]:
        """Each picture as each look wants it, with the longer side that the network sees."""
        return [
            (np.asarray(cv2.flip(image, 1)) if plan.mirrored else image, plan.px)
            for image in images
            for plan in self._plans
        ]

    def fused(self, images: Sequence[Image], seen: list[Detections]) -> list[Detections]:
        """One Detections a picture, from those of its looks in the order of ``shown``."""
        if self._min_iou is None:
            return seen
        parts = iter(seen)
        return [self._fused(image.shape[1], parts, self._min_iou) for image in images]

    def _fused(self, width_px: int, parts: Iterator[Detections], min_iou: float) -> Detections:
        mine = [
            _mirrored(next(parts), width_px) if plan.mirrored else next(parts)
            for plan in self._plans
        ]
        found = fuse(mine, min_iou)
        return found[found.score >= self._thresholds[found.class_id]]


def _from_floor(card: ModelCard) -> ModelCard:
    rows = [row.model_copy(update={"threshold": FLOOR}) for row in card.classes]
    return card.model_copy(update={"classes": tuple(rows)})


def _mirrored(found: Detections, width_px: int) -> Detections:
    corners = found.xyxy.copy()
    corners[:, [0, 2]] = width_px - corners[:, [2, 0]]
    return Detections(corners, found.score, found.class_id, found.names)
