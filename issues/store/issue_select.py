"""SQL that reads issues as rows: the columns, the filters, the order, the cursor."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from issues.errors import QueryError
from issues.issue import CLOCK_RUNS, OPEN, Proposal, RejectReason, Severity, Status, Verdict
from issues.rows import AreaRow, FrameRef, IssueRow
from issues.store.plain_rows import plainly
from issues.store.schema import (
    AreaRecord,
    EvidenceRecord,
    IssueRecord,
    ObservationRecord,
    PhotoRecord,
)
from issues.store.search import holds, photo_named

if TYPE_CHECKING:
    from issues.catalogue import Catalogue
    from issues.queries import IssueFilter

FAR = datetime(9999, 1, 1, tzinfo=UTC)
OPEN_CODES = sorted(status.value for status in OPEN)
RUNNING_CODES = sorted(status.value for status in CLOCK_RUNS)
LONGEST_PAGE = 10_000
_NUMBER = re.compile(r"^[A-Za-z0-9-]+$")
"""What a part of an issue's number may look like; other texts spare looking there."""

_SERIAL = re.compile(r"^[0-9]{6}$")
"""The end of a number such as TC-2026-000123; longer ones begin at a million issues a year."""
_HEAD = len("TC-2026-")

I = IssueRecord  # noqa: E741 (the table that nearly every line here is about)
_After = aliased(PhotoRecord)
_AfterKept = aliased(EvidenceRecord)
_Target = aliased(IssueRecord)

_COLUMNS: dict[str, Any] = {
    "id": I.id,
    "number": I.number,
    "status": I.status,
    "proposal": I.proposal,
    "category": I.category,
    "group": I.category_group,
    "severity": I.severity,
    "lat": I.lat,
    "lon": I.lon,
    "accuracy_m": I.accuracy_m,
    "area_code": AreaRecord.code,
    "area_level": AreaRecord.level,
    "name_zh": AreaRecord.name_zh,
    "name_en": AreaRecord.name_en,
    "area_unit_zh": AreaRecord.unit_zh,
    "area_unit_en": AreaRecord.unit_en,
    "leader": AreaRecord.leader,
    "phone": AreaRecord.phone,
    "first_seen": I.first_seen,
    "last_seen": I.last_seen,
    "cleared_at": I.cleared_at,
    "observations": I.observations,
    "photos": I.photos,
    "recurrences": I.recurrences,
    "best_score": I.best_score,
    "confirmed_at": I.confirmed_at,
    "closed_at": I.closed_at,
    "deadline": I.deadline,
    "reject_reason": I.reject_reason,
    "duplicate_of": _Target.number,
    "experimental": I.experimental,
    "version": I.version,
    "unit_zh": I.unit_zh,
    "unit_en": I.unit_en,
    "assigned_at": I.assigned_at,
    "reported_at": I.reported_at,
    "reworks": I.reworks,
    "paper_fixes": I.paper_fixes,
    "extensions": I.extensions,
    "supervised_at": I.supervised_at,
    "supervisor": I.supervisor,
    "held_from": I.held_from,
    "on_hold_until": I.on_hold_until,
    "verdict": I.verdict,
    "created_at": I.created_at,
    "updated_at": I.updated_at,
    "best_photo": PhotoRecord.id,
    "best_sha256": PhotoRecord.sha256,
    "best_source": PhotoRecord.source,
    "best_taken_at": PhotoRecord.taken_at,
    "x1": ObservationRecord.x1,
    "y1": ObservationRecord.y1,
    "x2": ObservationRecord.x2,
    "y2": ObservationRecord.y2,
    "best_kept": EvidenceRecord.sha256,
    "after_photo": _After.id,
    "after_sha256": _After.sha256,
    "after_source": _After.source,
    "after_taken_at": _After.taken_at,
    "after_kept": _AfterKept.sha256,
}


_EACH = (
    select(*(column.label(name) for name, column in _COLUMNS.items()))
    .select_from(I)
    .outerjoin(AreaRecord, AreaRecord.id == I.area_id)
    .outerjoin(ObservationRecord, ObservationRecord.id == I.best_observation_id)
    .outerjoin(PhotoRecord, PhotoRecord.id == ObservationRecord.photo_id)
    .outerjoin(EvidenceRecord, EvidenceRecord.sha256 == PhotoRecord.sha256)
    .outerjoin(_After, _After.id == I.after_photo_id)
    .outerjoin(_AfterKept, _AfterKept.sha256 == _After.sha256)
    .outerjoin(_Target, _Target.id == I.duplicate_of)
)


