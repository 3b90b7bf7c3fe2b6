"""What is taken for what: labelled boxes against the classes that the model gives them.

Only what the labels allow is counted: a detection of a class that its picture doesn't label, and
that overlaps no labelled box, is neither right nor wrong.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detect.training.evaluation import Picture
from detect.training.pairing import HIT_IOU, best_overlap, pair
from detect.types import Detections

NOTHING = "nothing"
MISSED = "missed"


def confusion(
    names: Sequence[str],
    pictures: Sequence[Picture],
    detections: Sequence[Detections],
    thresholds: Sequence[float],
) -> dict[str, dict[str, int]]:
    """Labelled class → given class → count.

    The row ``nothing`` counts detections where nothing is labelled, the column ``missed`` labelled
    boxes that no detection of any class stands for. A box taken rightly counts once, whatever else
    was seen there.
    """
    table = {row: dict.fromkeys([*names, MISSED], 0) for row in (*names, NOTHING)}
    for picture, found in zip(pictures, detections, strict=True):
        pairs = [pair(picture, found, i, limit) for i, limit in enumerate(thresholds)]
        right = {int(p.truth[t]) for p in pairs for t in p.taken if t >= 0}
        mistaken: set[int] = set()
        for class_id, pairing in enumerate(pairs):
            table[names[class_id]][names[class_id]] += int((pairing.taken >= 0).sum())
            for row in pairing.false:
                _place_false(table, names, picture, found, row, right, mistaken)
        for truth, class_id in enumerate(picture.truth_class):
            if truth not in right and truth not in mistaken and _labels(picture, names, class_id):
                table[names[class_id]][MISSED] += 1
    return table


def _place_false(
    table: dict[str, dict[str, int]],
    names: Sequence[str],
    picture: Picture,
    found: Detections,
    row: int,
    right: set[int],
    mistaken: set[int],
) -> None:
    given = names[int(found.class_id[row])]
    truth, overlap = best_overlap(found.xyxy[row].astype(np.float64), picture.truth_xyxy)
    if overlap >= HIT_IOU and picture.truth_class[truth] != found.class_id[row]:
        if truth not in right:
            mistaken.add(truth)
            table[names[int(picture.truth_class[truth])]][given] += 1
    elif given in picture.exhaustive:
        table[NOTHING][given] += 1


def _labels(picture: Picture, names: Sequence[str], class_id: int) -> bool:
    return names[int(class_id)] in picture.exhaustive
