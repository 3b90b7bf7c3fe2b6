"""From an engine's boxes to observations: what counts as a finding, what is only context."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detect.model_set import speaker
from detect.types import Detections, Model, Observation

NormalBox = tuple[float, float, float, float]
"""x1, y1, x2, y2 in 0..1 of the upright picture."""


@dataclass(frozen=True, slots=True)
class ContextBox:
    """A thing that is no problem by itself but tells about the scene, such as a bin."""

    name: str
    xyxy: NormalBox
    score: float


def observations(
    detections: Detections, image_shape: tuple[int, ...], model: Model, sha256: str
) -> tuple[Observation, ...]:
    """The findings, best first: boxes of classes that stand for a category.

    ``image_shape`` is of the image given to the engine (height first); ``sha256`` is the frame's.
    """
    return tuple(
        Observation(
            category=category,
            xyxy=box,
            score=score,
            model_id=speaker(model, class_id)[0],
            model_version=speaker(model, class_id)[1],
            frame_sha256=sha256,
            experimental=model.classes[class_id].experimental,
            second_score=second,
        )
        for class_id, box, score, second in _rows(detections, image_shape)
        if (category := model.classes[class_id].category) is not None
    )


def context(
    detections: Detections, image_shape: tuple[int, ...], model: Model
) -> tuple[ContextBox, ...]:
    """The rest, best first: boxes of classes without a category."""
    return tuple(
        ContextBox(model.classes[class_id].name, box, score)
        for class_id, box, score, _ in _rows(detections, image_shape)
        if model.classes[class_id].category is None
    )


def categories(model: Model) -> frozenset[str]:
    """What the model can find: a coverage speaks for these alone."""
    return frozenset(row.category for row in model.classes if row.category is not None)


def _rows(
    detections: Detections, image_shape: tuple[int, ...]
) -> list[tuple[int, NormalBox, float, float | None]]:
    height_px, width_px = image_shape[:2]
    sides = np.array([width_px, height_px, width_px, height_px], np.float64)
    boxes = np.clip(detections.xyxy / sides, 0, 1)
    return [
        (
            int(detections.class_id[i]),
            _normal(boxes[i]),
            float(detections.score[i]),
            _second(detections, i),
        )
        for i in np.argsort(-detections.score, kind="stable")
    ]


def _second(detections: Detections, index: int) -> float | None:
    """What the second look says of one candidate; None where it was not asked."""
    if detections.second is None or np.isnan(detections.second[index]):
        return None
    return float(detections.second[index])


def _normal(box: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> NormalBox:
    x1, y1, x2, y2 = (round(float(side), 6) for side in box)
    return x1, y1, x2, y2
