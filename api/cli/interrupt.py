"""Stopping well: the first Ctrl-C or SIGTERM ends after the photo in hand, a second one at once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequest:
    """Whether somebody asked this process to stop."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, _number: int, _frame: FrameType | None) -> None:
        """A signal handler: notes the first request, interrupts at the second."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def listening() -> Iterator[StopRequest]:
    """A StopRequest that SIGINT and SIGTERM set while the block runs."""
    request = StopRequest()
    before = {n: signal.signal(n, request.ask) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
