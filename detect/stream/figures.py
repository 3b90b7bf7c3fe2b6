"""What watching costs and how well it keeps up, a camera: for metrics, logs and benchmarks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class WatchFigures:
    """Counts since the start. ``late``: looks more than one interval after they fell due.

    ``skipped``: looks that fell out for that; ``nothing_new``: looks that found no picture newer
    than the last; ``pulled``: looks made sooner because something moved; ``reused``: looks
    at a picture in which nothing had changed since the network saw it.
    """

    looks: int = 0
    late: int = 0
    skipped: int = 0
    nothing_new: int = 0
    pulled: int = 0
    reused: int = 0
    undecodable: int = 0
    late_s: float = 0.0
    age_s: float = 0.0
    decode_s: float = 0.0
    network_s: float = 0.0

    def add(self, other: WatchFigures) -> None:
        """Adds another camera's figures to these."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
