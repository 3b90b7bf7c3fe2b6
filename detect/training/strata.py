"""The same figures for parts of a split: by size of the thing, by light, by source.

Sizes are those that the network sees (square root of the area, in pixels of its input), since a
small network finds nothing below some ten of them. Light is measured on the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from detect.quality import assess
from detect.training.evaluation import Picture, class_matches, picture_size
from detect.training.matching import pool
from detect.training.pairing import pair
from detect.training.precision_recall import average_precision, working_point
from detect.training.scenes import read_image
from detect.types import Detections, Unusable

SIZE_BANDS_PX = ((0, 12), (12, 24), (24, 48), (48, 96), (96, None))
LIGHTS = ("dark", "dim", "day", "bright", "blurred")
_DIM_GREY, _BRIGHT_GREY = 75.0, 165.0
ROUND = 4


@dataclass(frozen=True)
class SizeBand:
    """Boxes of one band: how many, and the share found at the threshold at IoU 0.5."""

    low_px: int
    high_px: int | None
    boxes: int
    recall: float | None


def by_size(
    class_id: int,
    name: str,
    pictures: Sequence[Picture],
    detections: Sequence[Detections],
    threshold: float,
    input_px: int,
) -> list[SizeBand]:
    """How many labelled boxes of each size are found; recall is None where a band is empty."""
    sizes: list[float] = []
    found: list[bool] = []
    for picture, seen in zip(pictures, detections, strict=True):
        if name not in picture.exhaustive:
            continue
        pairing = pair(picture, seen, class_id, threshold)
        truth = picture.truth_xyxy[pairing.truth]
        scale = input_px / max(picture_size(picture.path))
        sizes += list(np.sqrt((truth[:, 2:] - truth[:, :2]).prod(axis=1)) * scale)
        missed = set(pairing.missed)
        found += [int(row) not in missed for row in pairing.truth]
    band = [[f for s, f in zip(sizes, found, strict=True) if _within(s, b)] for b in SIZE_BANDS_PX]
    return [
        SizeBand(low, high, len(hits), round(float(np.mean(hits)), ROUND) if hits else None)
        for (low, high), hits in zip(SIZE_BANDS_PX, band, strict=True)
    ]


def by_part(
    part_of: Callable[[Picture], str],
    classes: Mapping[str, tuple[int, float]],
    pictures: Sequence[Picture],
    detections: Sequence[Detections],
) -> dict[str, dict[str, Any]]:
    """Part → class → pictures, boxes, ap50, precision and recall; ``classes``: name → id, limit.

    Classes without a box in a part are left out of it.
    """
    parts: dict[str, list[int]] = {}
    for index, picture in enumerate(pictures):
        parts.setdefault(part_of(picture), []).append(index)
    return {
        part: {
            "pictures": len(rows),
            "classes": _figures(
                classes, [pictures[i] for i in rows], [detections[i] for i in rows]
            ),
        }
        for part, rows in sorted(parts.items())
    }


def light_of(path: Path) -> str:
    """One of LIGHTS, by the mean grey of the picture and by `detect.quality`."""
    image = read_image(path)
    verdict = assess(image)
    if verdict is Unusable.BLURRED:
        return "blurred"
    grey = float(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).mean())
    if verdict is Unusable.DARK or grey < _DIM_GREY / 2:
        return "dark"
    if grey < _DIM_GREY:
        return "dim"
    return "bright" if verdict is Unusable.OVEREXPOSED or grey > _BRIGHT_GREY else "day"


def _figures(
    classes: Mapping[str, tuple[int, float]],
    pictures: Sequence[Picture],
    detections: Sequence[Detections],
) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for name, (class_id, threshold) in classes.items():
        pooled = pool(class_matches(name, class_id, pictures, detections))
        if not pooled.labelled:
            continue
        point = working_point(pooled, threshold)
        rows[name] = {
            "boxes": pooled.labelled,
            "ap50": round(average_precision(pooled).ap50, ROUND),
            "precision": round(point.precision, ROUND),
            "recall": round(point.recall, ROUND),
        }
    return rows


def _within(size_px: float, band: tuple[int, int | None]) -> bool:
    return size_px >= band[0] and (band[1] is None or size_px < band[1])
