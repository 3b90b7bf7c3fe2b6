"""What there is to say of all cameras at a glance: their states, hours and events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from issues.store import Session
from issues.store.camera_schema import CameraEventRecord, CameraHourRecord, CameraStateRecord


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """How a camera fares now. ``message`` says what is wrong with its connection, if anything."""

    camera: str
    state: str
    since: datetime
    worker: str | None
    last_look: datetime | None
    last_usable: datetime | None
    fault_code: str | None
    message: str | None
    figures: Mapping[str, Any]
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CameraHour:
    """What a camera looked at in one hour; hours without a row were not looked at."""

    camera: str
    hour: datetime
    looks: int
    usable: int
    late: int
    skipped: int
    by_picture: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CameraEvent:
    """One line of a camera's history."""

    id: int
    camera: str
    at: datetime
    kind: str
    from_state: str | None
    to_state: str | None
    actor: str
    data: Mapping[str, Any]


def states(session: Session) -> dict[str, CameraStatus]:
    """Each camera's status, by id; one that was never watched has none."""
    return {
        row.camera_id: CameraStatus(
            row.camera_id,
            row.state,
            row.since,
            row.worker,
            row.last_look,
            row.last_usable,
            row.fault_code,
            row.message,
            row.figures,
            row.updated_at,
        )
        for row in session.scalars(select(CameraStateRecord))
    }


def hours(
    session: Session, since: datetime, until: datetime, camera: str | None = None
) -> Sequence[CameraHour]:
    """The hours in which cameras were looked through, oldest first."""
    h = CameraHourRecord
    query = select(h).where(h.hour >= since, h.hour < until).order_by(h.hour, h.camera_id)
    if camera is not None:
        query = query.where(h.camera_id == camera)
    return [
        CameraHour(
            row.camera_id, row.hour, row.looks, row.usable, row.late, row.skipped, row.by_picture
        )
        for row in session.scalars(query)
    ]


def camera_events(
    session: Session, camera: str | None = None, *, after: int = 0, limit: int = 100
) -> Sequence[CameraEvent]:
    """Lines of history above an id, oldest first."""
    e = CameraEventRecord
    query = select(e).where(e.id > after).order_by(e.id).limit(limit)
    if camera is not None:
        query = query.where(e.camera_id == camera)
    return [_event(row) for row in session.scalars(query)]


def last_events(session: Session, camera: str, *, limit: int = 50) -> Sequence[CameraEvent]:
    """The newest lines of a camera's history, newest first."""
    e = CameraEventRecord
    query = select(e).where(e.camera_id == camera).order_by(e.id.desc()).limit(limit)
    return [_event(row) for row in session.scalars(query)]


def _event(row: CameraEventRecord) -> CameraEvent:
    return CameraEvent(
        row.id, row.camera_id, row.at, row.kind, row.from_state, row.to_state, row.actor, row.data
    )
