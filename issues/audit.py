"""The audit log: who changed what, who saw an unblurred picture, when and from where.

Lines are only ever added. ``prune_audit`` takes away those older than the office's retention; the
database itself refuses to change a line, or to delete one of the last 30 days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from issues.errors import QueryError
from issues.rows import Page
from issues.store import Session
from issues.store.access_schema import AuditRecord
from issues.store.schema import EventRecord, IssueRecord

LONGEST_PAGE = 1000
MOST_TOLD = 50


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One deed. ``role`` is the key's; ``subject`` what it was done to; ``address`` from where."""

    at: datetime
    actor: str
    key_id: int
    role: str
    action: str
    subject: str = ""
    address: str = ""
    request_id: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which lines: all that is given must hold. ``action`` is a prefix; ``until`` is exclusive."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    address: str | None = None
    since: datetime | None = None
    until: datetime | None = None


ALL = AuditFilter()


def add_audit(session: Session, line: AuditLine) -> None:
    """Adds one line."""
    session.add(
        AuditRecord(
            at=line.at,
            actor=line.actor,
            key_id=line.key_id,
            role=line.role,
            action=line.action,
            subject=line.subject,
            address=line.address,
            request_id=line.request_id,
            detail=dict(line.detail),
        )
    )


def list_audit(
    session: Session, which: AuditFilter = ALL, *, cursor: str | None = None, limit: int = 100
) -> Page[AuditLine]:
    """One page of lines, newest first. Raises QueryError for a bad cursor or limit."""
    if not 1 <= limit <= LONGEST_PAGE:
        raise QueryError(f"a page has 1 to {LONGEST_PAGE} lines, asked were {limit}")
    if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise QueryError(f"the cursor {cursor[:50]!r} means nothing here")
    a = AuditRecord
    query = select(a).order_by(a.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(a.id < int(cursor))
    for column, given in ((a.actor, which.actor), (a.subject, which.subject)):
        if given is not None:
            query = query.where(column == given)
    if which.address is not None:
        query = query.where(a.address == which.address)
    if which.action is not None:
        query = query.where(a.action.startswith(which.action, autoescape=True))
    if which.since is not None:
        query = query.where(a.at >= which.since)
    if which.until is not None:
        query = query.where(a.at < which.until)
    rows = [_line(record) for record in session.scalars(query)]
    more = len(rows) > limit
    return Page(tuple(rows[:limit]), str(rows[limit - 1].id) if more else None, None)


def prune_audit(session: Session, before: datetime, *, dry_run: bool = False) -> int:
    """Deletes lines from before a moment and says how many; ``dry_run`` only counts them."""
    if dry_run:
        query = select(func.count(AuditRecord.id)).where(AuditRecord.at < before)
        return session.execute(query).scalar_one()
    gone = session.connection().execute(delete(AuditRecord).where(AuditRecord.at < before))
    return gone.rowcount


def newest_event(session: Session) -> int:
    """The id of the last line of history, of any issue."""
    return session.scalar(select(func.max(EventRecord.id))) or 0


def events_by(session: Session, actor: str, after_id: int) -> list[dict[str, Any]]:
    """What somebody did to issues since a line of history: issue, kind, from and to."""
    e = EventRecord
    query = (
        select(IssueRecord.number, e.kind, e.from_status, e.to_status)
        .join(IssueRecord, IssueRecord.id == e.issue_id)
        .where(e.id > after_id, e.actor == actor)
        .order_by(e.id)
        .limit(MOST_TOLD)
    )
    return [
        {"issue": r.number, "kind": r.kind, "from": r.from_status, "to": r.to_status}
        for r in session.execute(query)
    ]


def _line(r: AuditRecord) -> AuditLine:
    return AuditLine(
        r.at,
        r.actor,
        r.key_id,
        r.role,
        r.action,
        r.subject,
        r.address,
        r.request_id,
        r.detail,
        r.id,
    )
