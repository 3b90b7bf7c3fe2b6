"""How many issues there are: from the counts that SQLite keeps where they can tell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Integer, String, case, column, func, or_, select, table
from sqlalchemy.orm import Session

from issues.issue import OPEN
from issues.store.issue_page import LISTED, listed
from issues.store.issue_select import RUNNING_CODES, conditions
from issues.store.schema import AreaRecord, IssueRecord
from issues.store.search import COUNTS

if TYPE_CHECKING:
    from issues.queries import IssueFilter

I = IssueRecord  # noqa: E741 (the table that nearly every line here is about)
_K = table(
    COUNTS,
    column("status", String),
    column("category", String),
    column("category_group", String),
    column("area_id", Integer),
    column("proposal", String),
    column("placed", Integer),
    column("n", Integer),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many issues stand alike: in status, proposed or not, in an area or not."""

    status: str
    proposed: bool
    no_area: bool
    n: int
    unplaced: int


@dataclass(frozen=True, slots=True)
class Tallies:
    """Counts of what a filter leaves. ``late``: past the deadline, by status; whatever it is."""

    standing: list[Standing]
    by_category: Counter[str]
    by_group: Counter[str]
    by_area: Counter[int | None]
    late: Counter[str]


def tally(session: Session, which: IssueFilter, now: datetime) -> Tallies:
    """How many there are of each kind."""
    asked = _kept(session, which, now)
    if asked is None:
        return _counted(session, which, now)
    n = func.sum(_K.c.n)
    unplaced = func.sum(case((_K.c.placed == 0, _K.c.n), else_=0))
    parts: list[ColumnElement[Any]] = [_K.c.status, _K.c.proposal != "", _K.c.area_id == 0]
    standing = session.execute(select(*[*parts, n, unplaced]).where(*asked).group_by(*parts))
    areas = session.execute(select(_K.c.area_id, n).where(*asked).group_by(_K.c.area_id))
    sorts = (_K.c.category, _K.c.category_group)
    by_category, by_group = Counter[str](), Counter[str]()
    for category, group, many in session.execute(select(*sorts, n).where(*asked).group_by(*sorts)):
        by_category[category] += many
        by_group[group] += many
    return Tallies(
        [Standing(s, bool(p), bool(a), many, nowhere) for s, p, a, many, nowhere in standing],
        by_category,
        by_group,
        Counter({area or None: many for area, many in areas}),
        _late(session, which, now),
    )


def count_all(session: Session, which: IssueFilter, now: datetime | None) -> int:
    """How many issues a filter leaves."""
    asked = _kept(session, which, now)
    if asked is None:
        query = select(func.count(I.id)).where(*conditions(which, now))
        return int(session.execute(query).scalar_one())
    return int(session.execute(select(func.sum(_K.c.n)).where(*asked)).scalar() or 0)


def _counted(session: Session, which: IssueFilter, now: datetime) -> Tallies:
    late = func.sum(case((I.deadline < now, 1), else_=0))
    unplaced = func.sum(case((I.lat.is_(None), 1), else_=0))
    parts = (I.status, I.category, I.area_id, I.proposal, I.category_group)  # as ix_issues_listed
    query = (
        select(*parts, func.count(), unplaced, late).where(*conditions(which, now)).group_by(*parts)
    )
    if which == type(which)() or listed(which):
        query = query.with_hint(I, LISTED, "sqlite")
    found = Tallies([], Counter(), Counter(), Counter(), Counter())
    for status, category, area, proposal, group, n, nowhere, overdue in session.execute(query):
        found.standing.append(Standing(status, proposal is not None, area is None, n, nowhere))
        found.by_category[category] += n
        found.by_group[group] += n
        found.by_area[area] += n
        found.late[status] += overdue
    return found


def _late(session: Session, which: IssueFilter, now: datetime) -> Counter[str]:
    """Those past their deadline while the clock runs: found by status and deadline."""
    query = (
        select(I.status, func.count())
        .where(I.status.in_(RUNNING_CODES), I.deadline < now, *conditions(which, now))
        .group_by(I.status)
    )
    if (which.category or which.group) and not which.area:
        query = query.with_hint(I, LISTED, "sqlite")
    return Counter({status: n for status, n in session.execute(query)})  # noqa: C416


def _kept(
    session: Session, which: IssueFilter, now: datetime | None
) -> list[ColumnElement[bool]] | None:
    """The filter in words of the counts that are kept; None where they can't tell."""
    plain = replace(which, status=(), category=(), group=(), area=())
    if session.get_bind().dialect.name != "sqlite" or plain != type(which)():
        return None
    statuses = set(which.status)
    if now is not None and statuses & OPEN and not statuses >= OPEN:
        return None  # a hold that has ended counts as what it was held from
    found: list[ColumnElement[bool]] = []
    if statuses:
        found.append(_K.c.status.in_(sorted(status.value for status in statuses)))
    if which.category:
        found.append(or_(*(_in_category(code) for code in which.category)))
    if which.group:
        found.append(_K.c.category_group.in_(which.group))
    if which.area:
        inside = _K.c.area_id.in_(select(AreaRecord.id).where(AreaRecord.code.in_(which.area)))
        found.append(or_(inside, _K.c.area_id == 0) if "" in which.area else inside)
    return found


def _in_category(code: str) -> ColumnElement[bool]:
    c = _K.c.category
    return or_(c == code, c.startswith(f"{code}.", autoescape=True))
