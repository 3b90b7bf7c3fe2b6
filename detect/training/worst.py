"""The worst mistakes of a split: the surest false alarms and the largest things missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from detect.training.evaluation import Picture
from detect.training.matching import Floats
from detect.training.pairing import best_overlap, pair
from detect.types import Detections

Kind = Literal["missed", "false"]


@dataclass(frozen=True)
class Mistake:
    """A box (4,) xyxy in a picture's pixels. `score`: of the false alarm, or of the best try.

    `instead` names a labelled class that a false alarm overlaps, `overlap` by what; for a box
    missed, the best overlap that a detection of its class had.
    """

    kind: Kind
    class_name: str
    path: Path
    dataset: str
    box: Floats
    score: float
    overlap: float
    instead: str | None = None


def worst(
    names: Sequence[str],
    pictures: Sequence[Picture],
    detections: Sequence[Detections],
    thresholds: Sequence[float],
    most: int = 12,
) -> list[Mistake]:
    """Up to `most` a class and kind, one a picture: false alarms by score, misses by area."""
    found: dict[tuple[str, Kind], list[tuple[float, Mistake]]] = {}
    for picture, seen in zip(pictures, detections, strict=True):
        for class_id, name in enumerate(names):
            if name not in picture.exhaustive:
                continue
            pairing = pair(picture, seen, class_id, thresholds[class_id])
            for kind, rows in (("false", pairing.false), ("missed", pairing.missed)):
                ranked = [_mistake(kind, row, names, class_id, picture, seen) for row in rows]
                if ranked:
                    best = max(ranked, key=lambda pair_: pair_[0])
                    found.setdefault((name, best[1].kind), []).append(best)
    kept: list[Mistake] = []
    for rows_ in found.values():
        kept += [m for _, m in sorted(rows_, key=lambda pair_: -pair_[0])[:most]]
    return kept


def _mistake(
    kind: str, row: int, names: Sequence[str], class_id: int, picture: Picture, seen: Detections
) -> tuple[float, Mistake]:
    """The mistake with the number that it is ranked by."""
    if kind == "false":
        box = seen.xyxy[row].astype(np.float64)
        truth, overlap = best_overlap(box, picture.truth_xyxy)
        other = names[int(picture.truth_class[truth])] if overlap > 0 else None
        score = float(seen.score[row])
        made = Mistake(
            "false", names[class_id], picture.path, picture.dataset, box, score, overlap, other
        )
        return score, made
    box = picture.truth_xyxy[row]
    mine = np.flatnonzero(seen.class_id == class_id)
    near, overlap = best_overlap(box, seen.xyxy[mine].astype(np.float64))
    score = float(seen.score[mine[near]]) if overlap > 0 else 0.0
    area = float((box[2:] - box[:2]).prod())
    return area, Mistake(
        "missed", names[class_id], picture.path, picture.dataset, box, score, overlap
    )
