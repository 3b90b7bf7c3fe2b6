"""SQL on which findings belong to which issue, for splitting one by hand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from issues.store.schema import CoverageRecord, EventRecord, IssueRecord, ObservationRecord

_O, _C = ObservationRecord, CoverageRecord


@dataclass(frozen=True, slots=True)
class Filed:
    """A finding as it is filed: under which issue, and when and by which photo it was seen."""

    id: int
    issue_id: str
    category: str
    taken_at: datetime
    sha256: str


def filed(session: Session, issue_id: str) -> list[Filed]:
    """All findings of an issue and of its duplicates, by id."""
    members = select(IssueRecord.id).where(
        (IssueRecord.id == issue_id) | (IssueRecord.duplicate_of == issue_id)
    )
    query = (
        select(_O.id, _O.issue_id, _O.category, func.min(_C.taken_at), func.min(_C.frame_sha256))
        .join(_C, _C.photo_id == _O.photo_id)
        .where(_O.issue_id.in_(members))
        .group_by(_O.id, _O.issue_id, _O.category)
        .order_by(_O.id)
    )
    return [
        Filed(key, owner or "", category, taken_at, sha256)
        for key, owner, category, taken_at, sha256 in session.execute(query)
    ]


def file_under(session: Session, observation_ids: Collection[int], issue_id: str) -> None:
    """Files findings under another issue."""
    session.execute(update(_O).where(_O.id.in_(observation_ids)).values(issue_id=issue_id))


def source_of_split(session: Session, issue_id: str) -> str | None:
    """The id of the issue that this one was split from; None: it was found by itself."""
    query = select(EventRecord.data).where(
        EventRecord.issue_id == issue_id, EventRecord.kind == "split_from"
    )
    data = session.execute(query.limit(1)).scalar()
    return str(data["source"]) if data else None


def data_of_key(session: Session, issue_id: str, key: str) -> dict[str, object] | None:
    """What the line of history with this idempotency key says; None: it was never used."""
    query = select(EventRecord.data).where(
        EventRecord.issue_id == issue_id, EventRecord.idempotency_key == key
    )
    found: dict[str, object] | None = session.execute(query).scalar()
    return found


def brought_along(session: Session, event_id: int) -> str | None:
    """The number of the issue whose merge made this line of another's history."""
    data = session.execute(select(EventRecord.data).where(EventRecord.id == event_id)).scalar()
    because = data.get("because_of") if data else None
    return str(because) if because else None
