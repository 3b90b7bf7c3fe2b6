"""Points that people enter by hand: added with a reason, withdrawn by name, never erased."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from issues.areas import load_areas
from issues.errors import NotFound, QueryError
from issues.scoring.measures import Level
from issues.scoring.places import Places
from issues.scoring.points import PointsTable
from issues.store import Session
from issues.store.assessment_schema import ScoreEntryRecord


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry: for which place and day, by which rule, why, who; and who withdrew it."""

    id: int
    level: str
    place: str
    code: str
    day: date
    reason: str
    actor: str
    created_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None


def _row(r: ScoreEntryRecord) -> EntryRow:
    return EntryRow(
        *(r.id, r.level, r.place, r.code, r.day, r.reason, r.actor, r.created_at),
        *(r.withdrawn_at, r.withdrawn_by),
    )


def list_entries(session: Session) -> tuple[EntryRow, ...]:
    """All entries ever made, newest day first."""
    r = ScoreEntryRecord
    return tuple(map(_row, session.scalars(select(r).order_by(r.day.desc(), r.id.desc()))))


def add_entry(
    session: Session,
    table: PointsTable,
    *,
    level: Level,
    place: str,
    code: str,
    day: date,
    reason: str,
    actor: str,
    now: datetime,
    today: date,
) -> EntryRow:
    """Keeps an entry; ``today`` is the office's.

    Raises QueryError for a rule, place or day that means nothing.
    """
    if code not in table.manual:
        known = ", ".join(table.manual) or "none"
        raise QueryError(f'the table of points has no rule "{code}"', mend=f"Known: {known}.")
    names = Places(load_areas(session), level).names
    if place not in names:
        some = ", ".join(list(names)[:10]) or "none"
        raise QueryError(f'there is no {level} "{place}"', mend=f"Known: {some}.")
    if day > today:
        raise QueryError(f"{day} has not come yet", mend="Give the day that it happened.")
    if not reason.strip():
        raise QueryError("an entry needs a reason", mend="Say what happened, and where it stands.")
    record = ScoreEntryRecord(
        level=level,
        place=place,
        code=code,
        day=day,
        reason=reason.strip(),
        actor=actor,
        created_at=now,
    )
    session.add(record)
    session.flush()
    return _row(record)


def withdraw_entry(session: Session, entry_id: int, actor: str, now: datetime) -> EntryRow:
    """Takes an entry out of the count; doing so again changes nothing. Raises NotFound."""
    record = session.get(ScoreEntryRecord, entry_id)
    if record is None:
        raise NotFound(f"there is no entry {entry_id}", mend="Take its id from the list.")
    if record.withdrawn_at is None:
        record.withdrawn_at, record.withdrawn_by = now, actor
        session.flush()
    return _row(record)
