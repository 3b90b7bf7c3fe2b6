"""How many issues there are: from the counts that SQLite keeps where they can tell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

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
class KindCount:
    """How many issues of one kind there are, how many without a place, how many past deadline."""

    status: str
    category: str
    group: str
    area_id: int | None
    proposed: bool
    n: int
    unplaced: int
    late: int


def count_kinds(session: Session, which: IssueFilter, now: datetime) -> list[KindCount]:
    """How many there are of each kind; ``late`` is whatever the clock of the status says."""
    asked = _kept(session, which, now)
    if asked is None:
        return _counted(session, which, now)
    unplaced = func.sum(case((_K.c.placed == 0, _K.c.n), else_=0))
    parts = (_K.c.status, _K.c.category, _K.c.category_group, _K.c.area_id, _K.c.proposal)
    query = select(*parts, func.sum(_K.c.n), unplaced).where(_K.c.n > 0, *asked).group_by(*parts)
    found = [
        KindCount(status, category, group, area or None, bool(proposal), n, nowhere, 0)
        for status, category, group, area, proposal, n, nowhere in session.execute(query)
    ]
    return [*found, *_late(session, which, now)]


def count_all(session: Session, which: IssueFilter, now: datetime | None) -> int:
    """How many issues a filter leaves."""
    asked = _kept(session, which, now)
    if asked is None:
        query = select(func.count(I.id)).where(*conditions(which, now))
        return int(session.execute(query).scalar_one())
    return int(session.execute(select(func.sum(_K.c.n)).where(*asked)).scalar() or 0)


def _counted(session: Session, which: IssueFilter, now: datetime) -> list[KindCount]:
    late = func.sum(case((I.deadline < now, 1), else_=0))
    unplaced = func.sum(case((I.lat.is_(None), 1), else_=0))
    parts = (I.status, I.category, I.area_id, I.proposal, I.category_group)  # as ix_issues_listed
    query = (
        select(*parts, func.count(), unplaced, late).where(*conditions(which, now)).group_by(*parts)
    )
    if which == type(which)() or listed(which):
        query = query.with_hint(I, LISTED, "sqlite")
    return [
        KindCount(status, category, group, area, proposal is not None, n, nowhere, overdue)
        for status, category, area, proposal, group, n, nowhere, overdue in session.execute(query)
    ]


def _late(session: Session, which: IssueFilter, now: datetime) -> list[KindCount]:
    """Those past their deadline while the clock runs: found by status and deadline."""
    query = (
        select(I.status, func.count())
        .where(I.status.in_(RUNNING_CODES), I.deadline < now, *conditions(which, now))
        .group_by(I.status)
    )
    if (which.category or which.group) and not which.area:
        query = query.with_hint(I, LISTED, "sqlite")
    return [KindCount(status, "", "", None, False, 0, 0, n) for status, n in session.execute(query)]


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
