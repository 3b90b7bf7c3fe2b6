"""Which detections hit a labelled box, as COCO matches them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

IOU_STEPS: Floats = np.linspace(0.5, 0.95, 10)


@dataclass(frozen=True)
class Matches:
    """One class in one picture: score (n,) falling, hit (steps, n) bool, and the labelled boxes."""

    score: Floats
    hit: npt.NDArray[np.bool_]
    labelled: int


def iou(first: Floats, second: Floats) -> Floats:
    """Intersection over union of every pair of xyxy boxes, (n, 4) and (m, 4) to (n, m)."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    common = (high - low).clip(0).prod(axis=2)
    total = _area(first)[:, None] + _area(second)[None, :] - common
    return np.asarray(common / np.maximum(total, 1e-12))


def match(
    boxes: Floats, score: Floats, truth: Floats, steps: Floats = IOU_STEPS, most: int = 300
) -> Matches:
    """Matches the `most` best-scored boxes to `truth`, greedily from the highest score.

    A box takes the free labelled box that it overlaps most, if by the step's IoU or more.
    """
    order = np.argsort(-score, kind="mergesort")[:most]
    overlap = iou(boxes[order].reshape(-1, 4), truth.reshape(-1, 4))
    hit = np.zeros((len(steps), len(order)), bool)
    if overlap.size:
        for row, step in enumerate(steps):
            hit[row] = _greedy(overlap, float(min(step, 1 - 1e-10)))
    return Matches(score[order], hit, len(truth))


def pool(parts: Sequence[Matches]) -> Matches:
    """The matches of several pictures as one, by falling score (ties in the order given)."""
    if not parts:
        return Matches(np.zeros(0), np.zeros((len(IOU_STEPS), 0), bool), 0)
    score = np.concatenate([part.score for part in parts])
    order = np.argsort(-score, kind="mergesort")
    hit = np.concatenate([part.hit for part in parts], axis=1)
    return Matches(score[order], hit[:, order], sum(part.labelled for part in parts))


def _greedy(overlap: Floats, least: float) -> npt.NDArray[np.bool_]:
    left = overlap.copy()
    hit = np.zeros(len(left), bool)
    for index in range(len(left)):
        best = int(np.argmax(left[index]))
        if left[index, best] >= least:
            hit[index] = True
            left[:, best] = -1.0
    return hit


def _area(boxes: Floats) -> Floats:
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
