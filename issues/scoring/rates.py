"""Rates that keep their denominator, and what may be said of few cases."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z_95 = 1.959964
"""Standard normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class Rate:
    """``n`` of ``of``. ``few``: too few for a percentage to mean anything."""

    n: int
    of: int
    enough: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.n <= self.of:
            raise ValueError(f"{self.n} of {self.of} is no rate")

    @property
    def few(self) -> bool:
        """Whether there are fewer cases than a rate needs."""
        return self.of < max(self.enough, 1)

    @property
    def value(self) -> float | None:
        """0..1; None where there are too few cases."""
        return None if self.few else self.n / self.of

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval by Wilson, 0..1; the whole of it where nothing was counted.

        >>> low, high = Rate(5, 10).interval
        >>> round(low, 2), round(high, 2)
        (0.24, 0.76)
        """
        if self.of == 0:
            return 0.0, 1.0
        share, z2 = self.n / self.of, Z_95**2 / self.of
        middle = (share + z2 / 2) / (1 + z2)
        half = Z_95 * math.sqrt(share * (1 - share) / self.of + z2 / (4 * self.of)) / (1 + z2)
        low = 0.0 if self.n == 0 else max(0.0, middle - half)
        return low, 1.0 if self.n == self.of else min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Spread:
    """Times of ``n`` cases: the middle one and the one that nine in ten stay within."""

    n: int
    median: float | None
    p90: float | None


def spread(values: Sequence[float], enough: int = 1) -> Spread:
    """Median and 90th percentile; None where there are fewer than ``enough`` values.

    >>> spread([4.0, 1.0, 2.0])
    Spread(n=3, median=2.0, p90=3.6)
    """
    ordered = sorted(values)
    if len(ordered) < max(enough, 1):
        return Spread(len(ordered), None, None)
    return Spread(len(ordered), _at(ordered, 0.5), round(_at(ordered, 0.9), 6))


def _at(ordered: Sequence[float], share: float) -> float:
    """The value at a share of the way, between neighbours."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
