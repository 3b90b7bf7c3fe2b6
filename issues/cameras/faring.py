"""How cameras fare as people should hear it: a state that nobody keeps up any more is told as such.

A worker that was killed leaves the last state behind. So what is written counts only while somebody
holds the camera's lease; without one, a camera is *unwatched*, whatever it showed last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from issues.cameras.registry import Kept, list_cameras
from issues.cameras.wall import CameraStatus, states
from issues.store import Session
from issues.store.camera_schema import CameraLeaseRecord


class Faring(StrEnum):
    """What a camera is worth, worst first: those at the top need somebody."""

    OFFLINE = "offline"
    UNWATCHED = "unwatched"
    STALE = "stale"
    BLOCKED = "blocked"
    FROZEN = "frozen"
    MOVED = "moved"
    UNDECODABLE = "undecodable"
    DARK = "dark"
    BLURRED = "blurred"
    OVEREXPOSED = "overexposed"
    CONNECTING = "connecting"
    LIVE = "live"
    RESTING = "resting"
    OFF = "off"


ORDER = {faring: n for n, faring in enumerate(Faring)}
BLIND = frozenset(
    {
        Faring.OFFLINE,
        Faring.UNWATCHED,
        Faring.STALE,
        Faring.BLOCKED,
        Faring.FROZEN,
        Faring.UNDECODABLE,
    }
)
"""Nothing can be said of the place, not even that something is there."""
POOR = frozenset({Faring.MOVED, Faring.DARK, Faring.BLURRED, Faring.OVEREXPOSED, Faring.CONNECTING})
"""What is seen counts, what isn't seen proves nothing."""


@dataclass(frozen=True, slots=True)
class OnTheWall:
    """A camera, what is written of it, how it fares, and since when that is known."""

    kept: Kept
    status: CameraStatus | None
    faring: Faring
    since: datetime | None


def faring_of(enabled: bool, status: CameraStatus | None, *, watched: bool) -> Faring:
    """How a camera fares; ``watched``: somebody holds its lease.

    >>> faring_of(True, None, watched=False).value, faring_of(False, None, watched=False).value
    ('unwatched', 'off')
    """
    if not enabled:
        return Faring.OFF
    if not watched:
        return Faring.UNWATCHED
    if status is None or status.state not in set(Faring):
        return Faring.CONNECTING
    return Faring(status.state)


def the_wall(session: Session, now: datetime) -> tuple[OnTheWall, ...]:
    """All cameras, those that need somebody first."""
    told, leased = states(session), _leased(session, now)
    found = [_one(kept, told.get(kept.camera.id), leased) for kept in list_cameras(session)]
    return tuple(sorted(found, key=lambda one: (ORDER[one.faring], one.kept.camera.id)))


def on_the_wall(session: Session, kept: Kept, now: datetime) -> OnTheWall:
    """One camera."""
    return _one(kept, states(session).get(kept.camera.id), _leased(session, now))


def _one(kept: Kept, status: CameraStatus | None, leased: frozenset[str]) -> OnTheWall:
    camera = kept.camera
    faring = faring_of(camera.enabled, status, watched=camera.id in leased)
    same = status is not None and status.state == faring.value
    since = status.since if status and same else status.updated_at if status else None
    return OnTheWall(kept, status, faring, since)


def _leased(session: Session, now: datetime) -> frozenset[str]:
    """Ids of the cameras that somebody watches."""
    lease = CameraLeaseRecord
    return frozenset(session.scalars(select(lease.camera_id).where(lease.until > now)))
