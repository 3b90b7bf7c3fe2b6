"""SQL for return visits: which confirmed issues to look at again, by their risk.

The points are those of ``issues/risk.py``, from the same table: a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal, or_, select
from sqlalchemy.orm import Session

from issues.issue import CLOCK_RUNS, OPEN, Status
from issues.risk import RiskTable
from issues.store.schema import EventRecord, IssueRecord

I, E = IssueRecord, EventRecord  # noqa: E741
VISITED = "visited"
TO_VISIT = sorted(status.value for status in OPEN - {Status.CANDIDATE})
AMONG_OPEN = "INDEXED BY ix_issues_open"
_RUNS = sorted(status.value for status in CLOCK_RUNS)
_OPEN = sorted(status.value for status in OPEN)


@dataclass(frozen=True, slots=True)
class Due:
    """An issue that is due for a return visit."""

    id: str
    points: int
    last_look: datetime


def is_open() -> ColumnElement[bool]:
    """Whether an issue is open, in the very words of ``ix_issues_open``: so it is used."""
    codes: Any = bindparam("open_codes", _OPEN, expanding=True, literal_execute=True)
    return I.status.in_(codes)


def risk_points(table: RiskTable, now: datetime) -> ColumnElement[int]:
    """The points of an issue as SQL."""
    held = and_(I.status == Status.ON_HOLD.value, I.on_hold_until <= now)
    late = _age_steps(I.deadline, table.overdue_days, now)
    parts: list[ColumnElement[Any]] = [
        case((or_(I.status.in_(_RUNS), held), late), else_=0),
        case((I.supervised_at.is_not(None), table.supervised), else_=0),
        case((is_reported_unseen(), table.reported_unseen), else_=0),
        _count_steps(I.recurrences, table.recurrences),
        _count_steps(I.paper_fixes, table.paper_fixes),
        _age_steps(I.last_look, table.unseen_days, now),
        case(
            *((I.severity == name.value, points) for name, points in table.severity.items()),
            else_=0,
        ),
    ]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + part
    return whole


def is_reported_unseen() -> ColumnElement[bool]:
    """Whether its unit reported it fixed and no photo of the place was taken since."""
    return and_(I.status == Status.REPORTED_FIXED.value, I.last_look < I.reported_at)


def _count_steps(column: Any, steps: Mapping[float, int]) -> ColumnElement[int]:
    worst_first = sorted(steps.items(), reverse=True)
    return case(*((column >= step, points) for step, points in worst_first), else_=0)


def _age_steps(column: Any, steps: Mapping[float, int], now: datetime) -> ColumnElement[int]:
    worst_first = sorted(steps.items(), reverse=True)
    lines = [(_older(column, days, now), points) for days, points in worst_first]
    return case(*lines, else_=0)


def _older(column: Any, days: float, now: datetime) -> ColumnElement[bool]:
    """From no days on means later than now, as overdue does: a deadline is met on the dot."""
    limit = now - timedelta(days=days)
    return column <= limit if days else column < limit  # type: ignore[no-any-return]


def to_visit(now: datetime) -> list[ColumnElement[bool]]:
    """Confirmed, open, not seen clear since, not on hold: who goes there learns something."""
    held = and_(
        I.status == Status.ON_HOLD.value, or_(I.on_hold_until.is_(None), I.on_hold_until > now)
    )
    return [
        I.status.in_(TO_VISIT),
        I.confirmed_at.is_not(None),
        I.proposal.is_(None),
        ~held,
    ]


def not_resting(table: RiskTable, now: datetime) -> ColumnElement[bool]:
    """Not marked as looked at within the days of rest."""
    since = now - timedelta(days=table.rest_days)
    marked = select(E.issue_id).where(E.kind == VISITED, E.at >= since)
    return I.id.not_in(marked)


def due(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    table: RiskTable,
    now: datetime,
    limit: int,
) -> list[Due]:
    """The most pressing issues that meet the conditions and have a place, most points first."""
    points = risk_points(table, now).label("points")
    query = (
        select(I.id, points, I.last_look)
        .where(is_open(), *conditions, I.lat.is_not(None))
        .order_by(points.desc(), I.last_look, I.id)
        .limit(limit)
        .with_hint(I, AMONG_OPEN, "sqlite")
    )
    return [Due(*row) for row in session.execute(query)]


def count_due(session: Session, conditions: Sequence[ColumnElement[bool]]) -> tuple[int, int]:
    """How many issues meet the conditions, and how many of them have no place to go to."""
    nowhere = func.coalesce(func.sum(case((I.lat.is_(None), 1), else_=0)), literal(0))
    query = select(func.count(), nowhere).where(is_open(), *conditions)
    whole, unplaced = session.execute(query.with_hint(I, AMONG_OPEN, "sqlite")).one()
    return int(whole), int(unplaced)


def visits_of(session: Session, ids: Sequence[str]) -> dict[str, datetime]:
    """When issues were last marked as looked at, by id; those that never were are left out."""
    query = (
        select(E.issue_id, func.max(E.at))
        .where(E.issue_id.in_(ids), E.kind == VISITED)
        .group_by(E.issue_id)
    )
    return {issue_id: at for issue_id, at in session.execute(query) if at is not None}
