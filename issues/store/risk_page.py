"""One page of issues by risk: the open ones by their points, then those that are over.

An issue that is over has no risk: it comes after all open ones, the last seen first. The moment
that points are counted for is in the cursor, so that later pages go on in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from issues.errors import QueryError
from issues.risk import RiskTable
from issues.store.issue_page import checked_limit, decode_cursor, encode_cursor, listed
from issues.store.round_select import AMONG_OPEN, is_open, risk_points
from issues.store.schema import IssueRecord

if TYPE_CHECKING:
    from issues.queries import IssueFilter

I = IssueRecord  # noqa: E741 (the table that every line here is about)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an issue stands: ``points`` None when it is over; ``at`` its last look, or sighting."""

    points: int | None
    at: datetime
    id: str

    def cursor(self, now: datetime) -> str:
        return encode_cursor(["risk", [self.points, self.at.isoformat(), now.isoformat()], self.id])


def moment_of(cursor: str | None, now: datetime) -> datetime:
    """The moment that points are counted for: the first page's. Raises QueryError."""
    return now if cursor is None else _read(cursor)[1]


def find_by_risk(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    which: IssueFilter,
    cursor: str | None,
    limit: int,
    table: RiskTable,
    now: datetime,
) -> tuple[list[str], str | None]:
    """The ids of one page in order, and the cursor of the next. Raises QueryError."""
    checked_limit(limit)
    after = _read(cursor)[0] if cursor is not None else None
    now = moment_of(cursor, now)
    found: list[_Place] = []
    if after is None or after.points is not None:
        found = _open(session, conditions, after, limit + 1, table, now)
        after = None
    if len(found) <= limit:
        found += _over(session, conditions, which, after, limit + 1 - len(found))
    more = len(found) > limit
    return [one.id for one in found[:limit]], found[limit - 1].cursor(now) if more else None


def _open(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    after: _Place | None,
    limit: int,
    table: RiskTable,
    now: datetime,
) -> list[_Place]:
    points = risk_points(table, now)
    limits = [is_open(), *conditions]
    if after is not None:
        later = tuple_(I.last_look, I.id) > tuple_(_at(after), literal(after.id))
        limits.append(or_(points < after.points, and_(points == after.points, later)))
    shown = points.label("points")
    query = (
        select(shown, I.last_look, I.id)
        .where(*limits)
        .order_by(shown.desc(), I.last_look, I.id)
        .limit(limit)
        .with_hint(I, AMONG_OPEN, "sqlite")
    )
    return [_Place(int(n), at, key) for n, at, key in session.execute(query)]


def _over(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    which: IssueFilter,
    after: _Place | None,
    limit: int,
) -> list[_Place]:
    limits = [~is_open(), *conditions]
    if after is not None:
        limits.append(tuple_(I.last_seen, I.id) < tuple_(_at(after), literal(after.id)))
    order = (I.last_seen.desc(), I.id.desc())
    query = select(I.last_seen, I.id).where(*limits).order_by(*order).limit(limit)
    hint = listed(which)
    if hint:
        query = query.with_hint(I, hint, "sqlite")
    return [_Place(None, at, key) for at, key in session.execute(query)]


def _at(after: _Place) -> ColumnElement[Any]:
    return literal(after.at, I.last_seen.type)


def _read(cursor: str) -> tuple[_Place, datetime]:
    kind, value, last_id = decode_cursor(cursor, 3)
    if kind != "risk":
        raise QueryError(
            f'the cursor belongs to the order "{kind}"', mend="Start again without it."
        )
    try:
        points, at, now = value
        place = _Place(
            None if points is None else int(points), datetime.fromisoformat(at), str(last_id)
        )
        return place, datetime.fromisoformat(now)
    except (TypeError, ValueError) as error:
        raise QueryError(
            f'"{cursor[:40]}" is no cursor', mend="Take next_cursor of the page before."
        ) from error
