"""How fast a key may ask: a token bucket for each key, as large as its role needs.

>>> limits = RateLimits(lambda: 0.0, {"viewer": (1.0, 2)})
>>> [limits.wait_s(7, frozenset({"viewer"})) for _ in range(3)]
[0.0, 0.0, 1.0]
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock

Rate = tuple[float, int]
"""Requests a second in the long run, and how many at once."""

RATES: Mapping[str, Rate] = {
    "viewer": (50.0, 200),
    "inspector": (10.0, 60),
    "reviewer": (50.0, 200),
    "unit": (20.0, 100),
    "camera": (10.0, 60),
    "feed": (50.0, 200),
    "admin": (100.0, 400),
}
"""A person's page asks for some dozens of pictures at once; a camera sends one photo at a time."""


def scaled(factor: float) -> dict[str, Rate]:
    """The rates times a factor; no rate at all for 0."""
    if factor == 0:
        return {}
    return {
        role: (rate * factor, max(1, int(most * factor))) for role, (rate, most) in RATES.items()
    }


class RateLimits:
    """Buckets of tokens by key; a full table forgets the key that asked longest ago."""

    def __init__(
        self, clock: Callable[[], float], rates: Mapping[str, Rate] = RATES, *, size: int = 10_000
    ) -> None:
        self._clock = clock
        self._rates = rates
        self._size = size
        self._buckets: OrderedDict[int, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def wait_s(self, key_id: int, roles: frozenset[str]) -> float:
        """Takes a token and gives 0, or the seconds until there is one; the best role counts."""
        rates = [self._rates[role] for role in roles if role in self._rates]
        if not rates:
            return 0.0
        rate, most = max(rates)
        now_s = self._clock()
        with self._lock:
            tokens, at_s = self._buckets.pop(key_id, (float(most), now_s))
            tokens = min(float(most), tokens + (now_s - at_s) * rate)
            enough = tokens >= 1.0
            self._buckets[key_id] = (tokens - 1.0 if enough else tokens, now_s)
            while len(self._buckets) > self._size:
                self._buckets.popitem(last=False)
        return 0.0 if enough else (1.0 - tokens) / rate
