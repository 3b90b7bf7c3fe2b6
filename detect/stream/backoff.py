"""How long to wait before the next try, so that a dead camera costs nothing and none stampede."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BackOff:
    """Waits grow from ``first_s`` by ``factor`` up to ``longest_s``, each shortened by chance.

    >>> BackOff(jitter=0).wait_s(0), BackOff(jitter=0).wait_s(3), BackOff(jitter=0).wait_s(99)
    (1.0, 8.0, 60.0)
    """

    first_s: float = 1.0
    longest_s: float = 60.0
    factor: float = 2.0
    jitter: float = 0.5

    def wait_s(self, failures: int, chance: random.Random | None = None) -> float:
        """Seconds to wait after this many failures in a row before this one (0: the first)."""
        grown = self.first_s * self.factor ** min(failures, 32)
        share = random.random() if chance is None else chance.random()
        return min(self.longest_s, grown) * (1 - self.jitter * share)
