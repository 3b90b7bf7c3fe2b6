"""SQL on what cameras say and remember, and on how they fare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from issues.cameras.confirmation import Gone, Memory, Spell, Statement
from issues.rows import Box
from issues.store.camera_schema import (
    CameraEventRecord,
    CameraHourRecord,
    CameraMemoryRecord,
    CameraStatementRecord,
    CameraStateRecord,
)
from issues.store.outbox_table import post
from issues.store.schema import CoverageRecord, ObservationRecord
from issues.timeline import Look

OFFLINE = "offline"

_M, _T, _S = CameraMemoryRecord, CameraStatementRecord, CameraStateRecord


@dataclass(frozen=True, slots=True)
class Track:
    """A category in a zone of a camera, and the issue that it last belonged to."""

    camera_id: str
    zone: str
    category: str
    issue_id: str | None


def track_of(session: Session, camera_id: str, zone: str, category: str) -> Track | None:
    """The track of this category in this zone; None where nothing was ever said of it."""
    record = _memory_of(session, camera_id, zone, category)
    return None if record is None else Track(camera_id, zone, category, record.issue_id)


def keep_track(session: Session, track: Track, memory: Memory, now: datetime) -> None:
    """Keeps what is remembered, for the worker that comes after."""
    record = _memory_of(session, track.camera_id, track.zone, track.category)
    if record is None:
        record = _M(camera_id=track.camera_id, zone=track.zone, category=track.category)
        session.add(record)
    record.memory, record.updated_at = memory_values(memory), now
    record.issue_id = track.issue_id or record.issue_id
    session.flush()


def memories(session: Session, camera_id: str) -> dict[tuple[str, str], Memory]:
    """All that is remembered of a camera, by zone and category."""
    query = select(_M).where(_M.camera_id == camera_id)
    return {(m.zone, m.category): memory_of(m.memory) for m in session.scalars(query)}


def said_before(session: Session, camera_id: str, zone: str, category: str, at: datetime) -> bool:
    """Whether this was recorded already."""
    query = select(_T.id).where(
        _T.camera_id == camera_id, _T.zone == zone, _T.category == category, _T.at == at
    )
    return session.execute(query).first() is not None


def add_statement(session: Session, track: Track, said: Statement, photo_id: int) -> None:
    """Records that a camera said this of the track's issue."""
    gone = isinstance(said, Gone)
    session.add(
        _T(
            issue_id=track.issue_id,
            photo_id=photo_id,
            camera_id=track.camera_id,
            zone=track.zone,
            category=track.category,
            kind="gone" if gone else "seen",
            at=said.at,
            since=said.since,
            looks=said.looks if isinstance(said, Gone) else 0,
        )
    )
    session.flush()


def claimed(session: Session, issue_id: str) -> bool:
    """Whether some camera's zone has this issue already."""
    return bool(session.scalar(select(exists().where(_M.issue_id == issue_id))))


def last_box(session: Session, issue_id: str, camera_id: str) -> Box | None:
    """Where in the camera's picture an issue stood last."""
    o = ObservationRecord
    query = (
        select(o.x1, o.y1, o.x2, o.y2)
        .join(_T, _T.photo_id == o.photo_id)
        .where(_T.issue_id == issue_id, _T.camera_id == camera_id, _T.kind == "seen")
        .where(o.issue_id == issue_id)
        .order_by(_T.at.desc())
        .limit(1)
    )
    found = session.execute(query).first()
    return None if found is None else (found[0], found[1], found[2], found[3])


def gone_looks(session: Session, issue_id: str) -> list[Look]:
    """What cameras said of an issue being gone: each stands by itself, made of many looks."""
    c = CoverageRecord
    query = (
        select(_T.at, c.frame_sha256, c.heading_deg, _T.photo_id)
        .join(c, c.photo_id == _T.photo_id)
        .where(_T.issue_id == issue_id, _T.kind == "gone")
    )
    return [
        Look(at, sha256, False, True, heading, photo_id, settled=True)
        for at, sha256, heading, photo_id in session.execute(query)
    ]


