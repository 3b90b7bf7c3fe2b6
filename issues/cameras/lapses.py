"""Time-lapses of what cameras said: evidence of an issue, a line of its history each.

A line is written past the feed: a film of what was told already is no news. Retention, backups and
holds treat it as the issue's other pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from issues.store import Session, Store
from issues.store import photo_table as photos
from issues.store.camera_schema import CameraEventRecord
from issues.store.ledger import SYSTEM, find_issue
from issues.store.schema import EventRecord, EvidenceRecord, IssueRecord

KIND = "time_lapse"
LEFT_OUT = "lapse_left_out"
"""The line of a camera's history when there was no room for one."""
EXTENSION = "mp4"


@dataclass(frozen=True, slots=True)
class Filmed:
    """What a film shows: of which issue and camera, said what, from when until when (aware)."""

    issue: str
    camera: str
    zone: str
    said: str
    said_at: datetime
    since: datetime
    until: datetime
    pictures: int


@dataclass(frozen=True, slots=True)
class Lapse:
    """A film that is kept. ``number``: the issue's; ``said``: seen or gone."""

    sha256: str
    number: str
    camera: str
    said: str
    said_at: datetime
    since: datetime
    until: datetime
    pictures: int
    size_bytes: int


def keep_lapse(store: Store, mp4: bytes, filmed: Filmed, now: datetime) -> str | None:
    """Keeps a film as evidence and gives its sha256; None where the issue is no more.

    Raises StoreError (disk_full, …): then nothing is kept.
    """
    sha256 = store.evidence.put(mp4, EXTENSION)
    with store.transaction() as session:
        issue = find_issue(session, filmed.issue)
        if issue is None:
            return None
        photos.note_evidence(session, sha256, EXTENSION, len(mp4), now)
        session.add(
            EventRecord(
                issue_id=issue.id,
                at=now,
                kind=KIND,
                actor=SYSTEM,
                data={
                    "clip": sha256,
                    "camera": filmed.camera,
                    "zone": filmed.zone,
                    "said": filmed.said,
                    "said_at": filmed.said_at.isoformat(),
                    "since": filmed.since.isoformat(),
                    "filmed_until": filmed.until.isoformat(),
                    "pictures": filmed.pictures,
                },
            )
        )
    return sha256


def lapses(
    session: Session, *, issue: str | None = None, camera: str | None = None, limit: int = 100
) -> Sequence[Lapse]:
    """Films that are still kept, of an issue (number or id) or a camera; newest first."""
    clip, e = EventRecord.data["clip"].as_string(), EventRecord
    query = (
        select(IssueRecord.number, e.data, EvidenceRecord.size_bytes)
        .join(IssueRecord, IssueRecord.id == e.issue_id)
        .join(EvidenceRecord, EvidenceRecord.sha256 == clip)
        .where(e.kind == KIND)
        .order_by(e.id.desc())
        .limit(limit)
    )
    if issue is not None:
        found = find_issue(session, issue)
        query = query.where(e.issue_id == (found.id if found else ""))
    if camera is not None:
        query = query.where(e.data["camera"].as_string() == camera)
    return [
        Lapse(
            data["clip"],
            number,
            data["camera"],
            data["said"],
            datetime.fromisoformat(data["said_at"]),
            datetime.fromisoformat(data["since"]),
            datetime.fromisoformat(data["filmed_until"]),
            int(data["pictures"]),
            size_bytes,
        )
        for number, data, size_bytes in session.execute(query)
    ]


def is_lapse(session: Session, sha256: str) -> bool:
    """Whether this is a film that is kept."""
    record = session.get(EvidenceRecord, sha256)
    return record is not None and record.extension == EXTENSION


def evidence_bytes(session: Session) -> int:
    """How much evidence there is, pictures and films."""
    return int(session.scalar(select(func.sum(EvidenceRecord.size_bytes))) or 0)


def note_left_out(session: Session, camera: str, why: str, now: datetime) -> None:
    """A line in the camera's history: films are made no more, and why."""
    session.add(
        CameraEventRecord(
            camera_id=camera,
            at=now,
            kind=LEFT_OUT,
            from_state=None,
            to_state=None,
            actor=SYSTEM,
            data={"message": why},
        )
    )
