"""How far a training run is, and the learning rate that goes with it."""

from __future__ import annotations

import math


def progress(done: float, total: float) -> float:
    """The part of the run that is over, 0 to 1, of batches or of seconds."""
    return min(1.0, max(0.0, done / total))


def rate_factor(part: float, warmup: float, final: float) -> float:
    """The learning rate over its peak: a straight rise over `warmup`, then a cosine to `final`."""
    if part < warmup:
        return max(part / warmup, 0.02)
    over = (part - warmup) / (1 - warmup)
    return final + (1 - final) * (1 + math.cos(math.pi * over)) / 2


def one_to_many_share(part: float, first: float = 0.8, last: float = 0.1) -> float:
    """The weight of YOLO26's one-to-many head; the one-to-one head has the rest."""
    return first + (last - first) * part


def side_px(part: float, first_px: int, last_px: int, grown: float = 0.6) -> int:
    """The pictures' side, growing from first to last over `grown` of the run, in steps of 32.

    Small pictures first teach the same at half the cost; the last part sees the real size.
    """
    side = first_px + (last_px - first_px) * min(part / grown, 1.0)
    return round(side / 32) * 32
