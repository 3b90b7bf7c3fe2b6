"""Whether a score of 0.7 is right seven times in ten: reliability by score, and its mean error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detect.training.evaluation import Picture, class_matches
from detect.training.matching import pool
from detect.types import Detections

BINS = 10
LEAST = 0.05  # what the detector hardly believes itself is not shown to anybody


@dataclass(frozen=True)
class ReliabilityBin:
    """Detections with scores in [low, high): how many, their mean score, and the true share."""

    low: float
    high: float
    count: int
    score: float
    true: float


@dataclass(frozen=True)
class Calibration:
    """`error` is the expected calibration error, 0..1; NaN without detections."""

    bins: tuple[ReliabilityBin, ...]
    error: float


def calibrate(
    name: str,
    class_id: int,
    pictures: Sequence[Picture],
    detections: Sequence[Detections],
    bins: int = BINS,
) -> Calibration:
    """One class over the pictures that label it; a detection is true at IoU 0.5. Empty bins go."""
    pooled = pool(class_matches(name, class_id, pictures, detections))
    kept = pooled.score >= LEAST
    score, hit = pooled.score[kept], pooled.hit[0, kept]
    place = np.minimum((score * bins).astype(int), bins - 1)
    rows = []
    for number in range(bins):
        mine = place == number
        if mine.any():
            rows.append(
                ReliabilityBin(
                    number / bins,
                    (number + 1) / bins,
                    int(mine.sum()),
                    float(score[mine].mean()),
                    float(hit[mine].mean()),
                )
            )
    total = sum(row.count for row in rows)
    wrong = sum(row.count * abs(row.score - row.true) for row in rows)
    return Calibration(tuple(rows), wrong / total if total else float("nan"))
