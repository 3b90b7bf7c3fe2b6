"""Who reviewed what: the moves of people over all issues, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from issues.errors import QueryError
from issues.issue import Action
from issues.rows import Page
from issues.store import Session
from issues.store.schema import EventRecord, IssueRecord

LONGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One move of a person: on which issue, what, why, from which status to which."""

    id: int
    at: datetime
    actor: str
    issue: str
    category: str
    action: str
    from_status: str | None
    to_status: str | None
    reason: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """Which moves: all that is given must hold; ``until`` is exclusive."""

    actor: str | None = None
    action: tuple[Action, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


EVERY = ReviewFilter()


def list_reviews(
    session: Session, which: ReviewFilter = EVERY, *, cursor: str | None = None, limit: int = 100
) -> Page[ReviewRow]:
    """One page of moves, newest first. Raises QueryError for a bad cursor or limit."""
    if not 1 <= limit <= LONGEST_PAGE:
        raise QueryError(f"a page has 1 to {LONGEST_PAGE} moves, asked were {limit}")
    if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise QueryError(f"the cursor {cursor[:50]!r} means nothing here")
    e, i = EventRecord, IssueRecord
    kinds = [action.value for action in (which.action or tuple(Action))]
    columns = (e.id, e.at, e.actor, i.number.label("issue"), i.category, e.kind.label("action"))
    query = (
        select(*columns, e.from_status, e.to_status, e.reason, e.note)
        .join(i, i.id == e.issue_id)
        .where(e.kind.in_(kinds))
        .order_by(e.id.desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        query = query.where(e.id < int(cursor))
    if which.actor is not None:
        query = query.where(e.actor == which.actor)
    if which.since is not None:
        query = query.where(e.at >= which.since)
    if which.until is not None:
        query = query.where(e.at < which.until)
    rows = [ReviewRow(**row) for row in session.execute(query).mappings()]
    return Page(tuple(rows[:limit]), str(rows[limit - 1].id) if len(rows) > limit else None, None)
