"""SQL on recurrence: earlier issues at the same place, chronic ones, counts by cell and period."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, insert, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from issues.issue import OPEN, RejectReason, Status
from issues.store.past_schema import PastRecord
from issues.store.schema import EventRecord, IssueRecord

I, P = IssueRecord, PastRecord  # noqa: E741
_Earlier = aliased(IssueRecord)
NO_PROBLEM = (Status.REJECTED.value, Status.DUPLICATE.value)
SPOTS, CHRONIC = "INDEXED BY ix_issues_spots", "INDEXED BY ix_issues_chronic"
CELLS_ASKED = 1000
"""More cells than this are not named one by one: all are read."""

_OPEN = sorted(status.value for status in OPEN)


@dataclass(frozen=True, slots=True)
class PastLine:
    """One link: an earlier issue, or a later one, at the same place."""

    id: str
    number: str
    category: str
    status: Status
    how: str
    away_m: float
    first_seen: datetime
    last_seen: datetime
    closed_at: datetime | None
    reject_reason: str | None


@dataclass(frozen=True, slots=True)
class SpotSum:
    """Counts of one category in one cell."""

    cell: int
    category: str
    issues: int
    open: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """Counts of one stretch of time: issues first seen in it, those of them that came back."""

    start: datetime
    end: datetime
    found: int
    returned: int


def add_past(
    session: Session, issue_id: str, earlier: Sequence[tuple[str, str, float]], now: datetime
) -> int:
    """Links an issue to earlier ones (id, how, metres) and gives how many links are new."""
    known = set(session.scalars(select(P.earlier_id).where(P.issue_id == issue_id)))
    rows = [
        {
            "issue_id": issue_id,
            "earlier_id": earlier_id,
            "how": how,
            "away_m": away_m,
            "noted_at": now,
        }
        for earlier_id, how, away_m in earlier
        if earlier_id not in known
    ]
    if rows:
        session.execute(insert(P), rows)
    return len(rows)


def earlier_of(session: Session, issue_id: str) -> list[PastLine]:
    """The earlier issues that this one came back as, latest first."""
    return _lines(session, I.id == P.earlier_id, P.issue_id == issue_id)


def earlier_of_each(session: Session, issue_ids: Sequence[str]) -> dict[str, list[PastLine]]:
    """The same for many issues at once; those that came back from nothing are left out."""
    found: dict[str, list[PastLine]] = {}
    for key, line in _linked(session, I.id == P.earlier_id, P.issue_id.in_(issue_ids)):
        found.setdefault(key, []).append(line)
    return found


def later_of(session: Session, issue_id: str) -> list[PastLine]:
    """The later issues as which this one came back, latest first."""
    return _lines(session, I.id == P.issue_id, P.earlier_id == issue_id)


def _lines(
    session: Session, join: ColumnElement[bool], which: ColumnElement[bool]
) -> list[PastLine]:
    return [line for _, line in _linked(session, join, which)]


def _linked(
    session: Session, join: ColumnElement[bool], which: ColumnElement[bool]
) -> list[tuple[str, PastLine]]:
    """Lines with the issue whose link it is, latest first."""
    query = (
        select(
            *(P.issue_id.label("of"), I.id, I.number, I.category, I.status, P.how, P.away_m),
            *(I.first_seen, I.last_seen, I.closed_at, I.reject_reason),
        )
        .select_from(P)
        .join(I, join)
        .where(which)
        .order_by(I.first_seen.desc(), I.id)
    )
    return [
        (
            r.of,
            PastLine(
                *(r.id, r.number, r.category, Status(r.status), r.how, r.away_m),
                *(r.first_seen, r.last_seen, r.closed_at, r.reject_reason),
            ),
        )
        for r in session.execute(query)
    ]


def times_before() -> ColumnElement[int]:
    """How often what an issue came back from had been there.

    Earlier issues that were rejected count only where the problem had been real and was gone.
    """
    real = or_(
        _Earlier.status != Status.REJECTED.value,
        _Earlier.reject_reason == RejectReason.ALREADY_HANDLED.value,
    )
    return (
        select(func.coalesce(func.sum(_Earlier.recurrences + 1), 0))
        .select_from(P)
        .join(_Earlier, _Earlier.id == P.earlier_id)
        .where(P.issue_id == I.id, real)
        .correlate(I)
        .scalar_subquery()
    )


def chronic(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    times: int,
    limit: int,
    *,
    hint: str | None = None,
) -> list[tuple[str, int]]:
    """Issues (id, times) that were there so often or more, most often first.

    Two lists are merged: most issues have no past, and the worst of them are the first along an
    index; those with one are counted together with what they came back from.
    """
    past = select(P.id).where(P.issue_id == I.id).exists()
    later = select(P.id).where(P.earlier_id == I.id).exists()
    standing = [I.status.not_in(NO_PROBLEM), ~later, *conditions]
    alone = (
        select(I.id, I.recurrences + 1, I.last_seen)
        .where(I.recurrences >= times - 1, ~past, *standing)
        .order_by(I.recurrences.desc(), I.last_seen.desc(), I.id)
        .limit(limit)
    )
    with_past = select(I.id, I.recurrences + 1 + times_before(), I.last_seen).where(
        I.id.in_(select(P.issue_id)), *standing
    )
    if hint:
        alone = alone.with_hint(I, hint, "sqlite")
    found = [(key, int(n), at) for key, n, at in session.execute(alone)]
    found += [(key, n, at) for key, n, at in session.execute(with_past) if n >= times]
    found.sort(key=lambda line: line[0])
    found.sort(key=lambda line: (line[1], line[2]), reverse=True)
    return [(key, int(n)) for key, n, _ in found[:limit]]


def spot_totals(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    *,
    hint: str | None = None,
    limit: int | None = None,
) -> list[tuple[int, int, int]]:
    """Cell, issues, and those of them that came back; the first so many, most issues first."""
    issues, returned = func.count().label("n"), _returned().label("back")
    query = (
        select(I.cell, issues, returned)
        .where(I.cell.is_not(None), I.status.not_in(NO_PROBLEM), *conditions)
        .group_by(I.cell)
    )
    if limit is not None:
        query = query.order_by(issues.desc(), returned.desc(), I.cell).limit(limit)
    if hint:
        query = query.with_hint(I, hint, "sqlite")
    return [(int(cell), n, back) for cell, n, back in session.execute(query)]


def spot_sums(
    session: Session, conditions: Sequence[ColumnElement[bool]], cells: Collection[int]
) -> list[SpotSum]:
    """Counts by cell and category of the issues in these cells that meet the conditions."""
    query = (
        select(I.cell, I.category, func.count(), _open())
        .where(I.cell.is_not(None), I.status.not_in(NO_PROBLEM), *conditions)
        .group_by(I.cell, I.category)
    )
    if len(cells) > CELLS_ASKED:
        wanted = frozenset(cells)
        return [SpotSum(*row) for row in session.execute(query) if row[0] in wanted]
    if cells:
        query = query.where(I.cell.in_(sorted(cells))).with_hint(I, SPOTS, "sqlite")
    return [SpotSum(*row) for row in session.execute(query)] if cells else []


def bucket_sums(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    bounds: Sequence[tuple[datetime, datetime]],
) -> list[Bucket]:
    """Counts of each stretch of time, in the order given."""
    if not bounds:
        return []
    parts = [
        select(literal(n).label("n"), func.count(), func.coalesce(_returned(), 0)).where(
            I.first_seen >= start,
            I.first_seen < end,
            I.status.not_in(NO_PROBLEM),
            *conditions,
        )
        for n, (start, end) in enumerate(bounds)
    ]
    found = {n: (count, back) for n, count, back in session.execute(union_all(*parts))}
    return [Bucket(*bound, *map(int, found[n])) for n, bound in enumerate(bounds)]


def returns_in(session: Session, since: datetime, until: datetime) -> int:
    """How many returns (反弹) were noted in a period, less those taken back."""
    e = EventRecord
    kinds = case((e.kind == "returned", 1), else_=-1)
    query = select(func.coalesce(func.sum(kinds), 0)).where(
        e.kind.in_(["returned", "return_withdrawn"]), e.at >= since, e.at < until
    )
    return int(session.execute(query).scalar_one())


def _returned() -> ColumnElement[Any]:
    return func.sum(case((I.recurrences > 0, 1), else_=0))


def _open() -> ColumnElement[Any]:
    return func.sum(case((I.status.in_(_OPEN), 1), else_=0))
