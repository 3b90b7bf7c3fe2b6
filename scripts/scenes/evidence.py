"""The rule that the stall model has to beat: COCO's things standing together say "stall".

Not part of the product. A picture's score is the best of: an umbrella over or beside something that
is sold, laid or sat on, or people; and many wares in one heap with a person near.
"""

from __future__ import annotations

from collections.abc import Sequence

Row = tuple[str, float, tuple[float, float, float, float]]
"""A COCO class, its score, x1, y1, x2, y2 in 0..1."""

_WARES = """banana, apple, orange, broccoli, carrot, hot dog, pizza, donut, cake, bowl, bottle, cup,
handbag, teddy bear, sandwich, suitcase, book, vase"""
WARES = frozenset(name.strip() for name in _WARES.split(","))
SEATS = frozenset(("dining table", "chair", "bench"))


def stall_score(rows: Sequence[Row]) -> float:
    """How much a picture looks like a stall or outdoor tables, 0..1."""
    rows = [(name.replace("_", " "), score, box) for name, score, box in rows]
    best = 0.0
    for name, score, box in rows:
        if name == "umbrella":
            around = [s for n, s, b in rows if n in WARES | SEATS | {"person"} and near(box, b)]
            best = max(best, score * (0.4 + 0.6 * max(around, default=0.0)))
        if name in WARES:
            heap = [s for n, s, b in rows if n in WARES and near(box, b)]
            person = max((s for n, s, b in rows if n == "person" and near(box, b)), default=0.2)
            best = max(best, person * min(sum(heap) / 3, 1.0))
        if name == "dining table":
            seats = [s for n, s, b in rows if n == "chair" and near(box, b)]
            best = max(best, score * min(sum(seats), 1.0))
    return best


def near(box: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    """Whether another box's middle lies within a box grown by its width on all sides."""
    wide, high = box[2] - box[0], box[3] - box[1]
    x, y = (other[0] + other[2]) / 2, (other[1] + other[3]) / 2
    return box[0] - wide <= x <= box[2] + wide and box[1] - high <= y <= box[3] + 2 * high + wide
