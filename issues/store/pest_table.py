"""SQL on pest inspections: adding, voiding, reading them by period and area."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.orm import Session

from issues.store.pest_schema import FindingRecord, InspectionRecord
from issues.store.schema import AreaRecord, IssueRecord

_I, _F = InspectionRecord, FindingRecord
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class PestFilter:
    """Which inspections: ``since`` to ``until`` (exclusive), in one of these areas."""

    since: datetime | None = None
    until: datetime | None = None
    area: tuple[str, ...] = ()
    voided: bool = False


def add_inspection(
    session: Session, values: dict[str, Any], findings: Sequence[dict[str, Any]]
) -> int:
    """Adds an inspection with what was found, and gives its id."""
    key = int(session.execute(insert(_I).values(values).returning(_I.id)).scalar_one())
    if findings:
        session.execute(insert(_F), [{**finding, "inspection_id": key} for finding in findings])
    return key


def inspection_with_key(session: Session, entry_key: str) -> int | None:
    """The id of the inspection that was entered with this key; None: none was."""
    return session.execute(select(_I.id).where(_I.entry_key == entry_key)).scalar()


def find_inspection(session: Session, key: int) -> InspectionRecord | None:
    """One inspection; None: there is none."""
    return session.get(_I, key)


def read_inspections(
    session: Session, which: PestFilter, *, limit: int | None = None
) -> list[tuple[InspectionRecord, tuple[FindingRecord, ...]]]:
    """Inspections with their findings, the latest first."""
    query = select(_I).where(*_conditions(which)).order_by(_I.inspected_at.desc(), _I.id.desc())
    records = list(session.scalars(query.limit(limit)))
    found: dict[int, list[FindingRecord]] = defaultdict(list)
    for start in range(0, len(records), _CHUNK):
        keys = [record.id for record in records[start : start + _CHUNK]]
        for finding in session.scalars(
            select(_F).where(_F.inspection_id.in_(keys)).order_by(_F.id)
        ):
            found[finding.inspection_id].append(finding)
    return [(record, tuple(found[record.id])) for record in records]


def pest_candidates(session: Session, which: PestFilter) -> dict[str, int]:
    """Category → how many issues photos made of it: a numerator without a denominator."""
    i = IssueRecord
    asked: list[ColumnElement[bool]] = [i.category_group == "pest"]
    if which.since is not None:
        asked.append(i.last_seen >= which.since)
    if which.until is not None:
        asked.append(i.last_seen < which.until)
    if which.area:
        inside = select(AreaRecord.id).where(AreaRecord.code.in_(which.area))
        asked.append(i.area_id.in_(inside))
    asked.append(i.status.not_in(["rejected", "duplicate"]))
    query = select(i.category, func.count()).where(*asked).group_by(i.category)
    return {str(category): int(n) for category, n in session.execute(query.order_by(i.category))}


def _conditions(which: PestFilter) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if not which.voided:
        asked.append(_I.voided_at.is_(None))
    if which.since is not None:
        asked.append(_I.inspected_at >= which.since)
    if which.until is not None:
        asked.append(_I.inspected_at < which.until)
    if which.area:
        asked.append(_I.area.in_(which.area))
    return asked
