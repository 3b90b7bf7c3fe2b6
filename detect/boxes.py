"""Arithmetic on boxes: overlap, and one box for each thing that several boxes stand for.

>>> import numpy as np
>>> two = np.array([[0, 0, 10, 10], [0, 0, 10, 5]], np.float32)
>>> float(iou(two[:1], two[1:])[0, 0]), float(covered(two[1:], two[:1])[0, 0])
(0.5, 1.0)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]
"""(n, 4) float32: x1, y1, x2, y2."""

MAX_BOXES = 300


def area(boxes: Boxes) -> NDArray[np.float32]:
    """(n,) areas."""
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), np.float32)


def sound(boxes: Boxes) -> NDArray[np.bool_]:
    """(n,) whether a box is one: finite, with x1 <= x2 and y1 <= y2. A network promises neither."""
    upright = (boxes[:, 2:] >= boxes[:, :2]).all(axis=1)
    return np.asarray(upright & np.isfinite(boxes).all(axis=1), np.bool_)


def shared_area(first: Boxes, second: Boxes) -> NDArray[np.float32]:
    """(n, m) areas that each of ``first`` (n, 4) shares with each of ``second`` (m, 4)."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    sides = np.maximum(high - low, 0)
    return np.asarray(sides[..., 0] * sides[..., 1], np.float32)


def iou(first: Boxes, second: Boxes) -> NDArray[np.float32]:
    """(n, m) intersections over unions, 0 where both boxes are empty."""
    shared = shared_area(first, second)
    union = area(first)[:, None] + area(second)[None, :] - shared
    return np.asarray(shared / np.maximum(union, 1e-9), np.float32)


def covered(first: Boxes, second: Boxes) -> NDArray[np.float32]:
    """(n, m) shares of each of ``first`` that lie within each of ``second``, 0..1."""
    return np.asarray(
        shared_area(first, second) / np.maximum(area(first)[:, None], 1e-9), np.float32
    )


def suppress(
    boxes: Boxes,
    score: NDArray[np.float32],
    class_id: NDArray[np.int32],
    max_iou: float,
    max_boxes: int = MAX_BOXES,
) -> NDArray[np.intp]:
    """Indices to keep, best score first: of one class, none overlaps another above ``max_iou``."""
    order = np.argsort(-score, kind="stable")
    kept: list[int] = []
    while order.size and len(kept) < max_boxes:
        best, rest = order[0], order[1:]
        kept.append(int(best))
        rivals = (class_id[rest] == class_id[best]) & (
            iou(boxes[best : best + 1], boxes[rest])[0] > max_iou
        )
        order = rest[~rivals]
    return np.asarray(kept, np.intp)
