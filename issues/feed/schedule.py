"""When a delivery that failed is tried again: the schedule of the Standard Webhooks spec."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

WAITS_S: tuple[float, ...] = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Seconds to wait after the first, second, … failed try; after the tenth it is dead."""

MOST_TRIES = len(WAITS_S) + 1
JITTER = 0.25
LONGEST_WAIT_S = 2 * 86400.0
HOLDS_S: tuple[float, ...] = (5, 15, 30, 60, 120, 300)
"""How long a target is left alone after so many failures in a row; then it is asked once."""


def next_wait(
    attempts: int, chance: Callable[[], float], retry_after_s: float | None = None
) -> timedelta | None:
    """How long to wait after so many tries, longer by up to a quarter; None: it is dead.

    ``chance`` gives 0..1. What the receiver asks for (``Retry-After``) is the least, two days the
    most.

    >>> next_wait(1, lambda: 0.0), next_wait(10, lambda: 0.0)
    (datetime.timedelta(seconds=5), None)
    """
    if attempts >= MOST_TRIES:
        return None
    wait_s = WAITS_S[max(attempts, 1) - 1] * (1 + JITTER * chance())
    if retry_after_s is not None:
        wait_s = max(wait_s, retry_after_s * (1 + JITTER / 5 * chance()))
    return timedelta(seconds=min(wait_s, LONGEST_WAIT_S))


def next_hold(
    failures: int, chance: Callable[[], float], retry_after_s: float | None = None
) -> timedelta:
    """How long a target is left alone after so many failures in a row."""
    step = HOLDS_S[min(max(failures, 1), len(HOLDS_S)) - 1]
    hold_s = max(step * (1 + JITTER * chance()), retry_after_s or 0.0)
    return timedelta(seconds=min(hold_s, LONGEST_WAIT_S))
