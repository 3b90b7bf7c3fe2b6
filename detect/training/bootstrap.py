"""Confidence intervals by drawing whole scenes again: pictures of one scene are not independent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np


def interval(
    scenes: Sequence[int],
    measure: Callable[[Sequence[int]], float],
    draws: int = 500,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """The percentile interval of `measure`, given picture indices, over drawings of scenes.

    NaN draws (a class that happened to be left out) are passed over. (nan, nan) with no draws, or
    none left.
    """
    members: dict[int, list[int]] = defaultdict(list)
    for index, scene in enumerate(scenes):
        members[scene].append(index)
    groups = list(members.values())
    if not groups or draws < 1:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(draws):
        chosen = rng.integers(0, len(groups), len(groups))
        values.append(measure([i for g in chosen for i in groups[g]]))
    kept = np.array(values)[~np.isnan(values)]
    if not len(kept):
        return float("nan"), float("nan")
    low, high = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
