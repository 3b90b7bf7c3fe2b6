"""One target's own threads: a slow receiver fills its lane and no other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock

MOST_THREADS = 32


@dataclass
class Lane:
    """How many requests go to a target at a time: begins with one, grows as they succeed."""

    name: str
    window: int = 1
    busy: int = 0
    _pool: ThreadPoolExecutor | None = None
    _lock: Lock = field(default_factory=Lock)

    def room(self, most: int) -> int:
        """How many more requests may go now."""
        return max(0, min(self.window, most) - self.busy)

    def run(self, work: Callable[[], None]) -> None:
        """Runs this in one of the lane's threads."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(MOST_THREADS, f"tidycity-feed-{self.name}")
        with self._lock:
            self.busy += 1
        self._pool.submit(self._counted, work)

    def succeeded(self) -> None:
        """One more at a time from now on."""
        self.window = min(MOST_THREADS, self.window + 1)

    def strained(self) -> None:
        """The receiver is in trouble: one at a time, and on from there."""
        self.window = 1

    def close(self, *, wait: bool) -> None:
        """Takes no more; waits for what is under way if asked to."""
        if self._pool is not None:
            self._pool.shutdown(wait=wait, cancel_futures=True)

    def _counted(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            with self._lock:
                self.busy -= 1
