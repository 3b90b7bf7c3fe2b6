"""SQL on deliveries: which are due, who has them in hand, what became of them.

A delivery is due when its time has come and no earlier one of the same target and subject is
still open: that keeps the order. Whoever claims one has it until ``lease_until``; a process that
dies loses it then, and another takes it up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from issues.store.feed_schema import (
    DeliveryRecord,
    LinkRecord,
    MessageRecord,
    OutboxRecord,
    TargetRecord,
)

WAITING, FAILED, DELIVERED, DEAD = "waiting", "failed", "delivered", "dead"
OPEN_STATES = (WAITING, FAILED)

_D, _M, _T = DeliveryRecord, MessageRecord, TargetRecord


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(_D.lease_until.is_(None), _D.lease_until <= now)


def _due(target_id: int, state: str, now: datetime) -> Select[Any]:
    earlier = aliased(_D)
    return (
        select(_D.id)
        .where(_D.target_id == target_id, _D.state == state, _D.next_try_at <= now, _free(now))
        .where(
            ~exists().where(
                earlier.target_id == target_id,
                earlier.subject == _D.subject,
                earlier.state.in_(OPEN_STATES),
                earlier.id < _D.id,
            )
        )
        .order_by(_D.next_try_at, _D.id)
    )


def due_ids(session: Session, target_id: int, now: datetime, limit: int) -> list[int]:
    """Deliveries that may be tried now, failed ones first."""
    found: list[int] = []
    for state in (FAILED, WAITING):
        if len(found) < limit:
            query = _due(target_id, state, now).limit(limit - len(found))
            found += session.scalars(query.with_for_update(skip_locked=True))
    return found


def claim(
    session: Session, ids: Sequence[int], worker: str, now: datetime, lease: timedelta
) -> list[tuple[DeliveryRecord, MessageRecord]]:
    """Takes deliveries in hand: each try is counted before it is made."""
    if not ids:
        return []
    session.execute(
        update(_D)
        .where(_D.id.in_(ids))
        .values(claimed_by=worker, lease_until=now + lease, attempts=_D.attempts + 1, tried_at=now),
        execution_options={"synchronize_session": False},
    )
    query = select(_D, _M).join(_M, _M.id == _D.message_id).where(_D.id.in_(ids)).order_by(_D.id)
    found = session.execute(query, execution_options={"populate_existing": True})
    return [(row[0], row[1]) for row in found]


def finish(session: Session, delivery_id: int, worker: str, **values: Any) -> bool:
    """Writes what became of a try; False: the lease ran out and another has it now."""
    done = session.execute(
        update(_D)
        .where(_D.id == delivery_id, _D.claimed_by == worker)
        .values(claimed_by=None, lease_until=None, **values)
        .returning(_D.id),
        execution_options={"synchronize_session": False},
    )
    return done.first() is not None


_ARRIVED = (
    update(_D)
    .where(_D.id == bindparam("delivery_id"), _D.claimed_by == bindparam("worker"))
    .values(
        claimed_by=None,
        lease_until=None,
        state=DELIVERED,
        last_error=None,
        delivered_at=bindparam("at"),
        response_status=bindparam("status"),
        reference=bindparam("known_as"),
    )
)


def finish_arrived(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Writes that deliveries arrived, all with one statement: delivery_id, worker, at, status,
    known_as. Those whose lease ran out stay as they are."""
    session.connection().execute(_ARRIVED, list(rows))


def give_back(session: Session, ids: Sequence[int], worker: str) -> None:
    """Lets go of deliveries that were claimed and never tried."""
    session.execute(
        update(_D)
        .where(_D.id.in_(ids), _D.claimed_by == worker)
        .values(claimed_by=None, lease_until=None, attempts=_D.attempts - 1),
        execution_options={"synchronize_session": False},
    )


def anything_to_do(session: Session, now: datetime) -> bool:
    """Whether the outbox holds something, or a target may be asked that something is due for."""
    if session.scalar(select(exists(select(OutboxRecord.id)))):
        return True
    asked = (
        select(_D.id)
        .join(_T, _T.id == _D.target_id)
        .where(_T.enabled, or_(_T.held_until.is_(None), _T.held_until <= now))
        .where(_D.state.in_(OPEN_STATES), _D.next_try_at <= now, _free(now))
    )
    return bool(session.scalar(select(exists(asked))))


def open_targets(session: Session, now: datetime) -> list[TargetRecord]:
    """Targets that may be asked now."""
    may = and_(_T.enabled, or_(_T.held_until.is_(None), _T.held_until <= now))
    return list(session.scalars(select(_T).where(may).order_by(_T.id)))


def select_deliveries(
    *,
    target_id: int | None = None,
    states: Sequence[str] = (),
    subject: str | None = None,
    before: int | None = None,
) -> Select[DeliveryRecord, MessageRecord, str]:
    """Deliveries, newest first, with their message and the name of their target."""
    query = (
        select(_D, _M, _T.name)
        .join(_M, _M.id == _D.message_id)
        .join(_T, _T.id == _D.target_id)
        .order_by(_D.id.desc())
    )
    if target_id is not None:
        query = query.where(_D.target_id == target_id)
    if states:
        query = query.where(_D.state.in_(states))
    if subject is not None:
        query = query.where(_D.subject == subject)
    return query if before is None else query.where(_D.id < before)


def set_waiting(session: Session, condition: Sequence[ColumnElement[bool]], now: datetime) -> int:
    """Lets deliveries be tried anew, from the first try on; gives how many."""
    done = session.execute(
        update(_D)
        .where(*condition, _free(now))
        .values(state=WAITING, attempts=0, next_try_at=now, delivered_at=None)
        .returning(_D.id),
        execution_options={"synchronize_session": False},
    )
    return len(done.all())


def counts_by_state(session: Session) -> dict[int, dict[str, int]]:
    """Target → state → how many deliveries."""
    query = select(_D.target_id, _D.state, func.count()).group_by(_D.target_id, _D.state)
    found: dict[int, dict[str, int]] = {}
    for target_id, state, count in session.execute(query):
        found.setdefault(target_id, {})[state] = int(count)
    return found


def prune(session: Session, before: datetime) -> int:
    """Forgets what was delivered long ago, and messages that nobody waits for; gives how many."""
    session.execute(
        delete(_D).where(_D.state == DELIVERED, _D.delivered_at < before),
        execution_options={"synchronize_session": False},
    )
    unasked = ~exists().where(_D.message_id == _M.id)
    done = session.execute(
        delete(_M).where(_M.created_at < before, unasked).returning(_M.id),
        execution_options={"synchronize_session": False},
    )
    return len(done.all())


def link_of(session: Session, target_id: int, issue_id: str) -> LinkRecord | None:
    """What an issue is called at a target; None: it was never told of it."""
    return session.scalars(
        select(LinkRecord).where(LinkRecord.target_id == target_id, LinkRecord.issue_id == issue_id)
    ).one_or_none()


def links_to_check(session: Session, now: datetime, limit: int) -> list[LinkRecord]:
    """Links whose status should be read back now, of targets that are on."""
    query = (
        select(LinkRecord)
        .join(_T, _T.id == LinkRecord.target_id)
        .where(_T.enabled, LinkRecord.next_check_at <= now)
        .order_by(LinkRecord.next_check_at)
        .limit(limit)
    )
    return list(session.scalars(query))
