"""SQL on photos: what was read from where, what was found in it, what was looked at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
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


_P, _S, _O, _K = PhotoRecord, SourceRecord, ObservationRecord, EvidenceRecord
_HERE = (
    _S.address == bindparam("address"),
    _S.model_id == bindparam("model_id"),
    _S.model_version == bindparam("model_version"),
)
_RECORDED = select(_S.size_bytes, _S.mtime_ns, _S.final, _S.id, _S.photo_id).where(*_HERE)
_FIND = select(_P.id, _P.source).where(
    _P.sha256 == bindparam("sha256"),
    _P.model_id == bindparam("model_id"),
    _P.model_version == bindparam("model_version"),
)
_ADD_PHOTO = insert(_P).returning(_P.id)
_ADD_COVERAGE = insert(CoverageRecord)
_ADD_OBSERVATIONS = insert(_O)
_ADD_SOURCE = insert(_S)
_MOVE_SOURCE = (
    update(_S)
    .where(_S.id == bindparam("row_id"))
    .values({key: bindparam(key) for key in ("photo_id", "size_bytes", "mtime_ns", "final")})
)
_FORGET = delete(_P).where(_P.id == bindparam("photo_id"), _P.status == "unreadable")
_ISSUE_OF_FRAME = (
    select(_O.issue_id)
    .join(_P, _P.id == _O.photo_id)
    .where(
        _P.sha256 == bindparam("sha256"),
        _O.category == bindparam("category"),
        _O.issue_id.is_not(None),
    )
    .order_by(_O.id)
    .limit(1)
)
_KEPT = select(_K.sha256).where(_K.sha256 == bindparam("sha256"))
_ADD_KEPT = insert(_K)
_MISSING = (
    select(_P.sha256, _P.format, _S.address)
    .join(_S, _S.photo_id == _P.id)
    .outerjoin(_K, _K.sha256 == _P.sha256)
    .where(_P.id.in_(bindparam("ids", expanding=True)), _K.sha256.is_(None))
    .order_by(_S.id)
)


def _place(read: ReadFrom) -> dict[str, Any]:
    return {
        "address": read.address,
        "model_id": read.model_id,
        "model_version": read.model_version,
    }


def was_recorded(session: Session, read: ReadFrom) -> bool:
    """Whether this file, unchanged since, was recorded for good."""
    found = session.connection().execute(_RECORDED, _place(read)).first()
    return found is not None and tuple(found[:3]) == (read.size_bytes, read.mtime_ns, True)


def find_photo(
    session: Session, sha256: str, model_id: str, model_version: str
) -> tuple[int, str] | None:
    """Id and source of the photo with these bytes, if this model has seen it."""
    asked = {"sha256": sha256, "model_id": model_id, "model_version": model_version}
    found = session.connection().execute(_FIND, asked).first()
    return (found[0], found[1]) if found else None


def photo_of_source(session: Session, address: str) -> int | None:
    """The photo that came from this address, by whatever model; None: none did."""
    query = select(_S.photo_id).where(_S.address == address).order_by(_S.id).limit(1)
    return session.scalar(query)


def add_photo(session: Session, values: dict[str, Any]) -> int:
    """Adds a photo and gives its id."""
    return int(session.connection().execute(_ADD_PHOTO, values).scalar_one())


def add_coverage(session: Session, values: dict[str, Any]) -> None:
    """Adds that a place was looked at."""
    session.connection().execute(_ADD_COVERAGE, values)


def add_observations(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Adds findings."""
    if rows:
        session.connection().execute(_ADD_OBSERVATIONS, list(rows))


def remember_source(session: Session, read: ReadFrom, photo_id: int, *, final: bool) -> None:
    """Notes what became of a file; what an earlier failed reading of it left behind goes."""
    connection = session.connection()
    values = {
        "photo_id": photo_id,
        "size_bytes": read.size_bytes,
        "mtime_ns": read.mtime_ns,
        "final": final,
    }
    before = connection.execute(_RECORDED, _place(read)).first()
    if before is None:
        connection.execute(_ADD_SOURCE, _place(read) | values)
        return
    connection.execute(_MOVE_SOURCE, values | {"row_id": before.id})
    if before.photo_id != photo_id:
        connection.execute(_FORGET, {"photo_id": before.photo_id})


def issue_of_frame(session: Session, sha256: str, category: str) -> str | None:
    """The issue that a finding of this category in the same bytes belongs to already."""
    asked = {"sha256": sha256, "category": category}
    return session.connection().execute(_ISSUE_OF_FRAME, asked).scalar()


def note_evidence(
    session: Session, sha256: str, extension: str, size_bytes: int, now: datetime
) -> None:
    """Notes that a photo's bytes are in the evidence folder; a second time changes nothing."""
    connection = session.connection()
    row = {"sha256": sha256, "extension": extension, "size_bytes": size_bytes, "stored_at": now}
    if connection.execute(_KEPT, {"sha256": sha256}).first() is None:
        connection.execute(_ADD_KEPT, row)


def missing_evidence(session: Session, photo_ids: Collection[int]) -> list[tuple[str, str, str]]:
    """Hash, format and address of those of the photos whose bytes aren't kept yet."""
    if not photo_ids:
        return []
    found = session.connection().execute(_MISSING, {"ids": sorted(photo_ids)})
    return [(sha256, kind or "jpg", address) for sha256, kind, address in found if sha256]


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
