"""SQL on issues and what they rest on, for recording photos and making moves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, insert, literal, or_, select, text, union_all, update
from sqlalchemy.orm import Session

from issues.issue import Action, RejectReason, Status
from issues.place import cells_near, distance_m, window
from issues.store.schema import (
    CounterRecord,
    CoverageRecord,
    EventRecord,
    IssueRecord,
    ObservationRecord,
)
from issues.timeline import Decision, Look

_INTAKE_LOCK = 0x7469_6479_6369
DECISIONS = frozenset(Action)
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Near:
    """What matching needs to know of an issue nearby."""

    id: str
    category: str
    found_as: str | None
    lat: float | None
    lon: float | None
    accuracy_m: float | None
    status: str
    proposal: str | None
    last_seen: datetime
    last_look: datetime
    rejected_at: datetime | None
    reject_reason: str | None
    duplicate_of: str | None

    @property
    def looked_for(self) -> str:
        """The category that a photo must have been able to show."""
        return self.found_as or self.category

    @property
    def present(self) -> bool:
        """Whether the problem is there, as far as is known."""
        return self.proposal is None and self.status != Status.CLOSED

    def away_m(self, lat: float, lon: float) -> float:
        """Metres from a point."""
        if self.lat is None or self.lon is None:
            return math.inf
        return distance_m(self.lat, self.lon, lat, lon)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One observation of an issue, with the photo that it is in."""

    id: int
    photo_id: int
    sha256: str
    taken_at: datetime
    lat: float | None
    lon: float | None
    accuracy_m: float | None
    heading_deg: float | None
    score: float
    share: float
    experimental: bool


