"""What a unit may see: its own issues, their verifications and their pictures."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select

from issues.store import Session
from issues.store.schema import EventRecord, IssueRecord, ObservationRecord, PhotoRecord
from issues.store.verification_schema import VerificationRecord

I = IssueRecord  # noqa: E741


def _of(unit: str) -> ColumnElement[bool]:
    return or_(I.unit_zh == unit, I.unit_en == unit)


def holds_issue(session: Session, unit: str, id_or_number: str) -> bool:
    """Whether the issue is assigned to the unit (its name in either language)."""
    named = or_(I.id == id_or_number, I.number == id_or_number.upper())
    return session.scalar(select(I.id).where(named, _of(unit)).limit(1)) is not None


def holds_verification(session: Session, unit: str, verification_id: int) -> bool:
    """Whether the verification is of one of the unit's issues."""
    query = (
        select(I.id)
        .join(VerificationRecord, VerificationRecord.issue_id == I.id)
        .where(VerificationRecord.id == verification_id, _of(unit))
    )
    return session.scalar(query.limit(1)) is not None


def holds_picture(session: Session, unit: str, sha256: str) -> bool:
    """Whether a photo shows one of the unit's issues, or was given as proof for one."""
    seen = (
        select(I.id)
        .join(ObservationRecord, ObservationRecord.issue_id == I.id)
        .join(PhotoRecord, PhotoRecord.id == ObservationRecord.photo_id)
        .where(PhotoRecord.sha256 == sha256, _of(unit))
    )
    cleared = (
        select(I.id)
        .join(
            PhotoRecord,
            or_(PhotoRecord.id == I.after_photo_id, PhotoRecord.id == I.report_photo_id),
        )
        .where(PhotoRecord.sha256 == sha256, _of(unit))
    )
    checked = (
        select(I.id)
        .join(VerificationRecord, VerificationRecord.issue_id == I.id)
        .where(VerificationRecord.after_sha256 == sha256, _of(unit))
    )
    told = (
        select(I.id)
        .join(EventRecord, EventRecord.issue_id == I.id)
        .where(EventRecord.evidence_sha256 == sha256, _of(unit))
    )
    queries = (seen, cleared, checked, told)
    return any(session.scalar(query.limit(1)) is not None for query in queries)
