"""One result from several looks at the same picture: weighted boxes fusion.

R. Solovyev, W. Wang, T. Gabruseva: Weighted boxes fusion: Ensembling boxes from different object
detection models. Image and Vision Computing 107 (2021).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detect.boxes import MAX_BOXES, iou
from detect.types import Detections


def fuse(seen: Sequence[Detections], min_iou: float, max_boxes: int = MAX_BOXES) -> Detections:
    """What the looks agree on, surest first: all in the same picture's pixels, of one model.

    The surest box takes from every other look the box of its class that overlaps it most, above
    ``min_iou``. Corners become their mean weighted by score; the score becomes the mean over all
    looks, with 0 for a look that saw nothing there. So what only one look saw falls behind.
    ``seen`` holds one Detections a look, at least one; second scores are dropped.

    >>> a = Detections.of([[0, 0, 10, 10]], [0.9], [0], ("bin",))
    >>> b = Detections.of([[0, 0, 10, 12], [50, 50, 60, 60]], [0.5, 0.4], [0, 0], ("bin",))
    >>> [round(float(score), 2) for score in fuse([a, b], 0.5).score]
    [0.7, 0.2]
    """
    boxes = np.concatenate([part.xyxy for part in seen])
    score = np.concatenate([part.score for part in seen])
    class_id = np.concatenate([part.class_id for part in seen])
    look = np.repeat(np.arange(len(seen)), [len(part) for part in seen])
    overlap = iou(boxes, boxes)
    overlap[(class_id[:, None] != class_id) | (look[:, None] == look)] = 0
    corners, sure = boxes.copy(), (score / len(seen)).astype(np.float32)
    chosen, free = np.ones(len(score), bool), np.ones(len(score), bool)
    shared = np.asarray((overlap > min_iou).any(axis=1), np.bool_)
    for best in _order(score):
        if not (shared[best] and free[best]):
            continue
        near = np.flatnonzero((overlap[best] > min_iou) & free)
        nearest = {look[i]: i for i in near[np.argsort(overlap[best][near], kind="stable")]}
        others = np.fromiter(nearest.values(), np.intp, len(nearest))
        group = np.append(others, best)
        free[group] = False
        chosen[others] = False
        weight = score[group].astype(np.float64) + 1e-6
        corners[best] = weight @ boxes[group] / weight.sum()
        sure[best] = min(1.0, float(score[group].sum()) / len(seen))
    kept = np.flatnonzero(chosen)
    kept = kept[_order(sure[kept])][:max_boxes]
    return Detections(corners[kept], sure[kept], class_id[kept], seen[0].names)


def _order(score: NDArray[np.float32]) -> NDArray[np.intp]:
    """Indices, surest first."""
    return np.argsort(-score, kind="stable")
