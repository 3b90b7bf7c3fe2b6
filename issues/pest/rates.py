"""Rates with their denominators: no rate can be made without one, and no level without a rate.

>>> rate = Rate(3, Denominator("rooms", 120))
>>> rate.percent, [round(x, 2) for x in rate.interval]
(2.5, [0.85, 7.09])
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Counted = Literal["rooms", "metres", "facilities"]
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Denominator:
    """How much was inspected: rooms of 15 m², metres walked, or facilities; always more than 0."""

    counted: Counted
    amount: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.amount) and self.amount > 0):
            raise ValueError(f"a denominator is more than 0 {self.counted}, got {self.amount}")
        if self.counted != "metres" and self.amount != int(self.amount):
            raise ValueError(f"{self.counted} are whole numbers, got {self.amount}")

    def __add__(self, other: Denominator) -> Denominator:
        if other.counted != self.counted:
            raise ValueError(f"{self.counted} and {other.counted} can't be added")
        return Denominator(self.counted, self.amount + other.amount)


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of the rooms (or facilities), or how many signs on the metres, that were inspected.

    Raises ValueError for more positive rooms than rooms.
    """

    numerator: int
    denominator: Denominator

    def __post_init__(self) -> None:
        if self.numerator < 0:
            raise ValueError(f"a numerator is 0 or more, got {self.numerator}")
        if self.denominator.counted != "metres" and self.numerator > self.denominator.amount:
            raise ValueError(f"{self.numerator} of {self.denominator.amount:g} is more than all")

    @property
    def value(self) -> float:
        """In percent; for metres, signs a kilometre."""
        return self.percent if self.denominator.counted != "metres" else self.per_km

    @property
    def percent(self) -> float:
        """Of rooms or facilities."""
        if self.denominator.counted == "metres":
            raise ValueError("metres have no percentage: ask for per_km")
        return 100 * self.numerator / self.denominator.amount

    @property
    def per_km(self) -> float:
        """Signs a kilometre walked."""
        if self.denominator.counted != "metres":
            raise ValueError(f"{self.denominator.counted} are no way walked: ask for percent")
        return 1000 * self.numerator / self.denominator.amount

    @property
    def interval(self) -> tuple[float, float]:
        """What the true value may well be, at 95 %, in the unit of ``value``.

        Wilson's for shares, Byar's approximation of Poisson's for signs a kilometre.
        """
        if self.denominator.counted == "metres":
            km = self.denominator.amount / 1000
            return _byar(self.numerator, low=True) / km, _byar(self.numerator, low=False) / km
        low, high = _wilson(self.numerator, int(self.denominator.amount))
        return 100 * low, 100 * high


def _wilson(k: int, n: int) -> tuple[float, float]:
    share, z2 = k / n, _Z * _Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return (0.0 if k == 0 else middle - half), (1.0 if k == n else middle + half)


def _byar(k: int, *, low: bool) -> float:
    if low:
        return 0.0 if k == 0 else k * (1 - 1 / (9 * k) - _Z / (3 * math.sqrt(k))) ** 3
    up = k + 1
    return up * (1 - 1 / (9 * up) + _Z / (3 * math.sqrt(up))) ** 3
