"""What waits to be verified: reports of fixes with a photo, and looks that propose a fix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import exists, select

from detect.types import Location
from issues.issue import OPEN, Proposal, Status
from issues.store import Session
from issues.store.ledger import find_issue
from issues.store.schema import IssueRecord, PhotoRecord
from issues.store.verification_schema import VerificationRecord


@dataclass(frozen=True, slots=True)
class Waiting:
    """The photo that is to prove a fix."""

    sha256: str
    source: str
    location: Location | None
    origin: Literal["report", "patrol"]


def waiting_photo(session: Session, issue: str) -> Waiting | None:
    """The photo that a unit reported a fix with, else the one that proposes it; None: no such."""
    record = find_issue(session, issue)
    if record is None:
        return None
    reported = record.status == Status.REPORTED_FIXED and record.report_photo_id is not None
    photo_id = record.report_photo_id if reported else record.after_photo_id
    photo = session.get(PhotoRecord, photo_id) if photo_id is not None else None
    if photo is None or photo.sha256 is None:
        return None
    at = None
    if photo.lat is not None and photo.lon is not None:
        at = Location(photo.lat, photo.lon, photo.accuracy_m, "sidecar")
    return Waiting(photo.sha256, photo.source, at, "report" if reported else "patrol")


def waiting_reports(session: Session, limit: int = 500) -> list[str]:
    """Numbers of issues reported fixed with a photo that was not verified yet, oldest first."""
    i, p, v = IssueRecord, PhotoRecord, VerificationRecord
    done = exists().where(v.issue_id == i.id, v.after_sha256 == p.sha256)
    query = (
        select(i.number)
        .join(p, p.id == i.report_photo_id)
        .where(i.status == Status.REPORTED_FIXED.value, p.sha256.is_not(None), ~done)
        .order_by(i.reported_at)
        .limit(limit)
    )
    return list(session.scalars(query))


def waiting_proposals(session: Session, limit: int = 500) -> list[str]:
    """Numbers of open issues that a photo proposes as fixed and that was not verified yet."""
    i, p, v = IssueRecord, PhotoRecord, VerificationRecord
    done = exists().where(v.issue_id == i.id, v.after_sha256 == p.sha256)
    query = (
        select(i.number)
        .join(p, p.id == i.after_photo_id)
        .where(
            i.proposal == Proposal.FIXED.value,
            i.status.in_([status.value for status in sorted(OPEN)]),
            p.sha256.is_not(None),
            ~done,
        )
        .order_by(i.cleared_at)
        .limit(limit)
    )
    return list(session.scalars(query))
