"""The outbox: a line for every event, in the transaction of the event itself.

Nothing is written while no target exists, so that an office without a feed pays for one look at
an empty table.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String, bindparam, delete, exists, insert, literal, select, text
from sqlalchemy.orm import Session

from issues.store.feed_schema import OutboxRecord, TargetRecord
from issues.store.schema import EventRecord, UtcTime

_O, _E = OutboxRecord, EventRecord
_TURN = 0x7469_6479_6665
_COLUMNS = ["source", "subject", "event_id", "kind", "at"]
_POST = insert(_O).from_select(
    _COLUMNS,
    select(
        bindparam("source", type_=String),
        bindparam("subject", type_=String),
        bindparam("event_id", type_=BigInteger),
        bindparam("kind", type_=String),
        bindparam("at", type_=UtcTime),
    ).where(exists(select(TargetRecord.id))),
)
_POST_ALL = insert(_O).from_select(
    _COLUMNS,
    select(literal("issue"), _E.issue_id, _E.id, _E.kind, _E.at)
    .where(_E.kind == bindparam("kind"), _E.at == bindparam("at"), exists(select(TargetRecord.id)))
    .order_by(_E.id),
)


def post(
    session: Session, subject: str, event_id: int, kind: str, at: datetime, source: str = "issue"
) -> None:
    """Notes that this event is to be told."""
    row = {"source": source, "subject": subject, "event_id": event_id, "kind": kind, "at": at}
    session.connection().execute(_POST, row)


def post_all(session: Session, kind: str, at: datetime) -> None:
    """Notes that all events of this kind that were written with this moment are to be told."""
    session.connection().execute(_POST_ALL, {"kind": kind, "at": at})


def take_post_turn(session: Session) -> bool:
    """Whether this process may empty the outbox now: two at once would lose the order."""
    if session.get_bind().dialect.name != "postgresql":
        return True  # SQLite has one writer anyway
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _TURN}))


def posted(session: Session, limit: int) -> list[OutboxRecord]:
    """The oldest lines of the outbox."""
    return list(session.scalars(select(_O).order_by(_O.id).limit(limit)))


def clear_posted(session: Session, ids: list[int]) -> None:
    """Takes lines out of the outbox."""
    session.execute(delete(_O).where(_O.id.in_(ids)))