def take_turn(session: Session) -> None:
    """Waits until no other process records a photo (PostgreSQL; SQLite has one writer anyway)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _INTAKE_LOCK})


_NEAR: tuple[Any, ...] = (
    IssueRecord.id,
    IssueRecord.category,
    IssueRecord.found_as,
    IssueRecord.lat,
    IssueRecord.lon,
    IssueRecord.accuracy_m,
    IssueRecord.status,
    IssueRecord.proposal,
    IssueRecord.last_seen,
    IssueRecord.last_look,
    IssueRecord.rejected_at,
    IssueRecord.reject_reason,
    IssueRecord.duplicate_of,
)


def near_issues(session: Session, lat: float, lon: float, reach_m: float) -> list[Near]:
    """Issues of all categories in the rectangle around a point."""
    around = window(lat, lon, reach_m)
    query = select(*_NEAR).where(
        IssueRecord.cell.in_(cells_near(lat, lon, reach_m)),
        IssueRecord.lat.between(around.south, around.north),
    )
    if not around.wraps:
        query = query.where(IssueRecord.lon.between(around.west, around.east))
    return [Near(*row) for row in session.execute(query)]


def sightings(session: Session, issue_id: str) -> list[Sighting]:
    """All observations of an issue and of its duplicates."""
    members = union_all(
        select(literal(issue_id)),
        select(IssueRecord.id).where(IssueRecord.duplicate_of == issue_id),
    )
    o, c = ObservationRecord, CoverageRecord
    query = (
        select(
            o.id,
            o.photo_id,
            c.frame_sha256,
            c.taken_at,
            c.lat,
            c.lon,
            c.accuracy_m,
            c.heading_deg,
            o.score,
            (o.x2 - o.x1) * (o.y2 - o.y1),
            o.experimental,
        )
        .join(c, c.photo_id == o.photo_id)
        .where(o.issue_id.in_(members))
    )
    return [Sighting(*row) for row in session.execute(query)]


def clear_looks(
    session: Session, category: str, lat: float, lon: float, reach_m: float
) -> list[tuple[Look, float, float, float | None]]:
    """Usable photos around a point that could have shown the category and show none.

    Each with its latitude, longitude and accuracy in metres.
    """
    around = window(lat, lon, reach_m)
    c, o = CoverageRecord, ObservationRecord
    query = select(
        c.taken_at, c.frame_sha256, c.heading_deg, c.photo_id, c.lat, c.lon, c.accuracy_m
    ).where(
        c.cell.in_(cells_near(lat, lon, reach_m)),
        c.lat.between(around.south, around.north),
        c.usable,
        c.categories.contains(f",{category},", autoescape=True),
        ~exists().where(o.photo_id == c.photo_id, o.category == category),
    )
    if not around.wraps:
        query = query.where(c.lon.between(around.west, around.east))
    return [
        (Look(at, sha256, False, True, heading, photo_id or 0), at_lat, at_lon, accuracy)
        for at, sha256, heading, photo_id, at_lat, at_lon, accuracy in session.execute(query)
        if at_lat is not None and at_lon is not None
    ]


def decisions(session: Session, issue_id: str) -> list[Decision]:
    """What people decided on an issue, in the order they did."""
    e = EventRecord
    query = (
        select(e.id, e.kind, e.at, e.as_of, e.to_status, e.reason, e.data)
        .where(e.issue_id == issue_id, e.kind.in_(sorted(DECISIONS)))
        .order_by(e.id)
    )
    return [_decision(*row) for row in session.execute(query)]


def _decision(
    event_id: int,
    kind: str,
    at: datetime,
    as_of: datetime | None,
    to_status: str | None,
    reason: str | None,
    data: dict[str, Any],
) -> Decision:
    deadline = data.get("deadline")
    return Decision(
        event_id=event_id,
        action=Action(kind),
        at=at,
        as_of=as_of or at,
        to_status=Status(to_status) if to_status else None,
        reason=RejectReason(reason) if reason else None,
        duplicate_of=data.get("duplicate_of"),
        category=data.get("category"),
        deadline=datetime.fromisoformat(deadline) if deadline else None,
    )


def lock_issues(session: Session, ids: Iterable[str]) -> list[IssueRecord]:
    """The issues with these ids, by id, locked until the transaction ends."""
    wanted = sorted(set(ids))
    if not wanted:
        return []
    query = select(IssueRecord).where(IssueRecord.id.in_(wanted)).order_by(IssueRecord.id)
    return list(session.scalars(query.with_for_update()))


def find_issue(session: Session, id_or_number: str, *, lock: bool = False) -> IssueRecord | None:
    """One issue by its id or number; None where there is none."""
    query = select(IssueRecord).where(
        or_(IssueRecord.id == id_or_number, IssueRecord.number == id_or_number.upper())
    )
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def duplicates_of(session: Session, issue_id: str) -> list[IssueRecord]:
    """Issues that were marked as duplicates of this one."""
    query = select(IssueRecord).where(IssueRecord.duplicate_of == issue_id).order_by(IssueRecord.id)
    return list(session.scalars(query.with_for_update()))


def looked_at(session: Session, ids: Sequence[str], at: datetime) -> None:
    """Notes that these issues were looked at, where nothing else follows from it."""
    if ids:
        session.execute(
            update(IssueRecord)
            .where(IssueRecord.id.in_(ids), IssueRecord.last_look < at)
            .values(last_look=at)
        )


def next_serial(session: Session, name: str) -> int:
    """The next number of a counter, from 1; taken back when the transaction fails."""
    query = (
        update(CounterRecord)
        .where(CounterRecord.name == name)
        .values(value=CounterRecord.value + 1)
        .returning(CounterRecord.value)
    )
    found = session.execute(query).scalar()
    if found is None:
        session.execute(insert(CounterRecord).values(name=name, value=1))
        return 1
    return int(found)


def counter(session: Session, name: str) -> int:
    """The last number that a counter gave out; 0 before the first."""
    query = select(CounterRecord.value).where(CounterRecord.name == name)
    return int(session.execute(query).scalar() or 0)


def add_event(session: Session, issue_id: str, at: datetime, kind: str, **values: Any) -> int:
    """Adds one line of history and gives its id; the actor is the system unless it is named."""
    row = {"actor": SYSTEM, "data": {}, **values, "issue_id": issue_id, "at": at, "kind": kind}
    found = session.execute(insert(EventRecord).values(row).returning(EventRecord.id))
    return int(found.scalar_one())


def end_event(session: Session, event_id: int, to_status: str) -> None:
    """Completes a line of this transaction with the status that followed from it."""
    session.execute(
        update(EventRecord)
        .where(EventRecord.id == event_id, EventRecord.from_status != to_status)
        .values(to_status=to_status)
    )


def evidence_of(
    session: Session, after_photo_id: int | None, observation_id: int | None
) -> str | None:
    """The hash of the photo that a decision was made on: the clear look, else the best finding."""
    query = select(CoverageRecord.frame_sha256).where(CoverageRecord.photo_id == after_photo_id)
    if after_photo_id is None:
        o = ObservationRecord
        query = (
            select(CoverageRecord.frame_sha256)
            .join(o, o.photo_id == CoverageRecord.photo_id)
            .where(o.id == observation_id)
        )
    return session.execute(query.limit(1)).scalar()


def event_with_key(session: Session, issue_id: str, key: str) -> int | None:
    """The id of the event that this idempotency key made; None: it was never used."""
    query = select(EventRecord.id).where(
        EventRecord.issue_id == issue_id, EventRecord.idempotency_key == key
    )
    return session.execute(query).scalar()
