"""SQL that reads photos, findings and history as rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from issues.issue import Status
from issues.rows import (
    ContextBox,
    EventRow,
    FrameRef,
    ObservationRow,
    PhotoRow,
)
from issues.store.plain_rows import plainly
from issues.store.schema import (
    EventRecord,
    EvidenceRecord,
    IssueRecord,
    ObservationRecord,
    PhotoRecord,
)
from issues.timeline import Look


def select_observations(conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """All columns of ``ObservationRow``."""
    o, p, i, e = ObservationRecord, PhotoRecord, IssueRecord, EvidenceRecord
    columns: tuple[Any, ...] = (
        *(o.id, o.issue_id, i.number, o.photo_id, o.category, o.x1, o.y1, o.x2, o.y2),
        *(o.score, o.experimental, p.model_id, p.model_version, p.sha256, p.source),
        *(p.taken_at, p.lat, p.lon, e.sha256.label("kept")),
    )
    return (
        select(*columns)
        .join(p, p.id == o.photo_id)
        .outerjoin(i, i.id == o.issue_id)
        .outerjoin(e, e.sha256 == p.sha256)
        .where(*conditions)
    )


def observation_rows(session: Session, query: Select[Any]) -> list[ObservationRow]:
    """The rows that a query of ``select_observations`` gives."""
    return [
        ObservationRow(
            id=r.id,
            issue_id=r.issue_id,
            issue_number=r.number,
            photo_id=r.photo_id,
            category=r.category,
            box=(r.x1, r.y1, r.x2, r.y2),
            score=r.score,
            experimental=r.experimental,
            model_id=r.model_id,
            model_version=r.model_version,
            sha256=r.sha256,
            source=r.source,
            taken_at=r.taken_at,
            lat=r.lat,
            lon=r.lon,
            stored=r.kept is not None,
        )
        for r in plainly(session, query)
    ]


def select_photos(*conditions: ColumnElement[bool]) -> Select[Any]:
    """All columns of ``PhotoRow`` that the photo's own table has."""
    return select(*PhotoRecord.__table__.columns).where(*conditions)


def photo_rows(session: Session, query: Select[Any]) -> list[PhotoRow]:
    """Photos as rows; a query of ``select_photos``."""
    records = plainly(session, query)
    found = _found_in(session, [record.id for record in records])
    hashes = sorted({record.sha256 for record in records if record.sha256})
    kept = set(
        session.scalars(select(EvidenceRecord.sha256).where(EvidenceRecord.sha256.in_(hashes)))
    )
    return [_photo(record, found[record.id], kept) for record in records]


def _found_in(session: Session, photo_ids: Sequence[int]) -> dict[int, list[str | None]]:
    """Photo id → the number of the issue of each finding in it."""
    o, i = ObservationRecord, IssueRecord
    query = (
        select(o.photo_id, i.number)
        .outerjoin(i, i.id == o.issue_id)
        .where(o.photo_id.in_(photo_ids))
        .order_by(o.id)
    )
    found: dict[int, list[str | None]] = defaultdict(list)
    for photo_id, number in plainly(session, query):
        found[photo_id].append(number)
    return found


def _photo(record: Any, found: Sequence[str | None], kept: set[str]) -> PhotoRow:
    return PhotoRow(
        id=record.id,
        source=record.source,
        status=record.status,
        reason_code=record.reason_code,
        message=record.message,
        sha256=record.sha256,
        size_bytes=record.size_bytes,
        format=record.format,
        width_px=record.width_px,
        height_px=record.height_px,
        taken_at=record.taken_at,
        time_origin=record.time_origin,
        lat=record.lat,
        lon=record.lon,
        accuracy_m=record.accuracy_m,
        location_origin=record.location_origin,
        heading_deg=record.heading_deg,
        notes=tuple(record.notes),
        context=tuple(ContextBox(c["name"], tuple(c["box"]), c["score"]) for c in record.context),
        model_id=record.model_id,
        model_version=record.model_version,
        observations=len(found),
        issue_numbers=tuple(dict.fromkeys(number for number in found if number)),
        stored=record.sha256 in kept,
        recorded_at=record.recorded_at,
    )


def event_rows(session: Session, issue_id: str) -> list[EventRow]:
    """An issue's history, oldest first."""
    records = session.scalars(
        select(EventRecord).where(EventRecord.issue_id == issue_id).order_by(EventRecord.id)
    )
    return [event_row(record) for record in records]


def event_row(record: EventRecord) -> EventRow:
    """One line of history."""
    return EventRow(
        id=record.id,
        issue_id=record.issue_id,
        at=record.at,
        kind=record.kind,
        actor=record.actor,
        from_status=Status(record.from_status) if record.from_status else None,
        to_status=Status(record.to_status) if record.to_status else None,
        reason=record.reason,
        note=record.note,
        evidence_sha256=record.evidence_sha256,
        data=record.data,
    )


def frame_refs(
    session: Session, looks: Sequence[Look], observations: Iterable[ObservationRow]
) -> list[FrameRef]:
    """Looks as frames, with the best box of each where they show the problem."""
    best: dict[str, ObservationRow] = {}
    for row in sorted(observations, key=lambda row: row.score):
        best[row.sha256] = row
    p, e = PhotoRecord, EvidenceRecord
    query = (
        select(p.id, p.source, e.sha256)
        .outerjoin(e, e.sha256 == p.sha256)
        .where(p.id.in_([look.photo_id for look in looks]))
    )
    known = {key: (source, kept is not None) for key, source, kept in session.execute(query)}
    frames = []
    for look in looks:
        source, stored = known.get(look.photo_id, ("", False))
        shown = best.get(look.sha256) if look.saw else None
        box, score = (shown.box, shown.score) if shown else (None, None)
        frames.append(FrameRef(look.photo_id, look.sha256, source, look.at, box, score, stored))
    return frames
