"""SQL for scoring: the issues and steps that a period's figures are made of, and the looks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, select, true
from sqlalchemy.orm import Session

from issues.issue import Status
from issues.scoring.history import WITHDRAWS, Step
from issues.store.assessment_schema import ScoreEntryRecord
from issues.store.issue_select import overdue
from issues.store.schema import CoverageRecord, EventRecord, IssueRecord

_E, _I, _C = EventRecord, IssueRecord, CoverageRecord

COUNTED = (
    *("confirm", "reject", "assign", "report_fixed", "close", "rework", "not_fixed", "send_back"),
    *("extend", "supervise", "reopen", "verification"),
)
"""Kinds of events that make figures when they lie in the period."""

BY_PHOTO = ("returned", "contradicted")
"""Those that photos make: they count when the photo was taken, which may be long before."""

TAKEN_BACK = ("undo", *WITHDRAWS)
BEFORE = ("confirm", "assign", "extend", "report_fixed", "rework", "send_back", "close", "reopen")
"""Kinds of events that must be known from before the period: deadlines, reports, closings."""

ENDS = frozenset({"close", "report_fixed", "returned", "reopen"})
"""Kinds of events that can't be read without what came before."""

CHUNK = 4000
"""Ids asked for at once."""

_BY_ISSUE = "INDEXED BY ix_events_issue_id_id"
"""Else SQLite takes the index of kinds and reads all history of them."""

_WITH_DEADLINE = ("confirm", "assign", "extend", "rework", "report_fixed")


class ScoredIssue(NamedTuple):
    """What scoring needs of an issue's row. ``counts``: no duplicate and not rejected."""

    id: str
    area_key: int | None
    unit: str | None
    severity: str
    first_seen: datetime
    counts: bool
    overdue: bool
    number: str


@dataclass(frozen=True, slots=True)
class Span:
    """The time that is asked for, and how long after it returns still count against a fix."""

    start: datetime
    end: datetime
    tail_end: datetime


def steps_between(session: Session, span: Span) -> dict[str, list[Step]]:
    """Issue id → the steps that figures of the span need, those before it included."""
    inside = and_(_E.kind.in_(COUNTED), _E.at >= span.start, _E.at < span.end)
    later = and_(_E.kind.in_(("returned", "reopen")), _E.at >= span.end, _E.at < span.tail_end)
    shown = and_(_E.kind.in_(BY_PHOTO), _E.as_of >= span.start, _E.as_of < span.tail_end)
    undone = and_(_E.kind.in_(TAKEN_BACK), _E.at >= span.start)
    found: dict[str, list[Step]] = defaultdict(list)
    seen: set[int] = set()

    def keep(steps: Iterable[Step]) -> None:
        for step in steps:
            if step.event_id not in seen:
                seen.add(step.event_id)
                found[step.issue_id].append(step)

    for condition in (inside, later, shown, undone):
        keep(_steps(session, condition))
    ended = sorted(key for key, steps in found.items() if any(s.kind in ENDS for s in steps))
    earlier = and_(_E.kind.in_(BEFORE), _E.at < span.start)
    for chunk in _chunks(ended):
        keep(_steps(session, and_(_E.issue_id.in_(chunk), earlier), _BY_ISSUE))
    return found


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[first : first + CHUNK] for first in range(0, len(ids), CHUNK))


def _steps(
    session: Session, condition: ColumnElement[bool], hint: str | None = None
) -> Iterable[Step]:
    """The lines as steps; of their data only what steps need is read, by the database itself."""
    verdict = _E.data["verdict"].as_string()
    query = select(
        *(_E.issue_id, _E.id, _E.at, _E.kind, _E.from_status, _E.as_of),
        _told(_WITH_DEADLINE, _E.data["deadline"].as_string()),
        case((_E.kind == "verification", func.coalesce(verdict, _E.reason)), else_=_E.reason),
        _told(("undo",), _E.data["undoes"].as_integer()),
    ).where(condition)
    if hint:
        query = query.with_hint(_E, hint, "sqlite")
    moment = datetime.fromisoformat
    for issue_id, key, at, kind, status, as_of, deadline, reason, undoes in session.execute(query):
        until = moment(deadline) if deadline else None
        yield Step(issue_id, key, at, kind, status, as_of, until, reason, undoes)


def _told(kinds: Sequence[str], value: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((_E.kind.in_(kinds), value), else_=None)


def scored_issues(
    session: Session, start: datetime, end: datetime, now: datetime, also: Iterable[str]
) -> list[ScoredIssue]:
    """Issues that were first seen from ``start`` to before ``end``, are overdue, or in ``also``."""
    late = overdue(now)
    fresh = and_(_I.first_seen >= start, _I.first_seen < end)
    found = {row.id: row for row in _issues(session, fresh, late)}
    found |= {row.id: row for row in _issues(session, late, true())}
    for chunk in _chunks(sorted(set(also) - found.keys())):
        found |= {row.id: row for row in _issues(session, _I.id.in_(chunk), late)}
    return list(found.values())


_SET_ASIDE = frozenset({Status.REJECTED.value, Status.DUPLICATE.value})


def _issues(
    session: Session, condition: ColumnElement[bool], late: ColumnElement[bool]
) -> Iterable[ScoredIssue]:
    is_late = case((late, 1), else_=0)
    columns = (_I.id, _I.area_id, _I.unit_zh, _I.severity, _I.first_seen, _I.status, is_late)
    for key, area, unit, severity, first, status, overdue_now, number in session.execute(
        select(*columns, _I.number).where(condition)
    ):
        counts = status not in _SET_ASIDE
        yield ScoredIssue(key, area, unit, severity, first, counts, bool(overdue_now), number)


def looked_at(
    session: Session, start: datetime, end: datetime
) -> Sequence[tuple[float, float, int]]:
    """Latitude, longitude and cell of every usable photo with a place in that time."""
    query = select(_C.lat, _C.lon, _C.cell).where(
        _C.taken_at >= start, _C.taken_at < end, _C.usable, _C.lat.is_not(None)
    )
    return session.execute(query).all()  # type: ignore[return-value]


def score_entries(session: Session, level: str, until: date) -> Sequence[ScoreEntryRecord]:
    """Entries by hand that stand, up to and with a day, oldest first."""
    r = ScoreEntryRecord
    query = select(r).where(r.level == level, r.day <= until, r.withdrawn_at.is_(None))
    return session.scalars(query.order_by(r.day, r.id)).all()


def often_back(session: Session, times: int, until: datetime, limit: int) -> list[str]:
    """Ids of issues that came back so often or more and were seen before ``until``, worst first."""
    query = (
        select(_I.id)
        .where(_I.recurrences >= times, _I.first_seen < until, _I.status.not_in(_SET_ASIDE))
        .order_by(_I.recurrences.desc(), _I.last_seen.desc(), _I.id)
        .limit(limit)
    )
    return list(session.scalars(query))
