"""A person says that a camera looks where it should: noted here, taken up by whoever watches it.

The note is a line of the camera's history, so it says who and when; each worker asks at its rounds
for the lines that it hasn't read yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from issues.cameras.registry import get_camera
from issues.store import Session
from issues.store.camera_schema import CameraEventRecord

ACCEPTED = "view_accepted"


class Accepted(NamedTuple):
    """One such line: its id in the history, and the camera."""

    event: int
    camera: str


def accept_view(session: Session, camera: str, actor: str, now: datetime) -> int:
    """Notes that the view is right; the id of the line. Raises NotFound."""
    get_camera(session, camera)
    line = CameraEventRecord(
        camera_id=camera,
        at=now,
        kind=ACCEPTED,
        from_state=None,
        to_state=None,
        actor=actor,
        data={},
    )
    session.add(line)
    session.flush()
    return line.id


def last_event(session: Session) -> int:
    """The id of the newest line of all cameras' history; 0 before the first."""
    return session.scalar(select(func.max(CameraEventRecord.id))) or 0


def accepted_since(session: Session, after: int) -> Sequence[Accepted]:
    """What people accepted after that line, oldest first."""
    e = CameraEventRecord
    query = select(e.id, e.camera_id).where(e.id > after, e.kind == ACCEPTED).order_by(e.id)
    return [Accepted(*row) for row in session.execute(query)]
