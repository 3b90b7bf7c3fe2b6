"""SQL on what may go: pictures whose issues are all over for long, and old lines of cameras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    and_,
    case,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.orm import Session, aliased

from issues.issue import Status
from issues.store.camera_schema import CameraEventRecord, CameraHourRecord, CameraStatementRecord
from issues.store.hold_schema import HoldRecord
from issues.store.schema import (
    EventRecord,
    EvidenceRecord,
    IssueRecord,
    ObservationRecord,
    PhotoRecord,
)
from issues.store.verification_schema import VerificationRecord

_E = EvidenceRecord


@dataclass(frozen=True, slots=True)
class Limits:
    """Issues that were over before these moments may lose their pictures; None: never."""

    closed: datetime | None
    rejected: datetime | None


@dataclass(frozen=True, slots=True)
class Kept:
    """One picture of the evidence folder."""

    sha256: str
    extension: str
    size_bytes: int


def pictures_to_go(
    session: Session, limits: Limits, *, oldest_first: bool = False
) -> Sequence[Kept]:
    """Pictures and films that some issue points to and none needs any more, by sha256 or age.

    A picture stays while any issue that it belongs to is open, was over only lately, or is held.
    """
    bound = _bound().subquery()
    named = select(bound.c.sha256).distinct()
    needed = (
        select(bound.c.sha256)
        .join(IssueRecord, IssueRecord.id == bound.c.issue_id)
        .where(~_over(limits))
        .distinct()
    )
    query = (
        select(_E.sha256, _E.extension, _E.size_bytes)
        .where(_E.sha256.in_(named), _E.sha256.not_in(needed))
        .order_by(*([_E.stored_at] if oldest_first else []), _E.sha256)
    )
    return [Kept(*row) for row in session.execute(query)]


def forget_pictures(session: Session, hashes: Sequence[str]) -> None:
    """Notes that these are in the evidence folder no longer."""
    session.execute(delete(_E).where(_E.sha256.in_(hashes)))


def issues_of(session: Session, hashes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The numbers of the issues that pictures belong to, by sha256."""
    bound = _bound().subquery()
    query = (
        select(bound.c.sha256, IssueRecord.number)
        .join(IssueRecord, IssueRecord.id == bound.c.issue_id)
        .where(bound.c.sha256.in_(hashes))
        .distinct()
        .order_by(bound.c.sha256, IssueRecord.number)
    )
    found: dict[str, tuple[str, ...]] = {}
    for sha256, number in session.execute(query):
        found[sha256] = (*found.get(sha256, ()), number)
    return found


def old_camera_lines(session: Session, before: datetime) -> tuple[int, int]:
    """How many hours and how many events of cameras lie before that moment."""
    hours = select(func.count()).select_from(CameraHourRecord).where(CameraHourRecord.hour < before)
    events = select(func.count()).select_from(CameraEventRecord).where(_old_event(before))
    return session.scalar(hours) or 0, session.scalar(events) or 0


def forget_camera_lines(session: Session, before: datetime) -> None:
    """Deletes them."""
    session.execute(delete(CameraHourRecord).where(CameraHourRecord.hour < before))
    session.execute(delete(CameraEventRecord).where(_old_event(before)))


def _old_event(before: datetime) -> ColumnElement[bool]:
    return CameraEventRecord.at < before


def _bound() -> CompoundSelect[Any]:
    """Pairs of picture and issue: all that ties them."""
    p, o, s, i, v = (
        PhotoRecord,
        ObservationRecord,
        CameraStatementRecord,
        IssueRecord,
        VerificationRecord,
    )
    shown = [
        select(p.sha256.label("sha256"), o.issue_id.label("issue_id")).join(o, o.photo_id == p.id),
        select(p.sha256, s.issue_id).join(s, s.photo_id == p.id),
        select(p.sha256, i.id).join(i, or_(i.after_photo_id == p.id, i.report_photo_id == p.id)),
        select(EventRecord.evidence_sha256, EventRecord.issue_id),
        select(EventRecord.data["clip"].as_string(), EventRecord.issue_id).where(
            EventRecord.kind == "time_lapse"
        ),
    ]
    verified = [
        select(column, v.issue_id) for column in (v.before_sha256, v.after_sha256, v.reused_sha256)
    ]
    pairs = union(*shown, *verified).subquery()
    tied = and_(pairs.c.sha256.is_not(None), pairs.c.issue_id.is_not(None))
    return union(select(pairs.c.sha256, pairs.c.issue_id).where(tied))


def _over(limits: Limits) -> ColumnElement[bool]:
    """Whether an issue is over for long enough, and held by nobody."""
    original = aliased(IssueRecord)
    held = exists().where(HoldRecord.issue_id == IssueRecord.id)
    original_over = exists().where(
        original.id == IssueRecord.duplicate_of,
        _finished(original, limits),
        ~exists().where(HoldRecord.issue_id == original.id),
    )
    duplicate = IssueRecord.status == Status.DUPLICATE.value
    own = case((duplicate, original_over), else_=_finished(IssueRecord, limits))
    return and_(own, ~held)


def _finished(issue: Any, limits: Limits) -> ColumnElement[bool]:
    parts = [
        (Status.CLOSED, limits.closed, issue.closed_at),
        (Status.REJECTED, limits.rejected, issue.rejected_at),
    ]
    found = [
        and_(issue.status == status.value, func.coalesce(at, issue.updated_at) < limit)
        for status, limit, at in parts
        if limit is not None
    ]
    return or_(false(), *found) if found else ~true()
