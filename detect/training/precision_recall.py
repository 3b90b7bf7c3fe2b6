"""Average precision, and precision and recall at a threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detect.training.matching import Floats, Matches

RECALL_POINTS: Floats = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class AveragePrecision:
    """ap50 at IoU 0.5; ap the mean over IoU 0.50:0.95. NaN where nothing is labelled."""

    ap50: float
    ap: float


@dataclass(frozen=True)
class WorkingPoint:
    """How a class does at one score threshold, at IoU 0.5."""

    threshold: float
    precision: float
    recall: float
    f1: float


def average_precision(pooled: Matches) -> AveragePrecision:
    """COCO's 101-point average precision of one class over pooled pictures."""
    if pooled.labelled == 0:
        return AveragePrecision(float("nan"), float("nan"))
    steps = [_one_step(row, pooled.labelled) for row in pooled.hit]
    return AveragePrecision(steps[0], float(np.mean(steps)))


def working_point(pooled: Matches, threshold: float) -> WorkingPoint:
    """Precision, recall and F1 of the detections at or above the threshold."""
    kept = pooled.score >= threshold
    found = int(pooled.hit[0, kept].sum())
    precision = found / max(int(kept.sum()), 1)
    recall = found / max(pooled.labelled, 1)
    return WorkingPoint(threshold, precision, recall, _f1(precision, recall))


def best_f1(pooled: Matches, least: float = 0.05) -> WorkingPoint:
    """The working point of highest F1, its threshold rounded down to two places, not below least.

    The F1 curve is flat at its top: among points within half a point of the best, the one with
    the highest threshold is taken, since a false candidate costs a person's time.
    """
    candidates = [working_point(pooled, t) for t in np.round(np.arange(least, 0.96, 0.01), 2)]
    best = max(point.f1 for point in candidates)
    return [point for point in candidates if point.f1 >= best - 0.005][-1]


def strictest(pooled: Matches, threshold: float, recall: float) -> WorkingPoint:
    """The working point of highest threshold that still finds the share `recall` of all boxes.

    Not below `threshold`; a class whose recall is lower there already keeps it.
    """
    raised = [t for t in np.round(np.arange(0.01, 1.0, 0.01), 2) if t > threshold]
    points = [working_point(pooled, float(t)) for t in raised]
    enough = [point for point in points if point.recall >= recall]
    return enough[-1] if enough else working_point(pooled, threshold)


def _one_step(hit: npt.NDArray[np.bool_], labelled: int) -> float:
    true = np.cumsum(hit)
    precision = true / np.arange(1, len(hit) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(true / labelled, RECALL_POINTS, side="left")
    reached = at < len(envelope)
    return float(np.where(reached, np.append(envelope, 0)[np.minimum(at, len(envelope))], 0).mean())


def _f1(precision: float, recall: float) -> float:
    return 0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)
