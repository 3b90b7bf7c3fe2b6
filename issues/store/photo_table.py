"""SQL on photos: what was read from where, what was found in it, what was looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from detect.types import Model
from issues.store.schema import (
    BatchRecord,
    CoverageRecord,
    EvidenceRecord,
    ObservationRecord,
    PhotoRecord,
    SourceRecord,
)


@dataclass(frozen=True, slots=True)
class ReadFrom:
    """Where a photo was read from, and by which model: what makes a run resumable."""

    address: str
    size_bytes: int
    mtime_ns: int
    model_id: str
    model_version: str


def was_recorded(session: Session, read: ReadFrom) -> bool:
    """Whether this file, unchanged since, was recorded for good."""
    s = SourceRecord
    query = select(s.size_bytes, s.mtime_ns, s.final).where(
        s.address == read.address,
        s.model_id == read.model_id,
        s.model_version == read.model_version,
    )
    found = session.execute(query).first()
    return found is not None and tuple(found) == (read.size_bytes, read.mtime_ns, True)


def find_photo(
    session: Session, sha256: str, model_id: str, model_version: str
) -> tuple[int, str] | None:
    """Id and source of the photo with these bytes, if this model has seen it."""
    p = PhotoRecord
    query = select(p.id, p.source).where(
        p.sha256 == sha256, p.model_id == model_id, p.model_version == model_version
    )
    found = session.execute(query).first()
    return (found[0], found[1]) if found else None


def add_photo(session: Session, values: dict[str, Any]) -> int:
    """Adds a photo and gives its id."""
    found = session.execute(insert(PhotoRecord).values(values).returning(PhotoRecord.id))
    return int(found.scalar_one())


def add_coverage(session: Session, values: dict[str, Any]) -> None:
    """Adds that a place was looked at."""
    session.execute(insert(CoverageRecord), [values])


def add_observations(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Adds findings."""
    if rows:
        session.execute(insert(ObservationRecord), list(rows))


def remember_source(session: Session, read: ReadFrom, photo_id: int, *, final: bool) -> None:
    """Notes what became of a file; what an earlier failed reading of it left behind goes."""
    s = SourceRecord
    here = (
        s.address == read.address,
        s.model_id == read.model_id,
        s.model_version == read.model_version,
    )
    values = {
        "photo_id": photo_id,
        "size_bytes": read.size_bytes,
        "mtime_ns": read.mtime_ns,
        "final": final,
    }
    before = session.execute(select(s.id, s.photo_id).where(*here)).first()
    if before is None:
        row = {
            "address": read.address,
            "model_id": read.model_id,
            "model_version": read.model_version,
            **values,
        }
        session.execute(insert(s), [row])
        return
    session.execute(update(s).where(s.id == before[0]).values(values))
    if before[1] != photo_id:
        _forget_unreadable(session, before[1])


def _forget_unreadable(session: Session, photo_id: int) -> None:
    p = PhotoRecord
    session.execute(delete(p).where(p.id == photo_id, p.status == "unreadable"))


def issue_of_frame(session: Session, sha256: str, category: str) -> str | None:
    """The issue that a finding of this category in the same bytes belongs to already."""
    o, p = ObservationRecord, PhotoRecord
    query = (
        select(o.issue_id)
        .join(p, p.id == o.photo_id)
        .where(p.sha256 == sha256, o.category == category, o.issue_id.is_not(None))
        .order_by(o.id)
        .limit(1)
    )
    return session.execute(query).scalar()


def note_evidence(
    session: Session, sha256: str, extension: str, size_bytes: int, now: datetime
) -> None:
    """Notes that a photo's bytes are in the evidence folder; a second time changes nothing."""
    e = EvidenceRecord
    if session.execute(select(e.sha256).where(e.sha256 == sha256)).first() is None:
        row = {
            "sha256": sha256,
            "extension": extension,
            "size_bytes": size_bytes,
            "stored_at": now,
        }
        session.execute(insert(e), [row])


def missing_evidence(session: Session, photo_ids: Iterable[int]) -> list[tuple[str, str, str]]:
    """Hash, format and address of those of the photos whose bytes aren't kept yet."""
    p, e, s = PhotoRecord, EvidenceRecord, SourceRecord
    query = (
        select(p.sha256, p.format, s.address)
        .join(s, s.photo_id == p.id)
        .outerjoin(e, e.sha256 == p.sha256)
        .where(p.id.in_(sorted(set(photo_ids))), e.sha256.is_(None), p.sha256.is_not(None))
        .order_by(s.id)
    )
    return [
        (sha256 or "", kind or "jpg", address) for sha256, kind, address in session.execute(query)
    ]


def begin_batch(session: Session, label: str, model: Model, now: datetime) -> int:
    """Adds a run and gives its id."""
    values = {
        "label": label,
        "model_id": model.id,
        "model_version": model.version,
        "started_at": now,
    }
    found = session.execute(insert(BatchRecord).values(values).returning(BatchRecord.id))
    return int(found.scalar_one())


def end_batch(session: Session, batch_id: int, now: datetime) -> None:
    """Notes when a run ended."""
    query = update(BatchRecord).where(BatchRecord.id == batch_id).values(finished_at=now)
    session.execute(query)
