"""Deliveries as people see them, and what follows from a try."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from issues.errors import NotFound
from issues.feed.schedule import next_hold, next_wait
from issues.rows import Page
from issues.store import Session
from issues.store.feed_schema import DeliveryRecord, MessageRecord, TargetRecord
from issues.store.feed_table import (
    DEAD,
    DELIVERED,
    FAILED,
    WAITING,
    finish,
    finish_arrived,
    select_deliveries,
    set_waiting,
)

STATES = (WAITING, FAILED, DELIVERED, DEAD)


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One message to one target, and how far it is. ``in_hand``: it is being sent now."""

    id: int
    target_id: int
    target: str
    message_id: str
    type: str
    issue_id: str | None
    issue_number: str | None
    at: datetime
    state: str
    attempts: int
    next_try_at: datetime | None
    in_hand: bool
    last_error: str | None
    response_status: int | None
    reference: str | None
    tried_at: datetime | None
    delivered_at: datetime | None
    data: Mapping[str, Any]


def list_deliveries(
    session: Session,
    now: datetime,
    *,
    target_id: int | None = None,
    states: Sequence[str] = (),
    subject: str | None = None,
    cursor: int | None = None,
    limit: int = 100,
) -> Page[DeliveryRow]:
    """Deliveries, newest first; ``cursor``: those with a smaller id."""
    query = select_deliveries(target_id=target_id, states=states, subject=subject, before=cursor)
    found = session.execute(query.limit(limit + 1)).all()
    rows = tuple(_row(row[0], row[1], row[2], now) for row in found[:limit])
    more = str(rows[-1].id) if len(found) > limit else None
    return Page(rows, more)


def _row(record: DeliveryRecord, message: MessageRecord, target: str, now: datetime) -> DeliveryRow:
    is_open = record.state in (WAITING, FAILED)
    return DeliveryRow(
        id=record.id,
        target_id=record.target_id,
        target=target,
        message_id=record.message_id,
        type=record.type,
        issue_id=message.issue_id,
        issue_number=message.data.get("issue", {}).get("number"),
        at=message.at,
        state=record.state,
        attempts=record.attempts,
        next_try_at=record.next_try_at if is_open else None,
        in_hand=record.lease_until is not None and record.lease_until > now,
        last_error=record.last_error,
        response_status=record.response_status,
        reference=record.reference,
        tried_at=record.tried_at,
        delivered_at=record.delivered_at,
        data=message.data,
    )


def get_delivery(session: Session, delivery_id: int, now: datetime) -> DeliveryRow:
    """One delivery. Raises NotFound."""
    query = select_deliveries().where(DeliveryRecord.id == delivery_id)
    found = session.execute(query).first()
    if found is None:
        raise NotFound(f"there is no delivery {delivery_id}")
    return _row(found[0], found[1], found[2], now)


def replay(session: Session, delivery_id: int, now: datetime) -> DeliveryRow:
    """Lets a delivery be tried anew, under the same id. Raises NotFound."""
    get_delivery(session, delivery_id, now)
    set_waiting(session, [DeliveryRecord.id == delivery_id], now)
    return get_delivery(session, delivery_id, now)


def replay_dead(session: Session, target_id: int, now: datetime) -> int:
    """Lets all dead deliveries of a target be tried anew; gives how many."""
    dead = [DeliveryRecord.target_id == target_id, DeliveryRecord.state == DEAD]
    return set_waiting(session, dead, now)


@dataclass(frozen=True, slots=True)
class Arrived:
    """Deliveries that a receiver took: when, with what answer, under what name of its own."""

    delivery_ids: tuple[int, ...]
    at: datetime
    status: int | None
    reference: str | None


def record_arrived(
    session: Session, target_id: int, arrived: Sequence[Arrived], worker: str
) -> None:
    """Writes down all that one target took, in as few statements as there may be."""
    target = session.get(TargetRecord, target_id)
    if target is None or not arrived:
        return
    finish_arrived(
        session,
        [
            {
                "delivery_id": key,
                "worker": worker,
                "at": one.at,
                "status": one.status,
                "known_as": one.reference,
            }
            for one in arrived
            for key in one.delivery_ids
        ],
    )
    target.failures, target.held_until = 0, None
    target.last_success_at = max(one.at for one in arrived)
    session.flush()


def record_outcome(
    session: Session,
    target_id: int,
    tried: Sequence[tuple[int, int]],
    worker: str,
    now: datetime,
    chance: Callable[[], float],
    *,
    error: str | None,
    status: int | None,
    reference: str | None,
    retry_after_s: float | None,
    permanent: bool,
    gone: bool,
    strained: bool,
) -> None:
    """Writes what became of a try of these deliveries (id, attempts) to one target."""
    target = session.get(TargetRecord, target_id)
    if target is None:
        return
    values: dict[str, Any] = {"response_status": status, "last_error": error}
    for delivery_id, attempts in tried:
        if error is None:
            told = {"state": DELIVERED, "delivered_at": now, "reference": reference}
        else:
            wait = next_wait(attempts, chance, retry_after_s)
            dead = permanent or wait is None
            told = {"state": DEAD if dead else FAILED, "next_try_at": now + wait if wait else now}
        finish(session, delivery_id, worker, **values, **told)
    if error is None:
        target.failures, target.held_until, target.last_success_at = 0, None, now
    elif gone:
        target.enabled, target.paused_reason = False, f"the receiver answered {status}: it is gone"
    elif strained and (target.held_until is None or target.held_until <= now):
        target.failures += 1
        if target.failures > 1 or retry_after_s:
            hold = next_hold(max(1, target.failures - 1), chance, retry_after_s)
            target.held_until = now + hold
    session.flush()
