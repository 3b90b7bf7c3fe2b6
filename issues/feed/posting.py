"""From the outbox to deliveries: what an event says in public, and who wants to know it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from issues.catalogue import Catalogue
from issues.feed.public_type import PublicType, public_type
from issues.feed.target import Target
from issues.feed.targets import list_targets
from issues.identity import new_id
from issues.rows import EventRow, IssueRow
from issues.store import Session
from issues.store.camera_schema import CameraEventRecord, CameraRecord
from issues.store.feed_schema import DeliveryRecord, MessageRecord, OutboxRecord
from issues.store.feed_table import WAITING
from issues.store.issue_select import issue_rows, select_issues
from issues.store.outbox_table import clear_posted, posted, take_post_turn
from issues.store.photo_select import event_row
from issues.store.schema import EventRecord, IssueRecord

BATCH = 200


@dataclass(frozen=True, slots=True)
class Happening:
    """One event as it is told: of an issue (``row``, ``event``) or of a camera (``camera``)."""

    type: PublicType
    at: datetime
    row: IssueRow | None = None
    event: EventRow | None = None
    camera: Mapping[str, Any] | None = None


Describe = Callable[[Happening], dict[str, Any]]
"""What a message says of a happening, as JSON."""


def fan_out(session: Session, catalogue: Catalogue, describe: Describe, now: datetime) -> int:
    """Turns the oldest lines of the outbox into deliveries; gives how many lines there were.

    One transaction: after a crash a line is either still in the outbox or has all its deliveries.
    """
    if not take_post_turn(session):
        return 0
    lines = posted(session, BATCH)
    if not lines:
        return 0
    targets = list_targets(session)
    events, rows = _events(session, lines), _rows(session, catalogue, lines, now)
    cameras = _cameras(session, lines)
    for line in lines:
        happening = _happening(line, events, rows, cameras)
        if happening is not None:
            add_message(session, targets, happening, line.subject, describe, now)
    clear_posted(session, [line.id for line in lines])
    return len(lines)


def add_message(
    session: Session,
    targets: Sequence[Target],
    happening: Happening,
    subject: str,
    describe: Describe,
    now: datetime,
) -> str | None:
    """Keeps a message with a delivery for every target that wants it; None: nobody does."""
    wanted = [one for one in targets if one.filter.wants(happening.type, happening.row)]
    if not wanted:
        return None
    key = f"msg_{new_id(now)}"
    message = {
        "id": key,
        "type": happening.type.value,
        "subject": subject,
        "issue_id": happening.row.id if happening.row else None,
        "at": happening.at,
        "data": describe(happening),
        "created_at": now,
    }
    session.execute(insert(MessageRecord), [message])
    blank: dict[str, Any] = {
        "message_id": key,
        "subject": subject,
        "type": happening.type.value,
        "attempts": 0,
    }
    blank |= {"state": WAITING, "next_try_at": now, "created_at": now}
    session.execute(insert(DeliveryRecord), [blank | {"target_id": one.id} for one in wanted])
    return key


def _of(lines: Sequence[OutboxRecord], source: str) -> list[OutboxRecord]:
    return [line for line in lines if line.source == source]


def _events(session: Session, lines: Sequence[OutboxRecord]) -> dict[int, EventRow]:
    ids = [line.event_id for line in _of(lines, "issue")]
    query = select(EventRecord).where(EventRecord.id.in_(ids))
    return {record.id: event_row(record) for record in session.scalars(query)}


def _rows(
    session: Session, catalogue: Catalogue, lines: Sequence[OutboxRecord], now: datetime
) -> dict[str, IssueRow]:
    ids = {line.subject for line in _of(lines, "issue")}
    query = select_issues([IssueRecord.id.in_(ids)])
    return {row.id: row for row in issue_rows(session, query, catalogue, now)}


def _cameras(session: Session, lines: Sequence[OutboxRecord]) -> dict[int, dict[str, Any]]:
    ids = [line.event_id for line in _of(lines, "camera")]
    e, c = CameraEventRecord, CameraRecord
    query = select(e, c.name_zh, c.name_en).join(c, c.id == e.camera_id).where(e.id.in_(ids))
    return {
        event.id: {
            "id": event.camera_id,
            "name_zh": zh,
            "name_en": en,
            "from_state": event.from_state,
            "to_state": event.to_state,
            "fault": event.data.get("fault"),
        }
        for event, zh, en in session.execute(query)
    }


def _happening(
    line: OutboxRecord,
    events: Mapping[int, EventRow],
    rows: Mapping[str, IssueRow],
    cameras: Mapping[int, Mapping[str, Any]],
) -> Happening | None:
    """What a line tells; None: the issue or camera is gone meanwhile."""
    if line.source == "camera":
        camera = cameras.get(line.event_id)
        kind = public_type(line.kind, None, {})
        return Happening(kind, line.at, camera=camera) if camera else None
    event, row = events.get(line.event_id), rows.get(line.subject)
    if event is None or row is None:
        return None
    kind = public_type(event.kind, event.to_status, event.data)
    return Happening(kind, line.at, row, event)
