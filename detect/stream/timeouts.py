"""How long to wait for a camera."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait for a connection, and for the next packet of one, in seconds."""

    open_s: float = 10.0
    read_s: float = 20.0
