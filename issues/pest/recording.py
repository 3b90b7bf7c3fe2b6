"""Keeping inspections: entering, voiding with a reason, reading back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from issues.errors import NotFound
from issues.pest.inspection import (
    LOOKED_FOR,
    Finding,
    Inspection,
    InspectionError,
    check_inspection,
)
from issues.pest.standards import Standards
from issues.queries import list_areas
from issues.store import Session
from issues.store.pest_schema import FindingRecord, InspectionRecord
from issues.store.pest_table import (
    PestFilter,
    add_inspection,
    find_inspection,
    inspection_with_key,
    read_inspections,
)


@dataclass(frozen=True, slots=True)
class Kept:
    """An inspection in the store."""

    id: int
    inspection: Inspection
    recorded_by: str
    recorded_at: datetime
    voided_at: datetime | None
    voided_by: str | None
    void_reason: str | None


def record_inspection(
    session: Session,
    standards: Standards,
    inspection: Inspection,
    actor: str,
    *,
    now: datetime,
    entry_key: str | None = None,
) -> tuple[int, bool]:
    """Enters one inspection: its id, and whether it is new.

    With an ``entry_key`` that was used before nothing is entered. Raises InspectionError.
    """
    if entry_key and (known := inspection_with_key(session, entry_key)) is not None:
        return known, False
    check_inspection(inspection, standards, now)
    _check_area(session, inspection.area)
    values = {
        "inspected_at": inspection.inspected_at,
        "inspector": inspection.inspector.strip(),
        "site": inspection.site.strip(),
        "site_kind": inspection.site_kind,
        "area": inspection.area,
        "rooms": inspection.rooms,
        "metres": inspection.metres,
        "facilities": inspection.facilities,
        "looked_for": f",{','.join(inspection.looked_for)},",
        "note": inspection.note.strip(),
        "entry_key": entry_key,
        "recorded_by": actor,
        "recorded_at": now,
    }
    findings = [
        {
            "kind": finding.kind,
            "room": finding.room.strip(),
            "amount": finding.amount,
            "photo_sha256": finding.photo_sha256,
            "issue": finding.issue,
        }
        for finding in inspection.findings
    ]
    return add_inspection(session, values, findings), True


def _check_area(session: Session, area: str) -> None:
    if area and area not in {row.id for row in list_areas(session)}:
        raise InspectionError(
            f'no area in force goes by "{area}"',
            code="unknown_area",
            mend="Give the id of an area (tidycity areas list), or none.",
        )


def void_inspection(session: Session, key: int, actor: str, reason: str, *, now: datetime) -> None:
    """Takes an inspection out of every rate; it stays to be read. Raises NotFound."""
    record = find_inspection(session, key)
    if record is None:
        raise NotFound(f"there is no inspection {key}", mend="Look at the list of inspections.")
    if not reason.strip():
        raise InspectionError(
            "an inspection is voided for a reason", code="reason_missing", mend="Say why."
        )
    if record.voided_at is None:
        record.voided_at, record.voided_by, record.void_reason = now, actor, reason.strip()
        session.flush()


def list_inspections(
    session: Session, which: PestFilter, *, limit: int | None = None
) -> tuple[Kept, ...]:
    """Inspections of a period and area, the latest first."""
    return tuple(
        _kept(r, findings) for r, findings in read_inspections(session, which, limit=limit)
    )


def _kept(record: InspectionRecord, findings: tuple[FindingRecord, ...]) -> Kept:
    inspection = Inspection(
        inspected_at=record.inspected_at,
        site=record.site,
        site_kind=record.site_kind,
        looked_for=tuple(name for name in LOOKED_FOR if f",{name}," in record.looked_for),
        inspector=record.inspector,
        area=record.area,
        rooms=record.rooms,
        metres=record.metres,
        facilities=record.facilities,
        findings=tuple(
            Finding(f.kind, f.room, f.amount, f.photo_sha256, f.issue) for f in findings
        ),
        note=record.note,
    )
    return Kept(
        record.id,
        inspection,
        record.recorded_by,
        record.recorded_at,
        record.voided_at,
        record.voided_by,
        record.void_reason,
    )
