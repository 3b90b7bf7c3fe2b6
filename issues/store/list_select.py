"""Lookups for lists: photos by the names of their files, and what units said of a fix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from issues.issue import Action
from issues.store.schema import EventRecord, IssueRecord, PhotoRecord

_CHUNK = 500


def photos_named(session: Session, name: str) -> list[str]:
    """The hashes of readable photos whose file had this name, the latest taken first."""
    p = PhotoRecord
    plain = name.replace("\\", "/").rsplit("/", 1)[-1]
    query = (
        select(p.sha256, p.taken_at)
        .where(
            p.sha256.is_not(None),
            or_(
                p.source == plain,
                p.source.endswith(f"/{plain}", autoescape=True),
                p.source.endswith(f"\\{plain}", autoescape=True),
            ),
        )
        .order_by(p.taken_at.desc(), p.id.desc())
    )
    return list(dict.fromkeys(str(sha256) for sha256, _ in session.execute(query)))


def last_reports(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """Issue id → what its unit said when it last reported it fixed."""
    e = EventRecord
    notes: dict[str, str] = {}
    for some in _chunks(ids):
        query = (
            select(e.issue_id, e.note)
            .where(e.issue_id.in_(some), e.kind == Action.REPORT_FIXED.value)
            .order_by(e.id)
        )
        notes |= {issue_id: note or "" for issue_id, note in session.execute(query)}
    return {issue_id: note for issue_id, note in notes.items() if note}


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]


def first_marks(session: Session) -> list[str]:
    """What tells one store from another and never changes: its first issue and first photo."""
    issue = session.execute(select(IssueRecord.id).order_by(IssueRecord.id).limit(1)).scalar()
    photo = session.execute(
        select(PhotoRecord.sha256, PhotoRecord.recorded_at).order_by(PhotoRecord.id).limit(1)
    ).first()
    return [str(issue), *(map(str, photo) if photo else ())]
