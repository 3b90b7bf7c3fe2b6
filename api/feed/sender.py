"""The seam of targets: a sender takes parcels for a target and says what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from issues.feed.target import Target


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery in hand: its message and how often it was tried, this time included."""

    delivery_id: int
    message_id: str
    type: str
    at: datetime
    issue_id: str | None
    data: Mapping[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a try. ``error`` None: delivered.

    ``permanent``: no later try can do better. ``gone``: the receiver wants no more. ``strained``:
    the receiver as a whole is in trouble, and should be left alone for a while.
    """

    error: str | None = None
    status: int | None = None
    reference: str | None = None
    retry_after_s: float | None = None
    permanent: bool = False
    gone: bool = False
    strained: bool = False


class Sender(Protocol):
    """Sends parcels of one kind of target."""

    @property
    def batch(self) -> int:
        """How many parcels it takes at a time."""

    def send(self, target: Target, parcels: Sequence[Parcel]) -> Outcome:
        """Sends them, all or none. Never raises for what the receiver does."""