def turn_state(
    session: Session,
    camera_id: str,
    state: str,
    now: datetime,
    *,
    worker: str,
    fault_code: str | None = None,
    message: str | None = None,
) -> bool:
    """Notes a camera's state; a change is a line of its history. Whether it was a change."""
    record = _state_of(session, camera_id, now)
    before, record.worker = record.state, worker
    record.fault_code, record.message, record.updated_at = fault_code, message, now
    if before == state:
        return False
    record.state, record.since = state, now
    data: dict[str, Any] = {"worker": worker}
    if fault_code:
        data |= {"fault": fault_code, "message": message}
    line = CameraEventRecord(
        camera_id=camera_id,
        at=now,
        kind="state",
        from_state=before,
        to_state=state,
        actor="system",
        data=data,
    )
    session.add(line)
    session.flush()
    if (before == OFFLINE) != (state == OFFLINE):
        post(session, camera_id, line.id, f"camera_{state}"[:32], now, "camera")
    return True


def add_looks(
    session: Session,
    camera_id: str,
    hour: datetime,
    counts: Mapping[str, int],
    by_picture: Mapping[str, int],
) -> None:
    """Adds looks to an hour's coverage. ``counts``: looks, usable, late, skipped."""
    start = hour.replace(minute=0, second=0, microsecond=0)
    record = session.get(CameraHourRecord, (camera_id, start), with_for_update=True)
    if record is None:
        record = CameraHourRecord(
            camera_id=camera_id, hour=start, looks=0, usable=0, late=0, skipped=0, by_picture={}
        )
        session.add(record)
    for name in ("looks", "usable", "late", "skipped"):
        setattr(record, name, getattr(record, name) + counts.get(name, 0))
    merged = dict(record.by_picture)
    for name, count in by_picture.items():
        merged[name] = merged.get(name, 0) + count
    record.by_picture = merged
    session.flush()


def looked(
    session: Session, camera_id: str, now: datetime, last_usable: datetime | None, **figures: Any
) -> None:
    """Notes when a camera was last looked through, and what that costs."""
    record = _state_of(session, camera_id, now)
    record.last_look, record.figures, record.updated_at = now, figures, now
    record.last_usable = last_usable or record.last_usable
    session.flush()


def _memory_of(
    session: Session, camera_id: str, zone: str, category: str
) -> CameraMemoryRecord | None:
    query = select(_M).where(_M.camera_id == camera_id, _M.zone == zone, _M.category == category)
    return session.scalars(query).one_or_none()


def _state_of(session: Session, camera_id: str, now: datetime) -> CameraStateRecord:
    record = session.get(_S, camera_id)
    if record is None:
        record = _S(camera_id=camera_id, state="connecting", since=now, figures={}, updated_at=now)
        session.add(record)
    return record


_TIMES = frozenset({"since", "last_look", "last_seen", "said_at", "clear_since"})


def memory_values(memory: Memory) -> dict[str, Any]:
    """A memory as plain data.

    >>> memory_of(memory_values(Memory())) == Memory()
    True
    """
    values: dict[str, Any] = {}
    for field in fields(memory):
        value = getattr(memory, field.name)
        values[field.name] = value.isoformat() if isinstance(value, datetime) else value
    values["recent"] = [[s.began.isoformat(), s.looks, s.hits] for s in memory.recent]
    return values


def memory_of(values: Mapping[str, Any]) -> Memory:
    """A memory from plain data; what it lacks is as in a new one."""
    known = {field.name for field in fields(Memory)}
    plain = {key: value for key, value in values.items() if key in known}
    for key in _TIMES & plain.keys():
        plain[key] = datetime.fromisoformat(plain[key]) if plain[key] else None
    spells = [Spell(datetime.fromisoformat(at), n, hits) for at, n, hits in plain.get("recent", ())]
    plain["box"] = tuple(plain["box"]) if plain.get("box") else None
    return Memory(**(plain | {"recent": tuple(spells)}))
