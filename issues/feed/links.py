"""What issues are called elsewhere, and what their status there means here."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from issues.catalogue import Catalogue
from issues.errors import IssueError
from issues.issue import Action, Status
from issues.moves import move
from issues.queries import get_row
from issues.store import Session
from issues.store.feed_schema import LinkRecord
from issues.store.feed_table import link_of, links_to_check

log = logging.getLogger("tidycity.feed")

_TO_OFFICE = frozenset({Status.CONFIRMED, Status.REOPENED, Status.SENT_BACK})
_AT_WORK = frozenset({Status.ASSIGNED, Status.REWORK})


@dataclass(frozen=True, slots=True)
class Link:
    """An issue's id at a target, or the token for it, and its status there (open, closed)."""

    target_id: int
    issue_id: str
    external_id: str | None
    token: str | None
    external_status: str | None
    next_check_at: datetime | None


def find_link(session: Session, target_id: int, issue_id: str) -> Link | None:
    """What an issue is called at a target; None: it was never filed there."""
    record = link_of(session, target_id, issue_id)
    return None if record is None else _link(record)


def keep_link(session: Session, link: Link, now: datetime) -> None:
    """Keeps a link, new or changed."""
    record = link_of(session, link.target_id, link.issue_id)
    if record is None:
        record = LinkRecord(target_id=link.target_id, issue_id=link.issue_id, created_at=now)
        session.add(record)
    else:
        record.checked_at = now
    record.external_id, record.token = link.external_id, link.token
    record.external_status, record.next_check_at = link.external_status, link.next_check_at
    session.flush()


def due_links(session: Session, now: datetime, limit: int = 50) -> list[Link]:
    """Links whose status is to be asked for now."""
    return [_link(record) for record in links_to_check(session, now, limit)]


def closed_elsewhere(
    session: Session, catalogue: Catalogue, link: Link, target: str, now: datetime
) -> bool:
    """Takes "closed" there as a report that it is fixed; whether the issue moved.

    Never more than a report: only a photo or a person here says that it is really gone. An issue
    that nobody was assigned yet is assigned to its area's unit first, where it has one.
    """
    row = get_row(session, catalogue, link.issue_id)
    steps = [Action.REPORT_FIXED] if row.status in _AT_WORK else []
    if row.status in _TO_OFFICE:
        steps = [Action.ASSIGN, Action.REPORT_FIXED]
    if not steps:
        return False
    note = f"{target}: {link.external_id or ''} closed"
    key = f"feed-{link.target_id}-{link.external_id}-{row.version}"
    try:
        with session.begin_nested():
            for step in steps:
                move(
                    session,
                    link.issue_id,
                    step,
                    f"feed:{target}",
                    catalogue=catalogue,
                    now=now,
                    idempotency_key=f"{key}-{step.value}",
                    note=note,
                )
    except IssueError as error:
        log.info("%s is closed at %s and not moved here: %s", row.number, target, error)
        return False
    return True


def _link(record: LinkRecord) -> Link:
    return Link(
        target_id=record.target_id,
        issue_id=record.issue_id,
        external_id=record.external_id,
        token=record.token,
        external_status=record.external_status,
        next_check_at=record.next_check_at,
    )
