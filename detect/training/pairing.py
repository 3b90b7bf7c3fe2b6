"""Which detection of one class stands for which labelled box of a picture, at the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detect.training.evaluation import Picture
from detect.training.matching import Floats, iou
from detect.types import Detections

HIT_IOU = 0.5


@dataclass(frozen=True)
class Pairing:
    """`detection` (n,) rows of Detections, falling score; `taken` (n,) a labelled box or -1.

    `truth` (m,) are the rows of the picture's labelled boxes that `taken` counts in.
    """

    detection: npt.NDArray[np.intp]
    taken: npt.NDArray[np.intp]
    truth: npt.NDArray[np.intp]

    @property
    def missed(self) -> list[int]:
        """Rows of the picture's labelled boxes that no detection stands for."""
        got = set(self.taken.tolist())
        return [int(row) for place, row in enumerate(self.truth) if place not in got]

    @property
    def false(self) -> list[int]:
        """Rows of Detections that stand for no labelled box of their class."""
        return [int(d) for d, t in zip(self.detection, self.taken, strict=True) if t < 0]


def pair(picture: Picture, found: Detections, class_id: int, threshold: float) -> Pairing:
    """Detections at or above the threshold take the free box that they overlap most, best first."""
    rows = np.flatnonzero((found.class_id == class_id) & (found.score >= threshold))
    rows = rows[np.argsort(-found.score[rows], kind="stable")]
    truth = np.flatnonzero(picture.truth_class == class_id)
    overlap = iou(found.xyxy[rows].astype(np.float64), picture.truth_xyxy[truth])
    taken = np.full(len(rows), -1, np.intp)
    for place, row in enumerate(overlap):
        if row.size and row.max() >= HIT_IOU:
            taken[place] = int(row.argmax())
            overlap[:, taken[place]] = -1.0
    return Pairing(rows, taken, truth)


def best_overlap(box: Floats, others: Floats) -> tuple[int, float]:
    """The other box (n, 4) that `box` (4,) overlaps most, and by what; (-1, 0.0) without any."""
    if not len(others):
        return -1, 0.0
    overlap = iou(box[None], others)[0]
    return int(overlap.argmax()), float(overlap.max())


def limits_of(names: Sequence[str], thresholds: Sequence[float]) -> dict[str, tuple[int, float]]:
    """Name → class id and threshold."""
    return {n: (i, t) for i, (n, t) in enumerate(zip(names, thresholds, strict=True))}
