"""Which camera is looked at next: the one that is latest for its own interval. Fair by that.

Looks keep their phase: one that comes late does not push the ones after it, and looks that fell
due meanwhile are skipped and counted. New cameras are spread over their interval.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Due:
    """A look that is due. ``late_s``: by how much; ``skipped``: looks that fell out before it."""

    camera: str
    due_s: float
    late_s: float
    skipped: int

    @property
    def on_time(self) -> bool:
        return self.skipped == 0


class LookSchedule:
    """When to look at which camera. Not for several threads at once; times are monotonic."""

    def __init__(self) -> None:
        self._every: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []
        self._due: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._every)

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._every))

    def add(self, camera: str, every_s: float, now_s: float) -> None:
        """Adds a camera, or changes its interval. Raises ValueError unless ``every_s`` > 0."""
        if not every_s > 0:
            raise ValueError(f"a look interval is above 0 s, got {every_s}")
        self._every[camera] = every_s
        self._set(camera, now_s + every_s * _phase(len(self._every) - 1))

    def remove(self, camera: str) -> None:
        """Looks at it no more; a camera that isn't there is no error."""
        self._every.pop(camera, None)
        self._due.pop(camera, None)

    def pull(self, camera: str, at_s: float) -> None:
        """Looks sooner, once; never later than planned, and the plan after it stays."""
        if camera in self._due and at_s < self._due[camera]:
            self._set(camera, at_s)

    def next_s(self) -> float | None:
        """When the next look falls due; None without cameras."""
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def take(self, now_s: float) -> Due | None:
        """The look to do now, and plans the camera's next; None if none is due."""
        self._drop_stale()
        if not self._heap or self._heap[0][0] > now_s:
            return None
        due_s, camera = heapq.heappop(self._heap)
        every_s = self._every[camera]
        skipped = int((now_s - due_s) // every_s)
        self._set(camera, due_s + (skipped + 1) * every_s)
        return Due(camera, due_s, now_s - due_s, skipped)

    def _set(self, camera: str, due_s: float) -> None:
        self._due[camera] = due_s
        heapq.heappush(self._heap, (due_s, camera))

    def _drop_stale(self) -> None:
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)


def _phase(index: int) -> float:
    """Where in its interval the n-th camera begins: the golden ratio leaves no two together."""
    return (index * 0.6180339887498949) % 1.0
