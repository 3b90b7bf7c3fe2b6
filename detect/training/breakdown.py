"""One split taken apart: by size, light and source; how true the scores are; what is mistaken."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from detect.model_folder import ModelCard
from detect.training.calibration import Calibration, calibrate
from detect.training.confusion import confusion
from detect.training.evaluation import Picture, class_matches
from detect.training.matching import pool
from detect.training.pairing import limits_of
from detect.training.strata import by_part, by_size, light_of
from detect.types import Detections

ROUND = 4
CURVE_POINTS = 60


def break_down(
    card: ModelCard, pictures: Sequence[Picture], detections: Sequence[Detections]
) -> dict[str, Any]:
    """The same split by size of the thing, light and source; calibration; what is mistaken."""
    limits = [row.threshold for row in card.classes]
    classes = limits_of(card.class_names, limits)
    lights = {picture.path: light_of(picture.path) for picture in pictures}
    sizes = {
        name: by_size(index, name, pictures, detections, limit, card.input_px)
        for name, (index, limit) in classes.items()
    }
    return {
        "by_size_px": {
            name: [asdict(band) for band in bands]
            for name, bands in sizes.items()
            if any(band.boxes for band in bands)
        },
        "by_light": by_part(lambda p: lights[p.path], classes, pictures, detections),
        "by_source": by_part(lambda p: p.dataset, classes, pictures, detections),
        "calibration": {
            name: _calibration_figures(calibrate(name, index, pictures, detections))
            for name, (index, _) in classes.items()
        },
        "curves": {
            name: curve_points(name, index, pictures, detections)
            for name, (index, _) in classes.items()
        },
        "confusion": confusion(card.class_names, pictures, detections, limits),
    }


def curve_points(
    name: str, class_id: int, pictures: Sequence[Picture], detections: Sequence[Detections]
) -> list[tuple[float, float]]:
    """Up to CURVE_POINTS (recall, precision) at IoU 0.5, from the surest detection on."""
    pooled = pool(class_matches(name, class_id, pictures, detections))
    if not pooled.labelled or not len(pooled.score):
        return []
    true = np.cumsum(pooled.hit[0])
    precision = np.maximum.accumulate((true / np.arange(1, len(true) + 1))[::-1])[::-1]
    rows = np.unique(np.linspace(0, len(true) - 1, CURVE_POINTS).round().astype(int))
    return [
        (round(float(true[i]) / pooled.labelled, 3), round(float(precision[i]), 3)) for i in rows
    ]


def _calibration_figures(result: Calibration) -> dict[str, Any]:
    return {
        "error": None if math.isnan(result.error) else round(result.error, ROUND),
        "bins": [
            {
                "low": row.low,
                "high": row.high,
                "count": row.count,
                "score": round(row.score, ROUND),
                "true": round(row.true, ROUND),
            }
            for row in result.bins
        ],
    }