def select_issues(conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """All columns of ``IssueRow`` for issues that meet the conditions."""
    return _EACH.where(*conditions)


_BY_ID = _EACH.where(I.id.in_(bindparam("ids", expanding=True)))
"""Made once: what a statement with so many columns is called by SQLAlchemy takes a while to say."""


def issues_by_id(
    session: Session, ids: Sequence[str], catalogue: Catalogue, now: datetime | None = None
) -> dict[str, IssueRow]:
    """The rows of these issues by their ids; with ``now``, as they stand then."""
    found = plainly(session, _BY_ID, {"ids": list(ids)})
    rows = (_row(_named(values), catalogue) for values in found)
    return {row.id: row if now is None else row.awake(now) for row in rows}


def issue_rows(
    session: Session, query: Select[Any], catalogue: Catalogue, now: datetime | None = None
) -> list[IssueRow]:
    """The rows that a query of ``select_issues`` gives; with ``now``, as they stand then."""
    rows = [_row(_named(found), catalogue) for found in plainly(session, query)]
    return rows if now is None else [row.awake(now) for row in rows]


def _named(found: Sequence[Any]) -> SimpleNamespace:
    """The columns by name: some dozens are read of each row, which Row does more slowly."""
    return SimpleNamespace(**dict(zip(_COLUMNS, found, strict=True)))


def _row(r: SimpleNamespace, catalogue: Catalogue) -> IssueRow:
    category = catalogue.categories.get(r.category)
    return IssueRow(
        id=r.id,
        number=r.number,
        status=Status(r.status),
        proposal=Proposal(r.proposal) if r.proposal else None,
        category=r.category,
        group=r.group,
        severity=Severity(r.severity),
        lat=r.lat,
        lon=r.lon,
        accuracy_m=r.accuracy_m,
        area=_area(r) if r.area_code is not None else None,
        first_seen=r.first_seen,
        last_seen=r.last_seen,
        cleared_at=r.cleared_at,
        observations=r.observations,
        photos=r.photos,
        recurrences=r.recurrences,
        best_score=r.best_score,
        confirmed_at=r.confirmed_at,
        closed_at=r.closed_at,
        deadline=r.deadline,
        reject_reason=RejectReason(r.reject_reason) if r.reject_reason else None,
        duplicate_of=r.duplicate_of,
        experimental=r.experimental,
        suspected=category.suspected if category else False,
        best=_best(r) if r.best_sha256 else None,
        after=_after(r) if r.after_sha256 else None,
        version=r.version,
        created_at=r.created_at,
        updated_at=r.updated_at,
        unit_zh=r.unit_zh,
        unit_en=r.unit_en,
        assigned_at=r.assigned_at,
        reported_at=r.reported_at,
        reworks=r.reworks,
        paper_fixes=r.paper_fixes,
        extensions=r.extensions,
        supervised_at=r.supervised_at,
        supervisor=r.supervisor,
        held_from=Status(r.held_from) if r.held_from else None,
        on_hold_until=r.on_hold_until,
        verdict=Verdict(r.verdict) if r.verdict else None,
    )


def _area(r: Any) -> AreaRow:
    return AreaRow(
        id=r.area_code,
        level=r.area_level,
        name_zh=r.name_zh,
        name_en=r.name_en,
        unit_zh=r.area_unit_zh,
        unit_en=r.area_unit_en,
        leader=r.leader,
        phone=r.phone,
    )


def _best(r: Any) -> FrameRef:
    return FrameRef(
        photo_id=r.best_photo,
        sha256=r.best_sha256,
        source=r.best_source,
        taken_at=r.best_taken_at,
        box=(r.x1, r.y1, r.x2, r.y2),
        score=r.best_score,
        stored=r.best_kept is not None,
    )


def _after(r: Any) -> FrameRef:
    return FrameRef(
        photo_id=r.after_photo,
        sha256=r.after_sha256,
        source=r.after_source,
        taken_at=r.after_taken_at,
        box=None,
        score=None,
        stored=r.after_kept is not None,
    )


# -------------------------------------------------------------------------------- filters


def conditions(which: IssueFilter, now: datetime | None = None) -> list[ColumnElement[bool]]:
    """What a filter asks for. Raises QueryError for a rectangle that is none.

    With ``now``, issues whose hold has ended count as what they were held from.
    """
    found: list[ColumnElement[bool]] = []
    if which.status:
        found.append(_stands(which.status, now))
    if which.proposal is not None:
        found.append(I.proposal == which.proposal.value)
    if which.category:
        found.append(or_(*(_in_category(code) for code in which.category)))
    if which.group:
        found.append(I.category_group.in_(which.group))
    if which.area:
        found.append(_in_areas(which.area))
    if which.unit:
        found.append(_with_unit(which.unit))
    if which.assigned_to is not None:
        found.append(or_(I.unit_zh == which.assigned_to, I.unit_en == which.assigned_to))
    if which.bbox is not None:
        found.append(_in_rectangle(which.bbox))
    if which.since is not None:
        found.append(I.last_seen >= which.since)
    if which.until is not None:
        found.append(I.last_seen < which.until)
    if which.confirmed is not None:
        known = I.confirmed_at.is_not(None) if which.confirmed else I.confirmed_at.is_(None)
        found.append(known)
    if which.has_place is not None:
        found.append(I.lat.is_not(None) if which.has_place else I.lat.is_(None))
    if which.overdue_at is not None:
        found.append(overdue(which.overdue_at))
    if which.due is not None:
        found.append(and_(I.deadline.between(*which.due), _running(which.due[0])))
    if which.supervised is not None:
        known = I.supervised_at.is_not(None) if which.supervised else I.supervised_at.is_(None)
        found.append(known)
    if which.q and which.q.strip():
        found.append(_says(which.q.strip()))
    if which.numbers:
        found.append(or_(I.number.in_(which.numbers), I.id.in_(which.numbers)))
    return found


def overdue(now: datetime) -> ColumnElement[bool]:
    """Whether an issue's deadline has passed while its clock ran (``IssueRow.overdue``)."""
    return and_(I.deadline < now, _running(now))


def _running(now: datetime) -> ColumnElement[bool]:
    return or_(I.status.in_(RUNNING_CODES), held_until(now))


def held_until(now: datetime) -> ColumnElement[bool]:
    """Whether an issue is on hold by its row only: the date has passed."""
    return and_(I.status == Status.ON_HOLD.value, I.on_hold_until <= now)


def _stands(statuses: Sequence[Status], now: datetime | None) -> ColumnElement[bool]:
    codes = [status.value for status in statuses]
    recorded = I.status.in_(codes)
    if now is None or set(statuses) >= OPEN or not set(statuses) & OPEN:
        return recorded
    was = and_(held_until(now), I.held_from.in_(codes))
    return or_(and_(recorded, ~held_until(now)) if Status.ON_HOLD in statuses else recorded, was)


def _with_unit(names: Sequence[str]) -> ColumnElement[bool]:
    a = AreaRecord
    by_area = select(a.id).where(or_(a.unit_zh.in_(names), a.unit_en.in_(names)))
    assigned = or_(I.unit_zh.in_(names), I.unit_en.in_(names))
    unassigned = func.coalesce(I.unit_zh, "") == ""  # not by the index of units: most have none
    return or_(assigned, and_(unassigned, I.area_id.in_(by_area)))


def _in_category(code: str) -> ColumnElement[bool]:
    return or_(I.category == code, I.category.startswith(f"{code}.", autoescape=True))


def _in_areas(codes: Sequence[str]) -> ColumnElement[bool]:
    inside = I.area_id.in_(select(AreaRecord.id).where(AreaRecord.code.in_(codes)))
    return or_(inside, I.area_id.is_(None)) if "" in codes else inside


def _in_rectangle(bbox: tuple[float, float, float, float]) -> ColumnElement[bool]:
    west, south, east, north = bbox
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise QueryError(
            f"a bbox is west,south,east,north in WGS-84 degrees, got {bbox}",
            mend="Longitude comes first; south is not above north.",
        )
    across = I.lon.between(west, east) if west <= east else or_(I.lon >= west, I.lon <= east)
    return and_(I.lat.between(south, north), across)


def _says(text: str) -> ColumnElement[bool]:
    """Each place that may hold the text is asked by an index of its own."""
    a, o = AreaRecord, ObservationRecord
    named = or_(
        *(
            column.icontains(text, autoescape=True)
            for column in (a.code, a.name_zh, a.name_en, a.unit_zh, a.unit_en, a.leader)
        )
    )
    from_photo = select(o.issue_id).where(
        o.issue_id.is_not(None), photo_named(o.photo_id.expression, text)
    )
    by_number = [select(I.id).where(_numbered(text.upper()))] if _NUMBER.search(text) else []
    found: CompoundSelect[Any] = union_all(
        *by_number,
        select(I.id).where(I.area_id.in_(select(a.id).where(named))),
        select(I.id).where(I.unit_zh.in_(_values("unit_zh", text))),
        select(I.id).where(I.unit_en.in_(_values("unit_en", text))),
        from_photo,
    )
    return I.id.in_(found)


def _numbered(text: str) -> ColumnElement[bool]:
    """Whether an issue's number holds a text: its end, as people type it, is found by index."""
    other = _another("numbered")
    if not _SERIAL.search(text):
        return I.number.in_(select(other.number).where(holds(other.number.expression, text)))
    first, following = _another("first of a year"), _another("following year")
    years = select(func.min(first.number).label("number")).cte("years", recursive=True)
    end = func.substr(years.c.number, 1, _HEAD) + "~"
    later = select(func.min(following.number)).where(following.number > end).scalar_subquery()
    years = years.union_all(select(later).where(years.c.number.is_not(None)))
    return I.number.in_(select(func.substr(years.c.number, 1, _HEAD) + text))


@cache
def _another(_use: str) -> type[IssueRecord]:
    """The issues once more, the same for each use: to name all columns anew takes milliseconds."""
    return aliased(I)


def _values(name: str, text: str) -> Select[Any]:
    """The values of an indexed column that hold a text, hopping from one to the next."""
    first, other = (getattr(_another(f"{use} {name}"), name) for use in ("first", "following"))
    each = select(func.min(first).label("value")).cte(f"each_{name}", recursive=True)
    following = select(func.min(other)).where(other > each.c.value).scalar_subquery()
    each = each.union_all(select(following).where(each.c.value.is_not(None)))
    return select(each.c.value).where(each.c.value.icontains(text, autoescape=True))
