"""Which pictures to label next: those the model is unsure of, and those unlike any seen before.

One is picked at a time, and what is picked counts as seen: a hundred views of one heap never fill
the list.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

NOVELTY_SHARE = 0.5


def uncertainty(findings: Sequence[tuple[float, float]]) -> float:
    """How near the nearest of (score, threshold) pairs is to its threshold: 1 on it, 0 at the ends.

    >>> uncertainty([(0.9, 0.5), (0.55, 0.5)])
    0.9
    """
    near = [
        1 - abs(score - limit) / max(limit if score < limit else 1 - limit, 1e-6)
        for score, limit in findings
    ]
    return round(max((max(0.0, value) for value in near), default=0.0), 6)


def choose(
    vectors: npt.NDArray[np.float32],
    unsure: npt.NDArray[np.float64],
    seen: npt.NDArray[np.float32],
    count: int,
    novelty_share: float = NOVELTY_SHARE,
) -> list[int]:
    """Indices of the pictures to label, best first.

    ``vectors`` (n, d) and ``seen`` (m, d) describe pictures (alike ones point the same way);
    ``unsure`` (n,) is 0..1. A picture is worth its uncertainty and its distance to the nearest one
    that is seen or chosen (half the cosine distance, 0..1).
    """
    n = len(vectors)
    if n == 0:
        return []
    every = np.concatenate([vectors, seen]) if len(seen) else vectors
    centred = every - every.mean(axis=0)
    unit = centred / (np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9)
    mine, known = unit[:n], unit[n:]
    away = 1 - (mine @ known.T).max(axis=1) if len(known) else np.ones(n, np.float32)
    chosen: list[int] = []
    open_ = np.ones(n, bool)
    for _ in range(min(count, n)):
        worth = (1 - novelty_share) * unsure + novelty_share * np.clip(away / 2, 0, 1)
        best = int(np.argmax(np.where(open_, worth, -np.inf)))
        chosen.append(best)
        open_[best] = False
        away = np.minimum(away, 1 - mine @ mine[best])
    return chosen
