"""SQL on issues and what they rest on, for recording photos and making moves.

Statements are made once and run on the session's connection: making them anew for every photo would
cost more than running them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    String,
    bindparam,
    case,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.orm import Session

from issues.issue import Action, Place, Reason, Status, Verdict
from issues.lifecycle import REASONS
from issues.place import DEGREE_M, Reach, cells_near, distance_m, window
from issues.store.outbox_table import post
from issues.store.schema import (
    AreaRecord,
    CounterRecord,
    CoverageRecord,
    EventRecord,
    IssueRecord,
    ObservationRecord,
    PhotoRecord,
)
from issues.timeline import Decision, Look

_INTAKE_LOCK = 0x7469_6479_6369
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


_I, _O, _C, _E = IssueRecord, ObservationRecord, CoverageRecord, EventRecord


def _within(table: Any) -> tuple[ColumnElement[bool], ...]:
    """Whether a row is in reach of a point: first by index, then by the sum of squares.

    All of it is in the index, so that a row itself is read only when it counts. The sum is exact
    to a thousandth at these distances; who asks measures again.
    """
    known = func.coalesce(table.accuracy_m, bindparam("assumed_m")) + bindparam("accuracy_m")
    capped = case((known < bindparam("cap_m"), known), else_=bindparam("cap_m"))
    reach: ColumnElement[float] = (bindparam("radius_m") + capped) * 1.001 + 0.05
    north = (table.lat - bindparam("lat")) * bindparam("lat_degree_m")
    east = (table.lon - bindparam("lon")) * bindparam("lon_degree_m")
    return (
        table.cell.in_(bindparam("cells", expanding=True)),
        table.lat.between(bindparam("south"), bindparam("north")),
        north * north + east * east <= reach * reach,
    )


_NEAR: Executable = select(
    *(_I.id, _I.category, _I.found_as, _I.lat, _I.lon, _I.accuracy_m, _I.status, _I.proposal),
    *(_I.last_seen, _I.last_look, _I.rejected_at, _I.reject_reason, _I.duplicate_of),
).where(*_within(_I))

_SIGHTINGS: Executable = (
    select(
        *(_O.id, _O.photo_id, _C.frame_sha256, _C.taken_at, _C.lat, _C.lon, _C.accuracy_m),
        *(_C.heading_deg, _O.score, (_O.x2 - _O.x1) * (_O.y2 - _O.y1), _O.experimental),
    )
    .join(_C, _C.photo_id == _O.photo_id)
    .where(
        _O.issue_id.in_(
            union_all(
                select(bindparam("issue_id", type_=String)),
                select(_I.id).where(_I.duplicate_of == bindparam("issue_id")),
            )
        )
    )
)

_CLEAR: Executable = select(
    *(_C.taken_at, _C.frame_sha256, _C.heading_deg, _C.photo_id, _C.lat, _C.lon, _C.accuracy_m)
).where(
    *_within(_C),
    _C.usable,
    _C.categories.contains(bindparam("listed", type_=String)),
    ~exists().where(_O.photo_id == _C.photo_id, _O.category == bindparam("category")),
)

VERIFICATION = "verification"
"""The kind of events that tell what verification found: ``data`` holds the ``verdict``."""

_DECIDING = [*(action.value for action in Action), VERIFICATION]
_DECISIONS = (
    select(_E.id, _E.kind, _E.at, _E.as_of, _E.to_status, _E.reason, _E.data)
    .where(_E.issue_id == bindparam("issue_id"), _E.kind.in_(_DECIDING))
    .order_by(_E.id)
)


def _around(lat: float, lon: float, accuracy_m: float | None, reach: Reach) -> dict[str, Any]:
    """What ``_within`` asks of a point; by the date line and the poles longitudes say nothing."""
    box = window(lat, lon, reach.longest_m)
    east_m = 0.0 if box.wraps else DEGREE_M * math.cos(math.radians(lat))
    return {
        "cells": cells_near(lat, lon, reach.longest_m),
        "south": box.south,
        "north": box.north,
        "lat": lat,
        "lon": lon,
        "lat_degree_m": DEGREE_M,
        "lon_degree_m": east_m,
        "radius_m": reach.radius_m,
        "cap_m": reach.accuracy_cap_m,
        "assumed_m": reach.assumed_accuracy_m,
        "accuracy_m": reach.assumed_accuracy_m if accuracy_m is None else accuracy_m,
    }


def near_issues(
    session: Session, lat: float, lon: float, accuracy_m: float | None, reach: Reach
) -> list[Near]:
    """Issues of all categories in reach of a point, or a little further."""
    found = session.connection().execute(_NEAR, _around(lat, lon, accuracy_m, reach))
    return [Near(*row) for row in found]


def sightings(session: Session, issue_id: str) -> list[Sighting]:
    """All observations of an issue and of its duplicates."""
    found = session.connection().execute(_SIGHTINGS, {"issue_id": issue_id})
    return [Sighting(*row) for row in found]


def clear_looks(session: Session, category: str, place: Place, reach: Reach) -> list[Look]:
    """Usable photos in reach of a place that could have shown the category and show none."""
    asked = _around(place.lat, place.lon, place.accuracy_m, reach)
    asked |= {"category": category, "listed": f",{category},"}
    found = session.connection().execute(_CLEAR, asked)
    return [
        Look(at, sha256, False, True, heading, photo_id or 0)
        for at, sha256, heading, photo_id, lat, lon, accuracy_m in found
        if distance_m(place.lat, place.lon, lat, lon)
        <= reach.between_m(place.accuracy_m, accuracy_m)
    ]


def decisions(session: Session, issue_id: str) -> list[Decision]:
    """What people decided on an issue, in the order they did."""
    found = session.connection().execute(_DECISIONS, {"issue_id": issue_id})
    return [_decision(*row) for row in found]


def _decision(
    event_id: int,
    kind: str,
    at: datetime,
    as_of: datetime | None,
    to_status: str | None,
    reason: str | None,
    data: dict[str, Any],
) -> Decision:
    action = None if kind == VERIFICATION else Action(kind)
    verdict = data.get("verdict")
    return Decision(
        event_id=event_id,
        action=action,
        at=at,
        as_of=as_of or at,
        to_status=Status(to_status) if to_status else None,
        reason=_reason(action, reason),
        duplicate_of=data.get("duplicate_of"),
        category=data.get("category"),
        deadline=_moment(data.get("deadline")),
        unit_zh=data.get("unit_zh"),
        unit_en=data.get("unit_en"),
        photo_id=data.get("photo_id"),
        until=_moment(data.get("until")),
        supervisor=data.get("supervisor"),
        verdict=Verdict(verdict) if verdict and action is None else None,
    )


def _reason(action: Action | None, reason: str | None) -> Reason | None:
    reasons = REASONS.get(action) if action else None
    found: Any = reasons(reason) if reasons and reason else None
    return found  # type: ignore[no-any-return]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


_LOCK = (
    select(_I)
    .where(_I.id.in_(bindparam("ids", expanding=True)))
    .order_by(_I.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)


def lock_issues(session: Session, ids: Iterable[str]) -> list[IssueRecord]:
    """The issues with these ids, by id, locked until the transaction ends."""
    wanted = sorted(set(ids))
    if not wanted:
        return []
    return list(session.scalars(_LOCK, {"ids": wanted}))


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


_LOOKED_AT = (
    update(_I)
    .where(_I.id.in_(bindparam("ids", expanding=True)), _I.last_look < bindparam("at"))
    .values(last_look=bindparam("at"))
)


def looked_at(session: Session, ids: Sequence[str], at: datetime) -> None:
    """Notes that these issues were looked at, where nothing else follows from it."""
    if ids:
        session.connection().execute(_LOOKED_AT, {"ids": list(ids), "at": at})


_COUNT_ON = (
    update(CounterRecord)
    .where(CounterRecord.name == bindparam("counter"))
    .values(value=CounterRecord.value + 1)
    .returning(CounterRecord.value)
)
_COUNT = select(CounterRecord.value).where(CounterRecord.name == bindparam("counter"))


def next_serial(session: Session, name: str) -> int:
    """The next number of a counter, from 1; taken back when the transaction fails."""
    connection = session.connection()
    found = connection.execute(_COUNT_ON, {"counter": name}).scalar()
    if found is None:
        connection.execute(insert(CounterRecord), {"name": name, "value": 1})
        return 1
    return int(found)


def counter(session: Session, name: str) -> int:
    """The last number that a counter gave out; 0 before the first."""
    return int(session.connection().execute(_COUNT, {"counter": name}).scalar() or 0)


_EVENT_BLANK = dict.fromkeys(
    ("from_status", "to_status", "as_of", "reason", "note", "evidence_sha256", "idempotency_key")
)
_ADD_EVENT = insert(_E).returning(_E.id)


def add_event(session: Session, issue_id: str, at: datetime, kind: str, **values: Any) -> int:
    """Adds one line of history and gives its id; the actor is the system unless it is named."""
    row = {**_EVENT_BLANK, "actor": SYSTEM, "data": {}, **values}
    row |= {"issue_id": issue_id, "at": at, "kind": kind}
    event_id = int(session.connection().execute(_ADD_EVENT, row).scalar_one())
    post(session, issue_id, event_id, kind, at)
    return event_id


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


def find_photo(session: Session, id_or_sha256: str) -> tuple[int, str] | None:
    """Id and hash of a readable photo, by either; None where there is none."""
    p = PhotoRecord
    named = p.sha256 == id_or_sha256.lower()
    if id_or_sha256.isdecimal() and len(id_or_sha256) < 19:
        named = p.id == int(id_or_sha256)
    query = select(p.id, p.sha256).where(named, p.sha256.is_not(None)).order_by(p.id.desc())
    found = session.execute(query.limit(1)).first()
    return None if found is None else (int(found[0]), str(found[1]))


_UNIT = select(AreaRecord.unit_zh, AreaRecord.unit_en)


def unit_of_area(session: Session, area_id: int | None) -> tuple[str, str] | None:
    """The Chinese and the English name of the unit that answers for an area."""
    found = session.execute(_UNIT.where(AreaRecord.id == area_id)).first()
    return _named_in_both(found)


def unit_named(session: Session, name: str) -> tuple[str, str] | None:
    """The names of a unit by either of them, or by the id of its area; None: no area has it."""
    a = AreaRecord
    named = or_(a.unit_zh == name, a.unit_en == name, a.code == name)
    found = session.execute(_UNIT.where(a.in_force, named).order_by(a.id).limit(1)).first()
    return _named_in_both(found)


def _named_in_both(found: Any) -> tuple[str, str] | None:
    zh, en = found or ("", "")
    return (zh or en, en or zh) if zh or en else None


def event_with_key(session: Session, issue_id: str, key: str) -> int | None:
    """The id of the event that this idempotency key made; None: it was never used."""
    query = select(EventRecord.id).where(
        EventRecord.issue_id == issue_id, EventRecord.idempotency_key == key
    )
    return session.execute(query).scalar()
