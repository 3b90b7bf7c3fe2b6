"""How the work on issues stands, in all and by unit: to assign, at work, reported, overdue.

The list of what should be supervised (督办) is ``list_issues`` with ``to_escalate``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, select

from issues.catalogue import Catalogue
from issues.deadlines import due_soon_until, escalation_before
from issues.issue import OPEN, Status
from issues.queries import EVERYTHING, IssueFilter
from issues.rows import WorkCounts
from issues.store import Session
from issues.store.issue_select import conditions, held_until, overdue
from issues.store.schema import AreaRecord, IssueRecord

TO_ASSIGN = (Status.CONFIRMED, Status.SENT_BACK, Status.REOPENED)
AT_WORK = (Status.ASSIGNED, Status.REWORK)
_I = IssueRecord


def to_escalate(
    catalogue: Catalogue, now: datetime, which: IssueFilter = EVERYTHING
) -> IssueFilter:
    """The filter for what is overdue for so long that supervision is proposed."""
    return replace(which, overdue_at=escalation_before(catalogue, now), supervised=False)


def due_soon(catalogue: Catalogue, now: datetime, which: IssueFilter = EVERYTHING) -> IssueFilter:
    """The filter for what is due within the catalogue's ``due_soon_h`` working hours."""
    return replace(which, due=(now, due_soon_until(catalogue, now)))


def count_work(
    session: Session, catalogue: Catalogue, which: IssueFilter = EVERYTHING, *, now: datetime
) -> tuple[WorkCounts, Mapping[tuple[str, str], WorkCounts]]:
    """The open issues that a filter leaves: in all, and by the unit that has to put them right.

    Units are keyed by their Chinese and English names; ("", "") has those that nobody answers for.
    """
    unit_zh = func.coalesce(_I.unit_zh, AreaRecord.unit_zh, "")
    unit_en = func.coalesce(_I.unit_en, AreaRecord.unit_en, "")
    query = (
        select(unit_zh, unit_en, func.count(), *_sums(catalogue, now))
        .select_from(_I)
        .outerjoin(AreaRecord, AreaRecord.id == _I.area_id)
        .where(*conditions(which, now), _I.status.in_([status.value for status in OPEN]))
        .group_by(_I.unit_zh, _I.unit_en, AreaRecord.unit_zh, AreaRecord.unit_en)
    )
    by_unit: dict[tuple[str, str], WorkCounts] = {}
    for zh, en, *counted in session.execute(query):
        known = by_unit.get((zh, en), _NOTHING)
        by_unit[zh, en] = _added(known, WorkCounts(*map(int, counted)))
    total = _NOTHING
    for counts in by_unit.values():
        total = _added(total, counts)
    return total, dict(sorted(by_unit.items()))


def list_units(session: Session) -> tuple[tuple[str, str], ...]:
    """All units by Chinese and English name: of areas in force, and whom issues were assigned to.

    Sorted; a unit with a name in one language only has it for both.
    """
    a = AreaRecord
    queries = (
        select(a.unit_zh, a.unit_en).where(a.in_force).distinct(),
        select(_I.unit_zh, _I.unit_en).where(_I.unit_zh.is_not(None)).distinct(),
    )
    named = {
        (zh or en or "", en or zh or "") for query in queries for zh, en in session.execute(query)
    }
    return tuple(sorted(named - {("", "")}))


_NAMES = tuple(WorkCounts.__dataclass_fields__)
_NOTHING = WorkCounts(*(0,) * len(_NAMES))


def _added(one: WorkCounts, other: WorkCounts) -> WorkCounts:
    return WorkCounts(*(getattr(one, name) + getattr(other, name) for name in _NAMES))


def _sums(catalogue: Catalogue, now: datetime) -> list[ColumnElement[int]]:
    """The columns of ``WorkCounts`` after the first."""
    status = case((held_until(now), _I.held_from), else_=_I.status)
    late, soon = overdue(now), due_soon_until(catalogue, now)
    conditions = (
        status.in_([one.value for one in TO_ASSIGN]),
        status.in_([one.value for one in AT_WORK]),
        status == Status.REPORTED_FIXED.value,
        status == Status.ON_HOLD.value,
        and_(overdue(soon), ~late),
        late,
        and_(overdue(escalation_before(catalogue, now)), _I.supervised_at.is_(None)),
        _I.supervised_at.is_not(None),
    )
    return [func.sum(case((condition, 1), else_=0)) for condition in conditions]
