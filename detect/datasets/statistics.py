"""What labelled sets are made of: counts, sizes of boxes, where in the picture they lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detect.datasets.survey import Survey

SIDES = (0.02, 0.05, 0.1, 0.2, 0.4)
"""Limits between sizes: the root of a box's share of its picture."""
GRID = 8


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts of a survey's usable pictures.

    ``boxes``: data set → class → boxes; ``sizes``: class → boxes in each of len(SIDES) + 1 sizes;
    ``crowd``: boxes in a picture → pictures (10 stands for more); ``centres``: GRID rows of GRID
    counts, from the upper left.
    """

    pictures: dict[str, int]
    empty: dict[str, int]
    boxes: dict[str, dict[str, int]]
    sizes: dict[str, list[int]]
    crowd: dict[int, int]
    centres: list[list[int]]


def statistics(found: Survey, classes: Sequence[str]) -> Statistics:
    """The statistics of a survey."""
    pictures: Counter[str] = Counter()
    empty: Counter[str] = Counter()
    boxes: dict[str, Counter[str]] = {}
    sizes = {name: [0] * (len(SIDES) + 1) for name in classes}
    crowd: Counter[int] = Counter()
    centres = np.zeros((GRID, GRID), np.int64)
    for sample in found.samples:
        pictures[sample.dataset] += 1
        empty[sample.dataset] += not len(sample.boxes)
        crowd[min(10, len(sample.boxes))] += 1
        of_set = boxes.setdefault(sample.dataset, Counter())
        for class_id, (cx, cy, w, h) in zip(sample.boxes.class_id, sample.boxes.xywh, strict=True):
            name = classes[int(class_id)]
            of_set[name] += 1
            sizes[name][int(np.searchsorted(SIDES, (w * h) ** 0.5))] += 1
            centres[min(GRID - 1, int(cy * GRID)), min(GRID - 1, int(cx * GRID))] += 1
    return Statistics(
        dict(pictures),
        dict(empty),
        {name: {c: rows[c] for c in classes} for name, rows in boxes.items()},
        sizes,
        dict(sorted(crowd.items())),
        centres.tolist(),
    )
